"""Were these words said, by whom, where, and how sure is that?

A phrase is found where its normalised words (see `text`) follow on each other, or where they nearly do: a speech
recogniser mishears a letter here and a word there. Nearly means

- at most `tolerance` of the phrase's letters differ, by Levenshtein distance;
- at least half of its words were recognised exactly;
- numbers and negations agree exactly: "can" and "can't" are one letter apart and are not the same promise.
"""

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Annotated, NamedTuple

import regex
from rapidfuzz.distance import Levenshtein

from scoring.criteria.base import MOST_EVIDENCE, SURE_WORDS, UNQUOTED, Context, Place, Who, listed
from scoring.criteria.needed import Lines, needed_words
from scoring.criteria.text import BREAK, Stream, words
from scoring.result import Evidence
from transcripts.model import Sides, Speaker

PATTERN_SECONDS = 0.25  # for one pattern on one turn; a pattern that passes the check at loading takes microseconds
# On the probes below, what people write takes up to 0.04 seconds, a repetition inside a repetition 0.5 and more.
_CHECK_SECONDS = 0.1
_LEAST_NEAR = 0.6

_NEGATIONS = frozenset(("no", "not", "never", "none", "nothing", "nobody", "neither", "nor", "without", "unable"))


def phrase_problem(phrase: str) -> str:
    """What is wrong with a phrase; empty where it can be looked for."""
    return "" if words(phrase) else f"there is no word in {phrase!r}"


@lru_cache(maxsize=1024)
def pattern_problem(pattern: str) -> str:
    """What is wrong with a regular expression: that it is none, or that it could take for ever. Empty if it can be used."""
    try:
        compiled = regex.compile(pattern, regex.IGNORECASE)
    except (regex.error, ValueError, RecursionError, OverflowError) as wrong:
        return f"the pattern “{pattern}” is no regular expression: {wrong}"
    if compiled.fullmatch(""):
        return f"the pattern “{pattern}” matches even where nothing is said"
    # Repetitions inside repetitions take for ever on a long text that nearly matches; such texts are made of the
    # pattern's own letters, or of any where it names none.
    common = Counter(letter for letter in pattern.lower() if letter.isalnum()).most_common(4)
    letters = dict.fromkeys(["a", "1", *(letter for letter, _ in common)])
    probes = [probe for letter in letters for probe in (letter * 600 + "!", f"{letter} " * 300 + "!")]
    if any(_takes_too_long(compiled, probe) for probe in probes):
        return f"the pattern “{pattern}” can take too long; avoid a repetition inside a repetition, such as (a+)+"
    return ""


def _takes_too_long(compiled: "regex.Pattern[str]", probe: str) -> bool:
    # A second and longer try, for on a busy machine a harmless pattern may have been kept waiting.
    for seconds in (_CHECK_SECONDS, 3 * _CHECK_SECONDS):
        try:
            compiled.search(probe, timeout=seconds)
        except TimeoutError:
            continue
        return False
    return True


Phrase = Annotated[str, phrase_problem]
Pattern = Annotated[str, pattern_problem]


class Part(NamedTuple):
    """Letters `start` to `end` of one turn's text."""

    turn: int
    start: int
    end: int


@dataclass(frozen=True)
class Found:
    """Words that were found: one part, or several where a listener's "mhm" stands between.

    what: the phrase or pattern, for a reader; likeness: the share of letters that agree; doubt: why this may not count.
    """

    parts: tuple[Part, ...]
    what: str
    likeness: float = 1.0
    doubt: str = ""

    @property
    def place(self) -> Place:
        """Where it begins."""
        return Place(self.parts[0].turn, self.parts[0].start)

    @property
    def end(self) -> tuple[int, int]:
        """The turn and the letter after its last."""
        return self.parts[-1].turn, self.parts[-1].end

    @property
    def letters(self) -> int:
        """How much was found."""
        return sum(part.end - part.start for part in self.parts)


class Findings(NamedTuple):
    """All that was found, in order; the nearest thing that did not suffice; patterns that took too long."""

    found: tuple[Found, ...]
    nearest: Found | None
    too_slow: tuple[str, ...]


class _Phrase(NamedTuple):
    """A phrase made ready: its words, its letters, how many may differ, and the words that must agree."""

    text: str
    words: tuple[str, ...]
    letters: str
    edits: int
    fixed: tuple[str, ...]


