"""How do tests come to hundreds of new SQLite files, each with the tables that all migrations lead to?

The first of a process goes through the migrations, as everybody's does; the others are copies of it. That the migrations
do what they should, from nothing and from every version, is what `tests/storage/test_migrations.py` asks, and a process of
its own goes through them in any case.
"""

import sqlite3
import threading
from collections.abc import Callable, Iterator

import pytest
from sqlalchemy import Engine

import storage.database
from tests.on_postgresql import ON_POSTGRESQL
from tests.storage.contents import driver_of, pages_of, put_pages


class NewFiles:
    """Brings tables up to date as the program does, but a file without any is made a copy of the first that had none."""

    def __init__(self, migrate: Callable[[Engine], None]) -> None:
        self._migrate = migrate
        self._made: sqlite3.Connection | None = None
        self._one_at_a_time = threading.Lock()

    def __call__(self, engine: Engine) -> None:
        if engine.dialect.name != "sqlite":
            self._migrate(engine)
            return
        with self._one_at_a_time:
            if not _is_new(engine):
                self._migrate(engine)
            elif self._made is None:
                self._migrate(engine)
                self._made = pages_of(engine)
            else:
                put_pages(self._made, engine)

    def close(self) -> None:
        """Give the copy free."""
        if self._made is not None:
            self._made.close()


def _is_new(engine: Engine) -> bool:
    with driver_of(engine) as driver:
        tables: int = driver.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
    return tables == 0


@pytest.fixture(scope="session", autouse=not ON_POSTGRESQL)
def _new_files() -> Iterator[None]:
    migrate = storage.database._migrate
    copied = NewFiles(migrate)
    storage.database._migrate = copied
    yield
    storage.database._migrate = migrate
    copied.close()
