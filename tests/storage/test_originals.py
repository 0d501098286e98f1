"""What a security officer may rely on where originals are kept."""

import base64
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import Engine

from errors import NotAllowed, SettingsError, StorageError
from settings import settings
from storage.access import SYSTEM, Asker, Role
from storage.audit import What
from storage.audit_check import all_entries
from storage.database import open_database, reading, transaction
from storage.originals import Original, keep_original_call, originals_are_kept, read_original
from storage.repository import store_scored_call
from tests.storage.build import a_scored_call

KEY = "0f" * 32
CALL = a_scored_call("a call", "agent: Go ahead.", "customer: It's 4929 1182 3341 2219.")
CALL_ID = CALL.transcript.call_id
ORIGINAL = Original(CALL.transcript, b"sound of 4929", ".wav")


@pytest.fixture
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Engine]:
    """A home that keeps originals, with one call and its original."""
    for name, value in {"HOME": str(tmp_path / "home"), "ORIGINALS": "keep", "ORIGINALS_KEY": KEY}.items():
        monkeypatch.setenv(f"ATTUNE_{name}", value)
    settings.cache_clear()
    engine = open_database(settings().url)
    with transaction(engine) as session:
        store_scored_call(session, CALL)
    keep_original_call(ORIGINAL, CALL_ID)
    yield engine
    engine.dispose()
    settings.cache_clear()


def the_file() -> Path:
    (file,) = (settings().home / "originals").iterdir()
    return file


def read(engine: Engine, asker: Asker = SYSTEM, call_id: str = CALL_ID, reason: str = "a complaint") -> Original:
    with transaction(engine) as session:
        return read_original(session, asker, call_id, reason)


def test_whoever_may_reads_the_original_back_and_the_record_says_so_without_its_words(kept: Engine) -> None:
    assert read(kept) == ORIGINAL
    with reading(kept) as session:
        entry = list(all_entries(session))[-1]
    assert (entry.what, entry.about_id, entry.who) == (What.ORIGINAL_READ, CALL_ID, "operator")
    assert "complaint" not in str(entry.details)


def test_no_byte_of_an_original_lies_there_in_the_clear(kept: Engine) -> None:
    data = the_file().read_bytes()
    assert b"4929" not in data
    assert base64.b64encode(b"4929") not in data
    assert b"customer" not in data


@pytest.mark.parametrize("role", [Role.QUALITY_MANAGER, Role.REVIEWER, Role.COACH, Role.AGENT])
def test_no_other_role_reads_it(kept: Engine, role: Role) -> None:
    with pytest.raises(NotAllowed, match="ATTUNE_ORIGINALS_FOR"):
        read(kept, Asker(7, role, agent_id=1, team_ids=frozenset({1})))


def test_a_role_that_is_named_reads_it_but_only_of_calls_that_it_may_see(
    kept: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ATTUNE_ORIGINALS_FOR", "coach")
    settings.cache_clear()
    with pytest.raises(StorageError, match="no call"):
        read(kept, Asker(7, Role.COACH, team_ids=frozenset({99})))
    with pytest.raises(NotAllowed):
        read(kept)


def test_reading_needs_a_reason_and_a_call_of_which_one_is_kept(kept: Engine) -> None:
    with pytest.raises(StorageError, match="reason"):
        read(kept, reason=" ")
    the_file().unlink()
    with pytest.raises(StorageError, match="No original"):
        read(kept)


def test_a_changed_file_another_call_s_file_and_another_key_are_refused(
    kept: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    data, file = the_file().read_bytes(), the_file()
    file.write_bytes(data[:-1] + bytes([data[-1] ^ 1]))
    with pytest.raises(StorageError, match="changed"):
        read(kept)
    file.write_bytes(data[:10])
    with pytest.raises(StorageError, match="changed"):
        read(kept)
    file.unlink()
    keep_original_call(replace(ORIGINAL, sound=b"another"), "another call")
    the_file().rename(file)
    with pytest.raises(StorageError, match="changed"):
        read(kept)
    file.write_bytes(data)
    monkeypatch.setenv("ATTUNE_ORIGINALS_KEY", "ab" * 32)
    settings.cache_clear()
    with pytest.raises(StorageError, match="key is another one"):
        read(kept)


@pytest.mark.parametrize("key", ["", "short", "/no/such/file"])
def test_without_a_key_nothing_is_kept_and_the_key_is_never_repeated(
    kept: Engine, monkeypatch: pytest.MonkeyPatch, key: str
) -> None:
    monkeypatch.setenv("ATTUNE_ORIGINALS_KEY", key)
    settings.cache_clear()
    with pytest.raises(SettingsError, match="ATTUNE_ORIGINALS_KEY") as refused:
        originals_are_kept()
    assert not key or key not in str(refused.value)


def test_the_key_may_stand_in_a_file(kept: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "key.hex").write_text(f"{KEY}\n")
    monkeypatch.setenv("ATTUNE_ORIGINALS_KEY", str(tmp_path / "key.hex"))
    settings.cache_clear()
    assert read(kept) == ORIGINAL


def test_a_role_that_there_is_not_is_named(kept: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ATTUNE_ORIGINALS_FOR", "boss")
    settings.cache_clear()
    with pytest.raises(SettingsError, match="boss"):
        originals_are_kept()
