"""Is a call stored once, judged once per version, and corrected without losing what the machine said?"""

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine, delete, func, select, text

from errors import NotAllowed, StorageError
from scoring.result import Verdict
from storage import queries
from storage.access import SYSTEM, Asker, Role
from storage.database import open_database, reading, transaction
from storage.queries import CallFilter, StoredEvaluation
from storage.records import ScoredCall
from storage.repository import (
    active_scorecards,
    add_evaluation,
    add_override,
    add_user,
    call_ids,
    knows_call,
    load_evaluations,
    load_signals,
    load_transcript,
    save_scorecard_version,
    store_scored_call,
)
from storage.tables import Base, EvaluationRow, OverrideRow, ScorecardVersionRow
from tests.storage.build import a_scorecard, a_scored_call, an_evaluation


def _store(engine: Engine, *calls: ScoredCall) -> list[bool]:
    with transaction(engine) as session:
        return [store_scored_call(session, call) for call in calls]


def _only(engine: Engine, call: ScoredCall) -> StoredEvaluation:
    with reading(engine) as session:
        (stored,) = load_evaluations(session, call.transcript.call_id)
    return stored


def _counts(engine: Engine) -> dict[str, int]:
    with reading(engine) as session:
        tables = [table for table in Base.metadata.sorted_tables if table.name != "audit_head"]
        return {table.name: session.scalars(select(func.count()).select_from(table)).one() for table in tables}


# Storing


def test_a_call_that_is_stored_again_changes_nothing(engine: Engine) -> None:
    call = a_scored_call("one")
    assert _store(engine, call) == [True]
    before = _counts(engine)
    assert before["calls"] == 1
    assert before["results"] == 4
    assert _store(engine, call) == [False]
    assert _counts(engine) == before
    with reading(engine) as session:
        assert knows_call(session, call.facts.content_hash)
        assert not knows_call(session, "0" * 64)
        assert call_ids(session) == [call.transcript.call_id]


