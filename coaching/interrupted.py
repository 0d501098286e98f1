"""Did something that was done once bring about that customers are in touch less, against the trend that would have been?

An interrupted time series (Wagner, Soumerai, Zhang and Ross-Degnan 2002, "Segmented regression analysis of interrupted time
series studies in medication use research"; Bernal, Cummins and Gasparrini 2017, "Interrupted time series regression for the
evaluation of public health interventions: a tutorial"): a line is laid through the weeks before, another through those
after, which may begin at another level and go another way. The first line, drawn on, is what would have been.

1. Contacts a week are counts: a generalised linear model of Poisson's distribution with a logarithmic link. Contacts that
   did not end it are a share of those of which it is known: of the binomial distribution with a logistic one. Weeks differ
   by more than chance, and so the variance is scaled by what is seen (McCullagh and Nelder 1989), never below chance alone.
2. A week is like the one before it. The covariance holds for such series (Newey and West 1987), and as theirs is too small
   in short ones (Turner et al. 2021, "Evaluation of statistical methods used in the analysis of interrupted time series
   studies"), it is taken no smaller than the scaled one widened by the autocorrelation of the residuals, read with its bias
   in short series (Kendall 1954) taken off. Ranges are of Student's distribution.
3. The effect is what was counted since minus what the first line says of the same weeks.
4. What moved everything (a season, a strike, fewer recordings taken in) moved other reasons too. Where these are many
   enough, the same is asked of the reason in proportion to them (Lopez Bernal, Cummins and Gasparrini 2018, "The use of
   controls in interrupted time series studies"). Something is said only where both say it.

What else was changed in the same weeks cannot be told apart from it. `bench.interrupted` holds all of it to series whose
truth is known.
"""

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, logit, stdtrit

Numbers = NDArray[np.float64]

FEWEST_BEFORE, FEWEST_AFTER = 8, 4
"""With fewer whole weeks nothing is said."""

FEWEST_EVENTS = 24
"""With fewer counted in all weeks before (three a week of the fewest weeks) there is no line to draw on."""

WIDTH = 0.90
"""The probability of the ranges."""

MANY_TIMES = 4.0
"""The others are a comparison where they are so many times as many: then they add a quarter to the doubt at most."""

HANGS_TOGETHER = 0.05
"""Below this chance the residuals of weeks are said to hang together."""

MOST_BEFORE, MOST_AFTER = 52, 26
"""The nearest whole weeks that are looked at: over years no trend is a line, and one that is drawn on for longer than half a
year is a guess."""

_MOST_ALIKE = 0.8
_WEEK = timedelta(days=7)


class Said(StrEnum):
    """What can be said of an action."""

    FEWER = "fewer"
    MORE = "more"
    UNCLEAR = "unclear"


@dataclass(frozen=True)
class WeekCount:
    """What a week has: `events` of the reason, of `of` contacts where it is a share (None: a plain count), and the same of
    all other reasons. `week` is its Monday."""

    week: date
    events: float
    of: float | None = None
    others: float = 0.0
    others_of: float | None = None

    def __post_init__(self) -> None:
        for events, of in ((self.events, self.of), (self.others, self.others_of)):
            if events < 0 or (of is not None and events > of):
                raise ValueError(f"week of {self.week}: {events} of {of} cannot be")
        if (self.of is None) != (self.others_of is None):
            raise ValueError(f"week of {self.week}: the others are counted as the reason is")


class Side(StrEnum):
    """Where a week lies; those that the action cuts through are neither."""

    BEFORE = "before"
    BETWEEN = "between"
    AFTER = "after"


@dataclass(frozen=True)
class Expected:
    """A week as it was and as it would have been, with the range of that line: contacts, or shares of 0 to 1."""

    week: date
    side: Side
    observed: float
    expected: float
    low: float
    high: float


@dataclass(frozen=True)
class Removed:
    """How many fewer there were than would have been, over all weeks since, with the likely range; below 0 where there were
    more. `change` is the same as a share of what would have been: -0.3 is 30 % fewer."""

    events: float
    low: float
    high: float
    change: float
    change_low: float
    change_high: float

    @property
    def says(self) -> Said:
        """Whether the range leaves nothing out of question."""
        if self.low > 0:
            return Said.FEWER
        return Said.MORE if self.high < 0 else Said.UNCLEAR


