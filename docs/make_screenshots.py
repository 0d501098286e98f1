"""What do the pages look like?

`python docs/make_screenshots.py HOME [NAME...]` serves the demonstration in the folder HOME and writes a picture of each
page to docs/screenshots/, as somebody sees it whose work it is, in light and in dark (`NAME-dark.png`); with names only of
those. It needs playwright, Pillow and a Chromium. Run it after `make demo` has filled HOME.
"""

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from PIL import Image  # noqa: E402
from playwright.sync_api import Browser, expect, sync_playwright  # noqa: E402
from sqlalchemy import Engine, func, select  # noqa: E402

from dashboard import COOKIE  # noqa: E402
from storage import sessions  # noqa: E402
from storage.access import Role  # noqa: E402
from storage.cause_tables import CauseRow  # noqa: E402
from storage.customer_tables import CustomerCallRow  # noqa: E402
from storage.database import open_database, reading, transaction  # noqa: E402
from storage.plan_tables import CoachingPlanRow  # noqa: E402
from storage.tables import AgentRow, CallRow, TranscriptRow, UserRow  # noqa: E402
from transcripts.model import Medium  # noqa: E402

WIDTH, HEIGHT = 1366, 860
SETTLED_MS = 5000
"""How long charts take to be drawn."""


MOST_COLOURS = 160
"""Enough for flat pages with thin lines, and a third of the bytes of a picture with all of them."""


@dataclass(frozen=True)
class Picture:
    """One page as one person sees it; `tab` is chosen before the picture is taken."""

    name: str
    role: Role
    path: str
    tab: str = ""


def pictures(engine: Engine) -> list[Picture]:
    """The pictures to take. The call is the latest recording on two channels of somebody who can sign in, the plan the one
    whose agent improved, or the first there is, and the cause one whose action was done."""
    with reading(engine) as session:
        call = session.scalars(
            select(CallRow.id)
            .join(AgentRow, CallRow.agent_id == AgentRow.id)
            .where(CallRow.channels == 2, CallRow.recording.is_not(None), AgentRow.id.in_(select(UserRow.agent_id)))
            .order_by(CallRow.started_at.desc())
        ).first()
        agent = session.scalars(select(UserRow.agent_id).where(UserRow.agent_id.is_not(None)).order_by(UserRow.id)).first()
        cause = session.scalars(select(CauseRow.id).where(CauseRow.acted_on.is_not(None)).order_by(CauseRow.id)).first()
        plan = session.scalars(select(CoachingPlanRow.id).order_by(CoachingPlanRow.id)).first()
        own, posted = CustomerCallRow.customer_id, TranscriptRow.medium == Medium.SOCIAL
        written = select(TranscriptRow.call_id).where(posted).order_by(TranscriptRow.call_id)
        customer = session.scalars(select(own).where(CustomerCallRow.call_id.in_(written)).group_by(own).order_by(
            func.count().desc(), own)).first()  # fmt: skip
        post = session.scalars(
            select(CustomerCallRow.call_id).where(own == customer).order_by(CustomerCallRow.contacted_at.desc())
        ).first()
    behind = f"/criterion?card=listening&criterion=open_question&of_agent={agent}"
    return [
        Picture("reviewer-overview", Role.REVIEWER, "/overview"),
        Picture("reviewer-to-review", Role.REVIEWER, "/to-review"),
        Picture("reviewer-call", Role.REVIEWER, f"/call?id={call}"),
        Picture("reviewer-calls", Role.REVIEWER, "/calls"),
        Picture("reviewer-calibration", Role.REVIEWER, "/calibrate"),
        Picture("reviewer-machine", Role.REVIEWER, "/machine"),
        Picture("reviewer-written", Role.REVIEWER, f"/call?id={post}"),
        Picture("quality-alerts", Role.QUALITY_MANAGER, "/alerts"),
        Picture("quality-customers", Role.QUALITY_MANAGER, "/customers"),
        Picture("quality-customer", Role.QUALITY_MANAGER, f"/customer?id={customer}"),
        Picture("quality-why-they-call", Role.QUALITY_MANAGER, "/why-they-call?level=Reasons"),
        Picture("quality-causes", Role.QUALITY_MANAGER, "/causes"),
        Picture("quality-cause", Role.QUALITY_MANAGER, f"/causes?id={cause}"),
        Picture("quality-satisfaction", Role.QUALITY_MANAGER, "/satisfaction"),
        Picture("quality-organisations", Role.QUALITY_MANAGER, "/organisations?scorecard=Empathy"),
        Picture("quality-disputes", Role.QUALITY_MANAGER, "/disputes"),
        Picture("quality-scorecards", Role.QUALITY_MANAGER, "/scorecards"),
        Picture("quality-what-if", Role.QUALITY_MANAGER, "/what-if"),
        Picture("quality-scorecard", Role.QUALITY_MANAGER, "/scorecards?card=empathy"),
        Picture("administrator-teaching", Role.ADMINISTRATOR, "/teaching"),
        Picture("administrator-people", Role.ADMINISTRATOR, "/people"),
        Picture("administrator-team-members", Role.ADMINISTRATOR, "/team-members", "Teams"),
        Picture("administrator-settings", Role.ADMINISTRATOR, "/settings", "Change"),  # in force are folders of this machine
        Picture("administrator-programs", Role.ADMINISTRATOR, "/programs"),
        Picture("administrator-arriving", Role.ADMINISTRATOR, "/arriving"),
        Picture("administrator-keeping", Role.ADMINISTRATOR, "/keeping"),
        Picture("administrator-record", Role.ADMINISTRATOR, "/record"),
        Picture("coach-coaching", Role.COACH, "/coaching"),
        Picture("coach-plan", Role.COACH, f"/coaching?plan={plan}"),
        Picture("coach-what-works", Role.COACH, "/coaching", "What works"),
        Picture("coach-processes", Role.COACH, "/processes"),
        Picture("coach-agents", Role.COACH, "/agents", "Every criterion"),
        Picture("coach-agent", Role.COACH, f"/agent?of_agent={agent}"),
        Picture("coach-teams", Role.COACH, "/teams"),
        Picture("coach-criterion", Role.COACH, behind),
        Picture("agent-my-scorecards", Role.AGENT, "/my-scorecards"),
        Picture("agent-my-coaching", Role.AGENT, "/my-coaching"),
        Picture("agent-my-sign-in", Role.AGENT, "/my-sign-in"),
    ]


