"""Which tables hold the cases of the customer systems, which conversations belong to them, and what customers answered?"""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import Enum, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from coaching.satisfaction import AnswerKind
from storage.sealed_words import SealedText
from storage.tables import Base, JsonList


class CaseState(StrEnum):
    """Whether somebody is still at work on a case."""

    OPEN = "open"
    SOLVED = "solved"


class LinkedBy(StrEnum):
    """How it is known that a conversation belongs to a case; the first that says something counts."""

    GIVEN = "given"  # the customer system named the conversation
    CALL = "call"  # the conversation came with the case's id
    CUSTOMER = "customer"  # of the same customer, at the time of the one case that they had


_STATE = Enum(CaseState, native_enum=False, length=10, values_callable=list)
_LINKED = Enum(LinkedBy, native_enum=False, length=10, values_callable=list)
_KIND = Enum(AnswerKind, native_enum=False, length=10, values_callable=list)


class CaseRow(Base):
    """A case of a customer system. `number` is its id there, `key` a keyed hash of it by which it is found; `identities` are
    kind and keyed hash of each thing that the system knows the customer by."""

    __tablename__ = "cases"
    __table_args__ = (UniqueConstraint("system", "key"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    system: Mapped[str] = mapped_column(String(40))
    key: Mapped[str] = mapped_column(String(32), index=True)
    number: Mapped[str] = mapped_column(SealedText("cases.number"))
    customer_id: Mapped[str | None] = mapped_column(ForeignKey("customers.id"), index=True)
    identities: Mapped[JsonList]
    reason: Mapped[str] = mapped_column(SealedText("cases.reason"))
    state: Mapped[CaseState] = mapped_column(_STATE)
    opened_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]
    created_at: Mapped[datetime]


class CaseCallRow(Base):
    """To which case a conversation belongs. `key` is the keyed hash of the case's id that came with the conversation, empty
    where none did; `case_id` is missing as long as no such case was imported, or two systems have one of that id."""

    __tablename__ = "case_calls"

    call_id: Mapped[str] = mapped_column(ForeignKey("calls.id"), primary_key=True)
    case_id: Mapped[int | None] = mapped_column(ForeignKey("cases.id"), index=True)
    linked_by: Mapped[LinkedBy] = mapped_column(_LINKED)
    key: Mapped[str] = mapped_column(String(32), index=True, server_default="")


class SatisfactionRow(Base):
    """What a customer answered when they were asked, about a case or about one conversation. No words of theirs are kept."""

    __tablename__ = "satisfaction"
    __table_args__ = (UniqueConstraint("kind", "case_id"), UniqueConstraint("kind", "call_id"))

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[AnswerKind] = mapped_column(_KIND)
    score: Mapped[int]
    answered_at: Mapped[datetime | None]
    case_id: Mapped[int | None] = mapped_column(ForeignKey("cases.id"), index=True)
    call_id: Mapped[str | None] = mapped_column(ForeignKey("calls.id"), index=True)
