"""Into which sentences does a turn fall, and when was each said?

A sentence is the unit that meaning is compared by. Recognised speech often lacks punctuation, so a stretch without a
full stop is cut into windows: a vector of fifty words about three things is near to none of them.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from scoring.signals.model import Sentence
from transcripts.model import Transcript, Turn

LONGEST_WORDS = 25  # a long spoken sentence; most are under fifteen words
SHORTEST_PIECE = 6  # a window cut off at a joint still says something by itself

_END = re.compile(r"(?<=[.!?…])[\"')\]]*\s+")
_ABBREVIATION = re.compile(r"\b(?:mr|mrs|ms|dr|st|no|vs|e\.g|i\.e|etc)\.\s*$", re.IGNORECASE)
_WORD = re.compile(r"\S+")
_JOINTS = frozenset({"and", "but", "so", "because", "then", "or", "if", "when", "which"})


@dataclass(frozen=True)
class Piece:
    """A stretch of a text by its character offsets, `text[start:end]`, without blanks at its ends."""

    start: int
    end: int


def split_text(text: str) -> list[Piece]:
    """The sentences of a text, none over 25 words, in order; blank text has none. Together they hold every word."""
    return [window for sentence in _sentences(text) for window in _windows(text, list(_words(text, sentence)))]


def _sentences(text: str) -> Iterator[Piece]:
    start = 0
    for gap in _END.finditer(text):
        if not _ABBREVIATION.search(text[start : gap.start()]):
            yield Piece(start, gap.start())
            start = gap.end()
    yield Piece(start, len(text))


def _words(text: str, piece: Piece) -> Iterator[Piece]:
    return (Piece(word.start(), word.end()) for word in _WORD.finditer(text, piece.start, piece.end))


def _windows(text: str, words: list[Piece]) -> list[Piece]:
    """Halve at a joint near the middle (after a comma, before an "and" or "because") until each window is short enough."""
    if not words:
        return []
    if len(words) <= LONGEST_WORDS:
        return [Piece(words[0].start, words[-1].end)]
    middle = len(words) // 2

    def joint(index: int) -> bool:
        before, after = words[index - 1], words[index]
        return text[before.end - 1] in ",;:" or text[after.start : after.end].lower() in _JOINTS

    joints = [index for index in range(SHORTEST_PIECE, len(words) - SHORTEST_PIECE + 1) if joint(index)]
    cut = min(joints, key=lambda index: abs(index - middle), default=middle)
    return _windows(text, words[:cut]) + _windows(text, words[cut:])


def split_turn(index: int, turn: Turn) -> list[Sentence]:
    """The sentences of a turn, `index` its place in the transcript, with times where its words have them."""
    times = list(_placed_words(turn))
    sentences = []
    for piece in split_text(turn.text):
        inside = [(start, end) for offset, start, end in times if piece.start <= offset < piece.end]
        start = min((start for start, _ in inside), default=None)
        end = max((end for _, end in inside), default=None)
        sentences.append(Sentence(index, turn.text[piece.start : piece.end], start, end))
    return sentences


def _placed_words(turn: Turn) -> Iterator[tuple[int, float, float]]:
    """Each timed word's offset in the turn's text with its times; a word that the text does not hold is passed over."""
    cursor = 0
    for word in turn.words:
        text = word.text.strip()
        offset = turn.text.find(text, cursor) if text else -1
        if offset >= 0:
            yield offset, word.start, word.end
            cursor = offset + len(text)


def split_transcript(transcript: Transcript) -> tuple[Sentence, ...]:
    """Every sentence of a conversation, in the order of its turns."""
    return tuple(sentence for index, turn in enumerate(transcript.turns) for sentence in split_turn(index, turn))
