"""What would a scorecard say of the calls of the past, and how does what it says come to stand beside what was there?

Nothing is heard or measured again: transcripts and signals are as they are stored, and the answers of questions that the
scorecard asks as before are taken over (`scoring.rescore`). Worker processes read and judge some calls at a time; the one
process at work writes. A job goes on without whoever started it, can be stopped, and what it has done stays.

    python -m pipeline.rescore JOB         does a job that is written down in the database; `start` starts it so
"""

import gc
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from threading import Event

from sqlalchemy import Engine

from errors import AttuneError, StorageError
from pipeline.closed import close_to_others, for_workers
from pipeline.workers import spread
from scorecards.definition import Scorecard
from scoring.evaluate import PROGRAM, assemble, check_rules, judge_criteria, judge_verdicts
from scoring.rescore import Compared, Draft, Given, Outcome, compared
from scoring.result import Evaluation, Stamp
from scoring.signals.model import Signals
from settings import settings
from storage import repository, rescore
from storage.access import SYSTEM, Asker
from storage.database import is_open_here, open_database, reading, transaction
from storage.rescore import Job, Kind, Past, State
from transcripts.model import Transcript

AT_ONCE = 64
"""Calls that a worker reads and judges together: few enough that a job can be stopped within a second or two."""

ROOT = Path(__file__).parent.parent


@dataclass(frozen=True)
class _Chunk:
    """Some calls, and the job they are judged for."""

    url: str
    job_id: int
    scorecard: Scorecard
    calls: tuple[str, ...]


@dataclass(frozen=True)
class _Rejudged:
    """What became of a chunk: outcomes for a what-if, evaluations for the history; or why nothing did."""

    outcomes: tuple[Outcome, ...] = ()
    evaluations: tuple[Evaluation, ...] = ()
    failed: int = 0
    reason: str = ""


def start(engine: Engine, asker: Asker, kind: Kind, scorecard: Scorecard, against: int | None = None) -> int:
    """Run a scorecard over the past in a process of its own; the job's id.

    against: a version of the same scorecard to compare with, in the place of what holds now. Raises NotAllowed, StorageError
    where it runs already, where there is no such version, and for the history where the scorecard is not stored so.
    """
    job_id = _written_down(engine, asker, kind, scorecard, against)
    address = engine.url.render_as_string(hide_password=False)
    try:
        subprocess.Popen(
            [sys.executable, "-m", "pipeline.rescore", str(job_id)],
            cwd=ROOT,
            env={**for_workers(os.environ), "ATTUNE_DATABASE_URL": address, "OPENBLAS_NUM_THREADS": "1"},
            stdin=subprocess.DEVNULL,
            start_new_session=True,  # it outlives an interruption of whoever started it
        )
    except OSError as wrong:
        with transaction(engine) as session:
            rescore.finish(session, job_id, State.FAILED, f"No process could be started ({wrong.strerror}).")
    return job_id


def what_if(engine: Engine, asker: Asker, scorecard: Scorecard, against: int | None = None, workers: int = 0) -> Job:
    """Run a scorecard over the past here and now, and keep what it would have said; the job when it has ended.

    Raises as `start` does.
    """
    return _run_here(engine, asker, Kind.WHAT_IF, scorecard, against, workers)


def rescore_history(
    engine: Engine,
    asker: Asker,
    scorecard: Scorecard,
    workers: int = 0,
    say: Callable[[int, int], None] = lambda done, total: None,
) -> Job:
    """Judge the calls of the past by a stored version, here and now; the job when it has ended.

    New evaluations stand beside the old ones, which stay as they were. What a person answered on the old version is taken
    along in their name where question, rule and answers are the same. say: told how many of how many calls are done.
    Raises as `start` does.
    """
    return _run_here(engine, asker, Kind.HISTORY, scorecard, None, workers, say)


def _run_here(
    engine: Engine,
    asker: Asker,
    kind: Kind,
    scorecard: Scorecard,
    against: int | None,
    workers: int,
    say: Callable[[int, int], None] = lambda done, total: None,
) -> Job:
    job_id = _written_down(engine, asker, kind, scorecard, against)
    run(engine, job_id, workers, say)
    with reading(engine) as session:
        return rescore.load_job(session, asker, job_id)


