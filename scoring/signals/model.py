"""What was measured of a conversation before any criterion is judged?

A `Signals` is computed once per transcript and stored, so that any scorecard can be judged again without a model.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from transcripts.model import Span, Speaker


@dataclass(frozen=True)
class Silence:
    """A stretch in which nobody spoke, in seconds on the call's clock; `after_turn` is the index of the turn before it."""

    span: Span
    after_turn: int | None


@dataclass(frozen=True)
class Interruption:
    """`by` began to speak while the other side was still speaking and the other side gave way. `turn` is the index of
    the turn that interrupts, `over_seconds` how long both spoke."""

    by: Speaker
    turn: int
    start: float
    over_seconds: float


@dataclass(frozen=True)
class Sentence:
    """A sentence of a turn by its offsets in the turn's text; times are None where the words have none."""

    turn: int
    text: str
    start: float | None
    end: float | None


@dataclass(frozen=True)
class Shown:
    """A behaviour that a turn may show: its name, its probability (0 to 1), and the letters `start` to `end` of the turn's
    text that speak most for it."""

    turn: int
    behaviour: str
    probability: float
    start: int
    end: int


BEHAVIOURS = "behaviours"
"""The judge's name among `Signals.models`."""


@dataclass(frozen=True)
class Signals:
    """Everything measured of one transcript.

    valence: per turn, -1 (negative) to 1 (positive), in the order of the transcript's turns.
    measures: named numbers with units in their names, such as `agent_talk_share`, `longest_silence_seconds`,
        `agent_interruptions`, `agent_words_per_minute`, `customer_valence_first_third`; None where it cannot be measured
        (a written conversation has no silence; sides that were not told apart have no talk share).
    silences, interruptions: each with its place, longest silences first, interruptions in order.
    sentences, embeddings: float32 of shape (len(sentences), 384), unit length, for similarity of meaning.
    models: name and hash of each model that took part.
    behaviours: what each turn shows of its own side's behaviours with a probability of at least 0.02, in the order of
        the turns, then of the names. None of a conversation in another language than English, or whose sides were not
        told apart.
    """

    valence: tuple[float, ...]
    measures: Mapping[str, float | None]
    silences: tuple[Silence, ...] = ()
    interruptions: tuple[Interruption, ...] = ()
    sentences: tuple[Sentence, ...] = ()
    embeddings: NDArray[np.float32] = field(default_factory=lambda: np.zeros((0, 384), np.float32))
    models: Mapping[str, str] = field(default_factory=dict)
    behaviours: tuple[Shown, ...] = ()

    @property
    def behaviours_measured(self) -> bool:
        """Whether the judge of behaviours took part; it did not in signals from before there was one."""
        return BEHAVIOURS in self.models
