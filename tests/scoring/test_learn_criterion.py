"""What reviewers answered about calls teaches a question, which says by which turns, and steps back where it must."""

from dataclasses import replace

import numpy as np
import pytest

from errors import InputError, ScorecardError
from scorecards.definition import Criterion, Rule, Scorecard, Section
from scorecards.dump import dump_scorecard
from scoring.agreement import Agreement
from scoring.criteria import Context, parse_checked, rule_from
from scoring.criteria.call_looks import likely_met, look_at, widths
from scoring.criteria.learned import packed, untaught
from scoring.criteria.text import Conversation
from scoring.evaluate import evaluate
from scoring.learn_criterion import CallLabel, LearnedQuestion, label_of, learn_criterion, sentences
from scoring.rescore import asks_the_same, compared
from scoring.result import CriterionResult, Verdict
from scoring.signals.model import Sentence, Shown, Signals
from tests.build import a_transcript, a_turn
from transcripts.model import Sides, Transcript

JUDGE = "j" * 64
WORDS = Rule("says.v1", {"phrases": ["sorry"]})


def a_call(number: int, caring: bool, sorry: bool) -> tuple[Transcript, Signals]:
    """A call in which the agent is caring or not, whatever the words are."""
    said = "I am sorry about that." if sorry else "Let me look into that."
    turns = (
        a_turn("customer", "My parcel never came.", 0, 3),
        a_turn("agent", said, 3, 6),
        a_turn("agent", f"That is order {number}.", 6, 9),
    )
    shown = (Shown(1, "empathy", 0.9 - number % 7 / 100, 0, len(said)),) if caring else ()
    also = (Shown(2, "question", 0.3 + number % 5 / 10, 0, 4),)
    sentences_ = tuple(Sentence(place, turn.text, turn.start, turn.end) for place, turn in enumerate(turns))
    embeddings = np.random.default_rng(number).normal(size=(3, 384)).astype(np.float16).astype(np.float32)
    transcript = a_transcript(*turns, call_id=f"call {number:03d}")
    models = {"behaviours": JUDGE}
    return transcript, Signals((0.0,) * 3, {}, (), (), sentences_, embeddings, models, (*shown, *also))


def context_of(transcript: Transcript, signals: Signals) -> Context:
    return Context(transcript, signals, Conversation(transcript))


def labels(calls: int = 60, *, agree: bool = True) -> list[CallLabel]:
    """In this house a question about care is answered by whether there was any, while its rule looks for a word."""
    rule, found = rule_from(WORDS), []
    for number in range(calls):
        caring = number % 2 == 0
        context = context_of(*a_call(number, caring, sorry=number % 3 == 0))
        met = caring if agree else number % 4 < 2
        found.append(label_of(context, rule.judge(context), f"call {number:03d}", met, f"agent {number % 7}"))
    return found


@pytest.fixture(scope="module")
def taught() -> LearnedQuestion:
    return learn_criterion("Did the agent care?", WORDS, labels(), JUDGE)


def judged(rule: Rule, transcript: Transcript, signals: Signals) -> CriterionResult:
    card = Scorecard("care", 1, "Care", 70, (Section("all", "All", (Criterion("cares", "Did they care?", rule),)),))
    return evaluate(transcript, signals, card).result("cares")


def test_a_question_learns_what_reviewers_mean_by_it(taught: LearnedQuestion) -> None:
    assert taught.figures.better
    assert taught.figures.learned.value is not None
    assert taught.figures.learned.value > 0.9
    for number, caring in ((101, True), (102, False)):
        result = judged(taught.rule, *a_call(number, caring, sorry=not caring))
        assert result.verdict is (Verdict.MET if caring else Verdict.NOT_MET)
        assert result.judged_by == "learned.v1"


def test_the_evidence_is_the_turns_that_moved_the_answer_most(taught: LearnedQuestion) -> None:
    result = judged(taught.rule, *a_call(101, True, sorry=False))
    assert "By what reviewers' answers taught" in result.evidence[0].why
    moved = next(piece for piece in result.evidence if piece.turn == 1)
    assert moved.quote == "Let me look into that."
    assert "counted much for “met”, as it may show “Empathy”" in moved.why
    assert (moved.start, moved.end) == (3, 6)
    assert any(piece.why.startswith("By the rule of the scorecard:") for piece in result.evidence) or result.searched


def test_what_a_turn_moves_adds_up_to_what_the_whole_call_says(taught: LearnedQuestion) -> None:
    context = context_of(*a_call(7, True, sorry=True))
    looks = look_at(context, rule_from(WORDS).judge(context))
    weights = np.zeros(sum(widths()))
    first, last = widths()[0], sum(widths()[:2])
    weights[first:last] = np.linspace(-1, 1, last - first)
    moved = looks.moved_by_turn(weights)
    assert sum(one.by for one in moved) == pytest.approx(float(looks.numbers @ weights))
    meaning = np.zeros(sum(widths()))
    meaning[last:] = 1.0
    assert sum(one.by for one in looks.moved_by_turn(meaning)) == pytest.approx(0.0, abs=1e-9)


