"""Where do recordings lie, and the vCons and originals beside them: in a folder, or at an address that `fsspec` reaches?

By default in the home folder. `ATTUNE_STORE` names another folder, or an address such as `s3://bucket/attune` or
`sftp://user@host/attune`. Whoever keeps, reads, plays or deletes one of them does it by a `KeptFile`, and so does not know
which of both it is. Files are encrypted before they leave (`storage.sealed`), in the same form in both places.

A file stands under its name whole, or not at all: it is written beside, read back, compared by its SHA-256 and then renamed.
"""

import hashlib
import io
import os
import secrets
import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory
from typing import IO, Any, Protocol
from urllib.parse import urlsplit, urlunsplit

from errors import SettingsError, StorageError, Unavailable
from settings import settings
from storage import sealed

BLOCK = 1_000_000
"""Bytes that are fetched of a remote file at once: a player that jumps asks for about so many."""

PARTIAL = ".part"
"""How the name of a file ends that is not whole yet, or of one who was killed."""

STORING_PREFIX = "storing-"
"""How the folders under the home folder are called in which a file is made ready to be sent to its address."""

RESTORING_PREFIX = "restoring-"
"""How the folders there are called in which the database of a backup is brought up to date."""


@dataclass(frozen=True)
class About:
    """The bytes of a file as it lies there, and when it last changed, in seconds since 1970; 0 where nobody knows."""

    size: int
    changed: float


CHANGED = "the file changed while it was read; take it in again when it is complete."


class Store(Protocol):
    """A place of files by names such as `recordings/ab/abcd.wav`. What it says of files, and gives, is as it lies there.

    Everything raises Unavailable where the place is away or full just now, and StorageError where it cannot do it.
    """

    @property
    def shown(self) -> str:
        """The place for people to read, without a password."""

    def path(self, name: str) -> Path | None:
        """Where a file lies if it does on this machine; None where it does elsewhere."""

    def about(self, name: str) -> About | None:
        """What is known of a file; None where there is none."""

    def open(self, name: str) -> IO[bytes]:
        """A file to be read from any place. Raises FileNotFoundError where there is none."""

    def writing(self, name: str) -> AbstractContextManager[Path]:
        """A path of this machine, where nothing is yet, to be written in the block; afterwards it stands under that name."""

    def delete(self, name: str) -> bool:
        """Delete a file; whether there was one."""

    def names(self, folder: str) -> Iterator[str]:
        """The names of the whole files in a folder and those below it, in order."""


@dataclass(frozen=True)
class Folder:
    """A folder of this machine, or one that is mounted."""

    root: Path

    @property
    def shown(self) -> str:
        return str(self.root)

    def path(self, name: str) -> Path:
        return self.root / name

    def about(self, name: str) -> About | None:
        path = self.root / name
        try:
            known = path.stat()
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as wrong:
            raise self._away(wrong) from wrong
        return About(known.st_size, known.st_mtime) if path.is_file() else None

    def open(self, name: str) -> IO[bytes]:
        try:
            return (self.root / name).open("rb")
        except FileNotFoundError:
            raise
        except OSError as wrong:
            raise self._away(wrong) from wrong

    @contextmanager
    def writing(self, name: str) -> Iterator[Path]:
        target = self.root / name
        part = target.with_name(f"{target.name}.{os.getpid()}.{secrets.token_hex(4)}{PARTIAL}")
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            yield part
            part.replace(target)
        except OSError as wrong:
            raise _written(wrong, self.root, self._away) from wrong
        finally:
            with suppress(OSError):
                part.unlink()

    def delete(self, name: str) -> bool:
        try:
            (self.root / name).unlink()
        except FileNotFoundError:
            return False
        except OSError as wrong:
            raise StorageError(f"{self.root / name} cannot be deleted: {wrong.strerror}.") from wrong
        return True

    def names(self, folder: str) -> Iterator[str]:
        found = (path for path in sorted((self.root / folder).rglob("*")) if path.is_file() and path.suffix != PARTIAL)
        yield from (path.relative_to(self.root).as_posix() for path in found)

    def _away(self, wrong: OSError) -> StorageError:
        return Unavailable(f"The store of recordings {self.root} cannot be used: {wrong.strerror or wrong}.")


