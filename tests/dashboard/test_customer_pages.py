"""Does the page of a customer tell their story, to who may see it, and let people say what is right?"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

import dashboard.access
from dashboard.widgets.charts import journey
from scoring.journey import Contact
from scoring.signals.model import BEHAVIOURS, Shown
from settings import settings
from storage import queries
from storage.access import SYSTEM, Asker, Role
from storage.database import open_database, reading, transaction
from storage.people import add_user
from storage.records import ScoredCall
from storage.repository import store_scored_call
from tests.dashboard.conftest import open_page as show
from tests.dashboard.conftest import widget_data, words_of
from tests.storage.build import a_scored_call

MONDAY = datetime(2026, 3, 2, 10, tzinfo=UTC)
WORDS = "<b>I will</b> ring you within two days."


Opened = tuple[str, str, Callable[..., AppTest], dict[Role, Asker]]


def a_contact(name: str, days: int, customer: str, agent: str = "Ana Ruiz", direction: str = "inbound") -> ScoredCall:
    call = a_scored_call(
        name,
        f"agent: {WORDS}",
        "customer: Thank you",
        agent=agent,
        customer=f"Vera {customer}",
        direction=direction,
        started_at=MONDAY + timedelta(days=days),
        extra={"customer_id": customer},
    )
    ends = {f"customer_valence_{end}": -0.4 for end in ("first_third", "lowest", "highest", "end")}
    shown = (Shown(0, "promises_follow_up", 0.9, 3, 9),) if name == "one" else ()
    signals = replace(call.signals, behaviours=shown, models={BEHAVIOURS: "a judge"}, measures=ends)
    return replace(call, signals=signals)


@pytest.fixture
def opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Opened]:
    """The ids of two customers, a way to open a page as somebody, and who there is."""
    monkeypatch.setenv("ATTUNE_HOME", str(tmp_path))
    settings.cache_clear()
    engine = open_database(settings().url)
    calls = [
        a_contact("one", 0, "A"),
        a_contact("two", 1, "A", direction="outbound"),
        a_contact("three", 4, "A", agent="Ben Okoye"),
        a_contact("other", 5, "B"),
    ]
    with transaction(engine) as session:
        for call in calls:
            assert store_scored_call(session, call)
        people = {
            role: Asker(add_user(session, f"{role}@example.org", f"A {role}", role, "x"), role, name=f"A {role}")
            for role in (Role.QUALITY_MANAGER, Role.REVIEWER)
        }
    with reading(engine) as session:
        first, second = (
            queries.customer_of_call(session, SYSTEM, call.transcript.call_id) or "" for call in (calls[0], calls[3])
        )
        own = next(iter(queries.filter_choices(session, SYSTEM).agents))
    people[Role.AGENT] = Asker(99, Role.AGENT, own, name="Ana")
    engine.dispose()

    def open_page(view: str, asker: Asker, customer: str = "") -> AppTest:
        monkeypatch.setattr(dashboard.access, "current_asker", lambda: asker)
        st.cache_data.clear()
        return show(asker, view, **{"id": customer} if customer else {})

    yield first, second, open_page, people
    st.cache_data.clear()
    st.cache_resource.clear()
    settings.cache_clear()


def test_the_page_tells_the_story_with_its_promise(opened: Opened) -> None:
    first, _, open_page, people = opened
    app = open_page("customer", people[Role.REVIEWER], first)
    assert not app.exception
    assert app.title[0].value == "Vera A"
    assert {metric.label: metric.value for metric in app.metric}["Contacts"] == "2"
    promises = str(widget_data(app, "promises"))
    assert WORDS in promises
    assert "likely kept" in promises
    assert "Put together" not in words_of(app)


def test_a_customers_conversations_begin_a_cause(opened: Opened) -> None:
    first, _, open_page, people = opened
    app = open_page("customer", people[Role.QUALITY_MANAGER], first)
    (put,) = [button for button in app.button if button.key == "board-put"]
    assert put.disabled
    calls = app.multiselect(key="board-calls")
    assert len(calls.options) == 3
    latest = widget_data(app, "conversations")["rows"][0]["id"]
    calls.set_value([latest]).run()
    app.button(key="board-put").click().run()
    assert not app.exception
    assert app.title[0].value == "Causes"
    assert "1 conversation will be evidence." in words_of(app)
    app = open_page("customer", people[Role.REVIEWER], first)
    assert not [button for button in app.button if button.key == "board-put"]


def test_an_agent_sees_their_own_conversations_and_is_told_so(opened: Opened) -> None:
    first, _, open_page, people = opened
    app = open_page("customer", people[Role.AGENT], first)
    assert not app.exception
    assert "Ben Okoye" not in str(widget_data(app, "conversations"))
    assert "Others, if there are any, are not." in words_of(app)


def test_whoever_is_shown_nobody_is_told_the_same_as_of_nobody(opened: Opened) -> None:
    first, _, open_page, _ = opened
    stranger = Asker(98, Role.AGENT, 12345, name="Otto")
    one, none = (words_of(open_page("customer", stranger, customer)) for customer in (first, "nobody"))
    assert one == none
    assert "No such customer" in one


def test_customers_are_put_together_after_a_preview_and_that_is_taken_back(opened: Opened) -> None:
    first, _, open_page, people = opened
    manager = people[Role.QUALITY_MANAGER]
    app = open_page("customer", manager, first)
    app.text_input(key="other-customer").set_value("B").run()
    assert "3 and 1 become 4 and 0" in words_of(app)
    app.button(key="merge").click().run()
    assert not app.exception
    assert len(widget_data(app, "conversations")["rows"]) == 4
    app.button(key="undo-1").click().run()
    assert len(widget_data(app, "conversations")["rows"]) == 3


def test_the_list_names_who_was_in_contact_most_and_finds_by_number(opened: Opened) -> None:
    first, second, open_page, people = opened
    app = open_page("customers", people[Role.REVIEWER])
    assert not app.exception
    assert [row["id"] for row in widget_data(app, "customers")["rows"]] == [first, second]
    app.text_input(key="find-customer").set_value("b").run()
    assert [row["id"] for row in widget_data(app, "customers")["rows"]] == [second]
    app.text_input(key="find-customer").set_value("nobody").run()
    assert "Nobody found" in words_of(app)


@pytest.mark.parametrize(
    ("hours", "named"),
    [
        ((0, 3), {"format": "%-d %b %Y %H:%M"}),
        ((0, 24, 96), {"format": "%-d %b %Y", "tickCount": "day"}),
        ((0, 24 * 90), {"format": "%-d %b %Y"}),
        ((0,), {"format": "%-d %b %Y", "tickCount": "day"}),
    ],
)
def test_no_day_stands_twice_below_a_customers_line_of_time(hours: tuple[int, ...], named: dict[str, str]) -> None:
    contacts = [
        Contact(f"call {hour}", MONDAY + timedelta(hours=hour), "recording", ours=False, valence_end=0.1) for hour in hours
    ]
    line = journey(contacts, None, {}).to_dict()["layer"][1]
    shown = line["encoding"]["x"]["axis"]
    assert {name: shown.get(name) for name in ("format", "tickCount")} == {"tickCount": None, **named}
