"""Does what was put aside come back whole, on either database, and does whoever restores hear what is missing?"""

import hashlib
import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Event, Thread

import pandas as pd
import pytest
from sqlalchemy import Engine, text, update

from errors import InputError, StorageError
from pipeline.backup import DATABASE, FILES, MANIFEST, back_up, bring_back
from settings import settings
from storage import queries
from storage.access import SYSTEM
from storage.audit_check import all_entries, check
from storage.copying import copy_database, hash_tables
from storage.database import open_database, reading, transaction
from storage.people import add_team
from storage.queries import CallFilter
from storage.tables import CallRow, TeamRow
from tests.dashboard.centre import Centre

KEY = "ab" * 32

Settings = Callable[..., None]


@pytest.fixture
def at(monkeypatch: pytest.MonkeyPatch) -> Iterator[Settings]:
    """From now on the settings are these."""

    def use(home: Path, **env: str) -> None:
        monkeypatch.setenv("ATTUNE_HOME", str(home))
        for name, value in env.items():
            monkeypatch.setenv(name, value)
        settings.cache_clear()

    yield use
    settings.cache_clear()


@pytest.fixture
def home(built_centre: Centre, tmp_path: Path) -> Path:
    """A copy of its folder, to be changed."""
    return Path(shutil.copytree(built_centre.home, tmp_path / "home"))


def figures(engine: Engine) -> list[object]:
    """What pages show of all calls."""
    everything = CallFilter()
    with reading(engine) as session:
        asked = (
            queries.calls(session, SYSTEM, everything, 1000),
            queries.evaluations(session, SYSTEM, everything),
            queries.verdict_counts(session, SYSTEM, everything),
            queries.filter_choices(session, SYSTEM),
            queries.search_words(session, SYSTEM, "good morning"),
        )
        return [one.to_csv() if isinstance(one, pd.DataFrame) else one for one in asked]


def test_what_was_put_aside_comes_back_whole_on_either_database(
    home: Path, database_url: str, at: Settings, tmp_path: Path
) -> None:
    at(home)
    engine = open_database(settings().url)
    before, held = figures(engine), hash_tables(engine)
    done = back_up(engine, tmp_path / "aside")
    with reading(engine) as session:
        assert [entry.what for entry in all_entries(session)][-1] == "backed_up"
    assert done.files == sum(path.is_file() for path in (home / "recordings").rglob("*"))

    at(tmp_path / "new")
    url = f"sqlite:///{tmp_path / 'new' / 'attune.db'}" if database_url.startswith("sqlite") else database_url
    restored = bring_back(tmp_path / "aside", url)
    assert (restored.rows, restored.files) == (done.rows, done.files)
    again = open_database(url)
    assert figures(again) == before
    assert hash_tables(again) == held
    with reading(again) as session:
        assert check(session).faults == ()
    for path in (home / "recordings").rglob("*.*"):
        assert (tmp_path / "new" / path.relative_to(home)).read_bytes() == path.read_bytes()
    with pytest.raises(StorageError):  # there is one now
        bring_back(tmp_path / "aside", url)
    assert figures(again) == before
    engine.dispose()
    again.dispose()


def test_a_database_comes_back_to_where_its_address_says_however_it_is_written(
    home: Path, at: Settings, tmp_path: Path
) -> None:
    at(home)
    back_up(open_database(settings().url), tmp_path / "aside")
    at(tmp_path / "new")
    bring_back(tmp_path / "aside", f"sqlite+pysqlite:///{tmp_path / 'new' / 'calls.db'}?timeout=5")
    assert (tmp_path / "new" / "calls.db").is_file()


def test_a_backup_of_postgresql_comes_back_as_either(home: Path, postgresql: Engine, at: Settings, tmp_path: Path) -> None:
    with postgresql.connect() as connection:
        connection.execute(text("CREATE DATABASE backed_up TEMPLATE template"))
    url = postgresql.url.set(drivername="postgresql", database="backed_up").render_as_string(hide_password=False)
    at(home)
    sqlite, server = open_database(settings().url), open_database(url)
    copy_database(sqlite, server)
    back_up(server, tmp_path / "aside")
    at(tmp_path / "new")
    bring_back(tmp_path / "aside", settings().url)
    again = open_database(settings().url)
    assert hash_tables(again) == hash_tables(sqlite)
    assert figures(again) == figures(server)
    for one in (sqlite, server, again):
        one.dispose()


