"""Reviewers quote, comment, mark clips and ask for coaching; two of them are told of each other."""

import sqlalchemy as sa
from alembic import op

from storage.migrations.promises import keep

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

STAYS = {
    "override_quotes": (
        ("override_id", "turn", "start_seconds", "quote"),
        "the words that an answer rests on are never rewritten",
    ),
    "comments": (
        ("call_id", "turn", "start_seconds", "text", "for_agent", "author_id", "author", "at"),
        "a comment is never rewritten",
    ),
    "clips": (
        (
            "call_id",
            "start_seconds",
            "end_seconds",
            "good",
            "about",
            "note",
            "for_agent",
            "author_id",
            "author",
            "at",
        ),
        "a clip is never rewritten",
    ),
    "coaching_requests": (
        ("call_id", "note", "author_id", "author", "at"),
        "a request for coaching is never rewritten",
    ),
}


def upgrade() -> None:
    op.create_table(
        "override_quotes",
        sa.Column("override_id", sa.Integer(), nullable=False),
        sa.Column("turn", sa.Integer(), nullable=False),
        sa.Column("start_seconds", sa.Double(), nullable=True),
        sa.Column("quote", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["override_id"], ["overrides.id"], name=op.f("fk_override_quotes_override_id_overrides")),
        sa.PrimaryKeyConstraint("override_id", name=op.f("pk_override_quotes")),
    )
    op.create_table(
        "comments",
        sa.Column("id", sa.Integer(), nullable=False),
        *_call("comments"),
        sa.Column("turn", sa.Integer(), nullable=True),
        sa.Column("start_seconds", sa.Double(), nullable=True),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("for_agent", sa.Boolean(), nullable=False),
        *_author("comments"),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
    )
    op.create_index(op.f("ix_comments_call_id"), "comments", ["call_id"])
    op.create_table(
        "clips",
        sa.Column("id", sa.Integer(), nullable=False),
        *_call("clips"),
        sa.Column("start_seconds", sa.Double(), nullable=False),
        sa.Column("end_seconds", sa.Double(), nullable=False),
        sa.Column("good", sa.Boolean(), nullable=False),
        sa.Column("about", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("for_agent", sa.Boolean(), nullable=False),
        *_author("clips"),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
    )
    op.create_index(op.f("ix_clips_call_id"), "clips", ["call_id"])
    op.create_index(op.f("ix_clips_about_good"), "clips", ["about", "good"])
    op.create_table(
        "coaching_requests",
        sa.Column("id", sa.Integer(), nullable=False),
        *_call("coaching_requests"),
        sa.Column("note", sa.Text(), nullable=False),
        *_author("coaching_requests"),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("done_by", sa.Text(), server_default="", nullable=False),
    )
    op.create_index(op.f("ix_coaching_requests_call_id"), "coaching_requests", ["call_id"])
    op.create_index(op.f("ix_coaching_requests_done_at_at"), "coaching_requests", ["done_at", "at"])
    op.create_table(
        "presence",
        *_call("presence"),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_presence_user_id_users")),
        sa.PrimaryKeyConstraint("call_id", "user_id", name=op.f("pk_presence")),
    )
    op.create_table(
        "received",
        sa.Column("user_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("client_id", sa.String(length=64), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("user_id", "client_id", name=op.f("pk_received")),
    )
    for table, (columns, message) in STAYS.items():
        keep(table, columns, "1 = 1", message)


def _call(table: str) -> tuple[sa.schema.SchemaItem, ...]:
    """Which call it is of."""
    return (
        sa.Column("call_id", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["call_id"], ["calls.id"], name=op.f(f"fk_{table}_call_id_calls")),
    )


def _author(table: str) -> tuple[sa.schema.SchemaItem, ...]:
    """Who did it and when, and the key."""
    return (
        sa.Column("author_id", sa.Integer(), nullable=True),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["author_id"], ["users.id"], name=op.f(f"fk_{table}_author_id_users")),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
    )
