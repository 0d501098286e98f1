"""What does the example of the peers say of a rate that is read from a few calls, and what would be expected of them?

A criterion's rates over all agents (or teams) are taken as draws from one distribution, learned from those same counts: a
hierarchical beta-binomial model (Gelman et al., *Bayesian Data Analysis*, 3rd ed., section 5.3). Its mean and its spread are
not estimated and then believed, which makes intervals too narrow where there are few peers, but summed over on a grid, with
the book's prior on the spread. Beside the peers' own distribution there is a small chance, which the counts decide on too,
that somebody is unlike the others and may have nearly any rate: otherwise the one agent who truly is different would be
pulled to the ninety-nine who are alike (the contamination model of Box and Tiao 1968, "A Bayesian approach to some outlier
problems").

Calls differ by queue and channel, and agents take different ones. What the others achieve in the same queues and channels,
weighted by an agent's own mix of calls, is what would be expected of the agent (indirect standardisation, as in comparing
the mortality of hospitals: Breslow and Day 1987, *Statistical Methods in Cancer Research II*, section 2.3); each one's rate
is compared on the logit scale with that expectation.

Everything is worked out on a grid over the rate, evenly spaced in the arcsine of its root, on which a rate read from n calls
has the same standard error, 1/(2√n), wherever it lies (Anscombe 1948). A benchmark, `bench.gaps`, holds all of it to
account.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, logit

Numbers = NDArray[np.float64]

FEWEST_PEERS = 3
"""With fewer people than this there are no peers to learn from; then every rate is as likely as another beforehand."""

_SPREADS = np.array([0.05, 0.1, 0.15, 0.2, 0.27, 0.35, 0.45, 0.6])
"""How unlike the peers are: one over the root of the calls their opinion is worth (400 down to 3). Even steps of it are the
prior of Gelman et al., equation 5.9."""

_MEANS = np.array([-2.0, -1.0, 0.0, 1.0, 2.0])
"""Where the peers' mean may lie, in standard errors of it."""

UNLIKE = np.array([0.02, 0.08, 0.2])
"""How many may be unlike the others, each as likely beforehand."""

UNLIKE_WORTH = 2.0
"""How little the peers say of somebody who is unlike them: as much as two calls."""

NEAREST = 0.02
"""What the peers do is taken to be no nearer to never or always than this, unless something rarer is looked for."""

_MULTIPLIED = 16
"""So many likelihoods are multiplied before their logarithm is taken, which takes long; none is anywhere near 1e-19."""

BORROWED_CALLS = 10.0
"""So many calls at the others' overall rate are added to what they did in a queue: one call there says little about it."""


@dataclass(frozen=True, eq=False)
class _Prior:
    """What is likely of each one's rate beforehand: mixtures of `shapes`, a row each on the grid, in the `shares` of each
    one's own row."""

    shares: Numbers
    shapes: Numbers

    def only(self, which: NDArray[np.intp]) -> "_Prior":
        """Of those at these places alone."""
        return _Prior(self.shares[which], self.shapes)

    @property
    def density(self) -> Numbers:
        """A row each, up to a factor."""
        found: Numbers = self.shares @ self.shapes
        return found


@dataclass(frozen=True, eq=False)
class Posterior:
    """What is likely of each rate: one entry for each agent or team, all shares of 0 to 1.

    `mean` is the estimate, `spread` its standard deviation, `low` and `high` the interval asked for, `peers` what is
    expected of each. All of them are worked out when they are asked for.
    """

    peers: Numbers
    _rate: Numbers
    _likelihood: Numbers
    _prior: _Prior
    _offset: Numbers
    _sure: float

    @cached_property
    def _density(self) -> Numbers:
        density = self._likelihood * self._prior.density
        density /= density.sum(axis=1, keepdims=True)
        return density

    @cached_property
    def _cumulative(self) -> Numbers:
        return np.hstack([np.zeros((len(self._density), 1)), np.cumsum(self._density, axis=1)])

    @cached_property
    def mean(self) -> Numbers:
        found: Numbers = (self._density * self._rate).sum(axis=1)
        return found

    @cached_property
    def spread(self) -> Numbers:
        found: Numbers = np.sqrt(np.maximum(0.0, (self._density * self._rate**2).sum(axis=1) - self.mean**2))
        return found

    @cached_property
    def low(self) -> Numbers:
        return _quantile(self._cumulative, self._density, self._offset, (1 - self._sure) / 2)

    @cached_property
    def high(self) -> Numbers:
        return _quantile(self._cumulative, self._density, self._offset, (1 + self._sure) / 2)

    def only(self, which: NDArray[np.intp]) -> "Posterior":
        """Of those at these places alone."""
        theirs = Posterior(
            self.peers[which],
            self._rate[which],
            self._likelihood[which],
            self._prior.only(which),
            self._offset[which],
            self._sure,
        )
        theirs.__dict__.update(  # what is known of all need not be worked out again
            {name: self.__dict__[name][which] for name in ("_density", "_cumulative", "mean") if name in self.__dict__}
        )
        return theirs

    def below(self, rate: Numbers) -> Numbers:
        """How likely each true rate lies below these."""
        size = self._cumulative.shape[1] - 1
        unshifted = expit(logit(np.clip(rate, 1e-9, 1 - 1e-9)) - self._offset)
        place = np.arcsin(np.sqrt(unshifted)) / (np.pi / 2) * size
        left = np.clip(place.astype(np.intp), 0, size - 1)
        row = np.arange(len(left))
        step = self._cumulative[row, left + 1] - self._cumulative[row, left]
        found: Numbers = np.where(rate >= 1, 1.0, np.clip(self._cumulative[row, left] + (place - left) * step, 0, 1))
        return found


