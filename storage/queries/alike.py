"""What did scorecards make of each of these calls, and what is known of it by which calls that are alike are found?

For comparisons that no sum can answer, as they hold calls against others of the same reason, channel and time of day. Read
from what each call counted for when it was last folded (`storage.course_sums`), one short row a call in the place of one of
six tables; calls that are yet to be folded, and those of who sees no whole teams, are read from their own rows.
"""

from collections import defaultdict
from collections.abc import Collection, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from errors import StorageError
from storage.access import Asker, blind_calls
from storage.cells import AGENT, DAMAGED, DAY, TEAM, Words, put_together
from storage.course_cells import FIGURES, SUBJECT
from storage.course_sum_tables import CourseChangeRow, CourseCountRow
from storage.course_sums import Beside, Subjects, Valued, stored_values, values_of, values_where
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
    connection, words, subjects = session.connection(), Words(), Subjects(session.connection())
    marked = select(CourseChangeRow.call_id)
    if can_be_summed(session, asker, filter):
        folded = stored_values(connection, words, CourseCountRow.call_id.not_in(marked), *_of_days(asker, filter))
        changed = session.scalars(marked.distinct()).all()
        new = values_of(connection, words, subjects, changed, *chosen_calls(asker, filter))
        parts = [folded, new]
    else:
        parts = [values_where(connection, words, subjects, *chosen_calls(asker, filter))]
    blind = set(session.scalars(blind_calls(asker)))
    cards = {id_: card.scorecard for id_, card in cards_of(connection).items()}
    wanted = {id_ for id_, card in cards.items() if filter.scorecard in (None, card)}
    at, version, totals = _totals(parts, wanted, blind)
    keys = put_together([part.cells for part in parts])
    beside = [one for part in parts for one in part.beside]
    key = keys.keys[at]
    about = subjects.words(set(key[:, SUBJECT].tolist()))
    reasons, reason = _named([about[number].reason for number in key[:, SUBJECT].tolist()])
    channels, channel = _named([beside[place].channel for place in at.tolist()])
    scorecards, scorecard = _named([cards[one] for one in version.tolist()])
    of_day = np.array([beside[place].microsecond for place in at.tolist()], np.int64)
    began = (key[:, DAY] - _EPOCH) * _DAY_MICROSECONDS + of_day
    ids = np.array([call_id for part in parts for call_id in part.call_ids], np.str_)
    order = np.lexsort((scorecard, np.argsort(np.argsort(ids))[at], began))
    hundredths, scored, failed = (totals[name][order].astype(np.int64) for name in ("hundredths", "scored", "failed"))
    return Judged(
        scorecards,
        reasons,
        channels,
        scorecard[order],
        reason[order],
        channel[order],
        key[order, AGENT],
        key[order, TEAM],
        began[order],
        hundredths,
        scored,
        failed,
        {name: keys.heads[at, FIGURES.index(name)][order] for name in figures},
    )


def _of_days(asker: Asker, filter: CallFilter) -> list[ColumnElement[bool]]:
    """The conditions on `course_counts`: what this person may see, and of that what the filter asks for."""
    where = of_teams_and_queues(asker, filter, CourseCountRow.team_id, CourseCountRow.queue)
    if filter.start is not None:
        where.append(CourseCountRow.day >= filter.start)
    if filter.end is not None:
        where.append(CourseCountRow.day <= filter.end)
    return where


def _totals(
    parts: Sequence[Valued], wanted: Collection[int], blind: Collection[str]
) -> tuple[Numbers, Numbers, NDArray[np.void]]:
    """Of each call and each version that is wanted: the call's place, the version, and what it came to."""
    alike: dict[str, list[tuple[int, Beside]]] = defaultdict(list)
    place = 0
    for part in parts:
        for call_id, beside in zip(part.call_ids, part.beside, strict=True):
            if call_id not in blind:
                alike[beside.versions].append((place, beside))
            place += 1
    at, version, totals = [np.empty(0, np.int64)], [np.empty(0, np.int64)], [np.empty(0, TOTAL)]
    for judged_by, own in alike.items():
        versions = [int(id_) for id_ in judged_by.split(",") if id_]
        if {len(beside.totals) for _, beside in own} != {len(versions) * TOTAL.itemsize}:
            raise StorageError(DAMAGED)
        came_to = np.frombuffer(b"".join(beside.totals for _, beside in own), TOTAL).reshape(len(own), -1)
        for column, version_id in enumerate(versions):
            if version_id in wanted:
                at.append(np.array([number for number, _ in own], np.int64))
                version.append(np.full(len(own), version_id, np.int64))
                totals.append(came_to[:, column])
    return np.concatenate(at), np.concatenate(version), np.concatenate(totals)


def _named(values: Sequence[str]) -> tuple[list[str], Numbers]:
    """The different names, in order, and for each value which of them it is."""
    names = sorted(set(values))
    numbers = {name: number for number, name in enumerate(names)}
    return names, np.array([numbers[value] for value in values], np.int64)
