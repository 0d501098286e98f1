"""How does the program come to an open, up-to-date database, and how does it change it?

One address opens either database: SQLite (the default, a file) or PostgreSQL. Opening brings the tables up to date, so
that nobody has to run a migration by hand, and does so safely when several processes start at once. What goes wrong
leaves here as a StorageError with a sentence.
"""

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url, text
from sqlalchemy.exc import (
    ArgumentError,
    DBAPIError,
    InterfaceError,
    NoSuchModuleError,
    OperationalError,
    SQLAlchemyError,
    StatementError,
)
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm import Session

import storage.administration_tables
import storage.alert_tables
import storage.audit_tables
import storage.calibration_tables
import storage.case_tables
import storage.cause_tables
import storage.course_sum_tables
import storage.course_tables
import storage.customer_tables
import storage.desk_tables
import storage.hook_tables
import storage.inbox_tables
import storage.keeping_tables
import storage.learned_criteria_tables
import storage.operation_tables
import storage.plan_tables
import storage.queue_tables
import storage.reason_tables
import storage.rescore_tables
import storage.scorecard_tables
import storage.sign_in_tables
import storage.sum_tables
import storage.tally_tables
import storage.thread_tables
import storage.token_tables  # noqa: F401 - whoever opens the database knows all of its tables
from errors import AttuneError, StorageError, Unavailable
from storage import audit, words_key
from storage.sealed_words import as_json
from storage.substring import FULL_TEXT

_MIGRATIONS = Path(__file__).parent / "migrations"

_BUSY_SECONDS = 30.0
"""How long a SQLite connection waits for another writer before it gives up."""

_CACHE_KILOBYTES = 16 * 1024
"""So much of the file a SQLite connection keeps in memory at most; its own measure, 2 MB, has it read the same parts again
and again while it looks up thousands of calls."""

_CONNECTION_SECONDS = 900
"""How long a SQLite connection is kept, as one knows how values were spread when it was opened (`storage.statistics`)."""

_OLDEST_SQLITE = (3, 34)
"""The first with the tokenizer trigram of its full text search."""

_MIGRATION_LOCK = 0x417474756E65
"""Key of the PostgreSQL advisory lock that one migration at a time holds: `Attune` in ASCII."""

ONLY_READS = "only_reads"
"""Under this name a session knows that it only reads. PostgreSQL lets it lock nothing; SQLite has no locks of rows."""

_WRITES = "attune_writes"
"""Execution option of a connection that is going to write; see `_begin_sqlite`."""


def open_database(url: str, *, any_key: bool = False) -> Engine:
    """Open the database at this SQLAlchemy address, creating its folder and bringing its tables up to date.

    `postgresql://` addresses get the psycopg driver. Raises StorageError where the address makes no sense, the database
    cannot be reached or written, or was written by a newer version of this program; and, but for `any_key`, where its words
    are encrypted with a key that is not at hand.
    """
    address = _parse(url)
    sqlite = address.get_backend_name() == "sqlite"
    if sqlite and sqlite3.sqlite_version_info < _OLDEST_SQLITE:
        raise StorageError(
            f"The database {_shown(address)} cannot be opened: this Python has SQLite {sqlite3.sqlite_version}, which "
            f"cannot look words up. A Python with SQLite {'.'.join(map(str, _OLDEST_SQLITE))} or newer can, or PostgreSQL."
        )
    if sqlite and address.database and address.database != ":memory:":
        _make_folder(Path(address.database).parent)
    try:
        engine = _sqlite_engine(address) if sqlite else _postgresql_engine(address)
        try:
            if sqlite:
                _switch_to_wal(engine)
            _migrate(engine)
            if not any_key:
                words_key.settle(engine)
        except BaseException:
            engine.dispose()
            raise
    except (SQLAlchemyError, sqlite3.Error, ImportError) as wrong:
        raise _kind(wrong)(f"The database {_shown(address)} cannot be opened: {_reason(wrong)}") from wrong
    return engine


@dataclass(frozen=True)
class Facts:
    """What a database is, as it stands: its kind and version, at which migration its tables are, the newest that this
    program has and all it knows, how SQLite keeps its journal (else empty), and what time it has."""

    kind: str
    version: tuple[int, ...]
    revision: str | None
    newest: str
    known: tuple[str, ...]
    journal: str
    now: datetime


def as_it_is(url: str) -> Engine:
    """Open the database at this address without making or changing anything; for whoever looks what is wrong with it.

    Raises StorageError where there is none, or it does not answer.
    """
    address = _parse(url)
    if not is_there(url):
        raise StorageError(f"There is no database at {_shown(address)}.")
    try:
        engine = _sqlite_engine(address) if address.get_backend_name() == "sqlite" else _postgresql_engine(address)
        try:
            with engine.connect() as connection:
                MigrationContext.configure(connection).get_current_revision()
        except BaseException:
            engine.dispose()
            raise
    except (SQLAlchemyError, sqlite3.Error, ImportError) as wrong:
        raise StorageError(f"The database {_shown(address)} does not answer: {_reason(wrong)}") from wrong
    return engine