def _written_down(engine: Engine, asker: Asker, kind: Kind, scorecard: Scorecard, against: int | None) -> int:
    with transaction(engine) as session:
        if kind is Kind.HISTORY:
            stored = [one for one in repository.active_scorecards(session) if one.id == scorecard.id]
            if not stored or stored[0].content_hash != scorecard.content_hash:
                raise StorageError(f"“{scorecard.title}” version {scorecard.version} is not in force; activate it first.")
        return rescore.add_job(session, asker, kind, scorecard, against)


def run(engine: Engine, job_id: int, workers: int = 0, say: Callable[[int, int], None] = lambda done, total: None) -> None:
    """Do a job that is written down. Whatever goes wrong stands in its row."""
    try:
        _run(engine, job_id, workers, say)
    except BaseException as wrong:
        with transaction(engine) as session:
            if isinstance(wrong, AttuneError):
                rescore.finish(session, job_id, State.FAILED, str(wrong))
            else:
                rescore.finish(session, job_id, State.STOPPED, "It was interrupted.")
        if not isinstance(wrong, AttuneError):
            raise


def _run(engine: Engine, job_id: int, workers: int, say: Callable[[int, int], None]) -> None:
    with reading(engine) as session:
        job = rescore.load_job(session, SYSTEM, job_id)
        calls = rescore.calls_of_the_past(session, job_id)
    with transaction(engine) as session:
        rescore.begin(session, job_id, len(calls))
    check_rules(job.scorecard)
    url = engine.url.render_as_string(hide_password=False)
    chunks = [_Chunk(url, job_id, job.scorecard, tuple(calls[at : at + AT_ONCE])) for at in range(0, len(calls), AT_ONCE)]
    work = _what_if_chunk if job.kind is Kind.WHAT_IF else _history_chunk
    done = failed = 0
    reason, stopping = "", Event()
    copies = len(chunks) > 1 and _unconnected(engine)
    for chunk, made in spread(work, chunks, _died, workers, stopped=stopping.is_set, copies=copies):
        failed += made.failed
        reason = reason or made.reason
        with transaction(engine) as session:
            rescore.put_outcomes(session, job_id, made.outcomes)
            for evaluation in made.evaluations:
                rescore.add_rescored(session, job.scorecard, evaluation)
            done += len(chunk.calls)
            if not rescore.beat(session, job_id, done, failed):
                stopping.set()
        say(done, len(calls))
    with transaction(engine) as session:
        rescore.finish(session, job_id, State.DONE if done == len(calls) else State.STOPPED, reason)


def _unconnected(engine: Engine) -> bool:
    """Close this process's connections to the database; whether none is left."""
    engine.dispose()
    if _engine.cache_info().currsize:
        _engine(engine.url.render_as_string(hide_password=False)).dispose()
    _engine.cache_clear()
    return not is_open_here(engine)


def judge_here(engine: Engine, job_id: int, scorecard: Scorecard, calls: Sequence[str]) -> tuple[Outcome, ...]:
    """What becomes of these calls, worked out in this process as a worker does it; nothing is kept."""
    url = engine.url.render_as_string(hide_password=False)
    chunks = [_Chunk(url, job_id, scorecard, tuple(calls[at : at + AT_ONCE])) for at in range(0, len(calls), AT_ONCE)]
    return tuple(one for chunk in chunks for one in _what_if_chunk(chunk).outcomes)


def _died(chunk: _Chunk) -> _Rejudged:
    """The answer for calls that ended the process which judged them."""
    return _Rejudged(failed=len(chunk.calls), reason="A process that judged some of the calls died.")


# What a worker process does


