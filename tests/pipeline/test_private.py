"""What a security officer may rely on: nothing private is written anywhere."""

import json
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import Engine

from errors import SettingsError
from pipeline.arrivals import ingest_files
from pipeline.ingest import State
from pipeline.listen import Listening
from pipeline.metadata import NOTHING_KNOWN, read_metadata
from pipeline.private import kinds_taken_out
from settings import settings
from storage import queries
from storage.access import SYSTEM
from storage.database import reading, transaction
from storage.originals import read_original
from storage.records import CallFilter
from tests.build import a_spoken_turn, a_transcript
from tests.storage.contents import stored_bytes
from transcripts.audio import decode_channels
from transcripts.identify import call_id_of, file_hash
from transcripts.private import ALL_KINDS, Kind

GROUPS = ("4929", "1182", "3341", "2219")


def write_call(path: Path, team: str = "") -> None:
    lines = [
        ("agent", "Thank you for calling, can I take the long number across the front of the card?"),
        *(("customer", f"It's {group}, then.") for group in GROUPS),
        ("agent", f"So that's {' '.join(GROUPS)}, and the password on the account?"),
        ("customer", "Marzipanfern."),
    ]
    turns = [{"speaker": who, "text": text, "start": 5.0 * n, "end": 5.0 * n + 4} for n, (who, text) in enumerate(lines)]
    path.write_text(json.dumps({"file": path.name, "duration_seconds": 40.0, "language": "en", "turns": turns}))


def holds(stored: bytes, private: str) -> bool:
    """Whether it is in there, other than by chance among the digits of a hash or of a number."""
    return re.search(rb"(?<![0-9a-f.])" + private.encode() + rb"(?![0-9a-f])", stored) is not None


def ingest(*paths: Path, metadata: Path | None = None) -> list[State]:
    listed = read_metadata(metadata) if metadata else NOTHING_KNOWN
    outcomes = ingest_files(paths, listed, Listening.from_settings(settings()), ("compliance", "empathy"))
    return [outcome.state for outcome in outcomes]


def test_no_byte_of_a_card_or_password_is_in_anything_that_is_stored(tmp_path: Path, engine: Engine) -> None:
    write_call(tmp_path / "one.json")
    assert ingest(tmp_path / "one.json") == [State.SCORED]
    engine.dispose()
    stored = stored_bytes(engine, settings().home)
    assert b"[card number]" in stored
    assert not any(holds(stored, private) for private in (*GROUPS, "Marzipanfern", "marzipanfern"))


