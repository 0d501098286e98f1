"""Totals with every kind of answer; questions that open and close by another's answer; a person who answers them."""

from dataclasses import replace
from functools import reduce

import pytest
from hypothesis import given
from hypothesis import strategies as st

from errors import InputError
from reviews.correction import corrected
from scorecards.answers import Answer
from scorecards.definition import Fails
from scorecards.load import parse_scorecard
from scoring.asked import with_asked
from scoring.evaluate import evaluate, weigh
from scoring.result import CriterionResult, Evaluation, Evidence, Verdict
from scoring.signals import measure
from tests.build import a_transcript, a_turn
from tests.scorecards.card import EVERYTHING

CARD = parse_scorecard(EVERYTHING)
CALL = a_transcript(
    a_turn("agent", "Good morning.", 0, 4),
    a_turn("customer", "My tap leaks again, that is not good enough.", 4, 9),
    a_turn("agent", "I'm sorry. Let me see.", 9, 12),
)
EVALUATION = evaluate(CALL, measure(CALL), CARD)


def answered(criterion: str, answer: Answer, evaluation: Evaluation = EVALUATION) -> Evaluation:
    return corrected(evaluation, CARD, criterion, answer=answer)


def test_a_machine_gives_the_answer_that_stands_for_its_verdict_or_the_number_that_it_measured() -> None:
    tone, length = EVALUATION.result("tone"), EVALUATION.result("length")
    assert (tone.answer, tone.verdict, tone.points) == ("3", Verdict.MET, 1.0)
    assert (length.answer, length.verdict, length.points) == (12.0, Verdict.PARTLY, 0.5)
    assert EVALUATION.result("complained").answer == "met"


def test_a_machine_whose_verdict_no_answer_stands_for_leaves_the_question_to_a_person_with_what_it_found() -> None:
    card = parse_scorecard(EVERYTHING.replace(", stands_for: met}", "}"))
    tone = evaluate(CALL, measure(CALL), card).result("tone")
    assert (tone.verdict, tone.points, tone.answer) == (Verdict.UNSURE, None, None)
    assert tone.evidence[0].why.startswith("A person answers this: the scorecard names no answer for what the machine found")
    assert tone.evidence[1].quote == "I'm sorry"


def test_a_question_waits_for_the_one_that_it_is_asked_by_and_a_chain_of_them_waits_together() -> None:
    assert EVALUATION.result("remedy").verdict is Verdict.UNSURE  # asked, and a person answers it
    assert EVALUATION.result("remedy").if_asked is None
    suits = EVALUATION.result("remedy_suits")
    assert suits.verdict is Verdict.UNSURE
    assert suits.evidence[0].why == (
        "This is asked only where “What was offered?” is answered “Money back” or “A voucher”, and that waits for a person."
    )


def test_a_persons_answer_closes_the_questions_that_hang_on_it_and_says_why() -> None:
    nothing = answered("remedy", "nothing")
    suits = nothing.result("remedy_suits")
    assert (suits.verdict, suits.points, suits.answer) == (Verdict.NOT_APPLICABLE, None, None)
    assert suits.evidence[0].why.endswith("; the answer there is “Nothing”.")
    quiet = answered("complained", "not_met")
    assert [quiet.result(name).verdict for name in ("remedy", "remedy_suits")] == [Verdict.NOT_APPLICABLE] * 2


def test_an_answer_given_before_its_question_closed_counts_again_when_it_opens() -> None:
    both = answered("remedy_suits", "met", answered("remedy", "money_back"))
    closed = answered("complained", "not_met", both)
    assert closed.result("remedy").verdict is Verdict.NOT_APPLICABLE
    assert closed.total != both.total
    again = answered("complained", "met", closed)
    assert again.result("remedy").answer == "money_back"
    assert again.result("remedy_suits").verdict is Verdict.MET
    assert again.total == both.total
    assert again.result("remedy").evidence == EVALUATION.result("remedy").evidence


