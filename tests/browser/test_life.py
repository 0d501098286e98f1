"""One evaluation from the machine's verdict to the last word on it, through three people's sign-ins in a real browser.

The centre is a small one of this test's own, as drawing calls for review would change what other tests find.
"""

import hashlib
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import count

import pytest
from playwright.sync_api import Browser, Locator, Page, WebSocket, expect

from pipeline.assign import assign
from reviews.sampling import EVERY_CARD, Period, Rule, RuleKind, number_of
from scoring.evaluate import evaluate
from storage import repository, review_rules
from storage.access import Asker, Role
from storage.database import open_database, transaction
from storage.people import add_user
from storage.records import CallFacts, CallKind, ScoredCall
from tests.browser.conftest import SignIn, served
from tests.browser.test_desk import saved
from tests.browser.test_disputes import dispute
from tests.build import a_transcript, a_turn
from tests.dashboard.centre import MANNERS, PASSWORD_HASH, Centre, some_signals, write_tone
from transcripts.model import Sides, Transcript

pytestmark = pytest.mark.browser

YESTERDAY = datetime.now(UTC).replace(hour=10, minute=0, second=0, microsecond=0) - timedelta(days=1)
APOLOGY = "Did the agent apologise?"
NOT_MEANT = "She says it and talks on; nobody would hear it as meant."
I_MEANT_IT = "I say sorry as soon as I hear of the heating."
HALF = "Sorry is said early, but never for what went wrong."
DECIDED = "The answer was Not met and is now Partly; the total went from 60 to 80."
OF_THE_MACHINE = ('"machine":', '"evidence":', '"total":')
"""What the page's data hold of every question and scorecard once the machine's answers may be seen."""


def a_conversation(call_id: str) -> Transcript:
    """On Manners the machine finds a greeting and an apology and leaves the third question to a person: 100 of 100."""
    return a_transcript(
        a_turn("agent", "Good morning, this is the service desk.", 0.5, 3.0),
        a_turn("customer", "My heating has been off since Monday.", 3.4, 8.0),
        a_turn("agent", "I am sorry to hear that. What is your date of birth?", 8.3, 12.0),
        a_turn("customer", "The second of May.", 17.5, 21.0),
        a_turn("agent", "Somebody comes tomorrow before noon.", 21.5, 24.0),
        call_id=call_id,
        channels=2,
        sides=Sides.CHANNELS,
    )


