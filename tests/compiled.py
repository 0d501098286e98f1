"""How do tests that each open a database of their own come to its statements without compiling every one of them anew?

What SQLAlchemy made of a statement it keeps for each engine. A program has one engine; the tests open thousands, one after
the other, on two kinds of database, and would spend a part of their time on the same statements. So here all engines of a
kind keep theirs in one place.
"""

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import Dialect, Engine, create_engine
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite
from sqlalchemy.util import LRUCache

import storage.database

_MOST = 5_000
"""The tests ask more statements than one engine would keep."""


def _what_counts(dialect: Any) -> tuple[object, ...]:
    """All in which two dialects of one kind could differ, in what they make of a statement."""
    return dialect.server_version_info, dialect._json_serializer, dialect.paramstyle


def _alike(dialect: Dialect, other: object) -> bool:
    return type(dialect) is type(other) and _what_counts(dialect) == _what_counts(other)


@pytest.fixture(scope="session", autouse=True)
def _compiled_once() -> Iterator[None]:
    compiled: Any = LRUCache(_MOST)

    def made(*given: Any, **options: Any) -> Engine:
        engine = create_engine(*given, **options)
        engine._compiled_cache = compiled
        return engine

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(storage.database, "create_engine", made)
        for kind in (SQLiteDialect_pysqlite, PGDialect_psycopg):
            patch.setattr(kind, "__eq__", _alike)
            patch.setattr(kind, "__hash__", lambda dialect: hash(type(dialect)))
        yield
