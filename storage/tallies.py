"""How are the verdicts of a hundred thousand evaluations counted while somebody waits for a page?

Beside the rows of `results` each call has one value with all the verdicts and points that hold of it, scorecard after
scorecard, in the order of their questions, and what each scorecard came to (`storage.packed`). It is made anew, from those
rows, in the transaction in which an evaluation comes to be, changes or goes (`storage.repository`, `storage.removal`). Under
whom and when a call counts is not in it: that is what `calls` says.

The values are added up by day (`storage.sums`): whoever changes one, or under whom it counts, takes it away there as it was
and adds it as it is.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import groupby
from typing import Any, NamedTuple

from sqlalchemy import Boolean, ColumnElement, Connection, Select, column, delete, insert, select, table, text, update
from sqlalchemy.orm import Session

from storage import course_sums, sums
from storage.access import Asker
from storage.audit import OPERATOR, About, What, Who, note
from storage.kept_sums import Sums, renew
from storage.packed import packed_answers, packed_totals
from storage.people import insert_unless_known
from storage.tables import CallRow
from storage.tally_tables import TallyRow

AT_ONCE = 500
"""Calls whose values are worked out together when they are made anew."""


class Recounted(NamedTuple):
    """How many calls there are, and of how many the value was missing or wrong; of the sums, how many were."""

    calls: int
    mended: int
    sums_mended: int


class _Value(NamedTuple):
    """The value of a call, as `TallyRow` has it."""

    call_id: str
    length: int
    versions: str
    packed: bytes
    totals: bytes


def tally(session: Session, call_id: str) -> None:
    """Make the value of a call anew. Whoever changes another of its evaluations at the same time waits, and then sees this
    one: so it is the last thing that a change does."""
    is_new = insert_unless_known(session, TallyRow, _Value(call_id, 0, "", b"", b"")._asdict()) is not None
    own = TallyRow.call_id == call_id
    before = None if is_new else _Value(*session.execute(_STORED.where(own).with_for_update()).one())
    value = next(_values(session.connection(), [call_id]))
    if before == value:
        return
    if before is not None:
        sums.change(session, own, -1)
    session.execute(update(TallyRow).where(own).values(**value._asdict()))
    sums.change(session, own, 1)
    course_sums.changed(session, CallRow.id == call_id)


def move(session: Session, which: ColumnElement[bool], team_id: int) -> int:
    """Put the calls of this condition under another team; how many. Who changes their values meanwhile waits."""
    ids = session.scalars(select(CallRow.id).where(which).order_by(CallRow.id)).all()
    for first in range(0, len(ids), AT_ONCE):
        some = ids[first : first + AT_ONCE]
        session.execute(
            select(TallyRow.call_id).where(TallyRow.call_id.in_(some)).order_by(TallyRow.call_id).with_for_update()
        )
        sums.change(session, CallRow.id.in_(some), -1)
        session.execute(update(CallRow).where(CallRow.id.in_(some)).values(team_id=team_id))
        sums.change(session, CallRow.id.in_(some), 1)
        course_sums.changed(session, CallRow.id.in_(some))
    return len(ids)


@contextmanager
def counted_elsewhere(session: Session, call_id: str) -> Iterator[None]:
    """Within the block, what `calls` says of when and under whom the call counts may change; the sums follow."""
    own = TallyRow.call_id == call_id
    session.execute(select(TallyRow.call_id).where(own).with_for_update())
    sums.change(session, own, -1)
    yield
    session.flush()
    sums.change(session, own, 1)
    course_sums.changed(session, CallRow.id == call_id)


def recount(session: Session, by: Asker | Who = OPERATOR) -> Recounted:
    """Make every value anew from the results, and every sum from the values, and mend what is missing or differs; the record
    says by whom it was asked. Until the end of the transaction nobody else changes a value."""
    if session.get_bind().dialect.name == "postgresql":  # SQLite has one writer in any case
        # Nor locks the row of one, as whoever changes when and under whom a call counts does.
        session.execute(text("LOCK TABLE call_tallies IN EXCLUSIVE MODE"))
    calls = mended = 0
    for ids in _all_calls(session.connection()):
        stored = {row.call_id: _Value(*row) for row in session.execute(_STORED.where(TallyRow.call_id.in_(ids)))}
        for value in _values(session.connection(), ids):
            calls += 1
            if stored.get(value.call_id) == value:
                continue
            mended += 1
            if value.call_id in stored:
                session.execute(update(TallyRow).where(TallyRow.call_id == value.call_id).values(**value._asdict()))
            else:
                session.execute(insert(TallyRow), [value._asdict()])
    sums.fold(session)  # what is yet to be added is not wrong
    sums_mended = sums.remake(session.connection()).mended
    renew(session.connection(), Sums.CALLS)
    note(session, by, What.RECOUNTED, About.FIGURES, "tallies", calls=calls, mended=mended, sums_mended=sums_mended)
    return Recounted(calls, mended, sums_mended)


def fill(connection: Connection) -> None:
    """Write the values of everything that was stored before there were any, and the sums of them, in the place of those that
    are there. For the migration that makes the tables."""
    tallies = table("call_tallies", *(column(name) for name in _Value._fields))
    connection.execute(delete(tallies))
    for ids in _all_calls(connection):
        connection.execute(insert(tallies), [value._asdict() for value in _values(connection, ids)])
    sums.remake(connection)


_STORED = select(TallyRow.call_id, TallyRow.length, TallyRow.versions, TallyRow.packed, TallyRow.totals)

# Only what is read here: a migration runs before columns that later ones add.
_CALLS = table("calls", column("id"), column("duration_seconds"))
_EVALUATIONS = table(
    "evaluations",
    column("id"),
    column("call_id"),
    column("scorecard_version_id"),
    column("superseded", Boolean()),
    column("total"),
    column("passed", Boolean()),
    column("failed", Boolean()),
    column("unsure"),
)
_RESULTS = table("results", column("evaluation_id"), column("position"), column("verdict"), column("points"))


def _all_calls(connection: Connection) -> Iterator[list[str]]:
    """The ids of all calls, as many together as are worked out together."""
    last = ""
    while ids := list(connection.scalars(_after(last))):
        yield ids
        last = ids[-1]


def _after(call_id: str) -> Select[Any]:
    return select(_CALLS.c.id).where(_CALLS.c.id > call_id).order_by(_CALLS.c.id).limit(AT_ONCE)


def _values(connection: Connection, call_ids: Sequence[str]) -> Iterator[_Value]:
    """What counts of these calls, each of them, also of those that nothing has judged."""
    in_force = (_EVALUATIONS.c.call_id.in_(call_ids), ~_EVALUATIONS.c.superseded)
    order = (_EVALUATIONS.c.call_id, _EVALUATIONS.c.scorecard_version_id)
    evaluations = connection.execute(
        select(
            _EVALUATIONS.c.call_id,
            _EVALUATIONS.c.scorecard_version_id,
            _EVALUATIONS.c.total,
            _EVALUATIONS.c.passed,
            _EVALUATIONS.c.failed,
            _EVALUATIONS.c.unsure,
        )
        .where(*in_force)
        .order_by(*order)
    )
    judged = {str(call_id): list(own) for call_id, own in groupby(evaluations, key=lambda row: row.call_id)}
    results = connection.execute(
        select(_EVALUATIONS.c.call_id, _RESULTS.c.verdict, _RESULTS.c.points)
        .join(_RESULTS, _RESULTS.c.evaluation_id == _EVALUATIONS.c.id)
        .where(*in_force)
        .order_by(*order, _RESULTS.c.position)
    )
    answered = {
        str(call_id): packed_answers((row.verdict, row.points) for row in own)
        for call_id, own in groupby(results, key=lambda row: row.call_id)
    }
    for call_id, seconds in connection.execute(
        select(_CALLS.c.id, _CALLS.c.duration_seconds).where(_CALLS.c.id.in_(call_ids)).order_by(_CALLS.c.id)
    ):
        own = judged.get(call_id, [])
        versions = ",".join(str(row.scorecard_version_id) for row in own)
        totals = packed_totals((row.total, row.passed, row.failed, row.unsure) for row in own)
        yield _Value(call_id, round(1000 * seconds), versions, answered.get(call_id, b""), totals)
