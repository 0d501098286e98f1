"""Is whatever somebody changed in the database found, and nothing else complained of?"""

import hashlib
import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import Engine, text

from errors import StorageError
from pipeline.score import judge
from pipeline.sides import swap_sides
from pipeline.verify import Verified, table, verify_call
from scorecards.definition import Criterion, Fails, Rule, Scorecard, Section
from scoring.result import Verdict
from scoring.verify import Part
from storage import queries, repository
from storage.access import SYSTEM, Asker, Role
from storage.database import reading, transaction
from storage.records import CallFacts, CallKind, ScoredCall
from storage.tables import Base
from tests.build import a_transcript, a_turn
from tests.storage.build import correct
from tests.storage.unguarded import unguarded
from transcripts.model import Transcript

CALL = "0123456789abcdef"


def a_card(version: int = 1) -> Scorecard:
    """Greets (says), calm (never says, fails all), kind (means: needs the embedding model), notes (by hand)."""
    means = {"examples": ["I am sorry that you had to wait."], "unlike": ["What is the number?"], "threshold": 0.4}
    criteria = (
        Criterion("greets", "Does the agent greet?", Rule("says.v1", {"phrases": ["good morning"]})),
        Criterion("calm", "No threats?", Rule("never_says.v1", {"phrases": ["regret this"]}), fails=Fails.SCORECARD),
        Criterion("kind", "Is the agent sorry?", Rule("means.v1", means)),
        Criterion("notes", "Do the notes agree?", Rule("by_hand.v1")),
    )
    return Scorecard("manners", version, f"Manners {version}", 70, (Section("all", "All", criteria),))


def a_call() -> Transcript:
    return a_transcript(
        a_turn("agent", "Good morning, this is the service desk.", 0, 3),
        a_turn("customer", "I have waited for a week and nobody rang.", 3.5, 7),
        a_turn("agent", "I am so sorry that you have been waiting. What is the number of the order?", 7.5, 12),
        call_id=CALL,
    )


@pytest.fixture
def stored(engine: Engine) -> Engine:
    """A database with one call, judged by two versions of a scorecard, with one correction by a person."""
    judged = judge(a_call(), [a_card(1), a_card(2)])
    facts = CallFacts(
        hashlib.sha256(b"one").hexdigest(),
        CallKind.TRANSCRIPT,
        "one.jsonl",
        datetime(2025, 3, 5, tzinfo=UTC),
        "Ana",
        "North",
    )
    with transaction(engine) as session:
        assert repository.store_scored_call(
            session, ScoredCall(facts, judged.transcript, judged.signals, judged.evaluations)
        )
    with reading(engine) as session:
        (held,) = repository.load_evaluations(session, CALL)
    correct(engine, SYSTEM, held.result_ids["notes"], Verdict.MET, "I read them.")
    return engine


def verified(engine: Engine, **options: bool) -> list[Verified]:
    with reading(engine) as session:
        return list(verify_call(session, SYSTEM, CALL, **options))


def parts(found: list[Verified]) -> set[Part]:
    return {difference.part for one in found for difference in one.differences}


def said(found: list[Verified]) -> str:
    return "\n".join(difference.says for one in found for difference in one.differences)


def tamper(engine: Engine, statement: str, **values: Any) -> None:
    """Change rows as somebody would who has the database at hand: without the triggers that forbid it."""
    with unguarded(engine, Base.metadata.tables), engine.begin() as connection:
        assert connection.execute(text(statement), values).rowcount


def test_what_was_stored_comes_out_again_to_the_letter_with_every_version_and_correction(stored: Engine) -> None:
    found = verified(stored, deep=True)
    assert [(one.scorecard, one.version, one.in_force) for one in found] == [
        (None, None, True),
        ("manners", 1, False),
        ("manners", 2, True),
    ]
    assert said(found) == ""
    assert all(one.agrees for one in found)
    assert table(found) == "1 calls with 2 evaluations checked, 0 differ."


def test_a_changed_verdict_is_found_with_its_criterion(stored: Engine) -> None:
    tamper(stored, "UPDATE results SET machine_verdict='not_met', machine_points=0 WHERE criterion='greets'")
    found = verified(stored)
    assert {Part.VERDICT} <= parts(found)
    assert "greets: “not met” is stored, “met” comes out." in said(found)
    assert not any(one.agrees for one in found if one.scorecard)


def test_a_verdict_changed_so_that_it_makes_no_sense_is_a_sentence_too(stored: Engine) -> None:
    tamper(stored, "UPDATE results SET machine_verdict='not_applicable' WHERE criterion='greets'")
    assert parts(verified(stored)) == {Part.UNREADABLE}
    tamper(stored, "UPDATE results SET machine_verdict='splendid' WHERE criterion='greets'")
    assert "splendid" in said(verified(stored))


def test_a_verdict_that_holds_without_a_correction_behind_it_is_found(stored: Engine) -> None:
    tamper(stored, "UPDATE results SET verdict='not_met', points=0 WHERE criterion='kind'")
    found = verified(stored)
    assert Part.CORRECTION in parts(found)
    assert "kind: the verdict that holds is not_met" in said(found)


