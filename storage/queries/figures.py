"""How much was said, how well, and how does it develop? Everything is counted in the database.

Weeks begin on Monday in UTC and are given as midnight of that day. Verdicts and totals are those that hold now, after
people's corrections. A call counts once per scorecard: under the newest version that has judged it.
"""

from collections.abc import Mapping
from typing import Literal, cast

import numpy as np
import pandas as pd
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from coaching.peers import expected_rates
from storage.access import Asker
from storage.queries.conditions import (
    COUNT,
    DAY,
    ID,
    NUMBER,
    TEXT,
    Definitions,
    chosen_calls,
    count_where,
    frame,
    in_force,
)
from storage.queries.tallied import verdict_counts
from storage.records import CallFilter
from storage.tables import AgentRow, CallRow, EvaluationRow, ScorecardVersionRow, TeamRow

SCORES_BY_WEEK: Mapping[str, str] = {
    "week": DAY,
    "scorecard": TEXT,
    "title": TEXT,
    "pass_mark": NUMBER,
    "calls": COUNT,
    "mean_total": NUMBER,
    "passed": COUNT,
}


def scores_by_week(session: Session, asker: Asker, filter: CallFilter) -> pd.DataFrame:
    """The mean total and how many passed, per scorecard and week, with the columns `SCORES_BY_WEEK`.

    `calls` counts those that have a total; one in which nothing could be scored is in no figure. Title and pass mark are
    those of the scorecard's newest version; whether a call passed was decided by the version that judged it.
    """
    rows = session.execute(
        select(
            CallRow.week,
            ScorecardVersionRow.scorecard,
            func.count(EvaluationRow.total),
            func.avg(EvaluationRow.total),
            count_where(EvaluationRow.passed.is_(True)),
        )
        .join(CallRow, EvaluationRow.call_id == CallRow.id)
        .join(ScorecardVersionRow, EvaluationRow.scorecard_version_id == ScorecardVersionRow.id)
        .where(*chosen_calls(asker, filter), *in_force(asker, filter), EvaluationRow.total.is_not(None))
        .group_by(CallRow.week, ScorecardVersionRow.scorecard)
        .order_by(CallRow.week, ScorecardVersionRow.scorecard)
    ).all()
    definitions = Definitions(session, (row[1] for row in rows))
    return frame(
        (
            (week, id_, definitions.scorecard(id_).title, definitions.scorecard(id_).pass_mark, scored, mean, passed)
            for week, id_, scored, mean, passed in rows
        ),
        SCORES_BY_WEEK,
    )


VOLUME_BY_WEEK: Mapping[str, str] = {"week": DAY, "calls": COUNT, "hours": NUMBER}


def volume_by_week(session: Session, asker: Asker, filter: CallFilter) -> pd.DataFrame:
    """How many calls began in each week, and their length together, with the columns `VOLUME_BY_WEEK`."""
    rows = session.execute(
        select(CallRow.week, func.count(), func.sum(CallRow.duration_seconds) / 3600.0)
        .where(*chosen_calls(asker, filter))
        .group_by(CallRow.week)
        .order_by(CallRow.week)
    )
    return frame(rows, VOLUME_BY_WEEK)


CRITERION_COUNTS: Mapping[str, str] = {
    "id": COUNT,
    "name": TEXT,
    "team_id": ID,
    "scorecard": TEXT,
    "title": TEXT,
    "section": TEXT,
    "criterion": TEXT,
    "question": TEXT,
    "tip": TEXT,
    "weight": NUMBER,
    "target": NUMBER,
    "met": COUNT,
    "partly": COUNT,
    "not_met": COUNT,
    "not_applicable": COUNT,
    "unsure": COUNT,
    "points": NUMBER,
    "counted": COUNT,
}


def criterion_counts(
    session: Session,
    asker: Asker,
    filter: CallFilter,
    by: Literal["agent", "team"] = "agent",
    scorecard: str | None = None,
) -> pd.DataFrame:
    """How often each agent, or each team, got which verdict on each criterion, with the columns `CRITERION_COUNTS`.

    `id` and `name` are the agent's or the team's. `team_id` is the team that an agent is in today; a team's calls are
    those taken in it. `points` is the sum of the shares of the weight earned, 0 to 1 a call, over the `counted` verdicts
    (met, partly, not met), where what takes away earns nothing. A bonus is left out: to miss it is no gap. `target` is the
    scorecard's own, NaN where it names none. In the order of names, and of the criteria in their scorecards.
    With `scorecard` only that one's criteria, of the same calls.
    """
    whom = _WHOM[by]
    counted = verdict_counts(session, asker, filter, (whom,), scorecard).rename(columns={whom: "id"})
    found = _in_words(session, by, counted.dropna(subset=["id"]))
    return pd.DataFrame({name: found[name].to_numpy() for name in CRITERION_COUNTS}).astype(dict(CRITERION_COUNTS))


