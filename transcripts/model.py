"""What was said in one conversation, by whom, and when?

Values only: nothing here reads a file or runs a model. All times are seconds on the call's own clock, from its start.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields, replace
from enum import StrEnum
from functools import cached_property
from typing import Any, Self

from errors import TranscriptError


class Speaker(StrEnum):
    """A side of the conversation. `OTHER` is anyone else: a recorded announcement, a supervisor, a voice not told apart."""

    AGENT = "agent"
    CUSTOMER = "customer"
    OTHER = "other"


class Medium(StrEnum):
    """How a written conversation was held, as far as its file says."""

    CHAT = "chat"
    EMAIL = "email"
    SOCIAL = "social"  # in public, or in messages of a social network


class Sides(StrEnum):
    """How the sides of a conversation were told apart; it decides how far a statement about one side can be trusted."""

    CHANNELS = "channels"  # each side was recorded on a channel of its own
    SWAPPED = "swapped"  # the same, but by what was said the other way round than the setting or the file has it
    VOICES = "voices"  # one channel, told apart by voice
    GIVEN = "given"  # the transcript came with them, or a person said who spoke
    UNKNOWN = "unknown"  # one channel, not told apart


@dataclass(frozen=True, order=True)
class Span:
    """A stretch of time in seconds. An empty span (start equals end) is falsy; `a & b` is the overlap of two."""

    start: float
    end: float

    def __post_init__(self) -> None:
        if not self.start <= self.end:
            raise ValueError(f"a span ends ({self.end}) at or after it starts ({self.start})")

    @property
    def duration(self) -> float:
        """Its length in seconds."""
        return self.end - self.start

    def __bool__(self) -> bool:
        return self.end > self.start

    def __and__(self, other: "Span") -> "Span":
        start, end = max(self.start, other.start), min(self.end, other.end)
        return Span(start, max(start, end))

    def __or__(self, other: "Span") -> "Span":
        """The smallest span that covers both."""
        return Span(min(self.start, other.start), max(self.end, other.end))


def merge_spans(spans: Iterable[Span], bridge_seconds: float = 0.0) -> list[Span]:
    """The same time as spans in order that neither touch nor overlap; gaps up to `bridge_seconds` are closed."""
    merged: list[Span] = []
    for span in sorted(span for span in spans if span):
        if merged and span.start - merged[-1].end <= bridge_seconds:
            merged[-1] = merged[-1] | span
        else:
            merged.append(span)
    return merged


@dataclass(frozen=True)
class Word:
    """One recognised word with its time; `confidence` is the recogniser's own probability, 0 to 1."""

    text: str
    start: float
    end: float
    confidence: float = 1.0

    def __post_init__(self) -> None:
        # 1 and 1.0 are the same time, and have to give the same content hash.
        object.__setattr__(self, "start", float(self.start))
        object.__setattr__(self, "end", float(self.end))
        object.__setattr__(self, "confidence", float(self.confidence))
        if not 0 <= self.start <= self.end:
            raise ValueError(f"a word ends ({self.end}) before it starts ({self.start})")
        if not 0 <= self.confidence <= 1:
            raise ValueError(f"a word has a confidence of {self.confidence}, outside 0 to 1")


