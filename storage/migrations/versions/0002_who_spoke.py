"""People correct who spoke, and what was heard before that is kept.

The tables with a call's transcript hold the one in force; this one holds each that was corrected, whole. A correction of
who spoke is a promise like one of a verdict: it is never rewritten.
"""

import sqlalchemy as sa
from alembic import op

from storage.migrations.promises import keep

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

STAYS = ("call_id", "author_id", "author", "at", "reason", "kind", "turns", "totals", "hash_before", "hash_after", "before")


def upgrade() -> None:
    op.create_table(
        "side_corrections",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("call_id", sa.Text(), nullable=False),
        sa.Column("author_id", sa.Integer(), nullable=True),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("turns", sa.JSON(), nullable=False),
        sa.Column("totals", sa.JSON(), nullable=False),
        sa.Column("hash_before", sa.String(length=64), nullable=False),
        sa.Column("hash_after", sa.String(length=64), nullable=False),
        sa.Column("before", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["author_id"], ["users.id"], name=op.f("fk_side_corrections_author_id_users")),
        sa.ForeignKeyConstraint(["call_id"], ["calls.id"], name=op.f("fk_side_corrections_call_id_calls")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_side_corrections")),
    )
    op.create_index(op.f("ix_side_corrections_call_id"), "side_corrections", ["call_id"])
    keep("side_corrections", STAYS, "1 = 1", "a correction of who spoke is never rewritten")