def test_the_same_answers_in_another_order_teach_the_same(taught: LearnedQuestion) -> None:
    assert learn_criterion("Did the agent care?", WORDS, labels()[::-1], JUDGE) == taught
    assert taught.rule.params["stands_on"] == JUDGE
    assert len(taught.rule.params["weights"]) < 3000


def test_answers_that_follow_nothing_teach_nothing_worth_having() -> None:
    found = learn_criterion("Did the agent care?", WORDS, labels(agree=False), JUDGE)
    assert not found.figures.better


def test_what_more_answers_would_bring_is_never_more_than_perfect_agreement(taught: LearnedQuestion) -> None:
    more = taught.figures.outlook
    assert more is None or more.low <= more.kappa <= more.high <= 1.0


def test_too_few_answers_or_answers_all_alike_teach_nothing() -> None:
    with pytest.raises(InputError, match="at least 20 answers are needed that say it is met"):
        learn_criterion("Did the agent care?", WORDS, labels(30), JUDGE)
    with pytest.raises(InputError, match="at least 20 answers"):
        learn_criterion("Did the agent care?", WORDS, [replace(one, met=True) for one in labels()], JUDGE)


def test_what_was_taught_on_another_judge_leaves_the_rule_its_word(taught: LearnedQuestion) -> None:
    transcript, signals = a_call(101, True, sorry=False)
    other = replace(signals, models={"behaviours": "k" * 64})
    result, plain = judged(taught.rule, transcript, other), judged(WORDS, transcript, other)
    assert (result.verdict, result.evidence) == (plain.verdict, plain.evidence)
    unknown = replace(transcript, sides=Sides.UNKNOWN)
    assert judged(taught.rule, unknown, signals).verdict is Verdict.UNSURE


def test_a_question_that_does_not_apply_still_does_not(taught: LearnedQuestion) -> None:
    answered = {"kind": "responds.v1", "with": {"to": "distress", "by": "empathy"}}
    rule = Rule("learned.v1", {**taught.rule.params, "rule": answered})
    assert judged(rule, *a_call(101, True, sorry=False)).verdict is Verdict.NOT_APPLICABLE


def test_between_sure_and_sure_a_person_decides(taught: LearnedQuestion) -> None:
    transcript, signals = a_call(101, True, sorry=False)
    flat = {**taught.rule.params, "weights": packed(np.zeros(sum(widths()))), "bias": 0.4}
    result = judged(Rule("learned.v1", flat), transcript, signals)
    assert (result.verdict, result.probability) == (Verdict.UNSURE, 0.5987)


@pytest.mark.parametrize("weights", ["", "AAAA", "no base 64!"])
def test_weights_that_do_not_fit_are_said_to(taught: LearnedQuestion, weights: str) -> None:
    with pytest.raises(ScorecardError, match="teach the question again"):
        rule_from(Rule("learned.v1", {**taught.rule.params, "weights": weights}))


def test_a_taught_question_is_still_the_same_question(taught: LearnedQuestion) -> None:
    plain = Criterion("cares", "Did they care?", WORDS)
    learned = replace(plain, rule=taught.rule)
    assert untaught(taught.rule) == WORDS == untaught(WORDS)
    assert asks_the_same(plain, learned)
    cards = [Scorecard("care", 1, "Care", 70, (Section("all", "All", (one,)),)) for one in (plain, learned)]
    plan = compared(*cards)
    assert plan.judged == ("cares",)
    assert plan.carried == frozenset({"cares"})
    assert plan.asks_meaning


def test_a_taught_question_goes_through_a_scorecards_file_without_loss(taught: LearnedQuestion) -> None:
    card = Scorecard("care", 1, "Care", 70, (Section("all", "All", (Criterion("cares", "Did they care?", taught.rule),)),))
    assert parse_checked(dump_scorecard(card)) == card


def test_the_figures_say_what_is_left_to_a_person(taught: LearnedQuestion) -> None:
    told = sentences(taught.to_dict())
    assert "30 of them say that it is met" in told[0]
    assert told[-1].startswith("Left to a person: 0% of these calls")
    assert isinstance(taught.figures.gain, Agreement)


def test_how_likely_a_rule_takes_it_to_be_met_follows_its_verdict() -> None:
    rule = rule_from(WORDS)
    said = rule.judge(context_of(*a_call(3, False, sorry=True)))
    unsaid = rule.judge(context_of(*a_call(4, False, sorry=False)))
    assert likely_met(said) > 0.5 > likely_met(unsaid)
