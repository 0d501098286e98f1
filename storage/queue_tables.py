"""Which tables hold the queue: rules, draws, the chance each call had, who was given it, and what was answered blind?"""

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from reviews.queue import State
from reviews.sampling import Period, RuleKind
from scoring.result import Verdict
from storage.sealed_words import SealedText
from storage.tables import Base, JsonList


class ReviewRuleRow(Base):
    """One version of a rule by which calls are chosen for review. Rows are added and never changed, but for `ended_at`.

    `key` is what all versions of a rule have in common; the one without `ended_at` is in force. The rest is as in
    `reviews.sampling.Rule`. `seed` is published: with it anybody draws the same calls again.
    """

    __tablename__ = "review_rules"

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(16), index=True)
    kind: Mapped[RuleKind]
    scorecard: Mapped[str] = mapped_column(Text)
    share: Mapped[float]
    number: Mapped[int]
    period: Mapped[Period]
    by_queue: Mapped[bool]
    blind_share: Mapped[float]
    bound: Mapped[float]
    days: Mapped[int] = mapped_column(server_default="0")
    due_days: Mapped[int]
    since: Mapped[date]
    seed: Mapped[str] = mapped_column(String(64))
    author_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    author: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class ReviewDrawRow(Base):
    """One draw from one stratum: by which rule and seed, from how many calls, how many were chosen. Never changed.

    `first_day` and `end_day` (excluded) are the days the stratum spans, `agent_id` and `queue` whose and which; None and
    empty where it is not divided by them. `share` is None where a fixed number was drawn.
    """

    __tablename__ = "review_draws"

    id: Mapped[int] = mapped_column(primary_key=True)
    rule_id: Mapped[int] = mapped_column(ForeignKey("review_rules.id"))
    rule_key: Mapped[str] = mapped_column(String(16))
    first_day: Mapped[date]
    end_day: Mapped[date]
    agent_id: Mapped[int | None] = mapped_column(ForeignKey("agents.id"))
    queue: Mapped[str] = mapped_column(Text)
    seed: Mapped[str] = mapped_column(Text)
    share: Mapped[float | None]
    candidates: Mapped[int]
    chosen: Mapped[int]
    at: Mapped[datetime]

    __table_args__ = (Index(None, "rule_key", "first_day"),)


class AssignmentRow(Base):
    """A call that a reviewer was given. It is handed on by ending this row and adding another.

    `why` is the sentence that says why the call was chosen, `probability` that of at least one rule choosing it.
    `passed_to` is the assignment that took its place.
    """

    __tablename__ = "assignments"
    __table_args__ = (Index(None, "reviewer_id", "state", "due"), Index(None, "call_id"), Index(None, "given_at"))

    id: Mapped[int] = mapped_column(primary_key=True)
    call_id: Mapped[str] = mapped_column(ForeignKey("calls.id"))
    reviewer_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    why: Mapped[str] = mapped_column(Text)
    probability: Mapped[float]
    blind: Mapped[bool]
    due: Mapped[date]
    state: Mapped[State]
    given_at: Mapped[datetime]
    opened_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    passed_to: Mapped[int | None] = mapped_column(ForeignKey("assignments.id"))
    passed_by: Mapped[str] = mapped_column(Text, server_default="")
    passed_why: Mapped[str] = mapped_column(SealedText("assignments.passed_why"), server_default="")


class AssignmentCardRow(Base):
    """A scorecard that an assigned call is reviewed by.

    `probability` is that of this call being reviewed by this scorecard under all rules together, `blind_probability` that
    of the random sample having it reviewed so and blind; None where the sample did not.
    """

    __tablename__ = "assignment_cards"

    assignment_id: Mapped[int] = mapped_column(ForeignKey("assignments.id"), primary_key=True)
    scorecard: Mapped[str] = mapped_column(Text, primary_key=True)
    probability: Mapped[float]
    blind_probability: Mapped[float | None]


class ReviewChanceRow(Base):
    """What became of one candidate of a draw, as `reviews.sampling.Chance` has it. A rule draws of a call once.

    `why` says in words why it was chosen, empty where it was not. `assignment_id` is set once a chosen call has been given
    to somebody.
    """

    __tablename__ = "review_chances"
    __table_args__ = (Index(None, "call_id"), Index(None, "chosen", "assignment_id"), Index(None, "draw_id"))

    rule_key: Mapped[str] = mapped_column(String(16), primary_key=True)
    call_id: Mapped[str] = mapped_column(ForeignKey("calls.id"), primary_key=True)
    draw_id: Mapped[int] = mapped_column(ForeignKey("review_draws.id"))
    probability: Mapped[float]
    chosen: Mapped[bool]
    cards: Mapped[JsonList]
    card_share: Mapped[float]
    given: Mapped[JsonList]
    blind: Mapped[bool]
    why: Mapped[str] = mapped_column(Text)
    assignment_id: Mapped[int | None] = mapped_column(ForeignKey("assignments.id"))


class BlindAnswerRow(Base):
    """What a reviewer answered before the machine's answer was in sight. Rows are added and never changed; of several to
    one question the last counts. `override_id` is the correction that it became afterwards, where it differed."""

    __tablename__ = "blind_answers"
    __table_args__ = (Index(None, "assignment_id"), Index(None, "result_id"), Index(None, "override_id"))

    id: Mapped[int] = mapped_column(primary_key=True)
    assignment_id: Mapped[int] = mapped_column(ForeignKey("assignments.id"))
    result_id: Mapped[int] = mapped_column(ForeignKey("results.id"))
    verdict: Mapped[Verdict]
    answer: Mapped[Any] = mapped_column(JSON(none_as_null=True), nullable=True)
    note: Mapped[str] = mapped_column(SealedText("blind_answers.note"))
    author_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    author: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime]
    override_id: Mapped[int | None] = mapped_column(ForeignKey("overrides.id"))


class BlindQuoteRow(Base):
    """The words of the call that a blind answer rests on: of one turn, from its text. Never changed."""

    __tablename__ = "blind_quotes"

    blind_answer_id: Mapped[int] = mapped_column(ForeignKey("blind_answers.id"), primary_key=True)
    turn: Mapped[int]
    start_seconds: Mapped[float | None]
    quote: Mapped[str] = mapped_column(SealedText("blind_quotes.quote"))


class ReviewQuotaRow(Base):
    """How many calls somebody reviews in a day; whoever has no row has the usual number of their role."""

    __tablename__ = "review_quotas"

    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), primary_key=True)
    per_day: Mapped[int]
    author: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime]


class ReviewDayRow(Base):
    """A day for which the queue has been filled."""

    __tablename__ = "review_days"

    day: Mapped[date] = mapped_column(primary_key=True)
    at: Mapped[datetime]
