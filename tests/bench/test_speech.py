"""What the comparison of speeds promises about what it measures."""

from pathlib import Path

import pytest

from bench import speech
from transcripts.audio import decode_channels


def test_the_long_call_has_two_sides_and_the_length_that_was_asked_for(tmp_path: Path) -> None:
    speech.write_long(tmp_path / "long.wav", speech.TWO_CHANNELS[:1], 120.0)
    channels = decode_channels(tmp_path / "long.wav", speech.TELEPHONE_RATE)
    assert len(channels) == 2
    assert [len(channel) for channel in channels] == [120 * speech.TELEPHONE_RATE] * 2


@pytest.mark.parametrize(("stored", "ours", "holds"), [(2, 10.0, True), (2, 10.1, False), (1, 5.0, False)])
def test_it_holds_from_six_times_as_fast_on_and_only_if_every_call_was_stored(
    monkeypatch: pytest.MonkeyPatch, stored: int, ours: float, holds: bool
) -> None:
    monkeypatch.setattr(speech, "take_in", lambda files: (stored, ours))
    monkeypatch.setattr(speech, "transcribe_with_openai", lambda files: (120.0, 60.0))
    assert speech.compare([Path("one.wav"), Path("two.wav")])["holds"] is holds
