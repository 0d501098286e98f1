"""What do pages ask of coaching plans?

Plans are never remembered: coach and agent both work on them. What came of them is remembered for some minutes, as it is
counted over everybody's calls of half a year and changes slowly.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import NamedTuple

import streamlit as st

from coaching.effect import Effect, KindOfCoaching, across_plans
from coaching.gaps import Rate
from coaching.plans import Action, ActionKind, ClipKind, Goal, TemplateAction, draft_goal
from dashboard import data
from dashboard.data import engine
from storage import desk, plan_effects, plan_lists, plan_material, plans
from storage.access import Asker
from storage.database import reading, transaction
from storage.desk import CoachingRequest
from storage.plan_effects import GoalEffect
from storage.plan_lists import Plan
from storage.plan_material import Moment
from storage.records import CallFilter

REMEMBER_EFFECTS_SECONDS = 300


class WhatWorks(NamedTuple):
    """Which kinds of coaching went with which effect, and what came of each goal of the plans behind that."""

    kinds: tuple[KindOfCoaching, ...]
    plans: tuple[tuple[Plan, tuple[GoalEffect, ...]], ...]


def open_plans(asker: Asker) -> tuple[Plan, ...]:
    """The plans of which something is still to happen, by agent."""
    with reading(engine()) as session:
        return plan_lists.open_plans(session, asker)


def settled_plans(asker: Asker, limit: int) -> tuple[Plan, ...]:
    """The plans that were finished or stopped, the latest first."""
    with reading(engine()) as session:
        return plan_lists.settled_plans(session, asker, limit)


def find_plan(asker: Asker, plan_id: int) -> Plan | None:
    """One plan; None where there is none that this person may see."""
    with reading(engine()) as session:
        return plan_lists.find_plan(session, asker, plan_id)


@st.cache_data(ttl=REMEMBER_EFFECTS_SECONDS, max_entries=200, show_spinner=False)
def _effects(asker: Asker, plan_id: int, last_step: int) -> tuple[GoalEffect, ...]:
    """Remembered for as long as nothing happens to the plan."""
    with reading(engine()) as session:
        plan = plan_lists.find_plan(session, asker, plan_id)
        return () if plan is None else plan_effects.effects_of(session, asker, [plan]).get(plan_id, ())


def effects_of(asker: Asker, plan: Plan) -> Mapping[str, GoalEffect]:
    """What came of each goal of a plan, by its name; nothing while it is a draft."""
    found: tuple[GoalEffect, ...] = _effects(asker, plan.id, plan.last_step)
    return {one.goal.about: one for one in found}


@st.cache_data(ttl=REMEMBER_EFFECTS_SECONDS, max_entries=20, show_spinner=False)
def what_works(asker: Asker) -> WhatWorks:
    """What came of the plans that this person may see, and of each kind of coaching in them."""
    with reading(engine()) as session:
        found = plan_lists.offered_plans(session, asker)
        effects = plan_effects.effects_of(session, asker, found)
    by_kind: dict[str, list[Effect]] = {}
    for plan in found:
        for kind in sorted({one.action.kind.value for one in plan.actions}):
            of_plan = [one.said for one in effects.get(plan.id, ()) if isinstance(one.said, Effect)]
            by_kind.setdefault(kind, []).extend(of_plan)
    return WhatWorks(across_plans(by_kind), tuple((plan, effects.get(plan.id, ())) for plan in found))


@st.cache_data(ttl=data.REMEMBER_SECONDS, max_entries=200, show_spinner=False)
def missed_moment(asker: Asker, agent_id: int, scorecard: str, criterion: str) -> Moment | None:
    """The moment of this agent's calls that is worth half a minute: where the question was missed; None without one."""
    with reading(engine()) as session:
        found = plan_material.moments(session, asker, agent_id, scorecard, criterion, 1, (ClipKind.MISSED,))
    return found[0] if found else None


def moments(asker: Asker, agent_id: int, goal: Goal, each: int) -> tuple[Moment, ...]:
    """Moments of calls that a plan with this goal could hold."""
    with reading(engine()) as session:
        return plan_material.moments(session, asker, agent_id, goal.scorecard, goal.criterion, each)


def rates_of(asker: Asker, wanted: CallFilter, agent_id: int) -> list[Rate]:
    """How often this agent met each question of all scorecards, the one worth most points first."""
    found = [rate for rate in data.picture_of(asker, wanted, agent_id).rates if rate.calls]
    return sorted(found, key=lambda rate: (-rate.points_of_total, rate.question))


