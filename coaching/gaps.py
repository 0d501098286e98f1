"""Which criteria does an agent or a team fall short on, how sure is that, and what would closing the gap bring?

A rate read from a few calls says little, so each is pulled towards the rate of the peers on comparable calls
(`coaching.peers`). A gap is named only where the chance of being below the target is at least `SURE` and the estimate lies
below it by enough to matter; the mean of the remaining chances over a list of such gaps is the expected share of false ones
in it (Newton et al. 2004, "Detecting differential gene expression with a semiparametric hierarchical mixture method"), so it
is at most 1 - `SURE`. Strengths are found in the same way, above the target and above the peers.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cached_property
from itertools import repeat
from typing import Any, NamedTuple, cast

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri

from coaching.peers import FEWEST_PEERS, NEAREST, Numbers, Posterior, posterior

SURE = 0.90
"""How likely a gap must be to be named one, and the width of the intervals shown."""

LARGE_ENOUGH = 0.05
"""The smallest shortfall that is worth a conversation, as a share of calls."""

MOST = 2 / 3
"""From this share of the agents on, a gap belongs to their team, and from this share of all agents on, to the process."""

FEWEST_CALLS = 10
"""Below this many calls nothing is said of a person, however strong the peers' example."""


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
    credible interval, `peers` what the others achieve on comparable calls, all shares from 0 to 1. `calls_needed` is about
    how many more calls would settle the matter if the rate stays what it is; 0 where it is settled.
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
    probability_below_peers: float = float("nan")
    """How likely the rate is below what the peers achieve on comparable calls; NaN where there are too few peers."""


@dataclass(frozen=True)
class Gap:
    """A rate that is likely below its target by enough to matter; whom it speaks about stands in `belongs`."""

    rate: Rate
    belongs: Belongs

    @property
    def shortfall(self) -> float:
        """How far the estimate lies below the target, as a share of calls."""
        return self.rate.target - self.rate.rate


@dataclass(frozen=True)
class Strength:
    """A rate that is likely above what the peers achieve on comparable calls by enough to matter, and on target."""

    rate: Rate

    @property
    def lead(self) -> float:
        """How far the estimate lies above the peers, as a share of calls."""
        return self.rate.rate - self.rate.peers


@dataclass(frozen=True)
class Scale:
    """What is looked for, as shares of calls: `large` is the smallest shortfall that matters, `nearest` how near to never
    and to always the peers' rate may be."""

    large: float = LARGE_ENOUGH
    nearest: float = NEAREST


USUAL = Scale()
RARE = Scale(large=0.02, nearest=0.002)
"""For what should never happen: two calls in a hundred too many are a conversation, and a usual rate may be tiny."""


def _calls_needed(rate: Numbers, spread: Numbers, target: Numbers, have: Numbers, large: float) -> NDArray[np.int64]:
    """About how many more calls until it would be said on which side of the target each rate lies, if it stays as it is.

    The posterior counts as an opinion worth rate·(1-rate)/spread² calls, and has to be worth z²·rate·(1-rate)/distance²
    (the normal approximation, z for a chance of `SURE`); a distance too small to matter need not be seen.
    """
    distance = np.maximum(np.abs(target - rate), large)
    noise = np.maximum(rate * (1 - rate), 0.05)
    worth = noise / np.maximum(spread, 1e-6) ** 2
    more = np.maximum(ndtri(SURE) ** 2 * noise / distance**2 - worth, FEWEST_CALLS - have)
    needed: NDArray[np.int64] = np.maximum(1, np.ceil(more)).astype(np.int64)
    return needed


def rates(
    counts: pd.DataFrame, default_target: float = 0.8, scale: Scale = USUAL, criterion: str | None = None
) -> list[Rate]:
    """Every agent's or team's rate for every criterion, or for that one alone.

    counts: one row per agent or team and criterion, with the columns of `storage.queries.criterion_counts`:
        id, name, team_id, scorecard, title, section, criterion, question, tip, weight, target, points, counted.
    default_target: the share of calls in which a criterion should be met, where its `target` is missing.
    """
    asked = zip(counts["scorecard"], counts["criterion"], strict=True)
    only = None if criterion is None else {key for key in asked if key[1] == criterion}
    return [rate for estimates in _estimates(counts, default_target, scale, only) for rate in estimates.rates()]


