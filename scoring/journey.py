"""What became of one customer over all their conversations: what was promised and was it kept, how did it feel, what did it
cost them, and did they have to come back?

Values in, values out: whoever asks says which conversations there are (`storage.queries.customers`), and what they may not
see counts nowhere here.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import pairwise

from scoring.behaviours.judge import DOUBT

PROMISES = ("promises_follow_up", "sets_expectation", "offers_remedy")
"""The agent's behaviours by which something is promised."""

USUAL_DAYS = 7
"""By when a promise without a time is looked at: the shorter of the two usual spans of repeat contacts."""

REPEAT_DAYS = (7, 30)
"""Within how many days a contact counts as a repeat; both are in common use."""

ANSWER_LATER = timedelta(minutes=30)
"""A message of ours so long after the promise, before the customer writes again, is taken for what was promised."""


@dataclass(frozen=True)
class Contact:
    """One conversation of a customer. ours: we were in touch with them. Sentiment is -1 to 1, None where not measured.

    repeat_said: how likely they say that they were in touch about this before.
    """

    call_id: str
    at: datetime
    channel: str
    ours: bool
    reason: str = ""
    seconds: float = 0.0
    holds: int | None = None
    hold_seconds: float | None = None
    transfers: int | None = None
    repeat_said: float | None = None
    valence_start: float | None = None
    valence_peak: float | None = None
    valence_end: float | None = None


@dataclass(frozen=True)
class Promise:
    """Something that an agent promised, in the words of theirs that speak most for it. probability: that it is one.

    answered_at: when we wrote again in the same conversation, before the customer did. word: what a person said of it, and
    who.
    """

    call_id: str
    turn: int
    behaviour: str
    probability: float
    quote: str
    by: str
    at: datetime
    answered_at: datetime | None = None
    word: bool | None = None
    word_by: str = ""


class Outcome(StrEnum):
    """What became of a promise, as far as the conversations show."""

    KEPT = "kept"
    LIKELY_KEPT = "likely_kept"
    UNSURE = "unsure"
    LIKELY_NOT_KEPT = "likely_not_kept"
    NOT_KEPT = "not_kept"
    NOT_DUE = "not_due"
    UNKNOWN = "unknown"


class Because(StrEnum):
    """What an outcome rests on."""

    PERSON = "person"  # somebody said so
    WE_WROTE = "we_wrote"  # we wrote again in the same conversation
    WE_CAME_BACK = "we_came_back"  # our next contact was in time
    WE_WERE_LATE = "we_were_late"  # our next contact was after the time
    CAME_BACK_ABOUT_IT = "came_back_about_it"  # the customer came back and said it was again, or about the same reason
    CAME_BACK = "came_back"  # the customer came back, about what is not known
    SILENCE = "silence"  # the time passed without a contact
    TIME = "time"  # the time has not passed


@dataclass(frozen=True)
class Followed:
    """A promise and what followed. due: by when; named: whether the promise itself said so. next_call: the contact it rests
    on."""

    promise: Promise
    due: datetime
    named: bool
    outcome: Outcome
    because: Because
    next_call: str | None = None
    next_at: datetime | None = None


def follow(promise: Promise, contacts: Sequence[Contact], now: datetime) -> Followed:
    """What became of a promise: a person's word holds; else what the next contact says.

    contacts: all of the customer's, in any order.
    """
    named = due_by(promise.quote, promise.at)
    due = named or promise.at + timedelta(days=USUAL_DAYS)
    after = sorted((one for one in contacts if one.at > promise.at and one.call_id != promise.call_id), key=lambda c: c.at)
    following = after[0] if after else None

    def found(outcome: Outcome, because: Because, at: datetime | None = None) -> Followed:
        if because is Because.WE_WROTE:
            return Followed(promise, due, named is not None, outcome, because, promise.call_id, at)
        call = following.call_id if following else None
        return Followed(promise, due, named is not None, outcome, because, call, following.at if following else None)

    if promise.word is not None:
        return found(Outcome.KEPT if promise.word else Outcome.NOT_KEPT, Because.PERSON)
    wrote = promise.answered_at
    in_time = wrote is not None and wrote - promise.at >= ANSWER_LATER and wrote <= due
    if wrote is not None and in_time and (following is None or wrote <= following.at):
        return found(Outcome.LIKELY_KEPT, Because.WE_WROTE, wrote)
    if following is None:
        return found(Outcome.NOT_DUE, Because.TIME) if now <= due else found(Outcome.UNKNOWN, Because.SILENCE)
    if following.ours:
        if following.at <= due:
            return found(Outcome.LIKELY_KEPT, Because.WE_CAME_BACK)
        return found(Outcome.UNSURE, Because.WE_WERE_LATE)
    here = next((one for one in contacts if one.call_id == promise.call_id), None)
    same = here is not None and here.reason != "" and here.reason == following.reason
    again = following.repeat_said is not None and following.repeat_said >= 1 - DOUBT
    if again or (same and following.at > due):
        return found(Outcome.LIKELY_NOT_KEPT, Because.CAME_BACK_ABOUT_IT)
    return found(Outcome.UNSURE, Because.CAME_BACK_ABOUT_IT if same else Because.CAME_BACK)


