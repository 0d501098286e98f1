"""What does this scorecard say about this conversation, and what does it come to?

Pure: a transcript, its signals and a scorecard give an evaluation; the same three give the same one, byte for byte.

How a total comes about
- A criterion earns its weight times the points of its answer (met 1, partly 0.5, not met 0, unless the scorecard says
  otherwise). Total = earned / weights × 100, over the criteria whose verdict counts. Points below 0 take away.
- A bonus earns likewise, and its weight does not stand below the line. A total never leaves 0 to 100.
- A question that is asked only where another was answered so does not apply where it was not, and waits as long as that
  one does (`scoring.asked`).
- Not applicable and unsure do not count: they stand neither above nor below the line. Where nothing counts, there is no
  total, and the call has neither passed nor failed.
- A scorecard that judges another language than the conversation's decides nothing: all of it waits for a person.
- A criterion with `fails: section` that is not met makes its section 0: the section's criteria earn nothing in the total
  and keep their weights, and what takes away goes on taking away. One with `fails: scorecard` makes the total 0, and the
  call fails whatever the pass mark.
- Scores are rounded to two decimals, halves upwards, once, at the end; the rounded total is held against the pass mark.
"""

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache
from typing import Generic, NamedTuple, TypeVar

from errors import Problem, ScorecardError
from scorecards.answers import AnswerType
from scorecards.definition import Criterion, Fails, Scorecard, Section
from scoring.asked import with_asked
from scoring.criteria import Context, Judgement, Kind, rule_from
from scoring.criteria.base import MOST_EVIDENCE, unsure
from scoring.criteria.text import Conversation
from scoring.result import CriterionResult, Evaluation, Evidence, SectionScore, Stamp, Verdict
from scoring.signals.model import Signals
from transcripts.model import Transcript

PROGRAM = "attune 0.1.0"  # the version in pyproject.toml; it is part of every evaluation's stamp

_CENT = Decimal("0.01")

Content = TypeVar("Content")


class Total(NamedTuple):
    """The total before and after automatic failure (0 to 100), and what failed it; see `Evaluation`."""

    before: float | None
    after: float | None
    passed: bool | None
    failed_by: tuple[str, ...]


@dataclass(frozen=True)
class Weighed:
    """What results come to: each section, the total before and after automatic failure (0 to 100), and what failed it."""

    sections: tuple[SectionScore, ...]
    total_before: float | None
    total: float | None
    passed: bool | None
    failed_by: tuple[str, ...]


@dataclass(frozen=True)
class Judge:
    """A criterion with its rules made ready."""

    section: Section
    criterion: Criterion
    kind: Kind
    applies_when: Kind | None

    def result(self, context: Context) -> CriterionResult:
        """The criterion's answer for one conversation."""
        criterion = self.criterion
        judgement = _answerable(criterion, self._judgement(context))
        decided = criterion.decide(*self._found(judgement))
        return CriterionResult(
            section=self.section.id,
            criterion=criterion.id,
            verdict=decided.verdict,
            probability=judgement.probability,
            points=decided.points,
            weight=criterion.weight,
            fails=criterion.fails,
            evidence=judgement.evidence,
            searched=judgement.searched,
            judged_by=self.kind.name,
            answer=decided.answer,
            bonus=criterion.bonus,
        )

    def verdict(self, context: Context) -> tuple[Verdict, float | None]:
        """The verdict alone, with the number for a question that is answered with one: what `Criterion.decide` takes."""
        return self._found(_answerable(self.criterion, self._judgement(context)))

    def _found(self, judgement: Judgement) -> tuple[Verdict, float | None]:
        numbered = self.criterion.type is AnswerType.NUMBER and judgement.verdict.counts
        return judgement.verdict, judgement.number if numbered else None

    def _judgement(self, context: Context) -> Judgement:
        if context.other_language:
            # What is left without words would make a total that speaks for the whole scorecard.
            return unsure(context.other_language)
        if self.applies_when is None:
            return self.kind.judge(context)
        condition = self.applies_when.judge(context)
        if condition.verdict in (Verdict.MET, Verdict.PARTLY):
            return _with_reason(self.kind.judge(context), condition)
        if condition.verdict is Verdict.UNSURE:
            why = "It cannot be told whether this question applies here."
            return Judgement(Verdict.UNSURE, 0.5, (Evidence(why), *condition.evidence))
        why = "This question does not apply here: what would make it apply was not found."
        return Judgement(
            Verdict.NOT_APPLICABLE, condition.probability, (Evidence(why), *condition.evidence), condition.searched
        )


