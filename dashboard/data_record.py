"""What does the page about the record ask for? A part of `dashboard.data`; nothing of it is remembered."""

from collections.abc import Iterable, Mapping

from dashboard import data
from storage import audit_check, audit_search
from storage.access import Asker
from storage.audit import Entry, Head
from storage.audit_check import Checked
from storage.audit_search import Kind, Wanted
from storage.database import reading


def read_by(asker: Asker) -> tuple[Kind, ...]:
    """Which sorts of entries this person reads."""
    return audit_search.read_by(asker)


def search(asker: Asker, wanted: Wanted, limit: int, before: int | None = None) -> tuple[Entry, ...]:
    """The entries, the latest first; `before` goes on before that number."""
    with reading(data.engine()) as session:
        return audit_search.search(session, asker, wanted, limit, before)


def people(asker: Asker) -> Mapping[int, str]:
    """Everybody who can have done something, by id in the order of names."""
    with reading(data.engine()) as session:
        return audit_search.people(session, asker)


def names(asker: Asker, entries: Iterable[Entry]) -> Mapping[tuple[str, str], str]:
    """What the things that entries are about are called."""
    with reading(data.engine()) as session:
        return audit_search.names(session, asker, entries)


def head() -> Head:
    """The last entry's number and hash, which say nothing of what is in it."""
    with reading(data.engine()) as session:
        return audit_check.head(session)


def check(asker: Asker) -> Checked:
    """Whether the record is whole."""
    with reading(data.engine()) as session:
        return audit_search.check_record(session, asker)
