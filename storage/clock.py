"""When did it happen, as far as what is written down says?

Whatever storage dates by itself (an answer, a correction, a step of a plan) is dated by this clock. It shows the present,
except within `at`, by which the demonstration tells of weeks that have gone by, as tests may. The record of who did what
(`storage.audit`) is never dated by it.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime

_told: ContextVar[datetime | None] = ContextVar("told", default=None)


def now() -> datetime:
    """The moment, in UTC."""
    return _told.get() or datetime.now(UTC)


@contextmanager
def at(moment: datetime) -> Iterator[None]:
    """What is written down within this, in this thread, happened at this moment. Raises ValueError without a time zone."""
    if moment.tzinfo is None:
        raise ValueError("The clock needs a moment with its time zone.")
    token = _told.set(moment.astimezone(UTC))
    try:
        yield
    finally:
        _told.reset(token)
