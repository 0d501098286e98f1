"""Kinds that ask for behaviours: what counts, what is left to a person, and what each verdict shows for itself.

The probabilities are given here, so that each rule is seen by itself; tests/scoring/signals asks the real judge.
"""

from dataclasses import replace
from typing import Any

import pytest

from errors import ScorecardError
from scorecards.definition import Rule
from scoring.criteria import Context, Judgement, check_text, rule_from
from scoring.criteria.text import Conversation
from scoring.result import Verdict
from scoring.signals.model import BEHAVIOURS, Shown, Signals
from tests.build import a_spoken_turn, a_transcript, a_turn
from transcripts.model import Sides, Transcript, Turn, Word

CALL = a_transcript(
    a_turn("agent", "Good morning, how can I help?", 0, 4),
    a_turn("customer", "My mother died and I cannot cope with these letters.", 4, 9),
    a_turn("agent", "I am so sorry. That must be very hard.", 9, 13),
    a_turn("customer", "I don't know what to do any more.", 13, 16),
    a_turn("agent", "What is your account number?", 16, 18),
    a_turn("customer", "It is in her drawer.", 18, 20),
    a_turn("agent", "Thank you, goodbye.", 20, 22),
)

Likely = tuple[int, str, float]


def signals(transcript: Transcript, *likely: Likely) -> Signals:
    """Signals in which those turns show that with that probability, by all of their words."""
    shown = tuple(Shown(turn, name, p, 0, len(transcript.turns[turn].text)) for turn, name, p in likely)
    return Signals((0.0,) * len(transcript.turns), {}, models={BEHAVIOURS: "a judge"}, behaviours=shown)


def judge(kind: str, *likely: Likely, transcript: Transcript = CALL, **params: Any) -> Judgement:
    context = Context(transcript, signals(transcript, *likely), Conversation(transcript))
    return rule_from(Rule(kind, params)).judge(context)


def shows(*likely: Likely, transcript: Transcript = CALL, **params: Any) -> Judgement:
    return judge("shows.v1", *likely, transcript=transcript, **{"behaviour": "empathy", **params})


# shows.v1


def test_a_turn_that_shows_it_is_quoted_with_its_times_the_behaviour_and_its_probability() -> None:
    answer = shows((2, "empathy", 0.93))
    assert (answer.verdict, answer.probability) == (Verdict.MET, 0.93)
    (evidence,) = answer.evidence
    assert (evidence.turn, evidence.start, evidence.end) == (2, 9, 13)
    assert evidence.quote == "I am so sorry. That must be very hard."
    assert evidence.why == "The agent said this, which was judged to show “Empathy” (93% likely)."


def test_only_the_words_that_speak_for_it_are_quoted() -> None:
    turn = a_spoken_turn("agent", [("Right.", 0, 1), ("That", 1, 1.2), ("is", 1.2, 1.4), ("hard.", 1.4, 2)])
    call = a_transcript(turn)
    found = Signals((0.0,), {}, models={BEHAVIOURS: "a judge"}, behaviours=(Shown(0, "empathy", 0.9, 7, 20),))
    rule = rule_from(Rule("shows.v1", {"behaviour": "empathy"}))
    (evidence,) = rule.judge(Context(call, found, Conversation(call))).evidence
    assert (evidence.quote, evidence.start, evidence.end) == ("That is hard.", 1, 2)


@pytest.mark.parametrize(
    ("probability", "verdict", "told"),
    [
        (0.75, Verdict.MET, 0.75),
        (0.74, Verdict.UNSURE, 0.74),
        (0.26, Verdict.UNSURE, 0.26),
        (0.25, Verdict.NOT_MET, 0.75),
    ],
)
def test_what_is_neither_likely_nor_unlikely_enough_is_left_to_a_person(
    probability: float, verdict: Verdict, told: float
) -> None:
    answer = shows((2, "empathy", probability))
    assert (answer.verdict, answer.probability) == (verdict, told)


