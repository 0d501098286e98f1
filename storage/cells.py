"""What do calls come to, added up by day, team, queue, kind and agent, and by the scorecard's version that judged them?

Everything is added up in whole numbers (calls, hundredths of a total, millionths of a point, milliseconds), so that a sum is
the same to the last digit in whatever order and by whatever steps it came about, with some taken away again.
"""

import threading
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from errors import StorageError
from storage.packed import ANSWER, TOTAL, VERDICTS, unpack
from storage.tables import CallKind

Numbers = NDArray[np.int64]
"""Of answers as they are read also shorter ones; what was `added` is of this type."""

Rows = Sequence[Sequence[int]] | Numbers
"""Numbers by row, as they may be handed over."""

DAY, TEAM, QUEUE, KIND, AGENT = range(5)
"""The columns of `Cells.keys`."""

HEADS = ("calls", "scored", "passed", "failed", "unsure", "total", "length")
"""The columns of `Cells.heads`: calls, those with a total, those that passed, that something failed, that wait for a person,
the totals together in hundredths, and how long the calls were together in milliseconds."""

WIDTH = len(VERDICTS) + 2
"""Numbers for each question: how often each verdict was given, the points, and how many answers count."""

MILLIONTHS = 1_000_000
"""Points are added up in millionths."""

ALL_CALLS = 0
"""In the place of a version's id: every call, judged or not."""

DAMAGED = "What pages count from does not fit its scorecard; run `cli.py recount` to make it anew."


@dataclass(frozen=True, eq=False)
class Cells:
    """Calls that one version judged, added up: a row for each group of them.

    keys: the first day of the group's time (its ordinal), team and agent by their ids (0 where there is none), queue and
    kind by their numbers in `Words`. heads: as in `HEADS`. answers: `WIDTH` numbers a question, one question after the
    other; no column for `ALL_CALLS`.
    """

    keys: Numbers
    heads: Numbers
    answers: Numbers

    def __len__(self) -> int:
        return len(self.keys)

    @property
    def nbytes(self) -> int:
        """How many bytes the numbers take."""
        return self.keys.nbytes + self.heads.nbytes + self.answers.nbytes

    def for_good(self) -> "Cells":
        """The same, with numbers that nobody can change any more."""
        for numbers in (self.keys, self.heads, self.answers):
            numbers.flags.writeable = False
        return self


class Words:
    """Numbers for the words that keys are made of; several threads may ask for them."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}
        self._words: list[str] = []
        self._lock = threading.Lock()

    def number(self, word: str) -> int:
        """The word's number, a new one where it has none."""
        found = self._numbers.get(word)
        if found is not None:
            return found
        with self._lock:
            if word not in self._numbers:
                self._words.append(str(word))
                self._numbers[word] = len(self._words) - 1
            return self._numbers[word]

    def word(self, number: int) -> str:
        """The word of a number."""
        return self._words[number]


class Counted(NamedTuple):
    """A call as it counts, or with -1 for its `sign` as it is taken away again. The rest is as in `calls`, and as
    `storage.tally_tables.TallyRow` has it."""

    sign: int
    started_at: datetime
    agent_id: int | None
    team_id: int | None
    queue: str
    kind: CallKind
    length: int
    versions: str
    packed: bytes
    totals: bytes


def of_calls(rows: Sequence[Counted], questions: Mapping[int, int], words: Words, answers: bool = True) -> dict[int, Cells]:
    """What these calls come to, by the version that judged them and `ALL_CALLS`, a row a call.

    questions: how many each version has. answers: with them. Raises StorageError where a value does not fit its versions.
    """
    alike: dict[str, list[Counted]] = defaultdict(list)
    for row in rows:
        alike[row.versions].append(row)
    parts: dict[int, list[Cells]] = defaultdict(list)
    for judged_by, own in alike.items():
        judges = [int(id_) for id_ in judged_by.split(",") if id_]
        for version_id, cells in _of_alike(own, judges, questions, words, answers):
            parts[version_id].append(cells)
    return {version_id: put_together(cells) for version_id, cells in parts.items()}


def _of_alike(
    rows: Sequence[Counted], version_ids: Sequence[int], questions: Mapping[int, int], words: Words, with_answers: bool
) -> Iterable[tuple[int, Cells]]:
    """Version by version, of calls that the same versions judged."""
    try:
        widths = [questions[version_id] for version_id in version_ids]
    except KeyError as unknown:
        raise StorageError(DAMAGED) from unknown
    if {len(row.packed) for row in rows} != {sum(widths) * ANSWER.itemsize}:
        raise StorageError(DAMAGED)
    if {len(row.totals) for row in rows} != {len(widths) * TOTAL.itemsize}:
        raise StorageError(DAMAGED)
    keys = np.array(
        [
            (
                row.started_at.toordinal(),
                row.team_id or 0,
                words.number(row.queue),
                words.number(row.kind),
                row.agent_id or 0,
            )
            for row in rows
        ],
        np.int64,
    )
    sign = np.array([row.sign for row in rows], np.int64)
    length = sign * np.array([row.length for row in rows], np.int64)
    totals = np.frombuffer(b"".join(row.totals for row in rows), TOTAL).reshape(len(rows), -1)
    never = np.zeros_like(sign)
    some = [sign * totals[name].any(axis=1) for name in ("scored", "failed", "unsure")]
    heads = np.column_stack([sign, some[0], never, some[1], some[2], never, length])
    yield ALL_CALLS, Cells(keys, heads, np.empty((len(rows), 0), np.int64))
    if not version_ids:
        return
    given = unpack(b"".join(row.packed for row in rows), sum(widths))
    for place, (version_id, own) in enumerate(
        zip(version_ids, np.split(given, np.cumsum(widths)[:-1], axis=1), strict=True)
    ):
        came_to = [
            totals[name][:, place].astype(np.int64) for name in ("scored", "passed", "failed", "unsure", "hundredths")
        ]
        heads = np.column_stack([sign, *(sign * column for column in came_to), length])
        if not with_answers:
            yield version_id, Cells(keys, heads, np.empty((len(rows), 0), np.int64))
            continue
        answers = np.empty((*own.shape, WIDTH), np.int64)
        answers[:, :, :-2] = own["verdict"][:, :, None] == np.arange(len(VERDICTS))
        answers[:, :, -2] = np.rint(MILLIONTHS * np.fmax(own["points"], 0.0))  # NaN, where nothing counts, earns nothing
        answers[:, :, -1] = ~np.isnan(own["points"])
        answers *= sign[:, None, None]
        yield version_id, Cells(keys, heads, answers.reshape(len(rows), -1))


