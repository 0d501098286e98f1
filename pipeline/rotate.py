"""How do all kept files come to be encrypted with the key in force, those from before there was one too?

One after another, in no order that matters: a file that is done is passed over, so that whoever is interrupted goes on by
beginning again. What cannot be read is named, and the others are done nevertheless.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import Engine

from errors import AttuneError, SettingsError
from settings import settings
from storage import sealed
from storage.database import reading
from storage.originals import encrypt_again
from storage.repository import call_ids
from storage.store import RECORDINGS, VCONS, Folder, KeptFile, store

IN_THE_STORE, AT_HOME = (RECORDINGS, VCONS), ("playable", "waveforms", "inbox")
"""The folders of encrypted files."""


@dataclass(frozen=True)
class Rotated:
    """How many files are encrypted with another key now, how many were already, and what could not be done."""

    encrypted: int
    already: int
    originals: int
    problems: tuple[str, ...]


def rotate(engine: Engine) -> Rotated:
    """Encrypt every kept file with the key in force, and originals with theirs. Raises SettingsError where none is set."""
    if sealed.key() is None and not settings().originals_key_before:
        raise SettingsError("There is no key to encrypt with: set ATTUNE_ENCRYPTION_KEY.")
    encrypted = already = originals = 0
    problems = []
    for file in _files() if sealed.key() is not None else ():
        try:
            done = file.seal_again()
        except FileNotFoundError:
            continue  # somebody removed it meanwhile
        except (AttuneError, OSError) as wrong:
            problems.append(f"{file.name}: {wrong}")
            continue
        encrypted, already = encrypted + done, already + (not done)
    with reading(engine) as session:
        ids = call_ids(session)
    for call_id in ids:
        try:
            originals += encrypt_again(call_id)
        except (AttuneError, OSError) as wrong:
            problems.append(str(wrong))
    return Rotated(encrypted, already, originals, tuple(problems))


def _files() -> Iterator[KeptFile]:
    home = Folder(settings().home)
    for place, folders in ((store(), IN_THE_STORE), (home, AT_HOME)):
        yield from (KeptFile(place, name) for folder in folders for name in place.names(folder))
