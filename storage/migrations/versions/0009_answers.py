"""A result keeps what was answered beside its verdict; in rows from before there was more than yes and no, that is it."""

import sqlalchemy as sa
from alembic import op

from storage.migrations.promises import keep

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for column in ("answer", "machine_answer", "if_asked", "machine_if_asked"):
        op.add_column("results", sa.Column(column, sa.JSON(), nullable=True))
    op.add_column("results", sa.Column("bonus", sa.Boolean(), server_default=sa.false(), nullable=False))
    for column in ("answer_before", "answer"):
        op.add_column("overrides", sa.Column(column, sa.JSON(), nullable=True))
    stays = ("machine_answer", "machine_if_asked")
    keep("results", stays, "1 = 1", "the answer of the machine is never overwritten", what="answers")
    keep("overrides", ("answer_before", "answer"), "1 = 1", "a correction is never rewritten", what="answers")
