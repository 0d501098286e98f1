"""Which tables hold the daily sums that pages count from, and what has changed since they were added up?"""

from datetime import date, datetime

from sqlalchemy import BigInteger, Index, LargeBinary, SmallInteger, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from storage.tables import Base, CallKind


class SumRow(Base):
    """What the calls of a stretch of days, a team, a queue and a kind come to (`storage.sums`).

    `days` is how long the stretch is (`storage.sums.LEVELS`), `first_day` when it begins, `team_id` 0 where there is no
    team, `version_id` the version that judged the calls, 0 for all calls. The figures are as in `storage.cells.HEADS`, the
    bytes as in `storage.cells.Written`: all agents `together`, and one after the other. Teams and agents are named by their
    ids alone.
    """

    __tablename__ = "call_sums"

    days: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    first_day: Mapped[date] = mapped_column(primary_key=True)
    team_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    queue: Mapped[str] = mapped_column(Text, primary_key=True)
    kind: Mapped[CallKind] = mapped_column(primary_key=True)
    version_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    calls: Mapped[int] = mapped_column(BigInteger)
    scored: Mapped[int] = mapped_column(BigInteger)
    passed: Mapped[int] = mapped_column(BigInteger)
    failed: Mapped[int] = mapped_column(BigInteger)
    unsure: Mapped[int] = mapped_column(BigInteger)
    total: Mapped[int] = mapped_column(BigInteger)
    length: Mapped[int] = mapped_column(BigInteger)
    long: Mapped[bool]
    together: Mapped[bytes] = mapped_column(LargeBinary)
    agents: Mapped[bytes] = mapped_column(LargeBinary)
    answers: Mapped[bytes] = mapped_column(LargeBinary)


class SumChangeRow(Base):
    """A call that is yet to be added to the sums, or with the `sign` -1 to be taken away: `storage.cells.Counted`.

    Written in the transaction that changes what counts of the call, and never changed; whoever folds them into the sums
    deletes them. So nobody who stores a call waits for another.
    """

    __tablename__ = "call_sum_changes"
    __table_args__ = (Index(None, "started_at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    sign: Mapped[int] = mapped_column(SmallInteger)
    started_at: Mapped[datetime]
    agent_id: Mapped[int | None]
    team_id: Mapped[int | None]
    queue: Mapped[str] = mapped_column(Text)
    kind: Mapped[CallKind]
    length: Mapped[int] = mapped_column(BigInteger)
    versions: Mapped[str] = mapped_column(Text)
    packed: Mapped[bytes] = mapped_column(LargeBinary)
    totals: Mapped[bytes] = mapped_column(LargeBinary)


class SumStampRow(Base):
    """As which the sums of calls, or of how they ran, are known (`storage.kept_sums.Sums`): 32 random hexadecimal digits,
    others whenever they change. There is none where nothing was ever folded."""

    __tablename__ = "sum_stamps"

    sums: Mapped[str] = mapped_column(String(10), primary_key=True)
    stamp: Mapped[str] = mapped_column(String(32))
