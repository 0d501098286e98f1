"""A changed scorecard runs over the past: what changes is named with its calls, and what people said is never lost."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine, func, select, update
from sqlalchemy.orm import Session

from errors import NotAllowed, StorageError
from pipeline import rescore as running
from pipeline.rescore import rescore_history, what_if
from pipeline.score import judge
from pipeline.verify import verify_call
from scorecards.definition import Answers, Criterion, Fails, Rule, Scorecard, Section
from scoring.evaluate import evaluate
from scoring.result import Verdict
from storage import rescore
from storage.access import SYSTEM, Asker, Role
from storage.database import open_database, reading, transaction
from storage.records import CallFacts, CallKind, ScoredCall
from storage.repository import load_evaluations, load_transcript, save_scorecard_version, store_scored_call
from storage.rescore import Job, Kind, State
from storage.rescore_tables import RescoreJobRow, WhatIfCallRow
from storage.tables import EvaluationRow, OverrideRow
from tests.build import a_spoken_turn, a_transcript, a_turn
from tests.storage.build import correct

RITA = Asker(1, Role.REVIEWER, name="Rita Boyle")
QUINN = Asker(2, Role.QUALITY_MANAGER, name="Quinn Hale")


def a_card(version: int = 1, **changes: Criterion) -> Scorecard:
    criteria = {
        "greets": Criterion("greets", "Does the agent greet?", Rule("says.v1", {"phrases": ["good morning"]})),
        "calm": Criterion("calm", "No threats?", Rule("never_says.v1", {"phrases": ["regret this"]})),
        "notes": Criterion("notes", "Do the notes agree?", Rule("by_hand.v1")),
    } | changes
    return Scorecard("manners", version, "Manners", 70, (Section("all", "All", tuple(criteria.values())),))


def stricter(version: int = 2) -> Scorecard:
    """Another greeting is asked for, a threat fails the whole, and the notes weigh more."""
    card = a_card(version)
    return a_card(
        version,
        greets=replace(card.criterion("greets"), rule=Rule("says.v1", {"phrases": ["good morning to you"]})),
        calm=replace(card.criterion("calm"), fails=Fails.SCORECARD, answers=Answers(not_met=-1.0)),
        notes=replace(card.criterion("notes"), weight=2.0),
    )


@pytest.fixture
def stored(engine: Engine) -> Engine:
    """Four calls of two agents by version 1; Rita said of the first that its notes agree and that it does not greet."""
    said = {
        "one": ("Ana", "Good morning."),
        "two": ("Ana", "Good morning to you."),
        "three": ("Ben", "You will regret this."),
        "four": ("Ben", "Hello."),
    }
    for number, (name, (agent, words)) in enumerate(said.items()):
        turns = (a_turn("agent", words, 0, 3), a_turn("customer", "Hello, it is about my tap.", 3, 6))
        judged = judge(a_transcript(*turns, call_id=name), [a_card()])
        facts = CallFacts(
            f"{number}" * 64, CallKind.TRANSCRIPT, "x.jsonl", datetime(2025, 3, 1 + number, tzinfo=UTC), agent, "North"
        )
        with transaction(engine) as session:
            store_scored_call(session, ScoredCall(facts, judged.transcript, judged.signals, judged.evaluations))
    with reading(engine) as session:
        (first,) = load_evaluations(session, "one")
    correct(engine, RITA, first.result_ids["notes"], Verdict.MET, "I read them.")
    correct(engine, RITA, first.result_ids["greets"], Verdict.NOT_MET, "Too late.")
    return engine


def test_a_what_if_says_what_every_call_would_score_and_changes_nothing(stored: Engine) -> None:
    job = what_if(stored, QUINN, stricter())
    assert (job.state, job.done, job.total, job.failed, job.author) == (State.DONE, 4, 4, 0, "Quinn Hale")
    with reading(stored) as session:
        summary = rescore.summary(session, QUINN, job.id)
        changes = {(c.criterion, c.before, c.after): c.calls for c in rescore.answer_changes(session, QUINN, job.id)}
        (added,) = rescore.failures_changed(session, QUINN, job.id, "added")
        groups = {group.name: group for group in rescore.group_changes(session, QUINN, job.id, "agent")}
        evaluations = session.scalar(select(func.count()).select_from(EvaluationRow))
    # one: 50 -> notes met of weight 2 of 4, the greeting is another question now; two: 100 -> 100;
    # three: 0 -> 0, failed; four: 50 -> 50
    assert changes == {}
    assert (added.call_id, added.before, added.after) == ("three", 0.0, 0.0)
    assert summary.calls == summary.compared == 4
    assert (summary.failed_added, summary.failed_removed, summary.changed_calls) == (1, 0, 0)
    assert groups["Ana"].difference == pytest.approx((75 - 66.67) / 2, abs=0.01)
    assert groups["Ben"].difference == 0
    assert evaluations == 4


def test_every_answer_that_changes_leads_to_its_calls(stored: Engine) -> None:
    warmer = a_card(2, greets=replace(a_card().criterion("greets"), rule=Rule("says.v1", {"phrases": ["hello"]})))
    job = what_if(stored, QUINN, warmer)
    with reading(stored) as session:
        changes = rescore.answer_changes(session, QUINN, job.id)
        behind = rescore.calls_with_change(session, QUINN, job.id, "greets", Verdict.NOT_MET, Verdict.MET)
    assert [(c.criterion, c.before, c.after, c.calls) for c in changes] == [
        ("greets", Verdict.MET, Verdict.NOT_MET, 1),
        ("greets", Verdict.NOT_MET, Verdict.MET, 1),
    ]
    assert [(call.call_id, call.agent, call.before, call.after) for call in behind] == [("four", "Ben", 50.0, 100.0)]


def test_what_is_taken_over_is_what_comes_out_when_everything_is_judged(stored: Engine) -> None:
    """A draft whose every rule is new gives, call by call, the totals of one that takes over what it can."""
    heavier = a_card(2, calm=replace(a_card().criterion("calm"), weight=3.0, answers=Answers(1, 0.5, -1)))
    taken = what_if(stored, QUINN, heavier)
    with reading(stored) as session:
        after = {call.call_id: call for call in rescore_rows(session, taken.id)}
    for call_id, row in after.items():
        with reading(stored) as session:
            (transcript, signals) = rescore.load_measured(session, [call_id], embeddings=True)[call_id]
        if call_id != "one":  # there a person had the word
            assert row.after == evaluate(transcript, signals, heavier).total


def rescore_rows(session: Session, job_id: int) -> list[WhatIfCallRow]:
    return list(session.scalars(select(WhatIfCallRow).where(WhatIfCallRow.job_id == job_id)))


def test_the_words_of_a_stored_call_are_there_when_somebody_asks_for_them(stored: Engine) -> None:
    turns = (
        a_spoken_turn("agent", [("Good", 0.0, 0.4), ("morning.", 0.4, 1.0)]),
        a_spoken_turn("customer", [("Hello.", 2.0, 2.5)]),
    )
    judged = judge(a_transcript(*turns, call_id="spoken"), [a_card()])
    facts = CallFacts("9" * 64, CallKind.RECORDING, "x.wav", datetime(2025, 4, 1, tzinfo=UTC), "Ana", "North")
    with transaction(stored) as session:
        store_scored_call(session, ScoredCall(facts, judged.transcript, judged.signals, judged.evaluations))
    with reading(stored) as session:
        transcript, signals = rescore.load_measured(session, ["spoken"], embeddings=True)["spoken"]
        whole = load_transcript(session, "spoken")
    assert [turn.words for turn in transcript.turns] == [turn.words for turn in whole.turns]
    assert [turn.span for turn in transcript.turns] == [turn.span for turn in whole.turns]
    assert transcript.content_hash == whole.content_hash
    assert evaluate(transcript, signals, a_card()) == evaluate(judged.transcript, judged.signals, a_card())


def test_history_is_scored_beside_what_was_there_and_corrections_go_along_where_the_question_is_the_same(
    stored: Engine,
) -> None:
    with transaction(stored) as session:
        save_scorecard_version(session, stricter())
    job = rescore_history(stored, QUINN, stricter())
    assert (job.state, job.done, job.failed) == (State.DONE, 4, 0)
    with reading(stored) as session:
        (now,) = load_evaluations(session, "one")
        assert session.scalar(select(func.count()).select_from(EvaluationRow)) == 8
        assert session.scalar(select(func.count()).select_from(OverrideRow)) == 3
        differing = [d.says for verified in verify_call(session, SYSTEM, "one") for d in verified.differences]
    assert now.scorecard.version == 2
    (taken,) = now.overrides["notes"]
    assert (taken.author, taken.reason) == ("Rita Boyle", "Carried over from version 1: I read them.")
    assert "greets" not in now.overrides  # another greeting is asked for, so her word was about another question
    assert now.current.total == 75.0
    assert differing == []
    again = rescore_history(stored, QUINN, stricter())
    assert (again.state, again.total) == (State.DONE, 0)


def test_only_what_is_in_force_scores_the_past(stored: Engine) -> None:
    with pytest.raises(StorageError, match="version 2 is not in force"):
        rescore_history(stored, QUINN, stricter())


def test_only_quality_managers_and_administrators_run_a_scorecard_over_the_past(stored: Engine) -> None:
    with pytest.raises(NotAllowed):
        what_if(stored, RITA, stricter())
    job = what_if(stored, QUINN, stricter())
    with reading(stored) as session:
        for ask in (rescore.load_job, rescore.summary, rescore.answer_changes):
            with pytest.raises(NotAllowed):
                ask(session, RITA, job.id)


def a_waiting_job(engine: Engine) -> int:
    with transaction(engine) as session:
        return rescore.add_job(session, QUINN, Kind.WHAT_IF, stricter())


def the_job(engine: Engine, job_id: int) -> Job:
    with reading(engine) as session:
        return rescore.load_job(session, QUINN, job_id)


def test_a_job_stops_when_it_is_asked_to_and_keeps_what_it_has_done(stored: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    job_id = a_waiting_job(stored)
    monkeypatch.setattr(running, "AT_ONCE", 1)
    monkeypatch.setattr(running, "spread", one_after_another)

    def stop_at_two(done: int, total: int) -> None:
        if done == 1:
            with transaction(stored) as session:
                rescore.stop_job(session, QUINN, job_id)

    running.run(stored, job_id, say=stop_at_two)
    job = the_job(stored, job_id)
    assert (job.state, job.total) == (State.STOPPED, 4)
    assert 1 <= job.done < 4
    with reading(stored) as session:
        assert rescore.summary(session, QUINN, job_id).calls == job.done


def one_after_another(
    work: Callable[..., object],
    items: list[object],
    died: object,
    workers: int,
    stopped: Callable[[], bool],
    copies: bool,
) -> object:
    for item in items:
        if stopped():
            return
        yield item, work(item)


def test_a_job_of_a_process_that_died_shows_as_stopped_and_another_may_begin(stored: Engine) -> None:
    job_id = a_waiting_job(stored)
    with pytest.raises(StorageError, match="running over the past already"):
        a_waiting_job(stored)
    long_ago = datetime.now(UTC) - timedelta(minutes=5)
    with transaction(stored) as session:
        session.execute(update(RescoreJobRow).values(state=State.RUNNING.value, beat_at=long_ago))
    job = the_job(stored, job_id)
    assert job.state is State.STOPPED
    assert job.message.startswith("The process that was at work has ended.")
    assert a_waiting_job(stored) != job_id


def test_a_scorecard_whose_rules_cannot_be_used_fails_with_a_sentence(stored: Engine) -> None:
    broken = a_card(2, greets=Criterion("greets", "Greets?", Rule("sayz.v1")))
    job = what_if(stored, QUINN, broken)
    assert job.state is State.FAILED
    assert "did you mean 'says.v1'?" in job.message


def test_a_job_in_a_process_of_its_own_comes_to_its_end(stored: Engine) -> None:
    job_id = a_waiting_job(stored)
    address = stored.url.render_as_string(hide_password=False)
    open_database(address).dispose()
    assert running.main_of(address, job_id) == 0
    assert the_job(stored, job_id).state is State.DONE
