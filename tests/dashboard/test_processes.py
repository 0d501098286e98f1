"""A centre with one broken process, one agent whose customers leave worse, and one who is heard to be rude: do the pages say
so, of nobody else, and only to who may know?"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from random import Random

import pytest
import streamlit as st
from sqlalchemy import update
from streamlit.testing.v1 import AppTest

import dashboard.access
from dashboard.widgets.words import percent
from pipeline.digest import weekly_digest
from pipeline.reports import Days, team_report
from scoring.signals.model import BEHAVIOURS, Shown
from storage.access import SYSTEM, Asker, Role
from storage.course_tables import CourseRow
from storage.courses import recount
from storage.database import open_database, reading, transaction
from storage.people import add_user
from storage.queries import filter_choices
from storage.records import ScoredCall
from storage.repository import store_scored_call
from tests.dashboard.conftest import open_page, widget_data, words_of
from tests.storage.build import a_scored_call

TEAMS = {"North": ("Ana Ruiz", "Ben Ash", "Cleo Marsh"), "South": ("Dan Hart", "Eva Lind", "Finn Day", "Gil West")}
CALLS_EACH = 36
LAST = datetime(2026, 5, 29, 12, tzinfo=UTC)
RUDE, SAD = "Cleo Marsh", "Ben Ash"


def a_call(team: str, agent: str, number: int) -> ScoredCall:
    """Billing passes on every second call; Ben's customers end low; Cleo is heard to be rude in every third call."""
    chance = Random(f"{agent} {number}")
    billing = number % 3 == 0
    passed = billing and number % 2 == 0
    words = "I'll put you through to payments." if passed else "That is done."
    call = a_scored_call(
        f"{agent} {number}",
        "agent: Hello",
        "customer: It is about my bill",
        f"agent: {words}",
        agent=agent,
        team=team,
        queue="money" if billing else "line",
        started_at=LAST - timedelta(days=2 * number, minutes=number),
        extra={"reason": "Billing" if billing else ("Faults", "Orders")[number % 2]},
    )
    end = (0.1 if agent == SAD else 0.6) + chance.uniform(-0.3, 0.3)
    ends = {"first_third": -0.1, "lowest": -0.4, "highest": 0.5, "end": end}
    shown = (Shown(0, "rude", 0.9, 0, 5),) if agent == RUDE and number % 3 == 1 else ()
    measures = {**{f"customer_valence_{name}": value for name, value in ends.items()}, "longest_hold_seconds": 0.0}
    return replace(call, signals=replace(call.signals, measures=measures, behaviours=shown, models={BEHAVIOURS: "a judge"}))


@dataclass(frozen=True)
class Place:
    """Where the centre is, and whom a test can ask as."""

    home: Path
    askers: dict[str, Asker]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Place:
    home = tmp_path_factory.mktemp("processes")
    engine = open_database(f"sqlite:///{home / 'attune.db'}")
    with transaction(engine) as session:
        for team, agents in TEAMS.items():
            for agent in agents:
                for number in range(CALLS_EACH):
                    assert store_scored_call(session, a_call(team, agent, number))
        choices = filter_choices(session, SYSTEM)
        agents_by_name = {name: id_ for id_, name in choices.agents.items()}
        teams_by_name = {name: id_ for id_, name in choices.teams.items()}
        askers = {"operator": SYSTEM}
        people: tuple[tuple[str, Role, str | None, tuple[str, ...]], ...] = (
            ("quality", Role.QUALITY_MANAGER, None, ()),
            ("reviewer", Role.REVIEWER, None, ()),
            ("coach", Role.COACH, None, ("South",)),
            ("ben", Role.AGENT, SAD, ()),
        )
        for key, role, of_agent, of_teams in people:
            agent_id = agents_by_name[of_agent] if of_agent else None
            team_ids = tuple(teams_by_name[name] for name in of_teams)
            user = add_user(session, f"{key}@example.org", key.title(), role, "x", agent_id, team_ids)
            askers[key] = Asker(user, role, agent_id, frozenset(team_ids), key.title())
    engine.dispose()
    return Place(home, askers)


@pytest.fixture
def look(place: Place, home: Callable[[Path], None], monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., AppTest]]:
    """Opens a page of that centre: `look("quality", "processes", show="By queue")`."""

    def at(who: str, view: str, **params: object) -> AppTest:
        home(place.home)
        monkeypatch.setattr(dashboard.access, "current_asker", lambda: place.askers[who])
        app = open_page(place.askers[who], view, **params)
        assert not app.exception
        return app

    yield at
    st.cache_data.clear()


def texts(app: AppTest, key: str, column: int = 0) -> list[str]:
    return [row["cells"][column].get("text", "") for row in widget_data(app, key)["rows"]]


def test_the_broken_process_is_the_one_that_is_worth_a_question(look: Callable[..., AppTest]) -> None:
    asked = texts(look("quality", "processes"), "questions")
    assert len(asked) == 2  # by its reason, and by its queue
    assert all("the customer was passed on" in words for words in asked)
    assert {"about “Billing”" in words for words in asked} == {True, False}


def test_the_page_says_how_it_is_known_and_for_how_many_calls(look: Callable[..., AppTest]) -> None:
    app = look("quality", "processes")
    figures = {metric.label: metric.value for metric in app.metric}
    assert figures == {"In touch before": percent(0), "Long on hold": percent(0), "Passed on": percent(42 / 252)}
    assert "42 announced by the agent" in words_of(app)
    assert "252 calls by the customer’s words" in words_of(app)


