"""How does a file lie on the disk so that whoever takes the disk cannot read it, and still is played from any place?

Where a key is set (`ATTUNE_ENCRYPTION_KEY`), what Attune keeps is encrypted with AES-256-GCM (NIST SP 800-38D) in pieces of
`PIECE` bytes, each authenticated with its place and with whether it is the last, as in the STREAM construction (Hoang,
Reyhanitabar, Rogaway and Vizár, "Online Authenticated-Encryption and its Nonce-Reuse Misuse-Resistance", 2015): a piece
that was changed, moved, left out or added makes the file unreadable from there on. Each file has a key of its own, drawn
from the set one and 16 random bytes by HKDF (RFC 5869), so that a nonce, which is the piece's place, never comes again.

A file from before there was a key is read as it is. `FORM`, 8 bytes that tell keys apart, the 16 random bytes, the pieces.
"""

import hashlib
import io
import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from errors import StorageError
from settings import settings
from storage.secret import key_given

FORM = b"attune-sealed-1\n"
PIECE = 65_536
"""Bytes in the clear of each piece but the last, which has fewer or as many."""

_TAG, _MARK, _SALT = 16, 8, 16
_HEAD = len(FORM) + _MARK + _SALT
CLEAR_PREFIX = "unsealed-"
"""How the folders are called in which a file lies in the clear while something works on it."""


def key() -> bytes | None:
    """The key in force; None where files are kept as they are. Raises SettingsError where it cannot be read."""
    given = settings().encryption_key
    return key_given(given, "ATTUNE_ENCRYPTION_KEY") if given else None


def key_before() -> bytes | None:
    """The key that was in force before, while files are moved to a new one. Raises SettingsError as `key` does."""
    given = settings().encryption_key_before
    return key_given(given, "ATTUNE_ENCRYPTION_KEY_BEFORE") if given else None


def mark_of(key: bytes) -> bytes:
    """What tells a key from another in a file's head, and says nothing of it."""
    return hashlib.sha256(b"attune key mark\n" + key).digest()[:_MARK]


def sealed_with(path: Path) -> bytes | None:
    """The mark of the key that a file is encrypted with; None where it lies in the clear. Raises OSError."""
    with path.open("rb") as file:
        return mark_in(file)


def mark_in(file: IO[bytes]) -> bytes | None:
    """The mark of the key that an open file is encrypted with, read at its beginning; None where it is in the clear."""
    head = file.read(_HEAD)
    return head[len(FORM) : len(FORM) + _MARK] if head.startswith(FORM) and len(head) == _HEAD else None


class Sealing(io.RawIOBase):
    """Writes what it is given encrypted into an open file; `close` ends it, and closes that file too."""

    def __init__(self, out: IO[bytes], key: bytes) -> None:
        salt = secrets.token_bytes(_SALT)
        self._out, self._cipher, self._number, self._waits = out, _cipher(key, salt), 0, bytearray()
        out.write(FORM + mark_of(key) + salt)

    def writable(self) -> bool:
        """It is written."""
        return True

    def write(self, data: bytes) -> int:  # type: ignore[override]
        """Take more of the file."""
        self._waits += data
        while len(self._waits) > PIECE:  # the last piece is known as such, so one always waits
            self._put(bytes(self._waits[:PIECE]), last=False)
            del self._waits[:PIECE]
        return len(data)

    def close(self) -> None:
        """Write the last piece, surely."""
        if not self.closed:
            self._put(bytes(self._waits), last=True)
            self._out.flush()
            os.fsync(self._out.fileno())
            self._out.close()
        super().close()

    def _put(self, piece: bytes, last: bool) -> None:
        nonce, bound = _place(self._number, last)
        self._out.write(self._cipher.encrypt(nonce, piece, bound))
        self._number += 1


