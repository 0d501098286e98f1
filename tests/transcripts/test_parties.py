"""What the telling apart of people on one channel promises: on values, and on the voices of the recorded sample calls.

There the words and their times come from what is known to be said, not from a recogniser: the sound alone is judged.
"""

import itertools
import json
from functools import cache

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from samples.make_recordings import CALLS
from tests.transcripts.sound import RATE, Samples, the_call
from transcripts.audio import decode_channels
from transcripts.model import Word
from transcripts.parties import ONE_VOICE, TWO_VOICES, Voices, halves_of_one, separation, smooth, stretches, tell_apart
from transcripts.voices import VoicePrints
from transcripts.whisper.speech import Piece


def steady(count: int) -> list[Word]:
    """Words that follow one another without a pause or a full stop."""
    return [Word(" word", i * 0.3, i * 0.3 + 0.3) for i in range(count)]


def odds(*evidence: float) -> NDArray[np.float64]:
    """Log-likelihoods of voices 0 and 1, given the log-odds for voice 1."""
    return np.stack([-np.array(evidence) / 2, np.array(evidence) / 2], axis=1)


def test_one_doubtful_word_in_the_flow_of_speech_stays_with_its_neighbours() -> None:
    voiced = smooth(steady(5), odds(1.0, 1.0, -2.0, 1.0, 1.0))
    assert [word.voice for word in voiced] == [0, 0, 0, 0, 0]
    assert voiced[2].confidence < smooth(steady(5), odds(1, 1, 1, 1, 1))[2].confidence


def test_after_a_pause_another_voice_may_come_in() -> None:
    words = [Word(" Done.", 0.0, 0.5), Word(" Yes", 1.5, 1.8), Word(" So", 2.9, 3.2), Word(" Hello", 4.0, 4.3)]
    assert [word.voice for word in smooth(words[:3], odds(-3.0, 3.0, -3.0))] == [0, 1, 0]
    three = np.array([[4.0, 0, 0], [0, 4.0, 0], [4.0, 0, 0], [0, 0, 4.0]])
    assert [word.voice for word in smooth(words, three)] == [0, 1, 0, 2]


@given(st.lists(st.floats(-10, 10), min_size=1, max_size=30), st.floats(0.5, 1))
def test_which_voice_is_called_which_changes_nothing(evidence: list[float], sure: float) -> None:
    words = steady(len(evidence))
    one, other = (smooth(words, odds(*(sign * np.array(evidence))), sure) for sign in (1, -1))
    for a, b in zip(one, other, strict=True):
        assert 0.5 * sure - 0.001 <= a.confidence <= sure + 0.001
        assert a.confidence == b.confidence


def test_a_stretch_ends_at_a_breath_a_full_stop_or_when_it_grows_long() -> None:
    words = [Word(" Yes.", 0.0, 0.4), Word(" I", 0.4, 0.5), Word(" do", 0.5, 0.8), Word(" well", 1.2, 1.5)]
    assert stretches(words) == [range(1), range(1, 3), range(3, 4)]
    assert [len(span) for span in stretches(steady(30))] == [13, 13, 4]
    assert stretches([]) == []


def test_a_cloud_cut_in_two_is_one_voice_and_two_clouds_are_two() -> None:
    random = np.random.default_rng(4)
    cloud = random.normal(0, 1, (200, 3))
    halves = (cloud[:, 0] > 0).astype(np.int64)
    windows = np.full(200, 4.0)
    assert separation(cloud, windows, halves) == pytest.approx(ONE_VOICE, abs=0.2)
    assert separation(cloud + 6 * halves[:, None], windows, halves) > 2 * TWO_VOICES


@pytest.mark.parametrize("stretches", [5, 7, 10, 20, 50])
def test_the_halves_of_one_voice_are_taken_for_two_one_time_in_ten_at_most(stretches: int) -> None:
    random, windows, drawn = np.random.default_rng(1), np.full(stretches, 3.0), 200

    def halves() -> NDArray[np.int64]:
        """The cut of the line in two with the least scatter on either side."""
        cut = min(range(2, stretches - 1), key=lambda n: n * line[:n].var() + (stretches - n) * line[n:].var())
        return (np.arange(stretches) >= cut).astype(np.int64)

    taken = 0
    for _ in range(drawn):
        line = np.sort(random.standard_normal(stretches))[:, None]
        taken += separation(line, windows, halves()) > halves_of_one(stretches)
    assert 0 < taken / drawn <= 0.12


