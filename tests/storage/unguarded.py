"""What can somebody do who owns the database, and not only the program that writes to it?"""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Engine, text

GUARDED = ("audit_entries", "audit_head")


@contextmanager
def unguarded(engine: Engine) -> Iterator[None]:
    """Within the block the database lets entries of the record be changed and deleted, as its owner can have it."""
    if engine.dialect.name == "postgresql":
        _run(engine, *(f"ALTER TABLE {table} DISABLE TRIGGER USER" for table in GUARDED))
        put_back = [f"ALTER TABLE {table} ENABLE TRIGGER USER" for table in GUARDED]
    else:
        with engine.connect() as connection:
            known = (
                "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name IN ('audit_entries', 'audit_head')"
            )
            triggers = connection.execute(text(known)).all()
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
