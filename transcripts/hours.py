"""When is somebody there to answer, and how much of that lies between two moments?

A centre's hours are written as people write them, in its own zone of time, with its public holidays:

    Mon-Fri 09:00-17:30, Sat 10:00-14:00, Europe/London, holidays GB-ENG

A change of the clocks in spring or autumn, an hour that ends after midnight and a holiday are counted as they were lived.
The zones are the IANA's, from Python's own `zoneinfo`; the holidays are those of the package `holidays`.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
MINUTES_A_DAY = 24 * 60

_FROM_TO = r"(\d{1,2})[:.](\d{2})\s*-\s*(\d{1,2})[:.](\d{2})"
_RANGE = re.compile(_FROM_TO)
_ITEM = re.compile(rf"(daily|[a-z]{{3}}(?:\s*-\s*[a-z]{{3}})?)((?:\s+{_FROM_TO})+)", re.IGNORECASE)
_HOLIDAYS = re.compile(r"holidays\s+([A-Z]{2})(?:-([A-Z0-9]{1,5}))?", re.IGNORECASE)

LOOKED_DAYS = 400
"""How far ahead a moment is looked for; whoever is there for so little that it is not found is there for nobody."""

EXAMPLE = "Mon-Fri 09:00-17:30, Sat 10:00-14:00, Europe/London, holidays GB-ENG"


@dataclass(frozen=True)
class Hours:
    """The hours of a week. `written`: as somebody wrote them. `week`: of each day from Monday on, from and to in minutes
    after its midnight, where a `to` beyond 1440 lies on the day after. `holidays`: such as `GB-ENG`, or empty."""

    written: str
    week: tuple[tuple[tuple[int, int], ...], ...]
    zone: str = "UTC"
    holidays: str = ""

    def seconds_between(self, start: datetime, end: datetime) -> float:
        """How many seconds somebody was there between two moments, which have a zone of time; 0 where `end` is before."""
        if end <= start:
            return 0.0
        first = start.astimezone(ZoneInfo(self.zone)).date() - timedelta(days=1)  # whose last hours may reach into the next
        last = end.astimezone(ZoneInfo(self.zone)).date()
        total = 0.0
        for opens, closes in self._open(first, last):
            total += max(0.0, (min(closes, end) - max(opens, start)).total_seconds())
        return total

    def after(self, start: datetime, seconds: float) -> datetime | None:
        """The moment, in UTC, by which somebody was there for so many seconds since `start`; None where that is further off
        than `LOOKED_DAYS`."""
        first = start.astimezone(ZoneInfo(self.zone)).date() - timedelta(days=1)
        left = timedelta(seconds=max(0.0, seconds))
        for opens, closes in self._open(first, first + timedelta(days=LOOKED_DAYS)):
            begins = max(opens, start)
            if begins < closes:
                if left <= closes - begins:
                    return (begins + left).astimezone(UTC)
                left -= closes - begins
        return None

    def covers(self, moment: datetime) -> bool:
        """Whether somebody is there at that moment."""
        day = moment.astimezone(ZoneInfo(self.zone)).date()
        return any(opens <= moment < closes for opens, closes in self._open(day - timedelta(days=1), day))

    def _open(self, first: date, last: date) -> Iterator[tuple[datetime, datetime]]:
        """Every stretch that is open and begins on one of these days."""
        zone, day = ZoneInfo(self.zone), first
        free = _free_days(self.holidays, first.year, last.year) if self.holidays else frozenset[date]()
        while day <= last:
            for opens, closes in () if day in free else self.week[day.weekday()]:
                yield _moment(day, opens, zone), _moment(day, closes, zone)
            day += timedelta(days=1)


def _moment(day: date, minute: int, zone: ZoneInfo) -> datetime:
    """That minute of the day by the clock on the wall. One that the clocks leave out in spring counts as the one an hour
    later, of one that comes twice in autumn the first."""
    on = day + timedelta(days=minute // MINUTES_A_DAY)
    wall = datetime.combine(on, time(*divmod(minute % MINUTES_A_DAY, 60)), zone)
    return wall.astimezone(UTC)


@lru_cache(maxsize=64)
def _free_days(place: str, first: int, last: int) -> frozenset[date]:
    return frozenset(_calendar(place, range(first, last + 1)))


def _calendar(place: str, years: Any) -> Any:
    """The public holidays of a country, or of a part of it, by day. Raises NotImplementedError where none are known."""
    import holidays  # a tenth of a second, for those who name any

    country, _, part = place.partition("-")
    return holidays.country_holidays(country, subdiv=part or None, years=years)


@lru_cache(maxsize=256)
def read_hours(written: str) -> Hours | None:
    """The hours that somebody wrote; None where nothing or `always` stands there: then the clock never stops.

    Raises ValueError with a sentence that names what cannot be read.
    """
    if written.strip().casefold() in ("", "always"):
        return None
    week: list[list[tuple[int, int]]] = [[] for _ in DAYS]
    zone, place = "", ""
    for item in filter(None, (part.strip() for part in written.replace("\N{EN DASH}", "-").split(","))):
        if times := _ITEM.fullmatch(item):
            ranges = [_minutes(found, item) for found in _RANGE.finditer(times[2])]
            for day in _days(times[1].lower(), item):
                week[day] += ranges
        elif off := _HOLIDAYS.fullmatch(item):
            place = "-".join(filter(None, (off[1].upper(), (off[2] or "").upper())))
        elif not zone and ("/" in item or item.upper() == "UTC"):
            zone = item if "/" in item else "UTC"
        else:
            raise ValueError(f"{item!r} is neither days with hours, nor a zone of time, nor holidays; such as {EXAMPLE}")
    if not any(week):
        raise ValueError(f"{written!r} names no hours; such as {EXAMPLE}")
    _check_zone(zone)
    _check_holidays(place)
    return Hours(written.strip(), tuple(_joined(day) for day in week), zone or "UTC", place)


def hours_by_team(written: str) -> dict[str, str]:
    """The hours of single teams, as they are written: `Care: Mon-Fri 08:00-20:00, Europe/Paris; Night: daily 20:00-06:00`.

    Raises ValueError with a sentence that names what cannot be read.
    """
    found: dict[str, str] = {}
    for one in filter(None, (part.strip() for part in written.split(";"))):
        team, colon, hours = one.partition(":")
        if not colon or not team.strip() or not hours.strip():
            raise ValueError(f"{one!r} is not TEAM: HOURS; such as Care: {EXAMPLE}")
        read_hours(hours)
        found[team.strip()] = hours.strip()
    return found


def _days(named: str, item: str) -> list[int]:
    if named == "daily":
        return list(range(7))
    ends = [name.strip() for name in named.split("-")]
    unknown = [name for name in ends if name not in DAYS]
    if unknown:
        raise ValueError(f"{unknown[0]!r} in {item!r} is no day; days are {', '.join(day.capitalize() for day in DAYS)}")
    first, last = DAYS.index(ends[0]), DAYS.index(ends[-1])
    return [day % 7 for day in range(first, last + 1 if last >= first else last + 8)]


def _minutes(found: re.Match[str], item: str) -> tuple[int, int]:
    from_hour, from_minute, to_hour, to_minute = map(int, found.groups())
    opens, closes = from_hour * 60 + from_minute, to_hour * 60 + to_minute
    if max(from_minute, to_minute) > 59 or opens >= MINUTES_A_DAY or closes > MINUTES_A_DAY:
        raise ValueError(f"{found[0]!r} in {item!r} are no times of a day, from 00:00 to 24:00")
    return opens, closes if closes > opens else closes + MINUTES_A_DAY


def _joined(ranges: list[tuple[int, int]]) -> tuple[tuple[int, int], ...]:
    """In order, those that overlap as one, so that no minute counts twice."""
    joined: list[tuple[int, int]] = []
    for opens, closes in sorted(ranges):
        if joined and opens <= joined[-1][1]:
            joined[-1] = joined[-1][0], max(closes, joined[-1][1])
        else:
            joined.append((opens, closes))
    return tuple(joined)


def _check_zone(zone: str) -> None:
    try:
        ZoneInfo(zone or "UTC")
    except (ZoneInfoNotFoundError, ValueError, OSError) as wrong:
        raise ValueError(f"{zone!r} is no zone of time that is known; such as Europe/London") from wrong


def _check_holidays(place: str) -> None:
    if not place:
        return
    try:
        _calendar(place, 2026)
    except (NotImplementedError, KeyError, AttributeError) as wrong:
        raise ValueError(f"the holidays of {place!r} are not known; such as GB, GB-ENG or US-CA") from wrong
