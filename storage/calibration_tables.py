"""Which tables hold calibration: sessions, their calls and people, and what was answered?

They are apart from evaluations, results and overrides, which are what every figure is made of: no answer given to calibrate
ever reaches one.
"""

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, Text
from sqlalchemy.orm import Mapped, mapped_column

from scoring.result import Verdict
from storage.sealed_words import SealedText
from storage.tables import Base


class CalibrationRow(Base):
    """A session: which scorecard, until when, and whose answers are the reference. `closed_at` opens its results."""

    __tablename__ = "calibrations"

    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str] = mapped_column(Text)
    scorecard_version_id: Mapped[int] = mapped_column(ForeignKey("scorecard_versions.id"))
    due: Mapped[date]
    expert_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    author_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    author: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime]
    closed_at: Mapped[datetime | None]
    closed_by: Mapped[str] = mapped_column(Text)


class CalibrationCallRow(Base):
    """A call of a session, in the order in which it is judged."""

    __tablename__ = "calibration_calls"
    __table_args__ = (Index(None, "call_id"),)

    calibration_id: Mapped[int] = mapped_column(ForeignKey("calibrations.id"), primary_key=True)
    call_id: Mapped[str] = mapped_column(ForeignKey("calls.id"), primary_key=True)
    position: Mapped[int]


class CalibrationMemberRow(Base):
    """Somebody who judges the calls of a session. `finished_at` is set once they have answered everything."""

    __tablename__ = "calibration_members"
    __table_args__ = (Index(None, "user_id", "finished_at"),)

    calibration_id: Mapped[int] = mapped_column(ForeignKey("calibrations.id"), primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), primary_key=True)
    finished_at: Mapped[datetime | None]


class CalibrationAnswerRow(Base):
    """One answer of one person. Rows are added and never changed; of several to one question the last one counts."""

    __tablename__ = "calibration_answers"
    __table_args__ = (Index(None, "calibration_id", "user_id"), Index(None, "call_id", "user_id"))

    id: Mapped[int] = mapped_column(primary_key=True)
    calibration_id: Mapped[int] = mapped_column(ForeignKey("calibrations.id"))
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    call_id: Mapped[str] = mapped_column(ForeignKey("calls.id"))
    criterion: Mapped[str] = mapped_column(Text)
    verdict: Mapped[Verdict]
    points: Mapped[float | None]
    answer: Mapped[Any] = mapped_column(JSON(none_as_null=True), nullable=True)
    comment: Mapped[str] = mapped_column(SealedText("calibration_answers.comment"))
    at: Mapped[datetime]
