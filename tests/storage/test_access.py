"""Does anybody ever get to see what is not theirs, by any query whatever?

The law, for every query: what a person is given is exactly what a reviewer would be given if no other calls existed.
So each query is asked twice: by the person in a database with everybody's calls, and by a reviewer in a database with
that person's calls alone.
"""

import inspect
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import Any

import pandas as pd
import pytest
from sqlalchemy import Engine, false, select
from sqlalchemy.orm import Session

from coaching.plans import draft_goal
from coaching.processes import Kind
from reviews.queue import State
from scoring.result import Verdict
from scoring.signals.model import BEHAVIOURS, Shown
from storage import clock, organisations, plan_effects, plan_lists, plan_material, plans, queries
from storage.access import SYSTEM, Asker, Role, may_correct, visible_calls
from storage.case_links import key_of
from storage.case_tables import CaseCallRow, CaseRow, SatisfactionRow
from storage.database import open_database, reading, transaction
from storage.identities import customer_id_of, identities_of
from storage.organisations import OrganisationKind
from storage.people import add_user
from storage.queries import CallFilter
from storage.queue_tables import AssignmentRow, BlindAnswerRow
from storage.reasons import correct_reason
from storage.records import ScoredCall
from storage.repository import load_evaluations, store_scored_call
from storage.tables import AgentRow, CallRow, OrganisationRow, TeamRow, UserRow
from storage.teaching import mark_turn
from tests.on_postgresql import on_one_database
from tests.storage.build import a_scored_call

EVERYTHING = CallFilter()
BOUNDS = queries.Bounds(hold_seconds=60, repeat_days=7)
FILTERED = CallFilter(start=datetime(2025, 1, 1, tzinfo=UTC).date(), scorecard="care", total_max=100, words="parcel")


def _measured(*name_and_lines: str, **facts: Any) -> ScoredCall:
    """A call with something in it that harms, a long hold, and a customer who was in touch before."""
    call = a_scored_call(
        *name_and_lines,
        **facts,
        extra={"reason": f"about {facts['agent']}", "transfers": "1", "customer_id": f"of {facts['agent']}"},
    )
    shown = (
        Shown(0, "promises_follow_up", 0.9, 0, 5),
        Shown(0, "rude", 0.9, 0, 5),
        Shown(0, "jargon", 0.5, 0, 5),
        Shown(1, "repeat_contact", 0.95, 0, 5),
    )
    ends = {f"customer_valence_{end}": 0.25 for end in ("first_third", "lowest", "highest", "end")}
    measures = {**call.signals.measures, **ends, "longest_hold_seconds": 90.0}
    return replace(call, signals=replace(call.signals, measures=measures, behaviours=shown, models={BEHAVIOURS: "a judge"}))


def _calls_of(agent: str, team: str) -> list[ScoredCall]:
    """Three calls in two weeks, with something for every query to find."""
    found = {"announces": "not_met", "listens": "unsure", "thanks": "partly"}
    return [
        _measured(
            f"{agent} {number}",
            "agent: Hello",
            f"customer: My parcel number {number} for {agent} is late",
            agent=agent,
            team=team,
            queue=f"queue of {team}",
            customer=f"customer of {agent}",
            started_at=datetime(2025, 3, 5, tzinfo=UTC) + timedelta(days=4 * number),
            verdicts=found if number else {},
        )
        for number in range(3)
    ]


ANA, BEN, CLEO = (_calls_of(*who) for who in (("Ana Ruiz", "North"), ("Ben Okoye", "North"), ("Cleo Marsh", "South")))
CALL_IDS = [calls[1].transcript.call_id for calls in (ANA, BEN, CLEO)]
CUSTOMERS = [customer_id_of(identities_of(calls[0].facts.extra)[0]) for calls in (ANA, BEN, CLEO)]

