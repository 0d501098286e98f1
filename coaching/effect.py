"""Did coaching bring anything about, and how sure is that?

People are coached when they are at their worst, and after a worst month a better one follows whether anybody coached or not
(regression to the mean: Galton 1886; Barnett, van der Pols and Dobson 2005, "Regression to the mean: what it is and how to
deal with it"). A plain before and after therefore praises every coach. Here the after is held against what would have been
expected of this very agent without coaching, learnt from comparable agents who were not coached:

1. The rate before is pulled towards the peers: counts of all are taken as draws from a beta-binomial distribution, its
   parameters weighed by how well they explain the counts, and an agent's rate before is the mean of the posterior.
2. The peers' rate after is regressed on that pulled rate (regression calibration: Carroll et al. 2006, "Measurement Error
   in Nonlinear Models", chapter 4; as in an analysis of covariance). It says what becomes of somebody who began there: the
   season, a new process, and how much of a low rate is lasting. Who was chosen for a low rate does not bend this line, as
   choosing by what stands on the line's own axis does not. Beforehand the slope is thought to be a little below one.
3. Calls differ by queue and channel, so every rate is first put on one level: by how much more or less is usual on calls
   like these is taken off it (`counted_together`), and put back onto what is expected.
4. The effect is the rate after minus what the line says of the agent's own start. Its doubt holds the few calls after, the
   few before, how unlike people develop of themselves, and how well the peers tell the line.

`bench.effect` measures all of it on simulated centres in which the truth is known.
"""

from collections.abc import Mapping, Sequence
from dataclasses import astuple, dataclass, fields
from enum import StrEnum
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import betaln, expit, ndtr, ndtri

from coaching.peers import BORROWED_CALLS, UNLIKE, Numbers

LIKELY = 0.90
"""How probable an effect above nothing must be to be called likely: as sure as a gap has to be to be named one."""

WIDTH = 0.90
"""The probability of the intervals shown."""

FEWEST_CALLS = 10
"""Below this many calls before or after nothing is said of an effect, and a peer is no comparison."""

FEWEST_PEERS = 8
"""With fewer uncoached agents than this there is no line to hold the after against."""

_SLOPE, _SLOPE_SPREAD = 0.95, 0.12
"""What is thought of the line's slope beforehand: that nearly all of a lasting difference lasts, give or take an eighth."""

_WANDERS, _WANDERS_WORTH = 0.02, 8.0
"""How far people's true rates wander apart of themselves in a quarter, as a standard deviation, and how many peers' worth of
opinion that is. A dozen agents tell it badly alone, and taking it for nothing would make every effect look sure."""

_STRENGTHS = np.geomspace(3.0, 120.0, 16)
"""How many calls' worth of opinion the peers may hold of somebody's rate before; which, the counts tell."""

_ANY_RATE = 1.0
"""Who is unlike all others may have any rate, each as likely beforehand: a beta distribution worth a call on either side. If
it leaned to what is usual, somebody far below would be taken for one of the rest for longer."""

_SMALLEST_VARIANCE = 0.04
"""The least p·(1-p) that a rate is thought to vary with: all of thirty calls met is no certainty (p = 0.04 or 0.96)."""


@dataclass(frozen=True)
class BeforeAfter:
    """One agent's counts on one criterion: points earned (0 to 1 a call) and counted calls, before and after.

    easier_before, easier_after: by how much more is usual on calls like the agent's than on all that are compared, a share;
    negative where they are harder. What others achieve in the same queues and channels says it (`counted_together`).
    """

    points_before: float
    calls_before: float
    points_after: float
    calls_after: float
    easier_before: float = 0.0
    easier_after: float = 0.0

    @property
    def before(self) -> float:
        """The plain rate before, a share of 0 to 1."""
        return self.points_before / self.calls_before

    @property
    def after(self) -> float:
        """The plain rate after."""
        return self.points_after / self.calls_after


