"""How are a file's name and the place where it lies written down, where either may be bytes that are no text?"""

import os
from urllib.parse import quote, unquote_to_bytes

_BYTES = "bytes:"


def shown_name(name: str) -> str:
    """A file's name as people may read it and any database takes it."""
    readable = os.fsencode(name).decode("utf-8", "replace")
    return "".join(letter for letter in readable if letter.isprintable())[-200:]


def place_of(path: str) -> str:
    """Where a file lies as any database takes it: as it is, or where a name is no text, with every byte written out."""
    where = os.fsencode(path)
    try:
        return where.decode("utf-8")
    except UnicodeDecodeError:
        return f"{_BYTES}{quote(where)}"


def path_of(place: str) -> str:
    """The path that `place_of` was given."""
    return os.fsdecode(unquote_to_bytes(place.removeprefix(_BYTES))) if place.startswith(_BYTES) else place
