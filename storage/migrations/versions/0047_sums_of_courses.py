"""Processes, sentiment and harm are counted from sums by day, week and four weeks, too; 0049 fills them."""

import sqlalchemy as sa
from alembic import op

revision = "0047"
down_revision = "0046"
branch_labels = None
depends_on = None

_KIND = sa.String(20)


def upgrade() -> None:
    op.create_table(
        "course_sums",
        sa.Column("days", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("first_day", sa.Date(), nullable=False),
        sa.Column("team_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("queue", sa.Text(), nullable=False),
        sa.Column("kind", _KIND, nullable=False),
        *(sa.Column(name, sa.LargeBinary(), nullable=False) for name in ("processes", "harms", "feelings")),
        sa.PrimaryKeyConstraint("days", "first_day", "team_id", "queue", "kind", name=op.f("pk_course_sums")),
    )
    op.create_table(
        "course_counts",
        sa.Column("call_id", sa.Text(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("team_id", sa.Integer(), nullable=False),
        sa.Column("agent_id", sa.Integer(), nullable=False),
        sa.Column("queue", sa.Text(), nullable=False),
        sa.Column("kind", _KIND, nullable=False),
        sa.Column("subject_id", sa.Integer(), nullable=False),
        sa.Column("figures", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["call_id"], ["calls.id"], name=op.f("fk_course_counts_call_id_calls")),
        sa.PrimaryKeyConstraint("call_id", name=op.f("pk_course_counts")),
    )
    op.create_index(op.f("ix_course_counts_day"), "course_counts", ["day"])
    op.create_index(op.f("ix_course_counts_subject_id"), "course_counts", ["subject_id"])
    op.create_table(
        "course_changes",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("call_id", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["call_id"], ["calls.id"], name=op.f("fk_course_changes_call_id_calls")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_course_changes")),
    )
    op.create_index(op.f("ix_course_changes_call_id"), "course_changes", ["call_id"])
    op.create_table(
        "course_subjects",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("given", sa.Text(), nullable=False),
        sa.Column("assigned", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_course_subjects")),
        sa.UniqueConstraint("given", "assigned", name=op.f("uq_course_subjects_given_assigned")),
    )