@dataclass(frozen=True, eq=False)
class Agents:
    """The counts of several agents, each as in `BeforeAfter`: arrays with an entry for each, in the order of `ids`."""

    ids: NDArray[np.int64]
    points_before: Numbers
    calls_before: Numbers
    points_after: Numbers
    calls_after: Numbers
    easier_before: Numbers
    easier_after: Numbers

    @classmethod
    def of(cls, counts: Sequence[BeforeAfter]) -> "Agents":
        """These agents, numbered from 0 on."""
        rows = np.array([astuple(one) for one in counts], np.float64).reshape(-1, len(fields(BeforeAfter)))
        return cls(np.arange(len(rows)), *rows.T)

    def where(self, which: NDArray[np.bool_]) -> "Agents":
        """Those of them alone for whom it holds."""
        return Agents(self.ids[which], *(getattr(self, field.name)[which] for field in fields(BeforeAfter)))

    def agent(self, id: int) -> BeforeAfter:
        """One agent's counts; nothing on either side for whoever is not among them."""
        here = np.flatnonzero(self.ids == id)
        if not len(here):
            return BeforeAfter(0.0, 0.0, 0.0, 0.0)
        return BeforeAfter(*(float(getattr(self, field.name)[here[0]]) for field in fields(BeforeAfter)))

    @property
    def level_points_before(self) -> Numbers:
        """As of one: the points before, on calls as hard as all that are compared."""
        level: Numbers = np.clip(self.points_before - self.easier_before * self.calls_before, 0.0, self.calls_before)
        return level

    @property
    def after(self) -> Numbers:
        """The plain rates after."""
        return self.points_after / self.calls_after

    @property
    def count(self) -> NDArray[np.bool_]:
        """Who has calls enough on both sides."""
        return np.minimum(self.calls_before, self.calls_after) >= FEWEST_CALLS


@dataclass(frozen=True, eq=False)
class Counts:
    """What agents did on one criterion: arrays with an entry for each agent, kind of call (a queue on a channel, by a
    number of it) and time, before or after. Several entries of the same may be there: they are added up."""

    agent_id: NDArray[np.int64]
    kind: NDArray[np.int64]
    is_after: NDArray[np.bool_]
    points: Numbers
    calls: Numbers


def counted_together(counts: Counts) -> Agents:
    """Each agent's counts, with how easy their calls were, by what all others achieve in the same kinds of calls.

    Indirect standardisation as in `coaching.peers.expected_rates`, and with the calls at the overall rate that it borrows
    for kinds which are hardly ever seen. Both sides are held against the rates of the whole time, so that a season stays in
    what became of the peers.
    """
    ids, who = np.unique(counts.agent_id, return_inverse=True)
    kinds, kind = np.unique(counts.kind, return_inverse=True)
    shape = (2, len(ids), len(kinds))
    place = (counts.is_after * len(ids) + who) * len(kinds) + kind
    points, calls = (np.bincount(place, each, np.prod(shape)).reshape(shape) for each in (counts.points, counts.calls))
    own_points, own_calls = points.sum(axis=0), calls.sum(axis=0)
    overall = own_points.sum() / max(own_calls.sum(), 1e-9)
    others_points, others_calls = own_points.sum(axis=0) - own_points, own_calls.sum(axis=0) - own_calls
    usual = (others_points + BORROWED_CALLS * overall) / (others_calls + BORROWED_CALLS)
    points_of, calls_of = points.sum(axis=2), calls.sum(axis=2)
    easier = np.where(calls_of > 0, (calls * usual).sum(axis=2) / np.maximum(calls_of, 1e-9) - overall, 0.0)
    return Agents(ids, points_of[0], calls_of[0], points_of[1], calls_of[1], easier[0], easier[1])


class Worked(StrEnum):
    """What can be said of an effect."""

    LIKELY = "likely"
    UNCLEAR = "unclear"
    UNLIKELY = "unlikely"
    WORSE = "worse"


@dataclass(frozen=True)
class Effect:
    """What coaching brought about, beyond what would have come anyway; all shares of 0 to 1.

    before, after: the plain rates. expected: the rate after as it would have been without coaching. standard_error: the
    doubt about the difference. peers: how many agents it is compared with.
    """

    before: float
    after: float
    calls_before: int
    calls_after: int
    expected: float
    standard_error: float
    peers: int

    @property
    def effect(self) -> float:
        """The best estimate: what came minus what would have come."""
        return self.after - self.expected

    @property
    def low(self) -> float:
        """The lower end of the 90 % interval."""
        return self.effect - float(ndtri((1 + WIDTH) / 2)) * self.standard_error

    @property
    def high(self) -> float:
        """The upper end."""
        return self.effect + float(ndtri((1 + WIDTH) / 2)) * self.standard_error

    @property
    def probability(self) -> float:
        """How probable it is that coaching brought anything about at all."""
        return float(ndtr(self.effect / self.standard_error))

    @property
    def worked(self) -> Worked:
        """What can be said. Unlikely means that a rise of even five points is improbable, not only that none was seen."""
        if self.probability >= LIKELY:
            return Worked.LIKELY
        if self.probability <= 1 - LIKELY:
            return Worked.WORSE
        small = float(ndtr((0.05 - self.effect) / self.standard_error))
        return Worked.UNLIKELY if small >= LIKELY else Worked.UNCLEAR

    @property
    def anyway(self) -> float | None:
        """The share of the plain rise that would have come anyway, 0 to 1; None where the rate did not rise."""
        rise = self.after - self.before
        return None if rise <= 0.005 else float(np.clip((self.expected - self.before) / rise, 0.0, 1.0))


