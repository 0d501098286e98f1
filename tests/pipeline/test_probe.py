"""A file that somebody sent is read to its end where it can do no harm, and refused with a sentence."""

import json
import signal
import subprocess
import wave
from pathlib import Path

import pytest

from errors import AttuneError, InputError
from pipeline import probe as bounds
from pipeline.listen import Fault, fault_of
from pipeline.probe import ARCHIVES, check_is_no_archive, probe

SPEECH = Path(__file__).parents[1] / "transcripts" / "audio"


def _transcript(file: Path) -> Path:
    turns = [{"speaker": "agent", "text": "Good morning."}]
    file.write_text(json.dumps({"file": "chat", "duration_seconds": 4, "language": "en", "turns": turns}))
    return file


def test_recordings_and_transcripts_pass(tmp_path: Path) -> None:
    probe(SPEECH / "call.ogg")
    probe(_transcript(tmp_path / "chat.json"))


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
        wav.writeframes(b"\x80" * 3_600 * 1000)
    probe(file)
    monkeypatch.setattr(bounds, "LONGEST_HOURS", 0.5)
    with pytest.raises(InputError, match="longer than"):
        bounds._read_whole(file)


def test_a_file_that_takes_too_long_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bounds, "WALL_SECONDS", 0.01)
    with pytest.raises(InputError, match="more time or memory"):
        probe(SPEECH / "call.ogg")


@pytest.mark.parametrize(
    ("ends", "becomes"),
    [
        (bounds.TOO_MUCH, Fault.FILE),
        (-signal.SIGXCPU, Fault.FILE),
        (1, Fault.UNKNOWN),
        (-signal.SIGKILL, Fault.UNKNOWN),
        (-signal.SIGSEGV, Fault.UNKNOWN),
        (-signal.SIGTERM, Fault.MACHINE),
        (-signal.SIGINT, Fault.MACHINE),
    ],
)
def test_how_the_reading_ended_says_whether_the_file_is_to_blame(
    monkeypatch: pytest.MonkeyPatch, ends: int, becomes: Fault
) -> None:
    def ended(command: list[str], **how: object) -> subprocess.CompletedProcess[bytes]:
        assert how["start_new_session"]  # so that Ctrl-C does not reach it
        return subprocess.CompletedProcess(command, ends, b"", b"")

    monkeypatch.setattr(subprocess, "run", ended)
    with pytest.raises(AttuneError) as wrong:
        probe(SPEECH / "call.ogg")
    assert fault_of(wrong.value) is becomes


def test_the_process_itself_says_that_memory_did_not_suffice(monkeypatch: pytest.MonkeyPatch) -> None:
    def too_large(file: Path) -> None:
        raise MemoryError

    monkeypatch.setattr(bounds, "_limit", lambda: None)
    monkeypatch.setattr(bounds, "_read_whole", too_large)
    assert bounds.main(SPEECH / "call.ogg") == bounds.TOO_MUCH
