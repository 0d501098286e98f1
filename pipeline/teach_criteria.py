"""How does a centre teach a question of a scorecard, and who decides that it is answered so?

What people answered about calls becomes labels, these teach a rule on top of the question's own, and an administrator adopts
it where it is better beyond doubt: as the next version of the scorecard, which judges calls from then on. Earlier
evaluations stay as they are; what was there before can be put back.
"""

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from errors import AttuneError, InputError, NotAllowed
from scorecards.definition import Criterion, Scorecard
from scoring.behaviours.judge import stamp
from scoring.criteria import Context, Kind, rule_from
from scoring.criteria.learned import stands, untaught
from scoring.criteria.text import Conversation
from scoring.learn import FOLDS, check_enough
from scoring.learn_criterion import CallLabel, LearnedQuestion, answers_hash, label_of, learn_criterion
from scoring.result import Verdict
from scoring.signals.model import BEHAVIOURS
from storage import learned_criteria, queries
from storage.access import Asker, may
from storage.database import reading, transaction
from storage.queries import GivenAnswer
from storage.repository import active_scorecards, load_signals, load_transcript
from storage.roles import Right


@dataclass(frozen=True)
class GivenToQuestion:
    """What people have answered to one question so far. hash: that of the answers; missing: a sentence on what is still
    needed to teach it, empty where it seems enough."""

    scorecard: str
    card_title: str
    criterion: str
    question: str
    answers: tuple[GivenAnswer, ...]
    hash: str
    missing: str

    @property
    def met(self) -> int:
        """How many say that it is met."""
        return sum(answer.met for answer in self.answers)


@dataclass(frozen=True)
class TaughtQuestion:
    """What was taught, as it is kept, and how many answers could not be used: the rule says that the question does not
    apply to the call, or the call was measured by another judge of behaviours."""

    id: int
    learned: LearnedQuestion
    passed_over: int


def given_to_questions(engine: Engine, asker: Asker) -> tuple[GivenToQuestion, ...]:
    """What people have answered, question by question, the one with most answers first."""
    with reading(engine) as session:
        cards = {card.id: card for card in active_scorecards(session)}
        answers = queries.given_answers(session, asker)
    by_question: dict[tuple[str, str], list[GivenAnswer]] = defaultdict(list)
    for answer in answers:
        by_question[answer.scorecard, answer.criterion].append(answer)
    found = [_given(cards[card], criterion, own) for (card, criterion), own in by_question.items()]
    return tuple(sorted(found, key=lambda one: (-len(one.answers), one.scorecard, one.criterion)))


def teach_criterion(
    engine: Engine, asker: Asker, scorecard: str, criterion: str, say: Callable[[str], None] = lambda _: None
) -> TaughtQuestion:
    """Teach a question of a scorecard in force from what people answered, and keep it; nothing is adopted.

    Raises NotAllowed for others than administrators, InputError where there is no such question or too few answers.
    """
    if not may(asker, Right.TEACH):
        raise NotAllowed("Administrators teach the machine; ask one of them.")
    judge = stamp()[BEHAVIOURS]
    with reading(engine) as session:
        card, asked = _question(session, scorecard, criterion)
        answers = queries.given_answers(session, asker, scorecard, criterion)
        check_enough(f"“{asked.question}”", [one.met for one in answers], groups_of(answers), "answers", "it is met")
        say(f"Looking at {len(answers)} calls")
        labels = _labels(session, card, asked, answers, judge)
    used = {label.call_id for label in labels}
    learned = learn_criterion(asked.question, untaught(asked.rule), labels, judge, say)
    with transaction(engine) as session:
        id_ = learned_criteria.save_learned_criterion(
            session,
            asker,
            scorecard,
            criterion,
            learned.rule,
            [answer for answer in answers if answer.call_id in used],
            learned.to_dict(),
        )
    return TaughtQuestion(id_, learned, len(answers) - len(labels))


def adopt_criterion(engine: Engine, asker: Asker, learned_id: int) -> Scorecard:
    """Answer a question by what was taught from now on. Raises as `learned_criteria.adopt_criterion` does."""
    with transaction(engine) as session:
        return learned_criteria.adopt_criterion(session, asker, learned_id)


def restore_criterion(engine: Engine, asker: Asker, scorecard: str, criterion: str) -> Scorecard:
    """Answer a question by its own rule again. Raises as `learned_criteria.restore_criterion` does."""
    with transaction(engine) as session:
        return learned_criteria.restore_criterion(session, asker, scorecard, criterion)


def groups_of(answers: Sequence[GivenAnswer]) -> list[str]:
    """What each answer hangs together with: its agent, or, where fewer than five agents are known, its call."""
    agents = {answer.agent for answer in answers}
    by_agent = None not in agents and len(agents) >= FOLDS
    return [str(one.agent) if by_agent else one.call_id for one in answers]


def _question(session: Session, scorecard: str, criterion: str) -> tuple[Scorecard, Criterion]:
    for card in active_scorecards(session):
        for _, one in card:
            if (card.id, one.id) == (scorecard, criterion):
                return card, one
    raise InputError(f"No scorecard in use asks {scorecard}/{criterion}; `cli.py judges questions` says what can be taught.")


def _labels(
    session: Session, card: Scorecard, asked: Criterion, answers: Sequence[GivenAnswer], judge: str
) -> list[CallLabel]:
    rule, applies = rule_from(untaught(asked.rule)), rule_from(asked.applies_when) if asked.applies_when else None
    labels = []
    for answer, group in zip(answers, groups_of(answers), strict=True):
        transcript = load_transcript(session, answer.call_id)
        context = Context(transcript, load_signals(session, answer.call_id), Conversation(transcript), card.language)
        label = _label(context, rule, applies, answer, group) if stands(context, judge) else None
        labels += [label] if label else []
    return labels


def _label(context: Context, rule: Kind, applies: Kind | None, answer: GivenAnswer, group: str) -> CallLabel | None:
    if applies is not None and applies.judge(context).verdict not in (Verdict.MET, Verdict.PARTLY):
        return None
    judgement = rule.judge(context)
    if judgement.verdict is Verdict.NOT_APPLICABLE:
        return None
    return label_of(context, judgement, answer.call_id, answer.met, group)


def _given(card: Scorecard, criterion: str, answers: Sequence[GivenAnswer]) -> GivenToQuestion:
    question = card.criterion(criterion).question
    try:
        check_enough(f"“{question}”", [one.met for one in answers], groups_of(answers), "answers", "it is met")
        missing = ""
    except AttuneError as few:
        missing = str(few)
    digest = answers_hash({one.call_id: one.met for one in answers})
    return GivenToQuestion(card.id, card.title, criterion, question, tuple(answers), digest, missing)
