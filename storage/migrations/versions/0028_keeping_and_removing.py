"""How long what is kept: legal holds, what was removed, and the one door by which words leave rows that never change.

Rows that are never rewritten hold words that somebody said or wrote of a call. Their other columns stay as they are kept
since the tables were made; their words may be taken out while `words_door` has a row, which is so only within the
transaction that takes them out.
"""

import sqlalchemy as sa
from alembic import op

from storage.migrations.promises import drop, keep

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None

CLOSED = "NOT EXISTS (SELECT 1 FROM words_door)"
_BY = ("author_id", "author", "at")
_RAISED = ("call_id", "result_id", "scorecard", "criterion", "agent_id", "raised_by", "raised_at", "answer", "answered_by")
_SETTLED = (
    "state",
    "given_to_id",
    "settled_by_id",
    "settled_by",
    "settled_at",
    "answer_after",
    "total_before",
    "total_after",
)

SPLIT = {
    "overrides": (("result_id", *_BY, "before", "after"), ("reason",), "a correction is never rewritten"),
    "override_quotes": (
        ("override_id", "turn", "start_seconds"),
        ("quote",),
        "the words that an answer rests on are never rewritten",
    ),
    "comments": (("call_id", "turn", "start_seconds", "for_agent", *_BY), ("text",), "a comment is never rewritten"),
    "clips": (
        ("call_id", "start_seconds", "end_seconds", "good", "about", "for_agent", *_BY),
        ("note",),
        "a clip is never rewritten",
    ),
    "coaching_requests": (("call_id", *_BY), ("note",), "a request for coaching is never rewritten"),
    "side_corrections": (
        ("call_id", *_BY, "kind", "turns", "totals", "hash_before", "hash_after"),
        ("reason", "before"),
        "a correction of who spoke is never rewritten",
    ),
    "turn_marks": (("call_id", "turn", "behaviour", "present", *_BY), ("text",), "a mark on a turn is never rewritten"),
    "acknowledgements": (
        ("evaluation_id", *_BY, "total"),
        ("note",),
        "what an agent said of an evaluation is never rewritten",
    ),
    "dispute_steps": (("dispute_id", "step", *_BY, "to"), ("words",), "the history of a dispute is never rewritten"),
    "blind_answers": (("assignment_id", "result_id", "verdict", *_BY), ("note",), "a blind answer is never rewritten"),
    "calibration_answers": (
        ("calibration_id", "user_id", "call_id", "criterion", "verdict", "points", "answer", "at"),
        ("comment",),
        "an answer given to calibrate is never rewritten",
    ),
}
"""For each table: what stays for ever, what stays but for the removal of words, and what who tries otherwise is told."""


def upgrade() -> None:
    _tables()
    for table, (stays, words, message) in SPLIT.items():
        drop(table)
        keep(table, stays, "1 = 1", message)
        keep(table, words, CLOSED, message, what="words")
    drop("disputes")
    changed = " OR ".join(f'OLD."{column}" <> NEW."{column}"' for column in _RAISED)
    settled = "a dispute is never rewritten, and a settled one never changes"
    keep("disputes", (*_RAISED, "raised_by_id", *_SETTLED), f"OLD.state <> 'open' OR {changed}", settled)
    rewritten = f"(OLD.state <> 'open' OR OLD.reason <> NEW.reason) AND {CLOSED}"
    keep("disputes", ("reason", "decision"), rewritten, settled, what="words")


def _tables() -> None:
    op.create_table(
        "legal_holds",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("scope", sa.String(20), nullable=False),
        sa.Column("target", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("author_id", sa.Integer(), nullable=True),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("released_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("released_by", sa.Text(), server_default="", nullable=False),
        sa.Column("release_reason", sa.Text(), server_default="", nullable=False),
        sa.ForeignKeyConstraint(["author_id"], ["users.id"], name=op.f("fk_legal_holds_author_id_users")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_legal_holds")),
    )
    op.create_index(op.f("ix_legal_holds_scope_target"), "legal_holds", ["scope", "target"])
    op.create_table(
        "removals",
        sa.Column("call_id", sa.Text(), nullable=False),
        *(sa.Column(f"{kind}_at", sa.DateTime(timezone=True), nullable=True) for kind in ("audio", "words", "scores")),
        sa.ForeignKeyConstraint(["call_id"], ["calls.id"], name=op.f("fk_removals_call_id_calls")),
        sa.PrimaryKeyConstraint("call_id", name=op.f("pk_removals")),
    )
    op.create_table(
        "keeping_reports",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("figures", sa.JSON(), nullable=False),
        sa.Column("author_id", sa.Integer(), nullable=True),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["author_id"], ["users.id"], name=op.f("fk_keeping_reports_author_id_users")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_keeping_reports")),
    )
    op.create_index(op.f("ix_keeping_reports_kind_id"), "keeping_reports", ["kind", "id"])
    keep("keeping_reports", ("kind", "figures", "author", "at"), "1 = 1", "what was removed is never rewritten")
    op.create_table(
        "words_door",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_words_door")),
    )
