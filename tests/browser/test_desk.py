"""A call is heard, read and gone through by the keyboard alone, in a real browser."""

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.conftest import SignIn, expect_heard
from tests.dashboard.centre import Centre

pytestmark = pytest.mark.browser


def desk(open_as: SignIn, call: str, who: str = "reviewer", card: str = "safety") -> Page:
    """A call's page, ready to hear."""
    page = open_as(who, f"/call?id={call}&card={card}")
    expect(page.locator("article.turn").first).to_be_visible()
    return page


def test_keys_play_pause_go_back_and_on_and_change_the_speed_between_three_quarters_and_double(
    open_as: SignIn, centre: Centre
) -> None:
    page = desk(open_as, centre.calls["Tom Reed"][0])
    page.keyboard.press("Space")
    expect(page.get_by_role("button", name="Pause")).to_be_visible()
    page.keyboard.press("k")
    expect(page.get_by_role("button", name="Play")).to_be_visible()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    expect(page.locator("article.turn.heard")).to_contain_text("What is your date of birth?")
    page.keyboard.press("ArrowLeft")
    expect(page.locator("article.turn.heard")).not_to_contain_text("What is your date of birth?")
    expect_heard(page, 4, 6)
    speeds = []
    for key in ("-", "-", "+", "+", "+", "+", "+", "+"):
        page.keyboard.press(key)
        speeds.append(page.locator("audio").evaluate("audio => audio.playbackRate"))
    assert speeds == [0.75, 0.75, 1, 1.25, 1.5, 1.75, 2, 2]


def test_keys_count_before_the_recording_has_come(open_as: SignIn, centre: Centre) -> None:
    page = desk(open_as, centre.calls["Tom Reed"][0])
    held: list[Route] = []
    page.route("**/audio/**", lambda route: held.append(route))
    page.reload()
    expect(page.locator("article.turn").first).to_be_visible()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    expect(page.locator("article.turn.heard")).to_contain_text("What is your date of birth?")
    for request in held:
        request.continue_()
    page.unroute("**/audio/**")
    expect_heard(page, 9.9, 10.1)


def test_a_click_on_a_word_plays_it_and_keys_go_through_questions_and_their_evidence(
    open_as: SignIn, centre: Centre
) -> None:
    page = desk(open_as, centre.calls["Tom Reed"][0])
    page.locator(".word", has_text="desk.").click()
    expect(page.get_by_role("button", name="Pause")).to_be_visible()
    expect_heard(page, 1, 3)
    expect(page.locator(".word.now")).to_be_visible()
    page.keyboard.press("k")
    expect(page.get_by_role("button", name="Play")).to_be_visible()

    current = page.locator("article.result.current")
    expect(current).to_contain_text("Did the agent check who is calling?")
    page.keyboard.press("e")
    expect(page.get_by_role("button", name="Pause")).to_be_visible()
    expect_heard(page, 6.3, 9)
    page.keyboard.press("ArrowDown")
    expect(current).to_contain_text("Did the agent refrain from threats?")
    page.keyboard.press(".")
    expect(page.get_by_role("tab", name="Manners")).to_have_attribute("aria-selected", "true")


def test_a_written_conversation_says_that_there_is_nothing_to_hear(open_as: SignIn, centre: Centre) -> None:
    page = desk(open_as, centre.calls["Tom Reed"][5])
    expect(page.get_by_text("there is no recording to hear")).to_be_visible()
    assert page.locator("audio").count() == 0
    page.keyboard.press("Space")
    page.keyboard.press("e")
    expect(page.locator("article.turn.heard")).to_be_visible()


def test_the_desk_fits_a_small_screen_whole_with_both_sides_the_silence_between_and_its_keys(
    open_as: SignIn, centre: Centre
) -> None:
    page = desk(open_as, centre.calls["Tom Reed"][0])
    expect(page.locator(".lane.agent svg path")).to_have_count(1)
    expect(page.locator(".lane.customer svg path")).to_have_count(1)
    expect(page.locator(".line .silence")).to_have_attribute("title", "Nobody speaks, 0:06")
    expect(page.get_by_text("nobody speaks 1 time, 0:06")).to_be_visible()
    page.wait_for_timeout(500)
    box = page.locator(".desk").bounding_box()
    assert box is not None
    assert box["y"] + box["height"] <= 768
    assert page.evaluate("document.documentElement.scrollWidth") <= 1366
    page.keyboard.press("?")
    expect(page.get_by_text("Next piece of evidence")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_text("Next piece of evidence")).to_be_hidden()


# Reviewing


def answer_of(page: Page, question: str) -> str:
    """What stands at a question."""
    return page.locator("article.result", has_text=question).locator(".chip").inner_text()


def saved(page: Page) -> None:
    """Wait until everything is kept."""
    expect(page.locator(".saved > .quiet")).to_have_text("saved")


