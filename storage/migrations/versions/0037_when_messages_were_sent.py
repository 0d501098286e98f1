"""When each message of a written conversation was sent, and how it was held."""

import sqlalchemy as sa
from alembic import op

revision = "0037"
down_revision = "0036"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for name in ("sent_seconds", "worked_seconds"):
        op.add_column("turns", sa.Column(name, sa.Double(), nullable=True))
    op.add_column("turns", sa.Column("public", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.add_column("transcripts", sa.Column("medium", sa.String(20), nullable=True))
    op.add_column("transcripts", sa.Column("hours", sa.Text(), server_default="", nullable=False))
    for name in ("seen_seconds", "seen_worked_seconds"):
        op.add_column("transcripts", sa.Column(name, sa.Double(), nullable=True))
