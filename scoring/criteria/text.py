"""How do two people's words come to be the same words, whatever the spelling, and where do they stand in the call?

Speech recognisers and typists write the same thing in many ways: "I'm" and "I am", "24" and "twenty-four", "OK" and
"okay". Both the scorecard's phrases and the conversation are brought to one form before they are compared. Every word of
that form remembers the letters it came from, so that a quote is verbatim and has the time of its own words.
"""

import re
from bisect import bisect_right
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import chain
from typing import Any, NamedTuple

from scoring.criteria.needed import Lines
from transcripts.model import Speaker, Transcript, Turn


class Token(NamedTuple):
    """One normalised word with the letters of the turn's text it came from."""

    word: str
    start: int
    end: int


BREAK = "|"  # stands between words that do not follow on each other; no word is written so

_WORDS = re.compile(r"[$£€]?\d+(?:[.,]\d+)*%?(?![^\W\d_])|[^\W_]+(?:['’][^\W_]+)*")
_AMOUNT = re.compile(r"([$£€]?)(\d+(?:[.,]\d+)*)(%?)")
_CURRENCIES = {"$": "dollars", "£": "pounds", "€": "euros"}

# Sounds of hesitation carry no words of their own and are left out.
_FILLERS = frozenset(["um", "uh", "er", "erm", "uhm"])

_CONTRACTED = {
    "won't": "will not",
    "can't": "can not",
    "shan't": "shall not",
    "let's": "let us",
    "cannot": "can not",
    "gonna": "going to",
    "wanna": "want to",
    "ok": "okay",
    "alright": "all right",
    # As they are often typed, without the apostrophe. "well", "were", "ill" and "wed" are words of their own.
    "dont": "do not",
    "doesnt": "does not",
    "didnt": "did not",
    "cant": "can not",
    "wont": "will not",
    "im": "i am",
    "ive": "i have",
    "youre": "you are",
    "theyre": "they are",
    "thats": "that is",
    "isnt": "is not",
    "wasnt": "was not",
    "couldnt": "could not",
    "wouldnt": "would not",
    "shouldnt": "should not",
    "havent": "have not",
    "hasnt": "has not",
    "whats": "what is",
}
_ENDINGS = {"'re": "are", "'m": "am", "'ll": "will", "'ve": "have", "'d": "would"}
_NUMBERS = """
zero one two three four five six seven eight nine
ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen
"""
_SMALL = {word: number for number, word in enumerate(_NUMBERS.split())}
_DECADES = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
_TENS = {word: 10 * number for number, word in enumerate(_DECADES, start=2)}
_IN_NUMBERS = frozenset((*_SMALL, *_TENS))

# After these, 's is "is"; after any other word it is the possessive.
_BEFORE_IS_WORDS = "it that this what who where when how why here there he she name"
_BEFORE_IS = frozenset(_BEFORE_IS_WORDS.split())

# What a listener says without taking over; it does not break what the other is saying.
_BACKCHANNEL_WORDS = "yes yeah yep yup okay right all mm mhm hmm hm sure uh huh aha ah oh i see exactly"
_BACKCHANNELS = frozenset(_BACKCHANNEL_WORDS.split())
_MOST_BACKCHANNEL_WORDS = 3


def tokens(text: str) -> list[Token]:
    """The normalised words of a text, in order."""
    found = [Token(part, *match.span()) for match in _WORDS.finditer(text) for part in _parts_of_word(match.group().lower())]
    if _IN_NUMBERS.isdisjoint([token.word for token in found]):
        return found
    return _join_numbers(found)


def words(text: str) -> tuple[str, ...]:
    """The normalised words of a text without their places, which most who ask for words do not need."""
    found = tuple(chain.from_iterable(map(_WRITTEN.__getitem__, text.split())))  # no word has a space in it
    if _IN_NUMBERS.isdisjoint(found):
        return found
    return tuple(token.word for token in _join_numbers([Token(word, 0, 0) for word in found]))


class _Written(dict[str, tuple[str, ...]]):
    """By what is written between two spaces, the words that it stands for: people write the same again and again."""

    _MOST = 65_536

    def __missing__(self, written: str) -> tuple[str, ...]:
        if len(self) >= self._MOST:
            self.clear()
        found = self[written] = tuple(part for word in _WORDS.findall(written) for part in _parts_of_word(word.lower()))
        return found


