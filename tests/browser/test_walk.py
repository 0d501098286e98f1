"""What the three people do, done in a real browser."""

from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import SignIn, expect_heard
from tests.dashboard.centre import MARKUP, PICTURE, Centre

pytestmark = pytest.mark.browser


def test_a_reviewer_comes_from_the_sign_in_to_the_call_that_was_asked_for(sign_in: SignIn, centre: Centre) -> None:
    page = sign_in("reviewer", f"/call?id={centre.calls['Tom Reed'][0]}")
    expect(page.get_by_role("heading", name="Customer 0 and Tom Reed")).to_be_visible()


def test_a_reviewer_opens_a_call_from_the_list(open_as: SignIn) -> None:
    page = open_as("reviewer", "/calls?agent=Lena%20Fox")
    page.get_by_role("table").get_by_role("link").first.click()
    expect(page.get_by_role("heading", name="Customer 0 and Lena Fox")).to_be_visible()
    assert "/call?id=" in page.url


def test_evidence_plays_from_two_seconds_before_it_and_a_turn_from_its_time(open_as: SignIn, centre: Centre) -> None:
    page = open_as("reviewer", f"/call?id={centre.calls['Tom Reed'][0]}&card=safety")
    card = page.locator("article.result", has_text="Did the agent check who is calling?")
    card.get_by_role("button", name="0:08").click()
    expect(page.locator("article.turn.heard")).to_contain_text("What is your date of birth?")
    expect_heard(page, 6.3, 12)
    assert page.locator("audio").evaluate("audio => !audio.paused")
    page.get_by_role("button", name="0:17", exact=True).click()
    expect(page.locator("article.turn.heard")).to_contain_text("The second of May")
    expect_heard(page, 17.4, 30)


def test_the_page_where_a_day_begins_has_an_address_that_can_be_typed(open_as: SignIn) -> None:
    page = open_as("reviewer")
    expect(page.get_by_role("heading", name="To review", exact=True)).to_be_visible()
    assert page.url.endswith("/to-review")
    page.goto(page.url)
    expect(page.get_by_role("heading", name="To review", exact=True)).to_be_visible()
    expect(page.get_by_text("Page not found")).to_have_count(0)


def test_an_address_opens_a_call_at_its_place(open_as: SignIn, centre: Centre) -> None:
    page = open_as("reviewer", f"/call?id={centre.calls['Tom Reed'][0]}&at=18")
    expect(page.locator("article.turn.heard")).to_contain_text("The second of May")
    expect_heard(page, 17.9, 18.1)


def test_a_reviewer_changes_an_answer_and_sees_the_total_change(open_as: SignIn, centre: Centre) -> None:
    page = open_as("reviewer", f"/call?id={centre.calls['Sam Ito'][0]}")
    card = page.locator("article.result", has_text="Did the agent apologise?")
    card.click()
    card.get_by_role("button", name="Met Y", exact=True).click()
    card.get_by_role("textbox", name="Why?").fill("He apologised before the recording began.")
    card.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("0 by the machine, before 1 change")).to_be_visible()
    expect(page.get_by_role("tab", name="Manners")).to_contain_text("50")
    card.click()
    expect(card).to_contain_text("Rosa Lind")
    expect(card).to_contain_text("He apologised before the recording began.")
    expect(card.locator(".chip")).to_have_text("Met")


def test_an_agent_sees_their_own_scorecards_and_nobody_elses(open_as: SignIn, centre: Centre, address: str) -> None:
    page = open_as("nadia")
    expect(page.get_by_role("heading", name="Hello, Nadia")).to_be_visible()
    expect(page.get_by_text("Say sorry once, early, and mean it.")).to_be_visible()
    page.goto(f"/call?id={centre.calls['Lena Fox'][0]}")
    expect(page.get_by_text("No such call")).to_be_visible()
    assert "Lena" not in page.locator("body").inner_text()
    assert page.request.get(f"{address}/audio/{centre.calls['Lena Fox'][0]}").status == 404


def test_what_a_customer_said_appears_as_text_and_does_nothing(open_as: SignIn, centre: Centre) -> None:
    page = open_as("reviewer", f"/call?id={centre.calls['Tom Reed'][0]}")
    expect(page.locator("article.turn", has_text=MARKUP)).to_be_visible()
    page.goto("/calls?words=onerror")
    expect(page.get_by_role("table").get_by_text(MARKUP).first).to_be_visible()
    assert page.locator("img[src='x']").count() == 0
    assert page.title() != "owned"


def test_what_a_customer_is_called_fetches_nothing_from_elsewhere(open_as: SignIn, centre: Centre) -> None:
    page = open_as("reviewer", f"/call?id={centre.calls['Tom Reed'][2]}")
    expect(page.get_by_role("heading", name=PICTURE)).to_be_visible()
    assert page.locator("img[src*='elsewhere.test']").count() == 0


def test_signing_out_leads_back_to_the_sign_in(sign_in: SignIn) -> None:
    page = sign_in("coach")
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    page.goto("/calls")
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()


def test_an_agents_room_plays_a_moment_and_holds_nothing_of_a_colleague(open_as: SignIn, centre: Centre) -> None:
    page = open_as("nadia")
    expect(page.get_by_role("heading", name="One thing to practise now")).to_be_visible()
    play = page.get_by_role("button", name="Play 0:00").first
    play.click()
    expect(page.get_by_role("button", name="Stop 0:00").first).to_be_visible()
    for tab in ("Your calls", "Answer by answer", "Which way it goes", "How a score comes about"):
        page.get_by_role("tab", name=tab).click()
        expect(page.get_by_role("tab", name=tab)).to_have_attribute("aria-selected", "true")
        page.wait_for_timeout(1500)
        shown = page.locator("body").inner_text()
        assert not [name for name in ("Tom", "Reed", "Lena", "Fox", "Sam", "Ito") if name in shown.split()], tab
    page.get_by_role("tab", name="Your calls").click()
    page.get_by_role("link", name="Open the call of").first.click()
    expect(page.get_by_text("What do you say to this?")).to_be_visible()
    assert page.url.split("id=")[1].split("&")[0] in centre.calls["Nadia Osei"]


def test_a_table_a_paper_and_a_transcript_can_be_taken_along(open_as: SignIn, centre: Centre, tmp_path: Path) -> None:
    page = open_as("coach", "/calls")
    page.get_by_role("button", name="Take this table along").click()
    with page.expect_download() as taken:
        page.get_by_role("button", name="CSV").click()
    taken.value.save_as(tmp_path / "calls.csv")
    table = (tmp_path / "calls.csv").read_text(encoding="utf-8-sig")
    assert "# Made for: Conrad Bell" in table
    assert "Nadia Osei" in table
    assert "Lena Fox" not in table
    page.goto(f"/call?id={centre.calls['Tom Reed'][0]}")
    for name, begins in (("Scorecards to print", b"%PDF"), ("Text", b"[0:00]")):
        page.get_by_role("button", name="Download", exact=True).click()
        with page.expect_download() as taken:
            page.get_by_role("button", name=name, exact=True).click()
        taken.value.save_as(tmp_path / "taken")
        assert (tmp_path / "taken").read_bytes().startswith(begins), name
        page.keyboard.press("Escape")
