"""When private words were taken out of a call that was stored already."""

import sqlalchemy as sa
from alembic import op

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("removals", sa.Column("redacted_at", sa.DateTime(timezone=True), nullable=True))
