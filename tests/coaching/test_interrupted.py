"""Is what an action brought about found, and nothing else, in series whose truth is known?"""

from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from bench.interrupted import Setting, found, simulate
from coaching.interrupted import (
    FEWEST_AFTER,
    FEWEST_BEFORE,
    MOST_AFTER,
    MOST_BEFORE,
    Effect,
    Said,
    Side,
    TooFew,
    WeekCount,
    effect_of,
    side_of,
)

MONDAY = date(2025, 1, 6)
WEEK = timedelta(days=7)


def weeks_of(*counts: float, others: float = 0.0) -> list[WeekCount]:
    return [WeekCount(MONDAY + number * WEEK, count, None, others) for number, count in enumerate(counts)]


def shares_of(*counts: float, of: float = 100.0) -> list[WeekCount]:
    return [WeekCount(MONDAY + number * WEEK, count, of, 0.0, 0.0) for number, count in enumerate(counts)]


def effect(weeks: list[WeekCount], acted_on: date, within_days: int = 0) -> Effect:
    seen = effect_of(weeks, acted_on, within_days)
    assert isinstance(seen, Effect)
    return seen


STEADY = (52, 47, 55, 49, 50, 46, 53, 51, 48, 54)


def test_a_drop_is_found_with_its_size_and_its_lines() -> None:
    seen = effect(weeks_of(*STEADY, 34, 36, 33, 37, 35), MONDAY + 10 * WEEK)
    assert seen.says is Said.FEWER
    assert (seen.before, seen.after, seen.observed) == (10, 5, 175)
    assert seen.removed.low <= 5 * 15 <= seen.removed.high
    assert seen.removed.change == pytest.approx(-0.3, abs=0.08)
    assert seen.removed.events == pytest.approx(seen.expected - seen.observed)
    assert seen.level.high < 1
    assert [one.side for one in seen.weeks] == [Side.BEFORE] * 10 + [Side.AFTER] * 5
    assert all(one.low <= one.expected <= one.high for one in seen.weeks)
    assert sum(one.expected for one in seen.weeks[10:]) == pytest.approx(seen.expected)


def test_a_fall_that_was_under_way_is_not_the_actions_doing() -> None:
    falling = [round(90 * 0.95**week) for week in range(20)]
    seen = effect(weeks_of(*falling), MONDAY + 12 * WEEK)
    assert seen.says is Said.UNCLEAR
    assert abs(seen.removed.change) < 0.1


def test_what_comes_to_nothing_is_said_too() -> None:
    seen = effect(weeks_of(*STEADY, 0, 0, 0, 0), MONDAY + 10 * WEEK)
    assert seen.says is Said.FEWER
    assert seen.observed == 0
    assert seen.removed.change == -1
    all_did = effect(shares_of(*([20, 24, 18, 22, 19, 21, 23, 20]), 100, 100, 100, 100), MONDAY + 8 * WEEK)
    assert all_did.says is Said.MORE


def test_too_few_weeks_say_from_when_on_it_will_be_known() -> None:
    acted_on = MONDAY + 8 * WEEK + timedelta(days=2)
    seen = effect_of(weeks_of(*STEADY), acted_on)
    assert seen == TooFew(8, 1, sum(STEADY[:8]), MONDAY + (9 + FEWEST_AFTER) * WEEK)
    later = effect_of(weeks_of(*STEADY[:9], *STEADY), acted_on, within_days=7)
    assert isinstance(later, TooFew)
    assert (later.before, later.will_be) == (FEWEST_BEFORE - 1, None)
    rare = effect_of(weeks_of(*[1] * 20), MONDAY + 10 * WEEK)
    assert isinstance(rare, TooFew)
    assert rare.will_be is None


def test_the_day_on_which_it_is_known_is_the_day_on_which_it_is_said() -> None:
    acted_on = MONDAY + 8 * WEEK
    short = effect_of(weeks_of(*STEADY, 50), acted_on)
    assert isinstance(short, TooFew)
    assert short.will_be == MONDAY + 12 * WEEK
    assert isinstance(effect_of(weeks_of(*STEADY, 50, 50), acted_on), Effect)


