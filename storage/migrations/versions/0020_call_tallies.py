"""All the answers of a call stand in one value, so that pages count them quicker than one value an evaluation let them.

Filled where sums of them come to be (0040)."""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "call_tallies",
        sa.Column("call_id", sa.Text(), nullable=False),
        sa.Column("versions", sa.Text(), nullable=False),
        sa.Column("packed", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["call_id"], ["calls.id"], name=op.f("fk_call_tallies_call_id_calls")),
        sa.PrimaryKeyConstraint("call_id", name=op.f("pk_call_tallies")),
    )
    op.drop_table("tallies")
