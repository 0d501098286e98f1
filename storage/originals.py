"""What was said in a call before its private words were taken out, for the few who may know?

Only where it is set that originals are kept. Each is a file of its own, encrypted with AES-256-GCM (NIST SP 800-38D) under a
key that is in neither the database nor the home folder: whoever changes a letter of the file, or gives it to another call,
makes it unreadable. Every reading says why and stands in the record.
"""

import hashlib
import json
import secrets
from dataclasses import dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import select
from sqlalchemy.orm import Session

from errors import NotAllowed, SettingsError, StorageError
from settings import settings
from storage.access import Asker, Role, visible_calls
from storage.audit import About, What, note
from storage.secret import key_given
from storage.store import ORIGINALS, KeptFile, store
from storage.tables import CallRow
from transcripts.model import Transcript

FORM = b"attune-original-1\n"
"""What every such file begins with."""
NONCE_BYTES = 12


@dataclass(frozen=True)
class Original:
    """A call as it came: what was heard, and its sound as a file with its ending; empty where it was a transcript."""

    transcript: Transcript
    sound: bytes = b""
    ending: str = ""


def originals_are_kept() -> bool:
    """Whether they are. Raises SettingsError where they are to be and there is no key, or a role is none."""
    if settings().originals != "keep":
        return False
    _key()
    _roles()
    return True


def keep_original_call(original: Original, call_id: str) -> None:
    """Encrypt and keep it. Raises SettingsError where there is no key, StorageError where it cannot be written."""
    head = json.dumps({"transcript": original.transcript.to_dict(), "ending": original.ending}).encode()
    _write(len(head).to_bytes(8, "big") + head + original.sound, call_id)


def encrypt_again(call_id: str) -> bool:
    """Encrypt the original of a call with the key in force where it is with the one before; whether that was so.

    Raises SettingsError where there is no key, StorageError where neither key reads it, or it cannot be written.
    """
    before = settings().originals_key_before
    data = _read(call_id) if before else None
    if data is None:
        return False
    if _opened(data, _key(), call_id) is not None:
        return False
    plain = _opened(data, key_given(before, "ATTUNE_ORIGINALS_KEY_BEFORE"), call_id)
    if plain is None:
        raise StorageError(f"The original of call {call_id} is encrypted with neither key, or the file was changed.")
    _write(plain, call_id)
    return True


def earlier_original(call_id: str) -> Original | None:
    """The original of a call that is kept, for the program to add what was written since; None where none is, or where the
    key that is set does not read it. Nobody is shown it: `read_original` is for people."""
    data = _read(call_id) if settings().originals == "keep" else None
    plain = None if data is None else _opened(data, _key(), call_id)
    return None if plain is None else _original(plain)


def _original(plain: bytes) -> Original:
    length = int.from_bytes(plain[:8], "big")
    head = json.loads(plain[8 : 8 + length])
    return Original(Transcript.from_dict(head["transcript"]), plain[8 + length :], head["ending"])


def _write(plain: bytes, call_id: str) -> None:
    nonce = secrets.token_bytes(NONCE_BYTES)
    data = FORM + nonce + AESGCM(_key()).encrypt(nonce, plain, call_id.encode())
    with original_file(call_id).writing() as part:
        part.write_bytes(data)


def _read(call_id: str) -> bytes | None:
    """The original of a call as it lies there; None where none is kept."""
    kept = original_file(call_id)
    try:
        with kept.store.open(kept.name) as file:
            return file.read()
    except FileNotFoundError:
        return None


def read_original(session: Session, asker: Asker, call_id: str, reason: str) -> Original:
    """The original of a call, for somebody whose role may read it and who says why; the record keeps that it was read.

    Raises NotAllowed where their role may not, StorageError without a reason, where there is no such call that they may
    see, where no original is kept, and where the key or the file is another one than it was written with.
    """
    if asker.role not in _roles():
        raise NotAllowed("Originals are read by the roles that ATTUNE_ORIGINALS_FOR names; ask one of them.")
    if not reason.strip():
        raise StorageError("Reading an original needs a reason: say in a few words what for.")
    if session.scalar(select(CallRow.id).where(CallRow.id == call_id, visible_calls(asker))) is None:
        raise StorageError(f"There is no call {call_id}.")
    data = _read(call_id)
    if data is None:
        raise StorageError(f"No original of call {call_id} is kept.")
    plain = _opened(data, _key(), call_id)
    if plain is None and settings().originals_key_before:
        plain = _opened(data, key_given(settings().originals_key_before, "ATTUNE_ORIGINALS_KEY_BEFORE"), call_id)
    if plain is None:
        raise StorageError("The original cannot be read: the key is another one, or the file was changed.")
    note(session, asker, What.ORIGINAL_READ, About.CALL, call_id, reason=hashlib.sha256(reason.encode()).hexdigest())
    return _original(plain)


def _opened(data: bytes, key: bytes, call_id: str) -> bytes | None:
    """What a file holds in the clear; None where the key is another one or the file was changed."""
    nonce, sealed = data[len(FORM) : len(FORM) + NONCE_BYTES], data[len(FORM) + NONCE_BYTES :]
    try:
        return AESGCM(key).decrypt(nonce, sealed, call_id.encode())
    except (InvalidTag, ValueError):
        return None


def _key() -> bytes:
    """The key, from the setting itself or from the file that it names; never repeated in a message."""
    given = settings().originals_key
    if not given:
        raise SettingsError(
            "ATTUNE_ORIGINALS is keep, and there is no key: set ATTUNE_ORIGINALS_KEY to 64 hex digits chosen at random, "
            "or to a file that holds them."
        )
    return key_given(given, "ATTUNE_ORIGINALS_KEY")


def _roles() -> frozenset[Role]:
    """Whose roles may read them. Raises SettingsError naming what is none."""
    names = settings().originals_for.split()
    unknown = sorted(set(names) - set(Role))
    if unknown:
        raise SettingsError(f"ATTUNE_ORIGINALS_FOR: {' '.join(unknown)} is no role; there are {' '.join(Role)}.")
    return frozenset(map(Role, names))


def original_file(call_id: str) -> KeptFile:
    """Where the original of a call is kept, if it is: by a hash of the id, for an id may hold anything."""
    return KeptFile(store(), f"{ORIGINALS}/{hashlib.sha256(call_id.encode()).hexdigest()}.sealed")
