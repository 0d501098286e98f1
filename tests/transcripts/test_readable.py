"""Numbers are written as people read them, each with the time and doubt of its words, and nothing else is touched."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.build import a_spoken_turn, a_transcript, a_turn
from transcripts.model import Word
from transcripts.readable import make_readable, readable, readable_turn


def said(text: str) -> list[Word]:
    """Words of a text, half a second each."""
    return [Word(word, at / 2, at / 2 + 0.4, 0.9) for at, word in enumerate(text.split())]


def written(text: str) -> str:
    return " ".join(word.text for word in readable(said(text)))


@pytest.mark.parametrize(
    ("heard", "read"),
    [
        # numbers of orders and telephones
        ("it's four one double one oh nine.", "it's 411109."),
        ("it's 4-1-1-1-0-9.", "it's 411109."),
        ("it's 4, 1, 1, 1, 0, 9,", "it's 411109,"),
        ("oh two oh seven, nine four six, oh one eight", "0207 946 018"),
        ("order A 4 1 2 7", "order A 4127"),
        ("it ends in four one one zero, one moment", "it ends in 4110, one moment"),
        # how many
        ("twelve thousand and fifty people", "12,050 people"),
        ("a hundred and five", "105"),
        ("two hundred and three hundred", "200 and 300"),
        ("nine to twelve days", "9 to 12 days"),
        ("three point five", "3.5"),
        # money
        ("twenty five dollars and fifty cents, please", "$25.50, please"),
        ("that was twenty-five pounds fifty.", "that was £25.50."),
        ("$ 25 and 50 cents", "$25.50"),
        ("400 and 80 pounds", "£480"),
        ("five euros", "€5"),
        # times and dates
        ("at ten thirty a m.", "at 10:30 a.m."),
        ("10.30 AM.", "10:30 a.m."),
        ("10 30 am", "10:30 a.m."),
        ("come at ten thirty, then", "come at 10:30, then"),
        ("five o'clock", "5 o'clock"),
        ("the twenty first of March", "the 21st of March"),
        ("April twenty-third, one nine eight zero.", "April 23rd, 1980."),
        ("in nineteen ninety nine", "in 1999"),
        ("since twenty twenty six", "since 2026"),
        # shares
        ("zero point five percent", "0.5%"),
        ("25 per cent", "25%"),
    ],
)
def test_what_was_said_in_words_is_read_in_figures(heard: str, read: str) -> None:
    assert written(heard) == read


@pytest.mark.parametrize(
    "prose",
    [
        "one of the two people",
        "oh, one more thing",
        "half past ten",
        "a quarter to twelve",
        "it is five to ten",
        "a hundred times better",
        "fifty fifty",
        "about twenty thirty minutes",
        "a twenty-four-hour line",
        "four, five, six, seven days",
        "the parcel may second its own label",
        "flat 41, 12 Harbour Street, 555-0123",
    ],
)
def test_prose_and_what_can_be_read_in_two_ways_stays_as_it_was_heard(prose: str) -> None:
    assert written(prose) == prose


def test_pounds_that_something_weighs_are_no_money() -> None:
    assert written("the box weighs twenty pounds") == "the box weighs 20 pounds"


def test_figures_have_the_time_of_all_their_words_and_the_least_of_their_confidences() -> None:
    words = [Word("about", 0, 1), Word("twenty", 1, 1.5, 0.9), Word("five", 1.6, 2, 0.4), Word("dollars.", 2, 2.6, 0.8)]
    assert readable(words) == (Word("about", 0, 1), Word("$25.", 1, 2.6, 0.4))


def test_a_turn_says_the_same_as_its_words() -> None:
    turn = a_spoken_turn("agent", [("Twenty", 1, 1.4), ("five", 1.5, 2), ("boxes.", 2, 2.5)])
    assert readable_turn(turn).text == "25 boxes."
    assert readable_turn(turn).span == turn.span


def test_another_language_and_a_text_without_words_stay_as_they_are() -> None:
    german = a_transcript(a_spoken_turn("agent", [("ten", 0, 1), ("percent", 1, 2)]))
    german = type(german)(**{**vars(german), "language": "de"})
    assert make_readable(german) == german
    assert readable_turn(a_turn("agent", "twenty five dollars")).text == "twenty five dollars"


# Laws, over words that make numbers of every kind and words that make none.

NUMBERS = """
a and oh o one two five nine ten twelve nineteen twenty thirty hundred thousand point percent per cent dollars pounds cents
pence $ $25 £25 25 10 30 400 80 1 4 4-1-1 twenty-five twenty-four-hour 10:30 10.30 a.m. am pm p m to or past half quarter at
in of March may first second twenty-first twentieth double triple o'clock million 1,000 3.5 25% % 555-0123 it's I please
"""
spoken = st.lists(
    st.tuples(
        st.sampled_from(NUMBERS.split()), st.sampled_from(["", "", "", ",", ".", "?"]), st.floats(0, 2), st.floats(0, 1)
    ),
    max_size=9,
)


def words_of(drawn: list[tuple[str, str, float, float]]) -> list[Word]:
    words, at = [], 0.0
    for text, closing, seconds, confidence in drawn:
        words.append(Word(text + closing, at, at + seconds, confidence))
        at += seconds
    return words


@given(spoken)
def test_doing_it_again_changes_nothing(drawn: list[tuple[str, str, float, float]]) -> None:
    once = readable(words_of(drawn))
    assert readable(once) == once


@given(spoken)
def test_times_stay_in_order_and_within_what_was_said(drawn: list[tuple[str, str, float, float]]) -> None:
    words = words_of(drawn)
    made = readable(words)
    assert [word.start for word in made] == sorted(word.start for word in made)
    assert all(word.start <= word.end for word in made)
    assert bool(made) == bool(words)
    if words:
        assert (made[0].start, max(w.end for w in made)) == (words[0].start, max(w.end for w in words))
        assert min(word.confidence for word in made) == min(word.confidence for word in words)


@given(st.lists(st.text(st.characters(exclude_categories=["Z", "C", "N"]), min_size=1, max_size=8), max_size=8))
def test_words_that_make_no_number_stay_letter_for_letter(texts: list[str]) -> None:
    known = re.compile(
        rf"\b(?:{'|'.join(re.escape(word) for word in NUMBERS.split())}|[a-z]+(?:th|st|ty|teen))\b", re.IGNORECASE
    )
    words = [Word(text, at, at + 1) for at, text in enumerate(texts) if not known.search(text) and "$" not in text]
    assert readable(words) == tuple(words)
