"""What does the record say of somebody, of something, or of some days?

Quality managers read what was done to scores, scorecards and settings, which are theirs to answer for; who opened which call
and who may do what is people's own business and the administrator's (`storage.roles.TABLE`). Nobody else reads any of it.

Whoever judges a call blind is not told here what others answered of it.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from itertools import islice
from typing import Any

from sqlalchemy import ColumnElement, Select, select, union_all
from sqlalchemy.orm import Session, aliased

from errors import NotAllowed
from storage.access import Asker, Right, blind_calls, may, visible_calls
from storage.audit import NOBODY, OPERATOR, PROGRAM, About, Entry, What
from storage.audit_check import Checked, check, entry_of
from storage.audit_tables import AuditEntryRow
from storage.tables import AgentRow, CallRow, TeamRow, UserRow


class Kind(StrEnum):
    """What sort of thing was done."""

    OPENINGS = "openings"
    SCORES = "scores"
    SCORECARDS = "scorecards"
    RIGHTS = "rights"
    SETTINGS = "settings"
    KEEPING = "keeping"


KIND_OF: Mapping[What, Kind] = {
    What.CALL_OPENED: Kind.OPENINGS,
    What.CALL_HEARD: Kind.OPENINGS,
    What.CALL_TAKEN: Kind.OPENINGS,
    What.ORIGINAL_READ: Kind.OPENINGS,
    What.CALL_STORED: Kind.SCORES,
    What.ANSWERED: Kind.SCORES,
    What.ANSWERED_BLIND: Kind.SCORES,
    What.REVIEWED: Kind.SCORES,
    What.DISPUTE_DECIDED: Kind.SCORES,
    What.SIDES_CORRECTED: Kind.SCORES,
    What.WENT_ON: Kind.SCORES,
    What.RESCORING_STARTED: Kind.SCORES,
    What.RESCORING_STOPPED: Kind.SCORES,
    What.SCORED: Kind.SCORES,
    What.RECOUNTED: Kind.SCORES,
    What.REASON_CORRECTED: Kind.SCORES,
    What.REASONS_CHANGED: Kind.SCORES,
    What.REASONS_REASSIGNED: Kind.SCORES,
    What.REASON_PROPOSAL_DECIDED: Kind.SCORES,
    What.JUDGE_ADOPTED: Kind.SCORES,
    What.JUDGE_RESTORED: Kind.SCORES,
    What.SCORECARD_STORED: Kind.SCORECARDS,
    What.SCORECARD_ACTIVATED: Kind.SCORECARDS,
    What.SCORECARD_RETIRED: Kind.SCORECARDS,
    What.SCORECARD_RESTORED: Kind.SCORECARDS,
    What.SCORECARD_SCOPE: Kind.SCORECARDS,
    What.PERSON_ADDED: Kind.RIGHTS,
    What.PERSON_CHANGED: Kind.RIGHTS,
    What.PERSON_DEACTIVATED: Kind.RIGHTS,
    What.PASSWORD_SET: Kind.RIGHTS,
    What.SIGNED_IN: Kind.RIGHTS,
    What.SIGN_IN_REFUSED: Kind.RIGHTS,
    What.SIGNED_OUT: Kind.RIGHTS,
    What.TEAM_ADDED: Kind.RIGHTS,
    What.TEAM_RENAMED: Kind.RIGHTS,
    What.AGENT_MOVED: Kind.RIGHTS,
    What.ORGANISATION_ADDED: Kind.RIGHTS,
    What.ORGANISATION_CHANGED: Kind.RIGHTS,
    What.TEAM_ASSIGNED: Kind.RIGHTS,
    What.CONSENT_CHANGED: Kind.RIGHTS,
    What.TOKEN_ADDED: Kind.RIGHTS,
    What.TOKEN_REVOKED: Kind.RIGHTS,
    What.SETTING_CHANGED: Kind.SETTINGS,
    What.HOLD_SET: Kind.KEEPING,
    What.HOLD_RELEASED: Kind.KEEPING,
    What.REMOVED: Kind.KEEPING,
    What.ERASED: Kind.KEEPING,
    What.REDACTED: Kind.KEEPING,
    What.PERSON_EXPORTED: Kind.RIGHTS,
    What.ARRIVAL_DECIDED: Kind.KEEPING,
    What.WORDS_ENCRYPTED: Kind.KEEPING,
    What.BACKED_UP: Kind.RIGHTS,
    What.CUSTOMER_OPENED: Kind.OPENINGS,
    What.CUSTOMERS_MERGED: Kind.SCORES,
    What.CUSTOMER_SPLIT: Kind.SCORES,
    What.CUSTOMER_CHANGE_UNDONE: Kind.SCORES,
    What.PROMISE_MARKED: Kind.SCORES,
    What.CAUSE_CHANGED: Kind.SETTINGS,
    What.CAUSE_EVIDENCE: Kind.SETTINGS,
    What.CASES_IMPORTED: Kind.SCORES,
    What.CASES_EXPORTED: Kind.OPENINGS,
}

_OF_QUALITY = (Kind.SCORES, Kind.SCORECARDS, Kind.SETTINGS, Kind.KEEPING)


class Other(StrEnum):
    """Who does something and is none of the users."""

    OPERATOR = "operator"
    PROGRAM = "program"
    NOBODY = "nobody"


_OTHERS = {Other.OPERATOR: OPERATOR, Other.PROGRAM: PROGRAM, Other.NOBODY: NOBODY}


@dataclass(frozen=True)
class Wanted:
    """Which entries. Nothing set means all that the asker may read.

    who: a user's id, or one who is none. about, about_id: the kind and the id of what it was done to; start, end: first and
    last day in UTC, both included.
    """

    who: int | Other | None = None
    kind: Kind | None = None
    about: About | None = None
    about_id: str = ""
    start: date | None = None
    end: date | None = None


def search(session: Session, asker: Asker, wanted: Wanted, limit: int = 50, before: int | None = None) -> tuple[Entry, ...]:
    """The entries, the latest first, so many of them; `before` goes on where an earlier answer ended, by its last number.

    Raises NotAllowed for who reads none of the record.
    """
    kinds = read_by(asker)
    asked = [wanted.kind] if wanted.kind in kinds else [] if wanted.kind else list(kinds)
    whats = [what for what, kind in KIND_OF.items() if kind in asked]
    where = [*_where(wanted), *_days(session, wanted)]
    if before is not None:
        where.append(AuditEntryRow.number < before)
    if not whats:
        return ()
    few = wanted.who is not None or wanted.about_id or wanted.about not in (None, About.CALL)
    found = _narrow(whats, where) if few else _broad(whats, where, limit)
    entries = map(entry_of, session.scalars(found.order_by(found.selected_columns.number.desc()).limit(limit)))
    blind = set(session.scalars(blind_calls(asker)))
    return tuple(_held_back(entry) if entry.about == About.CALL and entry.about_id in blind else entry for entry in entries)


def read_by(asker: Asker) -> tuple[Kind, ...]:
    """Which sorts of entries this person reads. Raises NotAllowed where it is none."""
    if may(asker, Right.READ_ALL_RECORD):
        return tuple(Kind)
    if may(asker, Right.READ_RECORD):
        return _OF_QUALITY
    raise NotAllowed("Administrators and quality managers read the record; ask one of them.")


def people(session: Session, asker: Asker) -> Mapping[int, str]:
    """Everybody who can have done something, by id in the order of names. Raises NotAllowed."""
    read_by(asker)
    rows = session.execute(select(UserRow.id, UserRow.name).order_by(UserRow.name, UserRow.id))
    return {row.id: row.name for row in rows}


def names(session: Session, asker: Asker, entries: Iterable[Entry]) -> Mapping[tuple[str, str], str]:
    """What the things that entries are about are called today, by kind and id; those without a name are left out. Raises
    NotAllowed."""
    read_by(asker)
    ids: dict[str, set[str]] = {}
    for entry in entries:
        ids.setdefault(entry.about, set()).add(entry.about_id)
    found: dict[tuple[str, str], str] = {}
    for about, table in ((About.PERSON, UserRow), (About.AGENT, AgentRow), (About.TEAM, TeamRow)):
        for some in _parts(one for one in ids.get(about, ()) if one.isascii() and one.isdecimal()):
            rows = session.execute(select(table.id, table.name).where(table.id.in_([int(one) for one in some])))
            found |= {(about.value, str(row.id)): row.name for row in rows}
    calls = select(CallRow.id, CallRow.started_at, AgentRow.name).outerjoin(AgentRow, CallRow.agent_id == AgentRow.id)
    for some in _parts(ids.get(About.CALL, ())):
        for row in session.execute(calls.where(CallRow.id.in_(some), visible_calls(asker))):
            day = f"{row.started_at.day} {row.started_at:%b %Y}"
            found[About.CALL.value, row.id] = f"{row.name or 'nobody known'}, {day}"
    return found


def _parts(ids: Iterable[str]) -> Iterator[tuple[str, ...]]:
    """Some hundred ids at a time, as a database takes only so many in one statement."""
    rest = iter(ids)
    while some := tuple(islice(rest, 500)):
        yield some


def check_record(session: Session, asker: Asker) -> Checked:
    """Whether the record is whole, for an administrator. Raises NotAllowed."""
    if not may(asker, Right.READ_ALL_RECORD):
        raise NotAllowed("Administrators check the record; ask one of them.")
    return check(session)


def _where(wanted: Wanted) -> list[ColumnElement[bool]]:
    asked: list[ColumnElement[bool]] = []
    if isinstance(wanted.who, Other):
        asked += [AuditEntryRow.who_id.is_(None), AuditEntryRow.role == _OTHERS[wanted.who].role]
    elif wanted.who is not None:
        asked.append(AuditEntryRow.who_id == wanted.who)
    if wanted.about is not None:
        asked.append(AuditEntryRow.about == wanted.about.value)
    if wanted.about_id:
        asked.append(AuditEntryRow.about_id == wanted.about_id)
    return asked


def _days(session: Session, wanted: Wanted) -> list[ColumnElement[bool]]:
    """The entries of these days by their numbers, which grow with time, so that the latest are found without sorting."""
    asked: list[ColumnElement[bool]] = []
    if wanted.start is not None:
        first = _first_from(session, wanted.start)
        asked.append(AuditEntryRow.number >= first if first is not None else AuditEntryRow.number < 0)
    if wanted.end is not None:
        after = _first_from(session, wanted.end + timedelta(days=1))
        if after is not None:
            asked.append(AuditEntryRow.number < after)
    return asked


def _first_from(session: Session, day: date) -> int | None:
    """The number of the first entry of that day or a later one; None where there is none."""
    since = AuditEntryRow.at >= datetime.combine(day, time(), UTC)
    return session.scalar(
        select(AuditEntryRow.number).where(since).order_by(AuditEntryRow.at, AuditEntryRow.number).limit(1)
    )


def _narrow(whats: Sequence[What], where: Sequence[ColumnElement[bool]]) -> Select[AuditEntryRow]:
    """Of one person or one thing: few enough to be looked through."""
    return select(AuditEntryRow).where(*where, AuditEntryRow.what.in_(whats))


def _broad(whats: Sequence[What], where: Sequence[ColumnElement[bool]], limit: int) -> Any:
    """Of all: the latest of each sort by its index, put together, so that a million entries need not be sorted."""
    parts = [
        select(AuditEntryRow)
        .where(*where, AuditEntryRow.what == what.value)
        .order_by(AuditEntryRow.number.desc())
        .limit(limit)
        .subquery()
        .select()
        for what in whats
    ]
    return select(aliased(AuditEntryRow, union_all(*parts).subquery()))


def _held_back(entry: Entry) -> Entry:
    return replace(entry, details={"held_back": True})
