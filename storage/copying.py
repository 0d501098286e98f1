"""How does a whole database come into another one, of the same kind or not, so that nothing of it differs?

Every table is read within one snapshot, in batches, and written within one transaction, which ends only after every row was
read back and compared: whoever stops it, or finds the disk full, leaves the other database as empty as it was, and may begin
again. Indexes and what is searched are made by the other database as its rows come in.

Two databases hold the same where each table has as many rows and the same hash: the sum, modulo 2^256, of each row's BLAKE2b
(RFC 7693), which no order of rows changes (Bellare and Micciancio, "A New Paradigm for Collision-free Hashing", 1997; here
it finds faults, and is no shield against whoever makes rows to deceive it). A row is hashed as its values are read, so that
both kinds of databases agree: moments in UTC, JSON as its text, no negative zero.
"""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    JSON,
    Column,
    ColumnElement,
    Connection,
    Engine,
    Enum,
    Insert,
    Integer,
    LargeBinary,
    Select,
    Table,
    Text,
    bindparam,
    cast,
    delete,
    func,
    insert,
    select,
    text,
    type_coerce,
    update,
)
from sqlalchemy.orm import Session

from errors import StorageError
from storage import statistics
from storage.audit import Head
from storage.audit_check import check, head
from storage.audit_tables import AuditHeadRow
from storage.database import reading, transaction
from storage.keeping_tables import WordsKeyRow
from storage.sealed_words import SealedBytes, SealedJson, as_it_lies, is_sealed
from storage.tables import Base

AT_ONCE = 200
"""Rows that are in memory together; a row may hold the numbers of a whole call."""

_HASHES = 2**256
_DIGEST_BYTES = 32
_THERE_FROM_THE_START = (AuditHeadRow.__tablename__, WordsKeyRow.__tablename__)

Told = Callable[[str, int], None]


@dataclass(frozen=True)
class TableHash:
    """What a table holds: how many rows, and their hash, 64 hex digits, that no order of rows changes."""

    name: str
    rows: int
    hash: str


@dataclass(frozen=True)
class Copied:
    """What was copied, table by table, and a sentence for each place at which the record is not whole, as it was before."""

    tables: tuple[TableHash, ...]
    faults: tuple[str, ...]

    @property
    def rows(self) -> int:
        """Of all tables."""
        return sum(table.rows for table in self.tables)


def copy_database(
    source: Engine, target: Engine, told: Told = lambda table, rows: None, *, may_go_on: bool = False
) -> Copied:
    """Copy everything into an empty database, and compare. Both are open, so both have the tables of this version.

    told: is called with each table's name and rows once it is copied. may_go_on: somebody may write to the source meanwhile,
    and what they write is not copied (a backup); else that is found at the end and nothing is kept.
    Raises StorageError where the target is not empty, anything differs afterwards, the source was written to, or one of the
    databases refuses; the target is then as it was.
    """
    with reading(source) as read, transaction(target) as write:
        _lock(write)
        _check_empty(write.connection())
        before, tables = head(read), []
        for table in Base.metadata.sorted_tables:
            tables.append(_copy(table, read.connection(), write.connection()))
            told(table.name, tables[-1].rows)
        set_sequences(write.connection())
        for copied in tables:
            found = hash_table(write.connection(), Base.metadata.tables[copied.name])
            if found != copied:
                raise StorageError(
                    f"The table {copied.name} differs after it was copied: {copied.rows} rows with the hash "
                    f"{copied.hash[:12]}… became {found.rows} with {found.hash[:12]}…. Nothing was kept."
                )
        faults = check(write).faults
        if not may_go_on:
            _check_at_rest(source, before)
    _learn(target)
    return Copied(tuple(tables), faults)


def hash_tables(engine: Engine) -> tuple[TableHash, ...]:
    """What every table holds at one moment. Raises StorageError where the database refuses."""
    with reading(engine) as session:
        return tuple(hash_table(session.connection(), table) for table in Base.metadata.sorted_tables)


def hash_table(connection: Connection, table: Table) -> TableHash:
    """What a table holds."""
    whole = _Sum()
    for rows in _batches(connection, table):
        whole.add(rows)
    return whole.of(table)


class _Sum:
    """Adds up rows' hashes."""

    def __init__(self) -> None:
        self._rows, self._sum = 0, 0

    def add(self, rows: Sequence[Sequence[Any]]) -> None:
        self._rows += len(rows)
        for row in rows:
            said = repr([value + 0.0 if type(value) is float else value for value in row])  # -0.0 becomes 0.0
            digest = hashlib.blake2b(said.encode("utf-8", "surrogatepass"), digest_size=_DIGEST_BYTES).digest()
            self._sum += int.from_bytes(digest, "big")

    def of(self, table: Table) -> TableHash:
        return TableHash(table.name, self._rows, f"{self._sum % _HASHES:0{2 * _DIGEST_BYTES}x}")


