"""How are the two answers of feeling taught, once the judge's layers are?

By what the layers make of a line, with a logistic regression for pleasure and one for displeasure. It learns from the lines
of sentiment in the corpus and from lines of whole dialogues (`dialogues/`), which the layers have never seen: on these, each
scene answered by regressions that were not taught on it, the answers are calibrated, bounded and measured.

In the corpus a long line mostly tells a feeling, and mostly pleasure, which is how it was written and not how people talk:
taught on it as it is, the judge would take length for joy. So every feeling gets the weight in each length of line that it
is ASSUMED to have (a shift of priors: Saerens, Latinne and Decaestecker, "Adjusting the outputs of a classifier to new a
priori probabilities", 2002), everyday talk and service apart. The dialogues count as they are.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from scoring.behaviours.calibration import FURTHEST, fit, half_of_best_f1, probabilities
from scoring.behaviours.feeling import feeling_bounds
from scoring.behaviours.figures import agreement_of, reliability
from scoring.behaviours.judge import POOLED, Judge
from scoring.behaviours.rows import NEGATIVE, POSITIVE, Row, all_rows, dialogue_rows, feeling_of
from scoring.signals.sentiment import valence_of, word_list

FOLDS = 5
STRENGTHS = (1.0, 2.0, 4.0)
"""How freely weights may grow; that with which calibrated answers to unseen lines are least wrong is taken."""

ASSUMED: Mapping[int, float] = {1: 0.13, 0: 0.60, -1: 0.27}
"""How frequent pleasure, neither and displeasure are taken to be. An assumption: three lines in five say no feeling, and
displeasure is more frequent than pleasure, as complaints and distress are beside praise in the customers' turns of our whole
conversations."""

LENGTHS = (3, 7, 13)  # words from which the next length of line begins
MOST = 4.0  # a line never counts more than so many
SEEN_BEFORE = 0.25
"""What a line counts that the layers were taught on: they make it look easier to tell than it is."""

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Moods:
    """What was taught: `weights` of shape (2, 768) and `bias` of shape (2,), pleasure first; `talk` of shape (769,), which
    tells talk from messages to a service; and what is to be written about them, as plain JSON."""

    weights: Array
    bias: Array
    talk: Array
    calibration: dict[str, list[float]]
    present_from: dict[str, float]
    feels_from: dict[str, float]
    figures: dict[str, Any]
    reliability: dict[str, Any]
    strength: float
    turns: int


def teach_moods(judge: Judge) -> Moods:
    """Both answers, on top of that judge's layers; the same for the same lines on the same kind of processor."""
    seen = [row for row in all_rows() if row.kind == "sentiment"]
    fresh = dialogue_rows()
    rows = [*seen, *fresh]
    states = judge.answers([row.heard for row in rows]).pooled.astype(float)
    mean, scale = states.mean(axis=0), np.maximum(states.std(axis=0), 1e-6) * np.sqrt(POOLED)
    states = (states - mean) / scale
    felt, weight = feeling_of(rows), np.concatenate([SEEN_BEFORE * line_weights(seen), np.ones(len(fresh))])
    folds = np.array([-1] * len(seen) + [_fold(row.group) for row in fresh])
    new = folds >= 0

    def unseen(strength: float) -> Array:
        odds = np.zeros((len(rows), 2))
        for fold in range(FOLDS):
            weights, bias = _fit(states[folds != fold], felt[folds != fold], weight[folds != fold], strength)
            odds[folds == fold] = states[folds == fold] @ weights.T + bias
        return np.clip(odds[new], -FURTHEST, FURTHEST)

    truth = np.stack([felt[new] == 1, felt[new] == -1], axis=1)
    odds, strength = min(((unseen(one), one) for one in STRENGTHS), key=lambda pair: _loss(pair[0], truth))
    calibration = _calibration(odds, truth)
    probability = probabilities(odds, np.zeros((len(odds), 2)), calibration)
    weights, bias = _fit(states, felt, weight, strength)
    talking = ~_of_service(rows)
    talk = _regression(states, talking, weight, strength)
    present_from = {
        name: half_of_best_f1(probability[:, n], truth[:, n].astype(float)) for n, name in enumerate((POSITIVE, NEGATIVE))
    }
    texts = [row.heard.said.text for row in fresh]
    valence = valence_of(probability[:, 0], probability[:, 1], np.array([word_list(text) for text in texts]))
    groups = [row.group for row in fresh]
    return Moods(
        weights=weights / scale,
        bias=bias - (weights / scale) @ mean,
        talk=np.append(talk[0] / scale, talk[1] - (talk[0] / scale) @ mean),
        calibration={name: calibration[n].tolist() for n, name in enumerate((POSITIVE, NEGATIVE))},
        present_from=present_from,
        feels_from=feeling_bounds(talking[new] & ["!" in text for text in texts], valence, felt[new], groups),
        figures={
            name: {"conversations": agreement_of(truth[:, n], probability[:, n] >= present_from[name], groups)}
            for n, name in enumerate((POSITIVE, NEGATIVE))
        },
        reliability=reliability(np.stack([probability.T.ravel(), truth.T.ravel().astype(float)])),
        strength=strength,
        turns=len(fresh),
    )


def _fit(states: Array, felt: NDArray[np.int_], weight: Array, strength: float) -> tuple[Array, Array]:
    found = [_regression(states, felt == way, weight, strength) for way in (1, -1)]
    return np.stack([weights for weights, _ in found]), np.array([bias for _, bias in found])


def _regression(states: Array, so: NDArray[np.bool_], weight: Array, strength: float) -> tuple[Array, float]:
    from sklearn.linear_model import LogisticRegression

    model = LogisticRegression(C=strength, max_iter=1000).fit(states, so, weight)
    return model.coef_[0], float(model.intercept_[0])


def _calibration(odds: Array, truth: NDArray[np.bool_]) -> Array:
    return np.array([fit(odds[:, n], truth[:, n].astype(float)) for n in range(2)])


def _loss(odds: Array, truth: NDArray[np.bool_]) -> float:
    """How wrong log-odds are once they are calibrated: the mean logarithmic loss."""
    told = probabilities(odds, np.zeros((len(odds), 2)), _calibration(odds, truth))
    return float(-np.log(np.where(truth, told, 1 - told)).mean())


def line_weights(rows: Sequence[Row]) -> Array:
    """What each line counts, so that each feeling is as frequent as assumed in every length of line of its register."""
    felt = feeling_of(rows)
    length = np.digitize([len(row.heard.said.text.split()) for row in rows], LENGTHS)
    kind = 2 * length + _of_service(rows)
    weights = np.ones(len(rows))
    for one in set(kind.tolist()):
        for way, share in ASSUMED.items():
            own = (kind == one) & (felt == way)
            weights[own] = min(MOST, share * (kind == one).sum() / max(1, own.sum()))
    return weights


def _of_service(rows: Sequence[Row]) -> NDArray[np.bool_]:
    return np.array([row.group.startswith("service") for row in rows])


def _fold(group: str) -> int:
    return int(hashlib.sha256(group.encode()).hexdigest(), 16) % FOLDS
