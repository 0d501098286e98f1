"""What may be read from a score's weeks."""

from datetime import date, timedelta

import numpy as np
import pytest

from coaching.weekly import direction, weekly_means

MONDAY = date(2026, 8, 3)


def weeks(*numbers: int) -> list[date]:
    return [MONDAY + timedelta(weeks=number) for number in numbers]


def test_a_week_of_few_calls_has_the_wider_band() -> None:
    many, few = weekly_means(weeks(0, 0, 0, 0, 0, 0, 1), [70, 74, 66, 70, 78, 62, 70])
    assert (many.calls, few.calls) == (6, 1)
    assert many.mean == few.mean == 70
    assert many.low is not None
    assert few.low is not None
    assert few.low < many.low < 70


def test_one_call_a_week_says_nothing_of_its_spread() -> None:
    assert [(week.low, week.high) for week in weekly_means(weeks(0, 1), [50, 60])] == [(None, None), (None, None)]


def test_a_range_never_leaves_the_scale() -> None:
    (week,) = weekly_means(weeks(0, 0, 0), [100, 95, 60])
    assert week.high == 100


def test_a_weeks_range_holds_the_true_mean_nine_times_in_ten() -> None:
    chance = np.random.default_rng(3)
    held = 0
    for _ in range(400):
        totals = chance.normal(60, 8, 12).tolist()
        week = weekly_means(weeks(*(n // 4 for n in range(12))), totals)[0]
        assert week.low is not None
        assert week.high is not None
        held += week.low <= 60 <= week.high
    assert 0.86 <= held / 400 <= 0.94


def test_a_steady_rise_is_clear_and_noise_is_not() -> None:
    rising = direction(weeks(*range(8)), [50, 52.5, 53.5, 56, 58.5, 59.5, 62, 64])
    assert rising is not None
    assert rising.is_clear
    assert rising.slope == pytest.approx(2, abs=0.1)
    noise = direction(weeks(*range(8)), [50, 70, 40, 66, 52, 71, 38, 60])
    assert noise is not None
    assert not noise.is_clear


def test_two_weeks_have_no_direction() -> None:
    assert direction(weeks(0, 0, 1, 1), [50, 60, 70, 80]) is None
