"""Verdicts of a hundred thousand evaluations are counted from indexes alone, without reading the rows themselves."""

from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(
        op.f("ix_results_evaluation_id_criterion_verdict_points_bonus"),
        "results",
        ["evaluation_id", "criterion", "verdict", "points", "bonus"],
        unique=False,
    )
    op.create_index(
        op.f("ix_evaluations_call_id_superseded_scorecard_version_id"),
        "evaluations",
        ["call_id", "superseded", "scorecard_version_id"],
        unique=False,
    )
