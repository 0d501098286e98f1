"""How is everything that is kept put aside in one folder, while people work on, and how does it come back whole?

A backup is a folder: `attune.db` (a SQLite database, whichever kind is in use), `files/` with recordings and what else is
kept of calls as it lies on the disk, `files.jsonl` with the SHA-256 of each, and last of all `manifest.json` with the hashes
of both. The database is taken as it was at one moment: by SQLite's online backup, or of PostgreSQL within one snapshot.
Files come after it, and only those that it names, so that what came in meanwhile is simply in the next one.

Keys and passwords are never in it: without them files that are encrypted stay so. The manifest has the names of the settings
that were set, and marks by which a key is known again.
"""

import hashlib
import json
import os
import shutil
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO, Any

from sqlalchemy import Engine, make_url

from errors import InputError, StorageError
from pipeline.originals import vcon_of
from scoring.evaluate import PROGRAM
from settings import settings
from storage import inbox, repository, sealed
from storage.audit import OPERATOR, About, What, note
from storage.audit_check import check
from storage.copying import TableHash, copy_database, hash_tables
from storage.database import is_there, open_database, reading, revision_of, transaction
from storage.originals import original_file
from storage.secret import key_given
from storage.store import ORIGINALS, RECORDINGS, RESTORING_PREFIX, VCONS, Folder, KeptFile, Store, store

FORM = 1
MANIFEST, LIST, DATABASE, FILES = "manifest.json", "files.jsonl", "attune.db", "files"
PIECE = 1_000_000
INBOX = "inbox"
SORTS = (RECORDINGS, VCONS, ORIGINALS, INBOX)
"""The folders whose files are kept. What is drawn or converted of a recording is made again when asked for."""

SECRETS = ("secret.key", "webhooks.key")
"""Keys that the program itself made, in the home folder; they are not in a backup."""


@dataclass(frozen=True)
class Done:
    """What was put aside or brought back, and what whoever did it should know."""

    rows: int
    files: int
    bytes: int
    notes: tuple[str, ...]


# Putting aside


def back_up(engine: Engine, to: Path) -> Done:
    """Put everything aside in a new folder, which its owner alone can read.

    That it was done stands in the record. Raises InputError where the folder is there already or cannot be made,
    StorageError where anything cannot be read or written; what was written until then has no manifest and is no backup.
    """
    try:
        to.mkdir(mode=0o700, parents=False)
    except OSError as wrong:
        raise InputError(f"{to} cannot be made ({wrong.strerror}); name a new folder in one that is there.") from wrong
    try:
        tables = _take_database(engine, to / DATABASE)
        number, size, missing = _take_files(to)
        manifest = {
            "form": FORM,
            "program": PROGRAM,
            "made_at": datetime.now(UTC).isoformat(),
            "database": {
                "kind": engine.dialect.name,
                "revision": revision_of(engine),
                "sha256": _sha256(to / DATABASE),
                "tables": [asdict(table) for table in tables],
            },
            "files": {"number": number, "bytes": size, "sha256": _sha256(to / LIST)},
            "settings": sorted(f"ATTUNE_{name.upper()}" for name in settings().model_fields_set),
            "keys": _marks(),
        }
        _write(to / MANIFEST, json.dumps(manifest, indent=1).encode())
        with transaction(engine) as session:  # the backup itself does not know of it: it is of before
            made = {"rows": sum(table.rows for table in tables), "files": number, "manifest": _sha256(to / MANIFEST)}
            note(session, OPERATOR, What.BACKED_UP, About.REPORT, to.name, **made)
    except (OSError, sqlite3.Error) as wrong:
        raise StorageError(f"The backup could not be finished ({wrong}); {to} is none, and can be deleted.") from wrong
    notes = [f"{missing} files that the database names are not in the store; `cli.py doctor` says more."] if missing else []
    kept = [name for name in SECRETS if (settings().home / name).is_file()]
    if kept or any(_marks().values()):
        also = [f"the key in {name}" for name, mark in _marks().items() if mark]
        notes.append(f"Not in it, and to be kept in another safe place: {', '.join([*kept, *also])}.")
    return Done(sum(table.rows for table in tables), number, size, tuple(notes))


def _take_database(engine: Engine, to: Path) -> tuple[TableHash, ...]:
    """The whole database as it is at one moment, as a file of SQLite with nothing beside it."""
    to.touch(mode=0o600)  # before anything is in it
    if engine.dialect.name == "sqlite":
        with closing(sqlite3.connect(to)) as copy, closing(sqlite3.connect(str(engine.url.database))) as source:
            source.backup(copy)  # in one piece, so within one transaction that reads, which stops nobody
        tables: tuple[TableHash, ...] | None = None
    else:
        made = open_database(f"sqlite:///{to.absolute()}")
        try:
            tables = copy_database(engine, made, may_go_on=True).tables
        finally:
            made.dispose()
    opened = open_database(f"sqlite:///{to.absolute()}")
    try:
        tables = tables or hash_tables(opened)
    finally:
        opened.dispose()
    with closing(sqlite3.connect(to, isolation_level=None)) as file:  # so that one file holds all of it
        file.execute("PRAGMA journal_mode = DELETE").fetchall()
    return tables