def test_the_order_in_which_people_answer_makes_no_difference_to_what_holds() -> None:
    said: list[tuple[str, Answer]] = [("complained", "not_met"), ("remedy", "voucher"), ("remedy_suits", "met")]

    def all_said(evaluation: Evaluation, pair: tuple[str, Answer]) -> Evaluation:
        return answered(pair[0], pair[1], evaluation)

    assert reduce(all_said, said, EVALUATION) == reduce(all_said, reversed(said), EVALUATION)


def test_what_is_no_answer_is_refused_and_a_verdict_goes_on_working() -> None:
    with pytest.raises(InputError, match="money_back, voucher, nothing"):
        answered("remedy", "a cake")
    assert corrected(EVALUATION, CARD, "tone", Verdict.NOT_MET).result("tone").answer == "1"
    assert corrected(EVALUATION, CARD, "complained", Verdict.PARTLY).result("complained").points == 0.5


def test_an_evaluation_with_every_answer_survives_being_written_down() -> None:
    evaluation = answered("said", ("name", "slang"), answered("remedy", "nothing"))
    assert Evaluation.from_dict(evaluation.to_dict()) == evaluation
    assert evaluation.result("said").points == -0.2


def a_result(
    points: float | None, weight: float = 1.0, bonus: bool = False, fails: Fails = Fails.NOTHING, section: str = "talk"
) -> CriterionResult:
    verdict = Verdict.NOT_APPLICABLE if points is None else Verdict.NOT_MET if points <= 0 else Verdict.MET
    answer = "x" if verdict.counts else None
    return CriterionResult(section, "c", verdict, 1.0, points, weight, fails, (Evidence("seen"),), None, "", answer, bonus)


def test_negative_points_take_away_and_a_total_never_falls_below_0() -> None:
    assert weigh([a_result(1.0, 3), a_result(-1.0, 1)], CARD).total == 50.0
    assert weigh([a_result(0.5), a_result(-1.0, 9)], CARD).total == 0.0


def test_a_bonus_earns_above_the_line_and_stands_not_below_it_and_a_total_never_passes_100() -> None:
    assert weigh([a_result(0.5, 4), a_result(1.0, 1, bonus=True)], CARD).total == 75.0
    assert weigh([a_result(0.5, 4), a_result(0.0, 1, bonus=True)], CARD).total == 50.0
    assert weigh([a_result(1.0, 4), a_result(1.0, 1, bonus=True)], CARD).total == 100.0
    assert weigh([a_result(1.0, 1, bonus=True)], CARD).total is None


def test_a_failed_section_loses_what_it_earned_and_not_what_it_took_away() -> None:
    weighed = weigh(
        [a_result(1.0, 2), a_result(-0.5, 2, fails=Fails.SECTION), a_result(1.0, 4, section="form")],
        CARD,
    )
    assert (weighed.total_before, weighed.total) == (62.5, 37.5)


RESULTS = st.lists(
    st.builds(
        a_result,
        st.none() | st.floats(-1, 1),
        st.floats(0.001, 1000),
        st.booleans(),
        st.sampled_from(Fails),
        st.sampled_from(["talk", "form"]),
    ),
    max_size=8,
)


@given(RESULTS)
def test_a_total_stays_within_0_and_100_and_failing_never_raises_it(results: list[CriterionResult]) -> None:
    weighed = weigh(results, CARD)
    scores = [weighed.total, weighed.total_before, *(score for s in weighed.sections for score in (s.before, s.after))]
    assert all(score is None or 0 <= score <= 100 for score in scores)
    if weighed.total is not None and weighed.total_before is not None:
        assert weighed.total <= weighed.total_before
    assert (weighed.total is None) == (not any(r.points is not None and not r.bonus for r in results))


@given(RESULTS)
def test_one_more_bonus_never_lowers_a_total(results: list[CriterionResult]) -> None:
    before, after = weigh(results, CARD).total_before, weigh([*results, a_result(1.0, 3, bonus=True)], CARD).total_before
    assert (before is None) == (after is None)
    assert before is None or after is None or after >= before


def test_opening_and_closing_twice_changes_nothing_more() -> None:
    closed = answered("complained", "not_met")
    assert with_asked(closed.results, CARD) == closed.results
    shut = closed.result("remedy")
    assert shut.own == replace(EVALUATION.result("remedy"))
