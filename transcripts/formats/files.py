"""What stands in this file, read within bounds?

Somebody else's file may be of any size, nested to any depth and in any encoding. Whatever it is, the answer is its text,
its JSON value or one sentence.
"""

import codecs
import json
import zlib
from pathlib import Path
from typing import Any

from errors import TranscriptError

MOST_BYTES = 256 * 1024**2
"""Of a file, packed or not. A three-hour call as µ-law audio inside a vCon fits; its transcript is a hundredth of that."""

MOST_VALUES = 5_000_000
"""Of one JSON file: a twelve-hour call with a time for each word has about a million."""

PACKED = b"\x1f\x8b"
"""How a gzip file begins."""

_BYTE_ORDER_MARKS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))


def read_text(path: str | Path) -> str:
    """A whole file as text with `\\n` line ends: UTF-8, or UTF-16 with its mark; unpacked where it is gzip.

    Raises TranscriptError where the file cannot be read, is too large or is not text.
    """
    try:
        with Path(path).open("rb") as file:
            data = file.read(MOST_BYTES + 1)
    except OSError as wrong:
        raise TranscriptError(
            f"{path} cannot be read: {wrong.strerror or wrong}; check the name and the permissions."
        ) from wrong
    if data.startswith(PACKED):
        data = _unpacked(data, str(path))
    if len(data) > MOST_BYTES:
        raise TranscriptError(f"{path}: larger than {MOST_BYTES // 1024**2} MB, the most that a transcript may be.")
    encoding = next((name for mark, name in _BYTE_ORDER_MARKS if data.startswith(mark)), "utf-8")
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as wrong:
        raise TranscriptError(
            f"{path}: byte {wrong.start} is not {wrong.encoding.upper()} text; save the file as UTF-8."
        ) from wrong
    return text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text


def _unpacked(data: bytes, name: str) -> bytes:
    packed = zlib.decompressobj(wbits=31)
    try:
        return packed.decompress(data, MOST_BYTES + 1)
    except zlib.error as wrong:
        raise TranscriptError(f"{name}: this looks like gzip but cannot be unpacked.") from wrong


def read_head(path: str | Path, size: int = 65536) -> str | None:
    """The beginning of a file as text, without blanks before it; None where it cannot be read or is not text."""
    try:
        with Path(path).open("rb") as file:
            data = file.read(size)
    except OSError:
        return None
    try:
        if data.startswith(PACKED):
            data = zlib.decompressobj(wbits=31).decompress(data, size)
        encoding = next((name for mark, name in _BYTE_ORDER_MARKS if data.startswith(mark)), "utf-8")
        # Without `final`, a character that is cut in two at the end is no error.
        return codecs.getincrementaldecoder(encoding)().decode(data, final=False).lstrip()
    except (zlib.error, UnicodeDecodeError):
        return None


def parse_json(text: str, name: str) -> Any:
    """The value of a JSON text. NaN and Infinity are let through; the field that they stand in refuses them by name.

    Raises TranscriptError naming `name` where it is not JSON, nested too deeply, or of too many values.
    """
    value, alone = parse_first(text, name)
    if not alone:
        raise TranscriptError(f"{name}: something follows after the end of the JSON value.")
    return value


def parse_first(text: str, name: str) -> tuple[Any, bool]:
    """The first JSON value of a text, and whether it is the only one. Raises TranscriptError as `parse_json` does."""
    if text.count(",") + text.count("[") + text.count("{") > MOST_VALUES:
        raise TranscriptError(f"{name}: more than {MOST_VALUES // 10**6} million values, more than any conversation has.")
    start = len(text) - len(text.lstrip())
    try:
        value, end = json.JSONDecoder().raw_decode(text, start)
    except json.JSONDecodeError as wrong:
        where = f"line {wrong.lineno}, column {wrong.colno}"
        raise TranscriptError(f"{name}: this is not JSON, from {where} on ({wrong.msg}).") from wrong
    except RecursionError as wrong:
        raise TranscriptError(f"{name}: objects or lists are nested too deeply to be a transcript.") from wrong
    except ValueError as wrong:
        raise TranscriptError(f"{name}: a number in it has too many digits to be read.") from wrong
    return value, not text[end:].strip()
