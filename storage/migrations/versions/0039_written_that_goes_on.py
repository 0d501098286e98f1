"""By what a written conversation is known again when it has gone on."""

import sqlalchemy as sa
from alembic import op

from storage.migrations.promises import drop, keep

revision = "0039"
down_revision = "0038"
branch_labels = None
depends_on = None

_STAYS = (
    "call_id",
    "author_id",
    "author",
    "at",
    "kind",
    "turns",
    "totals",
    "hash_before",
    "hash_after",
    "since",
)


def upgrade() -> None:
    op.create_table(
        "threads",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("call_id", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=True),
        sa.Column("by_person", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["call_id"], ["calls.id"], name=op.f("fk_threads_call_id_calls")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_threads")),
    )
    op.create_index(op.f("ix_threads_digest"), "threads", ["digest"])
    op.create_index(op.f("ix_threads_call_id_position"), "threads", ["call_id", "position"])
    op.add_column("side_corrections", sa.Column("since", sa.DateTime(timezone=True), nullable=True))
    drop("side_corrections")
    keep("side_corrections", _STAYS, "1 = 1", "a correction of who spoke is never rewritten")