COMPARED_COUNTS: Mapping[str, str] = {**CRITERION_COUNTS, "expected": NUMBER}


def compared_counts(
    session: Session,
    asker: Asker,
    filter: CallFilter,
    by: Literal["agent", "team"] = "agent",
    scorecard: str | None = None,
) -> pd.DataFrame:
    """As `criterion_counts`, with what the others achieve on comparable calls: the columns `COMPARED_COUNTS`.

    `expected` is the share of points that the other agents (or teams) earn in the same queues on the same channels, by
    the agent's own mix of calls (`coaching.peers.expected_rates`), of the calls that the asker may see; NaN where nothing
    was counted.
    """
    whom = _WHOM[by]
    apart = verdict_counts(session, asker, filter, (whom, "queue", "channel"), scorecard).rename(columns={whom: "id"})
    apart = apart.dropna(subset=["id"]).astype({"id": COUNT})
    expected = []
    kinds = np.asarray(apart.groupby(["queue", "channel"], sort=False).ngroup(), np.int64)
    people = np.asarray(apart["id"], np.int64)
    points, counted = (apart[name].to_numpy(np.float64) for name in ("points", "counted"))
    for key, at in apart.groupby(["scorecard", "criterion"], sort=False).indices.items():
        rates = expected_rates(people[at], kinds[at], points[at], counted[at])
        expected += [(id_, *cast("tuple[str, str]", key), rate) for id_, rate in rates.items()]
    keys = ["id", "scorecard", "criterion"]
    together = apart.drop(columns=["queue", "channel"]).groupby(keys, as_index=False, sort=False).sum()
    found = _in_words(session, by, together).merge(pd.DataFrame(expected, columns=[*keys, "expected"]), on=keys, how="left")
    return pd.DataFrame({name: found[name].to_numpy() for name in COMPARED_COUNTS}).astype(dict(COMPARED_COUNTS))


_WHOM: Mapping[str, Literal["agent_id", "team_id"]] = {"agent": "agent_id", "team": "team_id"}


def _in_words(session: Session, by: Literal["agent", "team"], counted: pd.DataFrame) -> pd.DataFrame:
    """Counts with the names of people and the words of the questions, in the order of both."""
    who, team = (AgentRow, AgentRow.team_id) if by == "agent" else (TeamRow, TeamRow.id)
    definitions = Definitions(session, counted["scorecard"].unique())
    people = pd.DataFrame(session.execute(select(who.id, who.name, team)).all(), columns=["id", "name", "team_id"])
    asked = counted[["scorecard", "criterion"]].drop_duplicates()
    words = pd.DataFrame(
        [(*_words(definitions, *key), *definitions.place(*key)) for key in asked.itertuples(index=False, name=None)],
        columns=[*_WORDS, "first", "second"],
    )
    found = counted.astype({"id": COUNT}).merge(people, on="id").merge(words, on=["scorecard", "criterion"])
    return found.sort_values(["name", "id", "first", "second"])


_WORDS = ("scorecard", "title", "section", "criterion", "question", "tip", "weight", "target")


def _words(definitions: Definitions, scorecard: str, criterion: str) -> tuple[object, ...]:
    asked = definitions.criterion(scorecard, criterion)
    title, section = definitions.scorecard(scorecard).title, definitions.section(scorecard, criterion).id
    return scorecard, title, section, criterion, asked.question, asked.tip, asked.weight, asked.target


COUNTS_BY_WEEK: Mapping[str, str] = {"week": DAY, "points": NUMBER, "counted": COUNT, "met": COUNT, "not_met": COUNT}


def criterion_counts_by_week(
    session: Session, asker: Asker, filter: CallFilter, scorecard: str, criterion: str
) -> pd.DataFrame:
    """How one criterion went, with the columns `COUNTS_BY_WEEK`; weeks in which it never counted are left out."""
    counts = verdict_counts(session, asker, filter, ("week",), scorecard, criterion)
    weeks = counts[counts["counted"] > 0].sort_values("week")
    return weeks[list(COUNTS_BY_WEEK)].reset_index(drop=True).astype(dict(COUNTS_BY_WEEK))
