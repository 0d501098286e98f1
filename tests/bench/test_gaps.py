"""The benchmark of gaps simulates what it says it does, and its promises hold on a few small centres."""

import numpy as np
import pytest
from scipy.special import expit

from bench.gaps import KINDS, TARGET, _level_for, measure, simulate


def test_a_given_gap_is_so_many_points_below_the_target_over_the_agents_own_mix() -> None:
    mix, kinds = np.random.default_rng(3).dirichlet(np.ones(KINDS)), np.linspace(-0.5, 0.5, KINDS)
    level = _level_for(TARGET - 0.15, mix, kinds)
    assert (mix * expit(level + kinds)).sum() == pytest.approx(0.65)


def test_a_centre_has_a_row_of_counts_and_of_truth_for_each_agent_and_criterion() -> None:
    centre = simulate(np.random.default_rng(5), 60)
    assert len(centre.counts) == len(centre.truth) == len(centre.given) == len(centre.peers_truth)
    assert centre.counts["counted"].between(5, 200).all()
    assert ((centre.truth > 0) & (centre.truth < 1)).all()


def test_the_promises_hold_on_a_few_small_centres_where_plain_averages_name_far_more_false_gaps() -> None:
    figures = measure(centres=10, seed=3, sizes=(14, 60))
    assert figures["named"] > 150
    assert min(figures["probed"].values()) > 10
    assert figures["false_share"] <= 0.10
    assert figures["false_share_of_agents_own"] <= 0.10
    assert 0.87 <= figures["coverage"] <= 0.93
    assert figures["plain_averages"]["false_share"] > 2 * figures["false_share"]
