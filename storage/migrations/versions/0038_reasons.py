"""Why customers are in touch: versions of a tree of reasons, what each conversation was put under, and what is proposed."""

import sqlalchemy as sa
from alembic import op

revision = "0038"
down_revision = "0037"
branch_labels = None
depends_on = None


def _foreign(table: str, column: str, target: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{target}.id"], name=op.f(f"fk_{table}_{column}_{target}"))


def _moment(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _texts(*names: str) -> list[sa.Column[str]]:
    return [sa.Column(name, sa.Text(), nullable=False) for name in names]


def _choice(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.String(20), nullable=False)


def upgrade() -> None:
    op.create_table(
        "reason_trees",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("hash", sa.String(64), nullable=False),
        sa.Column("tree", sa.JSON(), nullable=False),
        sa.Column("judge", sa.LargeBinary(), nullable=False),
        sa.Column("figures", sa.JSON(), nullable=False),
        sa.Column("learned_from", sa.Integer(), nullable=False),
        sa.Column("in_force", sa.Boolean(), nullable=False),
        sa.Column("author_id", sa.Integer(), nullable=True),
        *_texts("author"),
        _moment("at"),
        _foreign("reason_trees", "author_id", "users"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reason_trees")),
        sa.UniqueConstraint("hash", name=op.f("uq_reason_trees_hash")),
    )
    op.create_index(op.f("ix_reason_trees_in_force"), "reason_trees", ["in_force"])
    op.create_table(
        "call_reasons",
        *_texts("call_id"),
        sa.Column("tree_id", sa.Integer(), nullable=False),
        *_texts("reason"),
        _choice("source"),
        _choice("state"),
        *_texts("machine_reason"),
        *(sa.Column(name, sa.Double(), nullable=False) for name in ("probability", "anything")),
        sa.Column("candidates", sa.JSON(), nullable=False),
        *(sa.Column(name, sa.Integer(), nullable=True) for name in ("turn", "start", "end", "near")),
        *(sa.Column(name, sa.Double(), nullable=True) for name in ("likeness", "days_until_contact")),
        _moment("at"),
        _foreign("call_reasons", "call_id", "calls"),
        _foreign("call_reasons", "tree_id", "reason_trees"),
        sa.PrimaryKeyConstraint("call_id", name=op.f("pk_call_reasons")),
    )
    op.create_index(op.f("ix_call_reasons_reason_call_id"), "call_reasons", ["reason", "call_id"])
    op.create_table(
        "reason_history",
        sa.Column("id", sa.Integer(), nullable=False),
        *_texts("call_id"),
        sa.Column("tree_id", sa.Integer(), nullable=False),
        *_texts("reason"),
        _choice("source"),
        _choice("state"),
        *_texts("machine_reason"),
        sa.Column("probability", sa.Double(), nullable=False),
        _moment("since"),
        _moment("until"),
        _foreign("reason_history", "call_id", "calls"),
        _foreign("reason_history", "tree_id", "reason_trees"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reason_history")),
    )
    op.create_index(op.f("ix_reason_history_call_id"), "reason_history", ["call_id"])
    op.create_table(
        "reason_corrections",
        sa.Column("id", sa.Integer(), nullable=False),
        *_texts("call_id", "reason", "before"),
        _choice("source_before"),
        sa.Column("author_id", sa.Integer(), nullable=True),
        *_texts("author"),
        _moment("at"),
        _foreign("reason_corrections", "call_id", "calls"),
        _foreign("reason_corrections", "author_id", "users"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reason_corrections")),
    )
    op.create_index(op.f("ix_reason_corrections_call_id"), "reason_corrections", ["call_id"])
    op.create_table(
        "reason_proposals",
        sa.Column("id", sa.Integer(), nullable=False),
        *_texts("name"),
        sa.Column("terms", sa.JSON(), nullable=False),
        sa.Column("stability", sa.Double(), nullable=False),
        _choice("state"),
        *_texts("reason"),
        _moment("made_at"),
        sa.Column("decided_by_id", sa.Integer(), nullable=True),
        *_texts("decided_by"),
        _moment("decided_at", nullable=True),
        _foreign("reason_proposals", "decided_by_id", "users"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reason_proposals")),
    )
    op.create_index(op.f("ix_reason_proposals_state"), "reason_proposals", ["state"])
    op.create_table(
        "reason_examples",
        sa.Column("id", sa.Integer(), nullable=False),
        *_texts("call_id"),
        sa.Column("sentence", sa.Integer(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("proposal_id", sa.Integer(), nullable=True),
        _moment("at"),
        _foreign("reason_examples", "call_id", "calls"),
        _foreign("reason_examples", "proposal_id", "reason_proposals"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reason_examples")),
    )
    op.create_index(op.f("ix_reason_examples_call_id"), "reason_examples", ["call_id"])
    op.create_index(op.f("ix_reason_examples_proposal_id_call_id"), "reason_examples", ["proposal_id", "call_id"])
