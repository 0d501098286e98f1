"""What do these calls come to as pieces of a process, for their customers' sentiment and for harm, read from the sums?

For whom and what the sums can answer, `storage.queries.courses` asks here and otherwise counts call by call; both go by the
same expressions in whole numbers (`storage.course_cells`), and a test holds them to each other. What is yet to be folded is
looked at call by call: what such a call counted for is taken away, and what it counts for now is added. What somebody judges
blind is taken away.
"""

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

import numpy as np
from sqlalchemy import CompoundSelect, Select, select
from sqlalchemy.orm import Session

from storage.access import Asker, blind_calls, seen_teams
from storage.cells import AGENT, DAY, KIND, QUEUE, TEAM, Cells, Words, added, put_together
from storage.course_cells import NOTHING, SUBJECT, Part, Subject, cells_of, parts_of, place_of, read_part
from storage.course_sum_tables import CourseChangeRow, CourseCountRow, CourseSumRow
from storage.course_sums import Subjects, stored_values, values_of
from storage.kept_sums import Kept, Sums, kept_of
from storage.queries.conditions import chosen_calls
from storage.queries.summed import can_be_summed, ends_of, of_teams_and_queues
from storage.records import CallFilter
from storage.sums import LEVELS, Stretches, first_of, whole_stretches
from storage.tables import CallKind

_MONTH = LEVELS[-1]


class Group(NamedTuple):
    """Calls of one agent, team, queue and channel, about one thing, in a week that begins on that Monday. What they were not
    told apart by is None."""

    agent_id: int | None
    team_id: int | None
    queue: str
    channel: CallKind
    about: Subject
    week: date | None


class SummedCourses(NamedTuple):
    """What calls come to, for each group of them; a row of `cells` a group."""

    groups: Sequence[Group]
    part: Part
    cells: Cells

    def figures(self, *names: str) -> list[list[int]]:
        """Some of `storage.course_cells.FIGURES`, of every group."""
        columns = self.cells.heads[:, place_of(names, self.part)]
        return [column.tolist() for column in columns.T]


def courses_can_be_summed(session: Session, asker: Asker, filter: CallFilter) -> bool:
    """Whether the sums can answer what asks for these calls: they do not tell which scorecard judged a call."""
    return filter.scorecard is None and can_be_summed(session, asker, filter)


def summed_courses(
    session: Session,
    asker: Asker,
    filter: CallFilter,
    part: Part,
    *,
    by_team: bool = False,
    by_agent: bool = False,
    by_week: bool = False,
) -> SummedCourses:
    """What the chosen calls come to, by queue and channel, and by what they are about where the part tells that.

    by_team, by_agent, by_week: by these, too; agents where the part tells them apart. Raises StorageError where a sum is
    damaged.
    """
    kept = kept_of(session.connection(), Sums.COURSES)
    asked = _Asked(session, asker, filter, part, by_team, by_agent, by_week, kept.words, Subjects(session.connection()))
    every = added(put_together([asked.of_kept(kept), *asked.of_changes(), asked.of_blind()]))
    return SummedCourses(asked.groups(every), part, every)


