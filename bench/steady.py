"""Does an hour of steady arrivals leave pages quick, memory flat and nothing lost?

    python -m bench.steady [--minutes 60] [--every SECONDS] [--database sqlite|postgresql] [--evaluations 10000]
                           [--home FOLDER]

Makes a contact centre with some thousand calls (`bench.centre`; of a copy of the folder where one is named, SQLite alone)
and starts `cli.py serve` on it as an operator would, with its worker and a watched folder. Pieces of half a minute, cut
from the sample recordings and none like another, arrive by turns in the folder and through the interface, there with
idempotency keys, every fourth of them sent twice: `--every` so many seconds, or without it so often that it takes a third
of what this machine was found to hear at the start, while pages were open. Meanwhile three people in a browser each, an
administrator, a reviewer and a coach, open the pages that people open most, again and again, and another program follows
what it sent and reads calls and evaluations.

Page times are compared within the run: each round (six minutes of sixty) has a busy stretch of two thirds, then the queue
is waited empty, then nothing comes for the last third. A page's time is taken in the browser, from the click, or of an
address from its beginning, until its script is done and nothing of it is still to be drawn. `slower` is, for each page,
the median of busy stretches over that of quiet ones, and for all of them its geometric mean, with the middle 95 % of a
bootstrap that draws whole rounds. Memory is the resident size of the program that serves, of its worker, and of the
worker's processes that hear, each half minute; `an_hour` is the Theil-Sen slope after the first quarter of the run, as a
share of the median size. What else the machine does shows in both: `load_before` is how busy it was before anything began.

`holds` says that: no page showed an error, no console did, nothing was answered with 500 or above, nothing of the kind was
logged, and every recording that came is one call with one evaluation by each scorecard; all pages together were at most a
fifth slower, the whole interval (`slower`), and none by itself beyond doubt; and, where the run is half an hour or longer,
that nothing would grow by more than a twentieth in an hour. That is the least that an hour tells from the coming and going
of what pages remember, and an hour of this is more visits than a hundred people make in a day: a program that grows by no
more may run for weeks. The last line printed is one JSON object.
"""

import argparse
import asyncio
import csv
import itertools
import json
import math
import os
import random
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import wave
from collections import Counter, defaultdict
from collections.abc import Coroutine, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from statistics import median
from typing import Any

import httpx
import numpy as np
from playwright.async_api import Browser, ConsoleMessage, Page, Response, async_playwright
from playwright.async_api import Error as BrowserError
from scipy.stats import theilslopes
from sqlalchemy import Engine, func, select

from bench.centre import grow, judge_samples, open_work
from bench.databases import KINDS, a_database
from pipeline.metadata import KNOWN
from pipeline.people import add_person
from settings import settings
from storage import tokens
from storage.access import SYSTEM, Role
from storage.database import open_database, reading, transaction
from storage.inbox import COMMAND_LINE, State
from storage.inbox_tables import InboxCallRow, InboxRow
from storage.tables import AgentRow, CallRow, EvaluationRow, TeamRow
from transcripts.audio import decode_channels

ROOT = Path(__file__).resolve().parent.parent
SAMPLES = ROOT / "samples/calls"
RATE = 8_000
SECONDS = 30.0
"""Of each recording."""

STEP_SECONDS = 0.5
"""By so much the next piece of the same sample begins later."""

SAMPLE_CALLS = 120
SHARE = 1 / 3
"""Of what the machine can hear, where `--every` is not said."""

AT_FIRST = 6
"""So many recordings are taken in at the start to find that out, after as many with which the models are loaded."""

ROUND_MINUTES, QUIET = 6, 1 / 3
"""How long a round is, and which share of it is quiet."""

THINKING_SECONDS = (2.0, 4.0)
API_SECONDS = 2.0
MEMORY_SECONDS = 30.0
PATIENCE_SECONDS = 120.0
"""A page, the server's start or an answer that takes longer is counted as an error."""

