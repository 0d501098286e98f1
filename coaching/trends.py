"""Has a rate changed, or is this week only unlike the last one?

Rates of weeks go up and down without a cause. Two questions are told apart from that:

- **Is a week out of the ordinary?** Each week has limits within which it lies 997 times in 1000 where nothing changes: the
  probability limits of the binomial distribution for its number of calls (Montgomery, *Introduction to Statistical Quality
  Control*, the p chart), widened where the weeks differ from each other by more than the number of calls explains (Laney
  2002, "Improved control charts for attributes", Quality Engineering 14).
- **Has the level shifted?** For every week from which on the rate may be another it is worked out how much better two levels
  explain the counts than one (the likelihood ratio of Worsley 1983, "The power of likelihood ratio and cumulative sum tests
  for a change in a binomial probability", Biometrika 70), divided by how much more the weeks differ within the levels than
  their numbers of calls explain (the dispersion of McCullagh and Nelder, *Generalized Linear Models*, section 4.5). A shift
  is called one only where the best split is better than that of all but a twentieth of simulated weeks with as many calls
  and one steady rate; where rates wander by a dozen points from week to week, false alarms come to about a tenth. Over a
  list of many rates the false ones among the shifts are held to a tenth by the rule of Benjamini and Hochberg (1995).
"""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import compress
from typing import TypeVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import bdtr, bdtrik, xlog1py, xlogy

Numbers = NDArray[np.float64]
Key = TypeVar("Key", bound=Hashable)

OUTSIDE = 0.00135
"""How rarely an ordinary week lies beyond one of its limits: three standard deviations of a normal distribution."""

BY_CHANCE = 0.05
"""How often a steady rate may be said to have shifted."""

FALSE_SHARE = 0.10
"""The share of false shifts allowed in a list of them."""

LASTS_WEEKS = 3
"""For so many weeks at least a level holds, before and after; else it is a week out of the ordinary."""

FEWEST_WEEKS = 8
"""In fewer weeks it cannot be seen how much weeks differ anyway."""

LARGE_ENOUGH = 0.05
"""The smallest shift that is worth a word, as a share of calls."""

_SIMULATED_AT_ONCE = (110, 89, 200, 200, 200, 200)
_SIMULATED = 1 + sum(_SIMULATED_AT_ONCE)
"""Simulated weeks, with those that were seen."""
_BELIEVED_WEEKS = 2.0
"""The dispersion is read from few weeks: two that differ by chance alone are added."""
_MOVING_RANGE = 1.128
"""The mean difference of two draws of a normal distribution, in standard deviations."""


@dataclass(frozen=True)
class Week:
    """A week's rate and the limits of ordinary variation around its level, all shares of 0 to 1."""

    week: datetime
    rate: float
    calls: int
    level: float
    low: float
    high: float

    @property
    def outside(self) -> bool:
        """Whether the week lies outside of what is ordinary."""
        return not self.low - 1e-9 <= self.rate <= self.high + 1e-9


@dataclass(frozen=True)
class Shift:
    """A rate that is another from a week on. `chance` is how often weeks of one steady rate look as much like a shift."""

    week: datetime
    before: float
    after: float
    chance: float

    @property
    def change(self) -> float:
        """How much higher the rate is since, as a share of calls; below 0 where it fell."""
        return self.after - self.before


@dataclass(frozen=True)
class Trend:
    """Weeks in order, and the shift of the level among them, where there is one."""

    weeks: tuple[Week, ...]
    shift: Shift | None


def trend(counts: pd.DataFrame) -> Trend:
    """How a rate went from week to week, of which nothing else is looked at: with its own shift, where there is one.

    counts: as for `levels`.
    """
    return levels(counts, shifts({None: counts}).get(None))


def levels(counts: pd.DataFrame, shift: Shift | None) -> Trend:
    """The weeks of a rate, with the limits of the level before and after a shift that was found in them (`shifts`).

    counts: one row a week in order, with the columns `week`, `points` (met calls or shares of them) and `counted`; weeks
    without counted calls are left out.
    """
    points, counted, weeks = _weeks(counts)
    first = len(weeks) if shift is None else weeks.index(shift.week)
    parts = [part for part in (slice(0, first), slice(first, None)) if len(weeks[part])]
    limits = [_limits(points[part], counted[part]) for part in parts]
    level, low, high = (np.concatenate(column) for column in zip(*limits, strict=True)) if parts else (points,) * 3
    rows = zip(weeks, points / counted, counted, level, low, high, strict=True)
    return Trend(
        tuple(Week(week, float(r), int(n), float(m), float(lo), float(hi)) for week, r, n, m, lo, hi in rows), shift
    )


