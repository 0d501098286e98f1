"""What was planted in the sample calls is what the pages say, and what was not planted is not said."""

from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

import dashboard.access
import dashboard.data
from coaching.gaps import Belongs
from coaching.trends import trend
from samples.written.truth import PlantedAgent
from settings import settings
from storage.access import SYSTEM
from storage.records import CallFilter
from tests.dashboard.conftest import MAIN, widget_data
from tests.planted import ASKED, CARDS, TRUTH

ALL = CallFilter()


@pytest.fixture
def page(planted_home: Path, home: Callable[[Path], None], monkeypatch: pytest.MonkeyPatch) -> Callable[..., AppTest]:
    """Opens a page of that centre as the operator."""
    home(planted_home)
    monkeypatch.setattr(dashboard.access, "current_asker", lambda: SYSTEM)
    st.cache_data.clear()

    def look(view: str, **params: Any) -> AppTest:
        app = AppTest.from_file(str(MAIN), default_timeout=60)
        app.run()
        app.switch_page(f"views/{view}.py")
        for name, value in params.items():
            app.query_params[name] = str(value)
        app.run()
        assert not app.exception
        return app

    return look


def _named(app: AppTest, key: str) -> list[tuple[str, str]]:
    """Who falls short in which question, by the rows of a table of gaps."""
    return [(row["cells"][0]["text"], row["cells"][1]["text"]) for row in widget_data(app, key)["rows"]]


def _question(behaviour: str, agent: PlantedAgent) -> str:
    """The question by which a behaviour is asked of an agent's calls; what is seen of the check is asked by its order."""
    shown = "identity_first" if behaviour == "checks_identity" else behaviour
    cards = TRUTH.teams[agent.team].scorecards
    return next(CARDS[card].criterion(id_).question for card, id_ in TRUTH.shown_by[shown] if card in cards)


PLANTED = [
    (agent, behaviour)
    for agent in TRUTH.agents
    for behaviour in agent.gaps
    if agent.story == "gap" and (behaviour in TRUTH.shown_by or behaviour == "checks_identity")
]
ENOUGH, MUCH_BELOW = 30, 0.55
"""What was planted need not be told where its question counted in fewer calls, or where it was planted above this rate."""


def test_the_planted_gaps_are_what_the_page_of_the_agents_names(page: Callable[..., AppTest]) -> None:
    named = set(_named(page("agents", period="All time"), "gaps agent"))
    rates = [rate for card in CARDS for rate in dashboard.data.criterion_rates(SYSTEM, ALL, "agent", card)]
    calls = {(rate.name, rate.question): rate.calls for rate in rates}
    assert len(PLANTED) >= 7
    for agent, behaviour in PLANTED:
        seen = (agent.name, _question(behaviour, agent))
        assert seen in named or calls[seen] < ENOUGH or agent.gaps[behaviour] > MUCH_BELOW


def test_hardly_any_gap_is_named_whose_true_rate_is_not_below_the_target(page: Callable[..., AppTest]) -> None:
    page("agents", period="All time")
    gaps = dashboard.data.gaps(SYSTEM, ALL, "agent")
    weeks = range(1, TRUTH.weeks + 1)
    false = []
    for gap in gaps:
        behaviour = ASKED[gap.rate.scorecard, gap.rate.criterion]
        agent = TRUTH.agent(gap.rate.name)
        true = sum(TRUTH.rate(agent, behaviour, week) for week in weeks) / TRUTH.weeks
        if behaviour == "identity_first":  # it is asked of all calls, and seen only where identity is checked at all
            true *= sum(TRUTH.rate(agent, "checks_identity", week) for week in weeks) / TRUTH.weeks
        if behaviour == "promises_follow_up":  # likewise, where a next step is said
            true *= sum(TRUTH.rate(agent, "says_next_steps", week) for week in weeks) / TRUTH.weeks
        if true >= gap.rate.target:
            false.append((agent.name, behaviour))
    assert len(gaps) > 20
    assert len(false) <= 0.1 * len(gaps), false


def test_the_gap_of_the_team_is_shown_once_as_the_teams_and_is_the_only_one(page: Callable[..., AppTest]) -> None:
    question = CARDS["empathy"].criterion("acknowledges_feeling").question
    named = _named(page("agents", period="All time"), "gaps teams")
    assert named == [(TRUTH.teams["collections"].name, question)]


def test_of_five_calls_nothing_is_claimed(page: Callable[..., AppTest]) -> None:
    (few,) = [agent.name for agent in TRUTH.agents if agent.story == "few_calls"]
    page("agents", period="All time")
    assert few not in {gap.rate.name for gap in dashboard.data.gaps(SYSTEM, ALL, "agent")}
    assert few not in {one.rate.name for one in dashboard.data.strengths(SYSTEM, ALL, "agent")}


def test_most_strengths_are_the_excellent_agents(page: Callable[..., AppTest]) -> None:
    (best,) = [agent.name for agent in TRUTH.agents if agent.story == "excellent"]
    by_agent: dict[str, int] = defaultdict(int)
    for name, _ in _named(page("agents", period="All time", show="Strengths"), "strengths agent"):
        by_agent[name] += 1
    assert max(by_agent, key=lambda name: by_agent[name]) == best


def test_whoever_improves_is_seen_to_and_in_the_right_week(page: Callable[..., AppTest]) -> None:
    (agent,) = [agent for agent in TRUTH.agents if agent.story == "improves"]
    page("agents", period="All time")
    id_ = next(gap.rate.id for gap in dashboard.data.gaps(SYSTEM, ALL, "agent") if gap.rate.name == agent.name)
    own = CallFilter(agent_ids=(id_,))
    for behaviour in agent.gaps:
        ((card, criterion),) = TRUTH.shown_by[behaviour]
        weeks = dashboard.data.criterion_by_week(SYSTEM, own, card, criterion)
        shift = trend(weeks).shift
        assert shift is not None
        assert shift.change > 0.25
        assert agent.from_week is not None
        assert abs(list(weeks["week"]).index(shift.week) + 1 - agent.from_week) <= 2


def test_belonging_to_everyone_is_only_what_is_usually_done_too_rarely(page: Callable[..., AppTest]) -> None:
    page("agents", period="All time")
    shared = [gap for gap in dashboard.data.gaps(SYSTEM, ALL, "agent") if gap.belongs is Belongs.EVERYONE]
    assert shared
    for gap in shared:
        behaviour = ASKED[gap.rate.scorecard, gap.rate.criterion]
        usual = TRUTH.usual[behaviour]
        assert usual * (TRUTH.usual["says_next_steps"] if behaviour == "promises_follow_up" else 1) < settings().agent_target