# For every public query: what it is asked in this test, as arguments after the session and the asker.
QUESTIONS: dict[str, list[tuple[object, ...]]] = {
    "filter_choices": [()],
    "calls": [(EVERYTHING,), (FILTERED,), (EVERYTHING, 2, 0, (datetime(2025, 3, 8, tzinfo=UTC), ""))],
    "count_calls": [(EVERYTHING,), (FILTERED,)],
    "busiest_customers": [(EVERYTHING,), (FILTERED,), (EVERYTHING, 1)],
    "customer_calls": [(customer,) for customer in CUSTOMERS],
    "customer_of_call": [(call_id,) for call_id in CALL_IDS],
    "customer_promises": [(customer,) for customer in CUSTOMERS],
    "find_customers": [("of Cleo Marsh",), ("customer of Ben Okoye",), ("of Ana Ruiz",)],
    "evaluations": [(EVERYTHING,), (FILTERED,)],
    "evaluation": [(number,) for number in (2, 5, 8, 11)],
    "call_details": [(call_id,) for call_id in CALL_IDS],
    "recording_path": [(call_id,) for call_id in CALL_IDS],
    "kept_call": [(call_id,) for call_id in CALL_IDS],
    "measured_call": [(call_id,) for call_id in CALL_IDS],
    "search_words": [("parcel",), ("Cleo",), ("%",)],
    "process_counts": [(EVERYTHING, BOUNDS), (FILTERED, BOUNDS)],
    "process_calls": [(EVERYTHING, BOUNDS, kind) for kind in Kind] + [(FILTERED, BOUNDS, Kind.HOLD, "about Ana Ruiz")],
    "feeling_counts": [(EVERYTHING,), (FILTERED,)],
    "reason_counts": [(EVERYTHING, 60.0), (FILTERED, 60.0)],
    "reason_scores": [(EVERYTHING,), (FILTERED,)],
    "reason_calls": [(EVERYTHING, "", f"about {agent}") for agent in ("Ana Ruiz", "Cleo Marsh")] + [(EVERYTHING,)],
    "reason_of_call": [(call_id,) for call_id in CALL_IDS],
    "harm_counts": [(EVERYTHING, "agent"), (EVERYTHING, "team"), (FILTERED, "agent")],
    "harm_calls": [(EVERYTHING,), (FILTERED, "jargon", 5)],
    "organisation_calls": [(EVERYTHING,), (FILTERED,)],
    "given_answers": [(), ("care", "greets")],
    "given_labels": [(), *((call_id,) for call_id in CALL_IDS)],
    "case_calls": [(EVERYTHING,), (FILTERED,)],
    "satisfaction": [(EVERYTHING,), (FILTERED,)],
    "scores_by_week": [(EVERYTHING,), (FILTERED,)],
    "mean_totals": [(EVERYTHING, "agent"), (EVERYTHING, "team"), (FILTERED, "agent")],
    "volume_by_week": [(EVERYTHING,), (FILTERED,)],
    "automatic_failures": [(EVERYTHING,), (FILTERED,)],
    "waiting_for_a_person": [(EVERYTHING,), (FILTERED,)],
    "criterion_counts": [(EVERYTHING, "agent"), (EVERYTHING, "team"), (FILTERED, "agent")],
    "verdict_counts": [(EVERYTHING, ("agent_id", "week")), (EVERYTHING, (), "care"), (FILTERED, ("team_id",))],
    "compared_counts": [(EVERYTHING, "agent"), (EVERYTHING, "team"), (FILTERED, "agent")],
    "moments": [(EVERYTHING, "care", "thanks", "partly"), (FILTERED, "care", "announces", "not_met", 5)],
    "unread": [(EVERYTHING,), (FILTERED,)],
    "calls_behind": [(EVERYTHING, "care", "thanks"), (FILTERED, "care", "announces", "not_met")],
}
COMPANIES = {"Northern Calls": "North", "Southern Voices": "South"}
"""Which company each team is of."""

SERVES_THE_SIGN_IN = {"user_by_email"}
NOT_PERSONAL = {"reason_titles"}
"""What the centre calls its reasons, which is nobody's."""


