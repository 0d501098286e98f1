"""What came of the goals of coaching plans, against what would have come anyway?

Counted in whole weeks: the thirteen before the week in which a plan begins, and up to thirteen after it; the week itself is
on neither side. Comparable is what it is for gaps: the same queue, channel and weeks. Compared are agents with calls of the
queues and channels that the coached agent has calls of; where these are too few to compare with, all who were asked the
question, each held against what is usual in their own queues and channels. Nobody among them had a plan with the same goal
near that time. Their counts enter a sum that names nobody: so a coach's plan can be compared
with the whole centre, and nobody learns a colleague's figure by it.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from coaching.effect import FEWEST_PEERS, BeforeAfter, Count, Effect, TooSoon, counted_together, effect
from coaching.plans import Goal, PlanState
from storage.access import SYSTEM, Asker
from storage.plan_lists import Plan, visible_plans
from storage.plan_tables import CoachingPlanRow, PlanGoalRow
from storage.queries.tallied import verdict_counts
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


@dataclass(frozen=True)
class _Cell:
    """What one agent did in one week of one queue and channel on one question: points earned over counted calls."""

    agent_id: int
    week: date
    kind: tuple[str, str]
    points: float
    calls: int


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
    cells, coached = _cells(session, asked, first, last), _coached(session, asked)
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


def _effect(plan: Plan, goal: Goal, cells: Sequence[_Cell], coached: Sequence[tuple[int, date]]) -> GoalEffect:
    began = _monday(plan.starts_on)
    before, after = began - timedelta(weeks=WEEKS), began + timedelta(weeks=WEEKS)
    near = [cell for cell in cells if before <= cell.week <= after and cell.week != began]
    kinds = {cell.kind for cell in near if cell.agent_id == plan.agent_id}
    # A plan a whole quarter before the first week compared with would no longer show; one within it would.
    others = {agent for agent, start in coached if before - timedelta(weeks=WEEKS) <= start <= after} - {plan.agent_id}
    own, peers, further = _sides(plan.agent_id, [cell for cell in near if cell.kind in kinds], began, others)
    same_calls = sum(peer.counts for peer in peers) >= FEWEST_PEERS
    if not same_calls:
        own, peers, further = _sides(plan.agent_id, near, began, others)
    return GoalEffect(
        goal, own.after if own.calls_after else None, int(own.calls_after), effect(own, peers, further), same_calls
    )


def _sides(
    agent_id: int, cells: Iterable[_Cell], began: date, others: Collection[int]
) -> tuple[BeforeAfter, list[BeforeAfter], list[BeforeAfter]]:
    """The agent's counts over these cells, those of the peers, and those of the others who were coached."""
    counts = counted_together(Count(one.agent_id, one.kind, one.week > began, one.points, one.calls) for one in cells)
    own = counts.pop(agent_id, BeforeAfter(0.0, 0.0, 0.0, 0.0))
    peers = [found for agent, found in counts.items() if agent not in others]
    return own, peers, [found for agent, found in counts.items() if agent in others]


def _cells(
    session: Session, asked: Collection[tuple[str, str]], first: date, last: date
) -> Mapping[tuple[str, str], list[_Cell]]:
    """What every agent did on these questions, by week, queue and channel; `last` is the Monday of the last week."""
    found: dict[tuple[str, str], list[_Cell]] = {key: [] for key in asked}
    weeks = CallFilter(start=first, end=last + timedelta(days=6))
    for scorecard in sorted({card for card, _ in asked}):
        criteria = [criterion for card, criterion in asked if card == scorecard]
        only = criteria[0] if len(criteria) == 1 else None
        # As the operator, who sees all: what comes of it names nobody.
        counts = verdict_counts(session, SYSTEM, weeks, ("agent_id", "week", "queue", "channel"), scorecard, only)
        counts = counts[counts["criterion"].isin(criteria) & counts["agent_id"].notna() & (counts["counted"] > 0)]
        rows: Iterable[Any] = counts.itertuples(index=False)
        for row in rows:
            kind = (row.queue, row.channel)
            cell = _Cell(int(row.agent_id), row.week.date(), kind, float(row.points), int(row.counted))
            found[scorecard, row.criterion].append(cell)
    return found


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
