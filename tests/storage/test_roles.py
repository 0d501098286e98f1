"""Is what each role may exactly what the table says, cell by cell, when it is really tried?

Every right is tried by every role on what is an agent's own (Ana's), on what is of their team (Ben's) and on what is of
another team (Cleo's). How far it went has to be what stands in the table.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from coaching.plans import draft_goal
from errors import NotAllowed, StorageError
from reviews.disputes import Decider, Rules
from scoring.result import Verdict
from storage import (
    audit,
    audit_search,
    dispute_lists,
    disputes,
    holds,
    plan_lists,
    plan_material,
    plans,
    queries,
    review_queue,
    teaching,
    tokens,
)
from storage.access import SYSTEM, Asker, may
from storage.audit import About
from storage.audit_search import Kind, Wanted
from storage.database import transaction
from storage.people import add_agent, add_team, add_user
from storage.repository import add_override, load_evaluations, store_scored_call
from storage.roles import TABLE, Reach, Right, Role, as_markdown, reach
from storage.tables import AdoptionRow, DisputeRow, LearnedJudgeRow
from tests.storage.build import a_scored_call
from tests.storage.contents import Once

PEOPLE = {"Ana Ruiz": "North", "Ben Okoye": "North", "Cleo Marsh": "South"}
RULES = Rules(days=100_000, per_month=9, decider=Decider.REVIEWER)
GOAL = draft_goal("care", "thanks", 0.5, 0.4, 0.6, 40, 0.8, date(2025, 3, 3))
LONG_AGO = datetime(2025, 3, 5, tzinfo=UTC)


@dataclass(frozen=True)
class Of:
    """What there is of one agent: a call, one of its results, the agent and a plan offered to them; perhaps a dispute."""

    agent: Asker
    call_id: str
    result_id: int
    plan_id: int
    dispute_id: int


@dataclass(frozen=True)
class Centre:
    """Who asks in each role, and what there is of each agent. The reviewer was given Cleo's dispute and no other."""

    askers: Mapping[Role, Asker]
    of: Mapping[str, Of]
    other_reviewer: int


class TakeBackError(Exception):
    """Ends a transaction in which something was only tried."""


def a_centre(engine: Engine) -> Centre:
    with transaction(engine) as session:
        calls = {
            name: a_scored_call(name, agent=name, team=team, verdicts={"thanks": "not_met"}) for name, team in PEOPLE.items()
        }
        for call in calls.values():
            assert store_scored_call(session, call)

        def person(name: str, role: Role, agent: str | None = None, team: str | None = None) -> Asker:
            agent_id = add_agent(session, agent) if agent else None
            teams = [add_team(session, team)] if team else []
            user_id = add_user(session, f"{name}@example.org", name, role, "hash", agent_id, teams)
            return Asker(user_id, role, agent_id, frozenset(teams), name)

        agents = {name: person(name, Role.AGENT, name) for name in PEOPLE}
        askers = {
            Role.ADMINISTRATOR: person("Ada", Role.ADMINISTRATOR),
            Role.QUALITY_MANAGER: person("Mira", Role.QUALITY_MANAGER),
            Role.REVIEWER: person("Rita", Role.REVIEWER),
            Role.COACH: person("Cora", Role.COACH, team="North"),
            Role.AGENT: agents["Ana Ruiz"],
        }
        judge = {"behaviour": "empathy", "author": "Ada", "at": LONG_AGO}
        learned = LearnedJudgeRow(hash="a", labels_hash="b", figures={}, data=b"c", **judge)
        session.add(learned)
        session.flush()
        session.add(AdoptionRow(learned_id=learned.id, **judge))
        rolf = person("Rolf", Role.REVIEWER).user_id
        of = {}
        for name, agent in agents.items():
            assert agent.agent_id is not None
            call_id = calls[name].transcript.call_id
            (stored,) = load_evaluations(session, call_id)
            dispute_id = disputes.raise_dispute(session, agent, RULES, stored.result_ids["thanks"], "I said it.")
            given = askers[Role.REVIEWER].user_id if name == "Cleo Marsh" else rolf
            session.get_one(DisputeRow, dispute_id).given_to_id = given
            plan_id = plans.draft(session, SYSTEM, agent.agent_id, [GOAL], date(2025, 3, 3))
            plans.offer(session, SYSTEM, plan_id)
            of[name] = Of(agent, call_id, stored.result_ids["greets"], plan_id, dispute_id)
    return Centre(askers, of, rolf)


@pytest.fixture
def centre(once: Once) -> Centre:
    return once(a_centre)


def _sees_call(session: Session, asker: Asker, of: Of, centre: Centre) -> bool:
    return queries.call_details(session, asker, of.call_id) is not None


def _corrects(session: Session, asker: Asker, of: Of, centre: Centre) -> bool:
    add_override(session, asker, of.result_id, Verdict.NOT_MET, "I listened.")
    return True


def _disputes(session: Session, asker: Asker, of: Of, centre: Centre) -> bool:
    disputes.raise_dispute(session, asker, RULES, of.result_id, "I greeted.")
    return True


def _sees_dispute(session: Session, asker: Asker, of: Of, centre: Centre) -> bool:
    return dispute_lists.find_dispute(session, asker, of.dispute_id) is not None


