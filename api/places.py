"""How much costly work may one person have done for them at once, and all of them together?

Threads are few, and the sign-in and every page need them too. Work that may take long has threads of its own here: so many
for everybody, fewer for one person, the rest waits its turn, and who asks for still more is told to come back. What two
people ask for alike is done once: the second waits for the first.
"""

from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from threading import Lock
from typing import TypeVar

from anyio import CapacityLimiter, to_thread

Result = TypeVar("Result")

THREADS = 8
"""Of everybody's work at once."""

EACH = 2
"""Of one person's work at once: the sound and the picture of a call."""

MOST_EACH = 12
"""What one person may have under way or waiting: the calls of six open pages."""

MOST = 120
"""What everybody may have under way or waiting."""

COME_BACK_SECONDS = 5
"""When whoever is sent away may try again: most recordings are converted in less."""


class Crowded(Exception):
    """There is no place; `mine` says that whoever asks takes them all themselves."""

    def __init__(self, mine: bool) -> None:
        super().__init__(mine)
        self.mine = mine


class Places:
    """The threads for one kind of costly work, and who has them; asked within one event loop."""

    def __init__(self) -> None:
        self._threads = CapacityLimiter(THREADS)
        self._people: dict[Hashable, CapacityLimiter] = {}
        self._asked: dict[Hashable, int] = {}

    async def run(self, person: Hashable, work: Callable[[], Result]) -> Result:
        """What `work` gives, done in a thread once it is this person's turn. Raises Crowded, and what `work` raises."""
        if self._asked.get(person, 0) >= MOST_EACH:
            raise Crowded(mine=True)
        if sum(self._asked.values()) >= MOST:
            raise Crowded(mine=False)
        self._asked[person] = self._asked.get(person, 0) + 1
        try:
            async with self._people.setdefault(person, CapacityLimiter(EACH)):
                return await to_thread.run_sync(work, limiter=self._threads)
        finally:
            self._asked[person] -= 1
            if not self._asked[person]:
                del self._asked[person], self._people[person]


class OneAtATime:
    """Lets one thread in at a time for each key, and remembers only the keys that somebody is at."""

    def __init__(self) -> None:
        self._looking = Lock()
        self._locks: dict[Hashable, Lock] = {}
        self._there: dict[Hashable, int] = {}

    @contextmanager
    def holding(self, key: Hashable) -> Iterator[None]:
        """Wait until nobody else is at this, and be at it for the length of the block."""
        with self._looking:
            lock = self._locks.setdefault(key, Lock())
            self._there[key] = self._there.get(key, 0) + 1
        try:
            with lock:
                yield
        finally:
            with self._looking:
                self._there[key] -= 1
                if not self._there[key]:
                    del self._there[key], self._locks[key]
