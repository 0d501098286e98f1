"""Are the gaps that are named real, are the real ones found, and do the intervals hold what they promise?

    python -m bench.gaps [--centres 24] [--seed 11]

Contact centres are simulated whose true rates are known, and `coaching.gaps` is given nothing but the counts. A centre has
14, 60, 180 or 500 agents in teams of about ten, each with 5 to 200 calls (evenly on a logarithmic scale) that are spread
over four queues on two channels, mostly those of their team. A criterion is met with a chance that follows, on the logit
scale, from the criterion (usually 84 to 93 % of calls), the queue and the channel (standard deviation 0.3; some are
harder), the agent's general skill and the agent's own way with this criterion (together 0.25 to 0.6, half of it shared by
all criteria). One criterion of nine is done worse by everybody, in about 65 % of calls, and two are lacking in a whole
team. To one agent in twelve on each other criterion a gap is given, but in a quarter of the centres to nobody.

- The target is 80 %. An agent's **true rate** is the chance of meeting the criterion over their own mix of calls.
- A **real gap of 15 (20) points** is a true rate of 65 % (60 %): 15 (20) points below the target, on a criterion that the
  peers usually meet. Half of those who have one have 60 calls that count; of these it is measured how many are found.
- A named gap is **false** where the true rate is not below the target, whomever it is said to speak about. One that is said
  to be an agent's own is also false where the true rate is not below what the other agents' true rates come to on the same
  mix of calls.
- An interval **covers** where the true rate lies within it; all agents with calls count, those with a given gap as well.

Beside it stands what is done everywhere: to list, by plain averages, whoever is five points or more below the target, and
the same list with as many entries as Attune names, the worst first. The last line printed is one JSON object; `holds` says
whether at most 10 % of all named gaps are false, over everything and in the mean of the centres, and of those said to be an
agent's own, whether the intervals cover 88 to 92 %, and whether at least 70 % of the real gaps of 15 points and 90 % of
those of 20 points are found at 60 calls.
"""

import argparse
import json
import sys
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.optimize import brentq
from scipy.special import expit, logit

from coaching.gaps import LARGE_ENOUGH, Belongs, find_gaps, rates
from coaching.peers import expected_rates

Numbers = NDArray[np.float64]

TARGET = 0.80
SIZES = (14, 60, 180, 500)
CRITERIA = 9
LACKING = (1, 2)
"""On these criteria one team falls short as a whole."""
KINDS = 8
"""Queues on channels: four on two."""
TEAM_SIZE = 10
PROBED = 60
"""At so many calls it is asked whether a real gap is found."""

MOST_FALSE, COVERS, FOUND_15, FOUND_20 = 0.10, (0.88, 0.92), 0.70, 0.90


@dataclass
class Tally:
    """What has been counted so far, over all centres."""

    named: int = 0
    false: int = 0
    own: int = 0
    false_own: int = 0
    covered: int = 0
    intervals: int = 0
    covered_few: int = 0
    few: int = 0
    probed: dict[int, list[bool]] = field(default_factory=lambda: {15: [], 20: []})
    false_of_centre: list[float] = field(default_factory=list)
    plain: int = 0
    plain_false: int = 0
    worst_false: int = 0


@dataclass(frozen=True)
class Centre:
    """A centre's counts, as a coach's page gets them, and its truth: a row an agent and criterion in both, in one order.

    given: the points of a planted gap (15 or 20), 0 where none was given. peers_truth: what the others' true rates come to
    on the agent's mix of calls.
    """

    counts: pd.DataFrame
    truth: Numbers
    peers_truth: Numbers
    given: NDArray[np.int64]


