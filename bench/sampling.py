"""Does the queue draw, estimate and share out as it says? Simulations in which the truth is known.

    python -m bench.sampling [--runs 1000] [--seed 5]

Three questions, each on the functions that the program itself uses.

1. **Scores.** A team's calls are reviewed by a random sample of each agent and week, and besides by rules that take
   every automatic failure and a share of what the machine was unsure of, which are worse calls. Over many draws the
   corrected mean must lie where the mean of all calls lies, within two standard errors of the simulation, for an agent
   and for the team; the plain mean of what was reviewed is shown beside it, and must not.
2. **How often the machine is right.** Blind reviews are drawn from agents of unequal volume whose calls the machine gets
   wrong unequally often, some answers of a call going wrong together. The interval must cover the truth in 90 ± 2 % of
   the runs of each scenario.
3. **Assignment.** Random weeks of work with reviewers who handled or judged some of the calls before. Loads must lie
   within one of each other, nobody may get what is barred to them, and nobody more than their quota in a day.

The last line printed is one JSON object with the figures and `holds`; the exit status is 1 where a bound is missed.
"""

import argparse
import json
import sys
from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from reviews.assignment import Person, Work, spread
from reviews.estimates import Reviewed, mean_estimate, rate_estimate
from reviews.sampling import Candidate, Chance, Rule, RuleKind, draw_number, draw_share, inclusion, working_days

COVER, WITHIN = 0.90, 0.02
STANDARD_ERRORS = 2.0


# Scores


@dataclass(frozen=True)
class Population:
    """A team's calls: whose, of which week, their true score and the machine's, and whether a rule for trouble fits."""

    agent: NDArray[np.int_]
    week: NDArray[np.int_]
    score: NDArray[np.float64]
    machine: NDArray[np.float64]
    failed: NDArray[np.bool_]
    unsure: NDArray[np.bool_]


def a_team(chance: np.random.Generator, agents: int = 6, weeks: int = 4) -> Population:
    """Six agents with 10 to 60 calls a week each. Failed calls score 35 points less, and unsure ones 15. The machine is
    four points too kind, ten where it is unsure, and scatters by eight."""
    parts = []
    for agent in range(agents):
        level, volume = chance.normal(75, 6), int(chance.integers(10, 60))
        for week in range(weeks):
            failed, unsure = chance.random(volume) < 0.08, chance.random(volume) < 0.25
            score = np.clip(chance.normal(level, 10, volume) - 35 * failed - 15 * unsure, 0, 100)
            machine = np.clip(score + 4 + 6 * unsure + chance.normal(0, 8, volume), 0, 100)
            parts.append((np.full(volume, agent), np.full(volume, week), score, machine, failed, unsure))
    return Population(*(np.concatenate(column) for column in zip(*parts, strict=True)))


RANDOM = Rule(RuleKind.RANDOM, number=2)
FAILURE = Rule(RuleKind.FAILURE)
UNSURE = Rule(RuleKind.UNSURE, share=0.3)


def drawn(team: Population, seed: str) -> dict[int, float]:
    """The calls that the three rules choose together, by number, each with its probability of being chosen."""
    candidates = [Candidate(str(n), ("card",)) for n in range(len(team.score))]
    chances: list[Chance] = []
    for agent in np.unique(team.agent):
        for week in np.unique(team.week):
            stratum = np.flatnonzero((team.agent == agent) & (team.week == week))
            chances += draw_number(RANDOM, f"{seed}random|{week}", [candidates[n] for n in stratum])
    for rule, fits in ((FAILURE, team.failed), (UNSURE, team.unsure)):
        chances += draw_share(rule, f"{seed}{rule.kind}", [candidates[n] for n in np.flatnonzero(fits)], rule.share)
    of_call: dict[str, list[Chance]] = {}
    for chance in chances:
        of_call.setdefault(chance.call_id, []).append(chance)
    chosen = [(call, each) for call, each in of_call.items() if any(chance.chosen for chance in each)]
    return {int(call): inclusion(chance.probability for chance in each) for call, each in chosen}


