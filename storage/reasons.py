"""Under which reason does each conversation stand, by whom, and what becomes of that when somebody says otherwise or the
tree changes?

Written in the transaction that stores a conversation. A person's word counts before what was given with the call, and that
before the machine's. A new version of the tree is asked of what comes in from then on; what is there stays under what it was
put under, until a quality manager has it put under the new one, and then what was before is kept (`reason_history`).
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import delete, exists, func, insert, select, update
from sqlalchemy.orm import Session

from errors import InputError, NotAllowed, StorageError
from scoring.reasons.judge import Assigned, Judge, judge_from, most_telling
from scoring.reasons.looks import Heard, heard
from scoring.reasons.teach import shipped_judge
from scoring.signals.model import Signals
from storage import clock, course_sums
from storage.access import Asker, blind_calls, may_correct, may_manage_quality, visible_calls
from storage.audit import About, What, note
from storage.authorship import user_id
from storage.course_tables import CourseRow
from storage.customer_tables import CustomerCallRow
from storage.mapping import signals_of, transcript_of
from storage.people import insert_unless_known
from storage.reason_tables import (
    CallReasonRow,
    ReasonCorrectionRow,
    ReasonExampleRow,
    ReasonHistoryRow,
    ReasonTreeRow,
    Source,
)
from storage.reason_words import retell_proposals
from storage.removal import with_words
from storage.same_customer import days
from storage.tables import CallRow, SignalsRow, TranscriptRow, TurnRow
from transcripts.model import Transcript

AT_ONCE = 200
"""Calls that are put under the tree together."""

NOTHING_FITS = ""
_HELD: dict[str, Judge] = {}
"""The judges that this process has read, by their hash; a few at most."""


@dataclass(frozen=True)
class InForce:
    """The version of the tree that is asked now."""

    id: int
    judge: Judge


@dataclass(frozen=True)
class Change:
    """So many conversations would go from one reason to another (empty: unsure, or nothing fits)."""

    before: str
    after: str
    calls: int


@dataclass(frozen=True)
class Reassigned:
    """What putting past conversations under the tree in force changes, or changed: of how many conversations, how many were
    without any before, and which reasons change."""

    calls: int
    new: int
    changes: tuple[Change, ...]

    @property
    def changed(self) -> int:
        """How many conversations change their reason."""
        return sum(one.calls for one in self.changes)


# The tree in force


def tree_in_force(session: Session) -> InForce:
    """The version that is asked now: the one that ships, until a centre has one of its own. Its id is 0 as long as nothing
    was put under it."""
    row = session.execute(select(ReasonTreeRow.id, ReasonTreeRow.hash).where(ReasonTreeRow.in_force)).first()
    if row is None:
        return InForce(0, shipped_judge())
    if row.hash not in _HELD:
        if len(_HELD) > 3:
            _HELD.clear()
        stored = session.scalar(select(ReasonTreeRow.judge).where(ReasonTreeRow.id == row.id))
        _HELD[row.hash] = judge_from(stored or b"")
    return InForce(row.id, _HELD[row.hash])


def _kept_in_force(session: Session) -> InForce:
    """As `tree_in_force`, and kept: for what is put under it."""
    force = tree_in_force(session)
    if force.id:
        return force
    judge = force.judge
    values = {
        "hash": judge.content_hash,
        "tree": judge.tree.to_dict(),
        "judge": judge.to_bytes(),
        "figures": {},
        "learned_from": 0,
        "in_force": True,
        "author_id": None,
        "author": "Attune",
        "at": clock.now(),
    }
    insert_unless_known(session, ReasonTreeRow, values)
    return InForce(session.scalars(select(ReasonTreeRow.id).where(ReasonTreeRow.hash == judge.content_hash)).one(), judge)


# When a call is stored


def put_reason(session: Session, call_id: str, transcript: Transcript, signals: Signals, *, new: bool = False) -> None:
    """Write why the customer of a stored call was in touch, in the place of what was written before; of a `new` call nothing
    was. The call's course is there already."""
    force = _kept_in_force(session)
    found = force.judge.assign(transcript, signals)
    given, at, customer = session.execute(
        select(CourseRow.reason, CourseRow.contacted_at, CustomerCallRow.customer_id)
        .outerjoin(CustomerCallRow, CustomerCallRow.call_id == CourseRow.call_id)
        .where(CourseRow.call_id == call_id)
    ).one()
    theirs = None if new else _corrected(session, [call_id]).get(call_id)
    values = _values(call_id, force, found, given, theirs)
    if not new:
        session.execute(delete(CallReasonRow).where(CallReasonRow.call_id == call_id))
    session.execute(insert(CallReasonRow), [{**values, "days_until_contact": _days_until(session, customer, at)}])
    course_sums.changed(session, CallRow.id == call_id)
    _tell_the_one_before(session, customer, at)


