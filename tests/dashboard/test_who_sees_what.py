"""Each role has its pages, and no page shows anybody what is not theirs."""

import pytest
from streamlit.testing.v1 import AppTest

from storage.access import Role
from tests.dashboard.centre import CALLS_EACH, Centre
from tests.dashboard.conftest import Look, widget_data, words_of

EVERY_VIEW = ("overview", "calls", "agents", "teams")


def titles(app: AppTest) -> list[str]:
    """The titles on the page."""
    return [title.value for title in app.title]


@pytest.mark.parametrize("who", ["administrator", "quality", "reviewer", "coach"])
@pytest.mark.parametrize("view", EVERY_VIEW)
def test_who_looks_at_many_opens_every_page(look: Look, who: str, view: str) -> None:
    app = look(who, view)
    assert not app.exception
    assert titles(app) == [view.capitalize()]


def test_an_agent_starts_with_their_own_scorecards(look: Look) -> None:
    app = look("nadia")
    assert not app.exception
    assert titles(app) == ["Hello, Nadia"]


@pytest.mark.parametrize("view", EVERY_VIEW)
def test_an_agent_has_no_page_about_others(look: Look, view: str) -> None:
    with pytest.raises(ValueError, match="registered"):
        look("nadia", view)


def test_nobody_signed_in_sees_the_way_to_the_sign_in_alone(look: Look) -> None:
    app = look(None)
    assert titles(app) == ["You are signed out"]
    assert not app.get("bidi_component")
    assert not app.metric


def test_an_agents_page_lists_their_calls_and_no_other(look: Look, centre: Centre) -> None:
    rows = widget_data(look("nadia"), "mine")["rows"]
    assert {row["id"] for row in rows} == set(centre.calls["Nadia Osei"])


def test_another_agents_call_does_not_exist(look: Look, centre: Centre) -> None:
    theirs = words_of(look("nadia", "call", id=centre.calls["Lena Fox"][0]))
    invented = words_of(look("nadia", "call", id="0000000000000000"))
    assert "No such call" in theirs
    assert theirs == invented


def test_a_coach_counts_their_teams_calls(look: Look) -> None:
    calls = next(metric for metric in look("coach").metric if metric.label == "Calls")
    assert calls.value == str(2 * CALLS_EACH)


def test_what_one_person_was_shown_is_not_remembered_for_another(look: Look, centre: Centre) -> None:
    assert "Rosa" not in words_of(look("nadia"))
    app = look("reviewer", "calls")
    assert f"{4 * CALLS_EACH} calls" in words_of(app)
    assert centre.askers["nadia"].role is Role.AGENT
    assert widget_data(look("nadia"), "account") == {"name": "Nadia Osei", "role": "Agent"}
