"""How do the lines of somebody else's transcript become a conversation with sides and times?

Every reader brings its file into `Line`s; what they have in common is decided here, once: who is the agent where the
file does not say, and when a line ended where the file does not say that either.
"""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Protocol

from errors import TranscriptError
from settings import settings
from transcripts.formats.fields import MOST_SECONDS, Field
from transcripts.model import Medium, Sides, Speaker, Transcript, Turn, Word
from transcripts.roles import find_parties
from transcripts.threads import NOBODY, People, Thread, marks_of

SECONDS_PER_WORD = 60 / 150
"""How long a word takes at an ordinary pace of 150 a minute; used only where a file gives no end of a line."""

_AGENT = (
    "agent representative rep advisor adviser operator csr employee staff associate consultant specialist internal support"
)
_CUSTOMER = "customer client caller consumer user external visitor guest enduser"
_OTHER = "other system bot chatbot ivr acd supervisor announcement workflow voicemail"
_SIDES = {
    **dict.fromkeys(_AGENT.split(), Speaker.AGENT),
    **dict.fromkeys(_CUSTOMER.split(), Speaker.CUSTOMER),
    **dict.fromkeys(_OTHER.split(), Speaker.OTHER),
}


@dataclass(frozen=True)
class Line:
    """What one voice said in one go. `side` where the file says it; else `channel` or `voice` tells voices apart.

    Times are seconds on the call's clock; `start` or `end` is None where the file has none. `sent` is when a written message
    was sent, `public` whether everybody could read it, `mark` what it is known by where it has an id of its own
    (`transcripts.threads`). `after`, seconds after the first one, is worked out here.
    """

    text: str
    start: float | None = None
    end: float | None = None
    words: tuple[Word, ...] = ()
    side: Speaker | None = None
    channel: int | None = None
    voice: str = ""
    sent: datetime | None = None
    public: bool = False
    mark: str = ""
    after: float | None = None


@dataclass(frozen=True)
class RawWord:
    """A word as a file has it, perhaps without its times."""

    text: str
    start: float | None
    end: float | None
    confidence: float = 1.0


@dataclass(frozen=True)
class Conversation:
    """A transcript with what else its file knows of the conversation; empty and None where it knows nothing.

    reason: what it is about. transfers: how often it was passed on. thread: by what a written one is known again when it has
    gone on. customer_email: the address by which the customer is known; whoever keeps anything makes a keyed hash of it.
    """

    transcript: Transcript
    started_at: datetime | None = None
    agent: str = ""
    customer: str = ""
    reason: str = ""
    transfers: int | None = None
    thread: Thread | None = None
    customer_email: str = ""


@dataclass(frozen=True)
class Heard:
    """What a reader found of one conversation, before its sides and times are settled.

    channels: how many the recording had, 0 for a written conversation. duration_seconds: 0 where the file does not state
    it. language: a tag such as `en-US`, empty where the file names none. call_id: where the file knows better than its
    bytes which conversation this is. complete: a transcript to be taken as it is, without any lines. medium: how a written
    one was held. seen: up to when the file is known to hold every message. name: what the conversation is called where it
    came from, which it keeps. links: the marks of messages that it speaks of and that are not in it. people: who takes part
    in e-mails. customer_email: the address of their customer, where it is sure whose it is.
    """

    lines: tuple[Line, ...]
    engine: str
    channels: int
    duration_seconds: float = 0.0
    language: str = ""
    started_at: datetime | None = None
    agent: str = ""
    customer: str = ""
    reason: str = ""
    transfers: int | None = None
    call_id: str = ""
    complete: Transcript | None = None
    medium: Medium | None = None
    seen: datetime | None = None
    name: tuple[str, ...] = ()
    links: tuple[str, ...] = ()
    people: People = NOBODY
    customer_email: str = ""


class JsonFormat(Protocol):
    """A format whose files are one JSON value."""

    NAME: str

    def recognises(self, data: Any, /) -> bool: ...
    def read(self, whole: Field, /) -> list[Heard]: ...


class TextFormat(Protocol):
    """A format whose files are lines of text; `recognises` is also asked with the beginning of a file alone."""

    NAME: str

    def recognises(self, text: str, /) -> bool: ...
    def read(self, text: str, file: str, /) -> list[Heard]: ...


