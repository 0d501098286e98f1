"""Which tables hold the scorecards that people edit: drafts, marks on calls, what each is for, and who decided what?"""

from datetime import datetime

from sqlalchemy import ForeignKey, Text
from sqlalchemy.orm import Mapped, mapped_column

from scoring.result import Verdict
from storage.tables import Base, Json, JsonList


class ScorecardDraftRow(Base):
    """A scorecard that somebody is working on. `definition` holds the keys and values of a scorecard file, fit or not.

    `edit` counts what was saved, so that two editors are told of each other; `editors` is who and when, by the id of the
    user; `aside` is what one of them wrote where the other's words stand. `closed` says what became of it, empty while it
    is open; a closed draft is kept.
    """

    __tablename__ = "scorecard_drafts"

    id: Mapped[int] = mapped_column(primary_key=True)
    scorecard: Mapped[str] = mapped_column(Text, index=True)
    based_on: Mapped[int | None]
    definition: Mapped[Json]
    edit: Mapped[int]
    editors: Mapped[Json]
    aside: Mapped[JsonList]
    author_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    author: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    closed: Mapped[str] = mapped_column(Text, server_default="")


class DraftMarkRow(Base):
    """A person's word on what a draft's question says of a call: `verdict` was shown, and it is right or not."""

    __tablename__ = "draft_marks"

    draft_id: Mapped[int] = mapped_column(ForeignKey("scorecard_drafts.id"), primary_key=True)
    criterion: Mapped[str] = mapped_column(Text, primary_key=True)
    call_id: Mapped[str] = mapped_column(ForeignKey("calls.id"), primary_key=True)
    verdict: Mapped[Verdict]
    right: Mapped[bool]
    author_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    author: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime]


class ScorecardScopeRow(Base):
    """Which conversations a scorecard is for (`scorecards.scope`), where somebody said so."""

    __tablename__ = "scorecard_scopes"

    scorecard: Mapped[str] = mapped_column(Text, primary_key=True)
    scope: Mapped[Json]


class ScorecardEventRow(Base):
    """What somebody decided about a scorecard: activated, retired, restored, or what it is for. Rows are added and never
    changed. `version` is None where it is about all of them. `author` is the name of the time."""

    __tablename__ = "scorecard_events"

    id: Mapped[int] = mapped_column(primary_key=True)
    scorecard: Mapped[str] = mapped_column(Text, index=True)
    version: Mapped[int | None]
    what: Mapped[str] = mapped_column(Text)
    detail: Mapped[str] = mapped_column(Text)
    author_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    author: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime]
