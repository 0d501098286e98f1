"""How are the verdicts of a hundred thousand evaluations counted while somebody waits for a page?

Beside the rows of `results` each evaluation has one value with all the verdicts and points that hold, in the order of its
scorecard: nine bytes a question. It is written in the transaction that writes or changes the results, by the two functions
that do so (`storage.repository`). Which evaluations count, under whom and when, is not in it: that is asked of `calls` and
`evaluations` each time, so that nothing here can be out of date when sides are swapped, a newer version judges, or somebody
moves to another team.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import ColumnElement, Connection, LargeBinary, cast, column, func, insert, literal, select, table, update
from sqlalchemy.orm import Session

from scoring.result import CriterionResult, Verdict
from storage.tables import EvaluationRow
from storage.tally_tables import TallyRow

VERDICTS: tuple[Verdict, ...] = (Verdict.MET, Verdict.PARTLY, Verdict.NOT_MET, Verdict.NOT_APPLICABLE, Verdict.UNSURE)
"""What the first byte of an answer says, by its number. A verdict that comes to be is put at the end."""

_CODES = {verdict.value: code for code, verdict in enumerate(VERDICTS)}

ANSWER = np.dtype([("verdict", "u1"), ("points", "<f8")])
"""One answer: the verdict's place in `VERDICTS`, and the share of the weight, NaN where it does not count."""

AT_ONCE = 2_000
"""Evaluations whose values are worked out together when they are made anew."""


class Recounted(NamedTuple):
    """How many evaluations there are, and of how many the value was missing or wrong."""

    evaluations: int
    mended: int


def pack(results: Sequence[CriterionResult]) -> bytes:
    """The value of an evaluation with these results."""
    return _packed((result.verdict.value, result.points) for result in results)


def unpack(joined: bytes, questions: int) -> NDArray[Any]:
    """The answers in values put one after the other, all of one scorecard version: a row an evaluation, a column a question,
    of `ANSWER`."""
    return np.frombuffer(joined, ANSWER).reshape(-1, questions)


def joined_values(session: Session) -> ColumnElement[bytes]:
    """The values of a group of rows of `tallies` put one after the other, in any order."""
    if session.get_bind().dialect.name == "sqlite":  # it joins the bytes as they are, and calls them a text
        return cast(func.group_concat(TallyRow.packed, ""), LargeBinary)
    return func.string_agg(TallyRow.packed, literal(b"", LargeBinary), type_=LargeBinary())


def put_tallies(session: Session, evaluations: Iterable[tuple[int, Sequence[CriterionResult]]]) -> None:
    """Write the values of evaluations that have none yet."""
    rows = [{"evaluation_id": id_, "packed": pack(results)} for id_, results in evaluations]
    if rows:
        session.execute(insert(TallyRow), rows)


def change_tally(session: Session, evaluation_id: int, results: Sequence[CriterionResult]) -> None:
    """Write the value of an evaluation of which an answer has changed."""
    session.execute(update(TallyRow).where(TallyRow.evaluation_id == evaluation_id).values(packed=pack(results)))


def recount(session: Session) -> Recounted:
    """Make every value anew from the results, and mend what is missing or differs."""
    highest = session.scalar(select(EvaluationRow.id).order_by(EvaluationRow.id.desc()).limit(1)) or 0
    evaluations = mended = 0
    for first in range(0, highest + 1, AT_ONCE):
        there = select(TallyRow.evaluation_id, TallyRow.packed).where(
            TallyRow.evaluation_id.between(first, first + AT_ONCE - 1)
        )
        stored = {row.evaluation_id: row.packed for row in session.execute(there)}
        for evaluation_id, packed in _of_results(session.connection(), first):
            evaluations += 1
            if stored.get(evaluation_id) == packed:
                continue
            mended += 1
            if evaluation_id in stored:
                session.execute(update(TallyRow).where(TallyRow.evaluation_id == evaluation_id).values(packed=packed))
            else:
                session.execute(insert(TallyRow), [{"evaluation_id": evaluation_id, "packed": packed}])
    return Recounted(evaluations, mended)


def fill(connection: Connection) -> None:
    """Write the values of everything that was stored before there were any. For the migration that makes the table."""
    evaluations, tallies = table("evaluations", column("id")), table("tallies", column("evaluation_id"), column("packed"))
    highest = connection.scalar(select(evaluations.c.id).order_by(evaluations.c.id.desc()).limit(1)) or 0
    for first in range(0, highest + 1, AT_ONCE):
        rows = [{"evaluation_id": id_, "packed": packed} for id_, packed in _of_results(connection, first)]
        if rows:
            connection.execute(insert(tallies), rows)


_RESULTS = table("results", column("evaluation_id"), column("position"), column("verdict"), column("points"))
"""Only what is read here: a migration runs before columns that later ones add."""


def _of_results(connection: Connection, first: int) -> Iterator[tuple[int, bytes]]:
    """The values of the evaluations from that id on, as many ids as are worked out together."""
    rows = connection.execute(
        select(_RESULTS.c.evaluation_id, _RESULTS.c.verdict, _RESULTS.c.points)
        .where(_RESULTS.c.evaluation_id.between(first, first + AT_ONCE - 1))
        .order_by(_RESULTS.c.evaluation_id, _RESULTS.c.position)
    )
    for evaluation_id, own in groupby(rows, key=lambda row: int(row.evaluation_id)):
        yield evaluation_id, _packed((row.verdict, row.points) for row in own)


def _packed(answers: Iterable[tuple[str, float | None]]) -> bytes:
    return np.array(
        [(_CODES[verdict], np.nan if points is None else points) for verdict, points in answers], ANSWER
    ).tobytes()
