"""Which questions are asked at all, where one is asked only if another was answered so?

A question that is not asked does not apply. Its own answer is kept beneath (`CriterionResult.if_asked`), so that it counts
again as soon as the other question is answered otherwise, by a person or by the machine.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from scorecards.answers import Verdict
from scorecards.definition import Criterion, Scorecard
from scoring.result import CriterionResult, Evidence, IfAsked

_WORDS = {
    Verdict.MET.value: "Met",
    Verdict.PARTLY.value: "Partly",
    Verdict.NOT_MET.value: "Not met",
    Verdict.NOT_APPLICABLE.value: "Does not apply",
}


def with_asked(results: Sequence[CriterionResult], scorecard: Scorecard) -> tuple[CriterionResult, ...]:
    """The results with every question that is asked only on another's answer opened, closed or waiting by that answer.

    Whatever was open or closed before: what comes out depends on the questions' own answers alone.
    """
    conditional = {criterion.id: criterion for _, criterion in scorecard if criterion.asked_when}
    if not conditional:
        return tuple(results)
    settled: dict[str, CriterionResult] = {}
    own = {result.criterion: result.own for result in results}
    for criterion_id in own:
        _settle(criterion_id, own, conditional, scorecard, settled)
    return tuple(settled[result.criterion] for result in results)


def _settle(
    criterion_id: str,
    own: Mapping[str, CriterionResult],
    conditional: Mapping[str, Criterion],
    scorecard: Scorecard,
    settled: dict[str, CriterionResult],
) -> CriterionResult:
    """The result of that criterion, after those that it is asked by; a scorecard has no circles of them."""
    if criterion_id not in settled:
        result, criterion = own[criterion_id], conditional.get(criterion_id)
        if criterion is not None and criterion.asked_when is not None:
            other = _settle(criterion.asked_when.criterion, own, conditional, scorecard, settled)
            if not criterion.asked_when.holds(other.verdict, other.answer):
                result = _closed(result, other, criterion, scorecard)
        settled[criterion_id] = result
    return settled[criterion_id]


def _closed(result: CriterionResult, other: CriterionResult, criterion: Criterion, scorecard: Scorecard) -> CriterionResult:
    waits = other.verdict is Verdict.UNSURE
    only = f"This is asked only where {asked_words(criterion, scorecard)}"
    if waits:
        why = f"{only}, and that waits for a person."
    else:
        why = f"{only}; the answer there is “{answer_words(scorecard.criterion(other.criterion), other)}”."
    held = IfAsked(why, result.verdict, result.probability, result.points, result.judged_by, result.answer)
    return replace(
        result,
        verdict=Verdict.UNSURE if waits else Verdict.NOT_APPLICABLE,
        probability=0.5 if waits else other.probability,
        points=None,
        answer=None,
        evidence=(Evidence(why), *result.evidence),
        if_asked=held,
    )


def asked_words(criterion: Criterion, scorecard: Scorecard) -> str:
    """When a question is asked: `“Did the customer complain?” is answered “Met” or “Partly”`; empty where always."""
    asked_when = criterion.asked_when
    if asked_when is None:
        return ""
    other = scorecard.criterion(asked_when.criterion)
    labels = {option.value: option.label for option in other.options}
    words = [f"“{labels.get(value, _WORDS.get(value, value))}”" for value in asked_when.answers]
    return f"“{other.question}” is answered {' or '.join(words)}"


def answer_words(criterion: Criterion, result: CriterionResult) -> str:
    """The answer in the scorecard's own words; where it does not count, the verdict in ours."""
    if result.answer is None:
        return _WORDS.get(result.verdict.value, "Unsure")
    return criterion.answers.label(result.answer)
