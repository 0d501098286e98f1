"""What the listening promises: speech found, packed and put back in its place, and what the engine makes up thrown away."""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.transcripts.sound import RATE, Samples, the_call
from transcripts.model import Word
from transcripts.whisper.engine import Recognised, join_pieces
from transcripts.whisper.listen import Window, is_looping, listen, without_loops
from transcripts.whisper.speech import LONGEST_SECONDS, MARGIN_SECONDS, Piece, SpeechFinder


class Parrot:
    """An engine that says what it is told, window by window, and remembers how long the windows were."""

    stamp = "parrot"

    def __init__(self, *answers: Recognised) -> None:
        self.answers = list(answers)
        self.windows: list[Samples] = []

    def recognise(self, windows: Sequence[Samples], language: str, vocabulary: str = "") -> list[Recognised]:
        self.windows += windows
        return [self.answers.pop(0) if self.answers else Recognised((), 0.0, 0.0) for _ in windows]

    def language_of(self, windows: Sequence[Samples]) -> str:
        return "fr"


def find(sound: Samples, block: int) -> list[Piece]:
    finder = SpeechFinder()
    pieces = [piece for start in range(0, len(sound), block) for piece in finder.add(sound[start : start + block])]
    return pieces + finder.finish()


def repeated(text: str, times: int) -> tuple[Word, ...]:
    return tuple(Word(f" {word}", i * 0.1, i * 0.1 + 0.1) for i, word in enumerate(text.split() * times))


def test_speech_is_found_where_it_is() -> None:
    agent = the_call()[0]
    pieces = find(agent, RATE)
    covered = np.zeros(len(agent), bool)
    for piece in pieces:
        covered[round(piece.start * RATE) : round((piece.start + piece.duration) * RATE)] = True
    energy = agent**2
    assert energy[covered].sum() > 0.999 * energy.sum()
    assert covered.mean() < 0.6


@pytest.mark.parametrize("block", [160, 4_001, 30 * RATE])
def test_what_is_found_does_not_depend_on_the_blocks(block: int) -> None:
    expected, found = find(the_call()[0], RATE), find(the_call()[0], block)
    assert [(piece.start, piece.lead, piece.tail) for piece in found] == [(p.start, p.lead, p.tail) for p in expected]
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_array_equal(one.samples, other.samples)


def test_speech_without_a_pause_is_cut_to_fit_a_window_and_nothing_is_lost() -> None:
    agent = the_call()[0]
    spoken = np.concatenate([piece.samples[4_000:-4_000] for piece in find(agent, RATE)])
    pieces = find(np.tile(spoken, 5), RATE)
    assert all(piece.duration <= LONGEST_SECONDS + 2 * MARGIN_SECONDS for piece in pieces)
    assert sum(piece.duration for piece in pieces) == pytest.approx(5 * len(spoken) / RATE, abs=1.5)
    for before, after in pairwise(pieces):
        assert before.start + before.duration <= after.start + 1e-6


def test_windows_are_full_but_never_over_thirty_seconds() -> None:
    engine = Parrot()
    listened = listen([np.tile(the_call(), 4)], 2, engine, "en")
    lengths = [len(window) / RATE for window in engine.windows]
    assert max(lengths) <= 30
    assert sum(lengths) < 0.75 * 2 * listened.duration_seconds
    assert [len(levels) for levels in listened.levels] == [round(listened.duration_seconds / 0.05)] * 2


def test_words_go_back_to_the_stretch_they_came_from() -> None:
    quiet = np.zeros(2 * RATE, np.float32)
    window = Window(0, (Piece(10.0, quiet, 0.25, 0.25), Piece(50.0, quiet, 0.25, 0.25)))
    placed = window.place([Word(" one", 0.5, 1.0), Word(" two", 1.6, 2.6), Word(" three", 2.6, 3.1)])
    assert [(word.start, word.end) for word in placed] == [(10.5, 11.0), (50.15, 50.6), (50.6, 51.1)]


