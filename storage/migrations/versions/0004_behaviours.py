"""Signals say which behaviours each turn shows; those from before were not asked, and their models name no judge."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("signals", sa.Column("behaviours", sa.JSON(), server_default="[]", nullable=False))