EMPTY_SECONDS = 1200.0
"""A queue that is not empty so long after the last arrival is stuck."""

REST_SECONDS = 2
"""`ATTUNE_WATCH_REST_SECONDS`: the files are written at once."""

MOST_SLOWER, MOST_GROWTH, JUDGED_MINUTES = 1.2, 0.05, 30
PASSWORD = "steady-as-it-goes-91"

STANDS = """() => JSON.stringify({ ...document.querySelector('[data-testid=stApp]')?.dataset,
  skeletons: document.querySelectorAll('[data-testid=stSkeleton]').length })"""
"""What a page that did not become finished looks like."""

WALKS: Mapping[Role, Sequence[str]] = {
    Role.ADMINISTRATOR: ("overview", "calls", "arriving", "agents", "call?id", "settings"),
    Role.REVIEWER: ("to-review", "call?id", "calls", "machine", "call?id", "overview"),
    Role.COACH: ("overview", "agents", "agent?of_agent", "coaching", "processes", "call?id"),
}
"""The pages that each walks, by clicking in the menu; those with a `?` by an address, each time of another."""

SETTLED = """
window.told = { messages: 0, last: 0 };
window.WebSocket = class extends window.WebSocket {
  constructor(...given) {
    super(...given);
    this.addEventListener('message', () => { window.told.messages += 1; window.told.last = performance.now(); });
  }
};
window.settled = (began) => new Promise((tell) => {
  const before = window.told.messages;
  let drew = false, since = null;
  const look = () => {
    const app = document.querySelector('[data-testid=stApp]');
    const busy = !app || app.dataset.testScriptState !== 'notRunning' || app.dataset.testConnectionState !== 'CONNECTED'
      || app.querySelector('[data-testid=stSkeleton]') !== null;
    if (busy) { drew = true; since = null; }
    else if (drew && since === null) since = performance.now();
    else if (!drew && window.told.messages >= before + 2 && performance.now() - window.told.last > 300) {
      drew = true; since = window.told.last;
    }
  };
  const watcher = new MutationObserver(look);
  watcher.observe(document, { subtree: true, childList: true, attributes: true,
    attributeFilter: ['data-test-script-state', 'data-test-connection-state'] });
  const wait = setInterval(() => {
    look();
    if (since !== null && performance.now() - since > 300) {
      clearInterval(wait); watcher.disconnect(); tell((since - began) / 1000);
    }
  }, 100);
  look();
});
window.follow = (path) => {
  const link = [...document.querySelectorAll('[data-testid=stSidebarNavLink]')].find(
    (one) => new URL(one.href).pathname === '/' + path);
  const began = performance.now();
  const done = window.settled(began);
  link.click();
  return done;
};
window.opened = window.settled(0);  // from the document's beginning: asked for later, all might have been drawn by then
"""
"""When is a page finished? Its script has ended, nothing stands for what is still to come, and so it stays for 300 ms. The
seconds from when it began, by the browser's own clock. A page that comes whole between two of the browser's drawings never
stands there unfinished: then the last of what the server said of it (that it begins, what is on it, that it ends) counts."""

ERRORS = "[data-testid=stException], [data-testid=stAlertContentError]"


@dataclass
class Run:
    """What was seen so far. `stretch` is the number of the round and whether it is busy; None between."""

    stretch: tuple[int, bool] | None = None
    visits: dict[str, list[tuple[int, bool, float]]] = field(default_factory=lambda: defaultdict(list))
    memory: list[tuple[float, dict[str, int]]] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    dropped: set[str] = field(default_factory=set)
    sent: dict[str, int] = field(default_factory=dict)
    requests: Counter[str] = field(default_factory=Counter)
    rounds_done: int = 0


@dataclass(frozen=True)
class Centre:
    """What is served, and who and what is in it."""

    address: str
    engine: Engine
    watched: Path
    token: str
    names: Sequence[str]
    agents: Sequence[tuple[str, str]]
    opened: Mapping[str, Sequence[str]]


