"""Has every page of the demonstration something true to show?"""

import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import DateTime, Engine, func, select

from coaching.effect import Effect, Worked
from coaching.interrupted import Effect as EffectOfAction
from coaching.plans import PlanState
from coaching.satisfaction import AnswerKind
from pipeline.causes import Outcome, cause_figures
from pipeline.demo import add_partner, message_jobs, written_truth
from pipeline.demo_people import AGENTS, COACH, PEOPLE, QUALITY, REVIEWERS
from pipeline.demo_story import Truth, tell
from pipeline.ingest import Chooser
from pipeline.people import add_person
from pipeline.satisfaction import compare
from reviews.disputes import DisputeState
from reviews.queue import State
from samples.written.answers import customer_cases
from samples.written.generate import UNTIL
from samples.written.truth import planted_satisfaction
from storage import (
    calibration,
    causes,
    clock,
    desk,
    dispute_lists,
    plan_effects,
    plan_lists,
    plan_material,
    queries,
    review_queue,
)
from storage.access import Asker
from storage.causes import CauseState
from storage.database import open_database, reading
from storage.records import CallFilter
from storage.tables import Base
from tests.planted import planted_calls


@pytest.fixture(scope="module")
def truth() -> Truth:
    """What was planted, worked out once."""
    return written_truth(planted_calls())


