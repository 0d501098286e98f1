"""What was measured of a call, side by side."""

from dashboard.widgets.facts import fact_rows, hold_words, silence_words
from dashboard.widgets.words import percent
from scoring.signals import measure
from tests.build import a_transcript, a_turn


def test_every_fact_is_found_among_what_is_measured() -> None:
    spoken = a_transcript(
        a_turn("agent", "Good morning, what can I do for you today? I have all the time in the world.", 0, 6),
        a_turn("customer", "My parcel never came and I am rather upset about it, to be honest with you.", 7, 12),
        a_turn("agent", "I am sorry to hear that. Let me look at it for you now.", 13, 17),
        a_turn("customer", "Thank you, that is very kind.", 18, 20),
        a_turn("agent", "It comes tomorrow.", 21, 23),
        a_turn("customer", "Wonderful, thank you.", 24, 26),
    )
    rows = {name: (agent, customer) for name, agent, customer in fact_rows(measure(spoken).measures)}
    assert len(rows) == 8
    assert rows["Longest without a break"] == ("6 s", "5 s")
    assert rows["Share of the talking"] == (percent(12 / 21), percent(9 / 21))


def test_what_could_not_be_measured_is_left_out() -> None:
    assert fact_rows({"agent_talk_share": None, "customer_talk_share": None}) == []
    assert silence_words({}) == ""


def test_silence_is_said_in_a_sentence() -> None:
    said = silence_words({"longest_silence_seconds": 12.4, "silence_share": 0.31})
    assert said == f"The longest silence lasted **12 s**; in all, nobody spoke for **{percent(0.31)}** of the call."


def test_time_on_hold_is_said_in_a_sentence_where_there_was_any() -> None:
    assert hold_words({"holds": 0, "hold_seconds": 0, "longest_hold_seconds": 0}) == hold_words({}) == ""
    once = hold_words({"holds": 1, "hold_seconds": 80, "longest_hold_seconds": 80})
    assert once == "The call was on hold once, for **1 min 20 s**."
    twice = hold_words({"holds": 2, "hold_seconds": 95, "longest_hold_seconds": 80})
    assert twice == "The call was on hold 2 times, for **1 min 35 s** in all; the longest hold lasted **1 min 20 s**."
