"""An agent disputes an answer, somebody else decides, and the agent reads the decision: two sign-ins in a real browser."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import SignIn
from tests.dashboard.centre import Centre

pytestmark = pytest.mark.browser

QUESTION = "Did the agent apologise?"


def dispute(page: Page, reason: str) -> None:
    page.get_by_role("button", name="Dispute an answer").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("combobox").click()
    page.get_by_role("option", name=QUESTION).click()
    dialog.get_by_label("What is wrong about it?").fill(reason)
    dialog.get_by_role("button", name="Send the dispute").click()
    expect(page.get_by_text("Sent. It waits for a decision.")).to_be_visible()


def test_an_agent_disputes_an_answer_and_reads_what_somebody_else_decided(open_as: SignIn, centre: Centre) -> None:
    call = centre.calls["Lena Fox"][2]
    lena = open_as("lena", f"/call?id={call}")
    dispute(lena, "I apologised in the very first words.")

    mira = open_as("quality", "/disputes")
    row = mira.get_by_role("row", name="I apologised in the very first words.")
    expect(row).to_contain_text("Lena Fox")
    row.get_by_role("link").click()
    expect(mira.get_by_text("The answer now: Not met")).to_be_visible()
    mira.get_by_text("It becomes: Met").click()
    mira.get_by_label("Why?").fill("She does, before the greeting.")
    mira.get_by_role("button", name="Decide").click()
    expect(mira.get_by_text("Decided. The answer was Not met and is now Met;")).to_be_visible()

    lena.goto("/")
    told = lena.get_by_text("by Mira Holt: The answer was Not met and is now Met;")
    expect(told).to_be_visible()
    expect(lena.get_by_text("“She does, before the greeting.”")).to_be_visible()
    lena.get_by_role("button", name="See the call").click()
    expect(lena.locator("article.result", has_text=QUESTION).locator(".chip")).to_have_text("Met")


def test_an_agent_takes_a_dispute_back(open_as: SignIn, centre: Centre) -> None:
    page = open_as("nadia", f"/call?id={centre.calls['Nadia Osei'][2]}")
    dispute(page, "I meant another call.")
    page.get_by_role("button", name="Take it back").click()
    expect(page.get_by_text("It was taken back before anybody decided.")).to_be_visible()
    expect(page.get_by_role("button", name="Take it back")).to_have_count(0)
