"""How do tests run on PostgreSQL that were written for SQLite's file?

With `ATTUNE_TEST_DATABASE=postgresql` whoever opens a SQLite file that is not there yet gets a PostgreSQL database of its
own, on the session's server; at the file's place lies the database's name, so that whoever copies the folder gets a copy of
the database. A file that is anything else is opened as what it is: a backup is one of SQLite whichever database is in use.
What a test starts as a process of its own is told the address (`address_of`), or stays on SQLite (the browser's tests).
"""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import pytest
from sqlalchemy import URL, Engine, create_engine, text

import storage.database

ON_POSTGRESQL = os.environ.get("ATTUNE_TEST_DATABASE", "") == "postgresql"
_FORM = b"a PostgreSQL database, at its place in tests: "
_TURN_OUT = text("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = :name")


def only_on_sqlite(why: str) -> pytest.MarkDecorator:
    """For a test of SQLite's own file: left out where there is none, and counted there with the reason."""
    return pytest.mark.skipif(ON_POSTGRESQL, reason=why)


def address_of(engine: Engine) -> str:
    """Where another process finds an open database."""
    return engine.url.render_as_string(hide_password=False)


@contextmanager
def away(engine: Engine) -> Iterator[None]:
    """Within the block nobody reaches the database: its file is elsewhere, or its server lets nobody in."""
    engine.dispose()
    name = str(engine.url.database)
    if engine.dialect.name == "sqlite":
        file = Path(name)
        elsewhere = file.rename(file.with_suffix(".away"))
        file.mkdir()
        try:
            yield
        finally:
            engine.dispose()
            file.rmdir()
            elsewhere.rename(file)
        return
    admin = create_engine(engine.url.set(database="postgres"), isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(text(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false"))
        connection.execute(_TURN_OUT, {"name": name})
        try:
            yield
        finally:
            connection.execute(text(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true"))
    admin.dispose()


on_one_database = pytest.mark.parametrize("new_database", ["postgresql" if ON_POSTGRESQL else "sqlite"], indirect=True)
"""For a test of what Python makes of rows whose reading and writing other tests ask of both kinds of database."""


class Stands:
    """PostgreSQL databases that stand in the place of SQLite files."""

    def __init__(self, admin: Engine) -> None:
        self._admin, self._numbers = admin, count(1)
        self._of: dict[Path, str] = {}

    def open(self, otherwise: Callable[[URL], Engine], address: URL) -> Engine:
        """What an address of SQLite leads to."""
        if not address.database or address.database == ":memory:":
            return otherwise(address)
        file = Path(address.database).absolute()
        named = _named(file) if file.exists() else "template"
        if named is None:
            return otherwise(address)
        if self._of.get(file) != named:
            self._of[file] = self._made(file, named)
        return storage.database._postgresql_engine(self._admin.url.set(database=self._of[file]))

    def _made(self, file: Path, template: str) -> str:
        """A database for a file that is new, or a copy: of that database then, and as old as the other file still."""
        name = f"stands_{os.getpid()}_{next(self._numbers)}"
        with self._admin.connect() as connection:
            connection.execute(_TURN_OUT, {"name": template})
            connection.execute(text(f"CREATE DATABASE {name} TEMPLATE {template}"))
        was = file.stat() if file.exists() else None
        file.write_bytes(_FORM + name.encode())
        if was:
            os.utime(file, ns=(was.st_atime_ns, was.st_mtime_ns))
        return name


def _named(file: Path) -> str | None:
    """The database for which a file lies there; None where it is something else."""
    if not file.is_file():
        return None
    with file.open("rb") as opened:
        begins = opened.read(200)
    return begins.removeprefix(_FORM).decode() if begins.startswith(_FORM) else None


@pytest.fixture(scope="session", autouse=ON_POSTGRESQL)
def _on_postgresql(postgresql: Engine) -> None:
    stands, opened, switch = Stands(postgresql), storage.database._sqlite_engine, storage.database._switch_to_wal
    storage.database._sqlite_engine = lambda address: stands.open(opened, address)
    storage.database._switch_to_wal = lambda engine: switch(engine) if engine.dialect.name == "sqlite" else None