_TEXTS = ("name", "title", "section", "question", "tip")
"""The columns of the counts that are only handed on."""


@dataclass(frozen=True, eq=False)
class _Estimates:
    """One criterion's rates as arrays with an entry for each agent or team. `columns` are those of all the counts by name,
    `places` where this criterion's entries stand in them; `elsewhere` is what those outside of each one's team achieve on
    calls such as the team takes (NaN for a team without counted ones), None where that is not known."""

    columns: Mapping[str, NDArray[Any]]
    places: NDArray[np.intp]
    scorecard: str
    criterion: str
    share: float
    points: NDArray[np.float64]
    counted: NDArray[np.float64]
    target: NDArray[np.float64]
    elsewhere: NDArray[np.float64] | None
    likely: Posterior
    has_peers: bool
    large: float

    def only(self, which: NDArray[np.intp]) -> "_Estimates":
        """Of those at these places among the entries alone."""
        return replace(
            self,
            places=self.places[which],
            points=self.points[which],
            counted=self.counted[which],
            target=self.target[which],
            elsewhere=None if self.elsewhere is None else self.elsewhere[which],
            likely=self.likely.only(which),
        )

    @cached_property
    def below(self) -> NDArray[np.float64]:
        """How likely the rate is below its target."""
        return self.likely.below(self.target)

    @cached_property
    def clearly_below(self) -> NDArray[np.float64]:
        """How likely it is below by enough to matter."""
        return self.likely.below(np.clip(self.target - self.large, 0, 1))

    @cached_property
    def below_peers(self) -> NDArray[np.float64]:
        """How likely it is below what the peers achieve; NaN where there are too few."""
        return self.likely.below(self.likely.peers) if self.has_peers else np.full(len(self.places), np.nan)

    @cached_property
    def is_gap(self) -> NDArray[np.bool_]:
        """Where the rate is likely below its target, and by enough."""
        large = self.target - self.likely.mean >= self.large
        return (self.counted >= FEWEST_CALLS) & (self.below >= SURE) & large

    @cached_property
    def is_on_target(self) -> NDArray[np.bool_]:
        """Where it is likely not below it by enough to matter."""
        return (self.counted >= FEWEST_CALLS) & (1 - self.clearly_below >= SURE)

    @cached_property
    def is_below_peers(self) -> NDArray[np.bool_]:
        """Where the rate is likely below what the peers achieve on comparable calls, and by enough."""
        return (self.below_peers >= SURE) & (self.likely.peers - self.likely.mean >= self.large)

    @cached_property
    def is_far_below_peers(self) -> NDArray[np.bool_]:
        """Where the rate is likely below what the peers achieve by enough to matter."""
        if not self.has_peers:
            return np.zeros(len(self.places), np.bool_)
        return self.likely.below(np.clip(self.likely.peers - self.large, 0, 1)) >= SURE

    @cached_property
    def is_strength(self) -> NDArray[np.bool_]:
        """Where it is likely above the peers, and by enough, and likely on target."""
        above = (1 - self.below_peers >= SURE) & (self.likely.mean - self.likely.peers >= self.large)
        return (self.counted >= FEWEST_CALLS) & above & (1 - self.below >= SURE)

    @cached_property
    def team(self) -> NDArray[np.float64]:
        """The id of each one's team; NaN for none."""
        return np.asarray(self.columns["team_id"][self.places], np.float64)

    def rates(self) -> list[Rate]:
        """The rate of each."""
        likely, counted, target = self.likely, self.counted, self.target
        standing = np.where(self.is_gap, 0, np.where(self.is_on_target, 1, 2))
        needed = np.where(standing == 2, _calls_needed(likely.mean, likely.spread, target, counted, self.large), 0)
        names, titles, sections, questions, tips = (self.columns[name][self.places].tolist() for name in _TEXTS)
        observed = np.divide(self.points, counted, out=np.full(len(counted), np.nan), where=counted > 0)
        fields = zip(
            self.columns["id"][self.places].tolist(),
            names,
            [None if np.isnan(team) else int(team) for team in self.team.tolist()],
            repeat(self.scorecard),
            titles,
            sections,
            repeat(self.criterion),
            questions,
            tips,
            counted.astype(np.int64).tolist(),
            observed.tolist(),
            likely.mean.tolist(),
            likely.low.tolist(),
            likely.high.tolist(),
            target.tolist(),
            likely.peers.tolist(),
            self.below.tolist(),
            [_STANDINGS[number] for number in standing.tolist()],
            needed.tolist(),
            (np.maximum(0.0, target - likely.mean) * self.share * 100).tolist(),
            self.below_peers.tolist(),
        )
        return [Rate(*own) for own in fields]


