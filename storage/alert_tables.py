"""Which tables hold by which rules somebody is told at once, what they were told of, and what became of it?"""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint, false
from sqlalchemy.orm import Mapped, mapped_column

from storage.sealed_words import SealedText
from storage.tables import Base, Json


class AlertRuleRow(Base):
    """A rule as somebody has set it; of the shipped rules only those that were changed have a row. `rule` is
    `storage.alert_rules.AlertRule` but for its name. What was removed stays, so that its alerts can be read."""

    __tablename__ = "alert_rules"

    key: Mapped[str] = mapped_column(String(40), primary_key=True)
    name: Mapped[str] = mapped_column(Text)
    rule: Mapped[Json]
    author_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    author: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime]
    removed_at: Mapped[datetime | None]


class AlertRow(Base):
    """Something that somebody is told of. `place` is the turn of a message that waits, -1 of everything else, so that a
    conversation that goes on may have two.

    `state` is of `storage.alerts.AlertState`. `rule` is the rule's name of the time. `why` is a sentence of ours, `quote`
    the words it rests on, `done` what was done about it. `since` is when the customer began to wait, `seen_at` up to when
    the conversation is known, `due_at` when it was to be raised. `shown` is whether it stands on the page, `agents` whether
    the agent may read it, `programs` whether programs are told.
    """

    __tablename__ = "alerts"
    __table_args__ = (
        UniqueConstraint("call_id", "rule_key", "place"),
        Index(None, "state", "due_at"),
        Index(None, "state", "raised_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    rule_key: Mapped[str] = mapped_column(String(40), index=True)
    rule: Mapped[str] = mapped_column(Text)
    kind: Mapped[str] = mapped_column(String(20))
    call_id: Mapped[str] = mapped_column(ForeignKey("calls.id"))
    place: Mapped[int]
    state: Mapped[str] = mapped_column(String(20))
    channel: Mapped[str] = mapped_column(String(20))
    probability: Mapped[float]
    perhaps: Mapped[bool] = mapped_column(server_default=false())
    turn: Mapped[int | None]
    quote: Mapped[str] = mapped_column(SealedText("alerts.quote"))
    why: Mapped[str] = mapped_column(Text)
    since: Mapped[datetime | None]
    seen_at: Mapped[datetime | None]
    due_at: Mapped[datetime]
    raised_at: Mapped[datetime | None]
    shown: Mapped[bool] = mapped_column(server_default=false())
    agents: Mapped[bool] = mapped_column(server_default=false())
    programs: Mapped[bool] = mapped_column(server_default=false())
    taken_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    taken_by: Mapped[str] = mapped_column(Text)
    taken_at: Mapped[datetime | None]
    closed_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    closed_by: Mapped[str] = mapped_column(Text)
    closed_at: Mapped[datetime | None]
    done: Mapped[str] = mapped_column(SealedText("alerts.done"))


class AlertStepRow(Base):
    """Something that happened to an alert, or that somebody said to it. Rows are added and never changed."""

    __tablename__ = "alert_steps"

    id: Mapped[int] = mapped_column(primary_key=True)
    alert_id: Mapped[int] = mapped_column(ForeignKey("alerts.id"), index=True)
    step: Mapped[str] = mapped_column(String(20))
    author_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    author: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime]
    words: Mapped[str] = mapped_column(SealedText("alert_steps.words"))


class AlertMailRow(Base):
    """An alert that one address is to be told of by e-mail. Several are told in one message, which `message_id` names.

    `held` is set where it had to wait as the address had been told often enough. `state` is of
    `storage.hooks.DeliveryState`. No word of a customer is here: the message is written when it is sent.
    """

    __tablename__ = "alert_mails"
    __table_args__ = (UniqueConstraint("alert_id", "address"), Index(None, "state", "next_at"))

    id: Mapped[int] = mapped_column(primary_key=True)
    alert_id: Mapped[int] = mapped_column(ForeignKey("alerts.id"))
    rule_key: Mapped[str] = mapped_column(String(40))
    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    address: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime]
    state: Mapped[str] = mapped_column(String(20))
    held: Mapped[bool] = mapped_column(server_default=false())
    tries: Mapped[int]
    next_at: Mapped[datetime]
    answered: Mapped[str] = mapped_column(Text)
    message_id: Mapped[str] = mapped_column(String(40))
    sent_at: Mapped[datetime | None]
