"""Is the record whole, and if not, where was it tampered with?

The chain is read from its first entry to its last. That shows every change within it; that its end was cut off and the head
moved back, or that all of it was written anew from some entry on, shows only beside a head that was noted elsewhere.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from errors import InputError
from storage.audit import BEFORE_THE_FIRST, Entry, Head, hash_of
from storage.audit_tables import AuditEntryRow, AuditHeadRow

AT_ONCE = 2_000
"""Entries that are read together."""


@dataclass(frozen=True)
class Checked:
    """What a check came to: how many entries were read, the last one, and a sentence for each place that is not right."""

    entries: int
    last: Head
    faults: tuple[str, ...]


def head(session: Session) -> Head:
    """The last entry's number and hash, to be noted in a safe place."""
    row = session.execute(select(AuditHeadRow.number, AuditHeadRow.hash)).one_or_none()
    return Head(row.number, row.hash) if row else Head(0, BEFORE_THE_FIRST)


def head_of(words: str) -> Head:
    """A head as it is written down, such as `12:4be1…`. Raises InputError where it is none."""
    number, _, digest = words.strip().partition(":")
    digest = digest.lower()
    if not (number.isascii() and number.isdecimal() and len(digest) == 64 and set(digest) <= set("0123456789abcdef")):
        raise InputError(
            f"{words!r} is no head of the record; `cli.py audit head` prints one: a number, a colon, 64 digits."
        )
    return Head(int(number), digest)


def all_entries(session: Session) -> Iterator[Entry]:
    """Every entry, the first first, a few thousand in memory at a time."""
    rows = session.scalars(select(AuditEntryRow).order_by(AuditEntryRow.number).execution_options(yield_per=AT_ONCE))
    return map(entry_of, rows)


def entry_of(row: AuditEntryRow) -> Entry:
    """The entry that a row holds."""
    return Entry(
        row.number,
        row.at,
        row.who_id,
        row.who,
        row.role,
        row.what,
        row.about,
        row.about_id,
        row.details,
        row.previous,
        row.hash,
    )


def check(session: Session, noted: Head | None = None) -> Checked:
    """Read the whole record and say what is not right with it. `noted`: a head that was kept elsewhere."""
    return check_entries(all_entries(session), head(session), noted)


def check_entries(entries: Iterable[Entry], head: Head, noted: Head | None = None) -> Checked:
    """As `check`, of these entries in the order of their numbers and of this head."""
    faults: list[str] = []
    last, count = Head(0, BEFORE_THE_FIRST), 0
    at_noted = last.hash if noted and noted.number == 0 else None
    for entry in entries:
        count += 1
        missing = entry.number - last.number - 1
        if missing:
            faults.append(f"{_entries(last.number + 1, entry.number - 1)} missing.")
        if hash_of(entry) != entry.hash:
            faults.append(f"Entry {entry.number} was changed after it was written: it is not what its hash was made of.")
        if not missing and entry.previous != last.hash:
            before = f"entry {last.number}" if last.number else "the beginning"
            faults.append(
                f"Entry {entry.number} does not follow on {before} as it stands: one of the two was changed, put in or "
                "moved, and its hash made anew."
            )
        last = Head(entry.number, entry.hash)
        if noted and noted.number == entry.number:
            at_noted = entry.hash
    if head != last:
        if head.number > last.number:
            faults.append(f"{_entries(last.number + 1, head.number)} missing at the end.")
        else:
            faults.append(f"The head of the record says {_short(head)}, but its last entry is {_short(last)}.")
    if noted and at_noted is None:
        faults.append(
            f"Entry {noted.number}, which was noted as the last one, is not there: the record ends with {last.number}, so "
            "that what came after was cut off."
        )
    elif noted and at_noted != noted.hash:
        faults.append(f"Entry {noted.number} is not the one that was noted: the record was written anew there or before it.")
    return Checked(count, last, tuple(faults))


def _entries(first: int, last: int) -> str:
    return f"Entry {first} is" if first == last else f"Entries {first} to {last} are"


def _short(head: Head) -> str:
    return f"{head.number} ({head.hash[:12]}…)"
