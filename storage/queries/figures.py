"""How much was said, how well, and how does it develop? Everything is counted in the database.

Weeks begin on Monday in UTC and are given as midnight of that day. Verdicts and totals are those that hold now, after
people's corrections. A call counts once per scorecard: under the newest version that has judged it.
"""

from collections.abc import Mapping
from typing import Literal

import pandas as pd
from sqlalchemy import case, func, select
from sqlalchemy.orm import Session

from scoring.result import Verdict
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
    counts_once,
    frame,
    in_force,
)
from storage.records import CallFilter
from storage.tables import AgentRow, CallRow, EvaluationRow, ResultRow, ScorecardVersionRow, TeamRow

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


EARNED = case((ResultRow.points < 0, 0.0), else_=ResultRow.points)
"""The share of the weight that was earned: an answer that takes away earns nothing, which is what a rate can hold."""

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
    who, team = (AgentRow, AgentRow.team_id) if by == "agent" else (TeamRow, TeamRow.id)
    whom = CallRow.agent_id if by == "agent" else CallRow.team_id
    versions = select(ScorecardVersionRow.id, ScorecardVersionRow.scorecard)
    scorecards = {row.id: row.scorecard for row in session.execute(versions) if scorecard in (None, row.scorecard)}
    counted = session.execute(
        select(
            whom,
            EvaluationRow.scorecard_version_id,
            ResultRow.criterion,
            *(count_where(ResultRow.verdict == verdict) for verdict in Verdict),
            func.coalesce(func.sum(EARNED), 0.0),
            func.count(ResultRow.points),
        )
        .select_from(ResultRow)
        .join(EvaluationRow, ResultRow.evaluation_id == EvaluationRow.id)
        .join(CallRow, EvaluationRow.call_id == CallRow.id)
        .where(
            *chosen_calls(asker, filter),
            *counts_once(asker),
            EvaluationRow.scorecard_version_id.in_(_of(scorecards, filter)),
            whom.is_not(None),
            ~ResultRow.bonus,
        )
        .group_by(whom, EvaluationRow.scorecard_version_id, ResultRow.criterion)
    )
    # Names and words are put to the counts afterwards: the database would carry them along through every row it counts.
    tallies: dict[tuple[int, str, str], tuple[float, ...]] = {}
    for id_, version, criterion, *numbers in counted:
        key = (int(id_ or 0), scorecards[version], criterion)
        before = tallies.get(key)
        tallies[key] = tuple(numbers) if before is None else tuple(a + b for a, b in zip(before, numbers, strict=True))
    whose = {id_: (name, of) for id_, name, of in session.execute(select(who.id, who.name, team))}
    asked = {(card, criterion) for _, card, criterion in tallies}
    definitions = Definitions(session, (card for card, _ in asked))
    places = {key: definitions.place(*key) for key in asked}
    words = {key: _words(definitions, *key) for key in asked}
    in_order = sorted(tallies, key=lambda key: (whose[key[0]][0], key[0], *places[key[1:]]))
    return frame(((key[0], *whose[key[0]], *words[key[1:]], *tallies[key]) for key in in_order), CRITERION_COUNTS)


def _of(scorecards: Mapping[int, str], filter: CallFilter) -> list[int]:
    """The versions of the scorecard that the filter names, of all where it names none."""
    return [id_ for id_, scorecard in scorecards.items() if filter.scorecard in (None, scorecard)]


def _words(definitions: Definitions, scorecard: str, criterion: str) -> tuple[object, ...]:
    asked = definitions.criterion(scorecard, criterion)
    title, section = definitions.scorecard(scorecard).title, definitions.section(scorecard, criterion).id
    return scorecard, title, section, criterion, asked.question, asked.tip, asked.weight, asked.target


COUNTS_BY_WEEK: Mapping[str, str] = {"week": DAY, "points": NUMBER, "counted": COUNT, "met": COUNT, "not_met": COUNT}


def criterion_counts_by_week(
    session: Session, asker: Asker, filter: CallFilter, scorecard: str, criterion: str
) -> pd.DataFrame:
    """How one criterion went, with the columns `COUNTS_BY_WEEK`; weeks in which it never counted are left out."""
    rows = session.execute(
        select(
            CallRow.week,
            func.sum(EARNED),
            func.count(ResultRow.points),
            count_where(ResultRow.verdict == Verdict.MET),
            count_where(ResultRow.verdict == Verdict.NOT_MET),
        )
        .select_from(ResultRow)
        .join(EvaluationRow, ResultRow.evaluation_id == EvaluationRow.id)
        .join(ScorecardVersionRow, EvaluationRow.scorecard_version_id == ScorecardVersionRow.id)
        .join(CallRow, EvaluationRow.call_id == CallRow.id)
        .where(
            *chosen_calls(asker, filter),
            *in_force(asker, filter),
            ScorecardVersionRow.scorecard == scorecard,
            ResultRow.criterion == criterion,
            ResultRow.points.is_not(None),
        )
        .group_by(CallRow.week)
        .order_by(CallRow.week)
    )
    return frame(rows, COUNTS_BY_WEEK)
