"""Which tables say why customers were in touch: the versions of the tree, what each conversation was put under, by whom,
what it was under before, and what is proposed?"""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import Enum, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from scoring.reasons.judge import State
from storage.sealed_words import SealedBytes, SealedJson, SealedText
from storage.tables import Base, Json, JsonList


class Source(StrEnum):
    """By whom a conversation's reason is known; the first that says something counts."""

    PERSON = "person"
    GIVEN = "given"
    MACHINE = "machine"
    NOBODY = "nobody"


class ProposalState(StrEnum):
    """What became of a proposed reason."""

    OPEN = "open"
    ACCEPTED = "accepted"
    MERGED = "merged"
    DISMISSED = "dismissed"


_STATE = Enum(State, native_enum=False, length=20, values_callable=list)
_SOURCE = Enum(Source, native_enum=False, length=20, values_callable=list)
_PROPOSAL = Enum(ProposalState, native_enum=False, length=20, values_callable=list)


class ReasonTreeRow(Base):
    """A version of the tree as it was taught; never changed but for `in_force`. `hash` is that of the judge, which stands
    for the tree too; `learned_from` of how many conversations it was taught besides the tree's examples."""

    __tablename__ = "reason_trees"

    id: Mapped[int] = mapped_column(primary_key=True)
    hash: Mapped[str] = mapped_column(String(64), unique=True)
    tree: Mapped[Json] = mapped_column(SealedJson("reason_trees.tree"))
    judge: Mapped[bytes] = mapped_column(SealedBytes("reason_trees.judge"))
    figures: Mapped[Json]
    learned_from: Mapped[int]
    in_force: Mapped[bool] = mapped_column(index=True)
    author_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    author: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime]


class CallReasonRow(Base):
    """Why the customer of a conversation was in touch.

    `reason` is the id that holds, by `source`; empty where none does. The rest is the machine's: its `state`, the likeliest
    reason with its probability and how likely anything fits, the candidates, and turn and letters of the sentence that tells
    most, with the number of the judge's example that it is near to and the everyday matter that both sound like. `tree_id`
    is the version that it was put under.
    `days_until_contact` is after how many days the same customer was in touch again; missing where they were not, or nobody
    knows who it was.
    """

    __tablename__ = "call_reasons"
    __table_args__ = (Index(None, "reason", "call_id"),)

    call_id: Mapped[str] = mapped_column(ForeignKey("calls.id"), primary_key=True)
    tree_id: Mapped[int] = mapped_column(ForeignKey("reason_trees.id"))
    reason: Mapped[str] = mapped_column(Text)
    source: Mapped[Source] = mapped_column(_SOURCE)
    state: Mapped[State] = mapped_column(_STATE)
    machine_reason: Mapped[str] = mapped_column(Text)
    probability: Mapped[float]
    anything: Mapped[float]
    candidates: Mapped[JsonList]
    turn: Mapped[int | None]
    start: Mapped[int | None]
    end: Mapped[int | None]
    near: Mapped[int | None]
    likeness: Mapped[float | None]
    matter: Mapped[str | None] = mapped_column(Text)
    days_until_contact: Mapped[float | None]
    at: Mapped[datetime]


class ReasonHistoryRow(Base):
    """What a conversation was under until somebody had it put under another version of the tree."""

    __tablename__ = "reason_history"

    id: Mapped[int] = mapped_column(primary_key=True)
    call_id: Mapped[str] = mapped_column(ForeignKey("calls.id"), index=True)
    tree_id: Mapped[int] = mapped_column(ForeignKey("reason_trees.id"))
    reason: Mapped[str] = mapped_column(Text)
    source: Mapped[Source] = mapped_column(_SOURCE)
    state: Mapped[State] = mapped_column(_STATE)
    machine_reason: Mapped[str] = mapped_column(Text)
    probability: Mapped[float]
    since: Mapped[datetime]
    until: Mapped[datetime]


class ReasonCorrectionRow(Base):
    """A person said why the customer was in touch; an empty reason says that nothing in the tree fits. The last one
    holds."""

    __tablename__ = "reason_corrections"

    id: Mapped[int] = mapped_column(primary_key=True)
    call_id: Mapped[str] = mapped_column(ForeignKey("calls.id"), index=True)
    reason: Mapped[str] = mapped_column(Text)
    before: Mapped[str] = mapped_column(Text)
    source_before: Mapped[Source] = mapped_column(_SOURCE)
    author_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    author: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime]


class ReasonProposalRow(Base):
    """Conversations that fit nowhere and belong together. `name` and `terms` are words that several of them have. `reason`
    is what became of an accepted or merged one."""

    __tablename__ = "reason_proposals"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(SealedText("reason_proposals.name"))
    terms: Mapped[JsonList] = mapped_column(SealedJson("reason_proposals.terms"))
    stability: Mapped[float]
    state: Mapped[ProposalState] = mapped_column(_PROPOSAL, index=True)
    reason: Mapped[str] = mapped_column(Text)
    made_at: Mapped[datetime]
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    decided_by: Mapped[str] = mapped_column(Text)
    decided_at: Mapped[datetime | None]


class ReasonExampleRow(Base):
    """A sentence of a conversation, by its turn and place among the stored sentences, that stands for a proposal or, once
    `reason` is set (or `none`, where a person said that nothing fits), teaches. No words are copied."""

    __tablename__ = "reason_examples"
    __table_args__ = (Index(None, "proposal_id", "call_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    call_id: Mapped[str] = mapped_column(ForeignKey("calls.id"), index=True)
    sentence: Mapped[int]
    reason: Mapped[str | None] = mapped_column(Text)
    proposal_id: Mapped[int | None] = mapped_column(ForeignKey("reason_proposals.id"))
    at: Mapped[datetime]
