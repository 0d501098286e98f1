"""How do words lie in the database so that whoever takes the database cannot read them, and still are found?

Where a key is set (`ATTUNE_ENCRYPTION_KEY`, the one of `storage.sealed`), the columns of these types hold what they are
given encrypted with AES-256-GCM (NIST SP 800-38D), each value with 96 random bits of its own and bound to its table and
column, so that it cannot be put into another one. Each column has a key of its own, drawn from the set one by HKDF (RFC
5869), so that the 2^32 values which the standard allows a key are those of one column. A value from before there was a key
is read as it is, one of the key before (`ATTUNE_ENCRYPTION_KEY_BEFORE`) too. Nothing and `MARK` say nothing, and stay as
they are.

What has to be looked for lies so that the database can compare it without reading it:

- a customer's name (`SealedName`) is encrypted so that the same name always gives the same value, with AES-SIV (RFC 5297);
- of what was said, a search sees (`SealedFold`) a mark of each word, by HMAC-SHA256 (RFC 2104), sorted and each once: which
  turns have a word in common can be seen, and not which word it is;
- of a customer's number (`keyed`) lies an HMAC in the place of the hash that could be found by trying all numbers.

`attune:1:`, eight hex digits that tell keys apart, a colon, and what is encrypted, as base64 where the column is of text.
"""

import hashlib
import hmac
import json
import re
import secrets
from base64 import b64decode, b64encode
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM, AESSIV
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from sqlalchemy import JSON, ColumnElement, Dialect, LargeBinary, Text, TypeDecorator, and_, case, cast, func, or_
from sqlalchemy import type_coerce as as_stored
from sqlalchemy.orm import Session
from sqlalchemy.sql.operators import eq, is_, is_not, ne

from errors import StorageError
from settings import settings
from storage.sealed import mark_of
from storage.secret import key_given
from storage.substring import holds, is_found_in_few, may_hold

MARK = "[removed]"
"""What a person reads in the place of words that were removed."""

FORM = "attune:1:"
_CLEAR = "attune:0:"
"""Before a value in the clear that begins like an encrypted one."""

_MARK, _NONCE, _TAG = 8, 12, 16
_HEAD = len(FORM) + _MARK + 1
_LETTERS = bytes.maketrans(b"0123456789abcdef", b"abcdefghijklmnop")
_WORD = re.compile(r"\w+")
_QUIET = ("", b"", MARK)


# Keys


def keys() -> tuple[bytes | None, ...]:
    """The key in force, None where there is none, and after it the one before, where one is given. Raises SettingsError
    where one cannot be read."""
    options = settings()
    current = _read(options.encryption_key, "ATTUNE_ENCRYPTION_KEY")
    before = _read(options.encryption_key_before, "ATTUNE_ENCRYPTION_KEY_BEFORE")
    return (current,) if before is None else (current, before)


