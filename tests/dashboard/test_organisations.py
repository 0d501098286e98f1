"""Does the page hold partners against our own, say what that means, and what to do where there is none?"""

from pathlib import Path

import pytest

from storage.access import Asker, Role
from storage.database import open_database, transaction
from storage.repository import store_scored_call
from tests.dashboard.conftest import Look, widget_data, words_of
from tests.pipeline.test_partners import plant
from tests.storage.build import a_scorecard, a_scored_call


@pytest.fixture(scope="module")
def places(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A centre with partners, and one with a call and no partner."""
    found = {}
    for name in ("partners", "alone"):
        found[name] = tmp_path_factory.mktemp(name)
        engine = open_database(f"sqlite:///{found[name] / 'attune.db'}")
        with transaction(engine) as session:
            if name == "partners":
                plant(session)
                # By the first scorecard of all nobody of a partner was judged.
                audited = a_scored_call("audited", team="Home", scorecards=(a_scorecard("audit"),))
                assert store_scored_call(session, audited)
            else:
                assert store_scored_call(session, a_scored_call("one"))
        engine.dispose()
    return found


@pytest.fixture
def look(places: dict[str, Path], page_of: Look) -> Look:
    """Opens the page as a quality manager."""
    mira = Asker(9, Role.QUALITY_MANAGER, name="Mira")
    return lambda place="partners", **params: page_of(places[place], mira, "organisations", **params)


def test_each_partner_stands_beside_our_own_with_what_that_says(look: Look) -> None:
    app = look()
    rows = {row["cells"][0]["text"]: row["cells"] for row in widget_data(app, "organisations")["rows"]}
    assert list(rows) == ["Our own", "Northern Calls", "Southern Voices", "Western Field"]
    says = {name: cells[5]["chips"][0]["words"] for name, cells in rows.items() if name != "Our own"}
    assert says == {
        "Northern Calls": "lower on the same calls",
        "Southern Voices": "it takes other calls",
        "Western Field": "too few calls",
    }
    assert rows["Western Field"][4]["text"] == "–"
    words = words_of(app)
    assert "**Northern Calls**: It stands below our own on the same mix" in words
    assert "no such difference is left" in words
    assert "**Western Field**" not in words


def test_the_page_begins_with_the_scorecard_that_partners_are_judged_by(look: Look) -> None:
    app = look()
    (box,) = [one for one in app.selectbox if one.label == "Scorecard"]
    assert list(box.options) == ["Audit", "Care"]
    assert box.value == "Care"


def test_other_figures_can_be_chosen_and_stand_in_the_address(look: Look) -> None:
    app = look(figure="Automatic failures")
    (ours, *_) = widget_data(app, "organisations")["rows"]
    assert ours["cells"][2]["text"] == "0\N{NO-BREAK SPACE}% of 5 agents"


def test_without_a_partner_the_page_says_where_one_is_entered(look: Look) -> None:
    assert "Who is in which team" in words_of(look("alone"))
