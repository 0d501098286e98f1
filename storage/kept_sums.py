"""What was read of the sums is kept in memory until they are folded again.

Sums change only when changes are folded into them (`storage.sums`, `storage.course_sums`), after many calls; until then what
a page reads of them stays what it was, and only the changes are to be looked at anew. Whoever writes sums gives them another
stamp in the same transaction (`renew`). A reader sees the stamp as of the same moment as sums and changes, and finds under
it what somebody who may see the same teams has read before; under a stamp that no database has, nothing is found.

What is kept is what the sums say: numbers of teams, agents and versions by their ids, and the names of queues. It is at most
`MOST_BYTES` in each process; what was asked for least lately goes first.
"""

import threading
from collections import OrderedDict
from collections.abc import Hashable
from enum import StrEnum
from typing import Any, cast
from uuid import uuid4

from sqlalchemy import Connection, Table, select
from sqlalchemy.dialects import postgresql, sqlite

from storage.cells import Words
from storage.sum_tables import SumStampRow

MOST_BYTES = 96_000_000
"""What pages first open with takes a tenth of that with 100,000 conversations of 500 agents."""

_OVERHEAD = 2_000
"""What each thing that is kept takes beside its arrays, about."""


class Sums(StrEnum):
    """Which sums there are."""

    CALLS = "calls"
    COURSES = "courses"


class Kept:
    """What was read of sums under one stamp, with the numbers of the words that it goes by."""

    def __init__(self) -> None:
        self.words = Words()
        self._read: OrderedDict[Hashable, tuple[Any, int]] = OrderedDict()

    def find(self, key: Hashable) -> tuple[Any] | None:
        """What is kept under this key, by itself in a tuple; None where nothing is. It is the same for everybody who asks,
        and must not be changed."""
        with _LOCK:
            found = self._read.get(key)
            if found is None:
                return None
            self._read.move_to_end(key)
            return (found[0],)

    def keep(self, key: Hashable, value: object, size: int) -> None:
        """Keep that, of so many bytes, under a key that says all that it depends on but the sums."""
        with _LOCK:
            self._read[key] = (value, size + _OVERHEAD)
            _leave_room()

    def size(self) -> int:
        """How many bytes it takes, about."""
        return sum(size for _, size in self._read.values())

    def drop_one(self) -> bool:
        """Forget what was asked for least lately; whether there was anything."""
        if self._read:
            self._read.popitem(last=False)
            return True
        return False


_LOCK = threading.Lock()
_kept: OrderedDict[str, Kept] = OrderedDict()


def kept_of(connection: Connection, sums: Sums) -> Kept:
    """What was read of these sums as they stand in this transaction."""
    stamp = connection.scalar(select(SumStampRow.stamp).where(SumStampRow.sums == sums))
    if stamp is None:  # nothing was ever folded
        return Kept()
    with _LOCK:
        found = _kept.setdefault(stamp, Kept())
        _kept.move_to_end(stamp)
        return found


def renew(connection: Connection, sums: Sums) -> None:
    """Give these sums another stamp, as they were changed in this transaction."""
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    put = dialect.insert(cast("Table", SumStampRow.__table__)).values(sums=sums, stamp=uuid4().hex)
    connection.execute(put.on_conflict_do_update(index_elements=["sums"], set_={"stamp": put.excluded.stamp}))


def forget() -> None:
    """Forget all that is kept in this process."""
    with _LOCK:
        _kept.clear()


def _leave_room() -> None:
    """Forget what was asked for least lately, beginning with sums as they were, until the rest is small enough."""
    while sum(kept.size() for kept in _kept.values()) > MOST_BYTES:
        oldest = next(iter(_kept))
        if not _kept[oldest].drop_one():
            del _kept[oldest]
