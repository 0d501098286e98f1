"""What do the reviewed calls say of all calls, and how sure is that?

Calls are not reviewed alike often: the unhappy, the doubtful and the failed come up more often than others, and an agent
with few calls has a larger share of them in the sample. A plain mean of what was reviewed is therefore a mean of
troubles. What people changed in a reviewed call counts here by one over the probability of the call being chosen, so that
it stands for the calls that were not (`mean_estimate`). How often the machine is right is read from blind reviews of the
random sample alone (`rate_estimate`).

Sources: Horvitz and Thompson, "A generalization of sampling without replacement" (1952); the difference estimator,
Särndal, Swensson and Wretman, "Model Assisted Survey Sampling" (1992), section 6.3, and ratios, section 5.6; the weighted
mean of a share, Hájek, "Comment on an essay by D. Basu" (1971); the effective sample size, Kish, "Survey Sampling" (1965),
sections 8.2 and 11.7; the interval of a share from it, in the manner of Korn and Graubard, "Confidence intervals for
proportions with small expected number of positive counts estimated from survey data" (1998), with the interval of
Jeffreys, Brown, Cai and DasGupta, "Interval estimation for a binomial proportion" (2001). Which interval covers best was
found by simulation (`bench.sampling`).
"""

import math
from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import betaincinv, ndtri, stdtrit

LEVEL = 0.90
"""An interval holds the truth with this probability."""

_TAIL = (1 - LEVEL) / 2

WIDE_ENOUGH = 0.10
"""A share is known well enough to speak of when its interval reaches no further than this to either side, on average."""


@dataclass(frozen=True)
class Reviewed:
    """What a reviewed call brings to an average: what holds now, and what the machine had said; None where that does not
    count (a question that does not apply). probability: of the call being chosen for review at all."""

    value: float | None
    machine: float | None
    probability: float


@dataclass(frozen=True)
class Estimate:
    """A mean over all calls, estimated from those reviewed, with the interval that holds it with a probability of 90 %.

    `machine` is the machine's own mean over all calls, `plain` the mean of those reviewed, uncorrected. None where there
    is none; the interval is None where too little is reviewed to tell.
    """

    value: float | None
    low: float | None
    high: float | None
    machine: float | None
    plain: float | None
    reviewed: int


@dataclass(frozen=True)
class Share:
    """How often something holds, 0 to 1, with the interval that holds it with a probability of 90 %.

    `answers` were given, on `calls` calls. `more` is about how many further calls would narrow the interval to
    `WIDE_ENOUGH`, 0 where it is. None where there is no answer.
    """

    value: float | None
    low: float | None
    high: float | None
    answers: int
    calls: int
    more: int

    @property
    def enough(self) -> bool:
        """Whether it is known well enough to speak of."""
        return self.value is not None and self.more == 0


def mean_estimate(machine_sum: float, machine_count: int, reviewed: Sequence[Reviewed], top: float = 100.0) -> Estimate:
    """The mean, 0 to `top`, that all calls would have if people had reviewed every one of them.

    machine_sum, machine_count: of what the machine said of all calls that could be chosen, the sum and how many it is of.
    Starting from there, what people changed in each reviewed call is added, counted by one over its probability, so that
    it stands for the calls like it that were not reviewed (the difference estimator; where a question does not apply to
    some calls, a ratio of two of them). It is right on average however calls are chosen, and the surer the less people
    change. The interval is Student's; its variance is that of calls chosen independently of each other, to which one that
    was certain to be chosen adds nothing, as it stands for itself alone.

    Raises ValueError where a probability is not above 0 and up to 1.
    """
    machine = machine_sum / machine_count if machine_count else None
    values = [each.value for each in reviewed if each.value is not None]
    plain = sum(values) / len(values) if values else None
    weights = _weights([each.probability for each in reviewed])
    changed = np.array([(each.value or 0.0) - (each.machine or 0.0) for each in reviewed])
    counted = np.array([(each.value is not None) - (each.machine is not None) for each in reviewed], float)
    size = machine_count + float((weights * counted).sum())
    if size <= 0:
        return Estimate(None, None, None, machine, plain, len(reviewed))
    value = min(top, max(0.0, (machine_sum + float((weights * changed).sum())) / size))
    uncertain = int((weights > 1).sum())
    if uncertain == 0 and len(reviewed) >= machine_count:
        return Estimate(value, value, value, machine, plain, len(reviewed))
    if uncertain < 2:
        return Estimate(value, None, None, machine, plain, len(reviewed))
    residuals = changed - value * counted
    variance = uncertain / (uncertain - 1) * float(((1 - 1 / weights) * (weights * residuals) ** 2).sum()) / size**2
    reach = float(stdtrit(uncertain - 1, 1 - _TAIL)) * math.sqrt(variance)
    return Estimate(value, max(0.0, value - reach), min(top, value + reach), machine, plain, len(reviewed))