@dataclass(frozen=True)
class Turn:
    """What one speaker said without the other taking over.

    `start` and `end` are None together where the conversation was written and no times are known. `side_confidence` is
    how sure it is that `speaker` is right, 0 to 1; 1 where each side has a channel of its own.

    Of a written message `sent` is when it was sent, in seconds after the first one of its conversation, `worked` how many of
    those somebody was there to answer (`Transcript.hours`), None where that is not known; `public` whether everybody could
    read it.
    """

    speaker: Speaker
    start: float | None
    end: float | None
    text: str
    words: tuple[Word, ...] = ()
    side_confidence: float = 1.0
    sent: float | None = None
    worked: float | None = None
    public: bool = False

    def __post_init__(self) -> None:
        object.__setattr__(self, "speaker", Speaker(self.speaker))
        object.__setattr__(self, "words", tuple(self.words))
        if (self.start is None) != (self.end is None):
            raise ValueError("a turn has both a start and an end, or neither")
        if self.start is not None and self.end is not None:
            object.__setattr__(self, "start", float(self.start))  # as for a word
            object.__setattr__(self, "end", float(self.end))
            if not 0 <= self.start <= self.end:
                raise ValueError(f"a turn ends ({self.end}) at or after it starts ({self.start}), from 0 on")
        object.__setattr__(self, "side_confidence", float(self.side_confidence))
        if not 0 <= self.side_confidence <= 1:
            raise ValueError(f"a turn's side confidence is {self.side_confidence}, outside 0 to 1")
        for name in ("sent", "worked"):
            seconds = getattr(self, name)
            if seconds is not None:
                object.__setattr__(self, name, float(seconds))
                if not 0 <= seconds < float("inf"):
                    raise ValueError(f"a message was {name} {seconds} seconds after the first one, less than none")

    @property
    def span(self) -> Span | None:
        """Its stretch of time; None for a written turn without times."""
        return Span(self.start, self.end) if self.start is not None and self.end is not None else None

    @property
    def least_confidence(self) -> float:
        """The recogniser's confidence in its least sure word; 1 where no words are known."""
        return min((word.confidence for word in self.words), default=1.0)

    @property
    def duration(self) -> float:
        """Seconds from its start to its end; 0 where no times are known."""
        return self.span.duration if self.span else 0.0


class SoundKind(StrEnum):
    """What a stretch of sound is that is neither side's speech."""

    RINGING = "ringing"  # tones of the line: it rings, or is engaged
    MUSIC = "music"
    ANNOUNCEMENT = "announcement"  # a recorded voice; its words stand in turns of `other`


@dataclass(frozen=True)
class Sound:
    """A stretch of a call, in seconds on its clock, that is ringing, music or a recorded voice."""

    kind: SoundKind
    start: float
    end: float

    def __post_init__(self) -> None:
        object.__setattr__(self, "kind", SoundKind(self.kind))
        object.__setattr__(self, "start", float(self.start))  # as for a word
        object.__setattr__(self, "end", float(self.end))
        if not 0 <= self.start <= self.end:
            raise ValueError(f"a stretch of {self.kind} ends ({self.end}) at or after it starts ({self.start}), from 0 on")

    @property
    def span(self) -> Span:
        """Its stretch of time."""
        return Span(self.start, self.end)


