"""A transcript keeps what is nobody's speech, and is the same as before where there is none of it."""

from dataclasses import replace

import pytest

from errors import TranscriptError
from tests.build import a_spoken_turn, a_transcript, a_turn
from transcripts.model import Sound, SoundKind, Transcript, Word

RINGING = Sound(SoundKind.RINGING, 0, 4)
VOICE = Sound(SoundKind.ANNOUNCEMENT, 4, 9)
MUSIC = Sound(SoundKind.MUSIC, 9, 30)


def a_call() -> Transcript:
    return a_transcript(a_spoken_turn("agent", [("Hello", 0, 0.5)]), a_turn("customer", "Hi", 1, 2))


def test_sounds_come_back_in_order_and_are_part_of_what_a_call_is() -> None:
    call = replace(a_call(), sounds=(MUSIC, RINGING, VOICE))
    assert call.sounds == (RINGING, VOICE, MUSIC)
    assert Transcript.from_dict(call.to_dict()) == call
    assert call.content_hash != a_call().content_hash


def test_a_transcript_without_sounds_has_the_hash_it_always_had() -> None:
    assert "sounds" not in a_call().to_dict()
    assert a_call().content_hash == "813bf738523685eb281d38d073842b874a639100243a2805588571c9b7b7443e"


@pytest.mark.parametrize(
    "wrong",
    [{"kind": "birdsong", "start": 0, "end": 1}, {"kind": "music", "start": 2, "end": 1}, {"kind": "music", "start": 2}, 7],
)
def test_a_sound_that_cannot_be_is_refused(wrong: object) -> None:
    with pytest.raises(TranscriptError):
        Transcript.from_dict({**a_call().to_dict(), "sounds": [wrong]})


def test_only_the_words_of_somebody_else_in_an_announcement_are_a_recordings() -> None:
    turns = a_turn("other", "You are next", 4, 8), a_turn("agent", "Hello", 8, 9), a_turn("other", "Hi", 12, 13)
    call = replace(a_transcript(*turns), sounds=(VOICE,))
    assert [call.is_recorded(turn) for turn in call.turns] == [True, False, False]


@pytest.mark.parametrize("times", [(2.0, 1.0, 0.9), (1.0, 2.0, 1.5)])
def test_a_word_that_cannot_be_is_refused_without_saying_it(times: tuple[float, float, float]) -> None:
    with pytest.raises(ValueError, match="a word") as wrong:
        Word("Lindqvist", *times)
    assert "Lindqvist" not in str(wrong.value)
