"""How long did a customer who wrote wait for an answer?

The customer's clock is the one that counts: a wait begins with the first message that nobody has answered yet, however many
follow it, and ends with the next message of an agent. What a machine sends by itself answers nobody. Thanks and a goodbye
want no answer. Where nobody answered, the wait goes on for as long as the file is known to reach.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby
from statistics import median

from transcripts.model import Sides, Speaker, Transcript, Turn

MEASURES: Mapping[str, str] = {
    "first_reply_seconds": "How long the customer waited for the first answer to what they wrote, in seconds.",
    "longest_reply_seconds": "The longest that the customer waited for an answer to what they wrote, in seconds.",
    "median_reply_seconds": "How long the customer usually waited for an answer to what they wrote, the median in seconds.",
    "first_reply_working_seconds": "The same for the first answer, in seconds of the hours in which somebody was there.",
    "longest_reply_working_seconds": "The same for the longest wait, in seconds of the hours in which somebody was there.",
    "unanswered_messages": "How many messages that wanted an answer stood unanswered at the end.",
}
"""They are there only of a written conversation of which it is known when its messages were sent."""

_CLOSING_WORDS = (
    "thanks thank you thankyou ta cheers so very much many a lot lots that this that's thats is was great brilliant perfect "
    "lovely fine good excellent wonderful super ok okay k yes yep no nope problem worries alright right got it will do done "
    "sorted understood noted bye goodbye have nice day evening weekend one for your the help all best kind regards wishes "
    "appreciated appreciate i we really quick prompt reply response again too and it's its helpful been speak soon take "
    "care works worked now nothing else"
)
_CLOSING = frozenset(_CLOSING_WORDS.split())
"""Words of which a message is made that thanks, agrees or says goodbye."""

_FILLING_WORDS = "so very much many a lot lots that this that's thats is was it it's its do one for your the i we and too"
_FILLING = frozenset(_FILLING_WORDS.split())
"""Of these alone no thanks are made: `this is a disgrace` closes nothing."""

_STRANGERS = 2
"""So many other words may stand in such a message: a name at its end."""

_WANTS = re.compile(r"\?|n't\b|\b(but|not|still|when|why|where|how|what|who|which|can|could|would|please|cannot|never)\b")


@dataclass(frozen=True)
class Wait:
    """A wait for an answer. `asked` is the turn it began with, `answered` the one that ended it; None where none did.

    `seconds` is how long it was, or has been for sure where nobody answered; None where nothing is known of that either.
    `working` is the part of it in which somebody was there to answer, the same where the clock never stops.
    """

    asked: int
    answered: int | None
    seconds: float | None
    working: float | None


def waits_of(transcript: Transcript) -> tuple[Wait, ...]:
    """Every wait of the customer, in order; none where the sides, or when messages were sent, are not known."""
    if not transcript.clocked or transcript.sides is Sides.UNKNOWN:
        return ()
    return tuple(_waits(transcript))


def _waits(transcript: Transcript) -> Iterator[Wait]:
    told = [(n, turn) for n, turn in enumerate(transcript.turns) if turn.speaker is not Speaker.OTHER]
    runs = [list(run) for _, run in groupby(told, key=lambda one: one[1].speaker)]
    for number, run in enumerate(runs):
        asked = next(((n, turn) for n, turn in run if not closes(turn.text)), None)
        if run[0][1].speaker is not Speaker.CUSTOMER or asked is None:
            continue
        position, turn = asked
        if number + 1 < len(runs):
            answer, reply = runs[number + 1][0]
            yield Wait(position, answer, _between(turn.sent, reply.sent), _between(_working(turn), _working(reply)))
        else:
            seen = transcript.seen if transcript.seen_worked is None else transcript.seen_worked
            yield Wait(position, None, _between(turn.sent, transcript.seen), _between(_working(turn), seen))


def closes(text: str) -> bool:
    """Whether a message only thanks, agrees or says goodbye, so that nobody waits for an answer to it."""
    plain = text.casefold().replace("’", "'")
    words = re.findall(r"[a-z']+", plain)
    if not words or _WANTS.search(plain) or re.search(r"\d", plain):
        return False
    strangers = sum(word not in _CLOSING for word in words)
    return bool(_CLOSING.intersection(words) - _FILLING) and strangers <= min(_STRANGERS, len(words) // 2)


def _working(turn: Turn) -> float | None:
    return turn.sent if turn.worked is None else turn.worked


def _between(start: float | None, end: float | None) -> float | None:
    return None if start is None or end is None else round(max(0.0, end - start), 3)


def reply_measures(transcript: Transcript) -> dict[str, float | None]:
    """The numbers by name (see MEASURES); none at all where replies cannot be timed."""
    if not transcript.clocked or transcript.sides is Sides.UNKNOWN:
        return {}
    waits = waits_of(transcript)
    over = [wait for wait in waits if wait.answered is not None]
    seconds = [wait.seconds for wait in over if wait.seconds is not None]
    working = [wait.working for wait in over if wait.working is not None]
    return {
        "first_reply_seconds": over[0].seconds if over and over[0] is waits[0] else None,
        "longest_reply_seconds": max(seconds, default=None),
        "median_reply_seconds": median(seconds) if seconds else None,
        "first_reply_working_seconds": over[0].working if over and over[0] is waits[0] else None,
        "longest_reply_working_seconds": max(working, default=None),
        "unanswered_messages": float(len(waits) - len(over)),
    }


MINUTE = 60.0


def long(seconds: float) -> str:
    """How long a wait was, in words: `40 seconds`, `12 minutes`, `3 hours 20 minutes`, `2 days 4 hours`."""
    if seconds < MINUTE:
        return _counted(round(seconds), "second")
    minutes = round(seconds / MINUTE)
    if minutes < 60:
        return _counted(minutes, "minute")
    if minutes < 2 * 24 * 60:
        return _both(minutes // 60, "hour", minutes % 60, "minute")
    hours = round(minutes / 60)
    return _both(hours // 24, "day", hours % 24, "hour")


def _both(large: int, one: str, small: int, other: str) -> str:
    return _counted(large, one) + (f" {_counted(small, other)}" if small else "")


def _counted(number: int, one: str) -> str:
    return f"{number} {one}" + ("s" if number != 1 else "")
