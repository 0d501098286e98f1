"""Does a database of every earlier version come to this one with all that was in it?

One database walks through every migration there has been, and at each gets a row in every table that there is then, with
something in each column: so at the end rows from every version have been through all that came after it.
"""

from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from alembic import command
from sqlalchemy import (
    JSON,
    Boolean,
    Connection,
    Date,
    DateTime,
    Engine,
    Float,
    Integer,
    LargeBinary,
    Numeric,
    String,
    column,
    func,
    insert,
    inspect,
    make_url,
    select,
    table,
)
from sqlalchemy.engine.interfaces import ReflectedColumn

from storage.database import _WRITES, _migrations, _postgresql_engine, _revisions, _sqlite_engine, open_database
from storage.substring import FULL_TEXT, NUMBERED
from storage.tables import Base
from tests.storage.differences import differences, is_for_searching

LEFT_ALONE = {
    "alembic_version",
    "audit_head",  # has one row from the beginning
    "audit_entries",  # an entry has to follow the one before; tests/storage/test_audit.py
    "words_door",  # is empty but within one transaction
}
MOMENT = datetime(2025, 3, 30, 1, 59, 59, tzinfo=UTC)
SAID = {"kind": "recording", "verdict": "met", "role": "reviewer", "state": "open", "speaker": "agent", "sides": "channels"}
"""What a column of that name holds, where a migration reads it."""
ASKS_ONE = {"sections": [{"criteria": [{"id": "greets"}]}]}
"""A scorecard with as many questions as each evaluation here has answers."""


def _value(table: str, column: ReflectedColumn, number: int) -> Any:
    """Something that a column can hold, another one for each number."""
    name, kind = column["name"], column["type"]
    if name in SAID and isinstance(kind, String):
        return SAID[name]
    if isinstance(kind, Boolean):
        return True
    if isinstance(kind, Integer):
        return number
    if isinstance(kind, Numeric | Float):
        return number / 1024 + name.startswith("end")  # within 0 and 1, and an end after its start
    if isinstance(kind, DateTime):
        return MOMENT if kind.timezone else MOMENT.replace(tzinfo=None)
    if isinstance(kind, Date):
        return date(2025, 3, 24) + timedelta(days=7 * number)
    if isinstance(kind, JSON):
        return ASKS_ONE if name == "definition" else {}
    if isinstance(kind, LargeBinary):
        return bytes([number % 256])
    if isinstance(kind, String):
        return f"{name} {number}"[-(kind.length or 99) :]
    raise AssertionError(f"{table}.{name} is of the kind {kind!r}, which no row here has yet")


def _fill(connection: Connection, number: int, counts: dict[str, int]) -> None:
    """A row more in every table, which refers to the rows that came with it."""
    inspector = inspect(connection)
    columns, references = inspector.get_multi_columns(), inspector.get_multi_foreign_keys()
    made: dict[str, dict[str, Any]] = {}
    for name, _ in inspector.get_sorted_table_and_fkc_names():
        if name is None or name in LEFT_ALONE or is_for_searching(name):
            continue
        there = columns[None, name]
        values = {one["name"]: _value(name, one, number) for one in there}
        for reference in references[None, name]:
            for ours, theirs in zip(reference["constrained_columns"], reference["referred_columns"], strict=True):
                other = made.get(reference["referred_table"], {})  # nothing yet where it is to the table itself
                optional = next(one["nullable"] for one in there if one["name"] == ours)
                values[ours] = other.get(theirs, None if optional else number)
        connection.execute(insert(table(name, *(column(one["name"], one["type"]) for one in there))).values(values))
        made[name] = values
        counts[name] += 1


@pytest.fixture(params=["sqlite", "postgresql"])
def empty(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Engine]]:
    """A database without tables, and its address."""
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path_factory.mktemp('walk') / 'attune.db'}"
        engine = _sqlite_engine(make_url(url))
    else:
        admin: Engine = request.getfixturevalue("postgresql")
        with admin.connect() as connection:
            connection.exec_driver_sql("CREATE DATABASE walk")
        address = admin.url.set(database="walk")
        url, engine = address.render_as_string(hide_password=False), _postgresql_engine(address)
    yield url, engine
    engine.dispose()


def test_a_database_of_every_version_comes_to_this_one_with_all_that_was_in_it(empty: tuple[str, Engine]) -> None:
    url, engine = empty
    counts: dict[str, int] = defaultdict(int)
    newest_first = _revisions()
    for number, revision in enumerate(reversed(newest_first), 1):
        with engine.connect().execution_options(**{_WRITES: True}) as connection, connection.begin():
            config = _migrations()
            config.attributes["connection"] = connection
            command.upgrade(config, revision)
        with engine.connect().execution_options(**{_WRITES: True}) as connection, connection.begin():
            _fill(connection, number, counts)
    engine.dispose()

    opened = open_database(url)
    with opened.connect() as connection:
        rows = {
            one.name: connection.execute(select(func.count()).select_from(one)).scalar_one()
            for one in Base.metadata.sorted_tables
            if one.name not in LEFT_ALONE
        }
        assert differences(connection) == []
        if connection.dialect.name == "sqlite":
            assert connection.exec_driver_sql("PRAGMA foreign_key_check").all() == []
            numbered = connection.exec_driver_sql(f"SELECT count(*) FROM {NUMBERED}").scalar_one()
            words = f"SELECT count(*) FROM {FULL_TEXT} WHERE {FULL_TEXT} MATCH '\"fol\"'"  # of `folded 1`, `folded 2`, …
            assert numbered == connection.exec_driver_sql(words).scalar_one() == counts["turns"]
    opened.dispose()
    # How a call ran is worked out of it, so that calls from before there was that table have a row in it too.
    for made_of_all_calls in ("call_sums", "course_sums", "course_subjects"):
        assert rows.pop(made_of_all_calls) > counts[made_of_all_calls]
    assert rows.pop("course_changes") < counts["course_changes"]  # all of it is made anew by a later one
    assert rows.pop("sum_stamps") == counts["sum_stamps"] + 2  # of the sums that were there
    of_every_call = dict.fromkeys(("courses", "call_tallies", "course_counts"), counts["calls"])
    assert rows == {name: counts[name] for name in rows} | of_every_call