def test_weeks_that_the_action_cuts_through_are_neither_before_nor_after() -> None:
    acted_on = MONDAY + 8 * WEEK + timedelta(days=3)
    assert side_of(MONDAY + 7 * WEEK, acted_on) is Side.BEFORE
    assert side_of(MONDAY + 8 * WEEK, acted_on) is Side.BETWEEN
    assert side_of(MONDAY + 9 * WEEK, acted_on) is Side.AFTER
    # A contact three days before the action can be followed by one that the action prevents.
    assert side_of(MONDAY + 7 * WEEK, acted_on, within_days=7) is Side.BETWEEN
    assert side_of(MONDAY + 3 * WEEK, acted_on, within_days=30) is Side.BEFORE
    wild = effect(weeks_of(*STEADY, 500, 50, 51, 49, 50), MONDAY + 10 * WEEK + timedelta(days=1))
    assert wild.says is Said.UNCLEAR
    assert (wild.before, wild.after) == (10, 4)


def test_years_are_not_taken_for_one_line() -> None:
    seen = effect(weeks_of(*STEADY * 12), MONDAY + 80 * WEEK)
    assert (seen.before, seen.after) == (MOST_BEFORE, MOST_AFTER)


def test_what_moved_every_reason_is_not_the_actions_doing() -> None:
    series = simulate(np.random.default_rng(3), Setting(26, 13, mean=80, differs=0.03, common=0.7))
    seen = effect(list(series.weeks), series.acted_on)
    assert seen.removed.says is Said.FEWER
    assert seen.against_others is not None
    assert seen.says is Said.UNCLEAR
    few = effect([replace(one, others=2 * one.events) for one in series.weeks], series.acted_on)
    assert few.against_others is None


def test_weeks_that_hang_together_are_said_to_and_make_the_range_wider() -> None:
    waves = [60 + 15 * np.sin(week / 2.5) for week in range(40)]
    chance = np.random.default_rng(5)
    hanging = effect(weeks_of(*waves), MONDAY + 26 * WEEK)
    mixed = effect(weeks_of(*chance.permutation(waves)), MONDAY + 26 * WEEK)
    assert hanging.hangs_together
    assert hanging.likeness > 0.5
    assert not mixed.hangs_together
    assert hanging.level.high / hanging.level.low > mixed.level.high / mixed.level.low


def test_of_nothing_little_is_said_and_thirty_percent_less_is_found() -> None:
    """As `bench.interrupted`, in small."""
    chance = np.random.default_rng(20)
    nothing = found(chance, Setting(26, 13, alike=0.2), 60)
    assert nothing.said <= 0.2
    assert nothing.held >= 0.8
    less = found(chance, Setting(26, 13, differs=0.1, keeps=0.7), 40)
    assert less.fewer >= 0.7
    assert less.held >= 0.8
    repeats = found(chance, Setting(26, 13, mean=30, of=150, differs=0.1, keeps=2 / 3), 30)
    assert repeats.fewer >= 0.6


@settings(max_examples=25, deadline=None)
@given(some.lists(some.integers(0, 200), min_size=12, max_size=24), some.integers(8, 20))
def test_whatever_the_counts_a_range_holds_its_estimate(counts: list[int], place: int) -> None:
    seen = effect_of(weeks_of(*counts), MONDAY + place * WEEK)
    if isinstance(seen, TooFew):
        assert seen.before < FEWEST_BEFORE or seen.after < FEWEST_AFTER or seen.events_before < 24
        return
    assert seen.removed.low <= seen.removed.events + 1e-6
    assert seen.removed.events <= seen.removed.high + 0.5 + 1e-6
    assert seen.removed.change_low <= seen.removed.change_high


def test_counts_that_cannot_be_are_refused() -> None:
    with pytest.raises(ValueError, match="cannot be"):
        WeekCount(MONDAY, 5, 4, 0, 0)
    with pytest.raises(ValueError, match="counted as the reason is"):
        WeekCount(MONDAY, 5, 9, 3)