def posterior(
    points: Numbers, counted: Numbers, expected: Numbers | None = None, sure: float = 0.9, nearest: float = NEAREST
) -> Posterior:
    """The posterior of each rate.

    points, counted: met calls (or shares of them) and all calls, one entry for each agent or team; at least one.
    expected: what the peers achieve on calls like these, a share of 0 to 1; None where nothing is known of the calls.
    sure: how much of the posterior lies between `low` and `high`. nearest: how near to 0 and 1 the peers' rate may be.
    """
    total, most = counted.sum(), 1 - nearest
    overall = float(np.clip(points.sum() / total, nearest, most)) if total else 0.5
    offset = np.zeros(len(counted)) if expected is None else logit(np.clip(expected, nearest, most)) - logit(overall)
    size = _grid_size(float(counted.max()))
    unshifted = np.sin((np.arange(size) + 0.5) / size * np.pi / 2) ** 2
    odds_against = np.exp(-logit(unshifted)) * np.exp(-offset)[:, None]
    rate, log_rate = 1 / (1 + odds_against), -np.log(1 + odds_against)
    # log(1-rate) is log(rate) less the logit, of which the offset is the same all over a row, and falls out.
    log_likelihood = counted[:, None] * log_rate - (counted - points)[:, None] * logit(unshifted)
    # In single precision, which is many times as fast: to a few millionths of each.
    likelihood = np.exp((log_likelihood - log_likelihood.max(axis=1, keepdims=True)).astype(np.float32)).astype(np.float64)
    prior = _prior_of_each(likelihood, unshifted, points, counted, overall)
    return Posterior(expit(logit(overall) + offset), rate, likelihood, prior, offset, sure)


def _grid_size(most_calls: float) -> int:
    """Nearly two points of the grid, or more, for a standard error of the rate with the most calls."""
    return int(np.clip(2 ** np.ceil(np.log2(6 * np.sqrt(max(most_calls, 1.0)))), 64, 2048))


def _prior_of_each(likelihood: Numbers, grid: Numbers, points: Numbers, counted: Numbers, overall: float) -> _Prior:
    """What is likely of each one's rate beforehand: the peers' distribution, summed over all that it may be, by how well it
    explains everybody's counts."""
    have = counted > 0
    if have.sum() < FEWEST_PEERS:
        return _Prior(np.ones((len(counted), 1)), _betas(grid, np.array([0.5]), 2.0))
    seen = points[have] / counted[have]
    error = float(np.clip(seen.std() / np.sqrt(len(seen)) / (overall * (1 - overall)), 0.02, 1.0))
    means = np.repeat(expit(logit(overall) + error * _MEANS), len(_SPREADS))
    peers = _betas(grid, means, np.tile(1 / _SPREADS**2 - 1, len(_MEANS)))
    anyone = _betas(grid, np.array([overall]), UNLIKE_WORTH)
    like_peers, unlike = likelihood @ peers.T, likelihood @ anyone[0]
    explained = [(1 - share) * like_peers + share * unlike[:, None] for share in UNLIKE]
    step = np.log(np.tile(np.gradient(_SPREADS), len(_MEANS)))
    starts = np.arange(0, len(counted), _MULTIPLIED)
    log_weight = np.array([np.log(np.multiply.reduceat(one, starts)).sum(axis=0) + step for one in explained])
    weight = np.exp(log_weight - log_weight.max())
    weight /= weight.sum()
    shares = [own / one for own, one in zip(weight, explained, strict=True)]
    of_peers = sum((1 - unlike_) * share for unlike_, share in zip(UNLIKE, shares, strict=True))
    of_anyone = sum(unlike_ * share.sum(axis=1) for unlike_, share in zip(UNLIKE, shares, strict=True))
    return _Prior(np.column_stack([of_peers, of_anyone]), np.vstack([peers, anyone]))