@dataclass(frozen=True)
class Remote:
    """An address that `fsspec` reaches."""

    address: str

    @property
    def shown(self) -> str:
        parts = urlsplit(self.address)
        user = f"{parts.username}@" if parts.username else ""
        port = f":{parts.port}" if parts.port else ""
        return urlunsplit((parts.scheme, f"{user}{parts.hostname or ''}{port}", parts.path, "", ""))

    def path(self, name: str) -> None:
        return None

    def about(self, name: str) -> About | None:
        with self._files() as (files, root):
            files.invalidate_cache()
            try:
                known = files.info(f"{root}/{name}")
            except FileNotFoundError:
                return None
            return About(known["size"], _changed(known)) if known["type"] == "file" else None

    def open(self, name: str) -> IO[bytes]:
        with self._files() as (files, root):
            return io.BufferedReader(_Fetched(self, files.open(f"{root}/{name}", "rb", block_size=BLOCK)), sealed.PIECE)

    @contextmanager
    def writing(self, name: str) -> Iterator[Path]:
        home = settings().home
        home.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(prefix=STORING_PREFIX, dir=home) as folder:
            here = Path(folder) / PurePosixPath(name).name
            try:
                yield here
            except OSError as wrong:
                raise _written(wrong, home, self.away) from wrong
            with here.open("rb") as file:
                ours = hashlib.file_digest(file, "sha256").hexdigest()
            with self._files() as (files, root):
                target = f"{root}/{name}"
                part = f"{target}.{os.getpid()}.{secrets.token_hex(4)}{PARTIAL}"
                files.makedirs(files._parent(target), exist_ok=True)
                try:
                    files.put_file(str(here), part)
                    with files.open(part, "rb", block_size=BLOCK) as file:
                        theirs = _sha256(file)
                    if theirs != ours:
                        raise Unavailable(f"What {self.shown} gives back of {name} is not what was sent there.")
                    files.mv(part, target)
                finally:
                    files.invalidate_cache()
                    if files.exists(part):
                        files.rm_file(part)

    def delete(self, name: str) -> bool:
        if self.about(name) is None:
            return False
        with self._files() as (files, root):
            files.rm_file(f"{root}/{name}")
        return True

    def names(self, folder: str) -> Iterator[str]:
        with self._files() as (files, root):
            files.invalidate_cache()
            found = files.find(f"{root}/{folder}")
        yield from (path[len(root) + 1 :] for path in sorted(found) if not path.endswith(PARTIAL))

    @contextmanager
    def _files(self) -> Iterator[tuple[Any, str]]:
        """What speaks to the address, and the path of the store there; what goes wrong in the block becomes a sentence."""
        try:
            files, root = _reach(self.address)
        except (ImportError, ValueError) as wrong:
            raise SettingsError(f"ATTUNE_STORE is {self.shown}, which cannot be reached from here: {wrong}") from wrong
        except Exception as wrong:
            raise self.away(wrong) from wrong
        try:
            yield files, root
        except (StorageError, FileNotFoundError):
            raise
        except Exception as wrong:  # each of a dozen protocols has errors of its own
            raise self.away(wrong) from wrong

    def away(self, wrong: Exception) -> Unavailable:
        """The sentence for what a protocol says; the next one who asks makes a new connection."""
        _reach.cache_clear()
        said, password = str(wrong) or type(wrong).__name__, urlsplit(self.address).password
        said = said.replace(password, "…") if password else said
        return Unavailable(f"The store of recordings {self.shown} cannot be used: {said}")


def _written(wrong: OSError, root: Path, away: Callable[[OSError], StorageError]) -> StorageError:
    """What went wrong while a file was written: the place cannot be used, or what was to be copied could not be read."""
    about = wrong.filename if isinstance(wrong.filename, str) else ""
    if about and not Path(about).is_relative_to(root):
        return StorageError(f"{about} cannot be read: {wrong.strerror}.")
    return away(wrong)


class _Fetched(io.RawIOBase):
    """A remote file whose errors are sentences."""

    def __init__(self, remote: Remote, file: Any) -> None:
        self._remote, self._file = remote, file

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return int(self._file.tell())

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        return int(self._file.seek(offset, whence))

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        try:
            some = self._file.read(len(buffer))
        except Exception as wrong:
            raise self._remote.away(wrong) from wrong
        buffer[: len(some)] = some
        return len(some)

    def close(self) -> None:
        if not self.closed:
            self._file.close()
        super().close()


@lru_cache(maxsize=8)
def _reach(address: str) -> tuple[Any, str]:
    import fsspec  # which takes a while to import, and is needed only for an address

    options = {"skip_instance_cache": True}  # a connection that broke is not used again
    files, root = fsspec.core.url_to_fs(address, **options)
    return files, root.rstrip("/")


def _changed(known: dict[str, Any]) -> float:
    """When a file changed, by the first of the names that protocols give it."""
    at = next((known[name] for name in ("mtime", "LastModified", "last_modified", "created") if known.get(name)), 0.0)
    return at.timestamp() if isinstance(at, datetime) else float(at) if isinstance(at, int | float) else 0.0


def _sha256(file: IO[bytes]) -> str:
    digest = hashlib.sha256()
    while piece := file.read(BLOCK):
        digest.update(piece)
    return digest.hexdigest()


