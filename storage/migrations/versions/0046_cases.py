"""Cases of the customer systems, which conversations belong to them, and what customers answered when they were asked."""

import sqlalchemy as sa
from alembic import op

from storage.case_links import fill

revision = "0046"
down_revision = "0044"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "cases",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("system", sa.String(40), nullable=False),
        sa.Column("key", sa.String(32), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("customer_id", sa.String(16), nullable=True),
        sa.Column("identities", sa.JSON(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("opened_at", MOMENT, nullable=True),
        sa.Column("closed_at", MOMENT, nullable=True),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["customer_id"], ["customers.id"], name="fk_cases_customer_id_customers"),
        sa.PrimaryKeyConstraint("id", name="pk_cases"),
        sa.UniqueConstraint("system", "key", name="uq_cases_system_key"),
    )
    op.create_index("ix_cases_key", "cases", ["key"])
    op.create_index("ix_cases_customer_id", "cases", ["customer_id"])
    op.create_table(
        "case_calls",
        sa.Column("call_id", sa.Text(), nullable=False),
        sa.Column("case_id", sa.Integer(), nullable=True),
        sa.Column("linked_by", sa.String(10), nullable=False),
        sa.Column("key", sa.String(32), server_default="", nullable=False),
        sa.ForeignKeyConstraint(["call_id"], ["calls.id"], name="fk_case_calls_call_id_calls"),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name="fk_case_calls_case_id_cases"),
        sa.PrimaryKeyConstraint("call_id", name="pk_case_calls"),
    )
    op.create_index("ix_case_calls_case_id", "case_calls", ["case_id"])
    op.create_index("ix_case_calls_key", "case_calls", ["key"])
    op.create_table(
        "satisfaction",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(10), nullable=False),
        sa.Column("score", sa.Integer(), nullable=False),
        sa.Column("answered_at", MOMENT, nullable=True),
        sa.Column("case_id", sa.Integer(), nullable=True),
        sa.Column("call_id", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["call_id"], ["calls.id"], name="fk_satisfaction_call_id_calls"),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name="fk_satisfaction_case_id_cases"),
        sa.PrimaryKeyConstraint("id", name="pk_satisfaction"),
        sa.UniqueConstraint("kind", "call_id", name="uq_satisfaction_kind_call_id"),
        sa.UniqueConstraint("kind", "case_id", name="uq_satisfaction_kind_case_id"),
    )
    op.create_index("ix_satisfaction_call_id", "satisfaction", ["call_id"])
    op.create_index("ix_satisfaction_case_id", "satisfaction", ["case_id"])
    fill(op.get_bind())
