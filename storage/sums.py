"""How are sums by day kept right while calls are stored, corrected, judged again, moved and removed?

What a call counts for is its row of `call_tallies` under what `calls` says of it. Whoever changes either writes down, in the
same transaction, what is taken away and what is added (`change`); rows are only ever added, so that writers never wait for
one another. Every `FOLD_AT` of them are folded into the sums by whoever wrote the last one: by day, by week, and by four
weeks, so that a quarter is read from a dozen stretches. A reader sees the sums and the changes as of one moment, and adds
both (`storage.queries.summed`).

Because everything is in whole numbers, what is folded is what counting anew gives, byte for byte; `remake` does that, finds
what differs, and mends it.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, NamedTuple, TypeVar, cast

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import (
    ColumnElement,
    Connection,
    Table,
    and_,
    delete,
    func,
    insert,
    literal,
    select,
    text,
    tuple_,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from errors import StorageError
from storage import statistics
from storage.cells import (
    ALL_CALLS,
    DAY,
    KIND,
    QUEUE,
    TEAM,
    Cells,
    Counted,
    Words,
    Written,
    added,
    of_calls,
    put_together,
    read_agents,
    written,
)
from storage.kept_sums import Sums, renew
from storage.sum_tables import SumChangeRow, SumRow
from storage.tables import CallRow, ScorecardVersionRow
from storage.tally_tables import TallyRow

LEVELS = (1, 7, 28)
"""How many days are summed together. Weeks begin on Monday, and four of them together where their number is a multiple."""

FOLD_AT = 1_000
"""So many changes are folded together; a reader adds up as many by itself at most, and those that are being written."""

_LOCK = 0x53756D73
"""Key of the PostgreSQL advisory lock that whoever folds holds: `Sums` in ASCII."""

_AT_ONCE = 200
"""Rows of the sums that are looked up together."""

_CALLS_AT_ONCE = 5_000
"""Calls that are in memory together when the sums are made anew."""

# What `storage.cells.Counted` is made of, as it is written down, and as it is asked of the calls.
CHANGE = (
    SumChangeRow.sign,
    SumChangeRow.started_at,
    SumChangeRow.agent_id,
    SumChangeRow.team_id,
    SumChangeRow.queue,
    SumChangeRow.kind,
    SumChangeRow.length,
    SumChangeRow.versions,
    SumChangeRow.packed,
    SumChangeRow.totals,
)
COUNTS = (
    CallRow.started_at,
    CallRow.agent_id,
    CallRow.team_id,
    CallRow.queue,
    CallRow.kind,
    TallyRow.length,
    TallyRow.versions,
    TallyRow.packed,
    TallyRow.totals,
)


_Day = TypeVar("_Day", int, NDArray[np.int64])


class Remade(NamedTuple):
    """How many sums there are, and how many were missing, wrong or too many."""

    sums: int
    mended: int


class Card(NamedTuple):
    """Which scorecard a version is of, and of each of its questions, in order, whether it is a bonus."""

    scorecard: str
    bonus: Mapping[str, bool]


def cards_of(connection: Connection) -> dict[int, Card]:
    """Every version of every scorecard, by its id."""
    rows = connection.execute(select(ScorecardVersionRow.id, ScorecardVersionRow.scorecard, ScorecardVersionRow.definition))
    return {
        id_: Card(
            card, {asked["id"]: asked.get("bonus", False) for part in sections["sections"] for asked in part["criteria"]}
        )
        for id_, card, sections in rows
    }


def questions_of(cards: Mapping[int, Card]) -> dict[int, int]:
    """How many questions each version has, and `ALL_CALLS` none."""
    return {ALL_CALLS: 0, **{id_: len(card.bonus) for id_, card in cards.items()}}


def first_of(day: _Day, days: int) -> _Day:
    """The first day of the stretch that a day lies in, both as ordinals; day 1, the first of the year 1, is a Monday."""
    return day - (day - 1) % days


class Stretches(NamedTuple):
    """Stretches of so many days, one after the other: when the first and the last of them begins."""

    days: int
    first: date
    last: date


def whole_stretches(first: date, last: date, longest: int = LEVELS[-1]) -> list[Stretches]:
    """The fewest stretches that make up these days, both included; at most five rows of them, however long the time is."""
    found = []
    day, end = first.toordinal(), last.toordinal() + 1
    while day < end:
        days = next(n for n in reversed(LEVELS) if n == 1 or (n <= longest and first_of(day, n) == day and day + n <= end))
        until = end - (end - day) % days
        for longer in (n for n in LEVELS if days < n <= longest):
            begins = first_of(day - 1, longer) + longer
            if begins + longer <= end:
                until = min(until, begins)
        found.append(Stretches(days, date.fromordinal(day), date.fromordinal(until - days)))
        day = until
    return found


def change(session: Session, which: ColumnElement[bool], sign: int) -> None:
    """Write down that the calls of this condition, as they count now, are added (1), or taken away (-1).

    Raises nothing where the sums cannot be folded, which readers are told.
    """
    counted = select(literal(sign), *COUNTS).join(TallyRow, TallyRow.call_id == CallRow.id).where(which)
    names = [column.key for column in CHANGE]
    ids = session.scalars(insert(SumChangeRow).from_select(names, counted).returning(SumChangeRow.id)).all()
    if any(id_ % FOLD_AT == 0 for id_ in ids):
        fold(session)
        statistics.learn(session.connection())


def fold(session: Session) -> int:
    """Add the changes that are there to the sums; how many. None where somebody else is about it, or a sum is damaged."""
    connection = session.connection()
    if connection.dialect.name == "postgresql":
        mine = connection.execute(text("SELECT pg_try_advisory_xact_lock(:key)"), {"key": _LOCK}).scalar_one()
        if not mine:
            return 0
    rows = connection.execute(select(SumChangeRow.id, *CHANGE)).all()
    words, questions = Words(), questions_of(cards_of(connection))
    try:
        changed = of_calls([Counted(*row[1:]) for row in rows], questions, words)
        sums = {key: own for days in LEVELS for key, own in _groups(changed, days, words)}
        rewritten = {key: _sum_of(own) for key, own in _with_stored(connection, sums, questions, words)}
    except StorageError:
        return 0
    _write(connection, rewritten)
    renew(connection, Sums.CALLS)
    ids = [row[0] for row in rows]
    for first in range(0, len(ids), FOLD_AT):
        connection.execute(delete(SumChangeRow).where(SumChangeRow.id.in_(ids[first : first + FOLD_AT])))
    return len(rows)


def remake(connection: Connection) -> Remade:
    """Make every sum anew from the values of the calls, and mend what is missing or differs.

    Nobody may change a value meanwhile: whoever calls it sees to that (`storage.tallies.recount`), and gives the sums
    another stamp (`storage.kept_sums.renew`), which a migration cannot that comes before there were any.
    """
    connection.execute(delete(SumChangeRow))
    questions = questions_of(cards_of(connection))
    sums = mended = 0
    longest = LEVELS[-1]
    for first in _stretches(connection):
        longer: dict[int, list[Cells]] = defaultdict(list)
        words, found = Words(), Remade(0, 0)
        for day in range(first, first + longest):
            of_day = _of_day(connection, day, questions, words)
            for version_id, own in of_day.items():
                longer[version_id].append(own)
            found = _mend(connection, day, day + 1, (LEVELS[0],), of_day, words)
            sums, mended = sums + found.sums, mended + found.mended
        whole = {version_id: put_together(own) for version_id, own in longer.items()}
        found = _mend(connection, first, first + longest, LEVELS[1:], whole, words)
        sums, mended = sums + found.sums, mended + found.mended
    return Remade(sums, mended)


_Key = tuple[int, date, int, str, str, int]
"""The primary key of a sum."""


def _groups(cells: Mapping[int, Cells], days: int, words: Words) -> Iterator[tuple[_Key, Cells]]:
    """The cells of each sum of stretches of so many days."""
    for version_id, own in cells.items():
        keys = own.keys.copy()
        keys[:, DAY] -= (keys[:, DAY] - 1) % days
        group = added(Cells(keys, own.heads, own.answers))
        if not len(group):
            continue
        starts = np.flatnonzero(np.append(True, np.any(group.keys[1:, : KIND + 1] != group.keys[:-1, : KIND + 1], axis=1)))
        for start, end in zip(starts, [*starts[1:], len(group)], strict=True):
            day, team, queue, kind = (int(group.keys[start, column]) for column in (DAY, TEAM, QUEUE, KIND))
            key = (days, date.fromordinal(day), team, words.word(queue), words.word(kind), version_id)
            yield key, Cells(group.keys[start:end], group.heads[start:end], group.answers[start:end])


def _with_stored(
    connection: Connection, changed: Mapping[_Key, Cells], questions: Mapping[int, int], words: Words
) -> Iterator[tuple[_Key, Cells]]:
    """What is to be added to each sum, with what is in it already."""
    keys = list(changed)
    for first in range(0, len(keys), _AT_ONCE):
        some = keys[first : first + _AT_ONCE]
        stored = {row[:6]: row[6:] for row in connection.execute(_SUMS.where(_KEY.in_(some)))}
        for key in some:
            if key not in stored:
                yield key, changed[key]
                continue
            long, agents, answers = stored[key][7], stored[key][9], stored[key][10]
            place = (key[1].toordinal(), key[2], words.number(key[3]), words.number(key[4]))
            before = read_agents([place], [agents], [answers], questions.get(key[5], -1), long)
            yield key, added(put_together([before, changed[key]]))


def _sum_of(cells: Cells) -> Written | None:
    """None where nothing is left."""
    return written(cells) if len(cells) else None


_TABLE = cast("Table", SumRow.__table__)
_KEY_COLUMNS = tuple(_TABLE.primary_key.columns)
_KEY = tuple_(*_KEY_COLUMNS)
_FIGURES = tuple(_TABLE.c[name] for name in Written._fields)
_SUMS = select(*_KEY_COLUMNS, *_FIGURES)


def _write(connection: Connection, sums: Mapping[_Key, Written | None]) -> None:
    """Put these sums in the place of those that were there; None leaves none."""
    kept = [dict(zip((c.name for c in _KEY_COLUMNS), key, strict=True)) | own._asdict() for key, own in sums.items() if own]
    if kept:
        dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
        put = dialect.insert(_TABLE)
        again = {column.name: put.excluded[column.name] for column in _FIGURES}
        connection.execute(put.on_conflict_do_update(index_elements=_KEY_COLUMNS, set_=again), kept)
    gone = [key for key, own in sums.items() if own is None]
    for first in range(0, len(gone), _AT_ONCE):
        connection.execute(delete(_TABLE).where(_KEY.in_(gone[first : first + _AT_ONCE])))


def _mend(
    connection: Connection, first: int, end: int, levels: Sequence[int], cells: Mapping[int, Cells], words: Words
) -> Remade:
    """Hold the sums of these levels that begin on these days to these cells; write what differs."""
    between = and_(_TABLE.c.first_day >= date.fromordinal(first), _TABLE.c.first_day < date.fromordinal(end))
    stored: dict[_Key, Any] = {
        row[:6]: row[6:] for row in connection.execute(_SUMS.where(between, _TABLE.c.days.in_(levels)))
    }
    right = {key: written(own) for days in levels for key, own in _groups(cells, days, words)}
    wrong: dict[_Key, Written | None] = {key: own for key, own in right.items() if stored.get(key) != own}
    wrong.update((key, None) for key in stored if key not in right)
    _write(connection, wrong)
    return Remade(len(right), len(wrong))


def _stretches(connection: Connection) -> Iterable[int]:
    """The first days of the longest stretches in which there are calls, or sums. One call with a date of long ago, or of a
    time to come, does not make those between be looked through."""
    day = 1
    while day <= date.max.toordinal():
        since = date.fromordinal(day)
        began = CallRow.started_at >= datetime.combine(since, time(), UTC)
        ends = [
            connection.scalar(select(func.min(CallRow.started_at)).where(began)),
            *(
                connection.scalar(
                    select(func.min(_TABLE.c.first_day)).where(_TABLE.c.days == days, _TABLE.c.first_day >= since)
                )
                for days in LEVELS
            ),
        ]
        there = [end.toordinal() for end in ends if end is not None]
        if not there:
            return
        yield first_of(min(there), LEVELS[-1])
        day = first_of(min(there), LEVELS[-1]) + LEVELS[-1]


def _of_day(connection: Connection, day: int, questions: Mapping[int, int], words: Words) -> dict[int, Cells]:
    """What the calls of a day come to, added up."""
    midnight = datetime.combine(date.fromordinal(day), time(), UTC)
    of_day = (
        select(literal(1), *COUNTS)
        .join(TallyRow, TallyRow.call_id == CallRow.id)
        .where(CallRow.started_at >= midnight, CallRow.started_at < midnight + timedelta(days=1))
        .execution_options(yield_per=_CALLS_AT_ONCE)
    )
    parts: dict[int, list[Cells]] = defaultdict(list)
    for some in connection.execute(of_day).partitions():
        for version_id, cells in of_calls([Counted(*tuple(row)) for row in some], questions, words).items():
            parts[version_id].append(added(cells))
    return {version_id: added(put_together(own)) for version_id, own in parts.items()}