_WRITTEN = _Written()


@lru_cache(maxsize=65_536)
def _parts_of_word(word: str) -> tuple[str, ...]:
    """The words that one written word, in small letters, stands for."""
    if word in _FILLERS:
        return ()
    if not word[0].isalpha() and (amount := _AMOUNT.fullmatch(word)):
        currency, number, percent = amount.groups()
        parts = [re.sub(r",(?=\d{3})", "", number)]
        parts += [_CURRENCIES[currency]] if currency else []
        parts += ["percent"] if percent else []
        return tuple(parts)
    if "'" in word or "’" in word or word in _CONTRACTED:
        return tuple(_uncontracted(word.replace("’", "'")).split())
    return (word,)


def _uncontracted(word: str) -> str:
    if word in _CONTRACTED:
        return _CONTRACTED[word]
    stem, apostrophe, rest = word.rpartition("'")
    ending = apostrophe + rest
    if word.endswith("n't"):
        return f"{word[:-3]} not"
    if ending in _ENDINGS:
        return f"{stem} {_ENDINGS[ending]}"
    if ending == "'s" and stem in _BEFORE_IS:
        return f"{stem} is"
    return word.replace("'", "")


def _join_numbers(found: list[Token]) -> list[Token]:
    """`twenty four` becomes 24 and `one hundred and five` 105, as digits, from the first of the words to the last."""
    joined: list[Token] = []
    at = 0
    while at < len(found):
        word = found[at].word
        if word not in _SMALL and word not in _TENS:
            joined.append(found[at])
            at += 1
            continue
        value, after = _number_from(found, at)
        joined.append(Token(str(value), found[at].start, found[after - 1].end))
        at = after
    return joined


def _number_from(found: list[Token], at: int) -> tuple[int, int]:
    """The number whose first word stands at `at`, and the place after its last."""
    value, at = _below_hundred(found, at)
    for scale, size in (("hundred", 100), ("thousand", 1000)):
        if at < len(found) and found[at].word == scale:
            value, at = value * size, at + 1
            rest = at + 1 if at < len(found) and found[at].word == "and" else at
            if rest < len(found) and (found[rest].word in _SMALL or found[rest].word in _TENS):
                more, at = _below_hundred(found, rest)
                value += more
    return value, at


def _below_hundred(found: list[Token], at: int) -> tuple[int, int]:
    word = found[at].word
    if word in _SMALL:
        return _SMALL[word], at + 1
    value, at = _TENS[word], at + 1
    if at < len(found) and 1 <= _SMALL.get(found[at].word, 0) <= 9:
        return value + _SMALL[found[at].word], at + 1
    return value, at


class Stream:
    """What one speaker said, word after word, with a BREAK wherever the other side took over in between.

    words: normalised words and breaks; turns: for each of them its turn's index, a break's being that of the turn after it.
    """

    def __init__(self, transcript: Transcript, speaker: Speaker) -> None:
        self.speaker = speaker
        self.words: list[str] = []
        self.turns: list[int] = []
        self._transcript = transcript
        self._begins: dict[int, int] = {}
        self._tokens: dict[int, list[Token]] = {}
        self._places: dict[str, list[int]] = {}

    def add(self, turn: int, found: Sequence[str], *, after_a_break: bool) -> None:
        """Append a turn's words."""
        if after_a_break:
            self.words.append(BREAK)
            self.turns.append(turn)
        self._begins[turn] = len(self.words)
        self.words.extend(found)
        self.turns.extend([turn] * len(found))

    def token(self, place: int) -> Token:
        """The word at that place with its letters, which are looked for when somebody asks for them."""
        turn = self.turns[place]
        if turn not in self._tokens:
            self._tokens[turn] = tokens(self._transcript.turns[turn].text)
        return self._tokens[turn][place - self._begins[turn]]

    @cached_property
    def joined(self) -> str:
        """All words with a space before and after each, for exact search."""
        return f" {' '.join(self.words)} "

    @cached_property
    def _starts(self) -> list[int]:
        starts, at = [], 0
        for word in self.words:
            starts.append(at)
            at += len(word) + 1
        return starts

    def places(self, word: str) -> list[int]:
        """Where a word stands."""
        places = self._places.get(word)
        if places is None:
            places = self._places[word] = []
            after = 0
            for _ in range(self.words.count(word)):
                places.append(self.words.index(word, after))
                after = places[-1] + 1
        return places

    def find(self, joined_phrase: str, length: int) -> list[int]:
        """The places of the first words of a phrase of `length` words, given with a space before and after."""
        found = []
        at = self.joined.find(joined_phrase)
        while at >= 0:
            found.append(bisect_right(self._starts, at) - 1)
            at = self.joined.find(joined_phrase, at + len(joined_phrase) - 1)
        return found


