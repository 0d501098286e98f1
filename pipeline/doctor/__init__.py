"""What is wrong with this installation, and what helps?

Every check only looks: nothing is migrated, loaded or sent, and nothing made but what models keep in the cache. One file a
group of checks, each a function that gives a `Finding` for whatever is not as it should be and nothing where all is well.
`examine` asks all of them, for the command line; `lacking` asks the few on which it depends whether calls can be served and
taken in, for a load balancer.
"""

import math
import time
from collections.abc import Callable, Iterator
from threading import Lock

from sqlalchemy import Engine

from errors import AttuneError, SettingsError
from pipeline.doctor import database, machine, places
from pipeline.doctor.finding import Finding, Level, wrong
from settings import settings
from storage.database import as_it_is

LOOK_SECONDS = 5.0

Check = Callable[[], Iterator[Finding]]


def examine(*, ask_provider: bool = False) -> Iterator[Finding]:
    """Everything that is not as it should be. A check that fails itself is a finding.

    ask_provider: also whether the provider of sign-in answers, over the network.
    """
    try:
        settings()
    except SettingsError as unreadable:
        yield wrong(
            "settings", str(unreadable), "Correct these in the environment or in attune.env; docs/quickstart.md lists them."
        )
        return
    for check in (
        machine.packages,
        machine.models,
        machine.workers,
        places.home,
        places.keys,
        places.secrets,
        database.reachable,
    ):
        yield from _asked(check)
    try:
        engine = as_it_is(settings().url)
    except AttuneError:
        engine = None  # which `database.reachable` has said
    if engine is not None:
        try:
            for question in (
                database.settled,
                database.clock,
                database.queue,
                database.webhooks,
                database.words,
                places.recordings,
                places.room,
            ):
                yield from _asked(question, engine)
        finally:
            engine.dispose()
    yield from _asked(machine.port)
    if ask_provider:
        yield from _asked(machine.provider)


class Readiness:
    """What is lacking, looked at no more often than every few seconds, however many ask."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._lock = Lock()
        self._looked, self._lacking = -math.inf, tuple[str, ...]()

    def lacking(self) -> tuple[str, ...]:
        """As `lacking` below, at most `LOOK_SECONDS` old."""
        with self._lock:
            if time.monotonic() - self._looked >= LOOK_SECONDS:
                self._lacking, self._looked = lacking(self._engine), time.monotonic()
            return self._lacking


def lacking(engine: Engine) -> tuple[str, ...]:
    """Of `database`, `store`, `models` and `worker`, what is not ready; nothing more, as strangers may ask."""
    asked: dict[str, Check] = {
        "database": lambda: database.settled(engine),
        "store": places.home,
        "models": machine.models,
        "worker": lambda: database.worker(engine),
    }
    return tuple(name for name, check in asked.items() if any(one.level is Level.WRONG for one in _asked(check)))


def _asked(check: Callable[..., Iterator[Finding]], *given: object) -> list[Finding]:
    name = check.__name__.strip("<>")
    try:
        return list(check(*given))
    except AttuneError as failed:
        return [wrong(name, f"This could not be looked at: {failed}", "Look into what the sentence names, then ask again.")]
    except OSError as failed:
        return [wrong(name, f"This could not be looked at: {failed}.", "Look into what the sentence names, then ask again.")]
