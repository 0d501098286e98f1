"""Does the doctor find what is wrong, say what helps, and leave everything as it was?"""

import json
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import text, update

from pipeline.doctor import database, examine, lacking, machine, places
from pipeline.doctor.finding import Finding, Level
from scoring.signals import bert
from settings import settings
from storage import inbox
from storage.access import SYSTEM, Role
from storage.audit_tables import AuditEntryRow
from storage.database import as_it_is, facts_of, open_database, transaction
from storage.inbox import State
from storage.inbox_tables import InboxRow
from storage.tables import CallRow
from storage.tokens import Scope, add_token
from tests.conftest import Command
from tests.dashboard.centre import Centre
from tests.on_postgresql import only_on_sqlite
from tests.storage.unguarded import unguarded

KEY = "ab" * 32
Settings = Callable[..., None]


@pytest.fixture
def home(built_centre: Centre, tmp_path: Path) -> Path:
    """A copy of its folder, to be made ill."""
    return Path(shutil.copytree(built_centre.home, tmp_path / "home"))


@pytest.fixture
def at(home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Settings]:
    """From now on the settings are these."""

    def use(**env: str) -> None:
        for name, value in {"ATTUNE_HOME": str(home), **env}.items():
            monkeypatch.setenv(name, value)
        settings.cache_clear()

    use()
    yield use
    settings.cache_clear()


def found(check: Iterator[Finding]) -> list[tuple[str, Level]]:
    return [(one.check, one.level) for one in check]


def test_a_healthy_installation_has_nothing_wrong_and_nothing_is_touched(command: Command, home: Path, at: Settings) -> None:
    before = {path: path.stat().st_mtime_ns for path in home.rglob("*") if not path.name.endswith(("-wal", "-shm"))}
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    os.environ["ATTUNE_PORT"] = str(port)
    try:
        done = command(home, "doctor", "--json")
    finally:
        del os.environ["ATTUNE_PORT"]
    wrong = [line for line in map(json.loads, done.stdout.splitlines()) if line["level"] == "wrong"]
    assert (done.exit_code, wrong) == (0, [])
    assert {path: path.stat().st_mtime_ns for path in before} == before