def side_of(label: str) -> Speaker | None:
    """The side that a label such as `AGENT`, `Customer 1` or `participant_role: agent` names; None for any other name."""
    words = re.findall(r"[a-z]+", label[:80].lower())
    sides = {_SIDES[word] for word in words if word in _SIDES}
    return sides.pop() if len(sides) == 1 and len(words) <= 3 else None


def place_words(words: Sequence[RawWord], start: float | None, end: float | None) -> tuple[Word, ...]:
    """The words of a line with a time each: those without share the time between their neighbours evenly.

    start, end: the line's own, where known. Without any time at all there are no timed words.
    """
    words = [word for word in words if word.text]
    known = [word.start for word in words if word.start is not None] + [w.end for w in words if w.end is not None]
    if start is None or end is None:
        if not known:
            return ()
        start = min(known) if start is None else start
        end = max(start, *known) if end is None else end
    placed: list[Word] = []
    untimed: list[RawWord] = []
    reached = start

    def fill(until: float) -> None:
        step = max(0.0, until - reached) / len(untimed)
        for index, word in enumerate(untimed):
            at = reached + index * step
            placed.append(Word(word.text, at, at + step, word.confidence))
        untimed.clear()

    for word in words:
        if word.start is None:
            untimed.append(word)
            continue
        if untimed:
            fill(word.start)
        reached = max(word.start, word.start if word.end is None else word.end)
        placed.append(Word(word.text, word.start, reached, word.confidence))
    if untimed:
        fill(max(reached, end))
    return tuple(placed)


def spans_of_words(words: Iterable[Word], pause_seconds: float = 0.8) -> list[list[Word]]:
    """Words cut into stretches wherever nothing is said for `pause_seconds`."""
    stretches: list[list[Word]] = []
    for word in words:
        if stretches and word.start - stretches[-1][-1].end < pause_seconds:
            stretches[-1].append(word)
        else:
            stretches.append([word])
    return stretches


def conversation(heard: Heard, file: str, call_id: str) -> Conversation:
    """The conversation with every side and time settled.

    file: its name as shown in a message. call_id: its id, unless the file knows a better one. Raises TranscriptError where
    nothing is said in any line.
    """
    if heard.complete is not None:
        return Conversation(heard.complete, heard.started_at, heard.agent, heard.customer, heard.reason, heard.transfers)
    said = [line for line in heard.lines if line.text]
    if not said:
        raise TranscriptError(f"{file}: nothing is said in this transcript ({heard.engine}); there is nothing to score.")
    language = _two_letters(heard.language)
    first = min((line.sent for line in heard.lines if line.sent), default=None)
    said = [replace(line, after=_seconds_after(first, line.sent)) for line in said]
    turns, sides = _settle_sides(_settle_times(said), heard.channels, language)
    transcript = Transcript(
        call_id=heard.call_id or call_id,
        turns=turns,
        duration_seconds=max([heard.duration_seconds, *(turn.end or 0.0 for turn in turns)]),
        channels=heard.channels,
        language=language,
        engine=heard.engine,
        sides=sides,
        medium=heard.medium,
        seen=_seconds_after(first, heard.seen),
    )
    about = heard.agent, heard.customer, heard.reason, heard.transfers
    return Conversation(transcript, heard.started_at, *about, _thread(heard, said), heard.customer_email)


def _thread(heard: Heard, said: Sequence[Line]) -> Thread | None:
    """By what it is known again; None where it has no name, or it is not known when its messages were sent."""
    if all(line.mark for line in said):
        return Thread(tuple(line.mark for line in said), heard.links, by_id=True, people=heard.people)
    messages = [(line.side.value if line.side else line.voice, line.sent, line.text) for line in said if line.sent]
    if not heard.name or len(messages) < len(said):
        return None
    return Thread(marks_of(heard.name, messages))


def _two_letters(language: str) -> str:
    """`en` for `en-US` or `en_us`; where a file names no language, the one that calls are set to be in."""
    found = re.match(r"[A-Za-z]{2,3}(?![A-Za-z])", language)
    if found:
        return found[0].lower()
    return "en" if settings().language == "auto" else settings().language