def test_an_absence_says_what_was_looked_through_and_shows_the_nearest() -> None:
    answer = shows((2, "empathy", 0.2), (4, "empathy", 0.05))
    assert answer.verdict is Verdict.NOT_MET
    searched = answer.searched
    assert searched is not None
    assert (searched.speaker, searched.turns, searched.start, searched.end) == ("agent", 4, 0, 22)
    assert searched.sought == "words that show “Empathy”"
    assert searched.nearest is not None
    assert searched.nearest.quote == CALL.turns[2].text
    assert searched.nearest.why == "The agent said this, which comes nearest to “Empathy” (20% likely)."


def test_any_of_several_behaviours_counts_and_a_turn_counts_once() -> None:
    likely: list[Likely] = [(2, "empathy", 0.8), (2, "reassures", 0.9), (4, "reassures", 0.85)]
    both = ["empathy", "reassures"]
    assert shows(*likely, behaviour=both, at_least=2).verdict is Verdict.MET
    assert shows(*likely, behaviour=both, at_least=3).verdict is Verdict.NOT_MET
    assert shows(*likely, behaviour=both, at_least=1, at_most=1).verdict is Verdict.NOT_MET
    assert shows(*likely, behaviour=both, at_least=2).probability == 0.85


def test_a_turn_in_doubt_matters_only_where_it_decides() -> None:
    likely: list[Likely] = [(2, "empathy", 0.9), (4, "empathy", 0.5)]
    assert shows(*likely).verdict is Verdict.MET
    assert shows(*likely, at_least=2).verdict is Verdict.UNSURE
    assert shows(*likely, at_least=3).verdict is Verdict.NOT_MET
    assert shows(*likely, at_most=1).verdict is Verdict.UNSURE
    assert shows(*likely, at_least=0, at_most=2).verdict is Verdict.MET


def test_signals_from_before_behaviours_were_measured_ask_for_the_call_to_be_scored_again() -> None:
    old = Signals((0.0,) * len(CALL.turns), {})
    answer = rule_from(Rule("shows.v1", {"behaviour": "empathy"})).judge(Context(CALL, old, Conversation(CALL)))
    assert answer.verdict is Verdict.UNSURE
    assert "score the call again" in answer.evidence[0].why


def test_a_scorecard_in_another_language_leaves_behaviours_to_a_person() -> None:
    german = replace(CALL, language="de")
    context = Context(german, signals(german), Conversation(german), "de")
    answer = rule_from(Rule("never_shows.v1", {"behaviour": "rude"})).judge(context)
    assert answer.verdict is Verdict.UNSURE
    assert "in English alone" in answer.evidence[0].why


def test_sides_that_were_not_told_apart_show_nothing_for_sure() -> None:
    unknown = a_transcript(*CALL.turns, sides=Sides.UNKNOWN)
    assert shows((2, "empathy", 0.9), transcript=unknown).verdict is Verdict.UNSURE


def test_a_turn_whose_side_is_in_doubt_leaves_it_to_a_person() -> None:
    by_voice = a_transcript(
        Turn(CALL.turns[0].speaker, 0, 4, "That must be hard.", side_confidence=0.5), *CALL.turns[1:], sides=Sides.VOICES
    )
    answer = shows((0, "empathy", 0.95), transcript=by_voice)
    assert answer.verdict is Verdict.UNSURE
    assert "not certain that the agent said it" in answer.evidence[1].why


def test_words_that_were_hardly_heard_leave_it_to_a_person() -> None:
    text = "That must be hard."
    words = tuple(Word(word, n, n + 1, 0.2) for n, word in enumerate(text.split()))
    mumbled = a_transcript(Turn(CALL.turns[0].speaker, 0, 4, text, words))
    answer = shows((0, "empathy", 0.95), transcript=mumbled)
    assert answer.verdict is Verdict.UNSURE
    assert "hardly sure of these words (20%)" in answer.evidence[1].why


