"""From a complaint in public that nobody answered to the customer, and to what is done about it: in a real browser."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from storage.database import open_database, transaction
from storage.repository import store_scored_call
from tests.browser.conftest import SignIn, served
from tests.dashboard.centre import Centre, build_centre
from tests.storage.build import a_public_complaint, a_scored_call

pytestmark = pytest.mark.browser

CAUSE = "The tracking page says delivered before the driver has been there"


@pytest.fixture(scope="module")
def centre(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Centre:
    """A centre of its own: what is added here is in no other test's way."""
    return build_centre(tmp_path_factory.mktemp("alerted"))


@pytest.fixture(scope="module")
def address(centre: Centre) -> Iterator[str]:
    """Where it is served."""
    with served(centre.home) as where:
        yield where


def test_an_unanswered_complaint_leads_to_its_customer_and_to_a_cause_on_the_board(open_as: SignIn, centre: Centre) -> None:
    asked = datetime.now(UTC) - timedelta(hours=3)
    known: dict[str, Any] = {
        "agent": "Lena Fox",
        "team": "Meadow",
        "customer": "Hedda Brand",
        "extra": {"customer_id": "K-4711"},
    }
    engine = open_database(centre.url)
    with transaction(engine) as session:
        assert store_scored_call(session, a_scored_call("her call", started_at=asked - timedelta(days=2), **known))
        assert store_scored_call(session, a_public_complaint("her post", asked, **known))
    engine.dispose()

    page = open_as("quality", "/alerts")
    alert = page.locator("[class*=st-key-alert-]", has_text="A customer complained in public")
    expect(alert).to_contain_text("Where is my order, this is a disgrace")
    alert.get_by_role("button", name="I see to it").click()
    expect(page.get_by_text("You see to it now.")).to_be_visible()

    page.get_by_role("radio", name=re.compile("^Taken")).click()
    with page.context.expect_page() as opened:
        alert.get_by_role("link", name="Open the call").click()
    call = opened.value
    call.get_by_role("button", name="All of this customer").click()
    expect(call.get_by_role("heading", name="Hedda Brand")).to_be_visible()
    expect(call.get_by_role("heading", name="All conversations")).to_be_visible()
    expect(call.get_by_role("cell", name="Social")).to_be_visible()

    call.goto("/causes")  # the menu is folded away beside a call
    call.get_by_text("Put a cause on the board").click()
    call.get_by_label("What makes them call").fill(CAUSE)
    call.get_by_label("Department").fill("Logistics")
    call.get_by_label("Department").press("Tab")
    call.get_by_role("button", name="Put it on the board").click()
    expect(call.get_by_role("link", name=CAUSE)).to_be_visible()
    call.get_by_role("link", name=CAUSE).click()
    expect(call.get_by_role("heading", name=CAUSE)).to_be_visible()
    expect(call.get_by_text("owner: Logistics")).to_be_visible()
