"""What an operator may rely on who encrypts what is kept, and moves it to another key."""

import shutil
from pathlib import Path

import pytest
from sqlalchemy import Engine

from errors import SettingsError
from pipeline.ingest import keep_recording
from pipeline.originals import keep_original, original_of, vcon_of
from pipeline.rotate import rotate
from settings import settings
from storage import sealed
from storage.access import SYSTEM
from storage.database import transaction
from storage.originals import Original, keep_original_call, read_original
from storage.repository import store_scored_call
from tests.storage.build import a_scored_call
from transcripts.identify import file_hash
from transcripts.model import Span

SPEECH = Path(__file__).parent.parent / "transcripts" / "audio" / "call.ogg"
OLD, NEW = "1a" * 32, "2b" * 32


def use(monkeypatch: pytest.MonkeyPatch, **keys: str) -> None:
    for name in ("ENCRYPTION_KEY", "ENCRYPTION_KEY_BEFORE", "ORIGINALS_KEY", "ORIGINALS_KEY_BEFORE"):
        monkeypatch.setenv(f"ATTUNE_{name}", keys.get(name.lower(), ""))
    settings.cache_clear()


def test_a_recording_that_is_taken_in_is_encrypted(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    use(monkeypatch, encryption_key=OLD)
    kept = settings().home / "recordings" / keep_recording(SPEECH, file_hash(SPEECH))
    assert sealed.read_kept(kept) == SPEECH.read_bytes()
    assert sealed.sealed_with(kept) is not None


def test_a_silenced_recording_is_encrypted_too(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    use(monkeypatch, encryption_key=OLD)
    kept = settings().home / "recordings" / keep_recording(SPEECH, file_hash(SPEECH), [Span(0.5, 1.0)])
    assert sealed.read_kept(kept).startswith(b"fLaC")
    assert not kept.read_bytes().startswith(b"fLaC")
    assert [one.name for one in kept.parent.iterdir()] == [kept.name]


def test_a_vcon_is_encrypted_and_read(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    use(monkeypatch, encryption_key=OLD)
    (tmp_path / "a.vcon").write_text('{"vcon": "0.0.1", "uuid": "x", "parties": [], "dialog": []}')
    assert keep_original(tmp_path / "a.vcon", "a call")
    assert b"parties" not in (home / vcon_of("a call").name).read_bytes()
    found = original_of("a call")
    assert found is not None
    assert found["uuid"] == "x"


def test_every_kept_file_moves_to_the_new_key_and_doing_it_again_changes_nothing(
    engine: Engine, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    use(monkeypatch, encryption_key=OLD)
    places = [
        home / place for place in ("recordings/ab/one.wav", "waveforms/one.json", "vcons/one.json", "inbox/x/call.wav")
    ]
    for place in places:
        sealed.write_kept(place, place.name.encode())
    (home / "playable").mkdir()
    (home / "playable" / "one.wav").write_bytes(b"from before there was a key")
    use(monkeypatch, encryption_key=NEW, encryption_key_before=OLD)
    assert (rotate(engine).encrypted, rotate(engine).already) == (5, 5)
    use(monkeypatch, encryption_key=NEW)
    assert [sealed.read_kept(place) for place in places] == [place.name.encode() for place in places]
    assert sealed.read_kept(home / "playable" / "one.wav") == b"from before there was a key"


def test_whoever_is_interrupted_goes_on_and_what_cannot_be_read_is_named(
    engine: Engine, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    use(monkeypatch, encryption_key=OLD)
    for name in ("a", "b", "c"):
        sealed.write_kept(home / "recordings" / name, name.encode())
    shutil.copy(home / "recordings" / "a", home / "recordings" / "a.part")  # left by somebody who was killed
    use(monkeypatch, encryption_key=NEW, encryption_key_before=OLD)
    sealed.seal_again(home / "recordings" / "b")
    broken = bytearray((home / "recordings" / "c").read_bytes())
    broken[-1] ^= 1
    (home / "recordings" / "c").write_bytes(broken)
    done = rotate(engine)
    assert (done.encrypted, done.already) == (1, 1)
    assert ["c was changed" in problem for problem in done.problems] == [True]


def test_originals_move_with_their_own_key(engine: Engine, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    call = a_scored_call("a call")
    with transaction(engine) as session:
        store_scored_call(session, call)
    use(monkeypatch, originals_key=OLD)
    keep_original_call(Original(call.transcript, b"sound", ".wav"), call.transcript.call_id)
    use(monkeypatch, originals_key=NEW, originals_key_before=OLD)
    assert (rotate(engine).originals, rotate(engine).originals) == (1, 0)
    use(monkeypatch, originals_key=NEW)
    with transaction(engine) as session:
        assert read_original(session, SYSTEM, call.transcript.call_id, "a complaint").sound == b"sound"


def test_without_a_key_there_is_a_sentence(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    use(monkeypatch)
    with pytest.raises(SettingsError, match="set ATTUNE_ENCRYPTION_KEY"):
        rotate(engine)
