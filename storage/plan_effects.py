"""What came of the goals of coaching plans, against what would have come anyway?

Counted in whole weeks: the thirteen before the week in which a plan begins, and up to thirteen after it; the week itself is
on neither side. Comparable is what it is for gaps: the same queue, channel and weeks. Compared are agents with calls of the
queues and channels that the coached agent has calls of; where these are too few to compare with, all who were asked the
question, each held against what is usual in their own queues and channels. Nobody among them had a plan with the same goal
near that time. Their counts enter a sum that names nobody: so a coach's plan can be compared
with the whole centre, and nobody learns a colleague's figure by it.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date, timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import select
from sqlalchemy.orm import Session

from coaching.effect import FEWEST_PEERS, Agents, BeforeAfter, Counts, Effect, TooSoon, counted_together, effect
from coaching.plans import Goal, PlanState
from storage.access import SYSTEM, Asker
from storage.plan_lists import Plan, visible_plans
from storage.plan_tables import CoachingPlanRow, PlanGoalRow
from storage.queries.tallied import tallied
from storage.records import CallFilter

WEEKS = 13
"""How far back and forth calls count: a quarter."""


@dataclass(frozen=True)
class GoalEffect:
    """What came of one goal of a plan. `rate` is the plain rate since the plan began, over `calls`; None without calls.

    same_calls: compared with agents who take calls of the same queues and channels, and not with all who were asked.
    """

    goal: Goal
    rate: float | None
    calls: int
    said: Effect | TooSoon
    same_calls: bool = True


@dataclass(frozen=True, eq=False)
class _Cells:
    """What agents did on one question: arrays with an entry for each agent, week, queue and channel, in the order of weeks.

    Weeks are the ordinals of their Mondays, kinds the numbers of a queue on a channel.
    """

    week: NDArray[np.int64]
    agent_id: NDArray[np.int64]
    kind: NDArray[np.int64]
    points: NDArray[np.float64]
    calls: NDArray[np.float64]

    def where(self, which: NDArray[np.bool_] | slice) -> "_Cells":
        """Some of them."""
        return _Cells(*(getattr(self, field.name)[which] for field in fields(self)))


def effects_of(session: Session, asker: Asker, plans: Sequence[Plan]) -> Mapping[int, tuple[GoalEffect, ...]]:
    """What came of each goal of these plans, by the plan's id; drafts, and plans that are not the asker's to see, are left
    out."""
    seen = select(CoachingPlanRow.id).where(visible_plans(asker), CoachingPlanRow.id.in_([plan.id for plan in plans]))
    ids = set(session.scalars(seen))
    measured = [plan for plan in plans if plan.id in ids and plan.state is not PlanState.DRAFT]
    if not measured:
        return {}
    first = min(_monday(plan.starts_on) for plan in measured) - timedelta(weeks=WEEKS)
    last = max(_monday(plan.starts_on) for plan in measured) + timedelta(weeks=WEEKS)
    asked = {(one.goal.scorecard, one.goal.criterion) for plan in measured for one in plan.goals}
    cells, coached = _cells(session, asker, asked, first, last), _coached(session, asked)
    return {
        plan.id: tuple(
            _effect(
                plan,
                one.goal,
                cells[one.goal.scorecard, one.goal.criterion],
                coached[one.goal.scorecard, one.goal.criterion],
            )
            for one in plan.goals
        )
        for plan in measured
    }


def _effect(plan: Plan, goal: Goal, cells: _Cells, coached: Sequence[tuple[int, date]]) -> GoalEffect:
    began = _monday(plan.starts_on)
    before, after = began - timedelta(weeks=WEEKS), began + timedelta(weeks=WEEKS)
    near = cells.where(slice(*np.searchsorted(cells.week, (before.toordinal(), after.toordinal() + 1))))
    near = near.where(near.week != began.toordinal())
    own_kinds = np.unique(near.kind[near.agent_id == plan.agent_id])
    # A plan a whole quarter before the first week compared with would no longer show; one within it would.
    others = {agent for agent, start in coached if before - timedelta(weeks=WEEKS) <= start <= after} - {plan.agent_id}
    own, peers, further = _sides(plan.agent_id, near.where(np.isin(near.kind, own_kinds, kind="table")), began, others)
    same_calls = int(peers.count.sum()) >= FEWEST_PEERS
    if not same_calls:
        own, peers, further = _sides(plan.agent_id, near, began, others)
    return GoalEffect(
        goal, own.after if own.calls_after else None, int(own.calls_after), effect(own, peers, further), same_calls
    )


def _sides(agent_id: int, cells: _Cells, began: date, others: Collection[int]) -> tuple[BeforeAfter, Agents, Agents]:
    """The agent's counts over these cells, those of the peers, and those of the others who were coached."""
    is_after = cells.week > began.toordinal()
    found = counted_together(Counts(cells.agent_id, cells.kind, is_after, cells.points, cells.calls))
    was_coached, other = np.isin(found.ids, list(others)), found.ids != agent_id
    return found.agent(agent_id), found.where(other & ~was_coached), found.where(other & was_coached)


def _cells(
    session: Session, asker: Asker, asked: Collection[tuple[str, str]], first: date, last: date
) -> Mapping[tuple[str, str], _Cells]:
    """What every agent did on these questions, by week, queue and channel; `last` is the Monday of the last week. For
    somebody of a partner what those did whom they see: of the others they are told nothing, not even a sum."""
    weeks = CallFilter(start=first, end=last + timedelta(days=6))
    # As the operator, who sees all: what comes of it names nobody.
    whose = SYSTEM if asker.organisation_id is None else asker
    found = tallied(session, whose, weeks, ("week", "agent_id", "queue", "channel"), questions=asked)
    kinds: dict[tuple[Any, ...], int] = {}
    groups = np.array(
        [
            (week.toordinal(), -1 if agent_id is None else agent_id, kinds.setdefault((queue, channel), len(kinds)))
            for week, agent_id, queue, channel in found.groups
        ],
        np.int64,
    ).reshape(-1, 3)[found.whose]
    points, calls = found.counts[:, -2], found.counts[:, -1]
    counts, in_order = (calls > 0) & (groups[:, 1] >= 0), np.argsort(groups[:, 0], kind="stable")
    week, agent_id, kind = groups.T
    every = _Cells(week, agent_id, kind, points, calls)
    numbers = {question: number for number, question in enumerate(found.questions)}
    cells = {}
    for question in asked:
        of_question = in_order[(counts & (found.asked == numbers.get(question, -1)))[in_order]]
        cells[question] = every.where(of_question)
    return cells


def _coached(session: Session, asked: Iterable[tuple[str, str]]) -> Mapping[tuple[str, str], list[tuple[int, date]]]:
    """Who was coached on these questions, and from when: agents whose plan was offered."""
    found: dict[tuple[str, str], list[tuple[int, date]]] = {key: [] for key in asked}
    rows = session.execute(
        select(PlanGoalRow.scorecard, PlanGoalRow.criterion, CoachingPlanRow.agent_id, CoachingPlanRow.starts_on)
        .join(CoachingPlanRow, PlanGoalRow.plan_id == CoachingPlanRow.id)
        .where(CoachingPlanRow.offered_at.is_not(None))
    )
    for scorecard, criterion, agent_id, starts_on in rows:
        if (scorecard, criterion) in found:
            found[scorecard, criterion].append((agent_id, starts_on))
    return found


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())
