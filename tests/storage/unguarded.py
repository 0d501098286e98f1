"""What can somebody do who owns the database, and not only the program that writes to it?"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from sqlalchemy import Engine, text

GUARDED = ("audit_entries", "audit_head")


@contextmanager
def unguarded(engine: Engine, tables: Iterable[str] = GUARDED) -> Iterator[None]:
    """Within the block the database lets rows of these tables be changed and deleted, as its owner can have it; of those
    of the record, where nothing is said."""
    of = list(tables)
    if engine.dialect.name == "postgresql":
        _run(engine, *(f"ALTER TABLE {table} DISABLE TRIGGER USER" for table in of))
        put_back = [f"ALTER TABLE {table} ENABLE TRIGGER USER" for table in of]
    else:
        with engine.connect() as connection:
            known = "SELECT name, sql, tbl_name FROM sqlite_master WHERE type = 'trigger'"
            triggers = [row for row in connection.execute(text(known)) if row.tbl_name in of]
        _run(engine, *(f"DROP TRIGGER {row.name}" for row in triggers))
        put_back = [row.sql for row in triggers]
    try:
        yield
    finally:
        _run(engine, *put_back)


def _run(engine: Engine, *statements: str) -> None:
    with engine.connect() as connection, connection.begin():
        for statement in statements:
            connection.exec_driver_sql(statement)
