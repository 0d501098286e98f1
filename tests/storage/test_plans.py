"""Is a coaching plan drafted from what there is, kept with all that happens to it, and seen by nobody else?"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import Engine, select, text, update
from sqlalchemy.orm import Session

from coaching.effect import Effect, TooSoon, Worked
from coaching.plans import Action, ActionKind, ClipKind, Goal, PlanState, PlanStep, TemplateAction, draft_goal
from errors import AttuneError, NotAllowed, StorageError
from scoring.result import Verdict
from storage import desk, plan_effects, plan_lists, plan_material, plans
from storage.access import SYSTEM, Asker, Role
from storage.database import reading, transaction
from storage.people import add_agent, add_team, add_user, move_agent
from storage.plan_lists import Plan
from storage.plan_material import Moment
from storage.plan_tables import ExampleConsentRow, PlanStepRow
from storage.queries import CallFilter, calls
from storage.records import CallKind
from storage.repository import load_evaluations, store_scored_call
from storage.tables import AgentRow, CallRow
from storage.tallies import recount
from tests.on_postgresql import on_one_database
from tests.storage.build import a_scored_call, correct
from tests.storage.contents import Once

MONDAY = date(2026, 6, 1)
EARLIER = datetime(2026, 5, 4, 12, tzinfo=UTC)
THANKS = draft_goal("care", "thanks", 0.5, 0.4, 0.6, 40, 0.8, MONDAY)
GREETS = draft_goal("care", "greets", 0.6, 0.5, 0.7, 40, 0.8, MONDAY)


@dataclass(frozen=True)
class Centre:
    """Two agents of team North, one of South, with two calls each, and who has to do with them."""

    engine: Engine
    ana: Asker
    ben: Asker
    cleo: Asker
    coach: Asker
    other_coach: Asker
    reviewer: Asker
    quality: Asker

    @property
    def ana_id(self) -> int:
        assert self.ana.agent_id is not None
        return self.ana.agent_id

    def do(self, what: Callable[..., object], asker: Asker, *given: object, **named: object) -> object:
        with transaction(self.engine) as session:
            return what(session, asker, *given, **named)

    def draft(self, *goals: Goal, by: Asker | None = None) -> int:
        with transaction(self.engine) as session:
            return plans.draft(session, by or self.coach, self.ana_id, goals or (THANKS,), MONDAY)

    def offered(self) -> int:
        plan_id = self.draft()
        self.do(plans.offer, self.coach, plan_id)
        return plan_id

    def seen(self, plan_id: int, by: Asker | None = None) -> Plan:
        with reading(self.engine) as session:
            found = plan_lists.find_plan(session, by or self.coach, plan_id)
        assert found is not None
        return found

    def calls_of(self, asker: Asker) -> list[str]:
        with reading(self.engine) as session:
            return list(calls(session, SYSTEM, CallFilter(agent_ids=(asker.agent_id or -1,))).call_id)


def a_centre(engine: Engine) -> Centre:
    with transaction(engine) as session:
        for agent, team in (("Ana Ruiz", "North"), ("Ben Okoye", "North"), ("Cleo Marsh", "South")):
            for number, verdict in enumerate(("met", "not_met")):
                scored = a_scored_call(
                    f"{agent} {number}", agent=agent, team=team, started_at=EARLIER, verdicts={"thanks": verdict}
                )
                assert store_scored_call(session, scored)

        def person(name: str, role: Role, agent: str | None = None, team: str | None = None) -> Asker:
            agent_id = add_agent(session, agent) if agent else None
            teams = [add_team(session, team)] if team else []
            user_id = add_user(session, f"{name}@example.org", name, role, "hash", agent_id, teams)
            return Asker(user_id, role, agent_id, frozenset(teams), name)

        return Centre(
            engine,
            ana=person("Ana Ruiz", Role.AGENT, "Ana Ruiz"),
            ben=person("Ben Okoye", Role.AGENT, "Ben Okoye"),
            cleo=person("Cleo Marsh", Role.AGENT, "Cleo Marsh"),
            coach=person("Cora Lind", Role.COACH, team="North"),
            other_coach=person("Sven Dahl", Role.COACH, team="South"),
            reviewer=person("Rita Boyle", Role.REVIEWER),
            quality=person("Mira Holt", Role.QUALITY_MANAGER),
        )


@pytest.fixture
def centre(once: Once) -> Centre:
    """The centre, on SQLite and on PostgreSQL."""
    return once(a_centre)


# Drafting


def test_a_draft_holds_the_goal_the_tip_moments_of_the_agents_own_calls_and_a_first_talk(centre: Centre) -> None:
    plan = centre.seen(centre.draft(THANKS, GREETS))
    assert (plan.agent, plan.team, plan.coach, plan.state) == ("Ana Ruiz", "North", "Cora Lind", PlanState.DRAFT)
    assert [one.goal.criterion for one in plan.goals] == ["thanks", "greets"]
    assert [one.tip for one in plan.goals] == ["", "Say hello."]
    assert any("Say hello." in one.action.words for one in plan.actions)
    assert {one.kind for one in plan.clips if one.about == "care/thanks"} == {ClipKind.WELL, ClipKind.MISSED}
    assert {one.call_id for one in plan.clips} <= set(centre.calls_of(centre.ana))
    assert [one.planned_for for one in plan.sessions] == [MONDAY + timedelta(days=1)]
    assert [one.step for one in plan.steps] == [PlanStep.DRAFTED]


def test_what_a_reviewer_marked_comes_before_what_the_machine_found(centre: Centre) -> None:
    call_id = centre.calls_of(centre.ana)[0]
    centre.do(desk.clip, centre.reviewer, "a name of it", call_id, 1.0, 3.0, good=True, about="care/thanks", note="So warm.")
    well = [one for one in centre.seen(centre.draft()).clips if one.kind is ClipKind.WELL]
    assert (well[0].call_id, well[0].start, well[0].end, well[0].note) == (call_id, 1.0, 3.0, "So warm.")


def test_a_colleague_is_an_example_only_by_their_own_consent(centre: Centre) -> None:
    def colleagues() -> list[str]:
        with reading(centre.engine) as session:
            found = plan_material.moments(session, centre.quality, centre.ana_id, "care", "thanks")
        return [one.call_id for one in found if one.kind is ClipKind.COLLEAGUE]

    assert colleagues() == []
    centre.do(plan_material.set_consent, centre.ben, True)
    assert set(colleagues()) <= set(centre.calls_of(centre.ben))
    assert colleagues()
    centre.do(plan_material.set_consent, centre.ben, False)
    assert colleagues() == []
    with reading(centre.engine) as session:
        assert len(session.scalars(select(ExampleConsentRow)).all()) == 2  # both words are kept


def test_nobody_consents_for_somebody_else(centre: Centre) -> None:
    for asker in (centre.coach, centre.quality, centre.reviewer, SYSTEM):
        with pytest.raises(NotAllowed):
            centre.do(plan_material.set_consent, asker, True)
        assert centre.do(plan_material.consents, asker) is False


def test_an_example_of_a_colleague_is_read_in_words_alone_and_only_while_they_let_it_be(centre: Centre) -> None:
    centre.do(plan_material.set_consent, centre.ben, True)
    plan_id = centre.offered()

    def borrowed(by: Asker) -> list[plan_lists.PlanClip]:
        return [one for one in centre.seen(plan_id, by).clips if one.kind is ClipKind.COLLEAGUE]

    (for_coach,), (for_ana,) = borrowed(centre.coach), borrowed(centre.ana)
    assert for_coach.call_id in centre.calls_of(centre.ben)
    assert (for_ana.call_id, for_ana.note, for_ana.author) == ("", "", "")
    assert for_ana.quote == for_coach.quote
    centre.do(plan_material.set_consent, centre.ben, False)
    assert borrowed(centre.ana) == []
    assert len(borrowed(centre.coach)) == 1


def test_a_request_for_coaching_is_seen_to_by_the_plan_that_answers_it(centre: Centre) -> None:
    call_id = centre.calls_of(centre.ana)[0]
    centre.do(desk.ask_coaching, centre.reviewer, "a name of it", call_id, "Please look at the ending.")
    with transaction(centre.engine) as session:
        (asked,) = desk.coaching_asked(session, centre.coach)
        plans.draft(session, centre.coach, centre.ana_id, (THANKS,), MONDAY, request_id=asked.id)
        assert desk.coaching_asked(session, centre.coach) == ()


def test_one_open_plan_has_a_goal_at_a_time(centre: Centre) -> None:
    plan_id = centre.draft()
    with pytest.raises(StorageError, match="open plan with this goal"):
        centre.draft(GREETS, THANKS)
    centre.do(plans.stop, centre.coach, plan_id, "She has left.")
    centre.draft()


def test_a_template_is_what_plans_for_its_question_begin_with(centre: Centre) -> None:
    role_play = TemplateAction(ActionKind.ROLE_PLAY, "Play three endings of a call.", 2)
    centre.do(plan_material.save_template, centre.coach, "care", "thanks", [role_play])
    plan = centre.seen(centre.draft())
    assert [one.action for one in plan.actions] == [
        Action(ActionKind.ROLE_PLAY, role_play.words, MONDAY + timedelta(days=2))
    ]
    with pytest.raises(StorageError, match="no question"):
        centre.do(plan_material.save_template, centre.coach, "care", "nothing", [role_play])
    with pytest.raises(StorageError, match="says what to do"):
        centre.do(plan_material.save_template, centre.coach, "care", "thanks", [])


# Its way


def test_a_plan_goes_from_draft_to_done_with_everybody_named(centre: Centre) -> None:
    plan_id = centre.offered()
    centre.do(plans.confirm, centre.ana, plan_id, "I would like to hear more of my own calls.")
    plan = centre.seen(plan_id)
    (talk,), (action, *_), (clip, *_) = plan.sessions, plan.actions, plan.clips
    centre.do(plans.tick, centre.ana, plan_id, action.id, True)
    centre.do(plans.hold_session, centre.coach, plan_id, talk.id, MONDAY, "We listened to two calls.", [clip.id])
    centre.do(plans.plan_session, centre.coach, plan_id, MONDAY + timedelta(weeks=2))
    assert centre.seen(plan_id).state is PlanState.RUNNING
    centre.do(plans.finish, centre.coach, plan_id, "Well done.")
    plan = centre.seen(plan_id)
    assert plan.state is PlanState.DONE
    assert plan.agent_view == "I would like to hear more of my own calls."
    assert plan.sessions[0].notes == "We listened to two calls."
    assert [one.session_id for one in plan.clips if one.id == clip.id] == [talk.id]
    assert plan.actions[0].done_by == "Ana Ruiz"
    assert plan.due == ()
    assert [(one.step, one.author) for one in plan.steps] == [
        (PlanStep.DRAFTED, "Cora Lind"),
        (PlanStep.OFFERED, "Cora Lind"),
        (PlanStep.CONFIRMED, "Ana Ruiz"),
        (PlanStep.ACTION_DONE, "Ana Ruiz"),
        (PlanStep.SESSION_HELD, "Cora Lind"),
        (PlanStep.BEGUN, "Cora Lind"),
        (PlanStep.SESSION_PLANNED, "Cora Lind"),
        (PlanStep.DONE, "Cora Lind"),
    ]
    with pytest.raises(StorageError, match="over"):
        centre.do(plans.plan_session, centre.coach, plan_id, MONDAY)


def test_only_the_agent_confirms_and_only_what_is_offered(centre: Centre) -> None:
    plan_id = centre.draft()
    with pytest.raises(NotAllowed):
        centre.do(plans.confirm, centre.ana, plan_id)  # a draft is not theirs to see
    centre.do(plans.offer, centre.coach, plan_id)
    for asker in (centre.coach, centre.quality, centre.ben, centre.reviewer):
        with pytest.raises(NotAllowed):
            centre.do(plans.confirm, asker, plan_id)
    centre.do(plans.confirm, centre.ana, plan_id)
    with pytest.raises(StorageError, match="cannot become"):
        centre.do(plans.confirm, centre.ana, plan_id)


def test_a_goal_changed_after_the_agent_confirmed_is_confirmed_again(centre: Centre) -> None:
    plan_id = centre.offered()
    centre.do(plans.confirm, centre.ana, plan_id)
    plan = centre.seen(plan_id)
    own = [(one.id, one.action) for one in plan.actions]
    changes = {"words": plan.words, "starts_on": plan.starts_on, "goals": [replace(THANKS, rate_to=0.6)], "actions": own}
    centre.do(plans.revise, centre.coach, plan_id, plan.last_step, **changes)
    changed = centre.seen(plan_id)
    assert (changed.state, changed.confirmed_at) == (PlanState.OFFERED, None)
    assert changed.goals[0].goal.rate_to == 0.6
    assert "70 % by 2026-07-13 → 60 % by 2026-07-13" in changed.steps[-1].words
    assert "goal “Any thanks?”" in changed.steps[-1].words
    assert "confirm again" in changed.steps[-1].words


def test_actions_are_changed_added_and_taken_out_and_the_history_says_so(centre: Centre) -> None:
    plan_id = centre.draft()
    plan = centre.seen(plan_id)
    (first, second, third) = plan.actions
    later = replace(first.action, due=first.action.due + timedelta(days=7))
    new = Action(ActionKind.ROLE_PLAY, "Play an ending.", MONDAY)
    kept = [(first.id, later), (second.id, second.action), (None, new)]
    centre.do(
        plans.revise,
        centre.coach,
        plan_id,
        plan.last_step,
        words="Good to have you here.",
        starts_on=MONDAY,
        goals=[THANKS],
        actions=kept,
    )
    changed = centre.seen(plan_id)
    assert {one.action for one in changed.actions} == {later, second.action, new}
    words = changed.steps[-1].words
    assert "what the coach says" in words
    assert f"action taken out: {third.action.words}" in words
    assert "action added: Play an ending." in words


def test_two_editors_are_told_of_each_other(centre: Centre) -> None:
    plan_id = centre.draft()
    plan = centre.seen(plan_id)
    same = {"starts_on": MONDAY, "goals": [THANKS], "actions": [(one.id, one.action) for one in plan.actions]}
    centre.do(plans.revise, centre.quality, plan_id, plan.last_step, words="From Mira.", **same)
    with pytest.raises(StorageError, match="Mira Holt has changed"):
        centre.do(plans.revise, centre.coach, plan_id, plan.last_step, words="From Cora.", **same)
    assert centre.seen(plan_id).words == "From Mira."


def test_what_happened_is_never_rewritten(centre: Centre) -> None:
    centre.draft()
    with pytest.raises(StorageError, match="never rewritten"), transaction(centre.engine) as session:
        session.execute(text("UPDATE plan_steps SET author = 'nobody'"))
    with reading(centre.engine) as session:
        assert session.scalars(select(PlanStepRow.author)).all() == ["Cora Lind"]


def test_a_moment_is_of_a_call_that_is_theirs_to_see_and_about_a_goal(centre: Centre) -> None:
    plan_id = centre.draft()

    def put(call_id: str, kind: ClipKind, about: str = "care/thanks", start: float = 1.0) -> None:
        moment = Moment(kind, call_id, EARLIER, None, start, start + 30, "", "Listen.")
        centre.do(plans.add_clip, centre.coach, plan_id, about, moment)

    anas, bens, cleos = (centre.calls_of(who)[0] for who in (centre.ana, centre.ben, centre.cleo))
    put(anas, ClipKind.WELL)
    put(bens, ClipKind.COLLEAGUE)
    refused: list[Callable[[], object]] = [
        lambda: put(cleos, ClipKind.COLLEAGUE),
        lambda: put(bens, ClipKind.WELL),
        lambda: put(anas, ClipKind.COLLEAGUE),
        lambda: put(anas, ClipKind.WELL, about="care/greets"),
        lambda: put(anas, ClipKind.WELL, start=500.0),
    ]
    for wrong in refused:
        with pytest.raises(StorageError):
            wrong()
    before = centre.seen(plan_id).clips
    centre.do(plans.remove_clip, centre.coach, plan_id, before[-1].id)
    assert centre.seen(plan_id).clips == before[:-1]


def test_what_is_due_stands_in_the_order_of_days(centre: Centre) -> None:
    due = centre.seen(centre.draft()).due
    assert [one.day for one in due] == sorted(one.day for one in due)
    assert {one.key.partition("-")[0] for one in due} == {"draft", "session", "action", "goal"}


# Who may


DOINGS: dict[str, tuple[object, ...]] = {
    "offer": (),
    "begin": (),
    "finish": ("",),
    "stop": ("Enough.",),
    "plan_session": (MONDAY,),
    "hold_session": (1, MONDAY, "Notes."),
    "remove_clip": (1,),
    "add_clip": ("care/thanks", Moment(ClipKind.WELL, "x", EARLIER, None, None, None, "", "")),
}


@pytest.mark.parametrize("doing", sorted(DOINGS))
@pytest.mark.parametrize("who", ["ana", "ben", "cleo", "other_coach", "reviewer"])
def test_who_does_not_coach_the_agent_changes_nothing_of_the_plan(centre: Centre, doing: str, who: str) -> None:
    plan_id = centre.offered()
    before = centre.seen(plan_id)
    with pytest.raises(NotAllowed):
        centre.do(getattr(plans, doing), getattr(centre, who), plan_id, *DOINGS[doing])
    assert centre.seen(plan_id) == before


@pytest.mark.parametrize("who", ["ben", "cleo", "other_coach", "reviewer"])
def test_nobody_else_sees_answers_or_ticks_the_plan(centre: Centre, who: str) -> None:
    plan_id, asker = centre.offered(), getattr(centre, who)
    with reading(centre.engine) as session:
        assert plan_lists.find_plan(session, asker, plan_id) is None
        assert plan_lists.open_plans(session, asker) == ()
        assert plan_lists.offered_plans(session, asker) == ()
        assert plan_effects.effects_of(session, asker, [centre.seen(plan_id)]) == {}
    action = centre.seen(plan_id).actions[0].id
    refused: list[Callable[[], object]] = [
        lambda: centre.do(plans.tick, asker, plan_id, action, True),
        lambda: centre.do(plans.say, asker, plan_id, "Mine!"),
        lambda: centre.do(plans.confirm, asker, plan_id),
    ]
    for doing in refused:
        with pytest.raises(NotAllowed):
            doing()


@pytest.mark.parametrize("who", ["ana", "ben", "other_coach", "reviewer"])
def test_who_does_not_coach_the_agent_drafts_no_plan(centre: Centre, who: str) -> None:
    with pytest.raises(NotAllowed):
        centre.draft(by=getattr(centre, who))
    with reading(centre.engine) as session:
        assert plan_lists.open_plans(session, SYSTEM) == ()


@pytest.mark.parametrize("who", ["ana", "reviewer"])
def test_who_makes_no_plans_reads_and_saves_no_template(centre: Centre, who: str) -> None:
    asker = getattr(centre, who)
    with pytest.raises(NotAllowed):
        centre.do(plan_material.template, asker, "care", "thanks")
    with pytest.raises(NotAllowed):
        centre.do(plan_material.save_template, asker, "care", "thanks", [])


def test_a_coach_takes_the_plans_over_with_the_agent(centre: Centre) -> None:
    plan_id = centre.draft()
    with transaction(centre.engine) as session:
        move_agent(session, centre.ana_id, next(iter(centre.other_coach.team_ids)))
    centre.do(plans.offer, centre.other_coach, plan_id)
    with reading(centre.engine) as session:
        assert plan_lists.find_plan(session, centre.coach, plan_id) is None


def test_an_agent_reads_nothing_of_what_was_done_to_the_draft(centre: Centre) -> None:
    plan_id = centre.offered()
    assert [one.step for one in centre.seen(plan_id, centre.ana).steps] == [PlanStep.OFFERED]


def test_a_plan_that_was_dropped_as_a_draft_stays_unknown_to_the_agent(centre: Centre) -> None:
    plan_id = centre.draft()
    centre.do(plans.stop, centre.coach, plan_id, "Not now.")
    with reading(centre.engine) as session:
        assert plan_lists.settled_plans(session, centre.ana) == ()
        assert len(plan_lists.settled_plans(session, centre.coach)) == 1


# Its effect


def _store_weeks(session: Session, agent: str, team: str, met: dict[int, int], of: int, queue: str = "parcels") -> None:
    """So many calls of each week before (negative) or after the plan's, of which so many are met."""
    for week, good in met.items():
        for number in range(of):
            scored = a_scored_call(
                f"{agent} {week} {number}",
                agent=agent,
                team=team,
                started_at=datetime(2026, 6, 1, 12, tzinfo=UTC) + timedelta(weeks=week, minutes=number),
                verdicts={"thanks": "met" if number < good else "not_met"},
                queue=queue,
            )
            assert store_scored_call(session, scored)


