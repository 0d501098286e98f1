"""Which call is this file?

A call is known by the bytes of its file, so that the same recording under another name is the same call.
"""

import hashlib
from pathlib import Path

from errors import InputError

CALL_ID_DIGITS = 16


def file_hash(path: str | Path) -> str:
    """SHA-256 of a file's bytes, in hex.

    Raises InputError where the file cannot be read.
    """
    try:
        with Path(path).open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as wrong:
        raise InputError(f"{path} cannot be read: {wrong.strerror or wrong}; check the name and the permissions") from wrong


def call_id(path: str | Path) -> str:
    """The id of the call in a file: the first 16 hex digits of its `file_hash`."""
    return call_id_of(file_hash(path))


def call_id_of(content_hash: str) -> str:
    """The id of the call whose file has this hash."""
    return content_hash[:CALL_ID_DIGITS]
