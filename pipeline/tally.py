"""What was done, and what failed, in numbers that outlive the process which did it?

Worker processes time themselves (`pipeline.stages`) and hand the seconds back with what they found; whoever stores it adds
them up in the database. Counting never stops a call: what cannot be counted is said in the log and lost.
"""

import logging
import time
from collections import defaultdict
from collections.abc import Mapping

from sqlalchemy import Engine

from errors import StorageError
from storage import operations
from storage.database import transaction
from storage.operations import Key, Measure
from storage.records import CallKind

_log = logging.getLogger(__name__)

KEEP_SECONDS = 5.0
"""How often what was counted is written down, so that many short calls do not write once more each."""


class Tally:
    """Adds up what was done in one run, and writes it down now and then."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._counts: defaultdict[Key, float] = defaultdict(float)
        self._kept_at = time.monotonic()

    def failed(self, kind: str) -> None:
        """A call could not be used."""
        self._add(Key(Measure.FAILURES, kind), 1)

    def done(self, kind: CallKind, seconds: Mapping[str, float], audio_seconds: float) -> None:
        """A call was taken in: the seconds of its stages, and how long its recording is."""
        for name, value in seconds.items():
            self._add(Key(Measure.SECONDS, kind.value, name), value)
        self._add(Key(Measure.CALLS, kind.value), 1)
        self._add(Key(Measure.AUDIO_SECONDS, kind.value), audio_seconds)
        _log.info("taken in: %s", ", ".join(f"{name} {value:.2f} s" for name, value in seconds.items()))

    def close(self) -> None:
        """Write down what is left."""
        if self._counts:
            self.keep()

    def keep(self) -> None:
        """Write down what was counted since the last time."""
        counts, self._counts, self._kept_at = self._counts, defaultdict(float), time.monotonic()
        try:
            with transaction(self._engine) as session:
                operations.add(session, counts)
        except StorageError as wrong:
            _log.warning("what was done could not be counted: %s", wrong)

    def _add(self, key: Key, value: float) -> None:
        self._counts[key] += value
        if time.monotonic() - self._kept_at > KEEP_SECONDS:
            self.keep()
