"""What would a changed scorecard say of a call that another version has judged, and what of that is known already?

The same rule on the same transcript and signals gives the same answer. Where a criterion of the new scorecard asks by the
rule of the old one, its stored answer is taken over with the new weight, points and consequences, and only the rest is
judged. What a person answered stands where question, rule and answers are the same in both.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from scorecards.answers import Answer, AnswerType, Verdict
from scorecards.definition import Criterion, Scorecard
from scoring.asked import with_asked
from scoring.criteria.learned import LEARNED, untaught
from scoring.evaluate import total_of
from scoring.result import CriterionResult, Evidence


class Given(NamedTuple):
    """An answer to a question; `answer` is None where the verdict does not count, or is all that is known of it."""

    verdict: Verdict
    answer: Answer | None


class Stored(NamedTuple):
    """What an evaluation has for an answer to a question.

    machine: what the machine answered. own: the answer that holds, by_person: whether it is a person's. shown: how it
    stands there, where another answer may keep the question from being asked.
    """

    machine: Given
    own: Given
    shown: Given
    by_person: bool


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
    return any(kind in rules for kind in ("means.", "answers.", LEARNED))


class Draft:
    """A scorecard that runs over the past, with what each answer to its questions comes to.

    The same few answers are given again and again, so that what one comes to is worked out once.
    """

    def __init__(self, scorecard: Scorecard) -> None:
        self.scorecard = scorecard
        self._asked = {criterion.id: (section, criterion) for section, criterion in scorecard}
        self._results: dict[tuple[str, Given], CriterionResult] = {}

    def result(self, criterion_id: str, given: Given) -> CriterionResult:
        """What an answer to that question comes to, whoever gave it; for adding up, so without what it rests on."""
        result = self._results.get((criterion_id, given))
        if result is None:
            section, criterion = self._asked[criterion_id]
            decided = criterion.decide(given.verdict, given.answer if given.verdict.counts else None)
            result = self._results[criterion_id, given] = CriterionResult(
                section=section.id,
                criterion=criterion_id,
                verdict=decided.verdict,
                probability=1.0,
                points=decided.points,
                weight=criterion.weight,
                fails=criterion.fails,
                evidence=_ELSEWHERE,
                answer=decided.answer,
                bonus=criterion.bonus,
            )
        return result

    def outcome(
        self,
        call_id: str,
        judged: Mapping[str, Given],
        before: Standing | None,
        stored: Mapping[str, Stored],
        carried: Collection[str],
    ) -> Outcome:
        """What becomes of a call.

        judged: the machine's answers to the questions whose stored answer is not that of this scorecard's question too.
        before, stored: what the call comes to by the old scorecard, and its answers. carried: the questions of which a
        person's answers stand.
        """
        own = []
        for criterion_id in self._asked:
            old = stored.get(criterion_id)
            if old is not None and old.by_person and criterion_id in carried:
                given = old.own
            else:
                given = judged[criterion_id] if criterion_id in judged else stored[criterion_id].machine
            own.append(self.result(criterion_id, given))
        results = with_asked(own, self.scorecard)
        total = total_of(results, self.scorecard)
        now = {result.criterion: Given(result.verdict, result.answer) for result in results}
        changes = []
        for criterion_id in dict.fromkeys([*stored, *now]):
            old = stored.get(criterion_id)
            was, will_be = old.shown if old else None, now.get(criterion_id)
            if was != will_be:
                verdicts = was.verdict if was else None, will_be.verdict if will_be else None
                answers = was.answer if was else None, will_be.answer if will_be else None
                changes.append(Change(criterion_id, *verdicts, *answers, old is not None and old.by_person))
        return Outcome(call_id, before, Standing(total.after, total.passed, total.failed_by), tuple(changes))


_ELSEWHERE = (Evidence("It is kept with the stored answer."),)
