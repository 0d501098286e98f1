"""What is a coaching plan, how does Attune draft one from a gap, and who may take it which step further?

A plan is for one agent, with one to three goals: more than three at once help nobody. Each goal is a question of a scorecard
with the rate that it begins from, the rate it aims at, and the day by which. A draft is the coach's alone; once it is
offered, the agent sees it, adds their view and confirms it; then it runs until it is finished or stopped.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

MOST_GOALS = 3
"""Goals of one plan."""

REACH = 0.20
"""How far above its beginning a drafted goal aims at most: 20 points. A target of 80 % is no goal for somebody at 30 %."""

WEEKS = 6
"""Weeks that a drafted plan runs: long enough for some dozens of calls, short enough to be remembered."""

_AT_LEAST = 0.01
"""By how much a goal has to lie above where it begins."""


class PlanState(StrEnum):
    """How far a plan has come."""

    DRAFT = "draft"
    OFFERED = "offered"
    CONFIRMED = "confirmed"
    RUNNING = "running"
    DONE = "done"
    STOPPED = "stopped"

    @property
    def is_open(self) -> bool:
        """Whether anything is still to happen."""
        return self not in (PlanState.DONE, PlanState.STOPPED)


class ActionKind(StrEnum):
    """Kinds of coaching, by which it is told afterwards what works."""

    LISTEN = "listen"
    WORDING = "wording"
    ROLE_PLAY = "role_play"
    PRACTISE = "practise"
    SIDE_BY_SIDE = "side_by_side"
    OWN_REVIEW = "own_review"
    OTHER = "other"


class ClipKind(StrEnum):
    """What a moment of a call shows: where it went well or was missed in the agent's own, or a colleague's good example."""

    WELL = "well"
    MISSED = "missed"
    COLLEAGUE = "colleague"


class PlanStep(StrEnum):
    """What can happen to a plan; every step is kept with who took it and when."""

    DRAFTED = "drafted"
    CHANGED = "changed"
    OFFERED = "offered"
    VIEWED = "viewed"
    CONFIRMED = "confirmed"
    BEGUN = "begun"
    ACTION_DONE = "action_done"
    ACTION_OPEN = "action_open"
    SESSION_PLANNED = "session_planned"
    SESSION_HELD = "session_held"
    CLIP_ADDED = "clip_added"
    CLIP_REMOVED = "clip_removed"
    DONE = "done"
    STOPPED = "stopped"


NEXT = {
    PlanState.DRAFT: (PlanState.OFFERED, PlanState.STOPPED),
    PlanState.OFFERED: (PlanState.CONFIRMED, PlanState.STOPPED),
    PlanState.CONFIRMED: (PlanState.RUNNING, PlanState.DONE, PlanState.STOPPED),
    PlanState.RUNNING: (PlanState.DONE, PlanState.STOPPED),
    PlanState.DONE: (),
    PlanState.STOPPED: (),
}
"""The states that each state can be followed by. Only the agent confirms, only who coaches takes the other steps."""


@dataclass(frozen=True)
class Goal:
    """One question of a scorecard, from which rate (0 to 1) to which, and by when.

    low, high, calls: the likely range of the rate that it begins from and the calls behind that, as they were when the goal
    was set. A goal's name among the others is `about`, as for clips: the scorecard and the criterion.
    """

    scorecard: str
    criterion: str
    rate_from: float
    low: float
    high: float
    calls: int
    rate_to: float
    by: date

    @property
    def about(self) -> str:
        """The scorecard and the criterion with a slash between."""
        return f"{self.scorecard}/{self.criterion}"


@dataclass(frozen=True)
class Action:
    """Something to do by a day."""

    kind: ActionKind
    words: str
    due: date


@dataclass(frozen=True)
class TemplateAction:
    """Something that plans for a question usually have: what, in which words, and how many days after the plan begins."""

    kind: ActionKind
    words: str
    days: int


def draft_goal(
    scorecard: str, criterion: str, rate: float, low: float, high: float, calls: int, target: float, starts_on: date
) -> Goal:
    """A goal drafted from a gap: to the target, but no further than `REACH` above where it begins, within `WEEKS`."""
    aim = min(1.0, max(min(target, rate + REACH), rate + 0.05))
    aim = max(round(20 * aim) / 20, round(100 * rate + 1) / 100)  # a round figure is easier to keep in mind
    return Goal(scorecard, criterion, rate, low, high, calls, min(1.0, aim), starts_on + timedelta(weeks=WEEKS))


def usual_actions(tip: str) -> tuple[TemplateAction, ...]:
    """What a plan for a question begins with where nobody has made a template: hear it, practise it, look at it again.

    tip: what the scorecard says a coach would say; empty where it says nothing.
    """
    practise = f"Practise on the next calls: {tip}" if tip else "Practise on the next calls, one call at a time."
    return (
        TemplateAction(ActionKind.LISTEN, "Hear moments of calls together: where it went well, where not.", 3),
        TemplateAction(ActionKind.PRACTISE, practise, 14),
        TemplateAction(ActionKind.OWN_REVIEW, "Choose two own calls in which it went well, for the next talk.", 21),
    )


def on_days(actions: Sequence[TemplateAction], starts_on: date) -> tuple[Action, ...]:
    """The actions of a template with their days; none falls on a weekend."""
    return tuple(Action(one.kind, one.words, working_day(starts_on + timedelta(days=one.days))) for one in actions)


def working_day(day: date) -> date:
    """This day, or the Monday after where it is a Saturday or a Sunday."""
    return day + timedelta(days=(7 - day.weekday()) if day.weekday() >= 5 else 0)


def why_not_goals(goals: Sequence[Goal], starts_on: date) -> str:
    """A sentence that says why these cannot be a plan's goals; empty where they can."""
    if not 1 <= len(goals) <= MOST_GOALS:
        return f"A plan has one to {MOST_GOALS} goals."
    if len({goal.about for goal in goals}) < len(goals):
        return "Two goals are about the same question."
    for goal in goals:
        if not goal.rate_from + _AT_LEAST <= goal.rate_to <= 1:
            return f"A goal lies above where it begins, {100 * goal.rate_from:.0f} %, and at most at 100 %."
        if goal.by <= starts_on:
            return "A goal is to be reached after the plan begins."
    return ""