def _decides(session: Session, asker: Asker, of: Of, centre: Centre) -> bool:
    disputes.decide(session, asker, RULES, of.dispute_id, None, "I heard it.")
    return True


def _sees_plan(session: Session, asker: Asker, of: Of, centre: Centre) -> bool:
    return plan_lists.find_plan(session, asker, of.plan_id) is not None


def _coaches(session: Session, asker: Asker, of: Of, centre: Centre) -> bool:
    plans.plan_session(session, asker, of.plan_id, date(2025, 4, 4))
    return True


def _answers_plan(session: Session, asker: Asker, of: Of, centre: Centre) -> bool:
    plan_material.set_consent(session, asker, True)
    plans.confirm(session, asker, of.plan_id, "Fine.")
    return plan_material.consents(session, of.agent)


def _manages(session: Session, asker: Asker, of: Of, centre: Centre) -> bool:
    review_queue.set_quota(session, asker, centre.other_reviewer, 7)
    return True


def _teaches(session: Session, asker: Asker, of: Of, centre: Centre) -> bool:
    teaching.restore(session, asker, "empathy")
    return True


def _reads_record(session: Session, asker: Asker, of: Of, centre: Centre) -> bool:
    return bool(audit_search.search(session, asker, Wanted(kind=Kind.SCORES, about=About.CALL, about_id=of.call_id)))


def _reads_all_record(session: Session, asker: Asker, of: Of, centre: Centre) -> bool:
    audit.note_opening(session, of.agent, of.call_id)
    audit.write(session)
    return bool(audit_search.search(session, asker, Wanted(kind=Kind.OPENINGS, about=About.CALL, about_id=of.call_id)))


def _holds(session: Session, asker: Asker, of: Of, centre: Centre) -> bool:
    holds.set_hold(session, asker, holds.Scope.CALL, of.call_id, "A court asks for it.")
    return True


def _administers(session: Session, asker: Asker, of: Of, centre: Centre) -> bool:
    tokens.add_token(session, asker, "a program", [tokens.Scope("results:read")], Role.REVIEWER, 1)
    return True


TRIED: Mapping[Right, Callable[[Session, Asker, Of, Centre], bool]] = {
    Right.SEE_CALLS: _sees_call,
    Right.CORRECT: _corrects,
    Right.DISPUTE: _disputes,
    Right.SEE_DISPUTES: _sees_dispute,
    Right.DECIDE_DISPUTES: _decides,
    Right.SEE_PLANS: _sees_plan,
    Right.COACH: _coaches,
    Right.ANSWER_PLANS: _answers_plan,
    Right.MANAGE_QUALITY: _manages,
    Right.TEACH: _teaches,
    Right.READ_RECORD: _reads_record,
    Right.READ_ALL_RECORD: _reads_all_record,
    Right.HOLD: _holds,
    Right.ADMINISTER: _administers,
}

FAR = {
    frozenset(): Reach.NOTHING,
    frozenset({"Ana Ruiz"}): Reach.OWN,
    frozenset({"Ana Ruiz", "Ben Okoye"}): Reach.TEAMS,
    frozenset({"Cleo Marsh"}): Reach.GIVEN,
    frozenset(PEOPLE): Reach.ALL,
}


def _went(engine: Engine, centre: Centre, asker: Asker, right: Right) -> frozenset[str]:
    """Of whom the right could be used; whatever it did is taken back each time."""
    went = set()
    for name, of in centre.of.items():
        try:
            with transaction(engine) as session:
                if TRIED[right](session, asker, of, centre):
                    went.add(name)
                raise TakeBackError
        except (TakeBackError, NotAllowed):
            pass
        except StorageError as wrong:  # what is not theirs to see does not exist for them
            if "not yours" not in str(wrong):
                raise
    return frozenset(went)


def test_every_right_is_tried() -> None:
    assert set(TRIED) == set(Right) == set(TABLE)
    assert {len(cells) for cells in TABLE.values()} == {len(Role)}


@pytest.mark.parametrize("right", Right, ids=lambda right: right.name)
def test_every_role_gets_as_far_as_the_table_says(engine: Engine, centre: Centre, right: Right) -> None:
    went = {role: FAR[_went(engine, centre, centre.askers[role], right)] for role in Role}
    assert went == {role: reach(role, right) for role in Role}


def test_a_role_that_is_none_may_nothing() -> None:
    stranger = Asker(1, "visitor")  # type: ignore[arg-type]
    assert [right for right in Right if may(stranger, right)] == []


def test_the_printed_table_is_the_one_in_force() -> None:
    text = (Path(__file__).parents[2] / "docs" / "access.md").read_text(encoding="utf-8")
    printed = re.search(r"^\| what \|.*?(?=^[^|])", text, re.MULTILINE | re.DOTALL)
    assert printed
    assert printed.group(0).strip() == as_markdown().strip()
    assert len(re.findall(r"^\| ", as_markdown(), re.MULTILINE)) == len(Right) + 2


def test_the_record_of_who_reviews_is_asked_of_the_table(engine: Engine, centre: Centre) -> None:
    with transaction(engine) as session:
        names = set(review_queue.could_review(session, centre.askers[Role.ADMINISTRATOR]).values())
    assert names == {"Ada", "Mira", "Rita", "Rolf"}
