"""Were these words said, by whom, where, and how sure is that?

A phrase is found where its normalised words (see `text`) follow on each other, or where they nearly do: a speech
recogniser mishears a letter here and a word there. Nearly means

- at most `tolerance` of the phrase's letters differ, by Levenshtein distance;
- at least half of its words were recognised exactly;
- numbers and negations agree exactly: "can" and "can't" are one letter apart and are not the same promise.
"""

from bisect import bisect_left
from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import groupby
from typing import Annotated, NamedTuple

import regex
from rapidfuzz.distance import Levenshtein

from scoring.criteria.base import MOST_EVIDENCE, SURE_TURN, SURE_WORDS, UNQUOTED, Context, Place, Who, listed
from scoring.criteria.needed import needed_words, numbers
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


class _Phrase(NamedTuple):
    """A phrase made ready: its words, its letters, how many may differ, and the words that must agree."""

    text: str
    words: tuple[str, ...]
    letters: str
    edits: int
    fixed: tuple[str, ...]

    def may_be_close(self, stream: Stream) -> bool:
        """Whether something nearly the phrase may be there: of one piece more than letters may differ, one agrees."""
        count, length = self.edits + 1, len(self.letters)
        pieces = (self.letters[length * at // count : length * (at + 1) // count] for at in range(count))
        return any(piece in stream.joined for piece in pieces)


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
    def ready_phrases(self) -> tuple[_Phrase, ...]:
        """The phrases made ready."""
        made = []
        for text in self.phrases:
            phrase = words(text)
            letters = " ".join(phrase)
            made.append(_Phrase(text, phrase, letters, int(self.tolerance * len(letters)), _fixed(phrase)))
        return tuple(made)

    @cached_property
    def ready_patterns(self) -> "tuple[regex.Pattern[str], ...]":
        """The patterns made ready."""
        return tuple(regex.compile(pattern, regex.IGNORECASE) for pattern in self.patterns)

    def look(self, context: Context) -> "Looked":
        """What is found in this conversation, to be asked for turn by turn.

        What several criteria look for in one conversation, such as what makes them apply, is looked for once.
        """
        known = context.conversation.found
        looked: Looked | None = known.get((self, context.telling))
        if looked is None:
            looked = known[self, context.telling] = Looked(self, context)
        return looked

    def first_or_none(self, context: Context, turns: frozenset[int]) -> tuple[Found, ...] | None:
        """One match beyond doubt in these turns, pattern by pattern, or nothing where nothing matches there at all.

        None where only words in doubt match, a pattern takes too long, or there are phrases to look for: then `look` says.
        Two matches that overlap stand in the same turn, so that it does not matter here which of them would count.
        """
        if self.phrases:
            return None
        known = context.conversation.found
        if (self, turns) not in known:
            known[self, turns] = self._first_or_none(context, turns)
        found: tuple[Found, ...] | None = known[self, turns]
        return found

    def _first_or_none(self, context: Context, turns: frozenset[int]) -> tuple[Found, ...] | None:
        lines, own, nothing = context.conversation.lines, self.turns(context), True
        for pattern in self.ready_patterns:
            for turn in numbers(lines.holding(needed_words(pattern.pattern)) & own):
                if turn not in turns:
                    continue
                try:
                    for match in pattern.finditer(context.conversation.plain[turn], timeout=PATTERN_SECONDS):
                        first, last = match.span()
                        found = self.judge_source(context, Found((Part(turn, first, last),), "")) if last > first else None
                        if found is not None and not found.doubt:
                            return (found,)
                        nothing = nothing and found is None
                except TimeoutError:
                    return None
        return () if nothing else None

    def may_be(self, context: Context, speaker: Speaker) -> bool:
        """Whether what that speaker said may be what is looked for."""
        return self.speaker in ("anyone", speaker) or context.transcript.sides is Sides.VOICES

    def turns(self, context: Context) -> int:
        """The turns of which that holds: the bit of a turn's index is set."""
        return context.turns_of_bits("anyone" if context.transcript.sides is Sides.VOICES else self.speaker)

    def judge_source(self, context: Context, found: Found) -> Found | None:
        """The same with its doubt, or None where the other side said it."""
        doubt = ""
        if self.speaker != "anyone":
            if any(context.side_in_doubt(part.turn) for part in found.parts):
                doubt = f"it is not certain that the {self.speaker} said it, for the sides were told apart by voice"
            elif any(context.transcript.turns[part.turn].speaker != self.speaker for part in found.parts):
                return None
        if any(context.conversation.least_confidence(part.turn) < SURE_TURN for part in found.parts):
            confidence = _confidence(context, found)
            if confidence is not None and confidence < SURE_WORDS:
                doubt = f"the recogniser was hardly sure of these words ({confidence:.0%})"
        return Found(found.parts, found.what, found.likeness, doubt) if doubt else found


class Looked:
    """What is found of some words in one conversation.

    A turn is looked through with the patterns when somebody asks for it; in one turn what overlaps is counted once.
    """

    def __init__(self, said: Said, context: Context) -> None:
        self._said = said
        self._context = context
        self.too_slow = ""
        """A pattern that took too long; then nothing that was found counts."""
        self.nearest: Found | None = None
        """The nearest thing to a phrase that did not suffice; only looked for where a context is `telling`."""
        phrases = self._phrases() if said.ready_phrases else []
        lines, own = context.conversation.lines, said.turns(context)
        self._patterns = [(one, lines.holding(needed_words(one.pattern)) & own) for one in said.ready_patterns]
        self._where = 0
        for _, turns in self._patterns:
            self._where |= turns
        self._found: dict[int, tuple[Found, ...]] = {}
        self._by_turn: dict[int, list[Found]] = {}
        for item in phrases:
            self._where |= 1 << item.place.turn
            self._by_turn.setdefault(item.place.turn, []).append(item)
        if any(len(item.parts) > 1 for item in phrases):
            self._look_through_all(phrases)

    def found(self, turns: Collection[int] | None = None) -> Iterator[Found]:
        """What is found, in the order of the conversation; `turns`: only what begins in these."""
        for turn in numbers(self._where):
            if turns is None or turn in turns:
                known = self._found.get(turn)
                if known is None:
                    known = self._found[turn] = _without_overlaps([*self._by_turn.get(turn, ()), *self._matches(turn)])
                yield from known
            if self.too_slow:
                return

    def _look_through_all(self, phrases: list[Found]) -> None:
        """What overlaps may stand in several turns where a listener's "mhm" stands between: then all is found at once."""
        self._found = dict.fromkeys(numbers(self._where), ())
        everything = [*phrases, *(item for turn in self._found for item in self._matches(turn))]
        for turn, found in groupby(_without_overlaps(everything), key=lambda item: item.place.turn):
            self._found[turn] = tuple(found)

    def _phrases(self) -> list[Found]:
        context = self._context
        found: list[Found] = []
        nearest: list[Found] = []
        for stream in context.conversation.streams:
            if not self._said.may_be(context, stream.speaker):
                continue
            for phrase in self._said.ready_phrases:
                found.extend(_exact(phrase, stream))
                if phrase.edits and (context.telling or phrase.may_be_close(stream)):
                    close, near = _close(phrase, stream)
                    found.extend(close)
                    nearest.extend(near)
        if context.telling:
            near = [item for item in nearest if self._said.judge_source(context, item) is not None]
            self.nearest = max(near, key=lambda item: (item.likeness, -item.place.turn, -item.place.letter), default=None)
        return self._counting(found)

    def _matches(self, turn: int) -> list[Found]:
        """What the patterns match in a turn."""
        found: list[Found] = []
        text, what = self._context.conversation.plain[turn], self._said.named and f"was taken for {self._said.named}"
        for pattern, turns in self._patterns:
            if not turns >> turn & 1 or self.too_slow:
                continue
            try:
                for match in pattern.finditer(text, timeout=PATTERN_SECONDS):
                    first, last = match.span()
                    if last > first:
                        found.append(Found((Part(turn, first, last),), what or f"matches the pattern “{pattern.pattern}”"))
            except TimeoutError:
                self.too_slow = pattern.pattern
        return self._counting(found)

    def _counting(self, found: Iterable[Found]) -> list[Found]:
        """Those that may count, each with its doubt."""
        return [judged for item in found if (judged := self._said.judge_source(self._context, item)) is not None]


def probability_of(context: Context, found: Found) -> float:
    """How likely these words were said: the recogniser's confidence in them (1 for written words), times the share of
    letters that agree. 1 where nobody asked."""
    if not context.telling:
        return 1.0
    confidence = _confidence(context, found)
    return round((1.0 if confidence is None else confidence) * found.likeness, 4)


def evidence_of(context: Context, found: Found) -> tuple[Evidence, ...]:
    """The words found, quoted with their times; one piece of evidence for each turn they stand in."""
    if not context.telling:
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
        for at, word in enumerate(stream.words):
            if abs(len(word) - len(phrase.letters)) <= phrase.edits:
                yield at, at + 1
        return
    agreeing = Counter(at - offset for offset, word in enumerate(phrase.words) for at in stream.places(word))
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
