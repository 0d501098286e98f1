"""What an administrator may rely on who says for how long what is kept."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event

import pytest
from sqlalchemy import Engine, select

from pipeline.originals import vcon_of
from pipeline.retain import BY_ITSELF, Keeper, due_now, retain
from settings import settings
from storage import keeping, repository
from storage.access import SYSTEM
from storage.audit_check import all_entries, check
from storage.database import reading, transaction
from storage.holds import Scope, set_hold
from storage.tables import CallRow
from tests.storage.build import a_scored_call
from tests.storage.contents import stored_bytes

NOW = datetime(2025, 6, 1, tzinfo=UTC)
SAID = "the harbour fee was never explained to me"


@pytest.fixture
def centre(engine: Engine, home: Path, monkeypatch: pytest.MonkeyPatch) -> Engine:
    """An old and a young call with their files, in a centre that keeps recordings for thirty days and words for ninety."""
    monkeypatch.setenv("ATTUNE_KEEP_AUDIO_DAYS", "30")
    monkeypatch.setenv("ATTUNE_KEEP_WORDS_DAYS", "90")
    settings.cache_clear()
    for name, days in (("old", 100), ("young", 3)):
        call = a_scored_call(name, "agent: Hello", f"customer: {SAID} {name}", started_at=NOW - timedelta(days=days))
        with transaction(engine) as session:
            repository.store_scored_call(session, call)
        stem = call.facts.content_hash
        for place in (f"recordings/{stem}.wav", f"playable/{stem}.wav", f"waveforms/{stem}.json"):
            (home / place).parent.mkdir(parents=True, exist_ok=True)
            (home / place).write_bytes(b"sound")
        with vcon_of(call.transcript.call_id).writing() as vcon:
            vcon.write_text("{}")
    return engine


def files(home: Path) -> int:
    return sum(1 for place in ("recordings", "playable", "waveforms", "vcons") for _ in (home / place).iterdir())


def test_a_dry_run_says_what_would_go_and_removes_nothing(centre: Engine, home: Path) -> None:
    assert {(str(one.kind), one.team, one.calls) for one in due_now(centre, SYSTEM, NOW)} == {
        ("audio", "North", 1),
        ("words", "North", 1),
    }
    assert files(home) == 8


def test_what_is_kept_long_enough_goes_with_its_files_and_no_byte_of_it_is_left(centre: Engine, home: Path) -> None:
    done = retain(centre, SYSTEM, NOW)
    assert {(str(one.kind), one.calls, one.files) for one in done.went} == {("audio", 1, 4), ("words", 1, 0)}
    assert files(home) == 4
    stored = stored_bytes(centre, home)
    assert f"{SAID} young".encode() in stored
    assert f"{SAID} old".encode() not in stored
    with reading(centre) as session:
        assert session.scalars(select(CallRow.recording).where(CallRow.file_name == "[removed]")).all() == [None]
        (report,) = keeping.list_reports(session, SYSTEM)
        assert report.id == done.report
        assert report.figures["removed"][0] == {"kind": "audio", "team": "North", "calls": 1, "files": 4, "bytes": 17}
        assert check(session).faults == ()
    assert retain(centre, SYSTEM, NOW).report is None


def test_a_held_call_keeps_everything(centre: Engine, home: Path) -> None:
    with transaction(centre) as session:
        set_hold(session, SYSTEM, Scope.AGENT, "Ana Ruiz", "a case")
    done = retain(centre, SYSTEM, NOW)
    assert done.went == ()
    assert {(str(one.kind), one.held) for one in done.held} == {("audio", 1), ("words", 1)}
    assert files(home) == 8


def test_until_told_nothing_is_removed(centre: Engine, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ATTUNE_KEEP_AUDIO_DAYS")
    monkeypatch.delenv("ATTUNE_KEEP_WORDS_DAYS")
    settings.cache_clear()
    assert retain(centre, SYSTEM, NOW).went == ()
    assert files(home) == 8


def test_a_recording_that_somebody_deleted_already_stops_nothing(centre: Engine, home: Path) -> None:
    for file in (home / "recordings").iterdir():
        file.unlink()
    assert {(str(one.kind), one.files) for one in retain(centre, SYSTEM, NOW).went} == {("audio", 3), ("words", 0)}


def test_what_attune_removes_by_itself_stands_in_the_record_under_its_own_name(centre: Engine) -> None:
    retain(centre, BY_ITSELF, NOW)
    with reading(centre) as session:
        assert {entry.role for entry in all_entries(session) if entry.what == "removed"} == {"program"}


def test_the_application_that_serves_removes_by_itself(centre: Engine, home: Path) -> None:
    keeper = Keeper(centre, first_seconds=0.0)
    keeper.start()
    for _ in range(200):
        with reading(centre) as session:
            if keeping.list_reports(session, SYSTEM):
                break
        keeper._over.wait(0.02)
    keeper.stop()
    assert files(home) == 0


def test_nothing_ends_the_removing_for_good_and_it_is_tried_again_soon(
    centre: Engine, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tries, through = list[int](), Event()

    def tidy(*anything: object) -> None:
        tries.append(1)
        if len(tries) < 3:
            raise OSError("input/output error")
        through.set()

    monkeypatch.setattr("pipeline.retain.tidy", tidy)
    monkeypatch.setattr("pipeline.retain.AGAIN_SECONDS", 0.01)
    keeper = Keeper(centre, first_seconds=0.0)
    keeper.start()
    assert through.wait(5)
    keeper.stop()
