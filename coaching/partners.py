"""Do a company's people do better or worse than ours, or do they only take other calls?

A partner that is given the hard reasons, or the nights, scores low whoever it sends. So its calls are held against ours of
the same reason on the same channel, at the same time of day and of the week: the difference that is left is that of the two
in a least-squares model that has a level for each of these (analysis of covariance; the partner's own part of it by the
theorem of Frisch and Waugh 1933, "Partial time regressions as compared with individual trends"). Calls of a kind that only
one side takes are left out, as nothing is known of how the other would do on them.

Calls of one agent resemble each other, so the range rests on how far agents differ and not calls (standard errors by
cluster; Liang and Zeger 1986), with as many degrees of freedom as the smaller side has agents, less one (Donald and Lang
2007, "Inference with difference-in-differences and other panel data": few groups on one side decide).
"""

from dataclasses import dataclass, fields
from enum import StrEnum
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import stdtrit

from coaching.peers import Numbers
from coaching.reasons import FEWEST_AGENTS, FEWEST_CALLS, FEWEST_EACH

SURE = 0.95
"""How sure a range is: a company is named for the whole centre to see."""

FEWEST_SHARED = 0.5
"""A comparison on the same mix rests on at least this share of the partner's calls; the others have no like among ours."""

HOURS = 4
"""So many hours of a day are one time of day."""

SATURDAY = 5
"""From this day of the week on it is the weekend."""

OURS = 0
"""Stands for our own among the ids of organisations."""


class Said(StrEnum):
    """What can be said of a partner's figure: `LOWER` and `HIGHER` on the same mix, beyond doubt and by enough to matter;
    `MIX` where it stands out as it is, and on the same mix as much is ruled out and less than half of it left; `ALIKE` where
    a difference that matters is ruled out."""

    LOWER = "lower"
    HIGHER = "higher"
    MIX = "mix"
    ALIKE = "alike"
    UNCLEAR = "unclear"
    TOO_FEW = "too_few"
    OTHER_CALLS = "other_calls"


@dataclass(frozen=True)
class Difference:
    """By how much one side's mean is above the other's, and the range in which that lies; NaN where too few calls tell."""

    value: float
    low: float
    high: float

    @property
    def is_clear(self) -> bool:
        """Whether there is a difference beyond doubt."""
        return self.low > 0 or self.high < 0


NOT_KNOWN = Difference(*[float("nan")] * 3)


@dataclass(frozen=True)
class Compared:
    """A figure of an organisation: its mean over `calls` calls of `agents` agents, the plain difference from ours, and that
    on the same mix, which rests on a share `shared` of its calls. Of ourselves there is no difference."""

    organisation: int
    calls: int
    agents: int
    mean: float
    plain: Difference
    same_mix: Difference
    shared: float
    said: Said


def compare(calls: pd.DataFrame, large: float) -> dict[int, Compared]:
    """A figure of each organisation, by its id.

    calls: a row for each call of which the figure is known, with `organisation` (`OURS` or an id), `agent_id` (may be
    missing), `reason`, `channel`, `started_at` and `value`. large: from which difference on it matters.
    """
    every = _cells(calls[calls["value"].notna()])
    of_agents = every.only(every.agent != _NOBODY)
    ours = of_agents.only(of_agents.organisation == OURS)
    found = {}
    for organisation in np.unique(every.organisation).tolist():
        rows = every.only(every.organisation == organisation)
        own = of_agents.only(of_agents.organisation == organisation)
        plain = same_mix = NOT_KNOWN
        shared, said = 0.0, Said.TOO_FEW
        if organisation != OURS and own.are_enough and ours.are_enough:
            both = of_agents.only(np.isin(of_agents.organisation, (organisation, OURS)))
            plain = _difference(both, mix=False)
            alike = _of_kinds_that_both_take(both)
            theirs = alike.only(alike.organisation != OURS)
            shared = theirs.count / own.count
            said = Said.OTHER_CALLS
            if shared >= FEWEST_SHARED and theirs.are_enough and alike.only(alike.organisation == OURS).are_enough:
                same_mix = _difference(alike, mix=True)
                said = _said(plain, same_mix, large)
        mean = float(rows.total.sum()) / rows.count
        found[organisation] = Compared(organisation, rows.count, rows.agents, mean, plain, same_mix, shared, said)
    return found


_NOBODY = -1
"""Stands for no agent."""


