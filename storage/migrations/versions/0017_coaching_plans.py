"""Coaches make plans with agents; what happened to a plan is never rewritten."""

import sqlalchemy as sa
from alembic import op

from storage.migrations.promises import keep

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "coaching_plans",
        _id(),
        sa.Column("agent_id", sa.Integer(), nullable=False),
        sa.Column("coach_id", sa.Integer(), nullable=True),
        sa.Column("coach", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("agent_view", sa.Text(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("offered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        _to("coaching_plans", "agent_id", "agents"),
        _to("coaching_plans", "coach_id", "users"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_coaching_plans")),
    )
    op.create_table(
        "plan_goals",
        sa.Column("plan_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("scorecard", sa.Text(), nullable=False),
        sa.Column("criterion", sa.Text(), nullable=False),
        *(sa.Column(name, sa.Double(), nullable=False) for name in ("rate_from", "low", "high")),
        sa.Column("calls", sa.Integer(), nullable=False),
        sa.Column("rate_to", sa.Double(), nullable=False),
        sa.Column("by", sa.Date(), nullable=False),
        _to("plan_goals", "plan_id", "coaching_plans"),
        sa.PrimaryKeyConstraint("plan_id", "position", name=op.f("pk_plan_goals")),
    )
    op.create_table(
        "plan_actions",
        _id(),
        sa.Column("plan_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("due", sa.Date(), nullable=False),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("done_by", sa.Text(), nullable=False),
        _to("plan_actions", "plan_id", "coaching_plans"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_plan_actions")),
    )
    op.create_table(
        "plan_sessions",
        _id(),
        sa.Column("plan_id", sa.Integer(), nullable=False),
        sa.Column("planned_for", sa.Date(), nullable=False),
        sa.Column("held_on", sa.Date(), nullable=True),
        sa.Column("notes", sa.Text(), nullable=False),
        _to("plan_sessions", "plan_id", "coaching_plans"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_plan_sessions")),
    )
    op.create_table(
        "plan_clips",
        _id(),
        sa.Column("plan_id", sa.Integer(), nullable=False),
        sa.Column("session_id", sa.Integer(), nullable=True),
        sa.Column("about", sa.Text(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("call_id", sa.Text(), nullable=False),
        sa.Column("turn", sa.Integer(), nullable=True),
        sa.Column("start_seconds", sa.Double(), nullable=True),
        sa.Column("end_seconds", sa.Double(), nullable=True),
        sa.Column("quote", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("removed_at", sa.DateTime(timezone=True), nullable=True),
        _to("plan_clips", "plan_id", "coaching_plans"),
        _to("plan_clips", "session_id", "plan_sessions"),
        _to("plan_clips", "call_id", "calls"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_plan_clips")),
    )
    op.create_table(
        "plan_steps",
        _id(),
        sa.Column("plan_id", sa.Integer(), nullable=False),
        sa.Column("step", sa.String(length=20), nullable=False),
        *_author("plan_steps"),
        sa.Column("words", sa.Text(), nullable=False),
        _to("plan_steps", "plan_id", "coaching_plans"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_plan_steps")),
    )
    op.create_table(
        "plan_templates",
        _id(),
        sa.Column("scorecard", sa.Text(), nullable=False),
        sa.Column("criterion", sa.Text(), nullable=False),
        sa.Column("actions", sa.JSON(), nullable=False),
        *_author("plan_templates"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_plan_templates")),
    )
    op.create_table(
        "example_consents",
        _id(),
        sa.Column("agent_id", sa.Integer(), nullable=False),
        sa.Column("given", sa.Boolean(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        _to("example_consents", "agent_id", "agents"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_example_consents")),
    )
    for table, columns in (
        ("coaching_plans", ("agent_id", "state")),
        ("coaching_plans", ("state",)),
        ("plan_goals", ("scorecard", "criterion")),
        ("plan_actions", ("plan_id",)),
        ("plan_sessions", ("plan_id",)),
        ("plan_clips", ("plan_id",)),
        ("plan_clips", ("call_id",)),
        ("plan_steps", ("plan_id",)),
        ("plan_templates", ("scorecard", "criterion")),
        ("example_consents", ("agent_id",)),
    ):
        op.create_index(op.f(f"ix_{table}_{'_'.join(columns)}"), table, list(columns))
    keep(
        "plan_steps",
        ("plan_id", "step", "author_id", "author", "at", "words"),
        "1 = 1",
        "what happened to a plan is never rewritten",
    )
    keep("example_consents", ("agent_id", "given", "at"), "1 = 1", "a consent is never rewritten")


def _id() -> sa.Column[int]:
    return sa.Column("id", sa.Integer(), nullable=False)


def _author(table: str) -> tuple[sa.schema.SchemaItem, ...]:
    return (
        sa.Column("author_id", sa.Integer(), nullable=True),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        _to(table, "author_id", "users"),
    )


def _to(table: str, column: str, target: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{target}.id"], name=op.f(f"fk_{table}_{column}_{target}"))
