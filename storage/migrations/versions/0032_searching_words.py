"""SQLite looks for words in an index that holds them, instead of in everything that is known of every turn.

PostgreSQL takes no entry of more than 2,700 bytes into such an index, and keeps a turn's long values apart by itself.
"""

from alembic import op

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None


def upgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        op.create_index("ix_turns_call_id_position_folded", "turns", ["call_id", "position", "folded"])
