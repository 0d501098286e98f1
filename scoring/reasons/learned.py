"""Do people's corrections make the machine say better why customers are in touch?

Conversations that a person put under a reason are asked of a judge that was taught from the tree and from the corrections of
the others, and of the tree's own, on the same conversations (five folds; Hastie, Tibshirani and Friedman, "The Elements of
Statistical Learning", 2009, chapter 7.10). The interval of the difference is drawn by bootstrap over conversations (Efron
and Tibshirani, "An Introduction to the Bootstrap", 1993).
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from random import Random
from typing import Any

import numpy as np

from scoring.reasons.judge import Assigned, State
from scoring.reasons.looks import Heard
from scoring.reasons.teach import Real, teach
from scoring.reasons.tree import Tree
from transcripts.model import Transcript

FEWEST = 10
"""Conversations; of fewer no figure is given."""

FOLDS, DRAWS, SEED = 5, 1000, 20_263
LIKELY = (0.05, 0.95)


@dataclass(frozen=True)
class Corrected:
    """A conversation that a person put under a reason (empty: nothing fits): what is seen of it, and what of it teaches."""

    reason: str
    transcript: Transcript
    said: Heard
    teaches: tuple[Real, ...]


@dataclass(frozen=True)
class HeldOut:
    """Of so many corrected conversations the share in which the likeliest reason is the person's: of the tree's own judge,
    and of one that was taught from the others. `low` to `high`: the difference, with a likelihood of 90 %."""

    conversations: int
    before: float
    after: float
    low: float
    high: float

    @property
    def better(self) -> bool:
        """Whether it is better beyond doubt."""
        return self.low > 0

    @property
    def worse(self) -> bool:
        """Whether it is worse beyond doubt."""
        return self.high < 0

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON values."""
        return asdict(self)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> "HeldOut | None":
        """What `to_dict` wrote; None of nothing."""
        return cls(**data) if data else None


def held_out(tree: Tree, corrected: Sequence[Corrected]) -> HeldOut | None:
    """How good the machine is on conversations that it was not taught; None of too few."""
    if len(corrected) < FEWEST:
        return None
    plain, random = teach(tree), Random(SEED)
    order = random.sample(range(len(corrected)), len(corrected))
    before, after = np.zeros(len(corrected)), np.zeros(len(corrected))
    for fold in range(FOLDS):
        asked = set(order[fold::FOLDS])
        taught = teach(tree, [real for n, one in enumerate(corrected) if n not in asked for real in one.teaches])
        for n in asked:
            one = corrected[n]
            before[n] = _right(plain.assign_heard(one.transcript, one.said), one.reason)
            after[n] = _right(taught.assign_heard(one.transcript, one.said), one.reason)
    drawn = np.random.default_rng(SEED).integers(0, len(corrected), (DRAWS, len(corrected)))
    low, high = np.quantile((after - before)[drawn].mean(axis=1), LIKELY)
    return HeldOut(
        len(corrected),
        round(float(before.mean()), 4),
        round(float(after.mean()), 4),
        round(float(low), 4),
        round(float(high), 4),
    )


def _right(found: Assigned, reason: str) -> bool:
    if not reason:
        return found.state is State.NONE
    return bool(found.candidates) and found.state is not State.NONE and found.candidates[0].reason == reason
