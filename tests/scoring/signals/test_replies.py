"""Waits of customers who write are counted on their clock, from the first message that nobody has answered."""

import pytest

from scoring.signals.replies import closes, reply_measures, waits_of
from tests.build import a_chat, a_thread
from transcripts.model import Sides


def minutes(*lines: str, seen: float | None = None) -> list[tuple[int, int | None, float | None]]:
    """Each wait: where it began, who ended it, its minutes."""
    waits = waits_of(a_thread(*lines, seen=seen))
    return [(wait.asked, wait.answered, None if wait.seconds is None else wait.seconds / 60) for wait in waits]


def test_a_wait_begins_with_the_first_message_that_nobody_has_answered() -> None:
    told = minutes("customer 0: My parcel is lost.", "customer 30: Hello?", "agent 45: I am looking.", "agent 50: Found it.")
    assert told == [(0, 2, 45)]


def test_what_a_machine_sends_by_itself_answers_nobody() -> None:
    told = minutes("customer 0: My parcel is lost.", "other 1: We will be with you shortly.", "agent 60: I am looking.")
    assert told == [(0, 2, 60)]


def test_thanks_and_a_goodbye_want_no_answer() -> None:
    thread = ("customer 0: Where is it?", "agent 5: It comes today.", "customer 6: Thanks so much, bye!")
    assert minutes(*thread) == [(0, 1, 5)]
    assert minutes(*thread, "agent 900: You are welcome.") == [(0, 1, 5)]


def test_what_follows_thanks_begins_the_wait() -> None:
    told = minutes(
        "customer 0: Hi there?", "agent 1: Hello.", "customer 2: Thanks.", "customer 9: Where is it?", "agent 12: Here."
    )
    assert told == [(0, 1, 1), (3, 4, 3)]


def test_a_message_that_nobody_answered_waits_as_long_as_the_file_reaches() -> None:
    assert minutes("customer 0: Where is it?", seen=300) == [(0, None, 300)]
    assert minutes("customer 0: Where is it?") == [(0, None, None)]


def test_an_agent_who_writes_first_keeps_nobody_waiting() -> None:
    assert minutes("agent 0: Your order is ready.", "customer 5: Thank you!") == []


def test_nothing_is_timed_where_times_or_sides_are_not_known() -> None:
    assert reply_measures(a_chat("customer: Where is it?", "agent: Here")) == {}
    thread = a_thread("customer 0: Where is it?", "agent 5: Here.")
    assert reply_measures(type(thread)(**{**vars(thread), "sides": Sides.UNKNOWN})) == {}


def test_the_numbers_are_of_answers_and_unanswered_messages_are_counted() -> None:
    thread = a_thread(
        "customer 0: Where is it?", "agent 10: On its way.", "customer 20: When does it come?", "agent 80: At noon.",
        "customer 90: It did not come!", seen=500,
    )  # fmt: skip
    assert reply_measures(thread) == {
        "first_reply_seconds": 600,
        "longest_reply_seconds": 3600,
        "median_reply_seconds": 2100,
        "first_reply_working_seconds": 600,
        "longest_reply_working_seconds": 3600,
        "unanswered_messages": 1,
    }


@pytest.mark.parametrize(
    "text",
    ["Thanks!", "thank you so much Priya", "Ok great, that's sorted then. Have a lovely weekend", "Perfect, cheers", "Ok"],
)
def test_what_closes_a_conversation(text: str) -> None:
    assert closes(text)


@pytest.mark.parametrize(
    "text",
    [
        "Thanks, but it's still not here",
        "Ok and when will that be",
        "Thanks. My order number is 4417",
        "It isn't working",
        "ok thanks can you send it again",
        "Great service as usual, three weeks and nobody rang",
        "Hello",
        "This is a disgrace",
        "…",
    ],
)
def test_what_wants_an_answer(text: str) -> None:
    assert not closes(text)