@dataclass(frozen=True)
class TooSoon:
    """Nothing can be said yet: about how many more calls it takes, 0 where it is peers that are missing."""

    calls_missing: int
    peers: int


def effect(coached: BeforeAfter, peers: Agents, others: Agents | None = None) -> Effect | TooSoon:
    """What coaching brought one agent, held against agents who were not coached.

    peers: agents with comparable calls who were not coached on this. others: further coached agents, whose rates before
    help to say what rates are usual; without them the usual would be taken from those who needed no coaching.
    """
    compared = peers.where(peers.count)
    missing = max(FEWEST_CALLS - min(coached.calls_before, coached.calls_after), 0)
    if missing or len(compared.ids) < FEWEST_PEERS:
        return TooSoon(int(np.ceil(missing)), len(compared.ids))
    everybody = [Agents.of([coached]), compared]
    if others is not None:
        everybody.append(others.where(others.calls_before >= FEWEST_CALLS))
    starts = _starts(
        np.concatenate([those.level_points_before for those in everybody]),
        np.concatenate([those.calls_before for those in everybody]),
    )
    here = slice(1, 1 + len(compared.ids))
    usual_end = float(np.average(compared.after, weights=compared.calls_after))
    noise = _sampling(compared.after, compared.calls_after, usual_end)
    line = _Line.through(starts.rates[here], starts.doubts[here], compared.after - compared.easier_after, noise)
    level, variance = line.at(float(starts.rates[0]), float(starts.doubts[0]))
    expected = level + coached.easier_after
    variance += float(_sampling(np.array(coached.after), np.array(coached.calls_after), expected))
    return Effect(
        before=coached.before,
        after=coached.after,
        calls_before=int(coached.calls_before),
        calls_after=int(coached.calls_after),
        expected=float(np.clip(expected, 0.0, 1.0)),
        standard_error=float(np.sqrt(variance)),
        peers=len(compared.ids),
    )


def _sampling(rate: Numbers, calls: Numbers, usual: float) -> Numbers:
    """The variance of plain rates by chance; each rate itself is pulled a little towards the usual one for it."""
    steadied = (rate * calls + 2 * usual) / (calls + 2)
    found: Numbers = np.maximum(steadied * (1 - steadied), _SMALLEST_VARIANCE) / calls
    return found


class _Starts(NamedTuple):
    """What each agent's true rate before likely was, and the variance of that."""

    rates: Numbers
    doubts: Numbers


def _starts(points: Numbers, calls: Numbers) -> _Starts:
    """The true rates before of these agents, each among all of them.

    Rates are taken as drawn from a beta distribution worth so many calls, in which a share of people may be unlike all
    others and have nearly any rate; each of `_STRENGTHS` with each of `UNLIKE` is weighed by how well it explains all the
    counts, and what is said is the mixture of the posterior distributions. A dozen agents do not tell how alike agents are;
    settling on one answer would pull too much or too little with too much certainty. Without those who are unlike (as in
    `coaching.peers`; Box and Tiao 1968) the one agent who truly is different, whom a coach will choose, would be pulled to
    all who are alike, and be said to have fallen when nothing has changed.
    """
    worth = _STRENGTHS[:, None]
    held = calls / (calls + worth)
    means = np.clip((held * (points / calls)).sum(axis=1) / held.sum(axis=1), 0.01, 0.99)[:, None]
    alike = _explained(means * worth, (1 - means) * worth, points, calls)
    unlike = _explained(_ANY_RATE, _ANY_RATE, points, calls)
    alike, unlike = np.log(1 - UNLIKE)[:, None, None] + alike, np.log(UNLIKE)[:, None, None] + unlike
    fits = np.logaddexp(alike, unlike).sum(axis=2)  # of each share of the unlike with each strength
    likely = np.exp(fits - fits.max())
    likely /= likely.sum()
    belongs = np.einsum("sk,skn->kn", likely, expit(alike - unlike))
    best, square = np.zeros(len(points)), np.zeros(len(points))
    of_no_kind = likely.sum(axis=0)[:, None] - belongs
    for weight, met, prior in ((belongs, means * worth, worth), (of_no_kind, _ANY_RATE, 2 * _ANY_RATE)):
        after_seeing = prior + calls
        mean = (met + points) / after_seeing
        best += (weight * mean).sum(axis=0)
        square += (weight * (mean * (1 - mean) / (after_seeing + 1) + mean**2)).sum(axis=0)
    return _Starts(best, square - best**2)


