"""Totals are read from an index alone, and not from the long rows of evaluations."""

from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None


def upgrade() -> None:
    columns = ["call_id", "superseded", "scorecard_version_id", "total", "passed", "failed", "unsure"]
    op.create_index("ix_evaluations_totals", "evaluations", columns)
    op.drop_index("ix_evaluations_call_id_superseded_scorecard_version_id", "evaluations")
