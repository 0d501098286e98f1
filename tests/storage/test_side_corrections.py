"""When somebody corrects who spoke: is the old kept whole, is the new in force everywhere, and do people's answers stand?"""

import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import Engine, MetaData, create_engine, func, select, text

from errors import NotAllowed, StorageError
from reviews.sides import SideChange, reassigned, swapped
from scorecards.definition import Scorecard
from scoring.result import Verdict
from storage import queries
from storage.access import SYSTEM, Asker, Role
from storage.database import open_database, reading, transaction
from storage.queries import CallFilter
from storage.records import CallDetails, NewTranscript, Rejudged, ScoredCall
from storage.repository import (
    add_evaluation,
    add_override,
    add_user,
    load_evaluations,
    load_signals,
    load_transcript,
    replace_transcript,
    store_scored_call,
    transcript_before,
)
from storage.tables import EvaluationRow, OverrideRow, SideCorrectionRow
from tests.storage.build import a_scorecard, a_scored_call, an_evaluation
from transcripts.model import Speaker, Transcript

RITA = Asker(1, Role.REVIEWER, name="Rita Boyle")
EVERYTHING = CallFilter()


def a_stored_call(engine: Engine, *scorecards: Scorecard, **verdicts: str) -> ScoredCall:
    call = a_scored_call("one", scorecards=scorecards, verdicts=verdicts)
    with transaction(engine) as session:
        assert store_scored_call(session, call)
    return call


def made_again(
    before: Transcript, after: Transcript, call: ScoredCall, *scorecards: Scorecard, **verdicts: str
) -> NewTranscript:
    """The transcript with other measures, and with these verdicts where the rest is met."""
    signals = replace(call.signals, measures={"customer_valence": -0.5, "customer_valence_end": -0.75})
    cards = scorecards or tuple(card for card, _ in call.evaluations)
    judged = tuple((card, an_evaluation(after, card, **verdicts)) for card in cards)
    return NewTranscript(SideChange.SWAP, before.content_hash, after, signals, judged)


def swap(engine: Engine, call: ScoredCall, **verdicts: str) -> tuple[Rejudged, ...]:
    with transaction(engine) as session:
        before = load_transcript(session, call.transcript.call_id)
        return replace_transcript(
            session, RITA, made_again(before, swapped(before), call, **verdicts), " It began with us. "
        )


def details_of(engine: Engine, call: ScoredCall) -> CallDetails:
    with reading(engine) as session:
        details = queries.call_details(session, SYSTEM, call.transcript.call_id)
    assert details is not None
    return details


def correct(engine: Engine, call: ScoredCall, criterion: str, verdict: Verdict, reason: str, by: Asker = SYSTEM) -> None:
    (stored,) = details_of(engine, call).evaluations
    with transaction(engine) as session:
        add_override(session, by, stored.result_ids[criterion], verdict, reason)


def test_the_new_transcript_is_in_force_and_the_old_one_is_kept_whole(engine: Engine) -> None:
    call = a_stored_call(engine)
    totals = swap(engine, call, listens="not_met")
    assert totals == (Rejudged("care", "Care", 100.0, 60.0),)
    details = details_of(engine, call)
    assert details.transcript == swapped(call.transcript)
    (correction,) = details.side_corrections
    assert (correction.author, correction.reason, correction.kind) == ("Rita Boyle", "It began with us.", SideChange.SWAP)
    assert correction.turns == ((0, Speaker.AGENT, Speaker.CUSTOMER), (1, Speaker.CUSTOMER, Speaker.AGENT))
    assert correction.totals == totals
    with reading(engine) as session:
        kept = transcript_before(session, correction.id)
        assert load_signals(session, details.call_id).measures["customer_valence"] == -0.5
        assert list(queries.calls(session, SYSTEM, EVERYTHING).customer_valence_end) == [-0.75]
    assert kept == call.transcript
    assert kept.content_hash == call.transcript.content_hash


def test_the_old_evaluation_is_kept_and_no_figure_counts_the_call_twice(engine: Engine) -> None:
    call = a_stored_call(engine, announces="not_met", greets="unsure")
    swap(engine, call, thanks="unsure")
    with reading(engine) as session:
        rows = session.execute(select(EvaluationRow.transcript_hash, EvaluationRow.superseded, EvaluationRow.total)).all()
        assert {tuple(row) for row in rows} == {
            (call.transcript.content_hash, True, 0.0),
            (swapped(call.transcript).content_hash, False, 100.0),
        }
        (row,) = queries.calls(session, SYSTEM, EVERYTHING).itertuples()
        assert (row.total, row.lowest_total, row.failed, row.unsure) == (100.0, 100.0, False, 1)
        assert list(queries.scores_by_week(session, SYSTEM, EVERYTHING).calls) == [1]
        assert list(queries.waiting_for_a_person(session, SYSTEM, EVERYTHING).criterion) == ["thanks"]
        assert queries.automatic_failures(session, SYSTEM, EVERYTHING).empty
        counts = queries.criterion_counts(session, SYSTEM, EVERYTHING).set_index("criterion")
        assert list(counts[["met", "partly", "not_met", "not_applicable", "unsure"]].sum(axis=1)) == [1, 1, 1, 1]
        assert len(queries.calls_behind(session, SYSTEM, EVERYTHING, "care", "listens")) == 1
        assert len(queries.evaluations(session, SYSTEM, EVERYTHING)) == 1