def scores(chance: np.random.Generator, runs: int) -> dict[str, float]:
    """Bias of the corrected and of the plain mean, in points, and how often the interval holds the truth."""
    team = a_team(chance)
    figures: dict[str, float] = {}
    agents = {"team": np.ones(len(team.score), bool), "agent": team.agent == 0}
    corrected: dict[str, list[float]] = {name: [] for name in agents}
    plain: dict[str, list[float]] = {name: [] for name in agents}
    covered: dict[str, list[bool]] = {name: [] for name in agents}
    for run in range(runs):
        chosen = drawn(team, f"{chance.integers(1 << 62)} {run} ")
        for name, part in agents.items():
            own = [n for n in chosen if part[n]]
            reviewed = [Reviewed(float(team.score[n]), float(team.machine[n]), chosen[n]) for n in own]
            estimate = mean_estimate(float(team.machine[part].sum()), int(part.sum()), reviewed)
            truth = float(team.score[part].mean())
            assert estimate.value is not None
            assert estimate.plain is not None
            assert estimate.low is not None
            assert estimate.high is not None
            corrected[name].append(estimate.value - truth)
            plain[name].append(estimate.plain - truth)
            covered[name].append(estimate.low <= truth <= estimate.high)
    for name in agents:
        error = np.asarray(corrected[name])
        figures[f"{name}_bias"] = round(float(error.mean()), 3)
        figures[f"{name}_bias_standard_error"] = round(float(error.std(ddof=1) / np.sqrt(runs)), 3)
        figures[f"{name}_plain_bias"] = round(float(np.mean(plain[name])), 3)
        figures[f"{name}_covered"] = round(float(np.mean(covered[name])), 3)
    return figures


# How often the machine is right


@dataclass(frozen=True)
class Scenario:
    """So many agents over so many weeks with so many calls of each drawn; `alike` is how much agents are alike in how
    often the machine is wrong (the sum of the beta distribution's parameters), `together` how much the answers of a call
    are (likewise; None where they are independent)."""

    name: str
    agents: int
    weeks: int
    number: int
    blind: float
    wrong: float
    alike: float
    questions: int = 1
    together: float | None = None


SCENARIOS = (
    Scenario("a small team for a month", 14, 4, 1, 0.4, 0.10, 20),
    Scenario("a small team for a quarter", 14, 12, 1, 0.4, 0.10, 20),
    Scenario("seldom wrong", 30, 12, 1, 0.4, 0.04, 30),
    Scenario("often wrong, agents unlike", 30, 8, 1, 0.4, 0.25, 10),
    Scenario("a large sample", 50, 12, 2, 0.4, 0.12, 15),
    Scenario("a scorecard of ten questions", 20, 8, 1, 0.4, 0.12, 20, 10, 8),
    Scenario("ten questions that go wrong together", 20, 8, 1, 0.4, 0.15, 20, 10, 2),
)


def one_sample(chance: np.random.Generator, scenario: Scenario) -> tuple[float, list[bool], list[float], list[int]]:
    """The true rate of right answers over all calls, and of a blind sample each answer's rightness, probability and call."""
    volume = chance.integers(8, 80, scenario.agents)
    a, b = scenario.wrong * scenario.alike, (1 - scenario.wrong) * scenario.alike
    wrong = np.clip(chance.beta(a, b, scenario.agents), 1e-9, 1 - 1e-9)
    truth = 1 - float((volume * wrong).sum() / volume.sum())
    right, probabilities, calls, call = [], [], [], 0
    for _ in range(scenario.weeks):
        for agent, size in enumerate(volume):
            number = min(scenario.number, int(size))
            for _ in range(chance.binomial(number, scenario.blind)):
                rate = wrong[agent]
                if scenario.together is not None:
                    rate = chance.beta(rate * scenario.together, (1 - rate) * scenario.together)
                right += list(chance.random(scenario.questions) >= rate)
                probabilities += [number / int(size) * scenario.blind] * scenario.questions
                calls += [call] * scenario.questions
                call += 1
    return truth, [bool(each) for each in right], probabilities, calls