def _explained(met: Numbers | float, not_met: Numbers | float, points: Numbers, calls: Numbers) -> Numbers:
    """How well a beta distribution worth so many calls met and not met explains each one's counts: logs."""
    found: Numbers = betaln(met + points, not_met + calls - points) - betaln(met, not_met)
    return found


@dataclass(frozen=True)
class _Line:
    """What becomes of an uncoached agent by where they began, with how unlike people develop of themselves (a variance)."""

    intercept: float
    slope: float
    covariance: NDArray[np.float64]
    centre: float
    wanders: float

    @classmethod
    def through(
        cls,
        began: NDArray[np.float64],
        doubt: NDArray[np.float64],
        ended: NDArray[np.float64],
        noise: NDArray[np.float64],
    ) -> "_Line":
        """The line through the peers. Each counts by its calls; the wandering is what scatter calls do not explain."""
        centre = float(began.mean())
        design = np.column_stack([np.ones(len(began)), began - centre])
        belief = np.diag([0.0, _SLOPE_SPREAD**-2])
        wanders, slope = _WANDERS**2, _SLOPE
        for _ in range(6):  # weights and scatter depend on each other; they settle in three or four rounds
            known = noise + slope**2 * doubt
            weights = 1 / (known + wanders)
            precision = design.T @ (weights[:, None] * design) + belief
            covariance = np.linalg.inv(precision).astype(np.float64)
            intercept, slope = covariance @ (design.T @ (weights * ended) + belief @ np.array([0.0, _SLOPE]))
            residual = ended - design @ np.array([intercept, slope])
            freedom = len(began) - 2
            seen = float((weights * (residual**2 * len(began) / freedom - known)).sum() / weights.sum())
            share = _WANDERS_WORTH / (_WANDERS_WORTH + freedom)
            wanders = max(share * _WANDERS**2 + (1 - share) * seen, (_WANDERS / 2) ** 2)
        return cls(float(intercept), float(slope), covariance, centre, wanders)

    def at(self, began: float, doubt: float) -> tuple[float, float]:
        """What is expected of somebody who began there, and the variance of it: of the line, the start and the wandering."""
        place = np.array([1.0, began - self.centre])
        expected = self.intercept + self.slope * (began - self.centre)
        return float(expected), float(place @ self.covariance @ place) + self.slope**2 * doubt + self.wanders


# In words

_SHARES = ((0.15, "little"), (0.4, "about a third"), (0.6, "about half"), (0.85, "about two thirds"), (1.01, "almost all"))
"""How a share is said; the first bound above it counts."""


def in_words(said: Effect | TooSoon) -> str:
    """One plain sentence: `Likely yes: +11 points, 90 % interval +3 to +19; …` and how much would have come anyway."""
    if isinstance(said, TooSoon):
        if said.calls_missing:
            return f"Too soon to say: about {said.calls_missing} more {_plural(said.calls_missing, 'call')} would do."
        return f"Cannot be said: it takes {FEWEST_PEERS} agents with comparable calls who were not coached on this."
    points = f"{_points(said.effect)} points, 90 % interval {_points(said.low)} to {_points(said.high)}"
    match said.worked:
        case Worked.LIKELY:
            return f"Likely yes: {points}{_anyway(said)}."
        case Worked.UNLIKELY:
            return f"Likely not: {points}{_anyway(said)}."
        case Worked.WORSE:
            return f"Likely not, rather the reverse: {points}."
        case Worked.UNCLEAR:
            return f"Cannot be told from chance yet: {points}{_anyway(said)}."