def main() -> int:
    """Run from the command line; the exit status is 1 where it does not hold."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--every", type=float, help="seconds between two arrivals; else a third of what the machine can")
    parser.add_argument("--database", choices=KINDS, default=KINDS[0])
    parser.add_argument("--evaluations", type=int, default=10_000, help="that are stored to begin with")
    parser.add_argument("--home", type=Path, help="a folder of Attune's with calls in it, of which a copy is served")
    asked = parser.parse_args()
    if asked.home and asked.database != "sqlite":
        parser.error("--home is a folder with a SQLite database; leave it out, or --database")
    load_before = os.getloadavg()[0]
    with (
        tempfile.TemporaryDirectory(prefix="attune-steady-") as made,
        a_database(asked.database, Path(made) / "home") as url,
    ):
        folder = Path(made)
        home, watched = folder / "home", folder / "watched"
        if asked.home:
            shutil.copytree(asked.home, home)
        watched.mkdir()
        os.environ |= {"ATTUNE_HOME": str(home), "ATTUNE_DATABASE_URL": url}
        settings.cache_clear()
        engine = open_database(settings().url)
        stored, token = _prepare(engine, asked.evaluations, bool(asked.home))
        with _served(folder, watched) as (address, server):
            names = [f"steady-{number:05d}.wav" for number in range(_most(asked.minutes))]
            centre = Centre(address, engine, watched, token, names, _agents(engine), _opened(engine))
            _write_list(centre)
            run, every = asyncio.run(_work(centre, server, asked.minutes, asked.every))
            run.errors += _lost(engine, run)
        log = (folder / "log.txt").read_text(errors="replace")
        run.errors += [f"log: {line[:300]}" for line in log.splitlines() if _is_wrong(line)]
        warned = [line[:200] for line in log.splitlines() if line.startswith("WARNING") or " WARNING " in line[:60]]
        engine.dispose()
    figures = {
        "minutes": asked.minutes,
        "database": asked.database,
        "evaluations_before": stored,
        "load_before": round(load_before, 2),
        "seconds_between_arrivals": round(every, 2),
        "arrived": {"watched folder": len(run.dropped), "interface": len(run.sent)},
        "requests_of_the_program": dict(run.requests),
        **_slower(run),
        **_grown(run, asked.minutes),
        "warnings_logged": {"count": len(warned), "first": warned[:5]},
        "errors": {"count": len(run.errors), "first": run.errors[:20]},
    }
    figures["holds"] = not run.errors and figures["pages_hold"] and figures["memory_holds"]
    print(json.dumps(figures))
    return 0 if figures["holds"] else 1


# The centre


def _prepare(engine: Engine, evaluations: int, has_calls: bool) -> tuple[int, str]:
    """Calls, work on people's desks, people who sign in, and a program's token."""
    if not has_calls:
        judge_samples(engine, SAMPLE_CALLS)
    stored = grow(engine, evaluations)
    open_work(engine, datetime.now(UTC).date())
    with reading(engine) as session:
        teams = list(session.scalars(select(TeamRow.name).join(CallRow, CallRow.team_id == TeamRow.id).distinct().limit(3)))
    for role in WALKS:
        add_person(
            settings().url,
            name=f"Steady {role}",
            email=_email(role),
            role=role,
            password=PASSWORD,
            teams=teams if role is Role.COACH else (),
        )
    scopes = [tokens.Scope.SEND_CALLS, tokens.Scope.READ_RESULTS, tokens.Scope.READ_METRICS]
    with transaction(engine) as session:
        _, token = tokens.add_token(session, SYSTEM, "steady", scopes, Role.QUALITY_MANAGER, 30, [], None)
    print(f"{stored} evaluations are stored", file=sys.stderr)
    return stored, token


def _email(role: Role) -> str:
    return f"steady.{role}@example.org"


def _agents(engine: Engine) -> list[tuple[str, str]]:
    """Names of agents with their teams."""
    with reading(engine) as session:
        known = select(AgentRow.name, TeamRow.name).join(TeamRow, AgentRow.team_id == TeamRow.id).order_by(AgentRow.id)
        return [(agent, team) for agent, team in session.execute(known.limit(50))]


def _opened(engine: Engine) -> dict[str, list[str]]:
    """What is opened by its address: calls, and agents, of the coach's teams, so that everybody may."""
    with reading(engine) as session:
        teams = select(TeamRow.id).join(CallRow, CallRow.team_id == TeamRow.id).distinct().limit(3)
        seen = CallRow.team_id.in_(list(session.scalars(teams)))
        calls = session.scalars(select(CallRow.id).where(seen).order_by(CallRow.started_at.desc()).limit(100)).all()
        agents = session.scalars(select(CallRow.agent_id).where(seen, CallRow.agent_id.is_not(None)).distinct()).all()
    return {"call?id": list(calls), "agent?of_agent": [str(agent) for agent in agents]}


