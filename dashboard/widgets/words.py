"""How are figures, times and verdicts said in plain words?"""

import re
from datetime import UTC, date, datetime, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import streamlit as st

from scoring.result import Verdict
from scoring.signals.sentiment import label
from storage.access import Role
from transcripts.model import Sides

VERDICTS = {
    Verdict.MET: "Met",
    Verdict.PARTLY: "Partly",
    Verdict.NOT_MET: "Not met",
    Verdict.NOT_APPLICABLE: "Does not apply",
    Verdict.UNSURE: "Unsure",
}

ROLES = {
    Role.ADMINISTRATOR: "Administrator",
    Role.QUALITY_MANAGER: "Quality manager",
    Role.REVIEWER: "Quality reviewer",
    Role.COACH: "Coach",
    Role.AGENT: "Agent",
}


def clock(seconds: float) -> str:
    """A place in a call: `1:05`."""
    whole = max(0, int(seconds))
    return f"{whole // 60}:{whole % 60:02d}"


def length(seconds: float) -> str:
    """How long something lasts: `45 s`, `2 min 5 s`, `1 h 12 min`."""
    whole = round(max(0.0, seconds))
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s" if whole % 60 else f"{whole // 60} min"
    return f"{whole // 3600} h {whole % 3600 // 60} min"


def percent(share: float) -> str:
    """A share of 0 to 1: `72 %`, which no line breaks in two."""
    return f"{round(100 * share)}\N{NO-BREAK SPACE}%"


def count(number: int, one: str, many: str | None = None) -> str:
    """A number with its noun: `1 call`, `640 calls`, `1,250 calls`."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


_EXPRESSION = re.compile(r"(?:the )?(?:pattern )?“[^”]*[\\\\|\[\]()^$*+][^”]*”")
_REPEATED = re.compile(r"a listed wording(?:(?:, | or | and |, or )a listed wording)+")


def plain(words: str) -> str:
    """A reason as people read it: the regular expressions of a scorecard's author are said to be listed wordings."""
    return _REPEATED.sub("one of the listed wordings", _EXPRESSION.sub("a listed wording", words))


_MARKS = re.compile(r"([\\`*_\[\]<>$:~&|])")


def literal(words: str) -> str:
    """Words for a place that reads Markdown, so that they stand there as they are: a customer's name draws no picture."""
    return _MARKS.sub(r"\\\1", words)


def excerpt(words: str, sought: str, most: int = 240) -> str:
    """A long text cut down to what is around the first of the words sought; a short one as it is."""
    if len(words) <= most:
        return words
    terms = [quoted or word for quoted, word in re.findall(r'"([^"]+)"|([^\s"]+)', sought)]
    found = min((place for term in terms if (place := words.casefold().find(term.casefold())) >= 0), default=0)
    start = max(0, min(found - most // 3, len(words) - most))
    end = start + most
    return f"{'…' if start else ''}{words[start:end].strip()}{'…' if end < len(words) else ''}"


def total(points: float | None) -> str:
    """A total of 0 to 100 as a whole number, or that there is none."""
    return "not scored" if points is None else f"{points:.0f}"


def sentiment(valence: float) -> str:
    """A valence of -1 to 1 as a word with its number."""
    return f"{label(valence)} ({valence:+.2f})"


def viewers_zone() -> tzinfo:
    """The time zone of the browser that looks; UTC where it does not say."""
    try:
        return ZoneInfo(st.context.timezone or "UTC")
    except (ZoneInfoNotFoundError, ValueError):
        return UTC


def moment(when: datetime) -> str:
    """A moment in the viewer's time zone: `Tue 4 Aug 2026, 14:05`."""
    local = when.astimezone(viewers_zone())
    return f"{local:%a} {local.day} {local:%b %Y, %H:%M}"


def day(when: date) -> str:
    """A day: `4 Aug 2026`."""
    return f"{when.day} {when:%b %Y}"


def sides(how: Sides) -> tuple[str, str]:
    """How the speakers of a call were told apart, in short, and what that means for reading its scores."""
    match how:
        case Sides.CHANNELS:
            return "two channels", "Each side was recorded on a channel of its own, so it is certain who spoke."
        case Sides.SWAPPED:
            return (
                "two channels, found swapped",
                "Each side was recorded on a channel of its own. By what was said, the agent's is not the one that was set.",
            )
        case Sides.VOICES:
            return (
                "one channel: sides told apart by voice",
                "Both sides share one channel and were told apart by voice. A few turns may be given to the wrong side.",
            )
        case Sides.GIVEN:
            return "sides from the transcript", "The transcript that came in said who spoke."
        case Sides.UNKNOWN:
            return (
                "one channel: sides not told apart",
                "It could not be told who spoke, so nothing that depends on it was scored.",
            )