def _anyway(said: Effect) -> str:
    if said.anyway is None:
        return ""
    share = next(words for bound, words in _SHARES if said.anyway < bound)
    return f"; {share} of the plain rise of {_points(said.after - said.before)} would have come anyway"


def _points(share: float) -> str:
    return f"{round(100 * share):+d}".replace("-", "\N{MINUS SIGN}").replace("+0", "0")


def _plural(number: int, noun: str) -> str:
    return noun if number == 1 else f"{noun}s"


# Across plans

FEWEST_PLANS = 4
"""Below this many measured goals nothing is said of a kind of coaching."""


@dataclass(frozen=True)
class KindOfCoaching:
    """What plans with one kind of coaching brought about on average, pulled towards what all plans did; shares of 0 to 1.

    likely: the interval lies above nothing by the same measure as for one plan. None where plans are too few to say.
    """

    kind: str
    plans: int
    effect: float | None
    low: float | None
    high: float | None
    probability: float | None

    @property
    def worked(self) -> Worked | None:
        """What can be said of it; None where plans are too few."""
        if self.probability is None:
            return None
        if self.probability >= LIKELY:
            return Worked.LIKELY
        return Worked.WORSE if self.probability <= 1 - LIKELY else Worked.UNCLEAR


def across_plans(effects: Mapping[str, Sequence[Effect]]) -> tuple[KindOfCoaching, ...]:
    """Which kinds of coaching work: the mean effect of each with its doubt, the largest first, the unsaid last.

    effects: by kind, one for each measured goal of a plan with such coaching; a plan with two kinds counts for both, which
    is why this says what went with a kind and not what it caused. Means are drawn towards that of all plans, and the
    variances within and between kinds are estimated from the effects (DerSimonian and Laird 1986; Morris 1983,
    "Parametric empirical Bayes inference").
    """
    enough = {kind: found for kind, found in effects.items() if len(found) >= FEWEST_PLANS}
    unsaid = [
        KindOfCoaching(kind, len(found), None, None, None, None) for kind, found in effects.items() if kind not in enough
    ]
    if not enough:
        return tuple(sorted(unsaid, key=lambda one: (-one.plans, one.kind)))
    # A goal of a plan with two kinds is one effect, not two, where all are taken together.
    all_of_them = list(dict.fromkeys(one for found in enough.values() for one in found))
    _, unlike = _pooled([one.effect for one in all_of_them], [one.standard_error**2 for one in all_of_them])
    means, variances = [], []
    for found in enough.values():
        weights = np.array([1 / (one.standard_error**2 + unlike) for one in found])
        means.append(float(np.average([one.effect for one in found], weights=weights)))
        variances.append(float(1 / weights.sum()))
    overall, between = _pooled(means, variances)
    overall_doubt = 1 / sum(1 / (variance + between) for variance in variances)
    z = float(ndtri((1 + WIDTH) / 2))
    said = []
    for (kind, found), mean, variance in zip(enough.items(), means, variances, strict=True):
        share = between / (between + variance)
        estimate = share * mean + (1 - share) * overall
        spread = float(np.sqrt(share * variance + (1 - share) ** 2 * overall_doubt))
        said.append(
            KindOfCoaching(
                kind,
                len(found),
                estimate,
                estimate - z * spread,
                estimate + z * spread,
                float(ndtr(estimate / spread)),
            )
        )
    said.sort(key=lambda one: (-(one.effect or 0.0), one.kind))
    return (*said, *sorted(unsaid, key=lambda one: (-one.plans, one.kind)))


def _pooled(values: Sequence[float], variances: Sequence[float]) -> tuple[float, float]:
    """The mean of values of unequal doubt, and the variance between them beyond that doubt (DerSimonian and Laird 1986)."""
    value, weight = np.asarray(values), 1 / np.asarray(variances)
    mean = float(np.average(value, weights=weight))
    scatter = float((weight * (value - mean) ** 2).sum())
    scale = float(weight.sum() - (weight**2).sum() / weight.sum())
    between = max(0.0, (scatter - (len(value) - 1)) / scale) if scale > 1e-9 else 0.0
    return float(np.average(value, weights=1 / (1 / weight + between))), between
