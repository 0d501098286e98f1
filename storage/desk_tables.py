"""Which tables hold what is done at the desk beside answering: comments, clips, requests for coaching, who is there?"""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from storage.sealed_words import SealedText
from storage.tables import Base


class OverrideQuoteRow(Base):
    """The words that a person's answer rests on; never changed. Times are None where none are known."""

    __tablename__ = "override_quotes"

    override_id: Mapped[int] = mapped_column(ForeignKey("overrides.id"), primary_key=True)
    turn: Mapped[int]
    start_seconds: Mapped[float | None]
    quote: Mapped[str] = mapped_column(SealedText("override_quotes.quote"))


class CommentRow(Base):
    """What somebody said of a moment of a call. What was said never changes; it can be withdrawn.

    `turn` is the turn's index, `start_seconds` the moment; None where it is about the whole call, or no times are known.
    `for_agent`: the agent reads it too.
    """

    __tablename__ = "comments"
    __table_args__ = (Index(None, "call_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    call_id: Mapped[str] = mapped_column(ForeignKey("calls.id"))
    turn: Mapped[int | None]
    start_seconds: Mapped[float | None]
    text: Mapped[str] = mapped_column(SealedText("comments.text"))
    for_agent: Mapped[bool]
    author_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    author: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime]
    withdrawn_at: Mapped[datetime | None]


class ClipRow(Base):
    """A stretch of a call that is a good or a bad example; what it was marked as never changes, it can be withdrawn.

    `about` is the name of a behaviour, or a scorecard and a criterion with a slash between.
    """

    __tablename__ = "clips"
    __table_args__ = (Index(None, "call_id"), Index(None, "about", "good"))

    id: Mapped[int] = mapped_column(primary_key=True)
    call_id: Mapped[str] = mapped_column(ForeignKey("calls.id"))
    start_seconds: Mapped[float]
    end_seconds: Mapped[float]
    good: Mapped[bool]
    about: Mapped[str] = mapped_column(Text)
    note: Mapped[str] = mapped_column(SealedText("clips.note"))
    for_agent: Mapped[bool]
    author_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    author: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime]
    withdrawn_at: Mapped[datetime | None]


class CoachingRequestRow(Base):
    """A call that somebody puts before the coach, and why. `done_at` is when a coach, named in `done_by`, had seen to it."""

    __tablename__ = "coaching_requests"
    __table_args__ = (Index(None, "call_id"), Index(None, "done_at", "at"))

    id: Mapped[int] = mapped_column(primary_key=True)
    call_id: Mapped[str] = mapped_column(ForeignKey("calls.id"))
    note: Mapped[str] = mapped_column(SealedText("coaching_requests.note"))
    author_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    author: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime]
    done_at: Mapped[datetime | None]
    done_by: Mapped[str] = mapped_column(Text, server_default="")


class PresenceRow(Base):
    """Somebody who has a call open to judge it, and when that was last heard of."""

    __tablename__ = "presence"

    call_id: Mapped[str] = mapped_column(ForeignKey("calls.id"), primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), primary_key=True)
    seen_at: Mapped[datetime]


class ReceivedRow(Base):
    """Something that a browser sent and that is kept, by the name that the browser gave it: sent again, it is known."""

    __tablename__ = "received"

    user_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    client_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    at: Mapped[datetime]
