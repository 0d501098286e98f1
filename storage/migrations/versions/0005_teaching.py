"""People mark turns, teach judges from their marks and verdicts, and adopt them; none of it is ever rewritten."""

import sqlalchemy as sa
from alembic import op

from storage.migrations.promises import keep

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

STAYS = {
    "turn_marks": (
        ("call_id", "turn", "behaviour", "present", "text", "author_id", "author", "at"),
        "a mark on a turn is never rewritten",
    ),
    "learned_judges": (
        ("behaviour", "hash", "labels_hash", "figures", "data", "author_id", "author", "at"),
        "a learned judge is never rewritten",
    ),
    "adoptions": (
        ("behaviour", "learned_id", "author_id", "author", "at"),
        "which judge was in force is never rewritten",
    ),
}


def upgrade() -> None:
    op.create_table(
        "turn_marks",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("call_id", sa.Text(), nullable=False),
        sa.Column("turn", sa.Integer(), nullable=False),
        sa.Column("behaviour", sa.Text(), nullable=False),
        sa.Column("present", sa.Boolean(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        *_author("turn_marks"),
        sa.ForeignKeyConstraint(["call_id"], ["calls.id"], name=op.f("fk_turn_marks_call_id_calls")),
    )
    op.create_index(op.f("ix_turn_marks_call_id"), "turn_marks", ["call_id"])
    op.create_table(
        "learned_judges",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("behaviour", sa.Text(), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("labels_hash", sa.String(length=64), nullable=False),
        sa.Column("figures", sa.JSON(), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        *_author("learned_judges"),
        sa.UniqueConstraint("hash", name=op.f("uq_learned_judges_hash")),
    )
    op.create_table(
        "adoptions",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("behaviour", sa.Text(), nullable=False),
        sa.Column("learned_id", sa.Integer(), nullable=True),
        *_author("adoptions"),
        sa.ForeignKeyConstraint(["learned_id"], ["learned_judges.id"], name=op.f("fk_adoptions_learned_id_learned_judges")),
    )
    op.create_index(op.f("ix_adoptions_behaviour"), "adoptions", ["behaviour"])
    for table, (columns, message) in STAYS.items():
        keep(table, columns, "1 = 1", message)


def _author(table: str) -> tuple[sa.schema.SchemaItem, ...]:
    """Who did it and when, and the key."""
    return (
        sa.Column("author_id", sa.Integer(), nullable=True),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["author_id"], ["users.id"], name=op.f(f"fk_{table}_author_id_users")),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
    )