def a_measured_plan(engine: Engine) -> tuple[Centre, int]:
    centre = a_centre(engine)
    plan_id = centre.offered()
    with transaction(centre.engine) as session:
        _store_weeks(session, "Ana Ruiz", "North", {-2: 4, -1: 4, 0: 0, 1: 9, 2: 10}, of=10)
        for n in range(9):
            _store_weeks(session, f"Peer {n}", "South", {-2: 6 + n % 3, 1: 6 + (n + 1) % 3}, of=10)
        for n in range(4):
            _store_weeks(session, f"Stranger {n}", "South", {-2: 7, 1: 7}, of=10, queue="furniture")
    return centre, plan_id


@pytest.fixture
def measured(once: Once) -> tuple[Centre, int]:
    """Ana's plan, and calls of hers, of nine uncoached colleagues and of four who take others, before and after it; she
    alone got much better."""
    return once(a_measured_plan)


@on_one_database
def test_the_effect_is_told_against_colleagues_who_were_not_coached(measured: tuple[Centre, int]) -> None:
    centre, plan_id = measured
    with reading(centre.engine) as session:
        (found,) = plan_effects.effects_of(session, centre.coach, [centre.seen(plan_id)])[plan_id]
    assert isinstance(found.said, Effect)
    # The week in which the plan begins is on neither side; the two calls before are those that everybody has.
    assert (found.said.calls_before, found.said.calls_after, found.rate) == (22, 20, 0.95)
    assert (found.said.peers, found.said.worked) == (9, Worked.LIKELY)


