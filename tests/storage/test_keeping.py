"""What a security officer may rely on: what is removed is gone everywhere, what is held stays, and the record says so."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import JSON, Engine, LargeBinary, Text, select, update
from sqlalchemy.orm import Session

import storage.database  # noqa: F401 - whoever opens the database knows all of its tables
from errors import InputError, NotAllowed, StorageError
from scoring.result import Verdict
from settings import settings
from storage import desk, holds, inbox, keeping, queries, repository, teaching
from storage.access import SYSTEM, Asker, Role
from storage.audit import What
from storage.audit_check import all_entries
from storage.database import reading, transaction
from storage.holds import Scope
from storage.keeping import ReportKind, Rule
from storage.keeping_tables import WordsDoorRow
from storage.people import add_user
from storage.removal import SCORES, WORDS, Kept, remove_scores, remove_words, table_of, words_may_go
from storage.repository import load_evaluations, load_transcript
from storage.sealed_words import is_sealed
from storage.tables import Base, OverrideRow, TurnRow
from tests.storage.build import a_scored_call

NOW = datetime(2025, 6, 1, tzinfo=UTC)
OLD = {"started_at": NOW - timedelta(days=100)}
SECRET = "four one double one"
CALL = a_scored_call("old", "agent: Hello", f"customer: My card is {SECRET}", customer="Vera Lind", **OLD)  # type: ignore[arg-type]
CALL_ID = CALL.transcript.call_id
YOUNG = a_scored_call("young", started_at=NOW - timedelta(days=3))
WORDS_90 = (Rule(Kept.WORDS, "", 90),)

SAYS_NOTHING = {
    "calls": {"id", "content_hash", "direction", "queue", "recording"},
    "transcripts": {"call_id", "hash", "language", "engine", "sounds", "hours"},
    "turns": {"call_id"},
    "signals": {"call_id", "measures", "silences", "interruptions", "behaviours", "models"},
    "courses": {"call_id", "reason"},  # which goes where it may be one customer's (`storage.reason_words`)
    "harms": {"call_id", "behaviour"},
    "evaluations": {"call_id", "transcript_hash", "machine_failed_by", "machine_sections", "failed_by", "sections", "stamp"},
    "results": {
        "section", "criterion", "machine_judged_by", "judged_by", "machine_answer", "machine_if_asked", "answer", "if_asked",
        "searched",
    },
    "evidence": {"why"},
    "overrides": {"author", "answer_before", "answer"},
    "blind_answers": {"author", "answer"},
    "calibration_answers": {"call_id", "criterion", "answer"},
    "calibration_calls": {"call_id"},
    "acknowledgements": {"author"},
    "disputes": {
        "call_id", "scorecard", "criterion", "raised_by", "answer", "answered_by", "settled_by", "answer_after",
        "answer_words", "answer_after_words",
    },
    "dispute_steps": {"author", "to"},
    "side_corrections": {"call_id", "author", "turns", "totals", "hash_before", "hash_after"},
    "turn_marks": {"call_id", "behaviour", "author"},
    "comments": {"call_id", "author"},
    "clips": {"call_id", "about", "author"},
    "coaching_requests": {"call_id", "author", "done_by"},
    "presence": {"call_id"},
    "plan_clips": {"about", "kind", "call_id", "author"},
    "assignments": {"call_id", "why", "passed_by"},
    "assignment_cards": {"scorecard"},
    "review_chances": {"rule_key", "call_id", "cards", "given", "why"},
    "call_tallies": {"call_id", "versions", "packed", "totals"},
    "course_counts": {"call_id", "queue", "figures", "versions", "totals"},
    "course_changes": {"call_id"},
    "what_if_calls": {"call_id", "failed_before", "failed_after"},
    "what_if_answers": {"call_id", "criterion", "before", "after", "answer_before", "answer_after"},
    "draft_marks": {"criterion", "call_id", "author"},
    "removals": {"call_id"},
    "alerts": {"rule", "call_id", "why", "taken_by", "closed_by"},
    "alert_steps": {"author"},
    "alert_mails": {"address", "answered"},
    "call_reasons": {"call_id", "reason", "machine_reason", "candidates", "matter"},
    "reason_history": {"call_id", "reason", "machine_reason"},
    "reason_corrections": {"call_id", "reason", "before", "author"},
    "reason_examples": {"call_id", "reason"},
    "threads": {"call_id", "digest", "mark_of"},  # hashes: by them alone a removed one is not taken in again
    "customer_calls": {"call_id"},
    "promise_marks": {"call_id", "author"},
    "cause_evidence": {"call_id", "author"},
    "case_calls": {"call_id"},
    "satisfaction": {"call_id"},
}  # fmt: skip
"""Columns that hold what programs and people at work are named, what was answered, and numbers."""


MADE_OF_CALLS = {
    "cases": {"identities"},  # keyed hashes; the case goes with its customer's last call
    "reason_proposals": {"reason", "decided_by"},  # name and terms go with the words (`storage.reason_words`)
    "reason_trees": {"author", "hash", "figures"},  # what a person wrote, and numbers
    "causes": {"reason", "owner", "department", "author"},  # what a person wrote of many calls; no call's words are copied
}
"""Of tables that rows of calls point to and that have words sealed: the columns that are not, which say nothing."""


def hanging_on_calls() -> set[str]:
    """The tables whose rows belong to a call, by their keys."""
    found = {"calls"}
    while more := {
        table.name
        for table in Base.metadata.sorted_tables
        if table.name not in found and any(key.column.table.name in found for key in table.foreign_keys)
    }:
        found |= more
    return found


def test_every_column_of_a_call_that_can_hold_words_is_emptied_or_says_nothing() -> None:
    emptied = {table_of(row).name: set(empty) for row, empty in WORDS.items()}
    for name in hanging_on_calls():
        table = Base.metadata.tables[name]
        # Words of a closed list (who spoke, a verdict) are no words that somebody said.
        texts = {
            c.name for c in table.columns if type(c.type) in (Text, JSON, LargeBinary) or is_sealed(c) or "hash" in c.name
        }
        known = emptied.get(name, set()) | SAYS_NOTHING.get(name, set())
        assert texts <= known, (name, texts - known)


def test_what_is_made_of_several_calls_and_has_words_is_known_too() -> None:
    hanging = hanging_on_calls()
    pointed = {key.column.table.name for name in hanging for key in Base.metadata.tables[name].foreign_keys} - hanging
    sealed = {name for name in pointed if any(is_sealed(c) for c in Base.metadata.tables[name].columns)}
    assert sealed == set(MADE_OF_CALLS)
    for name, known in MADE_OF_CALLS.items():
        columns = Base.metadata.tables[name].columns
        texts = {c.name for c in columns if not is_sealed(c) and (type(c.type) in (Text, JSON) or "hash" in c.name)}
        assert texts <= known, (name, texts - known)


IN_THE_CLEAR = {
    "inbox": {
        "source",
        "idempotency_key",
        "spooled",
    },  # a token or a place; a hash or what a program counts by; a random name
    "inbox_calls": {"call_id"},
    "inbox_workers": {"name"},  # of a machine and a process
    "legal_holds": {"target", "author", "released_by"},
}


@pytest.mark.parametrize("name", IN_THE_CLEAR)
def test_every_column_of_what_came_in_or_is_held_is_encrypted_or_says_nothing(name: str) -> None:
    columns = Base.metadata.tables[name].columns
    texts = {c.name for c in columns if type(c.type) in (Text, JSON, LargeBinary) and not is_sealed(c)}
    assert texts == IN_THE_CLEAR[name]


def test_why_a_file_failed_goes_with_the_words_of_what_it_became(engine: Engine) -> None:
    with transaction(engine) as session:
        store(session)
        inbox.arrive(session, "a place", [inbox.Found("a key", "Vera Lind.csv", "a place/Vera Lind.csv", {})])
        worker = inbox.begin_work(session, "a worker")
        (one,) = inbox.take(session, worker, 1)
        inbox.failed(session, one.id, worker, "Vera Lind.csv line 2: no file is named.", for_good=True, calls=[CALL_ID])
        remove_words(session, [CALL_ID])
        assert "Vera Lind" not in everything(session)


def test_every_row_that_hangs_on_a_score_goes_with_it() -> None:
    going = {table_of(row).name for row in SCORES}
    hanging = {
        table.name
        for table in Base.metadata.sorted_tables
        if any(key.column.table.name in {"evaluations", "results", "overrides", "disputes"} for key in table.foreign_keys)
    }
    assert hanging <= going


def store(session: Session) -> Asker:
    """One old call about which people said something, a young one, and the reviewer who did."""
    assert repository.store_scored_call(session, CALL)
    assert repository.store_scored_call(session, YOUNG)
    rosa = Asker(add_user(session, "rosa@example.org", "Rosa", Role.REVIEWER, "hash"), Role.REVIEWER, name="Rosa")
    (stored,) = load_evaluations(session, CALL_ID)
    repository.add_override(session, rosa, stored.result_ids["thanks"], Verdict.NOT_MET, f"She said {SECRET}.")
    desk.comment(session, rosa, "browser-1", CALL_ID, f"Ask why she said {SECRET}", turn=1)
    teaching.mark_turn(session, rosa, CALL_ID, 1, "empathy", True)
    return rosa


def everything(session: Session) -> str:
    """Every value of every row, as text."""
    return repr([tuple(row) for table in Base.metadata.sorted_tables for row in session.execute(select(table))])


def test_words_that_are_removed_stand_nowhere_in_the_database_and_the_score_stays(engine: Engine) -> None:
    with transaction(engine) as session:
        store(session)
    with reading(engine) as session:
        assert SECRET in everything(session)
        (before,) = load_evaluations(session, CALL_ID)
    with transaction(engine) as session:
        remove_words(session, [CALL_ID])
    with reading(engine) as session:
        left = everything(session)
        assert SECRET not in left
        assert "Vera Lind" not in left
        (after,) = load_evaluations(session, CALL_ID)
        assert after.current.total == before.current.total
        assert [turn.start for turn in load_transcript(session, CALL_ID).turns] == [0.0, 2.0]
        assert queries.search_words(session, SYSTEM, "card").empty
        assert queries.search_words(session, SYSTEM, "removed").empty
        assert queries.given_labels(session, SYSTEM) == ()
        assert session.scalars(select(TurnRow.text).where(TurnRow.call_id == YOUNG.transcript.call_id)).all() != []


def test_nothing_new_can_be_judged_by_words_that_are_gone(engine: Engine) -> None:
    with transaction(engine) as session:
        store(session)
        remove_words(session, [CALL_ID])
        assert repository.call_ids(session, with_words=True) == [YOUNG.transcript.call_id]
        assert {one.call_id for one in queries.given_answers(session, SYSTEM)} == set()


def test_a_correction_is_still_never_rewritten(engine: Engine) -> None:
    with transaction(engine) as session:
        store(session)
    with pytest.raises(StorageError, match="a correction is never rewritten"), transaction(engine) as session:
        session.execute(update(OverrideRow).values(reason="something else"))
    again = pytest.raises(StorageError, match="a correction is never rewritten")
    with again, transaction(engine) as session, words_may_go(session):
        session.execute(update(OverrideRow).values(after=Verdict.MET))
    with reading(engine) as session:
        assert session.scalar(select(WordsDoorRow.id)) is None


def test_scores_go_with_everything_that_hangs_on_them_and_the_call_stays(engine: Engine) -> None:
    with transaction(engine) as session:
        store(session)
        remove_scores(session, [CALL_ID])
    with reading(engine) as session:
        assert load_evaluations(session, CALL_ID) == []
        assert len(load_evaluations(session, YOUNG.transcript.call_id)) == 1
        assert queries.call_details(session, SYSTEM, CALL_ID) is not None


def test_only_what_is_older_than_its_rule_is_due_and_a_team_may_have_its_own(engine: Engine) -> None:
    with transaction(engine) as session:
        store(session)
        due = keeping.what_is_due(session, SYSTEM, WORDS_90, NOW)
        assert [(one.kind, one.team, one.calls, one.held) for one in due] == [(Kept.WORDS, "North", 1, 0)]
        longer = (*WORDS_90, Rule(Kept.WORDS, "North", 200))
        assert keeping.what_is_due(session, SYSTEM, longer, NOW) == ()
        until_told = (*WORDS_90, Rule(Kept.WORDS, "North", 0))
        assert keeping.what_is_due(session, SYSTEM, until_told, NOW) == ()
        assert keeping.what_is_due(session, SYSTEM, (), NOW) == ()


@pytest.mark.parametrize(("scope", "target"), [("call", CALL_ID), ("agent", "Ana Ruiz"), ("customer", "Vera Lind")])
def test_a_held_call_is_passed_over_until_it_is_released(engine: Engine, scope: str, target: str) -> None:
    with transaction(engine) as session:
        store(session)
        hold = holds.set_hold(session, SYSTEM, Scope(scope), target, "court case 4711")
        (due,) = keeping.what_is_due(session, SYSTEM, WORDS_90, NOW)
        assert (due.calls, due.held) == (0, 1)
        assert keeping.next_due(session, SYSTEM, WORDS_90, Kept.WORDS, NOW) == ()
        (one,) = holds.list_holds(session, SYSTEM)
        assert (one.target, one.reason) == (target, "court case 4711")
        holds.release_hold(session, SYSTEM, hold, "the case is closed")
        assert [one[0] for one in keeping.next_due(session, SYSTEM, WORDS_90, Kept.WORDS, NOW)] == [CALL_ID]
        assert holds.list_holds(session, SYSTEM) == ()
        assert holds.list_holds(session, SYSTEM, released=True)[0].release_reason == "the case is closed"


def test_a_hold_needs_a_reason_and_something_to_hold(engine: Engine) -> None:
    with transaction(engine) as session:
        store(session)
        with pytest.raises(InputError, match="reason"):
            holds.set_hold(session, SYSTEM, Scope.CALL, CALL_ID, " ")
        with pytest.raises(InputError, match="no call nowhere"):
            holds.set_hold(session, SYSTEM, Scope.CALL, "nowhere", "a case")
        with pytest.raises(InputError, match="no agent"):
            holds.set_hold(session, SYSTEM, Scope.AGENT, "Nobody", "a case")
        with pytest.raises(InputError, match="no hold"):
            holds.release_hold(session, SYSTEM, 999, "a case")


@pytest.mark.parametrize("role", [Role.QUALITY_MANAGER, Role.REVIEWER, Role.COACH, Role.AGENT])
def test_what_is_kept_how_long_is_for_administrators(engine: Engine, role: Role) -> None:
    asker = Asker(1, role)
    with reading(engine) as session:
        for ask in (
            lambda: keeping.what_is_due(session, asker, WORDS_90, NOW),
            lambda: keeping.next_due(session, asker, WORDS_90, Kept.WORDS, NOW),
            lambda: keeping.remove(session, asker, Kept.WORDS, [CALL_ID]),
            lambda: keeping.save_report(session, asker, ReportKind.RETENTION, What.REMOVED, {}),
            lambda: keeping.list_reports(session, asker),
        ):
            with pytest.raises(NotAllowed):
                ask()


def test_what_was_removed_is_in_the_record_and_in_a_report(engine: Engine) -> None:
    with transaction(engine) as session:
        store(session)
    with transaction(engine) as session:
        keeping.remove(session, SYSTEM, Kept.SCORES, [CALL_ID])
        keeping.save_report(session, SYSTEM, ReportKind.RETENTION, What.REMOVED, {"removed": 1})
    with reading(engine) as session:
        removed = [entry for entry in all_entries(session) if entry.what == What.REMOVED.value]
        assert [(entry.details.get("kind"), entry.details.get("count")) for entry in removed] == [
            ("scores", 1),
            ("retention", None),
        ]
        (report,) = keeping.list_reports(session, SYSTEM)
        assert report.figures == {"removed": 1}


def test_days_by_team_are_read_from_the_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ATTUNE_KEEP_WORDS_DAYS", "365")
    monkeypatch.setenv("ATTUNE_KEEP_DAYS_BY_TEAM", "Payments: audio 30, words 60; Chat: words 0")
    settings.cache_clear()
    assert keeping.rules() == (
        Rule(Kept.WORDS, "", 365),
        Rule(Kept.AUDIO, "Payments", 30),
        Rule(Kept.WORDS, "Payments", 60),
        Rule(Kept.WORDS, "Chat", 0),
    )
    settings.cache_clear()