@dataclass(frozen=True)
class Transcript:
    """A whole conversation in the order of its turns' starts, overlaps kept.

    `channels` is the number of audio channels it was heard on; 0 for a written conversation. `engine` names what made
    it, model included. `sides` is how the speakers were told apart. `sounds` are the stretches of ringing, music and
    recorded voices, in order of their starts.

    Of a written one `medium` is how it was held, None where nothing says; `hours` are those in which somebody was there to
    answer, as they were written (`transcripts.hours`), empty where the clock never stops; `seen` is up to when it is known
    that nothing more was written, in seconds after the first message, and `seen_worked` the same in those hours.
    """

    call_id: str
    turns: tuple[Turn, ...]
    duration_seconds: float
    channels: int
    language: str = "en"
    engine: str = ""
    sides: Sides = Sides.CHANNELS
    sounds: tuple[Sound, ...] = ()
    medium: Medium | None = None
    hours: str = ""
    seen: float | None = None
    seen_worked: float | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "sides", Sides(self.sides))
        object.__setattr__(self, "medium", None if self.medium is None else Medium(self.medium))
        object.__setattr__(self, "duration_seconds", float(self.duration_seconds))
        turns = tuple(self.turns)
        if all(turn.start is not None for turn in turns):
            turns = tuple(sorted(turns, key=lambda turn: turn.start or 0.0))
        object.__setattr__(self, "turns", turns)
        object.__setattr__(
            self, "sounds", tuple(sorted(self.sounds, key=lambda sound: (sound.start, sound.end, sound.kind)))
        )
        if self.duration_seconds < 0:
            raise ValueError(f"a call lasts {self.duration_seconds} seconds, less than none")

    @cached_property
    def timed(self) -> bool:
        """Whether every turn has times, so that pace, silence and interruptions can be measured."""
        return bool(self.turns) and all(turn.start is not None for turn in self.turns)

    @cached_property
    def clocked(self) -> bool:
        """Whether it is known of every message when it was sent, so that replies can be timed."""
        return bool(self.turns) and all(turn.sent is not None for turn in self.turns)

    @property
    def spoken(self) -> bool:
        """Whether it was heard rather than written."""
        return self.channels > 0

    def by(self, speaker: Speaker) -> tuple[Turn, ...]:
        """The turns of one side."""
        return tuple(turn for turn in self.turns if turn.speaker is speaker)

    def is_recorded(self, turn: Turn) -> bool:
        """Whether a turn was spoken by a recording: most of it lies in an announcement and neither side said it."""
        if turn.speaker is not Speaker.OTHER or turn.span is None:
            return False
        here = sum((turn.span & sound.span).duration for sound in self.sounds if sound.kind is SoundKind.ANNOUNCEMENT)
        return here > turn.duration / 2

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON values; `from_dict` gives an equal transcript back. What later versions added is there only where there
        is something to say, so that a transcript from before keeps its content hash."""
        # Field by field, for `asdict` copies every value of every word, which takes three times as long.
        data = {
            **{field.name: getattr(self, field.name) for field in fields(self)},
            "turns": tuple(_turn_to_dict(turn) for turn in self.turns),
            "sounds": tuple(dict(vars(sound)) for sound in self.sounds),
        }
        for name in _ADDED:
            if not data[name] and data[name] != 0.0:
                del data[name]
        return data

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """Read what `to_dict` wrote.

        Raises TranscriptError naming the field that does not fit.
        """
        try:
            turns = tuple(
                Turn(
                    speaker=Speaker(turn["speaker"]),
                    start=turn.get("start"),
                    end=turn.get("end"),
                    text=str(turn["text"]),
                    words=tuple(
                        Word(str(w["text"]), float(w["start"]), float(w["end"]), float(w.get("confidence", 1.0)))
                        for w in turn.get("words", ())
                    ),
                    side_confidence=float(turn.get("side_confidence", 1.0)),
                    sent=turn.get("sent"),
                    worked=turn.get("worked"),
                    public=bool(turn.get("public", False)),
                )
                for turn in data["turns"]
            )
            return cls(
                call_id=str(data["call_id"]),
                turns=turns,
                duration_seconds=float(data["duration_seconds"]),
                channels=int(data["channels"]),
                language=str(data.get("language", "en")),
                engine=str(data.get("engine", "")),
                sides=Sides(data.get("sides", Sides.GIVEN)),
                sounds=tuple(
                    Sound(SoundKind(sound["kind"]), float(sound["start"]), float(sound["end"]))
                    for sound in data.get("sounds", ())
                ),
                medium=data.get("medium"),
                hours=str(data.get("hours", "")),
                seen=data.get("seen"),
                seen_worked=data.get("seen_worked"),
            )
        except KeyError as missing:
            raise TranscriptError(f"the transcript has no field {missing}") from missing
        except (TypeError, ValueError, AttributeError) as wrong:
            raise TranscriptError(f"the transcript cannot be read: {wrong}") from wrong

    @cached_property
    def content_hash(self) -> str:
        """SHA-256 of what was said, by whom and when, without the call's id: equal words give an equal hash."""
        return _hash(self.to_dict())

    @property
    def said_hash(self) -> str:
        """The same without when messages were sent, and where: that of a conversation whose file says more of it now."""
        if self.spoken:
            return self.content_hash
        bare = tuple(replace(turn, sent=None, worked=None, public=False) for turn in self.turns)
        return _hash(replace(self, turns=bare, medium=None, hours="", seen=None, seen_worked=None).to_dict())


_ADDED = ("sounds", "medium", "hours", "seen", "seen_worked")
"""What transcripts did not have from the beginning."""


def _turn_to_dict(turn: Turn) -> dict[str, Any]:
    data = {**vars(turn), "words": tuple(dict(vars(word)) for word in turn.words)}
    for name in ("sent", "worked", "public"):
        if data.get(name) is None or data[name] is False:
            data.pop(name, None)
    return data


def _hash(data: dict[str, Any]) -> str:
    del data["call_id"]
    canonical = json.dumps(data, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(canonical.encode()).hexdigest()
