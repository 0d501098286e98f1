"""Pages count from sums by day, week and four weeks, so that they stay quick with millions of calls."""

import sqlalchemy as sa
from alembic import op

from storage.tallies import fill

revision = "0040"
down_revision = "0039"
branch_labels = None
depends_on = None

_KIND = sa.String(20)
_FIGURES = ("calls", "scored", "passed", "failed", "unsure", "total", "length")


def upgrade() -> None:
    op.add_column("call_tallies", sa.Column("length", sa.BigInteger(), server_default="0", nullable=False))
    op.add_column("call_tallies", sa.Column("totals", sa.LargeBinary(), server_default="", nullable=False))
    op.create_table(
        "call_sums",
        sa.Column("days", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("first_day", sa.Date(), nullable=False),
        sa.Column("team_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("queue", sa.Text(), nullable=False),
        sa.Column("kind", _KIND, nullable=False),
        sa.Column("version_id", sa.Integer(), autoincrement=False, nullable=False),
        *(sa.Column(name, sa.BigInteger(), nullable=False) for name in _FIGURES),
        sa.Column("long", sa.Boolean(), nullable=False),
        *(sa.Column(name, sa.LargeBinary(), nullable=False) for name in ("together", "agents", "answers")),
        sa.PrimaryKeyConstraint("days", "first_day", "team_id", "queue", "kind", "version_id", name=op.f("pk_call_sums")),
    )
    op.create_table(
        "call_sum_changes",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("sign", sa.SmallInteger(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("agent_id", sa.Integer(), nullable=True),
        sa.Column("team_id", sa.Integer(), nullable=True),
        sa.Column("queue", sa.Text(), nullable=False),
        sa.Column("kind", _KIND, nullable=False),
        sa.Column("length", sa.BigInteger(), nullable=False),
        sa.Column("versions", sa.Text(), nullable=False),
        *(sa.Column(name, sa.LargeBinary(), nullable=False) for name in ("packed", "totals")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_call_sum_changes")),
    )
    op.create_index(op.f("ix_call_sum_changes_started_at"), "call_sum_changes", ["started_at"])
    fill(op.get_bind())
