"""What does the desk ask for, and how does a review end? Nothing of it is remembered: two people may be at one call."""

from dashboard import data_queue
from dashboard.data import engine
from pipeline import desk
from reviews.queue import Assignment, State
from storage import review_queue
from storage.access import Asker
from storage.database import reading, transaction
from storage.desk import CoachingRequest, coaching_asked, coaching_done


def standing(asker: Asker, call_id: str) -> desk.Standing:
    """How a call stands for whoever asks."""
    return desk.standing(engine(), asker, call_id)


def begun(asker: Asker, call_id: str) -> Assignment | None:
    """The asker's own review of the call that is still to be done, begun by opening it; None where there is none."""
    found = data_queue.assignment_for(asker, call_id)
    return data_queue.start(asker, found.id) if found is not None and found.state is State.OPEN else found


def finish(asker: Asker, assignment: Assignment) -> None:
    """The asker is done with the call. Raises StorageError where a question of a blind review has no answer yet."""
    if assignment.blind:
        data_queue.finish_blind(asker, assignment.id)
    else:
        data_queue.finish(asker, assignment.id)


def next_call(asker: Asker) -> str | None:
    """The call that the asker is to review next; None where nothing waits."""
    with reading(engine()) as session:
        waiting = review_queue.assignments(session, asker, reviewer_id=asker.user_id, limit=1)
    return waiting[0].call_id if waiting else None


def coaching(asker: Asker) -> tuple[CoachingRequest, ...]:
    """The calls that reviewers put before the coach and nobody has seen to yet, the oldest first."""
    with reading(engine()) as session:
        return coaching_asked(session, asker)


def coached(asker: Asker, request_id: int) -> None:
    """Somebody has seen to what was asked for."""
    with transaction(engine()) as session:
        coaching_done(session, asker, request_id)
