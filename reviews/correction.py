"""What does an evaluation say once a person has answered one of its questions?"""

from dataclasses import replace

from scorecards.answers import Answer
from scorecards.definition import Scorecard
from scoring.asked import with_asked
from scoring.evaluate import weigh
from scoring.result import Evaluation, Verdict

JUDGED_BY = "person"


def corrected(
    evaluation: Evaluation,
    scorecard: Scorecard,
    criterion: str,
    verdict: Verdict | None = None,
    answer: Answer | None = None,
) -> Evaluation:
    """The evaluation with a person's answer to one criterion, the totals worked out anew by the function that made them.

    Either a verdict is given or an answer of the criterion; a verdict that counts is the answer that stands for it. The
    corrected result has the points that the scorecard gives this answer, counts as certain, keeps the machine's evidence
    beside it and is judged by `person`. Questions that are asked only on this one's answer open or close by it; where this
    one is not asked itself, the answer is kept until it is. Raises KeyError where the scorecard has no such criterion,
    InputError where the answer is none of the criterion's.
    """
    decided = scorecard.criterion(criterion).decide(verdict, answer)
    own = evaluation.result(criterion).own
    answered = replace(
        own,
        verdict=decided.verdict,
        points=decided.points,
        answer=decided.answer,
        probability=1.0,
        judged_by=JUDGED_BY,
    )
    results = with_asked([answered if each.criterion == criterion else each for each in evaluation.results], scorecard)
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