@dataclass(frozen=True)
class Said:
    """Words to look for. One of the phrases or patterns suffices.

    speaker: agent              # agent, customer, other, anyone
    phrases: ["calling from", "my name is"]
    patterns: ['reference (number )?\\w\\d+']
    tolerance: 0.1              # share of a phrase's letters that a recogniser may have got wrong; 0: none
    named: a reference number   # what these words are, for a reader; needed in the place of patterns few can read
    """

    speaker: Who = "anyone"
    phrases: tuple[Phrase, ...] = ()
    patterns: tuple[Pattern, ...] = ()
    tolerance: float = 0.1
    named: str = ""

    def problems(self) -> Iterator[tuple[str, str]]:
        """Nothing to look for, or a tolerance that cannot be."""
        if not self.phrases and not self.patterns:
            yield "phrases", "give at least one phrase or pattern to look for"
        if not 0 <= self.tolerance <= 0.4:
            yield "tolerance", f"a share of letters from 0 to 0.4, not {self.tolerance:g}"

    @property
    def sought(self) -> str:
        """What is looked for, for a reader."""
        return self.named or listed([*self.phrases, *self.patterns])

    @cached_property
    def _phrases(self) -> tuple[_Phrase, ...]:
        made = []
        for text in self.phrases:
            phrase = words(text)
            letters = " ".join(phrase)
            made.append(_Phrase(text, phrase, letters, int(self.tolerance * len(letters)), _fixed(phrase)))
        return tuple(made)

    @cached_property
    def _patterns(self) -> "tuple[regex.Pattern[str], ...]":
        return tuple(regex.compile(pattern, regex.IGNORECASE) for pattern in self.patterns)

    def find(self, context: Context) -> Findings:
        """Everything found in the whole conversation; what overlaps is counted once.

        What several criteria look for in one conversation, such as what makes them apply, is looked for once.
        """
        known = context.conversation.found
        findings = known.get(self)
        if findings is None:
            findings = known[self] = self._find(context)
        return findings

    def first_of_one_pattern(self, context: Context) -> Found | None:
        """Where a single pattern first matches beyond doubt, without looking further; None where that takes all of `find`.

        Of one pattern no two matches overlap, so that this is the first of all that `find` would give.
        """
        if self.phrases or len(self._patterns) != 1 or self in context.conversation.found:
            return None
        try:
            for part in self._matches(context, self._patterns[0]):
                judged = self._judge_source(context, Found((part,), ""))
                if judged is not None and not judged.doubt:
                    return judged
        except TimeoutError:
            pass
        return None

    def _find(self, context: Context) -> Findings:
        found: list[Found] = []
        nearest: list[Found] = []
        for stream in context.conversation.streams:
            if not self._may_be(context, stream.speaker):
                continue
            for phrase in self._phrases:
                found.extend(_exact(phrase, stream))
                if phrase.edits:
                    close, near = _close(phrase, stream)
                    found.extend(close)
                    nearest.extend(near)
        too_slow = self._find_patterns(context, found)
        counting = [judged for item in found if (judged := self._judge_source(context, item)) is not None]
        near = [item for item in nearest if self._judge_source(context, item) is not None]
        best = max(near, key=lambda item: (item.likeness, -item.place.turn, -item.place.letter), default=None)
        return Findings(_without_overlaps(counting), best, too_slow)

    def _may_be(self, context: Context, speaker: Speaker) -> bool:
        return self.speaker in ("anyone", speaker) or context.transcript.sides is Sides.VOICES

    def _find_patterns(self, context: Context, found: list[Found]) -> tuple[str, ...]:
        """Add what the patterns match, turn by turn; gives back the patterns that took too long."""
        if not self._patterns:
            return ()
        too_slow = []
        what = f"was taken for {self.named}" if self.named else ""
        for pattern in self._patterns:
            matches = what or f"matches the pattern “{pattern.pattern}”"
            try:
                found.extend(Found((part,), matches) for part in self._matches(context, pattern))
            except TimeoutError:
                too_slow.append(pattern.pattern)
        return tuple(too_slow)

    def _matches(self, context: Context, pattern: "regex.Pattern[str]") -> Iterator[Part]:
        """What a pattern matches, in order. Raises TimeoutError where that takes too long on a turn."""
        for turn in self._lines(context).holding(needed_words(pattern.pattern)):
            for match in pattern.finditer(context.conversation.plain[turn], timeout=PATTERN_SECONDS):
                if match.end() > match.start():
                    yield Part(turn, match.start(), match.end())

    def _lines(self, context: Context) -> Lines:
        """The turns that may be this speaker's; put together once in a conversation."""
        key = ("lines of", self.speaker)
        lines: Lines | None = context.conversation.found.get(key)
        if lines is None:
            turns = [index for index, turn in enumerate(context.transcript.turns) if self._may_be(context, turn.speaker)]
            lines = context.conversation.found[key] = Lines(turns, [context.conversation.plain[turn] for turn in turns])
        return lines

    def _judge_source(self, context: Context, found: Found) -> Found | None:
        """The same with its doubt, or None where the other side said it."""
        doubt = ""
        if self.speaker != "anyone":
            if any(context.side_in_doubt(part.turn) for part in found.parts):
                doubt = f"it is not certain that the {self.speaker} said it, for the sides were told apart by voice"
            elif any(context.transcript.turns[part.turn].speaker != self.speaker for part in found.parts):
                return None
        confidence = _confidence(context, found)
        if confidence is not None and confidence < SURE_WORDS:
            doubt = f"the recogniser was hardly sure of these words ({confidence:.0%})"
        return Found(found.parts, found.what, found.likeness, doubt) if doubt else found


