"""How many calls each version of a scorecard judged, and which queues there are, is read from an index alone."""

from alembic import op

revision = "0053"
down_revision = "0052"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(
        op.f("ix_evaluations_scorecard_version_id_superseded"), "evaluations", ["scorecard_version_id", "superseded"]
    )
    op.create_index(op.f("ix_calls_queue"), "calls", ["queue"])
    op.drop_index(op.f("ix_evaluations_scorecard_version_id"), table_name="evaluations")
