"""Does the page say why customers are in touch, to who may know, and lead from a figure to its conversations?"""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from storage import clock, reason_proposals
from storage.access import SYSTEM, Asker, Role
from storage.database import open_database, transaction
from storage.queries import filter_choices
from tests.dashboard.conftest import Look, widget_data, words_of
from tests.storage.test_reasons import LATE, caravans, ours, stored

NOON = datetime(2025, 3, 5, 12, tzinfo=UTC)
MIRA = Asker(9, Role.QUALITY_MANAGER, name="Mira")


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Asker]:
    """Six late parcels of North, one dead line of South, five caravans that fit nowhere; a coach of South."""
    home = tmp_path_factory.mktemp("why")
    engine = open_database(f"sqlite:///{home / 'attune.db'}")
    with clock.at(NOON), transaction(engine) as session:
        ours(session)
        for number in range(6):
            stored(session, f"late {number}", LATE, started_at=NOON - timedelta(days=number))
        stored(session, "line", "My internet is down.", agent="Cleo Marsh", team="South", started_at=NOON)
        caravans(session)
        reason_proposals.propose(session, SYSTEM)
        teams = {name: id_ for id_, name in filter_choices(session, SYSTEM).teams.items()}
    engine.dispose()
    return home, Asker(8, Role.COACH, team_ids=frozenset({teams["South"]}), name="Sven")


@pytest.fixture
def look(place: tuple[Path, Asker], page_of: Look) -> Look:
    """Opens the page as Mira, or as the coach of South."""
    home, south = place
    return lambda *, coach=False, **params: page_of(home, south if coach else MIRA, "why_they_call", **params)


def titles(app: AppTest, key: str) -> list[str]:
    return [row["cells"][0].get("text", "") for row in widget_data(app, key)["rows"]]


def test_groups_lead_to_reasons_and_these_to_conversations(look: Look) -> None:
    groups = widget_data(look(), "why Groups")["rows"]
    assert groups[0]["cells"][0]["text"] == "Orders"
    assert groups[0]["href"] == "/why-they-call?group=Orders"
    assert titles(look(group="Orders"), "why Reasons") == ["Parcel is late"]
    app = look(state="fits", reason="late")
    assert len(widget_data(app, "why-behind")["rows"]) == 6
    assert LATE in str(widget_data(app, "why-behind"))


def test_a_coach_sees_their_teams_alone_and_changes_no_tree(look: Look) -> None:
    app = look(coach=True)
    assert titles(app, "why Groups") == ["Faults"]
    assert [tab.label for tab in app.tabs] == ["By reason", "Agents or process"]


def test_a_proposal_is_shown_with_what_customers_said_and_can_be_dismissed(look: Look) -> None:
    app = look(show="Proposals")
    assert "caravan leaks" in words_of(app)
    next(one for one in app.button if one.label == "Dismiss").click().run()
    assert "No open proposals" in words_of(look(show="Proposals"))


def test_a_tree_that_cannot_be_used_is_refused_with_its_problem(look: Look) -> None:
    app = look(show="The tree")
    app.text_area(key="tree-text").set_value("groups: 3")
    next(one for one in app.button if one.label == "Put in force").click().run()
    assert "line 1, groups" in app.error[0].value
    assert "a list of groups is wanted" in app.error[0].value
    app.text_area(key="tree-text").set_value("groups: " + "[" * 1_000)
    next(one for one in app.button if one.label == "Put in force").click().run()
    assert not app.exception
    assert "levels deep" in app.error[0].value
