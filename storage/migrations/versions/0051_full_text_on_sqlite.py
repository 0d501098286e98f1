"""SQLite looks words up in its own full text search, by three letters in a row as PostgreSQL does.

A turn has no number of its own that stays when the file is written anew, so that it is given one.
"""

from alembic import op

revision = "0051"
down_revision = "0050"
branch_labels = None
depends_on = None

_NUMBER = "(SELECT id FROM searched_turns WHERE call_id = old.call_id AND position = old.position)"
_ENTER = """
    INSERT INTO searched_turns (call_id, position) VALUES (new.call_id, new.position);
    INSERT INTO turn_words (rowid, folded) VALUES (last_insert_rowid(), new.folded);
"""
_TAKE_OUT = f"""
    INSERT INTO turn_words (turn_words, rowid, folded) VALUES ('delete', {_NUMBER}, old.folded);
    DELETE FROM searched_turns WHERE call_id = old.call_id AND position = old.position;
"""


def upgrade() -> None:
    if op.get_bind().dialect.name != "sqlite":
        return
    op.execute(
        "CREATE TABLE searched_turns ("
        "id INTEGER NOT NULL PRIMARY KEY, call_id VARCHAR NOT NULL, position INTEGER NOT NULL, UNIQUE (call_id, position))"
    )
    op.execute(
        "CREATE VIRTUAL TABLE turn_words USING fts5(folded, content='', columnsize=0, detail='none', tokenize='trigram')"
    )
    op.execute(
        "INSERT INTO turn_words (turn_words, rank) VALUES ('usermerge', 2)"
    )  # any two parts are put together if asked
    op.execute("INSERT INTO searched_turns (call_id, position) SELECT call_id, position FROM turns")
    op.execute(
        "INSERT INTO turn_words (rowid, folded) SELECT searched_turns.id, turns.folded FROM searched_turns "
        "JOIN turns ON turns.call_id = searched_turns.call_id AND turns.position = searched_turns.position"
    )
    op.execute(f"CREATE TRIGGER turns_searched AFTER INSERT ON turns BEGIN {_ENTER} END")
    op.execute(f"CREATE TRIGGER turns_not_searched AFTER DELETE ON turns BEGIN {_TAKE_OUT} END")
    op.execute(
        "CREATE TRIGGER turns_searched_anew AFTER UPDATE OF call_id, position, folded ON turns "
        f"BEGIN {_TAKE_OUT} {_ENTER} END"
    )