@pytest.fixture(scope="module")
def demonstration(planted_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The written calls of the demonstration, judged as they were planted, and its people, to be copied."""
    folder = tmp_path_factory.mktemp("people")
    file = shutil.copy(planted_home / "attune.db", folder / "attune.db")
    url = f"sqlite:///{file}"
    engine = open_database(url)
    with clock.at(datetime.combine(UNTIL, datetime.min.time(), UTC) - timedelta(days=7)):
        add_partner(engine)
    engine.dispose()
    for one in PEOPLE:
        teams, agent = one.teams, one.agent
        add_person(
            url,
            name=one.name,
            email=one.email,
            role=one.role,
            password="four plain words together",
            teams=teams,
            agent=agent,
            organisation=one.organisation,
        )
    return folder


def a_copy(demonstration: Path, folder: Path) -> Engine:
    """A database of one's own; its file has others beside it while somebody may have it open."""
    shutil.copytree(demonstration, folder, dirs_exist_ok=True)
    return open_database(f"sqlite:///{folder / 'attune.db'}")


@pytest.fixture(scope="module")
def told(demonstration: Path, truth: Truth, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """The demonstration with what its people have done."""
    engine = a_copy(demonstration, tmp_path_factory.mktemp("demonstration"))
    assert tell(engine, UNTIL, truth, customer_cases(planted_calls()))
    yield engine
    engine.dispose()


def asker(engine: Engine, email: str) -> Asker:
    with reading(engine) as session:
        record = queries.user_by_email(session, email)
    assert record is not None
    return record.asker


def test_messages_are_of_the_last_days_and_of_whom_the_list_says(tmp_path: Path) -> None:
    choose = Chooser(open_database(f"sqlite:///{tmp_path / 'attune.db'}"), ())
    jobs = {job.file.stem: job for job in message_jobs(choose, UNTIL)}
    began = [job.listed.started_at.date() for job in jobs.values() if job.listed.started_at]
    assert len(began) == len(jobs)
    assert max(began) == UNTIL - timedelta(days=1)
    said = jobs["post-ignored"].transcript
    assert said is not None
    assert "your engineer never came" in said.turns[0].text
    assert [name for name, job in jobs.items() if job.listed.extra["customer_id"] == "C204418"] == [
        "post-outage",
        "post-ignored",
    ]
    later = message_jobs(choose, UNTIL + timedelta(days=30))
    assert [job.content_hash for job in later] == [job.content_hash for job in jobs.values()]


def test_there_is_a_plan_at_every_stage(told: Engine) -> None:
    with reading(told) as session:
        manager = asker(told, QUALITY.email)
        open_ones = plan_lists.open_plans(session, manager)
        states = [one.state for one in (*open_ones, *plan_lists.settled_plans(session, manager))]
        assert sorted(states) == sorted(
            [PlanState.DRAFT, PlanState.OFFERED, PlanState.RUNNING, PlanState.DONE, PlanState.DONE, PlanState.DONE]
        )
        (waiting,) = [one for one in open_ones if one.state is PlanState.OFFERED]
        assert waiting.agent in {agent.name for agent in AGENTS}, "whom it waits for cannot sign in"
        (running,) = [one for one in open_ones if one.state is PlanState.RUNNING]
        assert [one.held_on is not None for one in running.sessions] == [True, False]
        assert all(one.clips for one in open_ones)


def test_only_of_the_agent_who_improves_it_is_said_that_coaching_likely_worked(told: Engine) -> None:
    with reading(told) as session:
        manager = asker(told, QUALITY.email)
        over = plan_lists.settled_plans(session, manager)
        worked = [
            (plan.agent, one.goal.criterion)
            for plan in over
            for one in plan_effects.effects_of(session, manager, over)[plan.id]
            if isinstance(one.said, Effect) and one.said.worked is Worked.LIKELY
        ]
    assert ("Nadia Osei", "open_question") in worked
    assert {agent for agent, _ in worked} == {"Nadia Osei"}


def test_a_plan_holds_only_moments_of_before_it_began(told: Engine) -> None:
    with reading(told) as session:
        manager = asker(told, QUALITY.email)
        for plan in plan_lists.settled_plans(session, manager):
            assert plan.clips
            for clip in plan.clips:
                call = queries.call_details(session, manager, clip.call_id)
                assert call is not None
                assert call.facts.started_at.date() <= plan.starts_on


def test_one_agent_lets_words_be_shown_and_they_stand_in_a_colleagues_plan(told: Engine) -> None:
    with reading(told) as session:
        assert [one.name for one in AGENTS if plan_material.consents(session, asker(told, one.email))] == ["Priya Nair"]


def test_every_reviewer_has_done_work_and_has_work_to_do(told: Engine) -> None:
    with reading(told) as session:
        for person in REVIEWERS:
            done = review_queue.assignments(session, asker(told, person.email), [State.DONE])
            assert done
            assert review_queue.assignments(session, asker(told, person.email))
        manager = asker(told, QUALITY.email)
        assert any(one.blind for one in review_queue.assignments(session, manager, [State.DONE]))


def test_disputes_are_open_and_decided_and_each_open_one_waits_for_somebody(told: Engine) -> None:
    with reading(told) as session:
        manager = asker(told, QUALITY.email)
        still = dispute_lists.open_disputes(session, manager)
        assert len(still) >= 2
        assert all(one.given_to for one in still)
        settled = dispute_lists.settled_disputes(session, manager)
        assert [one.state for one in settled] == [DisputeState.KEPT]  # a machine that is always right is never overruled


def test_one_calibration_has_results_and_in_another_there_is_something_to_answer(told: Engine) -> None:
    with reading(told) as session:
        manager = asker(told, QUALITY.email)
        still, closed = calibration.calibrations(session, manager)
        found = calibration.calibration_results(session, manager, closed.id, again_days=30)
        assert found.questions
        assert still.closed_at is None
        assert {member.finished for member in still.members} == {True, False}
        rosa = asker(told, REVIEWERS[0].email)
        assert len(calibration.own_answers(session, rosa, still.id)) > 0
        assert calibration.unanswered(session, rosa, still)


def test_the_coach_is_asked_for_coaching(told: Engine) -> None:
    with reading(told) as session:
        (asked,) = desk.coaching_asked(session, asker(told, COACH.email))
        assert asked.author == REVIEWERS[0].name


def test_the_board_holds_a_cause_of_each_kind_and_works_out_what_the_action_brought_about(told: Engine) -> None:
    with reading(told) as session:
        manager = asker(told, QUALITY.email)
        board = {one.draft.state: one for one in causes.list_causes(session, manager)}
        assert set(board) == {CauseState.FOUND, CauseState.AGREED, CauseState.DONE}
        assert all(causes.evidence_of(session, manager, one.id) for one in board.values())
        figures = cause_figures(session, manager, board[CauseState.DONE].id)
    assert figures.cost is not None
    assert isinstance(figures.effects[Outcome.CONTACTS], EffectOfAction)


def test_scores_go_with_customers_answers_where_that_was_planted_and_nowhere_else(told: Engine) -> None:
    with reading(told) as session:
        found = {
            one.scorecard: one.agreement
            for one in compare(queries.satisfaction(session, asker(told, QUALITY.email), CallFilter()))
            if one.kind is AnswerKind.CSAT
        }
    for card in ("empathy", "listening", "service_recovery"):
        agreement = found[card]
        assert agreement is not None
        assert agreement.low > 0
        assert agreement.r < planted_satisfaction().goes_along  # each asks for a part of what customers go by
    assert (of_compliance := found["compliance"]) is not None
    assert of_compliance.low < 0 < of_compliance.high


def test_nothing_in_it_lies_in_the_future(told: Engine) -> None:
    end = datetime.combine(UNTIL, datetime.min.time()) + timedelta(days=1)
    planned = {"expires_at", "started_at", "due"}
    with reading(told) as session:
        for table in Base.metadata.sorted_tables:
            if table.name in {"users", "scorecard_versions", "scorecard_events", "review_days", "evaluations", "calls"}:
                continue  # dated by when this test made them
            for column in table.columns:
                if isinstance(column.type, DateTime) and column.name not in planned:
                    last = session.scalar(select(func.max(column)))
                    assert last is None or last.replace(tzinfo=None) < end, column


def test_it_is_told_once(told: Engine, truth: Truth) -> None:
    assert not tell(told, UNTIL + timedelta(days=7), truth)


@pytest.mark.parametrize("days", [-2, 2])
def test_it_can_be_told_on_any_day_of_the_week(days: int, demonstration: Path, truth: Truth, tmp_path: Path) -> None:
    engine = a_copy(demonstration, tmp_path)
    assert tell(engine, UNTIL + timedelta(days=days), truth)
    engine.dispose()
