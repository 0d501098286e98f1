"""Which coaching plans are there, as somebody may see them, and what of them is due?

A coach sees the plans of the agents who are in their teams today, an agent their own once they were offered, who manages
quality all of them, and nobody else any. A moment of a call in a plan is shown to whoever may see the call, and a
colleague's good example besides to the agent of the plan, in words alone, while that colleague lets it be shown.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, false, func, select, true
from sqlalchemy.orm import Session

from coaching.plans import Action, ActionKind, ClipKind, Goal, PlanState, PlanStep
from storage.access import Asker, Role, blind_calls, of_their_organisation, teams_of_organisation, visible_calls
from storage.plan_tables import (
    CoachingPlanRow,
    ExampleConsentRow,
    PlanActionRow,
    PlanClipRow,
    PlanGoalRow,
    PlanSessionRow,
    PlanStepRow,
)
from storage.queries.conditions import Definitions
from storage.roles import Reach, Right, reach
from storage.tables import AgentRow, CallRow, TeamRow


@dataclass(frozen=True)
class PlanGoal:
    """A goal with the words of its scorecard; `tip` is what a coach would say, which may be empty."""

    goal: Goal
    title: str
    question: str
    tip: str


@dataclass(frozen=True)
class PlanAction:
    """An action with whether it is done: when, and by whose word."""

    id: int
    action: Action
    done_at: datetime | None
    done_by: str


@dataclass(frozen=True)
class PlanSession:
    """A talk: the day it is planned for, the day it was held (None while it is to come), and its notes."""

    id: int
    planned_for: date
    held_on: date | None
    notes: str


@dataclass(frozen=True)
class PlanClip:
    """A moment of a call; `call_id` is empty where the asker may read the words but not open the call."""

    id: int
    session_id: int | None
    about: str
    kind: ClipKind
    call_id: str
    turn: int | None
    start: float | None
    end: float | None
    quote: str
    note: str
    author: str
    at: datetime


@dataclass(frozen=True)
class Step:
    """Something that happened to a plan."""

    id: int
    step: PlanStep
    author: str
    at: datetime
    words: str


@dataclass(frozen=True)
class Due:
    """Something that is due on a day: a talk, an action, a goal or an answer of the agent. `key` names it in the plan."""

    key: str
    day: date
    words: str


@dataclass(frozen=True)
class Plan:
    """A plan as it stands. Sessions are in the order of their days, steps in the order they were taken."""

    id: int
    agent_id: int
    agent: str
    team: str
    coach_id: int | None
    coach: str
    state: PlanState
    words: str
    starts_on: date
    agent_view: str
    made_at: datetime
    offered_at: datetime | None
    confirmed_at: datetime | None
    settled_at: datetime | None
    goals: tuple[PlanGoal, ...]
    actions: tuple[PlanAction, ...]
    sessions: tuple[PlanSession, ...]
    clips: tuple[PlanClip, ...]
    steps: tuple[Step, ...]

    @property
    def last_step(self) -> int:
        """The id of what happened last, by which an editor says what they have seen."""
        return max((step.id for step in self.steps), default=0)

    @property
    def due(self) -> tuple[Due, ...]:
        """What is still to come of an open plan, the earliest first."""
        if not self.state.is_open:
            return ()
        found = [Due(f"session-{one.id}", one.planned_for, "Talk") for one in self.sessions if one.held_on is None]
        if self.state is PlanState.DRAFT:
            found.append(Due("draft", self.starts_on, "Offer the drafted plan, or drop it"))
        elif self.state is PlanState.OFFERED:
            found.append(Due("confirm", self.starts_on, "The agent reads and confirms the plan"))
        found += [Due(f"action-{one.id}", one.action.due, one.action.words) for one in self.actions if one.done_at is None]
        found += [Due(f"goal-{one.goal.about}", one.goal.by, f"Goal: {one.question}") for one in self.goals]
        return tuple(sorted(found, key=lambda one: (one.day, one.key)))


def visible_plans(asker: Asker) -> ColumnElement[bool]:
    """The condition on `coaching_plans` that holds for exactly those that this person may see."""
    match reach(asker.role, Right.SEE_PLANS):
        case Reach.ALL:
            return true()
        case Reach.TEAMS if asker.team_ids:
            theirs = select(AgentRow.id).where(AgentRow.team_id.in_(sorted(asker.team_ids)))
            if asker.organisation_id is not None:
                theirs = theirs.where(AgentRow.team_id.in_(teams_of_organisation(asker.organisation_id)))
            return CoachingPlanRow.agent_id.in_(theirs)
        case Reach.OWN if asker.agent_id is not None:
            return (CoachingPlanRow.agent_id == asker.agent_id) & CoachingPlanRow.offered_at.is_not(None)
        case _:
            return false()


def consenting_agents() -> Select[Any]:
    """The ids of the agents who let good moments of their calls be shown to colleagues; the last word of each counts."""
    last = select(func.max(ExampleConsentRow.id)).group_by(ExampleConsentRow.agent_id)
    return select(ExampleConsentRow.agent_id).where(ExampleConsentRow.id.in_(last), ExampleConsentRow.given)


_OPEN = CoachingPlanRow.state.in_([state.value for state in PlanState if state.is_open])


def open_plans(session: Session, asker: Asker, limit: int = 200) -> tuple[Plan, ...]:
    """The plans of which something is still to happen, by agent."""
    return _load(session, asker, _OPEN, (AgentRow.name, CoachingPlanRow.id), limit)


def settled_plans(session: Session, asker: Asker, limit: int = 200) -> tuple[Plan, ...]:
    """The plans that were finished or stopped, the latest first."""
    return _load(session, asker, ~_OPEN, (CoachingPlanRow.settled_at.desc(), CoachingPlanRow.id.desc()), limit)


def offered_plans(session: Session, asker: Asker, limit: int = 500) -> tuple[Plan, ...]:
    """The plans that left the draft, open or settled, the latest first: those in which anybody was coached."""
    offered = CoachingPlanRow.offered_at.is_not(None)
    return _load(session, asker, offered, (CoachingPlanRow.offered_at.desc(), CoachingPlanRow.id.desc()), limit)


def plans_after(session: Session, asker: Asker, plan_id: int, limit: int = 200) -> tuple[Plan, ...]:
    """The plans made after that one, open or settled, in the order they were made; after 0, from the first."""
    return _load(session, asker, CoachingPlanRow.id > plan_id, (CoachingPlanRow.id,), limit)


def find_plan(session: Session, asker: Asker, plan_id: int) -> Plan | None:
    """One plan; None where there is none that the asker may see."""
    return next(iter(_load(session, asker, CoachingPlanRow.id == plan_id, (CoachingPlanRow.id,), 1)), None)


def _load(session: Session, asker: Asker, which: ColumnElement[bool], order: Sequence[Any], limit: int) -> tuple[Plan, ...]:
    rows = session.execute(
        select(CoachingPlanRow, AgentRow.name.label("agent"), TeamRow.name.label("team"))
        .join(AgentRow, CoachingPlanRow.agent_id == AgentRow.id)
        .outerjoin(TeamRow, AgentRow.team_id == TeamRow.id)
        .where(which, visible_plans(asker))
        .order_by(*order)
        .limit(limit)
    ).all()
    ids = [row.CoachingPlanRow.id for row in rows]
    goals, clips = _goals(session, ids), _clips(session, asker, ids)

    def of_plan(table: Any, *order: Any) -> Mapping[int, list[Any]]:
        return _grouped(session.scalars(select(table).where(table.plan_id.in_(ids)).order_by(*order)))

    actions = of_plan(PlanActionRow, PlanActionRow.due, PlanActionRow.id)
    sessions = of_plan(PlanSessionRow, PlanSessionRow.planned_for, PlanSessionRow.id)
    steps = of_plan(PlanStepRow, PlanStepRow.id)

    def plan(found: Any) -> Plan:
        row: CoachingPlanRow = found.CoachingPlanRow
        taken = steps[row.id]
        if asker.role is Role.AGENT:  # what was done to the draft is between the coach and their paper
            first = next((n for n, step in enumerate(taken) if step.step == PlanStep.OFFERED), 0)
            taken = taken[first:]
        return Plan(
            id=row.id,
            agent_id=row.agent_id,
            agent=found.agent,
            team=found.team or "",
            coach_id=row.coach_id,
            coach=row.coach,
            state=PlanState(row.state),
            words=row.words,
            starts_on=row.starts_on,
            agent_view=row.agent_view,
            made_at=row.made_at,
            offered_at=row.offered_at,
            confirmed_at=row.confirmed_at,
            settled_at=row.settled_at,
            goals=tuple(goals[row.id]),
            actions=tuple(
                PlanAction(one.id, Action(ActionKind(one.kind), one.words, one.due), one.done_at, one.done_by)
                for one in actions[row.id]
            ),
            sessions=tuple(PlanSession(one.id, one.planned_for, one.held_on, one.notes) for one in sessions[row.id]),
            clips=tuple(clips[row.id]),
            steps=tuple(Step(one.id, PlanStep(one.step), one.author, one.at, one.words) for one in taken),
        )

    return tuple(map(plan, rows))


def _grouped(rows: Iterable[Any]) -> Mapping[int, list[Any]]:
    found: dict[int, list[Any]] = defaultdict(list)
    for row in rows:
        found[row.plan_id].append(row)
    return found


def _goals(session: Session, plans: Sequence[int]) -> Mapping[int, list[PlanGoal]]:
    rows = session.scalars(
        select(PlanGoalRow).where(PlanGoalRow.plan_id.in_(plans)).order_by(PlanGoalRow.plan_id, PlanGoalRow.position)
    ).all()
    definitions = Definitions(session, {row.scorecard for row in rows})
    found: dict[int, list[PlanGoal]] = defaultdict(list)
    for row in rows:
        numbers = (row.rate_from, row.low, row.high, row.calls, row.rate_to, row.by)
        asked = definitions.criterion(row.scorecard, row.criterion)
        title = definitions.scorecard(row.scorecard).title
        goal = Goal(row.scorecard, row.criterion, *numbers)
        found[row.plan_id].append(PlanGoal(goal, title, asked.question, asked.tip))
    return found


def _clips(session: Session, asker: Asker, plans: Sequence[int]) -> Mapping[int, list[PlanClip]]:
    opens = visible_calls(asker) & CallRow.id.not_in(blind_calls(asker))
    lent = (PlanClipRow.kind == ClipKind.COLLEAGUE.value) & CallRow.agent_id.in_(consenting_agents())
    lent &= of_their_organisation(asker)  # consent is for colleagues, who work for the same company
    # Whoever coaches reads only what they may open: consent is for the colleagues who are shown the example.
    readable = opens | lent if asker.role is Role.AGENT else opens
    rows = session.execute(
        select(PlanClipRow, opens.label("opens"))
        .join(CallRow, PlanClipRow.call_id == CallRow.id)
        .where(PlanClipRow.plan_id.in_(plans), PlanClipRow.removed_at.is_(None), readable)
        .order_by(PlanClipRow.id)
    )
    found: dict[int, list[PlanClip]] = defaultdict(list)
    for row, may_open in rows:
        found[row.plan_id].append(
            PlanClip(
                id=row.id,
                session_id=row.session_id,
                about=row.about,
                kind=ClipKind(row.kind),
                call_id=row.call_id if may_open else "",
                turn=row.turn,
                start=row.start_seconds,
                end=row.end_seconds,
                quote=row.quote,
                note=row.note if may_open else "",
                author=row.author if may_open else "",
                at=row.at,
            )
        )
    return found
