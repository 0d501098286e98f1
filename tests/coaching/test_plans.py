"""What a drafted plan begins with, and which plans there cannot be."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from coaching.plans import (
    MOST_GOALS,
    NEXT,
    ActionKind,
    Goal,
    PlanState,
    draft_goal,
    on_days,
    usual_actions,
    why_not_goals,
    working_day,
)

MONDAY = date(2026, 11, 23)
GOAL = Goal("care", "thanks", 0.5, 0.4, 0.6, 40, 0.7, MONDAY + timedelta(weeks=6))


@pytest.mark.parametrize(
    ("rate", "target", "aim"), [(0.62, 0.8, 0.8), (0.30, 0.8, 0.5), (0.78, 0.8, 0.85), (0.97, 0.95, 1.0), (1.0, 0.9, 1.0)]
)
def test_a_goal_aims_at_the_target_but_never_further_than_can_be_reached(rate: float, target: float, aim: float) -> None:
    goal = draft_goal("care", "thanks", rate, rate - 0.1, rate + 0.1, 40, target, MONDAY)
    assert goal.rate_to == pytest.approx(aim)
    assert goal.by == MONDAY + timedelta(weeks=6)


def test_the_usual_actions_say_the_scorecards_tip() -> None:
    actions = on_days(usual_actions("Say sorry once."), MONDAY)
    assert [one.kind for one in actions] == [ActionKind.LISTEN, ActionKind.PRACTISE, ActionKind.OWN_REVIEW]
    assert "Say sorry once." in actions[1].words
    assert all(one.due.weekday() < 5 for one in actions)


def test_nothing_is_due_on_a_weekend() -> None:
    assert [working_day(MONDAY + timedelta(days=n)).weekday() for n in range(7)] == [0, 1, 2, 3, 4, 0, 0]


def test_a_plan_has_one_to_three_goals_each_about_another_question() -> None:
    others = [replace(GOAL, criterion=f"question {n}") for n in range(MOST_GOALS)]
    assert why_not_goals([GOAL], MONDAY) == ""
    assert why_not_goals(others, MONDAY) == ""
    assert "one to 3" in why_not_goals([], MONDAY)
    assert "one to 3" in why_not_goals([GOAL, *others], MONDAY)
    assert "same question" in why_not_goals([GOAL, GOAL], MONDAY)


def test_a_goal_lies_above_where_it_begins_and_after_the_plan_does() -> None:
    assert "above where it begins, 50 %" in why_not_goals([replace(GOAL, rate_to=0.5)], MONDAY)
    assert "at most" in why_not_goals([replace(GOAL, rate_to=1.2)], MONDAY)
    assert "after the plan begins" in why_not_goals([replace(GOAL, by=MONDAY)], MONDAY)


def test_what_is_over_stays_over() -> None:
    assert all(NEXT[state] == () for state in PlanState if not state.is_open)
    assert all(PlanState.STOPPED in NEXT[state] for state in PlanState if state.is_open)
