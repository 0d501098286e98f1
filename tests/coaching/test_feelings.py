"""Is somebody's customers' sentiment set apart from others' only where it likely differs?"""

import numpy as np
import pandas as pd
import pytest

from coaching.feelings import LARGE_ENOUGH, Compared, Feeling, feelings, set_apart


def groups(*each: tuple[str, list[float]], expected: float | None = None) -> list[Feeling]:
    """Groups by the peak and end of each of their calls; expected: what others have, else the mean of all other calls."""
    every = [value for _, values in each for value in values]
    rows = []
    for name, values in each:
        others = len(every) - len(values)
        elsewhere = (sum(every) - sum(values)) / others if others else float("nan")
        rows.append(
            {
                "key": name,
                "name": name,
                "calls": len(values),
                **dict.fromkeys(("start", "lowest", "end", "peak_end"), sum(values)),
                "peak_end_squared": sum(value**2 for value in values),
                "expected": elsewhere if expected is None else expected,
            }
        )
    return feelings(pd.DataFrame(rows))


def around(mean: float, calls: int, seed: int) -> list[float]:
    return list(np.random.default_rng(seed).normal(mean, 0.35, calls))


ALIKE = [(f"agent {n}", around(0.5, 60, n)) for n in range(8)]


def test_an_agent_whose_customers_leave_far_worse_is_set_apart() -> None:
    found = groups(("Ana", around(0.1, 80, 99)), *ALIKE)
    first = set_apart(found)[0]
    assert (first.name, first.compared) == ("Ana", Compared.WORSE)
    assert found[0].low < found[0].peak_end < found[0].high < found[0].others


def test_an_agent_whose_customers_leave_far_better_is_set_apart_too() -> None:
    first = set_apart(groups(("Ana", around(0.85, 80, 99)), *ALIKE))[0]
    assert (first.name, first.compared) == ("Ana", Compared.BETTER)


def test_of_few_calls_nothing_is_said() -> None:
    found = {one.name: one for one in groups(("Ana", [-0.9] * 9), *ALIKE)}
    assert found["Ana"].compared is Compared.FEW
    assert found["Ana"].peak_end > found["Ana"].observed  # pulled towards the others


def test_those_who_are_alike_are_not_ranked() -> None:
    assert set_apart(groups(*ALIKE)) == []


def test_one_alone_is_compared_with_nobody() -> None:
    (only,) = groups(("Ana", around(0.1, 80, 99)))
    assert np.isnan(only.others)
    assert only.compared is Compared.FEW


def test_without_calls_there_is_nothing() -> None:
    assert groups(("Ana", [])) == []


def test_the_plain_means_are_those_of_the_calls() -> None:
    (only,) = groups(("Ana", [0.2, 0.4]))
    assert (only.start, only.lowest, only.end) == pytest.approx((0.3, 0.3, 0.3))


def test_of_those_set_apart_at_most_a_tenth_are_not_and_the_intervals_hold_what_they_say() -> None:
    """A hundred and fifty centres of twenty agents, 10 to 150 calls each, whose true means are known."""
    chance = np.random.default_rng(5)
    named = wrong = inside = total = 0
    for _ in range(150):
        truth = 0.5 + chance.normal(0, 0.08, 20)
        own = [(str(n), list(chance.normal(truth[n], 0.38, chance.integers(10, 150)))) for n in range(20)]
        for one in groups(*own, expected=0.5):
            real = truth[int(one.name)]
            total += 1
            inside += one.low <= real <= one.high
            if one.compared in (Compared.BETTER, Compared.WORSE):
                named += 1
                wrong += (real > 0.5) != (one.compared is Compared.BETTER)
    assert named > 200
    assert wrong <= 0.1 * named
    assert 0.88 <= inside / total <= 0.92
    assert LARGE_ENOUGH > 0
