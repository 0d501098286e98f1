"""Is this vCon one that may be processed, do its parts fit together, and what is inside them?

By draft-ietf-vcon-vcon-core, with the names that earlier drafts used: `mimetype` for `mediatype`, `must_support` for
`critical`, `alg` with `signature` for `content_hash`.
"""

import base64
import binascii
import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from transcripts.formats.fields import Field
from transcripts.formats.lines import side_of
from transcripts.model import Speaker

SUPPORTED_CRITICAL = frozenset({"wtf_transcription"})
"""Extensions that may change the meaning of a vCon and that this reader understands."""

HASHES = {"sha512": hashlib.sha512, "sha384": hashlib.sha384, "sha256": hashlib.sha256}
_MEDIA_TYPE = re.compile(r"[a-z0-9][a-z0-9!#$&^_.+-]*/[a-z0-9][a-z0-9!#$&^_.+-]*(?:\s*;.*)?", re.IGNORECASE | re.DOTALL)
_ADDRESS = re.compile(r"[a-z][a-z0-9+.-]*://[^\s/]+\S*", re.IGNORECASE)
_SIDE_NAME = re.compile(r"(?:test )?[A-Za-z]+ ?\d*", re.IGNORECASE)
_TOKEN = re.compile(r"([a-z0-9]+)-([A-Za-z0-9_-]+)={0,2}")


def is_signed(data: Mapping[str, Any]) -> bool:
    """Whether this is the signed form, a JWS."""
    return "payload" in data and "signatures" in data


def is_encrypted(data: Mapping[str, Any]) -> bool:
    """Whether this is the encrypted form, a JWE."""
    return "ciphertext" in data and "recipients" in data


def check(whole: Field) -> None:
    """See that the container is one that may be processed, and that its parts fit together.

    Raises TranscriptError naming the field: a signed or encrypted form, an unknown `critical` extension, a party or dialog
    that is not there, a duration, media type, date or address that is none, a hash that its content does not have.
    """
    if is_encrypted(whole.value):
        raise whole.wrong("is an encrypted vCon; decrypt it first, the unsigned form is what can be read")
    if is_signed(whole.value):
        raise whole.wrong("is a signed vCon; check the signature and give the unsigned form that is its payload")
    for name in ("critical", "must_support"):
        for extension in whole.each(name):
            if extension.text() not in SUPPORTED_CRITICAL:
                raise extension.needs("an extension that is understood here (a vCon with any other must not be processed)")
    if identity := whole.get("uuid"):
        identity.text()
    parties = len([party.first("role", "name") for party in whole.each("parties")])
    dialogs = list(whole.each("dialog"))
    for dialog in dialogs:
        _check_dialog(dialog, parties)
    for part in (*whole.each("analysis"), *whole.each("attachments")):
        if stated := part.get("dialog"):
            for index in entries_of(stated):
                _check_index(index, len(dialogs), "dialog")
        _check_content(part)


def _check_dialog(dialog: Field, parties: int) -> None:
    if stated := dialog.get("parties"):
        for index in (inner for outer in entries_of(stated) for inner in entries_of(outer)):
            _check_index(index, parties, "party")
    if originator := dialog.get("originator"):
        _check_index(originator, parties, "party")
    if start := dialog.get("start"):
        start.moment()
    if duration := dialog.get("duration"):
        if duration.number() < 0:
            raise duration.needs("a number of seconds from 0 on")
        duration.seconds()
    if kind := dialog.get("type"):
        kind.text()
    _check_content(dialog)


def _check_content(part: Field) -> None:
    """Media type and address of a dialog or an analysis, and the hash of what is inside."""
    media_type, address = part.first("mediatype", "mimetype"), part.get("url")
    if media_type and media_type.value != "" and not _MEDIA_TYPE.fullmatch(media_type.text()[:200]):
        raise media_type.needs('a media type such as "audio/x-wav"')
    if address and address.value != "" and not _ADDRESS.fullmatch(address.text()[:4096]):
        raise address.needs('an address such as "https://…"')
    body = part.get("body")
    if body and isinstance(body.value, str) and body.value:  # the bytes of an object are not known, only its values
        _check_hash(part)


def _check_hash(part: Field) -> None:
    """Compare `content_hash` (or the older `signature`) with what is inside. Raises TranscriptError where they differ."""
    tokens = _stated_hashes(part)
    content = payload(part) if tokens else b""
    for token, name, digest in tokens:
        if _digits_of(HASHES[name](content).digest()) != digest:
            raise token.wrong(f"is not the {name} of what is inside; the content was changed or is incomplete")