@dataclass(frozen=True)
class Heard:
    """When some letters of a turn were said: seconds, and how sure the recogniser was of the words (None: not known)."""

    start: float | None
    end: float | None
    confidence: float | None


class Conversation:
    """A transcript made ready for searching; made once per transcript, whatever is sought in it."""

    def __init__(self, transcript: Transcript) -> None:
        self.transcript = transcript
        self.found: dict[Hashable, Any] = {}
        """What was sought in it, by whom it was sought; nothing of it depends on anything but the transcript."""
        self._least: dict[int, float] = {}
        self._placed: dict[int, list[tuple[int, int, int]]] = {}
        self._heard: dict[tuple[int, int, int], Heard] = {}

    @cached_property
    def streams(self) -> tuple[Stream, ...]:
        """One stream for each speaker who said anything."""
        streams: dict[Speaker, Stream] = {}
        since: dict[Speaker, bool] = {}  # whether someone else took over since this speaker's last turn
        for index, turn in enumerate(self.transcript.turns):
            found = words(turn.text)
            if not found:
                continue
            stream = streams.setdefault(turn.speaker, Stream(self.transcript, turn.speaker))
            stream.add(index, found, after_a_break=since.get(turn.speaker, False))
            since[turn.speaker] = False
            if not _is_backchannel(found):
                since = {speaker: speaker is not turn.speaker for speaker in streams}
        return tuple(streams.values())

    @cached_property
    def plain(self) -> tuple[str, ...]:
        """Each turn's text, letter for letter, with straight apostrophes, for patterns."""
        return tuple(turn.text.replace("’", "'") for turn in self.transcript.turns)

    @cached_property
    def lines(self) -> Lines:
        """The same as lines in which words are looked up."""
        return Lines(self.plain)

    def is_backchannel(self, turn: int) -> bool:
        """Whether that turn is no more than a listener's "mhm", or has no words at all."""
        text = self.transcript.turns[turn].text
        return len(text.split()) <= _MOST_BACKCHANNEL_WORDS and _is_backchannel(words(text))

    def least_confidence(self, turn: int) -> float:
        """How sure the recogniser was of that turn's least sure word."""
        least = self._least.get(turn)
        if least is None:
            least = self._least[turn] = self.transcript.turns[turn].least_confidence
        return least

    def heard(self, turn: int, start: int, end: int) -> Heard:
        """When the letters `start` to `end` of that turn's text were said; the whole turn's times where its words have
        none."""
        known = self._heard.get((turn, start, end))
        if known is None:
            known = self._heard[turn, start, end] = self._hear(turn, start, end)
        return known

    def _hear(self, turn: int, start: int, end: int) -> Heard:
        whole = self.transcript.turns[turn]
        inside = [whole.words[w] for w, first, last in self._words(turn) if first < end and last > start]
        if not inside:
            return Heard(whole.start, whole.end, None)
        confidence = sum(word.confidence for word in inside) / len(inside)
        return Heard(inside[0].start, max(word.end for word in inside), confidence)

    def _words(self, turn: int) -> list[tuple[int, int, int]]:
        """For each word found in the turn's text: its index, and its first and last letter."""
        if turn not in self._placed:
            self._placed[turn] = _place_words(self.transcript.turns[turn])
        return self._placed[turn]


def _is_backchannel(found: Sequence[str]) -> bool:
    return len(found) <= _MOST_BACKCHANNEL_WORDS and _BACKCHANNELS.issuperset(found)


def _place_words(turn: Turn) -> list[tuple[int, int, int]]:
    placed, cursor = [], 0
    for index, word in enumerate(turn.words):
        text = word.text.strip()
        at = turn.text.find(text, cursor) if text else -1
        if at >= 0:
            placed.append((index, at, at + len(text)))
            cursor = at + len(text)
    return placed
