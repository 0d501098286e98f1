"""Do the administrators' pages do what their buttons say, for administrators alone?"""

import pytest
from sqlalchemy import select
from streamlit.testing.v1 import AppTest

from settings import keep_options, settings
from storage.access import SYSTEM
from storage.administration import list_people
from storage.database import open_database, reading
from storage.tables import AgentRow, TeamRow
from tests.dashboard.centre import Centre
from tests.dashboard.conftest import Look, widget_data, words_of


@pytest.mark.parametrize("view", ["people", "team_members", "settings"])
@pytest.mark.parametrize("who", ["quality", "reviewer", "coach", "nadia"])
def test_the_pages_are_for_administrators_alone(look: Look, who: str, view: str) -> None:
    with pytest.raises(ValueError, match="Could not find a navigation page"):
        look(who, view)


def test_a_person_is_added_with_a_password_that_is_shown_once(look: Look, fresh_centre: Centre) -> None:
    app = look("administrator", "people", place=fresh_centre)
    app.text_input(key="new name").set_value("Otto Brand")
    app.text_input(key="new email").set_value("otto@attune.example")
    app.selectbox(key="new role").select_index(2).run()
    next(button for button in app.button if button.label == "Let them sign in").click().run()
    assert "Otto Brand can sign in." in words_of(app)
    (password,) = (one.value for one in app.code)
    assert len(password) == 16
    app.run()
    assert not app.code
    engine = open_database(fresh_centre.url)
    with reading(engine) as session:
        (otto,) = (one for one in list_people(session, SYSTEM) if one.name == "Otto Brand")
    engine.dispose()
    assert otto.one_time


def test_what_is_refused_is_said(look: Look, fresh_centre: Centre) -> None:
    app = look("administrator", "people", place=fresh_centre)
    app.text_input(key="new name").set_value("Otto Brand")
    app.text_input(key="new email").set_value("reviewer@attune.example")
    app.selectbox(key="new role").select_index(2).run()
    next(button for button in app.button if button.label == "Let them sign in").click().run()
    assert "signs in with this address already" in words_of(app)


def test_an_agent_is_moved_with_the_calls_since(look: Look, fresh_centre: Centre) -> None:
    app = look("administrator", "team_members", place=fresh_centre)
    app.selectbox[0].select("Nadia Osei, Harbour")
    app.selectbox[1].select("Meadow").run()
    next(button for button in app.button if button.label == "Move").click().run()
    assert "Nadia Osei is in Meadow since" in words_of(app)
    engine = open_database(fresh_centre.url)
    with reading(engine) as session:
        team = select(TeamRow.name).join(AgentRow, AgentRow.team_id == TeamRow.id).where(AgentRow.name == "Nadia Osei")
        assert session.scalar(team) == "Meadow"
    engine.dispose()


def test_a_company_is_entered_given_a_team_and_has_a_coach_of_its_own(look: Look, fresh_centre: Centre) -> None:
    app = look("administrator", "team_members", place=fresh_centre)
    assert "All teams are our own." in words_of(app)
    next(one for one in app.text_input if one.label == "A new organisation").set_value("Harbour Care")
    _press(app, "Add", last=True)
    assert "There is an organisation Harbour Care now." in words_of(app)
    app.selectbox(key="team that changes hands").select("Harbour")
    app.selectbox(key="to whom").select("Harbour Care")
    _press(app, "Save")
    assert "Harbour belongs to Harbour Care, ever since there is the team." in words_of(app)
    assert _texts(app, "belongings")[0][:4] == ["Harbour", "Harbour Care", "ever", "today"]

    next(one for one in app.text_input if one.label == "Its name from now on" and one.value).set_value("Harbour & Co")
    _press(app, "Change")
    assert "Harbour Care is Harbour & Co now, outsourcer." in words_of(app)

    app = look("administrator", "people", place=fresh_centre)
    app.text_input(key="new name").set_value("Pat Rowe")
    app.text_input(key="new email").set_value("pat@attune.example")
    app.selectbox(key="new role").select_index(2).run()
    app.selectbox(key="new organisation").select("Harbour & Co").run()
    _press(app, "Let them sign in")
    assert "whoever is measured by the scores does not also decide them" in words_of(app)
    app.selectbox(key="new role").select_index(3).run()
    _press(app, "Let them sign in")
    assert "Pat Rowe can sign in." in words_of(app)
    (row,) = (row for row in widget_data(app, "people")["rows"] if row["cells"][0]["text"] == "Pat Rowe")
    assert (row["cells"][2]["text"], row["cells"][2]["below"]) == ("all its teams", "Harbour & Co")


def _press(app: AppTest, label: str, *, last: bool = False) -> None:
    found = [button for button in app.button if button.label == label]
    found[-1 if last else 0].click().run()


def test_settings_show_no_secret_and_change_at_once(
    look: Look, fresh_centre: Centre, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = look("administrator", "settings", place=fresh_centre)
    shown = {name: (value, source) for name, value, source, _ in _texts(app, "settings")}
    assert shown["Secret"] == ("set", "environment")
    assert shown["Dispute days"][1] == "default"
    app.selectbox[0].select("Dispute days").run()
    app.text_input(key="value of dispute_days").set_value("3").run()
    next(button for button in app.button if button.label == "Save").click().run()
    assert "Dispute days is 3 from now on." in words_of(app)
    assert settings().dispute_days == 3
    keep_options({})


def _texts(app: AppTest, key: str) -> list[list[str]]:
    """What the cells of a table say."""
    return [[cell.get("text", "") for cell in row["cells"]] for row in widget_data(app, key)["rows"]]