@contextmanager
def _served(folder: Path, watched: Path) -> Iterator[tuple[str, int]]:
    """The program at work; its address and the number of its process."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    options = {"ATTUNE_PORT": str(port), "ATTUNE_WATCH": str(watched), "ATTUNE_WATCH_REST_SECONDS": str(REST_SECONDS)}
    with (folder / "log.txt").open("ab") as log:
        server = subprocess.Popen(
            [sys.executable, "cli.py", "serve"],
            cwd=ROOT,
            env={**os.environ, **options},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        )
    address, give_up = f"http://127.0.0.1:{port}", time.monotonic() + PATIENCE_SECONDS
    try:
        while True:
            try:
                if httpx.get(f"{address}/health", timeout=2).is_success:
                    break
            except httpx.HTTPError:
                time.sleep(0.3)
            if server.poll() is not None or time.monotonic() > give_up:
                raise RuntimeError(f"The server did not start: {(folder / 'log.txt').read_text()[-2000:]}")
        yield address, server.pid
    finally:
        server.terminate()
        server.wait(60)


# What arrives


def _most(minutes: float) -> int:
    """More recordings than can arrive."""
    return 2 * AT_FIRST + int(minutes * 60 * 4)


def _write_list(centre: Centre) -> None:
    """The list of calls has to lie in a watched folder before the files that it names do."""
    with (centre.watched / "metadata.csv").open("w", newline="", encoding="utf-8") as out:
        lines = csv.DictWriter(out, KNOWN)
        lines.writeheader()
        for number, name in enumerate(centre.names):
            agent, team = centre.agents[number % len(centre.agents)]
            lines.writerow({"file": name, "agent": agent, "team": team, "queue": "Steady"})


def _recordings() -> Iterator[bytes]:
    """Pieces of sample calls, none like another. What is decoded is kept, so that it takes nothing while pages are timed."""
    files = sorted(path for path in SAMPLES.glob("*.ogg") if ".mixed." not in path.name)
    samples = [(np.stack(decode_channels(file, RATE)).T * 32767).astype("<i2") for file in files]
    for start in itertools.count(0, int(STEP_SECONDS * RATE)):
        for sample in samples:
            piece = sample[start : start + int(SECONDS * RATE)]
            if len(piece) == SECONDS * RATE:
                written = BytesIO()
                with wave.open(written, "wb") as out:
                    out.setnchannels(piece.shape[1])
                    out.setsampwidth(2)
                    out.setframerate(RATE)
                    out.writeframes(piece.tobytes())
                yield written.getvalue()


class Arriving:
    """Puts one recording after the other into the folder or sends it, by turns."""

    def __init__(self, centre: Centre, run: Run, client: httpx.AsyncClient) -> None:
        self._centre, self._run, self._client = centre, run, client
        self._recordings, self._count = _recordings(), 0

    async def one(self) -> None:
        """The next one arrives."""
        name, number = self._centre.names[self._count], self._count
        data = await asyncio.to_thread(next, self._recordings)
        self._count += 1
        if number % 2:
            (self._centre.watched / name).write_bytes(data)
            self._run.dropped.add(name)
            return
        agent, team = self._centre.agents[number % len(self._centre.agents)]
        for _ in range(2 if number % 8 == 0 else 1):
            answer = await self._client.post(
                "/api/v1/calls",
                files={"file": (name, data)},
                data={"agent": agent, "team": team, "queue": "Steady"},
                headers={"Idempotency-Key": name},
            )
            self._run.requests["sent"] += 1
            if answer.status_code != httpx.codes.ACCEPTED:
                self._run.errors.append(f"{name} was answered with {answer.status_code}: {answer.text[:200]}")
                return
            if self._run.sent.setdefault(name, answer.json()["id"]) != answer.json()["id"]:
                self._run.errors.append(f"{name} was taken for another one when it was sent again")


def _waiting(engine: Engine) -> int:
    """How many recordings are not done."""
    done = (State.SCORED.value, State.FAILED.value)
    with reading(engine) as session:
        return session.scalars(select(func.count()).select_from(InboxRow).where(InboxRow.state.not_in(done))).one()


async def _empty(centre: Centre, run: Run) -> float:
    """Wait until all that arrived is done; the seconds it took."""
    began = time.monotonic()
    while True:
        with reading(centre.engine) as session:
            known = session.scalars(select(func.count()).select_from(InboxRow).where(InboxRow.source != COMMAND_LINE)).one()
        arrived = len(run.dropped) + len(run.sent)
        if known >= arrived and not await asyncio.to_thread(_waiting, centre.engine):
            return time.monotonic() - began
        if time.monotonic() - began > EMPTY_SECONDS:
            run.errors.append(f"the queue was not empty after {EMPTY_SECONDS:.0f} seconds")
            return time.monotonic() - began
        await asyncio.sleep(0.5)


# The work


async def _work(centre: Centre, server: int, minutes: float, every: float | None) -> tuple[Run, float]:
    """The whole run; and the seconds between two arrivals."""
    run, over = Run(), asyncio.Event()
    headers = {"Authorization": f"Bearer {centre.token}"}
    async with (
        async_playwright() as playwright,
        httpx.AsyncClient(base_url=centre.address, headers=headers, timeout=PATIENCE_SECONDS) as client,
    ):
        arriving = Arriving(centre, run, client)
        chromium = shutil.which("chromium") or shutil.which("chromium-browser")
        browsers = [
            await playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--mute-audio"]) for _ in WALKS
        ]
        beside = [
            *(
                _kept_on(run, over, _walk(browser, centre, role, run, over))
                for browser, role in zip(browsers, WALKS, strict=True)
            ),
            _kept_on(run, over, _ask(client, run, over)),
            _kept_on(run, over, _weigh(server, run, over)),
        ]
        tasks = [asyncio.create_task(one) for one in beside]
        if every is None:
            every = await _pace(centre, run, arriving)
        await asyncio.sleep(min(60.0, minutes * 6))  # each page was opened once before anything is compared
        await _rounds(centre, run, arriving, minutes, every)
        over.set()
        await asyncio.gather(*tasks)
        for browser in browsers:
            await browser.close()
    return run, every


async def _kept_on(run: Run, over: asyncio.Event, work: Coroutine[Any, Any, None]) -> None:
    """What goes wrong with one part is an error of the run, and ends that part alone."""
    try:
        await work
    except Exception as wrong:
        if not over.is_set():
            run.errors.append(f"{type(wrong).__name__}: {' '.join(str(wrong).split())[:300]}")


async def _pace(centre: Centre, run: Run, arriving: Arriving) -> float:
    """The seconds between two arrivals that take the share of what the machine hears."""
    took = 0.0
    for _ in ("with models to load", "with models loaded"):
        for _ in range(AT_FIRST):
            await arriving.one()
        took = await _empty(centre, run)
    every = (took - REST_SECONDS) / AT_FIRST / SHARE
    print(f"{took / AT_FIRST:.2f} s a recording: one every {every:.1f} s", file=sys.stderr)
    return every


async def _rounds(centre: Centre, run: Run, arriving: Arriving, minutes: float, every: float) -> None:
    rounds = max(2, round(minutes / ROUND_MINUTES))
    length = minutes * 60 / rounds
    for number in range(rounds):
        began = time.monotonic()
        run.stretch = (number, True)
        arrivals = 0
        while (past := time.monotonic() - began) < length * (1 - QUIET):
            if past >= arrivals * every:
                await arriving.one()
                arrivals += 1
            await asyncio.sleep(min(0.2, every))
        run.stretch = None
        waited = await _empty(centre, run)
        run.rounds_done += 1
        if waited < EMPTY_SECONDS:  # else it is not quiet
            run.stretch = (number, False)
            await asyncio.sleep(length * QUIET)
            run.stretch = None
        visits = sum(map(len, run.visits.values()))
        print(
            f"round {number + 1} of {rounds}: {arrivals} arrived, empty after {waited:.0f} s; {visits} pages, "
            f"{len(run.errors)} errors so far",
            file=sys.stderr,
        )


async def _walk(browser: Browser, centre: Centre, role: Role, run: Run, over: asyncio.Event) -> None:
    """One person's day: a page, a thought, the next page."""
    context = await browser.new_context(viewport={"width": 1366, "height": 768}, base_url=centre.address)
    context.set_default_timeout(PATIENCE_SECONDS * 1000)
    await context.add_init_script(SETTLED)
    page, chance = await context.new_page(), random.Random(f"{role}")
    page.on("console", lambda said: _heard(run, role, said))
    page.on("pageerror", lambda wrong: run.errors.append(f"{role}: {wrong}"[:300]))
    page.on("response", lambda answer: _answered(run, role, answer))
    await page.goto("/sign-in")
    await page.get_by_label("E-mail address").fill(_email(role))
    await page.get_by_label("Password").fill(PASSWORD)
    await page.get_by_role("button", name="Sign in").click()
    await page.locator("h1").first.wait_for()
    while not over.is_set():
        for where in WALKS[role]:
            before = run.stretch
            try:
                took = await asyncio.wait_for(_visit(page, where, centre, chance), PATIENCE_SECONDS)
            except (TimeoutError, BrowserError) as wrong:
                stands = await page.evaluate(STANDS)
                said = " ".join(str(wrong).split())[:200]
                run.errors.append(f"{where} as {role}: {type(wrong).__name__} {said} {stands} at {page.url}")
                continue
            if before is not None and before == run.stretch:
                run.visits[f"{where.partition('?')[0]} as {role}"].append((*before, took))
            for said in await page.locator(ERRORS).all_inner_texts():
                run.errors.append(f"{where} as {role} shows: {said[:200]}")
            if not await page.locator("h1").count():
                run.errors.append(f"{where} as {role} has nothing on it")
            if over.is_set():
                break
            await asyncio.sleep(chance.uniform(*THINKING_SECONDS))
    await context.close()


