"""Why are customers in touch, how often does it not end there, and is a low score of a reason the agents' or the process's?

Rates of a reason are held against those of all others as the rates of processes are (`coaching.processes`).

A reason's scores are low because of its process where they are low whoever takes the call, and because of people where some
agents do well on the same reason and others do not. So the totals are taken apart by who took the call and what it was
about: each is the mean of all, what the agent adds on every reason, what the reason adds for every agent, what this agent
adds on this reason, and the rest (a crossed random-effects model; Searle, Casella and McCulloch, "Variance Components",
1992). What a reason adds is estimated with agents' own levels taken out (weighted least squares in turns), and the spread of
agents within a reason by moments, as between studies of one effect (DerSimonian and Laird, "Meta-analysis in clinical
trials", 1986). Both get their interval by drawing agents anew (bootstrap over clusters; Field and Welsh, "Bootstrapping
clustered data", 2007).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from coaching.peers import Numbers, posterior
from coaching.processes import Kind, ProcessRate, process_rates

FEWEST_AGENTS, FEWEST_CALLS, FEWEST_EACH = 4, 30, 3
"""A reason is taken apart from so many agents on, with so many calls together, of agents who have so many each."""

LARGE_ENOUGH = 3.0
"""Points of a total, 0 to 100, from which on a difference matters."""

SURE = 0.9
DRAWS, SEED, ROUNDS = 300, 20_264, 12


class Whose(StrEnum):
    """Whose matter a reason's low scores are."""

    PROCESS = "process"
    AGENTS = "agents"
    BOTH = "both"
    NEITHER = "neither"
    UNCLEAR = "unclear"


@dataclass(frozen=True)
class ReasonScore:
    """What a reason's calls score, and whose that is.

    `mean` of `calls` calls of `agents` agents. `process`: the points that the reason adds for whoever takes the call,
    against the mean reason, with its likely range (90 %); `agents_spread`: by how many points agents differ on this reason
    alone, as a standard deviation beyond chance, with its range. NaN where too few calls say anything.
    """

    reason: str
    calls: int
    agents: int
    mean: float
    process: float
    process_low: float
    process_high: float
    agents_spread: float
    spread_low: float
    spread_high: float
    whose: Whose


@dataclass(frozen=True)
class Overall:
    """How much of what the totals differ by lies with reasons, with agents on any reason, with agents on single reasons, and
    within one agent's calls about one reason, shares of 1; NaN where too little is known."""

    reasons: float
    agents: float
    together: float
    rest: float


RATES: Mapping[str, tuple[str, str]] = {
    "soon": ("soon_known", "soon"),
    "later": ("later_known", "later"),
    "first": ("first_known", "first"),
    "hold": ("hold_known", "hold"),
    "transfer": ("transfer_known", "transfer"),
}
"""The rates of a reason, by the columns of `storage.queries.reason_counts` that they are read from."""


def reason_rates(counts: pd.DataFrame) -> dict[str, dict[str, ProcessRate]]:
    """Of each rate every reason's, by its key. counts: as from `storage.queries.reason_counts`, with a `key` and a
    `name`."""
    found = {}
    for name, (known, happened) in RATES.items():
        own = counts.rename(columns={"calls": "every", known: "calls", happened: "events"})
        rates = process_rates(Kind.REPEAT, own[["key", "name", "calls", "events"]])
        found[name] = {rate.key: rate for rate in rates}
    return found


@dataclass(frozen=True)
class Volume:
    """How large a share of all conversations a reason has, with the range in which the share lies (90 %)."""

    calls: int
    share: float
    low: float
    high: float


def volumes(keys: list[str], calls: list[int]) -> dict[str, Volume]:
    """The share of each. Ranges as of any rate (`coaching.peers`), read alone: a share borrows nothing from another's."""
    total = float(sum(calls))
    if not total:
        return {}
    found = {}
    for key, own in zip(keys, calls, strict=True):
        likely = posterior(np.array([float(own)]), np.array([total]), None, SURE, nearest=1e-4)
        found[key] = Volume(own, own / total, float(likely.low[0]), float(likely.high[0]))
    return found


# Whose is it?


