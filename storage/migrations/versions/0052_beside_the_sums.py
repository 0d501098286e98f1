"""What comparisons of calls that are alike are made by stands beside what each counts for; all of it is made anew."""

import sqlalchemy as sa
from alembic import op

from storage.course_sums import remake

revision = "0052"
down_revision = "0051"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for name in ("course_sums", "course_counts", "course_changes", "course_subjects"):
        op.execute(sa.text(f"DELETE FROM {name}"))
    with op.batch_alter_table("course_counts") as counts:
        counts.add_column(sa.Column("microsecond", sa.BigInteger(), nullable=False))
        counts.add_column(sa.Column("channel", sa.String(20), nullable=False))
        counts.add_column(sa.Column("versions", sa.Text(), nullable=False))
        counts.add_column(sa.Column("totals", sa.LargeBinary(), nullable=False))
    remake(op.get_bind())
