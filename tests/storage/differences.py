"""In what do a database's tables differ from those that the program maps?"""

from typing import Any

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection

from storage.tables import Base


def differences(connection: Connection) -> Any:
    """What Alembic would change, as `alembic check` finds it."""
    kind = connection.dialect.name

    def is_made_here(thing: Any, *_: object) -> bool:
        """Alembic does not know that an index is for one kind of database alone, nor how to compare this one."""
        alone = getattr(thing, "_ddl_if", None)
        return (alone is None or alone.dialect == kind) and getattr(thing, "name", "") != "ix_turns_trigrams"

    context = MigrationContext.configure(connection, opts={"include_object": is_made_here})
    return compare_metadata(context, Base.metadata)