def _betas(grid: Numbers, means: Numbers, worth: Numbers | float) -> Numbers:
    """Beta distributions with these means, each worth so many calls, on the grid, a row each."""
    # Even steps of the arcsine are wider in the middle, by the root of rate·(1-rate): hence the halves.
    log_density = np.outer(means * worth - 0.5, np.log(grid)) + np.outer((1 - means) * worth - 0.5, np.log1p(-grid))
    density = np.exp(log_density - log_density.max(axis=1, keepdims=True))
    scaled: Numbers = density / density.sum(axis=1, keepdims=True)
    return scaled


def _quantile(cumulative: Numbers, density: Numbers, offset: Numbers, share: float) -> Numbers:
    size = density.shape[1]
    row = np.arange(len(density))
    left = np.clip((cumulative < share).sum(axis=1) - 1, 0, size - 1)
    within = np.clip((share - cumulative[row, left]) / np.maximum(density[row, left], 1e-300), 0, 1)
    unshifted = np.sin((left + within) / size * np.pi / 2) ** 2
    found: Numbers = expit(logit(np.clip(unshifted, 1e-12, 1 - 1e-12)) + offset)
    return found


def expected_rates(
    asked: NDArray[np.int64], who: NDArray[np.int64], where: NDArray[np.int64], points: Numbers, counted: Numbers
) -> Numbers:
    """What the others achieve on each question on calls such as somebody takes: a share of 0 to 1.

    asked, who, where: numbers from 0 on of the question, of the agent (or team) and of the kind of call (a queue on a
    channel), one entry for each three that there are; points and counted calls are theirs. The answer of an entry is what
    is expected of its agent on its question, whichever kind of call the entry is of; NaN where they have no counted calls.
    """
    questions, kinds, people = _sizes(asked, where, who)
    kind, person = asked * kinds + where, asked * people + who
    points_there, counted_there = (np.bincount(kind, numbers, questions * kinds) for numbers in (points, counted))
    all_points, all_calls = (np.bincount(asked, numbers, questions)[asked] for numbers in (points, counted))
    calls = np.bincount(person, counted, questions * people)
    outside = all_calls - calls[person]
    of_others = (all_points - np.bincount(person, points, questions * people)[person]) / np.maximum(outside, 1e-9)
    overall = np.where(outside > 0, of_others, all_points / np.maximum(all_calls, 1e-9))
    others = counted_there[kind] - counted
    rate = (points_there[kind] - points + BORROWED_CALLS * overall) / (others + BORROWED_CALLS)
    sums = np.bincount(person, counted * rate, questions * people)
    expected: Numbers = np.divide(sums, calls, out=np.full(len(calls), np.nan), where=calls > 0)[person]
    return expected


def expected_of_teams(
    asked: NDArray[np.int64], team: NDArray[np.int64], where: NDArray[np.int64], points: Numbers, counted: Numbers
) -> Numbers:
    """What those outside of a team achieve on calls such as the team takes. As `expected_rates`, but several entries may
    be of one team, question and kind of call: those of its people."""
    sizes = _sizes(asked, team, where)
    cells, at = np.unique(np.ravel_multi_index((asked, team, where), sizes) if len(asked) else asked, return_inverse=True)
    own_asked, own_team, own_where = np.unravel_index(cells, sizes) if len(asked) else (asked, team, where)
    own_points, own_counted = (np.bincount(at, numbers, len(cells)).astype(np.float64) for numbers in (points, counted))
    expected: Numbers = expected_rates(own_asked, own_team, own_where, own_points, own_counted)[at]
    return expected


def _sizes(*numbers: NDArray[np.int64]) -> tuple[int, ...]:
    """How many different numbers from 0 on there are in each."""
    return tuple(int(own.max(initial=-1)) + 1 for own in numbers)


def expected_by_id(ids: NDArray[np.int64], where: NDArray[np.int64], points: Numbers, counted: Numbers) -> dict[int, float]:
    """As `expected_rates` of one question, by ids of any kind; where nothing was counted it is NaN.

    Means of any scale, such as sentiment from -1 to 1, are expected in the same way.
    """
    people, first, who = np.unique(ids, return_index=True, return_inverse=True)
    expected = expected_rates(np.zeros_like(who), who, where, points, counted)
    return {int(one): float(expected[place]) for one, place in zip(people, first, strict=True)}