def test_a_changed_quote_is_found_with_both_wordings(stored: Engine) -> None:
    tamper(stored, "UPDATE evidence SET quote='good evening' WHERE quote LIKE 'Good morning%'")
    found = verified(stored)
    assert parts(found) == {Part.EVIDENCE}
    assert "“good evening” in turn 1" in said(found)
    assert "“Good morning” in turn 1" in said(found)


def test_changed_words_of_the_transcript_are_found_by_its_hash_and_by_what_comes_out(stored: Engine) -> None:
    tamper(stored, "UPDATE turns SET text='Hello, this is the service desk.' WHERE position=0")
    found = verified(stored)
    assert {Part.TRANSCRIPT, Part.VERDICT} <= parts(found)
    assert "greets: “met” is stored, “not met” comes out." in said(found)
    assert all(Part.TRANSCRIPT in {d.part for d in one.differences} for one in found)


def test_changed_words_that_change_no_verdict_are_found_by_the_hash(stored: Engine) -> None:
    tamper(stored, "UPDATE turns SET text='I have waited for a day and nobody rang.' WHERE position=1")
    assert Part.TRANSCRIPT in parts(verified(stored))


def test_a_changed_total_is_found(stored: Engine) -> None:
    tamper(stored, "UPDATE evaluations SET machine_total=12.5")
    assert "The total: 12.5 is stored, 100.0 comes out." in said(verified(stored))


def test_a_changed_scorecard_is_found_by_its_hash(stored: Engine) -> None:
    definition = json.dumps({**a_card(2).to_dict(), "pass_mark": 10})
    tamper(stored, "UPDATE scorecard_versions SET definition=:new WHERE version=2", new=definition)
    (_, first, second) = verified(stored)
    assert first.agrees
    assert {difference.part for difference in second.differences} == {Part.SCORECARD}


def change_stamp(engine: Engine, change: Callable[[dict[str, Any]], None]) -> None:
    with engine.begin() as connection:
        for id_, stamp in connection.execute(text("SELECT id, stamp FROM evaluations")).all():
            made = json.loads(stamp) if isinstance(stamp, str) else dict(stamp)
            change(made)
            connection.execute(
                text("UPDATE evaluations SET stamp=:stamp WHERE id=:id"), {"stamp": json.dumps(made), "id": id_}
            )


def test_another_program_or_model_than_then_is_named(stored: Engine) -> None:
    def older(stamp: dict[str, Any]) -> None:
        stamp["program"] = "attune 0.0.9"
        stamp["models"] = dict.fromkeys(stamp["models"], "an older hash")

    change_stamp(stored, older)
    found = verified(stored)
    assert {Part.PROGRAM, Part.MODELS} == parts(found)
    assert "It was made by attune 0.0.9, and this is" in said(found)
    assert "cannot be recomputed to the letter" in said(found)


def test_changed_signals_are_found_when_they_are_measured_again(stored: Engine) -> None:
    tamper(stored, "UPDATE turns SET valence=0.9 WHERE position=1")
    assert parts(verified(stored, deep=True)) == {Part.SIGNALS}
    assert "The valence of turn 2" in said(verified(stored, deep=True))


def test_changed_embeddings_are_found_when_they_are_measured_again(stored: Engine) -> None:
    with stored.begin() as connection:
        kept = bytes(connection.execute(text("SELECT embeddings FROM signals")).scalar_one())
        connection.execute(text("UPDATE signals SET embeddings=:new"), {"new": kept[-1536:] + kept[1536:]})
    assert "embeddings differ" in said(verified(stored, deep=True))


def test_an_evaluation_put_out_of_force_is_found(stored: Engine) -> None:
    with stored.begin() as connection:
        connection.execute(text("UPDATE evaluations SET superseded = NOT superseded"))
    assert parts(verified(stored)) == {Part.STANDING}


def test_evaluations_from_before_the_sides_were_corrected_are_recomputed_from_the_transcript_of_then(stored: Engine) -> None:
    swap_sides(stored, SYSTEM, CALL, "It is the other way round.")
    found = verified(stored)
    assert said(found) == ""
    assert sorted((one.version, one.in_force) for one in found if one.scorecard) == [(1, False), (2, False), (2, True)]
    of_then = "superseded AND transcript_hash <> (SELECT hash FROM transcripts)"
    tamper(stored, f"UPDATE evaluations SET transcript_hash=:other WHERE {of_then}", other="0" * 64)
    assert "is not stored: it cannot be recomputed" in said(verified(stored))


def test_nobody_verifies_what_is_not_theirs_to_see(stored: Engine) -> None:
    stranger = Asker(7, Role.AGENT, agent_id=99)
    with reading(stored) as session:
        assert queries.kept_call(session, stranger, CALL) is None
        with pytest.raises(StorageError, match="not yours to see"):
            list(verify_call(session, stranger, CALL))
