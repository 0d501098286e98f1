"""Which recordings lie in the places that are watched: folders of this machine, and any address that fsspec reads?

A file that is still being written is left until it rests: until its size and its time of change have stayed the same for
`ATTUNE_WATCH_REST_SECONDS`. Each is written down once, by its name with its size and time of change, so that a file may stay
where it is and still comes in once; who put another one in its place put a new one there.
"""

import hashlib
import logging
import math
import os
import re
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property, lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import fsspec
from fsspec import AbstractFileSystem
from sqlalchemy import Engine

from errors import InputError, SettingsError, StorageError, Unavailable
from pipeline.ingest import SUFFIXES
from pipeline.metadata import NOTHING_KNOWN, Metadata, read_metadata
from pipeline.names import place_of, shown_name
from settings import settings
from storage import inbox
from storage.database import reading, transaction
from storage.inbox import Found
from storage.sealed import CLEAR_PREFIX

_log = logging.getLogger(__name__)

DONE = "done"
"""The folder of a watched place into which what was taken in is moved, where that is set."""

LIST = "metadata.csv"
"""The list of calls of a watched place, which says of each file who spoke and when, as `ingest --metadata` takes it."""

LOCAL = ("file", "local")
NOT_ALLOWED = "The file may not be read; let the account that Attune runs under read it."

NAME_LETTERS = 60
"""Letters of a name that are kept for a copy: any file system takes so many, of four bytes each."""

MOST_ALIKE = 10_000
"""So many files of one name are told apart by a number."""

REST = 20
"""A place is not looked through again before so many times as long as that took, so that a large one is no burden."""

AWAY_SECONDS = 60.0
"""One that is away is looked for again after so long at the latest: finding that out may take long too."""


class PlaceAway(Unavailable):
    """A watched place as a whole is out of reach, with every file in it."""


@dataclass(frozen=True)
class _Seen:
    """A file as it was when it was last looked at, and since when (seconds of a clock that never jumps) it is so."""

    version: str
    since: float