async def _visit(page: Page, where: str, centre: Centre, chance: random.Random) -> float:
    """Open a page; the seconds until it is finished."""
    if "?" not in where:
        return float(await page.evaluate("path => window.follow(path)", where))
    await page.goto(f"/{where}={chance.choice(centre.opened[where])}", wait_until="commit")
    return float(await page.evaluate("window.opened"))


def _heard(run: Run, role: Role, said: ConsoleMessage) -> None:
    # Streamlit asks each address for its health before it asks the root for it, and the browser says that it found none.
    if said.type == "error" and "/_stcore/" not in said.location.get("url", ""):
        run.errors.append(f"{role}, console: {said.text[:200]} {said.location.get('url', '')}")


def _answered(run: Run, role: Role, answer: Response) -> None:
    if answer.status >= 500:
        run.errors.append(f"{role}: {answer.status} of {answer.url}")


async def _ask(client: httpx.AsyncClient, run: Run, over: asyncio.Event) -> None:
    """Another program: follows what it sent, and reads calls, evaluations and figures."""
    chance, done = random.Random("program"), set[int]()

    async def read(address: str, what: str) -> Any:
        answer = await client.get(f"/api/v1{address}")
        run.requests[what] += 1
        if answer.status_code != httpx.codes.OK:
            run.errors.append(f"{address} was answered with {answer.status_code}: {answer.text[:200]}")
            return None
        return answer.json() if "json" in answer.headers["content-type"] else answer.text

    while not over.is_set():
        listed = await read("/calls?limit=20", "calls")
        if listed and listed["items"]:
            await read(f"/calls/{chance.choice(listed['items'])['id']}/evaluations", "evaluations")
        for id_ in [id_ for id_ in run.sent.values() if id_ not in done][:5]:
            followed = await read(f"/received/{id_}", "followed")
            if followed and followed["state"] in ("scored", "failed"):
                done.add(id_)
        await read("/metrics", "metrics")
        await asyncio.sleep(API_SECONDS)


