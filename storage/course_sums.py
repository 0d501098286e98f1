"""How are the sums that processes, sentiment and harm are counted from kept right, whatever happens to the calls?

Much can change what a call counts for: what it is about, when its customer was in touch before, whose team it was taken in.
Whoever changes such a thing writes down which calls it concerns, in the same transaction (`changed`), and no more than that;
rows are only ever added, so that writers never wait for one another. Every `FOLD_AT` of them are folded by whoever wrote the
last one: what a call counted for until then stands in `course_counts`; that is taken away, and what it counts for now is
added. A reader sees sums and changes as of one moment, and does the same for the calls that are yet to be folded
(`storage.queries.summed_courses`).

Days, weeks and four weeks are as in `storage.sums`. Everything is in whole numbers, so that what is folded is what counting
anew gives, byte for byte; `remake` does that, finds what differs, and mends it.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, NamedTuple, cast

import numpy as np
from sqlalchemy import (
    ColumnElement,
    Connection,
    Table,
    and_,
    delete,
    exists,
    func,
    insert,
    select,
    text,
    tuple_,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from errors import StorageError
from scoring.behaviours.judge import DOUBT
from scoring.course import HARMFUL
from storage.cells import AGENT, DAY, KIND, QUEUE, TEAM, Cells, Words, added, put_together
from storage.course_cells import (
    ABOUT,
    CHANNEL,
    FIGURES,
    NOTHING,
    OF_CALL,
    OWN_BYTES,
    SUBJECT,
    Part,
    Subject,
    Written,
    cells_of,
    own_bytes,
    own_figures,
    parts_of,
    read_part,
    written,
)
from storage.course_sum_tables import CourseChangeRow, CourseCountRow, CourseSubjectRow, CourseSumRow
from storage.course_tables import CourseRow, HarmRow
from storage.kept_sums import Sums, renew
from storage.reason_tables import CallReasonRow
from storage.sums import LEVELS, first_of
from storage.tables import CallRow, TranscriptRow
from storage.tally_tables import TallyRow

FOLD_AT = 1_000
"""So many changes are folded together; a reader looks at as many calls by itself at most, and at those being written."""

_LOCK = 0x436F7572
"""Key of the PostgreSQL advisory lock that whoever folds holds: `Cour` in ASCII."""

AT_ONCE = 500
"""Calls, sums and subjects that are looked up together."""


class Remade(NamedTuple):
    """How many sums there are; and how many of them, and of the calls' own values, were missing, wrong or too many."""

    sums: int
    mended: int


class Beside(NamedTuple):
    """What stands of a call beside its figures, as in `CourseCountRow`."""

    microsecond: int
    channel: str
    versions: str
    totals: bytes


class Valued(NamedTuple):
    """Calls with what they count for: a row of `cells` each. The subjects are numbers of a `Subjects`."""

    call_ids: Sequence[str]
    cells: Cells
    beside: Sequence[Beside]


