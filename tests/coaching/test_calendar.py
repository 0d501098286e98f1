"""Does a calendar program get a file that it can read?"""

import re
from datetime import UTC, date, datetime

from hypothesis import given
from hypothesis import strategies as st

from coaching.calendar import Entry, calendar_file

AT = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)


def unfolded(file: bytes) -> list[str]:
    """The lines as a calendar program puts them together."""
    return re.sub("\r\n ", "", file.decode()).split("\r\n")


def test_an_entry_is_an_event_of_its_whole_day() -> None:
    lines = unfolded(calendar_file([Entry("plan-3-session-1@attune", date(2026, 11, 30), "Talk with Nadia")], AT))
    assert lines[0] == "BEGIN:VCALENDAR"
    assert lines[-2:] == ["END:VCALENDAR", ""]
    for line in (
        "UID:plan-3-session-1@attune",
        "DTSTAMP:20261123T080000Z",
        "DTSTART;VALUE=DATE:20261130",
        "DTEND;VALUE=DATE:20261201",
        "SUMMARY:Talk with Nadia",
    ):
        assert line in lines


def test_commas_semicolons_backslashes_and_line_breaks_are_escaped() -> None:
    lines = unfolded(calendar_file([Entry("u", date(2026, 1, 31), "a, b; c\\d\ne")], AT))
    assert "SUMMARY:a\\, b\\; c\\\\d\\ne" in lines


def test_words_cannot_end_an_event_and_begin_another() -> None:
    lines = unfolded(calendar_file([Entry("u", date(2026, 1, 31), "x\r\nEND:VEVENT\rBEGIN:VEVENT\n")], AT))
    assert lines.count("END:VEVENT") == lines.count("BEGIN:VEVENT") == 1


@given(st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=300))
def test_no_line_is_longer_than_the_standard_allows_and_nothing_is_lost(words: str) -> None:
    file = calendar_file([Entry("u", date(2026, 1, 31), words, words)], AT)
    assert all(len(line) <= 75 for line in file.split(b"\r\n"))
    escaped = words.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,")
    assert f"SUMMARY:{escaped}" in unfolded(file)
