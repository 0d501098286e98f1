"""How much was said, how well, and how does it develop? Everything is counted in the database.

Weeks begin on Monday in UTC and are given as midnight of that day. Verdicts and totals are those that hold now, after
people's corrections. A call counts once per scorecard: under the newest version that has judged it.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
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


@dataclass
class _Tally:
    """What one agent, or team, got on one criterion."""

    times: Counter[Verdict] = field(default_factory=Counter)
    points: float = 0.0
    counted: int = 0


def criterion_counts(
    session: Session, asker: Asker, filter: CallFilter, by: Literal["agent", "team"] = "agent"
) -> pd.DataFrame:
    """How often each agent, or each team, got which verdict on each criterion, with the columns `CRITERION_COUNTS`.

    `id` and `name` are the agent's or the team's. `team_id` is the team that an agent is in today; a team's calls are
    those taken in it. `points` is the sum of the shares of the weight earned, 0 to 1 a call, over the `counted` verdicts
    (met, partly, not met), where what takes away earns nothing. A bonus is left out: to miss it is no gap. `target` is the
    scorecard's own, NaN where it names none. In the order of names, and of the criteria in their scorecards.
    """
    who = AgentRow if by == "agent" else TeamRow
    team_id = AgentRow.team_id if by == "agent" else TeamRow.id
    joined = CallRow.agent_id == AgentRow.id if by == "agent" else CallRow.team_id == TeamRow.id
    # A row for each verdict is half the work of a sum for each, and names and titles are looked up once, not carried along.
    counted = session.execute(
        select(
            who.id,
            EvaluationRow.scorecard_version_id,
            ResultRow.criterion,
            ResultRow.verdict,
            func.count(),
            func.sum(EARNED),
            func.count(ResultRow.points),
        )
        .select_from(ResultRow)
        .join(EvaluationRow, ResultRow.evaluation_id == EvaluationRow.id)
        .join(ScorecardVersionRow, EvaluationRow.scorecard_version_id == ScorecardVersionRow.id)
        .join(CallRow, EvaluationRow.call_id == CallRow.id)
        .join(who, joined)
        .where(*chosen_calls(asker, filter), *in_force(asker, filter), ~ResultRow.bonus)
        .group_by(who.id, EvaluationRow.scorecard_version_id, ResultRow.criterion, ResultRow.verdict)
    )
    versions = select(ScorecardVersionRow.id, ScorecardVersionRow.scorecard)
    scorecards = {row.id: row.scorecard for row in session.execute(versions)}
    tallies: dict[tuple[int, str, str], _Tally] = {}
    for id_, version, criterion, verdict, times, points, with_points in counted:
        tally = tallies.setdefault((id_, scorecards[version], criterion), _Tally())
        tally.times[verdict] += times
        tally.points += points or 0.0
        tally.counted += with_points
    whose = {id_: (name, team) for id_, name, team in session.execute(select(who.id, who.name, team_id))}
    definitions = Definitions(session, (scorecard for _, scorecard, _ in tallies))

    def place(asked: tuple[int, str, str]) -> tuple[object, ...]:
        id_, scorecard, criterion = asked
        return whose[id_][0], id_, *definitions.place(scorecard, criterion)

    def row(asked: tuple[int, str, str]) -> tuple[object, ...]:
        id_, scorecard, criterion = asked
        card, question = definitions.scorecard(scorecard), definitions.criterion(scorecard, criterion)
        section, tally = definitions.section(scorecard, criterion).id, tallies[asked]
        worded = (
            scorecard,
            card.title,
            section,
            criterion,
            question.question,
            question.tip,
            question.weight,
            question.target,
        )
        return id_, *whose[id_], *worded, *(tally.times[verdict] for verdict in Verdict), tally.points, tally.counted

    return frame((row(asked) for asked in sorted(tallies, key=place)), CRITERION_COUNTS)


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
