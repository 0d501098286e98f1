"""Which words must a text hold for a regular expression to match anywhere in it?

To see whether a text holds a word takes a fiftieth of the time that an expression takes, so that most turns of a
conversation need not be tried at all (the idea is that of R. Cox, "Regular expression matching with a trigram index", 2012).
What is not understood of an expression needs nothing, and is tried everywhere: to try one turn too many costs time, to
leave one out would lose words that were said.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from threading import Lock
from typing import NamedTuple

import regex


@dataclass(frozen=True)
class AnyOf:
    """One of these words has to be there, or all that one of `parts` asks for."""

    words: tuple[str, ...]
    parts: tuple["AllOf", ...] = ()


@dataclass(frozen=True)
class AllOf:
    """Each of these has to be there, the rarest first."""

    parts: tuple["AnyOf | AllOf", ...]


Needed = AnyOf | AllOf


@lru_cache(maxsize=4096)
def needed_words(pattern: str) -> Needed | None:
    """What a `folded` text must hold for the pattern to match in it, whatever its capitals; None where nothing is known."""
    reading = _Reading(pattern)
    try:
        needed = reading.alternatives()
    except _Unknown:
        return None
    if needed is None or reading.at != len(pattern):
        return None
    _Vocabulary.seek(piece for word in _words_of(needed) for piece in word.split())
    return needed


def _words_of(needed: Needed) -> Iterator[str]:
    """Every word that stands in it."""
    if isinstance(needed, AnyOf):
        yield from needed.words
    for part in needed.parts:
        yield from _words_of(part)


def folded(text: str) -> str:
    """A text as words are looked up in it: every letter as the small one that `regex` takes it for."""
    return text.replace("İ", "i").casefold().replace("ı", "i")  # which casefold makes two letters of


class _Vocabulary(dict[str, tuple[str, ...]]):
    """By written word, which of the words that patterns need it holds.

    People write and say the same few thousand words, so that of nearly every one this is known from before.
    """

    now: "_Vocabulary"
    """The one with what all patterns need that were read so far; another one takes its place, and none is changed."""

    _MOST_SOUGHT = 20_000
    _MOST_WRITTEN = 65_536
    _LONG = 64
    """Letters from which on something written is no word, and has too many parts to be held against what is sought."""

    _one_at_a_time = Lock()

    def __init__(self, sought: frozenset[str]) -> None:
        super().__init__()
        self.sought = sought
        self.nowhere = dict.fromkeys(sought, 0)
        self._longest = max(map(len, sought), default=0)

    @classmethod
    def seek(cls, pieces: Iterable[str]) -> None:
        """From now on these are sought too."""
        more = frozenset(pieces)
        with cls._one_at_a_time:
            if not more <= cls.now.sought:
                kept = cls.now.sought if len(cls.now.sought) < cls._MOST_SOUGHT else frozenset()
                cls.now = cls(kept | more)

    def __missing__(self, written: str) -> tuple[str, ...]:
        if len(written) > self._LONG:
            return tuple(word for word in self.sought if word in written)
        if len(self) >= self._MOST_WRITTEN:
            self.clear()
        end = len(written)
        parts = {
            written[first:last] for first in range(end) for last in range(first + 1, min(first + self._longest, end) + 1)
        }
        held = self[written] = tuple(parts & self.sought)
        return held


_Vocabulary.now = _Vocabulary(frozenset())


class Lines(dict[str, int]):
    """The turns of a conversation, a line each, in which words are looked up in all of them at once.

    By word, the lines that hold it: the bit of a line's number is set.
    """

    def __init__(self, texts: Iterable[str]) -> None:
        vocabulary = _Vocabulary.now
        super().__init__(vocabulary.nowhere)
        self._texts = list(map(folded, texts))
        self._all = (1 << len(self._texts)) - 1
        written: dict[str, int] = {}
        for number, text in enumerate(self._texts):
            line = 1 << number
            for word in text.split():
                written[word] = written.get(word, 0) | line
        for word, lines in written.items():
            for held in vocabulary[word]:
                self[held] |= lines

    def __missing__(self, letters: str) -> int:
        """The same for several words with spaces, and for one that is not in the vocabulary."""
        lines = self._all
        for piece in _pieces(letters):
            lines &= self[piece]
            if not lines:
                break
        texts = self._texts
        if lines:
            lines = sum([1 << line for line in numbers(lines) if letters in texts[line]])
        self[letters] = lines
        return lines

    def holding(self, needed: Needed | None) -> int:
        """The lines that hold what is needed."""
        if needed is None:
            return self._all
        if isinstance(needed, AllOf):
            lines = self._all
            for part in needed.parts:
                lines &= self.holding(part)
                if not lines:
                    break
            return lines
        lines = 0
        for word in needed.words:
            lines |= self[word]
        for part in needed.parts:
            lines |= self.holding(part)
        return lines


@lru_cache(maxsize=65_536)
def _pieces(letters: str) -> tuple[str, ...]:
    """The words in letters with spaces."""
    pieces = tuple(letters.split())
    return () if pieces == (letters,) else pieces


def numbers(bits: int) -> Iterator[int]:
    """Which bits are set, from the lowest on."""
    while bits:
        lowest = bits & -bits
        yield lowest.bit_length() - 1
        bits ^= lowest


class _Unknown(Exception):
    """Something in an expression that is not understood here."""


class _Piece(NamedTuple):
    """A piece of an expression: a letter, what a group needs (None: nothing that is known), or no width at all."""

    letter: str = ""
    needed: Needed | None = None
    width: bool = True


_GROUP = regex.compile(r"\((?:\?(?:[ims]*(?:-[ims]+)?:|P?<\w+>))?(?![?*])")
_LOOKAROUND = regex.compile(r"\(\?<?[=!]")
_CLASS = regex.compile(r"\[\^?\]?(?:\\.|[^\]\\\[])*\]", regex.DOTALL)
_REPEATED = regex.compile(r"(?:(?P<sign>[*+?])|\{(?P<least>\d*)(?:,\d*)?\})[?+]?")
_WITHOUT_WIDTH = "bBAZ"
_ONE_OF_MANY = "wWdDsS"


class _Reading:
    """A way through an expression, from its first letter to its last."""

    def __init__(self, pattern: str) -> None:
        self.pattern = pattern
        self.at = 0

    def alternatives(self) -> Needed | None:
        """What an expression needs up to its end, or to the end of the group that it stands in."""
        branches = [self._sequence()]
        while self._take("|"):
            branches.append(self._sequence())
        known = [branch for branch in branches if branch is not None]
        return _any_of(known) if len(known) == len(branches) else None

    def _sequence(self) -> Needed | None:
        """What pieces that follow on each other need."""
        needed: list[Needed] = []
        run = ""  # letters that stand side by side
        while self.at < len(self.pattern) and self.pattern[self.at] not in "|)":
            piece = self._piece()
            there, once = self._repeated()
            if not piece.width:
                continue
            if piece.letter and there:
                run += piece.letter
            if not (piece.letter and once):
                needed += [AnyOf((run,))] if run else []
                run = ""
            if piece.needed and there:
                needed.append(piece.needed)
        needed += [AnyOf((run,))] if run else []
        return _all_of(needed)

    def _piece(self) -> _Piece:
        letter = self.pattern[self.at]
        if letter == "(":
            return self._group()
        if letter == "[":
            self._match(_CLASS)
            return _Piece()
        self.at += 1
        if letter == "\\":
            return self._escaped()
        if letter in "*+?{":
            raise _Unknown
        if letter in "^$":
            return _Piece(width=False)
        return _Piece() if letter == "." else _Piece(_one_letter(letter))

    def _group(self) -> _Piece:
        around = _LOOKAROUND.match(self.pattern, self.at) is not None
        self._match(_LOOKAROUND if around else _GROUP)
        needed = self.alternatives()
        if not self._take(")"):
            raise _Unknown
        return _Piece(width=False) if around else _Piece(needed=needed)

    def _escaped(self) -> _Piece:
        letter = self.pattern[self.at : self.at + 1]
        self.at += 1
        if letter and letter in _WITHOUT_WIDTH:
            return _Piece(width=False)
        if letter and letter in _ONE_OF_MANY:
            return _Piece()
        if not letter or letter.isalnum():
            raise _Unknown
        return _Piece(_one_letter(letter))

    def _repeated(self) -> tuple[bool, bool]:
        """Whether the piece before has to be there at all, and whether it is there just once."""
        how = _REPEATED.match(self.pattern, self.at)
        if how is None:
            return True, True
        self.at = how.end()
        return (how["sign"] == "+" if how["sign"] else int(how["least"] or 0) > 0), False

    def _match(self, form: "regex.Pattern[str]") -> None:
        found = form.match(self.pattern, self.at)
        if found is None:
            raise _Unknown
        self.at = found.end()

    def _take(self, letter: str) -> bool:
        here = self.pattern.startswith(letter, self.at)
        self.at += here
        return here


def _one_letter(letter: str) -> str:
    """The letter as it stands in a folded text; empty where it may stand there otherwise, or between two lines."""
    if letter.isascii():
        return letter.lower() if letter.isprintable() else ""
    return letter if letter == letter.upper() == letter.casefold() else ""


def _any_of(needed: Sequence[Needed]) -> Needed:
    if len(needed) == 1:
        return needed[0]
    words = {word for one in needed if isinstance(one, AnyOf) for word in one.words}
    parts = [part for one in needed for part in (one.parts if isinstance(one, AnyOf) else (one,))]
    # What holds a longer word holds a shorter one in it as well.
    shortest = sorted(word for word in words if not any(other in word for other in words - {word}))
    return AnyOf(tuple(shortest), tuple(parts))


def _all_of(needed: Sequence[Needed]) -> Needed | None:
    if not needed:
        return None
    rarest = sorted(needed, key=_how_often)
    # What stands nearly everywhere tells nothing.
    telling = tuple(part for part in rarest if _how_often(part) < _NEARLY_EVERYWHERE) or (rarest[0],)
    return telling[0] if len(telling) == 1 else AllOf(telling)


def _how_often(needed: Needed) -> float:
    """About how often this is held, for a comparison: the longer a word, the rarer."""
    if isinstance(needed, AllOf):
        return min(map(_how_often, needed.parts))
    return sum(6.0 ** -len(word) for word in needed.words) + sum(map(_how_often, needed.parts))


_NEARLY_EVERYWHERE = 0.06