_STANDINGS = (Standing.GAP, Standing.ON_TARGET, Standing.NOT_ENOUGH)


def _estimates(
    counts: pd.DataFrame, default_target: float, scale: Scale = USUAL, only: Collection[tuple[str, str]] | None = None
) -> Iterable[_Estimates]:
    """The rates of each criterion in the counts, as for `rates`; or `only` of some, whose weight all of them tell."""
    if counts.empty:
        return
    weights = counts.drop_duplicates(["scorecard", "criterion"]).groupby("scorecard")["weight"].sum()
    columns = {name: counts[name].to_numpy() for name in ("id", *_TEXTS)}
    columns["team_id"] = counts["team_id"].to_numpy(np.float64, na_value=np.nan)
    points, counted = counts["points"].to_numpy(np.float64), counts["counted"].to_numpy(np.float64)
    target = counts["target"].fillna(default_target).to_numpy(np.float64)
    weight = counts["weight"].to_numpy(np.float64)
    expected, elsewhere = (
        counts[name].to_numpy(np.float64) if name in counts else None for name in ("expected", "expected_of_team")
    )
    groups = counts.groupby(["scorecard", "criterion"], sort=False).indices.items()
    for (scorecard, criterion), places in cast("Iterable[tuple[tuple[str, str], NDArray[np.intp]]]", groups):
        if only is not None and (scorecard, criterion) not in only:
            continue
        likely = posterior(points[places], counted[places], _known(expected, places), SURE, scale.nearest)
        yield _Estimates(
            columns=columns,
            places=places,
            scorecard=str(scorecard),
            criterion=str(criterion),
            share=float(weight[places[0]]) / float(weights[scorecard]),
            points=points[places],
            counted=counted[places],
            target=target[places],
            elsewhere=None if elsewhere is None else elsewhere[places],
            likely=likely,
            has_peers=bool((counted[places] > 0).sum() >= FEWEST_PEERS),
            large=scale.large,
        )


def _known(expected: NDArray[np.float64] | None, places: NDArray[np.intp]) -> NDArray[np.float64] | None:
    """What is expected of each on one criterion; None where it is not known of all who have calls."""
    if expected is None or np.isnan(expected[places]).any():
        return None
    return expected[places]


def find_gaps(counts: pd.DataFrame, default_target: float = 0.8, scale: Scale = USUAL) -> list[Gap]:
    """The gaps in those counts, the one worth most points of the total first; those that everyone shares come last.

    counts: as for `rates`; by agent or by team. Where most agents of a team share a gap, and the others do not, it belongs
    to the team, unless those others fall short as well on calls such as the team takes. Where most of all share it, or the
    peers fall short on comparable calls, it is everyone's, a question about process or wording and not about people, unless
    the agent is clearly below even those peers.
    """
    gaps: list[Gap] = []
    for estimates in _estimates(counts, default_target, scale):
        which = np.flatnonzero(estimates.is_gap)
        if not len(which):
            continue
        gaps += map(Gap, estimates.only(which).rates(), _whose(estimates, which))
    return sorted(gaps, key=_worth)


