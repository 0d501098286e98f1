"""Which company does a team belong to, since when, and are a partner's people kept to what is theirs?"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from coaching.plans import ActionKind as Kind
from coaching.plans import TemplateAction, draft_goal
from errors import InputError, NotAllowed, StorageError
from storage import (
    administration,
    calibration,
    organisations,
    plan_lists,
    plan_material,
    plans,
    provided,
    queries,
    review_queue,
    sessions,
)
from storage.access import SYSTEM, Asker, Right, Role, may
from storage.database import transaction
from storage.organisations import OrganisationKind
from storage.peers import FEWEST_CALLS, peer_totals
from storage.people import add_agent, add_team, add_user
from storage.plan_tables import PlanClipRow
from storage.queries import CallFilter
from storage.repository import store_scored_call
from storage.tables import AgentRow, CallRow, UserRow
from tests.storage.build import a_scored_call

TODAY = date(2025, 4, 1)
MOVED = date(2025, 3, 10)
NOON = datetime(2025, 3, 8, 12, tzinfo=UTC)


def a_company(session: Session, name: str = "Northern Calls", team: str = "North", on: date | None = None) -> int:
    """A partner, and whose team is of it since that day."""
    added = organisations.add_organisation(session, SYSTEM, name, OrganisationKind.OUTSOURCER)
    organisations.assign_team(session, SYSTEM, add_team(session, team), added, on, TODAY)
    return added


def who_is(
    session: Session, company: int | None, role: Role = Role.COACH, teams: tuple[int, ...] = (), **more: Any
) -> Asker:
    """Somebody who signs in with such an account, as they ask."""
    mail = f"{role}.{len(session.scalars(select(UserRow.id)).all())}@example.org"
    user_id = add_user(session, mail, "Pat Rowe", role, "hash", team_ids=teams, organisation_id=company, **more)
    return sessions.asker_for(session, session.get_one(UserRow, user_id))


def take(session: Session, agent: str, team: str, started_at: datetime = NOON, number: int = 1, **more: Any) -> list[str]:
    """So many calls of an agent, a day after another; their ids."""
    found = []
    for place in range(number):
        when = started_at + timedelta(days=place)
        call = a_scored_call(f"{agent} {when:%d} {place}", agent=agent, team=team, started_at=when, **more)
        assert store_scored_call(session, call)
        found.append(call.transcript.call_id)
    return found


def seen(session: Session, asker: Asker) -> set[str]:
    return set(queries.calls(session, asker, CallFilter()).call_id)


# Teams and their companies


def test_a_team_that_changes_hands_leaves_its_past_behind(engine: Engine) -> None:
    with transaction(engine) as session:
        ours = take(session, "Ana Ruiz", "North", number=2)  # the 8th and 9th
        theirs = take(session, "Ana Ruiz", "North", datetime(2025, 3, 10, tzinfo=UTC), number=2)  # to the second
        company = a_company(session, on=MOVED)
        partner = who_is(session, company)
        assert seen(session, partner) == set(theirs)
        assert queries.count_calls(session, partner, CallFilter()) == 2
        assert queries.filter_choices(session, partner).first == MOVED
        calls = queries.organisation_calls(session, SYSTEM, CallFilter())
        assert list(calls["organisation_id"].fillna(0)) == [0, 0, company, company]
        assert len(seen(session, SYSTEM)) == len(ours) + len(theirs)


def test_a_partner_whose_team_has_left_sees_it_no_longer_and_the_next_one_not_its_past(engine: Engine) -> None:
    with transaction(engine) as session:
        first = a_company(session)
        take(session, "Ana Ruiz", "North", number=2)
        later = take(session, "Ana Ruiz", "North", datetime(2025, 3, 10, 9, tzinfo=UTC))
        leaves = who_is(session, first)
        assert len(seen(session, leaves)) == 3
        second = organisations.add_organisation(session, SYSTEM, "Southern Voices", OrganisationKind.AGENCY)
        north = add_team(session, "North")
        organisations.assign_team(session, SYSTEM, north, second, MOVED, TODAY)
        assert seen(session, leaves) == set()  # also with the session that was open
        assert seen(session, who_is(session, first)) == set()
        assert seen(session, who_is(session, second)) == set(later)
        calls = queries.organisation_calls(session, SYSTEM, CallFilter())
        assert list(calls["organisation_id"]) == [first, first, second]
        organisations.assign_team(session, SYSTEM, north, None, date(2025, 3, 20), TODAY)
        assert seen(session, who_is(session, second)) == set()
        (_, ended) = reversed(organisations.list_belongings(session, SYSTEM))
        assert (ended.organisation, ended.since, ended.until) == ("Southern Voices", MOVED, date(2025, 3, 20))


def test_a_team_that_comes_back_brings_what_it_took_before_and_nothing_of_the_time_between(engine: Engine) -> None:
    with transaction(engine) as session:
        company = a_company(session)
        taken = take(session, "Ana Ruiz", "North", datetime(2025, 3, 9, 12, tzinfo=UTC), number=3)  # to the 11th
        north = add_team(session, "North")
        for to, on in ((None, MOVED), (company, date(2025, 3, 11))):
            organisations.assign_team(session, SYSTEM, north, to, on, TODAY)
        assert seen(session, who_is(session, company)) == {taken[0], taken[2]}
        # An end that was entered by mistake is put right on the same day, and nothing is lost.
        organisations.assign_team(session, SYSTEM, north, None, date(2025, 3, 20), TODAY)
        organisations.assign_team(session, SYSTEM, north, company, date(2025, 3, 20), TODAY)
        assert seen(session, who_is(session, company)) == {taken[0], taken[2]}


def test_what_does_not_fit_is_refused_with_a_sentence(engine: Engine) -> None:
    with transaction(engine) as session:
        company = a_company(session, on=MOVED)
        north = add_team(session, "North")

        def assign(organisation: int | None, on: date | None) -> None:
            organisations.assign_team(session, SYSTEM, north, organisation, on, TODAY)

        for organisation, on, says in (
            (company, MOVED, "belongs there: Northern Calls"),
            (None, None, "nothing before that"),
            (None, date(2025, 3, 9), "nothing before that"),
            (None, date(2025, 4, 2), "yet to come"),
            (99, MOVED, "no such team"),
        ):
            with pytest.raises(InputError, match=says):
                assign(organisation, on)
        for name in ("", " northern calls ", "our own"):
            with pytest.raises(InputError, match=r"name|already"):
                organisations.add_organisation(session, SYSTEM, name, OrganisationKind.AGENCY)
            with pytest.raises(InputError, match=r"name|already"):
                organisations.change_organisation(
                    session,
                    SYSTEM,
                    organisations.add_organisation(session, SYSTEM, f"B{name}", OrganisationKind.AGENCY),
                    name,
                )
        with pytest.raises(InputError, match="no such organisation"):
            organisations.change_organisation(session, SYSTEM, 99, "Southern")
        with pytest.raises(StorageError, match=r"There are: .*Northern Calls"):
            organisations.organisation_called(session, SYSTEM, "Southern")
        # Entered again for the same day, it takes the place of what was entered by mistake.
        assign(None, MOVED)
        assert organisations.list_belongings(session, SYSTEM) == ()


def test_an_organisation_that_is_called_something_else_keeps_its_teams_and_people(engine: Engine) -> None:
    with transaction(engine) as session:
        company = a_company(session)
        before = organisations.organisation_called(session, SYSTEM, "Northern Calls")
        organisations.change_organisation(session, SYSTEM, company, " NORTHERN CALLS ", OrganisationKind.FIELD_SERVICE)
        (after,) = organisations.list_organisations(session, SYSTEM)
        assert after == replace(before, name="NORTHERN CALLS", kind=OrganisationKind.FIELD_SERVICE)
        organisations.change_organisation(session, SYSTEM, company, "Southern Calls")
        assert organisations.organisation_called(session, SYSTEM, "southern calls").kind is OrganisationKind.FIELD_SERVICE


def test_others_than_administrators_enter_nothing_and_a_partner_is_told_of_no_company(engine: Engine) -> None:
    with transaction(engine) as session:
        company = a_company(session)
        partner, mira = who_is(session, company), Asker(1, Role.QUALITY_MANAGER)
        for asker in (partner, mira, Asker(1, Role.REVIEWER)):
            with pytest.raises(NotAllowed):
                organisations.add_organisation(session, asker, "Another", OrganisationKind.AGENCY)
            with pytest.raises(NotAllowed):
                organisations.assign_team(session, asker, add_team(session, "North"), None, None, TODAY)
            with pytest.raises(NotAllowed):
                organisations.change_organisation(session, asker, company, "Another")
        assert [one.name for one in organisations.list_organisations(session, mira)] == ["Northern Calls"]
        for listed in (organisations.list_organisations, organisations.list_belongings):
            with pytest.raises(NotAllowed):
                listed(session, partner)


# A partner's people


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.AGENT])
def test_whatever_the_role_of_an_account_a_partners_person_has_the_rights_of_a_coach(engine: Engine, role: Role) -> None:
    with transaction(engine) as session:
        company = a_company(session)
        take(session, "Ana Ruiz", "North")
        take(session, "Cleo Marsh", "South")
        partner = who_is(session, company, role)
        assert (partner.role, partner.organisation_id) == (Role.COACH, company)
        assert {right for right in Right if may(partner, right)} == {
            Right.SEE_CALLS, Right.SEE_DISPUTES, Right.SEE_PLANS, Right.COACH,
        }  # fmt: skip
        assert len(seen(session, partner)) == 1
        user = queries.user_by_email(session, session.get_one(UserRow, partner.user_id).email)
        assert user is not None
        assert user.asker == partner
        token = sessions.start(session, partner.user_id, 1)
        assert sessions.asker_of(session, token) == partner


def test_an_account_of_a_partner_is_a_coachs_of_its_own_teams(engine: Engine) -> None:
    with transaction(engine) as session:
        company = a_company(session)
        south = add_team(session, "South")
        person = {"name": "Pat Rowe", "email": "pat@example.org", "agent_id": None, "organisation_id": company}
        more: Mapping[str, Any] = {**person, "password_hash": "hash", "until": NOON}
        for role, teams, says in ((Role.REVIEWER, (), "does not also"), (Role.COACH, (south,), "that partner only")):
            with pytest.raises(InputError, match=says):
                administration.add_person(session, SYSTEM, role=role, team_ids=teams, **more)
        pat = administration.add_person(session, SYSTEM, role=Role.COACH, team_ids=(), **more)
        (listed,) = administration.list_people(session, SYSTEM)
        assert (listed.organisation_id, listed.organisation) == (company, "Northern Calls")
        # What the organisation's own sign-in says of them makes nobody a reviewer, nor one of our own.
        said = provided.Provided("pat@example.org", "Pat Rowe", Role.REVIEWER, None, "")
        with pytest.raises(NotAllowed, match="does not also"):
            provided.admit(session, said, True, "hash")
        provided.admit(session, replace(said, role=Role.COACH), True, "hash")
        assert session.get_one(UserRow, pat).organisation_id == company


def test_a_partners_people_are_given_nothing_to_judge(engine: Engine) -> None:
    with transaction(engine) as session:
        company = a_company(session)
        partner = who_is(session, company, Role.REVIEWER)
        rosa = who_is(session, None, Role.REVIEWER)
        assert list(review_queue.could_review(session, SYSTEM)) == [rosa.user_id]
        assert list(review_queue.quotas(session)) == [rosa.user_id]
        assert list(calibration.who_can_judge(session, SYSTEM)) == [rosa.user_id]
        with pytest.raises(StorageError, match="review"):
            review_queue.set_quota(session, SYSTEM, partner.user_id, 5)


def test_an_agent_is_of_whom_their_team_is_of_and_keeps_their_own_calls(engine: Engine) -> None:
    with transaction(engine) as session:
        before = take(session, "Ana Ruiz", "North")
        since = take(session, "Ana Ruiz", "North", datetime(2025, 3, 11, tzinfo=UTC))
        company = a_company(session, on=MOVED)
        ana = who_is(session, None, Role.AGENT, agent_id=add_agent(session, "Ana Ruiz"))
        assert ana.organisation_id == company
        assert seen(session, ana) == {*before, *since}


# What is compared with colleagues


def test_colleagues_of_another_company_are_in_no_range(engine: Engine) -> None:
    with transaction(engine) as session:
        for agent, team in (("Ana Ruiz", "North"), *((f"Peer {n}", "South") for n in range(5))):
            take(session, agent, team, number=FEWEST_CALLS)
        agent_id = add_agent(session, "Ana Ruiz")
        ana = who_is(session, None, Role.AGENT, agent_id=agent_id)
        spring = (date(2025, 3, 1), date(2025, 3, 31))
        assert peer_totals(session, ana, agent_id, *spring)
        partner = who_is(session, a_company(session), Role.COACH)
        ana = sessions.asker_for(session, session.get_one(UserRow, ana.user_id))
        for asker in (ana, partner):
            assert peer_totals(session, asker, agent_id, *spring) == {}
        for number in range(5):
            take(session, f"Northern {number}", "North", number=FEWEST_CALLS)
        for asker in (ana, partner):
            assert peer_totals(session, asker, agent_id, *spring)["care"].peers == 5


def test_no_moment_of_another_companys_call_is_lent(engine: Engine) -> None:
    goal = draft_goal("care", "thanks", 0.5, 0.4, 0.6, 40, 0.8, date(2025, 3, 3))
    with transaction(engine) as session:
        take(session, "Ana Ruiz", "North")
        take(session, "Cleo Marsh", "South")
        cleo = who_is(session, None, Role.AGENT, agent_id=add_agent(session, "Cleo Marsh"))
        plan_material.set_consent(session, cleo, True)
        ana_id = add_agent(session, "Ana Ruiz")
        ana = who_is(session, None, Role.AGENT, agent_id=ana_id)
        plan = plans.draft(session, SYSTEM, ana_id, [goal], date(2025, 3, 3))
        lent = session.scalars(select(CallRow.id).where(CallRow.agent_id == cleo.agent_id)).one()
        clip = PlanClipRow(
            plan_id=plan, session_id=None, about="care/thanks", kind="colleague", call_id=lent, turn=0, start_seconds=0.0,
            end_seconds=2.0, quote="Thank you", note="", author="Mira", at=NOON, removed_at=None,
        )  # fmt: skip
        session.add(clip)
        plans.offer(session, SYSTEM, plan)

        def clips(asker: Asker) -> list[str]:
            found = plan_lists.find_plan(session, asker, plan)
            assert found is not None
            return [one.quote for one in found.clips if one.id == clip.id]

        assert clips(ana) == ["Thank you"]
        company = a_company(session)
        assert clips(sessions.asker_for(session, session.get_one(UserRow, ana.user_id))) == []
        assert clips(who_is(session, company)) == []


def test_a_partners_coach_plans_for_its_own_agents_and_changes_nothing_for_all(engine: Engine) -> None:
    goal = draft_goal("care", "thanks", 0.5, 0.4, 0.6, 40, 0.8, date(2025, 3, 3))
    action = [TemplateAction(Kind.LISTEN, "Listen to Mira's call.", 7)]
    with transaction(engine) as session:
        take(session, "Ana Ruiz", "North")
        take(session, "Cleo Marsh", "South")
        plan_material.save_template(session, SYSTEM, "care", "thanks", action)
        company = a_company(session)
        partner = who_is(session, company)
        assert "Mira" not in repr(plan_material.template(session, partner, "care", "thanks"))
        with pytest.raises(NotAllowed):
            plan_material.save_template(session, partner, "care", "thanks", action)
        ana, cleo = (add_agent(session, name) for name in ("Ana Ruiz", "Cleo Marsh"))
        plan = plans.draft(session, partner, ana, [goal], date(2025, 3, 3))
        assert plan_lists.find_plan(session, partner, plan) is not None
        astray = replace(partner, team_ids=frozenset(session.scalars(select(AgentRow.team_id)).all()))  # type: ignore[arg-type]
        for asker in (partner, astray):
            with pytest.raises(NotAllowed):
                plans.draft(session, asker, cleo, [goal], date(2025, 3, 3))
        hers = plans.draft(session, SYSTEM, cleo, [goal], date(2025, 3, 3))
        assert plan_lists.find_plan(session, astray, hers) is None
