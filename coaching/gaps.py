"""Which criteria does an agent or a team fall short on, how sure is that, and what would closing the gap bring?

A rate read from a few calls says little, so each is pulled towards the rate of the peers on comparable calls
(`coaching.peers`). A gap is named only where the chance of being below the target is at least `SURE` and the estimate lies
below it by enough to matter; the mean of the remaining chances over a list of such gaps is the expected share of false ones
in it (Newton et al. 2004, "Detecting differential gene expression with a semiparametric hierarchical mixture method"), so it
is at most 1 - `SURE`. Strengths are found in the same way, above the target and above the peers.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cached_property
from typing import Any, NamedTuple, cast, overload

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
    only = None
    if criterion is not None:
        cards = counts.loc[counts["criterion"] == criterion, "scorecard"].unique()
        only = {(str(card), criterion) for card in cards}
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

    def figures(self) -> dict[str, NDArray[Any]]:
        """What a `Rate` of each is made of, by the names of its fields and in their order."""
        likely, counted, target = self.likely, self.counted, self.target
        standing = np.where(self.is_gap, 0, np.where(self.is_on_target, 1, 2))
        needed = np.where(standing == 2, _calls_needed(likely.mean, likely.spread, target, counted, self.large), 0)
        names, titles, sections, questions, tips = (self.columns[name][self.places] for name in _TEXTS)
        count = len(counted)
        return {
            "id": self.columns["id"][self.places],
            "name": names,
            "team_id": self.team,
            "scorecard": np.full(count, self.scorecard, np.object_),
            "title": titles,
            "section": sections,
            "criterion": np.full(count, self.criterion, np.object_),
            "question": questions,
            "tip": tips,
            "calls": counted.astype(np.int64),
            "observed": np.divide(self.points, counted, out=np.full(count, np.nan), where=counted > 0),
            "rate": likely.mean,
            "low": likely.low,
            "high": likely.high,
            "target": target,
            "peers": likely.peers,
            "probability_below": self.below,
            "standing": standing,
            "calls_needed": needed,
            "points_of_total": np.maximum(0.0, target - likely.mean) * self.share * 100,
            "probability_below_peers": self.below_peers,
        }

    def rates(self) -> list[Rate]:
        """The rate of each."""
        return _written(self.figures())


def _written(figures: Mapping[str, NDArray[Any]]) -> list[Rate]:
    """Rates of their figures, as `_Estimates.figures` has them."""
    columns = {name: own.tolist() for name, own in figures.items()}
    columns["team_id"] = [None if np.isnan(team) else int(team) for team in columns["team_id"]]
    columns["standing"] = [_STANDINGS[number] for number in columns["standing"]]
    return [Rate(*own) for own in zip(*columns.values(), strict=True)]


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
        own_expected = None if expected is None else expected[places]
        known = _known(own_expected, points[places], counted[places])
        likely = posterior(points[places], counted[places], known, SURE, scale.nearest)
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


def _known(
    expected: NDArray[np.float64] | None, points: NDArray[np.float64], counted: NDArray[np.float64]
) -> NDArray[np.float64] | None:
    """What is expected of each on one criterion; None where it is not known of all who have counted calls. Of those who
    have none it is what all of them achieve, and changes nothing for the others."""
    if expected is None or np.isnan(expected[counted > 0]).any() or not counted.any():
        return None
    return np.where(np.isnan(expected), points.sum() / counted.sum(), expected)


class Gaps(Sequence[Gap]):
    """Gaps in their order. There may be thousands, of which a page shows the first and adds up the others: one is written
    out when it is asked for."""

    def __init__(self, figures: Mapping[str, NDArray[Any]], asked: NDArray[np.int64], belongs: NDArray[np.int64]) -> None:
        """figures: as of `_Estimates.figures`. asked: a number for the question of each. belongs: whose each is, as a place
        in `_WHOSE`."""
        self._figures, self._asked, self._belongs = figures, asked, belongs

    @classmethod
    def of(cls, found: Sequence[tuple["_Estimates", NDArray[np.int64]]]) -> "Gaps":
        """Gaps question by question, with whose each is, put in order: the one worth most points first, and those last that
        everyone shares."""
        if not found:
            return cls({}, np.empty(0, np.int64), np.empty(0, np.int64))
        parts = [estimates.figures() for estimates, _ in found]
        figures = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
        asked = np.repeat(np.arange(len(found)), [len(own) for _, own in found])
        belongs = np.concatenate([own for _, own in found])
        places = (_places(figures[name]) for name in ("criterion", "name"))
        order = np.lexsort((*places, -figures["points_of_total"], belongs == _WHOSE.index(Belongs.EVERYONE)))
        return cls(figures, asked, belongs)._only(order)

    def _only(self, which: NDArray[Any] | slice) -> "Gaps":
        return Gaps({name: own[which] for name, own in self._figures.items()}, self._asked[which], self._belongs[which])

    def __len__(self) -> int:
        return len(self._belongs)

    @overload
    def __getitem__(self, which: int) -> Gap: ...
    @overload
    def __getitem__(self, which: slice) -> "Gaps": ...
    def __getitem__(self, which: int | slice) -> "Gap | Gaps":
        if isinstance(which, slice):
            return self._only(which)
        at = range(len(self))[which]  # or it raises what a list raises
        return next(iter(self._only(slice(at, at + 1))))

    def __iter__(self) -> Iterator[Gap]:
        whose = [_WHOSE[number] for number in self._belongs.tolist()]
        return map(Gap, _written(self._figures) if len(self) else [], whose)

    def __eq__(self, other: object) -> bool:
        return list(self) == list(other) if isinstance(other, Sequence) else NotImplemented

    __hash__ = None  # type: ignore[assignment]

    def belonging_to(self, belongs: Belongs) -> "Gaps":
        """Those that speak about these."""
        return self._only(self._belongs == _WHOSE.index(belongs))

    def by_question(self, *, by_team: bool) -> list["Gaps"]:
        """Those of each question, and of each team where that is asked for, in the order of the first of each."""
        if not len(self):
            return []
        teams = np.nan_to_num(self._figures["team_id"], nan=_NO_TEAM).astype(np.int64) - _NO_TEAM
        key = self._asked * (teams.max() + 1) + teams if by_team else self._asked
        _, first, group = np.unique(key, return_index=True, return_inverse=True)
        members = np.split(np.argsort(group, kind="stable"), np.cumsum(np.bincount(group))[:-1])
        return [self._only(members[n]) for n in np.argsort(first)]

    @property
    def calls(self) -> NDArray[np.int64]:
        """In how many calls each question counted."""
        return self._figures["calls"]

    @property
    def rates(self) -> NDArray[np.float64]:
        """The estimates, shares of 0 to 1."""
        return self._figures["rate"]

    @property
    def points_of_total(self) -> NDArray[np.float64]:
        """What reaching the target would add to each one's total, in points of 100."""
        return self._figures["points_of_total"]


