"""How good is the judge on turns that it was not taught on?

Everything here is computed from answers to turns whose whole group (a scene, a conversation) was left out of teaching.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from scoring.agreement import cohens_kappa
from scoring.behaviours.calibration import FURTHEST, fit, half_of_best_f1, marks, probabilities
from scoring.behaviours.rows import Row, all_rows, outputs, targets

BINS = 10
ASKING = frozenset({"question", "open_question"})


@dataclass(frozen=True)
class Unseen:
    """The rows of the corpus with the log-odds that a judge gave which had not been taught on them: `odds`, `target` and
    `weight` of shape (rows, outputs), `heard` the two marks of each row."""

    rows: Sequence[Row]
    odds: NDArray[np.float64]
    target: NDArray[np.float64]
    weight: NDArray[np.float64]
    heard: NDArray[np.float64]

    def known(self, place: int) -> NDArray[np.bool_]:
        """The rows whose label for that output is certain."""
        return np.equal(self.weight[:, place], 1)

    def probability(self, calibration: Mapping[str, Sequence[float]]) -> NDArray[np.float64]:
        """Calibrated probabilities, of shape (rows, outputs)."""
        return probabilities(self.odds, self.heard, np.array([calibration[name] for name in outputs()]))


def unseen(odds: NDArray[np.float32]) -> Unseen:
    """Those log-odds beside the corpus, whose rows they answer in order."""
    rows = all_rows()
    target, weight = targets(rows)
    heard = np.array([marks(row.heard.said.text) for row in rows])
    return Unseen(rows, np.clip(odds.astype(float), -FURTHEST, FURTHEST), target.astype(float), weight.astype(float), heard)


def calibrate(answers: Unseen) -> dict[str, list[float]]:
    """Slope, offset and the weights of the two marks for each output, fitted to the turns whose label is certain.

    The marks count for questions alone: what was written down with a question mark was heard as one.
    """
    found: dict[str, list[float]] = {}
    for place, name in enumerate(outputs()):
        known = answers.known(place)
        heard = answers.heard[known] if name in ASKING else None
        found[name] = list(fit(answers.odds[known, place], answers.target[known, place], heard))
    return found


def bounds(answers: Unseen, calibration: Mapping[str, Sequence[float]]) -> dict[str, float]:
    """For each output the probability from which it is said to be there, where one answer has to be given."""
    probability = answers.probability(calibration)
    return {
        name: half_of_best_f1(probability[answers.known(place), place], answers.target[answers.known(place), place])
        for place, name in enumerate(outputs())
    }


def figures_of(
    answers: Unseen, calibration: Mapping[str, Sequence[float]], present_from: Mapping[str, float]
) -> dict[str, Any]:
    """For each output: kappa with its interval and rates, on the single examples and on whole conversations; and how far
    probabilities are right, over all of them."""
    probability = answers.probability(calibration)
    by_output: dict[str, Any] = {}
    told: list[NDArray[np.float64]] = []
    for place, name in enumerate(outputs()):
        by_output[name] = {}
        for kind in ("examples", "conversations"):
            known = _rows(answers.rows, name, kind) & answers.known(place)
            truth, said = answers.target[known, place] > 0.5, probability[known, place] >= present_from[name]
            if not truth.any():
                continue
            groups = [row.group for row, is_known in zip(answers.rows, known, strict=True) if is_known]
            by_output[name][kind] = agreement_of(truth, said, groups)
            told.append(np.stack([probability[known, place], truth.astype(float)]))
    return {"by_output": by_output, "reliability": reliability(np.concatenate(told, axis=1))}


def agreement_of(truth: NDArray[np.bool_], said: NDArray[np.bool_], groups: Sequence[str]) -> dict[str, Any]:
    """How far what was said of some turns agrees with what is so, as plain JSON; at least one turn shows it."""
    kappa = cohens_kappa(truth.tolist(), said.tolist(), groups)
    return {
        "turns": len(truth),
        "present": int(truth.sum()),
        "kappa": kappa.value,
        "interval": [kappa.low, kappa.high],
        "found": round(float(said[truth].mean()), 3),
        "right": round(float(truth[said].mean()), 3) if said.any() else None,
    }


def _rows(rows: Sequence[Row], name: str, kind: str) -> NDArray[np.bool_]:
    """The single examples of an output, or all turns of conversations."""
    wanted = "conversation" if kind == "conversations" else "sentiment" if name.startswith("feels_") else name
    return np.array([row.kind == wanted for row in rows])


def reliability(told: NDArray[np.float64]) -> dict[str, Any]:
    """How often a probability that was told came true, in ten bins, and the expected calibration error.

    `told` has the probabilities in its first row and what was so (0 or 1) in its second. The error is the mean distance
    between what was told and what came true, weighed by how often it was told (Guo et al. 2017).
    """
    probability, truth = told
    bins = np.minimum((probability * BINS).astype(int), BINS - 1)
    lines = [
        {"told": round(float(probability[bins == n].mean()), 3), "true": round(float(truth[bins == n].mean()), 3),
         "turns": int((bins == n).sum())}
        for n in range(BINS)
        if (bins == n).any()
    ]  # fmt: skip
    error = sum(abs(line["told"] - line["true"]) * line["turns"] for line in lines) / len(truth)
    return {"bins": lines, "expected_calibration_error": round(error, 4)}
