"""Which criteria does an agent or a team fall short on, how sure is that, and what would closing the gap bring?

A rate read from a few calls says little, so each is pulled towards the rate of the peers: the counts of one criterion
over all agents are taken as draws from a beta-binomial distribution, its two parameters estimated from those counts by
moments (Kleinman 1973, "Proportions with extraneous variance"), and an agent's own rate is the posterior beta
distribution. A gap is named only where the chance of being below the target is at least `SURE`; the mean of the
remaining chances over a list of such gaps is the expected share of false ones in it (Newton et al. 2004, "Detecting
differential gene expression with a semiparametric hierarchical mixture method"), so it is at most 1 - `SURE`.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, cast

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import betainc, betaincinv

SURE = 0.90
"""How likely a gap must be to be named one, and the width of the intervals shown."""

LARGE_ENOUGH = 0.05
"""The smallest shortfall from the target that is worth a conversation, as a share of calls."""

MOST = 2 / 3
"""From this share of the agents on, a gap belongs to their team, and from this share of all agents on, to the process."""

FEWEST_CALLS = 10
"""Below this many calls nothing is said of a person, however strong the peers' example."""

FEWEST_PEERS = 3
"""With fewer people than this there are no peers to learn from; then every rate is as likely as another beforehand."""

_PRIOR_CALLS = (2.0, 50.0)
"""How many calls' worth of opinion the peers may hold: never less than two, never enough to drown sixty calls."""


class Standing(StrEnum):
    """What can be said about a rate against its target."""

    GAP = "gap"
    ON_TARGET = "on_target"
    NOT_ENOUGH = "not_enough"


class Belongs(StrEnum):
    """Whom a gap speaks about."""

    AGENT = "agent"
    TEAM = "team"
    EVERYONE = "everyone"


@dataclass(frozen=True)
class Rate:
    """How often a criterion was met by one agent or team, with its doubt.

    `observed` is points over counted calls, `rate` the estimate pulled towards the peers, `low` and `high` its 90 %
    credible interval, all shares from 0 to 1. `calls_needed` is about how many more calls would settle the matter if
    the rate stays what it is; 0 where it is settled.
    """

    id: int
    name: str
    team_id: int | None
    scorecard: str
    title: str
    section: str
    criterion: str
    question: str
    tip: str
    calls: int
    observed: float
    rate: float
    low: float
    high: float
    target: float
    peers: float
    probability_below: float
    standing: Standing
    calls_needed: int
    points_of_total: float
    """What reaching the target would add to the scorecard's total, in points of 100."""


@dataclass(frozen=True)
class Gap:
    """A rate that is likely below its target by enough to matter; whom it speaks about stands in `belongs`."""

    rate: Rate
    belongs: Belongs

    @property
    def shortfall(self) -> float:
        """How far the estimate lies below the target, as a share of calls."""
        return self.rate.target - self.rate.rate


def _peers_prior(points: NDArray[np.float64], counted: NDArray[np.float64]) -> tuple[float, float]:
    """The two parameters of the beta distribution that the peers' counts were drawn from, by moments.

    points, counted: one entry for each agent or team. With fewer than `FEWEST_PEERS` it is the uniform distribution.
    """
    if (counted > 0).sum() < FEWEST_PEERS:
        return 1.0, 1.0
    total = counted.sum()
    mean = float(np.clip(points.sum() / total, 0.01, 0.99))
    rates = points[counted > 0] / counted[counted > 0]
    n = counted[counted > 0]
    spread = float((n * (rates - mean) ** 2).sum())
    noise = mean * (1 - mean)
    # Expected spread of k draws is noise·(k-1) + excess·(N - Σn²/N); solved for the excess.
    excess = (spread - noise * (len(n) - 1)) / max(1e-9, total - (n**2).sum() / total)
    share = float(np.clip(excess / noise, 1e-6, 1.0))
    strength = float(np.clip(1 / share - 1, *_PRIOR_CALLS))
    return mean * strength, (1 - mean) * strength


def _calls_needed(rate: float, target: float, have: float) -> int:
    """About how many more calls until the interval no longer spans the target, if the rate stays as it is.

    The normal approximation to the width of a 90 % interval: n = z²·p·(1-p)/d², with z for a one-sided 90 %.
    """
    distance = max(abs(target - rate), LARGE_ENOUGH)
    needed = max(FEWEST_CALLS, 1.2816**2 * max(rate * (1 - rate), 0.05) / distance**2)
    return max(1, int(np.ceil(needed - have)))


def rates(counts: pd.DataFrame, default_target: float = 0.8) -> list[Rate]:
    """Every agent's or team's rate for every criterion.

    counts: one row per agent or team and criterion, with the columns of `storage.queries.criterion_counts`:
        id, name, team_id, scorecard, title, section, criterion, question, tip, weight, target, points, counted.
    default_target: the share of calls in which a criterion should be met, where its `target` is missing.
    """
    return [estimates.rate(n) for estimates in _estimates(counts, default_target) for n in range(len(estimates.rows))]


