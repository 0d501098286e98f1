"""From which valence on is a line called positive, and from which below 0 negative?

From the same distance either way: that with which the mean F1 of positive, neutral and negative is highest, on lines of
dialogues that the judge's answers had not been taught on, and in which feelings are as frequent as people show them there.
About that bound F1 is flat, and which one is best hangs on a few lines, so it is the middle one of those that are best when
scenes are drawn again and again.

Where people talk, what was written down with an exclamation mark was mostly said with feeling, whichever it was: such lines
have a bound of their own, nearer to 0. That a shout is felt can be seen in its mark; whether for good or ill, only in its
words. In a message to a service the mark is mostly a courtesy ("Good morning!") and counts for nothing.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

STEPS = 100  # of valence between 0 and 1 that are tried
DRAWS = 200
SEED = 7

Array = NDArray[np.float64]


def feeling_bounds(
    raised: NDArray[np.bool_], valence: Array, felt: NDArray[np.int_], groups: Sequence[str]
) -> dict[str, float]:
    """The bound of lines said with a `raised` voice, and of `plain` ones; what is felt in each line is 1, 0 or -1, and lines
    of one group belong to one scene."""
    _, scene = np.unique(groups, return_inverse=True)
    return {
        name: round(float(np.median(_drawn(valence[own], felt[own], scene[own]))), 2)
        for name, own in (("plain", ~raised), ("raised", raised))
    }


def _drawn(valence: Array, felt: NDArray[np.int_], scene: NDArray[np.int_]) -> list[float]:
    """The best bound of each draw of as many scenes as there are."""
    chance = np.random.default_rng(SEED)
    lines = [np.flatnonzero(scene == one) for one in np.unique(scene)]
    draws = (np.concatenate([lines[n] for n in chance.choice(len(lines), len(lines))]) for _ in range(DRAWS))
    return [best_bound(valence[rows], felt[rows]) for rows in draws]


def best_bound(valence: Array, felt: NDArray[np.int_]) -> float:
    """The bound with the highest mean F1 for lines of that valence, -1 to 1, whose feeling is 1, 0 or -1."""
    place = np.rint(valence * STEPS).astype(int) + STEPS
    counts = np.stack([np.bincount(place[felt == way], minlength=2 * STEPS + 1) for way in (-1, 0, 1)]).astype(float)
    # Of each feeling, how much lies at least so high, and how much at least so low: a column for each bound from 0.01 to 1.
    # A valence of 0 is neutral whatever the figures say.
    above = counts[:, ::-1].cumsum(axis=1)[:, ::-1][:, STEPS + 1 :]
    below = counts.cumsum(axis=1)[:, STEPS - 1 :: -1]
    between = counts.sum(axis=1)[:, None] - above - below
    there = np.maximum(counts.sum(axis=1), 1e-9)
    f1 = (
        2 * below[0] / (below.sum(axis=0) + there[0])
        + 2 * between[1] / (between.sum(axis=0) + there[1])
        + 2 * above[2] / (above.sum(axis=0) + there[2])
    )
    return (int(f1.argmax()) + 1) / STEPS
