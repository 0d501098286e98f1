"""Does what is said of a customer's story follow from their conversations, with its doubt?"""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from scoring.journey import Because, Contact, Outcome, Promise, due_by, effort, feelings, follow, repeats

MONDAY = datetime(2025, 3, 3, 10, tzinfo=UTC)
LATER = MONDAY + timedelta(days=60)


def contact(name: str, days: float, *, ours: bool = False, **more: float | str) -> Contact:
    return Contact(name, MONDAY + timedelta(days=days), str(more.pop("channel", "call")), ours, **more)  # type: ignore[arg-type]


PROMISE = Promise("first", 3, "promises_follow_up", 0.9, "I'll ring you back within two days.", "Ana", MONDAY)
FIRST = contact("first", 0, reason="refund")


@pytest.mark.parametrize(
    ("following", "now", "outcome", "because"),
    [
        ([contact("back", 1, ours=True)], LATER, Outcome.LIKELY_KEPT, Because.WE_CAME_BACK),
        ([contact("back", 5, ours=True)], LATER, Outcome.UNSURE, Because.WE_WERE_LATE),
        ([contact("again", 5, repeat_said=0.9)], LATER, Outcome.LIKELY_NOT_KEPT, Because.CAME_BACK_ABOUT_IT),
        ([contact("again", 5, reason="refund")], LATER, Outcome.LIKELY_NOT_KEPT, Because.CAME_BACK_ABOUT_IT),
        ([contact("again", 1, reason="refund")], LATER, Outcome.UNSURE, Because.CAME_BACK_ABOUT_IT),
        ([contact("again", 5)], LATER, Outcome.UNSURE, Because.CAME_BACK),
        ([], MONDAY + timedelta(days=1), Outcome.NOT_DUE, Because.TIME),
        ([], LATER, Outcome.UNKNOWN, Because.SILENCE),
    ],
)
def test_the_next_contact_says_what_became_of_a_promise(
    following: list[Contact], now: datetime, outcome: Outcome, because: Because
) -> None:
    found = follow(PROMISE, [FIRST, *following], now)
    assert (found.outcome, found.because) == (outcome, because)
    assert found.next_call == (following[0].call_id if following else None)


def test_only_the_first_contact_after_it_counts() -> None:
    contacts = [FIRST, contact("rang", 1, ours=True), contact("again", 2, repeat_said=0.95)]
    assert follow(PROMISE, contacts, LATER).outcome is Outcome.LIKELY_KEPT


def test_a_persons_word_holds_before_the_machines_guess() -> None:
    said = replace(PROMISE, word=False, word_by="Rosa")
    assert follow(said, [FIRST, contact("back", 1, ours=True)], LATER).outcome is Outcome.NOT_KEPT


def test_a_message_of_ours_before_the_customer_writes_again_is_the_answer() -> None:
    wrote = replace(PROMISE, answered_at=MONDAY + timedelta(hours=5))
    found = follow(wrote, [FIRST, contact("again", 3)], LATER)
    assert (found.outcome, found.next_call) == (Outcome.LIKELY_KEPT, "first")
    at_once = replace(PROMISE, answered_at=MONDAY + timedelta(minutes=1))
    assert follow(at_once, [FIRST], LATER).outcome is Outcome.UNKNOWN


@pytest.mark.parametrize(
    ("words", "due"),
    [
        ("within 24 hours", MONDAY + timedelta(hours=24)),
        ("It takes three to five working days.", datetime(2025, 3, 10, 10, tzinfo=UTC)),
        ("in the next two days", MONDAY + timedelta(days=2)),
        ("I'll ring you tomorrow", datetime(2025, 3, 4, 23, 59, 59, tzinfo=UTC)),
        ("by Friday", datetime(2025, 3, 7, 23, 59, 59, tzinfo=UTC)),
        ("by the end of the day", datetime(2025, 3, 3, 23, 59, 59, tzinfo=UTC)),
        ("I'll sort that out for you", None),
    ],
)
def test_the_time_of_a_promise_is_read_from_its_words(words: str, due: datetime | None) -> None:
    assert due_by(words, MONDAY) == due


def test_the_peak_is_the_strongest_moment_and_the_end_is_the_last_ones() -> None:
    contacts = [
        contact("b", 2, valence_peak=0.4, valence_end=0.3),
        contact("a", 0, valence_peak=-0.9, valence_end=-0.5),
        contact("unmeasured", 3),
    ]
    found = feelings(contacts)
    assert found is not None
    assert (found.peak_call, found.end_call) == ("a", "b")
    assert found.peak_end == pytest.approx(-0.3)
    assert feelings([contact("unmeasured", 3)]) is None


def test_effort_is_counted_in_parts_and_what_is_not_known_is_no_zero() -> None:
    contacts = [
        contact("a", 0, transfers=1, seconds=300.0, repeat_said=0.1),
        contact("b", 2, channel="email", repeat_said=0.9),
        contact("c", 3, ours=True, seconds=60.0),
    ]
    found = effort(contacts)
    assert (found.contacts, found.ours, found.channel_changes, found.transfers, found.repeats_said) == (2, 1, 1, 1, 1)
    assert (found.seconds, found.holds, found.hold_seconds) == (360.0, None, None)


def test_repeats_are_the_customers_own_contacts_soon_after_one_another() -> None:
    contacts = [contact("a", 0), contact("ours", 1, ours=True), contact("b", 6), contact("c", 30)]
    assert repeats(contacts) == {7: 1, 30: 2}
