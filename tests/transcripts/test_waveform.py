"""A waveform shows where each channel is loud, fits on a screen however long the call is, and is worked out once."""

import os
import wave
from pathlib import Path

import numpy as np
import pytest

import transcripts.waveform
from errors import RecordingError
from transcripts.waveform import MOST_STEPS, Waveform, draw_waveform, kept_waveform

RATE = 8000


def a_recording(path: Path, *loudness: tuple[float, ...]) -> Path:
    """One channel for each tuple, a second of noise for each loudness in it."""
    noise = np.random.default_rng(3)
    channels = [np.concatenate([level * noise.uniform(-1, 1, RATE) for level in channel]) for channel in loudness]
    with wave.open(str(path), "wb") as wav:
        wav.setnchannels(len(channels))
        wav.setsampwidth(2)
        wav.setframerate(RATE)
        wav.writeframes((32000 * np.stack(channels, axis=1)).astype("<i2").tobytes())
    return path


def at(waveform: Waveform, channel: int, second: float) -> int:
    """How high it stands there."""
    return int(waveform.channels[channel][round(second / waveform.step_seconds)])


def test_each_channel_is_high_where_it_is_loud_and_flat_where_it_is_silent(tmp_path: Path) -> None:
    waveform = draw_waveform(a_recording(tmp_path / "call.wav", (0.8, 0, 0, 0), (0, 0, 0.8, 0.4)))
    assert at(waveform, 0, 0.5) > 200
    assert at(waveform, 0, 2.5) < 5
    assert at(waveform, 1, 0.5) < 5
    assert at(waveform, 1, 2.5) > 200
    assert 150 < at(waveform, 1, 3.5) < 200


def test_a_faint_side_fills_the_height_and_mere_noise_does_not(tmp_path: Path) -> None:
    faint = draw_waveform(a_recording(tmp_path / "faint.wav", (0.1, 0.1), (0.8, 0)))
    assert at(faint, 0, 0.5) > 200
    noise = draw_waveform(a_recording(tmp_path / "noise.wav", (0.004, 0.004), (0.8, 0)))
    assert at(noise, 0, 0.5) < 80


def test_a_long_call_takes_wider_steps(tmp_path: Path) -> None:
    waveform = draw_waveform(a_recording(tmp_path / "long.wav", (0.5,) * 130))
    (channel,) = waveform.channels
    assert len(channel) <= MOST_STEPS
    assert len(channel) * waveform.step_seconds == pytest.approx(130, abs=0.2)


def test_it_is_worked_out_once_and_again_when_the_recording_changes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, folder = a_recording(tmp_path / "call.wav", (0.5, 0)), tmp_path / "kept"
    first = kept_waveform(path, folder)
    with monkeypatch.context() as unable:
        unable.setattr(transcripts.waveform, "draw_waveform", lambda path: pytest.fail("it was worked out again"))
        assert kept_waveform(path, folder).to_dict() == first.to_dict()
    a_recording(path, (0, 0.5))
    later = path.stat().st_mtime + 10
    os.utime(path, (later, later))
    assert kept_waveform(path, folder).to_dict() != first.to_dict()


@pytest.mark.parametrize("damage", ["", "{", "[]", '{"form": 0}', '{"form": 1, "step_seconds": 1}'])
def test_a_damaged_file_is_worked_out_again(tmp_path: Path, damage: str) -> None:
    path, folder = a_recording(tmp_path / "call.wav", (0.5, 0)), tmp_path / "kept"
    whole = kept_waveform(path, folder).to_dict()
    (folder / "call.json").write_text(damage)
    assert kept_waveform(path, folder).to_dict() == whole


def test_what_is_no_recording_is_said(tmp_path: Path) -> None:
    text = tmp_path / "call.wav"
    text.write_text("not a sound")
    with pytest.raises(RecordingError, match="holds text"):
        kept_waveform(text, tmp_path / "kept")
