"""What somebody may rely on who asked to be erased, or for all that is kept about them."""

import hashlib
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zipfile import ZipFile

import pytest
from sqlalchemy import Engine, select

from errors import InputError, NotAllowed, StorageError
from pipeline.erase import erase_customer, look_for
from pipeline.export_person import PersonKind, write_person
from pipeline.originals import vcon_of
from storage import erasure, keeping, learned_criteria, queries, repository, teaching
from storage.access import SYSTEM, Asker, Role
from storage.audit_check import all_entries
from storage.database import reading, transaction
from storage.holds import Scope, list_holds, release_hold, set_hold
from storage.learned_criteria_tables import LearnedCriterionRow
from storage.people import add_user
from storage.reason_tables import ReasonCorrectionRow, ReasonTreeRow, Source
from storage.repository import load_evaluations
from storage.tables import LearnedJudgeRow
from tests.storage.build import a_scored_call
from tests.storage.contents import stored_bytes

VERA = "Vera Lindqvist"
SAID = "the harbour fee was never explained to me"
WHEN = datetime(2025, 3, 5, tzinfo=UTC)
HERS = a_scored_call("hers", "agent: Hello", f"customer: {SAID}", customer=VERA, extra={"customer_id": "K-77"})
BY_NUMBER = a_scored_call("by number", "agent: Yes", "customer: It is me again", customer="", extra={"customer_id": "K-77"})
OTHERS = a_scored_call("another's", "agent: Hello", f"customer: I am a friend of {VERA}", customer="Otto Brandt")


@pytest.fixture
def centre(engine: Engine, home: Path) -> Engine:
    """Two calls of Vera's, with their files, and one of somebody who speaks of her."""
    with transaction(engine) as session:
        for call in (HERS, BY_NUMBER, OTHERS):
            repository.store_scored_call(session, call)
        add_user(
            session, "ana@example.org", "Ana Ruiz", Role.AGENT, "argon2 of hers", repository.add_agent(session, "Ana Ruiz")
        )
    for call in (HERS, BY_NUMBER, OTHERS):
        for place in (f"recordings/{call.facts.recording}", f"waveforms/{call.facts.content_hash}.json"):
            (home / place).parent.mkdir(parents=True, exist_ok=True)
            (home / place).write_bytes(f"sound of {call.facts.file_name}".encode())
    with vcon_of(HERS.transcript.call_id).writing() as vcon:
        vcon.write_text(json.dumps({"name": VERA}))
    return engine


def test_a_customer_is_erased_by_name_and_number_and_not_a_byte_is_left(centre: Engine, home: Path) -> None:
    with reading(centre) as session:
        (before,) = load_evaluations(session, HERS.transcript.call_id)
    assert SAID.encode() in stored_bytes(centre, home)
    by_number = erase_customer(centre, SYSTEM, "K-77")
    assert {call.id for call in by_number.calls} == {HERS.transcript.call_id, BY_NUMBER.transcript.call_id}
    assert sorted(one.sort for one in by_number.files) == ["recording", "recording", "vcon", "waveform", "waveform"]
    left = stored_bytes(centre, home)
    assert SAID.encode() not in left
    assert b"K-77" not in left
    assert b"sound of hers" not in left
    assert b"sound of another" in left
    with reading(centre) as session:
        assert queries.search_words(session, SYSTEM, "harbour").empty
        (after,) = load_evaluations(session, HERS.transcript.call_id)
        assert after.current.total == before.current.total
    assert erase_customer(centre, SYSTEM, "K-77").calls == ()


def test_the_report_shows_which_calls_they_were_by_hashes_and_where_the_name_still_stands(centre: Engine) -> None:
    dry = look_for(centre, SYSTEM, VERA)
    assert dry.named["calls.customer"] == 1
    done = erase_customer(centre, SYSTEM, VERA)
    assert dry.calls == done.calls
    assert dry.rows["turns"] == 2
    assert done.named == {"turns.text": 1, "turns.folded": 1, "calls.extra": 1}  # a friend's words; a call of her number
    with reading(centre) as session:
        (report,) = keeping.list_reports(session, SYSTEM)
        erased = [entry for entry in all_entries(session) if entry.what == "erased"]
    assert report.figures["calls"][0]["transcript_sha256"] == HERS.transcript.content_hash
    assert VERA not in json.dumps(dict(report.figures))
    assert hashlib.sha256(VERA.encode()).hexdigest() not in json.dumps(dict(report.figures))
    assert [entry.about_id for entry in erased] == [str(report.id)]