_WHOSE = tuple(Belongs)


def _places(words: NDArray[Any]) -> NDArray[np.int64]:
    """The place of each word in their order."""
    codes, different = pd.factorize(words)
    order = np.empty(len(different), np.int64)
    order[sorted(range(len(different)), key=lambda n: str(different[n]))] = np.arange(len(different))
    return order[codes]


def find_gaps(counts: pd.DataFrame, default_target: float = 0.8, scale: Scale = USUAL) -> Gaps:
    """The gaps in those counts, the one worth most points of the total first; those that everyone shares come last.

    counts: as for `rates`; by agent or by team. Where most agents of a team share a gap, and the others do not, it belongs
    to the team, unless those others fall short as well on calls such as the team takes. Where most of all share it, or the
    peers fall short on comparable calls, it is everyone's, a question about process or wording and not about people, unless
    the agent is clearly below even those peers.
    """
    found = []
    for estimates in _estimates(counts, default_target, scale):
        which = np.flatnonzero(estimates.is_gap)
        if len(which):
            found.append((estimates.only(which), _whose(estimates, which)))
    return Gaps.of(found)


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
    gaps: Gaps
    strengths: tuple[Strength, ...]


def picture(counts: pd.DataFrame, id: int, default_target: float = 0.8) -> Picture:
    """What `rates`, `find_gaps` and `find_strengths` say of one of those in the counts, among all of them."""
    rates: list[Rate] = []
    gaps: list[tuple[_Estimates, NDArray[np.int64]]] = []
    strengths: list[Strength] = []
    own_questions = counts.loc[counts["id"] == id, ["scorecard", "criterion"]].itertuples(index=False, name=None)
    for estimates in _estimates(counts, default_target, only=set(own_questions)):
        which = np.flatnonzero(estimates.columns["id"][estimates.places] == id)
        theirs = estimates.only(which)
        own = theirs.rates()
        rates += own
        if theirs.is_gap.any():
            gaps.append((theirs, _whose(estimates, which)))
        if theirs.is_strength.any():
            strengths += map(Strength, own)
    return Picture(tuple(rates), Gaps.of(gaps), tuple(sorted(strengths, key=_lead)))


@dataclass(frozen=True)
class Shared:
    """The gaps of several in one criterion: those of a team, or of everybody."""

    gaps: Gaps

    @cached_property
    def first(self) -> Rate:
        """The rate of one of them, for the criterion's words; the one that reaching the target would bring most."""
        return self.gaps[0].rate

    @property
    def rate(self) -> float:
        """What they reach together, each by their number of calls: a share of 0 to 1."""
        return float(self.gaps.rates @ self.gaps.calls) / self.calls

    @property
    def calls(self) -> int:
        """In how many of their calls the question counted."""
        return int(self.gaps.calls.sum())

    @property
    def points_of_total(self) -> float:
        """What reaching the target would add to each one's total, in the mean, in points of 100."""
        return float(self.gaps.points_of_total.mean())


def shared(gaps: Gaps, belongs: Belongs) -> list[Shared]:
    """The gaps that belong to teams, one for each team and criterion, or to everybody, one for each criterion.

    The one worth most points first.
    """
    together = gaps.belonging_to(belongs).by_question(by_team=belongs is Belongs.TEAM)
    return sorted(map(Shared, together), key=lambda one: -one.points_of_total)


def _whose(estimates: _Estimates, which: NDArray[np.intp]) -> NDArray[np.int64]:
    """Whom these gaps in one criterion speak about, as places in `_WHOSE`, by the places of who has them."""
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
    agent, team, everyone_ = (_WHOSE.index(one) for one in (Belongs.AGENT, Belongs.TEAM, Belongs.EVERYONE))
    whose: NDArray[np.int64] = np.where(
        ~nobodys_own, agent, np.where(teams_own, team, np.where(still_own, agent, everyone_))
    )
    return whose


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