class _Asked(NamedTuple):
    """What is asked for, and how it is told apart."""

    session: Session
    asker: Asker
    filter: CallFilter
    part: Part
    by_team: bool
    by_agent: bool
    by_week: bool
    words: Words
    subjects: Subjects

    def of_kept(self, kept: Kept) -> Cells:
        """As `of_sums`: what is kept of it for whoever sees the same teams, or read, and kept."""
        seen, filter = seen_teams(self.session, self.asker), self.filter
        asked = (seen, filter.team_ids, filter.queues, filter.start, filter.end)
        key = (*asked, self.part, self.by_team, self.by_agent, self.by_week)
        found = kept.find(key)
        if found is None:
            found = (added(put_together(self.of_sums())).for_good(),)
            kept.keep(key, found[0], found[0].nbytes)
        cells: Cells = found[0]
        return cells

    def of_sums(self) -> list[Cells]:
        """What the sums say of these days, from the longest stretches that there are."""
        first, last = ends_of(self.session, CourseSumRow)
        found = [self._reduced(read_part(self.part, [], []))]
        if first is None or last is None:
            return found
        last = date.fromordinal(min(last.toordinal() + _MONTH - 1, date.max.toordinal()))
        first = first if self.filter.start is None else max(first, self.filter.start)
        last = last if self.filter.end is None else min(last, self.filter.end)
        if first <= last:
            longest = 7 if self.by_week else _MONTH
            found += [self._of_stretches(stretches) for stretches in whole_stretches(first, last, longest)]
        return found

    def _of_stretches(self, stretches: Stretches) -> Cells:
        between = CourseSumRow.first_day.between(stretches.first, stretches.last)
        where = of_teams_and_queues(self.asker, self.filter, CourseSumRow.team_id, CourseSumRow.queue)
        column = getattr(CourseSumRow, self.part)
        rows = self.session.connection().execute(
            select(CourseSumRow.first_day, CourseSumRow.team_id, CourseSumRow.queue, CourseSumRow.kind, column).where(
                CourseSumRow.days == stretches.days, between, *where
            )
        )
        places, values = [], []
        for first_day, team_id, queue, kind, value in rows:
            places.append((first_day.toordinal(), team_id, self.words.number(queue), self.words.number(kind)))
            values.append(value)
        return self._reduced(read_part(self.part, places, values))

    def of_changes(self) -> list[Cells]:
        """What the calls that are yet to be folded counted for, taken away, and what they count for now."""
        marked = select(CourseChangeRow.call_id)
        where = of_teams_and_queues(self.asker, self.filter, CourseCountRow.team_id, CourseCountRow.queue)
        if self.filter.start is not None:
            where.append(CourseCountRow.day >= self.filter.start)
        if self.filter.end is not None:
            where.append(CourseCountRow.day <= self.filter.end)
        connection = self.session.connection()
        before = stored_values(connection, self.words, CourseCountRow.call_id.in_(marked), *where)
        return [self._part(before.cells, -1), self._now(1, marked.distinct())]

    def of_blind(self) -> Cells:
        """What the asker is judging blind, to be taken away."""
        return self._now(-1, blind_calls(self.asker))

    def _now(self, sign: int, ids: Select[str] | CompoundSelect[str]) -> Cells:
        """What the chosen ones of these calls count for now. They are few or none, and asked for by name, so that a database
        does not go through all that the asker may see."""
        these, chosen = self.session.scalars(ids).all(), chosen_calls(self.asker, self.filter)
        values = values_of(self.session.connection(), self.words, self.subjects, these, *chosen)
        return self._part(values.cells, sign)

    def _part(self, cells: Cells, sign: int) -> Cells:
        return self._reduced(parts_of(cells_of(cells.keys, sign * cells.heads))[self.part])

    def _reduced(self, cells: Cells) -> Cells:
        """Added up to what they are told apart by."""
        keys = np.zeros_like(cells.keys)
        kept = [QUEUE, KIND, SUBJECT, *([TEAM] if self.by_team else []), *([AGENT] if self.by_agent else [])]
        keys[:, kept] = cells.keys[:, kept]
        if self.by_week:
            keys[:, DAY] = first_of(cells.keys[:, DAY], 7)
        return added(cells_of(keys, cells.heads))

    def groups(self, cells: Cells) -> list[Group]:
        """What each row is of."""
        about = self.subjects.words(set(cells.keys[:, SUBJECT].tolist()))
        return [
            Group(
                key[AGENT] or None,
                key[TEAM] or None,
                self.words.word(key[QUEUE]),
                CallKind(self.words.word(key[KIND])),
                about.get(key[SUBJECT], NOTHING),
                date.fromordinal(key[DAY]) if self.by_week else None,
            )
            for key in cells.keys.tolist()
        ]
