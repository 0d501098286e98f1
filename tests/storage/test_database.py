"""Does opening a database give one that is up to date, whoever opens it and however often?"""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import Engine, inspect, literal, select, text

from errors import StorageError
from storage.database import is_open_here, open_database, reading, transaction
from storage.people import add_team
from storage.tables import TeamRow
from tests.storage.differences import differences

ROOT = Path(__file__).parents[2]


def test_the_migrations_lead_to_exactly_the_tables_that_the_program_maps(engine: Engine) -> None:
    with engine.connect() as connection:
        assert differences(connection) == []


def test_opening_twice_changes_nothing_and_keeps_what_is_stored(database_url: str) -> None:
    first = open_database(database_url)
    with transaction(first) as session:
        add_team(session, "North")
    first.dispose()
    second = open_database(database_url)
    with reading(second) as session:
        assert [team.name for team in session.query(TeamRow)] == ["North"]
    second.dispose()


def test_two_processes_that_open_an_empty_database_at_once_both_get_it(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'new' / 'attune.db'}"
    program = f"from storage.database import open_database; open_database({url!r})"
    both = [subprocess.Popen([sys.executable, "-c", program], cwd=ROOT, stderr=subprocess.PIPE) for _ in range(2)]
    complaints = [process.communicate(timeout=60)[1].decode() for process in both]
    assert [process.returncode for process in both] == [0, 0], complaints
    engine = open_database(url)
    assert "overrides" in inspect(engine).get_table_names()
    engine.dispose()


def test_two_processes_that_open_an_empty_postgresql_at_once_both_get_it(postgresql: Engine) -> None:
    with postgresql.connect() as connection:
        connection.execute(text("CREATE DATABASE two_at_once"))
    url = postgresql.url.set(drivername="postgresql", database="two_at_once").render_as_string(hide_password=False)
    program = f"from storage.database import open_database; open_database({url!r})"
    both = [subprocess.Popen([sys.executable, "-c", program], cwd=ROOT, stderr=subprocess.PIPE) for _ in range(2)]
    complaints = [process.communicate(timeout=60)[1].decode() for process in both]
    assert [process.returncode for process in both] == [0, 0], complaints


def test_a_database_of_a_newer_version_is_refused_with_a_sentence(database_url: str) -> None:
    engine = open_database(database_url)
    with transaction(engine) as session:
        session.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    engine.dispose()
    with pytest.raises(StorageError, match="written by a newer version of Attune"):
        open_database(database_url)


def test_sqlite_checks_references_and_lets_readers_go_on_while_somebody_writes(tmp_path: Path) -> None:
    engine = open_database(f"sqlite:///{tmp_path / 'attune.db'}")
    with transaction(engine) as writer:
        add_team(writer, "North")
        with reading(engine) as reader:
            assert reader.query(TeamRow).count() == 0
    with pytest.raises(StorageError, match="FOREIGN KEY"), transaction(engine) as session:
        session.execute(text("INSERT INTO agents (name, team_id) VALUES ('Nobody', 99)"))
    engine.dispose()


def test_a_transaction_in_which_something_is_raised_leaves_nothing_behind(engine: Engine) -> None:
    def fail_half_way() -> None:
        with transaction(engine) as session:
            add_team(session, "North")
            raise LookupError

    with pytest.raises(LookupError):
        fail_half_way()
    with reading(engine) as session:
        assert session.query(TeamRow).count() == 0


def test_a_reader_sees_one_state_while_somebody_else_writes(engine: Engine) -> None:
    with reading(engine) as reader:
        assert reader.query(TeamRow).count() == 0
        with transaction(engine) as writer:
            add_team(writer, "North")
        assert reader.query(TeamRow).count() == 0
    with reading(engine) as reader:
        assert reader.query(TeamRow).count() == 1


def test_a_server_that_is_away_is_a_sentence_without_the_password() -> None:
    with pytest.raises(StorageError) as refused:
        open_database("postgresql://attune:secret-word@127.0.0.1:1/attune")
    assert "cannot be opened" in str(refused.value)
    assert "secret-word" not in str(refused.value)


@pytest.mark.parametrize("url", ["nonsense", "mysql+pymysql://host/name", "oracle://host/name"])
def test_an_address_that_is_not_one_of_ours_is_a_sentence(url: str) -> None:
    with pytest.raises(StorageError, match="sqlite"):
        open_database(url)


def test_a_file_is_open_here_while_anybody_here_is_connected_to_it(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'attune.db'}"
    engine, another = open_database(url), open_database(url)
    with reading(another) as session:
        session.execute(text("SELECT 1"))
        engine.dispose()
        assert is_open_here(engine)
        assert is_open_here(another)
    another.dispose()
    assert not is_open_here(engine)


def test_a_folder_that_cannot_be_made_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    with pytest.raises(StorageError, match="set ATTUNE_HOME to a folder that can be written"):
        open_database(f"sqlite:///{tmp_path / 'file' / 'data' / 'attune.db'}")


def test_a_file_that_is_no_database_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "attune.db").write_text("words, and no database at all" * 100)
    with pytest.raises(StorageError, match="not a database"):
        open_database(f"sqlite:///{tmp_path / 'attune.db'}")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_cannot_be_written_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "locked").mkdir(mode=0o500)
    with pytest.raises(StorageError, match="cannot be opened"):
        open_database(f"sqlite:///{tmp_path / 'locked' / 'attune.db'}")


def test_a_text_that_postgresql_cannot_keep_is_a_sentence(postgresql: Engine) -> None:
    with pytest.raises(StorageError, match="the character 0 in it"), reading(postgresql) as session:
        session.scalar(select(literal("a\0b")))
