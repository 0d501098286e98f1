"""The application as it is served, on a free port and a small, invented contact centre, in a real Chromium."""

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright
from playwright.sync_api import Error as PlaywrightError

from tests.dashboard.centre import PASSWORD, Centre, build_centre

APP = Path(__file__).parents[2] / "app.py"
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--mute-audio",
]
PATIENCE_MS = 30_000
"""How long a page may take before a test gives up; generous, for machines that do other things as well."""


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Chromium, started once; without it these tests are skipped."""
    if CHROMIUM is None:
        pytest.skip("There is no Chromium here, so nothing was tested in a real browser. Debian: apt-get install chromium")
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        expect.set_options(timeout=PATIENCE_MS)
        yield opened
        opened.close()


@pytest.fixture(scope="session")
def centre(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Centre:
    """The centre that is served."""
    return build_centre(tmp_path_factory.mktemp("centre"))


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _wait_until_served(address: str, process: "subprocess.Popen[bytes]") -> None:
    give_up = time.monotonic() + PATIENCE_MS / 1000
    while time.monotonic() < give_up:
        assert process.poll() is None, "the application ended before it answered"
        try:
            with urllib.request.urlopen(f"{address}/health", timeout=2) as answer:
                if answer.status == 200:
                    return
        except OSError:
            time.sleep(0.2)
    raise AssertionError("the application does not answer")


@contextmanager
def served(home: Path) -> Iterator[str]:
    """The application at work on a centre's folder, and its address, for as long as the context lasts."""
    port = _free_port()
    options = {**os.environ, "ATTUNE_HOME": str(home), "ATTUNE_PORT": str(port)}
    process = subprocess.Popen([sys.executable, str(APP)], env=options, cwd=home)
    try:
        _wait_until_served(f"http://127.0.0.1:{port}", process)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(10)


@pytest.fixture(scope="session")
def address(centre: Centre) -> Iterator[str]:
    """Where the application is served."""
    with served(centre.home) as where:
        yield where


SignIn = Callable[..., Page]


def _new_context(browser: Browser, address: str) -> BrowserContext:
    context = browser.new_context(base_url=address, viewport={"width": 1366, "height": 768})
    context.set_default_timeout(PATIENCE_MS)
    return context


def _sign_in_at_once(context: BrowserContext, address: str, who: str) -> None:
    form: dict[str, str | float | bool] = {"email": f"{who}@attune.example", "password": PASSWORD}
    answer = context.request.post("/sign-in", form=form, headers={"Origin": address}, max_redirects=0)
    assert answer.status == 303, answer.text()


@pytest.fixture
def sign_in(browser: Browser, address: str) -> Iterator[SignIn]:
    """Opens a path as somebody of the centre: `sign_in("reviewer", "/calls")`, through the sign-in page, in a browser that
    has never been here."""
    contexts = []

    def at(who: str, path: str = "/") -> Page:
        context = _new_context(browser, address)
        contexts.append(context)
        page = context.new_page()
        page.goto(path)
        page.get_by_label("E-mail address").fill(f"{who}@attune.example")
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Sign in").click()
        return page

    yield at
    for context in contexts:
        context.close()


@pytest.fixture(scope="session")
def _windows(browser: Browser) -> Iterator[dict[tuple[str, str], Page]]:
    """The window of each person at each address."""
    windows: dict[tuple[str, str], Page] = {}
    yield windows
    for window in windows.values():
        window.context.close()


@pytest.fixture
def open_as(browser: Browser, address: str, _windows: dict[tuple[str, str], Page]) -> Iterator[SignIn]:
    """Opens a path in the window of somebody who is signed in, one for each person: `open_as("reviewer", "/calls")`.

    Their window stays from test to test, as it takes seconds of the processor to open one and to read in what all pages are
    made of; nothing that a test did in it stays.
    """
    used = []

    def at(who: str, path: str = "/") -> Page:
        if (address, who) not in _windows:
            context = _new_context(browser, address)
            _sign_in_at_once(context, address, who)
            _windows[address, who] = context.new_page()
        page = _windows[address, who]
        used.append((address, who))
        page.goto(path)
        if urlsplit(page.url).path == "/sign-in":  # a test has ended this person's sessions
            _sign_in_at_once(page.context, address, who)
            page.goto(path)
        return page

    yield at
    for person in dict.fromkeys(used):
        _leave_nothing(_windows, person)


def _leave_nothing(windows: dict[tuple[str, str], Page], person: tuple[str, str]) -> None:
    """The window as it was before it was used; where that is not to be had, there is none, and the next test opens one."""
    page = windows.pop(person)
    try:
        page.unroute_all()
        page.goto("/health")
        page.evaluate("localStorage.clear(); sessionStorage.clear()")
        for other in page.context.pages:
            if other is not page:
                other.close()
    except PlaywrightError:
        page.context.close()
    else:
        windows[person] = page


def expect_heard(page: Page, least: float, most: float) -> None:
    """Wait until the recording has come and is heard between these seconds; a busy machine takes a while to get there."""
    give_up = time.monotonic() + PATIENCE_MS / 1000
    while True:
        place = page.locator("audio").evaluate("audio => audio.readyState > 0 && !audio.seeking ? audio.currentTime : -1")
        if least <= place <= most:
            return
        assert time.monotonic() < give_up, f"heard at {place} s, and not between {least} and {most} s"
        page.wait_for_timeout(50)
