"""What a security officer may rely on where a key is set."""

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as of_hypothesis
from hypothesis import strategies as some

from errors import SettingsError, StorageError
from settings import settings
from storage import sealed
from storage.sealed import PIECE

KEY, OTHER = "1a" * 32, "2b" * 32
SOUND = os.urandom(PIECE * 2 + 100)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    use(monkeypatch, tmp_path, KEY)
    return tmp_path


def use(monkeypatch: pytest.MonkeyPatch, home: Path, key: str, before: str = "") -> None:
    for name, value in {"HOME": str(home), "ENCRYPTION_KEY": key, "ENCRYPTION_KEY_BEFORE": before}.items():
        monkeypatch.setenv(f"ATTUNE_{name}", value)
    settings.cache_clear()


def a_file(home: Path, data: bytes = SOUND) -> Path:
    sealed.write_kept(home / "call.wav", data)
    return home / "call.wav"


@pytest.mark.parametrize("size", [0, 1, PIECE - 1, PIECE, PIECE + 1, 2 * PIECE, 2 * PIECE + 100])
def test_what_is_kept_comes_back_and_does_not_lie_there_in_the_clear(home: Path, size: int) -> None:
    file = a_file(home, SOUND[:size])
    assert sealed.read_kept(file) == SOUND[:size]
    assert size < 32 or SOUND[:32] not in file.read_bytes()


@pytest.fixture
def kept(home: Path) -> Path:
    """A file that is only read."""
    return a_file(home)


@given(start=some.integers(0, len(SOUND) + 10), length=some.integers(0, PIECE + 10))
@of_hypothesis(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_stretch_can_be_read(kept: Path, start: int, length: int) -> None:
    with sealed.open_kept(kept) as file:
        file.seek(start)
        assert file.read(length) == SOUND[start : start + length]


@pytest.mark.parametrize("harm", ["change", "cut a piece", "cut a byte", "swap pieces", "add"])
def test_a_file_that_was_changed_is_not_read(home: Path, harm: str) -> None:
    file = a_file(home)
    data = bytearray(file.read_bytes())
    head, step = 40, PIECE + 16
    if harm == "change":
        data[head + 5] ^= 1
    elif harm == "swap pieces":
        data[head : head + step], data[head + step : head + 2 * step] = (
            data[head + step : head + 2 * step],
            data[head : head + step],
        )
    else:
        data = data + b"more" if harm == "add" else data[: -116 if harm == "cut a piece" else -1]
    file.write_bytes(data)
    with pytest.raises(StorageError, match="was changed"):
        sealed.read_kept(file)


def test_another_key_is_a_sentence(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = a_file(home)
    use(monkeypatch, home, OTHER)
    with pytest.raises(StorageError, match="encrypted with another key than the one that is set; set ATTUNE_ENCRYPTION_KEY"):
        sealed.read_kept(file)
    use(monkeypatch, home, "")
    with pytest.raises(StorageError, match="for none is"):
        sealed.read_kept(file)
    use(monkeypatch, home, "short")
    with pytest.raises(SettingsError, match="ATTUNE_ENCRYPTION_KEY is neither 64 hex digits"):
        sealed.read_kept(file)


def test_a_file_from_before_there_was_a_key_is_read_and_can_be_encrypted(home: Path) -> None:
    file = home / "call.wav"
    file.write_bytes(SOUND)
    os.utime(file, (1_000, 1_000))
    assert sealed.read_kept(file) == SOUND
    assert sealed.seal_again(file)
    assert not sealed.seal_again(file)
    assert SOUND[:32] not in file.read_bytes()
    assert (sealed.read_kept(file), file.stat().st_mtime) == (SOUND, 1_000)


def test_a_file_moves_from_one_key_to_another(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = a_file(home)
    use(monkeypatch, home, OTHER, before=KEY)
    assert sealed.read_kept(file) == SOUND
    assert sealed.seal_again(file)
    use(monkeypatch, home, OTHER)
    assert sealed.read_kept(file) == SOUND


def test_whoever_is_killed_in_between_leaves_the_old_file(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = a_file(home)
    use(monkeypatch, home, OTHER, before=KEY)
    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", lambda *_: (_ for _ in ()).throw(OSError("killed")))
        with pytest.raises(OSError, match="killed"):
            sealed.seal_again(file)
    assert sealed.read_kept(file) == SOUND
    assert sealed.seal_again(file)


def test_a_copy_in_the_clear_goes_when_the_work_is_over(home: Path) -> None:
    file = a_file(home)
    with sealed.in_the_clear(file) as clear:
        assert (clear.name, clear.read_bytes()) == ("call.wav", SOUND)
    assert not clear.parent.exists()
    assert [one.name for one in home.iterdir()] == ["call.wav"]
