"""Which tables say how long what is kept, what may not be removed, and what was removed?"""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from storage.sealed_words import SealedName, SealedText
from storage.tables import Base, Json


class LegalHoldRow(Base):
    """Calls of which nothing may be removed: one call, all of an agent, or all of a customer.

    `scope` is of `storage.holds.Scope`; `target` is the call's id or the agent's id in digits, empty where `customer` is the
    customer's name.
    """

    __tablename__ = "legal_holds"
    __table_args__ = (Index(None, "scope", "target"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    scope: Mapped[str] = mapped_column(String(20))
    target: Mapped[str] = mapped_column(Text)
    customer: Mapped[str] = mapped_column(SealedName("customer"), server_default="")
    reason: Mapped[str] = mapped_column(SealedText("legal_holds.reason"))
    author_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    author: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime]
    released_at: Mapped[datetime | None]
    released_by: Mapped[str] = mapped_column(Text, server_default="")
    release_reason: Mapped[str] = mapped_column(SealedText("legal_holds.release_reason"), server_default="")


class RemovalRow(Base):
    """What was removed of a call, and when; None is what is still there. `redacted_at` is when private words were taken out
    of it after it was stored."""

    __tablename__ = "removals"

    call_id: Mapped[str] = mapped_column(ForeignKey("calls.id"), primary_key=True)
    audio_at: Mapped[datetime | None]
    words_at: Mapped[datetime | None]
    scores_at: Mapped[datetime | None]
    redacted_at: Mapped[datetime | None]


class KeepingReportRow(Base):
    """What somebody, or Attune by itself, removed or took out at a time; never changed.

    `kind` is of `storage.keeping.ReportKind`. `figures` are counts, ids and hashes, and never a name or what was said.
    """

    __tablename__ = "keeping_reports"
    __table_args__ = (Index(None, "kind", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(20))
    figures: Mapped[Json]
    author_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    author: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime]


class WordsDoorRow(Base):
    """A row is here while, within one transaction, words may be taken out of rows that are otherwise never rewritten.

    It is taken away before the transaction ends, so that no other one ever sees it.
    """

    __tablename__ = "words_door"

    id: Mapped[int] = mapped_column(primary_key=True)


class WordsKeyRow(Base):
    """Of which key words are encrypted, by its mark (`storage.sealed_words`); no row where none ever was.

    While words are moved to another key it is the one before. Whoever has not that key at hand may write nothing.
    """

    __tablename__ = "words_key"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    mark: Mapped[str] = mapped_column(String(16))
    at: Mapped[datetime]
