"""A rule may say for how many days an agent is new."""

import sqlalchemy as sa
from alembic import op

from storage.migrations.promises import keep

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("review_rules", sa.Column("days", sa.Integer(), server_default="0", nullable=False))
    keep("review_rules", ("days",), "1 = 1", "a version of a rule is never rewritten", "days")
