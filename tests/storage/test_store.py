"""What an operator may rely on of the store of recordings, in a folder and at an address of fsspec."""

import hashlib
import os
import secrets
import time
from collections.abc import Iterator
from pathlib import Path

import fsspec
import pytest

from errors import SettingsError, StorageError, Unavailable
from settings import settings
from storage import sealed, store
from storage.store import PARTIAL, Folder, KeptFile, Remote, Store, store_at

SOUND = bytes(range(256)) * 1000
DIGEST = hashlib.sha256(SOUND).hexdigest()
KEYS = {"in the clear": "", "encrypted": "1a" * 32}


@pytest.fixture(params=["folder", "memory"])
def place(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    monkeypatch.setenv("ATTUNE_HOME", str(tmp_path / "home"))
    settings.cache_clear()
    yield store_at(str(tmp_path / "store") if request.param == "folder" else f"memory://{secrets.token_hex(8)}/store")
    settings.cache_clear()


@pytest.fixture(params=KEYS)
def kept(request: pytest.FixtureRequest, place: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> KeptFile:
    """A recording that was kept, in the clear or encrypted."""
    monkeypatch.setenv("ATTUNE_ENCRYPTION_KEY", KEYS[request.param])
    settings.cache_clear()
    (tmp_path / "call.wav").write_bytes(SOUND)
    file = KeptFile(place, f"recordings/{DIGEST[:2]}/{DIGEST}.wav")
    file.keep(tmp_path / "call.wav", DIGEST)
    return file


def raw(kept: KeptFile) -> bytes:
    with kept.store.open(kept.name) as file:
        return file.read()


def test_what_is_kept_is_read_back_from_any_place(kept: KeptFile) -> None:
    assert kept.read() == SOUND
    with kept.open() as file:
        for start, length in ((0, 10), (70_000, 66_000), (255_990, 100)):
            file.seek(start)
            assert file.read(length) == SOUND[start : start + length]
        assert file.seek(0, os.SEEK_END) == len(SOUND)


def test_only_what_is_encrypted_leaves_where_a_key_is_set(kept: KeptFile) -> None:
    assert (SOUND[:1000] in raw(kept)) == (not settings().encryption_key)


def test_what_is_said_of_a_file_is_true(kept: KeptFile) -> None:
    about = kept.about()
    assert about is not None
    assert about.size == len(raw(kept))
    assert abs(about.changed - time.time()) < 3600
    assert kept.sha256() == hashlib.sha256(raw(kept)).hexdigest()
    assert list(kept.store.names("recordings")) == [kept.name]


def test_what_needs_a_path_gets_one_that_is_gone_afterwards_where_it_is_a_copy(kept: KeptFile) -> None:
    with kept.in_the_clear() as path:
        assert (path.read_bytes(), path.suffix) == (SOUND, ".wav")
    assert path.exists() == (kept.plain_path() is not None)


def test_a_file_is_deleted_once(kept: KeptFile) -> None:
    assert kept.delete()
    assert not kept.delete()
    assert (kept.exists(), list(kept.store.names("recordings"))) == (False, [])
    with pytest.raises(FileNotFoundError):
        kept.read()


def test_a_file_that_changes_while_it_is_copied_is_not_kept(place: Store, tmp_path: Path) -> None:
    (tmp_path / "call.wav").write_bytes(SOUND)
    other = KeptFile(place, "recordings/aa/other.wav")
    with pytest.raises(StorageError, match="changed while it was read"):
        other.keep(tmp_path / "call.wav", hashlib.sha256(b"other").hexdigest())
    assert list(place.names("recordings")) == []


def test_a_source_that_is_gone_is_no_fault_of_the_store(place: Store, tmp_path: Path) -> None:
    with pytest.raises(StorageError, match=r"gone\.wav cannot be read") as wrong:
        KeptFile(place, "recordings/aa/other.wav").keep(tmp_path / "gone.wav")
    assert not isinstance(wrong.value, Unavailable)


def test_nothing_stands_under_its_name_until_it_is_whole(place: Store) -> None:
    file = KeptFile(place, "recordings/aa/one.wav")

    def interrupted() -> None:
        with file.writing() as part:
            part.write_bytes(b"half")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert not file.exists()
    assert list(place.names("recordings")) == []


def test_what_a_killed_writer_left_is_no_recording(place: Store) -> None:
    with KeptFile(place, f"recordings/aa/one.wav.7{PARTIAL}").writing() as part:
        part.write_bytes(b"half")
    assert list(place.names("recordings")) == []


def test_files_move_to_another_key_in_both_places(kept: KeptFile, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ATTUNE_ENCRYPTION_KEY_BEFORE", settings().encryption_key)
    monkeypatch.setenv("ATTUNE_ENCRYPTION_KEY", "2b" * 32)
    settings.cache_clear()
    assert kept.seal_again()
    assert not kept.seal_again()
    monkeypatch.setenv("ATTUNE_ENCRYPTION_KEY_BEFORE", "")
    settings.cache_clear()
    assert kept.read() == SOUND
    assert SOUND[:1000] not in raw(kept)


def test_a_damaged_copy_at_the_address_is_found_before_it_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ATTUNE_HOME", str(tmp_path))
    settings.cache_clear()
    files = fsspec.filesystem("memory")
    put = type(files).put_file

    def damaged(self: fsspec.AbstractFileSystem, here: str, there: str, **rest: object) -> None:
        put(self, here, there, **rest)
        with self.open(there, "wb") as file:
            file.write(b"something else")

    monkeypatch.setattr(type(files), "put_file", damaged)
    file = KeptFile(Remote("memory://damaged/store"), "recordings/aa/one.wav")
    (tmp_path / "call.wav").write_bytes(SOUND)
    with pytest.raises(Unavailable, match="is not what was sent there"):
        file.keep(tmp_path / "call.wav", DIGEST)
    assert not file.exists()
    assert files.find("/damaged") == []


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "store").write_text("a file where a folder should be")
    with pytest.raises(Unavailable, match=r"The store of recordings .*store cannot be used"):
        KeptFile(Folder(tmp_path / "store"), "recordings/aa/one.wav").keep(Path(__file__))


class Away(fsspec.AbstractFileSystem):  # type: ignore[misc]
    """A file system that nobody reaches, with errors of its own."""

    protocol = "away"

    def info(self, path: str, **rest: object) -> dict[str, object]:
        raise RuntimeError("user:secret has no route to host")

    ls = find = rm_file = _open = makedirs = info


@pytest.mark.parametrize("what", ["about", "read", "delete", "keep"])
def test_an_address_that_is_away_is_a_sentence_without_its_password(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    fsspec.register_implementation("away", Away, clobber=True)
    monkeypatch.setenv("ATTUNE_HOME", str(tmp_path))
    settings.cache_clear()
    file = KeptFile(Remote("away://user:secret@host/store"), "recordings/aa/one.wav")
    with pytest.raises(Unavailable, match=r"The store of recordings away://user@host/store .*no route to host") as wrong:
        getattr(file, what)(*([Path(__file__)] if what == "keep" else []))
    assert "secret" not in str(wrong.value)


def test_an_address_that_nothing_here_reaches_says_what_is_missing(place: Store) -> None:
    with pytest.raises(SettingsError, match=r"ATTUNE_STORE is nosuch://x, which cannot be reached from here"):
        Remote("nosuch://x").about("recordings/aa/one.wav")


def test_recordings_of_a_call_are_looked_for_in_their_folder_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ATTUNE_HOME", str(tmp_path))
    settings.cache_clear()
    (tmp_path / "recordings").mkdir()
    (tmp_path / "recordings" / "link").symlink_to(tmp_path)
    assert store.is_within("ab/abcd.wav")
    assert not any(map(store.is_within, ("../attune.db", "/etc/passwd", "link/attune.db")))
    settings.cache_clear()


@pytest.mark.parametrize("address", ["", "file://{}", "{}"])
def test_a_folder_may_be_set_in_any_of_three_ways(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, address: str) -> None:
    monkeypatch.setenv("ATTUNE_HOME", str(tmp_path))
    monkeypatch.setenv("ATTUNE_STORE", address.format(tmp_path))
    settings.cache_clear()
    assert store.store() == Folder(tmp_path)
    assert sealed.key() is None
    settings.cache_clear()
