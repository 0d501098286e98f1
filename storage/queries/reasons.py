"""Why are customers in touch, how often does that not end it, and under which reason does one conversation stand?

Read from sums by day, week and four weeks where these can answer, else counted in the database, one short row a
conversation. What the machine found in a conversation that the asker is judging
blind is left out, as everywhere.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

import numpy as np
import pandas as pd
from sqlalchemy import BigInteger, ColumnElement, and_, case, cast, func, select
from sqlalchemy.orm import Session

from scoring.reasons.everyday import shipped
from scoring.reasons.judge import State
from storage.access import Asker, blind_calls, visible_calls
from storage.cells import MILLIONTHS
from storage.course_cells import (
    CONTACTS,
    HOLD_SECONDS,
    LATER_DAYS,
    PROCESSES,
    REASON,
    SOON_DAYS,
    STATE,
    Part,
    again_within,
    answered_first,
    first_contact,
    long_hold,
)
from storage.course_tables import CourseRow
from storage.queries.alike import judged_calls
from storage.queries.calls import NAME_OF_AGENT, NAME_OF_TEAM
from storage.queries.conditions import COUNT, ID, MOMENT, NUMBER, TEXT, chosen_calls, count_where, frame
from storage.queries.summed_courses import SummedCourses, courses_can_be_summed, summed_courses
from storage.reason_tables import CallReasonRow, ReasonCorrectionRow, ReasonTreeRow, Source
from storage.records import CallFilter
from storage.tables import AgentRow, CallRow, TeamRow, TurnRow

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


def reason_counts(session: Session, asker: Asker, filter: CallFilter, hold_seconds: float) -> pd.DataFrame:
    """What there is to count of each reason, with the columns `REASON_COUNTS`.

    One row for each reason of the tree, each given one that the tree does not have, and each state without one. `soon` and
    `later` are contacts after which the same customer was in touch again within 7 and 30 days, `…_known` those of which that
    can be said: the customer is known, and so many days have passed up to the latest call. `first` are contacts of customers
    who had not been in touch in the 7 days before, and were not in the 7 days after, of `first_known`.
    """
    last = session.scalar(select(func.max(CallRow.started_at)).where(visible_calls(asker)))
    if courses_can_be_summed(session, asker, filter) and hold_seconds in HOLD_SECONDS:
        rows = _summed_reasons(session, asker, filter, hold_seconds, last)
    else:
        rows = _reasons_one_by_one(session, _chosen(asker, filter), hold_seconds, last)
    counts = frame(sorted(rows, key=lambda row: tuple(row[:3])), REASON_COUNTS)
    in_millionths = {name: counts[name] / MILLIONTHS for name in ("start", "end")}
    return counts.assign(seconds=counts["seconds"] / 1000, **in_millionths)


def _reasons_one_by_one(
    session: Session, chosen: Sequence[ColumnElement[bool]], hold_seconds: float, last: datetime | None
) -> list[tuple[Any, ...]]:
    """The rows of `reason_counts`, counted in the database; times and sentiment in whole numbers."""
    groups = (REASON, _GIVEN, STATE)
    known = {days: contacts_known(last, days) for days in (SOON_DAYS, LATER_DAYS)}
    rows = session.execute(
        select(
            *groups,
            func.count(),
            *(_added(CONTACTS[name]) for name in ("ms", "timed")),
            count_where(known[SOON_DAYS]),
            count_where(and_(known[SOON_DAYS], again_within(SOON_DAYS))),
            count_where(known[LATER_DAYS]),
            count_where(and_(known[LATER_DAYS], again_within(LATER_DAYS))),
            count_where(and_(known[SOON_DAYS], first_contact())),
            count_where(and_(known[SOON_DAYS], answered_first())),
            count_where(PROCESSES["hold_known"]),
            count_where(long_hold(hold_seconds)),
            count_where(PROCESSES["transfer_known"]),
            count_where(PROCESSES["transfer"]),
            *(_added(CONTACTS[name]) for name in _AT_THE_END),
        )
        .select_from(CallRow)
        .join(CourseRow, CourseRow.call_id == CallRow.id)
        .outerjoin(CallReasonRow, CallReasonRow.call_id == CallRow.id)
        .where(*chosen)
        .group_by(*groups)
    )
    return [tuple(row) for row in rows]


_AT_THE_END = ("ended", "start_of_ended", "end_of_ended", "by_person", "by_given")


def _added(figure: ColumnElement[int]) -> ColumnElement[int]:
    return cast(func.sum(figure), BigInteger)


def _summed_reasons(
    session: Session, asker: Asker, filter: CallFilter, hold_seconds: float, last: datetime | None
) -> list[tuple[Any, ...]]:
    """The rows of `reason_counts` from the sums. Whether a contact was followed by another one is known of days that are
    wholly long enough ago; the calls of the day on which that begins are looked at one by one."""
    if last is None:
        return []
    found: dict[tuple[str, str, str], Counter[str]] = defaultdict(Counter)
    processes = ("calls", "hold_known", f"hold_{hold_seconds:g}", "transfer_known", "transfer")
    _add_to(found, summed_courses(session, asker, filter, Part.PROCESSES), processes, processes)
    always = ("ms", "timed", *_AT_THE_END)
    _add_to(found, summed_courses(session, asker, filter, Part.CONTACTS), always, always)
    for days, (known, *names) in _FOLLOWED.items():
        since = (last - timedelta(days=days)).date()
        before = replace(filter, end=_day_before(since) if filter.end is None else min(filter.end, _day_before(since)))
        summed = summed_courses(session, asker, before, Part.CONTACTS)
        _add_to(found, summed, ("contact_known", *names), (known, *names))
        if (filter.start is None or filter.start <= since) and (filter.end is None or since <= filter.end):
            of_day = _chosen(asker, replace(filter, start=since, end=since))
            for row in _reasons_one_by_one(session, of_day, hold_seconds, last):
                own = dict(zip(REASON_COUNTS, row, strict=True))
                told = {"first": own["first_known"], "answered": own["first"]} | {known: own[known]}
                found[row[:3]].update({name: told.get(name, own.get(name, 0)) for name in (known, *names)})
    order = (
        "calls", "ms", "timed", "soon_known", "soon", "later_known", "later", "first", "answered", "hold_known",
        processes[2], "transfer_known", "transfer", *_AT_THE_END,
    )  # fmt: skip
    return [(*group, *(own[name] for name in order)) for group, own in found.items() if own["calls"]]


_FOLLOWED = {SOON_DAYS: ("soon_known", "soon", "first", "answered"), LATER_DAYS: ("later_known", "later")}
"""What can be said of a contact so many days afterwards."""


def _add_to(
    found: dict[tuple[str, str, str], Counter[str]], summed: SummedCourses, names: Sequence[str], called: Sequence[str]
) -> None:
    """Add these figures to those of each reason, given one and state, under what they are called there."""
    for group, *own in zip(summed.groups, *summed.figures(*names), strict=True):
        about = group.about
        given = about.given if about.state == State.FITS and not about.reason else ""
        found[about.reason, given, about.state].update(dict(zip(called, own, strict=True)))


def _day_before(day: date) -> date:
    return day - timedelta(days=1) if day > date.min else day


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
    the sum of their squares; of the filter's scorecard alone, where it names one. Calls without a reason of the tree, or
    without an agent, are left out. Raises StorageError where what is counted from is damaged."""
    found = judged_calls(session, asker, filter)
    counts = (found.scored > 0) & (found.agent_id > 0) & np.array([*map(bool, found.reasons), False])[found.reason]
    keys = np.column_stack([found.reason[counts], found.scorecard[counts], found.agent_id[counts]])
    groups, which = np.unique(keys, axis=0, return_inverse=True)
    hundredths = found.hundredths[counts]
    columns = {
        "reason": pd.Series(found.reasons, dtype=TEXT).take(groups[:, 0]).array,
        "scorecard": pd.Series(found.scorecards, dtype=TEXT).take(groups[:, 1]).array,
        "agent_id": groups[:, 2],
        "calls": np.bincount(which, minlength=len(groups)),
        "total": np.bincount(which, hundredths, len(groups)) / 100,
        "squared": np.bincount(which, hundredths**2, len(groups)) / 100**2,
    }
    return pd.DataFrame({name: pd.Series(columns[name], dtype=kind) for name, kind in REASON_SCORES.items()})


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
    which = [column == value for column, value in ((REASON, reason), (_GIVEN, given), (STATE, state))]
    if again_only:
        which.append(CallReasonRow.days_until_contact <= LATER_DAYS)
    rows = session.execute(
        select(
            CallRow.id,
            CallRow.started_at,
            NAME_OF_AGENT,
            NAME_OF_TEAM,
            REASON,
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
    example it is nearest to, where it is one that somebody wrote; `matter` is what the everyday matter is called that both
    sound like, empty where there is none. `corrected_by` said so last, at `corrected_at`.
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
    matter: str
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
        matter=shipped().titles.get(found.matter or "", ""),
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
