"""How do tests run on PostgreSQL that were written for SQLite's file?

With `ATTUNE_TEST_DATABASE=postgresql` every address of a SQLite file leads to a PostgreSQL database of its own, on the
session's server; at the file's place lies the database's name, so that whoever copies the folder gets a copy of the
database. What starts the program as a process of its own (the browser's tests, for one) stays on SQLite.
"""

import os
from collections.abc import Callable
from itertools import count
from pathlib import Path

import pytest
from sqlalchemy import URL, Engine, text

import storage.database

ON_POSTGRESQL = os.environ.get("ATTUNE_TEST_DATABASE", "") == "postgresql"
_FORM = "a PostgreSQL database, at its place in tests: "


on_one_database = pytest.mark.parametrize("new_database", ["postgresql" if ON_POSTGRESQL else "sqlite"], indirect=True)
"""For a test of what Python makes of rows whose reading and writing other tests ask of both kinds of database."""


class Stands:
    """PostgreSQL databases that stand in the place of SQLite files."""

    def __init__(self, admin: Engine) -> None:
        self._admin, self._numbers = admin, count(1)
        self._of: dict[Path, str] = {}

    def address(self, parse: Callable[[str], URL], url: str) -> URL:
        """What an address leads to."""
        asked = parse(url)
        if asked.get_backend_name() != "sqlite" or not asked.database or asked.database == ":memory:":
            return asked
        file = Path(asked.database).absolute()
        if file not in self._of or not file.exists():
            self._of[file] = self._made(file)
        return self._admin.url.set(database=self._of[file])

    def _made(self, file: Path) -> str:
        """A database for a file: a copy of the one that the file came from, where it was copied."""
        name = f"stands_{os.getpid()}_{next(self._numbers)}"
        template = file.read_text().removeprefix(_FORM) if file.exists() else "template"
        with self._admin.connect() as connection:
            gone = text("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = :name")
            connection.execute(gone, {"name": template})
            connection.execute(text(f"CREATE DATABASE {name} TEMPLATE {template}"))
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f"{_FORM}{name}")
        return name


@pytest.fixture(scope="session", autouse=ON_POSTGRESQL)
def _on_postgresql(postgresql: Engine) -> None:
    stands, parse = Stands(postgresql), storage.database._parse
    storage.database._parse = lambda url: stands.address(parse, url)
