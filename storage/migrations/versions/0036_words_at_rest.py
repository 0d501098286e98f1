"""Words can be encrypted: of which key they are, and a column for customers' names under a hold that is encrypted too."""

import sqlalchemy as sa
from alembic import op

revision = "0036"
down_revision = "0035"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "words_key",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("mark", sa.String(16), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_words_key")),
    )
    op.add_column("legal_holds", sa.Column("customer", sa.Text(), server_default="", nullable=False))
    op.execute("UPDATE legal_holds SET customer = target, target = '' WHERE scope = 'customer'")
