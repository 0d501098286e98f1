"""Organisations: the companies that speak for us, which teams belong to them since when, and whose people sign in."""

import sqlalchemy as sa
from alembic import op

revision = "0045"
down_revision = "0043"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "organisations",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_organisations"),
        sa.UniqueConstraint("name", name="uq_organisations_name"),
    )
    op.create_table(
        "organisation_teams",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("team_id", sa.Integer(), nullable=False),
        sa.Column("since", MOMENT, nullable=True),
        sa.Column("until", MOMENT, nullable=True),
        sa.Column("author_id", sa.Integer(), nullable=True),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisations.id"], name="fk_organisation_teams_organisation_id_organisations"
        ),
        sa.ForeignKeyConstraint(["team_id"], ["teams.id"], name="fk_organisation_teams_team_id_teams"),
        sa.ForeignKeyConstraint(["author_id"], ["users.id"], name="fk_organisation_teams_author_id_users"),
        sa.PrimaryKeyConstraint("id", name="pk_organisation_teams"),
    )
    op.create_index("ix_organisation_teams_organisation_id_team_id", "organisation_teams", ["organisation_id", "team_id"])
    op.create_index("ix_organisation_teams_team_id", "organisation_teams", ["team_id"])
    # In these words for SQLite, which would else make the table anew, and does not while others refer to its rows.
    op.execute(
        "ALTER TABLE users ADD COLUMN organisation_id INTEGER "
        "CONSTRAINT fk_users_organisation_id_organisations REFERENCES organisations (id)"
    )
