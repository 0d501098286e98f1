"""A correlation is said with its interval, from enough answers alone, and of each customer once."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import spearmanr

from coaching.satisfaction import FEWEST_ANSWERS, agreement, latest_of_each

Pairs = st.lists(st.tuples(st.floats(0, 100), st.integers(1, 5)), min_size=FEWEST_ANSWERS, max_size=80)


@given(Pairs)
def test_it_is_spearmans_and_lies_within_its_interval(pairs: list[tuple[float, int]]) -> None:
    ours, theirs = zip(*pairs, strict=True)
    found = agreement(ours, theirs)
    if found is None:
        assert len(set(ours)) == 1 or len(set(theirs)) == 1
        return
    assert found.r == pytest.approx(spearmanr(ours, theirs).statistic, abs=1e-9)
    assert -1 <= found.low <= found.r <= found.high <= 1


def test_below_thirty_answers_nothing_is_said() -> None:
    ours = list(range(FEWEST_ANSWERS))
    assert agreement(ours[:-1], ours[:-1]) is None
    assert agreement(ours, ours) is not None


def test_the_interval_holds_what_is_true_as_often_as_it_says() -> None:
    generator, inside, tries = np.random.default_rng(3), 0, 600
    together = [[1.0, 0.5], [0.5, 1.0]]
    true = 6 / np.pi * np.arcsin(0.25)  # Spearman's of two normal figures whose correlation is a half
    for _ in range(tries):
        ours, theirs = generator.multivariate_normal([0, 0], together, size=60).T
        found = agreement(ours, theirs)
        assert found is not None
        inside += found.low <= true <= found.high
    assert 0.92 <= inside / tries <= 0.98


def test_of_a_customer_the_latest_answer_counts_and_of_nobody_known_each() -> None:
    days = pd.to_datetime(["2026-03-01", "2026-03-05", "2026-03-02", "2026-03-03"], utc=True)
    given = pd.DataFrame({"customer": ["a", "a", "", ""], "answered_at": days, "score": [1, 5, 2, 3]})
    assert latest_of_each(given)["score"].tolist() == [5, 2, 3]
