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
   choosing by what stands on the line's own axis does not. Beforehand the slope is thought to be about one.
3. Calls differ by queue and channel, so every rate is first put on one level: by how much more or less is usual on calls
   like these is taken off it (`counted_together`), and put back onto what is expected.
4. The effect is the rate after minus what the line says of the agent's own start. Its doubt holds the few calls after, the
   few before, how unlike people develop of themselves, and how well the peers tell the line.

`bench.effect` measures all of it on simulated centres in which the truth is known.
"""

from collections import defaultdict
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray
from scipy.special import betaln, expit, ndtr, ndtri

from coaching.peers import BORROWED_CALLS, UNLIKE, UNLIKE_WORTH

LIKELY = 0.90
"""How probable an effect above nothing must be to be called likely: as sure as a gap has to be to be named one."""

WIDTH = 0.90
"""The probability of the intervals shown."""

FEWEST_CALLS = 10
"""Below this many calls before or after nothing is said of an effect, and a peer is no comparison."""

FEWEST_PEERS = 8
"""With fewer uncoached agents than this there is no line to hold the after against."""

_SLOPE, _SLOPE_SPREAD = 1.0, 0.2
"""What is thought of the line's slope beforehand: that a lasting difference lasts, give or take a quarter."""

_WANDERS, _WANDERS_WORTH = 0.02, 8.0
"""How far people's true rates wander apart of themselves in a quarter, as a standard deviation, and how many peers' worth of
opinion that is. A dozen agents tell it badly alone, and taking it for nothing would make every effect look sure."""

_STRENGTHS = np.geomspace(3.0, 120.0, 16)
"""How many calls' worth of opinion the peers may hold of somebody's rate before; which, the counts tell."""

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

    @property
    def level_points_before(self) -> float:
        """The points before as they would be on calls as hard as all that are compared: 0 to as many as there are calls."""
        return float(np.clip(self.points_before - self.easier_before * self.calls_before, 0.0, self.calls_before))

    @property
    def level_after(self) -> float:
        """The rate after likewise; on easy calls it can lie below 0."""
        return self.after - self.easier_after

    @property
    def counts(self) -> bool:
        """Whether there are calls enough on both sides."""
        return min(self.calls_before, self.calls_after) >= FEWEST_CALLS


@dataclass(frozen=True)
class Count:
    """What one agent did on one criterion in one kind of call (a queue on a channel), before or after."""

    agent_id: int
    kind: Hashable
    is_after: bool
    points: float
    calls: float


def counted_together(counts: Iterable[Count]) -> dict[int, BeforeAfter]:
    """Each agent's counts, with how easy their calls were, by what all others achieve in the same kinds of calls.

    Indirect standardisation as in `coaching.peers.expected_rates`, and with the calls at the overall rate that it borrows
    for kinds which are hardly ever seen. Both sides are held against the rates of the whole time, so that a season stays in
    what became of the peers.
    """
    halves: dict[tuple[int, bool], dict[Hashable, float]] = defaultdict(lambda: defaultdict(float))
    sums: dict[tuple[int, Hashable], list[float]] = defaultdict(lambda: [0.0, 0.0])
    of_kind: dict[Hashable, list[float]] = defaultdict(lambda: [0.0, 0.0])
    points: dict[tuple[int, bool], float] = defaultdict(float)
    for one in counts:
        halves[one.agent_id, one.is_after][one.kind] += one.calls
        points[one.agent_id, one.is_after] += one.points
        for held in (sums[one.agent_id, one.kind], of_kind[one.kind]):
            held[0] += one.points
            held[1] += one.calls
    overall = sum(held[0] for held in of_kind.values()) / max(sum(held[1] for held in of_kind.values()), 1e-9)

    def usual(agent_id: int, kind: Hashable) -> float:
        (all_points, all_calls), (own_points, own_calls) = of_kind[kind], sums[agent_id, kind]
        return (all_points - own_points + BORROWED_CALLS * overall) / (all_calls - own_calls + BORROWED_CALLS)

    def half(agent_id: int, is_after: bool) -> tuple[float, float, float]:
        kinds = halves.get((agent_id, is_after), {})
        calls = sum(kinds.values())
        expected = sum(number * usual(agent_id, kind) for kind, number in kinds.items())
        return points.get((agent_id, is_after), 0.0), calls, expected / calls - overall if calls else 0.0

    found = {}
    for agent_id in sorted({agent_id for agent_id, _ in halves}):
        (before, calls_before, easier_before), (after, calls_after, easier_after) = (
            half(agent_id, False),
            half(agent_id, True),
        )
        found[agent_id] = BeforeAfter(before, calls_before, after, calls_after, easier_before, easier_after)
    return found


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


