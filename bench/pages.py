"""How long does the server take for each page, with a hundred thousand evaluations stored?

    python -m bench.pages [--evaluations 100000 | --conversations N] [--quarters 4] [--database sqlite|postgresql]
                          [--home FOLDER] [--runs 7] [--only VIEW ...]

Makes a contact centre of that size with five hundred agents (`bench.centre`), in SQLite or in PostgreSQL
(`bench.databases`), from a copy of the folder where one is named (SQLite alone), with reviews, coaching plans and disputes
on people's desks, teams of partners, causes on the board, customers' answers and alerts. With `--conversations` it has so
many of these, and three customers to ten of them. Then every page, and every part of it that has an address, is run as each
role that has it and as a partner's coach, each time for another call, criterion, agent or plan: first with nothing
remembered, as when somebody opens it after something has changed (`median` and `p95`), and at once again (`again`, the
median). What the server keeps of the sums until they are folded again (`storage.kept_sums`) it keeps here, too; `first` is
how long a page takes, once, with that forgotten as well, as for whoever comes first after a fold. What is timed is the
whole script of the page as the server runs it, the frame around it included; the browser's own time is not. On a machine
that does other things as well these are longer; `processor`, the median of the processor's time with nothing remembered,
tells what the page itself takes (of PostgreSQL's own processes it knows nothing). The last line printed is one JSON object;
`holds` says whether every page, with nothing remembered, answered within 500 ms at the median and 1.2 s at the 95th
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
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any
from uuid import uuid4

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # before numpy is imported, as the server has it

import numpy as np
from sqlalchemy import Engine, func, select

from bench.centre import QUARTERS, WEEKS, beside_calls, grow, judge_samples, open_work
from bench.databases import KINDS, a_database
from settings import settings
from storage import kept_sums
from storage.access import SYSTEM, Asker, Role
from storage.customer_tables import CustomerCallRow
from storage.database import open_database, reading, transaction
from storage.organisations import list_organisations
from storage.people import add_user
from storage.plan_lists import open_plans
from storage.queries import CallFilter, busiest_customers, calls, criterion_counts
from storage.tables import CallRow, EvaluationRow

MAIN = Path(__file__).resolve().parent.parent / "dashboard" / "main.py"
MEDIAN_SECONDS, MOST_SECONDS, PERCENTILE = 0.5, 1.2, 95
SAMPLE_CALLS, SEED = 120, 7

Parameters = Callable[[random.Random], dict[str, str]]


@dataclass(frozen=True)
class Visit:
    """A page, or a part of it, as somebody opens it, each time with parameters of its own."""

    who: str
    view: str
    part: str
    parameters: Parameters

    @property
    def name(self) -> str:
        """What it is called in the figures."""
        return f"{self.view}{f' ({self.part})' if self.part else ''} as {self.who}"


def main() -> int:
    """Measure and print. 0 where the promise holds, 1 where it doesn't."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--evaluations", type=int, default=100_000)
    parser.add_argument("--conversations", type=int, help="so many of these, in the place of so many evaluations")
    parser.add_argument(
        "--quarters", type=int, default=QUARTERS, help="over how many quarters of a year; pages begin with the latest one"
    )
    parser.add_argument("--database", choices=KINDS, default=KINDS[0])
    parser.add_argument(
        "--home", type=Path, help="a folder of Attune's with calls in it, which is copied and stays as it is"
    )
    parser.add_argument("--runs", type=int, default=7, help="how often each page is opened")
    parser.add_argument("--only", nargs="*", default=[], metavar="VIEW", help="only these of the pages")
    asked = parser.parse_args()
    if asked.home and asked.database != "sqlite":
        parser.error("--home is a folder with a SQLite database; leave it out, or --database")
    with tempfile.TemporaryDirectory() as folder, a_database(asked.database, Path(folder) / "home") as url:
        home = Path(folder) / "home"
        if asked.home:
            shutil.copytree(asked.home, home)  # the copies of its calls have no business among the calls of a real centre
        os.environ |= {"ATTUNE_HOME": str(home), "ATTUNE_DATABASE_URL": url}
        settings.cache_clear()
        engine = open_database(settings().url)
        if not asked.home:
            judge_samples(engine, SAMPLE_CALLS)
        wanted = asked.evaluations if asked.conversations is None else evaluations_of(engine, asked.conversations)
        stored = grow(engine, wanted, asked.quarters)
        today = datetime.now(UTC).date()
        open_work(engine, today)
        beside_calls(engine, today)
        print(f"{stored} evaluations", file=sys.stderr)
        figures = {
            "database": asked.database,
            "evaluations": stored,
            **size(engine),
            **measure(engine, asked.runs, asked.only),
        }
        engine.dispose()
    print(json.dumps(figures))
    return 0 if figures["holds"] else 1


