"""How long does each stage of a call's way take, and what sort of failure ends it?"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from errors import AttuneError

_running: ContextVar[dict[str, float] | None] = ContextVar("stages", default=None)


@contextmanager
def timed() -> Iterator[dict[str, float]]:
    """The seconds of each stage that runs within this, in this thread."""
    seconds: dict[str, float] = {}
    token = _running.set(seconds)
    try:
        yield seconds
    finally:
        _running.reset(token)


@contextmanager
def stage(name: str) -> Iterator[None]:
    """This is such a stage."""
    began = time.perf_counter()
    try:
        yield
    finally:
        seconds = _running.get()
        if seconds is not None:
            seconds[name] = seconds.get(name, 0.0) + time.perf_counter() - began


def kind_of(wrong: AttuneError) -> str:
    """What sort of failure it is, in one word that says nothing of the call: `recording`, `model`, `storage`, …"""
    return type(wrong).__name__.removesuffix("Error").lower()


DIED = "died"
"""The kind of failure of a call that ended the process which worked on it."""