def test_a_voice_heard_once_says_nothing_about_how_far_apart_voices_are() -> None:
    means = np.array([[0.0, 0], [0, 1], [1, 0], [9, 9]])
    assert separation(means, np.full(4, 3.0), np.array([0, 0, 0, 1])) == 0.0


# On the voices of the sample calls.


@cache
def sound_of(name: str) -> Samples:
    """Both channels of a sample call, agent first, at 16 kHz."""
    return np.stack(decode_channels(CALLS / f"{name}.ogg", RATE))


Line = tuple[str, Samples, list[str]]  # who, sound, words


@cache
def lines_of(name: str) -> list[Line]:
    """The turns of a sample call: who spoke, its sound alone, and its words."""
    reference = json.loads((CALLS / f"{name}.reference.jsonl").read_text(encoding="utf-8"))
    return [
        (
            turn["speaker"],
            sound_of(name)[int(turn["speaker"] == "customer"), int(turn["start"] * RATE) : int(turn["end"] * RATE)],
            turn["text"].split(),
        )
        for turn in reference["turns"]
    ]


def listen_to(lines: list[Line]) -> tuple[Voices | None, list[str]]:
    """What is found of voices in lines that are said one after the other, and who really said each word."""
    prints, words, who, at = VoicePrints(), list[Word](), list[str](), 0.0
    for speaker, sound, said in lines:
        prints.add(Piece(at, sound))
        step = len(sound) / RATE / len(said)
        words += [Word(f" {word}", at + i * step, at + (i + 1) * step) for i, word in enumerate(said)]
        who += [speaker] * len(said)
        at += len(sound) / RATE + 0.6
    return tell_apart(words, prints), who


def share_right(found: Voices | None, who: list[str]) -> float:
    """The share of words that are given to the voice that has most of their speaker's words."""
    assert found is not None
    voices = [word.voice for word in found.words]
    names = sorted(set(who))
    assert len(set(voices)) == len(names)
    table = np.array([[sum(v == voice and w == name for v, w in zip(voices, who, strict=True)) for name in names]
                      for voice in sorted(set(voices))])  # fmt: skip
    assert sorted(np.argmax(table, axis=1)) == list(range(len(names)))
    return float(table.max(axis=1).sum() / len(who))


def test_two_voices_are_told_apart_word_by_word() -> None:
    found, who = listen_to(lines_of("broadband_outage")[:12])
    assert share_right(found, who) > 0.97
    assert found is not None
    assert found.surely_several


def test_somebody_faint_is_still_somebody() -> None:
    faint = [
        (who, sound * (0.15 if who == "customer" else 1), said) for who, sound, said in lines_of("collections_plan")[:12]
    ]
    assert share_right(*listen_to(faint)) > 0.97


def test_somebody_who_hardly_speaks_is_still_somebody() -> None:
    lines = lines_of("broadband_outage")
    customer = [(who, sound[: RATE * 2], said[:5]) for who, sound, said in lines if who == "customer"][:4]
    agent = [line for line in lines if line[0] == "agent"][:8]
    woven = [line for i, said in enumerate(agent) for line in (said, *customer[i : i + 1])]
    found, who = listen_to(woven)
    assert who.count("customer") < 0.15 * len(who)
    assert share_right(found, who) > 0.95


def test_after_a_transfer_there_are_three_voices() -> None:
    after = [("second agent", sound, said) for who, sound, said in lines_of("energy_accent") if who == "customer"]
    lines = lines_of("collections_plan")
    customer = [line for line in lines[8:] if line[0] == "customer"]
    woven = [line for pair in zip(after, itertools.cycle(customer)) for line in pair]
    found, who = listen_to([*lines[:10], *woven])
    assert share_right(found, who) > 0.95


@pytest.mark.parametrize("who", ["agent", "customer"])
def test_one_voice_alone_is_not_surely_two(who: str) -> None:
    found, _ = listen_to([line for line in lines_of("parcel_interrupted") if line[0] == who])
    assert found is None or not found.surely_several or max(word.confidence for word in found.words) < 0.8


def test_too_little_speech_says_nothing_about_voices() -> None:
    prints = VoicePrints()
    prints.add(Piece(0.0, the_call()[0][:RATE]))
    assert tell_apart(steady(3), prints) is None
    assert tell_apart([], prints) is None
