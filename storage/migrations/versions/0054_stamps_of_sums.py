"""Sums have a stamp, so that what was read of them is known to hold still."""

from uuid import uuid4

import sqlalchemy as sa
from alembic import op

revision = "0054"
down_revision = "0053"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "sum_stamps",
        sa.Column("sums", sa.String(length=10), nullable=False),
        sa.Column("stamp", sa.String(length=32), nullable=False),
        sa.PrimaryKeyConstraint("sums", name=op.f("pk_sum_stamps")),
    )
    for sums in ("call", "course"):
        some = op.get_bind().execute(sa.text(f"SELECT 1 FROM {sums}_sums LIMIT 1")).first()
        if some is not None:
            stamp = sa.text("INSERT INTO sum_stamps (sums, stamp) VALUES (:sums, :stamp)")
            op.get_bind().execute(stamp, {"sums": f"{sums}s", "stamp": uuid4().hex})