def main() -> int:
    """Simulate and print. 0 where the promise holds, 1 where it doesn't."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--centres", type=int, default=24)
    parser.add_argument("--seed", type=int, default=11)
    given = parser.parse_args()
    figures = measure(given.centres, given.seed)
    print(json.dumps(figures))
    return 0 if figures["holds"] else 1


def measure(centres: int, seed: int, sizes: tuple[int, ...] = SIZES) -> dict[str, Any]:
    """The figures over so many centres of each of these sizes; the small ones are simulated more often, as each says
    less."""
    chance = np.random.default_rng(seed)
    tally = Tally()
    for size in sizes:
        before = (tally.named, tally.false)
        for _ in range(max(1, round(centres * (SIZES[0] / size) ** 0.5))):
            _count(simulate(chance, size), tally)
        named, false = tally.named - before[0], tally.false - before[1]
        print(f"{size:>4} agents: {named} gaps named, {false} of them false", file=sys.stderr)
    return _figures(tally)


def simulate(chance: np.random.Generator, agents: int) -> Centre:
    """A centre of so many agents with known truth."""
    team = np.arange(agents) // TEAM_SIZE
    calls = np.exp(chance.uniform(np.log(5), np.log(200.99), agents)).astype(np.int64)
    favourite = chance.dirichlet(np.full(KINDS, 0.6), team.max() + 1)
    mix = np.array([chance.dirichlet(0.3 + 8 * favourite[one]) for one in team])
    spread = chance.uniform(0.25, 0.6)
    with_gaps = chance.random() < 0.75
    skill = chance.normal(0, spread * np.sqrt(0.5), agents)
    frames, truths, of_peers, gaps = [], [], [], []
    for criterion in range(CRITERIA):
        worse = criterion == CRITERIA - 1
        base = logit(chance.uniform(0.60, 0.70) if worse else chance.uniform(0.84, 0.93))
        kinds = chance.normal(0, 0.3, KINDS)
        level = base + skill + chance.normal(0, spread * np.sqrt(0.5), agents)
        if criterion in LACKING:
            level[team == chance.integers(team.max() + 1)] -= 1.2
        given = np.zeros(agents, np.int64)
        own = calls.copy()
        if with_gaps and not worse:
            chosen = np.flatnonzero(chance.random(agents) < 1 / 12)
            given[chosen] = chance.choice([15, 20], len(chosen))
            own[chosen[chance.random(len(chosen)) < 0.5]] = PROBED
            for n in chosen:
                level[n] = _level_for(TARGET - given[n] / 100, mix[n], kinds)
        by_kind = expit(level[:, None] + kinds)
        there = np.array([chance.multinomial(n, share) for n, share in zip(own, mix, strict=True)])
        met = chance.binomial(there, by_kind)
        # Given the calls that there were: the rate over them is what their counts speak of.
        share = there / own[:, None]
        truths.append((share * by_kind).sum(axis=1))
        of_peers.append((share * (by_kind.sum(axis=0) - by_kind) / (agents - 1)).sum(axis=1))
        gaps.append(given)
        frames.append(_counts(f"criterion {criterion}", team, there, met))
    return Centre(
        pd.concat(frames, ignore_index=True), np.concatenate(truths), np.concatenate(of_peers), np.concatenate(gaps)
    )


def _level_for(rate: float, mix: Numbers, kinds: Numbers) -> float:
    """The level on the logit scale at which a mix of calls comes to this rate."""
    return float(brentq(lambda level: (mix * expit(level + kinds)).sum() - rate, -8, 8))


def _counts(criterion: str, team: NDArray[np.int64], there: NDArray[np.int64], met: NDArray[np.int64]) -> pd.DataFrame:
    """The counts of one criterion as `storage.queries.criterion_counts` gives them, with what is expected of each agent."""
    who, kind = (axis.ravel() for axis in np.indices(there.shape))
    expected = expected_rates(np.zeros_like(who), who, kind, met.ravel().astype(float), there.ravel().astype(float))
    agents = len(team)
    return pd.DataFrame(
        {
            "id": range(agents),
            "name": [f"Agent {n}" for n in range(agents)],
            "team_id": team,
            "scorecard": "simulated",
            "title": "Simulated",
            "section": "all",
            "criterion": criterion,
            "question": criterion,
            "tip": "",
            "weight": 1.0,
            "target": TARGET,
            "points": met.sum(axis=1).astype(float),
            "counted": there.sum(axis=1),
            "expected": expected.reshape(there.shape)[:, 0],
        }
    )


def _count(centre: Centre, tally: Tally) -> None:
    """Let gaps be found in a centre, and hold them to its truth."""
    place = {key: n for n, key in enumerate(zip(centre.counts["id"], centre.counts["criterion"], strict=True))}
    found = {place[gap.rate.id, gap.rate.criterion]: gap for gap in find_gaps(centre.counts)}
    false = [n for n in found if centre.truth[n] >= TARGET]
    own = [n for n, gap in found.items() if gap.belongs is Belongs.AGENT]
    tally.named += len(found)
    tally.false += len(false)
    tally.own += len(own)
    tally.false_own += sum(centre.truth[n] >= min(TARGET, centre.peers_truth[n]) for n in own)
    if found:
        tally.false_of_centre.append(len(false) / len(found))
    for rate in rates(centre.counts):
        n = place[rate.id, rate.criterion]
        covers = bool(rate.low <= centre.truth[n] <= rate.high)
        tally.intervals += 1
        tally.covered += covers
        tally.few += rate.calls < 20
        tally.covered_few += covers and rate.calls < 20
        if centre.given[n] and rate.calls == PROBED:
            tally.probed[int(centre.given[n])].append(n in found)
    observed = (centre.counts["points"] / centre.counts["counted"]).to_numpy()
    listed = np.flatnonzero(observed <= TARGET - LARGE_ENOUGH)
    tally.plain += len(listed)
    tally.plain_false += int((centre.truth[listed] >= TARGET).sum())
    tally.worst_false += int((centre.truth[np.argsort(observed)[: len(found)]] >= TARGET).sum())


def _figures(tally: Tally) -> dict[str, Any]:
    found = {points: float(np.mean(seen)) if seen else float("nan") for points, seen in tally.probed.items()}
    figures: dict[str, Any] = {
        "named": tally.named,
        "false_share": tally.false / max(1, tally.named),
        "false_share_mean_of_centres": float(np.mean(tally.false_of_centre)),
        "false_share_of_agents_own": tally.false_own / max(1, tally.own),
        "coverage": tally.covered / tally.intervals,
        "coverage_below_20_calls": tally.covered_few / max(1, tally.few),
        "found_15_points_at_60_calls": found[15],
        "found_20_points_at_60_calls": found[20],
        "probed": {str(points): len(seen) for points, seen in tally.probed.items()},
        "plain_averages": {
            "named": tally.plain,
            "false_share": tally.plain_false / max(1, tally.plain),
            "false_share_of_as_many_worst": tally.worst_false / max(1, tally.named),
        },
    }
    holds = (
        max(figures["false_share"], figures["false_share_mean_of_centres"], figures["false_share_of_agents_own"])
        <= MOST_FALSE
        and COVERS[0] <= figures["coverage"] <= COVERS[1]
        and found[15] >= FOUND_15
        and found[20] >= FOUND_20
    )
    return {name: round(f, 4) if isinstance(f, float) else f for name, f in figures.items()} | {"holds": bool(holds)}


if __name__ == "__main__":
    sys.exit(main())
