"""What do these calls come to: read from the sums by day where they can answer, else call by call?

Both ways go through the same whole numbers (`storage.cells`), so that they agree to the last digit; a test holds them to it.
The sums can answer what asks for days, teams and queues, for somebody who sees all calls or those of teams. Everything else
(one's own calls, some agents', words, totals, what failed) is counted from one short value a call, which the database finds
by its indexes. What somebody judges blind is taken away from the sums call by call.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import BigInteger, ColumnElement, Select, cast, func, literal, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from storage.access import Asker, blind_calls, seen_teams, took_for_others, visible_teams
from storage.cells import (
    AGENT,
    ALL_CALLS,
    DAY,
    HEADS,
    KIND,
    QUEUE,
    TEAM,
    Cells,
    Counted,
    Words,
    added,
    of_calls,
    put_together,
    read_agents,
    read_together,
)
from storage.course_sum_tables import CourseSumRow
from storage.kept_sums import Kept, Sums, kept_of
from storage.queries.conditions import chosen_calls
from storage.records import CallFilter
from storage.sum_tables import SumChangeRow, SumRow
from storage.sums import CHANGE, COUNTS, LEVELS, Card, Stretches, cards_of, first_of, questions_of, whole_stretches
from storage.tables import CallKind, CallRow
from storage.tally_tables import TallyRow

Dimension = Literal["agent_id", "team_id", "week", "queue", "channel"]
"""What calls can be told apart by. The team is that of the time; the week is its Monday; the channel is `CallKind`."""

_PLACES: Mapping[Dimension, int] = {"agent_id": AGENT, "team_id": TEAM, "week": DAY, "queue": QUEUE, "channel": KIND}

_MONTH = LEVELS[-1]


class Summed(NamedTuple):
    """What calls come to, for each group of them; a row of `cells` a group, by the version that judged them.

    `cards` are all versions there are.
    """

    cells: Mapping[int, Cells]
    cards: Mapping[int, Card]
    words: Words

    def groups(self, version_id: int, by: Sequence[Dimension]) -> list[tuple[Any, ...]]:
        """What tells each row's calls apart; None for no agent, no team."""
        cells = self.cells.get(version_id)
        columns = [] if cells is None else [self._values(name, cells.keys[:, _PLACES[name]].tolist()) for name in by]
        return list(zip(*columns, strict=True)) if columns else [()] * (0 if cells is None else len(cells))

    def _values(self, name: Dimension, numbers: Sequence[int]) -> list[Any]:
        if name in ("agent_id", "team_id"):
            return [number or None for number in numbers]
        known: dict[int, Any] = {}
        for number in set(numbers):
            if name == "week":
                known[number] = date.fromordinal(number)
            else:
                known[number] = self.words.word(number) if name == "queue" else CallKind(self.words.word(number))
        return [known[number] for number in numbers]

    def versions(self, scorecard: str | None) -> list[int]:
        """Under which versions to look for calls: those of a scorecard, which judge a call once, or `ALL_CALLS`."""
        if scorecard is None:
            return [ALL_CALLS]
        return [id_ for id_, card in sorted(self.cards.items()) if card.scorecard == scorecard]

    def heads(self, version_id: int, names: Sequence[str]) -> list[list[int]]:
        """Some of `HEADS`, for each row."""
        cells = self.cells.get(version_id)
        return [[] if cells is None else cells.heads[:, HEADS.index(name)].tolist() for name in names]


def of_teams_and_queues(asker: Asker, wanted: CallFilter, team_id: Any, queue: Any) -> list[ColumnElement[bool]]:
    """Sums of which teams and queues: what the asker may see, and of that what the filter asks for."""
    seen = visible_teams(asker, team_id)
    assert seen is not None, "who sees no teams is asked by `can_be_summed` first"
    where = [seen]
    if wanted.team_ids:
        where.append(team_id.in_(wanted.team_ids))
    if wanted.queues:
        where.append(queue.in_(wanted.queues))
    return where


def ends_of(session: Session, sums: type[SumRow] | type[CourseSumRow]) -> tuple[date | None, date | None]:
    """The first days of the first and of the last of the longest stretches; None where there are no sums. Each is asked for
    by itself, as only then a database looks at the end of its index and not at all of it."""
    first, last = (session.scalar(select(end(sums.first_day)).where(sums.days == _MONTH)) for end in (func.min, func.max))
    return first, last


def can_be_summed(session: Session, asker: Asker, filter: CallFilter) -> bool:
    """Whether the sums can answer what asks for these calls."""
    by_call = (filter.total_min, filter.total_max, filter.valence_max)
    narrow = filter.agent_ids or filter.words.strip() or filter.failed_only or filter.unsure_only
    if visible_teams(asker, SumRow.team_id) is None or narrow or any(one is not None for one in by_call):
        return False
    first = None if filter.start is None else _midnight(filter.start)
    until = None if filter.end is None else _midnight(filter.end + timedelta(days=1))
    return not took_for_others(session, asker, first, until)


