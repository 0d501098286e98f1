"""What may an operator rely on who moves a database?"""

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    ColumnElement,
    Date,
    Engine,
    Enum,
    Float,
    Integer,
    LargeBinary,
    SmallInteger,
    String,
    Table,
    TypeDecorator,
    delete,
    func,
    insert,
    select,
    update,
)

import storage.copying
from errors import StorageError
from storage.access import SYSTEM
from storage.audit import About, What, note
from storage.audit_check import check, head
from storage.audit_tables import AuditEntryRow
from storage.copying import TableHash, copy_database, hash_tables
from storage.database import open_database, reading, transaction
from storage.people import add_team
from storage.queries import CallFilter, calls, search_words
from storage.repository import store_scored_call
from storage.tables import Base, TeamRow, UtcDateTime
from tests.conftest import Command
from tests.storage.build import a_scored_call
from tests.storage.unguarded import unguarded

MOMENT = datetime(2025, 3, 30, 1, 59, 59, 123456, tzinfo=UTC)
NOT_FILLED = ("audit_entries", "audit_head", "words_key")


def a_value(column: Column[Any], number: int) -> Any:
    """Something that a column of this type can hold and that a copy could get wrong, another one for each of three rows."""
    if column.foreign_keys or (column.primary_key and isinstance(column.type, Integer)):
        return f"call-{number}" if isinstance(column.type, String) else number
    if column.nullable and number == 3:
        return None
    if isinstance(column.type, Enum):
        return column.type.enums[number % len(column.type.enums)]
    if isinstance(column.type, UtcDateTime):
        return MOMENT + timedelta(days=number)
    kinds: list[tuple[type[Any], tuple[Any, Any, Any]]] = [
        (JSON, ({"b": 1, "a": [1.5, None, "é"]}, [], {})),
        (Boolean, (True, False, True)),
        (Date, (date(2024, 2, 29), date(1, 1, 1), date(9999, 12, 31))),
        (Float, (-0.0, 1 / 3, 1e300)),
        (SmallInteger, (7, -7, 2**15 - 1)),
        (Integer, (7, -7, 2**31 - 1)),
        (LargeBinary, (b"", bytes(range(256)), b"\x00\xff")),
    ]
    for kind, values in kinds:
        if isinstance(column.type.impl_instance if isinstance(column.type, TypeDecorator) else column.type, kind):
            return values[number - 1]
    said = f"{number}É ß 'quoted' \"twice\" \\ \n\t %s :name \U0001f600"
    return said[: column.type.length] if isinstance(column.type, String) and column.type.length else said


def fill(engine: Engine) -> None:
    """Three rows in every table, which refer to the rows of their own number in others; and a record of three entries."""
    with transaction(engine) as session:
        for table in Base.metadata.sorted_tables:
            if table.name not in NOT_FILLED:
                session.execute(insert(table), [a_row(table, number) for number in (1, 2, 3)])
        for number in (1, 2, 3):
            note(session, SYSTEM, What.RECOUNTED, About.FIGURES, number, share=1 / 3, words="É")


def a_row(table: Table, number: int) -> dict[str, Any]:
    made = {column.name: a_value(column, number) for column in table.columns}
    return made | ({"id": f"call-{number}"} if table.name in ("calls", "customers") else {})


