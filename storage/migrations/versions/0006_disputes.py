"""Agents say that they have read an evaluation, and dispute answers; what was said and decided is never rewritten."""

import sqlalchemy as sa
from alembic import op

from storage.migrations.promises import keep

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

RAISED = (
    "call_id",
    "result_id",
    "scorecard",
    "criterion",
    "agent_id",
    "raised_by_id",
    "raised_by",
    "raised_at",
    "reason",
    "answer",
    "answered_by",
)
SETTLED = (
    "state",
    "given_to_id",
    "settled_by_id",
    "settled_by",
    "settled_at",
    "decision",
    "answer_after",
    "total_before",
    "total_after",
)


def upgrade() -> None:
    op.create_table(
        "acknowledgements",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("evaluation_id", sa.Integer(), nullable=False),
        sa.Column("author_id", sa.Integer(), nullable=True),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("total", sa.Double(), nullable=True),
        sa.Column("note", sa.Text(), nullable=False),
        _to("acknowledgements", "evaluation_id", "evaluations"),
        _to("acknowledgements", "author_id", "users"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_acknowledgements")),
    )
    op.create_index(op.f("ix_acknowledgements_evaluation_id"), "acknowledgements", ["evaluation_id"])
    op.create_table(
        "disputes",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("call_id", sa.Text(), nullable=False),
        sa.Column("result_id", sa.Integer(), nullable=False),
        sa.Column("scorecard", sa.Text(), nullable=False),
        sa.Column("criterion", sa.Text(), nullable=False),
        sa.Column("agent_id", sa.Integer(), nullable=False),
        sa.Column("raised_by_id", sa.Integer(), nullable=True),
        sa.Column("raised_by", sa.Text(), nullable=False),
        sa.Column("raised_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("answered_by", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("given_to_id", sa.Integer(), nullable=True),
        sa.Column("settled_by_id", sa.Integer(), nullable=True),
        sa.Column("settled_by", sa.Text(), nullable=False),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decision", sa.Text(), nullable=False),
        sa.Column("answer_after", sa.Text(), nullable=True),
        sa.Column("total_before", sa.Double(), nullable=True),
        sa.Column("total_after", sa.Double(), nullable=True),
        _to("disputes", "call_id", "calls"),
        _to("disputes", "result_id", "results"),
        _to("disputes", "agent_id", "agents"),
        _to("disputes", "raised_by_id", "users"),
        _to("disputes", "given_to_id", "users"),
        _to("disputes", "settled_by_id", "users"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_disputes")),
    )
    # One open dispute of an answer: a partial index holds it also when somebody presses the button twice at once.
    is_open = sa.text("state = 'open'")
    op.create_index(
        "uq_disputes_open",
        "disputes",
        ["call_id", "scorecard", "criterion"],
        unique=True,
        sqlite_where=is_open,
        postgresql_where=is_open,
    )
    op.create_index(op.f("ix_disputes_state_given_to_id"), "disputes", ["state", "given_to_id"])
    op.create_index(op.f("ix_disputes_agent_id_raised_at"), "disputes", ["agent_id", "raised_at"])
    op.create_index(op.f("ix_disputes_call_id"), "disputes", ["call_id"])
    op.create_table(
        "dispute_steps",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("dispute_id", sa.Integer(), nullable=False),
        sa.Column("step", sa.String(length=20), nullable=False),
        sa.Column("author_id", sa.Integer(), nullable=True),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("to", sa.Text(), nullable=False),
        _to("dispute_steps", "dispute_id", "disputes"),
        _to("dispute_steps", "author_id", "users"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dispute_steps")),
    )
    op.create_index(op.f("ix_dispute_steps_dispute_id"), "dispute_steps", ["dispute_id"])
    said = ("evaluation_id", "author_id", "author", "at", "total", "note")
    keep("acknowledgements", said, "1 = 1", "what an agent said of an evaluation is never rewritten")
    raised = " OR ".join(f'OLD."{column}" <> NEW."{column}"' for column in RAISED if column != "raised_by_id")
    settled = "a dispute is never rewritten, and a settled one never changes"
    keep("disputes", (*RAISED, *SETTLED), f"OLD.state <> 'open' OR {raised}", settled)
    steps = ("dispute_id", "step", "author_id", "author", "at", "words", "to")
    keep("dispute_steps", steps, "1 = 1", "the history of a dispute is never rewritten")


def _to(table: str, column: str, target: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{target}.id"], name=op.f(f"fk_{table}_{column}_{target}"))