class Subjects:
    """Numbers for what calls are about: those of `course_subjects`, and below 0 for what is not in there yet."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._numbers: dict[Subject, int] = {NOTHING: 0}

    def numbers(self, subjects: Sequence[Subject]) -> list[int]:
        """The number of each of them."""
        new = list(dict.fromkeys(one for one in subjects if one not in self._numbers))
        for first in range(0, len(new), AT_ONCE):
            named = tuple_(*_SUBJECT).in_(new[first : first + AT_ONCE])
            known = select(CourseSubjectRow.id, *_SUBJECT).where(named)
            self._numbers.update({Subject(*row[1:]): row[0] for row in self._connection.execute(known)})
        for one in new:
            self._numbers.setdefault(one, -len(self._numbers))
        return [self._numbers[one] for one in subjects]

    def keep(self) -> dict[int, int]:
        """Write down those that are not in the database; which number each of them has there."""
        unknown = {one: number for one, number in self._numbers.items() if number < 0}
        if not unknown:
            return {}
        self._connection.execute(insert(CourseSubjectRow), [one._asdict() for one in unknown])
        for one in unknown:
            del self._numbers[one]
        return dict(zip(unknown.values(), self.numbers(list(unknown)), strict=True))

    def words(self, numbers: Collection[int]) -> dict[int, Subject]:
        """What these numbers stand for."""
        found = {number: one for one, number in self._numbers.items() if number in numbers}
        every = select(CourseSubjectRow.id, *_SUBJECT)
        missing = sorted(set(numbers) - found.keys())
        if 0 < len(missing) <= AT_ONCE:
            every = every.where(CourseSubjectRow.id.in_(missing))
        if missing:
            found |= {row[0]: Subject(*row[1:]) for row in self._connection.execute(every)}
        return found


_SUBJECT = tuple(getattr(CourseSubjectRow, name) for name in Subject._fields)


def changed(session: Session, which: ColumnElement[bool]) -> None:
    """Write down that the calls of this condition may count for something else now. To be asked after the change.

    Raises nothing where the sums cannot be folded, which readers are told.
    """
    session.flush()
    marked = select(CallRow.id).where(which)
    ids = session.scalars(insert(CourseChangeRow).from_select(["call_id"], marked).returning(CourseChangeRow.id)).all()
    if any(id_ % FOLD_AT == 0 for id_ in ids):
        fold(session)


def fold(session: Session, *, wait: bool = False) -> int:
    """Bring the sums up to the changes that are there; how many. None where somebody else is about it and one does not
    `wait`, or a sum is damaged. Nobody else folds until the end of the transaction."""
    connection = session.connection()
    if wait:
        _alone(connection)
    elif connection.dialect.name == "postgresql":
        mine = connection.execute(text("SELECT pg_try_advisory_xact_lock(:key)"), {"key": _LOCK}).scalar_one()
        if not mine:
            return 0
    rows = connection.execute(select(CourseChangeRow.id, CourseChangeRow.call_id)).all()
    ids = sorted({row.call_id for row in rows})
    words, subjects = Words(), Subjects(connection)
    try:
        before = _stored_of(connection, words, ids)
        now = _kept(subjects, values_of(connection, words, subjects, ids))
        difference = put_together([_taken_away(before.cells), now.cells])
        rewritten: dict[_Key, Written | None] = {}
        for days in LEVELS:
            rewritten.update(_with_stored(connection, dict(_groups(difference, days, words)), words))
    except StorageError:
        return 0
    _write(connection, rewritten)
    renew(connection, Sums.COURSES)
    _put_values(connection, before, now, words)
    _forget_unused(connection, set(before.cells.keys[:, SUBJECT].tolist()))
    done = [row.id for row in rows]
    for first in range(0, len(done), AT_ONCE):
        connection.execute(delete(CourseChangeRow).where(CourseChangeRow.id.in_(done[first : first + AT_ONCE])))
    return len(rows)


def _alone(connection: Connection) -> None:
    """Wait until nobody else folds; SQLite has one writer at a time in any case."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})


def remake(connection: Connection) -> Remade:
    """Work out anew what every call counts for, and from that every sum, and mend what is missing or differs. Whoever calls
    it gives the sums another stamp (`storage.kept_sums.renew`), which a migration before there were any cannot."""
    _alone(connection)
    pending = {row.id: row.call_id for row in connection.execute(select(CourseChangeRow.id, CourseChangeRow.call_id))}
    mended = 0
    last = ""
    while ids := connection.scalars(select(CallRow.id).where(CallRow.id > last).order_by(CallRow.id).limit(AT_ONCE)).all():
        last = ids[-1]
        mended += _remake_values(connection, ids, set(pending.values()))
    for first in range(0, len(done := list(pending)), AT_ONCE):
        connection.execute(delete(CourseChangeRow).where(CourseChangeRow.id.in_(done[first : first + AT_ONCE])))
    sums = 0
    longest = LEVELS[-1]
    for first in _stretches(connection):
        words = Words()
        by_day = []
        for day in range(first, first + longest):
            of_day = _values_of_day(connection, day, words)
            by_day.append(of_day)
            found = _mend(connection, day, day + 1, LEVELS[:1], of_day, words)
            sums, mended = sums + found.sums, mended + found.mended
        found = _mend(connection, first, first + longest, LEVELS[1:], put_together(by_day), words)
        sums, mended = sums + found.sums, mended + found.mended
    used = exists().where(CourseCountRow.subject_id == CourseSubjectRow.id)
    connection.execute(delete(CourseSubjectRow).where(~used))
    return Remade(sums, mended)


def forget_given(session: Session, call_ids: Sequence[str]) -> None:
    """Forget the words that were given as the reason of these calls and are given with no call any more."""
    of_these = select(CourseCountRow.subject_id).where(CourseCountRow.call_id.in_(call_ids))
    still = exists().where(CourseRow.reason == CourseSubjectRow.given)
    said = select(CourseSubjectRow.given).where(CourseSubjectRow.id.in_(of_these), CourseSubjectRow.given != "")
    gone = session.scalars(said.where(~still)).all()
    session.execute(delete(CourseSubjectRow).where(CourseSubjectRow.given.in_(gone)))


