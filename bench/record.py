"""What does the record cost whoever opens a call, searches it or checks it, with many entries in it?

    python -m bench.record [--entries 300000] [--times 51] [--url ADDRESS]

Fills the record of a fresh database with entries of two hundred people about a hundred thousand calls, then times a reading
that writes nothing beside one that opens a call for the first time and one that opens it again, searches as the page makes
them, and the check of all of it. The last line is one JSON object with milliseconds at the median; `holds` says whether an
opening takes 50 ms at most and every search 300 ms, and the exit status is 1 where one does not.
"""

import argparse
import json
import random
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from itertools import count
from statistics import median

from sqlalchemy import Engine, insert, text, update

from storage.access import SYSTEM, Asker, Role
from storage.audit import BEFORE_THE_FIRST, About, Entry, Head, What, note_opening, sealed
from storage.audit_check import check
from storage.audit_search import Kind, Other, Wanted, search
from storage.audit_tables import AuditEntryRow, AuditHeadRow
from storage.database import open_database, reading, transaction

OPENING_MS, SEARCH_MS = 50.0, 300.0
"""What is promised: a page has half a second in all."""

AT_ONCE = 5_000
FIRST = datetime(2026, 1, 1, tzinfo=UTC)
SHARES = {What.CALL_OPENED: 0.5, What.CALL_HEARD: 0.2, What.CALL_STORED: 0.15, What.ANSWERED: 0.14, What.SIGNED_IN: 0.01}

SEARCHES = {
    "everything": Wanted(),
    "rights": Wanted(kind=Kind.RIGHTS),
    "a person": Wanted(who=7),
    "the operator, of whom there is nothing": Wanted(who=Other.OPERATOR),
    "a call": Wanted(about=About.CALL, about_id="call 77"),
    "two days": Wanted(start=date(2026, 1, 5), end=date(2026, 1, 6)),
    "settings, of which there are none": Wanted(kind=Kind.SETTINGS),
}


def fill(engine: Engine, number: int, seed: int = 7) -> None:
    """So many entries, twenty seconds apart."""
    draw, head = random.Random(seed), Head(0, BEFORE_THE_FIRST)
    whats = draw.choices(list(SHARES), list(SHARES.values()), k=number)
    with transaction(engine) as session:
        for first in range(0, number, AT_ONCE):
            rows = []
            for at in range(first, min(number, first + AT_ONCE)):
                user = None if whats[at] is What.CALL_STORED else draw.randint(1, 200)
                name, role = (f"Person {user}", "reviewer") if user else ("Attune", "program")
                about = f"call {draw.randint(1, 100_000)}"
                when, what = FIRST + at * timedelta(seconds=20), whats[at].value
                details = {"after": "met"}
                entry = sealed(Entry(at + 1, when, user, name, role, what, "call", about, details, head.hash, ""))
                head = Head(entry.number, entry.hash)
                rows.append(vars(entry))
            session.execute(insert(AuditEntryRow), rows)
        session.execute(update(AuditHeadRow).values(number=head.number, hash=head.hash))


def milliseconds(work: Callable[[], object], times: int) -> float:
    """How long it takes, at the median."""
    taken = []
    for _ in range(times):
        began = time.perf_counter()
        work()
        taken.append(1000 * (time.perf_counter() - began))
    return median(taken)


def measure(engine: Engine, times: int) -> dict[str, object]:
    """The figures, with `holds`."""
    rosa, numbers = Asker(900, Role.REVIEWER, name="Rosa"), count()

    def read(open_call: Callable[[], str | None]) -> None:
        with reading(engine) as session:
            session.execute(text("SELECT 1"))
            call_id = open_call()
            if call_id is not None:
                note_opening(session, rosa, call_id)

    def look(wanted: Wanted) -> None:
        with reading(engine) as session:
            search(session, SYSTEM, wanted)

    opened = {
        "reading that writes nothing": milliseconds(lambda: read(lambda: None), times),
        "first opening": milliseconds(lambda: read(lambda: f"new {next(numbers)}"), times),
        "opening again": milliseconds(lambda: read(lambda: "new 0"), times),
    }
    searched = {name: milliseconds(lambda wanted=wanted: look(wanted), 7) for name, wanted in SEARCHES.items()}  # type: ignore[misc]
    began = time.perf_counter()
    with reading(engine) as session:
        checked = check(session)
    seconds = time.perf_counter() - began
    holds = max(opened.values()) <= OPENING_MS and max(searched.values()) <= SEARCH_MS and not checked.faults
    figures = {name: round(value, 2) for name, value in {**opened, **searched}.items()}
    return {
        "entries": checked.entries,
        "milliseconds": figures,
        "check_seconds": round(seconds, 1),
        "checked_each_second": round(checked.entries / seconds),
        "holds": holds,
    }


def main() -> int:
    """Fill, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--entries", type=int, default=300_000)
    parser.add_argument("--times", type=int, default=51, help="how often a call is opened")
    parser.add_argument("--url", default="", help="address of an empty database; else one on SQLite that is thrown away")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        engine = open_database(asked.url or f"sqlite:///{folder}/attune.db")
        try:
            fill(engine, asked.entries)
            figures = measure(engine, asked.times)
        finally:
            engine.dispose()
    print(json.dumps(figures))
    return 0 if figures["holds"] else 1


if __name__ == "__main__":
    sys.exit(main())