def _values(call_id: str, force: InForce, found: Assigned, given: str, corrected: str | None) -> dict[str, Any]:
    """The row of `call_reasons`, but for when the customer was in touch again."""
    reason, source = _holds(force, found, given, corrected)
    place = found.place
    return {
        "call_id": call_id,
        "tree_id": force.id,
        "reason": reason,
        "source": source,
        "state": found.state,
        "machine_reason": found.candidates[0].reason if found.candidates else "",
        "probability": found.probability,
        "anything": found.anything,
        "candidates": [[one.reason, one.probability] for one in found.candidates],
        "turn": place.turn if place else None,
        "start": place.start if place else None,
        "end": place.end if place else None,
        "near": place.near if place else None,
        "likeness": place.likeness if place else None,
        "matter": (place.matter or None) if place else None,
        "at": clock.now(),
    }


def _holds(force: InForce, found: Assigned, given: str, corrected: str | None) -> tuple[str, Source]:
    """The reason that holds, and by whom. A given one that the tree does not have holds by its own words."""
    if corrected is not None:
        return corrected, Source.PERSON
    if given:
        return force.judge.tree.named(given), Source.GIVEN
    return found.reason, Source.MACHINE if found.candidates else Source.NOBODY


def _corrected(session: Session, call_ids: Sequence[str]) -> dict[str, str]:
    """What a person said last, by call."""
    rows = session.execute(
        select(ReasonCorrectionRow.call_id, ReasonCorrectionRow.reason)
        .where(ReasonCorrectionRow.call_id.in_(call_ids))
        .order_by(ReasonCorrectionRow.id)
    )
    return {row.call_id: row.reason for row in rows}


def retell(session: Session, customers: Sequence[str]) -> None:
    """Work out anew when these customers were in touch again, after a person moved calls between them; and what
    proposals of their calls may be called."""
    theirs = select(CustomerCallRow).where(
        CustomerCallRow.customer_id.in_(customers), CustomerCallRow.contacted_at.is_not(None)
    )
    for row in session.scalars(theirs).all():
        session.execute(
            update(CallReasonRow)
            .where(CallReasonRow.call_id == row.call_id)
            .values(days_until_contact=_days_until(session, row.customer_id, row.contacted_at))
        )
    moved = session.scalars(select(CustomerCallRow.call_id).where(CustomerCallRow.customer_id.in_(customers))).all()
    course_sums.changed(session, CallRow.id.in_(moved))
    retell_proposals(session, moved)


def _days_until(session: Session, customer: str | None, at: datetime | None) -> float | None:
    """After how many days the customer was in touch again."""
    if at is None or customer is None:
        return None
    theirs = CustomerCallRow.customer_id == customer
    after = session.scalar(select(func.min(CustomerCallRow.contacted_at)).where(theirs, CustomerCallRow.contacted_at > at))
    return None if after is None else days(at, after)


def _tell_the_one_before(session: Session, customer: str | None, at: datetime | None) -> None:
    """The same customer's contact before was followed by this one."""
    if at is None or customer is None:
        return
    theirs = CustomerCallRow.customer_id == customer
    before = session.scalar(select(func.max(CustomerCallRow.contacted_at)).where(theirs, CustomerCallRow.contacted_at < at))
    if before is not None:
        calls = select(CustomerCallRow.call_id).where(theirs, CustomerCallRow.contacted_at == before)
        session.execute(
            update(CallReasonRow).where(CallReasonRow.call_id.in_(calls)).values(days_until_contact=days(before, at))
        )
        course_sums.changed(session, CallRow.id.in_(calls))