@pytest.fixture(scope="module")
def centre(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Centre:
    """One agent, three calls of yesterday that the machine has judged, a reviewer and a quality manager."""
    home = tmp_path_factory.mktemp("life")
    url = f"sqlite:///{home / 'attune.db'}"
    calls = [hashlib.sha256(f"life {number}".encode()).hexdigest()[:16] for number in range(3)]
    engine = open_database(url)
    with transaction(engine) as session:
        repository.save_scorecard_version(session, MANNERS)
        for hour, call_id in enumerate(calls):
            write_tone(home / "recordings" / f"{call_id}.wav")
            facts = CallFacts(
                content_hash=hashlib.sha256(call_id.encode()).hexdigest(),
                kind=CallKind.RECORDING,
                file_name=f"{call_id}.wav",
                started_at=YESTERDAY + timedelta(hours=hour),
                agent="Lena Fox",
                team="Meadow",
                customer=f"Customer {hour}",
                direction="inbound",
                queue="repairs",
                recording=f"{call_id}.wav",
            )
            transcript = a_conversation(call_id)
            signals = some_signals(transcript)
            judged = ((MANNERS, evaluate(transcript, signals, MANNERS)),)
            repository.store_scored_call(session, ScoredCall(facts, transcript, signals, judged))
        lena = repository.add_agent(session, "Lena Fox")
        people = {
            "quality": ("Mira Holt", Role.QUALITY_MANAGER, None),
            "reviewer": ("Rosa Lind", Role.REVIEWER, None),
            "lena": ("Lena Fox", Role.AGENT, lena),
        }
        askers = {}
        for key, (name, role, agent_id) in people.items():
            user_id = add_user(session, f"{key}@attune.example", name, role, PASSWORD_HASH, agent_id, ())
            askers[key] = Asker(user_id, role, agent_id, frozenset(), name)
    engine.dispose()
    return Centre(home, url, askers, {"Lena Fox": calls})


@pytest.fixture(scope="module")
def address(centre: Centre) -> Iterator[str]:
    """Where this centre is served."""
    with served(centre.home) as where:
        yield where


def draw_blind(centre: Centre, call: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The quality manager has one call of each agent and day judged blind; the rule's seed is one that draws this call."""
    calls, day = centre.calls["Lena Fox"], YESTERDAY.date()
    seeds = (str(number) for number in count())
    seed = next(seed for seed in seeds if call == min(calls, key=lambda one: number_of(f"{seed}|{day.isoformat()}", one)))
    rule = Rule(RuleKind.RANDOM, EVERY_CARD, number=1, period=Period.DAY, blind_share=1.0, since=day)
    engine = open_database(centre.url)
    with monkeypatch.context() as seeded, transaction(engine) as session:
        seeded.setattr("storage.review_rules.secrets.token_hex", lambda _: seed)
        review_rules.save_rule(session, centre.askers["quality"], rule)
    filled = assign(engine, day + timedelta(days=1))
    engine.dispose()
    assert (filled.candidates, filled.chosen, filled.given) == (3, 1, 1)


def heard_from_server(page: Page) -> list[str]:
    """What the server sends to a page from its next loading on, as it comes."""
    heard: list[str] = []

    def hear(payload: str | bytes) -> None:
        heard.append(payload if isinstance(payload, str) else payload.decode("utf-8", "replace"))

    def listen(socket: WebSocket) -> None:
        socket.on("framereceived", hear)

    page.on("websocket", listen)
    return heard


def question(page: Page) -> Locator:
    """The question that this is all about."""
    return page.locator("article.result", has_text=APOLOGY)


def expect_total(page: Page, figure: int) -> None:
    """The scorecard's total stands in its tab."""
    expect(page.get_by_role("tab", name="Manners")).to_contain_text(str(figure))


def expect_history(page: Page, *entries: str) -> None:
    """All that was ever answered, in its order: who, from what to what, and why."""
    lines = question(page).locator("details li")
    expect(lines).to_have_count(len(entries))
    expect(lines).to_contain_text([re.compile(entry) for entry in entries])


def review_blind(page: Page, call: str) -> None:
    """From the list of what is to be reviewed, by the keyboard alone, with nothing of the machine's in the page."""
    of_the_machine = page.locator(".cards").locator(".chip, .total, blockquote")
    expect(page.get_by_role("heading", name="To review")).to_be_visible()
    heard, answered = heard_from_server(page), []
    page.on("response", lambda one: answered.append(one) if "/desk/" in one.url else None)
    page.reload()
    row = page.get_by_role("row", name="each of them had a chance of 1 in 3")
    expect(row).to_contain_text("Judged blind")
    page.get_by_role("button", name="Open the next call").click()
    expect(page.get_by_text("Judged blind: 0 of 3 answered")).to_be_visible()
    assert f"id={call}" in page.url
    assert of_the_machine.count() == 0
    for key in ("y", "n", "ArrowUp", "Enter"):
        page.keyboard.press(key)
    page.keyboard.type(NOT_MEANT)
    for key in ("Enter", "y"):
        page.keyboard.press(key)
    expect(page.get_by_text("Judged blind: 3 of 3 answered")).to_be_visible()
    saved(page)
    sent = [*heard, *(one.text() for one in answered)]
    assert answered
    assert not [word for word in OF_THE_MACHINE if any(word in message for message in sent)]
    page.keyboard.press("f")
    expect(page.get_by_text("Finished. The machine’s answers are in sight now.")).to_be_visible()
    expect(of_the_machine.first).to_be_visible()
    assert all(any(word in message for message in heard) for word in OF_THE_MACHINE)


def read_and_dispute(page: Page) -> None:
    """The agent says that she has read the evaluation, and what is wrong with it."""
    page.get_by_role("button", name="I have read this").click()
    page.get_by_role("dialog").get_by_role("button", name="Save").click()
    expect(page.get_by_text("Saved: you have read this.")).to_be_visible()
    dispute(page, I_MEANT_IT)


def decide(page: Page) -> None:
    """The quality manager finds the dispute on the page Disputes, and gives the answer a third value."""
    row = page.get_by_role("row", name=I_MEANT_IT)
    expect(row).to_contain_text("by Rosa Lind")
    row.get_by_role("link").click()
    expect(page.get_by_text("The answer now: Not met")).to_be_visible()
    page.get_by_text("It becomes: Partly").click()
    page.get_by_label("Why?").fill(HALF)
    page.get_by_role("button", name="Decide").click()
    expect(page.get_by_text(f"Decided. {DECIDED}")).to_be_visible()


def test_an_evaluation_lives_from_the_machines_verdict_to_the_last_word(
    open_as: SignIn, centre: Centre, monkeypatch: pytest.MonkeyPatch
) -> None:
    call = centre.calls["Lena Fox"][1]
    draw_blind(centre, call, monkeypatch)
    machine, corrected = "The machine: Met", f"Rosa Lind, .*: Met → Not met.*{NOT_MEANT}"
    decided = f"Mira Holt, .*: Not met → Partly.*Dispute upheld: {HALF}"

    rosa = open_as("reviewer")
    review_blind(rosa, call)
    expect_total(rosa, 60)
    expect(rosa.get_by_text("100 by the machine, before 2 changes")).to_be_visible()
    question(rosa).locator(".question").click()
    expect_history(rosa, machine, "You, before you saw that: Not met", corrected)

    lena = open_as("lena", f"/call?id={call}")
    expect_total(lena, 60)
    expect_history(lena, machine, corrected)
    read_and_dispute(lena)

    mira = open_as("quality", "/disputes")
    decide(mira)

    lena.goto("/")
    expect(lena.get_by_text(f"by Mira Holt: {DECIDED}")).to_be_visible()
    expect(lena.get_by_text(f"“{HALF}”")).to_be_visible()
    lena.get_by_role("button", name="See the call").click()
    expect(question(lena).locator(".chip")).to_have_text("Partly")
    expect_total(lena, 80)
    expect_history(lena, machine, corrected, decided)

    mira.get_by_role("button", name="Open the call").click()
    question(mira).locator(".question").click()
    expect_history(mira, machine, corrected, decided)
    expect_total(mira, 80)
    expect(mira.get_by_text("100 by the machine, before 3 changes")).to_be_visible()