@dataclass(frozen=True)
class Worlds:
    """Databases in which different people's calls exist; those of all begin with Ana's, so that ids agree."""

    everybody: Engine
    north: Engine
    ana: Engine
    empty: Engine


@pytest.fixture(scope="module")
def worlds(new_database: Callable[[], str]) -> Iterator[Worlds]:
    """The four databases, on SQLite and on PostgreSQL."""

    def holding(*calls: ScoredCall) -> Engine:
        engine = open_database(new_database())
        with transaction(engine) as session:
            for call in calls:
                assert store_scored_call(session, call)
                mark_turn(session, SYSTEM, call.transcript.call_id, 0, "greets", True)
                _answer_blind(session, call.transcript.call_id)
                session.add(SatisfactionRow(kind="csat", score=4, call_id=call.transcript.call_id))
                _belongs_to_a_case(session, call.transcript.call_id)
            for call in calls[2::3]:
                with clock.at(datetime(2025, 3, 21, tzinfo=UTC)):
                    correct_reason(session, SYSTEM, call.transcript.call_id, "order_late")
            for company, team in COMPANIES.items():
                if team_id := session.scalar(select(TeamRow.id).where(TeamRow.name == team)):
                    added = organisations.add_organisation(session, SYSTEM, company, OrganisationKind.OUTSOURCER)
                    organisations.assign_team(session, SYSTEM, team_id, added, None, date(2025, 3, 20))
        return engine

    made = Worlds(holding(*ANA, *BEN, *CLEO), holding(*ANA, *BEN), holding(*ANA), holding())
    yield made
    for engine in (made.everybody, made.north, made.ana, made.empty):
        engine.dispose()


def _belongs_to_a_case(session: Session, call_id: str) -> None:
    number, day = f"case of {call_id}", datetime(2025, 3, 1, tzinfo=UTC)
    case = CaseRow(system="desk", key=key_of(number), number=number, identities=[], reason="", state="open", created_at=day)
    session.add(case)
    session.flush()
    session.add(CaseCallRow(call_id=call_id, case_id=case.id, linked_by="given", key=""))


def _answer_blind(session: Session, call_id: str) -> None:
    """Somebody has judged a question of this call blind, as the machine had."""
    rosa = session.scalar(select(UserRow.id)) or add_user(session, "rosa@example.org", "Rosa", Role.REVIEWER, "x")
    day = datetime(2025, 3, 20, tzinfo=UTC)
    given = AssignmentRow(
        call_id=call_id,
        reviewer_id=rosa,
        why="Drawn.",
        probability=1.0,
        blind=True,
        due=day.date(),
        state=State.DONE,
        given_at=day,
        finished_at=day,
    )
    session.add(given)
    session.flush()
    (stored,) = load_evaluations(session, call_id)
    result = {"result_id": stored.result_ids["greets"], "verdict": Verdict.MET, "note": "", "author": "Rosa", "at": day}
    session.add(BlindAnswerRow(assignment_id=given.id, **result))
    session.flush()


@cache  # the same worlds are asked the same thing in several tests
def _answers(engine: Engine, asker: Asker, query: str) -> list[str]:
    """What the query gives for each of its questions, in a form that shows every difference."""

    def plain(answer: object) -> str:
        return f"{answer.dtypes}\n{answer.to_csv()}" if isinstance(answer, pd.DataFrame) else repr(answer)

    with reading(engine) as session:
        return [plain(getattr(queries, query)(session, asker, *question)) for question in QUESTIONS[query]]


def _id(engine: Engine, table: type[AgentRow] | type[TeamRow] | type[OrganisationRow], name: str) -> int:
    with reading(engine) as session:
        return session.scalars(select(table.id).where(table.name == name)).one()


def _public_queries() -> dict[str, Callable[..., object]]:
    return {name: made for name, made in inspect.getmembers(queries, inspect.isfunction) if not name.startswith("_")}


def test_every_public_query_is_asked_here() -> None:
    assert set(QUESTIONS) | SERVES_THE_SIGN_IN | NOT_PERSONAL == set(_public_queries())