def mark(key: bytes) -> str:
    """What tells a key from another, in eight hex digits."""
    return mark_of(key)[: _MARK // 2].hex()


def sealed_with(stored: str | bytes) -> str | None:
    """The mark of the key that a stored value is encrypted with; None where it lies in the clear."""
    head = stored[:_HEAD].decode("latin-1") if isinstance(stored, bytes) else stored[:_HEAD]
    return head[len(FORM) : -1] if head.startswith(FORM) else None


@lru_cache(maxsize=8)
def _read(given: str, setting: str) -> bytes | None:
    return key_given(given, setting) if given else None


@lru_cache(maxsize=512)
def _drawn(key: bytes, place: str, length: int = 32) -> bytes:
    return HKDF(SHA256(), length, None, f"attune kept words {place}".encode()).derive(key)


@lru_cache(maxsize=512)
def _cipher(key: bytes, place: str) -> AESGCM:
    return AESGCM(_drawn(key, place))


@lru_cache(maxsize=16)
def _head(key: bytes) -> str:
    return f"{FORM}{mark(key)}:"


@lru_cache(maxsize=16)
def _key_of(head: str, at_hand: tuple[bytes | None, ...]) -> bytes:
    for one in at_hand:
        if one is not None and _head(one) == head:
            return one
    raise StorageError(another_key(head[len(FORM) : -1]))


def another_key(mark: str) -> str:
    """The sentence for words that are encrypted with a key of this mark, which is not at hand."""
    than = "another key than the one that is set" if keys()[0] else "a key, and none is set"
    return (
        f"The words in this database are encrypted with {than}. Set ATTUNE_ENCRYPTION_KEY to the one they were "
        f"encrypted with (its mark is {mark}), or ATTUNE_ENCRYPTION_KEY_BEFORE while they are moved to another one."
    )


# Values


def _seal(data: bytes, place: str, key: bytes) -> bytes:
    nonce = secrets.token_bytes(_NONCE)
    return nonce + _cipher(key, place).encrypt(nonce, data, place.encode())


def _open(head: str, sealed: bytes, place: str) -> bytes:
    key = _key_of(head, keys())
    try:
        return _cipher(key, place).decrypt(sealed[:_NONCE], sealed[_NONCE:], place.encode())
    except (InvalidTag, ValueError) as wrong:
        raise _changed(place) from wrong


def _changed(place: str) -> StorageError:
    return StorageError(f"A value in {place} was changed since it was written, and cannot be read.")


def seal_text(text: str, place: str) -> str:
    """A text as it is stored in that column (`table.column`)."""
    key = keys()[0]
    if text in _QUIET:
        return text
    if key is None:
        return _CLEAR + text if text.startswith((FORM, _CLEAR)) else text
    return _head(key) + _base64(_seal(text.encode(), place, key))


def open_text(stored: str, place: str) -> str:
    """The text that was stored in that column. Raises StorageError where it was changed, or its key is not at hand."""
    if stored.startswith(FORM):
        return _open(stored[:_HEAD], _unbase64(stored[_HEAD:], place), place).decode()
    return stored.removeprefix(_CLEAR)


def _base64(data: bytes) -> str:
    return b64encode(data).rstrip(b"=").decode("ascii")


def _unbase64(text: str, place: str) -> bytes:
    try:
        return b64decode(text + "=" * (-len(text) % 4), validate=True)
    except ValueError as wrong:
        raise _changed(place) from wrong


_ENCODER = json.JSONEncoder(allow_nan=False)


def as_json(value: object) -> str:
    """PostgreSQL takes neither NaN nor infinity in JSON, so that neither database does. Raises StorageError."""
    try:
        return _ENCODER.encode(value)
    except (TypeError, ValueError) as wrong:
        raise StorageError(f"A value cannot be kept as JSON: {wrong}.") from wrong


# Columns


class _Compared(TypeDecorator.Comparator[Any]):
    """An encrypted value can be compared with nothing but what lies in the clear: a query that tries is a mistake."""

    def operate(self, op: Any, *other: Any, **more: Any) -> Any:
        """Refuse what could never be true."""
        # SQLAlchemy itself compares columns with each other, to see whether they are the same.
        if op in (is_, is_not) or (op in (eq, ne) and (isinstance(other[0], ColumnElement) or other[0] in _QUIET)):
            return super().operate(op, *other, **more)
        raise TypeError(f"{self.expr} may be encrypted: it cannot be looked into or put in order by the database")


class _Sealed(TypeDecorator[Any]):
    """What all of these columns have in common: the name of theirs, `table.column`."""

    comparator_factory = _Compared

    def __init__(self, place: str, **more: Any) -> None:
        super().__init__(**more)
        self.place = place


class SealedText(_Sealed):
    """A text."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        return None if value is None else seal_text(value, self.place)

    def process_result_value(self, value: str | None, dialect: Dialect) -> str | None:
        return None if value is None else open_text(value, self.place)


class SealedJson(_Sealed):
    """A list or a mapping; encrypted, it is one string to the database."""

    impl = JSON
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> Any:
        return seal_text(as_json(value), self.place) if value and keys()[0] is not None else value

    def process_result_value(self, value: Any, dialect: Dialect) -> Any:
        return json.loads(open_text(value, self.place)) if isinstance(value, str) else value


class UnreadJson(_Sealed):
    """The same as its text, to be read when somebody asks for it (`unread`)."""

    impl = Text
    cache_ok = True

    def process_result_value(self, value: str | None, dialect: Dialect) -> str | None:
        return open_text(value[1:-1], self.place) if value is not None and value.startswith(f'"{FORM}') else value


class SealedBytes(_Sealed):
    """Numbers as bytes."""

    impl = LargeBinary
    cache_ok = True

    def process_bind_param(self, value: bytes | None, dialect: Dialect) -> bytes | None:
        key = keys()[0]
        return value if not value or key is None else _head(key).encode() + _seal(value, self.place, key)

    def process_result_value(self, value: bytes | None, dialect: Dialect) -> bytes | None:
        if value is None or sealed_with(value) is None:
            return value
        return _open(value[:_HEAD].decode("latin-1"), value[_HEAD:], self.place)


class SealedName(_Sealed):
    """Whom a call was with; compared by `is_name`. `place` is what the columns that hold the same names have in common."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        return None if value is None else _name(value, self.place, keys()[0])

    def process_result_value(self, value: str | None, dialect: Dialect) -> str | None:
        if value is None or not value.startswith(FORM):
            return value if value is None else value.removeprefix(_CLEAR)
        siv = AESSIV(_drawn(_key_of(value[:_HEAD], keys()), self.place, 64))
        try:
            return siv.decrypt(_unbase64(value[_HEAD:], self.place), [self.place.encode()]).decode()
        except (InvalidTag, ValueError) as wrong:
            raise _changed(self.place) from wrong


class SealedFold(_Sealed):
    """What a search goes through: a text without distinctions of case, or the marks of its words. `said` is how."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        key = keys()[0]
        if not value or key is None or value.startswith(FORM):
            return value
        return f"{_head(key)} {' '.join(sorted({_token(word, key) for word in _WORD.findall(value)}))} "


def _name(name: str, place: str, key: bytes | None) -> str:
    if name in _QUIET:
        return name
    if key is None:
        return _CLEAR + name if name.startswith((FORM, _CLEAR)) else name
    return _head(key) + _base64(AESSIV(_drawn(key, place, 64)).encrypt(name.encode(), [place.encode()]))


@lru_cache(maxsize=100_000)
def _token(word: str, key: bytes) -> str:
    """40 bits in ten letters: of a million different words, one in a million shares its mark with another."""
    return hmac.digest(_drawn(key, "search"), word.encode(), "sha256")[:5].hex().encode().translate(_LETTERS).decode()


# Questions to the database


def unread(column: Any) -> ColumnElement[str]:
    """The text of a JSON column of these, in the clear and not yet parsed."""
    return as_stored(cast(column, Text), UnreadJson(column.type.place))


def letters(column: Any) -> ColumnElement[int]:
    """How long the texts of such a column are: in letters, and of encrypted ones in bytes of UTF-8."""
    lies = as_it_lies(column)
    length = func.length(lies)
    if keys() == (None,):
        return length
    return case((lies.startswith(FORM), (length - _HEAD) * 3 // 4 - _NONCE - _TAG), else_=length)


def is_name(column: Any, names: Sequence[str]) -> ColumnElement[bool]:
    """The condition that a column of names has one of these, encrypted or not."""
    at_hand = dict.fromkeys((*keys(), None))
    return as_it_lies(column).in_([_name(name, column.type.place, key) for name in names for key in at_hand])


def said(column: Any, term: str) -> ColumnElement[bool]:
    """The condition that these words, folded, are in what a search goes through.

    In the clear they are looked for as they stand, parts of words too; where encrypted, each of them as a whole word, in
    any order.
    """
    lies = as_it_lies(column)
    clear = holds(lies, term)
    if keys() == (None,):
        return clear
    words = _WORD.findall(term)
    sealed = [and_(*(holds(lies, f" {_token(word, key)} ") for word in words)) for key in keys() if key and words]
    return or_(and_(~lies.startswith(FORM), clear), *sealed)


def may_be_said(call_id: Any, terms: Sequence[str], *, by_few: bool | None = None) -> list[ColumnElement[bool]]:
    """Conditions on calls, by their id, which a call fulfils in which a turn has all of these (`said`): those by which the
    database need not look into the turns of every call. by_few: what `are_said_by_few` found, where it was asked."""
    found = may_hold(call_id, _ways(terms), few=by_few)
    return [] if found is None else [found]


def are_said_by_few(session: Session, terms: Sequence[str]) -> bool:
    """Whether SQLite knows that so few turns may have all of these that it can go through them alone."""
    asked = is_found_in_few(_ways(terms)) if session.get_bind().dialect.name == "sqlite" else None
    return asked is not None and bool(session.execute(asked).scalar_one())


def _ways(terms: Sequence[str]) -> list[list[list[str]]]:
    """How each of these may stand in what a search goes through (`storage.substring.may_hold`)."""
    at_hand = [key for key in keys() if key]
    return [
        [[term], *([f" {_token(word, key)} " for word in words] for key in at_hand if (words := _WORD.findall(term)))]
        for term in terms
    ]


def words_are_sealed() -> bool:
    """Whether what is said from now on is encrypted, and so found by whole words."""
    return keys()[0] is not None


def keyed(plain: str) -> str:
    """What identifies a customer, as it is stored: with a key, 32 hex digits that cannot be found without it."""
    return _keyed(plain, keys()[0])


def keyed_any(plain: str) -> list[str]:
    """The same in every form in which it may be stored."""
    return [_keyed(plain, key) for key in dict.fromkeys((*keys(), None))]


def _keyed(plain: str, key: bytes | None) -> str:
    if not plain or key is None:
        return plain
    return hmac.new(_drawn(key, "customer key"), plain.encode(), hashlib.sha256).hexdigest()[:32]


def is_sealed(column: Any) -> bool:
    """Whether this column of a table is one of these."""
    return isinstance(column.type, _Sealed)


def as_it_lies(column: Any) -> ColumnElement[Any]:
    """What lies in such a column, as text or, of bytes, as bytes; JSON as the text of it."""
    if isinstance(column.type, SealedBytes):
        return as_stored(column, LargeBinary)
    return cast(column, Text) if isinstance(column.type, SealedJson) else as_stored(column, Text)


def clear(column: Any, lies: Any) -> Any:
    """The value of what `as_it_lies` found in such a column. Raises StorageError where it cannot be decrypted."""
    if lies is not None and isinstance(column.type, SealedJson):
        lies = json.loads(lies)
    return column.type.process_result_value(lies, None)


def is_encrypted(column: Any) -> ColumnElement[bool]:
    """The condition that a column of text or JSON of these is encrypted."""
    return as_it_lies(column).startswith(f'"{FORM}' if isinstance(column.type, SealedJson) else FORM)


def in_the_clear(column: Any) -> ColumnElement[str]:
    """The text of a column of text or JSON of these, decrypted."""
    return unread(column) if isinstance(column.type, SealedJson) else column
