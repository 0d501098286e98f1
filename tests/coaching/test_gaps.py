"""What a coach may rely on when a gap is named."""

from collections.abc import Sequence
from dataclasses import asdict

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coaching.gaps import Belongs, Rate, Standing, find_gaps, find_strengths, picture, rates
from coaching.peers import expected_of_teams, expected_rates


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
    assert alone.rate == pytest.approx(1 / 14, rel=0.01)


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
def test_an_estimate_lies_within_its_interval(calls: list[tuple[int, float]]) -> None:
    for rate in rates(counts(*[(f"A{n}", 1, count * share, count) for n, (count, share) in enumerate(calls)])):
        assert 0 <= rate.low <= rate.rate <= rate.high <= 1


@settings(deadline=None, max_examples=40)
@given(st.integers(0, 60), st.integers(45, 60))
def test_an_estimate_lies_between_what_was_seen_and_what_the_peers_do(met: int, peers_met: int) -> None:
    peers = [(f"Peer {n}", 1, float(min(60, peers_met + n % 3)), 60) for n in range(12)]
    for rate in rates(counts(("One", 1, float(met), 60), *peers)):
        low, high = sorted((rate.observed, rate.peers))
        assert low - 0.02 <= rate.rate <= high + 0.02  # where the peers' mean lies is itself a little in doubt


def test_an_agent_who_does_as_the_peers_do_in_what_the_peers_do_badly_has_no_gap_of_their_own() -> None:
    short = [(f"Peer {n}", 1 + n % 3, 43.0 if n < 5 else 45.0, 60) for n in range(9)]
    gaps = find_gaps(counts(*short))
    assert gaps
    assert {gap.belongs for gap in gaps} == {Belongs.EVERYONE}


def test_whoever_is_clearly_below_peers_who_fall_short_too_has_a_gap_of_their_own() -> None:
    mixed = [(f"Peer {n}", 1 + n % 3, 50.0 if n % 2 else 42.0, 60) for n in range(12)]
    own = [gap for gap in find_gaps(counts(("Low", 1, 15.0, 60), *mixed)) if gap.belongs is Belongs.AGENT]
    assert [gap.rate.name for gap in own] == ["Low"]
    assert own[0].rate.probability_below_peers > 0.99


def test_a_gap_that_two_teams_of_three_share_with_the_rest_close_by_is_everyones() -> None:
    first = [(f"One {n}", 1, 30.0, 60) for n in range(4)]
    second = [(f"Two {n}", 2, 31.0, 60) for n in range(4)]
    few = [(f"Three {n}", 3, 4.0, 8) for n in range(9)]
    assert {gap.belongs for gap in find_gaps(counts(*first, *second, *few))} == {Belongs.EVERYONE}


def test_one_unlike_ninety_nine_others_is_not_pulled_all_the_way_to_them() -> None:
    others = [(f"Peer {n}", 1 + n % 10, float(88 + n % 5), 100) for n in range(99)]
    (low,) = [
        rate for rate in rates(counts(("Low", 1, 36.0, 60), *others)) if rate.name == "Low" and rate.criterion == "greets"
    ]
    assert low.standing is Standing.GAP
    assert low.high < 0.75


def test_what_is_expected_of_an_agent_follows_the_calls_that_they_take() -> None:
    hard, easy = 0, 1
    who, where = np.array([0, 1, 2, 3, 4, 4]), np.array([hard, hard, easy, easy, hard, easy])
    points, counted = np.array([50.0, 52.0, 95.0, 93.0, 5.0, 5.0]), np.array([100.0, 100.0, 100.0, 100.0, 9.0, 6.0])
    expected = expected_rates(np.zeros_like(who), who, where, points, counted)
    assert expected[0] == pytest.approx(0.54, abs=0.02)
    assert expected[2] == pytest.approx(0.9, abs=0.02)
    assert expected[0] < expected[4] == expected[5] < expected[2]


def test_what_is_expected_on_one_question_does_not_depend_on_the_others() -> None:
    chance = np.random.default_rng(3)
    who, where = (axis.ravel() for axis in np.indices((6, 4)))
    counted = chance.integers(0, 12, (3, len(who))).astype(float)
    points = np.floor(counted * chance.random(counted.shape))
    alone = [expected_rates(np.zeros_like(who), who, where, *own) for own in zip(points, counted, strict=True)]
    asked = np.repeat(np.arange(3), len(who))
    together = expected_rates(asked, np.tile(who, 3), np.tile(where, 3), points.ravel(), counted.ravel())
    np.testing.assert_array_equal(together, np.concatenate(alone))


def test_of_who_has_no_counted_calls_nothing_is_expected() -> None:
    nobody, one = np.array([], np.int64), np.array([0, 1])
    assert len(expected_rates(nobody, nobody, nobody, np.array([]), np.array([]))) == 0
    expected = expected_rates(np.zeros_like(one), one, np.zeros_like(one), np.array([0.0, 3.0]), np.array([0.0, 4.0]))
    assert np.isnan(expected[0])
    assert not np.isnan(expected[1])


def test_who_takes_the_hard_calls_and_does_them_as_well_as_the_others_is_not_below_the_peers() -> None:
    rows = [(f"Easy {n}", 1 + n % 3, 55.0, 60) for n in range(12)] + [(f"Hard {n}", 1 + n % 3, 40.0, 60) for n in range(3)]
    one = counts(*rows)
    aware = one.assign(expected=np.where(one["name"].str.startswith("Hard"), 0.67, 0.92))
    unaware, told = (
        {rate.name: rate for rate in rates(frame) if rate.criterion == "greets"}["Hard 1"] for frame in (one, aware)
    )
    assert unaware.probability_below_peers > 0.95
    assert told.probability_below_peers < 0.8
    assert told.peers == pytest.approx(0.67, abs=0.02)


