"""What does it cost to have calls heard by the workers of a Dask scheduler, and what does a worker cost that is lost?

    python -m bench.cluster [--calls 6] [--repeats 2] [--workers 1 2 4] [--model tiny.en]

Runs a real scheduler and workers on this machine and has the same recording heard and judged by them and by plain processes,
in turns within one run, the models loaded before the clock starts. Then it kills one of two workers (SIGKILL) while it is
certainly at a call, and says what was done again and by whom; and it times what does no work at all, with and without a
recording that has to be sent. The last line is one JSON object; `holds` says whether the workers gave the very same answers
as the processes, in the middle at 0.8 of their speed or more, and whether the lost worker's call alone was begun again. The
exit status is 1 where one of these does not hold.
"""

import argparse
import hashlib
import json
import os
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, replace
from functools import partial
from itertools import chain
from pathlib import Path
from statistics import median
from threading import Thread
from typing import Any

from bench.dask_here import Cluster, a_cluster, until

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # before numpy is imported, on which the last digits depend

from pipeline.cluster import Carried
from pipeline.listen import Failed, Listening
from pipeline.score import CARRIED, Judged, Work, hear_and_judge, load_scorecards, work_died
from pipeline.workers import cores, spread
from settings import settings

RECORDING = Path(__file__).parent.parent / "tests" / "transcripts" / "audio" / "call.ogg"
SECONDS = 29.4
"""Of that recording."""

LEAST_SHARE = 0.8
"""Of the plain processes' speed, that is promised for the same number of workers on the same machine."""

EMPTY, SENT, SENT_BYTES = 200, 12, 8_000_000
"""How many items without work are timed, how many with a recording that is sent, and how large that is."""


@dataclass(frozen=True)
class Lost:
    """What was seen of a run in which a worker was killed: which calls it was at, which were begun again and by which
    process, how many came back, and for how long it had been at what was lost."""

    at: list[str]
    again: dict[str, int]
    calls: int
    lost_seconds: float


def hear_noted(work: Work, listening: Listening, folder: Path) -> Judged | Failed:
    """Hear it, and note in the folder who began it when, and when it was done."""
    note = folder / f"{work.key}.{os.getpid()}"
    note.write_text(json.dumps(time.time()))
    done = hear_and_judge(work, listening)
    note.with_name(f"{note.name}.done").touch()
    return done


def nothing(work: Work) -> Failed:
    """No work at all."""
    return Failed(work.file, work.key)


def use(cluster: Cluster | None) -> None:
    """From now on work goes to that cluster, or to processes."""
    os.environ["ATTUNE_DASK"] = cluster.address if cluster else ""
    settings.cache_clear()


def has_workers(cluster: Cluster, number: int) -> bool:
    """Whether so many workers have said that they are there."""
    return cluster.log.count("Register worker") >= number


def timed(work: Callable[[Work], Judged | Failed], first: list[Work], then: list[Work], workers: int) -> tuple[float, str]:
    """Seconds for `then`, begun once all of `first` are done and the workers are warm; and the hash of all answers."""
    began = 0.0
    warm: set[str] = set()

    def found() -> Iterator[Work | None]:
        nonlocal began
        yield from first
        while len(warm) < len(first):
            yield None
        began = time.perf_counter()
        yield from then

    answers: dict[str, str] = {}
    for item, result in spread(work, found(), work_died, workers, carried=CARRIED):
        if item.key.startswith("warm"):
            warm.add(item.key)
        else:
            answers[item.key] = as_text(result)
    taken = time.perf_counter() - began
    return taken, hashlib.sha256(json.dumps(answers, sort_keys=True).encode()).hexdigest()


def as_text(result: Judged | Failed) -> str:
    """An answer, to be compared with another."""
    if isinstance(result, Failed):
        return result.reason
    return json.dumps([result.transcript.to_dict(), *(evaluation.to_dict() for _, evaluation in result.evaluations)])


def works(number: int, name: str, file: Path = RECORDING) -> list[Work]:
    """So many calls, all of the same recording."""
    cards = load_scorecards(["compliance", "empathy"])
    return [Work(f"{name}-{n}", file, file, cards) for n in range(number)]


def lose_one(cluster: Cluster, listening: Listening, calls: int, folder: Path) -> Lost:
    """Kill a worker while it is at its second call."""
    use(cluster)
    killed: list[int] = []

    def second_begun() -> list[Path]:
        by_process: dict[str, list[Path]] = {}
        for note in folder.glob("lost-*"):
            if not note.name.endswith(".done"):
                by_process.setdefault(note.suffix, []).append(note)
        return next(
            (
                notes
                for notes in by_process.values()
                if len(notes) == 2 and sum(note.with_name(f"{note.name}.done").exists() for note in notes) == 1
            ),
            [],
        )

    given_back: set[str] = set()

    def is_at_its_second() -> bool:
        """What it did first has come back, so that nothing of it is lost but what it is at."""
        notes = second_begun()
        return bool(notes) and any(note.stem in given_back for note in notes)

    def kill() -> None:
        until(is_at_its_second, 600)
        time.sleep(0.3)  # well into it
        killed.append(int(second_begun()[0].suffix[1:]))
        os.kill(killed[0], signal.SIGKILL)
        killed_at.append(time.time())

    killed_at: list[float] = []
    killing = Thread(target=kill, daemon=True)
    killing.start()
    hear = partial(hear_noted, listening=listening, folder=folder)
    for item, _ in spread(hear, works(calls, "lost"), work_died, carried=CARRIED):
        given_back.add(item.key)
    killing.join()
    begun: dict[str, list[int]] = {}
    for note in folder.glob("lost-*"):
        if not note.name.endswith(".done"):
            begun.setdefault(note.stem, []).append(int(note.suffix[1:]))
    at = sorted(key for key in begun if killed[0] in begun[key] and not (folder / f"{key}.{killed[0]}.done").exists())
    again = {key: next(process for process in by if process != killed[0]) for key, by in begun.items() if len(by) > 1}
    seconds = sum(killed_at[0] - json.loads((folder / f"{key}.{killed[0]}").read_text()) for key in at)
    return Lost(at, again, len(given_back), seconds)


