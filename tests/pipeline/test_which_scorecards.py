"""A call that is taken in is judged by the scorecards that people said are for it, and by no retired one."""

import json
import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine

from errors import ScorecardError, SettingsError
from pipeline.arrivals import ingest_files
from pipeline.ingest import Outcome, State
from pipeline.listen import Listening
from pipeline.metadata import NOTHING_KNOWN, Metadata, read_metadata
from scorecards.scope import EVERYTHING, ONLY_NAMED, Channel, Scope
from settings import settings
from storage import scorecard_drafts as kept
from storage.access import SYSTEM
from storage.database import transaction


@pytest.fixture(autouse=True)
def _one_usual_scorecard(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ATTUNE_SCORECARDS", "empathy")
    settings.cache_clear()


@pytest.fixture
def chats(tmp_path: Path) -> Path:
    """A folder with three written conversations and the list that says whose they are."""
    folder = tmp_path / "chats"
    folder.mkdir()
    for name in ("one", "two", "three"):
        turns = [{"speaker": "agent", "text": f"Hello, this is chat {name}.", "start": 0, "end": 4}]
        (folder / f"{name}.json").write_text(
            json.dumps({"file": name, "duration_seconds": 4, "language": "en", "turns": turns})
        )
    (folder / "calls.csv").write_text(
        "file,team,queue,direction,scorecards\n"
        "one.json,Harbour,Billing,inbound,\n"
        "two.json,Meadow,Faults,outbound,\n"
        "three.json,Harbour,Faults,inbound,manners\n"
    )
    return folder


def activated(engine: Engine, scope: Scope, **changes: Any) -> str:
    """A scorecard that somebody made on the page and activated; its id."""
    question = {"id": "greets", "question": "Does the agent greet?", "kind": "says.v1", "with": {"phrases": ["hello"]}}
    section = {"id": "opening", "title": "Opening", "criteria": [question]}
    definition = {"id": "manners", "title": "Manners", "pass_mark": 70, "sections": [section], **changes}
    based_on = 1 if definition["id"] == "empathy" else None
    with transaction(engine) as session:
        draft = kept.new_draft(session, SYSTEM, definition, based_on)
        return kept.activate_draft(session, SYSTEM, draft.id, draft.edit, scope).id


def one_by_one(files: Iterable[Path], listed: Metadata = NOTHING_KNOWN) -> list[Outcome]:
    """Take in each file by itself, which is done in this process: one of its own would have to load the models."""
    listening = Listening.from_settings(settings())
    return [outcome for file in files for outcome in ingest_files([file], listed, listening)]


def take_in(folder: Path) -> dict[str, list[str]]:
    """By file, the scorecards that judged it."""
    listed = read_metadata(folder / "calls.csv") if (folder / "calls.csv").exists() else NOTHING_KNOWN
    outcomes = one_by_one((file for file in sorted(folder.iterdir()) if file.suffix != ".csv"), listed)
    assert {outcome.state for outcome in outcomes} == {State.SCORED}, [outcome.reason for outcome in outcomes]
    return {outcome.file.stem: [name for name, _ in outcome.totals] for outcome in outcomes}


@pytest.mark.parametrize(
    ("scope", "judged"),
    [
        (EVERYTHING, {"one", "two"}),
        (ONLY_NAMED, set()),
        (Scope(teams=("Harbour",)), {"one"}),
        (Scope(queues=("Faults",)), {"two"}),
        (Scope(directions=("outbound",)), {"two"}),
        (Scope(channels=(Channel.RECORDING,)), set()),
        (Scope(channels=(Channel.WRITTEN,), teams=("harbour",)), {"one"}),
    ],
)
def test_a_scorecard_judges_the_calls_that_it_is_for_beside_the_usual_ones(
    chats: Path, engine: Engine, scope: Scope, judged: set[str]
) -> None:
    activated(engine, scope)
    found = take_in(chats)
    # What the list of calls names counts alone, whatever the scorecard is for.
    assert found.pop("three") == ["manners"]
    assert found == {name: ["empathy", "manners"] if name in judged else ["empathy"] for name in ("one", "two")}


def test_a_recording_is_told_from_a_chat(inbox: Path, chats: Path, engine: Engine) -> None:
    shutil.copy(chats / "one.json", inbox / "one.json")
    activated(engine, Scope(channels=(Channel.RECORDING,)))
    assert take_in(inbox) == {"good": ["empathy", "manners"], "one": ["empathy"]}


def test_a_usual_scorecard_judges_only_what_somebody_said_it_is_for(chats: Path, engine: Engine) -> None:
    with transaction(engine) as session:
        kept.set_scope(session, SYSTEM, "empathy", Scope(queues=("Billing",)))
    activated(engine, ONLY_NAMED)
    assert take_in(chats) == {"one": ["empathy"], "two": [], "three": ["manners"]}


def test_a_version_that_was_activated_on_the_page_counts_instead_of_the_file(chats: Path, engine: Engine) -> None:
    activated(engine, ONLY_NAMED)
    take_in(chats)
    activated(engine, EVERYTHING, id="empathy", title="Our empathy")
    (outcome, *_) = ingest_files([chats / "one.json"], NOTHING_KNOWN, Listening.from_settings(settings()))
    assert (outcome.state, outcome.reason) == (State.SCORED, "heard before, now also judged by these")
    with transaction(engine) as session:
        newest, first = kept.versions(session, SYSTEM, "empathy")
    assert (newest.version, newest.title, newest.calls) == (2, "Our empathy", 1)
    assert (first.version, first.calls) == (1, 1)


def test_a_retired_scorecard_judges_nothing_and_cannot_be_named(chats: Path, engine: Engine) -> None:
    activated(engine, EVERYTHING)
    with transaction(engine) as session:
        kept.retire(session, SYSTEM, "manners")
    with pytest.raises(ScorecardError, match="manners: this scorecard is retired"):
        ingest_files([chats], NOTHING_KNOWN, Listening.from_settings(settings()), ["manners"])
    (chats / "three.json").unlink()
    assert take_in(chats) == {"one": ["empathy"], "two": ["empathy"]}


HEADING = "conversation,channel,speaker,sent_at,text\n"
CHAT = "1,chat,customer,2026-02-02T09:00:00Z,Where is it?\n1,chat,agent,2026-02-02T09:01:00Z,It comes today.\n"
POST = "2,social,customer,2026-02-02T09:00:00Z,Where is it?\n2,social,agent,2026-02-02T09:01:00Z,It comes today.\n"
LETTER = "3,,customer,2026-02-02T09:00:00Z,Where is it?\n3,,agent,2026-02-02T09:01:00Z,It comes today.\n"


def judged_by(folder: Path) -> list[list[str]]:
    """The scorecards of each conversation of these tables of messages."""
    outcomes = one_by_one(sorted(folder.iterdir()))
    assert {outcome.state for outcome in outcomes} == {State.SCORED}
    return sorted(sorted(name for name, _ in outcome.totals) for outcome in outcomes)


@pytest.fixture
def messages(tmp_path: Path) -> Path:
    """A chat, a post on a social page, and a conversation of which nothing says how it was held."""
    folder = tmp_path / "messages"
    folder.mkdir()
    for number, said in enumerate((CHAT, POST, LETTER)):
        (folder / f"{number}.csv").write_text(HEADING + said)
    return folder


def test_what_is_written_is_judged_by_the_scorecards_of_its_channel(messages: Path) -> None:
    assert judged_by(messages) == [["empathy"], ["empathy", "social_care"], ["empathy", "written_service"]]


def test_the_scorecards_of_a_channel_are_a_setting(messages: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ATTUNE_CHANNEL_SCORECARDS", "chat: listening")
    settings.cache_clear()
    assert judged_by(messages) == [["empathy"], ["empathy"], ["listening"]]


def test_a_channel_that_there_is_not_is_named_before_anything_is_taken_in(
    messages: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ATTUNE_CHANNEL_SCORECARDS", "telegraph: listening")
    settings.cache_clear()
    with pytest.raises(SettingsError, match="'telegraph: listening' is not CHANNEL: SCORECARD"):
        judged_by(messages)


def test_hours_that_cannot_be_read_are_named_before_anything_is_taken_in(
    messages: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ATTUNE_HOURS", "from nine to five")
    settings.cache_clear()
    with pytest.raises(SettingsError, match="ATTUNE_HOURS: 'from nine to five' is neither days with hours"):
        judged_by(messages)
