"""Which process takes calls in?

    python -m pipeline.work             work on what comes in; without a watched place, until nothing has come for a while

The served application starts one whenever something waits and none lives (`Worker`); `cli.py work` is one in the foreground.
As many as one likes may work on one database and watch the same places.
"""

import logging
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from threading import Event, Thread

from sqlalchemy import Engine

from errors import AttuneError
from pipeline.arrivals import work
from pipeline.closed import close_to_others, for_workers
from pipeline.ingest import Outcome
from pipeline.listen import Listening
from pipeline.logs import DATED, log_to_the_terminal
from pipeline.patience import Patience
from pipeline.receive import tidy
from pipeline.sources import sources
from settings import settings
from storage import inbox
from storage.database import open_database, reading

_log = logging.getLogger(__name__)

ROOT = Path(__file__).parent.parent

LOOK_SECONDS = 2.0
"""How often is looked whether a file waits."""

LONGEST_SECONDS = 60.0
"""How long at most is waited after a process that ended with a fault, before another is started."""

IDLE_SECONDS = 60.0
"""How long the process at work waits for another file, so that its models need not be loaded for each."""

NICENESS = 10
"""How far who hears calls steps aside for whoever waits for a page: of a processor that both want it gets a tenth."""

STOP_SECONDS = 10.0
"""How long a process at work may take to give back what it is at, before it is ended."""


class Worker:
    """Starts a process that works whenever a file waits and none lives; for the application that serves."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._over = Event()
        self._process: subprocess.Popen[bytes] | None = None
        self._failures, self._not_before = 0, 0.0
        self._thread = Thread(target=self._look, daemon=True, name="received calls")

    def start(self) -> None:
        """Begin to look."""
        self._thread.start()

    def stop(self) -> None:
        """Look no more, and let the process at work go, which gives back what it is at."""
        self._over.set()
        self._thread.join()
        if self._process is not None and self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:  # it is deep within a recogniser
                self._process.kill()
                self._process.wait()

    def _look(self) -> None:
        while not self._over.wait(LOOK_SECONDS):
            try:
                self.look()
            except AttuneError as wrong:
                _log.warning("whether a call waits to be taken in could not be told: %s", wrong)
            except Exception:  # as where the machine has no memory for another process just now
                _log.exception("the process that takes calls in could not be started; it is tried again")

    def look(self) -> bool:
        """Start a process where a file waits or a place is watched, and none lives; whether one lives.

        One that ended with a fault is followed by another after a pause, which is twice as long each time in a row.
        """
        if self._process is not None:
            status = self._process.poll()
            if status is None:
                return True
            self._process = None
            self._failures = self._failures + 1 if status else 0
            pause = min(LOOK_SECONDS * 2**self._failures, LONGEST_SECONDS) if status else 0.0
            self._not_before = time.monotonic() + pause
        if time.monotonic() < self._not_before:
            return False
        if not settings().watched:
            with reading(self._engine) as session:
                if not inbox.waits(session):
                    return False
        address = self._engine.url.render_as_string(hide_password=False)
        self._process = subprocess.Popen(
            [sys.executable, "-m", "pipeline.work"],
            # In the folder that the application was started from, where its file of settings lies.
            env={
                **for_workers(os.environ),
                "PYTHONPATH": str(ROOT),
                "ATTUNE_DATABASE_URL": address,
                "OPENBLAS_NUM_THREADS": "1",
            },
            stdin=subprocess.DEVNULL,
        )
        return True


def run(idle_seconds: float | None = None) -> None:
    """Work until told to stop by a signal, or until nothing has come for `idle_seconds`; what is under way is given back.

    Where the database is away it is waited for. Raises SettingsError, and StorageError where it is another one's.
    """
    os.nice(NICENESS)
    stop = Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda number, frame: stop.set())
    try:
        engine = Patience(stop)(lambda: open_database(settings().url))
        _tidy(engine)
        watched = sources()
        listening = Listening.from_settings(settings())
        work(engine, listening, stop, sources=watched, idle_seconds=None if watched else idle_seconds, tell=_tell)
    except AttuneError:
        if not stop.is_set():
            raise


def _tidy(engine: Engine) -> None:
    """What cannot be tidied away just now is there the next time too, and keeps no call from being taken in."""
    try:
        tidy(engine)
    except (AttuneError, OSError) as wrong:
        _log.warning("what is no longer needed could not be taken away: %s", wrong)


def _tell(outcome: Outcome) -> None:
    _log.info("%s: %s", outcome.file.name, outcome.state)


def main() -> int:
    """Work until nothing has come for a while, and give the exit status."""
    close_to_others()
    log_to_the_terminal(logging.WARNING, DATED)
    try:
        run(IDLE_SECONDS)
    except AttuneError as wrong:
        _log.error("%s", wrong)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