# What calls count for


def values_of(
    connection: Connection, words: Words, subjects: Subjects, call_ids: Sequence[str], *which: ColumnElement[bool]
) -> Valued:
    """What these calls count for now, or those among them of these conditions, read from their own rows; a call whose course
    is not known yet counts for nothing."""
    parts = [
        values_where(connection, words, subjects, CallRow.id.in_(call_ids[first : first + AT_ONCE]), *which)
        for first in range(0, len(call_ids), AT_ONCE)
    ]
    return _together(parts)


def _together(parts: Sequence[Valued]) -> Valued:
    ids = [call_id for part in parts for call_id in part.call_ids]
    beside = [one for part in parts for one in part.beside]
    return Valued(ids, put_together([_NOTHING, *(part.cells for part in parts)]), beside)


_BESIDE = (CHANNEL, func.coalesce(TallyRow.versions, ""), TallyRow.totals)
_ABOUT = 6 + len(_BESIDE)
_FIRST = _ABOUT + len(Subject._fields)
_NOTHING = cells_of(np.zeros((0, SUBJECT + 1), np.int64), np.zeros((0, len(FIGURES)), np.int64))


def values_where(connection: Connection, words: Words, subjects: Subjects, *which: ColumnElement[bool]) -> Valued:
    """As `values_of`, of the calls of these conditions."""
    rows: Sequence[Any] = connection.execute(
        select(
            CallRow.id, CallRow.started_at, CallRow.team_id, CallRow.queue, CallRow.kind, CallRow.agent_id,
            *_BESIDE, *ABOUT, *OF_CALL,
        )
        .join(CourseRow, CourseRow.call_id == CallRow.id)
        .outerjoin(CallReasonRow, CallReasonRow.call_id == CallRow.id)
        .outerjoin(TranscriptRow, TranscriptRow.call_id == CallRow.id)
        .outerjoin(TallyRow, TallyRow.call_id == CallRow.id)
        .where(*which)
    ).all()  # fmt: skip
    place = {str(row[0]): n for n, row in enumerate(rows)}
    keys = np.zeros((len(rows), SUBJECT + 1), np.int64)
    numbers = subjects.numbers([Subject(*row[_ABOUT:_FIRST]) for row in rows])
    for n, (row, subject) in enumerate(zip(rows, numbers, strict=True)):
        queue, kind = words.number(row[3]), words.number(row[4])
        keys[n] = (row[1].toordinal(), row[2] or 0, queue, kind, row[5] or 0, subject)
    figures = np.zeros((len(rows), len(FIGURES)), np.int64)
    if rows:
        figures[:, : len(OF_CALL)] = [row[_FIRST:] for row in rows]
    measured = figures[:, len(OF_CALL) - 1] > 0
    harms = (
        select(HarmRow.call_id, HarmRow.behaviour, HarmRow.probability)
        .join(CallRow, CallRow.id == HarmRow.call_id)
        .where(*which, HarmRow.behaviour.in_(HARMFUL))
    )
    for call_id, behaviour, probability in connection.execute(harms):
        of = place.get(call_id)  # None where somebody else stores it between the two questions, and marks it again
        if of is not None and measured[of]:
            unsure = 0 if probability >= 1 - DOUBT else len(HARMFUL)
            figures[of, len(OF_CALL) + HARMFUL.index(behaviour) + unsure] = 1
    beside = [Beside(_microsecond(row[1]), row[6], row[7], row[8] or b"") for row in rows]
    return Valued(list(place), cells_of(keys, figures), beside)


def _microsecond(moment: datetime) -> int:
    """When on its day it is."""
    return (moment - datetime.combine(moment, time(), UTC)) // timedelta(microseconds=1)


def stored_values(connection: Connection, words: Words, *which: ColumnElement[bool]) -> Valued:
    """What calls counted for when they were last folded, of those of these conditions on `course_counts`. Raises
    StorageError where one is damaged."""
    rows = connection.execute(
        select(
            CourseCountRow.call_id, CourseCountRow.day, CourseCountRow.team_id, CourseCountRow.queue, CourseCountRow.kind,
            CourseCountRow.agent_id, CourseCountRow.subject_id, CourseCountRow.figures,
            *(getattr(CourseCountRow, name) for name in Beside._fields),
        ).where(*which)
    ).all()  # fmt: skip
    if not rows:
        return Valued([], cells_of(np.zeros((0, SUBJECT + 1), np.int64), own_figures([])), [])
    call_ids, days, teams, queues, kinds, agents, subjects, figures, *beside = zip(*rows, strict=True)
    day_of = {day: day.toordinal() for day in set(days)}
    number_of = {word: words.number(word) for word in {*queues, *kinds}}
    keys = np.column_stack(
        [
            [day_of[day] for day in days],
            teams,
            *([number_of[word] for word in column] for column in (queues, kinds)),
            agents,
            subjects,
        ]
    ).astype(np.int64)
    return Valued(list(call_ids), cells_of(keys, own_figures(figures)), list(map(Beside, *beside)))


