"""Which tables hold the board of causes: what makes customers call, what is done about it by whom, and in which
conversations it shows?"""

from datetime import date, datetime

from sqlalchemy import ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from storage.sealed_words import SealedText
from storage.tables import Base


class CauseRow(Base):
    """A cause. `reason` is the id of a reason of the tree or of a group of reasons.

    `state` is of `storage.causes.CauseState`. `owner` and `department` are free words: whoever sees to it may be nobody who
    signs in here. `acted_on` is the day from which the action works. What it costs and what the action brought about is in
    no column: it is worked out. What was changed, by whom, is in the record.
    """

    __tablename__ = "causes"

    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str] = mapped_column(SealedText("causes.title"))
    reason: Mapped[str] = mapped_column(Text)
    description: Mapped[str] = mapped_column(SealedText("causes.description"))
    owner: Mapped[str] = mapped_column(Text)
    department: Mapped[str] = mapped_column(Text)
    action: Mapped[str] = mapped_column(SealedText("causes.action"))
    acted_on: Mapped[date | None]
    state: Mapped[str] = mapped_column(String(20), index=True)
    author_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    author: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime]
    changed_at: Mapped[datetime]


class CauseEvidenceRow(Base):
    """A conversation in which a cause shows. No words of it are copied."""

    __tablename__ = "cause_evidence"
    __table_args__ = (UniqueConstraint("cause_id", "call_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    cause_id: Mapped[int] = mapped_column(ForeignKey("causes.id"))
    call_id: Mapped[str] = mapped_column(ForeignKey("calls.id"), index=True)
    author_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    author: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime]
