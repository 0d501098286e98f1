"""How do days on which something is due come into anybody's calendar?

As an iCalendar file (RFC 5545): all-day events that mail programs and telephones read. The standard asks for lines of at
most 75 octets ended by CR LF, and for commas, semicolons, backslashes and line breaks to be escaped in text.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

_LONGEST_LINE = 75
"""Octets of a line, without its end (RFC 5545, section 3.1)."""


@dataclass(frozen=True)
class Entry:
    """Something on a day. `uid` names it for good, so that taking the file in again moves it and adds nothing."""

    uid: str
    day: date
    title: str
    words: str = ""


def calendar_file(entries: Sequence[Entry], at: datetime) -> bytes:
    """The entries as an iCalendar file. `at`: the moment it is made, with a time zone."""
    stamp = at.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Attune//Coaching//EN", "CALSCALE:GREGORIAN", "METHOD:PUBLISH"]
    for entry in entries:
        lines += [
            "BEGIN:VEVENT",
            f"UID:{_escaped(entry.uid)}",
            f"DTSTAMP:{stamp}",
            f"DTSTART;VALUE=DATE:{entry.day:%Y%m%d}",
            f"DTEND;VALUE=DATE:{entry.day + timedelta(days=1):%Y%m%d}",
            f"SUMMARY:{_escaped(entry.title)}",
            *([f"DESCRIPTION:{_escaped(entry.words)}"] if entry.words else []),
            "TRANSP:TRANSPARENT",
            "END:VEVENT",
        ]
    lines.append("END:VCALENDAR")
    return "".join(f"{_folded(line)}\r\n" for line in lines).encode()


def _escaped(words: str) -> str:
    """Text as section 3.3.11 asks for it; other control characters are not allowed at all."""
    for plain, escaped in (("\\", "\\\\"), (";", "\\;"), (",", "\\,"), ("\r\n", "\\n"), ("\n", "\\n"), ("\r", "\\n")):
        words = words.replace(plain, escaped)
    return "".join(letter for letter in words if letter >= " " and letter != "\x7f")


def _folded(line: str) -> str:
    """A long line on several, each after the first beginning with a blank; no letter is cut in two (section 3.1)."""
    parts, part, room = [], "", _LONGEST_LINE
    for letter in line:
        size = len(letter.encode())
        if size > room:
            parts.append(part)
            part, room = "", _LONGEST_LINE - 1
        part, room = part + letter, room - size
    return "\r\n ".join([*parts, part])
