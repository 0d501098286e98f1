"""Which single verdicts stand behind the figures: what failed a call, what waits for a person, which calls make a number?

Each row carries its evidence: the first of the result's, which the criterion puts in front.
"""

from collections.abc import Mapping
from typing import Any

import pandas as pd
from sqlalchemy import ColumnElement, Select, select
from sqlalchemy.orm import Session

from scorecards.definition import Fails
from scoring.result import Verdict
from storage.access import Asker
from storage.mapping import searched_of
from storage.queries.calls import NAME_OF_AGENT, NAME_OF_TEAM
from storage.queries.conditions import ID, MOMENT, NUMBER, TEXT, Definitions, OfACall, frame, in_force, latest_with
from storage.records import CallFilter
from storage.tables import AgentRow, CallRow, EvaluationRow, EvidenceRow, ResultRow, ScorecardVersionRow, TeamRow

AUTOMATIC_FAILURES: Mapping[str, str] = {
    "call_id": TEXT,
    "started_at": MOMENT,
    "agent": TEXT,
    "team": TEXT,
    "scorecard": TEXT,
    "title": TEXT,
    "criterion": TEXT,
    "question": TEXT,
    "quote": TEXT,
    "why": TEXT,
    "start": NUMBER,
}


def automatic_failures(session: Session, asker: Asker, filter: CallFilter, limit: int = 100) -> pd.DataFrame:
    """The criteria that failed a whole scorecard, the latest call first, with the columns `AUTOMATIC_FAILURES`."""
    # What the evaluation says of itself is read from its index; the results are looked at of those alone that failed.
    failing = (
        EvaluationRow.failed.is_(True),
        OfACall(ResultRow.verdict) == Verdict.NOT_MET,
        OfACall(ResultRow.fails) == Fails.SCORECARD,
    )
    rows = session.execute(_results(asker, filter, limit, *failing)).all()
    definitions = Definitions(session, (row.scorecard for row in rows))
    return frame(
        (
            (
                row.call_id,
                row.started_at,
                row.agent,
                row.team,
                row.scorecard,
                row.title,
                row.criterion,
                definitions.criterion(row.scorecard, row.criterion).question,
                row.quote or "",
                _why(row),
                row.start,
            )
            for row in rows
        ),
        AUTOMATIC_FAILURES,
    )


WAITING: Mapping[str, str] = {
    "call_id": TEXT,
    "started_at": MOMENT,
    "agent": TEXT,
    "team": TEXT,
    "scorecard": TEXT,
    "title": TEXT,
    "criterion": TEXT,
    "question": TEXT,
    "why": TEXT,
}


def waiting_for_a_person(session: Session, asker: Asker, filter: CallFilter, limit: int = 100) -> pd.DataFrame:
    """The results that nobody has decided yet, neither machine nor person, with the columns `WAITING`."""
    waiting = (EvaluationRow.unsure > 0, OfACall(ResultRow.verdict) == Verdict.UNSURE)
    rows = session.execute(_results(asker, filter, limit, *waiting)).all()
    definitions = Definitions(session, (row.scorecard for row in rows))
    return frame(
        (
            (
                row.call_id,
                row.started_at,
                row.agent,
                row.team,
                row.scorecard,
                row.title,
                row.criterion,
                definitions.criterion(row.scorecard, row.criterion).question,
                _why(row),
            )
            for row in rows
        ),
        WAITING,
    )


CALLS_BEHIND: Mapping[str, str] = {
    "call_id": TEXT,
    "started_at": MOMENT,
    "agent": TEXT,
    "team": TEXT,
    "verdict": TEXT,
    "probability": NUMBER,
    "quote": TEXT,
    "why": TEXT,
    "turn": ID,
    "start": NUMBER,
}


def calls_behind(
    session: Session,
    asker: Asker,
    filter: CallFilter,
    scorecard: str,
    criterion: str,
    verdict: Verdict | None = None,
    limit: int = 200,
) -> pd.DataFrame:
    """The calls behind a criterion's figures, all or those with one verdict, with the columns `CALLS_BEHIND`."""
    which = [ScorecardVersionRow.scorecard == scorecard, OfACall(ResultRow.criterion) == criterion]
    if verdict is not None:
        which.append(OfACall(ResultRow.verdict) == Verdict(verdict))
    return frame(
        (
            (
                row.call_id,
                row.started_at,
                row.agent,
                row.team,
                row.verdict,
                row.probability,
                row.quote or "",
                _why(row),
                row.turn,
                row.start,
            )
            for row in session.execute(_results(asker, filter, limit, *which))
        ),
        CALLS_BEHIND,
    )


def _results(asker: Asker, filter: CallFilter, limit: int, *which: ColumnElement[bool]) -> Select[*tuple[object, ...]]:
    """The first of those results of the chosen calls, the latest call first, each with its first evidence if it has any."""
    in_question = [*in_force(asker, filter), *which]
    return (
        select(
            CallRow.id.label("call_id"),
            CallRow.started_at,
            NAME_OF_AGENT.label("agent"),
            NAME_OF_TEAM.label("team"),
            ScorecardVersionRow.scorecard,
            ScorecardVersionRow.title,
            ResultRow.criterion,
            ResultRow.verdict,
            ResultRow.probability,
            ResultRow.searched,
            ResultRow.if_asked,
            EvidenceRow.quote,
            EvidenceRow.why,
            EvidenceRow.turn,
            EvidenceRow.start_seconds.label("start"),
        )
        .select_from(ResultRow)
        .join(EvaluationRow, ResultRow.evaluation_id == EvaluationRow.id)
        .join(ScorecardVersionRow, EvaluationRow.scorecard_version_id == ScorecardVersionRow.id)
        .join(CallRow, EvaluationRow.call_id == CallRow.id)
        .outerjoin(AgentRow, CallRow.agent_id == AgentRow.id)
        .outerjoin(TeamRow, CallRow.team_id == TeamRow.id)
        .outerjoin(EvidenceRow, (EvidenceRow.result_id == ResultRow.id) & (EvidenceRow.position == 0))
        .where(CallRow.id.in_(latest_with(asker, filter, limit, *in_question)), *in_question)
        .order_by(CallRow.started_at.desc(), CallRow.id, ScorecardVersionRow.title, ResultRow.position)
        .limit(limit)
    )


def _why(row: Any) -> str:
    """Why the question is not asked; else the evidence's own reason, else what was looked through in vain."""
    if row.if_asked:
        return str(row.if_asked["why"])
    searched = searched_of(row.searched)
    if row.why or searched is None:
        return row.why or ""
    turns = f"{searched.turns} turn" + ("" if searched.turns == 1 else "s")
    return f"Looked through {turns} of the {searched.speaker} for {searched.sought}, and did not find it."
