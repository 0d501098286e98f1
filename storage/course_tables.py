"""Which tables are processes, harm and sentiment counted from?"""

from datetime import datetime

from sqlalchemy import Enum, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from scoring.course import TransferKnown
from storage.tables import Base


class CourseRow(Base):
    """How one call ran (`scoring.course.Course`): a copy of what its facts, words and signals say, to count from.

    `contacted_at` is when the customer was in contact: the start of the call, unless it was the centre that rang.
    `days_since_contact` is how many days after the same customer's contact before that was; missing where no number of the
    customer is known, where there was none before, and where the centre rang. `customer_key` is as `sealed_words.keyed` has
    it.
    """

    __tablename__ = "courses"
    __table_args__ = (Index(None, "customer_key", "contacted_at"),)

    call_id: Mapped[str] = mapped_column(ForeignKey("calls.id"), primary_key=True)
    reason: Mapped[str] = mapped_column(Text)
    customer_key: Mapped[str] = mapped_column(String(32))
    contacted_at: Mapped[datetime | None]
    days_since_contact: Mapped[float | None]
    repeat_said: Mapped[float | None]
    repeat_turn: Mapped[int | None]
    holds: Mapped[int | None]
    hold_seconds: Mapped[float | None]
    longest_hold_seconds: Mapped[float | None]
    transfers: Mapped[int | None]
    transfer_known: Mapped[TransferKnown] = mapped_column(
        Enum(TransferKnown, native_enum=False, length=20, values_callable=list)
    )
    transfer_turn: Mapped[int | None]
    valence_start: Mapped[float | None]
    valence_lowest: Mapped[float | None]
    valence_peak: Mapped[float | None]
    valence_end: Mapped[float | None]
    behaviours_measured: Mapped[bool]


class HarmRow(Base):
    """A harmful behaviour that a call may show: the likeliest turn, how likely, and the letters of its text that speak most
    for it. What is unlikely has no row."""

    __tablename__ = "harms"

    call_id: Mapped[str] = mapped_column(ForeignKey("courses.call_id"), primary_key=True)
    behaviour: Mapped[str] = mapped_column(Text, primary_key=True)
    turn: Mapped[int]
    probability: Mapped[float]
    start: Mapped[int]
    end: Mapped[int]
