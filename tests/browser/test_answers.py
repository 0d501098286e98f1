"""Questions that are answered by a number, by several ticks, or with a comment: by the keyboard alone, in a real browser."""

import hashlib
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from playwright.sync_api import Browser, Page, expect

from scorecards.load import parse_scorecard
from scoring.evaluate import evaluate
from storage import repository
from storage.access import Asker, Role
from storage.database import open_database, reading, transaction
from storage.people import add_user
from storage.records import CallFacts, CallKind, ScoredCall, StoredEvaluation
from tests.browser.conftest import SignIn, served
from tests.browser.test_desk import desk, saved
from tests.build import a_transcript, a_turn
from tests.dashboard.centre import PASSWORD_HASH, Centre, some_signals
from tests.scorecards.card import EVERYTHING

pytestmark = pytest.mark.browser

CALLS = [hashlib.sha256(f"answers {number}".encode()).hexdigest()[:16] for number in range(3)]


@pytest.fixture(scope="module")
def centre(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Centre:
    """Three written calls, judged by a scorecard with every kind of answer, and a reviewer."""
    home = tmp_path_factory.mktemp("answers")
    engine = open_database(f"sqlite:///{home / 'attune.db'}")
    card = parse_scorecard(EVERYTHING)
    with transaction(engine) as session:
        repository.save_scorecard_version(session, card)
        for call_id in CALLS:
            transcript = a_transcript(
                a_turn("agent", "Good morning.", 0, 4),
                a_turn("customer", "My tap leaks again, that is not good enough.", 4, 9),
                a_turn("agent", "I'm sorry. Let me see.", 9, 12),
                call_id=call_id,
            )
            content_hash = hashlib.sha256(call_id.encode()).hexdigest()
            facts = CallFacts(content_hash, CallKind.TRANSCRIPT, "one.jsonl", datetime(2025, 3, 5, tzinfo=UTC), "Ana")
            signals = some_signals(transcript)
            scored = ScoredCall(facts, transcript, signals, ((card, evaluate(transcript, signals, card)),))
            repository.store_scored_call(session, scored)
        rosa = add_user(session, "reviewer@attune.example", "Rosa Lind", Role.REVIEWER, PASSWORD_HASH)
    engine.dispose()
    askers = {"reviewer": Asker(rosa, Role.REVIEWER, name="Rosa Lind")}
    return Centre(home, f"sqlite:///{home / 'attune.db'}", askers, {"Ana": CALLS})


@pytest.fixture(scope="module")
def address(centre: Centre) -> Iterator[str]:
    """Where this centre is served."""
    with served(centre.home) as where:
        yield where


def go_to(page: Page, question: str) -> None:
    """Go down until this question is at hand."""
    current = page.locator("article.result.current")
    for _ in range(8):
        if question in current.inner_text():
            return
        page.keyboard.press("ArrowDown")
    expect(current).to_contain_text(question)


def kept(centre: Centre, call_id: str) -> StoredEvaluation:
    """The evaluation as it is stored."""
    engine = open_database(centre.url)
    with reading(engine) as session:
        (evaluation,) = repository.load_evaluations(session, call_id)
    engine.dispose()
    return evaluation


def test_a_number_is_typed_and_kept_with_the_reason_that_a_change_needs(open_as: SignIn, centre: Centre) -> None:
    page = desk(open_as, CALLS[0], card="repairs")
    go_to(page, "How long did it take?")
    page.keyboard.press("Enter")
    expect(page.get_by_label("The number")).to_be_focused()
    page.keyboard.type("8")
    page.keyboard.press("Enter")
    if page.get_by_label("Why?").count():
        page.get_by_role("textbox", name="Why?").fill("By the clock on the wall.")
        page.keyboard.press("Enter")
    saved(page)
    found = kept(centre, CALLS[0]).current.result("length")
    assert (found.answer, found.points) == (8, 1)


def test_several_answers_are_ticked_by_their_digits_and_saved_by_enter(open_as: SignIn, centre: Centre) -> None:
    page = desk(open_as, CALLS[1], card="repairs")
    go_to(page, "Which of these were said?")
    for key in ("1", "3", "4", "4"):
        page.keyboard.press(key)
    ticked = page.locator(".choices button[aria-pressed=true]")
    expect(ticked).to_have_count(2)
    page.keyboard.press("Enter")
    saved(page)
    assert kept(centre, CALLS[1]).current.result("said").answer == ("name", "price")


def test_an_answer_that_needs_a_comment_waits_for_its_words(open_as: SignIn, centre: Centre) -> None:
    page = desk(open_as, CALLS[2], card="repairs")
    go_to(page, "What was offered?")
    page.keyboard.press("3")  # nothing was offered: the scorecard asks for a few words with that
    why = page.get_by_role("textbox", name="Why?")
    expect(why).to_be_visible()
    assert kept(centre, CALLS[2]).current.result("remedy").answer is None
    page.keyboard.press("Enter")
    expect(why).to_be_focused()
    page.keyboard.type("Nothing at all, though it was asked for twice.")
    page.keyboard.press("Enter")
    saved(page)
    (record,) = kept(centre, CALLS[2]).overrides["remedy"]
    assert (record.answer, record.reason) == ("nothing", "Nothing at all, though it was asked for twice.")
