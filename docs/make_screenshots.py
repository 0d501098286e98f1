"""What do the pages look like?

`python docs/make_screenshots.py HOME` serves the demonstration in the folder HOME and writes a picture of each person's
main page to docs/screenshots/. It needs playwright and a Chromium. Run it after `make demo` has filled HOME.
"""

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from playwright.sync_api import Browser, sync_playwright  # noqa: E402
from sqlalchemy import Engine, select  # noqa: E402

from dashboard import COOKIE  # noqa: E402
from storage import sessions  # noqa: E402
from storage.access import Role  # noqa: E402
from storage.database import open_database, reading, transaction  # noqa: E402
from storage.tables import AgentRow, CallRow, UserRow  # noqa: E402

WIDTH, HEIGHT = 1366, 860
SETTLED_MS = 5000
"""How long charts take to be drawn."""


@dataclass(frozen=True)
class Picture:
    """One page as one person sees it; `tab` is chosen before the picture is taken."""

    name: str
    role: Role
    path: str
    tab: str = ""


def pictures(engine: Engine) -> list[Picture]:
    """The pictures to take; the call is the latest recording on two channels of somebody who can sign in."""
    with reading(engine) as session:
        call = session.scalars(
            select(CallRow.id)
            .join(AgentRow, CallRow.agent_id == AgentRow.id)
            .where(CallRow.channels == 2, CallRow.recording.is_not(None), AgentRow.id.in_(select(UserRow.agent_id)))
            .order_by(CallRow.started_at.desc())
        ).first()
    taken = [
        Picture("reviewer-overview", Role.REVIEWER, "/"),
        Picture("coach-agents", Role.COACH, "/agents", "Every criterion"),
        Picture("coach-coaching", Role.COACH, "/coaching"),
        Picture("agent-my-scorecards", Role.AGENT, "/"),
    ]
    return [*taken, Picture("reviewer-call", Role.REVIEWER, f"/call?id={call}")] if call else taken


def token_for(engine: Engine, role: Role) -> str:
    """A short session of the first person with this role, so that no password is needed."""
    with transaction(engine) as session:
        user_id = session.scalars(select(UserRow.id).where(UserRow.role == role).order_by(UserRow.id)).first()
        if user_id is None:
            raise SystemExit(f"There is no {role} in this database. Run `make demo` first.")
        return sessions.start(session, user_id, hours=0.1)


def take(browser: Browser, address: str, token: str, picture: Picture, folder: Path) -> None:
    """Take one picture."""
    context = browser.new_context(viewport={"width": WIDTH, "height": HEIGHT}, color_scheme="light")
    context.add_cookies([{"name": COOKIE, "value": token, "url": address}])
    page = context.new_page()
    page.goto(address + picture.path)
    page.locator("[data-testid=stMain] h1").wait_for()
    if picture.tab:
        page.get_by_role("tab", name=picture.tab).click()
    page.wait_for_timeout(SETTLED_MS)
    page.screenshot(path=str(folder / f"{picture.name}.png"))
    context.close()


def wait_until_served(address: str) -> None:
    """Return as soon as the application answers."""
    give_up = time.monotonic() + 60
    while time.monotonic() < give_up:
        try:
            with urllib.request.urlopen(f"{address}/health", timeout=2):
                return
        except OSError:
            time.sleep(0.3)
    raise SystemExit("The application did not start.")


def main(home: Path) -> None:
    """Serve, take the pictures, and stop."""
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        raise SystemExit("There is no Chromium here. Debian: apt-get install chromium")
    folder = ROOT / "docs" / "screenshots"
    folder.mkdir(parents=True, exist_ok=True)
    os.environ["ATTUNE_HOME"] = str(home.absolute())  # the server's key is there, with which sessions are signed
    engine = open_database(f"sqlite:///{home.absolute() / 'attune.db'}")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    options = {**os.environ, "ATTUNE_PORT": str(port)}
    served = subprocess.Popen([sys.executable, str(ROOT / "app.py")], env=options)
    try:
        address = f"http://127.0.0.1:{port}"
        wait_until_served(address)
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
            for picture in pictures(engine):
                take(browser, address, token_for(engine, picture.role), picture, folder)
            browser.close()
    finally:
        served.terminate()
        served.wait(10)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        raise SystemExit(f"usage: python {sys.argv[0]} HOME")
    main(Path(sys.argv[1]))