@on_one_database
def test_colleagues_with_a_plan_of_the_same_goal_or_other_queues_are_not_compared_with(measured: tuple[Centre, int]) -> None:
    centre, plan_id = measured
    with transaction(centre.engine) as session:
        peer = add_agent(session, "Peer 0")
        plans.offer(session, centre.quality, plans.draft(session, centre.quality, peer, (THANKS,), MONDAY))
    with reading(centre.engine) as session:
        (found,) = plan_effects.effects_of(session, centre.coach, [centre.seen(plan_id)])[plan_id]
    assert isinstance(found.said, Effect)
    assert found.said.peers == 8


@on_one_database
def test_where_too_few_take_such_calls_all_who_were_asked_are_compared_with(measured: tuple[Centre, int]) -> None:
    centre, plan_id = measured
    with transaction(centre.engine) as session:
        for n in (0, 1):
            peer = add_agent(session, f"Peer {n}")
            plans.offer(session, centre.quality, plans.draft(session, centre.quality, peer, (THANKS,), MONDAY))
    with reading(centre.engine) as session:
        (found,) = plan_effects.effects_of(session, centre.coach, [centre.seen(plan_id)])[plan_id]
    assert isinstance(found.said, Effect)
    assert (found.same_calls, found.said.peers) == (False, 7 + 4)


