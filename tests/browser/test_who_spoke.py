"""A reviewer who hears that the sides are the wrong way round puts that right, in a real browser."""

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import SignIn
from tests.dashboard.centre import Centre

pytestmark = pytest.mark.browser


def test_a_reviewer_swaps_the_sides_and_sees_the_totals_change(open_as: SignIn, centre: Centre) -> None:
    page = open_as("reviewer", f"/call?id={centre.calls['Lena Fox'][1]}&card=safety")
    first = page.locator("article.turn").first
    expect(first).to_contain_text("Agent")
    page.get_by_role("button", name="Swap the sides").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("How do you know?").fill("The one who calls herself the service desk is the agent.")
    dialog.get_by_role("button", name="Swap the sides and score again").click()
    expect(page.get_by_text("Saved, and scored again.")).to_contain_text("Safety 100 → 75")
    expect(first).to_contain_text("Customer")
    expect(page.locator(".lane.customer i")).to_have_count(3)
    expect(page.get_by_role("tab", name="Safety")).to_contain_text("75")
    page.get_by_text("Who spoke was corrected: 1 correction").click()
    expect(page.get_by_text("The one who calls herself the service desk is the agent.")).to_be_visible()


def test_a_reviewer_gives_one_turn_to_the_other_side(open_as: SignIn, centre: Centre) -> None:
    page = open_as("reviewer", f"/call?id={centre.calls['Tom Reed'][11]}")
    turn = page.locator("article.turn").nth(1)
    expect(turn).to_contain_text("side unsure")
    turn.get_by_role("button", name="Correct who spoke at 0:03").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_text("Agent", exact=True).click()
    dialog.get_by_label("How do you know?").fill("It is the voice of the first turn.")
    dialog.get_by_role("button", name="Save and score again").click()
    expect(page.get_by_text("Saved, and scored again.")).to_be_visible()
    expect(turn).to_contain_text("Agent")
    expect(turn).not_to_contain_text("side unsure")


def test_an_agent_has_nothing_to_correct_who_spoke_with(open_as: SignIn, centre: Centre) -> None:
    page = open_as("nadia", f"/call?id={centre.calls['Nadia Osei'][1]}")
    expect(page.locator("article.turn").first).to_be_visible()
    assert page.get_by_role("button", name="Swap the sides").count() == 0
    assert page.get_by_role("button", name="Correct who spoke").count() == 0
