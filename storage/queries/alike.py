"""What did scorecards make of each of these calls, and what is known of it by which calls that are alike are found?

For comparisons that no sum can answer, as they hold calls against others of the same reason, channel and time of day. Read
from what each call counted for when it was last folded (`storage.course_sums`), one short row a call in the place of one of
six tables; calls that are yet to be folded, and those of who sees no whole teams, are read from their own rows.
"""

import sys
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from errors import StorageError
from storage.access import Asker, blind_calls, seen_teams
from storage.cells import AGENT, DAMAGED, DAY, TEAM, Cells, Words, put_together
from storage.course_cells import FIGURES, SUBJECT, cells_of
from storage.course_cells import NOTHING as UNKNOWN
from storage.course_sum_tables import CourseChangeRow, CourseCountRow
from storage.course_sums import Beside, Subjects, Valued, stored_values, values_of, values_where
from storage.kept_sums import Sums, kept_of
from storage.packed import TOTAL
from storage.queries.conditions import chosen_calls
from storage.queries.summed import can_be_summed, of_teams_and_queues
from storage.records import CallFilter
from storage.sums import cards_of

Numbers = NDArray[np.int64]

_DAY_MICROSECONDS = 86_400_000_000
_EPOCH = 719_163
"""The first of January 1970 as an ordinal."""


class Judged(NamedTuple):
    """Calls by the scorecards that judged them: an entry each, arrays of one length.

    `scorecard`, `reason` and `channel` are places in the lists of names; `agent_id` and `team_id` 0 for none;
    `microsecond` is when the call began, since 1970. `hundredths` is the total where `scored`; of the others `figures`
    holds some of `storage.course_cells.FIGURES`.
    """

    scorecards: Sequence[str]
    reasons: Sequence[str]
    channels: Sequence[str]
    scorecard: Numbers
    reason: Numbers
    channel: Numbers
    agent_id: Numbers
    team_id: Numbers
    microsecond: Numbers
    hundredths: Numbers
    scored: Numbers
    failed: Numbers
    figures: dict[str, Numbers]


def judged_calls(session: Session, asker: Asker, filter: CallFilter, figures: Collection[str] = ()) -> Judged:
    """The calls, by every scorecard or the filter's, that the asker may see and does not judge blind, in the order of time,
    those of one moment in the order of their ids. Raises StorageError where what is counted from is damaged."""
    connection, subjects = session.connection(), Subjects(session.connection())
    cards = {id_: card.scorecard for id_, card in cards_of(connection).items()}
    blind = set(session.scalars(blind_calls(asker)))
    if can_be_summed(session, asker, filter):
        changed = session.scalars(select(CourseChangeRow.call_id).distinct()).all()
        read = _folded(session, asker, filter, cards).without(blind.union(changed))
        new = values_of(connection, Words(), subjects, changed, *chosen_calls(asker, filter))
    else:
        read, new = _NOTHING, values_where(connection, Words(), subjects, *chosen_calls(asker, filter))
    if new.call_ids:
        read = _in_order(_both(read, _judgements(new).without(blind)), cards)
    wanted = [id_ for id_, card in cards.items() if filter.scorecard in (None, card)]
    own = np.isin(read.version, wanted)
    at, version, totals = read.at[own], read.version[own], read.totals[own]
    key = read.cells.keys[at]
    numbers = set(key[:, SUBJECT].tolist())
    about = subjects.words(numbers)
    reasons, reason = _named(key[:, SUBJECT], {number: about.get(number, UNKNOWN).reason for number in numbers})
    channels, channel = _named(read.channel[at], dict(enumerate(read.channels)))
    scorecards, scorecard = _named(version, cards)
    return Judged(
        scorecards,
        reasons,
        channels,
        scorecard,
        reason,
        channel,
        key[:, AGENT],
        key[:, TEAM],
        read.began[at],
        totals["hundredths"].astype(np.int64),
        totals["scored"].astype(np.int64),
        totals["failed"].astype(np.int64),
        {name: read.cells.heads[at, FIGURES.index(name)] for name in figures},
    )


class _Judgements(NamedTuple):
    """Calls, and what versions of scorecards made of them: of each judgement the place of its call, `at`, its version and
    what that came to. When each call `began` is in microseconds since 1970, `channel` a place in `channels`."""

    call_ids: Sequence[str]
    cells: Cells
    began: Numbers
    channels: Sequence[str]
    channel: Numbers
    at: Numbers
    version: Numbers
    totals: NDArray[np.void]

    def without(self, call_ids: Collection[str]) -> "_Judgements":
        """Without the judgements of these calls."""
        if not call_ids:
            return self
        others = np.array([call_id not in call_ids for call_id in self.call_ids], np.bool_)[self.at]
        return self._replace(at=self.at[others], version=self.version[others], totals=self.totals[others])

    def nbytes(self) -> int:
        """About how many bytes it takes."""
        arrays = (self.began, self.channel, self.at, self.version, self.totals)
        return self.cells.nbytes + sum(own.nbytes for own in arrays) + sum(map(sys.getsizeof, self.call_ids))