# What people say


def correct_reason(session: Session, asker: Asker, call_id: str, reason: str) -> None:
    """Say why the customer was in touch: the id of a reason of the tree in force, empty where nothing in it fits.

    It holds from now on, and the sentences that tell most teach when the tree is next taught. Raises NotAllowed where the
    asker corrects nothing, InputError where the tree has no such reason, StorageError where there is no such call that they
    may see, or they are judging it blind.
    """
    if not may_correct(asker):
        raise NotAllowed("Reviewers, quality managers and administrators say why a customer was in touch; ask one of them.")
    if session.scalar(select(CallRow.id).where(CallRow.id == call_id, visible_calls(asker))) is None:
        raise StorageError(f"There is no call {call_id}.")
    if session.scalar(select(exists().where(CallRow.id == call_id, CallRow.id.in_(blind_calls(asker))))):
        raise StorageError("You are judging this call blind: finish that first, and then say why the customer was in touch.")
    force = tree_in_force(session)
    if reason and reason not in force.judge.reasons:
        raise InputError(f"There is no reason {reason} in the tree.")
    assign_missing(session, [call_id])
    row = session.scalars(
        select(CallReasonRow)
        .where(CallReasonRow.call_id == call_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one_or_none()
    if row is None:
        raise StorageError("The words of this call were removed: nobody can say any more why the customer was in touch.")
    now = clock.now()
    session.add(
        ReasonCorrectionRow(
            call_id=call_id,
            reason=reason,
            before=row.reason,
            source_before=row.source,
            author_id=user_id(session, asker),
            author=asker.signature,
            at=now,
        )
    )
    note(session, asker, What.REASON_CORRECTED, About.CALL, call_id, before=row.reason, after=reason)
    row.reason, row.source = reason, Source.PERSON
    session.execute(
        delete(ReasonExampleRow).where(ReasonExampleRow.call_id == call_id, ReasonExampleRow.proposal_id.is_(None))
    )
    for one in _told_by(session, force.judge, call_id):
        session.add(ReasonExampleRow(call_id=call_id, sentence=one, reason=reason, proposal_id=None, at=now))
    course_sums.changed(session, CallRow.id == call_id)


def _told_by(session: Session, judge: Judge, call_id: str) -> list[int]:
    """Which of the stored sentences of a call tell most."""
    for transcript, signals in loaded(session, [call_id]):
        said = heard(transcript, signals)
        return [_number(signals, said, row) for row in most_telling(judge, said)]
    return []


def _number(signals: Signals, said: Heard, row: int) -> int:
    return signals.sentences.index(said.sentences[row])


# Past conversations


def assign_missing(session: Session, call_ids: Sequence[str] | None = None, most: int | None = None) -> int:
    """Put conversations that were stored before there was a tree under the one in force; how many these were. For the
    program itself: what is said of them is the machine's."""
    without = (
        select(CallRow.id)
        .join(CourseRow, CourseRow.call_id == CallRow.id)
        .where(with_words(), ~exists().where(CallReasonRow.call_id == CallRow.id))
    )
    if call_ids is not None:
        without = without.where(CallRow.id.in_(call_ids))
    ids = session.scalars(without.order_by(CallRow.started_at, CallRow.id).limit(most)).all()
    for transcript, signals in loaded(session, ids):
        put_reason(session, transcript.call_id, transcript, signals)
    return len(ids)


def would_change(session: Session, asker: Asker) -> Reassigned:
    """What putting every conversation under the tree in force would change; nothing is written. Raises NotAllowed."""
    check_may_manage(asker)
    return _reassigned(session, write=False)


def reassign(session: Session, asker: Asker) -> Reassigned:
    """Put every conversation under the tree in force. What a person said, and what was given and the tree has, stays; what
    was before is kept. Raises NotAllowed."""
    check_may_manage(asker)
    done = _reassigned(session, write=True)
    force = tree_in_force(session)
    note(
        session,
        asker,
        What.REASONS_REASSIGNED,
        About.REASONS,
        force.id,
        hash=force.judge.content_hash,
        calls=done.calls,
        changed=done.changed,
        new=done.new,
    )
    return done


def _reassigned(session: Session, *, write: bool) -> Reassigned:
    force = _kept_in_force(session) if write else tree_in_force(session)
    ids = session.scalars(select(CallRow.id).where(with_words()).order_by(CallRow.started_at, CallRow.id)).all()
    new, changes = 0, Counter[tuple[str, str]]()
    for first in range(0, len(ids), AT_ONCE):
        some = ids[first : first + AT_ONCE]
        known = {row.call_id: row for row in session.execute(_STANDING.where(CallReasonRow.call_id.in_(some)))}
        given = {
            row.call_id: row.reason
            for row in session.execute(select(CourseRow.call_id, CourseRow.reason).where(CourseRow.call_id.in_(some)))
        }
        corrected = _corrected(session, some)
        found: dict[str, dict[str, Any]] = {}
        for transcript, signals in loaded(session, some):
            id_ = transcript.call_id
            made = force.judge.assign(transcript, signals)
            found[id_] = _values(id_, force, made, given.get(id_, ""), corrected.get(id_))
        new += len(found.keys() - known.keys())
        changes.update(
            (row.reason, found[id_]["reason"])
            for id_, row in known.items()
            if id_ in found and row.reason != found[id_]["reason"]
        )
        if write:
            _replace(session, {id_: row for id_, row in known.items() if id_ in found}, found)
    if write:
        assign_missing(session)
    ordered = sorted(changes.items(), key=lambda pair: (-pair[1], pair[0]))
    return Reassigned(len(ids), new, tuple(Change(*pair, calls) for pair, calls in ordered))


_STANDING = select(
    CallReasonRow.call_id,
    CallReasonRow.tree_id,
    CallReasonRow.reason,
    CallReasonRow.source,
    CallReasonRow.state,
    CallReasonRow.machine_reason,
    CallReasonRow.probability,
    CallReasonRow.at,
)
_COMPARED = ("tree_id", "reason", "source", "state", "machine_reason", "probability")


def _replace(session: Session, known: Mapping[str, Any], found: Mapping[str, dict[str, Any]]) -> None:
    """Write what is found in the place of what stood there, and keep that."""
    now = clock.now()
    other = [id_ for id_, row in known.items() if any(getattr(row, name) != found[id_][name] for name in _COMPARED)]
    kept = [
        {"call_id": id_, **{name: getattr(known[id_], name) for name in _COMPARED}, "since": known[id_].at, "until": now}
        for id_ in other
    ]
    if kept:
        session.execute(insert(ReasonHistoryRow), kept)
    for id_ in other:
        values = {name: value for name, value in found[id_].items() if name != "call_id"}
        session.execute(update(CallReasonRow).where(CallReasonRow.call_id == id_).values(**values))
    course_sums.changed(session, CallRow.id.in_(other))


def loaded(session: Session, call_ids: Sequence[str]) -> Iterator[tuple[Transcript, Signals]]:
    """Transcript and signals of each of these calls, some at a time. For storage alone."""
    for first in range(0, len(call_ids), AT_ONCE):
        some = call_ids[first : first + AT_ONCE]
        turns: dict[str, list[TurnRow]] = {id_: [] for id_ in some}
        for turn in session.scalars(
            select(TurnRow).where(TurnRow.call_id.in_(some)).order_by(TurnRow.call_id, TurnRow.position)
        ):
            turns[turn.call_id].append(turn)
        rows = session.execute(
            select(CallRow, TranscriptRow, SignalsRow)
            .join(TranscriptRow, TranscriptRow.call_id == CallRow.id)
            .join(SignalsRow, SignalsRow.call_id == CallRow.id)
            .where(CallRow.id.in_(some))
            .order_by(CallRow.started_at, CallRow.id)
        ).all()
        for call, transcript, signals in rows:
            own = turns[call.id]
            yield transcript_of(call, transcript, own), signals_of(signals, [turn.valence for turn in own])


def check_may_manage(asker: Asker) -> None:
    """Raise NotAllowed for others than those who manage quality."""
    if not may_manage_quality(asker):
        raise NotAllowed("Quality managers and administrators decide on the tree of reasons; ask one of them.")