@pytest.mark.parametrize("query", sorted(QUESTIONS))
def test_every_query_takes_who_is_asking(query: str) -> None:
    session, asker = list(inspect.signature(_public_queries()[query]).parameters.values())[:2]
    assert (session.name, session.annotation) == ("session", Session)
    assert (asker.name, asker.annotation) == ("asker", Asker)


@pytest.mark.parametrize("query", sorted(QUESTIONS))
def test_an_agent_gets_what_there_would_be_if_only_their_calls_existed(worlds: Worlds, query: str) -> None:
    ana = Asker(1, Role.AGENT, agent_id=_id(worlds.everybody, AgentRow, "Ana Ruiz"))
    assert _answers(worlds.everybody, ana, query) == _answers(worlds.ana, SYSTEM, query)
    assert _answers(worlds.everybody, ana, query) != _answers(worlds.everybody, SYSTEM, query)


@pytest.mark.parametrize("query", sorted(QUESTIONS))
def test_a_coach_gets_what_there_would_be_if_only_their_teams_existed(worlds: Worlds, query: str) -> None:
    coach = Asker(1, Role.COACH, team_ids=frozenset({_id(worlds.everybody, TeamRow, "North")}))
    assert _answers(worlds.everybody, coach, query) == _answers(worlds.north, SYSTEM, query)
    assert _answers(worlds.everybody, coach, query) != _answers(worlds.everybody, SYSTEM, query)


@pytest.mark.parametrize("query", sorted(QUESTIONS))
def test_a_partner_gets_what_there_would_be_if_only_its_teams_existed(worlds: Worlds, query: str) -> None:
    """Also where somebody was given another company's team to look after."""
    north, south = (_id(worlds.everybody, TeamRow, name) for name in ("North", "South"))
    company = _id(worlds.everybody, OrganisationRow, "Northern Calls")
    partner = Asker(1, Role.COACH, team_ids=frozenset({north, south}), organisation_id=company)
    assert _answers(worlds.everybody, partner, query) == _answers(worlds.north, SYSTEM, query)
    assert _answers(worlds.everybody, partner, query) != _answers(worlds.everybody, SYSTEM, query)
    astray = replace(partner, team_ids=frozenset({south}))
    assert _answers(worlds.everybody, astray, query) == _answers(worlds.empty, SYSTEM, query)


@pytest.mark.parametrize("role", [role for role in Role if role not in (Role.COACH, Role.AGENT)])
def test_nobody_of_a_partner_asks_as_more_than_a_coach(role: Role) -> None:
    with pytest.raises(ValueError, match="as a coach or as an agent"):
        Asker(1, role, organisation_id=1)


@on_one_database
@pytest.mark.parametrize("query", sorted(QUESTIONS))
@pytest.mark.parametrize("role", [Role.REVIEWER, Role.QUALITY_MANAGER])
def test_a_reviewer_and_a_quality_manager_get_all(worlds: Worlds, query: str, role: Role) -> None:
    reviewer = Asker(1, role)
    assert _answers(worlds.everybody, reviewer, query) == _answers(worlds.everybody, SYSTEM, query)
    assert _answers(worlds.everybody, reviewer, query) != _answers(worlds.empty, SYSTEM, query)


@on_one_database
@pytest.mark.parametrize("query", sorted(QUESTIONS))
def test_whoever_has_neither_team_nor_agent_gets_nothing(worlds: Worlds, query: str) -> None:
    one = frozenset({1})
    nothing = _answers(worlds.empty, SYSTEM, query)
    coach, agent = Asker(1, Role.COACH, agent_id=1), Asker(1, Role.AGENT, team_ids=one)  # each with what the other needs
    for nobody in (Asker(1, Role.COACH), Asker(1, Role.AGENT), coach, agent):
        assert _answers(worlds.everybody, nobody, query) == nothing, nobody


