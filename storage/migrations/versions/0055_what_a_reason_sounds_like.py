"""With why a customer was in touch stands the everyday matter that the telling sentence sounds like."""

import sqlalchemy as sa
from alembic import op

revision = "0055"
down_revision = "0054"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("call_reasons", sa.Column("matter", sa.Text(), nullable=True))
