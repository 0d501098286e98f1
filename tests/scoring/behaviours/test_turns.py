"""A turn comes before the judge whole, in windows that are neither too long nor torn out of its sentences."""

from hypothesis import given
from hypothesis import strategies as st

from scoring.behaviours.corpus import Said
from scoring.behaviours.turns import BEFORE_WORDS, WINDOW_WORDS, Heard, windows
from transcripts.model import Speaker

TEXTS = st.lists(
    st.sampled_from(["yes", "I see.", "and", "so", "the parcel", "came,", "really?", "Well", "no!"]), max_size=150
).map(" ".join)


def heard(text: str, *before: str) -> Heard:
    return Heard(Said(Speaker.AGENT, text), tuple(Said(Speaker.CUSTOMER, said) for said in before))


@given(TEXTS)
def test_windows_hold_every_word_once_and_in_order(text: str) -> None:
    assert " ".join(window.text for window in windows([heard(text)])).split() == text.split()


@given(TEXTS)
def test_no_window_is_much_longer_than_forty_words(text: str) -> None:
    assert all(len(window.text.split()) <= 1.5 * WINDOW_WORDS for window in windows([heard(text)]))


def test_a_short_turn_is_one_window_and_a_silent_one_none() -> None:
    assert [window.turn for window in windows([heard("Right. So it came on Monday?"), heard("  "), heard("Yes.")])] == [0, 2]


def test_only_the_end_of_what_came_before_is_seen() -> None:
    (window,) = windows([heard("Go on.", "one " * 100, "two " * 29)])
    assert window.before.split() == ["one"] + ["two"] * 29
    assert len(window.before.split()) == BEFORE_WORDS
