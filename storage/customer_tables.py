"""Which tables say which calls are of the same customer, what people changed about that, and whether promises were kept?"""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint, false
from sqlalchemy.orm import Mapped, mapped_column

from scoring.same_customer import IdentityKind
from storage.tables import Base, JsonList, _choice


class CustomerRow(Base):
    """A customer. The id is made of a keyed hash, or by chance, and says nothing of who or how many there are."""

    __tablename__ = "customers"

    id: Mapped[str] = mapped_column(String(16), primary_key=True)
    created_at: Mapped[datetime]


class CustomerIdentityRow(Base):
    """By what a customer is known: the HMAC, under the server's secret, of a number, a telephone number or an address.

    An identity that several customers have decides nothing. `by_hand`: a person said whose it is.
    """

    __tablename__ = "customer_identities"
    __table_args__ = (UniqueConstraint("kind", "key", "customer_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    customer_id: Mapped[str] = mapped_column(ForeignKey("customers.id"), index=True)
    kind: Mapped[IdentityKind] = mapped_column(_choice(IdentityKind))
    key: Mapped[str] = mapped_column(String(32))
    by_hand: Mapped[bool] = mapped_column(server_default=false())


class CustomerCallRow(Base):
    """Whose call it is. `contacted_at` is when they were in contact of their own accord, as in `courses`; `matched_by` the
    kind of what the call was matched by, `identity_id` the identity. `by_hand`: a person said so, and nothing else changes
    it."""

    __tablename__ = "customer_calls"
    __table_args__ = (Index(None, "customer_id", "contacted_at"),)

    call_id: Mapped[str] = mapped_column(ForeignKey("calls.id"), primary_key=True)
    customer_id: Mapped[str] = mapped_column(ForeignKey("customers.id"))
    contacted_at: Mapped[datetime | None]
    matched_by: Mapped[IdentityKind] = mapped_column(_choice(IdentityKind))
    identity_id: Mapped[int | None] = mapped_column(ForeignKey("customer_identities.id"), index=True)
    by_hand: Mapped[bool] = mapped_column(server_default=false())


class CustomerChangeRow(Base):
    """A person put two customers together, or took calls out of one. `calls` and `identities` are the ids of what moved:
    from `other_id` to `customer_id` when merged, the other way when split. Undone, everything that moved went back."""

    __tablename__ = "customer_changes"

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(10))
    customer_id: Mapped[str] = mapped_column(ForeignKey("customers.id"), index=True)
    other_id: Mapped[str] = mapped_column(ForeignKey("customers.id"), index=True)
    calls: Mapped[JsonList]
    identities: Mapped[JsonList]
    author_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    author: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime]
    undone_by: Mapped[str] = mapped_column(Text, server_default="")
    undone_at: Mapped[datetime | None]


class PromiseMarkRow(Base):
    """A person's word on a promise: kept, or not. Rows are added and never changed; the last one of a turn holds."""

    __tablename__ = "promise_marks"

    id: Mapped[int] = mapped_column(primary_key=True)
    call_id: Mapped[str] = mapped_column(ForeignKey("calls.id"), index=True)
    turn: Mapped[int]
    kept: Mapped[bool]
    author_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    author: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime]
