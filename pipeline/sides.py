"""What happens when a person says that somebody else was speaking?

The transcript is corrected, measured again and judged again by every scorecard that is in force for the call, before
the database is written to; then one transaction puts the new beside the old, or, where the call was changed meanwhile,
leaves everything as it is and says so.
"""

from collections.abc import Callable, Mapping

from sqlalchemy import Engine

from errors import StorageError
from pipeline.adopted import adopted_judges
from pipeline.score import judge
from reviews.sides import SideChange, decided, swapped
from storage import queries, repository
from storage.access import Asker
from storage.database import reading, transaction
from storage.records import NewTranscript, Rejudged
from storage.removal import words_are_gone
from transcripts.model import Speaker, Transcript


def swap_sides(engine: Engine, asker: Asker, call_id: str, reason: str) -> tuple[Rejudged, ...]:
    """Exchange agent and customer throughout a call and score it again; what became of each scorecard's total.

    Raises as `reassign_turns` does.
    """
    return _correct(engine, asker, call_id, SideChange.SWAP, swapped, reason)


def reassign_turn(
    engine: Engine, asker: Asker, call_id: str, turn: int, speaker: Speaker, reason: str
) -> tuple[Rejudged, ...]:
    """Give one turn, by its index, to a speaker and score the call again. Raises as `reassign_turns` does."""
    return reassign_turns(engine, asker, call_id, {turn: speaker}, reason)


def reassign_turns(
    engine: Engine, asker: Asker, call_id: str, speakers: Mapping[int, Speaker], reason: str
) -> tuple[Rejudged, ...]:
    """Give several turns, by index, to a speaker each and score the call again; what became of each scorecard's total.

    Raises NotAllowed where the asker may not correct, InputError where nothing would change, StorageError without a
    reason, where the call is not theirs to see and where it was changed meanwhile, ModelError where it cannot be measured.
    """
    return _correct(engine, asker, call_id, SideChange.TURNS, lambda before: decided(before, speakers), reason)


def _correct(
    engine: Engine, asker: Asker, call_id: str, kind: SideChange, change: Callable[[Transcript], Transcript], reason: str
) -> tuple[Rejudged, ...]:
    repository.check_correction_of_sides(asker, reason)  # before any work is done
    with reading(engine) as session:
        details = queries.call_details(session, asker, call_id)
        gone = words_are_gone(session, call_id)
    if details is None:
        raise StorageError(f"There is no call {call_id}.")
    if gone:
        raise StorageError("The words of this call were removed; who said them can no longer be corrected.")
    judged = judge(change(details.transcript), [stored.scorecard for stored in details.evaluations], adopted_judges(engine))
    new = NewTranscript(kind, details.transcript.content_hash, judged.transcript, judged.signals, judged.evaluations)
    with transaction(engine) as session:
        return repository.replace_transcript(session, asker, new, reason)
