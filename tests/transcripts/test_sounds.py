"""Ringing and music are found where they are, through a telephone; neither speech nor a humming line is taken for them."""

from pathlib import Path

import numpy as np
import pytest

from tests.transcripts.sound import RATE, Samples, music, ringing, the_call, write_sound
from transcripts.audio import decode_channels
from transcripts.model import Sound, SoundKind, Span
from transcripts.sounds import SoundFinder, merge_sounds

SECONDS = np.arange(10 * RATE) / RATE


def found_in(sound: Samples, block: int = 30 * RATE) -> tuple[Sound, ...]:
    finder = SoundFinder()
    for start in range(0, len(sound), block):
        finder.add(sound[start : start + block])
    return finder.finish()


def through_a_telephone(sound: Samples, folder: Path) -> Samples:
    """The same after a trip through eight-bit mu-law at 8 kHz."""
    return decode_channels(write_sound(folder / "call.wav", sound[None], "pcm_mulaw", 8_000), RATE)[0]


def silence(seconds: float) -> Samples:
    return np.zeros(round(seconds * RATE), np.float32)


def test_music_on_hold_is_found_from_its_first_note_to_its_last(tmp_path: Path) -> None:
    sound = np.concatenate([silence(3), music(10), silence(3)])
    (found,) = found_in(through_a_telephone(sound, tmp_path))
    assert found.kind is SoundKind.MUSIC
    assert found.start == pytest.approx(3, abs=0.3)
    assert found.end == pytest.approx(13, abs=0.7)


@pytest.mark.parametrize(
    ("tones", "cadence"),
    [
        ((440, 480), (2, 4)),  # ringing in North America
        ((400, 450), (0.4, 0.2, 0.4, 2)),  # in Britain
        ((425,), (1, 4)),  # in most of Europe
        ((480, 620), (0.5, 0.5)),  # engaged
        ((480, 620), (0.25, 0.25)),  # no line free
    ],
)
def test_the_tones_of_the_line_are_ringing(tmp_path: Path, tones: tuple[float, ...], cadence: tuple[float, ...]) -> None:
    sound = np.concatenate([silence(1), ringing(13, tones, cadence), silence(1)])
    (found,) = found_in(through_a_telephone(sound, tmp_path))
    assert found.kind is SoundKind.RINGING
    assert found.start == pytest.approx(1, abs=0.2)
    assert 9 < found.end < 14.2


@pytest.mark.parametrize(
    ("case", "sound"),
    [
        ("nothing", silence(5)),
        ("comfort noise", np.random.default_rng(5).normal(0, 0.01, 10 * RATE).astype(np.float32)),
        (
            "a humming line",
            0.02 * np.sin(2 * np.pi * 50 * np.arange(1, 12)[:, None] * SECONDS).sum(axis=0).astype(np.float32),
        ),
        ("one long tone", (0.2 * np.sin(2 * np.pi * 1000 * SECONDS)).astype(np.float32)),
        ("one short beep", np.concatenate([ringing(0.3, (425,)), silence(5)])),
        ("less than a frame", silence(0.05)),
    ],
)
def test_it_is_neither_ringing_nor_music(case: str, sound: Samples) -> None:
    assert found_in(sound) == ()


def test_neither_side_of_a_conversation_is_music() -> None:
    assert [found_in(side) for side in the_call()] == [(), ()]


def test_somebody_who_speaks_between_two_rings_ends_the_ringing() -> None:
    speech = the_call()[0][RATE : 4 * RATE]
    found = found_in(np.concatenate([ringing(2), speech, ringing(2)]))
    assert [sound.kind for sound in found] == [SoundKind.RINGING] * 2


def test_what_is_found_does_not_depend_on_the_blocks() -> None:
    sound = np.concatenate([ringing(3), music(6)])
    whole = found_in(sound)
    assert [sound.kind for sound in whole] == [SoundKind.RINGING, SoundKind.MUSIC]
    assert found_in(sound, 1_601) == found_in(sound, RATE) == whole


def test_music_is_tonal_and_speech_is_not() -> None:
    finder = SoundFinder()
    finder.add(np.concatenate([music(5), the_call()[0][: 5 * RATE]]))
    assert finder.tonality(Span(0, 5)) > 0.6
    assert finder.tonality(Span(5, 10)) < 0.2
    assert finder.tonality(Span(50, 60)) == 0


def test_what_both_channels_carry_is_one_sound_of_the_call() -> None:
    here, there = Sound(SoundKind.MUSIC, 10, 20), Sound(SoundKind.MUSIC, 12, 25)
    ring = Sound(SoundKind.RINGING, 0, 4)
    assert merge_sounds([(ring, here), (there,)]) == (ring, Sound(SoundKind.MUSIC, 10, 25))
