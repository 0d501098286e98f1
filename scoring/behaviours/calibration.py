"""How do log-odds become probabilities that come true as often as they say?

By a slope and an offset fitted to answers on turns that were left out of teaching: Platt, "Probabilistic outputs for support
vector machines" (1999), with his targets a little off 0 and 1, so that a perfect separation stays finite.
"""

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

Array = NDArray[np.float64]


def platt(odds: Array, target: Array, weight: Array) -> tuple[float, float]:
    """Slope and offset for these log-odds, given what was so (0 or 1) and how much each turn counts."""
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
