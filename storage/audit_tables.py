"""In which tables does the record of everything that was done lie, and what keeps the database from changing it?

Entries are only ever added: the database itself refuses to change or delete one, by triggers. Whoever owns the database
can take the triggers away, which is why every entry also carries the hash of the one before (`storage.audit`).
"""

from datetime import datetime

from sqlalchemy import Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from storage.tables import Base, Json


class AuditEntryRow(Base):
    """Something that was done. `about` and `about_id` are the kind and the id of what it was done to.

    `who_id` is the id among the users, null for who is none; it refers to no table, as an entry outlives whoever it names.
    `previous` is the hash of the entry before, `hash` this one's own (`storage.audit.hash_of`).
    """

    __tablename__ = "audit_entries"
    __table_args__ = (
        Index(None, "about", "about_id", "number"),
        Index(None, "who_id", "number"),
        Index(None, "what", "number"),
    )

    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    at: Mapped[datetime] = mapped_column(index=True)
    who_id: Mapped[int | None]
    who: Mapped[str] = mapped_column(Text)
    role: Mapped[str] = mapped_column(String(20))
    what: Mapped[str] = mapped_column(String(40))
    about: Mapped[str] = mapped_column(String(20))
    about_id: Mapped[str] = mapped_column(Text)
    details: Mapped[Json]
    previous: Mapped[str] = mapped_column(String(64))
    hash: Mapped[str] = mapped_column(String(64))


class AuditHeadRow(Base):
    """The last entry's number and hash: one row, which whoever adds an entry locks, so that entries go one after another."""

    __tablename__ = "audit_head"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    number: Mapped[int]
    hash: Mapped[str] = mapped_column(String(64))
