"""What may be relied on where a recording is written without what is private in it."""

import wave
from pathlib import Path

import numpy as np
import pytest

from errors import RecordingError
from tests.transcripts.sound import CALL, tone
from transcripts.audio import decode_channels
from transcripts.model import Span
from transcripts.private import Kind, Removed
from transcripts.silence import MARGIN_SECONDS, silent_spans, write_silenced


def removed(start: float | None, end: float | None) -> Removed:
    return Removed(Kind.CARD_NUMBER, 0, 0, 2, start, end)


def test_the_seconds_are_silent_on_every_channel_and_the_rest_is_as_it_was(tmp_path: Path) -> None:
    write_silenced(CALL, tmp_path / "silenced.flac", [Span(3.0, 5.0)])
    before, after = (np.stack(decode_channels(path)) for path in (CALL, tmp_path / "silenced.flac"))
    assert after.shape == before.shape
    inside, outside = slice(round(3.02 * 16_000), round(4.98 * 16_000)), slice(round(5.1 * 16_000), None)
    assert not after[:, inside].any()
    assert np.abs(before[:, inside]).max() > 0.01
    assert np.abs(after[:, outside] - before[:, outside]).max() < 0.02


def test_spans_have_a_margin_stay_in_the_call_and_close_short_pauses() -> None:
    spans = silent_spans([removed(0.05, 1.0), removed(1.9, 2.5), removed(8.0, 9.95), removed(None, None)], 10.0)
    assert spans == [Span(0.0, 2.5 + MARGIN_SECONDS), Span(8.0 - MARGIN_SECONDS, 10.0)]


def test_a_span_across_half_minutes_is_silent_throughout(tmp_path: Path) -> None:
    with wave.open(str(tmp_path / "long.wav"), "wb") as long:
        long.setnchannels(1)
        long.setsampwidth(2)
        long.setframerate(16_000)
        long.writeframes((tone(70.0)[0] * 32_767).astype(np.int16).tobytes())
    write_silenced(tmp_path / "long.wav", tmp_path / "silenced.flac", [Span(25.0, 65.0)])
    (after,) = decode_channels(tmp_path / "silenced.flac")
    assert len(after) == 70 * 16_000
    assert not after[round(25.01 * 16_000) : round(64.99 * 16_000)].any()
    assert after[: 24 * 16_000].any()
    assert after[66 * 16_000 :].any()


def test_what_is_no_recording_is_refused_with_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "text.wav").write_text("no sound")
    with pytest.raises(RecordingError, match=r"text\.wav"):
        write_silenced(tmp_path / "text.wav", tmp_path / "out.flac", [Span(0, 1)])