def _answerable(criterion: Criterion, judgement: Judgement) -> Judgement:
    """The same where the scorecard says which answer it is; else it waits for a person, with what the machine found."""
    if not judgement.verdict.counts:
        return judgement
    if criterion.type is AnswerType.NUMBER:
        known = judgement.number is not None
    else:
        known = criterion.answers.standing_for(judgement.verdict) is not None
    if known:
        return judgement
    says = judgement.verdict.value.replace("_", " ")
    why = f"A person answers this: the scorecard names no answer for what the machine found, which is “{says}”."
    return replace(judgement, verdict=Verdict.UNSURE, probability=0.5, evidence=(Evidence(why), *judgement.evidence))


def _with_reason(judgement: Judgement, condition: Judgement) -> Judgement:
    """The same with the words that make the question apply at the end of its evidence."""
    reason = next((piece for piece in condition.evidence if piece.quote), None)
    if reason is None or len(judgement.evidence) >= MOST_EVIDENCE:
        return judgement
    reason = replace(reason, why=f"Why this question applies: {reason.why[0].lower()}{reason.why[1:]}")
    return replace(judgement, evidence=(*judgement.evidence, reason))


def evaluate(transcript: Transcript, signals: Signals, scorecard: Scorecard) -> Evaluation:
    """Judge every criterion of the scorecard, and weigh the answers.

    Raises ScorecardError with every problem where a rule names no known kind or its parameters do not fit.
    """
    transcript_hash = transcript.content_hash
    results = judge_criteria(transcript, signals, scorecard, transcript_hash)
    stamp = Stamp(transcript_hash, scorecard.content_hash, dict(sorted(signals.models.items())), PROGRAM)
    return assemble(transcript.call_id, scorecard, results, stamp)


def judge_criteria(
    transcript: Transcript, signals: Signals, scorecard: Scorecard, transcript_hash: str
) -> list[CriterionResult]:
    """The own answer to each criterion; what hangs on another's answer is not yet opened or closed.

    transcript_hash: the transcript's, which takes a while to work out, from where it is stored beside it. Raises as
    `evaluate` does.
    """
    conversation = _conversation(_ByContent(transcript, transcript_hash))
    context = Context(transcript, signals, conversation, scorecard.language)
    return [judge.result(context) for judge in _judges(_ByContent(scorecard, scorecard.content_hash))]


def judge_verdicts(
    transcript: Transcript, signals: Signals, scorecard: Scorecard, only: Collection[str]
) -> dict[str, tuple[Verdict, float | None]]:
    """What `judge_criteria` finds for some of the criteria, without what that rests on: by criterion its verdict, and its
    number where the question is answered with one. Raises as `evaluate` does."""
    context = Context(transcript, signals, Conversation(transcript), scorecard.language, quoting=False)
    judges = _judges(_ByContent(scorecard, scorecard.content_hash))
    return {judge.criterion.id: judge.verdict(context) for judge in judges if judge.criterion.id in only}


def check_rules(scorecard: Scorecard) -> None:
    """Raise ScorecardError with every problem where a rule names no known kind or its parameters do not fit."""
    _judges(_ByContent(scorecard, scorecard.content_hash))


