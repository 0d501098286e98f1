"""What holds between the sign-in and its end, done in a real browser."""

from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import update

from pipeline.people import one_time_until
from storage.database import open_database, transaction
from storage.people import set_password
from storage.tables import SessionRow
from tests.browser.conftest import SignIn
from tests.dashboard.centre import PASSWORD, PASSWORD_HASH, Centre

pytestmark = pytest.mark.browser

NEW = "lantern velvet 40 oar"


def expect_signed_out(page: Page) -> None:
    """The next click says that the session is over, and so does the next address."""
    page.get_by_role("link", name="Calls", exact=True).click()
    expect(page.get_by_role("heading", name="You are signed out")).to_be_visible()
    page.goto("/calls")
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()


def test_a_page_that_stood_open_for_too_long_is_signed_out_with_the_next_click(sign_in: SignIn, centre: Centre) -> None:
    page = sign_in("quality", "/disputes")
    expect(page.get_by_role("heading", name="Disputes", exact=True)).to_be_visible()
    engine = open_database(centre.url)
    with transaction(engine) as session:
        theirs = SessionRow.user_id == centre.askers["quality"].user_id
        session.execute(update(SessionRow).where(theirs).values(idle_until=datetime.now(UTC) - timedelta(seconds=1)))
    engine.dispose()
    expect_signed_out(page)


def test_signing_out_everywhere_ends_the_window_on_the_other_machine(sign_in: SignIn) -> None:
    there, here = sign_in("quality", "/disputes"), sign_in("quality", "/disputes")
    expect(there.get_by_role("heading", name="Disputes", exact=True)).to_be_visible()
    here.get_by_role("link", name="My sign-in").click()
    expect(here.get_by_role("heading", name="My sign-in")).to_be_visible()
    here.get_by_role("button", name="Sign out everywhere").click()
    expect(here.get_by_role("heading", name="Sign in")).to_be_visible()
    expect_signed_out(there)


def test_a_one_time_password_leads_to_the_choice_of_another_and_then_to_the_pages(sign_in: SignIn, centre: Centre) -> None:
    engine, idris = open_database(centre.url), centre.askers["idris"].user_id
    with transaction(engine) as session:
        set_password(session, idris, PASSWORD_HASH, one_time_until())
    page = sign_in("idris")
    expect(page.get_by_role("heading", name="Choose a password")).to_be_visible()
    page.goto("/calls")
    expect(page.get_by_role("heading", name="Choose a password")).to_be_visible()
    page.get_by_label("The password you came with").fill(PASSWORD)
    page.get_by_label("New password", exact=True).fill(NEW)
    page.get_by_label("New password once more").fill(NEW)
    page.get_by_role("button", name="Change the password").click()
    expect(page.get_by_role("heading", name="To review", exact=True)).to_be_visible()
    with transaction(engine) as session:
        set_password(session, idris, PASSWORD_HASH)
    engine.dispose()


def test_an_agent_opens_no_address_of_a_colleague(open_as: SignIn, centre: Centre, address: str) -> None:
    page = open_as("nadia")
    expect(page.get_by_role("heading", name="Hello, Nadia")).to_be_visible()
    lenas = centre.calls["Lena Fox"][0]
    page.goto(f"/call?id={lenas}")
    expect(page.get_by_text("No such call")).to_be_visible()
    for path in (f"/audio/{lenas}", f"/waveform/{lenas}"):
        assert page.request.get(f"{address}{path}").status == 404
    for path in ("/people", "/agents"):
        page.goto(path)
        # Beside it stands their own page, which may be drawn anew and take the sentence with it.
        own = page.get_by_role("heading", name="Hello, Nadia")
        expect(page.get_by_text("Page not found").or_(own).first).to_be_visible()
        assert "Lena" not in page.locator("body").inner_text()
