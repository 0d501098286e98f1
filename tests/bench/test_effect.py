"""Does the measurement of effects measure what it says, in a few runs?"""

import numpy as np

from bench.effect import CENTRES, figures, simulate


def test_choosing_the_lowest_fools_a_plain_before_and_after_and_not_ours() -> None:
    coached = simulate(np.random.default_rng(5), CENTRES[1], calls=40, rise=0.0, runs=40)
    found = figures(coached)
    assert found["said"] <= 0.14
    assert found["plain"] > found["said"] + 0.05
    assert all(one.truth == 0 for one in coached)


def test_a_real_rise_is_in_the_interval_and_mostly_found() -> None:
    found = figures(simulate(np.random.default_rng(5), CENTRES[1], calls=100, rise=0.2, runs=25))
    assert found["said"] > 0.8
    assert 0.8 <= found["covered"] <= 1
