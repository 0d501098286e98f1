"""How does what a program sent become known before any work on it begins, and taken up again where work on it died?

A file that was taken is a row. Whoever works on one holds a lease, which it renews; when that runs out, the work died, and
somebody else takes the file up. What went wrong three times is set aside with its reason.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, or_, select, update
from sqlalchemy.orm import Session

from errors import InputError, NotAllowed
from storage.access import Role
from storage.inbox_tables import InboxRow
from storage.people import insert_unless_known
from storage.tokens import Scope, Token

LEASE = timedelta(seconds=90)
"""How long whoever works on a file is believed to live without a word."""

MOST_TRIES = 3

WAIT = timedelta(minutes=1)
"""Before the second try; twice as long before each further one."""


class State(StrEnum):
    """What became of a file."""

    RECEIVED = "received"
    WORKING = "working"
    SCORED = "scored"
    FAILED = "failed"


@dataclass(frozen=True)
class Received:
    """A file that a program sent, as it stands. `calls` are the ids of what it became."""

    id: int
    sent_as: str
    spooled: str
    facts: Mapping[str, Any]
    state: State
    reason: str
    tries: int
    calls: tuple[str, ...]
    received_at: datetime
    finished_at: datetime | None


def receive(
    session: Session, token: Token, key: str, fingerprint: str, sent_as: str, spooled: str, facts: Mapping[str, Any]
) -> tuple[Received, bool]:
    """Write down that a file has come, or find what came under this key before; and whether it is new.

    Raises NotAllowed where the token does not send calls, InputError where the key was used for something else.
    """
    if Scope.SEND_CALLS not in token.scopes or token.role is Role.AGENT:
        raise NotAllowed("This token is not for sending calls.")
    now = datetime.now(UTC)
    new = insert_unless_known(
        session,
        InboxRow,
        {
            "token_id": token.id,
            "idempotency_key": key,
            "fingerprint": fingerprint,
            "sent_as": sent_as,
            "spooled": spooled,
            "facts": dict(facts),
            "state": State.RECEIVED.value,
            "reason": "",
            "tries": 0,
            "calls": [],
            "received_at": now,
            "not_before": now,
        },
    )
    row = session.scalars(select(InboxRow).where(InboxRow.token_id == token.id, InboxRow.idempotency_key == key)).one()
    if row.fingerprint != fingerprint:
        raise InputError("This Idempotency-Key was used for another call; a new call needs a new key.")
    return _received(row), new is not None


def find_received(session: Session, token: Token, id: int) -> Received | None:
    """One file that this token sent; None where there is none."""
    row = session.scalar(select(InboxRow).where(InboxRow.id == id, InboxRow.token_id == token.id))
    return None if row is None else _received(row)


def received_after(session: Session, token: Token, id: int, limit: int) -> tuple[Received, ...]:
    """The files that this token sent after that one, in their order; after 0, from the first."""
    later = select(InboxRow).where(InboxRow.token_id == token.id, InboxRow.id > id).order_by(InboxRow.id)
    return tuple(map(_received, session.scalars(later.limit(limit))))


# For the program at work


def waits(session: Session) -> bool:
    """Whether there is a file to work on now."""
    return session.scalar(select(InboxRow.id).where(_free()).limit(1)) is not None


def take(session: Session) -> Received | None:
    """The file that waits longest, which is the caller's for as long as `LEASE`, or None.

    A file whose work died as often as `MOST_TRIES` is set aside instead.
    """
    while True:
        row = session.scalar(
            select(InboxRow)
            .where(_free())
            .order_by(InboxRow.not_before, InboxRow.id)
            .limit(1)
            .with_for_update(skip_locked=True)
        )
        if row is None:
            return None
        if row.tries < MOST_TRIES:
            row.state, row.tries, row.lease_until = State.WORKING.value, row.tries + 1, datetime.now(UTC) + LEASE
            session.flush()
            return _received(row)
        row.reason = f"Working on it ended the program {row.tries} times."
        _end(row, State.FAILED)
        session.flush()


def renew(session: Session, id: int) -> None:
    """Whoever works on it lives; of a file whose work is over nothing changes."""
    at_work = (InboxRow.id == id) & (InboxRow.state == State.WORKING.value)
    session.execute(update(InboxRow).where(at_work).values(lease_until=datetime.now(UTC) + LEASE))


def done(session: Session, id: int, calls: Sequence[str]) -> None:
    """It has become these calls."""
    row = session.get_one(InboxRow, id)
    row.calls, row.reason = list(calls), ""
    _end(row, State.SCORED)


def failed(session: Session, id: int, reason: str, for_good: bool, calls: Sequence[str] = ()) -> State:
    """It could not be used; tried again later, unless it is for good or was tried often enough. What it is now.

    calls: what nevertheless became of parts of it.
    """
    row = session.get_one(InboxRow, id)
    row.reason, row.calls = reason, list(calls)
    if for_good or row.tries >= MOST_TRIES:
        _end(row, State.FAILED)
    else:
        row.state, row.lease_until = State.RECEIVED.value, None
        row.not_before = datetime.now(UTC) + WAIT * 2 ** (row.tries - 1)
    return State(row.state)


def give_back(session: Session, id: int) -> None:
    """Whoever worked on it was told to stop: somebody else takes it up at once, and this was no try.

    A file whose work was just over stays what it has become.
    """
    free = {"state": State.RECEIVED.value, "lease_until": None, "not_before": datetime.now(UTC), "tries": InboxRow.tries - 1}
    session.execute(update(InboxRow).where(InboxRow.id == id, InboxRow.state == State.WORKING.value).values(free))


def needed_folders(session: Session, failed_since: datetime) -> frozenset[str]:
    """The folders of the inbox whose file waits, is worked on, or could not be used since that moment."""
    at_work = InboxRow.state.in_([State.RECEIVED.value, State.WORKING.value])
    failed = (InboxRow.state == State.FAILED.value) & (InboxRow.finished_at >= failed_since)
    needed = session.scalars(select(InboxRow.spooled).where(or_(at_work, failed)))
    return frozenset(spooled.partition("/")[0] for spooled in needed)


def _free() -> ColumnElement[bool]:
    now = datetime.now(UTC)
    waiting = (InboxRow.state == State.RECEIVED.value) & (InboxRow.not_before <= now)
    died = (InboxRow.state == State.WORKING.value) & (InboxRow.lease_until < now)
    return or_(waiting, died)


def _end(row: InboxRow, state: State) -> None:
    row.state, row.lease_until, row.finished_at = state.value, None, datetime.now(UTC)


def _received(row: InboxRow) -> Received:
    return Received(
        id=row.id,
        sent_as=row.sent_as,
        spooled=row.spooled,
        facts=row.facts,
        state=State(row.state),
        reason=row.reason,
        tries=row.tries,
        calls=tuple(row.calls),
        received_at=row.received_at,
        finished_at=row.finished_at,
    )
