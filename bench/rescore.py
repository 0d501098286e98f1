"""How many evaluations a second does a what-if work out on two cores, and where does the time go?

    python -m bench.rescore [--calls 300] [--times 10]

Makes a database of its own of generated calls, stored and judged like any others, each repeated under other ids until there
are some thousand evaluations, and runs three drafts of one scorecard over them, with as many worker processes as there are
cores (two at most): one that changes only weights, one with a question that has to be judged, and one whose every question
has. The time is that of the whole job, from its start to its last row. The last line is one JSON object with the figures;
`holds` says whether each of the three reaches 500 evaluations a second, and the exit status is 1 where one does not.

The times of other programs count too, on a machine that has other work to do: `processor_milliseconds` is the processor's
time for one evaluation, reading included, measured in one process.
"""

import argparse
import hashlib
import json
import os
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # before numpy is imported; the workers are the parallel ones

from sqlalchemy import Engine

from pipeline.rescore import AT_ONCE, judge_here, what_if
from pipeline.score import judge
from pipeline.workers import cores
from samples.written.generate import generate_calls
from scorecards.definition import Criterion, Rule, Scorecard, Section
from scorecards.load import find_scorecard, load_scorecard
from storage import rescore
from storage.access import SYSTEM
from storage.database import open_database, reading, transaction
from storage.records import CallFacts, CallKind, ScoredCall
from storage.repository import store_scored_call
from storage.rescore import Kind, State

ASKED = 500.0
"""Evaluations a second that are promised on two cores."""

CARD = "compliance"
MOST_WORKERS = 2


@dataclass(frozen=True)
class Measured:
    """One draft's run: evaluations, seconds of the whole job, and the processor's milliseconds for one evaluation."""

    evaluations: int
    seconds: float
    processor_milliseconds: float

    @property
    def each_second(self) -> float:
        """Evaluations a second, by the clock."""
        return self.evaluations / self.seconds


def main() -> int:
    """Measure, print, and say by the exit status whether what is promised holds."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--calls", type=int, default=300, help="generated calls")
    parser.add_argument("--times", type=int, default=10, help="how often each is stored")
    chosen = parser.parse_args()
    card = load_scorecard(find_scorecard(CARD))
    with tempfile.TemporaryDirectory(prefix="attune-rescore-") as folder:
        engine = open_database(f"sqlite:///{Path(folder) / 'attune.db'}")
        stored = store_calls(engine, card, chosen.calls, chosen.times)
        print(f"{stored} calls stored, each with its evaluation by “{card.title}”.", file=sys.stderr)
        figures = {name: measure(engine, draft) for name, draft in drafts(card).items()}
        engine.dispose()
    holds = all(one.each_second >= ASKED for one in figures.values())
    for name, one in figures.items():
        print(
            f"{name}: {one.each_second:.0f} evaluations a second, {one.processor_milliseconds:.2f} ms of one processor each",
            file=sys.stderr,
        )
    report = {
        "evaluations": stored,
        "workers": min(MOST_WORKERS, cores()),
        "each_second": {name: round(one.each_second, 1) for name, one in figures.items()},
        "processor_milliseconds": {name: round(one.processor_milliseconds, 2) for name, one in figures.items()},
        "asked_each_second": ASKED,
        "holds": holds,
    }
    print(json.dumps(report))
    return 0 if holds else 1


def store_calls(engine: Engine, card: Scorecard, calls: int, times: int) -> int:
    """Measure generated calls once each and store them under so many ids; how many evaluations there are."""
    stored = 0
    for made in generate_calls(count=calls):
        judged = judge(made.transcript, [card])
        with transaction(engine) as session:
            for number in range(times):
                call_id = hashlib.sha256(f"{made.transcript.call_id} {number}".encode()).hexdigest()
                facts = CallFacts(
                    call_id, CallKind.TRANSCRIPT, "generated", made.started_at, made.agent, made.team, made.customer
                )
                transcript = replace(made.transcript, call_id=call_id[:16])
                evaluations = tuple((one, replace(e, call_id=call_id[:16])) for one, e in judged.evaluations)
                store_scored_call(session, ScoredCall(facts, transcript, judged.signals, evaluations))
                stored += 1
    return stored


def drafts(card: Scorecard) -> dict[str, Scorecard]:
    """Three drafts: other weights; one more question; and every question under another name, so that none is known."""
    heavier = _changed(card, lambda criterion: replace(criterion, weight=criterion.weight + 1))
    rule = Rule(
        "says.v1", {"phrases": ["take care", "have a good day", "thank you for calling"], "within": {"last_turns": 2}}
    )
    last = card.sections[-1]
    more = replace(last, criteria=(*last.criteria, Criterion("said_goodbye", "Did the agent say goodbye?", rule)))
    renamed = _changed(card, lambda criterion: replace(criterion, id=f"new_{criterion.id}"))
    return {
        "weights": replace(heavier, version=2),
        "one_question": replace(card, version=2, sections=(*card.sections[:-1], more)),
        "every_question": replace(renamed, version=2),
    }


def _changed(card: Scorecard, change: Callable[[Criterion], Criterion]) -> Scorecard:
    sections = tuple(Section(s.id, s.title, tuple(map(change, s.criteria))) for s in card.sections)
    return replace(card, sections=sections)


def measure(engine: Engine, draft: Scorecard) -> Measured:
    """Run a draft over everything, and then judge some calls in this process for the processor's time."""
    started = time.perf_counter()
    job = what_if(engine, SYSTEM, draft, workers=min(MOST_WORKERS, cores()))
    seconds = time.perf_counter() - started
    if job.state is not State.DONE or job.failed:
        raise SystemExit(f"The job did not come to its end: {job.message}")
    with transaction(engine) as session:
        job_id = rescore.add_job(session, SYSTEM, Kind.WHAT_IF, draft)
    with reading(engine) as session:
        calls = rescore.calls_of_the_past(session, job_id)
    judge_here(engine, job_id, draft, calls[:AT_ONCE])  # whatever is loaded once is loaded now
    some = calls[AT_ONCE : 9 * AT_ONCE]
    before = time.process_time()
    judge_here(engine, job_id, draft, some)
    spent = time.process_time() - before
    with transaction(engine) as session:
        rescore.finish(session, job_id, State.STOPPED)
    return Measured(job.done, seconds, 1000 * spent / max(1, len(some)))


if __name__ == "__main__":
    sys.exit(main())
