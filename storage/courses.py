"""How is the course of each call kept beside it, so that a hundred thousand of them are counted while somebody waits?

Written in the transaction that stores a call, or its transcript after somebody said who spoke. When the same customer was in
contact before is a matter between calls: a call that is taken in late changes what is said of the next one.
"""

from collections import defaultdict
from collections.abc import Container, Iterator, Sequence
from datetime import datetime
from typing import Any, NamedTuple, cast

from sqlalchemy import Connection, Table, delete, func, insert, select, update
from sqlalchemy.orm import Session

from scoring.course import Course, course_of, customer_key
from scoring.signals.model import Shown, Signals
from storage.access import Asker
from storage.audit import OPERATOR, About, What, Who, note
from storage.course_tables import CourseRow, HarmRow
from storage.removal import with_words
from storage.sealed_words import keyed, keyed_any
from storage.tables import CallRow, SignalsRow, TranscriptRow, TurnRow
from transcripts.model import Sound, Transcript, Turn

AT_ONCE = 500
"""Calls that are worked out together when everything is made anew."""

OUTBOUND = "outbound"
_SECONDS_A_DAY = 86_400


class Recounted(NamedTuple):
    """How many calls there are, and of how many the course was missing or wrong."""

    calls: int
    mended: int


def put_course(session: Session, call_id: str, transcript: Transcript, signals: Signals) -> None:
    """Write how a stored call ran, in the place of what was written before."""
    call = session.execute(select(CallRow.started_at, CallRow.direction, CallRow.extra).where(CallRow.id == call_id)).one()
    course = course_of(transcript, signals, call.extra)
    contacted_at = _contacted_at(course, call.started_at, call.direction)
    session.execute(delete(HarmRow).where(HarmRow.call_id == call_id))
    session.execute(delete(CourseRow).where(CourseRow.call_id == call_id))
    days = _days_since(session, course.customer_key, contacted_at)
    session.execute(insert(CourseRow), [_values(call_id, course, contacted_at, days)])
    harms = _harm_values(call_id, course)
    if harms:
        session.execute(insert(HarmRow), harms)
    _tell_the_next(session, course.customer_key, contacted_at)


def _contacted_at(course: Course, started_at: datetime, direction: str) -> datetime | None:
    """When the customer was in contact of their own accord; None where the centre rang, or nobody knows who it was."""
    return started_at if course.customer_key and direction != OUTBOUND else None


def _days_since(session: Session, key: str, at: datetime | None) -> float | None:
    if at is None:
        return None
    before = session.scalar(
        select(func.max(CourseRow.contacted_at)).where(
            CourseRow.customer_key.in_(keyed_any(key)), CourseRow.contacted_at < at
        )
    )
    return None if before is None else _days(before, at)


def _tell_the_next(session: Session, key: str, at: datetime | None) -> None:
    """The same customer's next contact now comes after this one."""
    if at is None:
        return
    theirs = CourseRow.customer_key.in_(keyed_any(key))
    after = session.scalar(select(func.min(CourseRow.contacted_at)).where(theirs, CourseRow.contacted_at > at))
    if after is not None:
        session.execute(
            update(CourseRow).where(theirs, CourseRow.contacted_at == after).values(days_since_contact=_days(at, after))
        )


def _days(before: datetime, after: datetime) -> float:
    return round((after - before).total_seconds() / _SECONDS_A_DAY, 4)


def _values(call_id: str, course: Course, contacted_at: datetime | None, days: float | None) -> dict[str, Any]:
    """The row of `courses`."""
    own = {name: value for name, value in vars(course).items() if name != "harms"}
    own["customer_key"] = keyed(course.customer_key)
    return {"call_id": call_id, **own, "contacted_at": contacted_at, "days_since_contact": days}


def _harm_values(call_id: str, course: Course) -> list[dict[str, Any]]:
    """The rows of `harms`."""
    return [{"call_id": call_id, "behaviour": name, **vars(sight)} for name, sight in sorted(course.harms.items())]


def recount(session: Session, by: Asker | Who = OPERATOR) -> Recounted:
    """Make every course anew from what is stored of the calls, and mend what is missing or differs; the record says by whom
    it was asked."""
    calls = mended = 0
    connection = session.connection()
    removed = set(session.scalars(select(CallRow.id).where(~with_words())))  # of whom nothing can be made anew
    for batch in _batches(connection, removed):
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
    note(session, by, What.RECOUNTED, About.FIGURES, "courses", calls=calls, mended=mended)
    return Recounted(calls, mended)


def fill(connection: Connection) -> None:
    """Write the courses of all calls that were stored before there were any. For the migration that makes the tables."""
    for batch in _batches(connection):
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


def _batches(connection: Connection, but: Container[str] = ()) -> Iterator[list[_Written]]:
    """What belongs into the tables, of every call but these, some at a time."""
    ids = [one for one in connection.scalars(select(CallRow.id).order_by(CallRow.id)) if one not in but]
    days = _days_of_all(connection)
    for first in range(0, len(ids), AT_ONCE):
        batch = []
        for call_id, course, contacted_at in _courses(connection, ids[first : first + AT_ONCE]):
            values = _values(call_id, course, contacted_at, days.get(call_id))
            batch.append((values, _harm_values(call_id, course)))
        yield batch


def _courses(connection: Connection, ids: Sequence[str]) -> Iterator[tuple[str, Course, datetime | None]]:
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
            CallRow.id, CallRow.started_at, CallRow.direction, CallRow.extra, CallRow.sides,
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
        course = course_of(said, signals, call.extra)
        yield call.id, course, _contacted_at(course, call.started_at, call.direction)


def _days_of_all(connection: Connection) -> dict[str, float]:
    """How long before each call the same customer had been in contact; only where they had."""
    contacts: dict[str, list[tuple[datetime, str]]] = defaultdict(list)
    for row in connection.execute(
        select(CallRow.id, CallRow.started_at, CallRow.extra).where(CallRow.direction != OUTBOUND)
    ):
        key = customer_key(row.extra)
        if key:
            contacts[key].append((row.started_at, row.id))
    found: dict[str, float] = {}
    for own in contacts.values():
        times = sorted({at for at, _ in own})
        before = dict(zip(times[1:], times, strict=False))
        found.update({id_: _days(before[at], at) for at, id_ in own if at in before})
    return found
