"""What is done while the database or the store of recordings is away, locked or full?

It is waited for, longer each time (the pauses are tenacity's), and said why; what was worked out meanwhile is not lost.
"""

import logging
from collections.abc import Callable
from threading import Event
from typing import TypeVar

from tenacity import RetryCallState, Retrying, retry_if_exception_type, sleep_using_event
from tenacity.wait import wait_exponential

from errors import AttuneError, Unavailable

_log = logging.getLogger(__name__)

T = TypeVar("T")

FIRST_SECONDS, LONGEST_SECONDS = 0.5, 30.0
"""The first pause, and the longest."""


class Patience:
    """Calls what may be out of reach until it is there again.

    stop: once set it is not waited for any longer. seconds: how long is waited in all, over everything that is called;
    None is for as long as it takes. say: told what is waited for, and with an empty text that it is there again.
    """

    def __init__(self, stop: Event, seconds: float | None = None, say: Callable[[str], None] = lambda words: None) -> None:
        self._stop, self._left, self._say = stop, seconds, say

    def __call__(self, what: Callable[[], T]) -> T:
        """What it gives. Raises Unavailable where it was not to be had in time, and whatever else it raises at once."""
        tries = Retrying(
            retry=retry_if_exception_type(Unavailable),
            wait=wait_exponential(FIRST_SECONDS, LONGEST_SECONDS),
            stop=self._is_over,
            before_sleep=self._waits,
            sleep=sleep_using_event(self._stop),
            reraise=True,
        )
        given = tries(what)
        if tries.statistics["attempt_number"] > 1:
            _log.warning("What was out of reach is there again; the work goes on.")
            self._tell("")
        return given

    def _is_over(self, state: RetryCallState) -> bool:
        return self._stop.is_set() or (self._left is not None and self._left <= 0)

    def _waits(self, state: RetryCallState) -> None:
        if self._left is not None:
            self._left -= state.upcoming_sleep
        wrong = str(state.outcome.exception()) if state.outcome else ""
        _log.warning("%s It is tried again in %.0f seconds; nothing is lost.", wrong, max(1, state.upcoming_sleep))
        self._tell(wrong)

    def _tell(self, words: str) -> None:
        try:
            self._say(words)
        except AttuneError:  # it is told through the database, which may be what is away
            _log.debug("what is waited for could not be told", exc_info=True)
