"""Which vCon did a call come in?

The vCon itself is kept, so that what we write out later goes back into it, with every index and unknown field in its place.
One in which something private was said is not: it has the words and often the sound.
"""

import hashlib
import json
from pathlib import Path
from typing import Any

from storage.store import VCONS, KeptFile, store
from transcripts.formats import vcon
from transcripts.formats.files import parse_json, read_text


def keep_original(file: Path, call_id: str) -> bool:
    """Keep the file that a call came in where it is a vCon; whether it is.

    Raises StorageError where it cannot be written.
    """
    # The written sample calls come from no file at all.
    if not file.is_file() or not vcon.is_vcon(file):
        return False
    vcon_of(call_id).keep(file)
    return True


class Originals:
    """The vCons of one run: each is kept for its calls, until something private is found in one of them."""

    def __init__(self) -> None:
        self._calls: dict[Path, list[str]] = {}
        self._private: set[Path] = set()

    def keep(self, file: Path, call_id: str, holds_private: bool) -> None:
        """Keep the vCon that a call came in, or where it holds something private drop it for all its calls.

        Raises StorageError where it cannot be written.
        """
        if holds_private:
            self._private.add(file)
            for earlier in self._calls.pop(file, ()):
                drop_original(earlier)
        elif file not in self._private and keep_original(file, call_id):
            self._calls.setdefault(file, []).append(call_id)


def drop_original(call_id: str) -> None:
    """Delete the vCon that a call came in, where one is kept."""
    vcon_of(call_id).delete()


def original_of(call_id: str) -> dict[str, Any] | None:
    """The vCon that a call came in; None where it came in something else."""
    kept = vcon_of(call_id)
    if not kept.exists():
        return None
    with kept.in_the_clear() as clear:
        found: dict[str, Any] = parse_json(read_text(clear), kept.name)
    return found


def vcon_of(call_id: str) -> KeptFile:
    """Where the vCon that a call came in is kept, if it is: by a hash of the id, for an id may hold anything."""
    return KeptFile(store(), f"{VCONS}/{hashlib.sha256(json.dumps(call_id).encode()).hexdigest()}.json")
