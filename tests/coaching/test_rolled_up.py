"""What a section's rate is, and what it does not pretend to be."""

import pandas as pd
import pytest

from coaching.gaps import Belongs, Standing, find_gaps, rates, shared
from coaching.rolled_up import by_behaviour, by_section
from tests.coaching.test_gaps import PEERS, counts

TITLES = {("service", "greets"): "The opening", ("service", "closes"): "The opening"}


def test_a_section_is_the_weighted_mean_of_its_questions_and_counts_a_call_once() -> None:
    rows = by_section(counts(("Low", 1, 20.0, 50), *PEERS), TITLES)
    (low,) = [rate for rate in rates(rows) if rate.name == "Low"]
    assert low.question == "The opening"
    assert low.observed == pytest.approx((2 * 20 + 3 * 47.5) / (5 * 50))
    assert low.calls == 50
    assert low.standing is Standing.GAP or low.rate > 0.7


def test_a_behaviour_is_put_together_over_scorecards_and_other_questions_stay_out() -> None:
    one = counts(("Low", 1, 20.0, 50), *PEERS)
    both = pd.concat([one, one.assign(scorecard="other", title="Other")], ignore_index=True)
    rows = by_behaviour(both, {("service", "greets"): ["greets"], ("other", "greets"): ["greets", "thanks"]})
    assert set(rows["question"]) == {"Greets", "Thanks"}
    low = rows[(rows["name"] == "Low") & (rows["criterion"] == "greets")].iloc[0]
    assert (low["points"], low["counted"]) == (20.0, 50.0)


def test_nothing_rolled_up_is_nothing() -> None:
    none = counts(*PEERS).iloc[:0]
    assert rates(by_section(none, TITLES)) == rates(by_behaviour(none, {})) == []


def test_what_a_team_shares_is_told_once() -> None:
    team = [(f"Two {n}", 2, 24.0, 60) for n in range(4)]
    gaps = find_gaps(counts(*team, *[(f"One {n}", 1, 58.0, 60) for n in range(8)]))
    (one,) = shared(gaps, Belongs.TEAM)
    assert len(one.gaps) == 4
    assert one.calls == 240
    assert one.rate == pytest.approx(0.4, abs=0.05)
    assert shared(gaps, Belongs.EVERYONE) == []
