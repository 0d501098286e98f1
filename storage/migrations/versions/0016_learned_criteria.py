"""Questions that were taught from what reviewers answered are kept, each with its figures and its answers."""

import sqlalchemy as sa
from alembic import op

from storage.migrations.promises import keep

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

STAYS = ("scorecard", "criterion", "hash", "rule", "labels_hash", "labels", "figures", "author_id", "author", "at")


def upgrade() -> None:
    op.create_table(
        "learned_criteria",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("scorecard", sa.Text(), nullable=False),
        sa.Column("criterion", sa.Text(), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("rule", sa.JSON(), nullable=False),
        sa.Column("labels_hash", sa.String(length=64), nullable=False),
        sa.Column("labels", sa.JSON(), nullable=False),
        sa.Column("figures", sa.JSON(), nullable=False),
        sa.Column("author_id", sa.Integer(), nullable=True),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["author_id"], ["users.id"], name=op.f("fk_learned_criteria_author_id_users")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_learned_criteria")),
        sa.UniqueConstraint("hash", name=op.f("uq_learned_criteria_hash")),
    )
    op.create_index(op.f("ix_learned_criteria_scorecard_criterion"), "learned_criteria", ["scorecard", "criterion"])
    keep("learned_criteria", STAYS, "1 = 1", "a question as it was taught is never rewritten")
