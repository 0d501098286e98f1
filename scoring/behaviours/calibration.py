"""How do log-odds become probabilities that come true as often as they say?

By a slope and an offset fitted to answers on turns that were left out of teaching: Platt, "Probabilistic outputs for support
vector machines" (1999), with his targets a little off 0 and 1, so that a perfect separation stays finite.
"""

import re

import numpy as np
from numpy.typing import NDArray

# Log-odds beyond this say nothing more.
FURTHEST = 12.0

Array = NDArray[np.float64]


def platt(odds: Array, target: Array, weight: Array) -> tuple[float, float]:
    """Slope and offset for these log-odds, given what was so (0 or 1) and how much each turn counts."""
    from scipy.optimize import minimize  # imported where it is used: judging does not need it

    positive, negative = (weight * target).sum(), (weight * (1 - target)).sum()
    wanted = np.where(target > 0, (positive + 1) / (positive + 2), 1 / (negative + 2))

    def loss(values: Array) -> float:
        logit = values[0] * odds + values[1]
        return float((weight * (np.logaddexp(0, logit) - wanted * logit)).sum() / weight.sum())

    found = minimize(
        loss, np.array([1.0, 0.0]), method="Nelder-Mead", options={"xatol": 1e-5, "fatol": 1e-9, "maxiter": 4000}
    )
    slope, offset = (round(float(value), 4) for value in found.x)
    return slope, offset


# Said with a rising voice these ask for nothing.
_BARE = re.compile(
    r"(?:(?:yeah|yes|no|right|okay|ok|all right|alright|hm+|mm+|mm-hm+|uh-huh|huh|oh|really|you know|see|eh|sure|yep|so|and)"
    r"[\s,.!-]*)+\?",
    re.IGNORECASE,
)
_ASKED = re.compile(r"[^.?!]*\?")
_PUNCTUATED = re.compile(r"[.!,;]")


def marks(text: str) -> tuple[float, float]:
    """Whether whoever wrote a turn down heard a question in it, and whether they heard none although they punctuate.

    A bare "Right?" is not taken for a question. Both are 0 where a recogniser wrote no marks at all.
    """
    asked = [sentence.strip() for sentence in _ASKED.findall(text)]
    if any(not _BARE.fullmatch(sentence) for sentence in asked):
        return 1.0, 0.0
    return 0.0, float(bool(_PUNCTUATED.search(text)))


def fit(odds: Array, heard: Array, target: Array) -> tuple[float, float, float, float]:
    """Slope, offset, and what the two marks add to the log-odds, so that probabilities come out right (Platt 1999, with the
    marks beside the odds). `heard` has the marks of each turn, shape (turns, 2); all 0 where they are to count nothing."""
    from scipy.optimize import minimize

    counted = bool(heard.any())
    values = np.column_stack([odds, heard]) if counted else odds[:, None]

    def loss(chosen: Array) -> tuple[float, Array]:
        logit = values @ chosen[1:] + chosen[0]
        off = 1 / (1 + np.exp(-logit)) - target
        # A trace of a penalty keeps a perfect separation finite.
        size = 1e-4 * chosen[1:]
        grade = np.concatenate([[off.mean()], values.T @ off / len(off) + size])
        return float((np.logaddexp(0, logit) - target * logit).mean() + 0.5e-4 * (chosen[1:] ** 2).sum()), grade

    found = minimize(loss, np.zeros(values.shape[1] + 1), jac=True, method="L-BFGS-B").x
    asks, tells = found[2:] if counted else (0.0, 0.0)
    return round(float(found[1]), 4), round(float(found[0]), 4), round(float(asks), 4), round(float(tells), 4)


def probabilities(odds: Array, heard: Array, calibration: Array) -> Array:
    """Calibrated probabilities of shape (turns, outputs), of log-odds of that shape, marks of shape (turns, 2) and a
    calibration of shape (outputs, 4)."""
    slope, offset, asks, tells = calibration.T
    kept = np.clip(odds, -FURTHEST, FURTHEST)
    return np.asarray(1 / (1 + np.exp(-(slope * kept + offset + heard[:, :1] * asks + heard[:, 1:] * tells))))
