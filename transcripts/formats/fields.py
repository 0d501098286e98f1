"""Which field of somebody else's file does not fit, and where does it stand?

A `Field` is a value from a parsed file together with the way to it. Whoever reads through fields needs no checks of its
own: the first value that does not fit raises one sentence such as `call.json: Transcript[3].EndOffsetMillis is "soon",
where a number is needed`.
"""

import math
from collections.abc import Iterator
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from errors import TranscriptError

MOST_SECONDS = 7 * 24 * 3600.0
"""No conversation lasts longer than a week; a time beyond it is a broken one, or one in another unit."""

LEAST_SECONDS = -1.0
"""Recognisers round a first word to just before the start. Down to this a time counts as 0, below it is refused."""

_KINDS = {dict: "an object", list: "a list", str: "a text", bool: "true or false", type(None): "null"}
_CONTROLS = {code: None for code in range(32) if chr(code) not in "\t\n\r"} | {0x7F: None}


def clean(text: str) -> str:
    """A text that can be stored and hashed: no control characters, no halves of a surrogate pair, trimmed."""
    whole = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return whole.translate(_CONTROLS).strip()


class Field:
    """A value of a parsed file that knows where it stands. Every method raises TranscriptError where it does not fit.

    The `key` of the top, which has no parent, is what it is called in a message: "the file" where it has none.
    """

    __slots__ = ("_file", "_key", "_parent", "value")

    def __init__(self, value: Any, file: str, parent: "Field | None" = None, key: str | int = "") -> None:
        self.value = value
        self._file = file
        self._parent = parent
        self._key = key

    @property
    def file(self) -> str:
        """The name of the file, as it is shown in a message."""
        return self._file

    @property
    def path(self) -> str:
        """The way to it from the top of the file, such as `Transcript[3].Content`; empty for the top itself."""
        if self._parent is None:
            return ""
        before = self._parent.path
        if isinstance(self._key, int):
            return f"{before}[{self._key}]"
        return f"{before}.{self._key}" if before else self._key

    def replaced(self, value: Any) -> "Field":
        """Another value in the same place: what a text holds once it is decoded."""
        return Field(value, self._file, self._parent, self._key)

    def wrong(self, what: str) -> TranscriptError:
        """The one sentence about this field, to be raised: `what` says what is wrong with it."""
        return TranscriptError(f"{self._file}: {self.path or self._key or 'the file'} {what}")

    def needs(self, what: str) -> TranscriptError:
        """The one sentence about a value of another kind, to be raised."""
        return self.wrong(f"is {_shown(self.value)}, where {what} is needed")

    def get(self, key: str) -> "Field | None":
        """What stands under `key` of an object; None where that is absent or null."""
        if not isinstance(self.value, dict):
            raise self.needs("an object")
        value = self.value.get(key)
        return None if value is None else Field(value, self._file, self, key)

    def __getitem__(self, key: str) -> "Field":
        """What stands under `key`, which has to be there."""
        found = self.get(key)
        if found is None:
            raise self.wrong(f"has no `{key}`")
        return found

    def first(self, *keys: str) -> "Field | None":
        """What stands under the first of these keys that is there: newer and older names of one field."""
        return next((found for key in keys if (found := self.get(key)) is not None), None)

    def each(self, key: str) -> "Iterator[Field]":
        """The entries of the list under `key`; none where that is absent or null."""
        found = self.get(key)
        return iter(()) if found is None else found.entries()

    def entries(self) -> "Iterator[Field]":
        """The entries of a list."""
        if not isinstance(self.value, list):
            raise self.needs("a list")
        return (Field(value, self._file, self, index) for index, value in enumerate(self.value))

    def text(self) -> str:
        """A text, cleaned."""
        if not isinstance(self.value, str):
            raise self.needs("a text")
        return clean(self.value)

    def label(self) -> str:
        """A text or a whole number that names something, as text: `"A"`, `0`."""
        if isinstance(self.value, int) and not isinstance(self.value, bool) and abs(self.value) < 10**9:
            return str(self.value)
        if not isinstance(self.value, str):
            raise self.needs("a name or a whole number")
        return clean(self.value)

    def seconds_of(self, *keys: str, per_second: float = 1.0) -> float | None:
        """The time under the first of these keys that is there; None where none is."""
        found = self.first(*keys)
        return None if found is None else found.seconds(per_second)

    def text_of(self, *keys: str) -> str:
        """The text under the first of these keys that is there; empty where none is."""
        found = self.first(*keys)
        return "" if found is None else found.text()

    def label_of(self, *keys: str) -> str:
        """The name or number under the first of these keys that is there, as text; empty where none is."""
        found = self.first(*keys)
        return "" if found is None else found.label()

    def confidence_of(self, *keys: str) -> float:
        """The probability under the first of these keys that is there; 1 where none is."""
        found = self.first(*keys)
        return 1.0 if found is None else found.confidence()

    def count(self, most: int = 10**6) -> int:
        """A whole number from 0 to `most`; digits in quotes count too."""
        value = self.value
        if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 10:
            value = int(value)
        if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= most:
            raise self.needs(f"a whole number from 0 to {most}")
        return value

    def number(self) -> float:
        """A finite number."""
        if isinstance(self.value, bool) or not isinstance(self.value, int | float) or abs(self.value) > 1e15:
            raise self.needs("a number")
        if not math.isfinite(self.value):
            raise self.needs("a number")
        return float(self.value)

    def seconds(self, per_second: float = 1.0) -> float:
        """A time on the call's clock, in seconds from 0 on; `per_second` is 1000 where the file counts milliseconds."""
        seconds = self.number() / per_second
        if not LEAST_SECONDS <= seconds <= MOST_SECONDS:
            raise self.needs("a time between the start of the call and a week after it")
        return max(0.0, seconds)

    def confidence(self) -> float:
        """A probability; what is outside 0 to 1 is brought inside, and not a number is no confidence at all."""
        value = self.value
        if isinstance(value, str):
            try:
                value = float(value)
            except ValueError:
                raise self.needs("a number from 0 to 1") from None
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise self.needs("a number from 0 to 1")
        return 0.0 if value != value else float(min(1, max(0, value)))  # only NaN differs from itself

    def moment(self) -> datetime:
        """A date and time by ISO 8601 (or as e-mail writes it); without a zone it counts as UTC."""
        text = self.text() if not isinstance(self.value, str) or len(self.value) <= 64 else ""
        for read in (datetime.fromisoformat, parsedate_to_datetime):
            try:
                moment = read(text)
                return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
            except (ValueError, TypeError, IndexError, OverflowError):
                continue
        raise self.needs("a date and time such as 2026-01-31T14:05:00Z")


def _shown(value: Any) -> str:
    """A value as a person would call it, short however long it is."""
    if isinstance(value, str):
        short = " ".join(clean(value[:60]).split())
        return f'"{short[:40]}…"' if len(value) > 40 else f'"{short}"'
    if isinstance(value, bool) or value is None or isinstance(value, dict | list):
        return _KINDS[type(value)]
    if isinstance(value, int) and abs(value) > 10**18:
        return "a number of many digits"
    return str(value)
