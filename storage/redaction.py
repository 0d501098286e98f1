"""How do private words leave a call that is stored already, wherever they stand?

The transcript and all that was measured of it are put in anew; quotes become what their turn says now, and what people
wrote about the call is read for private words by itself. Evaluations stay as they were judged, and stay in force: their
stamps keep the hash of the words that they were made from, by which it is seen that they cannot be worked out again.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import delete, insert, select, update
from sqlalchemy.orm import Session

from errors import NotAllowed, StorageError
from scoring.course import given_reason, without_private_reason
from scoring.signals.model import Signals
from storage import clock, course_sums, mapping
from storage.access import Asker, Right, may
from storage.alert_tables import AlertRow
from storage.audit import About, What, note
from storage.course_tables import CourseRow
from storage.courses import put_course
from storage.desk_tables import OverrideQuoteRow
from storage.holds import held
from storage.keeping_tables import RemovalRow
from storage.plan_tables import PlanClipRow
from storage.queue_tables import BlindQuoteRow
from storage.reason_words import retell_proposals
from storage.reasons import put_reason
from storage.removal import WORDS, change_searched, of_calls, table_of, with_words, words_may_go
from storage.tables import (
    Base,
    CallRow,
    EvaluationRow,
    EvidenceRow,
    SideCorrectionRow,
    SignalsRow,
    TeamRow,
    TranscriptRow,
    TurnMarkRow,
    TurnRow,
)
from transcripts.model import Transcript

_MADE_ANEW: tuple[type[Base], ...] = (CallRow, TurnRow, SignalsRow, CourseRow)
QUOTES: Mapping[type[Base], str] = {
    EvidenceRow: "quote",
    AlertRow: "quote",
    OverrideQuoteRow: "quote",
    BlindQuoteRow: "quote",
    PlanClipRow: "quote",
    TurnMarkRow: "text",
}
"""Where words of a turn stand, beside the turn's index."""


@dataclass(frozen=True)
class StoredCall:
    """A call to be read for private words: its team, where its recording lies, and whether it is under a legal hold."""

    id: str
    team: str
    recording: str | None
    content_hash: str
    held: bool


@dataclass(frozen=True)
class Reading:
    """How a text, and a whole conversation, read without private words."""

    text: Callable[[str], str]
    whole: Callable[[Transcript], Transcript]


@dataclass(frozen=True)
class CleanCall:
    """A call without its private words: what was said, what was measured of that, and where the silenced recording lies."""

    transcript: Transcript
    signals: Signals
    recording: str | None


def stored_calls(session: Session, asker: Asker) -> tuple[StoredCall, ...]:
    """Every call that has its words, the oldest first. Raises NotAllowed for others than administrators."""
    _check(asker)
    rows = session.execute(
        select(CallRow.id, TeamRow.name, CallRow.recording, CallRow.content_hash, held(session).label("held"))
        .outerjoin(TeamRow, TeamRow.id == CallRow.team_id)
        .where(with_words())
        .order_by(CallRow.started_at, CallRow.id)
    )
    return tuple(StoredCall(row.id, row.name or "", row.recording, row.content_hash, row.held) for row in rows)


def put_clean(session: Session, asker: Asker, hash_before: str, clean: CleanCall) -> None:
    """Put a call without its private words in the place of what is stored; it is in the record, with both hashes.

    Raises NotAllowed for others than administrators, StorageError where the call changed since it was read.
    """
    _check(asker)
    call_id, new_hash = clean.transcript.call_id, clean.transcript.content_hash
    of_call = TranscriptRow.call_id == call_id
    if session.scalar(select(TranscriptRow.hash).where(of_call).with_for_update()) != hash_before:
        raise StorageError(f"Call {call_id} was changed in the meantime; run it again.")
    turns = mapping.turn_values(clean.transcript, clean.signals)
    session.execute(delete(TurnRow).where(TurnRow.call_id == call_id))
    if turns:
        session.execute(insert(TurnRow), turns)
    session.execute(update(TranscriptRow).where(of_call).values(hash=new_hash))
    signals = mapping.signals_values(call_id, clean.signals)
    session.execute(update(SignalsRow).where(SignalsRow.call_id == call_id).values(**signals))
    kept = {"recording": clean.recording, **mapping.valence_values(clean.signals)}
    session.execute(update(CallRow).where(CallRow.id == call_id).values(**kept))
    put_course(session, call_id, clean.transcript, clean.signals)
    put_reason(session, call_id, clean.transcript, clean.signals)
    in_force = (EvaluationRow.call_id == call_id) & (EvaluationRow.transcript_hash == hash_before)
    session.execute(update(EvaluationRow).where(in_force).values(transcript_hash=new_hash))
    at = {"redacted_at": clock.now()}
    if session.get(RemovalRow, call_id) is None:
        session.execute(insert(RemovalRow).values(call_id=call_id, **at))
    else:
        session.execute(update(RemovalRow).where(RemovalRow.call_id == call_id).values(**at))
    note(session, asker, What.REDACTED, About.CALL, call_id, before=hash_before, after=new_hash)


def clean_texts(session: Session, asker: Asker, call_id: str, said: Transcript, reading: Reading) -> int:
    """Take private words out of quotes of a call, of what people wrote about it and of its earlier transcripts; in how many
    rows. `said` is the transcript in force, without them. Raises NotAllowed for others than administrators.
    """
    _check(asker)
    turns = [turn.text for turn in said.turns]

    def quoted(quote: str, turn: int | None) -> str:
        alone = reading.text(quote)
        if turn is None or turn >= len(turns) or (alone == quote and quote in turns[turn]):
            return alone
        return turns[turn]

    changed = 0
    with words_may_go(session):
        for row, columns in WORDS.items():
            if row in _MADE_ANEW:
                continue
            table = table_of(row)
            texts = [name for name, empty in columns.items() if isinstance(empty, str)]
            for found in session.execute(select(table).where(of_calls(row, [call_id]))).mappings().all():
                new: dict[str, Any] = {}
                for name in texts:
                    old = found[name]
                    is_quote = QUOTES.get(row) == name
                    read = quoted(old, found["turn"]) if is_quote and old else reading.text(old)
                    if read != old:
                        new[name] = read
                if row is SideCorrectionRow and found["before"]:
                    before = Transcript.from_dict(found["before"])
                    if (read_again := reading.whole(before)) != before:
                        new["before"] = read_again.to_dict()
                if new:
                    this = [column == found[column.name] for column in table.primary_key.columns]
                    session.execute(update(table).where(*this).values(**new))
                    changed += 1
        changed += change_searched(session, [call_id], quoted)
    return changed + retell_proposals(session, [call_id]) + _clean_reason(session, call_id, reading)


def _clean_reason(session: Session, call_id: str, reading: Reading) -> int:
    """Take private words out of what was given as the reason of a call; 1 where there were any."""
    call = session.get_one(CallRow, call_id)
    clean = without_private_reason(call.extra, reading.text)
    if clean == call.extra:
        return 0
    call.extra = clean
    session.execute(update(CourseRow).where(CourseRow.call_id == call_id).values(reason=given_reason(clean)))
    session.flush()
    course_sums.forget_given(session, [call_id])
    course_sums.changed(session, CallRow.id == call_id)
    return 1


def _check(asker: Asker) -> None:
    if not may(asker, Right.ADMINISTER):
        raise NotAllowed("Administrators have private words taken out of stored calls; ask one of them.")