_NOTHING = _Judgements(
    [],
    cells_of(np.zeros((0, SUBJECT + 1), np.int64), np.zeros((0, len(FIGURES)), np.int64)),
    np.empty(0, np.int64),
    [],
    np.empty(0, np.int64),
    np.empty(0, np.int64),
    np.empty(0, np.int64),
    np.empty(0, TOTAL),
)


def _folded(session: Session, asker: Asker, filter: CallFilter, cards: Mapping[int, str]) -> _Judgements:
    """The calls as they counted when they were last folded, in order: kept for whoever sees the same teams, or read."""
    kept = kept_of(session.connection(), Sums.COURSES)
    key = (seen_teams(session, asker), filter.team_ids, filter.queues, filter.start, filter.end)
    found = kept.find(key)
    if found is None:
        values = stored_values(session.connection(), kept.words, *_of_days(asker, filter))
        read = _in_order(_judgements(values), cards)
        kept.keep(key, read, read.nbytes())
        found = (read,)
    judgements: _Judgements = found[0]
    return judgements


def _judgements(values: Valued) -> _Judgements:
    """All that versions made of these calls."""
    if not values.call_ids:
        return _NOTHING
    at, version, totals = _totals(values.beside)
    day, of_day = values.cells.keys[:, DAY], np.array([beside.microsecond for beside in values.beside], np.int64)
    names = [beside.channel for beside in values.beside]
    channels = sorted(set(names))
    numbers = {name: number for number, name in enumerate(channels)}
    return _Judgements(
        values.call_ids,
        values.cells,
        (day - _EPOCH) * _DAY_MICROSECONDS + of_day,
        channels,
        np.array([numbers[name] for name in names], np.int64),
        at,
        version,
        totals,
    )


def _both(one: _Judgements, other: _Judgements) -> _Judgements:
    """The judgements of both, one after the other."""
    return _Judgements(
        [*one.call_ids, *other.call_ids],
        put_together([one.cells, other.cells]),
        np.concatenate([one.began, other.began]),
        [*one.channels, *other.channels],
        np.concatenate([one.channel, other.channel + len(one.channels)]),
        np.concatenate([one.at, other.at + len(one.call_ids)]),
        np.concatenate([one.version, other.version]),
        np.concatenate([one.totals, other.totals]),
    )


def _in_order(read: _Judgements, cards: Mapping[int, str]) -> _Judgements:
    """In the order of time, of the calls' ids and of the scorecards."""
    of_call = np.empty(len(read.call_ids), np.int64)
    of_call[np.lexsort((np.array(read.call_ids, np.str_), read.began))] = np.arange(len(read.call_ids))
    _, scorecard = _named(read.version, cards)
    order = np.lexsort((scorecard, of_call[read.at]))
    return read._replace(at=read.at[order], version=read.version[order], totals=read.totals[order])


def _of_days(asker: Asker, filter: CallFilter) -> list[ColumnElement[bool]]:
    """The conditions on `course_counts`: what this person may see, and of that what the filter asks for."""
    where = of_teams_and_queues(asker, filter, CourseCountRow.team_id, CourseCountRow.queue)
    if filter.start is not None:
        where.append(CourseCountRow.day >= filter.start)
    if filter.end is not None:
        where.append(CourseCountRow.day <= filter.end)
    return where


def _totals(every: Sequence[Beside]) -> tuple[Numbers, Numbers, NDArray[np.void]]:
    """Of each call and each version that judged it: the call's place, the version, and what it came to."""
    alike: dict[str, list[tuple[int, Beside]]] = defaultdict(list)
    for place, beside in enumerate(every):
        alike[beside.versions].append((place, beside))
    at, version, totals = [np.empty(0, np.int64)], [np.empty(0, np.int64)], [np.empty(0, TOTAL)]
    for judged_by, own in alike.items():
        versions = [int(id_) for id_ in judged_by.split(",") if id_]
        if {len(beside.totals) for _, beside in own} != {len(versions) * TOTAL.itemsize}:
            raise StorageError(DAMAGED)
        came_to = np.frombuffer(b"".join(beside.totals for _, beside in own), TOTAL).reshape(len(own), -1)
        for column, version_id in enumerate(versions):
            at.append(np.array([number for number, _ in own], np.int64))
            version.append(np.full(len(own), version_id, np.int64))
            totals.append(came_to[:, column])
    return np.concatenate(at), np.concatenate(version), np.concatenate(totals)


def _named(numbers: Numbers, names: Mapping[int, str]) -> tuple[list[str], Numbers]:
    """The different names that the numbers stand for, in order, and for each number which of them it is."""
    different, which = np.unique(numbers, return_inverse=True)
    called = [names[number] for number in different.tolist()]
    in_order = sorted(set(called))
    place = {name: number for number, name in enumerate(in_order)}
    return in_order, np.array([place[name] for name in called], np.int64)[which]
