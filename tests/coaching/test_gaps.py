"""What a coach may rely on when a gap is named."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coaching.gaps import Belongs, Standing, find_gaps, rates


def counts(*rows: tuple[str, int, float, int]) -> pd.DataFrame:
    """Rows of (agent, team, points, counted calls) for one criterion of weight 2 beside another of weight 3."""
    return pd.DataFrame(
        [
            {
                "id": n,
                "name": name,
                "team_id": team,
                "scorecard": "service",
                "title": "Service",
                "section": "opening",
                "criterion": criterion,
                "question": "Did the agent greet?",
                "tip": "Say your name.",
                "weight": weight,
                "target": np.nan,
                "points": points if criterion == "greets" else counted * 0.95,
                "counted": counted,
            }
            for n, (name, team, points, counted) in enumerate(rows)
            for criterion, weight in (("greets", 2.0), ("closes", 3.0))
        ]
    )


PEERS = [(f"Peer {n}", 1 + n % 3, 57.0, 60) for n in range(9)]


def test_five_calls_never_make_a_gap() -> None:
    few = counts(("New", 1, 2.0, 5), *PEERS)
    assert all(gap.rate.name != "New" for gap in find_gaps(few))
    new = next(r for r in rates(few) if r.name == "New" and r.criterion == "greets")
    assert new.standing is Standing.NOT_ENOUGH
    assert new.calls_needed > 0


def test_a_clear_shortfall_over_many_calls_is_a_gap_of_that_agent_alone() -> None:
    gaps = find_gaps(counts(("Low", 1, 27.0, 60), *PEERS))
    assert [(gap.rate.name, gap.rate.criterion, gap.belongs) for gap in gaps] == [("Low", "greets", Belongs.AGENT)]
    assert gaps[0].rate.low < 27 / 60 < gaps[0].rate.high
    assert gaps[0].rate.points_of_total == pytest.approx(gaps[0].shortfall * 40)


def test_a_gap_that_most_of_a_team_shares_is_the_teams() -> None:
    team = [(f"Two {n}", 2, 24.0, 60) for n in range(4)]
    others = [(f"One {n}", 1, 58.0, 60) for n in range(8)]
    assert {gap.belongs for gap in find_gaps(counts(*team, *others))} == {Belongs.TEAM}


def test_a_criterion_that_hardly_anyone_meets_is_everyones() -> None:
    everyone = [(f"Agent {n}", 1 + n % 3, 6.0, 60) for n in range(9)]
    assert {gap.belongs for gap in find_gaps(counts(*everyone))} == {Belongs.EVERYONE}


def test_the_gap_that_costs_most_points_comes_first() -> None:
    gaps = find_gaps(counts(("Low", 1, 30.0, 60), ("Lower", 2, 15.0, 60), *PEERS))
    assert [gap.rate.name for gap in gaps] == ["Lower", "Low"]


def test_what_everyone_falls_short_in_does_not_hide_what_is_one_agents_own() -> None:
    shared = counts(*[(f"Agent {n}", 1 + n % 3, 6.0, 60) for n in range(9)])
    own = (shared["name"] == "Agent 4") & (shared["criterion"] == "closes")
    shared.loc[own, "points"] = 36.0
    gaps = find_gaps(shared)
    assert (gaps[0].rate.name, gaps[0].rate.criterion, gaps[0].belongs) == ("Agent 4", "closes", Belongs.AGENT)
    assert {gap.belongs for gap in gaps[1:]} == {Belongs.EVERYONE}
    assert gaps[0].rate.points_of_total < gaps[1].rate.points_of_total


def test_one_alone_is_not_taken_for_their_own_peers() -> None:
    (alone,) = (rate for rate in rates(counts(("Alone", 1, 0.0, 12))) if rate.criterion == "greets")
    assert alone.high > 0.15
    assert alone.rate == pytest.approx(1 / 14)


def test_no_calls_give_no_rate_and_no_gap() -> None:
    assert find_gaps(counts(("Nobody", 1, 0.0, 0), *PEERS)) == []
    assert rates(counts().reindex(columns=counts(*PEERS).columns)) == []


def test_at_most_a_tenth_of_the_named_gaps_are_false() -> None:
    random = np.random.default_rng(11)
    named = false = 0
    for _ in range(60):
        truth = random.beta(16, 4, 14)
        rows = [(f"A{n}", n % 3, float(random.binomial(45, rate)), 45) for n, rate in enumerate(truth)]
        for gap in find_gaps(counts(*rows)):
            named += 1
            false += truth[gap.rate.id] >= gap.rate.target
    assert named > 30
    assert false <= 0.1 * named


@settings(deadline=None, max_examples=60)
@given(st.lists(st.tuples(st.integers(0, 80), st.floats(0, 1)), min_size=1, max_size=12))
def test_an_estimate_lies_within_its_interval_and_between_what_was_seen_and_the_peers(
    calls: list[tuple[int, float]],
) -> None:
    for rate in rates(counts(*[(f"A{n}", 1, count * share, count) for n, (count, share) in enumerate(calls)])):
        assert 0 <= rate.low <= rate.rate <= rate.high <= 1
        if rate.calls:
            low, high = sorted((rate.observed, rate.peers))
            assert low - 1e-9 <= rate.rate <= high + 1e-9
