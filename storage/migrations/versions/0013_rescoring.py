"""A scorecard runs over the calls of the past in the background, and what it would have said is kept to be looked at."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "rescore_jobs",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("scorecard", sa.Text(), nullable=False),
        sa.Column("definition", sa.JSON(), nullable=False),
        sa.Column("against_id", sa.Integer(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("failed", sa.Integer(), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("stop", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("author_id", sa.Integer(), nullable=True),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("beat_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["against_id"], ["scorecard_versions.id"], name=op.f("fk_rescore_jobs_against_id_scorecard_versions")
        ),
        sa.ForeignKeyConstraint(["author_id"], ["users.id"], name=op.f("fk_rescore_jobs_author_id_users")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rescore_jobs")),
    )
    op.create_index(op.f("ix_rescore_jobs_scorecard"), "rescore_jobs", ["scorecard"])
    op.create_table(
        "what_if_calls",
        sa.Column("job_id", sa.Integer(), nullable=False),
        sa.Column("call_id", sa.Text(), nullable=False),
        sa.Column("judged_before", sa.Boolean(), nullable=False),
        sa.Column("before", sa.Double(), nullable=True),
        sa.Column("after", sa.Double(), nullable=True),
        sa.Column("passed_before", sa.Boolean(), nullable=True),
        sa.Column("passed_after", sa.Boolean(), nullable=True),
        sa.Column("failed_before", sa.JSON(), nullable=False),
        sa.Column("failed_after", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["job_id"], ["rescore_jobs.id"], name=op.f("fk_what_if_calls_job_id_rescore_jobs")),
        sa.ForeignKeyConstraint(["call_id"], ["calls.id"], name=op.f("fk_what_if_calls_call_id_calls")),
        sa.PrimaryKeyConstraint("job_id", "call_id", name=op.f("pk_what_if_calls")),
    )
    op.create_table(
        "what_if_answers",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("job_id", sa.Integer(), nullable=False),
        sa.Column("call_id", sa.Text(), nullable=False),
        sa.Column("criterion", sa.Text(), nullable=False),
        sa.Column("before", sa.Text(), nullable=True),
        sa.Column("after", sa.Text(), nullable=True),
        sa.Column("answer_before", sa.JSON(), nullable=True),
        sa.Column("answer_after", sa.JSON(), nullable=True),
        sa.Column("by_person", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["job_id"], ["rescore_jobs.id"], name=op.f("fk_what_if_answers_job_id_rescore_jobs")),
        sa.ForeignKeyConstraint(["call_id"], ["calls.id"], name=op.f("fk_what_if_answers_call_id_calls")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_what_if_answers")),
    )
    op.create_index(op.f("ix_what_if_answers_job_id_criterion"), "what_if_answers", ["job_id", "criterion"])