def probability_of(context: Context, found: Found) -> float:
    """How likely these words were said: the recogniser's confidence in them (1 for written words), times the share of
    letters that agree."""
    confidence = _confidence(context, found)
    return round((1.0 if confidence is None else confidence) * found.likeness, 4)


def evidence_of(context: Context, found: Found) -> tuple[Evidence, ...]:
    """The words found, quoted with their times; one piece of evidence for each turn they stand in."""
    if not context.quoting:
        return (UNQUOTED,)
    pieces = []
    for part in found.parts:
        turn = context.transcript.turns[part.turn]
        heard = context.conversation.heard(*part)
        why = f"{context.who_said(part.turn)} said this, which {found.what}"
        why += f"; but {found.doubt}." if found.doubt else "."
        pieces.append(Evidence(why, part.turn, heard.start, heard.end, turn.text[part.start : part.end]))
    return tuple(pieces)


def quote_all(context: Context, found: tuple[Found, ...]) -> tuple[Evidence, ...]:
    """The evidence of several findings, as many as a reader wants to see."""
    return tuple(piece for item in found[:MOST_EVIDENCE] for piece in evidence_of(context, item))[:MOST_EVIDENCE]


def _confidence(context: Context, found: Found) -> float | None:
    known = [c for part in found.parts if (c := context.conversation.heard(*part).confidence) is not None]
    return sum(known) / len(known) if known else None


def _fixed(phrase: tuple[str, ...] | list[str]) -> tuple[str, ...]:
    """The words that a tolerance must not touch."""
    return tuple(sorted(word for word in phrase if word in _NEGATIONS or word[0].isdigit()))


def _parts(stream: Stream, first: int, last: int) -> tuple[Part, ...]:
    """The letters of the words `first` to `last` (not included) of a stream, one part for each turn."""
    parts: dict[int, Part] = {}
    for at in range(first, last):
        turn, token = stream.turns[at], stream.token(at)
        before = parts.get(turn)
        parts[turn] = Part(turn, before.start if before else token.start, token.end)
    return tuple(parts.values())


def _exact(phrase: _Phrase, stream: Stream) -> Iterator[Found]:
    for at in stream.find(f" {phrase.letters} ", len(phrase.words)):
        yield Found(_parts(stream, at, at + len(phrase.words)), f"is the phrase “{phrase.text}”")


def _close(phrase: _Phrase, stream: Stream) -> tuple[list[Found], list[Found]]:
    """What is nearly the phrase, and the nearest of what is not near enough."""
    found: list[Found] = []
    nearest: Found | None = None
    for first, last in _windows(phrase, stream):
        said = stream.words[first:last]
        letters = " ".join(said)
        if BREAK in said or letters == phrase.letters:
            continue
        edits = Levenshtein.distance(phrase.letters, letters)
        likeness = round(1 - edits / max(len(letters), len(phrase.letters)), 4)
        enough = edits <= phrase.edits and _fixed(said) == phrase.fixed
        if enough or (likeness >= _LEAST_NEAR and (nearest is None or likeness > nearest.likeness)):
            what = f"is close to the phrase “{phrase.text}” ({likeness:.0%} of the letters agree)"
            close = Found(_parts(stream, first, last), what, likeness)
            if enough:
                found.append(close)
            else:
                nearest = close
    return found, [nearest] if nearest else []


def _windows(phrase: _Phrase, stream: Stream) -> Iterator[tuple[int, int]]:
    """Stretches of about the phrase's length in which at least half of its words stand about where they should."""
    length = len(phrase.words)
    if length == 1:
        for word, places in stream.places.items():
            if abs(len(word) - len(phrase.letters)) <= phrase.edits:
                yield from ((at, at + 1) for at in places)
        return
    agreeing = Counter(at - offset for offset, word in enumerate(phrase.words) for at in stream.places.get(word, ()))
    for first in sorted(agreeing):
        # A word too many or too few moves those after it by one.
        if 2 * (agreeing[first] + agreeing.get(first - 1, 0) + agreeing.get(first + 1, 0)) >= length:
            start = max(first, 0)
            for last in range(first + length - 1, first + length + 2):
                if start < last <= len(stream.words):
                    yield start, last


def _without_overlaps(found: list[Found]) -> tuple[Found, ...]:
    """Each stretch of words once, the best and longest match first; in the order of the conversation."""
    kept: list[Found] = []
    begin: list[tuple[int, int]] = []  # where each that is kept begins and ends, in order
    end: list[tuple[int, int]] = []
    for item in sorted(found, key=lambda item: (bool(item.doubt), -item.likeness, -item.letters, item.place)):
        first, last = (item.place.turn, item.place.letter), item.end
        # What is kept does not overlap, so only what begins last before this one ends could overlap it.
        at = bisect_left(begin, last)
        if at and end[at - 1] > first:
            continue
        kept.insert(at, item)
        begin.insert(at, first)
        end.insert(at, last)
    return tuple(kept)
