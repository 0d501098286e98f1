"""An evaluation is the same each time, and its total is what the rule says."""

import json
import tomllib
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from errors import ScorecardError
from scorecards.definition import Answers, Criterion, Fails, Rule, Scorecard, Section
from scoring.evaluate import PROGRAM, evaluate, points_for, weigh
from scoring.result import CriterionResult, Evaluation, Evidence, Verdict
from scoring.signals import measure
from tests.build import a_chat, a_transcript, a_turn

HAND = Rule("by_hand.v1")


def a_result(
    verdict: Verdict, weight: float = 1.0, fails: Fails = Fails.NOTHING, section: str = "s", name: str = "c"
) -> CriterionResult:
    points = points_for(Criterion(name, "?", HAND, weight), verdict)
    return CriterionResult(section, name, verdict, 1.0, points, weight, fails, (Evidence("seen"),))


def a_card(sections: Sequence[str] = ("s",), pass_mark: float = 80) -> Scorecard:
    made = tuple(Section(name, name, (Criterion(f"{name}_c", "?", HAND),)) for name in sections)
    return Scorecard("card", 1, "Card", pass_mark, made)


def says(phrase: str, **params: object) -> Rule:
    return Rule("says.v1", {"phrases": [phrase], **params})


def one_question(rule: Rule, applies_when: Rule | None = None) -> Scorecard:
    criterion = Criterion("c", "Was it?", rule, applies_when=applies_when)
    return Scorecard("card", 1, "Card", 50, (Section("s", "S", (criterion,)),))


CALL = a_transcript(
    a_turn("agent", "Good morning, my name is Ravi.", 0, 4),
    a_turn("customer", "My parcel never came.", 4, 6),
    a_turn("agent", "I am sorry to hear that.", 6, 9),
)


def test_weights_decide_what_an_answer_is_worth() -> None:
    weighed = weigh([a_result(Verdict.MET, 3), a_result(Verdict.PARTLY, 1), a_result(Verdict.NOT_MET, 1)], a_card())
    assert weighed.total == 70.0
    assert weighed.passed is False


def test_totals_are_rounded_to_two_decimals_halves_upwards() -> None:
    assert weigh([a_result(Verdict.MET, 2), a_result(Verdict.NOT_MET, 1)], a_card()).total == 66.67
    assert weigh([a_result(Verdict.MET, 1), a_result(Verdict.NOT_MET, 799)], a_card()).total == 0.13  # 0.125


def test_a_failed_section_earns_nothing_and_keeps_its_weight() -> None:
    results = [
        a_result(Verdict.MET, 1, section="opening"),
        a_result(Verdict.NOT_MET, 2, Fails.SECTION, "opening", "recorded"),
        a_result(Verdict.MET, 3, section="closing"),
    ]
    weighed = weigh(results, a_card(("opening", "closing")))
    assert (weighed.total_before, weighed.total) == (66.67, 50.0)
    opening, closing = weighed.sections
    assert (opening.before, opening.after, opening.failed_by) == (33.33, 0.0, ("recorded",))
    assert (closing.before, closing.after, closing.failed_by) == (100.0, 100.0, ())
    assert weighed.failed_by == ()


def test_a_failed_scorecard_is_zero_and_not_passed_whatever_the_pass_mark() -> None:
    results = [a_result(Verdict.MET, 9), a_result(Verdict.NOT_MET, 1, Fails.SCORECARD, name="threat")]
    weighed = weigh(results, a_card(pass_mark=0))
    assert (weighed.total_before, weighed.total, weighed.passed, weighed.failed_by) == (90.0, 0.0, False, ("threat",))


def test_only_a_criterion_that_is_not_met_fails_anything() -> None:
    for verdict in (Verdict.PARTLY, Verdict.UNSURE, Verdict.NOT_APPLICABLE):
        weighed = weigh([a_result(Verdict.MET), a_result(verdict, fails=Fails.SCORECARD)], a_card())
        assert weighed.failed_by == ()


def test_where_nothing_counts_there_is_no_total() -> None:
    weighed = weigh([a_result(Verdict.UNSURE), a_result(Verdict.NOT_APPLICABLE)], a_card())
    assert (weighed.total_before, weighed.total, weighed.passed) == (None, None, None)
    assert weighed.sections[0].after is None


def test_answers_earn_what_the_scorecard_says() -> None:
    criterion = Criterion("c", "?", HAND, answers=Answers(0.9, 0.3, 0.1))
    assert [points_for(criterion, verdict) for verdict in Verdict] == [0.9, 0.3, 0.1, None, None]


RESULTS = st.lists(
    st.builds(
        a_result, st.sampled_from(Verdict), st.floats(0.001, 1000), st.sampled_from(Fails), st.sampled_from(["s", "t"])
    ),
    max_size=8,
)
CARD = a_card(("s", "t"))


@given(RESULTS)
def test_a_total_stays_within_0_and_100(results: list[CriterionResult]) -> None:
    weighed = weigh(results, CARD)
    scores = [weighed.total, weighed.total_before, *(score for s in weighed.sections for score in (s.before, s.after))]
    assert all(score is None or 0 <= score <= 100 for score in scores)