def put_together(parts: Sequence[Cells]) -> Cells:
    """The rows of all of them, one after the other."""
    if len(parts) == 1:
        return parts[0]
    return Cells(
        np.concatenate([part.keys for part in parts]),
        np.concatenate([part.heads for part in parts]),
        np.concatenate([part.answers for part in parts]),
    )


def added(cells: Cells) -> Cells:
    """Rows with the same keys added up, in the order of the keys; those that come to nothing at all are left out."""
    if not len(cells):
        return Cells(cells.keys, cells.heads.astype(np.int64), cells.answers.astype(np.int64))
    keys, heads, answers = cells.keys, cells.heads, cells.answers
    if np.any(keys != keys[0]):
        order = np.lexsort(keys.T[::-1])
        if np.any(np.diff(order) != 1):  # as sums are read, they are often in order
            keys, heads, answers = keys[order], heads[order], answers[order]
        starts = np.flatnonzero(np.append(True, np.any(keys[1:] != keys[:-1], axis=1)))
    else:
        starts = np.zeros(1, np.intp)
    heads = np.add.reduceat(heads, starts, axis=0, dtype=np.int64)
    answers = np.add.reduceat(answers, starts, axis=0, dtype=np.int64)
    there = heads.any(axis=1) | answers.any(axis=1)
    return Cells(keys[starts][there], heads[there], answers[there])


# As they lie in a row of `call_sums`

_AGENT = np.dtype([("agent", "<i8"), ("heads", "<i8", (len(HEADS),))])
_SHORT, _LONG = np.dtype("<u4"), np.dtype("<i8")


class Written(NamedTuple):
    """A group's cells, all of one day, team, queue, kind and version, as `SumRow` has them."""

    calls: int
    scored: int
    passed: int
    failed: int
    unsure: int
    total: int
    length: int
    long: bool
    together: bytes
    agents: bytes
    answers: bytes


def written(cells: Cells) -> Written:
    """Cells that were `added` and differ in their agents alone. The same cells are always written alike."""
    heads, answers = cells.heads, cells.answers
    agents = np.empty(len(cells), _AGENT)
    agents["agent"], agents["heads"] = cells.keys[:, AGENT], heads
    long = bool(answers.size) and (answers.min() < 0 or answers.max() > np.iinfo(_SHORT).max)
    together = answers.sum(axis=0, dtype=np.int64).astype(_LONG).tobytes()
    calls, scored, passed, failed, unsure, total, length = (int(figure) for figure in heads.sum(axis=0, dtype=np.int64))
    return Written(
        calls,
        scored,
        passed,
        failed,
        unsure,
        total,
        length,
        bool(long),
        together,
        agents.tobytes(),
        answers.astype(_LONG if long else _SHORT).tobytes(),
    )


def read_agents(
    keys: Rows,
    agents: Sequence[bytes],
    answers: Sequence[bytes] | None,
    questions: int,
    long: bool,
) -> Cells:
    """The cells of rows of one version, agent by agent; without their answers where those are None.

    Raises StorageError where they do not fit each other, or the version.
    """
    if any(len(own) % _AGENT.itemsize for own in agents):
        raise StorageError(DAMAGED)
    every = np.frombuffer(b"".join(agents), _AGENT)
    numbers = np.repeat(_keys(keys), [len(own) // _AGENT.itemsize for own in agents], axis=0)
    numbers[:, AGENT] = every["agent"]
    if answers is None:
        return Cells(numbers, every["heads"], np.empty((len(every), 0), np.int64))
    kind = _LONG if long else _SHORT
    own = questions * WIDTH * kind.itemsize
    if any(len(a) // _AGENT.itemsize * own != len(b) for a, b in zip(agents, answers, strict=True)):
        raise StorageError(DAMAGED)
    read: NDArray[Any] = np.frombuffer(b"".join(answers), kind).reshape(len(every), -1)
    return Cells(numbers, every["heads"], read)


def read_together(
    keys: Rows,
    heads: Rows,
    together: Sequence[bytes] | None,
    questions: int,
) -> Cells:
    """The cells of rows of one version, all agents of a row together. Raises StorageError where one does not fit it."""
    figures = np.array(heads, np.int64).reshape(-1, len(HEADS))
    if together is None:
        return Cells(_keys(keys), figures, np.empty((len(figures), 0), np.int64))
    if any(len(own) != questions * WIDTH * _LONG.itemsize for own in together):
        raise StorageError(DAMAGED)
    return Cells(_keys(keys), figures, np.frombuffer(b"".join(together), _LONG).reshape(len(figures), -1))


def _keys(keys: Rows) -> NDArray[np.int64]:
    """Day, team, queue and kind of each row, and a column for the agent."""
    numbers = np.zeros((len(keys), AGENT + 1), np.int64)
    numbers[:, :AGENT] = np.array(keys, np.int64).reshape(-1, AGENT)
    return numbers
