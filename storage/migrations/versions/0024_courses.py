"""How each call ran stands beside it, so that processes, harm and the customers' sentiment are counted quickly."""

import sqlalchemy as sa
from alembic import op

from storage.courses import fill

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "courses",
        sa.Column("call_id", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("customer_key", sa.String(length=32), nullable=False),
        sa.Column("contacted_at", sa.DateTime(timezone=True), nullable=True),
        *(sa.Column(name, sa.Double(), nullable=True) for name in ("days_since_contact", "repeat_said")),
        *(sa.Column(name, sa.Integer(), nullable=True) for name in ("repeat_turn", "holds")),
        *(sa.Column(name, sa.Double(), nullable=True) for name in ("hold_seconds", "longest_hold_seconds")),
        sa.Column("transfers", sa.Integer(), nullable=True),
        sa.Column("transfer_known", sa.String(length=20), nullable=False),
        sa.Column("transfer_turn", sa.Integer(), nullable=True),
        *(sa.Column(f"valence_{name}", sa.Double(), nullable=True) for name in ("start", "lowest", "peak", "end")),
        sa.Column("behaviours_measured", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["call_id"], ["calls.id"], name=op.f("fk_courses_call_id_calls")),
        sa.PrimaryKeyConstraint("call_id", name=op.f("pk_courses")),
    )
    op.create_index(op.f("ix_courses_customer_key_contacted_at"), "courses", ["customer_key", "contacted_at"], unique=False)
    op.create_table(
        "harms",
        sa.Column("call_id", sa.Text(), nullable=False),
        sa.Column("behaviour", sa.Text(), nullable=False),
        sa.Column("turn", sa.Integer(), nullable=False),
        sa.Column("probability", sa.Double(), nullable=False),
        sa.Column("start", sa.Integer(), nullable=False),
        sa.Column("end", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["call_id"], ["courses.call_id"], name=op.f("fk_harms_call_id_courses")),
        sa.PrimaryKeyConstraint("call_id", "behaviour", name=op.f("pk_harms")),
    )
    fill(op.get_bind())
