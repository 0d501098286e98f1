"""What a contact centre may rely on when it hands over a folder of calls."""

import base64
import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import Engine, func, select

from errors import ScorecardError
from pipeline.arrivals import ingest_files
from pipeline.ingest import Job, Outcome, State, _facts, _filled, conversation_hash, keep_recording, table
from pipeline.listen import Listening
from pipeline.metadata import NOTHING_KNOWN, Listed, read_metadata
from settings import settings
from storage import queries
from storage.access import SYSTEM
from storage.database import open_database, reading
from storage.records import CallFilter
from storage.tables import CallRow, EvaluationRow
from tests.build import a_transcript, a_turn
from transcripts.formats import Conversation
from transcripts.identify import file_hash

ROOT = Path(__file__).parents[2]
SPEECH = ROOT / "tests" / "transcripts" / "audio"
CARDS = ("empathy", "listening")


def ingest(*paths: Path, metadata: Path | None = None, cards: tuple[str, ...] = CARDS) -> list[Outcome]:
    listed = read_metadata(metadata) if metadata else NOTHING_KNOWN
    return ingest_files(paths, listed, Listening.from_settings(settings()), cards)


def states(outcomes: list[Outcome]) -> dict[str, State]:
    return {outcome.file.name: outcome.state for outcome in outcomes}


def stored(engine: Engine) -> tuple[int, int]:
    """How many calls and how many evaluations there are."""
    with reading(engine) as session:
        calls, evaluations = (session.scalar(select(func.count()).select_from(rows)) for rows in (CallRow, EvaluationRow))
    return calls or 0, evaluations or 0


def write_conversation(path: Path, *lines: str) -> None:
    turns = [
        {"speaker": speaker, "text": text, "start": 5.0 * n, "end": 5.0 * n + 4}
        for n, (speaker, _, text) in enumerate(line.partition(": ") for line in lines)
    ]
    path.write_text(json.dumps({"file": path.name, "duration_seconds": 5.0 * len(turns), "language": "en", "turns": turns}))


@dataclass(frozen=True)
class TakenIn:
    """What became of the recording, and a copy of the home that holds it."""

    outcomes: list[Outcome]
    home: Path


