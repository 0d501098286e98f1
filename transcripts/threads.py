"""Is this written conversation one that is known already, and what was written in it since?

Each message has a mark that it keeps from one export to the next. Of an e-mail that is its Message-ID, which is its own in
the whole world (RFC 5322, 3.6.4). Elsewhere conversations have names, and two centres may both have one that is called `1`:
a message's mark is made of the name, the side that wrote it, when, and its words, and a mark in common is not enough. Nor
is it of e-mails: several customers may answer one message, and whoever was sent one can name it.

What was taken in once stays: a message that a later export no longer has is kept where it was. Marks are SHA-256, so that
nothing of the words is in them.
"""

import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from transcripts.model import Sides, Speaker, Transcript, Turn

MARK_DIGITS = 32
"""128 bits: among a billion messages no two have one mark by chance."""

ROUNDED = timedelta(milliseconds=2)
"""By so much two readings of one time may differ, as times after the first message are kept to the thousandth."""

OPPOSITE = {Speaker.AGENT: Speaker.CUSTOMER, Speaker.CUSTOMER: Speaker.AGENT}


@dataclass(frozen=True)
class People:
    """Who takes part in e-mails, by their addresses or by what stands for these.

    outside: who is not one of us, and `wrote` those of them who wrote themselves; both empty where it is not known who is
    one of us. sent: whoever wrote. between: who wrote to whom from another domain, two addresses in the order of letters.
    """

    outside: frozenset[str] = frozenset()
    wrote: frozenset[str] = frozenset()
    sent: frozenset[str] = frozenset()
    between: frozenset[str] = frozenset()

    def __or__(self, other: "People") -> "People":
        """Whoever takes part in one or the other."""
        return People(
            self.outside | other.outside, self.wrote | other.wrote, self.sent | other.sent, self.between | other.between
        )

    def may_be_with(self, other: "People") -> bool:
        """Whether a conversation of these may be one with a conversation of those: they have a customer in common, the one
        who wrote where one did. Where it is not known who is a customer, the same two write to each other."""
        if self.outside and other.outside:
            return bool((self.wrote or self.outside) & (other.wrote or other.outside))
        return bool(self.between & other.between) and len(self.sent | other.sent) <= 2


NOBODY = People()


@dataclass(frozen=True)
class Thread:
    """By what a conversation is known again: `marks`, one for each turn of its transcript, in their order.

    links: marks of messages that are spoken of and not there. by_id: a mark that two have in common makes them one, where
    their `people` may.
    """

    marks: tuple[str, ...]
    links: tuple[str, ...] = ()
    by_id: bool = False
    people: People = NOBODY


@dataclass(frozen=True)
class Taken:
    """A conversation as it stands: the mark of each of its turns, empty where none is known, and when its first message was
    sent. `by_person`: the turns of which a person said who spoke. `swapped`: a person exchanged its sides."""

    transcript: Transcript
    marks: tuple[str, ...]
    began: datetime | None = None
    by_person: frozenset[int] = frozenset()
    swapped: bool = False


@dataclass(frozen=True)
class Joined:
    """Two exports of one conversation, put together; `worked` and hours are the caller's to add.

    places: where each turn stands in the one that was there and in the new one, None where it is not in it.
    """

    transcript: Transcript
    marks: tuple[str, ...]
    began: datetime | None
    places: tuple[tuple[int | None, int | None], ...]

    @property
    def added(self) -> tuple[int, ...]:
        """The turns that were not there."""
        return tuple(n for n, (before, _) in enumerate(self.places) if before is None)


def mark_of(*parts: str) -> str:
    """The mark of a message, or of a conversation, that these make."""
    return hashlib.sha256("\n".join(parts).encode("utf-8", "surrogatepass")).hexdigest()[:MARK_DIGITS]


def marks_of(name: Sequence[str], messages: Sequence[tuple[str, datetime, str]]) -> tuple[str, ...]:
    """The marks of a named conversation's messages: who, when, what. The same twice in a second are two."""
    seen: Counter[str] = Counter()
    marks = []
    for who, sent, words in messages:
        mark = mark_of(*name, who, str(round(sent.timestamp() * 1000)), words)
        seen[mark] += 1
        marks.append(mark if seen[mark] == 1 else mark_of(mark, str(seen[mark])))
    return tuple(marks)


def is_one(taken: Taken, new: Transcript, began: datetime | None, thread: Thread) -> bool:
    """Whether the new one is the conversation that was taken in, having a mark in common with it; of e-mails between people
    of whom that was asked before (`People.may_be_with`).

    Of a named one the first message has to be in the other one too (that of the one which begins later, where an export
    has lost the beginning), and of what lies in the time that both cover more than half of whichever has fewer messages.
    """
    if thread.by_id:
        return True
    if len({one.medium for one in (taken.transcript, new) if one.medium}) > 1:
        return False
    ours, theirs = _sent(taken.transcript, taken.began), _sent(new, began)
    if not ours or not theirs:
        return False
    here, there = dict(zip(taken.marks, ours, strict=True)), dict(zip(thread.marks, theirs, strict=True))
    first, last = max(min(ours), min(theirs)), min(max(ours), max(theirs))
    both = {mark for mark in here if mark in there}
    begins_in_both = any(abs(here[mark] - first) <= ROUNDED for mark in both)
    covered = [sum(first - ROUNDED <= at <= last + ROUNDED for at in one.values()) for one in (here, there)]
    return begins_in_both and 2 * len(both) > min(covered)


