"""A blind answer keeps what was answered beside its verdict; in rows from before there was yes and no alone."""

import sqlalchemy as sa
from alembic import op

from storage.migrations.promises import keep

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("blind_answers", sa.Column("answer", sa.JSON(), nullable=True))
    keep("blind_answers", ("answer",), "1 = 1", "a blind answer is never rewritten", what="answers")