def facts_of(engine: Engine) -> Facts:
    """What an open database is. Raises StorageError."""
    known = _revisions()
    with _sentences(), engine.connect() as connection:
        sqlite = connection.dialect.name == "sqlite"
        journal = str(connection.exec_driver_sql("PRAGMA journal_mode").scalar_one()) if sqlite else ""
        at = datetime.now(UTC) if sqlite else connection.execute(text("SELECT now()")).scalar_one().astimezone(UTC)
        return Facts(
            connection.dialect.name,
            tuple(int(part) for part in connection.dialect.server_version_info or ()),
            MigrationContext.configure(connection).get_current_revision(),
            known[0],
            known,
            journal,
            at,
        )


def is_there(url: str) -> bool:
    """Whether there is a database at this address, as far as that can be told without making one: the file of SQLite, and
    any address of PostgreSQL. Raises StorageError where the address makes no sense."""
    address = _parse(url)
    return address.get_backend_name() != "sqlite" or bool(address.database and Path(address.database).is_file())


def is_open_here(engine: Engine) -> bool:
    """Whether this process may have a connection to that database open, by this engine or another one.

    A copy of a process must not inherit one: SQLite would take the locks of the one for the other's. Of a database that is
    no file, and where open files cannot be listed, only this engine's own connections are known.
    """
    checked_out = getattr(engine.pool, "checkedout", None)
    if checked_out is None or checked_out() > 0:
        return True
    if engine.dialect.name != "sqlite":
        return False
    opened = Path("/proc/self/fd")
    if not opened.is_dir() or not engine.url.database:
        return True
    file = Path(engine.url.database).resolve()
    return any(_same(one, file) for one in opened.iterdir())


def _same(link: Path, file: Path) -> bool:
    try:
        return link.resolve() == file
    except OSError:  # closed in the meantime
        return False


@contextmanager
def transaction(engine: Engine) -> Iterator[Session]:
    """A session whose changes are all kept when the block ends, or none where anything is raised in it, and with them
    what the record says of them (`storage.audit`).

    Raises StorageError where the database refuses.
    """
    # Objects stay readable after the commit, so that a caller can return what it stored.
    with (
        _sentences(),
        Session(engine.execution_options(**{_WRITES: True}), expire_on_commit=False) as session,
        session.begin(),
    ):
        words_key.check(session)
        yield session
        audit.write(session)


def scrub(engine: Engine, *, whole: bool = False) -> None:
    """Leave nothing of what was deleted in the files of the database, as far as that can be done from here.

    SQLite overwrites what is deleted as it goes, but for what a search looks up, which is put together without it here, a
    little at a time; then its log of changes is emptied, and with `whole` the file is written anew, without traces from
    before it did so, for which nobody may write meanwhile. PostgreSQL: the room is given free; when its server overwrites
    it is its own affair. Raises StorageError.
    """
    with _sentences(), engine.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
        if engine.dialect.name == "postgresql":
            connection.execute(text("VACUUM"))
            return
        driver: Any = connection.connection.driver_connection  # SQLAlchemy would begin a transaction first
        try:
            _merge_words(driver)
            for statement in ("VACUUM",) * whole + ("PRAGMA wal_checkpoint(TRUNCATE)",):
                driver.execute(statement).fetchall()
        except sqlite3.Error as wrong:
            raise StorageError(
                f"What was removed may still lie in the database's file, which is in use: {wrong}."
            ) from wrong


_PAGES_AT_ONCE = 1_000
"""So many pages of what a search looks up are put together at once; others may write before the next ones."""


def _merge_words(driver: sqlite3.Connection) -> None:
    """Put the parts of the index of words together, without what was deleted (`storage.substring`).

    In steps, as https://www.sqlite.org/fts5.html#the_merge_command has it: a negative number begins with all parts, and a
    step that changes fewer than two rows was the last one.
    """
    pages = -_PAGES_AT_ONCE
    while True:
        before = driver.total_changes
        driver.execute(f"INSERT INTO {FULL_TEXT} ({FULL_TEXT}, rank) VALUES ('merge', ?)", (pages,))
        if driver.total_changes - before < 2:
            return
        pages = _PAGES_AT_ONCE


@contextmanager
def reading(engine: Engine) -> Iterator[Session]:
    """A session that only reads: it never waits for a writer, and sees the state of its first query throughout.

    Nothing is kept, but for who opened which call (`storage.audit`): that is written before the block's answer is handed
    on, and waits for other writers then. Raises StorageError where the database refuses.
    """
    # SQLite reads so of itself.
    only_reads = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
    reader = engine.execution_options(**only_reads) if engine.dialect.name == "postgresql" else engine
    with _sentences(), Session(reader, info={ONLY_READS: True}) as session:
        yield session
        opened = audit.openings(session)
    if opened:
        with transaction(engine) as session:
            audit.note_again(session, opened)