@dataclass(frozen=True, eq=False)
class _Cells:
    """Calls of one agent, of one kind, at one time of day, together: how many, and their figures added up. All that is
    asked of calls here can be asked of these, which are fewer."""

    organisation: NDArray[np.int64]
    agent: NDArray[np.int64]
    kind: NDArray[np.int64]
    hours: NDArray[np.int64]
    calls: NDArray[np.int64]
    total: Numbers

    def only(self, which: NDArray[np.bool_]) -> "_Cells":
        """Those alone of which it holds."""
        return _Cells(*(getattr(self, one.name)[which] for one in fields(self)))

    @cached_property
    def count(self) -> int:
        """How many calls there are."""
        return int(self.calls.sum())

    @cached_property
    def agents(self) -> int:
        """How many agents took them."""
        return len(set(self.agent.tolist()) - {_NOBODY})

    @property
    def are_enough(self) -> bool:
        """Whether they can be compared."""
        return self.count >= FEWEST_CALLS and self.agents >= FEWEST_AGENTS


def _cells(known: pd.DataFrame) -> _Cells:
    began = known["started_at"].dt
    columns = (
        known["organisation"].to_numpy(np.int64),
        known["agent_id"].to_numpy(np.int64, na_value=_NOBODY) if len(known) else np.empty(0, np.int64),
        known.groupby(["reason", "channel"]).ngroup().to_numpy(np.int64),
        (began.hour // HOURS * 2 + (began.day_of_week >= SATURDAY)).to_numpy(np.int64),
    )
    each, place = zip(*(np.unique(column, return_inverse=True) for column in columns), strict=True)
    sizes = tuple(max(1, len(one)) for one in each)
    groups, which = np.unique(np.ravel_multi_index(place, sizes), return_inverse=True)  # in one number, as they sort sooner
    values = known["value"].to_numpy(np.float64)
    organisation, agent, kind, hours = (one[at] for one, at in zip(each, np.unravel_index(groups, sizes), strict=True))
    calls = np.bincount(which, minlength=len(groups))
    total = np.bincount(which, values, len(groups)).astype(np.float64)
    return _Cells(organisation, agent, kind, hours, calls, total)


def _of_kinds_that_both_take(both: _Cells) -> _Cells:
    """The calls of a reason on a channel of which either side has some."""
    theirs = both.organisation != OURS
    kinds = int(both.kind.max()) + 1
    often = [np.bincount(both.kind[side], both.calls[side], kinds) >= FEWEST_EACH for side in (theirs, ~theirs)]
    return both.only((often[0] & often[1])[both.kind])


def _difference(both: _Cells, *, mix: bool) -> Difference:
    """By how much the partner is above us, with its range."""
    theirs = both.organisation != OURS
    agents, agent = np.unique(both.agent * 2 + theirs, return_inverse=True)
    kind, hours = (one if mix else np.zeros_like(one) for one in (both.kind, both.hours))
    own, calls = theirs.astype(np.float64), both.calls.astype(np.float64)
    left = own - _fitted(kind, hours, own * calls, calls)
    scale = float((calls * left**2).sum())
    if scale < 1e-9 * both.count:
        return NOT_KNOWN
    slope = float((left * both.total).sum()) / scale
    beside = both.total - own * calls * slope
    of_agent = np.bincount(agent, left * (beside - calls * _fitted(kind, hours, beside, calls)), len(agents)) ** 2
    is_theirs = agents % 2 == 1
    each = (int(is_theirs.sum()), int((~is_theirs).sum()))
    spread = sum(float(of_agent[side].sum()) * n / (n - 1) for side, n in zip((is_theirs, ~is_theirs), each, strict=True))
    wide = float(stdtrit(min(each) - 1, (1 + SURE) / 2)) * float(np.sqrt(spread)) / scale
    return Difference(slope, slope - wide, slope + wide)


def _fitted(kind: NDArray[np.int64], hours: NDArray[np.int64], values: Numbers, calls: Numbers) -> Numbers:
    """What the levels of kind and hours make of a call of each cell, by least squares; values: its calls' values added up.
    Worked out from counts and sums, as a table of ones and zeros for every call would be a large one."""
    kinds, times = int(kind.max()) + 1, int(hours.max()) + 1
    both = np.bincount(kind * times + hours, calls, kinds * times).reshape(kinds, times)
    normal = np.block([[np.diag(both.sum(axis=1)), both], [both.T, np.diag(both.sum(axis=0))]])
    sums = np.concatenate([np.bincount(kind, values, kinds), np.bincount(hours, values, times)])
    level = np.linalg.lstsq(normal, sums, rcond=None)[0]
    fitted: Numbers = level[:kinds][kind] + level[kinds:][hours]
    return fitted


def _said(plain: Difference, same: Difference, large: float) -> Said:
    if np.isnan(same.value):
        return Said.OTHER_CALLS
    if same.is_clear and abs(same.value) >= large:
        return Said.LOWER if same.value < 0 else Said.HIGHER
    stands_out = plain.is_clear and abs(plain.value) >= large
    if stands_out and not same.low <= plain.value <= same.high and abs(same.value) < abs(plain.value) / 2:
        return Said.MIX
    return Said.ALIKE if same.low > -large and same.high < large else Said.UNCLEAR
