"""What lies in the database of one call, whole, whoever has been at it since?

For checking: a row that no longer makes a sound value does not stop the reading, it is handed out as `Unreadable`.
"""

from collections.abc import Callable
from typing import TypeVar

from sqlalchemy import select
from sqlalchemy.orm import Session

from errors import AttuneError
from storage.access import Asker, blind_calls, visible_calls
from storage.records import KeptCall, KeptEvaluation, KeptTranscript, Unreadable
from storage.repository import load_evaluation, load_signals, load_transcript, transcript_before
from storage.tables import CallRow, EvaluationRow, ScorecardVersionRow, SideCorrectionRow, TranscriptRow

Value = TypeVar("Value")


def kept_call(session: Session, asker: Asker, call_id: str) -> KeptCall | None:
    """Everything that was ever made of one call; None where there is none, or none that the asker may see.

    There is none either while the asker is judging it blind: the machine's answers are in it.
    """
    found = session.execute(
        select(CallRow.id, CallRow.customer_valence, CallRow.customer_valence_end, TranscriptRow.hash)
        .join(TranscriptRow, TranscriptRow.call_id == CallRow.id)
        .where(CallRow.id == call_id, visible_calls(asker), CallRow.id.not_in(blind_calls(asker)))
    ).one_or_none()
    if found is None:
        return None
    corrections = session.execute(
        select(SideCorrectionRow.id, SideCorrectionRow.hash_before)
        .where(SideCorrectionRow.call_id == call_id)
        .order_by(SideCorrectionRow.id)
    ).all()
    evaluations = session.execute(
        select(
            EvaluationRow.id,
            EvaluationRow.superseded,
            EvaluationRow.transcript_hash,
            EvaluationRow.failed,
            EvaluationRow.unsure,
            ScorecardVersionRow.scorecard,
            ScorecardVersionRow.version,
            ScorecardVersionRow.hash,
        )
        .join(ScorecardVersionRow, EvaluationRow.scorecard_version_id == ScorecardVersionRow.id)
        .where(EvaluationRow.call_id == call_id)
        .order_by(ScorecardVersionRow.scorecard, ScorecardVersionRow.version, EvaluationRow.id)
    ).all()
    return KeptCall(
        call_id=call_id,
        kept=KeptTranscript(found.hash, _read(lambda: load_transcript(session, call_id))),
        signals=_read(lambda: load_signals(session, call_id)),
        earlier=tuple(
            KeptTranscript(row.hash_before, _read(lambda id_=row.id: transcript_before(session, id_)))  # type: ignore[misc]
            for row in corrections
        ),
        valences={"customer_valence": found.customer_valence, "customer_valence_end": found.customer_valence_end},
        evaluations=tuple(
            KeptEvaluation(
                id=row.id,
                scorecard=row.scorecard,
                version=row.version,
                in_force=not row.superseded,
                transcript_hash=row.transcript_hash,
                scorecard_hash=row.hash,
                failed=row.failed,
                unsure=row.unsure,
                stored=_read(lambda id_=row.id: load_evaluation(session, id_)),  # type: ignore[misc]
            )
            for row in evaluations
        ),
    )


def _read(load: Callable[[], Value]) -> Value | Unreadable:
    """What was loaded; where the rows make no such value, the reason."""
    try:
        return load()
    except (AttuneError, ValueError, TypeError, LookupError, AttributeError) as wrong:
        return Unreadable(f"What is stored makes no sense any more ({str(wrong) or type(wrong).__name__}).")
