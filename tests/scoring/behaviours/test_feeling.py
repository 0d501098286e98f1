"""Where a line begins to be called positive or negative follows from lines that were not taught on."""

import numpy as np

from scoring.behaviours.feeling import best_bound, feeling_bounds
from scoring.behaviours.judge import feels_from


def test_lines_that_lie_apart_are_told_apart() -> None:
    valence, felt = np.repeat([-0.8, 0.0, 0.6], 50), np.repeat([-1, 0, 1], 50)
    assert 0 < best_bound(valence, felt) <= 0.6


def test_the_rarer_feelings_are_the_more_it_takes() -> None:
    chance = np.random.default_rng(5)

    def bound(neutral: int) -> float:
        felt = np.repeat([-1, 0, 1], [1000, neutral, 1000])
        return best_bound(np.clip(chance.normal(felt * 0.4, 0.25), -1, 1), felt)

    assert bound(8000) > bound(500)


def test_a_raised_voice_has_a_bound_of_its_own() -> None:
    felt = np.tile([-1, 0, 0, 0, 1] * 4 + [-1, 1] * 10, 10)
    raised = np.array(([False] * 20 + [True] * 20) * 10)
    valence = np.clip(np.random.default_rng(5).normal(felt * 0.3, 0.1), -1, 1)
    bounds = feeling_bounds(raised, valence, felt, [str(number // 40) for number in range(400)])
    assert 0 < bounds["raised"] < bounds["plain"] < 0.3


def test_the_judges_own_bounds_are_between_nothing_and_everything() -> None:
    assert 0 < feels_from(raised=True) < feels_from() < 1
