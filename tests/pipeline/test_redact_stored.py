"""What an operator may rely on who switches redaction on after calls were stored."""

import shutil
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import Engine, select, update

from pipeline.ingest import keep_recording
from pipeline.redact_stored import CleanedCall, redact_stored
from pipeline.score import judge
from pipeline.verify import verify_call
from scorecards.load import find_scorecard, load_scorecard
from settings import settings
from storage import keeping, queries
from storage.access import SYSTEM
from storage.course_tables import CourseRow
from storage.database import reading, transaction
from storage.holds import Scope, set_hold
from storage.originals import read_original
from storage.records import CallFacts, CallKind, ScoredCall
from storage.repository import load_evaluations, load_signals, store_scored_call
from storage.tables import CallRow
from tests.transcripts.sound import CALL as SPEECH
from transcripts.audio import decode_channels
from transcripts.identify import file_hash
from transcripts.model import Sides, Speaker, Transcript, Turn, Word

SAID = ["Sure,", "my", "card", "number", "is", "4929", "1182", "3341", "2219."]
CALL_ID = "a-stored-call"
WHEN = datetime(2025, 3, 5, tzinfo=UTC)


@pytest.fixture
def stored(engine: Engine, home: Path) -> Engine:
    """A recorded call that was stored with a card number in it, said from second 3 to 5."""
    words = tuple(Word(text, 1.0 + 0.5 * place, 1.5 + 0.5 * place, 0.9) for place, text in enumerate(SAID))
    turns = (
        Turn(Speaker.AGENT, 0.0, 1.0, "Could I take your card number, please?"),
        Turn(Speaker.CUSTOMER, 1.0, 5.5, " ".join(SAID), words),
    )
    seconds = decode_channels(SPEECH)[0].size / 16_000
    transcript = Transcript(CALL_ID, turns, seconds, 2, sides=Sides.CHANNELS)
    judged = judge(transcript, [load_scorecard(find_scorecard("empathy"))])
    recording = keep_recording(SPEECH, file_hash(SPEECH))
    facts = CallFacts(file_hash(SPEECH), CallKind.RECORDING, "call.ogg", WHEN, recording=recording)
    with transaction(engine) as session:
        store_scored_call(session, ScoredCall(facts, transcript, judged.signals, judged.evaluations))
    return engine


def recordings(home: Path) -> list[Path]:
    return [path for path in (home / "recordings").rglob("*") if path.is_file()]


def test_words_sound_and_embeddings_lose_what_was_private_and_the_score_stays(stored: Engine, home: Path) -> None:
    with reading(stored) as session:
        (before,) = load_evaluations(session, CALL_ID)
    assert list(redact_stored(stored, SYSTEM)) == [CleanedCall(CALL_ID, {"card_number": 1}, 0, True, False)]
    with reading(stored) as session:
        details = queries.call_details(session, SYSTEM, CALL_ID)
        assert details is not None
        assert details.transcript.turns[1].text == "Sure, my card number is [card number]."
        assert "4929" not in repr(load_signals(session, CALL_ID).sentences)
        (after,) = load_evaluations(session, CALL_ID)
        assert after.current.total == before.current.total
        path = session.scalar(select(CallRow.recording))
        (call,) = verify_call(session, SYSTEM, CALL_ID)
        assert call.agrees
        assert [report.kind.value for report in keeping.list_reports(session, SYSTEM)] == ["redaction"]
    assert recordings(home) == [home / "recordings" / str(path)]
    sound = np.stack(decode_channels(home / "recordings" / str(path)))
    assert not sound[:, round(3.6 * 16_000) : round(5.4 * 16_000)].any()
    assert sound[:, : round(3.0 * 16_000)].any()
    # Four digits alone stand in any hash; these are the forms of a text and of a word.
    stored_bytes = b"".join(file.read_bytes() for file in home.iterdir() if file.is_file())
    assert b"4929 1182" not in stored_bytes
    assert b'"4929"' not in stored_bytes


def test_what_a_call_is_about_loses_what_was_private(stored: Engine) -> None:
    written = {"Topic": "Vera Lind 4929 1182 3341 2219 overdue debt", "customer_id": "7"}
    with transaction(stored) as session:
        session.execute(update(CallRow).values(extra=written))
        session.execute(update(CourseRow).values(reason=written["Topic"]))
    (cleaned,) = redact_stored(stored, SYSTEM)
    assert isinstance(cleaned, CleanedCall)
    assert cleaned.texts == 1
    with reading(stored) as session:
        assert "4929" not in repr([session.scalar(select(CallRow.extra)), session.scalar(select(CourseRow.reason))])
        assert "overdue debt" in session.scalars(select(CourseRow.reason)).one()
    assert list(redact_stored(stored, SYSTEM)) == []


def test_doing_it_again_changes_nothing_and_clears_what_one_who_was_killed_left(stored: Engine, home: Path) -> None:
    (before,) = recordings(home)
    shutil.copy(before, home / "left")
    list(redact_stored(stored, SYSTEM))
    now = recordings(home)
    shutil.copy(home / "left", before)
    assert list(redact_stored(stored, SYSTEM)) == []
    assert recordings(home) == now


def test_a_dry_run_and_a_legal_hold_change_nothing(stored: Engine, home: Path) -> None:
    before = [(path, path.read_bytes()) for path in recordings(home)]
    assert [one.removed for one in redact_stored(stored, SYSTEM, dry_run=True) if isinstance(one, CleanedCall)] == [
        {"card_number": 1}
    ]
    with transaction(stored) as session:
        set_hold(session, SYSTEM, Scope.CALL, CALL_ID, "a case")
    assert list(redact_stored(stored, SYSTEM)) == [CleanedCall(CALL_ID, {"card_number": 1}, 0, False, True)]
    assert [(path, path.read_bytes()) for path in recordings(home)] == before


def test_what_is_set_for_originals_holds_here_too(stored: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ATTUNE_ORIGINALS", "keep")
    monkeypatch.setenv("ATTUNE_ORIGINALS_KEY", "1a" * 32)
    monkeypatch.setenv("ATTUNE_ENCRYPTION_KEY", "2b" * 32)
    settings.cache_clear()
    list(redact_stored(stored, SYSTEM))
    with transaction(stored) as session:
        original = read_original(session, SYSTEM, CALL_ID, "a complaint")
    assert "4929" in original.transcript.turns[1].text
    assert original.sound == SPEECH.read_bytes()


def test_kinds_that_are_not_taken_out_stay(stored: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ATTUNE_PRIVATE", "email")
    settings.cache_clear()
    assert list(redact_stored(stored, SYSTEM)) == []
