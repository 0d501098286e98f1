"""A transcript says where the line rang, music played or a recorded voice spoke; the ones from before say nothing of it."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("transcripts", sa.Column("sounds", sa.JSON(), server_default="[]", nullable=False))
