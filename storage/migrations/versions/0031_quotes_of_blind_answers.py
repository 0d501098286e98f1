"""An answer given blind may quote the words of the call that it rests on."""

import sqlalchemy as sa
from alembic import op

from storage.migrations.promises import keep

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "blind_quotes",
        sa.Column("blind_answer_id", sa.Integer(), nullable=False),
        sa.Column("turn", sa.Integer(), nullable=False),
        sa.Column("start_seconds", sa.Double(), nullable=True),
        sa.Column("quote", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["blind_answer_id"], ["blind_answers.id"], name=op.f("fk_blind_quotes_blind_answer_id_blind_answers")
        ),
        sa.PrimaryKeyConstraint("blind_answer_id", name=op.f("pk_blind_quotes")),
    )
    message = "the words that an answer rests on are never rewritten"
    keep("blind_quotes", ("blind_answer_id", "turn", "start_seconds"), "1 = 1", message)
    keep("blind_quotes", ("quote",), "NOT EXISTS (SELECT 1 FROM words_door)", message, what="words")