def _copy(table: Table, read: Connection, write: Connection) -> TableHash:
    whole, names = _Sum(), [column.name for column in table.columns]
    into = _insertion(table, write.dialect.name)
    for rows in _batches(read, table):
        whole.add(rows)
        if table.name == AuditHeadRow.__tablename__:
            _move_head(write, dict(zip(names, rows[0], strict=True)))
        else:
            if table.name == WordsKeyRow.__tablename__:
                write.execute(delete(table))  # whoever opened it with a key has written that down
            write.execute(into, [dict(zip(names, row, strict=True)) for row in rows])
    return whole.of(table)


def _move_head(write: Connection, values: dict[str, Any]) -> None:
    """The head of the record is there from the beginning, and only ever moves forward."""
    if values["number"]:
        write.execute(update(AuditHeadRow).values(number=values["number"], hash=values["hash"]))


def _batches(connection: Connection, table: Table) -> Iterator[Sequence[Sequence[Any]]]:
    rows = connection.execute(_everything(table), execution_options={"yield_per": AT_ONCE})
    yield from rows.partitions()


def _everything(table: Table) -> Select[Any]:
    """All rows, in the order of their keys, in which entries of the record have to be written."""
    return select(*map(_as_read, table.columns)).order_by(*table.primary_key.columns)


def _as_read(column: Column[Any]) -> ColumnElement[Any]:
    """JSON as its text, which keeps the order of names, and null apart from nothing; a word out of a list as a word; what is
    encrypted as it lies."""
    if is_sealed(column):
        return as_it_lies(column).label(column.name)
    if isinstance(column.type, JSON):
        return cast(column, Text).label(column.name)
    if isinstance(column.type, Enum):
        return type_coerce(column, Text).label(column.name)
    return column


def _insertion(table: Table, dialect: str) -> Insert:
    return insert(table).values({column.name: _as_written(column, dialect) for column in table.columns})


def _as_written(column: Column[Any], dialect: str) -> ColumnElement[Any]:
    if isinstance(column.type, SealedBytes):
        return bindparam(column.name, type_=LargeBinary())
    if not isinstance(column.type, JSON | SealedJson):
        return bindparam(column.name, type_=Text() if isinstance(column.type, Enum) or is_sealed(column) else column.type)
    given = bindparam(column.name, type_=Text())
    return cast(given, JSON) if dialect == "postgresql" else given


def _lock(session: Session) -> None:
    """Whoever else copies into the same database, or writes to it by the program, waits, and then finds it not empty."""
    session.execute(select(AuditHeadRow.id).with_for_update())


def _check_empty(connection: Connection) -> None:
    full = [
        table.name
        for table in Base.metadata.sorted_tables
        if table.name not in _THERE_FROM_THE_START and connection.execute(select(*table.columns).limit(1)).first()
    ]
    if full:
        raise StorageError(
            f"The database to copy into is not empty: there are rows in {', '.join(full[:3])}"
            f"{' and others' if len(full) > 3 else ''}. Name one with nothing in it."
        )


def _check_at_rest(source: Engine, before: Head) -> None:
    with reading(source) as session:
        now = head(session)
    if now != before:
        raise StorageError(
            f"Somebody wrote to the database while it was copied: its record had {before.number} entries and now has "
            f"{now.number}. Nothing was kept; stop Attune wherever it uses that database, and begin again."
        )


def set_sequences(connection: Connection) -> None:
    """Let whatever is added next get ids of its own: PostgreSQL counts by itself and does not see ids that are given to it;
    SQLite looks which is the highest."""
    if connection.dialect.name != "postgresql":
        return
    for table in Base.metadata.sorted_tables:
        key = table.autoincrement_column
        if key is None or not isinstance(key.type, Integer):
            continue
        highest = connection.execute(select(func.max(key))).scalar()
        if highest is not None:
            connection.execute(
                text("SELECT setval(pg_get_serial_sequence(:table, :key), :highest)"),
                {"table": table.name, "key": key.name, "highest": highest},
            )


def _learn(engine: Engine) -> None:
    """Let the database learn how its values are spread, so that it searches well from the first page on."""
    with engine.begin() as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(text("ANALYZE"))
        statistics.learn(connection)