class Sealed(io.RawIOBase):
    """Reads an encrypted file from any place, in the clear. Raises StorageError where the key is another one or the file
    was changed."""

    def __init__(self, file: IO[bytes], name: str) -> None:
        self._file = file
        head = file.read(_HEAD)
        mark, salt = head[len(FORM) : len(FORM) + _MARK], head[-_SALT:]
        used = next((one for one in (key(), key_before()) if one is not None and mark_of(one) == mark), None)
        if used is None:
            self._file.close()
            raise StorageError(
                f"{name} is encrypted with another key than the one that is set"
                f"{'' if key() else ', for none is'}; set ATTUNE_ENCRYPTION_KEY to the one it was encrypted with."
            )
        self._name, self._cipher = name, _cipher(used, salt)
        stored = file.seek(0, io.SEEK_END) - _HEAD
        self._pieces = max(1, -(-stored // (PIECE + _TAG)))
        self.size = stored - self._pieces * _TAG
        self._at, self._piece, self._clear = 0, -1, b""

    def readable(self) -> bool:
        """It is read."""
        return True

    def seekable(self) -> bool:
        """From any place."""
        return True

    def tell(self) -> int:
        """Where the next byte comes from."""
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Read from there on."""
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self.size}[whence]
        self._at = max(0, start + offset)
        return self._at

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        """Up to as many bytes as there is room for, of one piece."""
        if self._at >= self.size:
            self._open(self._pieces - 1)  # that a file was cut off shows at its end
            return 0
        number, start = divmod(self._at, PIECE)
        self._open(number)
        some = self._clear[start : start + len(buffer)]
        buffer[: len(some)] = some
        self._at += len(some)
        return len(some)

    def close(self) -> None:
        """Close the file."""
        self._file.close()
        super().close()

    def _open(self, number: int) -> None:
        if number == self._piece:
            return
        self._file.seek(_HEAD + number * (PIECE + _TAG))
        nonce, bound = _place(number, number == self._pieces - 1)
        try:
            self._clear = self._cipher.decrypt(nonce, self._file.read(PIECE + _TAG), bound)
        except (InvalidTag, ValueError) as wrong:
            raise StorageError(f"{self._name} was changed since it was written, and cannot be read.") from wrong
        self._piece = number


def open_kept(path: Path) -> IO[bytes]:
    """A kept file to be read in the clear, encrypted or not. Raises OSError, StorageError as `Sealed` does."""
    return unsealed(path.open("rb"), path.name)


def unsealed(file: IO[bytes], name: str) -> IO[bytes]:
    """What an open file holds in the clear, encrypted or not, from its beginning. Raises StorageError as `Sealed` does, and
    closes it then."""
    try:
        is_sealed = mark_in(file) is not None
        file.seek(0)
        return io.BufferedReader(Sealed(file, name), PIECE) if is_sealed else file
    except BaseException:
        file.close()
        raise


def read_kept(path: Path) -> bytes:
    """All of a kept file in the clear. Raises as `open_kept` does."""
    with open_kept(path) as file:
        return file.read()


def new_file(path: Path) -> IO[bytes]:
    """A file that is not there yet, to be written: encrypted where a key is set. Raises OSError, SettingsError."""
    used = key()
    out = path.open("xb")
    return out if used is None else Sealing(out, used)  # type: ignore[return-value]


def copy_kept(source: Path, target: Path) -> None:
    """Copy a file, kept or not, into a new kept one. Raises as `open_kept` and `new_file` do."""
    with open_kept(source) as read, new_file(target) as written:
        shutil.copyfileobj(read, written, PIECE)


def write_kept(path: Path, data: bytes) -> None:
    """Keep these bytes in this file, whole or not at all. Raises OSError, SettingsError."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f"{path.name}.{os.getpid()}.{secrets.token_hex(4)}.part")
    try:
        with new_file(part) as file:
            file.write(data)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def hash_of_kept(path: Path) -> str:
    """The SHA-256 of a kept file's content in the clear. Raises as `open_kept` does."""
    with open_kept(path) as file:
        digest = hashlib.sha256()
        while piece := file.read(PIECE):
            digest.update(piece)
    return digest.hexdigest()


def seal_again(path: Path) -> bool:
    """Encrypt a kept file with the key in force, or decrypt it where there is none, in its place, read back before the old
    one goes; whether it was not so already.

    Whoever is killed leaves the file as it was. Raises OSError, StorageError as `Sealed` does.
    """
    used = key()
    if sealed_with(path) == (None if used is None else mark_of(used)):
        return False
    part = path.with_name(f"{path.name}.{os.getpid()}.part")
    part.unlink(missing_ok=True)
    try:
        before = path.stat()
        copy_kept(path, part)
        if hash_of_kept(part) != hash_of_kept(path):
            raise StorageError(f"{path.name} could not be read back after it was encrypted; it is left as it was.")
        os.utime(part, ns=(before.st_atime_ns, before.st_mtime_ns))
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
    return True


@contextmanager
def in_the_clear(path: Path) -> Iterator[Path]:
    """The file itself where it lies in the clear, else a copy that does, under the same name, until the block ends.

    For what reads by itself and needs a path. The copy is in a folder of its own under the home folder, which its owner
    alone can read. Raises as `open_kept` does.
    """
    if sealed_with(path) is None:
        yield path
        return
    with TemporaryDirectory(prefix=CLEAR_PREFIX, dir=settings().home) as folder:
        clear = Path(folder) / path.name
        with open_kept(path) as read, clear.open("xb") as written:
            shutil.copyfileobj(read, written, PIECE)
        times = path.stat()
        os.utime(clear, ns=(times.st_atime_ns, times.st_mtime_ns))
        yield clear


def is_in_force(mark: bytes | None) -> bool:
    """Whether that is the mark of files as they are written now. Raises SettingsError."""
    used = key()
    return mark == (None if used is None else mark_of(used))


def _cipher(key: bytes, salt: bytes) -> AESGCM:
    return AESGCM(HKDF(SHA256(), 32, salt, b"attune kept file").derive(key))


def _place(number: int, last: bool) -> tuple[bytes, bytes]:
    """The nonce of a piece, and what it is bound to."""
    return number.to_bytes(12, "big"), FORM + (b"last" if last else b"more")
