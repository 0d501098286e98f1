"""Time on hold is counted as such, and a silence that nobody announced is not."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scoring.signals.holds import outside
from scoring.signals.timing import dead_air_of, holds_of, measure_timing
from tests.build import a_chat, a_transcript, a_turn
from transcripts.model import Sides, Sound, SoundKind, Span, Transcript, Turn

GREETING = a_turn("agent", "Good morning, how can I help?", 0, 4)
PROBLEM = a_turn("customer", "My card was charged twice.", 5, 9)
RETURN = a_turn("agent", "Thank you for holding.", 60, 62)


def music(start: float, end: float) -> Sound:
    return Sound(SoundKind.MUSIC, start, end)


def announcement(start: float, end: float) -> Sound:
    return Sound(SoundKind.ANNOUNCEMENT, start, end)


def a_call(*turns: Turn, sounds: tuple[Sound, ...] = ()) -> Transcript:
    return replace(a_transcript(*turns), sounds=sounds)


def test_a_call_on_hold_counts_as_hold_time_from_the_last_word_to_the_return() -> None:
    call = a_call(GREETING, PROBLEM, RETURN, sounds=(music(12, 58),))
    measures = measure_timing(call).measures
    assert holds_of(call) == [Span(9, 60)]
    assert (measures["holds"], measures["hold_seconds"], measures["longest_hold_seconds"]) == (1, 51, 51)
    assert (measures["longest_silence_seconds"], measures["longest_silence_outside_holds_seconds"]) == (51, 1)


@pytest.mark.parametrize(
    "asks",
    [
        "Can I put you on a brief hold?",
        "Please hold the line while I check.",
        "Could you hold for two minutes?",
        "I'll place you on hold, you'll hear some music.",
    ],
)
def test_silence_after_the_agent_asked_to_hold_is_a_hold(asks: str) -> None:
    answer = a_turn("customer", "Yes, go ahead.", 14, 15)
    call = a_call(GREETING, PROBLEM, a_turn("agent", asks, 10, 13), answer, RETURN)
    assert holds_of(call) == [Span(15, 60)]
    assert measure_timing(call).measures["longest_silence_outside_holds_seconds"] == 1


@pytest.mark.parametrize("says", ["Bear with me.", "Let me look.", "Your order was on hold."])
def test_a_silence_that_nobody_announced_as_a_hold_is_dead_air(says: str) -> None:
    call = a_call(GREETING, PROBLEM, a_turn("agent", says, 10, 13), RETURN)
    assert holds_of(call) == []
    assert measure_timing(call).measures["longest_silence_outside_holds_seconds"] == 47
    assert dead_air_of(call)[0] == Span(13, 60)


def test_a_customer_who_speaks_of_holding_puts_nobody_on_hold() -> None:
    call = a_call(GREETING, a_turn("customer", "They told me to hold the line.", 5, 9), RETURN)
    assert holds_of(call) == []


def test_recorded_voices_and_a_customers_mutter_do_not_end_a_hold() -> None:
    voice = a_turn("other", "Your call is important to us.", 30, 33)
    mutter = a_turn("customer", "Oh, come on.", 40, 41)
    sounds = (music(12, 29), announcement(30, 33), music(34, 58))
    assert holds_of(a_call(GREETING, PROBLEM, voice, mutter, RETURN, sounds=sounds)) == [Span(9, 60)]


def test_an_agent_who_comes_back_in_between_makes_two_holds() -> None:
    back = a_turn("agent", "Still looking.", 31, 32)
    call = a_call(GREETING, PROBLEM, back, RETURN, sounds=(music(12, 30), music(33, 58)))
    assert holds_of(call) == [Span(9, 31), Span(32, 60)]
    assert measure_timing(call).measures["longest_hold_seconds"] == 28


def test_a_silent_hold_goes_on_after_a_recorded_voice() -> None:
    asks = a_turn("agent", "Please hold.", 10, 11)
    voice = a_turn("other", "Please continue to hold.", 30, 33)
    call = a_call(GREETING, PROBLEM, asks, voice, RETURN, sounds=(announcement(30, 33),))
    assert holds_of(call) == [Span(11, 60)]


def test_music_before_the_agents_first_words_is_a_queue_and_no_hold() -> None:
    agent = a_turn("agent", "Good morning", 40, 42)
    assert holds_of(a_call(agent, a_turn("customer", "Hello", 43, 44), sounds=(music(2, 39),))) == []


def test_a_few_seconds_of_music_are_no_hold() -> None:
    call = a_call(GREETING, PROBLEM, a_turn("agent", "So.", 16, 17), sounds=(music(9.5, 15.5),))
    assert holds_of(call) == []


def test_a_hold_is_found_where_sides_were_not_told_apart() -> None:
    turns = (a_turn("other", "Good morning", 0, 4), a_turn("other", "Thank you for holding", 60, 62))
    call = replace(a_transcript(*turns, sides=Sides.UNKNOWN), sounds=(music(8, 58),))
    assert holds_of(call) == [Span(4, 60)]


def test_a_written_conversation_is_never_on_hold() -> None:
    measures = measure_timing(a_chat("agent: Please hold the line.", "customer: Okay")).measures
    assert measures["holds"] is None
    assert measures["hold_seconds"] is None


@given(st.lists(st.floats(0, 100), min_size=2, max_size=2), st.lists(st.floats(0, 100), max_size=8))
def test_taking_holds_out_leaves_what_is_in_none_of_them(ends: list[float], edges: list[float]) -> None:
    span = Span(*sorted(ends))
    ordered = sorted(edges)
    holds = [Span(a, b) for a, b in zip(ordered[::2], ordered[1::2], strict=False)]
    left = outside(span, holds)
    held = sum((span & hold).duration for hold in holds)
    assert sum(part.duration for part in left) + held == pytest.approx(span.duration)
    assert not any(part & hold for part in left for hold in holds)
