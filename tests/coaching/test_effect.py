"""What a coach may rely on when it is said that coaching worked."""

from collections.abc import Sequence

import numpy as np
import pytest

from coaching.effect import (
    FEWEST_CALLS,
    FEWEST_PEERS,
    FEWEST_PLANS,
    Agents,
    BeforeAfter,
    Counts,
    Effect,
    TooSoon,
    Worked,
    across_plans,
    counted_together,
    effect,
    in_words,
)


def peers(calls: int = 60, rise: float = 0.0, number: int = 30, beside: Sequence[BeforeAfter] = ()) -> Agents:
    """Agents who were not coached, with true rates around three quarters and counts by chance, always the same; and others
    beside them."""
    chance = np.random.default_rng(1)
    before = chance.beta(15, 5, number)
    after = np.clip(before + rise, 0, 1)
    drawn = [
        BeforeAfter(float(chance.binomial(calls, first)), calls, float(chance.binomial(calls, second)), calls)
        for first, second in zip(before, after, strict=True)
    ]
    return Agents.of([*drawn, *beside])


def said(coached: BeforeAfter, compared: Agents) -> Effect:
    found = effect(coached, compared)
    assert isinstance(found, Effect)
    return found


def test_a_large_rise_beyond_the_peers_likely_worked() -> None:
    found = said(BeforeAfter(30, 60, 52, 60), peers())
    assert found.worked is Worked.LIKELY
    assert 0 < found.low < found.effect < found.high
    assert in_words(found).startswith("Likely yes: +")


def test_part_of_a_rise_from_somebodys_worst_would_have_come_anyway() -> None:
    found = said(BeforeAfter(9, 20, 14, 20), peers(20))
    assert found.expected > found.before + 0.05
    assert found.effect < found.after - found.before
    assert found.anyway is not None
    assert 0.15 < found.anyway <= 1
    assert "would have come anyway" in in_words(found)


def test_a_rise_that_everybody_made_is_nobodys_coaching() -> None:
    alone, with_all = said(BeforeAfter(36, 60, 44, 60), peers()), said(BeforeAfter(36, 60, 44, 60), peers(rise=0.1))
    assert with_all.effect < alone.effect - 0.05
    assert with_all.worked is not Worked.LIKELY


def test_a_fall_is_not_called_a_success_nor_given_a_share_of_a_rise() -> None:
    found = said(BeforeAfter(50, 60, 33, 60), peers())
    assert found.worked is Worked.WORSE
    assert found.anyway is None
    assert in_words(found).startswith("Likely not, rather the reverse: −")


def test_no_rise_over_many_calls_is_called_unlikely_and_over_few_unclear() -> None:
    assert said(BeforeAfter(430, 600, 425, 600), peers(600, number=120)).worked is Worked.UNLIKELY
    assert said(BeforeAfter(11, 15, 11, 15), peers(15)).worked is Worked.UNCLEAR


def test_more_calls_make_it_surer() -> None:
    few, many = said(BeforeAfter(15, 30, 24, 30), peers(30)), said(BeforeAfter(100, 200, 160, 200), peers(200))
    assert many.high - many.low < few.high - few.low


def test_too_few_calls_say_how_many_are_missing() -> None:
    soon = effect(BeforeAfter(30, 60, 3, 4), peers())
    assert soon == TooSoon(FEWEST_CALLS - 4, 30)
    assert in_words(soon) == "Too soon to say: about 6 more calls would do."


def test_without_peers_nothing_is_said() -> None:
    alone = effect(BeforeAfter(30, 60, 50, 60), peers(number=FEWEST_PEERS - 1))
    assert alone == TooSoon(0, FEWEST_PEERS - 1)
    assert "not coached" in in_words(alone)


def test_peers_with_few_calls_are_no_comparison() -> None:
    strangers = [BeforeAfter(1, 2, 2, 2)] * 20
    assert effect(BeforeAfter(30, 60, 50, 60), peers(number=5, beside=strangers)) == TooSoon(0, 5)


def test_rates_of_nothing_and_of_everything_keep_their_doubt() -> None:
    perfect = said(BeforeAfter(0, 60, 60, 60), peers())
    assert perfect.standard_error > 0.02
    everybody = Agents.of([BeforeAfter(60, 60, 60, 60)] * 12)
    assert said(BeforeAfter(60, 60, 60, 60), everybody).worked is not Worked.LIKELY