def effect(coached: BeforeAfter, peers: Sequence[BeforeAfter], others: Sequence[BeforeAfter] = ()) -> Effect | TooSoon:
    """What coaching brought one agent, held against agents who were not coached.

    peers: agents with comparable calls who were not coached on this. others: further coached agents, whose rates before
    help to say what rates are usual; without them the usual would be taken from those who needed no coaching.
    """
    compared = [peer for peer in peers if peer.counts]
    missing = max(FEWEST_CALLS - min(coached.calls_before, coached.calls_after), 0)
    if missing or len(compared) < FEWEST_PEERS:
        return TooSoon(int(np.ceil(missing)), len(compared))
    everybody = [coached, *compared, *(other for other in others if other.calls_before >= FEWEST_CALLS)]
    usual = _Usual.of(
        np.array([one.level_points_before for one in everybody]),
        np.array([one.calls_before for one in everybody], np.float64),
    )
    began, doubt = usual.start(
        np.array([one.level_points_before for one in compared]), np.array([one.calls_before for one in compared])
    )
    ended = np.array([one.level_after for one in compared])
    usual_end = float(np.average([one.after for one in compared], weights=[one.calls_after for one in compared]))
    noise = np.array([_sampling(one.after, one.calls_after, usual_end) for one in compared])
    own, own_doubt = usual.start(np.array([coached.level_points_before]), np.array([coached.calls_before]))
    line = _Line.through(began, doubt, ended, noise)
    level, variance = line.at(float(own[0]), float(own_doubt[0]))
    expected = level + coached.easier_after
    variance += _sampling(coached.after, coached.calls_after, expected)
    return Effect(
        before=coached.before,
        after=coached.after,
        calls_before=int(coached.calls_before),
        calls_after=int(coached.calls_after),
        expected=float(np.clip(expected, 0.0, 1.0)),
        standard_error=float(np.sqrt(variance)),
        peers=len(compared),
    )


def _sampling(rate: float, calls: float, usual: float) -> float:
    """The variance of a plain rate by chance; the rate itself is pulled a little towards the usual one for it."""
    steadied = (rate * calls + 2 * usual) / (calls + 2)
    return max(steadied * (1 - steadied), _SMALLEST_VARIANCE) / calls


@dataclass(frozen=True)
class _Usual:
    """What rates may be drawn from: beta distributions with these means, each worth so many calls, in which a share of
    people may be unlike all others and have nearly any rate; and how probable each of these is.

    Without that share (as in `coaching.peers`; Box and Tiao 1968) the one agent who truly is different, whom a coach will
    choose, would be pulled to all who are alike, and be said to have fallen when nothing has changed.
    """

    means: NDArray[np.float64]
    strengths: NDArray[np.float64]
    shares: NDArray[np.float64]
    weights: NDArray[np.float64]

    @classmethod
    def of(cls, points: NDArray[np.float64], calls: NDArray[np.float64]) -> "_Usual":
        """The distributions weighed by how well they explain these counts.

        A dozen agents do not tell how alike agents are; settling on one answer would pull too much or too little with
        too much certainty.
        """
        rates = points / calls
        strengths = np.repeat(_STRENGTHS, len(UNLIKE))
        shares = np.tile(UNLIKE, len(_STRENGTHS))
        weights = calls / (calls + strengths[:, None])
        means = np.clip((weights * rates).sum(axis=1) / weights.sum(axis=1), 0.01, 0.99)
        alike, unlike = _explained(means, strengths, shares, points, calls)
        fits = np.logaddexp(alike, unlike).sum(axis=1)
        likely = np.exp(fits - fits.max())
        return cls(means, strengths, shares, likely / likely.sum())

    def start(
        self, points: NDArray[np.float64], calls: NDArray[np.float64]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """What an agent's true rate before was, and the variance of that: the mixture of the posterior distributions."""
        alike, unlike = _explained(self.means, self.strengths, self.shares, points, calls)
        is_alike = expit(alike - unlike)
        best, square = np.zeros(len(points)), np.zeros(len(points))
        for share, worth in ((is_alike, self.strengths), (1 - is_alike, np.full(len(self.means), UNLIKE_WORTH))):
            held = worth[:, None] + calls
            mean = ((self.means * worth)[:, None] + points) / held
            best += self.weights @ (share * mean)
            square += self.weights @ (share * (mean * (1 - mean) / (held + 1) + mean**2))
        return best, square - best**2


def _explained(
    means: NDArray[np.float64],
    strengths: NDArray[np.float64],
    shares: NDArray[np.float64],
    points: NDArray[np.float64],
    calls: NDArray[np.float64],
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """How well each distribution explains each one's counts, as one of those who are alike and as one who is not: logs."""

    def of(worth: NDArray[np.float64] | float) -> NDArray[np.float64]:
        a, b = (means * worth)[:, None], ((1 - means) * worth)[:, None]
        found: NDArray[np.float64] = betaln(a + points, b + calls - points) - betaln(a, b)
        return found

    return np.log(1 - shares)[:, None] + of(strengths), np.log(shares)[:, None] + of(UNLIKE_WORTH)


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
