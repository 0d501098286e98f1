"""How do the words that are stored come to be encrypted with the key in force, those from before there was one too?

Table by table, some rows at a time, each lot in a transaction of its own: what is done is passed over, so that whoever is
interrupted goes on by beginning again, and nobody waits for long meanwhile. Where no key is in force they are decrypted.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Engine, RowMapping, Table, bindparam, select, tuple_, update
from sqlalchemy.orm import Session

from errors import AttuneError
from scoring.course import customer_key
from storage import words_key
from storage.course_tables import CourseRow
from storage.database import transaction
from storage.mapping import fold
from storage.removal import table_of, words_may_go
from storage.sealed_words import MARK, SealedBytes, as_it_lies, clear, is_sealed, keyed, keys, mark, sealed_with
from storage.tables import Base, CallRow, TurnRow

AT_ONCE = 1_000
"""Rows that are read in one transaction; a twentieth of it where embeddings are, which are long."""

_TURNS, _COURSES = table_of(TurnRow), table_of(CourseRow)


@dataclass(frozen=True)
class Resealed:
    """How many rows were encrypted anew, or decrypted, and which could not be."""

    rows: int
    problems: tuple[str, ...]


def reseal_words(engine: Engine) -> Resealed:
    """Encrypt all words with the key in force, or decrypt them where there is none; a sentence for what cannot be read.

    Afterwards, where there was no problem, that key alone is needed. Raises StorageError where the key at hand is not the
    one of the words.
    """
    rows, problems = 0, list[str]()
    for table in (*tables_of_words(), _COURSES):
        last: tuple[Any, ...] | None = None
        while True:
            with transaction(engine) as session:
                lot = session.execute(_lot(table, last)).mappings().all()
                done = _reseal(session, table, lot, problems)
            rows += done
            if len(lot) < _at_once(table):
                break
            last = tuple(lot[-1][column.name] for column in table.primary_key.columns)
    if not problems:
        with transaction(engine) as session:
            words_key.moved(session, rows)
    return Resealed(rows, tuple(problems))


def tables_of_words() -> Iterator[Table]:
    """The tables that have a column which is encrypted."""
    return (table for table in Base.metadata.sorted_tables if any(map(is_sealed, table.columns)))


def _at_once(table: Table) -> int:
    return max(1, AT_ONCE // 20) if any(isinstance(column.type, SealedBytes) for column in table.columns) else AT_ONCE


def _lot(table: Table, last: tuple[Any, ...] | None) -> Any:
    """The next rows: their keys, and what lies in the columns that are encrypted."""
    keyed_by = tuple(table.primary_key.columns)
    lies = [as_it_lies(column).label(column.name) for column in table.columns if is_sealed(column)]
    which = select(*keyed_by, *lies).order_by(*keyed_by).limit(_at_once(table)).with_for_update(of=table)
    if table is _COURSES:
        which = which.join(table_of(CallRow)).add_columns(_COURSES.c.customer_key, table_of(CallRow).c.extra)
    return which if last is None else which.where(tuple_(*keyed_by) > tuple_(*last))


def _reseal(session: Session, table: Table, lot: Any, problems: list[str]) -> int:
    wrong = [row for row in lot if _is_otherwise(table, row)]
    new = []
    for row in wrong:
        try:
            new.append(_anew(table, row))
        except AttuneError as unread:
            problems.append(f"{table.name} {' '.join(str(row[c.name]) for c in table.primary_key.columns)}: {unread}")
    if new:
        this = [column == bindparam(f"this_{column.name}") for column in table.primary_key.columns]
        with words_may_go(session):
            session.connection().execute(update(table).where(*this), new)
    return len(new)


def _is_otherwise(table: Table, row: RowMapping) -> bool:
    """Whether a value of this row lies otherwise than it would be written now."""
    if table is _COURSES:
        plain = customer_key(row["extra"])
        return bool(plain and row["customer_key"]) and row["customer_key"] != keyed(plain)
    ours = keys()[0]
    wanted = None if ours is None else mark(ours)
    lies = (row[column.name] for column in table.columns if is_sealed(column))
    return any(sealed_with(_bare(one)) != wanted for one in lies if one not in _NOTHING)


_NOTHING = (None, "", b"", "{}", "[]", "null", MARK)
"""What says nothing lies in the clear for ever."""


def _bare(stored: str | bytes) -> str | bytes:
    """Without the quotes that an encrypted value of JSON has."""
    return stored[1:-1] if isinstance(stored, str) and stored.startswith('"') else stored


def _anew(table: Table, row: RowMapping) -> Mapping[str, Any]:
    """What this row is to hold, in the clear, to be encrypted as it is written; and which row it is. Raises StorageError."""
    which = {f"this_{column.name}": row[column.name] for column in table.primary_key.columns}
    if table is _COURSES:
        return {**which, "customer_key": keyed(customer_key(row["extra"]))}
    texts = (column for column in table.columns if is_sealed(column) and column is not _TURNS.c.folded)
    values = {column.name: clear(column, row[column.name]) for column in texts}
    if table is _TURNS:
        values["folded"] = fold(values["text"]) if row["folded"] else ""
    return {**which, **values}
