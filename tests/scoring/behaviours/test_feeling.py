"""Where a line begins to be called positive or negative follows from how frequent feelings are taken to be."""

import numpy as np
import pytest

from scoring.behaviours.feeling import ASSUMED, best_bounds
from scoring.behaviours.judge import feels_from


def test_the_assumed_shares_are_of_one_whole() -> None:
    assert sum(ASSUMED.values()) == pytest.approx(1)


def test_lines_that_lie_apart_are_told_apart() -> None:
    valence, truth = np.repeat([-0.8, 0.0, 0.6], 50), np.repeat([-1.0, 0.0, 1.0], 50)
    positive, negative = best_bounds(valence, truth, ASSUMED)
    assert 0 < positive <= 0.6
    assert 0 < negative <= 0.8


def test_the_rarer_a_feeling_is_the_more_it_takes() -> None:
    chance = np.random.default_rng(5)
    truth = np.repeat([-1.0, 0.0, 1.0], 3000)
    valence = np.clip(chance.normal(truth * 0.4, 0.25), -1, 1)
    common = best_bounds(valence, truth, {"positive": 0.4, "neutral": 0.3, "negative": 0.3})
    rare = best_bounds(valence, truth, {"positive": 0.05, "neutral": 0.65, "negative": 0.3})
    assert rare[0] > common[0]


def test_the_judges_own_bounds_are_between_nothing_and_everything() -> None:
    assert all(0 < bound < 1 for bound in feels_from())
