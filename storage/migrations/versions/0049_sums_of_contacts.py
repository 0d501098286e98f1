"""Why customers are in touch, and how often again, is counted from the sums, too; 0052 makes all of them anew."""

import sqlalchemy as sa
from alembic import op

revision = "0049"
down_revision = "0047"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for name in ("course_sums", "course_counts", "course_changes"):
        op.execute(sa.text(f"DELETE FROM {name}"))
    with op.batch_alter_table("course_sums") as sums:
        sums.add_column(sa.Column("contacts", sa.LargeBinary(), nullable=False))
    op.drop_table("course_subjects")
    op.create_table(
        "course_subjects",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("given", sa.Text(), nullable=False),
        sa.Column("assigned", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("tree_id", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_course_subjects")),
        sa.UniqueConstraint(
            "given", "assigned", "reason", "state", "tree_id",
            name=op.f("uq_course_subjects_given_assigned_reason_state_tree_id"),
        ),
    )  # fmt: skip
