"""The page of alerts: what needs somebody, taking and closing it, and the rules with what they would have told."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from dashboard.pages import pages_for
from storage.access import Role
from storage.alert_rules import SHIPPED, AlertRule, Telling, all_rules, save_alert_rule
from storage.database import open_database, reading, transaction
from storage.repository import store_scored_call
from tests.dashboard.centre import MARKUP, Centre
from tests.dashboard.conftest import Look, widget_data, words_of
from tests.dashboard.test_who_spoke import press
from tests.storage.build import a_scored_call


@pytest.fixture
def alerted(fresh_centre: Centre) -> Centre:
    """The centre with a call of Nadia's that failed just now, in words that look like a page's own."""
    engine = open_database(fresh_centre.url)
    with transaction(engine) as session:
        for name, agent, team in (("hers", "Nadia Osei", "Harbour"), ("of another", "Lena Fox", "Meadow")):
            at = datetime.now(UTC) - timedelta(minutes=5)
            call = a_scored_call(
                name, f"agent: {MARKUP}", agent=agent, team=team, started_at=at, verdicts={"announces": "not_met"}
            )
            assert store_scored_call(session, call)
    engine.dispose()
    return fresh_centre


def _show(app: AppTest, what: str) -> AppTest:
    (control,) = [control for control in app.button_group if control.key == "alerts-show"]
    control.set_value(what)
    return app.run()


def test_an_alert_says_why_and_leads_to_the_moment(look: Look, alerted: Centre) -> None:
    app = look("quality", "alerts", alerted)
    words = words_of(app)
    assert words.count("Automatic failure") == 2
    assert "Is the recording announced?" in words
    links = [link.proto.url for link in app.get("link_button")]
    assert f"/call?id={a_scored_call('hers').transcript.call_id}&turn=0" in links
    assert "2 alerts that nobody sees to yet" in str(look("quality", "overview", alerted).get("page_link")[0].proto)


@pytest.fixture
def menus(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What the page of alerts is called in the menu, of each page that is drawn."""
    titles = list[str]()
    draw = st.navigation

    def noted(pages: list[st.Page], **more: Any) -> st.Page:
        titles.extend(page.title for page in pages if page.url_path == "alerts")
        return draw(pages, **more)

    monkeypatch.setattr(st, "navigation", noted)
    return titles


def test_the_menu_says_how_many_wait_for_somebody_of_those_that_one_may_see(
    look: Look, alerted: Centre, menus: list[str]
) -> None:
    for who, says in (("quality", "Alerts (2)"), ("reviewer", "Alerts (2)"), ("coach", "Alerts (1)"), ("nadia", "Alerts")):
        look(who, "calls" if who != "nadia" else "my_scorecards", alerted)
        assert menus[-1] == says
    press(look("coach", "alerts", alerted), "I see to it")
    assert menus[-1] == "Alerts"
    look("quality", "overview", alerted)
    assert menus[-1] == "Alerts (1)"


@pytest.mark.parametrize(("number", "says"), [(0, "Alerts"), (99, "Alerts (99)"), (100, "Alerts (99+)")])
def test_a_number_too_large_for_the_menu_is_not_written_out(number: int, says: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(st, "Page", lambda _, **named: SimpleNamespace(**named))
    titles = {page.url_path: page.title for page in pages_for(Role.COACH, alerts=number)}
    assert titles["alerts"] == says


def test_one_takes_it_and_closes_it_with_what_was_done(look: Look, alerted: Centre) -> None:
    app = look("coach", "alerts", alerted)
    assert words_of(app).count("Automatic failure") == 1
    press(app, "I see to it")
    assert "You see to it now." in words_of(app)
    _show(app, "taken")
    assert "sees to it." in words_of(app)
    (done,) = [area for area in app.text_area if area.label == "What was done?"]
    done.input("We rang the customer.")
    press(app, "Close it")
    assert "Closed." in words_of(app)
    _show(app, "closed")
    assert "We rang the customer" in words_of(app)


def test_an_agent_sees_their_own_where_the_rule_says_so_and_has_no_buttons(look: Look, alerted: Centre) -> None:
    assert "Nothing here" in words_of(look("nadia", "alerts", alerted))
    engine = open_database(alerted.url)
    with transaction(engine) as session:
        rule = replace(SHIPPED[-1], telling=Telling(agents=True))
        save_alert_rule(session, alerted.askers["quality"], rule)
        call = a_scored_call(
            "later", agent="Nadia Osei", team="Harbour", started_at=datetime.now(UTC), verdicts={"announces": "not_met"}
        )
        assert store_scored_call(session, call)
    engine.dispose()
    app = look("nadia", "alerts", alerted)
    assert words_of(app).count("Automatic failure") == 1
    assert "I see to it" not in [button.label for button in app.button]


def _rules(centre: Centre) -> tuple[AlertRule, ...]:
    engine = open_database(centre.url)
    with reading(engine) as session:
        found = all_rules(session)
    engine.dispose()
    return found


def test_a_quality_manager_tries_a_rule_out_and_saves_it(look: Look, alerted: Centre) -> None:
    app = _show(look("quality", "alerts", alerted), "Rules")
    assert len(widget_data(app, "alert-rules")["rows"]) == len(SHIPPED)
    (which,) = [box for box in app.selectbox if box.key == "rule-of"]
    which.set_value("failure")
    app.run()
    press(app, "What would it have told?")
    assert "this rule would have told 2 times" in words_of(app)
    assert len(widget_data(app, "alert-preview")["rows"]) == 2
    assert _rules(alerted) == SHIPPED
    (email,) = [box for box in app.checkbox if box.label == "By e-mail:"]
    email.check()
    press(app, "Save")
    assert "Say who is told by e-mail" in words_of(app)
    (addresses,) = [box for box in app.text_input if box.label.startswith("Addresses")]
    addresses.input("care@example.org, mira@example.org")
    press(app, "Save")
    assert "is saved" in words_of(app)
    told = next(rule for rule in _rules(alerted) if rule.key == "failure").telling
    assert (told.email, told.addresses) == (True, ("care@example.org", "mira@example.org"))


def test_what_fails_a_call_is_chosen_by_its_question(look: Look, alerted: Centre) -> None:
    app = _show(look("quality", "alerts", alerted), "Rules")
    (which,) = [box for box in app.selectbox if box.key == "rule-of"]
    which.set_value("failure")
    app.run()
    (failed,) = [box for box in app.selectbox if box.label == "What failed the whole"]
    (question,) = [one for one in failed.options if one.endswith("Is the recording announced?")]
    failed.select(question)
    press(app, "Save")
    trigger = next(rule for rule in _rules(alerted) if rule.key == "failure").trigger
    assert (trigger.scorecard, trigger.criterion) == ("care", "announces")


def test_whoever_manages_no_quality_is_shown_no_rules(look: Look, alerted: Centre) -> None:
    for who in ("reviewer", "coach", "nadia"):
        app = look(who, "alerts", alerted)
        (control,) = [control for control in app.button_group if control.key == "alerts-show"]
        assert len(control.options) == 3
