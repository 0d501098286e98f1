"""Calls are chosen for review by rules, each with its chance, given to reviewers, and judged blind where a rule says so."""

import sqlalchemy as sa
from alembic import op

from storage.migrations.promises import keep

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

STAYS = {
    "review_rules": (
        (
            "key",
            "kind",
            "scorecard",
            "share",
            "number",
            "period",
            "by_queue",
            "blind_share",
            "bound",
            "due_days",
            "since",
            "seed",
        ),
        "a version of a rule is never rewritten",
    ),
    "review_draws": (
        ("rule_id", "rule_key", "first_day", "end_day", "agent_id", "queue", "seed", "share", "candidates", "chosen", "at"),
        "a draw is never rewritten",
    ),
    "review_chances": (
        ("rule_key", "call_id", "draw_id", "probability", "chosen", "cards", "card_share", "given", "blind", "why"),
        "the chance a call had is never rewritten",
    ),
    "blind_answers": (
        ("assignment_id", "result_id", "verdict", "note", "author_id", "author", "at"),
        "a blind answer is never rewritten",
    ),
}


def upgrade() -> None:
    op.create_table(
        "review_rules",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(length=16), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("scorecard", sa.Text(), nullable=False),
        sa.Column("share", sa.Double(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("period", sa.String(length=20), nullable=False),
        sa.Column("by_queue", sa.Boolean(), nullable=False),
        sa.Column("blind_share", sa.Double(), nullable=False),
        sa.Column("bound", sa.Double(), nullable=False),
        sa.Column("due_days", sa.Integer(), nullable=False),
        sa.Column("since", sa.Date(), nullable=False),
        sa.Column("seed", sa.String(length=64), nullable=False),
        *_author("review_rules"),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
    )
    op.create_index(op.f("ix_review_rules_key"), "review_rules", ["key"])
    op.create_table(
        "review_draws",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("rule_id", sa.Integer(), nullable=False),
        sa.Column("rule_key", sa.String(length=16), nullable=False),
        sa.Column("first_day", sa.Date(), nullable=False),
        sa.Column("end_day", sa.Date(), nullable=False),
        sa.Column("agent_id", sa.Integer(), nullable=True),
        sa.Column("queue", sa.Text(), nullable=False),
        sa.Column("seed", sa.Text(), nullable=False),
        sa.Column("share", sa.Double(), nullable=True),
        sa.Column("candidates", sa.Integer(), nullable=False),
        sa.Column("chosen", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        _key("review_draws", "id"),
        _of("review_draws", "rule_id", "review_rules"),
        _of("review_draws", "agent_id", "agents"),
    )
    op.create_index(op.f("ix_review_draws_rule_key_first_day"), "review_draws", ["rule_key", "first_day"])
    op.create_table(
        "assignments",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("call_id", sa.Text(), nullable=False),
        sa.Column("reviewer_id", sa.Integer(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("probability", sa.Double(), nullable=False),
        sa.Column("blind", sa.Boolean(), nullable=False),
        sa.Column("due", sa.Date(), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("given_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("passed_to", sa.Integer(), nullable=True),
        sa.Column("passed_by", sa.Text(), server_default="", nullable=False),
        sa.Column("passed_why", sa.Text(), server_default="", nullable=False),
        _key("assignments", "id"),
        _of("assignments", "call_id", "calls"),
        _of("assignments", "reviewer_id", "users"),
        _of("assignments", "passed_to", "assignments"),
    )
    op.create_index(op.f("ix_assignments_call_id"), "assignments", ["call_id"])
    op.create_index(op.f("ix_assignments_given_at"), "assignments", ["given_at"])
    op.create_index(op.f("ix_assignments_reviewer_id_state_due"), "assignments", ["reviewer_id", "state", "due"])
    op.create_table(
        "assignment_cards",
        sa.Column("assignment_id", sa.Integer(), nullable=False),
        sa.Column("scorecard", sa.Text(), nullable=False),
        sa.Column("probability", sa.Double(), nullable=False),
        sa.Column("blind_probability", sa.Double(), nullable=True),
        _key("assignment_cards", "assignment_id", "scorecard"),
        _of("assignment_cards", "assignment_id", "assignments"),
    )
    op.create_table(
        "review_chances",
        sa.Column("rule_key", sa.String(length=16), nullable=False),
        sa.Column("call_id", sa.Text(), nullable=False),
        sa.Column("draw_id", sa.Integer(), nullable=False),
        sa.Column("probability", sa.Double(), nullable=False),
        sa.Column("chosen", sa.Boolean(), nullable=False),
        sa.Column("cards", sa.JSON(), nullable=False),
        sa.Column("card_share", sa.Double(), nullable=False),
        sa.Column("given", sa.JSON(), nullable=False),
        sa.Column("blind", sa.Boolean(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("assignment_id", sa.Integer(), nullable=True),
        _key("review_chances", "rule_key", "call_id"),
        _of("review_chances", "call_id", "calls"),
        _of("review_chances", "draw_id", "review_draws"),
        _of("review_chances", "assignment_id", "assignments"),
    )
    op.create_index(op.f("ix_review_chances_call_id"), "review_chances", ["call_id"])
    op.create_index(op.f("ix_review_chances_draw_id"), "review_chances", ["draw_id"])
    op.create_index(op.f("ix_review_chances_chosen_assignment_id"), "review_chances", ["chosen", "assignment_id"])
    op.create_table(
        "blind_answers",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("assignment_id", sa.Integer(), nullable=False),
        sa.Column("result_id", sa.Integer(), nullable=False),
        sa.Column("verdict", sa.String(length=20), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        *_author("blind_answers"),
        sa.Column("override_id", sa.Integer(), nullable=True),
        _of("blind_answers", "assignment_id", "assignments"),
        _of("blind_answers", "result_id", "results"),
        _of("blind_answers", "override_id", "overrides"),
    )
    for column in ("assignment_id", "result_id", "override_id"):
        op.create_index(op.f(f"ix_blind_answers_{column}"), "blind_answers", [column])
    op.create_table(
        "review_quotas",
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("per_day", sa.Integer(), nullable=False),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        _key("review_quotas", "user_id"),
        _of("review_quotas", "user_id", "users"),
    )
    op.create_table(
        "review_days",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        _key("review_days", "day"),
    )
    for table, (columns, message) in STAYS.items():
        keep(table, columns, "1 = 1", message)


def _key(table: str, *columns: str) -> sa.schema.SchemaItem:
    return sa.PrimaryKeyConstraint(*columns, name=op.f(f"pk_{table}"))


def _of(table: str, column: str, other: str) -> sa.schema.SchemaItem:
    return sa.ForeignKeyConstraint([column], [f"{other}.id"], name=op.f(f"fk_{table}_{column}_{other}"))


def _author(table: str) -> tuple[sa.schema.SchemaItem, ...]:
    """Who did it and when, and the key."""
    return (
        sa.Column("author_id", sa.Integer(), nullable=True),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        _of(table, "author_id", "users"),
        _key(table, "id"),
    )
