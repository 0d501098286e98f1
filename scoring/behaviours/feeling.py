"""From which valence on is a line called positive, and from which negative?

The corpus holds more lines with a feeling than without, and real conversations don't. So its lines are weighed as if each
feeling were as frequent as ASSUMED says (a shift of priors: Saerens, Latinne and Decaestecker, "Adjusting the outputs of a
classifier to new a priori probabilities", 2002), and for each feeling the bound is taken with which the mean F1 of
positive, neutral and negative is highest.
"""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from scoring.behaviours.figures import Unseen
from scoring.behaviours.rows import NEGATIVE, POSITIVE, outputs
from scoring.signals.sentiment import Label, valence_of, word_list

ASSUMED: Mapping[Label, float] = {"positive": 0.13, "neutral": 0.60, "negative": 0.27}
"""How frequent each feeling is taken to be. An assumption: three lines in five say none, and displeasure is more frequent
than pleasure, as complaints and distress are beside praise in the customers' turns of our whole conversations."""

STEPS = 100  # of valence between 0 and 1 that are tried


def feeling_bounds(answers: Unseen, calibration: Mapping[str, Sequence[float]]) -> dict[str, float]:
    """The least valence that is `positive`, and how far below 0 it has to be for `negative`."""
    own = np.array([row.kind == "sentiment" for row in answers.rows])
    pleased, displeased = (answers.probability(calibration)[own, outputs().index(name)] for name in (POSITIVE, NEGATIVE))
    listed = np.array([word_list(row.heard.said.text) for row in answers.rows if row.kind == "sentiment"])
    truth = answers.target[own][:, outputs().index(POSITIVE)] - answers.target[own][:, outputs().index(NEGATIVE)]
    positive, negative = best_bounds(valence_of(pleased, displeased, listed), truth, ASSUMED)
    return {"positive": positive, "negative": negative}


def best_bounds(
    valence: NDArray[np.float64], truth: NDArray[np.float64], shares: Mapping[Label, float]
) -> tuple[float, float]:
    """Both bounds for lines of that valence, -1 to 1, whose feeling is 1, 0 or -1, and as frequent as the shares say."""
    kinds: tuple[tuple[Label, int], ...] = (("negative", -1), ("neutral", 0), ("positive", 1))
    place = np.rint(valence * STEPS).astype(int) + STEPS
    weighed = np.stack(
        [np.bincount(place[truth == value], minlength=2 * STEPS + 1) * shares[kind] / (truth == value).sum()
         for kind, value in kinds]
    )  # fmt: skip
    # Of each kind, how much lies at least so high, and how much at least so low: a column for each bound from 0.01 to 1. A
    # valence of 0 is neutral whatever the figures say.
    above = weighed[:, ::-1].cumsum(axis=1)[:, ::-1][:, STEPS + 1 :]
    below = weighed.cumsum(axis=1)[:, STEPS - 1 :: -1]
    between = weighed.sum(axis=1)[:, None, None] - above[:, :, None] - below[:, None, :]
    f1 = (
        2 * above[2][:, None] / (above.sum(axis=0)[:, None] + shares["positive"])
        + 2 * between[1] / (between.sum(axis=0) + shares["neutral"])
        + 2 * below[0][None, :] / (below.sum(axis=0)[None, :] + shares["negative"])
    )
    positive, negative = np.unravel_index(f1.argmax(), f1.shape)
    return (int(positive) + 1) / STEPS, (int(negative) + 1) / STEPS
