"""How are the verdicts of a hundred thousand evaluations counted while somebody waits for a page?

Beside the rows of `results` each call has one value with all the verdicts and points that hold of it, scorecard after
scorecard, in the order of their questions: nine bytes a question. It is made anew, from those rows, in the transaction in
which an evaluation comes to be, changes or goes out of force (`storage.repository`). Under whom and when a call counts is
not in it: that is asked of `calls` each time, so that nothing here can be out of date when somebody moves to another team.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Boolean, Connection, Select, column, insert, select, table, update
from sqlalchemy.orm import Session

from scoring.result import Verdict
from storage.access import Asker
from storage.audit import OPERATOR, About, What, Who, note
from storage.people import insert_unless_known
from storage.tally_tables import TallyRow

VERDICTS: tuple[Verdict, ...] = (Verdict.MET, Verdict.PARTLY, Verdict.NOT_MET, Verdict.NOT_APPLICABLE, Verdict.UNSURE)
"""What the first byte of an answer says, by its number. A verdict that comes to be is put at the end."""

_CODES = {verdict.value: code for code, verdict in enumerate(VERDICTS)}

ANSWER = np.dtype([("verdict", "u1"), ("points", "<f8")])
"""One answer: the verdict's place in `VERDICTS`, and the share of the weight, NaN where it does not count."""

AT_ONCE = 500
"""Calls whose values are worked out together when they are made anew."""


class Recounted(NamedTuple):
    """How many calls have been judged, and of how many the value was missing or wrong."""

    calls: int
    mended: int


class _Value(NamedTuple):
    """The value of a call, as `TallyRow` has it."""

    call_id: str
    versions: str
    packed: bytes


def _nothing(call_id: str) -> _Value:
    """The value of a call of which no evaluation is in force."""
    return _Value(call_id, "", b"")


def unpack(joined: bytes, questions: int) -> NDArray[Any]:
    """The answers in values put one after the other, all by the same versions: a row a call, a column a question, of
    `ANSWER`."""
    return np.frombuffer(joined, ANSWER).reshape(-1, questions)


def tally(session: Session, call_id: str) -> None:
    """Make the value of a call anew. Whoever changes another of its evaluations at the same time waits, and then sees this
    one: so it is the last thing that a change does."""
    insert_unless_known(session, TallyRow, _nothing(call_id)._asdict())
    session.execute(select(TallyRow.call_id).where(TallyRow.call_id == call_id).with_for_update())
    value = next(_values(session.connection(), [call_id]), _nothing(call_id))
    session.execute(update(TallyRow).where(TallyRow.call_id == call_id).values(**value._asdict()))


def recount(session: Session, by: Asker | Who = OPERATOR) -> Recounted:
    """Make every value anew from the results, and mend what is missing or differs; the record says by whom it was asked."""
    calls = mended = 0
    for ids in _all_calls(session.connection()):
        rows = session.execute(select(TallyRow.call_id, TallyRow.versions, TallyRow.packed).where(TallyRow.call_id.in_(ids)))
        stored = {row.call_id: _Value(*row) for row in rows}
        right = {call_id: _nothing(call_id) for call_id in stored}
        right.update((value.call_id, value) for value in _values(session.connection(), ids))
        calls += len(right)
        for value in right.values():
            if stored.get(value.call_id) == value:
                continue
            mended += 1
            if value.call_id in stored:
                session.execute(update(TallyRow).where(TallyRow.call_id == value.call_id).values(**value._asdict()))
            else:
                session.execute(insert(TallyRow), [value._asdict()])
    note(session, by, What.RECOUNTED, About.FIGURES, "tallies", calls=calls, mended=mended)
    return Recounted(calls, mended)


def fill(connection: Connection) -> None:
    """Write the values of everything that was stored before there were any. For the migration that makes the table."""
    tallies = table("call_tallies", *(column(name) for name in _Value._fields))
    for ids in _all_calls(connection):
        rows = [value._asdict() for value in _values(connection, ids)]
        if rows:
            connection.execute(insert(tallies), rows)


# Only what is read here: a migration runs before columns that later ones add.
_CALLS = table("calls", column("id"))
_EVALUATIONS = table(
    "evaluations", column("id"), column("call_id"), column("scorecard_version_id"), column("superseded", Boolean())
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
    """What the results say of those of these calls that have been judged."""
    rows = connection.execute(
        select(_EVALUATIONS.c.call_id, _EVALUATIONS.c.scorecard_version_id, _RESULTS.c.verdict, _RESULTS.c.points)
        .join(_RESULTS, _RESULTS.c.evaluation_id == _EVALUATIONS.c.id)
        .where(_EVALUATIONS.c.call_id.in_(call_ids), ~_EVALUATIONS.c.superseded)
        .order_by(_EVALUATIONS.c.call_id, _EVALUATIONS.c.scorecard_version_id, _RESULTS.c.position)
    )
    for call_id, own in groupby(rows, key=lambda row: str(row.call_id)):
        answers = list(own)
        versions = ",".join(dict.fromkeys(str(row.scorecard_version_id) for row in answers))
        yield _Value(call_id, versions, _packed((row.verdict, row.points) for row in answers))


def _packed(answers: Iterable[tuple[str, float | None]]) -> bytes:
    return np.array(
        [(_CODES[verdict], np.nan if points is None else points) for verdict, points in answers], ANSWER
    ).tobytes()