@dataclass(frozen=True)
class Ratio:
    """A factor with its likely range; 0.7 is 30 % less. Of shares it is one of the odds."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class TooFew:
    """Nothing is said: of so many whole weeks before and after. `will_be` is the day from which it will be; None where no
    waiting helps, as it is the weeks or the contacts before that are too few."""

    before: int
    after: int
    events_before: float
    will_be: date | None


@dataclass(frozen=True)
class Effect:
    """What an action brought about.

    `observed` and `expected` are of the weeks after together: counts. `level` is by what factor it was other at once,
    `slope` by what factor more a week since. `likeness` is the autocorrelation of the residuals from a week to the next and
    `chance` how often weeks that do not hang together look as much as if they did. `dispersion` is by how much more than by
    chance weeks differ. `removed` is against the weeks before, `against_others` in proportion to the other reasons, where
    these are many.
    """

    weeks: tuple[Expected, ...]
    before: int
    after: int
    observed: float
    expected: float
    removed: Removed
    against_others: Removed | None
    level: Ratio
    slope: Ratio
    likeness: float
    chance: float
    dispersion: float

    @property
    def says(self) -> Said:
        """What holds against the weeks before and, where they are compared, against the other reasons."""
        if self.against_others is not None and self.against_others.says is not self.removed.says:
            return Said.UNCLEAR
        return self.removed.says

    @property
    def hangs_together(self) -> bool:
        """Whether what is high in a week stays high in the next, beyond chance."""
        return self.chance < HANGS_TOGETHER


def side_of(week: date, acted_on: date, within_days: int = 0) -> Side:
    """Where a week lies. within_days: what is counted of a contact is known so many days after it; where these reach past
    the action, it is neither before nor after."""
    if week >= acted_on:
        return Side.AFTER
    return Side.BEFORE if week + _WEEK + timedelta(days=within_days) <= acted_on else Side.BETWEEN


def effect_of(weeks: Sequence[WeekCount], acted_on: date, within_days: int = 0) -> Effect | TooFew:
    """What was brought about by what was done on a day.

    weeks: whole weeks in order, those in which nothing at all came in left out, and of shares only those whose days have
    passed.
    """
    weeks = _nearest(weeks, acted_on, within_days)
    sides = [side_of(one.week, acted_on, within_days) for one in weeks]
    used = [(one, side) for one, side in zip(weeks, sides, strict=True) if side is not Side.BETWEEN]
    before = sum(side is Side.BEFORE for _, side in used)
    after = len(used) - before
    seen = sum(one.events for one, side in used if side is Side.BEFORE)
    if before < FEWEST_BEFORE or seen < FEWEST_EVENTS or _certain(used):
        return TooFew(before, after, seen, None)
    if after < FEWEST_AFTER:
        return TooFew(before, after, seen, _will_be(acted_on, within_days))
    plain = _Fit(used, weeks, against_others=False)
    others = _Fit(used, weeks, against_others=True).removed() if _many_others(used) else None
    low, high = plain.band()
    drawn = tuple(
        Expected(one.week, side, one.events / (one.of or 1), *map(float, line))
        for one, side, *line in zip(weeks, sides, plain.line(), low, high, strict=True)
    )
    likeness, chance = plain.likeness()
    return Effect(
        weeks=drawn,
        before=before,
        after=after,
        observed=plain.observed,
        expected=plain.would_have_been,
        removed=plain.removed(),
        against_others=others,
        level=plain.ratio(2),
        slope=plain.ratio(3),
        likeness=likeness,
        chance=chance,
        dispersion=plain.dispersion,
    )


def _nearest(weeks: Sequence[WeekCount], acted_on: date, within_days: int) -> list[WeekCount]:
    """The weeks that are looked at."""
    counted = [one for one in weeks if one.of != 0]
    by_side = {side: [one for one in counted if side_of(one.week, acted_on, within_days) is side] for side in Side}
    return [*by_side[Side.BEFORE][-MOST_BEFORE:], *by_side[Side.BETWEEN], *by_side[Side.AFTER][:MOST_AFTER]]


def _certain(used: Sequence[tuple[WeekCount, Side]]) -> bool:
    """Whether of a share everything before happened: odds without an end."""
    return all(one.of is not None and one.events == one.of for one, side in used if side is Side.BEFORE)


def _many_others(used: Sequence[tuple[WeekCount, Side]]) -> bool:
    """Whether the others are enough to compare with: together, and in each week some and not all."""
    if any(not 0 < one.others < (one.others_of or np.inf) for one, _ in used):
        return False
    return sum(one.others for one, _ in used) >= MANY_TIMES * sum(one.events for one, _ in used)


def _will_be(acted_on: date, within_days: int) -> date:
    """When enough whole weeks lie after the action, and the days of their contacts have passed."""
    first = acted_on + timedelta(days=-acted_on.weekday() % 7)
    return first + FEWEST_AFTER * _WEEK + timedelta(days=within_days)


class _Fit:
    """Two lines through the weeks, and what the first of them says of the later weeks."""

    def __init__(self, used: Sequence[tuple[WeekCount, Side]], all_: Sequence[WeekCount], *, against_others: bool) -> None:
        rows = [one for one, _ in used]
        self._share = rows[0].of is not None
        self._after = np.array([side is Side.AFTER for _, side in used])
        start = next(one.week for one, side in used if side is Side.AFTER)
        self._design = _design([one.week for one in rows], start, self._after)
        self._line = _design([one.week for one in all_], start, np.zeros(len(all_), bool))
        events = np.array([one.events for one in rows], float)
        of = np.array([np.nan if one.of is None else one.of for one in rows])
        if not events[self._after].sum():  # none since: half a one, spread, as a logarithm has none of nothing
            events = events + np.where(self._after, 0.5 / self._after.sum(), 0.0)
        if self._share and (of - events)[self._after].sum() <= 0:
            events = events - np.where(self._after, 0.5 / self._after.sum(), 0.0)
        self._offset = _offset(rows) if against_others else np.zeros(len(rows))
        self._of = of
        answers = np.column_stack([events, of - events]) if self._share else events
        # Heavy, and needed where an effect is worked out alone: imported once somebody asks for one.
        from statsmodels.genmod.families import Binomial, Poisson
        from statsmodels.genmod.generalized_linear_model import GLM
        from statsmodels.stats.sandwich_covariance import cov_hac_simple

        family = Binomial() if self._share else Poisson()
        model = GLM(answers, self._design, family=family, offset=self._offset)
        lags = int(4 * (len(rows) / 100) ** (2 / 9))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # a week in which all or none did is fitted as near as can be
            plain = model.fit(scale="X2")
            robust = cov_hac_simple(plain, nlags=lags, use_correction=True)
        self._params: Numbers = np.asarray(plain.params)
        self._residuals: Numbers = np.asarray(plain.resid_pearson)
        self._weights: Numbers = np.asarray(family.weights(plain.mu)) * (np.nan_to_num(of, nan=1.0))
        self._free = float(len(rows) - self._design.shape[1])
        self.dispersion = float(plain.scale)
        own = np.asarray(plain.normalized_cov_params) * max(1.0, self.dispersion)
        self._covariances = (own * _widened(self._residuals, self._design.shape[1]), np.asarray(robust))
        self.observed = float(np.array([one.events for one in rows])[self._after].sum())
        self._fitted = float(events[self._after].sum())

    @property
    def would_have_been(self) -> float:
        """How many the weeks after would have had."""
        return float(self._counterfactual()[0].sum())

    def _counterfactual(self) -> tuple[Numbers, Numbers]:
        """How many each week after would have had, and its slope by each parameter."""
        design = self._design[self._after].copy()
        design[:, 2:] = 0
        eta = design @ self._params + self._offset[self._after]
        if not self._share:
            mean = np.exp(eta)
            return mean, mean[:, None] * design
        share, of = expit(eta), self._of[self._after]
        return of * share, (of * share * (1 - share))[:, None] * design

    def _after_slope(self) -> Numbers:
        """How the sum of the weeks after, as the second line has it, changes with each parameter."""
        design = self._design[self._after]
        eta = design @ self._params + self._offset[self._after]
        if not self._share:
            weights: Numbers = np.exp(eta)
        else:
            share = expit(eta)
            weights = self._of[self._after] * share * (1 - share)
        slope: Numbers = weights @ design
        return slope

    def removed(self) -> Removed:
        """How many fewer there were."""
        mean, slopes = self._counterfactual()
        expected = float(mean.sum())
        # The range is one of the logarithm of the ratio, which is nearer to a normal distribution than a difference.
        direction = self._after_slope() / self._fitted - slopes.sum(axis=0) / expected
        ratio, spread = float(np.log(self._fitted / expected)), float(self._spread(direction))
        low, high = ratio - spread, ratio + spread
        return Removed(
            events=expected - self.observed,
            low=self._fitted * float(np.expm1(-high)),
            high=self._fitted * float(np.expm1(-low)),
            change=self.observed / expected - 1,
            change_low=float(np.expm1(low)),
            change_high=float(np.expm1(high)),
        )

    def ratio(self, number: int) -> Ratio:
        """A parameter as a factor."""
        direction = np.eye(len(self._params))[number]
        value, spread = self._params[number], float(self._spread(direction))
        return Ratio(*(float(np.exp(np.clip(one, -50, 50))) for one in (value, value - spread, value + spread)))

    def line(self) -> Numbers:
        """The first line in every week."""
        return self._drawn(self._line @ self._params)

    def band(self) -> tuple[Numbers, Numbers]:
        """The range of the first line in every week."""
        eta = self._line @ self._params
        spread = self._spread(self._line)
        return self._drawn(eta - spread), self._drawn(eta + spread)

    def _drawn(self, eta: Numbers) -> Numbers:
        drawn: Numbers = expit(eta) if self._share else np.exp(np.clip(eta, -50, 50))
        return drawn

    def _spread(self, directions: Numbers) -> Numbers:
        """Half the width of the range of sums of parameters, of shape (..., parameters)."""
        variance = np.max([np.einsum("...p,pq,...q->...", directions, one, directions) for one in self._covariances], axis=0)
        return np.asarray(stdtrit(self._free, (1 + WIDTH) / 2) * np.sqrt(variance))

    def likeness(self) -> tuple[float, float]:
        """The residuals' autocorrelation from a week to the next, and its chance (Breusch 1978; Godfrey 1978, in the form of
        an F test, which does better in short series)."""
        from statsmodels.regression.linear_model import OLS
        from statsmodels.stats.diagnostic import acorr_breusch_godfrey

        weighed = OLS(self._residuals, self._design * np.sqrt(self._weights)[:, None]).fit()
        return _likeness(self._residuals, self._design.shape[1]), float(
            acorr_breusch_godfrey(weighed, nlags=1, result_object=False)[3]
        )


def _design(weeks: Sequence[date], start: date, after: NDArray[np.bool_]) -> Numbers:
    """One and the weeks since the action for either line; the second line's columns are by what it differs."""
    since = np.array([(week - start).days / 7 for week in weeks], float)
    return np.column_stack([np.ones(len(weeks)), since, after, after * since])


def _offset(rows: Sequence[WeekCount]) -> Numbers:
    """What the others say of a week, on the scale of the lines."""
    others = np.array([one.others for one in rows], float)
    if rows[0].of is None:
        counted: Numbers = np.log(others)
        return counted
    share: Numbers = logit(others / np.array([one.others_of for one in rows], float))
    return share


def _likeness(residuals: Numbers, parameters: int) -> float:
    """The autocorrelation from a week to the next, with what fitting so many parameters takes off it given back."""
    rows = len(residuals)
    seen = float((residuals[1:] * residuals[:-1]).sum() / max(float((residuals**2).sum()), 1e-12))
    return float(np.clip((rows * seen + parameters) / (rows - parameters), -1.0, 1.0))


def _widened(residuals: Numbers, parameters: int) -> float:
    """By how much the variance of what is read from these weeks is larger than of weeks that do not hang together."""
    likeness = float(np.clip(_likeness(residuals, parameters), 0.0, _MOST_ALIKE))
    return (1 + likeness) / (1 - likeness)
