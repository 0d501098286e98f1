"""Which disputes are there, as somebody may see them, and how often are they upheld?

An agent sees the disputes of their own calls, a coach those of their teams' calls, a reviewer those that are theirs to
decide or that they decided, and who manages quality all of them; the rule stands here once and is part of every query.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, false, select
from sqlalchemy.orm import Session, aliased

from errors import NotAllowed
from reviews.disputes import DisputeState, DisputeStep, Upheld, report
from scoring.result import Verdict
from storage.access import Asker, Role, blind_calls, may_manage_quality, visible_calls
from storage.mapping import scorecard_of
from storage.roles import Reach, Right, reach
from storage.tables import AgentRow, CallRow, DisputeRow, DisputeStepRow, ScorecardVersionRow, TeamRow, UserRow


@dataclass(frozen=True)
class Step:
    """Something that happened to a dispute after it was raised: what, by whom, when, in which words, and who got it."""

    step: DisputeStep
    author: str
    at: datetime
    words: str
    to: str


@dataclass(frozen=True)
class Dispute:
    """A dispute as it stands. `answered_by` is empty where the machine gave the disputed answer.

    settled_by, settled_at, decision: who decided it or took it back, when, and why; empty while it is open.
    answer_words, answer_after_words: the answers as the scorecard words them; empty where they are verdicts.
    answer_after: the answer that the decision left. total_before, total_after: of the evaluation in force at the decision.
    """

    id: int
    call_id: str
    call_at: datetime
    agent: str
    team: str
    scorecard: str
    title: str
    criterion: str
    question: str
    result_id: int
    raised_by: str
    raised_at: datetime
    reason: str
    answer: Verdict
    answered_by: str
    state: DisputeState
    given_to_id: int | None
    given_to: str
    settled_by: str
    settled_at: datetime | None
    decision: str
    answer_after: Verdict | None
    total_before: float | None
    total_after: float | None
    answer_words: str = ""
    answer_after_words: str = ""
    steps: tuple[Step, ...] = ()


def visible_disputes(asker: Asker) -> ColumnElement[bool]:
    """The condition on `disputes` that holds for exactly those that this person may see.

    A dispute tells what was answered, so that it waits while they are judging its call blind.
    """
    not_blind = DisputeRow.call_id.not_in(blind_calls(asker))
    match reach(asker.role, Right.SEE_DISPUTES):
        case Reach.ALL:
            return visible_calls(asker) & not_blind
        case Reach.GIVEN:
            return ((DisputeRow.given_to_id == asker.user_id) | (DisputeRow.settled_by_id == asker.user_id)) & not_blind
        case Reach.TEAMS:
            return visible_calls(asker)
        case Reach.OWN if asker.agent_id is not None:
            return (DisputeRow.agent_id == asker.agent_id) & visible_calls(asker)
        case _:
            return false()


_WAITING_FIRST = (DisputeRow.raised_at, DisputeRow.id)
_LATEST_FIRST = (DisputeRow.settled_at.desc(), DisputeRow.id.desc())


def waiting_for(session: Session, asker: Asker, limit: int = 100) -> tuple[Dispute, ...]:
    """The open disputes that were given to the asker, the oldest first."""
    mine = and_(DisputeRow.state == DisputeState.OPEN, DisputeRow.given_to_id == asker.user_id)
    return _load(session, asker, mine, _WAITING_FIRST, limit)


def open_disputes(session: Session, asker: Asker, limit: int = 100) -> tuple[Dispute, ...]:
    """The open disputes that the asker may see, the oldest first."""
    return _load(session, asker, DisputeRow.state == DisputeState.OPEN, _WAITING_FIRST, limit)


def settled_disputes(session: Session, asker: Asker, limit: int = 100) -> tuple[Dispute, ...]:
    """The disputes that were decided or taken back, the latest first."""
    return _load(session, asker, DisputeRow.state != DisputeState.OPEN, _LATEST_FIRST, limit)


def disputes_of_call(session: Session, asker: Asker, call_id: str) -> tuple[Dispute, ...]:
    """The disputes of one call that the asker may see, in the order they were raised."""
    return _load(session, asker, DisputeRow.call_id == call_id, (DisputeRow.id,), None)


def find_dispute(session: Session, asker: Asker, dispute_id: int) -> Dispute | None:
    """One dispute; None where there is none that the asker may see."""
    return next(iter(_load(session, asker, DisputeRow.id == dispute_id, (DisputeRow.id,), 1)), None)


def dispute_report(session: Session, asker: Asker, by: tuple[str, ...], since: datetime) -> tuple[Upheld, ...]:
    """What was disputed since a moment and how often the agents were right, the most disputed first.

    by: what is counted together, of `title`, `question` (with the title), and `answered_by` (empty: the machine).
    Raises NotAllowed for others than those who manage quality.
    """
    if not may_manage_quality(asker):
        raise NotAllowed("Quality managers and administrators see how often disputes are upheld.")
    rows = session.execute(
        select(DisputeRow.scorecard, DisputeRow.criterion, DisputeRow.answered_by, DisputeRow.state)
        .join(CallRow, DisputeRow.call_id == CallRow.id)
        .where(DisputeRow.raised_at >= since, visible_disputes(asker))
        .order_by(DisputeRow.id)
    ).all()
    words = _words(session, {(row.scorecard, row.criterion) for row in rows})
    named = [
        ({"title": words[row.scorecard, row.criterion][0], "question": words[row.scorecard, row.criterion][1]}, row)
        for row in rows
    ]
    return report(
        [(tuple({**names, "answered_by": row.answered_by}[part] for part in by), row.state) for names, row in named]
    )


def _load(
    session: Session, asker: Asker, which: ColumnElement[bool], order: Sequence[Any], limit: int | None
) -> tuple[Dispute, ...]:
    holder = aliased(UserRow)
    rows = session.execute(
        select(
            DisputeRow, CallRow.started_at, AgentRow.name.label("agent"), TeamRow.name.label("team"), holder.name.label("to")
        )
        .join(CallRow, DisputeRow.call_id == CallRow.id)
        .join(AgentRow, DisputeRow.agent_id == AgentRow.id)
        .outerjoin(TeamRow, CallRow.team_id == TeamRow.id)
        .outerjoin(holder, DisputeRow.given_to_id == holder.id)
        .where(which, visible_disputes(asker))
        .order_by(*order)
        .limit(limit)
    ).all()
    words = _words(session, {(row.DisputeRow.scorecard, row.DisputeRow.criterion) for row in rows})
    steps = _steps(session, asker, [row.DisputeRow.id for row in rows])
    # An agent is told what was decided, and not through whose hands it went before.
    hidden = asker.role is Role.AGENT

    def dispute(found: Any) -> Dispute:
        row: DisputeRow = found.DisputeRow
        title, question = words[row.scorecard, row.criterion]
        return Dispute(
            id=row.id,
            call_id=row.call_id,
            call_at=found.started_at,
            agent=found.agent,
            team=found.team or "",
            scorecard=row.scorecard,
            title=title,
            criterion=row.criterion,
            question=question,
            result_id=row.result_id,
            raised_by=row.raised_by,
            raised_at=row.raised_at,
            reason=row.reason,
            answer=Verdict(row.answer),
            answered_by=row.answered_by,
            state=row.state,
            given_to_id=None if hidden else row.given_to_id,
            given_to="" if hidden else found.to or "",
            settled_by=row.settled_by,
            settled_at=row.settled_at,
            decision=row.decision,
            answer_after=Verdict(row.answer_after) if row.answer_after else None,
            total_before=row.total_before,
            total_after=row.total_after,
            answer_words=row.answer_words,
            answer_after_words=row.answer_after_words,
            steps=tuple(steps.get(row.id, ())),
        )

    return tuple(map(dispute, rows))


def _steps(session: Session, asker: Asker, disputes: Sequence[int]) -> dict[int, list[Step]]:
    found: dict[int, list[Step]] = {}
    rows = select(DisputeStepRow).where(DisputeStepRow.dispute_id.in_(disputes)).order_by(DisputeStepRow.id)
    for row in session.scalars(rows):
        if row.step is not DisputeStep.GIVEN or asker.role is not Role.AGENT:
            found.setdefault(row.dispute_id, []).append(Step(row.step, row.author, row.at, row.words, row.to))
    return found


def _words(session: Session, asked: Iterable[tuple[str, str]]) -> dict[tuple[str, str], tuple[str, str]]:
    """Title and question of each criterion as its newest version words them; their ids where no version has them."""
    wanted = set(asked)
    found = {(scorecard, criterion): (scorecard, criterion) for scorecard, criterion in wanted}
    versions = session.scalars(
        select(ScorecardVersionRow.definition)
        .where(ScorecardVersionRow.scorecard.in_({scorecard for scorecard, _ in wanted}))
        .order_by(ScorecardVersionRow.scorecard, ScorecardVersionRow.version)
    )
    for definition in versions:
        scorecard = scorecard_of(definition)
        for _, criterion in scorecard:
            if (scorecard.id, criterion.id) in wanted:
                found[scorecard.id, criterion.id] = (scorecard.title, criterion.question)
    return found
