"""Moves between teams are kept with their day, and settings changed on the page with who changed them."""

import sqlalchemy as sa
from alembic import op

from storage.migrations.promises import keep

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "team_moves",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("agent_id", sa.Integer(), nullable=False),
        sa.Column("from_team_id", sa.Integer(), nullable=True),
        sa.Column("to_team_id", sa.Integer(), nullable=False),
        sa.Column("on", sa.Date(), nullable=False),
        sa.Column("author_id", sa.Integer(), nullable=True),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["agent_id"], ["agents.id"], name=op.f("fk_team_moves_agent_id_agents")),
        sa.ForeignKeyConstraint(["from_team_id"], ["teams.id"], name=op.f("fk_team_moves_from_team_id_teams")),
        sa.ForeignKeyConstraint(["to_team_id"], ["teams.id"], name=op.f("fk_team_moves_to_team_id_teams")),
        sa.ForeignKeyConstraint(["author_id"], ["users.id"], name=op.f("fk_team_moves_author_id_users")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_team_moves")),
    )
    op.create_index(op.f("ix_team_moves_agent_id"), "team_moves", ["agent_id"])
    keep("team_moves", ("agent_id", "from_team_id", "to_team_id", "on", "author", "at"), "1 = 1", "a move is kept as it was")
    op.create_table(
        "settings_kept",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=True),
        sa.Column("author_id", sa.Integer(), nullable=True),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["author_id"], ["users.id"], name=op.f("fk_settings_kept_author_id_users")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_settings_kept")),
    )
    op.create_index(op.f("ix_settings_kept_name"), "settings_kept", ["name"])
    keep("settings_kept", ("name", "value", "author", "at"), "1 = 1", "what was set is never rewritten")
