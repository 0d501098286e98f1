"""Does "it worked" mean that it worked? Simulated centres in which it is known who improved, and of whose doing.

    python -m bench.effect [--runs 300] [--seed 11]

A centre's agents have true rates from a beta distribution; between before and after all of them drift together by a
season, and each wanders a little of their own. The agents with the lowest rates seen before (one in seven) are coached, as
people are.

1. **Nobody improved by it.** Coaching does nothing. "It worked" may be said of at most 10 % of the coached in each centre,
   over 30, 60 and 150 calls; a plain before and after, at the same sureness, is printed beside it, and must say so at least
   twice as often.
2. **A real effect is found.** Coaching raises the true rate by 20 points at 60 calls before and after, found at least 80 %
   of the time over the centres, or by 12 points at 150, found at least 70 % of the time.
3. **The interval holds the truth** in 90 ± 3 % of all of it.
4. **Across plans**: of four kinds of coaching of which none does anything, at most 10 % are said to work.
5. **Somebody far below all others** (a true rate of 40 % where the others have about 85 %) is not said to have improved by
   nothing more often than anybody else, and the interval holds the truth in 90 ± 5 %. A real effect of theirs is harder to
   tell, as nobody began where they did; how often it is found is printed, and nothing is promised of it.

The last line printed is one JSON object with the figures and `holds`; the exit status is 1 where a bound is missed.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.stats import norm

from coaching.effect import LIKELY, Agents, BeforeAfter, Effect, Worked, across_plans, effect

MOST_FALSE, COVER, WITHIN = 0.10, 0.90, 0.03
WITHIN_FAR = 0.05
PROMISED = {(60, 0.20): 0.80, (150, 0.12): 0.70}
"""By calls before and after and the true rise: how often it has to be found."""


@dataclass(frozen=True)
class Centre:
    """Agents whose true rates have this mean and this alikeness (the sum of the beta distribution's parameters), with a
    season common to all (its standard deviation), and how far each wanders of themselves (likewise)."""

    name: str
    agents: int
    mean: float = 0.75
    alike: float = 20.0
    season: float = 0.03
    wanders: float = 0.02
    lasts: float = 1.0
    """How much of a difference between agents lasts: 0.95 means that all draw a little nearer to the middle."""
    outlier: float | None = None
    """The true rate of one agent who is unlike all others; of such a centre that agent alone is coached."""


CENTRES = (
    Centre("14 agents", 14),
    Centre("40 agents", 40),
    Centre("40 agents, unlike each other", 40, mean=0.7, alike=12.0),
    Centre("120 agents", 120),
    Centre("120 agents, a strong season", 120, season=0.06),
    Centre("120 agents, drawing nearer", 120, wanders=0.03, lasts=0.95),
)

FAR = (
    Centre("40 agents alike, one far below", 40, mean=0.85, alike=60.0, outlier=0.4),
    Centre("120 agents alike, one far below", 120, mean=0.85, alike=60.0, outlier=0.4),
)


@dataclass(frozen=True)
class Coached:
    """One coached agent of a simulation: what was said of them, the true rise, and what before and after alone would say."""

    said: Effect
    truth: float
    plainly: bool


def simulate(chance: np.random.Generator, centre: Centre, calls: int, rise: float, runs: int) -> list[Coached]:
    """The coached of so many runs; every agent has about `calls` calls before and after."""
    found: list[Coached] = []
    for _ in range(runs):
        before = chance.beta(centre.mean * centre.alike, (1 - centre.mean) * centre.alike, centre.agents)
        if centre.outlier is not None:
            before[0] = centre.outlier
        season, own = chance.normal(0, centre.season), chance.normal(0, centre.wanders, centre.agents)
        after = np.clip(centre.mean + centre.lasts * (before - centre.mean) + season + own, 0.01, 0.99)
        n_before, n_after = (np.maximum(12, chance.poisson(calls, centre.agents)) for _ in range(2))
        met_before = chance.binomial(n_before, before)
        coached_share = 1 if centre.outlier is not None else max(1, centre.agents // 7)
        lowest = np.argsort(met_before / n_before)[:coached_share].tolist()
        truly = after.copy()
        truly[lowest] = np.minimum(after[lowest] + rise, 0.99)
        met_after = chance.binomial(n_after, truly)
        counts = np.column_stack([met_before, n_before, met_after, n_after]).astype(float)
        everyone = Agents.of([BeforeAfter(*row) for row in counts.tolist()])
        is_coached = np.isin(everyone.ids, lowest)
        for n in lowest[:3]:
            coached, others = everyone.agent(n), everyone.where(is_coached & (everyone.ids != n))
            said = effect(coached, everyone.where(~is_coached), others)
            if isinstance(said, Effect):
                found.append(Coached(said, float(truly[n] - after[n]), plainly(coached)))
    return found


def plainly(one: BeforeAfter) -> bool:
    """Whether a plain before and after says that it worked: the test of two rates at the sureness that ours asks for."""
    calls = one.calls_before + one.calls_after
    together = (one.points_before + one.points_after) / calls
    spread = np.sqrt(max(together * (1 - together), 1e-9) * (1 / one.calls_before + 1 / one.calls_after))
    return bool((one.after - one.before) / spread >= norm.ppf(LIKELY))


def figures(coached: Sequence[Coached]) -> dict[str, float]:
    """How often it is said to have worked, by us and plainly, how often the interval held the truth, and the bias."""
    return {
        "said": round(float(np.mean([one.said.worked is Worked.LIKELY for one in coached])), 3),
        "plain": round(float(np.mean([one.plainly for one in coached])), 3),
        "covered": round(float(np.mean([one.said.low <= one.truth <= one.said.high for one in coached])), 3),
        "bias": round(float(np.mean([one.said.effect - one.truth for one in coached])), 3),
    }


def kinds_that_do_nothing(chance: np.random.Generator, runs: int, effects: Sequence[Effect]) -> float:
    """The share of kinds of coaching said to work where none does anything, each with five to twenty measured goals."""
    said = []
    for _ in range(runs):
        kinds = {
            kind: [effects[int(n)] for n in chance.integers(len(effects), size=int(chance.integers(5, 21)))]
            for kind in "abcd"
        }
        said += [one.worked is Worked.LIKELY for one in across_plans(kinds)]
    return round(float(np.mean(said)), 3)


def _named(setting: tuple[int, float]) -> str:
    return f"{setting[0]} calls, {100 * setting[1]:.0f} points"


def main() -> int:
    """Simulate and print. 0 where every promise holds, 1 where one doesn't."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=300)
    parser.add_argument("--seed", type=int, default=11)
    given = parser.parse_args()
    chance = np.random.default_rng(given.seed)
    nothing: dict[str, dict[str, dict[str, float]]] = {}
    found: dict[str, dict[str, dict[str, float]]] = {}
    covered, useless = [], []
    promised: dict[tuple[int, float], list[bool]] = {setting: [] for setting in PROMISED}
    for centre in CENTRES:
        nothing[centre.name], found[centre.name] = {}, {}
        for calls in (30, 60, 150):
            coached = simulate(chance, centre, calls, 0.0, given.runs)
            nothing[centre.name][f"{calls} calls"] = figures(coached)
            covered += coached
            useless += [one.said for one in coached]
        for (calls, rise), into in promised.items():
            coached = simulate(chance, centre, calls, rise, given.runs)
            found[centre.name][_named((calls, rise))] = figures(coached)
            covered += coached
            into += [one.said.worked is Worked.LIKELY for one in coached]
        print(f"{centre.name}\n  no effect {nothing[centre.name]}\n  effect    {found[centre.name]}", file=sys.stderr)
    power = {_named(setting): round(float(np.mean(into)), 3) for setting, into in promised.items()}
    false = [float(np.mean([row["said"] for row in rows.values()])) for rows in nothing.values()]
    plain = [float(np.mean([row["plain"] for row in rows.values()])) for rows in nothing.values()]
    cover = figures(covered)["covered"]
    kinds = kinds_that_do_nothing(chance, given.runs, useless)
    holds = (
        max(false) <= MOST_FALSE
        and float(np.mean(plain)) > 2 * float(np.mean(false))
        and all(float(np.mean(into)) >= PROMISED[setting] for setting, into in promised.items())
        and abs(cover - COVER) <= WITHIN
        and kinds <= MOST_FALSE
    )
    far = [one for centre in FAR for calls in (30, 60, 150) for one in simulate(chance, centre, calls, 0.0, given.runs)]
    far_found = {
        setting: [one for centre in FAR for one in simulate(chance, centre, *setting, given.runs)] for setting in PROMISED
    }
    of_far = figures(far)
    cover_far = figures([*far, *(one for found_ in far_found.values() for one in found_)])["covered"]
    holds = holds and of_far["said"] <= MOST_FALSE and abs(cover_far - COVER) <= WITHIN_FAR
    print(
        json.dumps(
            {
                "runs": given.runs,
                "false": {"most": round(max(false), 3), "mean": round(float(np.mean(false)), 3)},
                "false_by_plain_before_and_after": {"most": round(max(plain), 3), "mean": round(float(np.mean(plain)), 3)},
                "found": power,
                "covered": cover,
                "far_below_all_others": {
                    "false": of_far["said"],
                    "bias": of_far["bias"],
                    "covered": cover_far,
                    "found": {_named(setting): figures(found_)["said"] for setting, found_ in far_found.items()},
                },
                "kinds_said_to_work_that_do_nothing": kinds,
                "no_effect": nothing,
                "effect": found,
                "holds": holds,
            }
        )
    )
    return 0 if holds else 1


if __name__ == "__main__":
    sys.exit(main())