@pytest.fixture(scope="module")
def heard_once(tmp_path_factory: pytest.TempPathFactory) -> TakenIn:
    """A home that took in the recording with the list of calls: to hear it takes seconds."""
    folder = tmp_path_factory.mktemp("heard")
    shutil.copy(SPEECH / "call.ogg", folder / "good.ogg")
    (folder / "calls.csv").write_text(
        "file,agent,team,customer,started_at,direction,queue,case\n"
        "good.ogg,Mina Okafor,Billing,C-9,2026-03-31T14:05+00:00,inbound,bills,77\n"
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ATTUNE_HOME", str(folder / "home"))
        settings.cache_clear()
        outcomes = ingest(folder / "good.ogg", metadata=folder / "calls.csv")
    settings.cache_clear()
    return TakenIn(outcomes, folder / "home")


@pytest.fixture
def heard(heard_once: TakenIn, home: Path) -> Iterator[Engine]:
    """The database of a home of its own in which the recording was taken in."""
    shutil.copytree(heard_once.home, home)
    opened = open_database(settings().url)
    yield opened
    opened.dispose()


def test_a_recording_becomes_a_stored_call_with_its_sound_its_words_and_its_scores(
    inbox: Path, heard_once: TakenIn, heard: Engine
) -> None:
    (outcome,) = heard_once.outcomes
    assert outcome.state is State.SCORED
    assert [name for name, _ in outcome.totals] == list(CARDS)
    with reading(heard) as session:
        (call,) = queries.calls(session, SYSTEM, CallFilter()).to_dict("records")
        assert [call[c] for c in ("agent", "team", "customer", "queue")] == ["Mina Okafor", "Billing", "C-9", "bills"]
        details = queries.call_details(session, SYSTEM, str(call["call_id"]))
        kept = queries.recording_path(session, SYSTEM, str(call["call_id"]))
    assert details is not None
    assert details.facts.extra == {"case": "77"}
    assert {turn.speaker for turn in details.transcript.turns} == {"agent", "customer"}
    assert all(turn.words for turn in details.transcript.turns)
    assert kept is not None
    assert (settings().home / "recordings" / kept).read_bytes() == (inbox / "good.ogg").read_bytes()


def test_taking_in_the_same_again_does_nothing(inbox: Path, heard: Engine) -> None:
    before = stored(heard)
    shutil.copy(inbox / "good.ogg", inbox / "copy under another name.ogg")
    assert states(ingest(inbox)) == {"good.ogg": State.SKIPPED, "copy under another name.ogg": State.SKIPPED}
    assert stored(heard) == before == (1, len(CARDS))


def test_the_same_content_twice_in_one_folder_is_one_call(inbox: Path, engine: Engine) -> None:
    for name in ("good.ogg", "twice.ogg"):
        shutil.copy(SPEECH / "names.ogg", inbox / name)
    assert sorted(states(ingest(inbox)).values()) == [State.SCORED, State.SKIPPED]
    assert stored(engine)[0] == 1


def test_bad_files_get_a_sentence_each_and_stop_nothing(inbox: Path, engine: Engine) -> None:
    shutil.copy(SPEECH / "names.ogg", inbox / "good.ogg")
    (inbox / "text.wav").write_text("Dear colleagues, the recording is attached.")
    (inbox / "empty.mp3").write_bytes(b"")
    (inbox / "torn.jsonl").write_text('{"file": "x", "turns": [')
    (inbox / "cut.ogg").write_bytes((inbox / "good.ogg").read_bytes()[:300])
    outcomes = ingest(inbox, inbox / "missing.wav")
    failed = {o.file.name: o.reason for o in outcomes if o.state is State.FAILED}
    assert set(failed) == {"text.wav", "empty.mp3", "torn.jsonl", "cut.ogg", "missing.wav"}
    for name, reason in failed.items():
        assert name in reason
        assert "\n" not in reason
        assert "Traceback" not in reason
    assert states(outcomes)["good.ogg"] is State.SCORED
    assert stored(engine)[0] == 1


def test_a_call_heard_before_gets_the_evaluations_that_it_lacks_without_being_heard_again(
    inbox: Path, heard: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Listening, "to", lambda *_: pytest.fail("the recording was heard again"))
    (outcome,) = ingest(inbox, cards=("empathy", "compliance"))
    assert [name for name, _ in outcome.totals] == ["compliance"]
    assert stored(heard) == (1, 3)


def test_the_list_of_calls_names_the_scorecards_of_a_call(inbox: Path, engine: Engine) -> None:
    (inbox / "good.ogg").unlink()
    write_conversation(inbox / "one.json", "agent: Good morning, this is Mina.", "customer: Hello.")
    (inbox / "calls.csv").write_text("file,scorecards\none.json,collections\n")
    (outcome,) = ingest(inbox, metadata=inbox / "calls.csv", cards=())
    assert [name for name, _ in outcome.totals] == ["collections"]


def test_an_unknown_scorecard_is_said_before_anything_is_heard(inbox: Path, engine: Engine) -> None:
    with pytest.raises(ScorecardError, match="empathy"):
        ingest(inbox, cards=("empaty",))
    assert stored(engine) == (0, 0)


def test_a_recording_inside_a_vcon_is_heard_with_the_agent_where_the_vcon_says(
    inbox: Path, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ATTUNE_AGENT_CHANNEL", "1")
    monkeypatch.setenv("ATTUNE_CHANNELS", "trust")
    settings.cache_clear()
    sound = (inbox / "good.ogg").read_bytes()
    (inbox / "good.ogg").unlink()
    vcon = {
        "vcon": "0.3.0",
        "uuid": "018f3a52-7f3c-8b1e-9d55-3a1c0de0aa01",
        "created_at": "2026-03-31T14:05:00Z",
        "parties": [{"name": "Mina Okafor", "role": "agent"}, {"name": "Casey Brook", "role": "customer"}],
        "dialog": [
            {
                "type": "recording",
                "start": "2026-03-31T14:05:00Z",
                "parties": [0, 1],
                "mediatype": "audio/ogg",
                "filename": "../../call.ogg",
                "encoding": "base64url",
                "body": base64.urlsafe_b64encode(sound).decode().rstrip("="),
            }
        ],
    }
    (inbox / "call.vcon").write_text(json.dumps(vcon))
    (outcome,) = ingest(inbox)
    assert outcome.state is State.SCORED, outcome.reason
    with reading(engine) as session:
        (call,) = queries.calls(session, SYSTEM, CallFilter()).to_dict("records")
        details = queries.call_details(session, SYSTEM, str(call["call_id"]))
        kept = queries.recording_path(session, SYSTEM, str(call["call_id"]))
    assert details is not None
    assert kept is not None
    assert details.facts.started_at == datetime(2026, 3, 31, 14, 5, tzinfo=UTC)
    assert (details.facts.agent, details.facts.customer) == ("Mina Okafor", "Casey Brook")
    assert "thank you for calling" in next(t.text for t in details.transcript.turns if t.speaker == "agent").lower()
    assert (settings().home / "recordings" / kept).read_bytes() == sound
    assert [path.name for path in settings().home.glob("unpacked-*")] == []
    assert states(ingest(inbox)) == {"call.vcon": State.SKIPPED}


def test_the_agents_name_from_the_list_of_calls_goes_with_the_recording_to_be_heard(inbox: Path) -> None:
    job = Job(inbox / "good.ogg", "0" * 64, Listed(agent="Mina Okafor"), ())
    assert job.work.agent_name == "Mina Okafor"


def test_a_chat_begins_when_its_file_says_and_the_list_of_calls_knows_better(inbox: Path, engine: Engine) -> None:
    (inbox / "good.ogg").unlink()
    (inbox / "chats.jsonl").write_text(
        '{"conversation": "a", "speaker": "customer", "sent_at": "2026-03-30T10:00:00Z", "text": "My order is late."}\n'
        '{"conversation": "a", "speaker": "agent", "sent_at": "2026-03-30T10:02:00Z", "text": "Let me look at that."}\n'
    )
    ingest(inbox)
    with reading(engine) as session:
        (call,) = queries.calls(session, SYSTEM, CallFilter()).to_dict("records")
    assert call["started_at"] == datetime(2026, 3, 30, 10, tzinfo=UTC)
    assert call["kind"] == "transcript"


@pytest.mark.parametrize(
    ("listed", "kept"),
    [
        ({}, {"reason": "Parcel missing", "transfers": "1"}),
        ({"Topic": "Parcels", "transferred_to": "depot"}, {"Topic": "Parcels", "transferred_to": "depot"}),
        ({"topic": ""}, {"topic": "", "reason": "Parcel missing", "transfers": "1"}),
    ],
)
def test_what_a_call_is_about_is_what_the_list_says_and_else_what_its_file_says(
    listed: dict[str, str], kept: dict[str, str]
) -> None:
    said = Conversation(a_transcript(a_turn("agent", "Hello.", 0, 1)), reason="Parcel missing", transfers=1)
    assert _filled(Listed(extra=listed), said).extra == kept


def test_private_words_are_taken_out_of_what_a_call_is_about(inbox: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    written = "My card number is 4929 1182 3341 2219, overdue"
    job = Job(inbox / "good.ogg", "0" * 64, Listed(extra={"Topic": written, "customer_id": "4929118233412219"}), ())
    assert _facts(job).extra == {"Topic": "My card number is [card number], overdue", "customer_id": "4929118233412219"}
    monkeypatch.setenv("ATTUNE_PRIVATE", "none")
    settings.cache_clear()
    assert _facts(job).extra["Topic"] == written


def test_two_conversations_with_the_same_words_are_two_where_their_ids_differ() -> None:
    turn = a_turn("agent", "Hello")
    one, two = (a_transcript(turn, call_id=name) for name in ("one", "two"))
    assert conversation_hash(one) != conversation_hash(two)
    assert conversation_hash(one) == conversation_hash(a_transcript(turn, call_id="one"))


def test_no_name_of_a_file_becomes_a_path(inbox: Path, home: Path) -> None:
    odd = inbox / "call.o|g"
    odd.write_bytes(b"sound")
    digest = file_hash(odd)
    assert keep_recording(odd, digest) == f"{digest[:2]}/{digest}"


def test_the_table_names_every_file_and_counts_what_became_of_them() -> None:
    text = table(
        [
            Outcome(Path("a.wav"), State.SCORED, totals=(("empathy", 81.6), ("listening", None))),
            Outcome(Path("b.wav"), State.SKIPPED, "scored before"),
            Outcome(Path("c.wav"), State.FAILED, "c.wav: there is no sound in it."),
        ]
    )
    assert "empathy 82, listening not scored" in text
    assert text.endswith("1 scored, 1 skipped, 1 failed.")
    assert all(name in text for name in ("a.wav", "b.wav", "c.wav"))


def test_a_long_table_shows_the_failures_alone() -> None:
    many = [Outcome(Path(f"{n}.wav"), State.SCORED) for n in range(100)]
    text = table([*many, Outcome(Path("bad.wav"), State.FAILED, "bad.wav: empty.")])
    assert "bad.wav" in text
    assert "99.wav" not in text
    assert text.endswith("100 scored, 0 skipped, 1 failed.")


def test_taking_calls_in_loads_nothing_that_takes_seconds_and_that_only_pages_need() -> None:
    loaded = subprocess.run(
        [sys.executable, "-c", "import sys, pipeline.ingest; print(*sys.modules)"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    ).stdout.split()
    assert "pipeline.ingest" in loaded
    assert {"pandas", "scipy", "sklearn", "torch", "streamlit"}.isdisjoint(loaded)
