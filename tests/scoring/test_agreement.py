"""Agreement is what the textbooks say it is, and its interval widens where there is little to go by."""

import hypothesis
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scoring.agreement import Weights, cohens_kappa, krippendorff_alpha, percent_agreement, weighted_kappa

# The table in Cohen (1960) gives two judges who agree on 0.70 of 200 patients, kappa 0.492.
COHEN = {(0, 0): 88, (0, 1): 14, (0, 2): 18, (1, 0): 10, (1, 1): 40, (1, 2): 10, (2, 0): 2, (2, 1): 6, (2, 2): 12}
FIRST: list[float] = [a for (a, _), count in COHEN.items() for _ in range(count)]
SECOND: list[float] = [b for (_, b), count in COHEN.items() for _ in range(count)]


def test_two_judges_agree_as_in_cohens_own_example() -> None:
    assert percent_agreement(FIRST, SECOND).value == pytest.approx(0.70)
    kappa = cohens_kappa(FIRST, SECOND)
    assert kappa.value == pytest.approx(0.492, abs=0.001)
    assert kappa.low < kappa.value < kappa.high  # type: ignore[operator]


def test_krippendorffs_own_example_with_missing_answers() -> None:
    # Krippendorff, "Computing Krippendorff's Alpha-Reliability" (2011), four observers, nominal data.
    judges = [
        [1, 2, 3, 3, 2, 1, 4, 1, 2, None, None, None],
        [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, None, 3],
        [None, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, None],
        [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, None],
    ]
    assert krippendorff_alpha(judges).value == pytest.approx(0.743, abs=0.001)
    assert krippendorff_alpha(judges, "ordinal").value == pytest.approx(0.815, abs=0.001)


def test_a_near_miss_counts_less_than_a_far_one_only_where_answers_have_an_order() -> None:
    near, far = [1, 2, 3, 4, 2], [1, 2, 3, 4, 5]
    assert weighted_kappa([1, 2, 3, 4, 1], near).value > weighted_kappa([1, 2, 3, 4, 1], far).value  # type: ignore[operator]


def test_judges_who_always_say_the_same_one_thing_have_no_kappa() -> None:
    assert cohens_kappa(["met"] * 5, ["met"] * 5).value is None
    assert cohens_kappa([], []).value is None
    assert krippendorff_alpha([[1, 1], [1, 1]]).value is None


def test_answers_of_one_call_count_as_one_draw_so_that_fewer_calls_are_less_sure() -> None:
    alone = cohens_kappa(FIRST, SECOND)
    in_calls = cohens_kappa(FIRST, SECOND, groups=[place // 40 for place in range(len(FIRST))])
    assert in_calls.high - in_calls.low > alone.high - alone.low  # type: ignore[operator]


def test_judges_of_different_items_cannot_be_compared() -> None:
    with pytest.raises(ValueError, match="same items"):
        cohens_kappa([1, 2], [1])
    with pytest.raises(ValueError, match="as many groups"):
        cohens_kappa([1, 2], [1, 2], groups=["a"])


@pytest.mark.parametrize("weights", ["linear", "quadratic"])
def test_weighted_kappa_is_that_of_scikit_learn(weights: Weights) -> None:
    from sklearn.metrics import cohen_kappa_score

    assert weighted_kappa(FIRST, SECOND, weights).value == pytest.approx(
        cohen_kappa_score(FIRST, SECOND, weights=weights), abs=1e-4
    )


@hypothesis.settings(max_examples=15)  # each draws its interval twice
@given(st.lists(st.tuples(st.booleans(), st.booleans()), min_size=2, max_size=12))
def test_it_does_not_matter_who_is_named_first(pairs: list[tuple[bool, bool]]) -> None:
    a, b = [x for x, _ in pairs], [y for _, y in pairs]
    assert cohens_kappa(a, b).value == cohens_kappa(b, a).value
