"""How do customers feel at the start of a call, at its lowest point and at its end: by agent, and by reason for the call?

What is remembered of an episode is mostly its strongest moment and its end (Kahneman et al. 1993, "When more pain is
preferred to less"), so the mean of the two is what is compared. A mean of a few calls says little: each is pulled towards
what the others have on calls like these, by a hierarchical normal model (Gelman et al., *Bayesian Data Analysis*, 3rd ed.,
section 5.4) whose spread between groups is summed over a grid, its prior flat as the book has it. Sentiment is read from
words alone and weakly (`docs/how-good-is-it.md`); what is said here is about many calls and never about one.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import pandas as pd
from scipy.special import ndtr, ndtri

from coaching.gaps import FEWEST_CALLS, SURE
from coaching.peers import FEWEST_PEERS, Numbers

LARGE_ENOUGH = 0.05
"""The smallest difference of peak and end that is worth a word, on the scale from -1 to 1."""

_SPREADS = np.linspace(0.0, 0.5, 51)[1:]
"""How unlike groups may be in truth, as a standard deviation on the scale from -1 to 1."""


class Compared(StrEnum):
    """What can be said of a group beside the others."""

    BETTER = "better"
    WORSE = "worse"
    ALIKE = "alike"  # no difference that matters is likely
    FEW = "few"


@dataclass(frozen=True)
class Feeling:
    """The customer's sentiment in the calls of one group, each -1 to 1.

    start, lowest, end: plain means of the calls' first third, most negative turn and last two turns. `peak_end` is the
    estimate for the mean of strongest and last, `low` to `high` its 90 % credible interval, `others` what is expected on
    calls like these (NaN where there is nobody to compare with), `probability_below` how likely it is below that.
    """

    key: str
    name: str
    calls: int
    start: float
    lowest: float
    end: float
    observed: float
    peak_end: float
    low: float
    high: float
    others: float
    probability_below: float

    @property
    def compared(self) -> Compared:
        """Beside the others: named only where it is likely, and by enough to matter."""
        if self.calls < FEWEST_CALLS or np.isnan(self.others):
            return Compared.FEW
        apart = self.peak_end - self.others
        if self.probability_below >= SURE and apart <= -LARGE_ENOUGH:
            return Compared.WORSE
        if 1 - self.probability_below >= SURE and apart >= LARGE_ENOUGH:
            return Compared.BETTER
        return Compared.ALIKE


def feelings(counts: pd.DataFrame) -> list[Feeling]:
    """The sentiment of every group, the one with most calls first.

    counts: one row a group with `key`, `name`, `calls`, the sums `start`, `lowest`, `end` and `peak_end` over them, the sum
    of squares `peak_end_squared`, and `expected`: what others have on calls like these, NaN where that is not known.
    Groups without calls are left out.
    """
    have = counts[counts["calls"] > 0].sort_values(["calls", "name"], ascending=[False, True])
    if have.empty:
        return []
    calls, expected = have["calls"].to_numpy(np.float64), have["expected"].to_numpy(np.float64)
    means = {name: have[name].to_numpy(np.float64) / calls for name in ("start", "lowest", "end", "peak_end")}
    estimate, spread = _estimates(means["peak_end"], have["peak_end_squared"].to_numpy(np.float64), calls, expected)
    half = float(ndtri((1 + SURE) / 2)) * spread
    below = np.where(np.isnan(expected), np.nan, ndtr((expected - estimate) / spread))
    rows = zip(
        have["key"],
        have["name"],
        calls,
        *means.values(),
        estimate,
        estimate - half,
        estimate + half,
        expected,
        below,
        strict=True,
    )
    return [Feeling(str(key), str(name), int(n), *(float(number) for number in rest)) for key, name, n, *rest in rows]


def set_apart(found: Sequence[Feeling]) -> list[Feeling]:
    """Those of whom it is likely that their customers leave better or worse than others', the largest difference first."""
    apart = [one for one in found if one.compared in (Compared.BETTER, Compared.WORSE)]
    return sorted(apart, key=lambda one: (-abs(one.peak_end - one.others), one.name))


def _estimates(mean: Numbers, squares: Numbers, calls: Numbers, expected: Numbers) -> tuple[Numbers, Numbers]:
    """Each group's estimate and the standard deviation of its doubt."""
    within = float((squares - calls * mean**2).sum() / max(calls.sum() - len(calls), 1.0))
    error = np.sqrt(max(within, 1e-4) / calls)
    if len(calls) < FEWEST_PEERS or np.isnan(expected).any():
        return mean, error
    apart = mean - expected
    # For each spread: the groups' common shift, how well the means are explained, and what each group's would be.
    variance = error**2 + _SPREADS[:, None] ** 2
    weight = 1 / variance
    shift = (weight * apart).sum(axis=1, keepdims=True) / weight.sum(axis=1, keepdims=True)
    explained = -0.5 * (np.log(variance) + (apart - shift) ** 2 * weight).sum(axis=1) - 0.5 * np.log(weight.sum(axis=1))
    likely = np.exp(explained - explained.max())
    likely /= likely.sum()
    own = _SPREADS[:, None] ** 2 * weight
    pulled = shift + own * (apart - shift)
    doubt = own * error**2 + ((1 - own) ** 2) / weight.sum(axis=1, keepdims=True)
    best = (likely[:, None] * pulled).sum(axis=0)
    spread = np.sqrt((likely[:, None] * (doubt + pulled**2)).sum(axis=0) - best**2)
    return expected + best, spread
