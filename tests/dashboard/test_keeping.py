"""Does the page about keeping hold, release and remove, for those who may?"""

import pytest
from sqlalchemy import select, update

from settings import settings
from storage.access import SYSTEM
from storage.database import open_database, reading, transaction
from storage.holds import list_holds
from storage.keeping import list_reports
from storage.sealed_words import is_name
from storage.tables import CallRow
from tests.dashboard.centre import Centre
from tests.dashboard.conftest import Look, widget_data, words_of


@pytest.mark.parametrize("who", ["reviewer", "coach", "nadia"])
def test_the_page_is_for_administrators_and_quality_managers(look: Look, who: str) -> None:
    with pytest.raises(ValueError, match="Could not find a navigation page"):
        look(who, "keeping")


def test_a_quality_manager_holds_the_calls_of_an_agent_and_sees_nothing_else(look: Look, fresh_centre: Centre) -> None:
    app = look("quality", "keeping", place=fresh_centre)
    assert not app.tabs
    app.selectbox[0].select_index(1)
    app.text_input[0].set_value("Nadia Osei")
    app.text_input[1].set_value("a court asks")
    next(button for button in app.button if button.label == "Put under legal hold").click().run()
    assert "nothing of these calls is removed" in words_of(app)
    assert widget_data(app, "holds")["rows"][0]["cells"][1]["text"] == "Agent: Nadia Osei"
    app.text_input[2].set_value("the case is closed")
    next(button for button in app.button if button.label == "Release").click().run()
    assert "is released" in words_of(app)
    engine = open_database(fresh_centre.url)
    with reading(engine) as session:
        (hold,) = list_holds(session, SYSTEM, released=True)
    engine.dispose()
    assert hold.release_reason == "the case is closed"


def test_an_administrator_sees_what_is_due_and_removes_it(
    look: Look, fresh_centre: Centre, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ATTUNE_KEEP_WORDS_DAYS", "1")
    app = look("administrator", "keeping", place=fresh_centre)
    assert widget_data(app, "kept")["rows"][0]["cells"][2]["text"] == "1 day"
    app.checkbox[0].check().run()
    next(button for button in app.button if button.label == "Remove it now").click().run()
    assert "Removed: what was said of" in words_of(app)
    engine = open_database(fresh_centre.url)
    with reading(engine) as session:
        assert len(list_reports(session, SYSTEM)) == 1
    engine.dispose()
    look("administrator", "calls", place=fresh_centre)
    settings.cache_clear()


def test_an_administrator_erases_a_customer(look: Look, fresh_centre: Centre) -> None:
    engine = open_database(fresh_centre.url)
    with transaction(engine) as session:
        session.execute(
            update(CallRow).where(CallRow.id == fresh_centre.calls["Nadia Osei"][0]).values(customer="Vera Lind")
        )
    app = look("administrator", "keeping", place=fresh_centre)
    app.text_input(key="customer").set_value("Nobody").run()
    assert "No call carries this name" in words_of(app)
    app.text_input(key="customer").set_value("Vera Lind").run()
    next(box for box in app.checkbox if "brought back" in box.label).check().run()
    next(button for button in app.button if button.label == "Erase").click().run()
    assert "Erased from 1 calls; report 1." in words_of(app)
    with reading(engine) as session:
        assert session.scalars(select(CallRow.id).where(is_name(CallRow.customer, ["Vera Lind"]))).all() == []
    engine.dispose()


def test_an_administrator_puts_together_all_about_a_customer(look: Look, fresh_centre: Centre) -> None:
    engine = open_database(fresh_centre.url)
    with transaction(engine) as session:
        call_id = session.scalars(select(CallRow.id)).first()
        session.execute(update(CallRow).where(CallRow.id == call_id).values(customer="Vera Lindqvist"))
    app = look("administrator", "keeping", place=fresh_centre)
    assert "Type the customer's name" in words_of(app)
    app.text_input(key="person").set_value("Nobody Known").run()
    assert "No call, waiting file or legal hold carries this name" in words_of(app)
    assert not [button for button in app.button if button.label == "Put it together"]
    app.text_input(key="person").set_value("lindq").run()
    next(button for button in app.button if button.label == "Put it together").click().run()
    assert "All about Vera Lindqvist" in words_of(app)
    with reading(engine) as session:
        (report,) = list_reports(session, SYSTEM)
    engine.dispose()
    assert report.figures["calls"] == 1


def test_an_administrator_finds_a_reviewer_by_a_part_of_their_address(look: Look, fresh_centre: Centre) -> None:
    app = look("administrator", "keeping", place=fresh_centre)
    app.selectbox(key="kind_of_person").select("reviewer").run()
    app.text_input(key="person").set_value("nobody@").run()
    assert "Nobody like that is a reviewer." in words_of(app)
    app.text_input(key="person").set_value("REVIEWER@").run()
    next(button for button in app.button if button.label == "Put it together").click().run()
    assert "reviewer@" in words_of(app)
    assert "stands in the record" in words_of(app)