def summed(
    session: Session,
    asker: Asker,
    filter: CallFilter,
    by: Sequence[Dimension] = (),
    *,
    scorecards: Collection[str] | None = None,
    answers: bool = True,
    blind: bool = False,
) -> Summed:
    """What the chosen calls come to, by the version that judged them, and all together under `ALL_CALLS`.

    scorecards: only versions of these, and `ALL_CALLS`. answers: with them; else only what the versions came to. blind: with
    the calls that the asker is judging blind, of which nothing else may be asked than how many there are and how long.
    Raises StorageError where what is counted from is damaged.
    """
    cards, kept = cards_of(session.connection()), kept_of(session.connection(), Sums.CALLS)
    wanted = {id_ for id_, card in cards.items() if scorecards is None or card.scorecard in scorecards} | {ALL_CALLS}
    asked = _Asked(session, asker, filter, tuple(by), wanted, questions_of(cards), answers, kept.words)
    if can_be_summed(session, asker, filter):
        parts = [asked.of_kept(kept), asked.of_changes()]
        if not blind or filter.scorecard is not None:  # whom a scorecard judged is a finding of the machine's
            parts.append(asked.of_blind())
    else:
        parts = [asked.of_chosen(1, *([] if blind else [CallRow.id.not_in(blind_calls(asker))]))]
    return Summed(_all_of(parts), cards, kept.words)


def _all_of(parts: Sequence[Mapping[int, Cells]]) -> dict[int, Cells]:
    """What was added of each part, added up."""
    together: dict[int, list[Cells]] = defaultdict(list)
    for part in parts:
        for version_id, cells in part.items():
            together[version_id].append(cells)
    return {id_: own[0] if len(own) == 1 else added(put_together(own)) for id_, own in together.items()}