def test_the_last_word_of_a_stretch_lasts_until_the_speech_is_over() -> None:
    window = Window(0, (Piece(10.0, np.zeros(2 * RATE, np.float32), 0.25, 0.25),))
    assert window.place([Word(" end", 1.0, 1.5)])[-1].end == 11.75
    assert window.place([Word(" end", 0.4, 0.6)])[-1].end == 10.6


@given(st.lists(st.floats(0.3, 9.0), min_size=1, max_size=6), st.data())
def test_placed_words_stay_within_their_stretches_and_in_order(durations: list[float], data: st.DataObject) -> None:
    pieces, at = [], 0.0
    for seconds in durations:
        at += data.draw(st.floats(0.5, 20))
        pieces.append(Piece(at, np.zeros(round(seconds * RATE), np.float32), 0.1, 0.1))
        at += pieces[-1].duration
    total = sum(piece.duration for piece in pieces)
    times = sorted(data.draw(st.lists(st.floats(0, total), min_size=2, max_size=12)))
    words = [Word(f" {i}", a, b) for i, (a, b) in enumerate(pairwise(times))]
    placed = Window(0, tuple(pieces)).place(words)
    assert [word.text for word in placed] == [word.text for word in words]
    for word in placed:
        assert any(p.start - 0.01 <= word.start <= word.end <= p.start + p.duration + 0.01 for p in pieces)
    assert [word.start for word in placed] == sorted(word.start for word in placed)


def test_words_that_the_engine_itself_doubts_are_thrown_away() -> None:
    made_up = Recognised(repeated("Thanks for watching!", 1), log_probability=-1.4, no_speech=0.9)
    certain = Recognised(repeated("Thanks for calling!", 1), log_probability=-0.2, no_speech=0.9)
    assert listen([the_call()[:1]], 1, Parrot(made_up), "en").words == ((),)
    assert len(listen([the_call()[:1]], 1, Parrot(certain), "en").words[0]) == 3


def test_a_loop_is_tried_again_in_halves() -> None:
    loop = Recognised(repeated("and so on", 40), -0.1, 0.0)
    halves = [Recognised(repeated(text, 1), -0.1, 0.0) for text in ("first half", "second half")]
    engine = Parrot(loop, *halves)
    (words,) = listen([the_call()[:1]], 1, engine, "en").words
    assert sorted(word.text for word in words) == [" first", " half", " half", " second"]
    assert len(engine.windows[1]) + len(engine.windows[2]) == len(engine.windows[0])


def test_a_loop_that_will_not_go_is_cut_back() -> None:
    assert is_looping("and so on " * 40)
    assert not is_looping("Thank you for calling, how can I help you today? Of course, let me look that up for you.")
    assert [word.text for word in without_loops(repeated("and so on", 40))] == [" and", " so", " on"] * 2
    assert len(without_loops(repeated("yes yes", 1))) == 2


def test_the_language_is_found_once_for_both_channels() -> None:
    assert listen([the_call()], 2, Parrot(), "auto").language == "fr"
    assert listen([np.zeros((2, RATE), np.float32)], 2, Parrot(), "auto").language == "en"


@pytest.mark.parametrize(
    ("pieces", "words"),
    [
        ([" Hello", ",", " world", "."], [" Hello,", " world."]),
        ([" a", " follow", "-", "up"], [" a", " follow-up"]),
        ([' "', "Yes", '"'], [' "Yes"']),
        ([" €", "20"], [" €20"]),
        (["Well", " then"], ["Well", " then"]),
    ],
)
def test_pieces_become_words_as_they_are_written(pieces: list[str], words: list[str]) -> None:
    joined = join_pieces([Word(piece, i, i + 1) for i, piece in enumerate(pieces)], "en")
    assert [word.text for word in joined] == words


def test_where_no_spaces_are_written_each_piece_is_a_word() -> None:
    assert len(join_pieces([Word("你", 0, 1), Word("好", 1, 2), Word("。", 2, 3)], "zh")) == 2
