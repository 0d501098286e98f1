"""Which tables hold coaching: plans with goals, actions, sessions and moments, templates, and who may be an example?"""

from datetime import date, datetime

from sqlalchemy import ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from storage.sealed_words import SealedText
from storage.tables import Base, JsonList


class CoachingPlanRow(Base):
    """A plan for one agent. `state` is one of `coaching.plans.PlanState`; what became of it stands in `plan_steps`.

    `words` is what the coach says to the agent, `agent_view` what the agent says to it. `starts_on` is the day from which
    it counts: what was before is compared with what came after its week. `coach` is the name of the time.
    """

    __tablename__ = "coaching_plans"
    __table_args__ = (Index(None, "agent_id", "state"), Index(None, "state"))

    id: Mapped[int] = mapped_column(primary_key=True)
    agent_id: Mapped[int] = mapped_column(ForeignKey("agents.id"))
    coach_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    coach: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(String(20))
    words: Mapped[str] = mapped_column(Text)
    starts_on: Mapped[date]
    agent_view: Mapped[str] = mapped_column(Text)
    made_at: Mapped[datetime]
    offered_at: Mapped[datetime | None]
    confirmed_at: Mapped[datetime | None]
    settled_at: Mapped[datetime | None]


class PlanGoalRow(Base):
    """A goal of a plan as it holds now, with the values of `coaching.plans.Goal`; what it was before, the steps say."""

    __tablename__ = "plan_goals"
    __table_args__ = (Index(None, "scorecard", "criterion"),)

    plan_id: Mapped[int] = mapped_column(ForeignKey("coaching_plans.id"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    scorecard: Mapped[str] = mapped_column(Text)
    criterion: Mapped[str] = mapped_column(Text)
    rate_from: Mapped[float]
    low: Mapped[float]
    high: Mapped[float]
    calls: Mapped[int]
    rate_to: Mapped[float]
    by: Mapped[date]


class PlanActionRow(Base):
    """Something to do, of a kind of `coaching.plans.ActionKind`. `done_by` is the name of who said that it is done."""

    __tablename__ = "plan_actions"
    __table_args__ = (Index(None, "plan_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    plan_id: Mapped[int] = mapped_column(ForeignKey("coaching_plans.id"))
    kind: Mapped[str] = mapped_column(String(20))
    words: Mapped[str] = mapped_column(Text)
    due: Mapped[date]
    done_at: Mapped[datetime | None]
    done_by: Mapped[str] = mapped_column(Text)


class PlanSessionRow(Base):
    """A talk of coach and agent: planned for a day, and held on one, with notes that both read."""

    __tablename__ = "plan_sessions"
    __table_args__ = (Index(None, "plan_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    plan_id: Mapped[int] = mapped_column(ForeignKey("coaching_plans.id"))
    planned_for: Mapped[date]
    held_on: Mapped[date | None]
    notes: Mapped[str] = mapped_column(Text)


class PlanClipRow(Base):
    """A moment of a call in a plan, for the plan as a whole or for one of its sessions.

    `kind` is one of `coaching.plans.ClipKind`, `about` a goal's scorecard and criterion with a slash between. Times are None
    in a written conversation. It can be taken out again, and stays in the database.
    """

    __tablename__ = "plan_clips"
    __table_args__ = (Index(None, "plan_id"), Index(None, "call_id"))

    id: Mapped[int] = mapped_column(primary_key=True)
    plan_id: Mapped[int] = mapped_column(ForeignKey("coaching_plans.id"))
    session_id: Mapped[int | None] = mapped_column(ForeignKey("plan_sessions.id"))
    about: Mapped[str] = mapped_column(Text)
    kind: Mapped[str] = mapped_column(String(20))
    call_id: Mapped[str] = mapped_column(ForeignKey("calls.id"))
    turn: Mapped[int | None]
    start_seconds: Mapped[float | None]
    end_seconds: Mapped[float | None]
    quote: Mapped[str] = mapped_column(SealedText("plan_clips.quote"))
    note: Mapped[str] = mapped_column(SealedText("plan_clips.note"))
    author: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime]
    removed_at: Mapped[datetime | None]


class PlanStepRow(Base):
    """Something that happened to a plan, of a kind of `coaching.plans.PlanStep`. Rows are added and never changed.

    `words` say what changed, from what to what. `author` is the name of the time.
    """

    __tablename__ = "plan_steps"
    __table_args__ = (Index(None, "plan_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    plan_id: Mapped[int] = mapped_column(ForeignKey("coaching_plans.id"))
    step: Mapped[str] = mapped_column(String(20))
    author_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    author: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime]
    words: Mapped[str] = mapped_column(Text)


class PlanTemplateRow(Base):
    """The actions that plans for a question begin with. Rows are added and never changed; the last one counts.

    `actions` holds kind, words and days after the plan begins.
    """

    __tablename__ = "plan_templates"
    __table_args__ = (Index(None, "scorecard", "criterion"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    scorecard: Mapped[str] = mapped_column(Text)
    criterion: Mapped[str] = mapped_column(Text)
    actions: Mapped[JsonList]
    author_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    author: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime]


class ExampleConsentRow(Base):
    """An agent's word whether moments of their calls may be shown to colleagues as good examples. The last one counts;
    without any it is no."""

    __tablename__ = "example_consents"
    __table_args__ = (Index(None, "agent_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    agent_id: Mapped[int] = mapped_column(ForeignKey("agents.id"))
    given: Mapped[bool]
    at: Mapped[datetime]
