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

from dataclasses import dataclass
from enum import StrEnum

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
    known = calls[calls["value"].notna()]
    began = known["started_at"].dt
    known = known.assign(
        kind=known.groupby(["reason", "channel"]).ngroup(),
        hours=began.hour // HOURS * 2 + (began.day_of_week >= SATURDAY),
    )
    of_agents = known[known["agent_id"].notna()]
    ours = of_agents[of_agents["organisation"] == OURS]
    found = {}
    for organisation in sorted(set(known["organisation"].tolist())):
        rows = known[known["organisation"] == organisation]
        own = of_agents[of_agents["organisation"] == organisation]
        plain = same_mix = NOT_KNOWN
        shared, said = 0.0, Said.TOO_FEW
        if organisation != OURS and _enough(own) and _enough(ours):
            both = pd.concat([own, ours])
            plain = _difference(both, mix=False)
            alike = _of_kinds_that_both_take(both)
            theirs = alike[alike["organisation"] != OURS]
            shared = len(theirs) / len(own)
            said = Said.OTHER_CALLS
            if shared >= FEWEST_SHARED and _enough(theirs) and _enough(alike[alike["organisation"] == OURS]):
                same_mix = _difference(alike, mix=True)
                said = _said(plain, same_mix, large)
        found[organisation] = Compared(
            organisation, len(rows), int(rows["agent_id"].nunique()), float(rows["value"].mean()), plain, same_mix,
            shared, said,
        )  # fmt: skip
    return found


def _enough(rows: pd.DataFrame) -> bool:
    return len(rows) >= FEWEST_CALLS and rows["agent_id"].nunique() >= FEWEST_AGENTS


def _of_kinds_that_both_take(both: pd.DataFrame) -> pd.DataFrame:
    """The calls of a reason on a channel of which either side has some."""
    theirs = both["organisation"] != OURS
    kind = both["kind"].to_numpy()
    often = [np.bincount(kind[side], minlength=kind.max() + 1) >= FEWEST_EACH for side in (theirs, ~theirs)]
    kept: pd.DataFrame = both[(often[0] & often[1])[kind]]
    return kept


def _difference(both: pd.DataFrame, *, mix: bool) -> Difference:
    """By how much the partner is above us, with its range."""
    theirs = (both["organisation"] != OURS).to_numpy()
    agents, agent = np.unique(both["agent_id"].to_numpy(np.int64) * 2 + theirs, return_inverse=True)
    value = both["value"].to_numpy(np.float64)
    kind, hours = (both[name].to_numpy(np.int64) if mix else np.zeros(len(both), np.int64) for name in ("kind", "hours"))
    own = theirs.astype(np.float64)
    left = own - _fitted(kind, hours, own)
    scale = float((left**2).sum())
    if scale < 1e-9 * len(both):
        return NOT_KNOWN
    slope = float((left * value).sum()) / scale
    beside = value - own * slope
    of_agent = np.bincount(agent, left * (beside - _fitted(kind, hours, beside)), len(agents)) ** 2
    is_theirs = agents % 2 == 1
    each = (int(is_theirs.sum()), int((~is_theirs).sum()))
    spread = sum(float(of_agent[side].sum()) * n / (n - 1) for side, n in zip((is_theirs, ~is_theirs), each, strict=True))
    wide = float(stdtrit(min(each) - 1, (1 + SURE) / 2)) * float(np.sqrt(spread)) / scale
    return Difference(slope, slope - wide, slope + wide)


def _fitted(kind: NDArray[np.int64], hours: NDArray[np.int64], values: Numbers) -> Numbers:
    """What the levels of kind and hours make of each of these values, by least squares. Worked out from counts and sums, as
    a table of ones and zeros for every call would be a large one."""
    kinds, times = int(kind.max()) + 1, int(hours.max()) + 1
    both = np.bincount(kind * times + hours, minlength=kinds * times).reshape(kinds, times).astype(np.float64)
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
