"""How does the application that serves do something again and again beside it, which no fault ends?"""

import logging
from collections.abc import Callable
from threading import Event, Thread

from errors import AttuneError

_log = logging.getLogger(__name__)


class Background:
    """A thread that does `work` every few seconds until it is told to stop.

    name: of the thread. work: called each time. failing: what is said, in a log line, of work that failed; then it is tried
    again after `again` seconds. every, first: the seconds between two times and before the first.
    """

    def __init__(
        self,
        name: str,
        work: Callable[[], object],
        failing: str,
        every: float,
        first: float | None = None,
        again: float | None = None,
    ) -> None:
        self._work, self._failing = work, failing
        self._every, self._first, self._again = every, first, again
        self._over = Event()
        self._thread = Thread(target=self._run, daemon=True, name=name)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """End; what is being done is finished first."""
        self._over.set()
        self._thread.join()

    def _run(self) -> None:
        wait = self._every if self._first is None else self._first
        while not self._over.wait(wait):
            wait = self._every
            try:
                self._work()
            except AttuneError as wrong:
                wait = self._every if self._again is None else self._again
                _log.warning("%s: %s", self._failing, wrong)
            except Exception:  # a fault must not end this for good
                wait = self._every if self._again is None else self._again
                _log.exception("%s", self._failing)
