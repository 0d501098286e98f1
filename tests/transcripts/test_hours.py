"""The hours of a centre are counted as they were lived: nights, weekends, holidays, and days on which the clocks change."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from transcripts.hours import EXAMPLE, Hours, hours_by_team, read_hours

HOUR = 3600.0
LONDON = ZoneInfo("Europe/London")


def hours(written: str) -> Hours:
    read = read_hours(written)
    assert read is not None
    return read


def at(written: str, zone: ZoneInfo = LONDON) -> datetime:
    return datetime.fromisoformat(written).replace(tzinfo=zone)


OFFICE = hours(EXAMPLE)


def test_a_question_on_friday_evening_waits_until_the_office_opens() -> None:
    # Friday 13 November 2026, 17:00; Saturday is open for four hours; answered on Monday at 9:15.
    assert OFFICE.seconds_between(at("2026-11-13T17:00"), at("2026-11-16T09:15")) == 0.5 * HOUR + 4 * HOUR + 0.25 * HOUR


def test_nothing_counts_while_nobody_is_there() -> None:
    assert OFFICE.seconds_between(at("2026-11-13T18:00"), at("2026-11-14T09:59")) == 0
    assert OFFICE.seconds_between(at("2026-11-16T12:00"), at("2026-11-16T11:00")) == 0


def test_a_holiday_of_one_part_of_a_country_is_one_there_alone() -> None:
    # 30 November is St Andrew's Day: a holiday in Scotland, an ordinary Monday in England.
    day = at("2026-11-30T09:00"), at("2026-11-30T17:30")
    assert hours("Mon-Fri 09:00-17:30, Europe/London, holidays GB-SCT").seconds_between(*day) == 0
    assert OFFICE.seconds_between(*day) == 8.5 * HOUR


def test_a_night_on_which_the_clocks_change_is_an_hour_shorter_or_longer() -> None:
    night = hours("daily 22:00-06:00, Europe/London")
    spring = at("2026-03-28T21:00"), at("2026-03-29T07:00")
    autumn = at("2026-10-24T21:00"), at("2026-10-25T07:00")
    usual = at("2026-11-10T21:00"), at("2026-11-11T07:00")
    assert [night.seconds_between(*one) / HOUR for one in (spring, autumn, usual)] == [7, 9, 8]


def test_an_hour_that_the_clocks_leave_out_harms_nothing() -> None:
    odd = hours("Sun 01:30-03:00, Europe/London")  # 01:30 does not exist on 29 March 2026
    assert odd.seconds_between(at("2026-03-29T00:00"), at("2026-03-29T12:00")) <= 1.5 * HOUR


def test_the_zone_is_the_centres_and_not_that_of_whoever_wrote() -> None:
    sent = datetime(2026, 11, 16, 8, 0, tzinfo=ZoneInfo("America/New_York"))  # 13:00 in London
    answered = datetime(2026, 11, 16, 14, 0, tzinfo=UTC)
    assert OFFICE.seconds_between(sent, answered) == HOUR


def test_hours_that_overlap_count_once_and_a_week_may_run_round_its_end() -> None:
    assert hours("Sat-Mon 10:00-14:00 12:00-16:00").week[6] == ((600, 960),)
    assert [bool(day) for day in hours("Sat-Mon 10:00-14:00").week] == [True, False, False, False, False, True, True]


def test_always_means_that_the_clock_never_stops() -> None:
    assert read_hours("") is None
    assert read_hours(" Always ") is None


@pytest.mark.parametrize(
    ("written", "sentence"),
    [
        ("Mon-Fri 9-17", "neither days with hours"),
        ("Mon-Fry 09:00-17:00", "'fry'"),
        ("Mon 09:00-25:00", "no times of a day"),
        ("Mon 09:00-17:60", "no times of a day"),
        ("Europe/London", "names no hours"),
        ("Mon 09:00-17:00, Europe/Larkspur", "no zone of time"),
        ("Mon 09:00-17:00, ../etc/passwd", "no zone of time"),
        ("Mon 09:00-17:00, holidays ZZ", "the holidays of 'ZZ'"),
        ("Mon 09:00-17:00, holidays GB-QQQ", "the holidays of 'GB-QQQ'"),
    ],
)
def test_what_cannot_be_read_is_named(written: str, sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        read_hours(written)


def test_single_teams_may_have_hours_of_their_own() -> None:
    read = hours_by_team("Care: Mon-Fri 08:00-20:00, Europe/Paris; Night: daily 20:00-06:00")
    assert read == {"Care": "Mon-Fri 08:00-20:00, Europe/Paris", "Night": "daily 20:00-06:00"}
    with pytest.raises(ValueError, match="TEAM: HOURS"):
        hours_by_team("Care")


@given(
    start=st.datetimes(datetime(2025, 1, 1), datetime(2027, 1, 1)),
    first=st.integers(0, 10 * 86_400),
    second=st.integers(0, 10 * 86_400),
)
def test_two_waits_one_after_the_other_make_the_whole_one(start: datetime, first: int, second: int) -> None:
    begin = start.replace(tzinfo=UTC)
    middle, end = begin + timedelta(seconds=first), begin + timedelta(seconds=first + second)
    whole = OFFICE.seconds_between(begin, end)
    assert whole == pytest.approx(OFFICE.seconds_between(begin, middle) + OFFICE.seconds_between(middle, end))
    assert 0 <= whole <= first + second
