"""Which tables hold the sums that processes, sentiment and harm are counted from, and what has changed since?"""

from datetime import date

from sqlalchemy import BigInteger, ForeignKey, LargeBinary, SmallInteger, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from storage.tables import Base, CallKind


class CourseSumRow(Base):
    """How the calls of a stretch of days, a team, a queue and a kind ran, added up (`storage.course_sums`).

    `days`, `first_day` and `team_id` are as in `storage.sum_tables.SumRow`. The bytes are as in
    `storage.course_cells.Written`: `processes` and `contacts` by what the calls are about, `feelings` by that and by agent,
    `harms` by agent. Teams, agents and what calls are about are named by their ids alone.
    """

    __tablename__ = "course_sums"

    days: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    first_day: Mapped[date] = mapped_column(primary_key=True)
    team_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    queue: Mapped[str] = mapped_column(Text, primary_key=True)
    kind: Mapped[CallKind] = mapped_column(primary_key=True)
    processes: Mapped[bytes] = mapped_column(LargeBinary)
    contacts: Mapped[bytes] = mapped_column(LargeBinary)
    harms: Mapped[bytes] = mapped_column(LargeBinary)
    feelings: Mapped[bytes] = mapped_column(LargeBinary)


class CourseCountRow(Base):
    """What a call counts for in the sums: where, and for what. What it should count for may have changed since; then there
    is a `CourseChangeRow`.

    `team_id` and `agent_id` are 0 where there is none, `subject_id` 0 where nobody knows what the call is about. `figures`
    are those of `storage.course_cells.FIGURES`. What no sum tells apart stands beside them, for comparisons of calls that
    are alike: when on its day the call began, by which way it was held (`storage.course_cells.CHANNEL`), and what
    `versions` made of it (`storage.tally_tables.TallyRow`).
    """

    __tablename__ = "course_counts"

    call_id: Mapped[str] = mapped_column(ForeignKey("calls.id"), primary_key=True)
    day: Mapped[date] = mapped_column(index=True)
    team_id: Mapped[int]
    agent_id: Mapped[int]
    queue: Mapped[str] = mapped_column(Text)
    kind: Mapped[CallKind]
    subject_id: Mapped[int] = mapped_column(index=True)
    figures: Mapped[bytes] = mapped_column(LargeBinary)
    microsecond: Mapped[int] = mapped_column(BigInteger)
    channel: Mapped[str] = mapped_column(String(20))
    versions: Mapped[str] = mapped_column(Text)
    totals: Mapped[bytes] = mapped_column(LargeBinary)


class CourseChangeRow(Base):
    """A call of which something has changed that it counts for. Written in the transaction that changes it, and deleted by
    whoever folds it into the sums; so nobody who stores a call waits for another."""

    __tablename__ = "course_changes"

    id: Mapped[int] = mapped_column(primary_key=True)
    call_id: Mapped[str] = mapped_column(ForeignKey("calls.id"), index=True)


class CourseSubjectRow(Base):
    """What calls are about, by a number: a `storage.course_cells.Subject`. What no call is about any more has no row."""

    __tablename__ = "course_subjects"
    __table_args__ = (UniqueConstraint("given", "assigned", "reason", "state", "tree_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    given: Mapped[str] = mapped_column(Text)
    assigned: Mapped[str] = mapped_column(Text)
    reason: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(String(20))
    tree_id: Mapped[int]
