"""What the measurement of hearing promises about the calls it makes and the words it counts."""

from pathlib import Path

import numpy as np
import pytest

from bench import hearing
from bench.hearing import Said
from bench.speech import TWO_CHANNELS
from transcripts.audio import decode_channels

CALL = TWO_CHANNELS[0]


def said(*words: str) -> Said:
    """Words such as `agent:hello`."""
    sides, texts = zip(*(word.split(":") for word in words), strict=True)
    return Said(texts, sides)


def test_babble_lies_ten_decibels_below_the_speech_and_is_the_same_each_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hearing, "BABBLE_VOICES", 3)  # of twelve it is no truer, and each is a recording to be read
    channels = decode_channels(CALL)
    noisy, _, _ = hearing.with_babble(channels, CALL)
    for clean, both in zip(channels, noisy, strict=True):
        babble = float(np.sqrt(np.mean((both - clean) ** 2)))
        assert 20 * np.log10(hearing.speech_level(clean) / babble) == pytest.approx(10, abs=0.3)
    again, _, _ = hearing.with_babble(channels, CALL)
    assert all(np.array_equal(one, other) for one, other in zip(noisy, again, strict=True))


def test_an_old_line_is_eight_thousand_samples_a_second_and_keeps_both_channels(tmp_path: Path) -> None:
    channels, rate, codec = hearing.as_mu_law([], CALL)
    hearing.write_wav(tmp_path / "line.wav", channels, rate, codec)
    read = decode_channels(tmp_path / "line.wav", rate)
    assert (rate, len(read)) == (8000, 2)
    # mu-law keeps about 38 dB of signal over its own noise.
    assert all(np.sqrt(np.mean((a - b) ** 2)) < 0.03 * hearing.speech_level(a) for a, b in zip(channels, read, strict=True))


def test_words_are_counted_over_all_calls_and_sides_over_the_words_heard_right() -> None:
    reference = [said("agent:good", "agent:morning", "customer:hello", "customer:there")]
    heard = [said("agent:good", "agent:mourning", "customer:hello", "agent:there")]
    assert hearing.rates(reference, heard) == {
        "word_error_rate": 0.25,
        "heard_as_others": 0.25,
        "missing": 0.0,
        "added": 0.0,
        "words_on_the_right_side": 0.6667,
    }


@pytest.mark.parametrize(("words", "holds"), [(("agent:yes",) * 33 + ("agent:no",), True), (("agent:no",) * 34, False)])
def test_it_holds_where_the_engines_differ_in_three_words_of_a_hundred_at_most(
    monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...], holds: bool
) -> None:
    other, ours = said(*("agent:yes",) * 34), said(*words)
    monkeypatch.setattr(hearing, "said_in", lambda file, engine, normalise: other if engine == "openai-whisper" else ours)
    monkeypatch.setattr(hearing, "hear_changed", lambda *_: other)
    assert hearing.measure([CALL])["holds"] is holds
