"""How do storing, room on the disk, pages and memory grow with the number of calls?

    python -m bench.scale [--calls 100000] [--database sqlite|postgresql] [--steps 3] [--stored 1000] [--runs 5]
                          [--turns 0] [--scorecards NAME ...] [--plot FILE.svg]

For a tenth of the calls and for all of them (`--steps 3`: a hundredth, too), each in a new database and a process of its
own: written sample calls are judged for real and stored by the program's own function, and copied within the database
until there are as many, under five hundred agents and over a year (`bench.centre`). Then `--stored` more are stored by
the program's own function, one transaction each, as when transcripts come in that are ready: that time is of a database
of this size, and the copying is in no figure but its own. `--turns` takes only the first turns of each call and
`--scorecards` judges by these alone, so that a million calls fit on a disk.

The pages that people open most are then opened as an administrator with nothing remembered, as `bench.pages` does. The
last line is one JSON object; `holds` says whether each page, at each size, answered within 500 ms at the median and 1.2 s
at the 95th percentile. The plot has a line a page, and both axes in powers of ten.
"""

import argparse
import hashlib
import html
import json
import math
import os
import resource
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from bench.centre import WEEKS, grow
from bench.databases import KINDS, a_database, bytes_of, settle
from bench.pages import MEDIAN_SECONDS, MOST_SECONDS, measure
from pipeline.processes import bounds
from pipeline.score import judge, load_scorecards
from samples.written.generate import GeneratedCall, generate_calls
from scorecards.definition import Scorecard
from settings import settings
from storage.access import SYSTEM, Role
from storage.database import open_database, reading, transaction
from storage.queries import (
    MOST_FOUND,
    CallFilter,
    count_calls,
    feeling_counts,
    harm_counts,
    process_counts,
    reason_counts,
    verdict_counts,
)
from storage.records import CallFacts, CallKind, ScoredCall
from storage.repository import store_scored_call
from storage.tables import AgentRow, CallRow

SAMPLES = 100
"""Calls that are judged for real; all others are copies of them."""

VIEWS = ("overview", "calls", "call", "agents", "teams", "criterion", "processes")
COUNTS = 5
COMMON = "the"
"""A word that is said in nearly every call."""

CARDS = "compliance empathy listening service_recovery"


@dataclass(frozen=True)
class Size:
    """What is measured of one size.

    `copied_...` is the bulk copying, which leaves sentences' embeddings out; `stored_...` is the program's own function, on
    a database of this size; `megabytes` is the most memory that the process ever had. `count_...` is how long the answers to
    all questions take to be counted over the 13 weeks that pages begin with, in which there are `counted_calls`; `courses`
    is how long processes, sentiment, harm and reasons take over the same weeks.
    """

    calls: int
    copied_seconds: float
    stored_a_second: float
    stored_median_ms: float
    stored_p95_ms: float
    copied_bytes_a_call: int
    stored_bytes_a_call: int
    megabytes: int
    counted_calls: int
    count_ms: float
    count_processor_ms: float
    one_by_one_ms: float
    search_ms: float
    courses: dict[str, dict[str, float]]
    pages: dict[str, dict[str, float]]


