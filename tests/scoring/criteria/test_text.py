"""Words are the same words however they are spelt, and remember where they came from."""

import pytest

from scoring.criteria.text import BREAK, Conversation, tokens, words
from tests.build import a_spoken_turn, a_transcript, a_turn


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("I'm sorry", "i am SORRY!"),
        ("We’re here", "we are here"),
        ("I can't, won't", "I cannot will not"),
        ("that's right", "That is right."),
        ("dont worry", "don't worry"),
        ("within twenty-four hours", "within 24 hours"),
        ("one hundred and five pounds", "£105"),
        ("two thousand", "2,000"),
        ("fifty percent", "50%"),
        ("um, I am, uh, calling", "I'm calling"),
        ("OK", "okay"),
    ],
)
def test_the_same_words_written_differently_are_the_same(one: str, other: str) -> None:
    assert words(one) == words(other)


def test_a_possessive_is_not_taken_for_is() -> None:
    assert words("the company's policy") == ("the", "companys", "policy")


def test_digits_read_out_stay_apart() -> None:
    assert words("one two three") == ("1", "2", "3")


def test_every_word_remembers_its_letters() -> None:
    text = "Well, I'm sorry: twenty four hours."
    found = tokens(text)
    assert [text[token.start : token.end] for token in found] == ["Well", "I'm", "I'm", "sorry", "twenty four", "hours"]


def test_a_listeners_backchannel_does_not_break_what_the_other_says() -> None:
    conversation = Conversation(
        a_transcript(
            a_turn("agent", "This call is", 0, 1),
            a_turn("customer", "Mhm.", 1, 1.2),
            a_turn("agent", "recorded.", 1.2, 2),
            a_turn("customer", "I want to complain.", 2, 3),
            a_turn("agent", "Go on.", 3, 4),
        )
    )
    agent = next(stream for stream in conversation.streams if stream.speaker == "agent")
    assert agent.words == ["this", "call", "is", "recorded", BREAK, "go", "on"]


def test_letters_are_found_in_the_times_of_their_words() -> None:
    turn = a_spoken_turn("agent", [("Good", 0, 0.4), ("morning,", 0.4, 1.0), ("Ravi", 1.2, 1.5)])
    heard = Conversation(a_transcript(turn)).heard(0, turn.text.index("morning"), turn.text.index("morning") + 7)
    assert (heard.start, heard.end, heard.confidence) == (0.4, 1.0, 1.0)


def test_without_times_for_words_the_turns_times_are_given() -> None:
    heard = Conversation(a_transcript(a_turn("agent", "Good morning", 3, 5))).heard(0, 0, 4)
    assert (heard.start, heard.end, heard.confidence) == (3, 5, None)