def goal_of(rate: Rate, starts_on: date) -> Goal:
    """A goal drafted from a rate."""
    numbers = (rate.rate, rate.low, rate.high, rate.calls, rate.target)
    return draft_goal(rate.scorecard, rate.criterion, *numbers, starts_on)


def asked_for(asker: Asker) -> tuple[CoachingRequest, ...]:
    """The calls that reviewers put before the coach and that nobody has seen to."""
    with reading(engine()) as session:
        return desk.coaching_asked(session, asker)


def seen_to(asker: Asker, request_id: int) -> None:
    """A request for coaching has been seen to."""
    with transaction(engine()) as session:
        desk.coaching_done(session, asker, request_id)


def draft(asker: Asker, agent_id: int, goals: Sequence[Goal], starts_on: date, words: str, request_id: int | None) -> int:
    """Draft a plan; its id."""
    with transaction(engine()) as session:
        return plans.draft(session, asker, agent_id, goals, starts_on, words, request_id)


def revise(
    asker: Asker,
    plan: Plan,
    words: str,
    starts_on: date,
    goals: Sequence[Goal],
    actions: Sequence[tuple[int | None, Action]],
) -> None:
    """Change a plan as it was seen."""
    with transaction(engine()) as session:
        plans.revise(session, asker, plan.id, plan.last_step, words=words, starts_on=starts_on, goals=goals, actions=actions)


def offer(asker: Asker, plan_id: int) -> None:
    """Show a plan to its agent."""
    with transaction(engine()) as session:
        plans.offer(session, asker, plan_id)


def confirm(asker: Asker, plan_id: int, view: str) -> None:
    """The agent confirms a plan."""
    with transaction(engine()) as session:
        plans.confirm(session, asker, plan_id, view)


def say(asker: Asker, plan_id: int, view: str) -> None:
    """The agent says what they think of a plan."""
    with transaction(engine()) as session:
        plans.say(session, asker, plan_id, view)


def begin(asker: Asker, plan_id: int) -> None:
    """A confirmed plan is under way."""
    with transaction(engine()) as session:
        plans.begin(session, asker, plan_id)


def finish(asker: Asker, plan_id: int, words: str) -> None:
    """A plan is done."""
    with transaction(engine()) as session:
        plans.finish(session, asker, plan_id, words)


def stop(asker: Asker, plan_id: int, words: str) -> None:
    """A plan ends early."""
    with transaction(engine()) as session:
        plans.stop(session, asker, plan_id, words)


def tick(asker: Asker, plan_id: int, action_id: int, done: bool) -> None:
    """An action is done, or not after all."""
    with transaction(engine()) as session:
        plans.tick(session, asker, plan_id, action_id, done)


def plan_session(asker: Asker, plan_id: int, day: date) -> None:
    """Plan a talk for a day."""
    with transaction(engine()) as session:
        plans.plan_session(session, asker, plan_id, day)


def hold_session(asker: Asker, plan_id: int, session_id: int, held_on: date, notes: str, clips: Sequence[int]) -> None:
    """Write down a talk that was held."""
    with transaction(engine()) as session:
        plans.hold_session(session, asker, plan_id, session_id, held_on, notes, clips)


def add_clip(asker: Asker, plan_id: int, about: str, moment: Moment) -> None:
    """Put a moment of a call into a plan."""
    with transaction(engine()) as session:
        plans.add_clip(session, asker, plan_id, about, moment)


def remove_clip(asker: Asker, plan_id: int, clip_id: int) -> None:
    """Take a moment out of a plan."""
    with transaction(engine()) as session:
        plans.remove_clip(session, asker, plan_id, clip_id)


def save_template(asker: Asker, goal: Goal, plan: Plan) -> None:
    """From now on plans for this goal's question begin with this plan's actions."""
    kept = [
        TemplateAction(ActionKind(one.action.kind), one.action.words, (one.action.due - plan.starts_on).days)
        for one in plan.actions
    ]
    with transaction(engine()) as session:
        plan_material.save_template(session, asker, goal.scorecard, goal.criterion, kept)


def consents(asker: Asker) -> bool:
    """Whether the asking agent lets good moments of their calls be shown to colleagues."""
    with reading(engine()) as session:
        return plan_material.consents(session, asker)


def set_consent(asker: Asker, given: bool) -> None:
    """The asking agent lets good moments of their calls be shown, or no longer."""
    with transaction(engine()) as session:
        plan_material.set_consent(session, asker, given)