@on_one_database
def test_calls_on_another_channel_are_not_the_same_calls(measured: tuple[Centre, int]) -> None:
    centre, plan_id = measured
    with transaction(centre.engine) as session:
        written = select(AgentRow.id).where(AgentRow.name.like("Peer%"))
        session.execute(update(CallRow).where(CallRow.agent_id.in_(written)).values(kind=CallKind.TRANSCRIPT))
        recount(session)
    with reading(centre.engine) as session:
        (found,) = plan_effects.effects_of(session, centre.coach, [centre.seen(plan_id)])[plan_id]
    assert not found.same_calls


@on_one_database
def test_the_agent_reads_the_effect_of_their_plan(measured: tuple[Centre, int]) -> None:
    centre, plan_id = measured
    with reading(centre.engine) as session:
        mine = plan_effects.effects_of(session, centre.ana, [centre.seen(plan_id, centre.ana)])
        assert mine == plan_effects.effects_of(session, centre.coach, [centre.seen(plan_id)])


def test_before_there_are_calls_it_is_too_soon(centre: Centre) -> None:
    plan_id = centre.offered()
    with reading(centre.engine) as session:
        (found,) = plan_effects.effects_of(session, centre.coach, [centre.seen(plan_id)])[plan_id]
    assert isinstance(found.said, TooSoon)
    assert (found.rate, found.calls) == (None, 0)


def test_a_drafts_effect_is_not_asked(centre: Centre) -> None:
    plan_id = centre.draft()
    with reading(centre.engine) as session:
        assert plan_effects.effects_of(session, centre.coach, [centre.seen(plan_id)]) == {}


@on_one_database
def test_a_corrected_answer_changes_the_effect(measured: tuple[Centre, int]) -> None:
    centre, plan_id = measured
    with reading(centre.engine) as session:
        latest = session.scalars(
            select(CallRow.id).where(CallRow.agent_id == centre.ana_id).order_by(CallRow.started_at.desc()).limit(1)
        ).one()
        (stored,) = load_evaluations(session, latest)
    correct(centre.engine, SYSTEM, stored.result_ids["thanks"], Verdict.NOT_MET, "I heard none.")
    with reading(centre.engine) as session:
        (found,) = plan_effects.effects_of(session, centre.coach, [centre.seen(plan_id)])[plan_id]
    assert found.rate == pytest.approx(0.9)


def test_every_refusal_is_a_sentence(centre: Centre) -> None:
    with pytest.raises(AttuneError) as refused:
        centre.do(plans.offer, centre.reviewer, 99)
    assert str(refused.value) == "There is no such plan, or it is not yours."
