"""The answers of an evaluation stand in one value beside their rows, so that pages count them quickly.

The table stays empty here: a later step puts another one in its place, and fills that.
"""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "tallies",
        sa.Column("evaluation_id", sa.Integer(), nullable=False),
        sa.Column("packed", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["evaluation_id"], ["evaluations.id"], name=op.f("fk_tallies_evaluation_id_evaluations")),
        sa.PrimaryKeyConstraint("evaluation_id", name=op.f("pk_tallies")),
    )
