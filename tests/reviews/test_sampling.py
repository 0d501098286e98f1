"""Is what is drawn by chance drawn as it says, and can it be drawn again?"""

from collections import Counter
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from errors import InputError
from reviews.sampling import (
    ONE_CARD,
    Candidate,
    Period,
    Rule,
    RuleKind,
    chance_words,
    draw_number,
    draw_share,
    inclusion,
    number_of,
    period_of,
    sentence,
    working_days,
)

CALLS = [Candidate(f"call {n}", ("care", "sales")) for n in range(200)]


def test_a_number_is_worked_out_from_the_seed_and_the_call_alone() -> None:
    # The first 13 hexadecimal digits of the SHA-256 of "seed|call", over 16 to the 13th.
    assert number_of("seed", "call") == int("c6cf72bcce987", 16) / 16**13


@given(st.integers(1, 30), st.integers(0, 60), st.text(max_size=5))
def test_the_sample_has_its_size_and_each_candidate_the_same_chance(number: int, size: int, seed: str) -> None:
    chances = draw_number(Rule(RuleKind.RANDOM, number=number), seed, CALLS[:size])
    assert sum(chance.chosen for chance in chances) == min(number, size)
    assert {chance.probability for chance in chances} <= {min(1.0, number / size) if size else 1.0}


@given(st.permutations(CALLS[:12]), st.integers(1, 5))
def test_the_order_of_the_candidates_makes_no_difference(calls: list[Candidate], number: int) -> None:
    rule = Rule(RuleKind.RANDOM, number=number, blind_share=0.5)
    assert draw_number(rule, "a seed", calls) == draw_number(rule, "a seed", CALLS[:12])


def test_over_many_seeds_every_call_is_chosen_as_often_as_its_probability_says() -> None:
    rule, seeds = Rule(RuleKind.RANDOM, number=3), 3000
    often = Counter(
        chance.call_id for n in range(seeds) for chance in draw_number(rule, str(n), CALLS[:12]) if chance.chosen
    )
    # Four standard errors of a share of 1/4 in 3000.
    assert all(abs(often[call.call_id] / seeds - 0.25) < 4 * (0.25 * 0.75 / seeds) ** 0.5 for call in CALLS[:12])


def test_a_share_takes_those_whose_number_lies_below_it() -> None:
    chances = draw_share(Rule(RuleKind.UNSURE, share=0.3), "a seed", CALLS, 0.3)
    assert {c.call_id for c in chances if c.chosen} == {c.call_id for c in CALLS if number_of("a seed", c.call_id) < 0.3}
    assert {chance.probability for chance in chances} == {0.3}


def test_one_scorecard_is_drawn_by_chance_and_each_as_often() -> None:
    chances = draw_share(Rule(RuleKind.UNSURE, ONE_CARD), "a seed", CALLS, 1.0)
    often = Counter(chance.given for chance in chances)
    assert set(often) == {("care",), ("sales",)}
    assert 70 < often[("care",)] < 130
    assert {chance.card_share for chance in chances} == {0.5}


def test_a_share_of_the_sample_is_blind_and_nothing_that_is_not_chosen() -> None:
    chances = draw_number(Rule(RuleKind.RANDOM, number=100, blind_share=0.4), "a seed", CALLS)
    assert 25 < sum(chance.blind for chance in chances) < 55
    assert not [chance for chance in chances if chance.blind and not chance.chosen]


@given(st.lists(st.floats(0, 1), max_size=6))
def test_several_rules_choose_at_least_as_surely_as_the_surest_of_them(probabilities: list[float]) -> None:
    assert max(probabilities, default=0.0) - 1e-9 <= inclusion(probabilities) <= 1.0


def test_two_independent_rules_miss_a_call_only_together() -> None:
    assert inclusion([0.5, 0.5]) == 0.75


@pytest.mark.parametrize(
    ("period", "first", "end"),
    [
        (Period.DAY, date(2026, 12, 31), date(2027, 1, 1)),
        (Period.WEEK, date(2026, 12, 28), date(2027, 1, 4)),
        (Period.MONTH, date(2026, 12, 1), date(2027, 1, 1)),
    ],
)
def test_a_moment_lies_in_its_day_week_and_month(period: Period, first: date, end: date) -> None:
    days = period_of(datetime(2026, 12, 31, 23, 59, tzinfo=UTC), period)
    assert (days.start, days.end) == (first, end)


def test_reviews_are_due_from_monday_to_friday() -> None:
    assert working_days(date(2026, 11, 20), 3) == (date(2026, 11, 20), date(2026, 11, 23), date(2026, 11, 24))
    assert working_days(date(2026, 11, 22), 1) == (date(2026, 11, 23),)


@pytest.mark.parametrize(
    ("probability", "words"),
    [
        (1.0, "certain to be chosen"),
        (0.5, "a chance of 1 in 2"),
        (1 / 12, "a chance of 1 in 12"),
        (0.4, "a chance of 40 in 100"),
    ],
)
def test_a_chance_is_said_in_words(probability: float, words: str) -> None:
    assert chance_words(probability) == words


def test_several_reasons_are_one_sentence() -> None:
    assert sentence(["It failed", "It was drawn"]) == "It failed; also: it was drawn."


@pytest.mark.parametrize(
    "wrong",
    [
        {"kind": RuleKind.UNSURE, "share": 0.0},
        {"kind": RuleKind.RANDOM, "number": 0},
        {"kind": RuleKind.FAILURE, "blind_share": 0.5},
        {"kind": RuleKind.SENTIMENT, "bound": -3.0},
        {"kind": RuleKind.RANDOM, "due_days": 0},
    ],
)
def test_a_rule_that_makes_no_sense_is_a_sentence(wrong: dict[str, object]) -> None:
    with pytest.raises(InputError, match=r"\.$"):
        Rule(**wrong)  # type: ignore[arg-type]