def whose(cells: pd.DataFrame) -> tuple[list[ReasonScore], Overall]:
    """Each reason's scores, the one first on which most points are lost, and what totals differ by altogether.

    cells: of one scorecard, a row for each reason and agent with `calls`, `total` (their sum) and `squared` (of squares).
    """
    if cells.empty:
        return [], Overall(*[float("nan")] * 4)
    reasons, row_reason = np.unique(cells["reason"].to_numpy(), return_inverse=True)
    agents, row_agent = np.unique(cells["agent_id"].to_numpy(np.int64), return_inverse=True)
    shape = len(agents), len(reasons)
    calls, total = np.zeros(shape), np.zeros(shape)
    calls[row_agent, row_reason] = cells["calls"].to_numpy(np.float64)
    total[row_agent, row_reason] = cells["total"].to_numpy(np.float64)
    inside = float((cells["squared"] - cells["total"] ** 2 / cells["calls"]).sum())
    free = float(calls.sum() - (calls > 0).sum())
    noise = max(inside / free, 1e-9) if free > 0 else float("nan")
    drawn = np.random.default_rng(SEED).multinomial(len(agents), np.full(len(agents), 1 / len(agents)), DRAWS)
    times = np.vstack([np.ones(len(agents)), drawn])
    added, process, spread = _parts(calls, total, noise, times)
    edge = np.array([(1 - SURE) / 2, (1 + SURE) / 2])
    with np.errstate(all="ignore"):
        ranges = [_quantiles(values[1:], edge) for values in (process, spread)]
    own = _Parts(added[0], process[0], spread[0])
    scores = []
    for n, reason in enumerate(reasons):
        have = calls[:, n] >= FEWEST_EACH
        enough = have.sum() >= FEWEST_AGENTS and calls[have, n].sum() >= FEWEST_CALLS and not np.isnan(noise)
        low, high = ranges[0][:, n] if enough else (float("nan"),) * 2
        narrow, wide = ranges[1][:, n] if enough else (float("nan"),) * 2
        scores.append(
            ReasonScore(
                str(reason),
                int(calls[:, n].sum()),
                int((calls[:, n] > 0).sum()),
                float(total[:, n].sum() / calls[:, n].sum()),
                float(own.process[n]) if enough else float("nan"),
                float(low),
                float(high),
                float(own.spread[n]) if enough else float("nan"),
                float(narrow),
                float(wide),
                _whose(low, high, narrow, wide) if enough else Whose.UNCLEAR,
            )
        )
    lost = {one.reason: -one.process * one.calls if one.process < 0 else 0.0 for one in scores}
    return sorted(scores, key=lambda one: (-lost[one.reason], -one.calls, one.reason)), _overall(calls, own, noise)


def _whose(low: float, high: float, narrow: float, wide: float) -> Whose:
    """By the ranges: low for everybody beyond doubt, agents apart beyond doubt, neither by enough to matter, or not
    clear."""
    process, people = high <= -LARGE_ENOUGH / 2 and low <= -LARGE_ENOUGH, narrow >= LARGE_ENOUGH
    if process and people:
        return Whose.BOTH
    if process:
        return Whose.PROCESS
    if people:
        return Whose.AGENTS
    return Whose.NEITHER if low > -LARGE_ENOUGH and wide < 2 * LARGE_ENOUGH else Whose.UNCLEAR


@dataclass(frozen=True, eq=False)
class _Parts:
    """What each agent and each reason adds, and the spread of agents within each reason; NaN for a reason without calls."""

    agents: Numbers
    process: Numbers
    spread: Numbers


def _parts(calls: Numbers, total: Numbers, noise: float, times: Numbers) -> tuple[Numbers, Numbers, Numbers]:
    """What each agent adds, what each reason adds, and the spread of agents within it, of shape (draws, agents) and (draws,
    reasons); a reason without calls in a draw is NaN there.

    times: how often each agent was drawn, of shape (draws, agents). All draws are worked out together, by sums over agents
    as products of matrices; with agents one after the other it took ten times as long.
    """
    with np.errstate(all="ignore"):
        of_agent, of_reason = times * calls.sum(axis=1), times @ calls
        grand = (times @ total.sum(axis=1) / of_agent.sum(axis=1))[:, None]
        there = of_reason > 0
        agents, reasons = np.zeros(times.shape), np.zeros(of_reason.shape)
        # Agents' levels are pulled to 0 and reasons' are not: with few calls a level says little, and the reason is asked.
        for _ in range(ROUNDS):
            agents = (times * (total.sum(axis=1) - reasons @ calls.T) - grand * of_agent) / (of_agent + 2.0)
            left = times @ total - (times * agents) @ calls - grand * of_reason
            reasons = np.where(there, left / of_reason, 0.0)
        process = np.where(there, reasons - np.nanmean(np.where(there, reasons, np.nan), axis=1, keepdims=True), np.nan)
        means = np.where(calls > 0, total / np.where(calls > 0, calls, 1), 0.0)
        sure = np.where(calls >= 1, calls / noise, 0.0)
        level = grand + agents
        weight = times @ sure
        first = times @ (sure * means) - (times * level) @ sure
        second = times @ (sure * means**2) - 2 * (times * level) @ (sure * means) + (times * level**2) @ sure
        excess = second - first**2 / weight - times @ (calls > 0) + 1
        scale = weight - times @ sure**2 / weight
        spread = np.sqrt(np.maximum(excess / np.where(scale > 0, scale, np.nan), 0.0))
    return agents, process, spread


def _quantiles(values: Numbers, edge: Numbers) -> NDArray[np.float64]:
    """Quantiles of each column, of the draws in which there is a value; NaN where there is none."""
    kept = [column[~np.isnan(column)] for column in values.T]
    return np.array([np.quantile(one, edge) if len(one) else [np.nan, np.nan] for one in kept]).T


def _overall(calls: Numbers, own: _Parts, noise: float) -> Overall:
    """Shares of the variance of a call's total."""
    if np.isnan(noise):
        return Overall(*[float("nan")] * 4)
    shares = calls.sum(axis=0) / calls.sum()
    by_reason = float((shares * np.nan_to_num(own.process) ** 2).sum() - (shares * np.nan_to_num(own.process)).sum() ** 2)
    weight = calls.sum(axis=1) / calls.sum()
    by_agent = float((weight * own.agents**2).sum() - (weight * own.agents).sum() ** 2)
    together = float((shares * np.nan_to_num(own.spread) ** 2).sum())
    every = by_reason + by_agent + together + noise
    return Overall(by_reason / every, by_agent / every, together / every, noise / every)