class _Asked(NamedTuple):
    """What is asked for, of which versions, and how it is told apart."""

    session: Session
    asker: Asker
    filter: CallFilter
    by: tuple[Dimension, ...]
    versions: Collection[int]
    questions: Mapping[int, int]
    answers: bool
    words: Words

    def of_chosen(self, sign: int, *which: ColumnElement[bool]) -> dict[int, Cells]:
        """The chosen calls of these conditions, looked at one by one."""
        rows = self.session.connection().execute(
            select(literal(sign), *COUNTS)
            .join(TallyRow, TallyRow.call_id == CallRow.id)
            .where(*chosen_calls(self.asker, self.filter), *which)
        )
        return self._of_calls(rows)

    def of_blind(self) -> dict[int, Cells]:
        """What the asker is judging blind, to be taken away. Not by the filter's scorecard, by which a filter finds none of
        these calls; each value says itself which versions it counts to."""
        ids = self.session.scalars(blind_calls(self.asker)).all()
        every = self._replace(filter=replace(self.filter, scorecard=None))
        return every.of_chosen(-1, CallRow.id.in_(ids)) if ids else {}

    def of_changes(self) -> dict[int, Cells]:
        """What was not added to the sums yet."""
        where = of_teams_and_queues(self.asker, self.filter, SumChangeRow.team_id, SumChangeRow.queue)
        if self.filter.start is not None:
            where.append(SumChangeRow.started_at >= _midnight(self.filter.start))
        if self.filter.end is not None:
            where.append(SumChangeRow.started_at < _midnight(self.filter.end + timedelta(days=1)))
        return self._of_calls(self.session.connection().execute(select(*CHANGE).where(*where)))

    def of_kept(self, kept: Kept) -> dict[int, Cells]:
        """As `of_sums`: what is kept of it for whoever sees the same teams, and the rest of it read, and kept."""
        seen, filter = seen_teams(self.session, self.asker), self.filter
        asked = (seen, filter.team_ids, filter.queues, filter.start, filter.end, self.by, self.answers)
        found = {version_id: kept.find((*asked, version_id)) for version_id in self.versions}
        unread = {version_id for version_id, own in found.items() if own is None}
        if unread:
            read = self._replace(versions=unread).of_sums()
            for version_id in unread:
                cells = read.get(version_id)
                size = 0 if cells is None else cells.for_good().nbytes
                kept.keep((*asked, version_id), cells, size)
                found[version_id] = (cells,)
        return {version_id: own[0] for version_id, own in found.items() if own is not None and own[0] is not None}

    def of_sums(self) -> dict[int, Cells]:
        """What the sums say of these days, from the longest stretches that there are."""
        first, last = ends_of(self.session, SumRow)
        if first is None or last is None:
            return {}
        last = date.fromordinal(min(last.toordinal() + _MONTH - 1, date.max.toordinal()))
        first = first if self.filter.start is None else max(first, self.filter.start)
        last = last if self.filter.end is None else min(last, self.filter.end)
        if first > last:
            return {}
        longest = 7 if "week" in self.by else _MONTH
        return _all_of([self._of_stretches(stretches) for stretches in whole_stretches(first, last, longest)])

    def _of_stretches(self, stretches: Stretches) -> dict[int, Cells]:
        where = [
            SumRow.days == stretches.days,
            SumRow.first_day.between(stretches.first, stretches.last),
            SumRow.version_id.in_(sorted(self.versions)),
            *of_teams_and_queues(self.asker, self.filter, SumRow.team_id, SumRow.queue),
        ]
        if "agent_id" in self.by:
            return self._agent_by_agent(where)
        return self._all_together(where)

    def _agent_by_agent(self, where: Sequence[ColumnElement[bool]]) -> dict[int, Cells]:
        columns = (SumRow.agents, SumRow.answers) if self.answers else (SumRow.agents,)
        found: dict[int, list[Cells]] = defaultdict(list)
        statement = select(SumRow.version_id, SumRow.long, *self._told_apart(), *columns).where(*where)
        for (version_id, long), keys, own in self._alike(statement, 2):
            answers = own[1] if self.answers else None
            cells = read_agents(keys, own[0], answers, self.questions.get(version_id, -1), long)
            found[version_id].append(self._reduced(cells))
        return {version_id: put_together(own) for version_id, own in found.items()}

    def _all_together(self, where: Sequence[ColumnElement[bool]]) -> dict[int, Cells]:
        told_apart = self._told_apart()
        if self.answers:
            statement = select(SumRow.version_id, *told_apart, *_HEADS, SumRow.together).where(*where)
        else:
            heads = [cast(func.sum(column), BigInteger) for column in _HEADS]
            statement = select(SumRow.version_id, *told_apart, *heads).where(*where)
            statement = statement.group_by(SumRow.version_id, *told_apart)
        found = {}
        for (version_id,), keys, own in self._alike(statement, 1):
            figures, together = np.array(own[: len(HEADS)], np.int64).T, own[-1] if self.answers else None
            found[version_id] = self._reduced(read_together(keys, figures, together, self.questions.get(version_id, -1)))
        return found

    def _told_apart(self) -> list[InstrumentedAttribute[Any]]:
        """The columns of the sums that are needed to tell apart what is asked for."""
        return [_KEY[place] for place in self._places()]

    def _places(self) -> list[int]:
        return sorted({_PLACES[name] for name in self.by} - {AGENT})

    def _alike(
        self, statement: Select[Any], first: int
    ) -> Iterator[tuple[tuple[Any, ...], NDArray[np.int64], list[Sequence[Any]]]]:
        """The rows of that statement that are alike in their `first` values: these, what tells the rows apart as numbers
        (day, team, queue and kind; 0 where nobody asks), and the columns behind."""
        rows = self.session.connection().execute(statement).all()
        if not rows:
            return
        columns: list[Sequence[Any]] = list(zip(*rows, strict=True))
        places = self._places()
        keys = np.zeros((len(rows), AGENT), np.int64)
        for place, column in zip(places, columns[first:], strict=False):
            keys[:, place] = self._numbers(place, column)
        behind = columns[first + len(places) :]
        which: dict[tuple[Any, ...], list[int]] = defaultdict(list)
        for number, alike in enumerate(zip(*columns[:first], strict=True)):
            which[alike].append(number)
        for alike, own in which.items():
            yield alike, keys[own], [[column[n] for n in own] for column in behind]

    def _numbers(self, place: int, values: Sequence[Any]) -> Sequence[int]:
        """The values of a column of the sums as numbers."""
        if place == TEAM:
            return values
        known = {value: value.toordinal() if place == DAY else self.words.number(value) for value in set(values)}
        return [known[value] for value in values]

    def _of_calls(self, rows: Iterable[Any]) -> dict[int, Cells]:
        every = of_calls([Counted(*row) for row in rows], self.questions, self.words, self.answers)
        return {id_: self._reduced(cells) for id_, cells in every.items() if id_ in self.versions}

    def _reduced(self, cells: Cells) -> Cells:
        """Added up to what they are told apart by."""
        keys = np.zeros_like(cells.keys)
        for name in self.by:
            keys[:, _PLACES[name]] = cells.keys[:, _PLACES[name]]
        if "week" in self.by:
            keys[:, DAY] = first_of(keys[:, DAY], 7)
        return added(Cells(keys, cells.heads, cells.answers))


_KEY = (SumRow.first_day, SumRow.team_id, SumRow.queue, SumRow.kind)
_HEADS = tuple(getattr(SumRow, name) for name in HEADS)


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)