class Source:
    """A watched place, by the address that it is set with: a folder, or `protocol://…`."""

    def __init__(self, address: str) -> None:
        self.address = address
        self._seen: dict[str, _Seen] = {}
        self._known: set[str] = set()
        self._next = 0.0

    @cached_property
    def _place(self) -> tuple[AbstractFileSystem, str]:
        """Its file system and the folder there. Raises SettingsError where nothing here reads such an address."""
        try:
            # A file system of its own: fsspec would give a connection that broke to the next one who asks.
            files, root = fsspec.core.url_to_fs(self.address, skip_instance_cache=True)
        except ImportError as wrong:
            raise SettingsError(
                f"{self.shown} cannot be watched: {wrong}. See docs/arriving.md for what it needs."
            ) from wrong
        except ValueError as wrong:
            raise SettingsError(f"{self.shown} cannot be watched: {wrong}.") from wrong
        except Exception as wrong:  # each protocol has errors of its own
            raise PlaceAway(f"{self.shown} cannot be reached ({_said(wrong)}); it is tried again.") from wrong
        return files, root.rstrip("/")

    def _broke(self, wrong: Exception) -> str:
        """What went wrong, in a line; whoever next asks makes a new connection."""
        self.__dict__.pop("_place", None)
        return _said(wrong)

    @property
    def shown(self) -> str:
        """The address for people to read, without a password that stands in it."""
        return without_passwords(self.address)

    def look(self, engine: Engine) -> int | None:
        """Write down the files that rest and are new; how many, or None where it is not time to look again.

        Raises SettingsError where nothing here reads such an address, InputError where its list of calls cannot be read,
        StorageError where it or the database is away.
        """
        began = time.monotonic()
        if began < self._next:
            return None
        most = AWAY_SECONDS
        try:
            resting = dict(self._resting(self._listed(), began))
            new = {key: path for path, key in resting.items() if key not in self._known and not self._is_list(path)}
            list_is_written = any(map(self._is_list, self._seen)) and not any(map(self._is_list, resting))
            count = 0 if list_is_written or not new else self._write_down(engine, new)
            most = math.inf
            return count
        finally:
            pause = min(REST * (time.monotonic() - began), most)
            self._next = time.monotonic() + max(min(1.0, settings().watch_rest_seconds / 2), pause)

    def _listed(self) -> dict[str, Mapping[str, Any]]:
        """Every file in it that may be a call, by its path there. Raises PlaceAway."""
        files, root = self._there()
        try:
            found: dict[str, Mapping[str, Any]] = files.find(root, detail=True)
        except Exception as wrong:  # each protocol has errors of its own
            raise PlaceAway(f"{self.shown} cannot be looked through ({self._broke(wrong)}); it is tried again.") from wrong
        return {path: about for path, about in found.items() if self._is_list(path) or self._may_be_a_call(path)}

    def _there(self) -> tuple[AbstractFileSystem, str]:
        """Its file system and the folder, which was seen just now. Raises PlaceAway where it cannot be."""
        files, root = self._place
        try:
            files.invalidate_cache()
            there = files.isdir(root)
        except Exception as wrong:  # each protocol has errors of its own
            raise PlaceAway(f"{self.shown} cannot be looked through ({self._broke(wrong)}); it is tried again.") from wrong
        if not there:
            raise PlaceAway(f"{self.shown} is away, or is no folder; it is looked for again.")
        return files, root

    def _may_be_a_call(self, path: str) -> bool:
        parts = path[len(self._place[1]) + 1 :].split("/")
        hidden = any(part.startswith(".") for part in parts)
        return not hidden and parts[0] != DONE and Path(path).suffix.lower() in SUFFIXES

    def _is_list(self, path: str) -> bool:
        return path == f"{self._place[1]}/{LIST}"

    def _resting(self, found: Mapping[str, Mapping[str, Any]], now: float) -> Iterator[tuple[str, str]]:
        """Those that have not changed for long enough: their path and their key; vCons and their like first, which may say
        more of a recording than it says itself."""
        seen: dict[str, _Seen] = {}
        for path in sorted(found, key=lambda path: (not path.lower().endswith((".vcon", ".json")), path)):
            version = _version(found[path])
            before = self._seen.get(path)
            seen[path] = before if before and before.version == version else _Seen(version, now)
            if now - seen[path].since >= settings().watch_rest_seconds:
                yield path, _key(path, version)
        self._seen = seen

    def _write_down(self, engine: Engine, new: Mapping[str, str]) -> int:
        _, root = self._place
        with reading(engine) as session:
            there = inbox.known(session, self.shown, new)
        for key, path in new.items():
            if there.get(key) is inbox.State.SCORED:  # it was taken in, and then somebody was cut off
                self.let_go(path, key)
        missing = {key: path for key, path in new.items() if key not in there}
        count = 0
        if missing:
            listed = self._metadata()
            found = []
            for key, path in missing.items():
                name = path[len(root) + 1 :]
                facts = listed.of(listed.folder / name).to_dict()
                found.append(Found(key, shown_name(name), place_of(path), facts))
            with transaction(engine) as session:
                count = inbox.arrive(session, self.shown, found)
        self._known |= set(new)
        return count

    def _metadata(self) -> Metadata:
        """The list of calls beside the files. Raises InputError where it cannot be read, Unavailable."""
        files, root = self._place
        # It names customers: what one who was killed leaves of it is tidied away with all that lies in the clear.
        with TemporaryDirectory(prefix=CLEAR_PREFIX, dir=settings().home) as folder:
            local = Path(folder) / LIST
            try:
                if not files.exists(f"{root}/{LIST}"):
                    return NOTHING_KNOWN
                local.write_bytes(files.cat_file(f"{root}/{LIST}"))
            except Exception as wrong:
                raise Unavailable(f"{self.shown}/{LIST} cannot be read ({self._broke(wrong)}).") from wrong
            try:
                return read_metadata(local)
            except InputError as wrong:
                said = str(wrong).replace(str(local), f"{self.shown}/{LIST}")
                raise InputError(f"{said} Until that is mended nothing new is taken from there.") from wrong

    @contextmanager
    def at_hand(self, path: str, folder: Path) -> Iterator[Path]:
        """One of its files on this machine, until the block ends: itself, or a copy in that folder which is checked for its
        size.

        Raises InputError where it is there no more or may not be read, PlaceAway where the place is away, and Unavailable
        where this file alone cannot be had.
        """
        files, _ = self._place
        if _protocol(files) in LOCAL:
            local = Path(path)
            if not local.is_file():
                self._there()
                raise InputError("The file is no longer where it was found.")
            if not os.access(local, os.R_OK):
                raise InputError(NOT_ALLOWED)
            yield local
            return
        copy = folder / re.sub(r"[^\w.-]", "_", path.rsplit("/", 1)[-1])[-NAME_LETTERS:]
        try:
            about = files.info(path)
            files.get_file(path, str(copy))
        except FileNotFoundError as wrong:
            self._there()
            raise InputError("The file is no longer where it was found.") from wrong
        except PermissionError as wrong:
            self._listed()  # where the place itself lets nobody in any more, that is what is said, and it is waited for
            raise InputError(NOT_ALLOWED) from wrong
        except Exception as wrong:
            said = self._broke(wrong)
            self._there()
            raise Unavailable(f"{self.shown} cannot be read ({said}).") from wrong
        if copy.stat().st_size != about["size"]:
            raise Unavailable(f"{without_passwords(path)} came in parts only; it is fetched again.")
        changed = _changed(about)
        if isinstance(changed, datetime):
            os.utime(copy, (changed.timestamp(), changed.timestamp()))
        yield copy

    def let_go(self, path: str, key: str) -> None:
        """A file of it was taken in: leave it, move or remove it, as it is set, where it is still the same one."""
        if settings().watch_done == "leave":
            return
        files, _ = self._place
        try:
            if files.exists(path) and _key(path, _version(files.info(path))) == key:
                self._go(path)
        except FileNotFoundError:
            return  # another worker that watches it too has just let it go
        except Exception as wrong:
            said = "%s was taken in, and could not be let go (%s); whoever next begins to work tries again."
            _log.warning(said, without_passwords(path), self._broke(wrong))

    def _go(self, path: str) -> None:
        files, root = self._place
        if settings().watch_done == "remove":
            files.rm_file(path)
        elif settings().watch_done == "move":
            files.invalidate_cache()
            target = _free(files, f"{root}/{DONE}/{path[len(root) + 1 :]}")
            files.makedirs(target.rsplit("/", 1)[0], exist_ok=True)
            files.mv(path, target)


