"""How good is the judge on turns that it was not taught on?

Everything here is computed from answers to turns whose whole group (a scene, a conversation) was left out of teaching.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from scoring.agreement import cohens_kappa
from scoring.behaviours.calibration import FURTHEST, fit, marks, probabilities
from scoring.behaviours.judge import PRESENT_FROM
from scoring.behaviours.rows import Row, all_rows, outputs
from scoring.behaviours.tune import targets

BINS = 10
ASKING = frozenset({"question", "open_question"})


def calibrate(unseen: NDArray[np.float32]) -> dict[str, list[float]]:
    """Slope, offset and the weights of the two marks for each output, fitted to unseen turns whose label is certain.

    The marks count for questions alone: what was written down with a question mark was heard as one.
    """
    rows = all_rows()
    target, weight = targets(rows)
    heard = np.array([marks(row.heard.said.text) for row in rows])
    found: dict[str, list[float]] = {}
    for place, name in enumerate(outputs()):
        known = weight[:, place] == 1
        odds = np.clip(unseen[known, place].astype(float), -FURTHEST, FURTHEST)
        own = heard[known] * float(name in ASKING)
        found[name] = list(fit(odds, own, target[known, place].astype(float)))
    return found


def figures_of(unseen: NDArray[np.float32], calibration: Mapping[str, Sequence[float]]) -> dict[str, Any]:
    """For each output: kappa with its interval and rates, on the single examples and on whole conversations; and how far
    probabilities are right, over all of them."""
    rows = all_rows()
    target, weight = targets(rows)
    heard = np.array([marks(row.heard.said.text) for row in rows])
    probability = probabilities(unseen.astype(float), heard, np.array([calibration[name] for name in outputs()]))
    by_output: dict[str, Any] = {}
    told: list[NDArray[np.float64]] = []
    for place, name in enumerate(outputs()):
        by_output[name] = {}
        for kind, own in (("examples", _own(rows, name)), ("conversations", _in_conversations(rows))):
            known = own & (weight[:, place] == 1)
            truth, said = target[known, place] > 0.5, probability[known, place] >= PRESENT_FROM
            if not truth.any():
                continue
            groups = [row.group for row, is_known in zip(rows, known, strict=True) if is_known]
            kappa = cohens_kappa(truth.tolist(), said.tolist(), groups)
            by_output[name][kind] = {
                "turns": int(known.sum()),
                "present": int(truth.sum()),
                "kappa": kappa.value,
                "interval": [kappa.low, kappa.high],
                "found": round(float(said[truth].mean()), 3),
                "right": round(float(truth[said].mean()), 3) if said.any() else None,
            }
            told.append(np.stack([probability[known, place], truth.astype(float)]))
    return {"by_output": by_output, "reliability": reliability(np.concatenate(told, axis=1))}


def _own(rows: Sequence[Row], name: str) -> NDArray[np.bool_]:
    kinds = {"sentiment"} if name.startswith("feels_") else {name}
    return np.array([row.kind in kinds for row in rows])


def _in_conversations(rows: Sequence[Row]) -> NDArray[np.bool_]:
    return np.array([row.kind == "conversation" for row in rows])


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