def rate_estimate(right: Sequence[bool], probabilities: Sequence[float], calls: Sequence[Hashable]) -> Share:
    """How often an answer is right, over all calls, from a sample of them with the probability of each.

    `calls` names the call of each answer. The interval is Jeffreys', with the number of answers replaced by the number of
    answers drawn evenly and independently of each other that would say as much: fewer where calls count unequally, and
    fewer where answers on one call go wrong together. Raises ValueError where lengths differ.
    """
    weights, y = _weights(probabilities), np.asarray(right, float)
    if not len(y) == len(weights) == len(calls):
        raise ValueError(f"{len(y)} answers need as many probabilities and calls, not {len(weights)} and {len(calls)}")
    if not len(y):
        return Share(None, None, None, 0, 0, _calls_for(0.8))
    value = float(np.average(y, weights=weights))
    number = len(set(calls))
    size = _effective(y, weights, calls, value)
    low, high = _jeffreys(value, size)
    reach = (high - low) / 2
    more = 0
    if reach > WIDE_ENOUGH:
        # So many calls as this kind of call brings information; a rate of 0 or 1 so far is not taken at its word.
        wanted = _calls_for((value * size + 1) / (size + 2)) * number / size
        more = max(1, math.ceil(wanted) - number)
    return Share(value, low, high, len(y), number, more)


def _weights(probabilities: Sequence[float]) -> NDArray[np.float64]:
    p = np.asarray(probabilities, float)
    if len(p) and not ((p > 0) & (p <= 1)).all():
        raise ValueError("a call that was chosen had a probability above 0 and up to 1 of being so")
    return 1 / p


def _effective(y: NDArray[np.float64], weights: NDArray[np.float64], calls: Sequence[Hashable], value: float) -> float:
    """The effective number of answers: that of Kish where each call has one; else by how far answers of a call go together,
    between the effective number of calls (wholly) and of answers (not at all)."""
    place = {call: n for n, call in enumerate(dict.fromkeys(calls))}
    of_call = np.array([place[call] for call in calls])
    totals = np.bincount(of_call, weights).astype(np.float64)
    by_calls, by_answers = _kish(totals), _kish(weights)
    if len(place) == len(y):
        return by_answers
    residuals = np.bincount(of_call, weights * (y - value))
    number = len(place)
    variance = number / max(1, number - 1) * float((residuals**2).sum()) / float(weights.sum()) ** 2
    if number < 2 or not variance:
        return by_calls
    return min(by_answers, max(by_calls, value * (1 - value) / variance))


def _kish(weights: NDArray[np.float64]) -> float:
    return float(weights.sum() ** 2 / (weights**2).sum())


def _jeffreys(share: float, number: float) -> tuple[float, float]:
    hits = share * number
    low = float(betaincinv(hits + 0.5, number - hits + 0.5, _TAIL)) if share > 0 else 0.0
    high = float(betaincinv(hits + 0.5, number - hits + 0.5, 1 - _TAIL)) if share < 1 else 1.0
    return low, high


def _calls_for(share: float) -> int:
    """How many answers drawn evenly give an interval that reaches `WIDE_ENOUGH` to either side."""
    z = float(ndtri(1 - _TAIL))
    return math.ceil(z**2 * share * (1 - share) / WIDE_ENOUGH**2)