@contextmanager
def _sentences() -> Iterator[None]:
    try:
        yield
    except SQLAlchemyError as wrong:
        if isinstance(wrong, StatementError) and isinstance(wrong.orig, AttuneError):
            raise wrong.orig from wrong  # a value could not be encrypted, or kept: its own sentence says why
        raise _kind(wrong)(f"The database did not do what was asked: {_reason(wrong)}") from wrong


def _kind(wrong: Exception) -> type[StorageError]:
    """Whether the same may succeed later: both drivers call it operational where a database is away, locked or full."""
    later = (OperationalError, InterfaceError, PoolTimeout, sqlite3.OperationalError)
    return Unavailable if isinstance(wrong, later) else StorageError


def _parse(url: str) -> URL:
    try:
        address = make_url(url)
        if address.drivername in ("postgresql", "postgres"):
            address = address.set(drivername="postgresql+psycopg")
        backend = address.get_backend_name()
    except (ArgumentError, NoSuchModuleError) as wrong:
        # The address itself stays out of the message: it may carry a password.
        raise StorageError(
            "The database address cannot be read; it looks like sqlite:////folder/attune.db "
            "or postgresql://user:password@host/name."
        ) from wrong
    if backend not in ("sqlite", "postgresql"):
        raise StorageError(f"Attune runs on sqlite and postgresql, not on {backend}.")
    return address


def _shown(address: URL) -> str:
    """The address without its password."""
    return address.render_as_string(hide_password=True)


def _reason(wrong: Exception) -> str:
    """The database's own words on one line, without the statement and its values."""
    said = str(wrong.orig) if isinstance(wrong, DBAPIError) and wrong.orig else str(wrong)
    if "NUL (0x00)" in said:
        return "a text has the character 0 in it, which PostgreSQL keeps nowhere; leave it out."
    return " ".join(said.split())


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as wrong:
        raise StorageError(
            f"The folder {folder} for the database cannot be made ({wrong.strerror}); "
            "set ATTUNE_HOME to a folder that can be written."
        ) from wrong


# hide_parameters: what was said on a call stays out of error messages.
_ENGINE: dict[str, Any] = {"hide_parameters": True, "json_serializer": as_json}


def _postgresql_engine(address: URL) -> Engine:
    return create_engine(address, pool_pre_ping=True, **_ENGINE)


# SQLite


def _sqlite_engine(address: URL) -> Engine:
    # One in memory is gone with its connection.
    recycled = {"pool_recycle": _CONNECTION_SECONDS} if address.database not in (None, "", ":memory:") else {}
    engine = create_engine(address, connect_args={"timeout": _BUSY_SECONDS}, **recycled, **_ENGINE)
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    # The driver's own handling of transactions begins none before reads and none before CREATE TABLE; ours does.
    connection.isolation_level = None
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute("PRAGMA synchronous = NORMAL")  # safe against damage in WAL mode
    connection.execute("PRAGMA secure_delete = ON")  # what is deleted is overwritten with zeros
    connection.execute(f"PRAGMA cache_size = -{_CACHE_KILOBYTES}")


def _begin_sqlite(connection: Connection) -> None:
    # A transaction that reads first and writes later would fail at once, without waiting, when another process has
    # written in between. One that is going to write therefore takes its place in the queue from the start.
    writes = connection.get_execution_options().get(_WRITES, False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _switch_to_wal(engine: Engine) -> None:
    """Let readers go on while somebody writes. The file remembers it; two processes that switch at once can collide."""
    give_up = time.monotonic() + _BUSY_SECONDS
    while True:
        try:
            with engine.connect() as connection:
                driver: Any = connection.connection.driver_connection
                driver.execute("PRAGMA journal_mode = WAL")
            return
        except (SQLAlchemyError, sqlite3.Error) as wrong:
            if "locked" not in str(wrong) or time.monotonic() > give_up:
                raise
            time.sleep(0.05)


# Migrations


def _migrate(engine: Engine) -> None:
    """Bring the tables up to date; one process at a time, the others wait and then find nothing to do."""
    with engine.connect() as connection:
        if _up_to_date(connection):
            return
    with engine.connect().execution_options(**{_WRITES: True}) as connection, connection.begin():
        if connection.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _MIGRATION_LOCK})
        if _up_to_date(connection):
            return
        config = _migrations()
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def revision_of(engine: Engine) -> str | None:
    """At which migration its tables are; None where it has none of ours. Raises StorageError."""
    with _sentences(), engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def _up_to_date(connection: Connection) -> bool:
    current, known = MigrationContext.configure(connection).get_current_revision(), _revisions()
    if current is not None and current not in known:
        raise StorageError(
            f"The database was written by a newer version of Attune (its tables are at {current}, this program knows "
            f"them up to {known[0]}). Install that version, or use another database."
        )
    return current == known[0]


def _migrations() -> Config:
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    return config


@lru_cache(maxsize=1)
def _revisions() -> tuple[str, ...]:
    """Every migration that this program knows, the newest first."""
    return tuple(script.revision for script in ScriptDirectory.from_config(_migrations()).walk_revisions())