def machine(chance: np.random.Generator, runs: int) -> dict[str, dict[str, float]]:
    """For each scenario how often the interval held the truth, how many calls it rested on, and how wide it was."""
    found = {}
    for scenario in SCENARIOS:
        held, sizes, reach = [], [], []
        for _ in range(runs):
            truth, right, probabilities, calls = one_sample(chance, scenario)
            share = rate_estimate(right, probabilities, calls)
            if share.low is None or share.high is None:
                continue
            held.append(share.low <= truth <= share.high)
            sizes.append(share.calls)
            reach.append((share.high - share.low) / 2)
        found[scenario.name] = {
            "covered": round(float(np.mean(held)), 3),
            "calls": round(float(np.mean(sizes))),
            "reach": round(float(np.mean(reach)), 3),
        }
        print(f"{scenario.name:<40} {found[scenario.name]}", file=sys.stderr)
    return found


# Assignment


def assignment(chance: np.random.Generator, runs: int) -> dict[str, float]:
    """The largest difference of two loads, and how many calls were given against a rule, over many weeks of work."""
    widest, against, left = 0, 0, 0
    for _ in range(runs):
        people = [Person(n, int(chance.integers(15, 40))) for n in range(int(chance.integers(2, 9)))]
        days = working_days(date(2026, 1, 5), int(chance.integers(2, 6)))
        number = int(chance.integers(1, 12 * len(people)))
        work = [
            Work(f"{chance.integers(1 << 62)}", days, frozenset(np.flatnonzero(chance.random(len(people)) < 0.2).tolist()))
            for _ in range(number)
        ]
        barred = {item.call_id: item.barred for item in work}
        given = spread(work, people)
        loads = [sum(each.reviewer_id == person.id for each in given) for person in people]
        on_day = {(each.reviewer_id, each.due): 0 for each in given}
        for each in given:
            on_day[each.reviewer_id, each.due] += 1
        against += sum(each.reviewer_id in barred[each.call_id] for each in given)
        against += sum(count > people[who].per_day for (who, _), count in on_day.items())
        left += sum(len(item.barred) < len(people) for item in work) - len(given)
        # Where every call is barred to somebody there may be no even way; the program promises even where there is one.
        open_to = [sum(person.id not in item.barred for item in work) for person in people]
        if min(open_to) >= -(-number // len(people)):
            widest = max(widest, max(loads) - min(loads))
    return {"weeks": runs, "widest_difference": widest, "against_a_rule": against, "left_out": left}


def main() -> int:
    """Simulate and print. 0 where every promise holds, 1 where one doesn't."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=5)
    given = parser.parse_args()
    chance = np.random.default_rng(given.seed)
    of_scores = scores(chance, given.runs)
    print(of_scores, file=sys.stderr)
    of_machine = machine(chance, given.runs)
    of_assignment = assignment(chance, max(50, given.runs // 10))
    holds = (
        all(
            abs(of_scores[f"{who}_bias"]) <= STANDARD_ERRORS * of_scores[f"{who}_bias_standard_error"]
            and abs(of_scores[f"{who}_plain_bias"]) > 5 * of_scores[f"{who}_bias_standard_error"]
            for who in ("team", "agent")
        )
        and all(abs(each["covered"] - COVER) <= WITHIN for each in of_machine.values())
        and of_assignment["widest_difference"] <= 1
        and of_assignment["against_a_rule"] == of_assignment["left_out"] == 0
    )
    figures = {"runs": given.runs, "scores": of_scores, "machine": of_machine, "assignment": of_assignment, "holds": holds}
    print(json.dumps(figures))
    return 0 if holds else 1


if __name__ == "__main__":
    sys.exit(main())
