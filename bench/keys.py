"""How many keys does a full review take, beyond listening?

    python -m bench.keys HOME

A demonstration's home folder is copied, served, and five of its recorded calls are reviewed in a real browser on one
scorecard with at least twelve questions, by the keyboard alone. Every question's evidence is listened to first; every
fourth answer is changed, because of the turn being heard, every other accepted, or decided where the machine was unsure.
The page itself counts the keys that go down, without Shift alone; those that only listen (`e`) are counted apart. So is
how long an answer takes to be acknowledged.
"""

import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path
from statistics import median
from typing import Any

from playwright.sync_api import Page, Request, sync_playwright
from sqlalchemy import select

from dashboard import COOKIE
from storage import sessions
from storage.database import open_database, transaction
from storage.roles import Role
from storage.tables import CallRow, EvaluationRow, ScorecardVersionRow, UserRow

ROOT = Path(__file__).resolve().parents[1]
CALLS, QUESTIONS = 5, 12
CHANGED_EVERY = 4
BOUND = 1.0
"""Keys a question, beyond listening."""

ACKNOWLEDGED = 0.2
"""Seconds from sending an answer to knowing that it is saved, at the median."""

COUNT = """
window.keysDown = { review: 0, listening: 0 };
window.clicks = 0;
window.addEventListener('keydown', (event) => {
  if (event.key !== 'Shift') window.keysDown[event.key.toLowerCase() === 'e' ? 'listening' : 'review'] += 1;
}, true);
window.addEventListener('click', () => { window.clicks += 1; }, true);
"""


def prepare(home: Path) -> tuple[str, list[str], str]:
    """A reviewer's session, five recorded calls, and a scorecard with enough questions that has judged them all."""
    engine = open_database(f"sqlite:///{home / 'attune.db'}")
    with transaction(engine) as session:
        user = session.scalars(select(UserRow.id).where(UserRow.role == Role.REVIEWER).order_by(UserRow.id)).first()
        if user is None:
            raise SystemExit("There is no reviewer in this home. Run `make demo` first.")
        cards = session.scalars(select(ScorecardVersionRow).where(ScorecardVersionRow.active)).all()
        long_enough = [
            card for card in cards if sum(len(part["criteria"]) for part in card.definition["sections"]) >= QUESTIONS
        ]
        for card in long_enough:
            recorded = (
                select(CallRow.id)
                .join(EvaluationRow, EvaluationRow.call_id == CallRow.id)
                .where(
                    EvaluationRow.scorecard_version_id == card.id, ~EvaluationRow.superseded, CallRow.recording.is_not(None)
                )
            )
            calls = list(session.scalars(recorded.order_by(CallRow.started_at, CallRow.id).limit(CALLS)))
            if len(calls) == CALLS:
                return sessions.start(session, user, hours=1), calls, card.scorecard
    raise SystemExit(f"There are no {CALLS} recorded calls with a scorecard of {QUESTIONS} questions in this home.")


def review(page: Page, address: str, call: str, card: str) -> dict[str, Any]:
    """Review one call on one scorecard; what it took."""
    page.goto(f"{address}/call?id={call}&card={card}")
    page.locator("article.result.current").wait_for(timeout=120_000)
    results = page.locator("article.result")
    questions, changed = results.count(), 0
    for number in range(questions):
        # `locator` looks into the widget, where the page's own `document` does not.
        current = results.nth(number)
        page.keyboard.press("e")
        page.wait_for_timeout(300)
        pressed = current.locator(".choice[aria-pressed='true'] kbd")
        stands = pressed.inner_text() if pressed.count() else ""
        heard = page.locator("article.turn.heard").count() > 0
        if number % CHANGED_EVERY == CHANGED_EVERY - 1 and heard and stands:
            page.keyboard.press("Shift+P" if stands != "P" else "Shift+Y")
            changed += 1
        else:
            page.keyboard.press("a" if stands else "n")
    page.locator(".saved > .quiet").wait_for(timeout=60_000)
    # Everything is taken from what is stored: a question without an answer would show.
    page.wait_for_timeout(500)
    answered = page.locator("article.result .state", has_text="confirmed").count()
    answered += page.locator("article.result .state", has_text="changed").count()
    counted = page.evaluate("({ ...window.keysDown, clicks: window.clicks })")
    return {"call": call, "questions": questions, "answered": answered, "changed": changed, **counted}


def main(home: Path) -> int:
    """Copy, serve, review, and print the figures; the exit status says whether the bound was kept."""
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        raise SystemExit("There is no Chromium here. Debian: apt-get install chromium")
    with tempfile.TemporaryDirectory() as folder, socket.socket() as probe:
        copy = Path(folder) / "home"
        shutil.copytree(home, copy)
        os.environ["ATTUNE_HOME"] = str(copy)  # the server's key is there, with which sessions are signed
        token, calls, card = prepare(copy)
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
        probe.close()
        options = {**os.environ, "ATTUNE_PORT": str(port)}
        served = subprocess.Popen([sys.executable, str(ROOT / "app.py")], env=options, cwd=folder)
        address = f"http://127.0.0.1:{port}"
        try:
            _wait_until_served(address)
            with sync_playwright() as playwright:
                browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--mute-audio"])
                context = browser.new_context(viewport={"width": 1366, "height": 768})
                context.add_cookies([{"name": COOKIE, "value": token, "url": address}])
                context.add_init_script(COUNT)
                page = context.new_page()
                took: list[float] = []
                page.on("requestfinished", lambda sent: took.append(_seconds(sent)) if "/desk/" in sent.url else None)
                reviewed = []
                for call in calls:
                    reviewed.append(review(page, address, call, card))
                    print(reviewed[-1], file=sys.stderr)
                browser.close()
        finally:
            served.terminate()
            served.wait(10)
    questions = sum(each["questions"] for each in reviewed)
    keys = sum(each["review"] for each in reviewed)
    complete = all(each["answered"] == each["questions"] for each in reviewed)
    figures = {
        "calls": len(reviewed),
        "scorecard": card,
        "questions": questions,
        "changed": sum(each["changed"] for each in reviewed),
        "keys": keys,
        "keys_a_question": round(keys / questions, 3),
        "clicks": sum(each["clicks"] for each in reviewed),
        "keys_for_listening": sum(each["listening"] for each in reviewed),
        "acknowledged_in_seconds": round(median(took), 3),
        "holds": complete and keys / questions <= BOUND and median(took) < ACKNOWLEDGED,
    }
    print(json.dumps(figures))
    return 0 if figures["holds"] else 1


def _seconds(sent: Request) -> float:
    """How long the server took for what was sent."""
    return (sent.timing["responseEnd"] - sent.timing["requestStart"]) / 1000


def _wait_until_served(address: str) -> None:
    give_up = time.monotonic() + 120
    while time.monotonic() < give_up:
        try:
            with urllib.request.urlopen(f"{address}/health", timeout=2):
                return
        except OSError:
            time.sleep(0.3)
    raise SystemExit("The application did not start.")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        raise SystemExit("usage: python -m bench.keys HOME")
    sys.exit(main(Path(sys.argv[1])))
