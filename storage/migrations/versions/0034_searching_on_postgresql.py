"""PostgreSQL finds the turns that hold a word, or a part of one, by every three letters in a row, without any extension."""

from alembic import op

revision = "0034"
down_revision = "0033"
branch_labels = None
depends_on = None


def upgrade() -> None:
    if op.get_bind().dialect.name != "postgresql":
        return
    op.execute(
        "CREATE FUNCTION attune_trigrams(said text) RETURNS text[] LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS "
        "$$ SELECT ARRAY(SELECT substr(said, place, 3) FROM generate_series(1, length(said) - 2) AS place) $$"
    )
    op.execute("CREATE INDEX ix_turns_trigrams ON turns USING gin (attune_trigrams(folded))")
