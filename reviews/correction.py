"""What does an evaluation say once a person has answered one of its questions?"""

from dataclasses import replace

from scorecards.definition import Scorecard
from scoring.evaluate import points_for, weigh
from scoring.result import Evaluation, Verdict

JUDGED_BY = "person"


def corrected(evaluation: Evaluation, scorecard: Scorecard, criterion: str, verdict: Verdict) -> Evaluation:
    """The evaluation with a person's verdict on one criterion, the totals worked out anew by the function that made them.

    The corrected result has the points that the scorecard gives this answer, counts as certain, keeps the machine's
    evidence beside it and is judged by `person`. Raises KeyError where the scorecard has no such criterion.
    """
    points = points_for(scorecard.criterion(criterion), verdict)
    answered = replace(evaluation.result(criterion), verdict=verdict, points=points, probability=1.0, judged_by=JUDGED_BY)
    results = tuple(answered if each.criterion == criterion else each for each in evaluation.results)
    weighed = weigh(results, scorecard)
    return replace(
        evaluation,
        results=results,
        sections=weighed.sections,
        total_before=weighed.total_before,
        total=weighed.total,
        passed=weighed.passed,
        failed_by=weighed.failed_by,
    )
