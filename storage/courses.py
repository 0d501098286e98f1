"""How is the course of each call kept beside it, so that a hundred thousand of them are counted while somebody waits?

Written in the transaction that stores a call, or its transcript after somebody said who spoke. When the same customer was in
contact before is a matter between calls: a call that is taken in late changes what is said of the next one.
"""

from collections import defaultdict
from collections.abc import Container, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple, cast

from sqlalchemy import Connection, Table, delete, func, insert, select, update
from sqlalchemy.orm import Session

from scoring.course import Course, course_of, customer_key
from scoring.signals.model import Shown, Signals
from storage import course_sums
from storage.access import Asker
from storage.audit import OPERATOR, About, What, Who, note
from storage.case_links import link_case
from storage.course_tables import CourseRow, HarmRow
from storage.customer_tables import CustomerCallRow
from storage.kept_sums import Sums, renew
from storage.removal import with_words
from storage.same_customer import OUTBOUND, days, days_between, link, link_anew
from storage.sealed_words import keyed
from storage.tables import CallRow, SignalsRow, TranscriptRow, TurnRow
from transcripts.model import Sound, Transcript, Turn

AT_ONCE = 500
"""Calls that are worked out together when everything is made anew."""


class Recounted(NamedTuple):
    """How many calls there are, and of how many the course was missing or wrong; of the sums, how many were."""

    calls: int
    mended: int
    sums_mended: int


def put_course(session: Session, call_id: str, transcript: Transcript, signals: Signals, *, new: bool = False) -> None:
    """Write how a stored call ran, in the place of what was written before; of a `new` call nothing was."""
    call = session.execute(select(CallRow.started_at, CallRow.direction, CallRow.extra).where(CallRow.id == call_id)).one()
    course = course_of(transcript, signals, call.extra)
    customer = link(session, call_id, call.extra, call.started_at, call.direction)
    link_case(session, call_id, call.extra, customer)
    contacted_at = call.started_at if customer and call.direction != OUTBOUND else None
    if not new:
        session.execute(delete(HarmRow).where(HarmRow.call_id == call_id))
        session.execute(delete(CourseRow).where(CourseRow.call_id == call_id))
    since = _days_since(session, customer, contacted_at)
    session.execute(insert(CourseRow), [_values(call_id, course, contacted_at, since, known=customer is not None)])
    harms = _harm_values(call_id, course)
    if harms:
        session.execute(insert(HarmRow), harms)
    course_sums.changed(session, CallRow.id == call_id)
    _tell_the_next(session, customer, contacted_at)


def retell(session: Session, customers: Sequence[str]) -> None:
    """Work out anew when these customers were in contact before, after a person moved calls between them."""
    theirs = CustomerCallRow.customer_id.in_(customers)
    contacts: dict[str, list[tuple[datetime, str]]] = defaultdict(list)
    for row in session.scalars(select(CustomerCallRow).where(theirs, CustomerCallRow.contacted_at.is_not(None))):
        contacts[row.customer_id].append((cast("datetime", row.contacted_at), row.call_id))
    for own in contacts.values():
        since = days_between(own)
        for _, call_id in own:
            session.execute(
                update(CourseRow).where(CourseRow.call_id == call_id).values(days_since_contact=since.get(call_id))
            )
    course_sums.changed(session, CallRow.id.in_([call_id for own in contacts.values() for _, call_id in own]))


def _days_since(session: Session, customer: str | None, at: datetime | None) -> float | None:
    if at is None:
        return None
    theirs = CustomerCallRow.customer_id == customer
    before = session.scalar(select(func.max(CustomerCallRow.contacted_at)).where(theirs, CustomerCallRow.contacted_at < at))
    return None if before is None else days(before, at)


def _tell_the_next(session: Session, customer: str | None, at: datetime | None) -> None:
    """The same customer's next contact now comes after this one."""
    if at is None:
        return
    theirs = CustomerCallRow.customer_id == customer
    after = session.scalar(select(func.min(CustomerCallRow.contacted_at)).where(theirs, CustomerCallRow.contacted_at > at))
    if after is not None:
        next_one = select(CustomerCallRow.call_id).where(theirs, CustomerCallRow.contacted_at == after)
        session.execute(update(CourseRow).where(CourseRow.call_id.in_(next_one)).values(days_since_contact=days(at, after)))
        course_sums.changed(session, CallRow.id.in_(next_one))


def _values(
    call_id: str, course: Course, contacted_at: datetime | None, since: float | None, *, known: bool
) -> dict[str, Any]:
    """The row of `courses`; `known`: whether it is known whose call it is."""
    own = {name: value for name, value in vars(course).items() if name != "harms"}
    own["customer_key"] = keyed(course.customer_key) if known else ""
    return {"call_id": call_id, **own, "contacted_at": contacted_at, "days_since_contact": since}


def _harm_values(call_id: str, course: Course) -> list[dict[str, Any]]:
    """The rows of `harms`."""
    return [{"call_id": call_id, "behaviour": name, **vars(sight)} for name, sight in sorted(course.harms.items())]


