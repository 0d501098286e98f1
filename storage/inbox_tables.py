"""Which table holds what other programs sent, before and after it became calls?"""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from storage.tables import Base, Json, JsonList


class InboxRow(Base):
    """A file that a program sent. `state` is one of `storage.inbox.State`.

    `spooled` is the folder and the file within the inbox; the name that the sender gave is kept in `sent_as` for people to
    read. `fingerprint` is the SHA-256 of the file's content and of what was said of it. `lease_until` is until when
    whoever works on it is believed to live, `not_before` from when it may be tried again.
    """

    __tablename__ = "inbox"
    __table_args__ = (UniqueConstraint("token_id", "idempotency_key"), Index(None, "state", "not_before"))

    id: Mapped[int] = mapped_column(primary_key=True)
    token_id: Mapped[int] = mapped_column(ForeignKey("api_tokens.id"))
    idempotency_key: Mapped[str] = mapped_column(Text)
    fingerprint: Mapped[str] = mapped_column(String(64))
    sent_as: Mapped[str] = mapped_column(Text)
    spooled: Mapped[str] = mapped_column(Text)
    facts: Mapped[Json]
    state: Mapped[str] = mapped_column(String(20))
    reason: Mapped[str] = mapped_column(Text)
    tries: Mapped[int]
    calls: Mapped[JsonList]
    received_at: Mapped[datetime]
    not_before: Mapped[datetime]
    lease_until: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
