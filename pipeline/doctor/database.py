"""Is the database well, and what waits or fails in it?"""

from collections.abc import Iterator
from datetime import UTC, datetime

from sqlalchemy import Engine

from errors import SettingsError, StorageError
from pipeline.doctor.finding import Finding, mind, wrong
from settings import settings
from storage import inbox, operations, words_key
from storage.database import as_it_is, facts_of, is_there, reading

CLOCK_SECONDS = 60.0
"""How far two clocks may lie apart, or an entry in the future: less is the machines' ordinary disagreement."""

WAITED_SECONDS = 900.0
"""A file that is due has waited too long after a quarter of an hour in which nobody works on any."""


def reachable() -> Iterator[Finding]:
    """Whether there is a database, and it answers."""
    url = settings().url
    try:
        if not is_there(url):
            yield mind(
                "database", "There is no database yet.", "It is made at the first start: `cli.py serve`, or take calls in."
            )
            return
        as_it_is(url).dispose()
    except StorageError as failed:
        yield wrong("database", str(failed), "Start the database, or correct ATTUNE_DATABASE_URL.")


def settled(engine: Engine) -> Iterator[Finding]:
    """Whether its tables are those of this program, and it is of a version that it was tried with."""
    facts = facts_of(engine)
    if facts.revision != facts.newest:
        newer = facts.revision is not None and facts.revision not in facts.known
        yield wrong(
            "tables",
            f"The database's tables are at {facts.revision or 'none'}, this program's at {facts.newest}.",
            "Install the newer version of Attune that wrote it."
            if newer
            else "Back up with the version that wrote it; the next start of this one brings them up to date.",
        )
    if facts.kind == "sqlite" and facts.journal != "wal":
        yield mind(
            "journal",
            f"SQLite keeps its journal as {facts.journal}, so that whoever writes stops everybody who reads.",
            "The next start switches to WAL; a folder on the network cannot have it: move the database to a disk here.",
        )
    if facts.kind == "postgresql" and facts.version < (14,):
        yield mind(
            "version",
            f"PostgreSQL {facts.version[0]} is no longer kept up by its makers.",
            "Move to PostgreSQL 14 or later.",
        )


def clock(engine: Engine) -> Iterator[Finding]:
    """Whether this machine's clock agrees with the database's and with what was written down."""
    now = datetime.now(UTC)
    facts = facts_of(engine)
    apart = abs((facts.now - now).total_seconds())
    if apart > CLOCK_SECONDS:
        yield wrong(
            "clock",
            f"This machine's clock and the database's are {apart:.0f} s apart.",
            "Set both by a time server; sessions, leases and the record depend on it.",
        )
    if facts.revision != facts.newest:
        return
    with reading(engine) as session:
        newest = operations.newest_entry(session)
    ahead = 0.0 if newest is None else (newest - now).total_seconds()
    if ahead > CLOCK_SECONDS:
        yield wrong(
            "clock",
            f"The newest entry of the record is dated {ahead:.0f} s from now: the clock has gone backwards.",
            "Set it by a time server; what was written in the meantime keeps its date.",
        )


def queue(engine: Engine) -> Iterator[Finding]:
    """Whether what came in is worked off."""
    yield from worker(engine)
    if not _is_ours(engine):
        return
    with reading(engine) as session:
        failed = operations.queue(session).failed
    if failed:
        yield mind(
            "queue",
            f"{failed} files that came in could not be used, and are set aside.",
            "The page that shows what came in, and `GET /api/v1/received` to whom sent it, say why of each.",
        )


def worker(engine: Engine) -> Iterator[Finding]:
    """Whether somebody works on what is due."""
    if not _is_ours(engine):
        return
    with reading(engine) as session:
        waited, working = operations.queue(session).oldest_seconds, inbox.workers(session)
    for one in working:
        if one.trouble:
            yield mind("worker", f"{one.name} cannot go on: {one.trouble}", "Mend what it says; it goes on by itself.")
    if waited > WAITED_SECONDS and not working:
        yield wrong(
            "worker",
            f"A file that came in has waited {waited / 60:.0f} minutes, and nobody works on any.",
            "Start `cli.py work`, or `cli.py serve` and look into the log for why it started no worker.",
        )


def webhooks(engine: Engine) -> Iterator[Finding]:
    """Whether other programs can be told."""
    if not _is_ours(engine):
        return
    with reading(engine) as session:
        failing = operations.failed_deliveries(session)
    if failing:
        yield mind(
            "webhooks",
            f"{failing} deliveries to other programs were given up in the last week.",
            "`cli.py webhook deliveries --state failed` says how each was answered.",
        )


def words(engine: Engine) -> Iterator[Finding]:
    """Whether the key is set that words in the database are encrypted with."""
    if not _is_ours(engine):
        return
    try:
        with reading(engine) as session:
            missing = words_key.missing(session)
    except SettingsError:  # which `places.keys` says
        return
    if missing:
        yield wrong("keys", missing, "Until then nothing can be read or taken in; docs/keeping.md says more.")


def _is_ours(engine: Engine) -> bool:
    """Whether its tables can be asked by this program."""
    facts = facts_of(engine)
    return facts.revision == facts.newest
