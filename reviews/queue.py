"""What is a reviewer given to do, and how far are they with it?"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from scorecards.answers import Decided, Verdict
from scorecards.definition import Scorecard


class State(StrEnum):
    """How far somebody is with a call they were given."""

    OPEN = "open"
    IN_PROGRESS = "in_progress"
    DONE = "done"
    PASSED_ON = "passed_on"

    @property
    def waits(self) -> bool:
        """Whether something is still to be done."""
        return self in (State.OPEN, State.IN_PROGRESS)


@dataclass(frozen=True)
class Assignment:
    """A call that a reviewer was given.

    scorecards: what it is to be reviewed by, by id. why: a sentence with the chance it had. probability: that of being
    chosen by at least one rule. blind: to be judged before the machine's answer is in sight; until it is, `why` and
    `probability` are those of the random sample alone, as another rule's would tell what the machine found. due: to be
    done by the end of that day.
    """

    id: int
    call_id: str
    scorecards: tuple[str, ...]
    reviewer_id: int
    reviewer: str
    why: str
    probability: float
    blind: bool
    due: date
    state: State
    given_at: datetime
    opened_at: datetime | None
    finished_at: datetime | None


def still_to_answer(scorecard: Scorecard, given: Mapping[str, Decided]) -> tuple[str, ...]:
    """The criteria that have no answer yet and are asked, by the answers given to the others."""
    return tuple(
        criterion.id for _, criterion in scorecard if criterion.id not in given and is_asked(scorecard, criterion.id, given)
    )


def is_asked(scorecard: Scorecard, criterion_id: str, given: Mapping[str, Decided]) -> bool:
    """Whether the answers given to other questions make this one be asked; one that waits for another's answer is not."""
    asked_when = scorecard.criterion(criterion_id).asked_when
    if asked_when is None:
        return True
    if not is_asked(scorecard, asked_when.criterion, given):
        return asked_when.holds(Verdict.NOT_APPLICABLE, None)
    other = given.get(asked_when.criterion)
    return other is not None and asked_when.holds(other.verdict, other.answer)