@dataclass(frozen=True, eq=False)
class _Estimates:
    """One criterion's rates as arrays with an entry for each agent or team, in the order of `rows`, the counts."""

    rows: Sequence[Any]
    scorecard: str
    criterion: str
    share: float
    prior: tuple[float, float]
    points: NDArray[np.float64]
    counted: NDArray[np.float64]
    target: NDArray[np.float64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]
    below: NDArray[np.float64]
    clearly_below: NDArray[np.float64]

    @property
    def estimate(self) -> NDArray[np.float64]:
        """The means of the posterior distributions."""
        return (self.prior[0] + self.points) / (sum(self.prior) + self.counted)

    @property
    def is_gap(self) -> NDArray[np.bool_]:
        """Where the rate is likely, and by enough, below its target."""
        return (self.counted >= FEWEST_CALLS) & (self.clearly_below >= SURE)

    @property
    def is_on_target(self) -> NDArray[np.bool_]:
        """Where it is likely not below it by enough to matter."""
        return (self.counted >= FEWEST_CALLS) & (1 - self.clearly_below >= SURE)

    def rate(self, n: int) -> Rate:
        """The nth agent's or team's rate."""
        row, counted, target, estimate = self.rows[n], self.counted[n], float(self.target[n]), float(self.estimate[n])
        standing = Standing.GAP if self.is_gap[n] else Standing.ON_TARGET if self.is_on_target[n] else Standing.NOT_ENOUGH
        return Rate(
            id=int(row.id),
            name=str(row.name),
            team_id=None if pd.isna(row.team_id) else int(row.team_id),
            scorecard=self.scorecard,
            title=str(row.title),
            section=str(row.section),
            criterion=self.criterion,
            question=str(row.question),
            tip=str(row.tip),
            calls=int(counted),
            observed=float(self.points[n] / counted) if counted else float("nan"),
            rate=estimate,
            low=float(self.low[n]),
            high=float(self.high[n]),
            target=target,
            peers=self.prior[0] / sum(self.prior),
            probability_below=float(self.below[n]),
            standing=standing,
            calls_needed=_calls_needed(estimate, target, counted) if standing is Standing.NOT_ENOUGH else 0,
            points_of_total=max(0.0, target - estimate) * self.share * 100,
        )


def _estimates(counts: pd.DataFrame, default_target: float) -> Iterable[_Estimates]:
    """The rates of each criterion in the counts, as for `rates`."""
    if counts.empty:
        return
    weights = counts.drop_duplicates(["scorecard", "criterion"]).groupby("scorecard")["weight"].sum()
    rows = list(counts.itertuples(index=False))
    points, counted = counts["points"].to_numpy(np.float64), counts["counted"].to_numpy(np.float64)
    target = counts["target"].fillna(default_target).to_numpy(np.float64)
    # All at once: a call of the beta distribution's functions costs more than what it works out for one criterion.
    groups = list(counts.groupby(["scorecard", "criterion"], sort=False).indices.items())
    a, b = np.empty(len(rows)), np.empty(len(rows))
    for _, places in groups:
        a[places], b[places] = _peers_prior(points[places], counted[places])
    posterior = a + points, b + counted - points
    low, high = betaincinv(*posterior, (1 - SURE) / 2), betaincinv(*posterior, 1 - (1 - SURE) / 2)
    below, clearly_below = betainc(*posterior, target), betainc(*posterior, np.clip(target - LARGE_ENOUGH, 0, 1))
    for (scorecard, criterion), places in cast("Iterable[tuple[tuple[str, str], NDArray[np.intp]]]", groups):
        yield _Estimates(
            rows=[rows[place] for place in places],
            scorecard=str(scorecard),
            criterion=str(criterion),
            share=float(rows[places[0]].weight) / float(weights[scorecard]),
            prior=(float(a[places[0]]), float(b[places[0]])),
            points=points[places],
            counted=counted[places],
            target=target[places],
            low=low[places],
            high=high[places],
            below=below[places],
            clearly_below=clearly_below[places],
        )


def find_gaps(counts: pd.DataFrame, default_target: float = 0.8) -> list[Gap]:
    """The gaps in those counts, the one worth most points of the total first; those that everyone shares come last.

    counts: as for `rates`; by agent or by team. Where most agents of a team share a gap it belongs to the team, where
    most of all share it, to everyone: then it is a question about process or wording, not about people.
    """
    gaps: list[Gap] = []
    for estimates in _estimates(counts, default_target):
        whose = _whose(estimates)
        gaps += [Gap(rate, whose(rate.team_id)) for rate in map(estimates.rate, np.flatnonzero(estimates.is_gap).tolist())]
    return sorted(
        gaps,
        key=lambda gap: (gap.belongs is Belongs.EVERYONE, -gap.rate.points_of_total, gap.rate.name, gap.rate.criterion),
    )


def _whose(estimates: _Estimates) -> Callable[[int | None], Belongs]:
    """Whom a gap in this criterion speaks about, by the team of who has it."""
    teams: dict[int | None, list[bool]] = {}
    for row, counted, gap in zip(estimates.rows, estimates.counted, estimates.is_gap.tolist(), strict=True):
        if counted > 0:
            teams.setdefault(None if pd.isna(row.team_id) else int(row.team_id), []).append(gap)

    def mostly(gaps: Sequence[bool]) -> bool:
        return len(gaps) >= FEWEST_PEERS and sum(gaps) >= MOST * len(gaps)

    everyone = len(teams) > 1 and mostly([gap for gaps in teams.values() for gap in gaps])
    shared = {team for team, gaps in teams.items() if mostly(gaps)}
    return lambda team: Belongs.EVERYONE if everyone else Belongs.TEAM if team in shared else Belongs.AGENT