def test_a_search_finds_the_words_once_under_who_now_speaks_them(engine: Engine) -> None:
    call = a_stored_call(engine)
    swap(engine, call)
    with reading(engine) as session:
        hits = queries.search_words(session, SYSTEM, "parcel")
        assert list(hits.speaker) == ["agent"]
        assert queries.count_calls(session, SYSTEM, CallFilter(words="parcel")) == 1


def test_what_people_decided_stands_on_the_new_evaluation_in_their_name(engine: Engine) -> None:
    with transaction(engine) as session:
        pam = Asker(
            add_user(session, "pam@example.org", "Pam Frost", Role.REVIEWER, "hash"), Role.REVIEWER, name="Pam Frost"
        )
    call = a_stored_call(engine)
    correct(engine, call, "greets", Verdict.MET, "At first I thought so.")
    correct(engine, call, "greets", Verdict.NOT_MET, "Nobody greeted.", pam)
    totals = swap(engine, call, listens="not_met")
    (stored,) = details_of(engine, call).evaluations
    assert stored.machine.result("greets").verdict is Verdict.MET
    assert stored.current.result("greets").verdict is Verdict.NOT_MET
    assert stored.current.result("greets").judged_by == "person"
    assert totals == (Rejudged("care", "Care", 80.0, 40.0),)
    assert stored.current.total == 40.0
    (carried,) = stored.overrides["greets"]
    assert (carried.author, carried.before, carried.after) == ("Pam Frost", Verdict.MET, Verdict.NOT_MET)
    assert carried.reason == "Carried over from before the sides were corrected: Nobody greeted."
    with reading(engine) as session:
        authors = session.scalars(select(OverrideRow.author_id).order_by(OverrideRow.id)).all()
        assert authors == [None, pam.user_id, pam.user_id]
        assert list(queries.calls(session, SYSTEM, EVERYTHING).total) == [40.0]


def test_sides_swapped_back_bring_the_first_evaluation_back_with_what_was_decided_since(engine: Engine) -> None:
    call = a_stored_call(engine, listens="not_met")
    correct(engine, call, "greets", Verdict.NOT_MET, "Nobody greeted.")
    swap(engine, call)
    correct(engine, call, "thanks", Verdict.NOT_APPLICABLE, "Cut off.")
    totals = swap(engine, call)
    details = details_of(engine, call)
    assert details.transcript == call.transcript
    (stored,) = details.evaluations
    assert stored.machine == call.evaluations[0][1]
    assert totals == (Rejudged("care", "Care", 75.0, 25.0),)
    assert stored.current.total == 25.0
    assert [override.reason for override in stored.overrides["greets"]] == ["Nobody greeted."]
    assert stored.overrides["thanks"][0].reason == "Carried over from before the sides were corrected: Cut off."
    assert len(details.side_corrections) == 2
    with reading(engine) as session:
        assert session.scalars(select(func.count()).select_from(EvaluationRow)).one() == 2
        assert list(queries.scores_by_week(session, SYSTEM, EVERYTHING).calls) == [1]


def test_a_call_that_was_changed_meanwhile_is_left_alone(engine: Engine) -> None:
    call = a_stored_call(engine)
    first = reassigned(call.transcript, 0, Speaker.OTHER)
    with transaction(engine) as session:
        replace_transcript(session, RITA, made_again(call.transcript, first, call), "A recording spoke.")
    late = made_again(call.transcript, swapped(call.transcript), call)
    with pytest.raises(StorageError, match="changed or judged again in the meantime"), transaction(engine) as session:
        replace_transcript(session, RITA, late, "Too late.")
    details = details_of(engine, call)
    assert details.transcript == first
    assert len(details.side_corrections) == 1


def test_a_call_that_was_judged_by_another_scorecard_meanwhile_is_left_alone(engine: Engine) -> None:
    call, rules = a_stored_call(engine), a_scorecard("rules")
    late = made_again(call.transcript, swapped(call.transcript), call)
    with transaction(engine) as session:
        add_evaluation(session, rules, an_evaluation(call.transcript, rules))
    with pytest.raises(StorageError, match="judged again in the meantime"), transaction(engine) as session:
        replace_transcript(session, RITA, late, "Too late.")
    assert details_of(engine, call).transcript == call.transcript


