"""What was done, by whom, when, and has anybody changed what is written here about it?

Everything that changes a score, a scorecard, a right or a setting, and every opening of a call, gets an entry. An entry has
the hash of the one before, and a hash of its own over all that it says, so that none can be changed, taken out, put in or
moved without the rest showing it (the chain of Haber and Stornetta, "How to time-stamp a digital document", 1991).

Whoever changes something calls `note` in the transaction that changes it. The entries of a transaction are written when it
ends (`write`, called by `storage.database.transaction`), so that what was done and the word of it are kept together or not
at all, and the head of the chain, which makes writers go one after another, is held for as short as can be and always as
the last thing that is locked.

An entry holds ids, names of people at work and answers, and never what a customer said, a password or a token.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from storage.access import Asker
from storage.audit_tables import AuditEntryRow, AuditHeadRow

BEFORE_THE_FIRST = "0" * 64
"""What stands in the first entry in the place of the hash of the one before."""

SEEN_AGAIN = timedelta(minutes=15)
"""Somebody who opens the same call again in the same way within this time is not written down again."""

LONGEST = 200
"""Letters that a text among the details has at most; of a longer one its SHA-256 is kept."""


class What(StrEnum):
    """What was done."""

    CALL_OPENED = "call_opened"
    CALL_HEARD = "call_heard"
    CALL_TAKEN = "call_taken"
    ORIGINAL_READ = "original_read"
    CALL_STORED = "call_stored"
    ANSWERED = "answered"
    ANSWERED_BLIND = "answered_blind"
    REVIEWED = "reviewed"
    DISPUTE_DECIDED = "dispute_decided"
    SIDES_CORRECTED = "sides_corrected"
    WENT_ON = "went_on"
    RESCORING_STARTED = "rescoring_started"
    RESCORING_STOPPED = "rescoring_stopped"
    SCORED = "scored"
    RECOUNTED = "recounted"
    REASON_CORRECTED = "reason_corrected"
    REASONS_CHANGED = "reasons_changed"
    REASONS_REASSIGNED = "reasons_reassigned"
    REASON_PROPOSAL_DECIDED = "reason_proposal_decided"
    JUDGE_ADOPTED = "judge_adopted"
    JUDGE_RESTORED = "judge_restored"
    SCORECARD_STORED = "scorecard_stored"
    SCORECARD_ACTIVATED = "scorecard_activated"
    SCORECARD_RETIRED = "scorecard_retired"
    SCORECARD_RESTORED = "scorecard_restored"
    SCORECARD_SCOPE = "scorecard_scope"
    PERSON_ADDED = "person_added"
    PERSON_CHANGED = "person_changed"
    PERSON_DEACTIVATED = "person_deactivated"
    PASSWORD_SET = "password_set"
    SIGNED_IN = "signed_in"
    SIGN_IN_REFUSED = "sign_in_refused"
    SIGNED_OUT = "signed_out"
    TEAM_ADDED = "team_added"
    TEAM_RENAMED = "team_renamed"
    AGENT_MOVED = "agent_moved"
    ORGANISATION_ADDED = "organisation_added"
    ORGANISATION_CHANGED = "organisation_changed"
    TEAM_ASSIGNED = "team_assigned"
    CONSENT_CHANGED = "consent_changed"
    SETTING_CHANGED = "setting_changed"
    TOKEN_ADDED = "token_added"
    TOKEN_REVOKED = "token_revoked"
    HOLD_SET = "hold_set"
    HOLD_RELEASED = "hold_released"
    REMOVED = "removed"
    ERASED = "erased"
    REDACTED = "redacted"
    PERSON_EXPORTED = "person_exported"
    ARRIVAL_DECIDED = "arrival_decided"
    WORDS_ENCRYPTED = "words_encrypted"
    BACKED_UP = "backed_up"
    CUSTOMER_OPENED = "customer_opened"
    CUSTOMERS_MERGED = "customers_merged"
    CUSTOMER_SPLIT = "customer_split"
    CUSTOMER_CHANGE_UNDONE = "customer_change_undone"
    PROMISE_MARKED = "promise_marked"
    CAUSE_CHANGED = "cause_changed"
    CAUSE_EVIDENCE = "cause_evidence"
    CASES_IMPORTED = "cases_imported"
    CASES_EXPORTED = "cases_exported"


class About(StrEnum):
    """What kind of thing it was done to."""

    CALL = "call"
    SCORECARD = "scorecard"
    BEHAVIOUR = "behaviour"
    PERSON = "person"
    AGENT = "agent"
    TEAM = "team"
    SETTING = "setting"
    TOKEN = "token"
    FIGURES = "figures"
    REASONS = "reasons"
    HOLD = "hold"
    REPORT = "report"
    ARRIVAL = "arrival"
    CUSTOMER = "customer"
    ORGANISATION = "organisation"
    CAUSE = "cause"
    CASES = "cases"


@dataclass(frozen=True)
class Who:
    """Who did it: an id among the users where they are one, the name of the time, and the role of the time."""

    id: int | None
    name: str
    role: str


OPERATOR = Who(None, "operator", "operator")
"""Somebody at the command line, who has the database at hand anyway."""

PROGRAM = Who(None, "Attune", "program")
"""The program at work, by itself or because of something that somebody began."""

NOBODY = Who(None, "somebody who is not signed in", "nobody")


@dataclass(frozen=True)
class Entry:
    """One entry as it stands. `details` are a few names with values, such as the answer before and after."""

    number: int
    at: datetime
    who_id: int | None
    who: str
    role: str
    what: str
    about: str
    about_id: str
    details: Mapping[str, Any]
    previous: str
    hash: str


@dataclass(frozen=True)
class Head:
    """The last entry: its number, 0 where there is none, and its hash. Written as `12:4be1…`."""

    number: int
    hash: str

    def __str__(self) -> str:
        return f"{self.number}:{self.hash}"


@dataclass(frozen=True)
class _Note:
    """An entry that waits for its transaction to end. `ids`: the things of a batch; `once`: see `SEEN_AGAIN`."""

    who: Who
    what: What
    about: About
    about_id: str
    details: Mapping[str, Any]
    ids: tuple[str, ...] = ()
    once: bool = False


_WAITING, _INSTEAD = "audit", "audit_by"
"""Under these names a session has its notes, and who stands under them in the place of whoever is asked for."""


# Writing


def who(asker: Asker) -> Who:
    """Who that is, as an entry has it."""
    if asker.user_id < 0:  # another program, which has a token and is none of the users
        return Who(None, asker.signature, asker.role.value)
    return Who(asker.user_id, asker.signature, asker.role.value) if asker.user_id else OPERATOR


def done_by(session: Session, somebody: Who) -> None:
    """From now on this session's notes say that it was done by that one, for whoever is named as the asker: the operator
    writes a paper that holds what another person may see, and that person did nothing."""
    session.info[_INSTEAD] = somebody


def note(session: Session, by: Asker | Who, what: What, about: About, about_id: str | int, **details: Any) -> None:
    """Write down at the end of this transaction what was done, and to what.

    details: plain values, lists or tables of them; texts of more than `LONGEST` letters are kept as their SHA-256. Never
    what somebody said, a password or a token.
    """
    _waiting(session).append(_made(session, by, what, about, about_id, details))


def note_one_of_many(
    session: Session, by: Asker | Who, what: What, about: About, about_id: str | int, id: str | int, **details: Any
) -> None:
    """As `note`, for one of many things done at once: those of a transaction share one entry, if their details agree, with
    their number and the SHA-256 of their ids, sorted, a line each."""
    new = replace(_made(session, by, what, about, about_id, details), ids=(str(id),))
    waiting = _waiting(session)
    for place, old in enumerate(waiting):
        if old.ids and replace(old, ids=new.ids) == new:
            waiting[place] = replace(old, ids=(*old.ids, *new.ids))
            return
    waiting.append(new)


def note_opening(
    session: Session, asker: Asker, about_id: str, what: What = What.CALL_OPENED, about: About = About.CALL, **details: Any
) -> None:
    """Write down that this person came to see or hear a call, or to see a customer; again within `SEEN_AGAIN` changes
    nothing.

    Works in a session that only reads, too: `storage.database.reading` then writes it when the reading is over.
    """
    new = replace(_made(session, asker, what, about, about_id, details), once=True)
    if new not in _waiting(session):
        _waiting(session).append(new)


def openings(session: Session) -> tuple[_Note, ...]:
    """What a session that only reads has to have written, and forgets hereby."""
    return tuple(one for one in session.info.pop(_WAITING, ()) if not (one.once and _seen_before(session, one)))


def note_again(session: Session, notes: Iterable[_Note]) -> None:
    """Let this session write what another one could not."""
    _waiting(session).extend(notes)


def write(session: Session) -> None:
    """Put the notes of this transaction at the end of the chain, one writer after another. For `storage.database`."""
    notes: Sequence[_Note] = session.info.pop(_WAITING, ())
    if not notes:
        return
    session.flush()
    row = session.execute(select(AuditHeadRow.number, AuditHeadRow.hash).with_for_update()).one()
    head, entries = Head(row.number, row.hash), list[Entry]()
    for one in notes:
        if one.once and _seen_before(session, one):
            continue
        details = {**one.details, "count": len(one.ids), "ids_sha256": hash_of_ids(one.ids)} if one.ids else one.details
        done = (one.who.id, one.who.name, one.who.role, one.what.value, one.about.value, one.about_id, details)
        entry = sealed(Entry(head.number + 1, datetime.now(UTC), *done, previous=head.hash, hash=""))
        entries.append(entry)
        head = Head(entry.number, entry.hash)
    if entries:
        session.execute(insert(AuditEntryRow), [vars(entry) for entry in entries])
        session.execute(update(AuditHeadRow).values(number=head.number, hash=head.hash))


def sealed(entry: Entry) -> Entry:
    """The entry with its own hash."""
    return replace(entry, hash=hash_of(entry))


def hash_of(entry: Entry) -> str:
    """SHA-256 over everything that an entry says: a JSON list of its fields but the last, in their order.

    The moment is in UTC with microseconds, names within details are sorted, no blanks, text as UTF-8.
    """
    said = [
        entry.number,
        entry.at.astimezone(UTC).isoformat(timespec="microseconds"),
        entry.who_id,
        entry.who,
        entry.role,
        entry.what,
        entry.about,
        entry.about_id,
        entry.details,
        entry.previous,
    ]
    return hashlib.sha256(_canonical(said).encode()).hexdigest()


def hash_of_ids(ids: Iterable[str]) -> str:
    """SHA-256 of ids, sorted, a line each: who has the ids can show that it was these."""
    return hashlib.sha256("".join(f"{one}\n" for one in sorted(ids)).encode()).hexdigest()


def _canonical(value: Any) -> str:
    return json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def _made(
    session: Session, by: Asker | Who, what: What, about: About, about_id: str | int, details: Mapping[str, Any]
) -> _Note:
    named, instead = by if isinstance(by, Who) else who(by), session.info.get(_INSTEAD)
    if instead is not None and instead != named:
        return _Note(instead, what, about, str(about_id), {**_short(details), "for": named.id})
    return _Note(named, what, about, str(about_id), _short(details))


def _waiting(session: Session) -> list[_Note]:
    waiting: list[_Note] = session.info.setdefault(_WAITING, [])
    return waiting


def _seen_before(session: Session, one: _Note) -> bool:
    """Whether that opening is among the latest entries about its call. They are looked through here, as a database may
    prefer to look through all that somebody did."""
    of_call = (AuditEntryRow.about == one.about.value, AuditEntryRow.about_id == one.about_id)
    same = (one.what.value, one.who.id, one.who.name, one.who.role, one.details)
    rows = session.execute(select(*_SAME).where(*of_call).order_by(AuditEntryRow.number.desc()).limit(_LATEST))
    since = datetime.now(UTC) - SEEN_AGAIN
    return any(tuple(row[:-1]) == same and row.at > since for row in rows)


_LATEST = 100
"""So many entries about a call are looked through for an earlier opening; more in a quarter of an hour are rare."""

_SAME = (
    AuditEntryRow.what,
    AuditEntryRow.who_id,
    AuditEntryRow.who,
    AuditEntryRow.role,
    AuditEntryRow.details,
    AuditEntryRow.at,
)


def _short(value: Any) -> Any:
    """The value as JSON gives it back, with long texts as their hashes. Raises TypeError for what is no plain value."""
    if isinstance(value, str):
        digest = hashlib.sha256(value.encode()).hexdigest()
        return str(value) if len(value) <= LONGEST else f"sha256:{digest}"
    if isinstance(value, Mapping):
        return {str(name): _short(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [_short(one) for one in value]
    if isinstance(value, set | frozenset):
        return [_short(one) for one in sorted(value)]
    if value is None or isinstance(value, bool | int | float):
        return value
    raise TypeError(f"{type(value).__name__} is no plain value; the record keeps texts, numbers, lists and tables of them")
