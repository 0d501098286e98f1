"""When is each word of a written call spoken, and how sure would a recogniser be of it?

Lines become timed turns on one clock: each side has a pace, words last by their length, answers come after a short gap
or a little early, and what was planted (holds, silences, cutting in, an mm-hm under the other's speech) takes its place.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from random import Random

from transcripts.model import Speaker, Turn, Word


class Manner(Enum):
    """How a line comes in: after the other has finished, over them so that they stop, or under them while they go on."""

    AFTER = "after"
    CUTS_IN = "cuts in"
    UNDER = "under"


@dataclass(frozen=True)
class Line:
    """One thing said. `before` is the silence in front of it in seconds; None for an ordinary gap."""

    speaker: Speaker
    text: str
    before: float | None = None
    manner: Manner = Manner.AFTER


@dataclass(frozen=True)
class Pace:
    """How fast each side speaks, in words a minute, and how quickly the agent answers, in seconds."""

    agent: float
    customer: float
    agent_gap: float

    def of(self, speaker: Speaker) -> float:
        """Words a minute of that side."""
        return self.agent if speaker is Speaker.AGENT else self.customer


# What a recogniser at telephone quality takes for each other.
_MISHEARD = {
    "their": "there", "there": "their", "your": "you're", "router": "rooter", "meter": "metre", "hear": "here",
    "two": "to", "for": "four", "by": "buy", "week": "weak", "wait": "weight", "right": "write", "know": "no",
    "been": "being", "and": "an", "an": "and", "the": "a", "in": "and", "whole": "hole", "would": "wood",
    "fibre": "fiver", "arrears": "a rears", "plan": "plant", "letter": "leather", "called": "cold",
}  # fmt: skip
_MISHEARD_SHARE = 0.006  # of the times that one of these is said
_PAUSES = {",": (0.06, 0.22), ".": (0.18, 0.42), "?": (0.18, 0.4), "!": (0.18, 0.4)}


def time_lines(lines: Sequence[Line], pace: Pace, random: Random) -> tuple[Turn, ...]:
    """The lines as turns with word times, in order of their starts."""
    turns: list[Turn] = []
    clock = random.uniform(0.4, 1.6)
    floor: Turn | None = None  # the last turn that others answer
    for line in lines:
        start = _start(line, floor, clock, pace, random)
        turn = _speak(line, start, pace.of(line.speaker) * random.uniform(0.92, 1.08), random)
        turns.append(turn)
        if line.manner is not Manner.UNDER:
            floor = turn
            clock = max(clock, turn.end or clock)
    return tuple(sorted(turns, key=lambda turn: turn.start or 0.0))


def _start(line: Line, floor: Turn | None, clock: float, pace: Pace, random: Random) -> float:
    if floor is None or floor.start is None:
        return clock
    if line.manner is Manner.CUTS_IN:
        return max(floor.start + 0.9, clock - random.uniform(0.5, 1.1))
    if line.manner is Manner.UNDER:
        return floor.start + floor.duration * random.uniform(0.35, 0.6)
    if line.before is not None:
        return clock + line.before
    if random.random() < 0.12:
        return max(floor.start, clock - random.uniform(0.03, 0.22))
    usual = pace.agent_gap if line.speaker is Speaker.AGENT else 0.45
    return clock + min(2.4, usual * random.lognormvariate(0.0, 0.5))


def _speak(line: Line, start: float, words_per_minute: float, random: Random) -> Turn:
    """One turn: each word lasts by its length, and a comma or a full stop is heard as a pause."""
    texts = [_hear(text, random) for text in line.text.split()]
    weights = [0.35 + 0.115 * len(text) for text in texts]
    seconds = 60 * len(texts) / words_per_minute * 0.86  # the pauses take the rest
    scale = seconds / sum(weights)
    words, clock = [], start
    for text, weight in zip(texts, weights, strict=True):
        end = clock + weight * scale
        words.append(Word(text, round(clock, 2), round(end, 2), _confidence(text, random)))
        clock = end + random.uniform(*_PAUSES.get(text[-1], (0.0, 0.0)))
    return Turn(line.speaker, words[0].start, words[-1].end, " ".join(texts), tuple(words))


def _hear(text: str, random: Random) -> str:
    return _MISHEARD[text] if text in _MISHEARD and random.random() < _MISHEARD_SHARE else text


def _confidence(text: str, random: Random) -> float:
    unusual = any(letter.isdigit() for letter in text) or (text[0].isupper() and len(text) > 3)
    return round(1 - 0.4 * random.random() ** (2 if unusual else 4), 3)
