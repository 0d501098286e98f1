"""How do log-odds become probabilities that come true as often as they say?

By a slope and an offset fitted to answers on turns that were left out of teaching: Platt, "Probabilistic outputs for support
vector machines" (1999), with his targets a little off 0 and 1, so that a perfect separation stays finite.
"""

import re

import numpy as np
from numpy.typing import NDArray

from scoring.signals.regional import plain

# Log-odds beyond this say nothing more.
FURTHEST = 12.0

Array = NDArray[np.float64]


def fit(odds: Array, target: Array, heard: Array | None = None) -> tuple[float, float, float, float]:
    """Slope, offset, and what each of two marks adds to the log-odds, so that probabilities come out right.

    odds: of turns that were left out of teaching; target: what was so, 0 or 1; heard: the marks of each turn, shape (turns,
    2), without which they count nothing.
    """
    from scipy.optimize import minimize  # imported where it is used: judging does not need it

    values = odds[:, None] if heard is None else np.column_stack([odds, heard])
    wanted = np.where(target > 0, (target.sum() + 1) / (target.sum() + 2), 1 / ((1 - target).sum() + 2))

    def loss(chosen: Array) -> tuple[float, Array]:
        logit = values @ chosen[1:] + chosen[0]
        off = 1 / (1 + np.exp(-logit)) - wanted
        grade = np.concatenate([[off.mean()], values.T @ off / len(off)])
        return float((np.logaddexp(0, logit) - wanted * logit).mean()), grade

    found = minimize(loss, np.zeros(values.shape[1] + 1), jac=True, method="L-BFGS-B", options={"ftol": 1e-12, "gtol": 1e-8})
    offset, slope, asks, tells = (round(float(value), 4) for value in (*found.x, 0.0, 0.0)[:4])
    return slope, offset, asks, tells


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

    A bare "Right?" or "Right, love?" is not taken for a question. Both are 0 where a recogniser wrote no marks at all.
    """
    text = plain(text).text
    asked = [sentence.strip() for sentence in _ASKED.findall(text)]
    if any(not _BARE.fullmatch(sentence) for sentence in asked):
        return 1.0, 0.0
    return 0.0, float(bool(_PUNCTUATED.search(text)))


def half_of_best_f1(probability: Array, target: Array) -> float:
    """The probability from which to say yes so that F1 (the harmonic mean of found and right) is highest.

    For probabilities that come true as often as they say it is half of the best F1 that they can reach (Lipton, Elkan and
    Narayanaswamy, "Optimal thresholding of classifiers to maximize F1 measure", 2014): near one half for what is easily
    told, lower for what is hard. That is steadier than looking for the bound itself, about which F1 is flat.
    """
    order = np.argsort(-probability, kind="stable")
    found = np.cumsum(target[order])
    f1 = 2 * found / (np.arange(1, len(order) + 1) + target.sum())
    return round(float(f1.max()) / 2, 2)


def probabilities(odds: Array, heard: Array, calibration: Array) -> Array:
    """Calibrated probabilities of shape (turns, outputs), of log-odds of that shape, marks of shape (turns, 2) and a
    calibration of shape (outputs, 4)."""
    slope, offset, asks, tells = calibration.T
    kept = np.clip(odds, -FURTHEST, FURTHEST)
    return np.asarray(1 / (1 + np.exp(-(slope * kept + offset + heard[:, :1] * asks + heard[:, 1:] * tells))))
