"""Has this been tried too often lately?

Counts failed attempts in a sliding window, in memory: one process serves everyone, and after a restart the count may
begin again. The number of remembered keys is bounded, so that a flood of invented names cannot fill the memory.
"""

import time
from collections import OrderedDict, deque
from collections.abc import Callable, Hashable
from threading import Lock


class Throttle:
    """At most `limit` failures of one key within `window_seconds`; `clock` gives seconds that only go forward."""

    def __init__(
        self,
        limit: int,
        window_seconds: float,
        clock: Callable[[], float] = time.monotonic,
        most_keys: int = 10_000,
    ) -> None:
        self.limit = limit
        self.window_seconds = window_seconds
        self._clock = clock
        self._most_keys = most_keys
        self._failures: OrderedDict[Hashable, deque[float]] = OrderedDict()
        self._lock = Lock()

    def wait_seconds(self, key: Hashable) -> float:
        """How long until this key may try again; 0 where it may at once."""
        with self._lock:
            failures = self._recent(key)
            if len(failures) < self.limit:
                return 0.0
            return failures[0] + self.window_seconds - self._clock()

    def attempt(self, key: Hashable) -> None:
        """Count an attempt as a failure until it is known to be none, so that many at once are counted too."""
        with self._lock:
            failures = self._recent(key)
            failures.append(self._clock())
            self._failures[key] = failures
            self._failures.move_to_end(key)
            while len(self._failures) > self._most_keys:
                self._failures.popitem(last=False)

    def forgive(self, key: Hashable, everything: bool = False) -> None:
        """Take this key's last attempt back, or all of them: it was no failure."""
        with self._lock:
            failures = self._failures.get(key)
            if failures and not everything:
                failures.pop()
            if everything or not failures:
                self._failures.pop(key, None)

    def _recent(self, key: Hashable) -> deque[float]:
        failures = self._failures.get(key, deque())
        oldest = self._clock() - self.window_seconds
        while failures and failures[0] <= oldest:
            failures.popleft()
        return failures