def _stored_of(connection: Connection, words: Words, call_ids: Sequence[str]) -> Valued:
    parts = [
        stored_values(connection, words, CourseCountRow.call_id.in_(call_ids[first : first + AT_ONCE]))
        for first in range(0, len(call_ids), AT_ONCE)
    ]
    return _together(parts)


def _taken_away(cells: Cells) -> Cells:
    return cells_of(cells.keys, -cells.heads)


def _kept(subjects: Subjects, values: Valued) -> Valued:
    """With numbers for their subjects that the database knows."""
    kept = subjects.keep()
    if not kept:
        return values
    keys = values.cells.keys.copy()
    keys[:, SUBJECT] = [kept.get(number, number) for number in keys[:, SUBJECT].tolist()]
    return Valued(values.call_ids, cells_of(keys, values.cells.heads), values.beside)


def _rows_of(values: Valued, words: Words) -> dict[str, dict[str, Any]]:
    """As `course_counts` has them, by call."""
    return {
        call_id: {
            "call_id": call_id,
            "day": date.fromordinal(key[DAY]),
            "team_id": key[TEAM],
            "agent_id": key[AGENT],
            "queue": words.word(key[QUEUE]),
            "kind": words.word(key[KIND]),
            "subject_id": key[SUBJECT],
            "figures": own_bytes(figures),
            **beside._asdict(),
        }
        for call_id, key, figures, beside in zip(
            values.call_ids, values.cells.keys.tolist(), values.cells.heads, values.beside, strict=True
        )
    }


def _put_values(connection: Connection, before: Valued, now: Valued, words: Words) -> int:
    """Write what has changed; of how many calls."""
    stored, wanted = _rows_of(before, words), _rows_of(now, words)
    wrong = [row for call_id, row in wanted.items() if stored.get(call_id) != row]
    gone = sorted(stored.keys() - wanted.keys())
    _put(connection, _COUNTS, wrong)
    for first in range(0, len(gone), AT_ONCE):
        connection.execute(delete(CourseCountRow).where(CourseCountRow.call_id.in_(gone[first : first + AT_ONCE])))
    return len(wrong) + len(gone)