_NUMBERS = {
    "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10,
    "a": 1, "an": 1, "a couple of": 2, "a few": 3, "twelve": 12, "fourteen": 14, "twenty-four": 24, "forty-eight": 48,
}  # fmt: skip
_UNITS = {"minute": timedelta(minutes=1), "hour": timedelta(hours=1), "day": timedelta(days=1), "week": timedelta(weeks=1)}
_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_SPAN = re.compile(
    r"\b(?:within|in|inside|after|next|up to|takes?|least)\s+"
    r"(?:the\s+next\s+|about\s+|around\s+|up\s+to\s+|(?:\w+|\d+)\s+(?:to|or)\s+)*"
    rf"(?P<number>\d{{1,3}}|{'|'.join(sorted(_NUMBERS, key=len, reverse=True))})\s+"
    r"(?P<working>working\s+|business\s+)?(?P<unit>minute|hour|day|week)s?\b",
    re.IGNORECASE,
)
_DAY = re.compile(
    r"\b(?:by|on|before|until|this|next)?\s*"
    rf"(?P<day>today|tonight|tomorrow|end of (?:the )?(?:day|week)|{'|'.join(_WEEKDAYS)})\b",
    re.IGNORECASE,
)


def due_by(words: str, said_at: datetime) -> datetime | None:
    """By when something was promised in English words ("within 24 hours", "by Friday", "in two working days"); None where no
    time is named. A day lasts until its end; a working day is none of a weekend."""
    if span := _SPAN.search(words):
        given = span["number"].lower()
        number = int(given) if given.isdecimal() else _NUMBERS[given]
        if span["working"] and span["unit"].lower() == "day":
            return _working_days(said_at, number)
        return said_at + number * _UNITS[span["unit"].lower()]
    if named := _DAY.search(words):
        day = named["day"].lower()
        if day in ("today", "tonight", "end of day", "end of the day"):
            ahead = 0
        elif day == "tomorrow":
            ahead = 1
        elif day in _WEEKDAYS:
            ahead = (_WEEKDAYS.index(day) - said_at.weekday()) % 7 or 7
        else:
            ahead = (6 - said_at.weekday()) % 7
        return (said_at + timedelta(days=ahead)).replace(hour=23, minute=59, second=59, microsecond=0)
    return None


def _working_days(start: datetime, number: int) -> datetime:
    day = start
    while number:
        day += timedelta(days=1)
        number -= day.weekday() < 5
    return day


# Feeling, effort, repeats


@dataclass(frozen=True)
class Feelings:
    """Sentiment over all conversations: the strongest moment whichever way, the end of the last one, and their mean.

    The mean of peak and end is what is remembered of an experience (Kahneman et al., "When more pain is preferred to less",
    Psychological Science 4, 1993); as evidence for customers' sentiment it is a convention.
    """

    peak_call: str
    peak: float
    end_call: str
    end: float

    @property
    def peak_end(self) -> float:
        """The mean of both, -1 to 1."""
        return (self.peak + self.end) / 2


def feelings(contacts: Sequence[Contact]) -> Feelings | None:
    """The peak and the end of a customer's sentiment; None where it was measured of no conversation."""
    ordered = sorted(contacts, key=lambda one: one.at)
    peaks = [(one.valence_peak, one.call_id) for one in ordered if one.valence_peak is not None]
    ends = [(one.valence_end, one.call_id) for one in ordered if one.valence_end is not None]
    if not peaks or not ends:
        return None
    peak, end = max(peaks, key=lambda one: abs(one[0])), ends[-1]
    return Feelings(peak[1], peak[0], end[1], end[0])


@dataclass(frozen=True)
class Effort:
    """What it cost the customer, in parts: how often they were in contact, changed the channel from one contact to the next,
    were passed on, waited on hold and said that they had been in touch before; seconds on calls and on hold.

    None where it is known of no conversation. There is no sum: whoever adds up minutes and transfers chooses the answer.
    """

    contacts: int
    ours: int
    channel_changes: int
    transfers: int | None
    holds: int | None
    hold_seconds: float | None
    seconds: float
    repeats_said: int | None


def effort(contacts: Sequence[Contact]) -> Effort:
    """What all these conversations cost the customer."""
    own = sorted((one for one in contacts if not one.ours), key=lambda one: one.at)
    transfers = [one.transfers for one in contacts if one.transfers is not None]
    holds = [one.holds for one in contacts if one.holds is not None]
    on_hold = [one.hold_seconds for one in contacts if one.hold_seconds is not None]
    said = [one.repeat_said for one in own if one.repeat_said is not None]
    return Effort(
        contacts=len(own),
        ours=len(contacts) - len(own),
        channel_changes=sum(before.channel != after.channel for before, after in pairwise(own)),
        transfers=sum(transfers) if transfers else None,
        holds=sum(holds) if holds else None,
        hold_seconds=sum(on_hold) if on_hold else None,
        seconds=sum(one.seconds for one in contacts),
        repeats_said=sum(one >= 1 - DOUBT for one in said) if said else None,
    )


def repeats(contacts: Sequence[Contact]) -> Mapping[int, int]:
    """How many of the customer's own contacts came within so many days of their contact before, by `REPEAT_DAYS`."""
    own = sorted(one.at for one in contacts if not one.ours)
    gaps = [after - before for before, after in pairwise(own)]
    return {within: sum(gap <= timedelta(days=within) for gap in gaps) for within in REPEAT_DAYS}