def token_for(engine: Engine, role: Role) -> str:
    """A short session of the first person with this role, so that no password is needed."""
    with transaction(engine) as session:
        user_id = session.scalars(select(UserRow.id).where(UserRow.role == role).order_by(UserRow.id)).first()
        if user_id is None:
            raise SystemExit(f"There is no {role} in this database. Run `make demo` first.")
        return sessions.start(session, user_id, hours=0.1)


def take(browser: Browser, address: str, token: str, picture: Picture, folder: Path) -> None:
    """Take one picture, light and dark."""
    for scheme, name in (("light", picture.name), ("dark", f"{picture.name}-dark")):
        context = browser.new_context(
            viewport={"width": WIDTH, "height": HEIGHT}, color_scheme="dark" if scheme == "dark" else "light"
        )
        context.add_cookies([{"name": COOKIE, "value": token, "url": address}])
        page = context.new_page()
        page.goto(address + picture.path)
        page.locator("h1").first.wait_for(timeout=60_000)
        if picture.tab:
            page.get_by_role("tab", name=picture.tab, exact=True).click()
        page.wait_for_timeout(SETTLED_MS)
        page.locator("[data-testid=stStatusWidget]").wait_for(state="detached", timeout=60_000)
        expect(page.locator("[data-testid=stSkeleton]")).to_have_count(0, timeout=60_000)
        small = Image.open(BytesIO(page.screenshot())).convert("RGB").quantize(MOST_COLOURS, dither=Image.Dither.NONE)
        small.save(folder / f"{name}.png", optimize=True)
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


def main(home: Path, names: Sequence[str]) -> None:
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
            for picture in [one for one in pictures(engine) if not names or one.name in names]:
                take(browser, address, token_for(engine, picture.role), picture, folder)
            browser.close()
    finally:
        served.terminate()
        served.wait(10)


if __name__ == "__main__":
    if len(sys.argv) < 2:
        raise SystemExit(f"usage: python {sys.argv[0]} HOME [NAME...]")
    main(Path(sys.argv[1]), sys.argv[2:])
