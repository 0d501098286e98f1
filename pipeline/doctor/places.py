"""Are the folders, the kept files and the keys as they should be?"""

import os
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from errors import SettingsError
from pipeline.doctor.finding import Finding, mind, wrong
from settings import settings
from storage import originals, repository, sealed
from storage.database import facts_of, reading
from storage.secret import FILE, server_key
from storage.store import RECORDINGS, KeptFile, recording_file, store

LEAST_BYTES = 500_000_000
"""Room below which a long recording cannot be kept for certain: an hour of two channels at 16 kHz has 230 MB."""

LOW_BYTES = 5_000_000_000
"""Room below which somebody should look, whatever the pace."""

FULL_DAYS = 14
"""Days before the disk is full at last week's pace from which on it is said: time to buy one."""

SAMPLE, SAMPLE_AFAR = 200, 20
"""How many of the newest recordings are looked for, in a folder and at an address. All would be hours with a million."""


def home() -> Iterator[Finding]:
    """Whether the home folder can be written, and has room."""
    folder = settings().home
    above = folder
    while not above.exists() and above != above.parent:
        above = above.parent
    local = store().path(RECORDINGS)
    for place in (above, *([local] if local else [])):
        if place.exists() and not (place.is_dir() and os.access(place, os.W_OK | os.X_OK)):
            yield wrong(
                "home", f"The folder {place} cannot be written.", "Give it to the user Attune runs as, or set ATTUNE_HOME."
            )
            return
    free = shutil.disk_usage(above).free
    if free < LOW_BYTES:
        found = wrong if free < LEAST_BYTES else mind
        yield found("space", f"The disk of {folder} has {_size(free)} left.", _MAKE_ROOM)


_MAKE_ROOM = "Make room, or set for how many days what is kept (docs/keeping.md)."


def room(engine: Engine) -> Iterator[Finding]:
    """Whether the disk fills up soon, at the pace of the last week."""
    facts = facts_of(engine)
    if facts.revision != facts.newest or not settings().home.is_dir():
        return
    with reading(engine) as session:
        newest = _newest(session)
        week = repository.recordings_since(session, datetime.now(UTC) - timedelta(days=7))
    sizes = [about.size for file in newest if (about := file.about())]
    if not sizes or not week or store().path(RECORDINGS) is None:
        return
    a_day = week / 7 * sum(sizes) / len(sizes)
    days = shutil.disk_usage(settings().home).free / a_day
    if days < FULL_DAYS:
        yield mind(
            "space",
            f"At the pace of the last week ({_size(a_day)} a day) the disk is full in {days:.0f} days.",
            _MAKE_ROOM,
        )


def recordings(engine: Engine) -> Iterator[Finding]:
    """Whether the newest recordings are where the database says, and were not encrypted with a key that is gone."""
    facts = facts_of(engine)
    if facts.revision != facts.newest:
        return
    with reading(engine) as session:
        files = _newest(session)
    there = [file for file in files if file.exists()]
    missing = len(files) - len(there)
    if missing:
        yield wrong(
            "store",
            f"{missing} of the newest {len(files)} recordings are not in {store().shown}.",
            "Mount the store, set ATTUNE_STORE or ATTUNE_HOME to where it is, or bring them back with `cli.py restore`.",
        )
    try:
        known = {sealed.mark_of(key) for key in (sealed.key(), sealed.key_before()) if key}
    except SettingsError:  # which `keys` says
        return
    marks = [_mark(file) for file in there]
    strange = sum(mark is not None and mark not in known for mark in marks)
    if strange:
        yield wrong(
            "keys",
            f"{strange} of the newest {len(marks)} recordings are encrypted with another key than those that are set.",
            "Set ATTUNE_ENCRYPTION_KEY to the key they were encrypted with, or ATTUNE_ENCRYPTION_KEY_BEFORE.",
        )
    now = sealed.key()
    old = sum(mark is None or mark != sealed.mark_of(now) for mark in marks) - strange if now else 0
    if old:
        yield mind(
            "keys",
            f"{old} of the newest {len(marks)} recordings are in the clear or encrypted with the key before.",
            "`cli.py rotate-key` encrypts them with the key in force.",
        )


def keys() -> Iterator[Finding]:
    """Whether the keys that are set can be read, and those that are needed are set."""
    for read in (sealed.key, sealed.key_before, originals.originals_are_kept):
        try:
            read()
        except SettingsError as unreadable:
            yield wrong("keys", str(unreadable), "Correct the setting, or mount the folder that the key is in.")


def secrets() -> Iterator[Finding]:
    """Whether the key that signs sessions is long enough, and nobody else can read those that lie in files."""
    if settings().secret:
        try:
            server_key()
        except SettingsError as short:
            yield wrong("secret", str(short), "Set a longer one, such as `openssl rand -hex 32` makes.")
    for name in (FILE, "webhooks.key"):
        file = settings().home / name
        if file.is_file() and file.stat().st_mode & 0o077:
            yield wrong(
                "secret",
                f"Others on this machine can read {file}, and sign as the server does.",
                f"chmod 600 {file}; who may have read it: delete it, and everybody signs in again.",
            )
        elif file.is_file() and not os.access(file, os.R_OK):
            yield wrong("secret", f"{file} cannot be read.", "Give it to the user Attune runs as.")


def _newest(session: Session) -> list[KeptFile]:
    """The newest recordings, so many as can be looked for in seconds."""
    most = SAMPLE_AFAR if store().path(RECORDINGS) is None else SAMPLE
    return [recording_file(one) for one in repository.newest_recordings(session, most)]


def _mark(file: KeptFile) -> bytes | None:
    with file.store.open(file.name) as read:
        return sealed.mark_in(read)


def _size(bytes_: float) -> str:
    return f"{bytes_ / 1e9:.1f} GB" if bytes_ >= 1e9 else f"{bytes_ / 1e6:.0f} MB"