def _put(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert rows, in the place of those that have the same key."""
    if not rows:
        return
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    put = dialect.insert(table)
    keys = tuple(table.primary_key.columns)
    again = {column.name: put.excluded[column.name] for column in table.columns if column not in keys}
    connection.execute(put.on_conflict_do_update(index_elements=keys, set_=again), rows)


def _forget_unused(connection: Connection, subjects: Collection[int]) -> None:
    """Forget those of these that no call is about any more."""
    numbers = sorted(subjects)
    used = exists().where(CourseCountRow.subject_id == CourseSubjectRow.id)
    for first in range(0, len(numbers), AT_ONCE):
        some = CourseSubjectRow.id.in_(numbers[first : first + AT_ONCE])
        connection.execute(delete(CourseSubjectRow).where(some, ~used))


def _remake_values(connection: Connection, ids: Sequence[str], pending: Collection[str]) -> int:
    """Work out anew what these calls count for; of how many it was wrong and not `pending` anyway."""
    words, subjects = Words(), Subjects(connection)
    now = _kept(subjects, values_of(connection, words, subjects, ids))
    damaged = func.length(CourseCountRow.figures) != OWN_BYTES  # is written anew, like one that is missing
    connection.execute(delete(CourseCountRow).where(CourseCountRow.call_id.in_(ids), damaged))
    before = _stored_of(connection, words, ids)
    stored, wanted = _rows_of(before, words), _rows_of(now, words)
    wrong = {id_ for id_ in stored.keys() | wanted.keys() if stored.get(id_) != wanted.get(id_)}
    _put_values(connection, before, now, words)
    return len(wrong.difference(pending))


# The sums

_Key = tuple[int, date, int, str, str]
"""The primary key of a sum."""

_COUNTS, _TABLE = cast("Table", CourseCountRow.__table__), cast("Table", CourseSumRow.__table__)
_KEY_COLUMNS = tuple(_TABLE.primary_key.columns)
_KEY = tuple_(*_KEY_COLUMNS)
_SUMS = select(*_KEY_COLUMNS, *(_TABLE.c[name] for name in Written._fields))


def _groups(cells: Cells, days: int, words: Words) -> Iterator[tuple[_Key, dict[Part, Cells]]]:
    """The parts of each sum of stretches of so many days."""
    keys = cells.keys.copy()
    keys[:, DAY] -= (keys[:, DAY] - 1) % days
    every = added(cells_of(keys, cells.heads))
    if not len(every):
        return
    starts = np.flatnonzero(np.append(True, np.any(every.keys[1:, : KIND + 1] != every.keys[:-1, : KIND + 1], axis=1)))
    for start, end in zip(starts, [*starts[1:], len(every)], strict=True):
        day, team, queue, kind = (int(every.keys[start, column]) for column in (DAY, TEAM, QUEUE, KIND))
        key = (days, date.fromordinal(day), team, words.word(queue), words.word(kind))
        yield key, parts_of(cells_of(every.keys[start:end], every.heads[start:end]))


def _with_stored(
    connection: Connection, changed: Mapping[_Key, Mapping[Part, Cells]], words: Words
) -> Iterator[tuple[_Key, Written | None]]:
    """Each sum with what is to be added to it; None where nothing is left."""
    keys = list(changed)
    for first in range(0, len(keys), AT_ONCE):
        some = keys[first : first + AT_ONCE]
        stored = {row[:5]: Written(*row[5:]) for row in connection.execute(_SUMS.where(_KEY.in_(some)))}
        for key in some:
            own, before = changed[key], stored.get(key)
            if before is not None:
                place = [(key[1].toordinal(), key[2], words.number(key[3]), words.number(key[4]))]
                own = {
                    part: added(put_together([read_part(part, place, [getattr(before, part)]), cells]))
                    for part, cells in own.items()
                }
            yield key, _sum_of(own)


def _sum_of(parts: Mapping[Part, Cells]) -> Written | None:
    return written(parts) if any(len(cells) for cells in parts.values()) else None


def _write(connection: Connection, sums: Mapping[_Key, Written | None]) -> None:
    """Put these sums in the place of those that were there; None leaves none."""
    names = [column.name for column in _KEY_COLUMNS]
    _put(
        connection,
        _TABLE,
        [dict(zip(names, key, strict=True)) | own._asdict() for key, own in sums.items() if own is not None],
    )
    gone = [key for key, own in sums.items() if own is None]
    for first in range(0, len(gone), AT_ONCE):
        connection.execute(delete(_TABLE).where(_KEY.in_(gone[first : first + AT_ONCE])))


def _mend(connection: Connection, first: int, end: int, levels: Sequence[int], cells: Cells, words: Words) -> Remade:
    """Hold the sums of these levels that begin on these days to these cells; write what differs."""
    between = and_(_TABLE.c.first_day >= date.fromordinal(first), _TABLE.c.first_day < date.fromordinal(end))
    stored: dict[_Key, Any] = {
        row[:5]: row[5:] for row in connection.execute(_SUMS.where(between, _TABLE.c.days.in_(levels)))
    }
    right = {key: _sum_of(own) for days in levels for key, own in _groups(cells, days, words)}
    wrong: dict[_Key, Written | None] = {key: own for key, own in right.items() if stored.get(key) != own}
    wrong.update((key, None) for key in stored if key not in right)
    _write(connection, wrong)
    return Remade(len(right), len(wrong))


def _stretches(connection: Connection) -> Iterable[int]:
    """The first days of the longest stretches in which there are calls, or sums; what lies between is not gone through."""
    day = 1
    while day <= date.max.toordinal():
        since = date.fromordinal(day)
        firsts = [
            connection.scalar(select(func.min(CourseCountRow.day)).where(CourseCountRow.day >= since)),
            *(
                connection.scalar(
                    select(func.min(_TABLE.c.first_day)).where(_TABLE.c.days == days, _TABLE.c.first_day >= since)
                )
                for days in LEVELS
            ),
        ]
        there = [first.toordinal() for first in firsts if first is not None]
        if not there:
            return
        yield first_of(min(there), LEVELS[-1])
        day = first_of(min(there), LEVELS[-1]) + LEVELS[-1]


def _values_of_day(connection: Connection, day: int, words: Words) -> Cells:
    """What the calls of a day count for, added up."""
    values = stored_values(connection, words, CourseCountRow.day == date.fromordinal(day))
    return added(values.cells)
