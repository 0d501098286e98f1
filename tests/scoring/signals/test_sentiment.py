"""Valence is one number per turn, and the call's course is read from it by side and third."""

import pytest

import settings
from scoring.behaviours.corpus import Said
from scoring.behaviours.judge import feels_from, load_judge
from scoring.behaviours.turns import Heard
from scoring.signals.sentiment import MEASURES, label, made_of, sentiment_measures, valences, word_list
from tests.build import a_chat, a_transcript, a_turn
from transcripts.model import Sides, Speaker, Transcript


def valence(text: str) -> float:
    """How positive a text is by judge and word list together."""
    return valences([text], load_judge().answers([Heard(Said(Speaker.CUSTOMER, text))]))[0]


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
    assert word_list(thanks) == word_list("Thanks.") > 0


@pytest.mark.parametrize("address", [", love", ", my dear", ", darling", ", mate", ", sir"])
def test_a_term_of_address_is_no_feeling(address: str) -> None:
    assert word_list(f"That's the bill for May{address}.") == word_list("That's the bill for May.")
    assert word_list(f"It is awful{address}, awful.") == word_list("It is awful, awful.")
    assert word_list("thank you love") == word_list("thank you")
    assert word_list("I love it, my friend is happy.") > 0.5


@pytest.mark.parametrize(
    "text",
    [
        "I've called three times about this now and I'm still waiting for somebody to ring back.",
        "it says delivered and it isn't here and it was for my daughter's birthday",
        "I was told Tuesday and then Thursday and nobody turned up either day.",
    ],
)
def test_a_complaint_without_a_sad_word_is_a_complaint(text: str) -> None:
    assert label(valence(text)) == "negative"


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


@pytest.mark.parametrize(
    "text", ["That is brilliant, thank you so much", "nobody rang me back and I am furious", "It is in Leeds.", ""]
)
def test_a_turns_valence_is_the_sum_of_the_parts_that_are_shown(text: str) -> None:
    parts = made_of(text, valence(text))
    assert parts.judge + parts.word_list == pytest.approx(valence(text), abs=2e-4)
    assert parts.word_list == pytest.approx(0.2 * word_list(text), abs=1e-4)


def test_the_words_that_the_list_counts_are_named_with_their_weights() -> None:
    words = dict(made_of("The parcel was damaged, and the driver was brilliant.", 0.1).words)
    assert words["damaged"] < 0 < words["brilliant"]
    assert "parcel" not in words


def test_the_word_list_can_be_used_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    text = "That is brilliant, thank you so much"
    monkeypatch.setenv("ATTUNE_SENTIMENT", "vader")
    settings.settings.cache_clear()
    try:
        assert valence(text) == word_list(text)
        assert made_of(text, valence(text)).judge == 0
        assert [label(value) for value in (0.05, 0.049, -0.05)] == ["positive", "neutral", "negative"]
    finally:
        settings.settings.cache_clear()


def test_a_long_turn_with_a_few_polite_words_is_not_pure_delight() -> None:
    facts = "The engineer comes on Tuesday between nine and twelve and brings the part for the boiler with him. "
    assert valence(3 * (facts + "That is good to know. ")) < 0.6


def test_the_bounds_of_the_labels_are_the_judges() -> None:
    bound = feels_from()
    values = (bound, bound - 0.01, 0, 0.01 - bound, -bound)
    assert [label(value) for value in values] == ["positive", "neutral", "neutral", "neutral", "negative"]


def test_what_was_said_with_a_raised_voice_takes_less_to_be_called_felt() -> None:
    value = (feels_from() + feels_from(raised=True)) / 2
    assert [label(one) for one in (value, -value)] == ["neutral", "neutral"]
    assert [label(one, raised=True) for one in (value, -value, 0)] == ["positive", "negative", "neutral"]


def test_an_exclamation_mark_is_a_raised_voice_in_talk_and_a_courtesy_to_a_service() -> None:
    texts = ["Oh my God, you came!", "Oh my God, you came", "Good afternoon, I would like to change the card of my order!"]
    answers = load_judge().answers([Heard(Said(Speaker.CUSTOMER, text)) for text in texts])
    assert load_judge().raised(texts, answers).tolist() == [True, False, False]


@pytest.mark.parametrize("text", ["Have a good day.", "I have a question about the charge.", "Thank you, bye.", "Regards,"])
def test_a_courtesy_or_a_fact_of_the_trade_is_neutral(text: str) -> None:
    assert label(valence(text)) == "neutral"


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
    assert measures["agent_valence_middle_third"] == valence("I will look at it")


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


def test_what_is_remembered_is_the_peak_and_the_end_of_either_side() -> None:
    measures = course(a_chat("customer: awful", "agent: I see", "customer: fine", "customer: bye"))
    values = [valence(text) for text in ("awful", "fine", "bye")]
    peak, end = max(values, key=abs), (values[1] + values[2]) / 2
    assert measures["customer_valence_peak_end"] == pytest.approx((peak + end) / 2, abs=2e-4)
    assert (measures["customer_valence_lowest"], measures["customer_valence_highest"]) == (min(values), max(values))
    assert measures["agent_valence_lowest"] == measures["agent_valence_end"] == valence("I see")


def test_where_sides_were_not_told_apart_there_is_no_sides_sentiment() -> None:
    unknown = a_transcript(a_turn("other", "This is awful", 0, 5), sides=Sides.UNKNOWN)
    assert set(course(unknown).values()) == {None}


def test_every_measure_is_described_and_given() -> None:
    assert set(course(a_transcript())) == set(MEASURES)
