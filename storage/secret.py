"""With which key does the server sign what it hands out?

The setting `ATTUNE_SECRET`, else a file in the home folder that the first start makes and that its owner alone can read.
Never the database, so that whoever can read that cannot sign.
"""

import contextlib
import os
import re
import secrets
from functools import lru_cache
from pathlib import Path

from errors import SettingsError, StorageError
from settings import settings

SHORTEST = 32
"""Characters; a key made here has 64 of them, 256 random bits."""

FILE = "secret.key"


def server_key() -> bytes:
    """The key. Raises SettingsError where the one that is set is too short to be one, StorageError where it cannot be
    kept."""
    given = settings().secret
    if not given:
        return _kept(settings().home / FILE)
    if len(given) < SHORTEST:
        raise SettingsError(f"ATTUNE_SECRET has {len(given)} characters; a key needs {SHORTEST} or more, chosen at random.")
    return given.encode()


def key_given(given: str, setting: str) -> bytes:
    """A key of 256 bits: 64 hex digits, or a file that holds them. It is never repeated in a message.

    Raises SettingsError naming the setting.
    """
    try:
        text = given if _HEX.fullmatch(given) else Path(given).expanduser().read_text(encoding="ascii").strip()
    except (OSError, ValueError) as wrong:
        raise SettingsError(f"{setting} is neither 64 hex digits nor a file that can be read.") from wrong
    if not _HEX.fullmatch(text):
        raise SettingsError(f"The file that {setting} names does not hold 64 hex digits.")
    return bytes.fromhex(text)


_HEX = re.compile(r"[0-9a-fA-F]{64}")


@lru_cache(maxsize=8)
def _kept(file: Path) -> bytes:
    """The key that signs sessions, in letters and digits."""
    try:
        return kept_key(file, secrets.token_hex(32).encode())
    except OSError as wrong:
        raise StorageError(f"The key that signs sessions cannot be kept in {file}: {wrong.strerror}.") from wrong


def kept_key(file: Path, new: bytes) -> bytes:
    """The key in this file, which its owner alone can read; where there is none, `new` becomes it. Of two processes that
    start at once one makes it. Raises OSError."""
    file.parent.mkdir(parents=True, exist_ok=True)
    if not file.exists():
        made = file.with_name(f"{file.name}.{secrets.token_hex(8)}")
        try:
            with os.fdopen(os.open(made, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
                out.write(new)
            with contextlib.suppress(FileExistsError):
                os.link(made, file)
        finally:
            made.unlink(missing_ok=True)
    return file.read_bytes()
