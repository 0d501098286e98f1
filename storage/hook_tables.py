"""Which tables hold whom we tell of what happens, and what they are told?"""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from storage.tables import Base, Json, JsonList


class WebhookRow(Base):
    """An address that a program wants to be told at. What signs what it is told is not here (`pipeline.notify`)."""

    __tablename__ = "webhooks"

    id: Mapped[int] = mapped_column(primary_key=True)
    token_id: Mapped[int] = mapped_column(ForeignKey("api_tokens.id"), index=True)
    url: Mapped[str] = mapped_column(Text)
    events: Mapped[JsonList]
    salt: Mapped[str] = mapped_column(String(64))
    at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    ended_why: Mapped[str] = mapped_column(Text)


class DeliveryRow(Base):
    """Something that happened, to be told to one address. `key` names what happened, so that it is told once.

    `data` holds ids, scores and addresses, and nothing that anybody said. `state` is of `storage.hooks.DeliveryState`.
    """

    __tablename__ = "webhook_deliveries"
    __table_args__ = (UniqueConstraint("webhook_id", "key"), Index(None, "state", "next_at"))

    id: Mapped[int] = mapped_column(primary_key=True)
    webhook_id: Mapped[int] = mapped_column(ForeignKey("webhooks.id"))
    key: Mapped[str] = mapped_column(Text)
    message_id: Mapped[str] = mapped_column(String(40))
    event: Mapped[str] = mapped_column(String(40))
    data: Mapped[Json]
    at: Mapped[datetime]
    state: Mapped[str] = mapped_column(String(20))
    tries: Mapped[int]
    next_at: Mapped[datetime]
    answered: Mapped[str] = mapped_column(Text)
    delivered_at: Mapped[datetime | None]