def test_a_question_leads_to_its_calls_and_their_words(look: Callable[..., AppTest]) -> None:
    href = widget_data(look("quality", "processes"), "questions")["rows"][0]["href"]
    assert href.startswith("/processes?behind=transfer&")
    app = look("quality", "processes", behind="transfer", reason="Billing")
    rows = widget_data(app, "behind")["rows"]
    assert len(rows) == 42
    assert rows[0]["cells"][3]["text"] == "I'll put you through to payments."
    assert "turn=2" in rows[0]["href"]
    assert not any(agent in str(rows) for agents in TEAMS.values() for agent in agents)  # about process, not people


def test_every_group_can_be_seen_by_reason_queue_and_team(look: Callable[..., AppTest]) -> None:
    assert texts(look("quality", "processes", show="By reason"), "rates reason") == ["Billing", "Faults", "Orders"]
    assert set(texts(look("quality", "processes", show="By queue"), "rates queue")) == {"line", "money"}
    assert set(texts(look("quality", "processes", show="By team"), "rates team")) == set(TEAMS)


def test_a_coach_sees_the_processes_of_their_own_teams(look: Callable[..., AppTest]) -> None:
    assert "24 announced by the agent" in words_of(look("coach", "processes"))
    assert texts(look("coach", "processes", show="By team"), "rates team") == ["South"]


def test_how_customers_feel_is_shown_by_reason(look: Callable[..., AppTest]) -> None:
    app = look("quality", "processes", show="How customers feel")
    assert set(texts(app, "feelings reason")) == {"Billing", "Faults", "Orders"}
    (chart,) = [chart.proto.spec for chart in app.get("vega_lite_chart")]
    assert "triangle-down" in chart  # shapes, not colour alone


def test_reviewers_and_agents_have_no_page_of_processes(look: Callable[..., AppTest]) -> None:
    for who in ("reviewer", "ben"):
        with pytest.raises(ValueError, match="registered"):
            look(who, "processes")


def test_without_reasons_the_page_says_how_to_send_them_along(
    place: Place, look: Callable[..., AppTest], tmp_path: Path
) -> None:
    engine = open_database(f"sqlite:///{place.home / 'attune.db'}")
    with transaction(engine) as session:
        session.execute(update(CourseRow).values(reason=""))
    try:
        app = look("quality", "processes")
        assert "Send them along as `reason`" in app.info[0].value
        assert set(texts(app, "rates queue")) == {"line", "money"}  # what there is to see is shown
    finally:
        with transaction(engine) as session:
            recount(session)
        engine.dispose()


def test_the_overview_leads_to_the_first_question_for_who_may_ask_it(look: Callable[..., AppTest]) -> None:
    assert "Worth a question" in words_of(look("quality", "overview"))
    assert "Worth a question" not in words_of(look("reviewer", "overview"))


def test_whose_customers_leave_worse_is_said_on_the_agents_page_and_of_nobody_else(
    place: Place, look: Callable[..., AppTest]
) -> None:
    ben = place.askers["ben"].agent_id
    app = look("quality", "agent", of_agent=ben, more="How their customers feel")
    (row,) = widget_data(app, "feelings agent")["rows"]
    assert row["cells"][0]["text"] == SAD
    assert row["cells"][4]["below"] == "likely worse"


def test_an_agent_sees_their_own_customers_and_a_range_of_colleagues_without_a_name(look: Callable[..., AppTest]) -> None:
    app = look("ben", "my_scorecards", show="Which way it goes")
    assert texts(app, "feelings mine") == ["Your calls"]
    assert "below" not in widget_data(app, "feelings mine")["rows"][0]["cells"][4]  # there is nobody to be compared with
    assert "middle half of 6 colleagues" in words_of(app)
    others = [agent for agents in TEAMS.values() for agent in agents if agent != SAD]
    assert not any(name in words_of(app) + str(widget_data(app, "feelings mine")) for name in others)


def test_who_is_heard_to_harm_is_named_with_the_doubt_and_the_moments(look: Callable[..., AppTest]) -> None:
    app = look("quality", "agents", show="What may harm")
    assert list(zip(texts(app, "harm agent"), texts(app, "harm agent", 1), strict=True)) == [(RUDE, "Rude")]
    assert "It finds rare harm badly" in words_of(app)
    assert set(texts(app, "harm moments agent", 1)) == {RUDE}
    assert set(texts(app, "harm moments agent", 2)) == {"Hello"}


def test_a_team_with_one_rude_agent_is_not_said_to_be_rude_as_a_whole_to_who_sees_no_such_calls(
    look: Callable[..., AppTest],
) -> None:
    app = look("coach", "agents", show="What may harm")
    assert "Nobody stands out." in words_of(app)


def test_the_letter_and_the_teams_paper_hold_one_line_about_processes(place: Place) -> None:
    engine = open_database(f"sqlite:///{place.home / 'attune.db'}")
    days = Days(date(2026, 5, 25), date(2026, 5, 31))
    with reading(engine) as session:
        assert "the customer was passed on" in weekly_digest(session, place.askers["quality"], days)
        assert "Processes" not in weekly_digest(session, place.askers["ben"], days)
        team = next(id_ for id_, name in filter_choices(session, SYSTEM).teams.items() if name == "North")
        month = Days(LAST.date() - timedelta(days=80), LAST.date())
        assert "the customer was passed on" in team_report(session, SYSTEM, team, month).processes
    engine.dispose()


def test_whose_customers_leave_worse_stands_first_among_all_agents(look: Callable[..., AppTest]) -> None:
    app = look("quality", "agents", show="How customers feel")
    names, apart = (
        texts(app, "feelings agent"),
        [row["cells"][4].get("below", "") for row in widget_data(app, "feelings agent")["rows"]],
    )
    assert (names[0], apart[0]) == (SAD, "likely worse")
    assert sorted(names) == sorted(name for team in TEAMS.values() for name in team)
    assert "likely worse" not in apart[1:]
