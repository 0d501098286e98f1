"""What the telling apart of voices promises. On real sound it is tested with the whole way of a call, in test_hear."""

import importlib.util
import logging
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.transcripts.sound import RATE, Samples, the_call
from transcripts import voices
from transcripts.model import Word
from transcripts.voices import VoicePrints, can_tell_voices, mel_spectrogram, smooth, tell_apart, two_means
from transcripts.whisper.speech import Piece


def steady(count: int) -> list[Word]:
    """Words that follow one another without a pause or a full stop."""
    return [Word(" word", i * 0.3, i * 0.3 + 0.3) for i in range(count)]


def test_one_doubtful_word_in_the_flow_of_speech_stays_with_its_neighbours() -> None:
    voiced = smooth(steady(5), np.array([1.0, 1.0, -2.0, 1.0, 1.0]))
    assert [word.voice for word in voiced] == [1, 1, 1, 1, 1]
    assert voiced[2].confidence < smooth(steady(5), np.ones(5))[2].confidence


def test_after_a_pause_the_other_voice_may_come_in() -> None:
    words = [Word(" Done.", 0.0, 0.5), Word(" Yes", 1.5, 1.8), Word(" So", 2.9, 3.2)]
    assert [word.voice for word in smooth(words, np.array([-3.0, 3.0, -3.0]))] == [0, 1, 0]


@given(st.lists(st.floats(-10, 10), min_size=1, max_size=30))
def test_swapping_the_voices_swaps_the_answer(evidence: list[float]) -> None:
    words = steady(len(evidence))
    one, other = (smooth(words, sign * np.array(evidence)) for sign in (1, -1))
    for a, b in zip(one, other, strict=True):
        assert 0.5 <= a.confidence <= 1
        assert a.confidence == b.confidence
        assert a.voice != b.voice or a.confidence == 0.5


def test_two_means_finds_two_bundles_whatever_their_order() -> None:
    spread = np.random.default_rng(5).normal(0, 0.02, (40, 8)).astype(np.float32)
    bundles = np.eye(8, dtype=np.float32)[[0] * 10 + [3] * 30] + spread
    points: Samples = np.asarray(bundles / np.linalg.norm(bundles, axis=1, keepdims=True), np.float32)
    for order in (np.arange(40), np.arange(40)[::-1]):
        centres = two_means(points[order])
        assert centres is not None
        assert sorted(np.argmax(centres, axis=1).tolist()) == [0, 3]


def test_all_alike_is_not_two() -> None:
    assert two_means(np.full((5, 4), 0.5, np.float32)) is None


def test_too_little_speech_says_nothing_about_voices() -> None:
    prints = VoicePrints()
    prints.add(Piece(0.0, the_call()[0][:RATE]))
    assert tell_apart(steady(3), prints) is None


def test_silence_has_no_voice() -> None:
    prints = VoicePrints()
    prints.add(Piece(0.0, np.zeros(RATE, np.float32)))
    assert prints.prints.shape == (0, voices.WIDTH)


def test_a_tone_stands_in_its_own_mel_band() -> None:
    seconds = np.arange(RATE) / RATE
    bands = [
        mel_spectrogram(np.sin(2 * np.pi * hertz * seconds).astype(np.float32)).mean(axis=0) for hertz in (250, 1000, 4000)
    ]
    places = [int(np.argmax(band)) for band in bands]
    assert places == sorted(set(places))
    assert all(band.shape == (voices.BANDS,) for band in bands)


def test_without_the_encoder_the_log_says_what_follows(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    find: Callable[..., object] = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name, *rest: None if name == "resemblyzer" else find(name, *rest)
    )
    with caplog.at_level(logging.WARNING):
        assert not can_tell_voices()
    assert "sides of one-channel calls are not told apart" in caplog.text