def _settle_times(lines: Sequence[Line]) -> list[Line]:
    """Give every line a start and an end, or none of them; in the order of their starts."""
    reached = 0.0
    started: list[Line] = []
    if not any(line.start is not None or line.words for line in lines):
        return [replace(line, end=None) for line in lines]
    for line in lines:
        start = line.start if line.start is not None else line.words[0].start if line.words else reached
        end = line.end if line.end is not None else line.words[-1].end if line.words else None
        if end is not None:
            end = max(start, end)
        reached = end if end is not None else min(start + len(line.text.split()) * SECONDS_PER_WORD, MOST_SECONDS)
        started.append(replace(line, start=start, end=end))
    ordered = sorted(started, key=lambda line: line.start or 0.0)
    return [line if line.end is not None else replace(line, end=_likely_end(ordered, i)) for i, line in enumerate(ordered)]


def _likely_end(ordered: Sequence[Line], index: int) -> float:
    """When a line without an end stopped: as long as its words take, but before the next line begins."""
    line = ordered[index]
    start = line.start or 0.0
    end = min(start + len(line.text.split()) * SECONDS_PER_WORD, MOST_SECONDS)
    following = ordered[index + 1].start if index + 1 < len(ordered) else None
    return end if following is None or following <= start else min(end, following)


def _settle_sides(lines: Sequence[Line], channels: int, language: str) -> tuple[tuple[Turn, ...], Sides]:
    """Say who is the agent: as the file says, else by the channel, else by what each voice says, else not at all."""
    if any(line.side in (Speaker.AGENT, Speaker.CUSTOMER) for line in lines):
        rest = _the_other_one(lines)
        return tuple(_turn(line, line.side or rest.get(_voice(line), Speaker.OTHER)) for line in lines), Sides.GIVEN
    if channels >= 2 and all(line.channel is not None for line in lines):
        agent = settings().agent_channel
        seats = {agent: Speaker.AGENT, 1 - agent: Speaker.CUSTOMER}
        return tuple(_turn(line, seats.get(line.channel or 0, Speaker.OTHER)) for line in lines), Sides.CHANNELS
    told = _by_what_is_said(lines, language)
    if told:
        return told, Sides.VOICES if channels else Sides.GIVEN
    return tuple(_turn(line, Speaker.OTHER, 0.0) for line in lines), Sides.UNKNOWN


def _by_what_is_said(lines: Sequence[Line], language: str) -> tuple[Turn, ...]:
    """The turns with the two voices that say most as agent and customer, and how sure that is; none without two voices."""
    amount: Counter[tuple[int | None, str]] = Counter()
    for line in lines:
        if line.side is None and _voice(line) != NO_VOICE:
            amount[_voice(line)] += len(line.text)
    two = [voice for voice, _ in amount.most_common(2)]
    if len(two) < 2:
        return ()
    found = find_parties([(two.index(_voice(line)), line.text) for line in lines if _voice(line) in two], language)
    seats = {two[found.agent]: Speaker.AGENT, two[found.customer]: Speaker.CUSTOMER}
    return tuple(_turn(line, seats.get(_voice(line), Speaker.OTHER), found.confidence) for line in lines)


NO_VOICE = (None, "")
"""A line of which nothing at all tells whose it is."""


def _voice(line: Line) -> tuple[int | None, str]:
    return line.channel, line.voice


def _the_other_one(lines: Sequence[Line]) -> dict[tuple[int | None, str], Speaker]:
    """Of two people one of whom is known to be the agent or the customer, the other one is the other side."""
    known = {line.side for line in lines if line.side in (Speaker.AGENT, Speaker.CUSTOMER)}
    unknown = {_voice(line) for line in lines if line.side is None and _voice(line) != NO_VOICE}
    if len(known) != 1 or len(unknown) != 1:
        return {}
    return {unknown.pop(): Speaker.CUSTOMER if Speaker.AGENT in known else Speaker.AGENT}


def _turn(line: Line, speaker: Speaker, side_confidence: float = 1.0) -> Turn:
    confidence = side_confidence
    return Turn(speaker, line.start, line.end, line.text, line.words, confidence, sent=line.after, public=line.public)


def _seconds_after(first: datetime | None, at: datetime | None) -> float | None:
    return round(max(0.0, (at - first).total_seconds()), 3) if first and at else None
