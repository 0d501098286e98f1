"""Does what is said of all calls hold for all of them, and does it say how sure it is?"""

import pytest

from reviews.estimates import Reviewed, mean_estimate, rate_estimate


def test_where_every_call_is_reviewed_the_estimate_is_their_mean_and_certain() -> None:
    found = mean_estimate(150.0, 2, [Reviewed(80.0, 90.0, 1.0), Reviewed(60.0, 60.0, 1.0)])
    assert (found.value, found.low, found.high) == (70.0, 70.0, 70.0)
    assert (found.machine, found.plain) == (75.0, 70.0)


def test_a_change_counts_for_as_many_calls_as_its_own_stands_for() -> None:
    # Ten calls, the machine gives each 80; of the two drawn (two of ten) one loses 20 points: 20 times five, of ten.
    found = mean_estimate(800.0, 10, [Reviewed(60.0, 80.0, 0.2), Reviewed(80.0, 80.0, 0.2)])
    assert found.value == pytest.approx(70.0)
    assert found.low is not None
    assert found.high is not None
    assert found.low < 70.0 < found.high


def test_a_call_that_was_certain_to_be_chosen_stands_for_itself_alone() -> None:
    found = mean_estimate(800.0, 10, [Reviewed(40.0, 80.0, 1.0), Reviewed(80.0, 80.0, 0.2), Reviewed(80.0, 80.0, 0.2)])
    assert found.value == pytest.approx(76.0)
    assert found.plain == pytest.approx(200 / 3)


def test_a_question_that_turns_out_not_to_apply_leaves_the_average() -> None:
    found = mean_estimate(1.0, 2, [Reviewed(1.0, 1.0, 1.0), Reviewed(None, 0.0, 1.0)], top=1.0)
    assert found.value == 1.0


def test_from_one_call_nobody_can_say_how_sure_it_is() -> None:
    found = mean_estimate(800.0, 10, [Reviewed(60.0, 80.0, 0.1)])
    assert (found.value, found.low, found.high) == (60.0, None, None)


def test_nothing_reviewed_leaves_the_machines_average_without_a_range() -> None:
    found = mean_estimate(800.0, 10, [])
    assert (found.value, found.low, found.reviewed) == (80.0, None, 0)
    assert mean_estimate(0.0, 0, []).value is None


def test_a_chance_of_none_is_refused() -> None:
    with pytest.raises(ValueError, match="probability"):
        mean_estimate(1.0, 1, [Reviewed(1.0, 1.0, 0.0)])


def test_equal_chances_give_the_plain_share_and_more_answers_a_narrower_range() -> None:
    few = rate_estimate([True] * 8 + [False] * 2, [0.1] * 10, range(10))
    many = rate_estimate(([True] * 8 + [False] * 2) * 20, [0.1] * 200, range(200))
    assert few.value == many.value == pytest.approx(0.8)
    assert None not in (few.low, few.high, many.low, many.high)
    assert (many.high or 0) - (many.low or 0) < (few.high or 0) - (few.low or 0)
    assert not few.enough
    assert few.more > 10
    assert many.enough


def test_an_answer_with_half_the_chance_counts_twice() -> None:
    assert rate_estimate([True, False], [0.5, 1.0], ["a", "b"]).value == pytest.approx(2 / 3)


def test_answers_of_one_call_that_go_wrong_together_say_less_than_as_many_calls() -> None:
    together = [n // 10 % 2 == 0 for n in range(100)]
    clustered = rate_estimate(together, [0.5] * 100, [n // 10 for n in range(100)])
    apart = rate_estimate(together, [0.5] * 100, range(100))
    assert (clustered.high or 0) - (clustered.low or 0) > 2 * ((apart.high or 0) - (apart.low or 0))
    assert (clustered.calls, apart.calls) == (10, 100)


def test_nothing_answered_is_not_known_and_says_how_many_would_do() -> None:
    found = rate_estimate([], [], [])
    assert found.value is None
    assert not found.enough
    assert found.more > 0


def test_always_right_so_far_is_not_taken_for_always_right() -> None:
    found = rate_estimate([True] * 10, [1.0] * 10, range(10))
    assert found.high == 1.0
    assert 0.7 < (found.low or 0) < 0.9
