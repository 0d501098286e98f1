"""Several people judge the same calls blind, in tables of their own that no figure is made of."""

import sqlalchemy as sa
from alembic import op

from storage.migrations.promises import keep

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

ANSWER = ("calibration_id", "user_id", "call_id", "criterion", "verdict", "points", "answer", "comment", "at")


def upgrade() -> None:
    op.create_table(
        "calibrations",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("scorecard_version_id", sa.Integer(), nullable=False),
        sa.Column("due", sa.Date(), nullable=False),
        sa.Column("expert_id", sa.Integer(), nullable=True),
        sa.Column("author_id", sa.Integer(), nullable=True),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_by", sa.Text(), nullable=False),
        _to("calibrations", "scorecard_version_id", "scorecard_versions"),
        _to("calibrations", "expert_id", "users"),
        _to("calibrations", "author_id", "users"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_calibrations")),
    )
    op.create_table(
        "calibration_calls",
        sa.Column("calibration_id", sa.Integer(), nullable=False),
        sa.Column("call_id", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        _to("calibration_calls", "calibration_id", "calibrations"),
        _to("calibration_calls", "call_id", "calls"),
        sa.PrimaryKeyConstraint("calibration_id", "call_id", name=op.f("pk_calibration_calls")),
    )
    op.create_index(op.f("ix_calibration_calls_call_id"), "calibration_calls", ["call_id"])
    op.create_table(
        "calibration_members",
        sa.Column("calibration_id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        _to("calibration_members", "calibration_id", "calibrations"),
        _to("calibration_members", "user_id", "users"),
        sa.PrimaryKeyConstraint("calibration_id", "user_id", name=op.f("pk_calibration_members")),
    )
    op.create_index(op.f("ix_calibration_members_user_id_finished_at"), "calibration_members", ["user_id", "finished_at"])
    op.create_table(
        "calibration_answers",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("calibration_id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("call_id", sa.Text(), nullable=False),
        sa.Column("criterion", sa.Text(), nullable=False),
        sa.Column("verdict", sa.String(length=20), nullable=False),
        sa.Column("points", sa.Double(), nullable=True),
        sa.Column("answer", sa.JSON(), nullable=True),
        sa.Column("comment", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        _to("calibration_answers", "calibration_id", "calibrations"),
        _to("calibration_answers", "user_id", "users"),
        _to("calibration_answers", "call_id", "calls"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_calibration_answers")),
    )
    for columns in (("calibration_id", "user_id"), ("call_id", "user_id")):
        op.create_index(op.f(f"ix_calibration_answers_{'_'.join(columns)}"), "calibration_answers", list(columns))
    keep("calibration_answers", ANSWER, "1 = 1", "an answer given to calibrate is never rewritten")
    asked = ("title", "scorecard_version_id", "expert_id", "author_id", "author", "at")
    keep("calibrations", asked, "1 = 1", "a calibration stays as it was begun")


def _to(table: str, column: str, target: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{target}.id"], name=op.f(f"fk_{table}_{column}_{target}"))