@pytest.fixture(scope="module")
def full(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """A SQLite database with rows in every table."""
    opened = open_database(f"sqlite:///{tmp_path_factory.mktemp('full') / 'attune.db'}")
    fill(opened)
    yield opened
    opened.dispose()


@pytest.fixture
def empty(database_url: str) -> Iterator[Engine]:
    """An empty database, of each kind in turn."""
    opened = open_database(database_url)
    yield opened
    opened.dispose()


@pytest.fixture
def last(tmp_path: Path) -> Iterator[Engine]:
    """One more, to copy back into."""
    opened = open_database(f"sqlite:///{tmp_path / 'last.db'}")
    yield opened
    opened.dispose()


def test_every_table_arrives_whole_and_comes_back_whole(full: Engine, empty: Engine, last: Engine) -> None:
    there, back = copy_database(full, empty), copy_database(empty, last)
    assert {table.rows for table in there.tables} == {3, 1, 0}  # 1 is the head of the record; there is no key of words
    assert hash_tables(full) == hash_tables(empty) == hash_tables(last) == there.tables == back.tables
    assert there.faults == back.faults == ()
    for table in Base.metadata.sorted_tables:  # the hash has not overlooked a column
        assert rows_of(full, table) == rows_of(empty, table) == rows_of(last, table)


def rows_of(engine: Engine, table: Table) -> list[tuple[Any, ...]]:
    with reading(engine) as session:
        return [tuple(row) for row in session.execute(select(table).order_by(*table.primary_key.columns))]


def test_what_comes_later_gets_ids_of_its_own_and_goes_on_with_the_record(full: Engine, empty: Engine) -> None:
    copy_database(full, empty)
    with transaction(empty) as session:
        assert add_team(session, "South") == 4
    with reading(empty) as session:
        assert check(session).faults == ()
        assert head(session).number == 4


def test_what_was_said_is_found_in_the_other_database(empty: Engine, last: Engine) -> None:
    with transaction(last) as session:
        store_scored_call(session, a_scored_call("one", "customer: Ma maman habite à Liège", "agent: Hello"))
    copy_database(last, empty)
    with reading(empty) as session:
        assert len(search_words(session, SYSTEM, "LIÈGE maman")) == 1
        assert len(calls(session, SYSTEM, CallFilter(words="habite"))) == 1


def test_a_database_with_anything_in_it_is_not_written_to(full: Engine, empty: Engine) -> None:
    with transaction(empty) as session:
        add_team(session, "North")
    before = hash_tables(empty)
    with pytest.raises(StorageError, match="not empty: there are rows in audit_entries, teams"):
        copy_database(full, empty)
    assert hash_tables(empty) == before


def test_whoever_stops_it_begins_again_with_nothing_left_over(full: Engine, empty: Engine) -> None:
    before = hash_tables(empty)

    def stop(table: str, rows: int) -> None:
        if table == "turns":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        copy_database(full, empty, stop)
    assert hash_tables(empty) == before
    assert copy_database(full, empty).tables == hash_tables(full)


def test_nothing_is_kept_where_a_row_did_not_arrive_as_it_was(
    full: Engine, empty: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    as_written = storage.copying._as_written

    def in_capitals(column: Column[Any], dialect: str) -> ColumnElement[Any]:
        written = as_written(column, dialect)
        return func.upper(written) if (column.table.name, column.name) == ("turns", "text") else written

    monkeypatch.setattr("storage.copying._as_written", in_capitals)
    before = hash_tables(empty)
    with pytest.raises(StorageError, match="The table turns differs after it was copied: 3 rows"):
        copy_database(full, empty)
    assert hash_tables(empty) == before


def test_a_database_that_somebody_writes_to_meanwhile_is_not_moved_but_can_be_backed_up(empty: Engine, last: Engine) -> None:
    with transaction(empty) as session:
        add_team(session, "North")
    before = hash_tables(last)

    def write(table: str, rows: int) -> None:
        if table == "calls":
            with transaction(empty) as session:
                add_team(session, "South")

    with pytest.raises(StorageError, match="its record had 1 entries and now has 2"):
        copy_database(empty, last, write)
    assert hash_tables(last) == before
    with transaction(empty) as session:
        session.execute(delete(TeamRow).where(TeamRow.name == "South"))
    copied = copy_database(empty, last, write, may_go_on=True)
    assert copied.tables == hash_tables(last)
    assert {table.name: table.rows for table in copied.tables}["teams"] == 1


def test_a_record_that_was_tampered_with_is_moved_as_it_is_and_said_to_be(empty: Engine, tmp_path: Path) -> None:
    source = open_database(f"sqlite:///{tmp_path / 'attune.db'}")
    with transaction(source) as session:
        add_team(session, "North")
    with unguarded(source), transaction(source) as session:
        session.execute(update(AuditEntryRow).values(who="somebody else"))
    assert [fault[:19] for fault in copy_database(source, empty).faults] == ["Entry 1 was changed"]
    source.dispose()


def test_the_hash_of_a_table_depends_on_every_row_and_on_no_order(full: Engine, last: Engine) -> None:
    turns = Base.metadata.tables["turns"]
    with reading(full) as session:
        rows = [dict(row) for row in session.execute(select(turns)).mappings()]
    found: dict[str, TableHash] = {}
    for name, some in {"all": rows, "turned": rows[::-1], "fewer": rows[1:]}.items():
        with last.connect() as connection:
            connection.exec_driver_sql("PRAGMA defer_foreign_keys = ON")
            connection.execute(insert(turns), some)
            found[name] = storage.copying.hash_table(connection, turns)
            connection.rollback()
    assert found["all"] == found["turned"]
    assert found["all"].hash != found["fewer"].hash


def test_the_command_says_what_it_copied_and_refuses_in_sentences(command: Command, full: Engine, tmp_path: Path) -> None:
    source, target = full.url.render_as_string(), f"sqlite:///{tmp_path / 'new' / 'attune.db'}"
    done = command(tmp_path, "move-database", source, target)
    assert done.exit_code == 0
    *tables, whole = [json.loads(line) for line in done.stdout.splitlines()]
    assert [table["table"] for table in tables] == [table.name for table in Base.metadata.sorted_tables]
    assert whole == {"tables": len(tables), "rows": 3 * (len(tables) - 2) + 1, "record_whole": True}
    again = command(tmp_path, "move-database", source, target)
    assert (again.exit_code, again.stdout) == (1, "")
    assert "is not empty" in again.stderr
    nowhere = command(tmp_path, "move-database", f"sqlite:///{tmp_path / 'none.db'}", target)
    assert nowhere.exit_code == 1
    assert "There is no database at the first address" in nowhere.stderr
    assert not (tmp_path / "none.db").exists()
