"""How are moments, roles and other people's words said on a page? Figures and verdicts are said as on paper."""

import re
from datetime import UTC, datetime, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import streamlit as st

from exports.words import VERDICTS, clock, count, day, length, percent, plain, signed, total
from exports.words import moment as moment_in
from scoring.signals.sentiment import label
from storage.access import Role
from transcripts.model import Sides

__all__ = [
    "ROLES",
    "VERDICTS",
    "clock",
    "count",
    "day",
    "excerpt",
    "length",
    "literal",
    "moment",
    "percent",
    "plain",
    "sentiment",
    "sides",
    "signed",
    "total",
    "viewers_zone",
]

ROLES = {
    Role.ADMINISTRATOR: "Administrator",
    Role.QUALITY_MANAGER: "Quality manager",
    Role.REVIEWER: "Quality reviewer",
    Role.COACH: "Coach",
    Role.AGENT: "Agent",
}


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


def sentiment(valence: float) -> str:
    """A valence of -1 to 1 as a word with its number."""
    return f"{label(valence)} ({signed(valence)})"


def viewers_zone() -> tzinfo:
    """The time zone of the browser that looks; UTC where it does not say."""
    try:
        return ZoneInfo(st.context.timezone or "UTC")
    except (ZoneInfoNotFoundError, ValueError):
        return UTC


def moment(when: datetime) -> str:
    """A moment in the viewer's time zone: `Tue 4 Aug 2026, 14:05`."""
    return moment_in(when, viewers_zone())


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
