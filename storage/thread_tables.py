"""Which table is it by which a written conversation is known again when it has gone on?"""

from enum import StrEnum

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from storage.sealed_words import SealedName
from storage.tables import Base


class MarkOf(StrEnum):
    """Of what a mark is: of a message that is there or is only named; of who takes part (`transcripts.threads.People`), by a
    keyed hash of their address; of where the conversation came from (`storage.threads.Came`)."""

    MESSAGE = "message"
    NAMED = "named"
    OUTSIDE = "outside"
    WROTE = "wrote"
    SENT = "sent"
    BETWEEN = "between"
    SOURCE = "source"


PEOPLE = (MarkOf.OUTSIDE, MarkOf.WROTE, MarkOf.SENT, MarkOf.BETWEEN)


class ThreadRow(Base):
    """A mark by which a conversation is known (`transcripts.threads`): a hash, and encrypted where words are.

    `mark_of` is one of `MarkOf`. `position` is the turn whose mark it is, for messages that are there. `by_person`: somebody
    said who spoke that turn.
    """

    __tablename__ = "threads"
    __table_args__ = (Index(None, "digest"), Index(None, "call_id", "position"))

    id: Mapped[int] = mapped_column(primary_key=True)
    call_id: Mapped[str] = mapped_column(ForeignKey("calls.id"))
    digest: Mapped[str] = mapped_column(SealedName("threads.digest"))
    mark_of: Mapped[str] = mapped_column(String(10))
    position: Mapped[int | None]
    by_person: Mapped[bool]