def shifts(series: Mapping[Key, pd.DataFrame]) -> dict[Key, Shift]:
    """Which of many rates have shifted, the largest change first: each by `BY_CHANCE`, and of all that are named at most
    `FALSE_SHARE` is expected to be false.

    series: by any key, weeks as for `levels`.
    """
    found = {key: split for key, counts in series.items() if (split := _best_split(*_weeks(counts))) is not None}
    in_order = sorted(found.items(), key=lambda item: item[1].chance)
    passed = [
        n
        for n, (_, split) in enumerate(in_order, start=1)
        if split.chance <= min(BY_CHANCE, FALSE_SHARE * n / len(in_order))
    ]
    named = [(key, split) for key, split in in_order[: max(passed, default=0)] if abs(split.change) >= LARGE_ENOUGH]
    return dict(sorted(named, key=lambda item: -abs(item[1].change)))


def _weeks(counts: pd.DataFrame) -> tuple[Numbers, Numbers, list[datetime]]:
    """Points and counted answers of the weeks in which any counted, and those weeks."""
    points, counted = counts["points"].to_numpy(np.float64), counts["counted"].to_numpy(np.float64)
    any_counted = counted > 0
    weeks = [pd.Timestamp(week).to_pydatetime() for week in compress(counts["week"], any_counted)]
    return points[any_counted], counted[any_counted], weeks


def _limits(points: Numbers, counted: Numbers) -> tuple[Numbers, Numbers, Numbers]:
    """The level of these weeks, and the limits of each."""
    mean = points.sum() / counted.sum()
    error = np.sqrt(np.clip(mean * (1 - mean), 1e-9, None) / counted)
    steps = np.abs(np.diff((points / counted - mean) / error))
    wider = max(1.0, float(steps.mean()) / _MOVING_RANGE) if len(steps) >= FEWEST_WEEKS - 1 else 1.0
    low, high = (_binomial_quantile(share, counted.astype(int), mean) / counted for share in (OUTSIDE, 1 - OUTSIDE))
    return (
        np.full(len(points), mean),
        np.maximum(0, mean - wider * (mean - low)),
        np.minimum(1, mean + wider * (high - mean)),
    )


def _binomial_quantile(share: float, trials: NDArray[np.int64], chance: float) -> Numbers:
    """The least number of successes that is not passed with this probability or more."""
    if chance in (0.0, 1.0):
        return np.asarray(trials * chance, np.float64)
    above = np.ceil(bdtrik(share, trials, chance))
    below = np.maximum(above - 1, 0)
    return np.asarray(np.where(bdtr(below, trials, chance) >= share, below, above), np.float64)


def _best_split(points: Numbers, counted: Numbers, weeks: Sequence[datetime]) -> Shift | None:
    """The split into two levels that explains the counts best, and how likely one as good is by chance, where that is more
    than `BY_CHANCE` no more than that it is; None where there are too few weeks, or nothing differs."""
    if len(weeks) < FEWEST_WEEKS or not 0 < points.sum() < counted.sum():
        return None
    (at,), (gain,) = _best(points[None, :], counted)
    steady = np.random.default_rng(len(weeks))  # always the same draws: a page says the same thing twice
    as_good = 1
    for rows in _SIMULATED_AT_ONCE:
        drawn = steady.binomial(counted.astype(np.int64), points.sum() / counted.sum(), (rows, len(weeks)))
        as_good += int((_best(drawn.astype(np.float64), counted)[1] >= gain - 1e-9).sum())
        if as_good > BY_CHANCE * _SIMULATED:  # how much more often chance does as well tells nothing further
            break
    first = int(at)
    before, after = (float(points[part].sum() / counted[part].sum()) for part in (slice(0, first), slice(first, None)))
    return Shift(weeks[first], before, after, as_good / _SIMULATED)


def _best(points: Numbers, counted: Numbers) -> tuple[NDArray[np.intp], Numbers]:
    """For each row of weeks the place of the best split, and how much better it is than one level, over the dispersion."""
    calls = np.cumsum(counted)
    met = np.cumsum(points, axis=1)
    of_first, first = calls[LASTS_WEEKS - 1 : -LASTS_WEEKS], met[:, LASTS_WEEKS - 1 : -LASTS_WEEKS]
    two = _fit(first, of_first) + _fit(met[:, -1:] - first, calls[-1] - of_first)
    at = two.argmax(axis=1)
    row = np.arange(len(points))
    gain = two[row, at] - _fit(met[:, -1], calls[-1])
    before = first[row, at] / of_first[at]
    after = (met[:, -1] - first[row, at]) / (calls[-1] - of_first[at])
    level = np.where(np.arange(len(counted)) < at[:, None] + LASTS_WEEKS, before[:, None], after[:, None])
    noise = np.maximum(counted * level * (1 - level), 0.05)
    spread = ((points - counted * level) ** 2 / noise).sum(axis=1)
    return at + LASTS_WEEKS, gain / ((spread + _BELIEVED_WEEKS) / (len(counted) - 2 + _BELIEVED_WEEKS))


def _fit(met: Numbers, calls: Numbers | np.float64) -> Numbers:
    """The largest log-likelihood of one rate for these counts."""
    rate = np.clip(met / calls, 0, 1)
    fit: Numbers = xlogy(met, rate) + xlog1py(calls - met, -rate)
    return fit