def recount(session: Session, by: Asker | Who = OPERATOR) -> Recounted:
    """Make every course anew from what is stored of the calls, and every sum from the courses, and mend what is missing or
    differs; the record says by whom it was asked."""
    calls = mended = 0
    connection = session.connection()
    course_sums.fold(session, wait=True)  # what is yet to be added is not wrong
    removed = set(session.scalars(select(CallRow.id).where(~with_words())))  # of whom nothing can be made anew
    link_anew(session)
    links = select(CustomerCallRow.call_id, CustomerCallRow.customer_id, CustomerCallRow.contacted_at)
    customers = {row.call_id: (row.customer_id, row.contacted_at) for row in connection.execute(links)}
    for batch in _batches(connection, customers, removed):
        ids = [values["call_id"] for values, _ in batch]
        courses = {row.call_id: dict(row._mapping) for row in connection.execute(_COURSES.where(_COURSE.c.call_id.in_(ids)))}
        kept: dict[str, list[dict[str, Any]]] = defaultdict(list)
        for row in connection.execute(_HARMS.where(_HARM.c.call_id.in_(ids)).order_by(_HARM.c.behaviour)):
            kept[row.call_id].append(dict(row._mapping))
        wrong = [(own, harms) for own, harms in batch if courses.get(own["call_id"]) != own or kept[own["call_id"]] != harms]
        calls, mended = calls + len(batch), mended + len(wrong)
        changed = [own["call_id"] for own, _ in wrong]
        connection.execute(delete(_HARM).where(_HARM.c.call_id.in_(changed)))
        connection.execute(delete(_COURSE).where(_COURSE.c.call_id.in_(changed)))
        _write(connection, wrong)
        course_sums.changed(session, CallRow.id.in_(changed))
    course_sums.fold(session)
    sums_mended = course_sums.remake(connection).mended
    renew(connection, Sums.COURSES)
    note(session, by, What.RECOUNTED, About.FIGURES, "courses", calls=calls, mended=mended, sums_mended=sums_mended)
    return Recounted(calls, mended, sums_mended)


def fill(connection: Connection) -> None:
    """Write the courses of all calls that were stored before there were any, of the same customer where they have the same
    number. For the migration that makes the tables, when there were no customers."""
    customers: dict[str, tuple[str, datetime | None]] = {}
    for row in connection.execute(select(CallRow.id, CallRow.started_at, CallRow.extra, CallRow.direction)):
        if key := customer_key(row.extra):
            customers[row.id] = (key, row.started_at if row.direction != OUTBOUND else None)
    for batch in _batches(connection, customers):
        _write(connection, batch)


_COURSE, _HARM = cast("Table", CourseRow.__table__), cast("Table", HarmRow.__table__)
_COURSES, _HARMS = select(_COURSE), select(_HARM)

_Written = tuple[dict[str, Any], list[dict[str, Any]]]
"""The row of `courses` of a call, and its rows of `harms`."""


def _write(connection: Connection, batch: Sequence[_Written]) -> None:
    if batch:
        connection.execute(insert(_COURSE), [values for values, _ in batch])
    harms = [one for _, own in batch for one in own]
    if harms:
        connection.execute(insert(_HARM), harms)


def _batches(
    connection: Connection, customers: Mapping[str, tuple[str, datetime | None]], but: Container[str] = ()
) -> Iterator[list[_Written]]:
    """What belongs into the tables, of every call but these, some at a time. customers: whose calls they are, and when the
    customer was in contact."""
    ids = [one for one in connection.scalars(select(CallRow.id).order_by(CallRow.id)) if one not in but]
    contacts: dict[str, list[tuple[datetime, str]]] = defaultdict(list)
    for call_id, (customer, at) in customers.items():
        if at is not None:
            contacts[customer].append((at, call_id))
    since = {call_id: value for own in contacts.values() for call_id, value in days_between(own).items()}
    for first in range(0, len(ids), AT_ONCE):
        batch = []
        for call_id, course in _courses(connection, ids[first : first + AT_ONCE]):
            _, contacted_at = customers.get(call_id, (None, None))
            values = _values(call_id, course, contacted_at, since.get(call_id), known=call_id in customers)
            batch.append((values, _harm_values(call_id, course)))
        yield batch


def _courses(connection: Connection, ids: Sequence[str]) -> Iterator[tuple[str, Course]]:
    """How each of these calls ran, from its rows; words' times and embeddings, which say nothing of it, are not read."""
    turns: dict[str, list[Turn]] = defaultdict(list)
    of_these = (
        select(
            TurnRow.call_id,
            TurnRow.speaker,
            TurnRow.start_seconds,
            TurnRow.end_seconds,
            TurnRow.text,
            TurnRow.side_confidence,
        )
        .where(TurnRow.call_id.in_(ids))
        .order_by(TurnRow.call_id, TurnRow.position)
    )
    for row in connection.execute(of_these):
        turn = Turn(row.speaker, row.start_seconds, row.end_seconds, row.text, side_confidence=row.side_confidence)
        turns[row.call_id].append(turn)
    calls = (
        select(
            CallRow.id, CallRow.extra, CallRow.sides,
            TranscriptRow.language, TranscriptRow.sounds,
            SignalsRow.measures, SignalsRow.behaviours, SignalsRow.models,
        )
        .join(TranscriptRow, TranscriptRow.call_id == CallRow.id)
        .join(SignalsRow, SignalsRow.call_id == CallRow.id)
        .where(CallRow.id.in_(ids))
        .order_by(CallRow.id)
    )  # fmt: skip
    for call in connection.execute(calls):
        sounds = tuple(Sound(*sound) for sound in call.sounds)
        said = Transcript(call.id, tuple(turns[call.id]), 0.0, 0, call.language, sides=call.sides, sounds=sounds)
        shown = tuple(Shown(*item) for item in call.behaviours)
        signals = Signals(valence=(), measures=call.measures, models=call.models, behaviours=shown)
        yield call.id, course_of(said, signals, call.extra)
