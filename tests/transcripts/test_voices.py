"""What the prints of voices promise. What is made of them is tested in test_parties and, with the whole way of a call,
in test_hear."""

import importlib.util
import logging
from collections.abc import Callable

import numpy as np
import pytest

from tests.transcripts.sound import RATE
from transcripts import voices
from transcripts.voices import VoicePrints, can_tell_voices, mel_spectrogram
from transcripts.whisper.speech import Piece


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
