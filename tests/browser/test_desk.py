"""A call is heard, read and gone through by the keyboard alone, in a real browser."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import SignIn
from tests.browser.test_walk import heard_seconds
from tests.dashboard.centre import Centre

pytestmark = pytest.mark.browser


def desk(sign_in: SignIn, call: str, who: str = "reviewer", card: str = "safety") -> Page:
    """A call's page, ready to hear."""
    page = sign_in(who, f"/call?id={call}&card={card}")
    expect(page.locator("article.turn").first).to_be_visible()
    return page


def test_keys_play_pause_and_go_back_and_on(sign_in: SignIn, centre: Centre) -> None:
    page = desk(sign_in, centre.calls["Tom Reed"][0])
    page.keyboard.press("Space")
    expect(page.get_by_role("button", name="Pause")).to_be_visible()
    page.keyboard.press("k")
    expect(page.get_by_role("button", name="Play")).to_be_visible()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    expect(page.locator("article.turn.heard")).to_contain_text("What is your date of birth?")
    page.keyboard.press("ArrowLeft")
    assert heard_seconds(page) == pytest.approx(5, abs=1)


def test_keys_change_the_speed_between_three_quarters_and_double(sign_in: SignIn, centre: Centre) -> None:
    page = desk(sign_in, centre.calls["Tom Reed"][0])
    speeds = []
    for key in ("-", "-", "+", "+", "+", "+", "+", "+"):
        page.keyboard.press(key)
        speeds.append(page.locator("audio").evaluate("audio => audio.playbackRate"))
    assert speeds == [0.75, 0.75, 1, 1.25, 1.5, 1.75, 2, 2]


def test_keys_go_through_questions_and_their_evidence(sign_in: SignIn, centre: Centre) -> None:
    page = desk(sign_in, centre.calls["Tom Reed"][0])
    current = page.locator("article.result.current")
    expect(current).to_contain_text("Did the agent check who is calling?")
    page.keyboard.press("e")
    expect(page.get_by_role("button", name="Pause")).to_be_visible()
    page.wait_for_timeout(300)
    assert 6.3 < heard_seconds(page) < 9
    page.keyboard.press("ArrowDown")
    expect(current).to_contain_text("Did the agent refrain from threats?")
    page.keyboard.press(".")
    expect(page.get_by_role("tab", name="Manners")).to_have_attribute("aria-selected", "true")


def test_a_click_on_a_word_plays_it(sign_in: SignIn, centre: Centre) -> None:
    page = desk(sign_in, centre.calls["Tom Reed"][0])
    page.locator(".word", has_text="desk.").click()
    expect(page.get_by_role("button", name="Pause")).to_be_visible()
    assert heard_seconds(page) == pytest.approx(2, abs=1)
    expect(page.locator(".word.now")).to_be_visible()


def test_the_waveform_shows_both_sides_and_the_silence_between(sign_in: SignIn, centre: Centre) -> None:
    page = desk(sign_in, centre.calls["Tom Reed"][0])
    expect(page.locator(".lane.agent svg path")).to_have_count(1)
    expect(page.locator(".lane.customer svg path")).to_have_count(1)
    expect(page.locator(".line .silence")).to_have_attribute("title", "Nobody speaks, 0:06")
    expect(page.get_by_text("nobody speaks 1 time, 0:06")).to_be_visible()


def test_a_question_mark_shows_the_keys_and_escape_puts_them_away(sign_in: SignIn, centre: Centre) -> None:
    page = desk(sign_in, centre.calls["Tom Reed"][0])
    page.keyboard.press("?")
    expect(page.get_by_text("Next piece of evidence")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_text("Next piece of evidence")).to_be_hidden()


def test_a_written_conversation_says_that_there_is_nothing_to_hear(sign_in: SignIn, centre: Centre) -> None:
    page = desk(sign_in, centre.calls["Tom Reed"][5])
    expect(page.get_by_text("there is no recording to hear")).to_be_visible()
    assert page.locator("audio").count() == 0
    page.keyboard.press("Space")
    page.keyboard.press("e")
    expect(page.locator("article.turn.heard")).to_be_visible()


def test_the_desk_fits_a_small_screen_whole(sign_in: SignIn, centre: Centre) -> None:
    page = desk(sign_in, centre.calls["Tom Reed"][0])
    page.wait_for_timeout(500)
    box = page.locator(".desk").bounding_box()
    assert box is not None
    assert box["y"] + box["height"] <= 768
    assert page.evaluate("document.documentElement.scrollWidth") <= 1366