def check_file(part: Field, file: Path) -> None:
    """Compare the hash that a dialog states with a file beside the vCon. Raises TranscriptError where they differ."""
    for token, name, digest in _stated_hashes(part):
        with file.open("rb") as content:
            if _digits_of(hashlib.file_digest(content, HASHES[name]).digest()) != digest:
                raise token.wrong(f"is not the {name} of the file {file.name} beside it, which was changed or is incomplete")


def _digits_of(digest: bytes) -> str:
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")


def _stated_hashes(part: Field) -> list[tuple[Field, str, str]]:
    """The hashes that a part states of its content: the field, the algorithm and its base64url digits; none where it states
    none. Raises TranscriptError where none of them is known."""
    stated = part.get("content_hash")
    older, algorithm = part.get("signature"), part.text_of("alg")
    if stated is None:
        if older is None or algorithm.upper() not in ("SHA-512", "SHA512"):
            return []
        return [(older, "sha512", older.text().rstrip("="))]
    tokens = []
    for token in stated.entries() if isinstance(stated.value, list) else [stated]:
        found = _TOKEN.fullmatch(token.text()[:400])
        if not found:
            raise token.needs('a hash such as "sha512-" with base64url after it')
        tokens.append((token, found[1], found[2]))
    known = [(token, name, digest) for token, name, digest in tokens if name in HASHES]
    if not known:
        raise (
            tokens[0][0].needs("a hash by sha512, sha384 or sha256") if tokens else part.wrong("has an empty `content_hash`")
        )
    return known


def file_beside(dialog: Field, folder: Path) -> Path | None:
    """The file that a dialog names and that lies in this folder itself; None where there is none.

    A name that leads elsewhere, by a slash, by dots or by a link, is no name of a file that lies here.
    """
    name = dialog.text_of("filename")
    if not name or name != Path(name).name or "\\" in name:
        return None
    file = folder / name
    try:
        return file if file.is_file() and file.resolve().parent == folder.resolve() else None
    except OSError:
        return None  # no file can have such a name


def entries_of(stated: Field) -> list[Field]:
    """The entries of a list, or the one value by itself."""
    return list(stated.entries()) if isinstance(stated.value, list) else [stated]


def _check_index(index: Field, length: int, what: str) -> None:
    if index.value is not None and index.count() >= length:  # null keeps the place of what was redacted
        raise index.wrong(f"is {index.count()}, but there {'is' if length == 1 else 'are'} only {length} {what} entries")


def kind_of(dialog: Field) -> str:
    """The dialog's type; earlier drafts and some programs write `audio` or `video` for a recording."""
    stated, media_type = dialog.text_of("type").lower(), dialog.text_of("mediatype", "mimetype")
    if stated in ("audio", "video") or (not stated and media_type.startswith(("audio/", "video/"))):
        return "recording"
    return stated


def payload(part: Field) -> bytes:
    """The bytes of an inline body. Raises TranscriptError where it is not encoded as it says."""
    body = part["body"]
    if not isinstance(body.value, str):
        raise body.needs("a text")
    stated = part.text_of("encoding").lower()
    if not stated:
        binary = part.text_of("mediatype", "mimetype").startswith(("audio/", "video/"))
        stated = "base64url" if binary else "none"
    if stated not in ("base64url", "base64", "json", "none"):
        raise part["encoding"].needs('"base64url", "json" or "none"')
    if not stated.startswith("base64"):
        return body.value.encode("utf-8", "replace")
    packed = "".join(body.value.split()).rstrip("=")
    try:
        return base64.b64decode(packed + "=" * (-len(packed) % 4), altchars=_alphabet(packed), validate=True)
    except (binascii.Error, ValueError) as wrong:
        raise body.wrong("is not base64url") from wrong


def _alphabet(packed: str) -> bytes:
    """base64url has - and _ where plain base64, which older files hold, has + and /."""
    return b"+/" if "+" in packed or "/" in packed else b"-_"


def channels_of(dialog: Field | None) -> list[tuple[int, ...]]:
    """Who is on each channel; one entry where everybody is on one."""
    stated = dialog.get("parties") if dialog else None
    if stated is None:
        return []
    outer = entries_of(stated)
    return [tuple(inner.count() for inner in entries_of(entry) if inner.value is not None) for entry in outer]


def side_of_parties(parties: Sequence[Field], indices: Iterable[int]) -> Speaker | None:
    """The side that all of these parties are on; None where they are on several, or it is not known."""
    sides = {side_of_party(parties[index]) for index in indices}
    return sides.pop() if len(sides) == 1 else None


def side_of_party(party: Field) -> Speaker | None:
    """By its role, else by a name such as `Agent`."""
    name = party.text_of("name")
    return side_of(party.text_of("role")) or (side_of(name) if _SIDE_NAME.fullmatch(name[:80]) else None)
