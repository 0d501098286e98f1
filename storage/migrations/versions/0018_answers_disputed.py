"""A dispute about an answer on a scale, a choice, several or a number keeps the words of the answer before and after."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for column in ("answer_words", "answer_after_words"):
        op.add_column("disputes", sa.Column(column, sa.Text(), server_default="", nullable=False))
