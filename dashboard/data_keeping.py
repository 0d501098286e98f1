"""What does the page about keeping ask for and do? Nothing of it is remembered: what was removed is gone at once."""

from pathlib import Path
from tempfile import TemporaryDirectory

from dashboard import data
from pipeline import erase as erasing
from pipeline import retain as retention
from pipeline.erase import Erased
from pipeline.export_person import PersonKind, write_person
from pipeline.retain import Retained
from settings import settings
from storage import about_person, holds, keeping
from storage.about_person import Found
from storage.access import Asker
from storage.database import reading, transaction
from storage.holds import Hold, Scope
from storage.keeping import Due, Report, Rule
from storage.sealed import CLEAR_PREFIX


def rules() -> tuple[Rule, ...]:
    """For how long what is kept."""
    return keeping.rules()


def due(asker: Asker) -> tuple[Due, ...]:
    """What would be removed now."""
    return retention.due_now(data.engine(), asker)


def remove_now(asker: Asker) -> Retained:
    """Remove what is kept no longer."""
    done = retention.retain(data.engine(), asker)
    data.forget()
    return done


def found_of(asker: Asker, customer: str) -> Erased:
    """What there is of a customer."""
    return erasing.look_for(data.engine(), asker, customer)


def erase(asker: Asker, customer: str) -> Erased:
    """Erase a customer everywhere."""
    done = erasing.erase_customer(data.engine(), asker, customer)
    data.forget()
    return done


def people(asker: Asker, kind: PersonKind, text: str) -> tuple[Found, ...]:
    """Of whom all can be put together, by a part of a name or address. Raises NotAllowed for others than administrators."""
    with reading(data.engine()) as session:
        return about_person.find_people(session, asker, kind, text)


MOST_CALLS = 100
"""Of a person whom a page hands out: all of it is in memory meanwhile."""


def person(asker: Asker, kind: PersonKind, name: str) -> bytes:
    """All that is kept about a person, as a zip file; `name` is the key of whom `people` found.

    Raises NotAllowed for others than administrators, InputError where there is no such person, or
    they have too many calls.
    """
    home = settings().home
    with TemporaryDirectory(prefix=CLEAR_PREFIX, dir=home) as folder:
        packed = Path(folder) / "person.zip"
        write_person(data.engine(), asker, kind, name, packed, MOST_CALLS)
        return packed.read_bytes()


def reports(asker: Asker) -> tuple[Report, ...]:
    """What was removed and handed out, the latest first."""
    with reading(data.engine()) as session:
        return keeping.list_reports(session, asker)


def legal_holds(asker: Asker, released: bool) -> tuple[Hold, ...]:
    """The holds, the latest first."""
    with reading(data.engine()) as session:
        return holds.list_holds(session, asker, released)


def set_hold(asker: Asker, scope: Scope, target: str, reason: str) -> int:
    """Hold calls."""
    with transaction(data.engine()) as session:
        return holds.set_hold(session, asker, scope, target, reason)


def release_hold(asker: Asker, hold_id: int, reason: str) -> None:
    """Hold them no longer."""
    with transaction(data.engine()) as session:
        holds.release_hold(session, asker, hold_id, reason)