def test_a_backup_holds_one_moment_while_somebody_writes(home: Path, at: Settings, tmp_path: Path) -> None:
    at(home)
    engine, over = open_database(settings().url), Event()

    def write() -> None:
        number = 0
        while not over.is_set():
            number += 1
            with transaction(engine) as session:
                add_team(session, f"first {number}")
                add_team(session, f"second {number}")

    writer = Thread(target=write)
    writer.start()
    try:
        back_up(engine, tmp_path / "aside")
    finally:
        over.set()
        writer.join()
    at(tmp_path / "new")
    bring_back(tmp_path / "aside", settings().url)
    again = open_database(settings().url)
    with reading(again) as session:
        names = [team.name.partition(" ") for team in session.query(TeamRow)]
        first, second = ({number for which, _, number in names if which == one} for one in ("first", "second"))
        assert first == second
        assert check(session).faults == ()
    engine.dispose()
    again.dispose()


@pytest.fixture
def aside(home: Path, at: Settings, tmp_path: Path) -> Path:
    """A backup of a centre with an encryption key."""
    at(home, ATTUNE_ENCRYPTION_KEY=KEY)
    engine = open_database(settings().url)
    back_up(engine, tmp_path / "aside")
    engine.dispose()
    return tmp_path / "aside"


def test_whoever_restores_without_the_key_hears_which_one_is_missing(
    aside: Path, at: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("ATTUNE_ENCRYPTION_KEY")
    at(tmp_path / "new")
    with pytest.raises(InputError, match="key that is not set here: set ATTUNE_ENCRYPTION_KEY"):
        bring_back(aside, settings().url)
    at(tmp_path / "new", ATTUNE_ENCRYPTION_KEY="cd" * 32)
    with pytest.raises(InputError, match="another than the one set"):
        bring_back(aside, settings().url)
    assert not (tmp_path / "new").exists()
    done = bring_back(aside, settings().url, without_keys=True)
    assert any("ATTUNE_ENCRYPTION_KEY" in note for note in done.notes)
    assert KEY not in (aside / MANIFEST).read_text()


def test_a_backup_that_was_changed_is_refused(aside: Path, at: Settings, tmp_path: Path) -> None:
    at(tmp_path / "new")
    sound = next(path for path in (aside / FILES).rglob("*") if path.is_file())
    whole = sound.read_bytes()
    sound.write_bytes(whole + b"more")
    with pytest.raises(InputError, match="was changed since the backup was made"):
        bring_back(aside, settings().url)
    sound.unlink()
    with pytest.raises(InputError, match="is missing from the backup"):
        bring_back(aside, settings().url)
    sound.write_bytes(whole)
    bring_back(aside, settings().url)  # takes up where it stopped


@pytest.mark.parametrize("name", [DATABASE, MANIFEST])
def test_a_backup_without_its_end_or_with_another_database_is_none(
    name: str, aside: Path, at: Settings, tmp_path: Path
) -> None:
    at(tmp_path / "new")
    if name == MANIFEST:
        (aside / name).unlink()
    else:
        (aside / name).write_bytes(b"something else")
    with pytest.raises(InputError, match=r"not finished|was changed"):
        bring_back(aside, settings().url)


def test_a_backup_that_names_a_file_elsewhere_writes_nothing_there(aside: Path, at: Settings, tmp_path: Path) -> None:
    at(tmp_path / "new")
    listed = aside / "files.jsonl"
    entry = {**json.loads(listed.read_text().splitlines()[0]), "path": "recordings/../../outside"}
    listed.write_text(json.dumps(entry) + "\n")
    manifest = json.loads((aside / MANIFEST).read_text())
    manifest["files"]["sha256"] = hashlib.sha256(listed.read_bytes()).hexdigest()
    (aside / MANIFEST).write_text(json.dumps(manifest))
    with pytest.raises(InputError, match="none of those that are kept"):
        bring_back(aside, settings().url)
    assert not (tmp_path / "outside").exists()


def test_a_recording_that_is_not_in_the_store_is_said_and_the_rest_is_put_aside(
    home: Path, at: Settings, tmp_path: Path
) -> None:
    at(home)
    engine = open_database(settings().url)
    with transaction(engine) as session:
        call = session.query(CallRow).filter(CallRow.recording.is_not(None)).first()
        assert call is not None
        session.execute(update(CallRow).where(CallRow.id == call.id).values(recording="zz/nowhere.wav"))
    done = back_up(engine, tmp_path / "aside")
    engine.dispose()
    assert any("1 files that the database names are not in the store" in note for note in done.notes)
    with pytest.raises(InputError, match="cannot be made"):
        back_up(engine, tmp_path / "aside")
    engine.dispose()
