"""What is a reviewer given to do, and how far are they with it?"""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum


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
    chosen by at least one rule. blind: to be judged before the machine's answer is in sight. due: to be done by the end of
    that day.
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
