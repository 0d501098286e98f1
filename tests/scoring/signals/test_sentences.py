"""Turns fall into sentences that quote them word for word, and no window is too long to mean one thing."""

from hypothesis import given
from hypothesis import strategies as st

from scoring.signals.sentences import LONGEST_WORDS, SHORTEST_PIECE, split_text, split_turn
from tests.build import a_spoken_turn, a_turn


def sentences(text: str) -> list[str]:
    """The sentences of a text as strings."""
    return [text[piece.start : piece.end] for piece in split_text(text)]


def test_sentences_end_at_full_stops_question_and_exclamation_marks() -> None:
    assert sentences("Hello there. How are you? Fine!") == ["Hello there.", "How are you?", "Fine!"]


def test_titles_prices_and_addresses_do_not_end_a_sentence() -> None:
    assert sentences("Mr. Okafor owes £3.50 on st. Mary Road.") == ["Mr. Okafor owes £3.50 on st. Mary Road."]


def test_a_long_stretch_without_punctuation_is_cut_at_a_joint() -> None:
    text = (
        "so I rang you on Monday about the broken boiler and the lady said that somebody would come on Tuesday "
        "but nobody came and when I rang again I was on hold for an hour"
    )
    pieces = sentences(text)
    assert " ".join(pieces) == text
    assert pieces[1].split()[0] in {"and", "but", "when"}


def test_blank_text_has_no_sentences() -> None:
    assert sentences("  ") == []


@given(st.lists(st.sampled_from(["and", "one", "two,", "three.", "four?", "because"]), max_size=120).map(" ".join))
def test_every_word_is_in_one_sentence_and_none_is_longer_than_the_limit(text: str) -> None:
    pieces = sentences(text)
    assert " ".join(pieces).split() == text.split()
    assert all(len(piece.split()) <= LONGEST_WORDS for piece in pieces)
    assert all(piece in text and piece == piece.strip() for piece in pieces)
    if len(pieces) > 1 and not any(mark in text for mark in ".?"):
        assert all(len(piece.split()) >= SHORTEST_PIECE for piece in pieces)


def test_a_sentence_has_the_times_of_its_words() -> None:
    turn = a_spoken_turn("agent", [("Hello.", 1, 1.5), ("One", 2, 2.25), ("moment.", 2.25, 3)])
    first, second = split_turn(4, turn)
    assert (first.turn, first.text, first.start, first.end) == (4, "Hello.", 1, 1.5)
    assert (second.text, second.start, second.end) == ("One moment.", 2, 3)


def test_without_word_times_a_sentence_has_none() -> None:
    (sentence,) = split_turn(0, a_turn("agent", "One moment.", 2, 3))
    assert (sentence.start, sentence.end) == (None, None)
