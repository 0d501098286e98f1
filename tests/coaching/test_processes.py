"""Is a process called into question only where it is likely worse than elsewhere, and is it found where it is?"""

import numpy as np
import pandas as pd
import pytest

from coaching.processes import LARGE_ENOUGH, Kind, ProcessRate, process_rates, worth_a_question


def counts(*groups: tuple[str, int, int]) -> pd.DataFrame:
    return pd.DataFrame(groups, columns=["name", "calls", "events"]).assign(key=lambda own: own["name"])


def rates(*groups: tuple[str, int, int]) -> dict[str, ProcessRate]:
    return {rate.name: rate for rate in process_rates(Kind.TRANSFER, counts(*groups))}


def test_a_reason_with_far_more_transfers_than_the_others_is_worth_a_question() -> None:
    found = rates(("Billing", 120, 40), ("Faults", 200, 12), ("Orders", 150, 8), ("Moves", 90, 6))
    assert [rate.name for rate in worth_a_question(list(found.values()))] == ["Billing"]
    billing = found["Billing"]
    assert billing.elsewhere == pytest.approx(26 / 440)
    assert billing.low < billing.rate < billing.high
    assert billing.rate < billing.observed  # pulled towards the others
    assert billing.calls_more == pytest.approx((billing.rate - 26 / 440) * 120)


def test_of_nine_calls_nothing_is_said_however_bad_they_are() -> None:
    found = rates(("Billing", 9, 9), ("Faults", 200, 12), ("Orders", 150, 8))
    assert not found["Billing"].named


def test_what_is_alike_everywhere_is_no_question_about_one_reason() -> None:
    assert not any(rate.named for rate in rates(("a", 100, 30), ("b", 100, 31), ("c", 100, 29)).values())


def test_a_single_reason_has_nothing_to_be_compared_with() -> None:
    (only,) = rates(("Billing", 80, 40)).values()
    assert np.isnan(only.elsewhere)
    assert not only.named


def test_a_large_reason_is_not_compared_with_a_handful_of_other_calls_as_if_they_were_many() -> None:
    found = rates(("Billing", 500, 60), ("Other", 6, 0))
    assert not found["Billing"].named
    assert rates(("Billing", 500, 60), ("Other", 600, 0))["Billing"].named


def test_with_hard_calls_a_team_is_compared_with_what_others_have_on_them() -> None:
    own = counts(("A", 200, 60), ("B", 200, 20), ("C", 200, 20), ("D", 200, 22))
    hard = process_rates(Kind.TRANSFER, own.assign(expected=[0.3, 0.1, 0.1, 0.1]))
    assert not any(rate.named for rate in hard)
    easy = process_rates(Kind.TRANSFER, own.assign(expected=[0.1, 0.15, 0.15, 0.15]))
    assert [rate.name for rate in easy if rate.named] == ["A"]


def test_without_calls_there_are_no_rates() -> None:
    assert process_rates(Kind.HOLD, counts()) == []
    assert process_rates(Kind.HOLD, counts(("a", 0, 0))) == []


def test_of_what_is_named_at_most_a_tenth_is_false_and_the_intervals_hold_what_they_say() -> None:
    """Two hundred centres of twelve reasons, 15 to 250 calls each, whose true rates are known; a third of them differ."""
    chance = np.random.default_rng(11)
    named = false = inside = large = found = total = 0
    for _ in range(200):
        truth = np.clip(chance.beta(2, 25, 12) + (chance.random(12) < 0.15) * 0.15, 0, 1)
        calls = chance.integers(15, 250, 12)
        events = chance.binomial(calls, truth)
        own = pd.DataFrame({"key": range(12), "name": [f"r{n:02}" for n in range(12)], "calls": calls, "events": events})
        for rate in process_rates(Kind.REPEAT, own):
            place = int(rate.key)
            others = np.arange(12) != place
            elsewhere = np.average(truth[others], weights=calls[others])
            total += 1
            inside += rate.low <= truth[place] <= rate.high
            named += rate.named
            false += rate.named and truth[place] <= elsewhere
            if truth[place] - elsewhere >= 0.15 and rate.calls >= 60:
                large += 1
                found += rate.named
    assert named > 300
    assert false <= 0.1 * named
    assert 0.87 <= inside / total <= 0.93
    assert large > 50
    assert found >= 0.95 * large
    assert LARGE_ENOUGH < 0.15
