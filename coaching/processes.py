"""Where does the process fail customers: who has to come back, waits long on hold or is passed on, and for which reasons?

These are questions about process, not about people: a rate by reason for the call, by queue or by team is held against that
of all other calls. As for people's gaps, a rate read from a few calls is pulled towards the others (`coaching.peers`), and
one is named only where it is likely (at least `SURE`) above them, and by enough to matter. The mean of the remaining chances
over what is named is the expected share of false ones in it, so it is at most 1 - `SURE` (see `coaching.gaps`).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import pandas as pd
from scipy.special import betaincinv

from coaching.gaps import FEWEST_CALLS, RARE, SURE
from coaching.peers import Numbers, Posterior, posterior

LARGE_ENOUGH = 0.03
"""The smallest excess over the other calls that is worth a question: three calls in a hundred."""

_QUANTILES = (np.arange(9) + 0.5) / 9
"""Where the rate of the other calls may lie: it is read from calls too, sometimes from few."""


class Kind(StrEnum):
    """What may be wrong with a process."""

    REPEAT = "repeat"
    HOLD = "hold"
    TRANSFER = "transfer"


@dataclass(frozen=True)
class ProcessRate:
    """How often something happened in the calls of one group.

    `key` is the group's own name or id, `name` what people call it. `calls` are those of which it is known, `events` those
    in which it happened. `rate` is the estimate, `low` to `high` its 90 % credible interval, `elsewhere` the rate of all
    other calls (NaN where there are none), all shares of 0 to 1. `probability_above`: how likely the rate is above those.
    """

    kind: Kind
    key: str
    name: str
    calls: int
    events: int
    rate: float
    low: float
    high: float
    elsewhere: float
    probability_above: float

    @property
    def observed(self) -> float:
        """The plain share; NaN without calls."""
        return self.events / self.calls if self.calls else float("nan")

    @property
    def excess(self) -> float:
        """How far the estimate lies above the other calls."""
        return self.rate - self.elsewhere

    @property
    def named(self) -> bool:
        """Whether it is worth a question: likely more often than elsewhere, and by enough to matter."""
        return self.calls >= FEWEST_CALLS and self.probability_above >= SURE and self.excess >= LARGE_ENOUGH

    @property
    def calls_more(self) -> float:
        """About how many of these calls would have been spared it at the rate of elsewhere."""
        return max(0.0, self.excess) * self.calls


def process_rates(kind: Kind, counts: pd.DataFrame) -> list[ProcessRate]:
    """The rate of every group, the one with most calls first.

    counts: one row a group with `key`, `name`, `calls` (of which it is known) and `events`, and perhaps `expected`: what the
    others have on calls like these, a share of 0 to 1. Groups without calls are left out.
    """
    have = counts[counts["calls"] > 0].sort_values(["calls", "name"], ascending=[False, True])
    if have.empty:
        return []
    calls, events = have["calls"].to_numpy(np.float64), have["events"].to_numpy(np.float64)
    expected = have["expected"].to_numpy(np.float64) if "expected" in have else None
    known = None if expected is None or np.isnan(expected).any() else expected
    likely = posterior(events, calls, known, SURE, RARE.nearest)
    others = calls.sum() - calls
    if known is None:
        elsewhere = np.divide(events.sum() - events, others, out=np.full(len(calls), np.nan), where=others > 0)
    else:
        elsewhere = np.where(others > 0, known, np.nan)
    above = _above(likely, elsewhere, others)
    return [
        ProcessRate(
            kind, str(key), str(name), int(n), int(e), float(rate), float(low), float(high), float(other), float(sure)
        )
        for key, name, n, e, rate, low, high, other, sure in zip(
            have["key"], have["name"], calls, events, likely.mean, likely.low, likely.high, elsewhere, above, strict=True
        )
    ]


def worth_a_question(rates: Sequence[ProcessRate]) -> list[ProcessRate]:
    """Those that are named, the one first in which most calls would be spared it at the rate of elsewhere."""
    return sorted((rate for rate in rates if rate.named), key=lambda rate: (-rate.calls_more, rate.name))


def _above(likely: Posterior, elsewhere: Numbers, others: Numbers) -> Numbers:
    """How likely each rate is above that of the other calls, of which there are so many; 0 where there are none.

    The rate of the others lies, with the prior of Jeffreys, where a beta distribution says; the chance is the mean over it.
    """
    known = others > 0
    share, calls = np.where(known, elsewhere, 0.5), np.where(known, others, 1.0)
    may_be = betaincinv(share * calls + 0.5, (1 - share) * calls + 0.5, _QUANTILES[:, None])
    below = np.mean([likely.below(np.asarray(rate, np.float64)) for rate in may_be], axis=0)
    return np.where(known, 1 - below, 0.0)