def _worth(gap: Gap) -> tuple[bool, float, str, str]:
    """The order of gaps."""
    return gap.belongs is Belongs.EVERYONE, -gap.rate.points_of_total, gap.rate.name, gap.rate.criterion


def _lead(strength: Strength) -> tuple[float, str, str]:
    """The order of strengths."""
    return -strength.lead, strength.rate.name, strength.rate.criterion


def find_strengths(counts: pd.DataFrame, default_target: float = 0.8) -> list[Strength]:
    """Where agents (or teams) are likely better than their peers on comparable calls, the largest lead first.

    counts: as for `rates`.
    """
    found = [
        Strength(rate)
        for estimates in _estimates(counts, default_target)
        for rate in estimates.only(np.flatnonzero(estimates.is_strength)).rates()
    ]
    return sorted(found, key=_lead)


@dataclass(frozen=True)
class Picture:
    """All that can be said of one agent or team: every rate, and of those the gaps and the strengths, in their order."""

    rates: tuple[Rate, ...]
    gaps: tuple[Gap, ...]
    strengths: tuple[Strength, ...]


def picture(counts: pd.DataFrame, id: int, default_target: float = 0.8) -> Picture:
    """What `rates`, `find_gaps` and `find_strengths` say of one of those in the counts, among all of them."""
    rates: list[Rate] = []
    gaps: list[Gap] = []
    strengths: list[Strength] = []
    own_questions = counts.loc[counts["id"] == id, ["scorecard", "criterion"]].itertuples(index=False, name=None)
    for estimates in _estimates(counts, default_target, only=set(own_questions)):
        which = np.flatnonzero(estimates.columns["id"][estimates.places] == id)
        theirs = estimates.only(which)
        own = theirs.rates()
        rates += own
        if theirs.is_gap.any():
            gaps += map(Gap, own, _whose(estimates, which))
        if theirs.is_strength.any():
            strengths += map(Strength, own)
    return Picture(tuple(rates), tuple(sorted(gaps, key=_worth)), tuple(sorted(strengths, key=_lead)))


@dataclass(frozen=True)
class Shared:
    """The gaps of several in one criterion: those of a team, or of everybody."""

    gaps: tuple[Gap, ...]

    @property
    def first(self) -> Rate:
        """The rate of one of them, for the criterion's words; the one that reaching the target would bring most."""
        return self.gaps[0].rate

    @property
    def rate(self) -> float:
        """What they reach together, each by their number of calls: a share of 0 to 1."""
        calls = self.calls
        return sum(gap.rate.rate * gap.rate.calls for gap in self.gaps) / calls

    @property
    def calls(self) -> int:
        """In how many of their calls the question counted."""
        return sum(gap.rate.calls for gap in self.gaps)

    @property
    def points_of_total(self) -> float:
        """What reaching the target would add to each one's total, in the mean, in points of 100."""
        return sum(gap.rate.points_of_total for gap in self.gaps) / len(self.gaps)


def shared(gaps: Iterable[Gap], belongs: Belongs) -> list[Shared]:
    """The gaps that belong to teams, one for each team and criterion, or to everybody, one for each criterion.

    The one worth most points first.
    """
    together: dict[tuple[int | None, str, str], list[Gap]] = {}
    for gap in gaps:
        if gap.belongs is belongs:
            team = gap.rate.team_id if belongs is Belongs.TEAM else None
            together.setdefault((team, gap.rate.scorecard, gap.rate.criterion), []).append(gap)
    return sorted((Shared(tuple(own)) for own in together.values()), key=lambda one: -one.points_of_total)


