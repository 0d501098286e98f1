"""Who takes part in a written conversation, and where it came from: only so it goes on."""

import sqlalchemy as sa
from alembic import op

revision = "0043"
down_revision = "0042"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("threads", sa.Column("mark_of", sa.String(10), server_default="message", nullable=False))
    op.execute("UPDATE threads SET mark_of = 'named' WHERE position IS NULL")
