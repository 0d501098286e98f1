"""Is what a calibration says true of answers whose agreement can be counted by hand?"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import pytest

from reviews.calibration import FEWEST_CALLS, Judged, OfQuestion, OfReviewer, Results, results
from scoring.agreement import krippendorff_alpha

NOW = datetime(2026, 3, 2, tzinfo=UTC)
POINTS = {"yes": 1.0, "no": 0.0, "does not apply": None}
ROSA, IDRIS, MIRA = 1, 2, 3
AGAIN_DAYS = 14


def answers(person: int, criterion: str, given: str, at: datetime = NOW) -> list[Judged]:
    """One person's answers to one question, a letter for each call: y, n or -."""
    words = {"y": "yes", "n": "no", "-": "does not apply"}
    return [
        Judged(person, f"call {number}", criterion, words[letter], POINTS[words[letter]], at)
        for number, letter in enumerate(given)
    ]


def said(
    by_question: Mapping[str, Mapping[int, str]], expert: int | None = None, earlier: tuple[Judged, ...] = ()
) -> Results:
    """What comes of `{"greets": {ROSA: "yyn"}}`."""
    judged = [
        one
        for criterion, of in by_question.items()
        for person, given in of.items()
        for one in answers(person, criterion, given)
    ]
    return results(judged, list(by_question), expert, earlier, AGAIN_DAYS)


def of_reviewer(found: Results, person: int) -> OfReviewer:
    return next(one for one in found.reviewers if one.reviewer == person)


def of_question(found: Results, criterion: str) -> OfQuestion:
    return next(one for one in found.questions if one.criterion == criterion)


def test_agreement_is_the_share_of_pairs_alike_with_a_range_around_it() -> None:
    found = said({"greets": {ROSA: "yyyyynnnnn", IDRIS: "yyyyynnnyy"}})
    assert found.calls == 10
    assert found.agreement.value == pytest.approx(0.8)
    assert found.agreement.low is not None
    assert found.agreement.high is not None
    assert found.agreement.low < 0.8 < found.agreement.high
    # By hand (Krippendorff 2011): 2 of 10 calls apart; of the 20 answers 12 are yes: 1 - 0.2 / (2 * 12 * 8 / (20 * 19)).
    assert found.alpha.value == pytest.approx(1 - 0.2 / (2 * 12 * 8 / 380), abs=1e-4)


@pytest.mark.parametrize("given", [("yyyyynnnnn--", "yyyyynnnyyy-", "yynyynnnnn-y"), ("ynynynynynyn", "ynynynynynyy")])
def test_agreement_beyond_chance_is_that_of_the_figure_for_judges_of_any_kind(given: tuple[str, ...]) -> None:
    """All draws at once come to what `scoring.agreement` counts, value and range."""
    table = [["yn-".index(letter) for letter in of] for of in given]
    expected = krippendorff_alpha(table, groups=[f"call {n}" for n in range(len(given[0]))])
    found = said({"greets": dict(enumerate(given))}).alpha
    assert None not in (expected.value, expected.low, expected.high)
    assert (found.value, found.items) == (expected.value, expected.items)
    assert (found.low, found.high) == pytest.approx((expected.low, expected.high), abs=0.05)


def test_from_too_few_calls_no_range_is_given_and_nothing_is_said_of_anybody() -> None:
    few = "y" * (FEWEST_CALLS - 1)
    found = said({"greets": {ROSA: few, IDRIS: few.replace("y", "n")}})
    assert (found.agreement.value, found.agreement.low, found.alpha.value) == (0.0, None, None)
    rosa = of_reviewer(found, ROSA)
    assert (rosa.difference.value, rosa.difference.lenient, rosa.difference.strict) == (None, False, False)
    assert not of_question(found, "greets").wording


def test_who_always_gives_less_is_strict_and_who_gives_more_is_lenient() -> None:
    found = said({"greets": {ROSA: "nnnnnnnn", IDRIS: "yyyyyyny", MIRA: "yyyyynyy"}})
    rosa, idris = of_reviewer(found, ROSA), of_reviewer(found, IDRIS)
    assert rosa.difference.strict
    assert not rosa.difference.lenient
    assert idris.difference.lenient
    assert not idris.difference.strict
    assert rosa.difference.value == pytest.approx(-14 / 16)  # of 16 answers of the two others 14 are yes


def test_who_is_now_above_and_now_below_the_others_is_neither() -> None:
    rosa = of_reviewer(said({"greets": {ROSA: "ynynynyn", IDRIS: "nynynyny"}}), ROSA)
    assert rosa.difference.value == 0
    assert not (rosa.difference.strict)
    assert not (rosa.difference.lenient)


def test_an_answer_that_does_not_count_makes_nobody_strict() -> None:
    rosa = of_reviewer(said({"greets": {ROSA: "--------", IDRIS: "yyyyyyyy"}}), ROSA)
    assert (rosa.difference.items, rosa.with_others.value) == (0, 0.0)


def test_the_expert_is_a_reference_and_no_reviewer() -> None:
    found = said({"greets": {ROSA: "yyyyyn", IDRIS: "nnnnny", MIRA: "yyyyyy"}}, expert=MIRA)
    assert {one.reviewer for one in found.reviewers} == {ROSA, IDRIS}
    with_expert = of_reviewer(found, ROSA).with_expert
    assert with_expert is not None
    assert with_expert.value == pytest.approx(5 / 6, abs=1e-4)
    assert found.agreement.value == 0.0  # of the two reviewers alone
    assert of_reviewer(found, IDRIS).difference.items == 6  # against Rosa; the expert is no other reviewer


def test_a_question_that_everybody_understands_in_their_own_way_is_named() -> None:
    alike = "ynynynynynyn"
    found = said(
        {
            "greets": {ROSA: alike, IDRIS: alike, MIRA: alike},
            "listens": {ROSA: "yyyynnnnynyn", IDRIS: "nnyyyynnnyny", MIRA: "ynnnyyyyynny"},
        }
    )
    assert [one.criterion for one in found.questions if one.wording] == ["listens"]


def test_one_person_who_differs_from_all_others_is_no_trouble_with_the_wording() -> None:
    alike = "ynynynynynyn"
    found = said(
        {
            "greets": {ROSA: alike, IDRIS: alike, MIRA: alike, 4: alike},
            "listens": {ROSA: "nynynynynyny", IDRIS: alike, MIRA: alike, 4: alike},
        }
    )
    assert [one.agreement.value for one in found.questions] == [1.0, 0.5]
    assert not any(one.wording for one in found.questions)


def test_steadiness_is_agreement_with_ones_own_last_answer_that_is_old_enough() -> None:
    long_ago, lately = NOW - timedelta(days=30), NOW - timedelta(days=3)
    earlier = (*answers(ROSA, "greets", "yyyyyn", long_ago), *answers(ROSA, "greets", "nnnnnn", lately))
    found = said({"greets": {ROSA: "yyyyyy", IDRIS: "yyyyyy"}}, earlier=earlier)
    again = of_reviewer(found, ROSA).again
    assert again is not None
    assert again.value == pytest.approx(5 / 6, abs=1e-4)
    assert of_reviewer(found, IDRIS).again is None


def test_a_session_that_nobody_answered_says_nothing() -> None:
    found = results([], ["greets"], None, [], AGAIN_DAYS)
    assert (found.calls, found.agreement.value, found.reviewers) == (0, None, ())
