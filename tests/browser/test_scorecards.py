"""A quality manager makes a scorecard from nothing, tries it on real calls and puts it into use, in a real browser."""

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import SignIn

pytestmark = pytest.mark.browser


def test_a_scorecard_is_made_from_nothing_tried_on_calls_and_activated(open_as: SignIn) -> None:
    page = open_as("quality", "/scorecards")
    page.get_by_role("button", name="New scorecard").click()
    page.get_by_role("button", name="Begin with an empty one").click()
    page.get_by_role("button", name="Add a question").click()

    page.get_by_role("textbox", name="The question").fill("Did the agent say good morning?")
    phrase = page.get_by_role("textbox", name="Phrases", exact=True)
    phrase.press_sequentially("good morning", delay=30)
    # Nothing was sent off with Enter or by leaving the field: it is judged as it is typed.
    met = page.locator("article.call", has=page.locator(".chip.tone-met")).first
    expect(met).to_contain_text("Good morning")
    expect(page.get_by_text("Say of each answer whether it is right")).to_be_visible()
    met.get_by_role("button", name="Right").click()
    expect(page.get_by_text("1 of 1 marked call right")).to_be_visible()
    phrase.fill("good evening")
    expect(page.get_by_text("0 of 1 marked call right")).to_be_visible()
    phrase.fill("good morning")
    expect(page.get_by_text("1 of 1 marked call right")).to_be_visible()

    page.get_by_role("button", name="All questions").click()
    expect(page.get_by_text("100.0", exact=True)).to_be_visible()
    expect(page.get_by_text("Mean total")).to_be_visible()
    page.get_by_role("button", name="Activate").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_text("It will judge all calls.")).to_be_visible()
    dialog.get_by_role("button", name="Activate it").click()
    expect(page.get_by_text("Version 1 is in use, for all calls.")).to_be_visible()
    expect(page.get_by_text("Did the agent say good morning?")).to_be_visible()