def _take_files(to: Path) -> tuple[int, int, int]:
    """Copy every file that the database put aside names; how many, how many bytes, and how many of them are not there."""
    number = size = missing = 0
    with (to / LIST).open("xb") as listed:
        for name in _named_files(to / DATABASE):
            copied = to / FILES / name
            copied.parent.mkdir(parents=True, exist_ok=True)
            try:
                with _place_of(name).open(name) as read:
                    digest, bytes_ = _copy(read, copied)
            except FileNotFoundError:
                missing += 1
                continue
            number, size = number + 1, size + bytes_
            line = {"path": name, "bytes": bytes_, "sha256": digest}
            listed.write(json.dumps(line).encode() + b"\n")
        listed.flush()
        os.fsync(listed.fileno())
    return number, size, missing


def _named_files(database: Path) -> Iterator[str]:
    """The kept files that this database names: each recording, there or not, and of the others those that are there."""
    opened = open_database(f"sqlite:///{database.absolute()}")
    try:
        with reading(opened) as session:
            recordings = repository.kept_recordings(session)
            calls = repository.call_ids(session)
            received = inbox.needed_folders(session)
    finally:
        opened.dispose()
    yield from (f"{RECORDINGS}/{one}" for one in recordings)
    there = {*store().names(VCONS), *store().names(ORIGINALS)}
    for call in calls if there else ():
        yield from (file.name for file in (vcon_of(call), original_file(call)) if file.name in there)
    home = Folder(settings().home)
    for folder in sorted(received):
        yield from home.names(f"{INBOX}/{folder}")


def _place_of(name: str) -> Store:
    """Where a kept file of that name lies: what waits to be taken in lies in the home folder, wherever recordings do."""
    return Folder(settings().home) if name.startswith(f"{INBOX}/") else store()


# Bringing back

_TAKEN = "There is a database already where this one would go; nothing is ever overwritten."


def bring_back(source: Path, url: str, *, without_keys: bool = False) -> Done:
    """Bring a backup back into an empty home and an empty database at this address, verified by every hash.

    without_keys: also where a key that its files are encrypted with is not the one that is set. Raises InputError where it
    is no backup, was changed, or a key is missing; StorageError where there is a database already, another file lies where
    one has to go, or anything cannot be written. Whoever was interrupted may simply begin again: the database comes last.
    """
    manifest = _manifest(source)
    missing_keys = _missing_keys(manifest["keys"])
    if missing_keys and not without_keys:
        raise InputError("\n".join(missing_keys))
    if url.startswith("sqlite") and is_there(url):
        raise StorageError(_TAKEN)
    home = settings().home
    home.mkdir(parents=True, exist_ok=True)
    try:
        number = size = 0
        for line in (source / LIST).read_bytes().splitlines():
            entry = json.loads(line)
            _bring_file(source / FILES / entry["path"], _checked(entry["path"]), entry["sha256"])
            number, size = number + 1, size + entry["bytes"]
        with TemporaryDirectory(prefix=RESTORING_PREFIX, dir=home) as folder:
            rows, faults = _bring_database(
                source / DATABASE, Path(folder) / DATABASE, manifest["database"], url, without_keys
            )
    except OSError as wrong:
        raise StorageError(f"The backup cannot be brought back: {wrong.strerror or wrong}.") from wrong
    notes = [*missing_keys, *faults]
    lost = [name for name in SECRETS if not (home / name).is_file()]
    if lost:
        notes.append(
            f"Not in a backup: {', '.join(lost)}. Put them back from where they are kept; without secret.key everybody "
            "signs in again, without webhooks.key other programs need the new secrets of their webhooks."
        )
    unset = sorted(set(manifest["settings"]) - {f"ATTUNE_{name.upper()}" for name in settings().model_fields_set})
    if unset:
        notes.append(f"Set where the backup was made, and not here: {', '.join(unset)}.")
    return Done(rows, number, size, tuple(notes))


