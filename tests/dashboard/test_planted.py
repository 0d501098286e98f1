"""What was planted in the sample calls is what the pages say, and what was not planted is not said."""

import math
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
from coaching.processes import LARGE_ENOUGH, Kind
from coaching.trends import trend
from dashboard import data_processes
from pipeline.processes import USUAL_DAYS, By
from samples.written.generate import GeneratedCall
from samples.written.truth import PlantedAgent
from scoring.behaviours.corpus import behaviours
from settings import settings
from storage.access import SYSTEM
from storage.records import CallFilter
from tests.dashboard.conftest import open_page, widget_data
from tests.planted import ASKED, CARDS, HARM_SHOWN_BY, TRUTH, planted_calls

ALL = CallFilter()


@pytest.fixture
def page(planted_home: Path, home: Callable[[Path], None], monkeypatch: pytest.MonkeyPatch) -> Callable[..., AppTest]:
    """Opens a page of that centre as the operator."""
    home(planted_home)
    monkeypatch.setattr(dashboard.access, "current_asker", lambda: SYSTEM)
    st.cache_data.clear()

    def look(view: str, **params: Any) -> AppTest:
        app = open_page(SYSTEM, view, **params)
        assert not app.exception
        return app

    return look


@pytest.fixture
def calls() -> list[GeneratedCall]:
    return planted_calls()


def _named(app: AppTest, key: str) -> list[tuple[str, str]]:
    """Who falls short in which question, by the rows of a table of gaps."""
    return [(row["cells"][0]["text"], row["cells"][1]["text"]) for row in widget_data(app, key)["rows"]]


def _question(behaviour: str, agent: PlantedAgent) -> str:
    """The question by which a behaviour is asked of an agent's calls; what is seen of the check is asked by its order."""
    shown = "identity_first" if behaviour == "checks_identity" else behaviour
    cards = TRUTH.teams[agent.team].scorecards
    return next(CARDS[card].criterion(id_).question for card, id_ in TRUTH.shown_by[shown] if card in cards)


def _true_rate(name: str, scorecard: str, criterion: str) -> float:
    """How often the agent meets a question by the truth, over the weeks.

    Whether identity came first is asked of all calls and seen only where it is checked at all; a promise to follow up
    likewise where a next step is said.
    """
    agent, behaviour = TRUTH.agent(name), ASKED[scorecard, criterion]
    seen_with = {"identity_first": "checks_identity", "promises_follow_up": "says_next_steps"}.get(behaviour)
    wanted = [behaviour, *([seen_with] if seen_with else [])]
    weeks = range(1, TRUTH.weeks + 1)
    return math.prod(sum(TRUTH.rate(agent, one, week) for week in weeks) / TRUTH.weeks for one in wanted)


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
    told = {(agent.name, _question(behaviour, agent)): agent.gaps[behaviour] for agent, behaviour in PLANTED}
    assert len(told.keys() & named) >= 6
    for seen in told.keys() - named:
        assert calls[seen] < ENOUGH or told[seen] > MUCH_BELOW


def test_hardly_any_gap_is_named_whose_true_rate_is_not_below_the_target(page: Callable[..., AppTest]) -> None:
    page("agents", period="All time")
    gaps = dashboard.data.gaps(SYSTEM, ALL, "agent")
    false = [
        (gap.rate.name, gap.rate.criterion)
        for gap in gaps
        if _true_rate(gap.rate.name, gap.rate.scorecard, gap.rate.criterion) >= gap.rate.target
    ]
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
    strengths = dashboard.data.strengths(SYSTEM, ALL, "agent")
    false = [
        (one.rate.name, one.rate.criterion)
        for one in strengths
        if _true_rate(one.rate.name, one.rate.scorecard, one.rate.criterion) < min(one.rate.target, one.rate.peers)
    ]
    assert len(strengths) > 15
    assert len(false) <= 0.1 * len(strengths), false


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


def test_nobody_is_said_to_have_changed_but_who_was_planted_to(page: Callable[..., AppTest]) -> None:
    agents = dashboard.data.filter_choices(SYSTEM).agents
    changed = {
        (name, ASKED[question])
        for id_, name in agents.items()
        for question in dashboard.data.shifts_of(SYSTEM, CallFilter(agent_ids=(id_,)))
    }
    planted = {(agent.name, behaviour) for agent in TRUTH.agents for behaviour in agent.later or ()}
    (improves,) = [agent for agent in TRUTH.agents if agent.story == "improves"]
    assert {(improves.name, behaviour) for behaviour in improves.gaps} <= changed <= planted


def test_the_matter_that_is_passed_on_is_asked_about_and_every_other_question_follows_from_it(
    page: Callable[..., AppTest], calls: list[GeneratedCall]
) -> None:
    asked = [row["cells"][0]["text"] for row in widget_data(page("processes", period="All time"), "questions")["rows"]]
    ((matter, _),) = TRUTH.passed_on.items()
    assert sum("about “" in words for words in asked) == sum(f"about “{matter}”" in words for words in asked) == 1
    questions = data_processes.questions(SYSTEM, ALL, USUAL_DAYS)
    assert len(questions) == len(asked)
    assert max(questions, key=lambda one: one.rate.rate).rate.name == matter
    teams = dashboard.data.filter_choices(SYSTEM).teams
    for one in questions:
        assert one.rate.kind is Kind.TRANSFER
        key = teams[int(one.rate.key)] if one.by is By.TEAM else one.rate.key
        inside = [TRUTH.passes_on(call.reason) for call in calls if getattr(call, one.by) == key]
        outside = [TRUTH.passes_on(call.reason) for call in calls if getattr(call, one.by) != key]
        assert sum(inside) / len(inside) >= sum(outside) / len(outside) + LARGE_ENOUGH


def test_who_may_harm_is_who_was_planted_to_and_every_moment_is_one(
    page: Callable[..., AppTest], calls: list[GeneratedCall]
) -> None:
    app = page("agents", period="All time", show="What may harm")
    named = [(row["cells"][0]["text"], row["cells"][1]["text"]) for row in widget_data(app, "harm agent")["rows"]]
    titles = {behaviour: behaviours()[harm].title for behaviour, harm in HARM_SHOWN_BY.items()}
    planted = {(agent.name, titles[one]) for agent in TRUTH.agents for one in agent.gaps if one in titles}
    assert set(named[: len(planted)]) == planted
    gaps = data_processes.harm(SYSTEM, ALL, "agent")
    assert sum(1 - gap.rate.probability_below for gap in gaps) <= 0.1 * len(gaps)
    broken = {(call.agent, titles[one]) for call in calls for one in HARM_SHOWN_BY if call.planted.get(one) is False}
    moments = widget_data(app, "harm moments agent")["rows"]
    assert moments
    assert {(row["cells"][1]["text"], row["cells"][3]["text"]) for row in moments} <= broken


def test_belonging_to_everyone_is_only_what_is_usually_done_too_rarely(page: Callable[..., AppTest]) -> None:
    page("agents", period="All time")
    shared = [gap for gap in dashboard.data.gaps(SYSTEM, ALL, "agent") if gap.belongs is Belongs.EVERYONE]
    assert shared
    for gap in shared:
        behaviour = ASKED[gap.rate.scorecard, gap.rate.criterion]
        usual = TRUTH.usual[behaviour]
        assert usual * (TRUTH.usual["says_next_steps"] if behaviour == "promises_follow_up" else 1) < settings().agent_target
