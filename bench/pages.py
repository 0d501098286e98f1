"""How long does the server take for each page, with a hundred thousand evaluations stored?

    python -m bench.pages [--evaluations 100000] [--home FOLDER] [--runs 7]

Makes a contact centre of that size (`bench.centre`), from a copy of the folder where one is named, then runs every page as
each role that has it, with nothing remembered from before, each time for another call, criterion or agent. What is timed is
the whole script of the page as the server runs it, the frame around it included; the browser's own time is not. The last
line printed is one JSON object; `holds` says whether every page answered within 500 ms at the median and 1.2 s at the 95th
percentile.
"""

import argparse
import json
import logging
import os
import random
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import numpy as np
from sqlalchemy import Engine, func, select

from bench.centre import grow, judge_samples
from settings import settings
from storage.access import Asker, Role
from storage.database import open_database, reading, transaction
from storage.people import add_user
from storage.queries import CallFilter, calls, criterion_counts
from storage.tables import CallRow

MAIN = Path(__file__).resolve().parent.parent / "dashboard" / "main.py"
MEDIAN_SECONDS, MOST_SECONDS, PERCENTILE = 0.5, 1.2, 95
SAMPLE_CALLS, SEED = 120, 7

Parameters = Callable[[random.Random], dict[str, str]]


@dataclass(frozen=True)
class Visit:
    """A page as somebody of a role opens it, each time with parameters of its own."""

    role: Role
    view: str
    parameters: Parameters


def main() -> int:
    """Measure and print. 0 where the promise holds, 1 where it doesn't."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--evaluations", type=int, default=100_000)
    parser.add_argument(
        "--home", type=Path, help="a folder of Attune's with calls in it, which is copied and stays as it is"
    )
    parser.add_argument("--runs", type=int, default=7, help="how often each page is opened")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder) / "home"
        if asked.home:
            shutil.copytree(asked.home, home)  # the copies of its calls have no business among the calls of a real centre
        os.environ["ATTUNE_HOME"] = str(home)
        settings.cache_clear()
        engine = open_database(settings().url)
        if not asked.home:
            judge_samples(engine, SAMPLE_CALLS)
        stored = grow(engine, asked.evaluations)
        print(f"{stored} evaluations", file=sys.stderr)
        figures = {"evaluations": stored, "load_before": round(os.getloadavg()[0], 2), **measure(engine, asked.runs)}
        engine.dispose()
    print(json.dumps(figures))
    return 0 if figures["holds"] else 1


def measure(engine: Engine, runs: int) -> dict[str, Any]:
    """Median and 95th percentile of each page's seconds, with `holds`."""
    import streamlit as st
    from streamlit.testing.v1 import AppTest

    import dashboard.access

    logging.disable(logging.WARNING)  # Streamlit would say on every run that there is no browser
    askers = askers_of(engine)
    chance = random.Random(SEED)
    pages: dict[str, dict[str, float]] = {}
    for visit in visits(engine, askers):
        took: list[float] = []
        dashboard.access.current_asker = lambda asker=askers[visit.role]: asker  # type: ignore[misc]
        for number in range(runs + 1):
            wanted = visit.parameters(chance)
            app = AppTest.from_file(str(MAIN), default_timeout=120)
            app.run()
            app.switch_page(f"views/{visit.view}.py")
            for name, value in wanted.items():
                app.query_params[name] = value
            st.cache_data.clear()
            began = time.perf_counter()
            app.run()
            seconds = time.perf_counter() - began
            if app.exception:
                raise RuntimeError(f"{visit.view} as {visit.role}: {app.exception[0].value}")
            if number:  # the first opens imports and connections
                took.append(seconds)
        median, high = float(np.median(took)), float(np.percentile(took, PERCENTILE))
        pages[f"{visit.view} as {visit.role}"] = {"median": round(median, 3), "p95": round(high, 3)}
        print(f"{visit.view:<20} {visit.role:<16} {median:6.3f} s {high:6.3f} s", file=sys.stderr)
    slow = [name for name, page in pages.items() if page["median"] > MEDIAN_SECONDS or page["p95"] > MOST_SECONDS]
    return {"pages": pages, "slow": slow, "holds": not slow}


def askers_of(engine: Engine) -> dict[Role, Asker]:
    """Somebody of each role: a coach of three teams, an agent with many calls. Nobody can sign in as one of them."""
    with transaction(engine) as session:
        busiest = select(CallRow.agent_id).where(CallRow.agent_id.is_not(None)).group_by(CallRow.agent_id)
        agent = session.scalars(busiest.order_by(func.count().desc()).limit(1)).one()
        teams = session.scalars(select(CallRow.team_id).where(CallRow.team_id.is_not(None)).distinct().limit(3)).all()
        chosen: dict[Role, tuple[int | None, tuple[int, ...]]] = dict.fromkeys(Role, (None, ()))
        chosen[Role.COACH] = (None, tuple(team for team in teams if team is not None))
        chosen[Role.AGENT] = (agent, ())
        askers = {}
        for role, (agent_id, team_ids) in chosen.items():
            email = f"{role}.{uuid4().hex[:8]}@example.org"
            user_id = add_user(session, email, f"A {role}", role, "no password", agent_id, team_ids)
            askers[role] = Asker(user_id, role, agent_id, frozenset(team_ids), f"A {role}")
    return askers


def visits(engine: Engine, askers: dict[Role, Asker]) -> list[Visit]:
    """Every page as each role that opens it."""
    own: dict[Role, list[str]] = {}
    behind: dict[Role, list[tuple[str, str]]] = {}
    agents: dict[Role, list[int]] = {}
    with reading(engine) as session:
        for role, asker in askers.items():
            own[role] = list(calls(session, asker, CallFilter(), limit=200).call_id)
            counted = criterion_counts(session, asker, CallFilter())
            behind[role] = list(zip(counted.scorecard, counted.criterion, strict=True))
            agents[role] = sorted(set(counted.id))

    def a_call(role: Role) -> Parameters:
        return lambda chance: {"id": chance.choice(own[role])}

    def a_criterion(role: Role) -> Parameters:
        def choose(chance: random.Random) -> dict[str, str]:
            card, criterion = chance.choice(behind[role])
            return {"card": card, "criterion": criterion}

        return choose

    def an_agent(role: Role) -> Parameters:
        return lambda chance: {"of_agent": str(chance.choice(agents[role]))}

    def nothing(chance: random.Random) -> dict[str, str]:
        return {}

    found: list[Visit] = []
    for role in askers:
        for view in VIEWS[role]:
            parameters = {"call": a_call(role), "criterion": a_criterion(role), "agent": an_agent(role)}.get(view, nothing)
            found.append(Visit(role, view, parameters))
    return found


_MANY = ("overview", "calls", "call", "agents", "agent", "teams", "criterion", "disputes")
_REVIEWING = (*_MANY, "queue", "calibrate", "machine")
_MANAGING = (*_REVIEWING, "scorecards", "what_if", "coaching", "processes")
VIEWS: dict[Role, Sequence[str]] = {
    Role.ADMINISTRATOR: (*_MANAGING, "teaching", "people", "team_members", "settings"),
    Role.QUALITY_MANAGER: _MANAGING,
    Role.REVIEWER: _REVIEWING,
    Role.COACH: (*_MANY, "coaching", "processes"),
    Role.AGENT: ("my_scorecards", "my_coaching", "call", "criterion"),
}
"""The pages of each role. A test holds this to the pages that there are."""


if __name__ == "__main__":
    sys.exit(main())
