"""How does somebody's score develop week by week, and how sure is that?

A week's mean of a few calls moves by chance. Its interval takes the spread of single calls around their week's mean from
all weeks together (the pooled standard deviation of a one-way layout) with Student's t, so that a week of two calls is
given a wide band instead of a lucky narrow one. The direction is the slope of a straight line through all calls with its
interval (ordinary least squares).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtrit

from coaching.gaps import SURE


@dataclass(frozen=True)
class WeekMean:
    """The mean total of a week's calls, 0 to 100, and the range it lies in with a likelihood of `SURE`.

    `week` is its Monday. `low` and `high` are None where too few calls are there to say.
    """

    week: date
    calls: int
    mean: float
    low: float | None
    high: float | None


@dataclass(frozen=True)
class Direction:
    """By how many points of 100 the score moves a week, with the range that is likely; all weeks taken together."""

    slope: float
    low: float
    high: float

    @property
    def is_clear(self) -> bool:
        """Whether chance alone hardly moves it so."""
        return self.low > 0 or self.high < 0


def weekly_means(weeks: Sequence[date], totals: Sequence[float]) -> tuple[WeekMean, ...]:
    """The mean of each week that has calls, in order, with its doubt.

    weeks: the Monday of each call's week. totals: each call's total, 0 to 100.
    """
    by_week: dict[date, list[float]] = {}
    for week, total in zip(weeks, totals, strict=True):
        by_week.setdefault(week, []).append(total)
    freedom = len(totals) - len(by_week)
    spread = math.fsum((total - _mean(own)) ** 2 for own in by_week.values() for total in own)
    reach = float(stdtrit(freedom, 1 - (1 - SURE) / 2)) * math.sqrt(spread / freedom) if freedom > 0 else None

    def one(week: date, own: Sequence[float]) -> WeekMean:
        mean = _mean(own)
        if reach is None:
            return WeekMean(week, len(own), mean, None, None)
        half = reach / math.sqrt(len(own))
        return WeekMean(week, len(own), mean, max(0.0, mean - half), min(100.0, mean + half))

    return tuple(one(week, by_week[week]) for week in sorted(by_week))


def direction(weeks: Sequence[date], totals: Sequence[float]) -> Direction | None:
    """Which way the totals go, as for `weekly_means`; None with fewer than three weeks, or too few calls to say."""
    if len(set(weeks)) < 3 or len(totals) < 4:
        return None
    x: NDArray[np.float64] = np.array([week.toordinal() / 7 for week in weeks])
    y: NDArray[np.float64] = np.array(totals, float)
    x = x - x.mean()
    across = float((x**2).sum())
    slope = float((x * y).sum()) / across
    left = y - y.mean() - slope * x
    freedom = len(y) - 2
    error = math.sqrt(float((left**2).sum()) / freedom / across)
    half = float(stdtrit(freedom, 1 - (1 - SURE) / 2)) * error
    return Direction(slope, slope - half, slope + half)


def _mean(values: Sequence[float]) -> float:
    return math.fsum(values) / len(values)