def assemble(call_id: str, scorecard: Scorecard, own: Sequence[CriterionResult], stamp: Stamp) -> Evaluation:
    """The evaluation that the criteria's own answers, in the order of the scorecard, come to."""
    results = with_asked(own, scorecard)
    weighed = weigh(results, scorecard)
    return Evaluation(
        call_id=call_id,
        scorecard=scorecard.id,
        version=scorecard.version,
        results=results,
        sections=weighed.sections,
        total_before=weighed.total_before,
        total=weighed.total,
        passed=weighed.passed,
        failed_by=weighed.failed_by,
        stamp=stamp,
    )


def points_for(criterion: Criterion, verdict: Verdict) -> float | None:
    """The share of the criterion's weight that a verdict earns; None where it does not count.

    Raises InputError where the question is answered otherwise than by verdicts, and none of its answers stands for this.
    """
    return criterion.decide(verdict).points


def weigh(results: Sequence[CriterionResult], scorecard: Scorecard) -> Weighed:
    """What results come to, a machine's as well as a person's, section by section and in all; the rule stands above."""
    sections = tuple(_section_score(section, results) for section in scorecard.sections)
    return Weighed(sections, *total_of(results, scorecard))


def total_of(results: Sequence[CriterionResult], scorecard: Scorecard) -> Total:
    """What results come to in all. This alone makes totals."""
    failing = [result for result in results if result.verdict is Verdict.NOT_MET]
    failed_by = tuple(result.criterion for result in failing if result.fails is Fails.SCORECARD)
    failed_sections = {result.section for result in failing if result.fails is Fails.SECTION}
    before = after = _score(results)
    if before is not None and (failed_by or failed_sections):
        after = 0.0 if failed_by else _score(results, failed_sections)
    passed = None if after is None else not failed_by and after >= scorecard.pass_mark
    return Total(before, after, passed, failed_by)


@dataclass(frozen=True, eq=False)
class _ByContent(Generic[Content]):
    """Something as a key of what was made of it: equal content, equal key."""

    value: Content
    content_hash: str

    def __hash__(self) -> int:
        return hash(self.content_hash)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _ByContent) and self.content_hash == other.content_hash


@lru_cache(maxsize=32)
def _conversation(key: _ByContent[Transcript]) -> Conversation:
    """The transcript made ready, once for all the scorecards that judge it one after another."""
    return Conversation(key.value)


@lru_cache(maxsize=128)
def _judges(key: _ByContent[Scorecard]) -> tuple[Judge, ...]:
    """The scorecard's criteria with their rules made ready, once per content."""
    made: list[Judge] = []
    problems: list[Problem] = []
    for section, criterion in key.value:
        where = f"{section.id}.{criterion.id}"
        kinds: list[Kind | None] = []
        for rule, place in ((criterion.rule, where), (criterion.applies_when, f"{where}.applies_when")):
            try:
                kinds.append(rule_from(rule, place, key.value.id) if rule else None)
            except ScorecardError as wrong:
                problems.extend(wrong.problems)
        if len(kinds) == 2 and kinds[0] is not None:
            made.append(Judge(section, criterion, kinds[0], kinds[1]))
    if problems:
        raise ScorecardError(problems)
    return tuple(made)


def _section_score(section: Section, results: Sequence[CriterionResult]) -> SectionScore:
    own = [result for result in results if result.section == section.id]
    failed_by = tuple(r.criterion for r in own if r.fails is Fails.SECTION and r.verdict is Verdict.NOT_MET)
    before = _score(own)
    return SectionScore(section.id, before, 0.0 if failed_by else before, failed_by)


def _score(results: Sequence[CriterionResult], failed_sections: Collection[str] = ()) -> float | None:
    """Earned points over weights as 0 to 100; None where nothing but bonuses counts."""
    counting = [(result, result.points) for result in results if result.points is not None]
    # fsum is exact whatever the order, so that neither the order of results nor one that does not count changes a total.
    weights = math.fsum(result.weight for result, _ in counting if not result.bonus)
    if not weights:
        return None
    earned = math.fsum(
        (min(points, 0.0) if result.section in failed_sections else points) * result.weight for result, points in counting
    )
    share = min(max(earned / weights, 0.0), 1.0)
    return float(Decimal(repr(100 * share)).quantize(_CENT, ROUND_HALF_UP))