def test_the_stored_sound_is_silent_where_a_number_was_said(
    inbox: Path, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = [("My", 3.0, 3.2), ("card", 3.2, 3.5), ("number", 3.5, 3.8), ("is", 3.8, 4.0)]
    words += [(group, 4.0 + n, 5.0 + n) for n, group in enumerate(GROUPS)]
    heard = a_transcript(a_spoken_turn("customer", words), a_spoken_turn("agent", [("Thanks.", 9.0, 9.5)]))
    monkeypatch.setattr(Listening, "to", lambda *_: heard)
    assert ingest(inbox / "good.ogg") == [State.SCORED]
    with reading(engine) as session:
        (call,) = queries.calls(session, SYSTEM, CallFilter()).to_dict("records")
        kept = queries.recording_path(session, SYSTEM, str(call["call_id"]))
        details = queries.call_details(session, SYSTEM, str(call["call_id"]))
    assert kept is not None
    assert details is not None
    assert [turn.text for turn in details.transcript.turns] == ["My card number is [card number]", "Thanks."]
    before, after = (np.stack(decode_channels(path)) for path in (inbox / "good.ogg", settings().home / "recordings" / kept))
    assert after.shape == before.shape
    said = slice(round(3.9 * 16_000), round(8.1 * 16_000))
    assert not after[:, said].any()
    assert before[:, said].any()
    original = (inbox / "good.ogg").read_bytes()
    assert not any(path.read_bytes() == original for path in settings().home.rglob("*") if path.is_file())


def test_a_vcon_in_which_something_private_is_said_is_not_kept(tmp_path: Path, engine: Engine) -> None:
    vcon = {
        "vcon": "0.3.0",
        "uuid": "018f3a52-7f3c-8b1e-9d55-3a1c0de0aa02",
        "created_at": "2026-03-31T14:05:00Z",
        "parties": [{"name": "Mina Okafor", "role": "agent"}, {"name": "Casey Brook", "role": "customer"}],
        "dialog": [
            {"type": "text", "start": f"2026-03-31T14:0{n}:00Z", "parties": [n % 2], "mediatype": "text/plain", "body": text}
            for n, text in enumerate(["Can I take your card number?", f"It's {' '.join(GROUPS)}."])
        ],
    }  # fmt: skip
    (tmp_path / "call.vcon").write_text(json.dumps(vcon))
    assert ingest(tmp_path / "call.vcon") == [State.SCORED]
    assert not any(holds(stored_bytes(engine, settings().home), group) for group in GROUPS)


def test_kinds_can_be_set_for_all_and_for_a_team(tmp_path: Path, engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ATTUNE_PRIVATE", "password")
    monkeypatch.setenv("ATTUNE_PRIVATE_BY_TEAM", "Payments: all; Lab: none")
    settings.cache_clear()
    assert kinds_taken_out() == kinds_taken_out("Sales") == {Kind.PASSWORD}
    assert kinds_taken_out("Payments") == ALL_KINDS
    assert kinds_taken_out("Lab") == frozenset()
    write_call(tmp_path / "one.json")
    (tmp_path / "calls.csv").write_text("file,agent,team\none.json,Mina Okafor,Lab\n")
    ingest(tmp_path / "one.json", metadata=tmp_path / "calls.csv")
    with reading(engine) as session:
        (call,) = queries.calls(session, SYSTEM, CallFilter()).to_dict("records")
        details = queries.call_details(session, SYSTEM, str(call["call_id"]))
    assert details is not None
    assert details.transcript.turns[-1].text == "Marzipanfern."


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("PRIVATE", "card_numbers", "card_numbers"),
        ("PRIVATE", "", "nothing"),
        ("PRIVATE_BY_TEAM", "Payments", "TEAM: KINDS"),
        ("PRIVATE_BY_TEAM", "Payments: everything", "Payments"),
    ],
)
def test_a_kind_that_there_is_not_is_said_before_anything_is_heard(
    tmp_path: Path, engine: Engine, monkeypatch: pytest.MonkeyPatch, name: str, value: str, said: str
) -> None:
    monkeypatch.setenv(f"ATTUNE_{name}", value)
    settings.cache_clear()
    write_call(tmp_path / "one.json")
    with pytest.raises(SettingsError, match=said):
        ingest(tmp_path / "one.json")


def test_where_originals_are_kept_the_words_and_the_sound_come_back_for_who_may(
    inbox: Path, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ATTUNE_ORIGINALS", "keep")
    settings.cache_clear()
    with pytest.raises(SettingsError, match="ATTUNE_ORIGINALS_KEY"):
        ingest(inbox / "good.ogg")
    monkeypatch.setenv("ATTUNE_ORIGINALS_KEY", "0f" * 32)
    settings.cache_clear()
    heard = a_transcript(a_spoken_turn("customer", [(group, 4.0 + n, 5.0 + n) for n, group in enumerate(GROUPS)]))
    call_id = call_id_of(file_hash(inbox / "good.ogg"))
    monkeypatch.setattr(Listening, "to", lambda *_: replace(heard, call_id=call_id))
    assert ingest(inbox / "good.ogg") == [State.SCORED]
    with transaction(engine) as session:
        original = read_original(session, SYSTEM, call_id, "a complaint")
    assert original.transcript.turns == heard.turns
    assert (original.sound, original.ending) == ((inbox / "good.ogg").read_bytes(), ".ogg")
    engine.dispose()
    stored = stored_bytes(engine, settings().home)
    assert not any(holds(stored, group) for group in GROUPS)
