"""Does the board say what was planted, to whom it is for, and can a cause go the whole way on it?"""

import shutil
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace

import pytest
from sqlalchemy import select

from dashboard.pages import pages_for
from storage import causes, clock
from storage.access import Asker, Role
from storage.causes import CauseDraft, CauseState
from storage.database import open_database, reading, transaction
from storage.people import add_user
from storage.tables import TeamRow
from tests.causes import ACTED_ON, Planted, plant
from tests.dashboard.conftest import Look, widget_data, words_of
from tests.dashboard.test_who_spoke import press

NOW = datetime(2026, 1, 5, 12, tzinfo=UTC)
MARKUP = "<img src=x onerror=alert(1)> *late*"


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Asker]]:
    """Sixty contacts a week about late parcels, 30 % fewer since the action; a coach whose team has hardly any of them."""
    home = tmp_path_factory.mktemp("causes")
    engine = open_database(f"sqlite:///{home / 'attune.db'}")
    with clock.at(NOW), transaction(engine) as session:
        plant(session, Planted(late=(60, 42), line=(270, 270)))
        plant(session, Planted(late=(2, 2), line=(2, 2)), "South", "Cleo Marsh")
        mira_id = add_user(session, "mira@example.org", "Mira", Role.QUALITY_MANAGER, "hash")
        mira = Asker(mira_id, Role.QUALITY_MANAGER, name="Mira")
        south = session.scalars(select(TeamRow.id).where(TeamRow.name == "South")).one()
        draft = CauseDraft(MARKUP, "late", "", "Petra Lang", "Logistics", "Ask the depot.", ACTED_ON, CauseState.DONE)
        causes.add_cause(session, mira, draft, ["late-0-0"])
        causes.add_cause(session, mira, CauseDraft("Lines die in the rain", "line"))
    engine.dispose()
    coach = Asker(8, Role.COACH, team_ids=frozenset({south}), name="Sven")
    return home, {"mira": mira, "coach": coach}


@pytest.fixture
def place(planted: tuple[Path, dict[str, Asker]], tmp_path: Path) -> tuple[Path, dict[str, Asker]]:
    """A copy to change."""
    return Path(shutil.copytree(planted[0], tmp_path / "home")), planted[1]


@pytest.fixture
def look(place: tuple[Path, dict[str, Asker]], page_of: Look) -> Look:
    """Opens a page as Mira, or as the coach of South."""
    home, askers = place
    return lambda who="mira", view="causes", **params: page_of(home, askers[who], view, **params)


def board(place: Path) -> list[causes.Cause]:
    engine = open_database(f"sqlite:///{place / 'attune.db'}")
    with reading(engine) as session:
        found = list(causes.list_causes(session, Asker(0, Role.ADMINISTRATOR)))
    engine.dispose()
    return found


def test_the_board_says_what_each_costs_and_what_the_action_removed(look: Look) -> None:
    words = words_of(look())
    assert "**Done** (1)" in words
    assert "**Found** (1)" in words
    assert "<img" not in words.replace("\\<img", "")
    assert "contacts, " in words
    assert "hours a week" in words
    assert "contacts removed**, likely" in words
    assert "Owner: Petra Lang, Logistics" in words


def test_a_cause_says_its_effect_with_its_doubt_and_leads_to_its_evidence(look: Look) -> None:
    app = look(id="1")
    words = words_of(app)
    assert "Fewer contacts than would have been" in words
    assert "by the trend of the 20 weeks before" in words
    assert "Not to be told from chance" in words  # of repeats nothing was planted
    assert "cannot be told apart from this action" in app.info[0].value
    (row,) = widget_data(app, "cause-evidence")["rows"]
    assert row["href"].startswith("/call?id=late-0-0")
    assert len(widget_data(app, "cause-weeks-contacts")["rows"]) == 30
    assert "Put a cause on the board, or changed it" in words


def test_a_coach_reads_their_teams_figures_and_changes_nothing(look: Look) -> None:
    words = words_of(look("coach"))
    assert "Figures are of your teams’ conversations" in words
    app = look("coach", id="1")
    assert "No conversations that you may see" in words_of(app)
    assert not [one for one in app.button if one.label == "Save"]
    assert not app.text_input


def test_the_board_is_in_the_menu_of_our_own_coaches_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("streamlit.Page", lambda _, **given: SimpleNamespace(**{"visibility": "visible", **given}))
    for of_partner, visibility in ((False, "visible"), (True, "hidden")):
        (board_page,) = [one for one in pages_for(Role.COACH, of_partner=of_partner) if one.url_path == "causes"]
        assert vars(board_page)["visibility"] == visibility


def test_a_cause_goes_from_a_reason_to_the_board_and_on(look: Look, place: tuple[Path, dict[str, Asker]]) -> None:
    app = look(view="why_they_call", state="fits", reason="late")
    assert next(one for one in app.multiselect if one.key == "board-calls").options
    assert [one.label for one in app.button if one.key == "board-put"] == ["Put on the board"]
    app = look(reason="late", calls="late-0-3,late-0-5,![](http://elsewhere.test/x.png)", new="1")
    next(one for one in app.text_input if one.label == "What makes them call").set_value("Parcels wait at the depot")
    press(app, "Put it on the board")
    assert "is on the board" in words_of(app)
    new = next(one for one in board(place[0]) if one.draft.title == "Parcels wait at the depot")
    app = look(id=str(new.id))
    assert len(widget_data(app, "cause-evidence")["rows"]) == 2
    next(one for one in app.selectbox if one.label == "State").set_value(CauseState.AGREED)
    press(app, "Save")
    assert "Say which action was agreed" in words_of(app)
    next(one for one in app.text_area if one.label == "Action").set_value("Collect twice a day.")
    press(app, "Save")
    assert "Saved." in words_of(app)
    assert next(one for one in board(place[0]) if one.id == new.id).draft.state is CauseState.AGREED


def test_a_conversation_is_put_under_a_cause_that_is_there(look: Look, place: tuple[Path, dict[str, Asker]]) -> None:
    app = look(calls="late-0-3,late-0-0", new="1")
    next(one for one in app.selectbox if one.key == "under").set_value(1).run()
    press(app, "Put them there")
    assert "1 conversation more" in words_of(app)
    assert len(widget_data(look(id="1"), "cause-evidence")["rows"]) == 2


def test_what_is_not_there_is_said(look: Look) -> None:
    assert "There is no cause 99" in "\n".join(str(one.value) for one in look(id="99").markdown)