EASY, HARD = 0, 1

Row = tuple[int, int, bool, float, int]
"""An agent, a kind of call, whether it was after, points and calls."""


def _half_easy_half_hard(agent: int, easy: tuple[int, int], hard: tuple[int, int]) -> list[Row]:
    """So many easy and hard calls before and after, of which nine and five in ten are met."""
    numbers = ((False, EASY, easy[0]), (True, EASY, easy[1]), (False, HARD, hard[0]), (True, HARD, hard[1]))
    return [(agent, kind, after, calls * (0.5 if kind else 0.9), calls) for after, kind, calls in numbers]


def _together(rows: Sequence[Row]) -> Agents:
    return counted_together(Counts(*map(np.array, zip(*rows, strict=True))))


def test_whoever_is_given_easier_calls_is_not_said_to_have_improved() -> None:
    counts = [one for agent in range(1, 31) for one in _half_easy_half_hard(agent, (30, 30), (30, 30))]
    together = _together([*_half_easy_half_hard(0, (10, 50), (50, 10)), *counts])
    moved = together.agent(0)
    assert moved.after - moved.before > 0.25
    assert moved.easier_after == pytest.approx(-moved.easier_before, abs=0.02)
    found = said(moved, together.where(together.ids > 0))
    assert abs(found.effect) < 0.05
    assert found.anyway is not None
    assert found.anyway > 0.85


def test_calls_as_all_others_take_them_are_neither_easy_nor_hard() -> None:
    together = _together([one for agent in range(10) for one in _half_easy_half_hard(agent, (20, 20), (20, 20))])
    assert together.easier_before == pytest.approx(np.zeros(10))
    assert together.easier_after == pytest.approx(np.zeros(10))


def test_how_easy_calls_are_is_told_by_what_the_others_do_on_them() -> None:
    counts = _together(
        [(1, EASY, False, 8.0, 10), (1, HARD, True, 5.0, 10), (2, EASY, False, 9.0, 10), (2, HARD, True, 4.0, 8)]
    )
    # Of 38 calls 26 are met: that often on the ten that are borrowed, beside the ten easy calls of the other agent.
    overall = 26 / 38
    assert counts.agent(1).easier_before == pytest.approx((9 + 10 * overall) / 20 - overall)
    assert counts.agent(2).easier_after == pytest.approx((5 + 10 * overall) / 20 - overall)


def test_somebody_with_no_calls_after_is_counted_as_such() -> None:
    one = _together([(4, EASY, False, 3.0, 5)]).agent(4)
    assert (one.points_before, one.calls_before, one.calls_after, one.easier_after) == (3, 5, 0, 0)


def test_somebody_without_any_calls_has_none() -> None:
    assert _together([(4, EASY, False, 3.0, 5)]).agent(5) == BeforeAfter(0, 0, 0, 0)


def an_effect(size: float, error: float = 0.06, after: float = 0.8) -> Effect:
    return Effect(0.6, after, 60, 60, after - size, error, 20)


def test_across_plans_a_kind_that_works_is_told_from_one_that_does_not() -> None:
    works = [an_effect(0.15 + 0.01 * n, after=0.8 + 0.001 * n) for n in range(8)]
    nothing = [an_effect(0.02 * (-1) ** n, after=0.7 + 0.001 * n) for n in range(8)]
    first, second = across_plans({"listening": nothing, "role play": works})
    assert (first.kind, first.worked) == ("role play", Worked.LIKELY)
    assert (second.kind, second.worked) == ("listening", Worked.UNCLEAR)
    assert first.effect is not None
    assert first.effect < 0.185  # drawn towards all plans


def test_across_plans_few_say_nothing() -> None:
    (one,) = across_plans({"listening": [an_effect(0.2)] * (FEWEST_PLANS - 1)})
    assert (one.plans, one.effect, one.worked) == (FEWEST_PLANS - 1, None, None)


@pytest.mark.parametrize("size", [0.0, -0.1, 0.3])
def test_a_sentence_never_claims_certainty(size: float) -> None:
    words = in_words(an_effect(size))
    assert "interval" in words
    assert words.startswith(("Likely", "Cannot"))
