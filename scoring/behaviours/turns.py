"""How does a turn come before the judge?

As somebody from anywhere would have said it (`scoring.signals.regional`), and in windows: sentences in a row up to forty
words, each window with the end of what was said just before. A behaviour is mostly a sentence or two among others, and one
that echoes the customer can only be seen beside the echo. Nothing tells who the agent is, or how they did before.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from scoring.behaviours.corpus import Said
from scoring.signals.regional import Plain, plain
from scoring.signals.sentences import Piece, split_text

WINDOW_WORDS = 40
# Of the turns before, what is near: the last words of the last turns, whoever said them.
BEFORE_TURNS = 2
BEFORE_WORDS = 30


@dataclass(frozen=True)
class Window:
    """A stretch of a turn. `turn` is its number among the turns given, `piece` its place in the turn's text as it was said;
    `text` and `before` are as somebody from anywhere would have said them."""

    turn: int
    piece: Piece
    text: str
    before: str


@dataclass(frozen=True)
class Heard:
    """A turn to be judged, and the turns before it with the oldest first."""

    said: Said
    before: tuple[Said, ...] = ()


def windows(turns: Sequence[Heard], read: Callable[[str], Plain] = plain) -> list[Window]:
    """The windows of each turn, in order, as `read` gives them; a turn without words has none."""
    found: list[Window] = []
    for number, turn in enumerate(turns):
        said = read(turn.said.text)
        before = _just_before(turn, read)
        found += [
            Window(number, Piece(*said.within_original(piece.start, piece.end)), said.text[piece.start : piece.end], before)
            for piece in _stretches(said.text)
        ]
    return found


def _stretches(text: str) -> list[Piece]:
    """Neighbouring sentences put together up to forty words, evenly."""
    sentences = split_text(text)
    lengths = [len(text[sentence.start : sentence.end].split()) for sentence in sentences]
    total = sum(lengths)
    if total <= WINDOW_WORDS:
        return [Piece(sentences[0].start, sentences[-1].end)] if sentences else []
    share = total / -(-total // WINDOW_WORDS)
    stretches: list[Piece] = []
    begun: Piece | None = None
    words = 0
    for sentence, length in zip(sentences, lengths, strict=True):
        if begun and words + length / 2 > share:
            stretches.append(begun)
            begun, words = None, 0
        begun = Piece(begun.start if begun else sentence.start, sentence.end)
        words += length
    return [*stretches, begun] if begun else stretches


def _just_before(turn: Heard, read: Callable[[str], Plain]) -> str:
    words = " ".join(read(said.text).text for said in turn.before[-BEFORE_TURNS:]).split()
    return " ".join(words[-BEFORE_WORDS:])