# never_shows.v1


@pytest.mark.parametrize(
    ("probability", "verdict", "told"), [(0.9, Verdict.NOT_MET, 0.9), (0.5, Verdict.UNSURE, 0.5), (0.1, Verdict.MET, 0.9)]
)
def test_what_must_not_be_shown_is_found_left_to_a_person_or_absent(
    probability: float, verdict: Verdict, told: float
) -> None:
    answer = judge("never_shows.v1", (4, "threatens", probability), behaviour=["threatens", "rude"])
    assert (answer.verdict, answer.probability) == (verdict, told)
    if verdict is Verdict.MET:
        assert answer.searched is not None
        assert answer.searched.nearest is not None
        assert answer.searched.nearest.turn == 4
    else:
        assert answer.evidence[-1].quote == CALL.turns[4].text


# responds.v1


def responds(*likely: Likely, transcript: Transcript = CALL, **params: Any) -> Judgement:
    return judge("responds.v1", *likely, transcript=transcript, **{"to": "distress", "by": "empathy", "turns": 1, **params})


DISTRESS: tuple[Likely, ...] = ((1, "distress", 0.95), (3, "distress", 0.9))


@pytest.mark.parametrize(
    ("answers", "verdict", "told"),
    [
        ([(2, "empathy", 0.9), (4, "empathy", 0.8)], Verdict.MET, 0.8),
        ([(2, "empathy", 0.9)], Verdict.PARTLY, 0.9),
        ([(4, "empathy", 0.9), (2, "empathy", 0.1)], Verdict.PARTLY, 0.9),
        ([(0, "empathy", 0.9), (6, "empathy", 0.9)], Verdict.NOT_MET, 0.9),
        ([(2, "empathy", 0.9), (4, "empathy", 0.5)], Verdict.UNSURE, 0.5),
    ],
)
def test_each_time_the_customer_shows_something_the_agent_is_to_answer_it(
    answers: list[Likely], verdict: Verdict, told: float
) -> None:
    answer = responds(*DISTRESS, *answers)
    assert (answer.verdict, answer.probability) == (verdict, told)


def test_what_was_not_answered_stands_first_with_what_came_nearest() -> None:
    answer = responds(*DISTRESS, (2, "empathy", 0.9), (4, "empathy", 0.1))
    first, *pieces = answer.evidence
    assert first.why == (
        "The customer showed “Distress” 2 times; the agent answered 1 of them with “Empathy” within 1 turn."
    )
    assert [piece.turn for piece in pieces] == [3, 4, 1, 2]
    assert answer.searched is not None
    assert (answer.searched.turns, answer.searched.start, answer.searched.end) == (1, 16, 18)


def test_where_it_never_came_there_was_nothing_to_answer_and_the_nearest_is_shown() -> None:
    answer = responds((3, "distress", 0.1), (2, "empathy", 0.9))
    assert answer.verdict is Verdict.NOT_APPLICABLE
    assert answer.searched is not None
    assert answer.searched.speaker == "customer"
    assert answer.searched.nearest is not None
    assert answer.searched.nearest.turn == 3


def test_where_it_is_in_doubt_whether_it_came_a_person_decides_unless_it_changes_nothing() -> None:
    assert responds((1, "distress", 0.5), (2, "empathy", 0.9)).verdict is Verdict.UNSURE
    doubtful: tuple[Likely, ...] = ((1, "distress", 0.95), (3, "distress", 0.5))
    assert responds(*doubtful, (2, "empathy", 0.9)).verdict is Verdict.UNSURE
    assert responds(*doubtful, (2, "empathy", 0.9), (4, "empathy", 0.9)).verdict is Verdict.MET


def test_a_customer_whose_last_words_get_no_turn_of_the_agent_is_left_out() -> None:
    ends = a_transcript(*CALL.turns[:4])
    assert responds(*DISTRESS, (2, "empathy", 0.9), transcript=ends).verdict is Verdict.MET
    assert responds(DISTRESS[1], transcript=ends).verdict is Verdict.NOT_APPLICABLE


