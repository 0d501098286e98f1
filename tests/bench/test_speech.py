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
    monkeypatch.setattr(speech, "take_in", lambda files: (stored, speech.Taken(ours, ours)))
    monkeypatch.setattr(speech, "transcribe_with_openai", lambda files: (120.0, speech.Taken(60.0, 90.0)))
    assert speech.compare([Path("one.wav"), Path("two.wav")])["holds"] is holds


@pytest.mark.parametrize(
    ("three_hours", "gigabytes", "transcribed", "holds"),
    [(345.0, 1.19, True, True), (346.0, 1.19, True, False), (300.0, 1.2, True, False), (300.0, 0.9, False, False)],
)
def test_long_calls_hold_in_proportion_and_in_memory(
    monkeypatch: pytest.MonkeyPatch, three_hours: float, gigabytes: float, transcribed: bool, holds: bool
) -> None:
    seconds = {1: 100.0, 3: three_hours}
    monkeypatch.setattr(
        speech,
        "measure_hours",
        lambda files, hours: {"seconds": seconds[hours], "peak_memory_gb": gigabytes, "transcribed": transcribed},
    )
    assert speech.measure_long([])["holds"] is holds


@pytest.mark.parametrize(("stored", "clock", "holds"), [(1, 5.9, True), (1, 6.0, False), (0, 1.0, False)])
def test_a_cold_start_holds_under_six_seconds_and_only_if_the_call_was_stored(
    monkeypatch: pytest.MonkeyPatch, stored: int, clock: float, holds: bool
) -> None:
    monkeypatch.setattr(speech, "take_in", lambda files: (stored, speech.Taken(clock, clock)))
    assert speech.measure_cold(speech.SHORT)["holds"] is holds
