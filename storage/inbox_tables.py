"""Which tables hold what has come in, before and after it became calls, and who is at work on it?"""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from storage.sealed_words import SealedJson, SealedText
from storage.tables import Base, Json


class InboxRow(Base):
    """A file that has come in by some door. `state` is one of `storage.inbox.State`, `door` one of `storage.inbox.Door`.

    `source` is where it came from (a token, a watched folder or address, the command line) and `idempotency_key` what makes
    it the same file there: what a program called its sending, or a hash of its name, size and time of change. `place` is
    where the file lies if not in the inbox itself, where `spooled` is its folder and its name; `sent_as` is for people.
    `fingerprint` is the SHA-256 of a sent file's content and of what was said of it. `worker` is who has it in hand or is
    to have it; `not_before` from when it may be tried again. `tries` counts what the file itself failed, `interruptions` how
    often the whole program ended while it was worked on.
    """

    __tablename__ = "inbox"
    __table_args__ = (
        UniqueConstraint("source", "idempotency_key"),
        Index(None, "state", "not_before"),
        Index(None, "worker", "state"),
        Index(None, "state", "finished_at"),
        Index(None, "token_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    door: Mapped[str] = mapped_column(String(20))
    source: Mapped[str] = mapped_column(Text)
    token_id: Mapped[int | None] = mapped_column(ForeignKey("api_tokens.id"))
    idempotency_key: Mapped[str] = mapped_column(Text)
    fingerprint: Mapped[str] = mapped_column(String(64))
    sent_as: Mapped[str] = mapped_column(SealedText("inbox.sent_as"))
    spooled: Mapped[str] = mapped_column(Text)
    place: Mapped[str] = mapped_column(SealedText("inbox.place"))
    facts: Mapped[Json] = mapped_column(SealedJson("inbox.facts"))
    state: Mapped[str] = mapped_column(String(20))
    reason: Mapped[str] = mapped_column(SealedText("inbox.reason"))
    tries: Mapped[int]
    interruptions: Mapped[int]
    received_at: Mapped[datetime]
    not_before: Mapped[datetime]
    worker: Mapped[str | None] = mapped_column(String(32))
    finished_at: Mapped[datetime | None]


class InboxCallRow(Base):
    """A call that a file has become. No reference to `calls`: what came in stays known when the call is gone."""

    __tablename__ = "inbox_calls"

    inbox_id: Mapped[int] = mapped_column(ForeignKey("inbox.id"), primary_key=True)
    call_id: Mapped[str] = mapped_column(Text, primary_key=True, index=True)


class InboxWorkerRow(Base):
    """A program that takes calls in. It is believed to live until `lease_until`, which it moves on while it does.

    `trouble` is what keeps it from working just now, in a sentence; empty where nothing does.
    """

    __tablename__ = "inbox_workers"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    name: Mapped[str] = mapped_column(Text)
    began_at: Mapped[datetime]
    lease_until: Mapped[datetime]
    trouble: Mapped[str] = mapped_column(SealedText("inbox_workers.trouble"))
