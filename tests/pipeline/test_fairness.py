"""Does an audit catch an unfair criterion, and does the judging really never learn who the agent is?"""

import inspect
from pathlib import Path
from typing import Any

import pytest

import pipeline.score
from pipeline.arrivals import ingest_files
from pipeline.fairness import Audited, audit, table
from pipeline.ingest import State
from pipeline.listen import Listening
from pipeline.metadata import read_metadata
from scorecards.definition import Scorecard
from scoring.behaviours.corpus import Said
from scoring.behaviours.turns import Heard
from scoring.evaluate import evaluate
from scoring.fairness import Exchange
from scoring.result import Evaluation
from scoring.signals import measure
from scoring.signals.model import Signals
from settings import settings
from storage import repository
from storage.database import open_database, reading
from transcripts.model import Transcript

AGENT, TEAM = "Zebulon Quirk", "Night Owls"
CALL = """WEBVTT

00:00.000 --> 00:04.000
<v Agent>Good morning, you are speaking with Sarah. How can I help?

00:04.500 --> 00:09.000
<v Customer>Hello Sarah, my husband sent a parcel and it never came.

00:09.500 --> 00:14.000
<v Agent>I am sorry that you had to wait for it. I will ring you on Friday.
"""


def a_scorecard(folder: Path, pattern: str) -> str:
    file = folder / "card.yaml"
    file.write_text(
        "id: card\nversion: 1\ntitle: Card\npass_mark: 80\nsections:\n  - id: all\n    title: All\n    criteria:\n"
        "      - id: asked\n        question: Was it said?\n        weight: 1\n        kind: says.v1\n"
        f"        with: {{speaker: anyone, patterns: ['{pattern}']}}\n"
    )
    return str(file)


def audited(folder: Path, pattern: str) -> Audited:
    call = folder / "call.vtt"
    call.write_text(CALL)
    return audit([call], [a_scorecard(folder, pattern)], Listening.from_settings(settings()))


def test_a_criterion_that_names_a_person_is_caught_with_the_sentence(home: Path, tmp_path: Path) -> None:
    found = audited(tmp_path, "Sarah")
    assert not found.holds
    assert found.to_dict()["holds"] is False
    assert found.found.exchanges[Exchange.NAMES].flips == 1
    assert found.found.exchanges[Exchange.PRONOUNS].flips == 0
    assert "speaking with Sarah" in table(found)
    assert list(found.found.criteria) == ["card.asked"]


def test_a_criterion_that_asks_for_a_husband_is_caught(home: Path, tmp_path: Path) -> None:
    assert audited(tmp_path, "husband").found.exchanges[Exchange.PRONOUNS].flips == 1


def test_a_criterion_about_what_was_done_holds(home: Path, tmp_path: Path) -> None:
    found = audited(tmp_path, "ring you on Friday")
    assert found.holds
    assert found.found.overall.verdicts >= 3


def test_a_file_that_cannot_be_used_is_named_and_the_audit_does_not_hold(home: Path, tmp_path: Path) -> None:
    found = audit([tmp_path / "nothing.vtt"], [a_scorecard(tmp_path, "x")], Listening.from_settings(settings()))
    assert not found.holds
    assert "nothing.vtt" in table(found)


def taken_in(home: Path, folder: Path, monkeypatch: pytest.MonkeyPatch, history: int) -> Evaluation:
    """The evaluation of the call in a home of its own, after so many bad calls by the same agent."""
    monkeypatch.setenv("ATTUNE_HOME", str(home))
    settings.cache_clear()
    folder.mkdir()
    (folder / "metadata.csv").write_text(
        "file,agent,team\n" + "".join(f"{name}.vtt,{AGENT},{TEAM}\n" for name in ["call", *map(str, range(history))])
        if history
        else "file,agent,team\ncall.vtt,Ana Ruiz,North\n"
    )
    listed = read_metadata(folder / "metadata.csv")
    listening = Listening.from_settings(settings())
    for number in range(history):
        bad = folder / f"{number}.vtt"
        bad.write_text(f"WEBVTT\n\n00:00.000 --> 00:04.000\n<v Agent>What now? You are number {number}.\n")
        assert [one.state for one in ingest_files([bad], listed, listening, ["empathy"])] == [State.SCORED]
    call = folder / "call.vtt"
    call.write_text(CALL)
    assert [one.state for one in ingest_files([call], listed, listening, ["empathy"])] == [State.SCORED]
    engine = open_database(settings().url)
    with reading(engine) as session:
        stored = repository.call_ids(session)
        (id_,) = (one for one in stored if "Friday" in str(repository.load_transcript(session, one)))
        (evaluation,) = repository.load_evaluations(session, id_)
    engine.dispose()
    settings.cache_clear()
    assert len(stored) == history + 1
    return evaluation.machine


def test_the_judging_gets_the_words_and_the_scorecard_and_nothing_about_the_agent(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[tuple[Any, ...]] = []

    def watched(function: Any) -> Any:
        def watching(*values: Any, **named: Any) -> Any:
            seen.append((*values, *named.values()))
            return function(*values, **named)

        return watching

    monkeypatch.setattr(pipeline.score, "measure", watched(measure))
    monkeypatch.setattr(pipeline.score, "evaluate", watched(evaluate))
    taken_in(tmp_path / "home", tmp_path / "inbox", monkeypatch, history=1)
    # The tuple holds the judges that the centre has taught and adopted, none here.
    kinds = {tuple(type(value) for value in values) for values in seen}
    assert kinds == {(Transcript, tuple), (Transcript, Signals, Scorecard)}
    for values in seen:
        assert not any(word in repr(values) for word in (*AGENT.split(), TEAM))
    assert list(inspect.signature(evaluate).parameters) == ["transcript", "signals", "scorecard"]
    assert set(Heard.__dataclass_fields__) == {"said", "before"}
    assert set(Said.__dataclass_fields__) == {"speaker", "text"}


def test_the_same_words_have_the_same_evaluation_whoever_said_them_and_however_they_did_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_a_bad_history = taken_in(tmp_path / "one", tmp_path / "inbox one", monkeypatch, history=1)
    unknown = taken_in(tmp_path / "two", tmp_path / "inbox two", monkeypatch, history=0)
    assert with_a_bad_history == unknown
