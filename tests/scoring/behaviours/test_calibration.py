"""Probabilities come true as often as they say, and a question mark counts as what it is."""

import numpy as np
import pytest

from scoring.behaviours.calibration import fit, half_of_best_f1, marks, probabilities


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("What happened then?", (1, 0)),
        ("Right? Okay. And you told him?", (1, 0)),
        ("Yeah? Okay.", (0, 1)),
        ("Right, love? Okay.", (0, 1)),
        ("It came on Monday.", (0, 1)),
        ("so what happened then", (0, 0)),
        ("", (0, 0)),
    ],
)
def test_marks_are_read_where_there_are_any(text: str, expected: tuple[float, float]) -> None:
    assert marks(text) == expected


def test_odds_that_are_twice_too_sure_and_shifted_are_put_right() -> None:
    chance = np.random.default_rng(1)
    truly = chance.normal(-1, 2, 20_000)
    target = (chance.random(20_000) < 1 / (1 + np.exp(-truly))).astype(float)
    slope, offset, asks, tells = fit(2 * truly + 1, target)
    assert (slope, offset) == pytest.approx((0.5, -0.5), abs=0.05)
    assert (asks, tells) == (0, 0)


def test_a_mark_that_tells_more_than_the_odds_is_given_its_weight() -> None:
    chance = np.random.default_rng(2)
    heard = np.stack([chance.random(20_000) < 0.5, np.zeros(20_000)], axis=1).astype(float)
    target = (chance.random(20_000) < np.where(heard[:, 0] > 0, 0.9, 0.1)).astype(float)
    odds = chance.normal(0, 1, 20_000)
    slope, offset, asks, _ = found = fit(odds, target, heard)
    assert abs(slope) < 0.1
    told = probabilities(np.zeros((2, 1)), np.array([[1.0, 0.0], [0.0, 0.0]]), np.array([found]))
    assert told[:, 0] == pytest.approx([0.9, 0.1], abs=0.02)
    assert asks > 3
    assert offset < -2


def test_answers_that_never_fail_stay_finite() -> None:
    odds = np.repeat([-3.0, 3.0], 50)
    assert np.isfinite(fit(odds, (odds > 0).astype(float), np.tile([1.0, 0.0], (100, 1)))).all()


def test_the_bound_lies_at_one_half_for_what_is_easily_told_and_lower_for_what_is_hard() -> None:
    chance = np.random.default_rng(3)
    easy = np.repeat([0.01, 0.99], 500)
    assert half_of_best_f1(easy, (easy > 0.5).astype(float)) == 0.5
    hard = chance.uniform(0, 0.6, 20_000)
    target = (chance.random(20_000) < hard).astype(float)
    bound = half_of_best_f1(hard, target)
    assert bound < 0.35
    f1 = [2 * target[hard >= b].sum() / ((hard >= b).sum() + target.sum()) for b in (bound, bound + 0.1, bound - 0.1)]
    assert f1[0] == max(f1)
