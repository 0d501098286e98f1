"""Which tables hold the work that runs in the background, and what a scorecard would have said of the calls of the past?"""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, Text, false
from sqlalchemy.orm import Mapped, mapped_column

from storage.tables import Base, Json, JsonList


class RescoreJobRow(Base):
    """A scorecard that runs over calls of the past. `state` is that of its last sign of life, which is `beat_at`.

    `against_id` is the version it is compared with, null where there is none. `stop` is set by whoever wants it to end.
    """

    __tablename__ = "rescore_jobs"

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(Text)
    scorecard: Mapped[str] = mapped_column(Text, index=True)
    definition: Mapped[Json]
    against_id: Mapped[int | None] = mapped_column(ForeignKey("scorecard_versions.id"))
    state: Mapped[str] = mapped_column(Text)
    done: Mapped[int]
    total: Mapped[int]
    failed: Mapped[int]
    message: Mapped[str] = mapped_column(Text)
    stop: Mapped[bool] = mapped_column(server_default=false())
    author_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    author: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime]
    beat_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]


class WhatIfCallRow(Base):
    """A call under what held before and under the scorecard that ran over it."""

    __tablename__ = "what_if_calls"

    job_id: Mapped[int] = mapped_column(ForeignKey("rescore_jobs.id"), primary_key=True)
    call_id: Mapped[str] = mapped_column(ForeignKey("calls.id"), primary_key=True)
    judged_before: Mapped[bool]
    before: Mapped[float | None]
    after: Mapped[float | None]
    passed_before: Mapped[bool | None]
    passed_after: Mapped[bool | None]
    failed_before: Mapped[JsonList]
    failed_after: Mapped[JsonList]


class WhatIfAnswerRow(Base):
    """An answer that is another one than before; a verdict is null where the scorecard does not have the question."""

    __tablename__ = "what_if_answers"
    __table_args__ = (Index(None, "job_id", "criterion"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    job_id: Mapped[int] = mapped_column(ForeignKey("rescore_jobs.id"))
    call_id: Mapped[str] = mapped_column(ForeignKey("calls.id"))
    criterion: Mapped[str] = mapped_column(Text)
    before: Mapped[str | None] = mapped_column(Text)
    after: Mapped[str | None] = mapped_column(Text)
    answer_before: Mapped[Any] = mapped_column(JSON(none_as_null=True), nullable=True)
    answer_after: Mapped[Any] = mapped_column(JSON(none_as_null=True), nullable=True)
    by_person: Mapped[bool]