def _whose(estimates: _Estimates, which: NDArray[np.intp]) -> list[Belongs]:
    """Whom these gaps in one criterion speak about, by the places of who has them."""
    asked = np.flatnonzero(estimates.counted > 0)
    teams, first, of_team = np.unique(
        np.nan_to_num(estimates.team[asked], nan=_NO_TEAM), return_index=True, return_inverse=True
    )
    sizes, with_gap = np.bincount(of_team), np.bincount(of_team, estimates.is_gap[asked])
    everyone = len(teams) > 1 and len(asked) >= FEWEST_PEERS and bool(with_gap.sum() >= MOST * len(asked))
    shared = (sizes >= FEWEST_PEERS) & (with_gap >= MOST * sizes) & (teams != _NO_TEAM)
    sums = _Sums.of(estimates.points[asked], estimates.counted[asked], of_team)
    elsewhere = _elsewhere(sums) if estimates.elsewhere is None else estimates.elsewhere[asked[first]]
    below, meet = (
        _is_below_others(sums, elsewhere, estimates.large),
        _others_meet(sums, elsewhere, estimates.target[asked[first]], estimates.large),
    )
    peers_short = (estimates.likely.peers < estimates.target) & ~np.isnan(estimates.below_peers)
    like_peers = (peers_short & ~estimates.is_below_peers)[which]
    at = of_team[np.searchsorted(asked, which)]
    nobodys_own = everyone | shared[at] | like_peers
    teams_own = (
        (teams[at] != _NO_TEAM) & (below[at] | (shared[at] & meet[at])) if not everyone else np.zeros(len(at), np.bool_)
    )
    still_own = (estimates.is_far_below_peers if everyone else estimates.is_below_peers)[which]
    return [
        Belongs.AGENT if not shared_gap else Belongs.TEAM if of_a_team else Belongs.AGENT if own else Belongs.EVERYONE
        for shared_gap, of_a_team, own in zip(nobodys_own.tolist(), teams_own.tolist(), still_own.tolist(), strict=True)
    ]


_NO_TEAM = -1
"""Those of no team stand together."""


class _Sums(NamedTuple):
    """What is added up of several people, for each team: how many they are, points, counted answers, and of these two the
    squares and the products."""

    people: Numbers
    points: Numbers
    counted: Numbers
    points_squared: Numbers
    both: Numbers
    counted_squared: Numbers

    @classmethod
    def of(cls, points: Numbers, counted: Numbers, team: NDArray[np.intp]) -> "_Sums":
        """The sums of each team."""
        each = (np.ones(len(team)), points, counted, points**2, points * counted, counted**2)
        return cls(*(np.bincount(team, own).astype(np.float64) for own in each))

    @property
    def others(self) -> "_Sums":
        """For each team the sums of everybody else."""
        return _Sums(*(own.sum() - own for own in self))


def _elsewhere(sums: _Sums) -> Numbers:
    """What those outside of each team achieve, all their calls together."""
    others = sums.others
    return others.points / np.maximum(others.counted, 1e-9)


def _others_meet(sums: _Sums, elsewhere: Numbers, target: Numbers, large: float) -> NDArray[np.bool_]:
    """Whether those outside of each team, who achieve what is given as `elsewhere`, are on target, or nearly; or nobody else
    was asked."""
    found: NDArray[np.bool_] = (sums.others.people < FEWEST_PEERS) | (elsewhere > target - large)
    return found


def _is_below_others(sums: _Sums, elsewhere: Numbers, large: float) -> NDArray[np.bool_]:
    """Whether each team, all its calls together, likely does worse than those outside of it, and by enough."""
    enough = np.minimum(sums.people, sums.others.people) >= FEWEST_PEERS
    (share, error), (_, of_others) = _together(sums), _together(sums.others)
    found: NDArray[np.bool_] = enough & (ndtr((elsewhere - large - share) / np.hypot(error, of_others)) >= SURE)
    return found


def _together(sums: _Sums) -> tuple[Numbers, Numbers]:
    """The share of points of several agents together, and its standard error, agents being drawn as well as calls."""
    share, counted = (sums.points + 1) / (sums.counted + 2), np.maximum(sums.counted, 1e-9)
    scatter = sums.points_squared - 2 * share * sums.both + share**2 * sums.counted_squared
    # The sandwich estimator of a ratio (Cochran 1977, Sampling Techniques, section 6.13), never below that of calls alone.
    of_agents = np.sqrt(np.maximum(scatter, 0.0) * sums.people / np.maximum(sums.people - 1, 1)) / counted
    return share, np.maximum(of_agents, np.sqrt(share * (1 - share) / counted))