def test_every_scorecard_in_force_is_judged_again_in_its_own_version(engine: Engine) -> None:
    older, newer, rules = a_scorecard(version=1), a_scorecard(version=2), a_scorecard("rules")
    call = a_stored_call(engine, older, newer, rules)
    new = made_again(call.transcript, swapped(call.transcript), call, newer, rules, thanks="not_met")
    with transaction(engine) as session:
        totals = replace_transcript(session, RITA, new, "The other way round.")
    assert [(change.scorecard, change.after) for change in totals] == [("care", 80.0), ("rules", 80.0)]
    with reading(engine) as session:
        stored = load_evaluations(session, call.transcript.call_id)
    assert [(each.scorecard.id, each.scorecard.version) for each in stored] == [("care", 2), ("rules", 1)]


def test_a_verdict_that_is_no_longer_in_force_cannot_be_corrected(engine: Engine) -> None:
    call = a_stored_call(engine)
    (old,) = details_of(engine, call).evaluations
    swap(engine, call)
    with pytest.raises(StorageError, match="no longer in force"), transaction(engine) as session:
        add_override(session, RITA, old.result_ids["greets"], Verdict.NOT_MET, "Too late.")
    assert details_of(engine, call).evaluations[0].overrides == {}


@pytest.mark.parametrize("role", [Role.AGENT, Role.COACH])
def test_agents_and_coaches_do_not_say_who_spoke(engine: Engine, role: Role) -> None:
    call = a_stored_call(engine)
    somebody = Asker(1, role, agent_id=1, team_ids=frozenset({1}))
    new = made_again(call.transcript, swapped(call.transcript), call)
    with pytest.raises(NotAllowed, match="Reviewers and administrators"), transaction(engine) as session:
        replace_transcript(session, somebody, new, "It was me.")
    assert details_of(engine, call).transcript == call.transcript


def test_without_a_reason_or_a_call_nothing_happens(engine: Engine) -> None:
    call = a_stored_call(engine)
    new = made_again(call.transcript, swapped(call.transcript), call)
    with pytest.raises(StorageError, match="needs a reason"), transaction(engine) as session:
        replace_transcript(session, RITA, new, "  ")
    unknown = replace(new, transcript=replace(new.transcript, call_id="0123"))
    with pytest.raises(StorageError, match="There is no call 0123"), transaction(engine) as session:
        replace_transcript(session, RITA, unknown, "The other way round.")
    with reading(engine) as session, pytest.raises(StorageError, match="There is no correction 7"):
        transcript_before(session, 7)


def test_the_database_itself_refuses_to_rewrite_who_said_who_spoke(engine: Engine) -> None:
    call = a_stored_call(engine)
    swap(engine, call)
    with pytest.raises(StorageError, match="a correction of who spoke is never rewritten"), transaction(engine) as session:
        session.execute(text("UPDATE side_corrections SET reason = 'Because.'"))


def test_of_two_reviewers_who_swap_at_once_one_is_told_so(new_database: Callable[[], str]) -> None:
    engine, start, said = open_database(new_database()), threading.Barrier(2), []
    call = a_stored_call(engine)
    new = made_again(call.transcript, swapped(call.transcript), call)

    def replace_it() -> None:
        start.wait()
        try:
            with transaction(engine) as session:
                replace_transcript(session, RITA, new, "The other way round.")
            said.append("")
        except StorageError as refused:
            said.append(str(refused))

    reviewers = [threading.Thread(target=replace_it) for _ in range(2)]
    for reviewer in reviewers:
        reviewer.start()
    for reviewer in reviewers:
        reviewer.join()
    assert sorted("in the meantime" in answer for answer in said) == [False, True], said
    assert "" in said
    with reading(engine) as session:
        assert session.scalars(select(func.count()).select_from(SideCorrectionRow)).one() == 1
    engine.dispose()


def test_a_database_from_before_this_table_keeps_its_calls_and_can_be_corrected(tmp_path: Path) -> None:
    today = open_database(f"sqlite:///{tmp_path / 'today.db'}")
    call = a_stored_call(today)
    url = f"sqlite:///{tmp_path / 'attune.db'}"
    before = create_engine(url)
    with before.begin() as connection:
        config = Config()
        config.set_main_option("script_location", "storage:migrations")
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
    _copy_what_both_have(today, before)
    before.dispose()
    today.dispose()
    engine = open_database(url)
    swap(engine, call, thanks="not_met")
    assert details_of(engine, call).evaluations[0].current.total == 80.0
    engine.dispose()


def _copy_what_both_have(today: Engine, before: Engine) -> None:
    """Every row of the tables and columns that a database had then."""
    tables, old = MetaData(), MetaData()
    tables.reflect(today)
    old.reflect(before)
    with today.connect() as source, before.begin() as target:
        for table in old.sorted_tables:
            columns = [tables.tables[table.name].c[column.name] for column in table.columns]
            rows = [dict(row) for row in source.execute(select(*columns)).mappings()]
            if rows and table.name != "alembic_version":
                target.execute(table.insert(), rows)
