"""What would a changed scorecard say of a call that another version has judged, and what of that is known already?

The same rule on the same transcript and signals gives the same answer. Where a criterion of the new scorecard asks by the
rule of the old one, its stored answer is taken over with the new weight, points and consequences, and only the rest is
judged. What a person answered stands where question, rule and answers are the same in both.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from scorecards.answers import Answer, AnswerType, Verdict
from scorecards.definition import Criterion, Scorecard, Section
from scoring.asked import with_asked
from scoring.criteria.learned import LEARNED, untaught
from scoring.evaluate import weigh
from scoring.result import CriterionResult


@dataclass(frozen=True)
class Standing:
    """What an evaluation comes to: the total of 0 to 100, whether it passed, and the criteria that failed the whole."""

    total: float | None
    passed: bool | None
    failed_by: tuple[str, ...]


@dataclass(frozen=True)
class Change:
    """One answer that is another one than before; a verdict of None where the scorecard does not have the question.

    by_person: whether what held before was a person's word.
    """

    criterion: str
    before: Verdict | None
    after: Verdict | None
    answer_before: Answer | None
    answer_after: Answer | None
    by_person: bool


@dataclass(frozen=True)
class Outcome:
    """A call under the old scorecard and under the new one; `before` is None where the old one never judged it."""

    call_id: str
    before: Standing | None
    after: Standing
    changes: tuple[Change, ...]


@dataclass(frozen=True)
class Compared:
    """Which criteria of a new scorecard have their answers from an old one's evaluations.

    taken_over: the machine's stored answer is that of the new criterion too. carried: what a person answered stands.
    judged: those that have to be judged. asks_meaning: whether one of these needs the embeddings of sentences.
    """

    taken_over: frozenset[str]
    carried: frozenset[str]
    judged: tuple[str, ...]
    asks_meaning: bool


def compared(old: Scorecard | None, new: Scorecard) -> Compared:
    """What of the new scorecard's answers is known where the old one has judged a call."""
    before = {criterion.id: criterion for _, criterion in old} if old else {}
    same_language = old is not None and old.language == new.language
    pairs = [(before[criterion.id], criterion) for _, criterion in new if criterion.id in before]
    taken_over = frozenset(one.id for one, other in pairs if same_language and _judged_alike(one, other))
    judged = tuple(criterion.id for _, criterion in new if criterion.id not in taken_over)
    meaning = any(_asks_meaning(new.criterion(criterion_id)) for criterion_id in judged)
    return Compared(taken_over, frozenset(one.id for one, other in pairs if asks_the_same(one, other)), judged, meaning)


def asks_the_same(one: Criterion, other: Criterion) -> bool:
    """Whether two criteria ask the same, so that a person's answer to the one is an answer to the other.

    What was taught from people's answers changes how the machine answers, not what is asked.
    """
    return (one.question, untaught(one.rule), one.applies_when, one.answers) == (
        other.question,
        untaught(other.rule),
        other.applies_when,
        other.answers,
    )


def _judged_alike(one: Criterion, other: Criterion) -> bool:
    """Whether a machine's answer to the one is its answer to the other: of yes and no also where the points differ."""
    alike = one.answers == other.answers or (one.type is AnswerType.YES_NO and other.type is AnswerType.YES_NO)
    return alike and (one.rule, one.applies_when) == (other.rule, other.applies_when)


def _asks_meaning(criterion: Criterion) -> bool:
    rules = f"{criterion.rule} {criterion.applies_when}"  # rules can hold rules
    return "means." in rules or LEARNED in rules


def taken_over(result: CriterionResult, section: Section, criterion: Criterion) -> CriterionResult:
    """A stored answer of an old criterion as that of the new one, with what the new one makes of it."""
    own = result.own
    decided = criterion.decide(own.verdict, own.answer if own.verdict.counts else None)
    return replace(
        own,
        section=section.id,
        points=decided.points,
        answer=decided.answer,
        weight=criterion.weight,
        fails=criterion.fails,
        bonus=criterion.bonus,
    )


def outcome(
    call_id: str,
    new: Scorecard,
    machine: Sequence[CriterionResult],
    before: Standing | None,
    held: Mapping[str, CriterionResult],
    by_person: Collection[str],
    carried: Collection[str],
) -> Outcome:
    """What becomes of a call.

    machine: the machine's answers by the new scorecard. held: what holds by the old one; by_person: of these, a person's.
    carried: the criteria whose person's answers stand.
    """
    results = []
    for result in machine:
        if result.criterion in by_person and result.criterion in carried:
            own = result.own
            said = held[result.criterion].own
            result = replace(
                own,
                verdict=said.verdict,
                points=said.points,
                answer=said.answer,
                probability=said.probability,
                judged_by=said.judged_by,
            )
        results.append(result)
    standing = with_asked(results, new)
    weighed = weigh(standing, new)
    changes = []
    after = {result.criterion: result for result in standing}
    for name in dict.fromkeys([*held, *after]):
        was, now = held.get(name), after.get(name)
        if was is None or now is None or (was.verdict, was.answer) != (now.verdict, now.answer):
            changes.append(
                Change(
                    name,
                    was.verdict if was else None,
                    now.verdict if now else None,
                    was.answer if was else None,
                    now.answer if now else None,
                    name in by_person,
                )
            )
    return Outcome(call_id, before, Standing(weighed.total, weighed.passed, weighed.failed_by), tuple(changes))