def test_two_writers_with_the_same_call_store_it_once(new_database: Callable[[], str]) -> None:
    url, start, answers = new_database(), threading.Barrier(2), []
    cards = tuple(a_scorecard(name) for name in ("care", "rules", "calm"))
    calls = [a_scored_call(str(number), scorecards=cards) for number in range(8)]

    def write() -> None:
        engine = open_database(url)
        start.wait()
        answers.append([_store(engine, call)[0] for call in calls])
        engine.dispose()

    writers = [threading.Thread(target=write) for _ in range(2)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert [sorted(pair) for pair in zip(*answers, strict=True)] == [[False, True]] * len(calls)
    engine = open_database(url)
    counted = _counts(engine)
    assert (counted["calls"], counted["evaluations"], counted["scorecard_versions"]) == (8, 24, 3)
    assert (counted["teams"], counted["agents"]) == (1, 1)
    engine.dispose()


def test_a_call_is_stored_whole_or_not_at_all(engine: Engine) -> None:
    call = a_scored_call("one")
    other = a_scored_call("two")
    for wrong, said in [
        (replace(call, signals=replace(call.signals, valence=(0.0,))), "2 turns, but its signals are of 1"),
        (replace(call, evaluations=other.evaluations), "was handed in with call"),
        (replace(call, evaluations=((a_scorecard(title="Changed"), call.evaluations[0][1]),)), "another definition"),
        (replace(call, evaluations=((a_scorecard(version=2), call.evaluations[0][1]),)), "handed in with care version 2"),
    ]:
        with pytest.raises(StorageError, match=said):
            _store(engine, wrong)
    assert set(_counts(engine).values()) == {0}


def test_another_file_under_the_same_id_is_refused(engine: Engine) -> None:
    call = a_scored_call("one")
    impostor = replace(call, facts=replace(call.facts, content_hash="f" * 64))
    _store(engine, call)
    with pytest.raises(StorageError, match="another call is stored under the id"):
        _store(engine, impostor)


def test_what_is_not_there_is_a_sentence(engine: Engine) -> None:
    with reading(engine) as session:
        for load in (load_transcript, load_signals):
            with pytest.raises(StorageError, match="There is no call 0123"):
                load(session, "0123")
        assert load_evaluations(session, "0123") == []


def test_an_agent_who_changed_teams_leaves_their_calls_with_the_old_one(engine: Engine) -> None:
    week = timedelta(days=7)
    first = a_scored_call("first", team="North")
    later = a_scored_call("later", team="South", started_at=first.facts.started_at + week)
    _store(engine, first, later)
    with reading(engine) as session:
        teams = queries.calls(session, SYSTEM, CallFilter()).set_index("call_id").team
        choices = queries.filter_choices(session, SYSTEM)
    assert teams[first.transcript.call_id] == "North"
    assert teams[later.transcript.call_id] == "South"
    (team_id,) = choices.agent_teams.values()
    assert choices.teams[team_id] == "South"


# Versions of scorecards


def test_a_version_that_has_scored_a_call_can_no_longer_change(engine: Engine) -> None:
    _store(engine, a_scored_call("one"))
    with pytest.raises(StorageError, match=r"care version 1 has scored calls .* give the changed one version 2"):
        _store(engine, a_scored_call("two", scorecards=(a_scorecard(pass_mark=10),)))
    with transaction(engine) as session:
        again = save_scorecard_version(session, a_scorecard())
        assert again == save_scorecard_version(session, a_scorecard())


def test_the_database_itself_refuses_to_change_a_used_version_a_machines_answer_or_a_correction(engine: Engine) -> None:
    call = a_scored_call("one")
    _store(engine, call)
    result_id = _only(engine, call).result_ids["greets"]
    with transaction(engine) as session:
        add_override(session, SYSTEM, result_id, Verdict.NOT_MET, "It was another call's greeting.")
    for statement, said in [
        ("UPDATE scorecard_versions SET definition = '{}'", "a scorecard version that has scored calls cannot change"),
        ("UPDATE results SET machine_verdict = 'not_met'", "the answer of the machine is never overwritten"),
        ("UPDATE overrides SET reason = 'Because.'", "a correction is never rewritten"),
    ]:
        with pytest.raises(StorageError, match=said), transaction(engine) as session:
            session.execute(text(statement))


def test_a_version_that_has_scored_nothing_can_be_replaced(engine: Engine) -> None:
    with transaction(engine) as session:
        first = save_scorecard_version(session, a_scorecard(title="Draft"))
        assert save_scorecard_version(session, a_scorecard(title="Final")) == first
        assert [scorecard.title for scorecard in active_scorecards(session)] == ["Final"]


def test_the_highest_version_is_the_active_one(engine: Engine) -> None:
    with transaction(engine) as session:
        for version in (2, 3, 1):
            save_scorecard_version(session, a_scorecard(version=version))
        save_scorecard_version(session, a_scorecard("rules", version=1))
        assert [(card.id, card.version) for card in active_scorecards(session)] == [("care", 3), ("rules", 1)]
        assert session.query(ScorecardVersionRow).count() == 4


# Evaluations of known calls


def test_a_known_call_is_judged_once_by_each_version(engine: Engine) -> None:
    call, rules = a_scored_call("one"), a_scorecard("rules")
    _store(engine, call)
    evaluation = an_evaluation(call.transcript, rules, thanks="not_met")
    with transaction(engine) as session:
        assert add_evaluation(session, rules, evaluation)
        assert not add_evaluation(session, rules, evaluation)
        stored = load_evaluations(session, call.transcript.call_id)
    assert [each.scorecard.id for each in stored] == ["care", "rules"]
    assert stored[1].current == evaluation


def test_figures_count_a_call_under_the_newest_version_alone(engine: Engine) -> None:
    call = a_scored_call("one", verdicts={"thanks": "not_met"})
    _store(engine, call)
    for version, verdict in ((3, "met"), (2, "not_met")):  # the older of the two comes last
        card = a_scorecard(version=version)
        with transaction(engine) as session:
            assert add_evaluation(session, card, an_evaluation(call.transcript, card, thanks=verdict))
    with reading(engine) as session:
        weeks = queries.scores_by_week(session, SYSTEM, CallFilter())
        assert list(weeks.calls) == [1]
        assert list(weeks.mean_total) == [100.0]
        assert _only(engine, call).scorecard.version == 3
        assert session.query(EvaluationRow).count() == 3


def test_an_evaluation_of_an_unknown_call_or_another_transcript_is_refused(engine: Engine) -> None:
    call, rules = a_scored_call("one"), a_scorecard("rules")
    evaluation = an_evaluation(call.transcript, rules)
    with pytest.raises(StorageError, match="There is no call"), transaction(engine) as session:
        add_evaluation(session, rules, evaluation)
    _store(engine, call)
    other = an_evaluation(a_scored_call("one", "agent: Other words").transcript, rules)
    with pytest.raises(StorageError, match="made from another transcript"), transaction(engine) as session:
        add_evaluation(session, rules, other)


# Corrections


def test_an_overridden_criterion_changes_the_total_and_leaves_the_machines(engine: Engine) -> None:
    call = a_scored_call("one", verdicts={"listens": "not_met"})
    _store(engine, call)
    before = _only(engine, call)
    with transaction(engine) as session:
        corrected = add_override(session, SYSTEM, before.result_ids["listens"], Verdict.MET, " She summed it up. ")
    after = _only(engine, call)
    assert (before.current.total, before.current.passed) == (60.0, False)
    assert (after.current.total, after.current.passed) == (100.0, True)
    assert after.current == corrected
    assert after.machine == before.machine == call.evaluations[0][1]
    result = after.current.result("listens")
    assert (result.verdict, result.points, result.probability, result.judged_by) == (Verdict.MET, 1.0, 1.0, "person")
    (override,) = after.overrides["listens"]
    assert (override.before, override.after) == (Verdict.NOT_MET, Verdict.MET)
    assert (override.author, override.reason) == ("operator", "She summed it up.")
    assert datetime.now(UTC) - override.at < timedelta(minutes=1)
    with reading(engine) as session:
        assert list(queries.calls(session, SYSTEM, CallFilter()).total) == [100.0]


def test_lifting_an_automatic_failure_gives_the_points_back(engine: Engine) -> None:
    call = a_scored_call("one", verdicts={"announces": "not_met"})
    _store(engine, call)
    stored = _only(engine, call)
    assert (stored.current.total, stored.current.failed_by) == (0.0, ("announces",))
    with transaction(engine) as session:
        add_override(session, SYSTEM, stored.result_ids["announces"], Verdict.NOT_APPLICABLE, "Not recorded.")
    with reading(engine) as session:
        (row,) = queries.calls(session, SYSTEM, CallFilter()).itertuples()
        assert (row.total, row.failed) == (100.0, False)
        assert queries.automatic_failures(session, SYSTEM, CallFilter()).empty
        assert queries.count_calls(session, SYSTEM, CallFilter(failed_only=True)) == 0


def test_a_decision_takes_the_result_off_the_list_of_what_waits(engine: Engine) -> None:
    call = a_scored_call("one", verdicts={"greets": "unsure"})
    _store(engine, call)
    with transaction(engine) as session:
        assert list(queries.waiting_for_a_person(session, SYSTEM, CallFilter()).criterion) == ["greets"]
        add_override(session, SYSTEM, _only(engine, call).result_ids["greets"], Verdict.PARTLY, "Half a greeting.")
        assert queries.waiting_for_a_person(session, SYSTEM, CallFilter()).empty
        assert queries.count_calls(session, SYSTEM, CallFilter(unsure_only=True)) == 0


def test_every_correction_is_kept_with_its_author_in_the_order_they_were_made(engine: Engine) -> None:
    call = a_scored_call("one")
    _store(engine, call)
    result_id = _only(engine, call).result_ids["thanks"]
    with transaction(engine) as session:
        user_id = add_user(session, "Rita@example.org", "Rita Boyle", Role.REVIEWER, "hash")
    rita = Asker(user_id, Role.REVIEWER, name="Rita Boyle")
    for verdict in (Verdict.NOT_MET, Verdict.NOT_APPLICABLE):
        with transaction(engine) as session:
            add_override(session, rita, result_id, verdict, f"It is {verdict}.")
    first, second = _only(engine, call).overrides["thanks"]
    assert (first.before, first.after, first.author) == (Verdict.MET, Verdict.NOT_MET, "Rita Boyle")
    assert (second.before, second.after) == (Verdict.NOT_MET, Verdict.NOT_APPLICABLE)
    assert _only(engine, call).current.result("thanks").points is None
    with reading(engine) as session:
        assert set(session.scalars(select(OverrideRow.author_id))) == {user_id}


@pytest.mark.parametrize("role", [Role.AGENT, Role.COACH])
def test_agents_and_coaches_cannot_correct(engine: Engine, role: Role) -> None:
    call = a_scored_call("one")
    _store(engine, call)
    result_id = _only(engine, call).result_ids["greets"]
    somebody = Asker(1, role, agent_id=1, team_ids=frozenset({1}))
    with pytest.raises(NotAllowed, match="Reviewers and administrators"), transaction(engine) as session:
        add_override(session, somebody, result_id, Verdict.MET, "I did.")
    assert _counts(engine)["overrides"] == 0


@pytest.mark.parametrize(
    ("beside", "verdict", "reason", "said"),
    [
        (0, Verdict.MET, "  ", "needs a reason"),
        (0, Verdict.UNSURE, "Who knows.", "A correction decides"),
        (999, Verdict.MET, "Clear.", "There is no result"),
    ],
)
def test_a_correction_that_decides_nothing_is_refused(
    engine: Engine, beside: int, verdict: Verdict, reason: str, said: str
) -> None:
    call = a_scored_call("one")
    _store(engine, call)
    result_id = _only(engine, call).result_ids["greets"] + beside
    with pytest.raises(StorageError, match=said), transaction(engine) as session:
        add_override(session, SYSTEM, result_id, verdict, reason)
    assert _counts(engine)["overrides"] == 0


def test_two_corrections_at_once_are_both_in_the_total(new_database: Callable[[], str]) -> None:
    engine, start = open_database(new_database()), threading.Barrier(2)
    call = a_scored_call("one")
    _store(engine, call)
    ids = _only(engine, call).result_ids

    def correct(criterion: str) -> None:
        start.wait()
        with transaction(engine) as session:
            add_override(session, SYSTEM, ids[criterion], Verdict.NOT_MET, "It was not said.")

    reviewers = [threading.Thread(target=correct, args=[criterion]) for criterion in ("greets", "listens")]
    for reviewer in reviewers:
        reviewer.start()
    for reviewer in reviewers:
        reviewer.join()
    assert _only(engine, call).current.total == 40.0
    engine.dispose()


def test_a_person_who_corrected_something_cannot_be_deleted_from_under_it(engine: Engine) -> None:
    call = a_scored_call("one")
    _store(engine, call)
    result_id = _only(engine, call).result_ids["greets"]
    with transaction(engine) as session:
        user_id = add_user(session, "rita@example.org", "Rita Boyle", Role.REVIEWER, "hash")
        asker = Asker(user_id, Role.REVIEWER, name="Rita Boyle")
        add_override(session, asker, result_id, Verdict.MET, "Said it.")
    with pytest.raises(StorageError), transaction(engine) as session:
        session.execute(delete(Base.metadata.tables["users"]))
