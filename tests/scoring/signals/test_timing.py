"""Who spoke how much, who waited and who cut in are read from the times alone."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scoring.signals.timing import (
    MEASURES,
    count_questions,
    count_words,
    is_backchannel,
    measure_timing,
    talk_over_of,
)
from tests.build import a_chat, a_spoken_turn, a_transcript, a_turn
from transcripts.model import Sides, Span, Speaker


def test_talk_shares_are_shares_of_speaking_time_and_add_up_to_one() -> None:
    measured = measure_timing(
        a_transcript(a_turn("agent", "Good morning to you", 0, 3), a_turn("customer", "Hello", 20, 21))
    )
    assert measured.measures["agent_talk_share"] == 0.75
    assert measured.measures["customer_talk_share"] == 0.25


def test_pace_is_words_a_minute_over_speaking_time_not_over_the_call() -> None:
    measured = measure_timing(
        a_transcript(a_turn("agent", "one two three four five six", 0, 3), a_turn("customer", "Hi", 50, 60))
    )
    assert measured.measures["agent_words_per_minute"] == 120


def test_a_pause_inside_a_turn_is_not_speaking_time() -> None:
    turn = a_spoken_turn("agent", [("Let", 0, 0.5), ("me", 0.5, 1), ("look", 6, 6.5), ("here", 6.5, 7)])
    measures = measure_timing(a_transcript(turn)).measures
    assert measures["agent_words_per_minute"] == 120
    assert measures["longest_silence_seconds"] == 5


def test_silence_counts_from_three_seconds_on_and_lies_between_the_first_word_and_the_last() -> None:
    measured = measure_timing(
        a_transcript(
            a_turn("agent", "Hello there", 5, 6), a_turn("customer", "Hello", 8, 10), a_turn("agent", "Thank you", 14, 20)
        )
    )
    assert measured.measures["longest_silence_seconds"] == 4
    assert measured.measures["total_silence_seconds"] == 4
    assert measured.measures["silence_share"] == 0.2
    assert [silence.span.duration for silence in measured.silences] == [4, 2]
    assert [silence.after_turn for silence in measured.silences] == [1, 0]


def test_an_announcement_is_neither_silence_nor_a_sides_speech() -> None:
    measured = measure_timing(
        a_transcript(
            a_turn("other", "This call may be recorded", 0, 10),
            a_turn("agent", "Hello there", 10, 12),
            a_turn("customer", "Hello", 12, 14),
        )
    )
    assert measured.measures["agent_talk_share"] == 0.5
    assert measured.measures["longest_silence_seconds"] == 0


def cut_in(text: str, start: float, end: float, held_until: float = 6.0) -> list[Speaker]:
    """Who interrupted, where the agent says `text` while the customer speaks from 0 s on."""
    customer = a_turn("customer", "I rang on Monday and they told me", 0, held_until)
    return [cut.by for cut in measure_timing(a_transcript(customer, a_turn("agent", text, start, end))).interruptions]


def test_who_comes_in_and_gets_the_floor_has_interrupted() -> None:
    assert cut_in("What is your account number", 5, 9) == [Speaker.AGENT]


@pytest.mark.parametrize(
    ("case", "text", "start", "end", "held_until"),
    [
        ("a backchannel", "yeah, okay", 4, 7, 6),
        ("one word", "Monday", 4, 7, 6),
        ("a start a moment early", "What is your account number", 5.8, 9, 6),
        ("the other spoke on and kept the floor", "What is your account", 3, 5, 6),
        ("both talked for long", "What is your account number", 2, 9, 6),
        ("both began at once", "What is your account number", 0.2, 4, 1.5),
        ("no overlap", "What is your account number", 6.5, 9, 6),
    ],
)
def test_it_is_no_interruption_when(case: str, text: str, start: float, end: float, held_until: float) -> None:
    assert cut_in(text, start, end, held_until) == []


def test_an_interruption_says_who_where_and_for_how_long() -> None:
    measured = measure_timing(
        a_transcript(
            a_turn("agent", "Your contract says that you have to", 0, 6), a_turn("customer", "No, listen to me", 5, 8)
        )
    )
    (cut,) = measured.interruptions
    assert (cut.by, cut.turn, cut.start, cut.over_seconds) == (Speaker.CUSTOMER, 1, 5, 1)
    assert measured.measures["customer_interruptions"] == 1
    assert measured.measures["agent_interruptions"] == 0


def test_a_cut_in_is_found_inside_a_turn_by_its_words() -> None:
    agent = a_spoken_turn(
        "agent", [("Right", 0, 0.5), ("what", 4, 4.5), ("is", 4.5, 5), ("your", 5, 5.5), ("number", 5.5, 6)]
    )
    customer = a_spoken_turn("customer", [("I", 2, 2.5), ("was", 2.5, 3), ("waiting", 3, 3.5), ("for", 3.5, 4.5)])
    (cut,) = measure_timing(a_transcript(agent, customer)).interruptions
    assert (cut.by, cut.start) == (Speaker.AGENT, 4)


def test_a_listeners_mm_hm_does_not_break_a_monologue_but_a_reply_and_a_hold_do() -> None:
    measures = measure_timing(
        a_transcript(
            a_turn("agent", "The plan has three parts", 0, 10),
            a_turn("customer", "Mm-hm, okay", 10, 11),
            a_turn("agent", "and the second is this", 11, 25),
            a_turn("customer", "But what does it cost?", 25, 27),
            a_turn("agent", "Let me look", 27, 30),
            a_turn("agent", "Twelve pounds", 50, 52),
        )
    ).measures
    assert measures["longest_agent_monologue_seconds"] == 25
    assert measures["longest_customer_monologue_seconds"] == 2


def test_response_gaps_are_kept_apart_by_who_answers() -> None:
    measures = measure_timing(
        a_transcript(
            a_turn("agent", "How can I help?", 0, 2),
            a_turn("customer", "My card was charged twice", 3, 6),
            a_turn("agent", "I see it here", 10, 12),
            a_turn("customer", "Can I have it back?", 12.5, 14),
            a_turn("agent", "Yes you can", 16, 17),
        )
    ).measures
    assert measures["agent_median_response_gap_seconds"] == 3
    assert measures["longest_agent_response_gap_seconds"] == 4
    assert measures["customer_median_response_gap_seconds"] == 0.75
    assert measures["longest_customer_response_gap_seconds"] == 1


def test_a_written_conversation_has_words_and_questions_but_no_time() -> None:
    measured = measure_timing(
        a_chat("agent: Hello, how can I help?", "customer: My card does not work", "agent: Which card is it?")
    )
    measures = measured.measures
    assert measures["agent_questions"] == 2
    assert measures["agent_words"] == 9
    assert measures["agent_word_share"] == 0.6429
    timed = ("talk_share", "silence", "interruptions", "per_minute", "monologue", "gap", "duration")
    assert {
        name: value for name, value in measures.items() if any(part in name for part in timed) and value is not None
    } == {}
    assert measured.silences == ()


def test_where_sides_were_not_told_apart_nothing_is_said_about_a_side() -> None:
    turns = (a_turn("other", "Hello, how can I help?", 0, 2), a_turn("other", "My card does not work", 6, 9))
    measures = measure_timing(a_transcript(*turns, sides=Sides.UNKNOWN)).measures
    assert {name for name, value in measures.items() if value is not None} == {
        "duration_seconds",
        "longest_silence_seconds",
        "longest_silence_outside_holds_seconds",
        "total_silence_seconds",
        "silence_share",
        "hold_seconds",
        "longest_hold_seconds",
        "holds",
    }


def test_a_side_that_never_spoke_has_no_pace_and_no_gap() -> None:
    measures = measure_timing(a_transcript(a_turn("agent", "Hello? Is anyone there?", 0, 2))).measures
    assert measures["customer_words_per_minute"] is None
    assert measures["agent_median_response_gap_seconds"] is None
    assert measures["customer_talk_share"] == 0
    assert measures["customer_turns"] == 0


def test_an_empty_conversation_is_measured_without_complaint() -> None:
    assert set(measure_timing(a_transcript()).measures) == set(MEASURES)


@pytest.mark.parametrize("text", ["Mm-hm.", "yeah", "Okay, right.", "I see.", "uh-huh yeah okay", ""])
def test_listening_sounds_are_backchannels(text: str) -> None:
    assert is_backchannel(text)


@pytest.mark.parametrize("text", ["No, wait a minute", "I never said that", "okay but why is it so late"])
def test_a_bid_for_the_floor_is_no_backchannel(text: str) -> None:
    assert not is_backchannel(text)


@pytest.mark.parametrize(
    ("text", "questions"),
    [
        ("What's your postcode? And the house number?", 2),
        ("can you tell me your date of birth", 1),
        ("Can you hold the line. I will be right back.", 0),
        ("I know what it is", 0),
        ("", 0),
    ],
)
def test_questions_are_counted_with_and_without_a_question_mark(text: str, questions: int) -> None:
    assert count_questions(text) == questions


def test_words_are_counted_as_spoken() -> None:
    assert count_words("It's - mm-hm - £20, isn't it?") == 5


turns = st.lists(
    st.builds(
        lambda speaker, start, length, text: a_turn(speaker, text, start, start + length),
        st.sampled_from(["agent", "customer", "other"]),
        st.floats(0, 100, allow_nan=False),
        st.floats(0, 20, allow_nan=False),
        st.sampled_from(["yeah", "what is that", "I have waited for a week", ""]),
    ),
    max_size=8,
)


@given(turns)
def test_shares_stay_within_bounds_and_silence_within_the_call(spoken: list) -> None:  # type: ignore[type-arg]
    measures = measure_timing(a_transcript(*spoken)).measures
    for name in ("agent_talk_share", "customer_talk_share", "silence_share"):
        share = measures[name]
        assert share is None or 0 <= share <= 1
    for name in ("longest_silence_seconds", "total_silence_seconds", "longest_agent_monologue_seconds"):
        seconds = measures[name]
        assert seconds is None or 0 <= seconds <= (measures["duration_seconds"] or 0) + 1e-3


def test_speaking_at_once_counts_whoever_gave_way_and_not_for_a_moment() -> None:
    call = a_transcript(
        a_turn("customer", "I have been waiting for a week now", 0, 5),
        a_turn("agent", "Let me just stop you there", 3, 6),
        a_turn("customer", "No", 5.9, 7),
        a_turn("other", "This call is recorded", 6, 7),
    )
    assert talk_over_of(call) == [Span(3, 5)]


def test_nobody_speaks_at_once_where_the_sides_are_unknown_or_the_conversation_was_written() -> None:
    both = (a_turn("customer", "I have been waiting", 0, 5), a_turn("agent", "Let me stop you", 3, 6))
    assert talk_over_of(a_transcript(*both, sides=Sides.UNKNOWN)) == []
    assert talk_over_of(a_chat("agent: Hello", "customer: Hello")) == []