def test_somebody_without_an_answer_to_a_question_takes_from_nobody_what_their_calls_make_likely() -> None:
    rows = [(f"Easy {n}", 1 + n % 3, 55.0, 60) for n in range(12)] + [(f"Hard {n}", 1 + n % 3, 40.0, 60) for n in range(3)]
    before = counts(*rows)
    before = before.assign(expected=np.where(before["name"].str.startswith("Hard"), 0.67, 0.92))
    newcomer = counts(*rows, ("New", 1, 0.0, 0)).iloc[-2:].assign(expected=np.nan)
    after = rates(pd.concat([before, newcomer], ignore_index=True))
    alike([rate for rate in after if rate.name != "New"], rates(before))
    new = next(rate for rate in after if rate.name == "New" and rate.criterion == "greets")
    assert (new.calls, new.standing) == (0, Standing.NOT_ENOUGH)
    assert new.low < 0.87 < new.high


def test_a_strength_is_above_the_peers_and_five_calls_are_none() -> None:
    ordinary = [(f"Peer {n}", 1 + n % 3, 48.0, 60) for n in range(12)]
    found = find_strengths(counts(("Good", 1, 60.0, 60), ("New", 2, 5.0, 5), *ordinary))
    assert [(one.rate.name, one.rate.criterion) for one in found] == [("Good", "greets")]
    assert found[0].lead >= 0.05


def test_more_calls_are_asked_for_where_the_rate_lies_nearer_to_the_target() -> None:
    near, far = (
        next(r for r in rates(counts(("New", 1, points, 12), *PEERS)) if r.name == "New" and r.criterion == "greets")
        for points in (8.0, 7.0)
    )
    assert near.standing is far.standing is Standing.NOT_ENOUGH
    assert near.calls_needed > far.calls_needed > 0


def alike(some: Sequence[Rate], others: Sequence[Rate]) -> None:
    """The same rates, but for what rounding leaves."""
    assert len(some) == len(others)
    for one, other in zip(some, others, strict=True):
        for name, value in asdict(one).items():
            expected = asdict(other)[name]
            assert value == (pytest.approx(expected, rel=1e-9, nan_ok=True) if isinstance(expected, float) else expected)


def test_the_picture_of_one_is_what_is_said_of_them_among_all() -> None:
    every = counts(("Low", 1, 27.0, 60), ("Good", 2, 60.0, 60), *PEERS)
    for id_ in (0, 1, 5):
        one = picture(every, id_)
        alike(one.rates, [rate for rate in rates(every) if rate.id == id_])
        assert [gap.belongs for gap in one.gaps] == [gap.belongs for gap in find_gaps(every) if gap.rate.id == id_]
        alike([gap.rate for gap in one.gaps], [gap.rate for gap in find_gaps(every) if gap.rate.id == id_])
        alike([own.rate for own in one.strengths], [own.rate for own in find_strengths(every) if own.rate.id == id_])
    assert picture(every, 0).gaps


def test_the_rates_of_one_question_are_those_that_it_has_among_all() -> None:
    one = counts(("Low", 1, 27.0, 60), *PEERS)
    both = pd.concat([one, one.assign(criterion="other", points=one["points"] / 2)], ignore_index=True)
    assert rates(both, criterion="other") == [rate for rate in rates(both) if rate.criterion == "other"]
    assert rates(both, criterion="other") != rates(both.query("criterion == 'other'"))  # its weight is one of two


def test_a_team_that_is_given_what_nobody_does_well_has_no_gap_of_its_own() -> None:
    """Half of the hard calls go to one team, the other two meet them seldom and do no better there."""
    agents = [(f"{team} {n}", id_, hard, 60 - hard) for id_, (team, hard) in enumerate(
        [("Given", 40), ("Spared", 5), ("Lucky", 5)], 1
    ) for n in range(5)]  # fmt: skip
    rows = [(name, id_, 0.3 * hard + 0.97 * easy, 60) for name, id_, hard, easy in agents]
    plain = counts(*rows)
    given = plain["name"].str.startswith("Given")
    assert {gap.belongs for gap in find_gaps(plain) if gap.rate.criterion == "greets"} == {Belongs.TEAM}
    knowing = plain.assign(expected=np.where(given, 0.52, 0.91), expected_of_team=np.where(given, 0.52, 0.91))
    assert {gap.belongs for gap in find_gaps(knowing) if gap.rate.criterion == "greets"} == {Belongs.EVERYONE}
    assert {gap.rate.name.split()[0] for gap in find_gaps(knowing)} == {"Given"}


def test_what_is_expected_of_a_team_is_what_others_achieve_on_its_calls() -> None:
    """Two people of one team, one of another, two kinds of calls; the third team takes a kind of its own."""
    team, where = np.array([0, 0, 1, 1, 2, 2]), np.array([0, 0, 0, 1, 1, 2])
    points, counted = np.array([10.0, 30.0, 90.0, 20.0, 60.0, 5.0]), np.full(6, 100.0)
    asked = np.zeros(6, np.int64)
    found = expected_of_teams(asked, team, where, points, counted)
    others = (90 + 20 + 60 + 5) / 400
    assert found[0] == found[1] == pytest.approx((90 + 10 * others) / 110)
    assert found[2] == found[3]
    own_kind = (10 + 30 + 90 + 20) / 400
    assert found[4] == found[5] == pytest.approx(((20 + 10 * own_kind) / 110 + own_kind) / 2)
