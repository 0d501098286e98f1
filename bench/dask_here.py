"""How do a real Dask scheduler and its workers run on this machine, for measurements and for tests?"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).parent.parent


@dataclass
class Cluster:
    """A scheduler with its workers; `end` ends all of it. `allowed_failures`: as many workers may be lost on one call."""

    folder: Path
    allowed_failures: int = 3
    address: str = ""
    tls: Sequence[str] = ()
    processes: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def start(self, protocol: str) -> None:
        """Start the scheduler and wait until it has written down where it listens."""
        place = self.folder / "scheduler.json"
        here = f"{protocol}://127.0.0.1:0"
        self._run("scheduler", "--host", here, "--scheduler-file", place, "--no-dashboard", *self.tls)
        until(lambda: place.is_file() and place.read_text().rstrip().endswith("}"))
        self.address = json.loads(place.read_text())["address"]

    def add_worker(self, *words: str, **environment: str) -> subprocess.Popen[bytes]:
        """Start a worker that does one item at a time; nobody starts it again when it dies."""
        rest = ("--nthreads", "1", "--no-nanny", "--no-dashboard", "--local-directory", self.folder, *self.tls)
        given = {"PYTHONPATH": str(ROOT), "OPENBLAS_NUM_THREADS": "1", **environment}
        return self._run("worker", self.address, *rest, *words, **given)

    @property
    def log(self) -> str:
        """What the programs have said."""
        return (self.folder / "log.txt").read_text()

    def end(self) -> None:
        """End everything that was started."""
        for process in reversed(self.processes):
            process.kill()
            process.wait()

    def _run(self, *words: object, **environment: str) -> subprocess.Popen[bytes]:
        log = (self.folder / "log.txt").open("ab")
        with log:
            process = subprocess.Popen(
                [sys.executable, "-m", "dask", *map(str, words)],
                cwd=self.folder,
                env={
                    **os.environ,
                    "PYTHONPATH": "",  # a scheduler needs nothing of ours
                    "DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES": str(self.allowed_failures),
                    **environment,
                },
                stdout=log,
                stderr=log,
            )
        self.processes.append(process)
        return process


def until(holds: Callable[[], bool], seconds: float = 60.0) -> None:
    """Wait until that holds; fail loudly where it does not come to."""
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, "it did not come to hold"
        time.sleep(0.02)


@contextmanager
def a_cluster(folder: Path, protocol: str = "tcp", tls: Sequence[str] = (), allowed_failures: int = 3) -> Iterator[Cluster]:
    """A cluster without workers yet, until the block ends. tls: what the programs are told of certificates."""
    cluster = Cluster(folder, allowed_failures, tls=tls)
    try:
        cluster.start(protocol)
        yield cluster
    finally:
        cluster.end()
