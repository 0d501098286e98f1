"""In what do a database's tables differ from those that the program maps?"""

from typing import Any

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection

from storage.substring import FULL_TEXT, NUMBERED
from storage.tables import Base


def is_for_searching(table: str) -> bool:
    """Whether it is one of SQLite's tables for looking words up, which triggers fill and nobody maps."""
    return table.startswith((FULL_TEXT, NUMBERED))


def differences(connection: Connection) -> Any:
    """What Alembic would change, as `alembic check` finds it."""
    kind = connection.dialect.name

    def is_made_here(thing: Any, *_: object) -> bool:
        """Alembic does not know that an index is for one kind of database alone, nor how to compare these."""
        alone, name = getattr(thing, "_ddl_if", None), getattr(thing, "name", None) or ""
        return (alone is None or alone.dialect == kind) and name != "ix_turns_trigrams" and not is_for_searching(name)

    context = MigrationContext.configure(connection, opts={"include_object": is_made_here})
    return compare_metadata(context, Base.metadata)
