"""What a coach may rely on when a rate is said to have changed."""

from datetime import datetime, timedelta

import numpy as np
import pandas as pd
import pytest

from coaching.trends import FEWEST_WEEKS, levels, shifts, trend

MONDAY = datetime(2026, 1, 5)


def weeks(points: list[float], counted: list[int]) -> pd.DataFrame:
    """One row a week from a Monday on."""
    days = [MONDAY + timedelta(weeks=n) for n in range(len(points))]
    return pd.DataFrame({"week": days, "points": points, "counted": counted})


def steady(chance: np.random.Generator, rate: float, calls: int, differ: float = 0.0, number: int = 13) -> pd.DataFrame:
    """Weeks that differ by chance alone; with `differ` the rate itself wanders from week to week, to no level."""
    rates = np.clip(rate + differ * chance.normal(size=number), 0.02, 0.98)
    counted = chance.poisson(calls, number).clip(1)
    return weeks([float(n) for n in chance.binomial(counted, rates)], counted.tolist())


@pytest.mark.parametrize(("calls", "differ", "most"), [(4, 0.0, 0.07), (40, 0.0, 0.07), (40, 0.12, 0.14)])
def test_a_steady_rate_is_rarely_said_to_have_shifted_or_a_week_to_be_out_of_the_ordinary(
    calls: int, differ: float, most: float
) -> None:
    """Where the rate itself wanders by twelve points from week to week, a steady level is hard to tell from two."""
    chance = np.random.default_rng(7)
    seen = [trend(steady(chance, 0.8, calls, differ)) for _ in range(200)]
    assert sum(one.shift is not None for one in seen) <= most * len(seen)
    assert sum(week.outside for one in seen for week in one.weeks) <= 0.006 * 13 * len(seen)


def test_a_rate_that_rises_for_good_is_a_shift_from_that_week_on() -> None:
    found = trend(weeks([3, 2, 3, 4, 2, 3, 3, 8, 9, 8, 9, 8, 9], [10] * 13)).shift
    assert found is not None
    assert found.week == MONDAY + timedelta(weeks=7)
    assert found.change == pytest.approx(0.85 - 20 / 70)


def test_most_agents_who_truly_improve_by_half_are_seen_to_at_four_calls_a_week() -> None:
    chance = np.random.default_rng(3)
    found = 0
    for _ in range(60):
        counted = chance.poisson(4, 13).clip(1)
        rates = np.where(np.arange(13) < 7, 0.3, 0.86)
        found += trend(weeks([float(n) for n in chance.binomial(counted, rates)], counted.tolist())).shift is not None
    assert found >= 40


def test_one_week_apart_is_out_of_the_ordinary_and_no_shift() -> None:
    points = [36.0] * 13
    points[6] = 15.0
    seen = trend(weeks(points, [40] * 13))
    assert seen.shift is None
    assert [week.week for week in seen.weeks if week.outside] == [MONDAY + timedelta(weeks=6)]


def test_after_a_shift_each_level_has_limits_of_its_own() -> None:
    seen = trend(weeks([10.0] * 7 + [35.0] * 6, [40] * 13))
    assert {round(week.level, 3) for week in seen.weeks} == {0.25, 0.875}
    assert not any(week.outside for week in seen.weeks)


def test_too_few_weeks_say_nothing_of_a_shift() -> None:
    few = [1.0] * 3 + [9.0] * (FEWEST_WEEKS - 4)
    assert trend(weeks(few, [10] * len(few))).shift is None
    assert trend(weeks([], [])).weeks == ()


def test_weeks_without_a_counted_call_are_left_out() -> None:
    assert len(trend(weeks([1.0, 0.0, 2.0], [2, 0, 2])).weeks) == 2


def test_among_many_steady_rates_the_two_that_changed_are_named_and_hardly_another() -> None:
    chance = np.random.default_rng(5)
    series = {f"steady {n}": steady(chance, 0.75, 12) for n in range(60)}
    series["rises"] = weeks([4.0] * 6 + [11.0] * 7, [12] * 13)
    series["falls"] = weeks([11.0] * 8 + [5.0] * 5, [12] * 13)
    named = shifts(series)
    assert {"rises", "falls"} <= set(named)
    assert len(named) <= 3
    assert next(iter(named)) == "rises"


def test_the_weeks_of_a_rate_show_the_shift_that_was_named_among_many_and_no_other() -> None:
    rises = weeks([4.0] * 6 + [11.0] * 7, [12] * 13)
    (shift,) = shifts({"rises": rises}).values()
    assert levels(rises, shift) == trend(rises)
    assert levels(rises, None).shift is None
    assert len({week.level for week in levels(rises, None).weeks}) == 1