async def _weigh(server: int, run: Run, over: asyncio.Event) -> None:
    """The memory of each part, now and then."""
    began = time.monotonic()
    while not over.is_set():
        run.memory.append((time.monotonic() - began, _resident(server)))
        for _ in range(int(MEMORY_SECONDS)):
            if over.is_set():
                return
            await asyncio.sleep(1)


def _resident(server: int) -> dict[str, int]:
    """Bytes of the program that serves, of its worker, and of the processes that hear for it."""
    sizes = {"dashboard": _bytes_of(server)}
    for child in _children(server):
        if "pipeline.work" in _command(child):
            sizes["worker"] = _bytes_of(child)
            sizes["hearing"] = sum(_bytes_of(one) for one in _children(child) if "spawn_main" in _command(one))
    return {name: size for name, size in sizes.items() if size}


def _bytes_of(pid: int) -> int:
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    except OSError:
        return 0
    return pages * os.sysconf("SC_PAGE_SIZE")


def _children(pid: int) -> list[int]:
    """Those of every thread of it: one may have been started by any."""
    found: list[int] = []
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        try:
            found += map(int, task.read_text().split())
        except OSError:
            continue
    return found


def _command(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_text().replace("\0", " ")
    except OSError:
        return ""


# What came of it


def _lost(engine: Engine, run: Run) -> list[str]:
    """What is not there exactly once."""
    arrived = run.dropped | set(run.sent)
    with reading(engine) as session:
        rows = session.scalars(select(InboxRow).where(InboxRow.source != COMMAND_LINE)).all()
        calls: dict[int, list[str]] = defaultdict(list)
        for row, call in session.execute(select(InboxCallRow.inbox_id, InboxCallRow.call_id)):
            calls[row].append(call)
        pairs = session.execute(select(EvaluationRow.call_id, EvaluationRow.scorecard_version_id))
        judged = Counter((row.call_id, row.scorecard_version_id) for row in pairs)
        names = Counter(row.sent_as for row in rows if row.sent_as in arrived)
        wrong = [f"{row.sent_as} {row.state}: {row.reason}" for row in rows if row.state != State.SCORED.value]
        wrong += [f"{name} is there {names[name]} times" for name in arrived if names[name] != 1]
        ours = {row.sent_as: calls[row.id] for row in rows if row.sent_as in arrived}
    wrong += [f"{name} became {len(became)} calls" for name, became in ours.items() if len(became) != 1]
    of_calls = Counter(call for became in ours.values() for call in became)
    wrong += [f"call {call} came of {count} recordings" for call, count in of_calls.items() if count != 1]
    evaluated = Counter(call for call, _ in judged)
    cards = len(settings().scorecards.split())
    wrong += [f"call {call} has {evaluated[call]} evaluations" for call in of_calls if evaluated[call] != cards]
    wrong += [f"call {call} is judged twice by a scorecard" for (call, _), count in judged.items() if count > 1]
    return wrong


def _is_wrong(line: str) -> bool:
    return "Traceback" in line or line.startswith(("ERROR", "CRITICAL")) or " ERROR " in line[:60]


def _slower(run: Run) -> dict[str, Any]:
    """How much slower pages were while calls came in, with intervals."""
    pages: dict[str, Any] = {}
    for name, visits in sorted(run.visits.items()):
        busy, quiet = ([took for _, is_busy, took in visits if is_busy is which] for which in (True, False))
        if busy and quiet:
            low, high = _between([_ratio([visits], drawn) for drawn in _draws(run.rounds_done)])
            pages[name] = {
                "busy": [len(busy), round(median(busy), 3)],
                "quiet": [len(quiet), round(median(quiet), 3)],
                "slower": [round(median(busy) / median(quiet), 3), low, high],
            }
            print(f"{name:<40} {median(quiet):6.3f} s {median(busy):6.3f} s {pages[name]['slower']}", file=sys.stderr)
    if not pages:
        return {"pages": {}, "slower": None, "slow": [], "pages_hold": False}
    every = list(run.visits.values())
    overall = _ratio(every, range(run.rounds_done))
    low, high = _between([_ratio(every, drawn) for drawn in _draws(run.rounds_done)])
    slow = [name for name, page in pages.items() if page["slower"][1] > MOST_SLOWER]
    holds = high <= MOST_SLOWER and not slow
    return {"pages": pages, "slower": [round(overall, 3), low, high], "slow": slow, "pages_hold": holds}


def _draws(rounds: int) -> Iterator[Sequence[int]]:
    chance = random.Random(1)
    return (chance.choices(range(rounds), k=rounds) for _ in range(500))


def _ratio(pages: Sequence[Sequence[tuple[int, bool, float]]], drawn: Sequence[int]) -> float:
    """The geometric mean over pages of the median of busy stretches over that of quiet ones, of the rounds drawn; not a
    number where no page was opened in both."""
    times = Counter(drawn)
    logs = []
    for visits in pages:
        busy, quiet = (
            [took for number, is_busy, took in visits if is_busy is which for _ in range(times[number])]
            for which in (True, False)
        )
        if busy and quiet:
            logs.append(math.log(median(busy) / median(quiet)))
    return math.exp(sum(logs) / len(logs)) if logs else math.nan


def _between(values: Sequence[float]) -> tuple[float, float]:
    """The middle 95 %."""
    low, high = np.nanpercentile(values, [2.5, 97.5])
    return round(float(low), 3), round(float(high), 3)


def _grown(run: Run, minutes: float) -> dict[str, Any]:
    """How memory went."""
    memory: dict[str, Any] = {}
    end = run.memory[-1][0] if run.memory else 0.0
    for name in ("dashboard", "worker", "hearing"):
        points = [(at / 3600, sizes[name]) for at, sizes in run.memory if name in sizes and at >= end / 4]
        if len(points) > 2:
            hours, sizes = zip(*points, strict=True)
            slope, _, low, high = theilslopes(sizes, hours)
            size = median(sizes)
            memory[name] = {
                "megabytes": round(size / 1e6, 1),
                "most": round(max(sizes) / 1e6, 1),
                "an_hour": [round(float(one) / size, 4) for one in (slope, low, high)],
                "by_minute": [round(one / 1e6) for one in sizes[:: max(1, len(sizes) // 20)]],
            }
    grows = [name for name, one in memory.items() if one["an_hour"][0] > MOST_GROWTH]
    judged = minutes >= JUDGED_MINUTES
    return {"memory": memory, "memory_judged": judged, "memory_holds": not (judged and (grows or len(memory) < 3))}


if __name__ == "__main__":
    sys.exit(main())