def test_an_agent_asking_for_another_ones_call_evaluation_audio_or_words_gets_nothing(worlds: Worlds) -> None:
    ana = Asker(1, Role.AGENT, agent_id=_id(worlds.everybody, AgentRow, "Ana Ruiz"))
    cleos = CLEO[1].transcript.call_id
    with reading(worlds.everybody) as session:
        assert queries.call_details(session, ana, cleos) is None
        assert queries.recording_path(session, ana, cleos) is None
        assert cleos not in set(queries.evaluations(session, ana, EVERYTHING).call_id)
        assert queries.search_words(session, ana, "Cleo").empty
        assert queries.recording_path(session, SYSTEM, cleos) == CLEO[1].facts.recording
        assert len(queries.search_words(session, SYSTEM, "Cleo")) == 3


def test_a_filter_for_somebody_elses_calls_opens_nothing(worlds: Worlds) -> None:
    ana, cleo = (_id(worlds.everybody, AgentRow, name) for name in ("Ana Ruiz", "Cleo Marsh"))
    with reading(worlds.everybody) as session:
        assert queries.count_calls(session, Asker(1, Role.AGENT, agent_id=ana), CallFilter(agent_ids=(cleo,))) == 0
        assert queries.count_calls(session, SYSTEM, CallFilter(agent_ids=(cleo,))) == 3


def test_an_unknown_role_sees_nothing() -> None:
    stranger = Asker(1, "visitor")  # type: ignore[arg-type]
    assert str(visible_calls(stranger)) == str(false())
    assert not may_correct(stranger)


def test_a_call_without_agent_and_team_is_for_reviewers_alone(engine: Engine) -> None:
    with transaction(engine) as session:
        store_scored_call(session, a_scored_call("orphan", agent=None, team=None))
        store_scored_call(session, a_scored_call("known"))
        one = frozenset(session.scalars(select(TeamRow.id)))
        (agent,) = session.scalars(select(AgentRow.id))
        assert queries.count_calls(session, Asker(1, Role.COACH, team_ids=one), EVERYTHING) == 1
        assert queries.count_calls(session, Asker(1, Role.AGENT, agent_id=agent), EVERYTHING) == 1
        assert session.query(CallRow).count() == queries.count_calls(session, SYSTEM, EVERYTHING) == 2


# Coaching plans: that nobody else sees or changes one, `test_plans` asks of each; here, that each asks who is asking.

RULES_THEMSELVES = {"visible_plans", "consenting_agents", "may_coach_at_all"}


def test_every_function_of_coaching_plans_takes_who_is_asking() -> None:
    asked = {
        name: made
        for module in (plan_lists, plan_material, plan_effects, plans)
        for name, made in inspect.getmembers(module, inspect.isfunction)
        if made.__module__ == module.__name__ and not name.startswith("_") and name not in RULES_THEMSELVES
    }
    assert len(asked) > 20
    for name, made in asked.items():
        assert list(inspect.signature(made).parameters)[:2] == ["session", "asker"], name


def test_whoever_has_neither_team_nor_agent_sees_no_plan(engine: Engine) -> None:
    goal = draft_goal("care", "thanks", 0.5, 0.4, 0.6, 40, 0.8, date(2025, 3, 3))
    with transaction(engine) as session:
        for call in ANA:
            store_scored_call(session, call)
        (ana,) = session.scalars(select(AgentRow.id))
        plans.offer(session, SYSTEM, plans.draft(session, SYSTEM, ana, [goal], date(2025, 3, 3)))
        one = frozenset({1})
        strangers = (Asker(1, Role.COACH), Asker(1, Role.AGENT), Asker(1, Role.COACH, agent_id=ana), Asker(1, Role.REVIEWER))
        for nobody in (*strangers, Asker(1, Role.AGENT, team_ids=one), Asker(1, Role.AGENT, agent_id=ana + 1)):
            for listed in (plan_lists.open_plans, plan_lists.offered_plans, plan_lists.settled_plans):
                assert listed(session, nobody) == (), nobody
        assert len(plan_lists.open_plans(session, Asker(1, Role.AGENT, agent_id=ana))) == 1
