"""What does a speech recogniser have to do, and which one is asked?

Both engines read the same windows of speech with the same kind of model and answer in the same form, so that everything
before them (finding speech) and after them (times on the call's clock, sides, turns) is written once.
"""

import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from errors import ModelError
from transcripts.model import Word

Samples = NDArray[np.float32]

SAMPLE_RATE = 16_000

# How many readings of a window are followed side by side. Two instead of one (greedy) lowered the word error rate of
# two-channel sample calls from 8.3 to 7.5 % in the same time; five lowered it to 7.2 % and took a tenth longer.
BEAM = 2

# Languages written without spaces between words: there every character may stand as a word of its own.
UNSPACED_LANGUAGES = frozenset({"zh", "ja", "th", "lo", "my", "yue", "bo", "km"})


@dataclass(frozen=True)
class Recognised:
    """What an engine heard in one window: words with seconds from the window's start, the mean log probability of a token,
    and the probability that nobody speaks."""

    words: tuple[Word, ...]
    log_probability: float
    no_speech: float

    @property
    def text(self) -> str:
        """The words as they would be written."""
        return "".join(word.text for word in self.words).strip()


class Engine(Protocol):
    """A Whisper implementation with a model loaded."""

    @property
    def stamp(self) -> str:
        """Engine, model and the short hash of its weights: what a transcript says it was made by."""

    def recognise(self, windows: Sequence[Samples], language: str, vocabulary: str = "") -> list[Recognised]:
        """What is said in each window of at most 30 s of sound at 16 kHz. Words keep the space before them.

        `vocabulary` is text as it might have come before, so that its names are spelled the same way.
        """

    def language_of(self, windows: Sequence[Samples]) -> str:
        """The two-letter code of the language that these windows of one call are most likely in."""


def load_engine(engine: str, model: str, threads: int | None = None) -> Engine:
    """The engine of that name with that model, loaded once per process.

    Raises ModelError where there is no such engine or its weights cannot be had.
    """
    return _load(engine, model, threads or default_threads())


@lru_cache(maxsize=2)
def _load(engine: str, model: str, threads: int) -> Engine:
    # Each engine takes a second or more to import, so only the one that is asked for is.
    if engine == "faster-whisper":
        from transcripts.whisper.faster import FasterWhisper

        return FasterWhisper(model, threads)
    if engine == "openai-whisper":
        from transcripts.whisper.openai import OpenAIWhisper

        return OpenAIWhisper(model, threads)
    raise ModelError(f"There is no speech recogniser {engine!r}: it is either faster-whisper or openai-whisper")


def default_threads() -> int:
    """How many threads to compute with: OMP_NUM_THREADS where it is set (worker processes share the cores by it), else all
    cores this process may use."""
    wanted = os.environ.get("OMP_NUM_THREADS", "")
    if wanted.isdigit() and int(wanted) > 0:
        return int(wanted)
    # Only some systems can say which cores a process is confined to.
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def join_pieces(pieces: Sequence[Word], language: str) -> tuple[Word, ...]:
    """Words as they are written from the pieces that an engine aligns: a full stop, the rest of `follow-up` or a closing
    quote belongs to the word before it. The word keeps its own end where only punctuation follows."""
    words: list[Word] = []
    for piece in pieces:
        spoken = any(character.isalnum() for character in piece.text)
        apart = piece.text.startswith(" ") or (language in UNSPACED_LANGUAGES and spoken)
        if not piece.text.strip():
            continue
        if apart or not words:
            words.append(piece)
            continue
        before = words[-1]
        if not any(character.isalnum() for character in before.text):
            words[-1] = replace(piece, text=before.text + piece.text)  # an opening quote, a currency sign
        elif spoken:
            confidence = min(before.confidence, piece.confidence)
            words[-1] = Word(before.text + piece.text, before.start, max(before.end, piece.end), confidence)
        else:
            words[-1] = replace(before, text=before.text + piece.text)
    return tuple(words)
