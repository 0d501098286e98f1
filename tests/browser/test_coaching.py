"""Coaching from Monday's page to its effect, through two people's sign-ins in a real browser.

The centre is one of this test's own: Nadia, who never thanks, among colleagues who do so in two calls of three.
"""

import hashlib
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import Engine

from scorecards.definition import Criterion, Rule, Scorecard, Section
from scoring.evaluate import evaluate
from storage import repository
from storage.access import Asker, Role
from storage.database import open_database, transaction
from storage.people import add_user
from storage.records import CallFacts, CallKind, ScoredCall
from tests.browser.conftest import SignIn, served
from tests.build import a_transcript, a_turn
from tests.dashboard.centre import PASSWORD_HASH, Centre, some_signals, write_tone
from transcripts.model import Sides

pytestmark = pytest.mark.browser

QUESTION = "Did the agent thank the customer?"
COLLEAGUES = 8  # the fewest that an effect is measured against
BEFORE, AFTER = range(-4, 0), range(1, 3)
"""Weeks with calls, counted from the one in which the plan begins."""

THANKS = Scorecard(
    "thanks",
    1,
    "Thanks",
    70,
    (
        Section(
            "ending",
            "Ending",
            (
                Criterion(
                    "thanks", QUESTION, Rule("says.v1", {"phrases": ["thank you for calling"]}), tip="Thank them by name."
                ),
                Criterion("solves", "Was a day named?", Rule("says.v1", {"phrases": ["tomorrow"]})),
            ),
        ),
    ),
)


def _monday() -> datetime:
    now = datetime.now(UTC).replace(hour=9, minute=0, second=0, microsecond=0)
    return now - timedelta(days=now.weekday())


def take_in(engine: Engine, home: Path, agent: str, weeks: range, thanked: int, of: int) -> None:
    """So many calls of an agent in each of these weeks, so many of them with thanks; each a recording of 24 seconds."""
    with transaction(engine) as session:
        for week in weeks:
            for number in range(of):
                thanks = " Thank you for calling." if number < thanked else ""
                name = f"{agent} {week} {number}"
                call_id = hashlib.sha256(name.encode()).hexdigest()[:16]
                transcript = a_transcript(
                    a_turn("agent", "Good morning, this is the service desk.", 0.5, 3.0),
                    a_turn("customer", f"My heating is off. It is call {number}.", 3.4, 8.0),
                    a_turn("agent", f"Somebody comes tomorrow before noon.{thanks}", 8.3, 12.0),
                    call_id=call_id,
                    channels=2,
                    sides=Sides.CHANNELS,
                )
                facts = CallFacts(
                    content_hash=hashlib.sha256(call_id.encode()).hexdigest(),
                    kind=CallKind.RECORDING,
                    file_name=f"{call_id}.wav",
                    started_at=_monday() + timedelta(weeks=week, minutes=7 * number),
                    agent=agent,
                    team="Harbour",
                    customer=f"Customer {number}",
                    queue="repairs",
                    recording="tone.wav",
                )
                signals = some_signals(transcript)
                judged = ((THANKS, evaluate(transcript, signals, THANKS)),)
                repository.store_scored_call(session, ScoredCall(facts, transcript, signals, judged))


