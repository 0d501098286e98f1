"""How do all kept files and the words in the database come to be encrypted with the key in force, those from before there
was one too, and in the clear again where there is to be none?

One after another, in no order that matters: a file or a row that is done is passed over, so that whoever is interrupted goes
on by beginning again. What cannot be read is named, and the others are done nevertheless.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import Engine

from errors import AttuneError, SettingsError
from settings import settings
from storage import sealed
from storage.database import reading, scrub
from storage.originals import encrypt_again
from storage.repository import call_ids
from storage.resealing import reseal_words
from storage.store import RECORDINGS, VCONS, Folder, KeptFile, store

IN_THE_STORE, AT_HOME = (RECORDINGS, VCONS), ("playable", "waveforms", "inbox")
"""The folders of encrypted files."""


@dataclass(frozen=True)
class Rotated:
    """How many files are encrypted with another key now, or decrypted, how many were so already, in how many rows words
    are, and what could not be done."""

    encrypted: int
    already: int
    originals: int
    rows: int
    problems: tuple[str, ...]


def rotate(engine: Engine, *, off: bool = False) -> Rotated:
    """Encrypt every kept file and all words with the key in force, and originals with theirs; afterwards the database's
    file holds no words from before.

    off: decrypt files and words instead, with the key before. Raises SettingsError where no key is set to encrypt or decrypt
    with, or one is in force that is to be none; StorageError where words are encrypted with another one.
    """
    ours = sealed.key()
    if off and (ours is not None or sealed.key_before() is None):
        raise SettingsError(
            "To keep everything in the clear again, give the key as ATTUNE_ENCRYPTION_KEY_BEFORE and leave "
            "ATTUNE_ENCRYPTION_KEY empty."
        )
    if not off and ours is None and not settings().originals_key_before:
        raise SettingsError("There is no key to encrypt with: set ATTUNE_ENCRYPTION_KEY.")
    encrypted = already = originals = rows = 0
    problems: list[str] = []
    if off or ours is not None:
        words = reseal_words(engine)
        rows = words.rows
        problems += words.problems
        scrub(engine, whole=True)  # also where nothing was left to do: whoever was interrupted may not have come so far
    for file in _files() if off or ours is not None else ():
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
    return Rotated(encrypted, already, originals, rows, tuple(problems))


def _files() -> Iterator[KeptFile]:
    home = Folder(settings().home)
    for place, folders in ((store(), IN_THE_STORE), (home, AT_HOME)):
        yield from (KeptFile(place, name) for folder in folders for name in place.names(folder))