def test_a_scorecard_is_answered_by_the_keyboard_alone_one_key_a_question(open_as: SignIn, centre: Centre) -> None:
    page = desk(open_as, centre.calls["Tom Reed"][2], card="manners")
    page.keyboard.press("a")
    page.keyboard.press("a")
    expect(page.locator("article.result.current")).to_contain_text("Do the notes agree")
    page.keyboard.press("n")
    saved(page)
    expect(page.locator("article.result .state")).to_have_text(["confirmed", "confirmed", "changed"])
    page.reload()
    expect(page.locator("article.result .state")).to_have_text(["confirmed", "confirmed", "changed"])
    assert answer_of(page, "Do the notes agree") == "Not met"


def test_a_change_asks_for_a_reason_that_a_digit_gives(open_as: SignIn, centre: Centre) -> None:
    page = desk(open_as, centre.calls["Tom Reed"][3], card="manners")
    page.keyboard.press("ArrowDown")
    before = answer_of(page, "Did the agent apologise?")
    page.keyboard.press("n" if before == "Met" else "y")
    expect(page.get_by_role("group", name="Why?")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("group", name="Why?")).to_be_hidden()
    page.keyboard.press("n" if before == "Met" else "y")
    page.keyboard.press("1")
    saved(page)
    assert answer_of(page, "Did the agent apologise?") != before


def test_the_turn_being_heard_is_reason_enough(open_as: SignIn, centre: Centre) -> None:
    page = desk(open_as, centre.calls["Lena Fox"][0], card="manners")
    page.get_by_role("button", name="0:21", exact=True).click()
    expect(page.locator("article.turn.heard")).to_contain_text("Somebody comes tomorrow")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Shift+Y")
    saved(page)
    page.keyboard.press("ArrowUp")
    expect(page.locator("article.result.current")).to_contain_text("“Somebody comes tomorrow before noon.”")


def test_keys_stay_in_the_field_that_one_types_in(open_as: SignIn, centre: Centre) -> None:
    page = desk(open_as, centre.calls["Lena Fox"][3], card="manners")
    page.keyboard.press("c")
    page.keyboard.type("a nayp? x 123")
    expect(page.get_by_role("textbox", name="Comment")).to_have_value("a nayp? x 123")
    page.keyboard.press("Enter")
    expect(page.locator("aside.note-of")).to_contain_text("a nayp? x 123")
    assert page.locator("article.result .state").count() == 0


def test_what_was_answered_without_a_connection_is_sent_when_it_is_back_also_after_a_reload(
    open_as: SignIn, centre: Centre
) -> None:
    page = desk(open_as, centre.calls["Lena Fox"][4], card="manners")
    saved(page)
    expect(page.locator("article.result.current")).to_be_visible()  # keys are of the question that stands in the middle

    def lost(route: Route) -> None:
        route.abort()

    page.route("**/desk/*", lost)
    for waiting in (1, 2):
        page.keyboard.press("a")
        expect(page.locator(".saved")).to_contain_text(f"{waiting} not saved yet, will try again")
    page.on("dialog", lambda dialog: dialog.accept())
    page.reload()
    expect(page.locator("article.result .state")).to_have_text(["saving…", "saving…"])
    page.unroute("**/desk/*", lost)
    saved(page)
    expect(page.locator("article.result .state")).to_have_text(["confirmed", "confirmed"])
    kept = "Object.keys(localStorage).filter((key) => key.startsWith('attune-desk:')).length"
    assert page.evaluate(kept) == 0


def test_two_reviewers_see_each_other_and_neither_answers_over_the_other_unseen(open_as: SignIn, centre: Centre) -> None:
    call = centre.calls["Sam Ito"][3]
    rosa, idris = desk(open_as, call, card="manners"), desk(open_as, call, who="idris", card="manners")
    expect(idris.locator(".others")).to_have_text("Rosa Lind has this call open too")
    idris.route("**/desk/*", lambda route: route.abort())
    rosa.keyboard.press("a")
    saved(rosa)
    idris.keyboard.press("p")
    idris.keyboard.press("1")
    idris.unroute_all()
    expect(idris.locator(".state.wanted")).to_have_text("answered by two")
    idris.keyboard.press("ArrowUp")
    expect(idris.locator(".overtaken")).to_contain_text("Rosa Lind answered")
    idris.keyboard.press("i")
    saved(idris)
    expect(rosa.locator(".others")).to_have_text("Idris Vane has this call open too")
    history = rosa.locator("article.result", has_text="Did the agent greet the customer?")
    history.click()
    expect(history).to_contain_text("Idris Vane")
    expect(history).to_contain_text("confirmed")


def test_selected_words_become_a_clip_that_the_agent_sees(open_as: SignIn, centre: Centre) -> None:
    call = centre.calls["Nadia Osei"][0]
    page = desk(open_as, call)
    page.locator(".word", has_text="morning").dblclick()
    page.get_by_role("button", name="Good example").click()
    page.get_by_role("textbox", name="Note").fill("Bright and clear.")
    page.keyboard.press("Enter")
    expect(page.locator("aside.note-of.good")).to_contain_text("Bright and clear.")
    agent = desk(open_as, call, who="nadia")
    expect(agent.locator("aside.note-of.good")).to_contain_text("Bright and clear.")
    agent.keyboard.press("n")
    assert agent.locator(".choices, .composer, .saved:not(:empty)").count() == 0
