"""A file that somebody sent is read to its end where it can do no harm, and refused with a sentence."""

import base64
import json
import wave
from pathlib import Path
from typing import Any

import pytest

from errors import InputError
from pipeline import probe as bounds
from pipeline.probe import ARCHIVES, check_is_no_archive, probe
from transcripts import formats

SPEECH = Path(__file__).parents[1] / "transcripts" / "audio"


def _transcript(file: Path) -> Path:
    turns = [{"speaker": "agent", "text": "Good morning."}]
    file.write_text(json.dumps({"file": "chat", "duration_seconds": 4, "language": "en", "turns": turns}))
    return file


def test_recordings_and_transcripts_pass(tmp_path: Path) -> None:
    probe(SPEECH / "call.ogg")
    probe(_transcript(tmp_path / "chat.json"))


def _vcon(file: Path, *dialogs: dict[str, Any]) -> Path:
    whole = {"vcon": "0.3.0", "uuid": "0", "created_at": "2026-08-04T12:00:00Z", "parties": [{"name": "A"}, {"name": "B"}]}
    file.write_text(json.dumps({**whole, "dialog": list(dialogs)}))
    return file


SOUND = {
    "type": "recording", "start": "2026-08-04T12:00:00Z", "duration": 1, "parties": [0, 1], "mediatype": "audio/ogg",
    "encoding": "base64url", "body": base64.urlsafe_b64encode((SPEECH / "call.ogg").read_bytes()).decode().rstrip("="),
}  # fmt: skip
TEXT = {
    "type": "text", "start": "2026-08-04T12:00:00Z", "parties": [0], "mediatype": "text/plain", "encoding": "none",
    "body": "Good morning.",
}  # fmt: skip


def test_what_is_written_in_a_vcon_is_read_here_too_where_a_recording_lies_inside(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    probe(_vcon(tmp_path / "both.vcon", SOUND, TEXT))
    probe(_vcon(tmp_path / "sound.vcon", SOUND))  # that nothing is written in it is no fault
    read = list[Path]()
    monkeypatch.setattr(formats, "read_conversations", read.append)
    bounds.read_whole(tmp_path / "both.vcon")
    assert read == [tmp_path / "both.vcon"]


@pytest.mark.parametrize("start", ARCHIVES, ids=ARCHIVES.values())
def test_archives_are_refused_by_how_they_begin(start: bytes) -> None:
    with pytest.raises(InputError, match="archive"):
        check_is_no_archive(start + b"\0" * 600)


def test_a_tar_is_an_archive_too() -> None:
    with pytest.raises(InputError, match=r"archive \(tar\)"):
        check_is_no_archive(b"call.wav".ljust(257, b"\0") + b"ustar\0" + b"\0" * 300)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("call.wav", b"no sound"),
        ("call.wav", b"RIFF\xff\xff\xff\xffWAVEfmt "),
        ("call.json", b"{" * 100_000),
        ("call.json", b"[" * 100_000 + b"]" * 100_000),
        ("call.mp3", b"#!/bin/sh\nrm -rf /\n"),
        ("call.m3u8", b"#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n"),
        ("call.exe", b"MZ" + bytes(range(256)) * 20),
    ],
)
def test_what_is_neither_is_refused_in_a_sentence(tmp_path: Path, name: str, content: bytes) -> None:
    file = tmp_path / name
    file.write_bytes(content)
    with pytest.raises(InputError) as refused:
        probe(file)
    assert "Traceback" not in str(refused.value)
    assert len(str(refused.value)) > 20


def test_a_recording_that_unpacks_to_days_of_silence_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "bomb.wav"
    with wave.open(str(file), "wb") as wav:
        wav.setnchannels(1)
        wav.setsampwidth(1)
        wav.setframerate(1000)
        wav.writeframes(b"\x80" * 360 * 1000)
    probe(file)
    monkeypatch.setattr(bounds, "LONGEST_HOURS", 0.05)
    with pytest.raises(InputError, match="longer than"):
        bounds.read_whole(file)