def evaluations_of(engine: Engine, conversations: int) -> int:
    """How many evaluations so many conversations like those that are stored have."""
    with reading(engine) as session:
        stored = session.scalars(select(func.count()).select_from(CallRow)).one()
        judged = session.scalars(select(func.count()).select_from(EvaluationRow)).one()
    return -(-conversations * judged // max(1, stored))


def size(engine: Engine) -> dict[str, float]:
    """How many agents, calls and customers there are, how many calls in the weeks that pages begin with, how busy it is."""
    with reading(engine) as session:
        agents = session.scalars(select(func.count(CallRow.agent_id.distinct()))).one()
        last = session.scalars(select(func.max(CallRow.started_at))).one() or datetime.now(UTC)
        shown = CallRow.started_at >= last - timedelta(weeks=WEEKS)
        recent = session.scalars(select(func.count()).select_from(CallRow).where(shown)).one()
        every = session.scalars(select(func.count()).select_from(CallRow)).one()
        customers = session.scalars(select(func.count(CustomerCallRow.customer_id.distinct()))).one()
    return {
        "agents": agents,
        "calls": every,
        "customers": customers,
        "calls_of_13_weeks": recent,
        "load_before": round(os.getloadavg()[0], 2),
    }


def measure(
    engine: Engine, runs: int, only: Sequence[str] = (), roles: Collection[Role] = frozenset(Role)
) -> dict[str, Any]:
    """Median and 95th percentile of each page's seconds, with `holds`; `only` of these views, as somebody of these roles."""
    from streamlit.testing.v1 import local_script_runner

    import dashboard.access
    from app import collect_rarely

    collect_rarely()  # as the server does
    local_script_runner.require_widgets_deltas = _wait_for
    logging.disable(logging.WARNING)  # Streamlit would say on every run that there is no browser
    askers = {who: asker for who, asker in askers_of(engine).items() if asker.role in roles}
    chance = random.Random(SEED)
    pages: dict[str, dict[str, float]] = {}
    for visit in visits(engine, askers):
        if only and visit.view not in only:
            continue
        dashboard.access.current_asker = lambda asker=askers[visit.who]: asker  # type: ignore[misc]
        _open(visit, chance)  # the first opens imports and connections
        took, again, worked = zip(*(_open(visit, chance) for _ in range(runs)), strict=True)
        kept_sums.forget()
        first, _, _ = _open(visit, chance)
        figures = (np.median(took), np.percentile(took, PERCENTILE), np.median(again), np.median(worked), first)
        names = ("median", "p95", "again", "processor", "first")
        pages[visit.name] = dict(zip(names, (round(float(figure), 3) for figure in figures), strict=True))
        print(f"{visit.name:<52} {' '.join(f'{figure:6.3f} s' for figure in figures)}", file=sys.stderr)
    slow = [name for name, page in pages.items() if page["median"] > MEDIAN_SECONDS or page["p95"] > MOST_SECONDS]
    return {"pages": pages, "load_after": round(os.getloadavg()[0], 2), "slow": slow, "holds": not slow}


def _open(visit: Visit, chance: random.Random) -> tuple[float, float, float]:
    """Seconds until a page is there with nothing remembered, and at once again, and the processor's time of the former.
    Raises RuntimeError where the page says that something went wrong."""
    import streamlit as st
    from streamlit.testing.v1 import AppTest

    app = AppTest.from_file(str(MAIN), default_timeout=120)
    app.run()
    app.switch_page(f"views/{visit.view}.py")
    for name, value in visit.parameters(chance).items():
        app.query_params[name] = value
    st.cache_data.clear()
    took: list[float] = []
    worked: list[float] = []
    for _ in range(2):
        began, before = time.perf_counter(), time.process_time()
        app.run()
        took.append(time.perf_counter() - began)
        worked.append(time.process_time() - before)
        if app.exception:
            raise RuntimeError(f"{visit.name}: {app.exception[0].value}")
    return took[0], took[1], worked[0]


def _wait_for(runner: Any, timeout: float = 0) -> None:
    """Wait until a page's script has ended. Streamlit's own test looks a thousand times a second whether it has, and each
    look takes the interpreter from the script."""
    runner.join()


def askers_of(engine: Engine) -> dict[str, Asker]:
    """Somebody of each role, a coach of three teams, an agent with many calls; and a coach of the partner with the most
    teams, where there is one. By whom they are; nobody can sign in as one of them."""
    with transaction(engine) as session:
        busiest = select(CallRow.agent_id).where(CallRow.agent_id.is_not(None)).group_by(CallRow.agent_id)
        agent = session.scalars(busiest.order_by(func.count().desc()).limit(1)).one()
        teams = session.scalars(select(CallRow.team_id).where(CallRow.team_id.is_not(None)).distinct().limit(3)).all()
        chosen: dict[str, tuple[Role, int | None, Iterable[int | None], int | None]]
        chosen = {role.value: (role, None, (), None) for role in Role}
        chosen[Role.COACH.value] = (Role.COACH, None, teams, None)
        chosen[Role.AGENT.value] = (Role.AGENT, agent, (), None)
        partners = [one for one in list_organisations(session, SYSTEM) if one.teams]
        if partners:
            most = max(partners, key=lambda one: len(one.teams))
            chosen[PARTNERS_COACH] = (Role.COACH, None, most.teams, most.id)
        askers = {}
        for who, (role, agent_id, team_ids, organisation_id) in chosen.items():
            theirs = frozenset(team for team in team_ids if team is not None)
            email = f"{role}.{uuid4().hex[:8]}@example.org"
            user_id = add_user(
                session, email, f"A {who}", role, "no password", agent_id, theirs, organisation_id=organisation_id
            )
            askers[who] = Asker(user_id, role, agent_id, theirs, f"A {who}", organisation_id)
    return askers


@dataclass(frozen=True)
class _Theirs:
    """What somebody may open: calls, criteria of scorecards, agents and plans."""

    calls: Sequence[str]
    criteria: Sequence[tuple[str, str]]
    agents: Sequence[int]
    plans: Sequence[int]
    customers: Sequence[str]

    def choose(self, view: str, part: str, chance: random.Random) -> dict[str, str]:
        """The parameters of one opening."""
        chosen = dict(PARTS.get(view, {}).get(part, {}))
        if view == "call":
            chosen["id"] = chance.choice(self.calls)
        if view == "customer" and self.customers:
            chosen["id"] = chance.choice(self.customers)
        if view == "criterion":
            chosen["card"], chosen["criterion"] = chance.choice(self.criteria)
        if view == "agent" or part == "of an agent":
            chosen["of_agent"] = str(chance.choice(self.agents))
        if part == "a new plan":
            chosen["for"] = str(chance.choice(self.agents))
        if part == "a plan" and self.plans:
            chosen["plan"] = str(chance.choice(self.plans))
        return chosen


def visits(engine: Engine, askers: Mapping[str, Asker]) -> list[Visit]:
    """Every page, and every part of it, as each of these who opens it."""
    found: list[Visit] = []
    for who, asker in askers.items():
        with reading(engine) as session:
            counted = criterion_counts(session, asker, CallFilter())
            theirs = _Theirs(
                list(calls(session, asker, CallFilter(), limit=200).call_id),
                list(zip(counted.scorecard, counted.criterion, strict=True)),
                sorted(set(counted.id)),
                [plan.id for plan in open_plans(session, asker)],
                list(busiest_customers(session, asker, CallFilter(), limit=200).customer_id),
            )
        found += [
            Visit(who, view, part, partial(theirs.choose, view, part))
            for view in VIEWS[asker.role]
            if asker.organisation_id is None or view not in NOT_OF_PARTNERS
            for part in PARTS.get(view, {"": {}})
        ]
    return found


def _tabs(parameter: str, *names: str) -> dict[str, dict[str, str]]:
    return {name: {parameter: name} for name in names}


_STANDING = {
    **_tabs("show", "Largest gaps", "Strengths", "Every criterion", "Scores", "What may harm"),
    "sections": {"show": "Every criterion", "rows": "Sections"},
    "behaviours": {"show": "Every criterion", "rows": "Behaviours"},
}
PARTS: Mapping[str, Mapping[str, Mapping[str, str]]] = {
    "agents": _STANDING,
    "teams": _STANDING,
    "agent": _tabs("more", "Section by section", "How their customers feel", "What may harm"),
    "processes": _tabs("show", "By reason", "By queue", "By team", "How customers feel"),
    "why_they_call": {
        **_tabs("show", "By reason", "Agents or process", "Proposals", "The tree"),
        "reasons": {"level": "Reasons"},
        "behind": {"state": "unsure"},
    },
    "disputes": _tabs("show", "Open", "Decided"),
    "criterion": {"": {}, "of an agent": {}},
    "coaching": {**_tabs("show", "This week", "Plans", "Calendar", "What works"), "a new plan": {}, "a plan": {}},
    "my_scorecards": _tabs("show", "Your calls", "Answer by answer", "Which way it goes", "How a score comes about"),
    "machine": _tabs("right-show", "The machine's answers", "Scores, as if all were reviewed"),
    "queue": _tabs("queue-show", "Everybody's work", "Reviewers", "Rules", "Samples drawn"),
    "calls": {
        "": {},
        "failed": {"failed": "true"},
        "open": {"open": "true"},
        "searched": {"words": "thank you refund"},
        "calls searched": {"words": "thank you refund", "show": "Calls"},
    },
}
"""The parts of pages that are worked out only when they are opened, by what the address says."""

_MANY = (
    "overview", "alerts", "calls", "call", "customers", "customer", "agents", "agent", "teams", "criterion", "disputes",
)  # fmt: skip
_REVIEWING = (*_MANY, "queue", "calibrate", "machine")
_MANAGING = (
    *_REVIEWING,
    "organisations",
    "scorecards",
    "what_if",
    "coaching",
    "why_they_call",
    "causes",
    "satisfaction",
    "processes",
    "record",
    "keeping",
    "arriving",
)
VIEWS: dict[Role, Sequence[str]] = {
    Role.ADMINISTRATOR: (*_MANAGING, "teaching", "people", "team_members", "settings", "programs"),
    Role.QUALITY_MANAGER: _MANAGING,
    Role.REVIEWER: _REVIEWING,
    Role.COACH: (*_MANY, "coaching", "why_they_call", "causes", "satisfaction", "processes"),
    Role.AGENT: ("my_scorecards", "my_coaching", "alerts", "call", "customer", "criterion"),
}
"""The pages of each role. A test holds this to the pages that there are."""

PARTNERS_COACH = "partner's coach"
NOT_OF_PARTNERS = ("causes",)
"""What a partner's people have no page of."""


if __name__ == "__main__":
    sys.exit(main())