def _manifest(source: Path) -> Mapping[str, Any]:
    """What it says of itself, once its hashes are found right. Raises InputError."""
    try:
        manifest: dict[str, Any] = json.loads((source / MANIFEST).read_bytes())
        form, of_list, of_database = manifest["form"], manifest["files"]["sha256"], manifest["database"]["sha256"]
        if form != FORM:
            raise InputError(f"{source} was made by another version of Attune (form {form}); use that one to restore it.")
        changed = [name for name, said in ((LIST, of_list), (DATABASE, of_database)) if _sha256(source / name) != said]
    except FileNotFoundError as wrong:
        raise InputError(
            f"{source} is no backup, or one that was not finished: {Path(wrong.filename).name} is missing."
        ) from wrong
    except OSError as wrong:
        raise InputError(f"{source} cannot be read: {wrong.strerror}.") from wrong
    except (ValueError, KeyError, TypeError) as wrong:
        raise InputError(f"{source / MANIFEST} cannot be understood; the backup was damaged or is none.") from wrong
    if changed:
        raise InputError(f"{' and '.join(changed)} in {source} was changed since the backup was made; take another backup.")
    return manifest


def _bring_file(kept: Path, name: str, sha256: str) -> None:
    place = _place_of(name)
    if place.about(name) is not None:
        if KeptFile(place, name).sha256() == sha256:  # from a restoration that was interrupted
            return
        raise StorageError(f"{name} is in {place.shown} already and is another file; nothing is ever overwritten.")
    try:
        read = kept.open("rb")
    except FileNotFoundError as wrong:
        raise InputError(f"{name} is missing from the backup; take another one.") from wrong
    with read, place.writing(name) as part:
        if _copy(read, part)[0] != sha256:
            raise InputError(f"{kept} was changed since the backup was made; take another backup.")


def _checked(name: str) -> str:
    """A name that leads to where kept files are. Raises InputError."""
    parts = name.split("/")
    if len(parts) < 2 or parts[0] not in SORTS or any(part in ("", ".", "..") for part in parts):
        raise InputError(f"The backup names a file {name!r}, which is none of those that are kept; it was changed.")
    return name


def _bring_database(kept: Path, copy: Path, said: Mapping[str, Any], url: str, any_key: bool) -> tuple[int, list[str]]:
    """Bring the database to where it goes, up to date; how many rows, and what its record says against itself."""
    shutil.copyfile(kept, copy)
    opened = open_database(f"sqlite:///{copy.absolute()}", any_key=any_key)  # brings one of an earlier version up to date
    try:
        with reading(opened) as session:
            faults = list(check(session).faults)
        if url.startswith("sqlite"):
            rows = sum(table.rows for table in hash_tables(opened))
        else:
            into = open_database(url)
            try:
                rows = copy_database(opened, into).rows
            finally:
                into.dispose()
    finally:
        opened.dispose()
    if rows < sum(table["rows"] for table in said["tables"]):
        raise StorageError("The database has fewer rows than were put aside; nothing was restored.")
    if url.startswith("sqlite"):
        target = Path(make_url(url).database or "")
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            os.link(copy, target)  # fails where somebody made one in the meantime
        except FileExistsError as wrong:
            raise StorageError(_TAKEN) from wrong
        except OSError:  # on another disk
            shutil.copyfile(copy, target)
        target.chmod(0o600)
    return rows, [f"As it was before: {fault}" for fault in faults]


# Keys


def _marks() -> dict[str, str | None]:
    """By what each key that is set is known again; None where none is set."""
    return {
        "ATTUNE_ENCRYPTION_KEY": _mark(settings().encryption_key, "ATTUNE_ENCRYPTION_KEY"),
        "ATTUNE_ORIGINALS_KEY": _mark(settings().originals_key, "ATTUNE_ORIGINALS_KEY"),
    }


def _mark(given: str, setting: str) -> str | None:
    return sealed.mark_of(key_given(given, setting)).hex() if given else None


def _missing_keys(marks: Mapping[str, str | None]) -> list[str]:
    here = _marks()
    return [
        f"The backup is encrypted with a key that {'is not set' if not here.get(name) else 'is another than the one set'} "
        f"here: set {name} to the one it was made with (its mark is {mark}). Without it {what} cannot be read."
        for name, what in (("ATTUNE_ENCRYPTION_KEY", "what is encrypted"), ("ATTUNE_ORIGINALS_KEY", "originals"))
        if (mark := marks.get(name)) and here.get(name) != mark
    ]


# Files


def _copy(read: IO[bytes], target: Path) -> tuple[str, int]:
    """Copy a file as it lies there, surely; its SHA-256 and its size."""
    digest, size = hashlib.sha256(), 0
    with target.open("xb") as written:
        while piece := read.read(PIECE):
            digest.update(piece)
            written.write(piece)
            size += len(piece)
        written.flush()
        os.fsync(written.fileno())
    return digest.hexdigest(), size


def _write(path: Path, data: bytes) -> None:
    with path.open("xb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