def _free(files: AbstractFileSystem, target: str) -> str:
    """That path, or where something lies there the first of the same name with a number that is free."""
    start, ending = os.path.splitext(target)
    return next(one for one in (target, *(f"{start} ({n}){ending}" for n in range(2, MOST_ALIKE))) if not files.exists(one))


def sources() -> tuple[Source, ...]:
    """The places that are set to be watched."""
    return tuple(Source(address) for address in settings().watched)


@lru_cache(maxsize=8)
def _kept(address: str) -> Source:
    """One for whoever works, so that not each file needs a new connection; whoever watches has another of their own."""
    return Source(address)


def source_of(shown: str) -> Source:
    """The watched place that people know by this address. Raises StorageError where it is not watched any more."""
    for source in map(_kept, settings().watched):
        if source.shown == shown:
            return source
    raise StorageError(f"{shown} is not watched any more (ATTUNE_WATCH), so that its files cannot be read.")


def _key(path: str, version: str) -> str:
    return hashlib.sha256(os.fsencode(f"{path}\n{version}")).hexdigest()


def _version(about: Mapping[str, Any]) -> str:
    """What changes when somebody writes: the size, and what its file system has of when or what."""
    return f"{about.get('size')} {_changed(about)}"


def _changed(about: Mapping[str, Any]) -> Any:
    names = ("mtime", "LastModified", "last_modified", "updated", "ETag", "etag", "created")
    return next((about[name] for name in names if about.get(name) is not None), None)


def _protocol(files: AbstractFileSystem) -> str:
    return files.protocol if isinstance(files.protocol, str) else files.protocol[0]


def _said(wrong: Exception) -> str:
    """What a file system says of what went wrong, on one short line."""
    return without_passwords(" ".join(str(wrong).split()))[:200] or type(wrong).__name__


def without_passwords(said: str) -> str:
    """A text without the passwords and signatures of the addresses in it; who signs in there stays."""
    said = re.sub(r"(://[^/@:\s]*):[^/\s]*@", r"\1:…@", said)
    return re.sub(r"(://[^\s?#]*)[?#][^\s)]*", r"\1?…", said)