@given(RESULTS, st.floats(0.001, 1000), st.sampled_from(Fails), st.integers(0, 8))
def test_a_result_that_does_not_apply_never_changes_the_total(
    results: list[CriterionResult], weight: float, fails: Fails, place: int
) -> None:
    more = [*results[:place], a_result(Verdict.NOT_APPLICABLE, weight, fails), *results[place:]]
    assert weigh(more, CARD) == weigh(results, CARD)


@given(RESULTS)
def test_failing_automatically_never_raises_the_total(results: list[CriterionResult]) -> None:
    weighed = weigh(results, CARD)
    if weighed.total is not None and weighed.total_before is not None:
        assert weighed.total <= weighed.total_before
    harmless = weigh([a_result(r.verdict, r.weight, Fails.NOTHING, r.section) for r in results], CARD)
    assert harmless.total == weighed.total_before


@given(RESULTS, st.randoms())
def test_the_order_of_results_does_not_matter_to_the_total(results: list[CriterionResult], random: Random) -> None:
    shuffled = list(results)
    random.shuffle(shuffled)
    assert weigh(shuffled, CARD).total == weigh(results, CARD).total


def test_an_evaluation_is_the_same_byte_for_byte_and_survives_being_stored() -> None:
    card = one_question(Rule("means.v1", {"examples": ["I'm sorry about that"], "threshold": 0.5}))
    texts = {json.dumps(evaluate(CALL, measure(CALL), card).to_dict()) for _ in range(3)}
    assert len(texts) == 1
    evaluation = evaluate(CALL, measure(CALL), card)
    assert Evaluation.from_dict(json.loads(texts.pop())) == evaluation


def test_an_evaluation_says_what_made_it() -> None:
    card = one_question(says("my name is"))
    signals = measure(CALL)
    stamp = evaluate(CALL, signals, card).stamp
    assert (stamp.transcript_hash, stamp.scorecard_hash) == (CALL.content_hash, card.content_hash)
    assert stamp.models == dict(signals.models)
    version = tomllib.loads(Path("pyproject.toml").read_text())["project"]["version"]
    assert stamp.program == PROGRAM == f"attune {version}"


def test_equal_words_of_two_calls_keep_their_own_ids() -> None:
    again = a_chat("agent: my name is Ravi"), a_chat("agent: my name is Ravi")
    card = one_question(says("my name is"))
    ids = [
        evaluate(type(t)(f"call-{n}", t.turns, 0, 0, sides=t.sides), measure(t), card).call_id for n, t in enumerate(again)
    ]
    assert ids == ["call-0", "call-1"]


@pytest.mark.parametrize(
    ("condition", "verdict"),
    [
        (says("never came", speaker="customer"), Verdict.MET),
        (says("want a refund", speaker="customer"), Verdict.NOT_APPLICABLE),
        (HAND, Verdict.UNSURE),
    ],
)
def test_a_question_is_asked_only_where_it_applies(condition: Rule, verdict: Verdict) -> None:
    evaluation = evaluate(CALL, measure(CALL), one_question(says("I'm sorry"), condition))
    result = evaluation.result("c")
    assert result.verdict is verdict
    assert result.evidence
    assert (evaluation.total is None) == (verdict is not Verdict.MET)


def test_what_makes_a_question_apply_is_quoted_and_where_it_does_not_what_was_looked_through() -> None:
    applies = evaluate(CALL, measure(CALL), one_question(says("I'm sorry"), says("never came", speaker="customer")))
    assert applies.result("c").evidence[-1].quote == "never came"
    assert applies.result("c").evidence[-1].why.startswith("Why this question applies: the customer said this")
    does_not = evaluate(CALL, measure(CALL), one_question(says("I'm sorry"), says("my parcel came", speaker="customer")))
    searched = does_not.result("c").searched
    assert searched is not None
    assert (searched.speaker, searched.turns) == ("customer", 1)
    assert searched.nearest is not None
    assert searched.nearest.quote == "My parcel never"


def test_a_rule_that_cannot_be_used_is_refused_with_every_problem() -> None:
    card = one_question(Rule("sayz.v1"), Rule("says.v1", {"frases": ["x"]}))
    with pytest.raises(ScorecardError) as raised:
        evaluate(CALL, measure(CALL), card)
    assert [problem.where for problem in raised.value.problems] == ["s.c", "s.c.applies_when.frases"]


def test_an_empty_conversation_gets_an_answer_without_a_crash() -> None:
    empty = a_transcript()
    evaluation = evaluate(empty, measure(empty), one_question(says("hello")))
    assert evaluation.result("c").verdict is Verdict.NOT_MET
    assert evaluation.result("c").searched is not None


def test_a_scorecard_of_another_language_decides_nothing_about_a_call_and_gives_no_total() -> None:
    measured = Rule("measured.v1", {"measure": "agent_talk_share", "met": [0, 1]})
    spoken = a_transcript(a_turn("agent", "Guten Tag", 0, 2), a_turn("customer", "Guten Tag", 2, 4))
    german = replace(spoken, language="de")
    assert evaluate(spoken, measure(spoken), one_question(measured)).total == 100
    evaluation = evaluate(german, measure(german), one_question(measured))
    (result,) = evaluation.results
    assert (result.verdict, evaluation.total) == (Verdict.UNSURE, None)
    assert result.evidence[0].why == "The conversation is in German; this scorecard judges English."