def test_a_mere_mhm_takes_up_no_turn() -> None:
    call = a_transcript(
        a_turn("customer", "I can't cope.", 0, 2),
        a_turn("agent", "Mhm.", 2, 2.5),
        a_turn("customer", "With any of it.", 3, 5),
        a_turn("agent", "That must be so hard.", 5, 8),
    )
    likely: tuple[Likely, ...] = ((0, "distress", 0.9), (3, "empathy", 0.9))
    assert responds(*likely, transcript=call).verdict is Verdict.MET
    within = {"after": {"behaviour": "distress"}, "turns_after": 1}
    assert shows(*likely, transcript=call, within=within).verdict is Verdict.MET


# ratio.v1


def ratio(*likely: Likely, **params: Any) -> Judgement:
    return judge("ratio.v1", *likely, **{"of": "reflection", "to": "question", "met": [0.5, None], **params})


def test_one_behaviour_is_counted_against_another() -> None:
    questions: list[Likely] = [(0, "question", 0.99), (4, "question", 0.98)]
    assert ratio(*questions, (2, "reflection", 0.9)).verdict is Verdict.MET
    assert ratio(*questions).verdict is Verdict.NOT_MET
    assert ratio(*questions, partly=[0, None]).verdict is Verdict.PARTLY
    answer = ratio(*questions, (2, "reflection", 0.9))
    assert answer.probability == pytest.approx(0.9, abs=0.01)
    assert answer.evidence[0].why == ("“Reflection” in 1 turn and “Question” in 2, a ratio of 0.50 (met by at least 0.5).")


def test_a_ratio_that_hangs_on_doubtful_turns_is_left_to_a_person() -> None:
    assert ratio((0, "question", 0.99), (4, "question", 0.99), (2, "reflection", 0.6)).verdict is Verdict.UNSURE
    sure_anyway: list[Likely] = [(0, "question", 0.99), (2, "reflection", 0.6), (4, "reflection", 0.99)]
    assert ratio(*sure_anyway).verdict is Verdict.MET


def test_a_ratio_does_not_apply_where_there_is_too_little_to_compare_with() -> None:
    answer = ratio((0, "question", 0.99), (2, "reflection", 0.9), to_at_least=2)
    assert answer.verdict is Verdict.NOT_APPLICABLE
    assert answer.searched is not None


# Stretches


@pytest.mark.parametrize(
    ("within", "verdict"),
    [
        ({"after": {"behaviour": "distress"}}, Verdict.MET),
        ({"after": {"behaviour": "distress"}, "turns_after": 1}, Verdict.NOT_MET),
        ({"after": {"behaviour": "distress"}, "turns_after": 2}, Verdict.MET),
        ({"before": {"behaviour": "apology"}}, Verdict.NOT_MET),
        ({"before": {"behaviour": "thanks"}}, Verdict.MET),
        ({"before": {"behaviour": ["apology", "thanks"]}}, Verdict.NOT_MET),
        ({"first_seconds": 10}, Verdict.NOT_MET),
        ({"last_seconds": 10}, Verdict.MET),
        ({"after": {"phrases": ["account number"]}}, Verdict.NOT_MET),
    ],
)
def test_a_stretch_can_begin_or_end_with_a_behaviour(within: dict[str, Any], verdict: Verdict) -> None:
    likely: list[Likely] = [(1, "distress", 0.9), (2, "apology", 0.9), (4, "empathy", 0.9), (6, "thanks", 0.9)]
    assert shows(*likely, within=within).verdict is verdict