def _what_if_chunk(chunk: _Chunk) -> _Rejudged:
    """What becomes of each call; what cannot be read or judged comes back as the reason."""
    try:
        with _no_collecting(), reading(_engine(chunk.url)) as session:
            past = rescore.load_past(session, chunk.job_id, chunk.calls)
            plans = {one.call_id: _plan(chunk, one) for one in past}
            to_judge = [call_id for call_id, plan in plans.items() if plan.judged]
            meaning = any(plan.asks_meaning for plan in plans.values())
            measured = rescore.load_measured(session, to_judge, embeddings=meaning)
        draft = _draft(chunk.url, chunk.job_id)
        return _Rejudged(tuple(_outcome(draft, one, plans[one.call_id], measured) for one in past))
    except AttuneError as wrong:
        return _Rejudged(failed=len(chunk.calls), reason=str(wrong))


def _history_chunk(chunk: _Chunk) -> _Rejudged:
    """The evaluation of each call by the scorecard, judged from its signals; nothing is taken over, so that each has the
    words that it rests on."""
    try:
        with reading(_engine(chunk.url)) as session:
            plan = compared(None, chunk.scorecard)
            hashes = {one.call_id: one.transcript_hash for one in rescore.load_past(session, chunk.job_id, chunk.calls)}
            measured = rescore.load_measured(session, chunk.calls, embeddings=plan.asks_meaning)
        made = []
        for call_id, (transcript, signals) in measured.items():
            own = judge_criteria(transcript, signals, chunk.scorecard, hashes[call_id])
            models = dict(sorted(signals.models.items()))
            stamp = Stamp(hashes[call_id], chunk.scorecard.content_hash, models, PROGRAM)
            made.append(assemble(call_id, chunk.scorecard, own, stamp))
        return _Rejudged(evaluations=tuple(made))
    except AttuneError as wrong:
        return _Rejudged(failed=len(chunk.calls), reason=str(wrong))


def _plan(chunk: _Chunk, one: Past) -> Compared:
    """Which criteria have their answers from what is stored of a call; none where another program or models made it."""
    if one.judged is None:
        return _compared(chunk.url, chunk.job_id, None)
    plan = _compared(chunk.url, chunk.job_id, one.judged.version_id)
    stamp = one.judged.stamp
    if stamp["program"] == PROGRAM and dict(stamp["models"]) == dict(one.models):
        return plan
    return replace(_compared(chunk.url, chunk.job_id, None), carried=plan.carried)


def _outcome(draft: Draft, one: Past, plan: Compared, measured: dict[str, tuple[Transcript, Signals]]) -> Outcome:
    judged: dict[str, Given] = {}
    if plan.judged:
        transcript, signals = measured[one.call_id]
        verdicts = judge_verdicts(transcript, signals, draft.scorecard, plan.judged)
        judged = {criterion: Given(*found) for criterion, found in verdicts.items()}
    stored = one.judged.answers if one.judged else {}
    return draft.outcome(one.call_id, judged, one.judged.standing if one.judged else None, stored, plan.carried)


@contextmanager
def _no_collecting() -> Iterator[None]:
    """Rows become thousands of small values that hold no circles; looking for some among them again and again costs time."""
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collecting:
            gc.enable()


@lru_cache(maxsize=1)
def _engine(url: str) -> Engine:
    """The database, opened once in each process."""
    return open_database(url)


@lru_cache(maxsize=64)
def _compared(url: str, job_id: int, version_id: int | None) -> Compared:
    """What is known where that version has judged a call, worked out once in each process."""
    with reading(_engine(url)) as session:
        job = rescore.load_job(session, SYSTEM, job_id)
        before = rescore.baseline_scorecards(session, job_id)
    return compared(before[version_id] if version_id is not None else None, job.scorecard)


@lru_cache(maxsize=1)
def _draft(url: str, job_id: int) -> Draft:
    """The scorecard of the job that is under way, and what its answers come to."""
    with reading(_engine(url)) as session:
        return Draft(rescore.load_job(session, SYSTEM, job_id).scorecard)


def main_of(url: str, job_id: int) -> int:
    """Do a job of the database at that address; 0 where it is done or was stopped, 1 where it failed."""
    engine = open_database(url)
    run(engine, job_id, settings().workers)
    with reading(engine) as session:
        return int(rescore.load_job(session, SYSTEM, job_id).state is State.FAILED)


if __name__ == "__main__":
    close_to_others()
    sys.exit(main_of(settings().url, int(sys.argv[1])))