def overhead(cluster: Cluster, folder: Path) -> dict[str, float]:
    """Milliseconds for an item without work: by processes, by Dask, and by Dask with a recording that has to be sent."""
    figures: dict[str, float] = {}
    for name, at in (("processes", None), ("dask", cluster)):
        use(at)
        seconds, _ = timed(nothing, works(4, "warm"), works(EMPTY, "empty"), 2)
        figures[name] = 1000 * seconds / EMPTY
    large = folder / "large.wav"
    large.write_bytes(os.urandom(SENT_BYTES))
    hidden: Carried[Work, Judged | Failed] = replace(CARRIED, sound=lambda work: Path("/proc/self/cwd") / large.name)
    before = Path.cwd()
    os.chdir(folder)  # where a worker looks under that name there is nothing
    try:
        items = [replace(work, file=large) for work in works(SENT, "sent")]
        began = time.perf_counter()
        list(spread(nothing, items, work_died, carried=hidden))
        figures["dask_sent_8_mb"] = 1000 * (time.perf_counter() - began) / SENT
    finally:
        os.chdir(before)
    return figures


def main(arguments: list[str]) -> int:
    """Measure, and print what was found."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--calls", type=int, default=6)
    parser.add_argument("--repeats", type=int, default=2)
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2, 4])
    parser.add_argument("--model", default="tiny.en")
    given = parser.parse_args(arguments)
    listening = replace(Listening.from_settings(settings()), model=given.model)
    hear = partial(hear_and_judge, listening=listening)
    seconds: dict[str, list[float]] = {}
    answers: set[str] = set()
    with ExitStack() as open_until_end, tempfile.TemporaryDirectory(prefix="attune-cluster-") as scratch:
        folder = Path(scratch)
        clusters: dict[int, Cluster] = {}
        for number in sorted({*given.workers, 2}):
            (folder / str(number)).mkdir()
            clusters[number] = open_until_end.enter_context(a_cluster(folder / str(number)))
            for _ in range(number):
                clusters[number].add_worker(OMP_NUM_THREADS=str(max(1, cores() // number)))
        for number, running in clusters.items():
            until(partial(has_workers, running, number), 600)
        for repeat in range(given.repeats):
            for number in given.workers:
                for name, cluster in (("processes", None), ("dask", clusters[number])):
                    use(cluster)
                    taken, digest = timed(hear, works(number, "warm"), works(given.calls, "call"), number)
                    seconds.setdefault(f"{name} {number}", []).append(taken)
                    answers.add(digest)
                    print(f"{repeat + 1}. {name:10} {number}: {taken:6.1f} s for {given.calls} calls", file=sys.stderr)
        empty = overhead(clusters[2], folder)
        (folder / "lost").mkdir()
        lost = lose_one(clusters[2], listening, max(6, given.calls), folder / "lost")
        use(None)
    report = summary(seconds, given, empty, lost, len(answers))
    print(json.dumps(report))
    return 0 if report["holds"] else 1


def summary(
    seconds: Mapping[str, list[float]], given: argparse.Namespace, empty: Mapping[str, float], lost: Lost, answers: int
) -> dict[str, Any]:
    """The figures as one object."""
    speed = {name: given.calls * SECONDS / median(taken) for name, taken in seconds.items()}
    shares = {
        str(number): [
            plain / dask for plain, dask in zip(seconds[f"processes {number}"], seconds[f"dask {number}"], strict=True)
        ]
        for number in given.workers
    }
    holds = {
        "the same answers": answers == 1,
        "speed": median(chain.from_iterable(shares.values())) >= LEAST_SHARE,
        "every call once": lost.calls == max(6, given.calls),
        "only the lost worker's calls again": sorted(lost.again) == lost.at and len(lost.at) == 1,
    }
    return {
        "recording_seconds": SECONDS,
        "calls": given.calls,
        "repeats": given.repeats,
        "model": given.model,
        "cores": cores(),
        "load": round(os.getloadavg()[0], 1),
        "seconds_of_sound_a_second": {name: round(value, 2) for name, value in speed.items()},
        "dask_share_of_processes": {number: round(median(each), 3) for number, each in shares.items()},
        "milliseconds_without_work": {name: round(value, 2) for name, value in empty.items()},
        "lost": {"at": lost.at, "begun_again_by": lost.again, "seconds_lost": round(lost.lost_seconds, 2)},
        "promises": holds,
        "holds": all(holds.values()),
    }


if __name__ == "__main__":
    from bench import cluster as ours  # so that workers find its functions under a name that they know

    sys.exit(ours.main(sys.argv[1:]))