def store() -> Store:
    """The one that is set. Raises SettingsError where its address is none."""
    return store_at(settings().store) if settings().store else Folder(settings().home)


def store_at(address: str) -> Store:
    """The store at an address: a folder where it names one."""
    local = address.removeprefix("file://").removeprefix("local://")
    return Remote(address) if "://" in local else Folder(Path(local).expanduser())


@dataclass(frozen=True)
class KeptFile:
    """A file that Attune keeps, encrypted or not, in a store; `name` as the store has it. All but `about` and `sha256` give
    what it holds in the clear.

    Everything raises Unavailable and StorageError as the store does, and StorageError as `storage.sealed` does.
    """

    store: Store
    name: str

    @property
    def stem(self) -> str:
        """The name without folders and ending."""
        return PurePosixPath(self.name).stem

    @property
    def suffix(self) -> str:
        """The ending, with its dot."""
        return PurePosixPath(self.name).suffix

    def about(self) -> About | None:
        """What is known of it as it lies there; None where it is not there."""
        return self.store.about(self.name)

    def exists(self) -> bool:
        """Whether it is there."""
        return self.about() is not None

    def plain_path(self) -> Path | None:
        """Where it lies in the clear on this machine; None where it is encrypted, or elsewhere. Raises OSError."""
        path = self.store.path(self.name)
        return path if path is not None and sealed.sealed_with(path) is None else None

    def open(self) -> IO[bytes]:
        """To be read from any place. Raises FileNotFoundError where it is not there."""
        return sealed.unsealed(self.store.open(self.name), PurePosixPath(self.name).name)

    def read(self) -> bytes:
        """All of it. Raises FileNotFoundError."""
        with self.open() as file:
            return file.read()

    def in_the_clear(self) -> AbstractContextManager[Path]:
        """A path with it, for what reads by itself: its own, or a copy's under the home folder until the block ends."""
        path = self.plain_path()
        return nullcontext(path) if path is not None else self._copied()

    @contextmanager
    def _copied(self) -> Iterator[Path]:
        known = self.about()
        settings().home.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(prefix=sealed.CLEAR_PREFIX, dir=settings().home) as folder:
            clear = Path(folder) / PurePosixPath(self.name).name
            with self.open() as read, clear.open("xb") as written:
                shutil.copyfileobj(read, written, sealed.PIECE)
            if known is not None:
                os.utime(clear, (known.changed, known.changed))
            yield clear

    def writing(self) -> AbstractContextManager[Path]:
        """A path to write it to, as it is to lie there."""
        return self.store.writing(self.name)

    def keep(self, source: Path, content_hash: str = "") -> None:
        """Copy a file here, encrypted where a key is set. Raises StorageError where what was read is not of this hash."""
        with self.writing() as part:
            sealed.copy_kept(source, part)
            if content_hash and sealed.hash_of_kept(part) != content_hash:
                raise StorageError(CHANGED)

    def delete(self) -> bool:
        """Delete it; whether it was there."""
        return self.store.delete(self.name)

    def sha256(self) -> str:
        """The SHA-256 of it as it lies there. Raises FileNotFoundError."""
        with self.store.open(self.name) as file:
            return _sha256(file)

    def seal_again(self) -> bool:
        """Encrypt it with the key in force, or decrypt it where there is none; whether it was not so already.

        Whoever is killed leaves it as it was. Raises FileNotFoundError.
        """
        path = self.store.path(self.name)
        if path is not None:
            return sealed.seal_again(path)
        with self.store.open(self.name) as file:
            if sealed.is_in_force(sealed.mark_in(file)):
                return False
        with self._copied() as clear:
            with clear.open("rb") as file:
                digest = _sha256(file)
            self.keep(clear, digest)
        return True


def recording_file(relative: str) -> KeptFile:
    """The recording that a call's row names."""
    return KeptFile(store(), f"{RECORDINGS}/{relative}")


def is_within(relative: str) -> bool:
    """Whether what a row names as its recording lies in the folder of recordings, and no link there leads elsewhere."""
    name = PurePosixPath(relative)
    if name.is_absolute() or ".." in name.parts:
        return False
    place = store()
    folder, path = place.path(RECORDINGS), place.path(f"{RECORDINGS}/{relative}")
    return folder is None or path is None or path.resolve().is_relative_to(folder.resolve())


def recordings_in(folder: str) -> Iterator[str]:
    """The recordings in a folder of theirs, as rows of calls name them."""
    found = store().names(f"{RECORDINGS}/{folder}")
    yield from (name.removeprefix(f"{RECORDINGS}/") for name in found)


RECORDINGS, VCONS, ORIGINALS = "recordings", "vcons", "originals"
"""The folders of a store."""
