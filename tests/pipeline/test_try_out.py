"""A draft can be tried on real calls while it is being written, and says how far it agrees with what people marked."""

from dataclasses import replace
from typing import Any

import pytest

from pipeline.try_out import agreement, is_right, sound_part, try_out
from scoring.evaluate import evaluate
from scoring.result import Verdict
from storage.queries import MeasuredCall
from storage.scorecard_drafts import Mark
from tests.storage.build import a_scored_call


def a_question(id_: str, *phrases: str, **more: Any) -> dict[str, Any]:
    return {"id": id_, "question": f"{id_}?", "kind": "says.v1", "with": {"phrases": list(phrases)}, **more}


def a_card(*questions: dict[str, Any], **more: Any) -> dict[str, Any]:
    sections = [{"id": "all", "title": "All", "criteria": list(questions)}]
    return {"id": "care", "title": "Care", "pass_mark": 50, "sections": sections, **more}


def a_measured_call(name: str, *lines: str) -> MeasuredCall:
    call = a_scored_call(name, *lines)
    return MeasuredCall(
        call.transcript.call_id, "Ana Ruiz", "", call.facts.started_at, call.transcript, call.signals
    )  # fmt: skip


GREETED = a_measured_call("greeted", "agent: Hello, good morning", "customer: Hi")
NOT_GREETED = a_measured_call("not greeted", "agent: Service desk", "customer: Hi")


def test_each_call_is_judged_with_evidence_and_a_total() -> None:
    first, second = try_out(a_card(a_question("greets", "hello")), (GREETED, NOT_GREETED))
    result = first.result("greets")
    assert result is not None
    assert (result.verdict, result.evidence[0].quote) == (Verdict.MET, "Hello")
    assert first.evaluation is not None
    assert first.evaluation.total == 100
    assert second.result("greets") is not None
    assert first.result("nothing") is None


def test_a_question_that_is_half_done_does_not_keep_the_others_from_being_tried() -> None:
    half = a_card(a_question("greets", "hello"), a_question("half"), {"id": "nothing"}, title="", pass_mark=700)
    scorecard = sound_part(half)
    assert scorecard is not None
    assert [criterion.id for _, criterion in scorecard] == ["greets"]
    (tried,) = try_out(half, [GREETED])
    assert tried.result("greets") is not None
    assert half["title"] == ""  # what somebody wrote is not touched


def test_what_a_draft_says_is_what_it_will_say_once_it_is_activated() -> None:
    values = a_card(a_question("greets", "hello", weight=3, fails="section"), a_question("says_hi", "hi"))
    scorecard = sound_part(values)
    assert scorecard is not None
    for tried in try_out(values, (GREETED, NOT_GREETED)):
        real = evaluate(tried.call.transcript, tried.call.signals, scorecard)
        assert tried.evaluation is not None
        assert replace(tried.evaluation, stamp=real.stamp) == real


def test_one_question_is_tried_without_the_others() -> None:
    (tried,) = try_out(a_card(a_question("greets", "hello"), a_question("says_hi", "hi")), [GREETED], only="says_hi")
    assert tried.evaluation is not None
    assert [result.criterion for result in tried.evaluation.results] == ["says_hi"]
    (nothing,) = try_out(a_card(a_question("greets", "hello"), a_question("half")), [GREETED], only="half")
    assert nothing.evaluation is None


@pytest.mark.parametrize(
    "nothing",
    [{}, {"sections": "x"}, {"sections": []}, {"sections": [{}, 7]}, a_card(a_question("half")), a_card(sections=None)],
)
def test_where_nothing_can_be_judged_it_says_so(nothing: dict[str, Any]) -> None:
    (tried,) = try_out(nothing, [GREETED])
    assert tried.evaluation is None
    assert tried.why == "There is nothing yet that can be judged."


@pytest.mark.parametrize(
    ("right", "marked", "now", "agrees"),
    [
        (True, Verdict.MET, Verdict.MET, True),
        (True, Verdict.MET, Verdict.NOT_MET, False),
        (False, Verdict.MET, Verdict.MET, False),
        (False, Verdict.MET, Verdict.NOT_MET, True),
        (False, Verdict.MET, Verdict.UNSURE, False),
    ],
)
def test_a_mark_is_held_against_the_answer_of_today(right: bool, marked: Verdict, now: Verdict, agrees: bool) -> None:
    assert is_right(Mark("greets", "a-call", marked, right, "Mira Holt"), now) is agrees


def test_a_change_shows_how_many_marked_calls_are_right() -> None:
    calls = (GREETED, NOT_GREETED)
    marks = [
        Mark("greets", GREETED.call_id, Verdict.MET, True, "Mira Holt"),
        Mark("greets", NOT_GREETED.call_id, Verdict.NOT_MET, False, "Mira Holt"),
        Mark("other", GREETED.call_id, Verdict.MET, False, "Mira Holt"),
    ]
    before = agreement("greets", try_out(a_card(a_question("greets", "hello")), calls), marks)
    assert (before.right, before.marked, before.wrong) == (1, 2, frozenset({NOT_GREETED.call_id}))
    after = agreement("greets", try_out(a_card(a_question("greets", "hello", "service desk")), calls), marks)
    assert (after.right, after.marked, after.wrong) == (2, 2, frozenset())