def test_a_stretch_after_what_never_came_says_where_that_was_looked_for() -> None:
    answer = shows((3, "distress", 0.2), (4, "empathy", 0.9), within={"after": {"behaviour": "distress"}})
    assert answer.verdict is Verdict.NOT_APPLICABLE
    assert answer.searched is not None
    assert (answer.searched.speaker, answer.searched.turns) == ("customer", 3)
    assert answer.searched.nearest is not None
    assert answer.searched.nearest.turn == 3


def test_a_stretch_whose_beginning_is_in_doubt_is_left_to_a_person() -> None:
    answer = shows((3, "distress", 0.5), (4, "empathy", 0.9), within={"after": {"behaviour": "distress"}})
    assert answer.verdict is Verdict.UNSURE
    assert answer.evidence[1].turn == 3


def test_words_can_be_looked_for_after_a_behaviour() -> None:
    answer = judge(
        "says.v1",
        (1, "distress", 0.9),
        phrases=["sorry"],
        within={"after": {"behaviour": "distress"}, "turns_after": 1},
    )
    assert answer.verdict is Verdict.MET


def test_behaviours_come_in_an_order() -> None:
    order: dict[str, Any] = {
        "first": {"kind": "shows.v1", "with": {"behaviour": "asks_identity"}},
        "then": {"kind": "shows.v1", "with": {"behaviour": "offers_remedy"}},
    }
    assert judge("in_order.v1", (0, "asks_identity", 0.9), (4, "offers_remedy", 0.9), **order).verdict is Verdict.MET
    assert judge("in_order.v1", (4, "asks_identity", 0.9), (2, "offers_remedy", 0.9), **order).verdict is Verdict.NOT_MET


# What a scorecard may say

HEAD = (
    "id: c\nversion: 1\ntitle: C\npass_mark: 80\nsections:\n  - id: s\n    title: S\n    criteria:\n"
    "      - id: x\n        question: Is it so?\n        tip: See that it is.\n"
)


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ("kind: shows.v1\nwith: {behaviour: empaty}", "unknown behaviour 'empaty'; did you mean 'empathy'?"),
        ("kind: shows.v1\nwith: {behaviour: [empathy, distress]}", "behaviours of one side alone"),
        ("kind: shows.v1\nwith: {behaviour: []}", "give at least one"),
        ("kind: shows.v1", "the parameter 'behaviour' is missing"),
        ("kind: shows.v1\nwith: {behaviour: empathy, at_least: 0}", "every conversation would do"),
        ("kind: shows.v1\nwith: {behaviour: empathy, within: {turns_after: 2}}", "needs an `after`"),
        (
            "kind: shows.v1\nwith: {behaviour: empathy, within: {after: {behaviour: distres}}}",
            "unknown behaviour 'distres'; did you mean 'distress'?",
        ),
        (
            "kind: shows.v1\nwith: {behaviour: empathy, within: {after: {behaviour: distress, speaker: customer}}}",
            "unknown parameter 'speaker'",
        ),
        ("kind: responds.v1\nwith: {to: distress, by: complains}", "a behaviour of the other side"),
        ("kind: responds.v1\nwith: {to: distress, by: empathy, turns: 0}", "a number of turns from 1 on"),
        ("kind: ratio.v1\nwith: {of: reflection, to: question}", "the parameter 'met' is missing"),
        ("kind: ratio.v1\nwith: {of: reflection, to: question, met: [1, null], to_at_least: 0}", "a number of turns from 1"),
    ],
)
def test_a_wrong_parameter_is_named(lines: str, message: str) -> None:
    text = HEAD + "".join(f"        {line}\n" for line in lines.split("\n"))
    found = [str(problem) for problem in check_text(text, "card.yaml")]
    assert any(message in problem for problem in found), found


def test_a_behaviour_may_stand_without_brackets() -> None:
    assert rule_from(Rule("shows.v1", {"behaviour": "empathy"})) == rule_from(Rule("shows.v1", {"behaviour": ["empathy"]}))
    with pytest.raises(ScorecardError, match="is text, not 3"):
        rule_from(Rule("shows.v1", {"behaviour": 3}))
