"""Working hours are added to messages where their times can be right, and to no others."""

from datetime import UTC, datetime

import pytest

from tests.build import a_thread
from transcripts.written import on_the_clock

HOURS = "Mon-Fri 09:00-17:00, UTC"
THREAD = a_thread("customer 0: Where is it?", "agent 1020: Here.", seen=1080)
MONDAY = datetime(2026, 11, 16, 16, 30, tzinfo=UTC)


def test_each_message_gets_the_working_time_before_it() -> None:
    timed = on_the_clock(THREAD, MONDAY, HOURS)
    assert [turn.worked for turn in timed.turns] == [0, 3600]
    assert (timed.hours, timed.seen_worked) == (HOURS, 7200)
    assert timed.said_hash == THREAD.said_hash != timed.content_hash


@pytest.mark.parametrize("year", [1, 9999])
def test_a_date_that_cannot_be_right_adds_nothing(year: int) -> None:
    assert on_the_clock(THREAD, MONDAY.replace(year=year), HOURS) == THREAD


def test_nor_does_a_conversation_of_centuries() -> None:
    old = a_thread("customer 0: Where is it?", f"agent {60 * 24 * 365 * 300}: Here.")
    assert on_the_clock(old, MONDAY, HOURS) == old