@pytest.fixture(scope="module")
def centre(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Centre:
    """Four weeks of calls, a coach, and Nadia."""
    home = tmp_path_factory.mktemp("coaching")
    url = f"sqlite:///{home / 'attune.db'}"
    write_tone(home / "recordings" / "tone.wav")
    engine = open_database(url)
    with transaction(engine) as session:
        repository.save_scorecard_version(session, THANKS)
    take_in(engine, home, "Nadia Osei", BEFORE, thanked=2, of=8)
    for n in range(COLLEAGUES):
        take_in(engine, home, f"Colleague {n}", BEFORE, thanked=6 + n % 3, of=8)
    with transaction(engine) as session:
        nadia, harbour = repository.add_agent(session, "Nadia Osei"), repository.add_team(session, "Harbour")
        add_user(session, "coach@attune.example", "Conrad Bell", Role.COACH, PASSWORD_HASH, None, (harbour,))
        add_user(session, "nadia@attune.example", "Nadia Osei", Role.AGENT, PASSWORD_HASH, nadia, ())
    engine.dispose()
    return Centre(home, url, {"nadia": Asker(0, Role.AGENT, nadia)}, {})


@pytest.fixture(scope="module")
def address(centre: Centre) -> Iterator[str]:
    """Where this centre is served."""
    with served(centre.home) as where:
        yield where


def open_part(page: Page, name: str) -> None:
    """Open a part of the plan's editor."""
    page.get_by_text(name, exact=True).click()


def test_a_coach_goes_from_mondays_page_to_a_plan_the_agent_confirms_it_and_its_effect_is_shown(
    centre: Centre, open_as: SignIn
) -> None:
    coach = open_as("coach", "/coaching")
    expect(coach.get_by_text("Whom to talk to")).to_be_visible()
    expect(coach.get_by_text(QUESTION).first).to_be_visible()
    expect(coach.get_by_text(re.compile("likely .* target 80"))).to_have_count(1)  # nobody but Nadia stands out
    coach.get_by_role("button", name="Draft a plan").first.click()
    expect(coach.get_by_text("A plan for Nadia Osei")).to_be_visible()
    coach.get_by_label("What you say to the agent").fill("Your calls are quick. One thing more.")
    coach.get_by_role("button", name="Draft the plan").click()
    expect(coach.get_by_text("Draft, not shown to the agent")).to_be_visible()
    expect(coach.get_by_text("Thank them by name.").first).to_be_visible()
    expect(coach.get_by_text("“Thank you for calling”").first).to_be_visible()

    open_part(coach, "Add a moment of a call")
    inside = coach.get_by_role("button", name="Take out")
    expect(coach.get_by_role("button", name=re.compile(r"\bAdd$")).first).to_be_visible()
    expect(coach.get_by_test_id("stApp")).to_have_attribute("data-test-script-state", "notRunning")
    expect(coach.locator("[data-stale=true]")).to_have_count(0)  # what the page before had, and is about to go
    drafted = inside.count()
    assert drafted
    coach.get_by_role("button", name=re.compile(r"\bAdd$")).first.click()
    expect(coach.get_by_text("The moment is added.")).to_be_visible()
    expect(inside).to_have_count(drafted + 1)

    open_part(coach, "Change the plan")
    coach.get_by_test_id("stNumberInput").locator("input").fill("60")
    coach.get_by_role("button", name="Save the plan").click()
    expect(coach.get_by_text("The plan is saved.")).to_be_visible()
    coach.get_by_role("button", name="Offer it to the agent").click()
    expect(coach.get_by_text("Waits for the agent")).to_be_visible()

    nadia = open_as("nadia", "/my-coaching")
    expect(nadia.get_by_text("Waits for your answer")).to_be_visible()
    expect(nadia.get_by_text("Your calls are quick. One thing more.")).to_be_visible()
    expect(nadia.get_by_text("“Thank you for calling”")).not_to_have_count(0)
    nadia.get_by_label("What you think of it").fill("It fits; I forget it when I hurry.")
    nadia.get_by_role("button", name="I confirm this plan").click()
    expect(nadia.get_by_text("Confirmed. Your coach sees it.")).to_be_visible()

    coach.reload()
    expect(coach.get_by_text("It fits; I forget it when I hurry.", exact=True)).to_be_visible()
    expect(coach.get_by_text("Too soon to say: about 10 more calls would do.")).to_be_visible()
    open_part(coach, "Write down or plan a talk")
    coach.get_by_label("Notes").fill("She thanks at the end of each call from now on.")
    coach.get_by_role("button", name="Write it down").click()
    expect(coach.get_by_text("Under way")).to_be_visible()

    engine = open_database(centre.url)
    take_in(engine, centre.home, "Nadia Osei", AFTER, thanked=7, of=8)
    for n in range(COLLEAGUES):
        take_in(engine, centre.home, f"Colleague {n}", AFTER, thanked=6 + (n + 1) % 3, of=8)
    engine.dispose()
    # A page remembers what came of a plan until something happens to it.
    nadia.reload()
    nadia.get_by_label("What you think of it").fill("It works.")
    nadia.get_by_role("button", name="Send my view").click()
    expect(nadia.get_by_text("Said. Your coach reads it.")).to_be_visible()
    for page in (nadia, coach):
        page.reload()
        expect(page.get_by_text(re.compile(r"Likely yes: \+\d+ points, 90 % interval \+\d+ to \+\d+"))).to_be_visible()
        expect(page.get_by_text(f"Compared with {COLLEAGUES} agents")).to_be_visible()
    coach.goto("/coaching?show=What+works")
    expect(coach.get_by_text("Kind of coaching")).to_be_visible()


def test_an_agent_finds_no_way_to_the_coachs_page(open_as: SignIn) -> None:
    nadia = open_as("nadia", "/coaching")
    expect(nadia.get_by_test_id("stSidebarNav").get_by_role("link", name="My coaching")).to_be_visible()
    expect(nadia.get_by_role("heading", name="Coaching", exact=True)).to_have_count(0)
