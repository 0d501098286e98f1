"""How is a database put back to what it held, however much a test changed in it, in less time than it takes to fill one?

SQLite copies its pages; on PostgreSQL the rows lie in tables beside ours, in a schema of their own.
"""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any, Protocol, TypeVar

from sqlalchemy import Engine, inspect

from storage.audit import BEFORE_THE_FIRST
from storage.tables import Base

Made = TypeVar("Made")

_TABLES = [table.name for table in Base.metadata.sorted_tables if table.name != "audit_head"]
_FILLED = " UNION ALL ".join(f"SELECT '{name}' WHERE EXISTS (SELECT 1 FROM {name})" for name in _TABLES)
_AS_OWNER = "SET LOCAL session_replication_role = replica"
"""No trigger and no key is asked: neither what guards the record, nor in which order rows come."""


@contextmanager
def driver_of(engine: Engine) -> Iterator[Any]:
    """The driver's own connection; what is done within the block is kept."""
    with engine.connect() as connection:
        driver: Any = connection.connection.driver_connection
        yield driver
        driver.commit()


def pages_of(engine: Engine) -> sqlite3.Connection:
    """A copy, in memory, of all that is in a SQLite file."""
    kept = sqlite3.connect(":memory:", check_same_thread=False)
    with driver_of(engine) as driver:
        driver.backup(kept)
    return kept


def put_pages(kept: sqlite3.Connection, engine: Engine) -> None:
    """Let a SQLite file be that copy."""
    with driver_of(engine) as driver:
        kept.backup(driver)


def stored_bytes(engine: Engine, home: Path) -> bytes:
    """All that is kept: each file of a home, SQLite's among them, and of PostgreSQL each value of each row, as it lies."""
    kept = [path.read_bytes() for path in sorted(home.rglob("*")) if path.is_file()]
    if engine.dialect.name == "postgresql":
        with driver_of(engine) as driver:
            for table in inspect(engine).get_table_names():
                with driver.cursor().copy(f"COPY {table} TO STDOUT (FORMAT BINARY)") as rows:
                    kept += [bytes(row) for row in rows]
    return b"".join(kept)


class Once(Protocol):
    """Fills the empty database as this function does, and gives what it gave: it is called for the first test, and for
    the others its rows are put back. What it gives has to be such that no test changes it."""

    def __call__(self, fill: Callable[..., Made], *given: Any) -> Made: ...


class Contents:
    """What is in an open database that was just made."""

    def __init__(self, engine: Engine) -> None:
        self._engine, self._on_sqlite = engine, engine.dialect.name == "sqlite"
        self._kept: dict[object, tuple[Any, Any]] = {}
        self._numbers = count(1)
        self._empty = pages_of(engine) if self._on_sqlite else None

    def close(self) -> None:
        """Give free what is kept of a SQLite file."""
        for kept in (self._empty, *(kept for kept, _ in self._kept.values())):
            if isinstance(kept, sqlite3.Connection):
                kept.close()

    def empty(self) -> None:
        """Take out whatever is in it."""
        if self._empty is not None:
            put_pages(self._empty, self._engine)
            return
        with driver_of(self._engine) as driver:
            filled = [name for (name,) in driver.execute(_FILLED, prepare=True)]
            if not filled:
                return
            head = f"UPDATE audit_head SET number = 0, hash = '{BEFORE_THE_FIRST}'"
            driver.execute("; ".join((_AS_OWNER, *(f"DELETE FROM {name}" for name in filled), head)))

    def once(self, fill: Callable[..., Made], *given: Any) -> Made:
        """See `Once`."""
        known = self._kept.get((fill, given))
        if known is None:
            made = fill(self._engine, *given)
            self._kept[fill, given] = (pages_of(self._engine) if self._on_sqlite else self._keep_rows(), made)
            return made
        kept, made = known
        if self._on_sqlite:
            put_pages(kept, self._engine)
        else:
            with driver_of(self._engine) as driver:
                driver.execute(kept)
        return made

    def _keep_rows(self) -> str:
        """The statements that put them back."""
        schema = f"kept_{next(self._numbers)}"
        with driver_of(self._engine) as driver:
            filled = [name for (name,) in driver.execute(_FILLED)]
            copies = (f"CREATE TABLE {schema}.{name} AS TABLE public.{name}" for name in (*filled, "audit_head"))
            driver.execute("; ".join((f"CREATE SCHEMA {schema}", *copies)))
        back = (f"INSERT INTO public.{name} SELECT * FROM {schema}.{name}" for name in filled)
        head = f"UPDATE public.audit_head SET (number, hash) = (SELECT number, hash FROM {schema}.audit_head)"
        return "; ".join((_AS_OWNER, *back, head))
