"""What holds where recordings, vCons and originals lie at an address that fsspec reaches, and not in the home folder."""

import json
import secrets
import zipfile
from datetime import UTC, datetime
from pathlib import Path

import fsspec
import numpy as np
import pytest
from sqlalchemy import Engine, select

from pipeline.erase import erase_customer, look_for
from pipeline.export_person import PersonKind, write_person
from pipeline.ingest import keep_recording
from pipeline.originals import keep_original, original_of, vcon_of
from pipeline.redact_stored import redact_stored
from pipeline.rotate import rotate
from pipeline.score import judge
from settings import settings
from storage.access import SYSTEM
from storage.database import reading, transaction
from storage.originals import Original, keep_original_call, original_file, read_original
from storage.records import CallFacts, CallKind, ScoredCall
from storage.repository import store_scored_call
from storage.store import recording_file
from storage.tables import CallRow
from tests.transcripts.sound import CALL as SPEECH
from transcripts.audio import decode_channels
from transcripts.identify import file_hash
from transcripts.model import Sides, Speaker, Transcript, Turn, Word

CALL_ID, VERA = "a-stored-call", "Vera Lund"
SAID = ["my", "card", "number", "is", "4929", "1182", "3341", "2219."]
CLEAR, SEALED, OTHER = "", "1a" * 32, "2b" * 32


@pytest.fixture(params=[CLEAR, SEALED], ids=["in the clear", "encrypted"])
def stored(request: pytest.FixtureRequest, engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Engine:
    """A call with a recording, a vCon and an original, in which a card number was said from second 2 to 5."""
    place = f"memory://{secrets.token_hex(8)}/store"
    for name, value in {"STORE": place, "ENCRYPTION_KEY": request.param, "ORIGINALS_KEY": SEALED}.items():
        monkeypatch.setenv(f"ATTUNE_{name}", value)
    settings.cache_clear()
    words = tuple(Word(text, 1.0 + 0.5 * n, 1.5 + 0.5 * n, 0.9) for n, text in enumerate(SAID))
    turns = (Turn(Speaker.AGENT, 0.0, 1.0, "Your card?"), Turn(Speaker.CUSTOMER, 1.0, 5.0, " ".join(SAID), words))
    transcript = Transcript(CALL_ID, turns, decode_channels(SPEECH)[0].size / 16_000, 2, sides=Sides.CHANNELS)
    recording = keep_recording(SPEECH, file_hash(SPEECH))
    when = datetime(2025, 3, 5, tzinfo=UTC)
    facts = CallFacts(file_hash(SPEECH), CallKind.RECORDING, "call.ogg", when, customer=VERA, recording=recording)
    with transaction(engine) as session:
        store_scored_call(session, ScoredCall(facts, transcript, judge(transcript, []).signals, ()))
    (tmp_path / "a.vcon").write_text(json.dumps({"vcon": "0.0.1", "uuid": "x", "parties": [], "dialog": []}))
    assert keep_original(tmp_path / "a.vcon", CALL_ID)
    keep_original_call(Original(transcript, b"sound"), CALL_ID)
    return engine


def at_the_address() -> list[str]:
    return [str(path) for path in fsspec.filesystem("memory").find(settings().store.removeprefix("memory:/"))]


def row(engine: Engine) -> str:
    with reading(engine) as session:
        return str(session.scalar(select(CallRow.recording)))


def test_nothing_of_it_lies_in_the_home_folder(stored: Engine, home: Path) -> None:
    assert len(at_the_address()) == 3
    assert {file.name.split(".")[0] for file in home.rglob("*") if file.is_file()} == {"attune"}
    assert recording_file(row(stored)).read() == SPEECH.read_bytes()
    assert original_of(CALL_ID) == {"vcon": "0.0.1", "uuid": "x", "parties": [], "dialog": []}
    with transaction(stored) as session:
        assert read_original(session, SYSTEM, CALL_ID, "a complaint").sound == b"sound"


def test_keeping_a_recording_again_sends_nothing(stored: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    memory = type(fsspec.filesystem("memory"))
    monkeypatch.setattr(memory, "put_file", lambda *_: pytest.fail("it was sent again"))
    assert keep_recording(SPEECH, file_hash(SPEECH)) == row(stored)


def test_a_stored_call_is_silenced_there_and_the_sound_from_before_goes(stored: Engine) -> None:
    before = row(stored)
    assert [one.silenced for one in redact_stored(stored, SYSTEM) if not isinstance(one, str)] == [True]
    assert row(stored) != before
    assert not recording_file(before).exists()
    with recording_file(row(stored)).in_the_clear() as clear:
        sound = np.stack(decode_channels(clear))
    assert not sound[:, round(3.1 * 16_000) : round(4.9 * 16_000)].any()
    assert sound[:, : round(2.5 * 16_000)].any()


def test_a_persons_recordings_are_handed_out_from_there(stored: Engine, tmp_path: Path) -> None:
    assert write_person(stored, SYSTEM, PersonKind.CUSTOMER, VERA, tmp_path / "vera.zip")["recordings"] == 1
    with zipfile.ZipFile(tmp_path / "vera.zip") as packed:
        assert packed.read("sound/1.ogg") == SPEECH.read_bytes()


def test_an_erased_customers_files_go_from_there_and_their_hashes_are_reported(stored: Engine) -> None:
    assert sorted(file.sort for file in look_for(stored, SYSTEM, VERA).files) == ["original", "recording", "vcon"]
    hashes = {recording_file(row(stored)).sha256(), vcon_of(CALL_ID).sha256(), original_file(CALL_ID).sha256()}
    assert {file.sha256 for file in erase_customer(stored, SYSTEM, VERA).files} == hashes
    assert at_the_address() == []


def test_what_lies_there_moves_to_another_key(stored: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ATTUNE_ENCRYPTION_KEY_BEFORE", settings().encryption_key)
    monkeypatch.setenv("ATTUNE_ENCRYPTION_KEY", OTHER)
    settings.cache_clear()
    assert (rotate(stored).encrypted, rotate(stored).already) == (2, 2)
    monkeypatch.setenv("ATTUNE_ENCRYPTION_KEY_BEFORE", "")
    settings.cache_clear()
    assert recording_file(row(stored)).read() == SPEECH.read_bytes()
    assert original_of(CALL_ID) is not None
