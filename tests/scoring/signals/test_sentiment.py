"""Valence is one number per turn, and the call's course is read from it by side and third."""

import pytest

from scoring.signals.sentiment import MEASURES, label, sentiment_measures, valence
from tests.build import a_chat, a_transcript, a_turn
from transcripts.model import Sides, Transcript


def course(transcript: Transcript) -> dict[str, float | None]:
    """The sentiment of a conversation."""
    return dict(sentiment_measures(transcript, [valence(turn.text) for turn in transcript.turns]))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("That is brilliant, thank you so much", "positive"),
        ("this is ridiculous I am really angry about it", "negative"),
        ("I am not happy with this", "negative"),
        ("The meter is in the hallway", "neutral"),
        ("", "neutral"),
    ],
)
def test_plain_lines_are_read_as_people_read_them(text: str, expected: str) -> None:
    assert label(valence(text)) == expected


@pytest.mark.parametrize("text", ["Yes, please.", "Okay, can you help me please?", "I'd like to know my balance"])
def test_asking_and_answering_is_not_delight(text: str) -> None:
    assert label(valence(text)) == "neutral"


@pytest.mark.parametrize("thanks", ["Thank you.", "Ta.", "Cheers."])
def test_thanks_count_alike_wherever_somebody_comes_from(thanks: str) -> None:
    assert valence(thanks) == valence("Thanks.") > 0


@pytest.mark.parametrize("address", [", love", ", my dear", ", darling", ", mate", ", sir"])
def test_a_term_of_address_is_no_feeling(address: str) -> None:
    assert valence(f"That's the bill for May{address}.") == valence("That's the bill for May.")
    assert valence(f"It is awful{address}, awful.") == valence("It is awful, awful.")
    assert valence("thank you love") == valence("thank you")
    assert valence("I love it, my friend is happy.") > 0.5


@pytest.mark.parametrize(
    "text",
    [
        "I've had enough. I have been on hold for an hour. It is terrible service!",
        "That's wonderful. I am so relieved, honestly! Thanks.",
    ],
)
def test_the_words_decide_not_the_punctuation(text: str) -> None:
    bare = "".join(letter for letter in text if letter not in ".,!")
    assert label(valence(bare)) == label(valence(text))
    assert abs(valence(bare) - valence(text)) < 0.2


def test_a_long_turn_with_a_few_polite_words_is_not_pure_delight() -> None:
    facts = "The engineer comes on Tuesday between nine and twelve and brings the part for the boiler with him. "
    assert valence(3 * (facts + "That is good to know. ")) < 0.6


def test_the_bounds_of_the_labels_are_those_of_vader() -> None:
    assert [label(value) for value in (0.05, 0.049, -0.049, -0.05)] == ["positive", "neutral", "neutral", "negative"]


def test_thirds_follow_the_clock_and_change_is_last_minus_first() -> None:
    measures = course(
        a_transcript(
            a_turn("customer", "This is awful", 0, 5),
            a_turn("agent", "I will look at it", 5, 58),
            a_turn("customer", "Now it is wonderful", 58, 60),
        )
    )
    first, last = valence("This is awful"), valence("Now it is wonderful")
    assert measures["customer_valence_first_third"] == first
    assert measures["customer_valence_middle_third"] is None
    assert measures["customer_valence_last_third"] == last
    assert measures["customer_valence_change"] == pytest.approx(last - first)
    assert measures["agent_valence_middle_third"] == 0


def test_without_times_thirds_are_thirds_of_the_turns() -> None:
    measures = course(a_chat("customer: awful", "agent: one moment", "customer: wonderful"))
    assert measures["customer_valence_first_third"] == valence("awful")
    assert measures["customer_valence_last_third"] == valence("wonderful")


def test_a_short_courtesy_does_not_outweigh_a_long_complaint() -> None:
    complaint = "I am furious that nobody came on Monday and nobody came on Tuesday either"
    measures = course(a_chat(f"customer: {complaint}", "customer: thanks"))
    assert measures["customer_valence"] is not None
    assert measures["customer_valence"] < 0
    assert measures["customer_valence_lowest"] == valence(complaint)


def test_the_end_is_the_mean_of_the_customers_last_two_turns() -> None:
    measures = course(a_chat("customer: awful", "customer: great", "agent: bye", "customer: bye"))
    assert measures["customer_valence_end"] == pytest.approx((valence("great") + valence("bye")) / 2, abs=1e-4)


def test_where_sides_were_not_told_apart_there_is_no_sides_sentiment() -> None:
    unknown = a_transcript(a_turn("other", "This is awful", 0, 5), sides=Sides.UNKNOWN)
    assert set(course(unknown).values()) == {None}


def test_every_measure_is_described_and_given() -> None:
    assert set(course(a_transcript())) == set(MEASURES)