def test_a_dry_run_erases_nothing(centre: Engine, home: Path) -> None:
    before = stored_bytes(centre, home / "recordings")
    assert len(look_for(centre, SYSTEM, VERA).calls) == 1
    assert stored_bytes(centre, home / "recordings") == before
    with reading(centre) as session:
        assert not queries.search_words(session, SYSTEM, "harbour").empty


def test_where_words_would_be_left_no_file_goes_and_no_row_changes(
    centre: Engine, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(erasure, "count_words", lambda session, ids: {"a new table": 1})
    with pytest.raises(StorageError, match=r"Not everything could be erased .* nothing was changed"):
        erase_customer(centre, SYSTEM, VERA)
    assert b"sound of hers" in stored_bytes(centre, home)
    assert vcon_of(HERS.transcript.call_id).exists()
    with reading(centre) as session:
        assert not queries.search_words(session, SYSTEM, "harbour").empty


def test_a_legal_hold_refuses_with_a_sentence(centre: Engine, home: Path) -> None:
    with transaction(centre) as session:
        hold = set_hold(session, SYSTEM, Scope.CALL, HERS.transcript.call_id, "a case")
    with pytest.raises(StorageError, match="1 of their 1 calls are under a legal hold"):
        erase_customer(centre, SYSTEM, VERA)
    assert b"sound of hers" in stored_bytes(centre, home)
    with transaction(centre) as session:
        release_hold(session, SYSTEM, hold, "closed")
    assert len(erase_customer(centre, SYSTEM, VERA).calls) == 1


def test_erased_by_number_the_name_goes_from_released_holds_and_is_searched_for_too(centre: Engine) -> None:
    with transaction(centre) as session:
        release_hold(session, SYSTEM, set_hold(session, SYSTEM, Scope.CUSTOMER, VERA, "a case"), "closed")
    assert look_for(centre, SYSTEM, "K-77").named["legal_holds.customer"] == 1
    done = erase_customer(centre, SYSTEM, "K-77")
    assert done.named == {"turns.text": 1, "turns.folded": 1}
    with reading(centre) as session:
        (hold,) = list_holds(session, SYSTEM, released=True)
    assert VERA not in repr(hold)


def test_who_is_nobodys_name_erases_nothing(centre: Engine) -> None:
    assert erase_customer(centre, SYSTEM, "Nobody").report is None
    with pytest.raises(InputError, match="Name the customer"):
        erase_customer(centre, SYSTEM, " ")


@pytest.mark.parametrize("role", [Role.QUALITY_MANAGER, Role.REVIEWER, Role.COACH, Role.AGENT])
def test_only_administrators_erase_and_hand_out(centre: Engine, home: Path, role: Role) -> None:
    for do in (
        lambda: erase_customer(centre, Asker(1, role), VERA),
        lambda: look_for(centre, Asker(1, role), VERA),
        lambda: write_person(centre, Asker(1, role), PersonKind.AGENT, "Ana Ruiz", home / "a.zip"),
        lambda: write_person(centre, Asker(1, role), PersonKind.CUSTOMER, VERA, home / "a.zip"),
    ):
        with pytest.raises(NotAllowed):
            do()
    assert not (home / "a.zip").exists()


def test_all_about_a_customer_is_handed_out_and_nothing_of_others(centre: Engine, home: Path, tmp_path: Path) -> None:
    about = write_person(centre, SYSTEM, PersonKind.CUSTOMER, VERA, tmp_path / "vera.zip")
    assert (about["calls"], about["recordings"], about["rows"]["turns"]) == (1, 1, 2)
    with ZipFile(tmp_path / "vera.zip") as packed:
        everything = b"".join(map(packed.read, packed.namelist()))
        assert packed.read("sound/1.wav") == b"sound of hers.wav"
        assert SAID in packed.read("words/1.txt").decode()
    assert b"Otto Brandt" not in everything
    with reading(centre) as session:
        taken = [entry for entry in all_entries(session) if entry.what == "call_taken"]
        exported = [entry for entry in all_entries(session) if entry.what == "person_exported"]
    assert (taken[0].details["count"], len(exported)) == (1, 1)
    with pytest.raises(InputError, match="exists"):
        write_person(centre, SYSTEM, PersonKind.CUSTOMER, VERA, tmp_path / "vera.zip")


def test_all_about_an_agent_has_their_calls_and_sign_in_and_no_secret(centre: Engine, tmp_path: Path) -> None:
    about = write_person(centre, SYSTEM, PersonKind.AGENT, "Ana Ruiz", tmp_path / "ana.zip")
    assert (about["calls"], about["rows"]["users"], about["rows"]["agents"]) == (3, 1, 1)
    with ZipFile(tmp_path / "ana.zip") as packed:
        assert b"argon2 of hers" not in b"".join(map(packed.read, packed.namelist()))
    with pytest.raises(InputError, match="no agent"):
        write_person(centre, SYSTEM, PersonKind.AGENT, "Nobody", tmp_path / "b.zip")


def test_what_was_taught_from_their_calls_is_named_and_marked(centre: Engine, home: Path) -> None:
    labels = [[HERS.transcript.call_id, True, "Rosa Lind"], [OTHERS.transcript.call_id, False, "Rosa Lind"]]
    taught = {"hash": "h", "rule": {"kind": "learned.v1", "with": {}}, "labels_hash": "l", "figures": {}, "author": "Ada"}
    judge = {"hash": "j", "labels_hash": "l", "figures": {}, "data": b"numbers", "author": "Ada"}
    with transaction(centre) as session:
        session.add(LearnedCriterionRow(scorecard="care", criterion="greets", labels=labels, at=datetime.now(UTC), **taught))
        teaching.mark_turn(session, SYSTEM, HERS.transcript.call_id, 1, "empathy", True)
        session.add(LearnedJudgeRow(behaviour="empathy", at=datetime.now(UTC), **judge))
        session.add(LearnedJudgeRow(behaviour="apology", at=datetime.now(UTC), **{**judge, "hash": "k"}))
    named = [(one.what, one.in_force) for one in erase_customer(centre, SYSTEM, VERA).taught]
    assert named == [("empathy", False), ("care/greets", False)]
    with reading(centre) as session:
        assert {one.behaviour: one.removed for one in teaching.learned_versions(session, SYSTEM)} == {
            "empathy": 1,
            "apology": 0,
        }
        assert [one.removed for one in learned_criteria.learned_criteria(session, SYSTEM)] == [1]


def test_the_trees_of_reasons_that_were_taught_from_their_calls_are_named(centre: Engine, home: Path) -> None:
    first, later = WHEN, WHEN + timedelta(days=1)
    same = {"author": "Ada", "tree": {"groups": []}, "judge": b"numbers", "figures": {}}
    said = {"before": "", "source_before": Source.MACHINE, "author": "Rosa", "at": first}
    with transaction(centre) as session:
        for name, at, learned in (("a", first - timedelta(days=1), 3), ("b", later, 4), ("c", later, 0), ("d", later, 5)):
            row = ReasonTreeRow(hash=name, at=at, learned_from=learned, in_force=name == "d", **same)
            session.add(row)
            session.flush()
        session.add(ReasonCorrectionRow(call_id=HERS.transcript.call_id, reason="late", **said))
        session.flush()
        wanted = session.scalars(
            select(ReasonTreeRow.id).where(ReasonTreeRow.hash.in_(["b", "d"])).order_by(ReasonTreeRow.id)
        ).all()
    with reading(centre) as session:
        assert erasure.taught_from(session, SYSTEM, [OTHERS.transcript.call_id]) == ()
    named = [(one.id, one.what, one.in_force) for one in erase_customer(centre, SYSTEM, VERA).taught]
    assert named == [(f"r{wanted[0]}", "reasons", False), (f"r{wanted[1]}", "reasons", True)]