def join(taken: Taken, new: Transcript, began: datetime | None, thread: Thread) -> Joined:
    """The whole conversation: what was there with the words that it had there, and what the new one has besides.

    By the times of sending where all are known; else what is new comes after what was there, but where the new one has all
    of it in its own order. What a person said of who spoke holds; where they exchanged the sides, it does for what is new.
    """
    before, after = taken.transcript, new
    at_there = {mark: n for n, mark in enumerate(thread.marks)}
    at_here = {mark: n for n, mark in enumerate(taken.marks) if mark}
    ours, theirs = _sent(before, taken.began), _sent(after, began)
    pairs = [(n, at_there.get(mark) if mark else None) for n, mark in enumerate(taken.marks)]
    places: list[tuple[int | None, int | None]] = [*pairs]
    places += [(None, n) for n, mark in enumerate(thread.marks) if mark not in at_here]
    if ours and theirs:
        places.sort(key=lambda at: (_time(at, ours, theirs), -1 if at[1] is None else at[1]))
    elif all(there is not None for _, there in pairs):
        places.sort(key=lambda at: at[1] or 0)
    sent = [_time(at, ours, theirs) if ours and theirs else None for at in places]
    first = min((at for at in sent if at is not None), default=None)
    turns = _turns(taken, after, places, _turned(taken, after, places))
    timed = tuple(
        replace(turn, sent=None if at is None or first is None else _seconds(first, at), worked=None)
        for turn, at in zip(turns, sent, strict=True)
    )
    given = Sides.GIVEN if Sides.GIVEN in (before.sides, after.sides) else before.sides
    seen = [_seen(before, taken.began), _seen(after, began)]
    reach = max((at for at in seen if at is not None), default=None)
    whole = replace(
        before,
        turns=timed,
        sides=given,
        medium=before.medium or after.medium,
        hours="",
        seen=None if reach is None or first is None else _seconds(first, reach),
        seen_worked=None,
    )
    marks = tuple(taken.marks[here] if here is not None else thread.marks[there or 0] for here, there in places)
    return Joined(whole, marks, first if first is not None else taken.began, tuple(places))


def reaches_further(taken: Taken, new: Transcript, began: datetime | None) -> bool:
    """Whether the new export is known to hold every message up to a later moment."""
    here, there = _seen(taken.transcript, taken.began), _seen(new, began)
    return taken.transcript.clocked and there is not None and (here is None or there > here)


def _turns(taken: Taken, new: Transcript, places: Sequence[tuple[int | None, int | None]], turned: bool) -> list[Turn]:
    theirs = new.turns
    if turned:
        theirs = tuple(replace(turn, speaker=OPPOSITE.get(turn.speaker, turn.speaker)) for turn in theirs)
    turns = []
    for here, there in places:
        if here is None:
            turns.append(theirs[there or 0])
            continue
        turn = taken.transcript.turns[here]
        if there is not None and here not in taken.by_person and new.sides is not Sides.UNKNOWN:
            turn = replace(turn, speaker=theirs[there].speaker, side_confidence=theirs[there].side_confidence)
        turns.append(turn)
    return turns


def _turned(taken: Taken, new: Transcript, places: Sequence[tuple[int | None, int | None]]) -> bool:
    """Whether the new export still has the sides the wrong way round that a person exchanged."""
    if not taken.swapped:
        return False
    both = [(here, there) for here, there in places if here is not None and there is not None and here in taken.by_person]
    sides = [(taken.transcript.turns[here].speaker, new.turns[there].speaker) for here, there in both]
    said = [(ours, theirs) for ours, theirs in sides if ours in OPPOSITE and theirs in OPPOSITE]
    return bool(said) and all(OPPOSITE[ours] is theirs for ours, theirs in said)


def _sent(transcript: Transcript, began: datetime | None) -> list[datetime]:
    """When each message was sent; nothing where that is not known of all of them."""
    if began is None or not transcript.clocked:
        return []
    return [_moment(began, turn.sent or 0.0) for turn in transcript.turns]


def _seen(transcript: Transcript, began: datetime | None) -> datetime | None:
    return None if began is None or transcript.seen is None else _moment(began, transcript.seen)


def _moment(began: datetime, seconds: float) -> datetime:
    """To the thousandth, as seconds after the first message are kept."""
    at = began + timedelta(seconds=seconds)
    return at.replace(microsecond=0) + timedelta(milliseconds=round(at.microsecond / 1000))


def _time(at: tuple[int | None, int | None], ours: Sequence[datetime], theirs: Sequence[datetime]) -> datetime:
    here, there = at
    return ours[here] if here is not None else theirs[there or 0]


def _seconds(first: datetime, at: datetime) -> float:
    return round(max(0.0, (at - first).total_seconds()), 3)