def main() -> int:
    """Measure and print. 0 where the promise holds, 1 where it doesn't."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--calls", type=int, default=100_000)
    parser.add_argument("--database", choices=KINDS, default=KINDS[0])
    parser.add_argument("--steps", type=int, default=2, help="sizes, each a tenth of the next one")
    parser.add_argument("--stored", type=int, default=1000, help="calls stored by the program's own function at each size")
    parser.add_argument("--runs", type=int, default=5, help="how often each page is opened")
    parser.add_argument("--turns", type=int, default=0, help="take only so many turns of each call; 0 takes all")
    parser.add_argument("--scorecards", nargs="*", default=CARDS.split(), metavar="NAME")
    parser.add_argument("--plot", type=Path, metavar="FILE.svg")
    asked = parser.parse_args()
    cards, today = load_scorecards(asked.scorecards), datetime.now(UTC).date()
    samples = [_judged(made, cards, asked.turns) for made in generate_calls(count=SAMPLES, until=today)]
    sizes: list[Size] = []
    for step in reversed(range(asked.steps)):
        calls = max(SAMPLES, asked.calls // 10**step)
        with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as apart:
            sizes.append(apart.submit(measure_size, asked.database, calls, samples, asked.stored, asked.runs).result())
        print(json.dumps(vars(sizes[-1])), file=sys.stderr)
    if asked.plot:
        asked.plot.write_text(plot(sizes, asked.database), encoding="utf-8")
    slow = sorted({name for size in sizes for name, page in size.pages.items() if _is_slow(page)})
    print(json.dumps({"database": asked.database, "sizes": [vars(size) for size in sizes], "slow": slow, "holds": not slow}))
    return 1 if slow else 0


def measure_size(database: str, calls: int, samples: Sequence[ScoredCall], stored: int, runs: int) -> Size:
    """Make a database of so many calls, and measure it."""
    with tempfile.TemporaryDirectory() as folder, a_database(database, Path(folder)) as url:
        os.environ |= {"ATTUNE_HOME": folder, "ATTUNE_DATABASE_URL": url}
        settings.cache_clear()
        engine = open_database(url)
        with transaction(engine) as session:
            for scored in samples:
                store_scored_call(session, scored)
        began = time.perf_counter()
        grow(engine, calls * len(samples[0].evaluations))
        copied = time.perf_counter() - began
        room = bytes_of(engine)
        took = []
        for number in range(stored):
            again = _under_another_id(samples[number % len(samples)], number)
            before = time.perf_counter()
            with transaction(engine) as session:
                store_scored_call(session, again)
            took.append(time.perf_counter() - before)
        room_then = bytes_of(engine)
        settle(engine)
        counted = count(engine)
        pages = measure(engine, runs, VIEWS, {Role.ADMINISTRATOR})["pages"]
        engine.dispose()
    ordered = sorted(took)
    return Size(
        calls=calls,
        copied_seconds=round(copied, 1),
        stored_a_second=round(stored / sum(took), 1),
        stored_median_ms=round(1000 * statistics.median(took), 1),
        stored_p95_ms=round(1000 * ordered[int(0.95 * len(ordered))], 1),
        copied_bytes_a_call=round(room / calls),
        stored_bytes_a_call=round((room_then - room) / stored),
        megabytes=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
        counted_calls=counted.calls,
        count_ms=counted.ms,
        count_processor_ms=counted.processor_ms,
        one_by_one_ms=counted.one_by_one_ms,
        search_ms=counted.search_ms,
        courses=counted.courses,
        pages=pages,
    )


@dataclass(frozen=True)
class Counting:
    """How many calls there are in the last 13 weeks, and the milliseconds that counting takes (`Size`)."""

    calls: int
    ms: float
    processor_ms: float
    one_by_one_ms: float
    search_ms: float
    courses: dict[str, dict[str, float]]


def count(engine: Engine) -> Counting:
    """The median milliseconds, by the clock and of this process's processor, in which all answers to all questions are
    counted agent by agent over the last 13 weeks; once, one call after the other; and for a common word. The same of
    processes, sentiment, harm and reasons."""
    with reading(engine) as session:
        last = session.scalars(select(func.max(CallRow.started_at))).one() or datetime.now(UTC)
        shown = CallFilter(start=last.date() - timedelta(days=7 * WEEKS - 1), end=last.date())
        calls, agents = count_calls(session, SYSTEM, shown), tuple(session.scalars(select(AgentRow.id)))
    named = replace(shown, agent_ids=agents)  # no sum answers what names agents
    clock, processor = _median([_timed(engine, _verdicts, shown) for _ in range(COUNTS)])
    by_name, _ = _timed(engine, _verdicts, named)
    began = time.perf_counter()
    with reading(engine) as session:
        count_calls(session, SYSTEM, CallFilter(words=COMMON), MOST_FOUND)
    searched = 1000 * (time.perf_counter() - began)
    courses = {
        name: dict(zip(_TIMES, (*_median(both[0]), *_median(both[1])), strict=True))
        for name, counted in _COURSES.items()
        if (both := [[_timed(engine, counted, which) for _ in range(COUNTS)] for which in (shown, named)])
    }
    return Counting(calls, clock, processor, round(by_name, 1), round(searched, 1), courses)


_TIMES = ("ms", "processor_ms", "one_by_one_ms", "one_by_one_processor_ms")


def _verdicts(session: Session, shown: CallFilter) -> None:
    verdict_counts(session, SYSTEM, shown, ("agent_id", "queue", "channel"))


_COURSES: Mapping[str, Callable[[Session, CallFilter], Any]] = {
    "processes": lambda session, shown: process_counts(session, SYSTEM, shown, bounds()),
    "sentiment": lambda session, shown: feeling_counts(session, SYSTEM, shown),
    "harm": lambda session, shown: harm_counts(session, SYSTEM, shown),
    "reasons": lambda session, shown: reason_counts(session, SYSTEM, shown, bounds().hold_seconds),
}


def _timed(engine: Engine, counted: Callable[[Session, CallFilter], Any], shown: CallFilter) -> tuple[float, float]:
    """Milliseconds by the clock and of the processor."""
    began, before = time.perf_counter(), time.process_time()
    with reading(engine) as session:
        counted(session, shown)
    return 1000 * (time.perf_counter() - began), 1000 * (time.process_time() - before)


def _median(took: Sequence[tuple[float, float]]) -> tuple[float, float]:
    clock, processor = (round(statistics.median(column), 1) for column in zip(*took, strict=True))
    return clock, processor


def _judged(made: GeneratedCall, cards: Sequence[Scorecard], turns: int) -> ScoredCall:
    """A written sample call, whole or its first turns, judged by these scorecards."""
    transcript = made.transcript
    if turns:
        first = transcript.turns[:turns]
        transcript = replace(
            transcript, turns=first, duration_seconds=first[-1].end or transcript.duration_seconds, sounds=()
        )
    judged = judge(transcript, cards)
    facts = CallFacts(
        hashlib.sha256(transcript.call_id.encode()).hexdigest(),
        CallKind.TRANSCRIPT,
        f"{transcript.call_id}.jsonl",
        made.started_at,
        made.agent,
        made.team,
        made.customer,
        queue=made.queue,
        direction=made.direction,
    )
    return ScoredCall(facts, judged.transcript, judged.signals, judged.evaluations)


def _under_another_id(scored: ScoredCall, number: int) -> ScoredCall:
    content_hash = hashlib.sha256(f"{scored.transcript.call_id} {number}".encode()).hexdigest()
    call_id = content_hash[:16]
    return ScoredCall(
        replace(scored.facts, content_hash=content_hash),
        replace(scored.transcript, call_id=call_id),
        scored.signals,
        tuple((card, replace(evaluation, call_id=call_id)) for card, evaluation in scored.evaluations),
    )


def _is_slow(page: dict[str, float]) -> bool:
    return page["median"] > MEDIAN_SECONDS or page["p95"] > MOST_SECONDS


WIDE, HIGH, LEFT, TOP, RIGHT, BOTTOM, EACH = 760, 440, 70, 40, 250, 50, 16
COLOURS = ("#0b7285", "#c92a2a", "#5f3dc4", "#2b8a3e", "#e67700", "#364fc7", "#862e9c", "#495057", "#a61e4d")
DASHES = ("", "6 3", "2 3")


def plot(sizes: Sequence[Size], database: str) -> str:
    """The median seconds of each page against the number of calls as an SVG drawing, both axes in powers of ten."""
    names = list(sizes[0].pages)
    tall = max(HIGH, TOP + EACH * len(names))
    every = [page["median"] for size in sizes for page in size.pages.values()] + [MEDIAN_SECONDS]
    low, high = math.floor(math.log10(min(every))), math.ceil(math.log10(max(every)))
    first, last = math.log10(sizes[0].calls), max(math.log10(sizes[-1].calls), math.log10(sizes[0].calls) + 1)

    def x(calls: float) -> float:
        return LEFT + (math.log10(calls) - first) / (last - first) * (WIDE - LEFT - RIGHT)

    def y(seconds: float) -> float:
        return TOP + (high - math.log10(seconds)) / max(1, high - low) * (tall - TOP - BOTTOM)

    drawn = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDE} {tall}" font-family="sans-serif" font-size="12">',
        f'<rect width="{WIDE}" height="{tall}" fill="white"/>',
        f'<text x="{LEFT}" y="20" font-size="14">Seconds of each page (median) by the number of calls, {database}</text>',
    ]
    for seconds, words in [(10.0**power, f"{10.0**power:g} s") for power in range(low, high + 1)] + [
        (MEDIAN_SECONDS, f"{MEDIAN_SECONDS:g} s")
    ]:
        drawn.append(_line([(LEFT, y(seconds)), (WIDE - RIGHT, y(seconds))], "#ced4da", "4 4"))
        drawn.append(f'<text x="{LEFT - 8}" y="{y(seconds) + 4:.1f}" text-anchor="end">{words}</text>')
    for size in sizes:
        drawn.append(f'<text x="{x(size.calls):.1f}" y="{tall - 20}" text-anchor="middle">{size.calls:,}</text>')
    for n, name in enumerate(names):
        colour, dash = COLOURS[n % len(COLOURS)], DASHES[n // len(COLOURS) % len(DASHES)]
        drawn.append(_line([(x(size.calls), y(size.pages[name]["median"])) for size in sizes], colour, dash))
        at = TOP + EACH * n
        drawn.append(_line([(WIDE - RIGHT + 12, at), (WIDE - RIGHT + 36, at)], colour, dash))
        words = html.escape(name.removesuffix(f" as {Role.ADMINISTRATOR}"))
        drawn.append(f'<text x="{WIDE - RIGHT + 42}" y="{at + 4}">{words}</text>')
    return "\n".join([*drawn, "</svg>", ""])


def _line(points: Sequence[tuple[float, float]], colour: str, dash: str) -> str:
    places = " ".join(f"{across:.1f},{down:.1f}" for across, down in points)
    return f'<polyline points="{places}" fill="none" stroke="{colour}" stroke-width="2" stroke-dasharray="{dash}"/>'


if __name__ == "__main__":
    sys.exit(main())
