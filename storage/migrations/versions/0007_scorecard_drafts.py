"""People edit scorecards: drafts with marks on calls, what a scorecard is for, and who decided what, which stays."""

import sqlalchemy as sa
from alembic import op

from storage.migrations.promises import keep

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "scorecard_drafts",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("scorecard", sa.Text(), nullable=False),
        sa.Column("based_on", sa.Integer(), nullable=True),
        sa.Column("definition", sa.JSON(), nullable=False),
        sa.Column("edit", sa.Integer(), nullable=False),
        sa.Column("editors", sa.JSON(), nullable=False),
        sa.Column("aside", sa.JSON(), nullable=False),
        *_author("scorecard_drafts"),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed", sa.Text(), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_scorecard_drafts")),
    )
    op.create_index(op.f("ix_scorecard_drafts_scorecard"), "scorecard_drafts", ["scorecard"])
    op.create_table(
        "draft_marks",
        sa.Column("draft_id", sa.Integer(), nullable=False),
        sa.Column("criterion", sa.Text(), nullable=False),
        sa.Column("call_id", sa.Text(), nullable=False),
        sa.Column("verdict", sa.String(length=20), nullable=False),
        sa.Column("right", sa.Boolean(), nullable=False),
        *_author("draft_marks"),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["draft_id"], ["scorecard_drafts.id"], name=op.f("fk_draft_marks_draft_id_scorecard_drafts")
        ),
        sa.ForeignKeyConstraint(["call_id"], ["calls.id"], name=op.f("fk_draft_marks_call_id_calls")),
        sa.PrimaryKeyConstraint("draft_id", "criterion", "call_id", name=op.f("pk_draft_marks")),
    )
    op.create_table(
        "scorecard_scopes",
        sa.Column("scorecard", sa.Text(), nullable=False),
        sa.Column("scope", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("scorecard", name=op.f("pk_scorecard_scopes")),
    )
    op.create_table(
        "scorecard_events",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("scorecard", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=True),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        *_author("scorecard_events"),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_scorecard_events")),
    )
    op.create_index(op.f("ix_scorecard_events_scorecard"), "scorecard_events", ["scorecard"])
    keep(
        "scorecard_events",
        ("scorecard", "version", "what", "detail", "author_id", "author", "at"),
        "1 = 1",
        "who activated or retired a scorecard is never rewritten",
    )


def _author(table: str) -> tuple[sa.schema.SchemaItem, ...]:
    """Who did it."""
    return (
        sa.Column("author_id", sa.Integer(), nullable=True),
        sa.Column("author", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["author_id"], ["users.id"], name=op.f(f"fk_{table}_author_id_users")),
    )