def test_settings_that_cannot_be_read_are_named(command: Command, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ATTUNE_PORT", "nowhere")
    done = command(home, "doctor")
    assert done.exit_code == 1
    assert "ATTUNE_PORT" in done.stdout
    assert "attune.env" in done.stdout


def test_a_folder_without_a_database_is_no_illness_and_gets_none(at: Settings, tmp_path: Path) -> None:
    at(ATTUNE_HOME=str(tmp_path / "new"))
    assert found(database.reachable()) == [("database", Level.WARNING)]
    assert not (tmp_path / "new").exists()


def test_a_database_that_does_not_answer_is_wrong_and_its_password_is_not_shown(at: Settings) -> None:
    at(ATTUNE_DATABASE_URL="postgresql://attune:hidden-word@127.0.0.1:1/attune")
    (one,) = database.reachable()
    assert one.level is Level.WRONG
    assert "hidden-word" not in one.says
    at(ATTUNE_PORT="9")
    assert any(one.check == "database" for one in examine())


def test_tables_of_another_version_are_said_and_not_brought_up_to_date(home: Path, at: Settings) -> None:
    engine = open_database(settings().url)
    with transaction(engine) as session:
        session.execute(text("UPDATE alembic_version SET version_num = '0030'"))
    engine.dispose()
    engine = as_it_is(settings().url)
    (older,) = database.settled(engine)
    assert "at 0030" in older.says
    assert "next start" in older.do
    assert lacking(engine) == ("database",)
    with transaction(engine) as session:
        session.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    (newer,) = database.settled(engine)
    assert "newer version" in newer.do
    engine.dispose()


@only_on_sqlite("PostgreSQL keeps its journal by itself, and no reader waits for it")
def test_a_journal_that_stops_readers_is_minded(home: Path, at: Settings) -> None:
    engine = as_it_is(settings().url)
    with engine.connect() as connection:
        connection.connection.driver_connection.execute("PRAGMA journal_mode = DELETE")  # type: ignore[union-attr]
    engine.dispose()
    engine = as_it_is(settings().url)
    assert found(database.settled(engine)) == [("journal", Level.WARNING)]
    engine.dispose()


def test_a_clock_that_went_backwards_is_seen_by_the_record(home: Path, at: Settings) -> None:
    engine = open_database(settings().url)
    assert found(database.clock(engine)) == []
    with transaction(engine) as session:
        add_token(session, SYSTEM, "crm", [Scope.READ_RESULTS], Role.REVIEWER, 3)
    with unguarded(engine), transaction(engine) as session:
        session.execute(update(AuditEntryRow).values(at=datetime.now(UTC) + timedelta(hours=3)))
    assert found(database.clock(engine)) == [("clock", Level.WRONG)]
    engine.dispose()


@pytest.mark.parametrize("state", [State.RECEIVED, State.FAILED])
def test_what_is_stuck_or_failed_in_the_queue_is_said(state: State, home: Path, at: Settings) -> None:
    engine = open_database(settings().url)
    long_ago = datetime.now(UTC) - timedelta(hours=1)
    with transaction(engine) as session:
        inbox.arrive(session, "a folder", [inbox.Found("k", "call.wav", "/somewhere/call.wav", {})])
        session.execute(update(InboxRow).values(state=state.value, not_before=long_ago, tries=1))
    expected = ("worker", Level.WRONG) if state is State.RECEIVED else ("queue", Level.WARNING)
    assert found(database.queue(engine)) == [expected]
    assert lacking(engine) == (("worker",) if state is State.RECEIVED else ())
    engine.dispose()


def test_a_worker_that_cannot_go_on_says_why(home: Path, at: Settings) -> None:
    engine = open_database(settings().url)
    with transaction(engine) as session:
        inbox.say_trouble(session, inbox.begin_work(session, "machine 7"), "The disk is full.")
    (one,) = database.worker(engine)
    assert one.says == "machine 7 cannot go on: The disk is full."
    engine.dispose()


def test_recordings_that_are_gone_are_counted(home: Path, at: Settings) -> None:
    engine = open_database(settings().url)
    assert found(places.recordings(engine)) == []
    with transaction(engine) as session:
        some = session.query(CallRow.id).filter(CallRow.recording.is_not(None)).limit(1).scalar()
        session.execute(update(CallRow).where(CallRow.id == some).values(recording="zz/nowhere.wav"))
    (one,) = places.recordings(engine)
    assert one.says.startswith("1 of the newest")
    engine.dispose()


def test_keys_that_cannot_be_read_and_files_in_the_clear_are_said(home: Path, at: Settings, tmp_path: Path) -> None:
    at(ATTUNE_ENCRYPTION_KEY=str(tmp_path / "away.key"))
    assert found(places.keys()) == [("keys", Level.WRONG)]
    at(ATTUNE_ENCRYPTION_KEY=KEY)
    engine = open_database(settings().url)
    assert found(places.recordings(engine)) == [("keys", Level.WARNING)]
    from pipeline.rotate import rotate

    rotate(engine)
    assert found(places.recordings(engine)) == []
    at(ATTUNE_ENCRYPTION_KEY="cd" * 32)
    assert ("keys", Level.WRONG) in found(places.recordings(engine))
    engine.dispose()


def test_words_of_another_key_are_said(home: Path, at: Settings) -> None:
    at(ATTUNE_ENCRYPTION_KEY=KEY)
    engine = open_database(settings().url)  # which notes the mark of the key
    assert found(database.words(engine)) == []
    at(ATTUNE_ENCRYPTION_KEY="cd" * 32, ATTUNE_PORT="9")
    assert found(database.words(engine)) == [("keys", Level.WRONG)]
    engine.dispose()
    assert ("keys", Level.WRONG) in found(examine())


def test_a_key_that_others_can_read_is_wrong(home: Path, at: Settings) -> None:
    (home / "secret.key").write_text("a" * 64)
    (home / "secret.key").chmod(0o644)
    assert found(places.secrets()) == [("secret", Level.WRONG)]
    (home / "secret.key").chmod(0o600)
    assert found(places.secrets()) == []
    at(ATTUNE_SECRET="short")
    assert found(places.secrets()) == [("secret", Level.WRONG)]


def test_a_disk_that_is_full_or_soon_will_be_is_said(home: Path, at: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = shutil.disk_usage(home)
    for free, level in ((1_000_000, Level.WRONG), (1_000_000_000, Level.WARNING)):
        monkeypatch.setattr(shutil, "disk_usage", lambda _, free=free: usage._replace(free=free))
        assert found(places.home()) == [("space", level)]
    engine = open_database(settings().url)
    with transaction(engine) as session:
        session.execute(update(CallRow).values(started_at=datetime.now(UTC)))
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage._replace(free=5_000_000))
    (one,) = places.room(engine)
    assert "the disk is full in" in one.says
    engine.dispose()


def test_a_port_that_another_program_has_is_wrong(at: Settings) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        at(ATTUNE_PORT=str(taken.getsockname()[1]))
        assert found(machine.port()) == [("port", Level.WRONG)]


def test_a_model_that_is_not_there_is_wrong(at: Settings) -> None:
    at(ATTUNE_MODEL="/nowhere/model")
    assert found(machine.models()) == [("models", Level.WRONG)]


def test_a_cache_that_cannot_be_written_is_wrong_before_a_call_fails_for_it(at: Settings, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    at(ATTUNE_CACHE=str(tmp_path / "file" / "cache"), ATTUNE_MODEL="tiny.en")
    (one,) = machine.models()
    assert (one.check, one.level) == ("models", Level.WRONG)
    assert "ATTUNE_CACHE" in one.says + one.do


def test_a_damaged_package_is_wrong_though_the_cache_is_whole(at: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    assert list(machine.models()) == []
    monkeypatch.setattr(bert, "TOKENIZER_SHA256", "0" * 64)
    remembered = (bert.packaged_model, machine._keep_encoders)
    for one in remembered:
        one.cache_clear()
    assert found(machine.models()) == [("models", Level.WRONG)]
    monkeypatch.undo()
    for one in remembered:
        one.cache_clear()


def test_what_the_doctor_put_into_the_cache_is_all_that_a_call_needs(at: Settings, tmp_path: Path) -> None:
    at(ATTUNE_HOME=str(tmp_path / "new"), ATTUNE_CACHE=str(tmp_path / "cache"), ATTUNE_MODEL="tiny.en")
    assert list(machine.models()) == []

    def models() -> set[str]:
        return {path.name for path in (tmp_path / "cache").iterdir() if path.name not in ("embeddings", "checked")}

    ready = models()
    done = subprocess.run(
        [sys.executable, "cli.py", "score", "samples/calls/card_balance.ogg", "--scorecard", "empathy"],
        cwd=machine.ROOT, capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert models() == ready
    assert len(ready) == 2


def test_packages_of_other_versions_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "constraints.txt").write_text("click==0.0.1\nno-such-package==1.0\n")
    monkeypatch.setattr(machine, "ROOT", tmp_path)
    (one,) = machine.packages()
    assert "instead of 0.0.1" in one.says
    assert "no-such-package" not in one.says


def test_the_provider_is_asked_only_when_that_is_wanted(at: Settings) -> None:
    at(ATTUNE_OIDC_ISSUER="http://127.0.0.1:1", ATTUNE_OIDC_CLIENT="attune")
    assert not any(one.check == "sign-in" for one in examine())
    assert any(one.check == "sign-in" for one in examine(ask_provider=True))


def test_a_database_as_it_should_be_has_nothing_to_be_said_of_on_either_kind(database_url: str) -> None:
    open_database(database_url).dispose()
    engine = as_it_is(database_url)
    checks = (database.settled, database.clock, database.queue, database.webhooks)
    assert [found(check(engine)) for check in checks] == [[], [], [], []]
    engine.dispose()


def test_a_version_that_nobody_keeps_up_is_minded(at: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    engine = as_it_is(settings().url)
    old = replace(facts_of(engine), kind="postgresql", version=(13, 4))
    monkeypatch.setattr(database, "facts_of", lambda _: old)
    assert found(database.settled(engine)) == [("version", Level.WARNING)]
    engine.dispose()
