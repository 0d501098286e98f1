"""What Whisper is known to invent is provoked with the engine alone, and does not get through."""

from functools import lru_cache
from typing import Any

import numpy as np
import pytest

from tests.transcripts.sound import RATE, Samples, music, ringing, sung, the_call
from transcripts.hear import plain
from transcripts.model import Sound, SoundKind, Span, Word
from transcripts.sounds import SoundFinder
from transcripts.whisper.engine import Engine, Recognised, load_engine
from transcripts.whisper.listen import is_looping, listen
from transcripts.whisper.made_up import Stretch, without_made_up

SECONDS = 10


def engine() -> Engine:
    return load_engine("faster-whisper", "base")


def alone(sound: Samples) -> str:
    """What the engine writes where it is given the sound as it is."""
    return engine().recognise([sound], "en")[0].text


def ours(sound: Samples) -> str:
    """What is kept of the same sound."""
    return "".join(word.text for word in listen([sound[None]], 1, engine(), "en").words[0]).strip()


@lru_cache(maxsize=1)
def goodbye() -> Samples:
    """The customer's last line, which ends in a real `Thank you very much.`"""
    return the_call()[1, -4 * RATE :].copy()


def noise(level: float) -> Samples:
    return np.random.default_rng(1).normal(0, level, SECONDS * RATE).astype(np.float32)


@pytest.mark.parametrize(
    ("case", "sound"),
    [
        ("silence", np.zeros(SECONDS * RATE, np.float32)),
        ("faint noise", noise(0.001)),
        ("a noisy line", noise(0.02)),
        ("ringing", ringing(SECONDS)),
        ("an engaged tone", ringing(SECONDS, (480, 620), (0.5, 0.5))),
        ("music on hold", music(SECONDS)),
        ("beeps", ringing(SECONDS, (1000,), (0.1, 0.9))),
    ],
)
def test_words_invented_where_nobody_speaks_are_kept_out(case: str, sound: Samples) -> None:
    assert alone(sound)
    assert ours(sound) == ""


@pytest.mark.parametrize("after", [np.zeros(20 * RATE, np.float32), music(20)], ids=["silence", "music"])
def test_a_customers_own_thank_you_stays_and_nothing_is_added_to_it(after: Samples) -> None:
    assert ours(np.concatenate([goodbye(), after])).endswith("Thank you very much.")


def test_what_is_sung_on_hold_is_nobodys_words() -> None:
    words = the_call()[0][RATE : 11 * RATE]
    song = 0.5 * sung(words) + 0.3 * music(10)
    assert alone(song)
    assert ours(song) == ""


def test_a_loop_is_cut_back(monkeypatch: pytest.MonkeyPatch) -> None:
    syllable = the_call()[0][round(0.6 * RATE) : round(0.9 * RATE)]
    written: list[str] = []
    recognise = engine().recognise

    def overheard(*given: Any) -> list[Recognised]:
        answers = recognise(*given)
        written.extend(answer.text for answer in answers)
        return answers

    monkeypatch.setattr(engine(), "recognise", overheard)
    kept = ours(np.tile(syllable, 80))
    assert is_looping(written[0])
    assert 0 < len(kept.split()) <= 6


def test_a_voice_over_music_is_heard() -> None:
    speech = the_call()[0][: 5 * RATE]
    over = speech + 0.2 * music(5)
    assert plain("calling") in [plain(word) for word in ours(over).split()]


# On values.


def a_finder(sound: Samples) -> tuple[SoundFinder, tuple[Sound, ...]]:
    finder = SoundFinder()
    finder.add(sound)
    return finder, finder.finish()


def said(text: str, start: float, confidence: float = 0.9) -> list[Word]:
    return [Word(f" {word}", start + 0.3 * n, start + 0.3 * n + 0.3, confidence) for n, word in enumerate(text.split())]


CAPTIONS = ["Thank you for watching!", "Thanks for watching!", "you", "Bye.", "Subtitles by the community", "\u266a \u266a"]


@pytest.mark.parametrize("caption", CAPTIONS)
def test_a_caption_is_kept_only_where_the_sound_is_speech(caption: str) -> None:
    finder, found = a_finder(np.concatenate([noise(0.01), the_call()[0][: 5 * RATE]]))
    doubtful, clear = Stretch(Span(1, 3), speech=0.55), Stretch(Span(10.5, 13), speech=0.98)
    assert without_made_up(said(caption, 1, 0.2), [doubtful], finder, found) == []
    assert without_made_up(said(caption, 11), [clear], finder, found) == said(caption, 11)


def test_a_soft_thank_you_that_was_heard_clearly_stays_and_so_do_other_words_however_doubtful() -> None:
    finder, found = a_finder(noise(0.01))
    soft = Stretch(Span(1, 3), speech=0.55)
    assert without_made_up(said("Thank you.", 1, 0.9), [soft], finder, found) == said("Thank you.", 1, 0.9)
    assert without_made_up(said("Not today", 1, 0.2), [soft], finder, found) == said("Not today", 1, 0.2)


def test_words_over_music_go_and_the_words_beside_it_stay() -> None:
    finder, found = a_finder(np.concatenate([the_call()[0][: 5 * RATE], music(10)]))
    assert [sound.kind for sound in found] == [SoundKind.MUSIC]
    words = [*said("How can I help you?", 2), *said("All my love", 9)]
    stretches = [Stretch(Span(1.8, 4), 0.99), Stretch(Span(8.8, 10.5), 0.9)]
    assert without_made_up(words, stretches, finder, found) == words[:5]
