"""Why are customers in touch, how often does that not end it, and under which reason does one conversation stand?

Counted in the database, one short row a conversation. What the machine found in a conversation that the asker is judging
blind is left out, as everywhere.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import pandas as pd
from sqlalchemy import ColumnElement, and_, case, func, or_, select
from sqlalchemy.orm import Session

from scoring.reasons.judge import State
from storage.access import Asker, blind_calls, visible_calls
from storage.course_tables import CourseRow
from storage.queries.calls import NAME_OF_AGENT, NAME_OF_TEAM
from storage.queries.conditions import COUNT, ID, MOMENT, NUMBER, TEXT, chosen_calls, count_where, counts_once, frame
from storage.reason_tables import CallReasonRow, ReasonCorrectionRow, ReasonTreeRow, Source
from storage.records import CallFilter
from storage.tables import AgentRow, CallRow, EvaluationRow, ScorecardVersionRow, TeamRow, TurnRow

SOON_DAYS, LATER_DAYS = 7, 30
"""Within so many days of a contact another one of the same customer is a repeat of it."""

NOT_READ = "not_read"
"""The state of a conversation that was stored before there was a tree."""

REASON_COUNTS: Mapping[str, str] = {
    "reason": TEXT,
    "given": TEXT,
    "state": TEXT,
    "calls": COUNT,
    "seconds": NUMBER,
    "timed": COUNT,
    "soon_known": COUNT,
    "soon": COUNT,
    "later_known": COUNT,
    "later": COUNT,
    "first_known": COUNT,
    "first": COUNT,
    "hold_known": COUNT,
    "hold": COUNT,
    "transfer_known": COUNT,
    "transfer": COUNT,
    "felt": COUNT,
    "start": NUMBER,
    "end": NUMBER,
    "by_person": COUNT,
    "by_given": COUNT,
}

_GIVEN = case((and_(CallReasonRow.source == Source.GIVEN, CallReasonRow.reason == ""), CourseRow.reason), else_="")
_STATE = case(
    (CallReasonRow.call_id.is_(None), NOT_READ),
    (CallReasonRow.reason != "", State.FITS.value),
    (CallReasonRow.source == Source.PERSON, State.NONE.value),
    (CallReasonRow.source == Source.GIVEN, State.FITS.value),
    (CallReasonRow.state == State.UNSURE, State.UNSURE.value),
    else_=State.NONE.value,
)
_REASON = func.coalesce(CallReasonRow.reason, "")


def reason_counts(session: Session, asker: Asker, filter: CallFilter, hold_seconds: float) -> pd.DataFrame:
    """What there is to count of each reason, with the columns `REASON_COUNTS`.

    One row for each reason of the tree, each given one that the tree does not have, and each state without one. `soon` and
    `later` are contacts after which the same customer was in touch again within 7 and 30 days, `…_known` those of which that
    can be said: the customer is known, and so many days have passed up to the latest call. `first` are contacts of customers
    who had not been in touch in the 7 days before, and were not in the 7 days after, of `first_known`.
    """
    last = session.scalar(select(func.max(CallRow.started_at)).where(visible_calls(asker)))
    groups = (_REASON, _GIVEN, _STATE)
    known = {days: contacts_known(last, days) for days in (SOON_DAYS, LATER_DAYS)}
    again = {days: and_(known[days], CallReasonRow.days_until_contact <= days) for days in known}
    first = and_(known[SOON_DAYS], or_(CourseRow.days_since_contact.is_(None), CourseRow.days_since_contact > SOON_DAYS))
    answered = and_(first, or_(CallReasonRow.days_until_contact.is_(None), CallReasonRow.days_until_contact > SOON_DAYS))
    felt = and_(CourseRow.valence_start.is_not(None), CourseRow.valence_end.is_not(None))
    timed = CallRow.duration_seconds > 0
    rows = session.execute(
        select(
            *groups,
            func.count(),
            func.coalesce(func.sum(CallRow.duration_seconds), 0.0),
            count_where(timed),
            count_where(known[SOON_DAYS]),
            count_where(again[SOON_DAYS]),
            count_where(known[LATER_DAYS]),
            count_where(again[LATER_DAYS]),
            count_where(first),
            count_where(answered),
            count_where(CourseRow.longest_hold_seconds.is_not(None)),
            count_where(CourseRow.longest_hold_seconds >= hold_seconds),
            count_where(CourseRow.transfers.is_not(None)),
            count_where(CourseRow.transfers > 0),
            count_where(felt),
            func.coalesce(func.sum(case((felt, CourseRow.valence_start))), 0.0),
            func.coalesce(func.sum(case((felt, CourseRow.valence_end))), 0.0),
            count_where(CallReasonRow.source == Source.PERSON),
            count_where(CallReasonRow.source == Source.GIVEN),
        )
        .select_from(CallRow)
        .join(CourseRow, CourseRow.call_id == CallRow.id)
        .outerjoin(CallReasonRow, CallReasonRow.call_id == CallRow.id)
        .where(*_chosen(asker, filter))
        .group_by(*groups)
        .order_by(*groups)
    )
    return frame(rows, REASON_COUNTS)


def contacts_known(last: datetime | None, days: int) -> ColumnElement[bool]:
    """Whether it can be said of a contact that the customer was, or was not, in touch again within so many days."""
    if last is None:
        return CourseRow.contacted_at.is_not(None)
    return and_(
        CallReasonRow.call_id.is_not(None),
        CourseRow.contacted_at.is_not(None),
        CourseRow.contacted_at <= last - timedelta(days=days),
    )


def _chosen(asker: Asker, filter: CallFilter) -> list[ColumnElement[bool]]:
    return [*chosen_calls(asker, filter), CallRow.id.not_in(blind_calls(asker))]


REASON_SCORES: Mapping[str, str] = {
    "reason": TEXT,
    "scorecard": TEXT,
    "agent_id": ID,
    "calls": COUNT,
    "total": NUMBER,
    "squared": NUMBER,
}


def reason_scores(session: Session, asker: Asker, filter: CallFilter) -> pd.DataFrame:
    """The totals of each reason's calls by scorecard and agent, with the columns `REASON_SCORES`: how many, their sum, and
    the sum of their squares. Calls without a reason of the tree, or without an agent, are left out."""
    groups = (CallReasonRow.reason, ScorecardVersionRow.scorecard, CallRow.agent_id)
    rows = session.execute(
        select(
            *groups,
            func.count(),
            func.sum(EvaluationRow.total),
            func.sum(EvaluationRow.total * EvaluationRow.total),
        )
        .select_from(CallRow)
        .join(CallReasonRow, CallReasonRow.call_id == CallRow.id)
        .join(EvaluationRow, EvaluationRow.call_id == CallRow.id)
        .join(ScorecardVersionRow, EvaluationRow.scorecard_version_id == ScorecardVersionRow.id)
        .where(
            *_chosen(asker, filter),
            *counts_once(asker),
            EvaluationRow.total.is_not(None),
            CallReasonRow.reason != "",
            CallRow.agent_id.is_not(None),
        )
        .group_by(*groups)
        .order_by(*groups)
    )
    return frame(rows, REASON_SCORES)


REASON_CALLS: Mapping[str, str] = {
    "call_id": TEXT,
    "started_at": MOMENT,
    "agent": TEXT,
    "team": TEXT,
    "reason": TEXT,
    "source": TEXT,
    "probability": NUMBER,
    "days_until_contact": NUMBER,
    "turn": ID,
    "at": NUMBER,
    "quote": TEXT,
}


def reason_calls(
    session: Session,
    asker: Asker,
    filter: CallFilter,
    reason: str = "",
    given: str = "",
    state: str = State.FITS.value,
    *,
    again_only: bool = False,
    limit: int = 100,
) -> pd.DataFrame:
    """The conversations behind a row of `reason_counts`, the latest first, with the columns `REASON_CALLS`.

    again_only: those after which the customer was in touch again within 30 days. `quote` is the sentence that tells most.
    """
    which = [column == value for column, value in ((_REASON, reason), (_GIVEN, given), (_STATE, state))]
    if again_only:
        which.append(CallReasonRow.days_until_contact <= LATER_DAYS)
    rows = session.execute(
        select(
            CallRow.id,
            CallRow.started_at,
            NAME_OF_AGENT,
            NAME_OF_TEAM,
            _REASON,
            func.coalesce(CallReasonRow.source, Source.NOBODY),
            CallReasonRow.probability,
            CallReasonRow.days_until_contact,
            CallReasonRow.turn,
            TurnRow.start_seconds,
            TurnRow.text,
            CallReasonRow.start,
            CallReasonRow.end,
        )
        .select_from(CallRow)
        .join(CourseRow, CourseRow.call_id == CallRow.id)
        .outerjoin(CallReasonRow, CallReasonRow.call_id == CallRow.id)
        .outerjoin(AgentRow, CallRow.agent_id == AgentRow.id)
        .outerjoin(TeamRow, CallRow.team_id == TeamRow.id)
        .outerjoin(TurnRow, and_(TurnRow.call_id == CallRow.id, TurnRow.position == CallReasonRow.turn))
        .where(*_chosen(asker, filter), *which)
        .order_by(CallRow.started_at.desc(), CallRow.id)
        .limit(limit)
    )
    quoted = [
        (*row[:5], Source(row[5]).value, *row[6:10], (row[10] or "")[row[11] or 0 : row[12] or 0].strip()) for row in rows
    ]
    return frame(quoted, REASON_CALLS)


@dataclass(frozen=True)
class CandidateReason:
    """A reason that may be why, its titles, and how likely it is, 0 to 1."""

    reason: str
    group: str
    title: str
    probability: float


@dataclass(frozen=True)
class ReasonOfCall:
    """Under which reason one conversation stands (empty: none), by whom, and what the machine makes of it.

    `given` is what was given with it, in its own words. `quote` is the sentence that tells most, at `turn`, and `near` the
    example it is nearest to, where it is one that somebody wrote. `corrected_by` said so last, at `corrected_at`.
    """

    reason: str
    title: str
    source: Source
    given: str
    state: State
    candidates: tuple[CandidateReason, ...]
    turn: int | None
    quote: str
    near: str
    tree: str
    corrected_by: str
    corrected_at: datetime | None


def reason_of_call(session: Session, asker: Asker, call_id: str) -> ReasonOfCall | None:
    """Why the customer of a conversation was in touch; None where it is not the asker's to see, they judge it blind, or it
    has not been read."""
    row = session.execute(
        select(CallReasonRow, CourseRow.reason.label("given"), TurnRow.text, ReasonTreeRow.hash)
        .join(CallRow, CallRow.id == CallReasonRow.call_id)
        .join(CourseRow, CourseRow.call_id == CallRow.id)
        .join(ReasonTreeRow, ReasonTreeRow.id == CallReasonRow.tree_id)
        .outerjoin(TurnRow, and_(TurnRow.call_id == CallRow.id, TurnRow.position == CallReasonRow.turn))
        .where(CallRow.id == call_id, visible_calls(asker), CallRow.id.not_in(blind_calls(asker)))
    ).one_or_none()
    if row is None:
        return None
    found: CallReasonRow = row[0]
    titles = reason_titles(session)
    tree = session.scalars(select(ReasonTreeRow.tree).where(ReasonTreeRow.id == found.tree_id)).one()
    written = [text for group in tree["groups"] for one in group["reasons"] for text in one["examples"]]
    said = session.execute(
        select(ReasonCorrectionRow.author, ReasonCorrectionRow.at)
        .where(ReasonCorrectionRow.call_id == call_id)
        .order_by(ReasonCorrectionRow.id.desc())
        .limit(1)
    ).one_or_none()
    return ReasonOfCall(
        reason=found.reason,
        title=titles.get(found.reason, ("", ""))[1],
        source=found.source,
        given=row.given,
        state=found.state,
        candidates=tuple(_candidate(titles, id_, likely) for id_, likely in found.candidates),
        turn=found.turn,
        quote=(row.text or "")[found.start or 0 : found.end or 0].strip(),
        near=written[found.near] if found.near is not None and found.near < len(written) else "",
        tree=row.hash,
        corrected_by=said.author if said else "",
        corrected_at=said.at if said else None,
    )


def _candidate(titles: Mapping[str, tuple[str, str]], reason: str, probability: float) -> CandidateReason:
    group, title = titles.get(reason, ("", reason))
    return CandidateReason(reason, group, title, probability)


def reason_titles(session: Session) -> dict[str, tuple[str, str]]:
    """The titles of group and reason of every reason that there ever was, as the newest version that has it says; those of
    the tree in force first, in its order. They are not personal."""
    rows = session.execute(select(ReasonTreeRow.tree).order_by(ReasonTreeRow.in_force.desc(), ReasonTreeRow.id.desc()))
    found: dict[str, tuple[str, str]] = {}
    for (tree,) in rows:
        for group in tree["groups"]:
            for one in group["reasons"]:
                found.setdefault(one["id"], (group["title"], one["title"]))
    return found
