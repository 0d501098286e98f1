"""The board of causes: what makes customers call, what is done about it, and in which conversations it shows."""

import sqlalchemy as sa
from alembic import op

revision = "0044"
down_revision = "0045"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "causes",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("department", sa.Text(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("acted_on", sa.Date(), nullable=True),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("author_id", sa.Integer(), nullable=True),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("changed_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["author_id"], ["users.id"], name="fk_causes_author_id_users"),
        sa.PrimaryKeyConstraint("id", name="pk_causes"),
    )
    op.create_index("ix_causes_state", "causes", ["state"])
    op.create_table(
        "cause_evidence",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("cause_id", sa.Integer(), nullable=False),
        sa.Column("call_id", sa.Text(), nullable=False),
        sa.Column("author_id", sa.Integer(), nullable=True),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["cause_id"], ["causes.id"], name="fk_cause_evidence_cause_id_causes"),
        sa.ForeignKeyConstraint(["call_id"], ["calls.id"], name="fk_cause_evidence_call_id_calls"),
        sa.ForeignKeyConstraint(["author_id"], ["users.id"], name="fk_cause_evidence_author_id_users"),
        sa.PrimaryKeyConstraint("id", name="pk_cause_evidence"),
        sa.UniqueConstraint("cause_id", "call_id", name="uq_cause_evidence_cause_id_call_id"),
    )
    op.create_index("ix_cause_evidence_call_id", "cause_evidence", ["call_id"])
