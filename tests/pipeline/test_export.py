"""What leaves the program for other programs, and for whom."""

import json
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine

from errors import StorageError
from pipeline.arrivals import ingest_files
from pipeline.export import Form, export_call
from pipeline.ingest import State
from pipeline.listen import Listening
from pipeline.metadata import NOTHING_KNOWN
from pipeline.originals import keep_original
from settings import settings
from storage.access import SYSTEM, Asker, Role
from storage.database import reading
from storage.repository import call_ids
from tests.transcripts.formats.reading import EXAMPLES, data_of
from transcripts.formats import read_transcripts


def taken_in(engine: Engine, *files: Path) -> str:
    """The id of the one call in these files."""
    outcomes = ingest_files(files, NOTHING_KNOWN, Listening.from_settings(settings()), ("empathy",))
    assert {outcome.state for outcome in outcomes} == {State.SCORED}, outcomes
    with reading(engine) as session:
        (call,) = call_ids(session)
    return call


def written(engine: Engine, call: str, form: Form = Form.VCON, asker: Asker = SYSTEM) -> str:
    with reading(engine) as session:
        return export_call(session, asker, call, form).text


def test_a_call_that_came_in_a_vcon_goes_back_into_it_with_transcript_and_scorecard(engine: Engine) -> None:
    original = data_of("vcon_deepgram.json")
    call = taken_in(engine, EXAMPLES / "vcon_deepgram.json")
    vcon: dict[str, Any] = json.loads(written(engine, call))
    before = len(original["analysis"])
    assert vcon["analysis"][:before] == original["analysis"]
    assert [part["type"] for part in vcon["analysis"][before:]] == ["transcript", "scorecard"]
    assert json.loads(vcon["analysis"][-1]["body"])["title"]
    assert {**vcon, "analysis": None, "updated_at": None} == {**original, "analysis": None, "updated_at": None}


def test_any_other_call_gets_a_vcon_of_its_own_that_is_read_back_equal(engine: Engine, tmp_path: Path) -> None:
    call = taken_in(engine, EXAMPLES / "genesys.json")
    path = tmp_path / "out.vcon.json"
    path.write_text(written(engine, call))
    (again,) = read_transcripts(path)
    (before,) = read_transcripts(EXAMPLES / "genesys.json")
    assert again == before


def test_a_call_is_written_as_lines_subtitles_and_text(engine: Engine) -> None:
    call = taken_in(engine, EXAMPLES / "genesys.json")
    assert json.loads(written(engine, call, Form.JSONL))["call_id"] == call
    assert written(engine, call, Form.VTT).startswith("WEBVTT")
    assert "agent: good morning larkspur energy" in written(engine, call, Form.TEXT)


def test_nobody_is_given_a_call_that_is_not_theirs_nor_a_vcon_that_may_hold_more_than_it(engine: Engine) -> None:
    call = taken_in(engine, EXAMPLES / "vcon_deepgram.json")
    with reading(engine) as session:
        agent = session.connection().exec_driver_sql("SELECT agent_id FROM calls").scalar_one()
    stranger, own = Asker(1, Role.AGENT, agent_id=agent + 1), Asker(2, Role.AGENT, agent_id=agent)
    for form in Form:
        with pytest.raises(StorageError, match="no call"):
            written(engine, call, form, stranger)
    assert json.loads(written(engine, call, asker=own))["uuid"] != data_of("vcon_deepgram.json")["uuid"]


def test_a_call_that_came_from_no_file_has_no_vcon_to_keep(tmp_path: Path) -> None:
    assert keep_original(tmp_path / "a written sample.jsonl", "a-call") is False
