"""What do people see of what comes in, and what can they decide about what could not be used?

Administrators decide; quality managers read. What was decided stands in the record.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from errors import NotAllowed, StorageError
from storage import holds, inbox
from storage.access import Asker, Right, may
from storage.audit import PROGRAM, About, What, note_one_of_many
from storage.erasure import names_customer
from storage.holds import Scope
from storage.inbox import Received, State, Worker
from storage.inbox_tables import InboxRow

RATE_OVER = timedelta(hours=1)
"""How long back the rate is counted by which the time left is worked out."""


@dataclass(frozen=True)
class Overview:
    """How things stand. waiting: with those tried again later, which are `later`. hour, day: files that became calls in the
    last hour and day. oldest: when what has waited longest came. workers: who works now."""

    waiting: int
    later: int
    at_work: int
    failed: int
    set_aside: int
    hour: int
    day: int
    oldest: datetime | None
    workers: tuple[Worker, ...]
    now: datetime

    @property
    def left(self) -> timedelta | None:
        """How long what waits will take at the rate of the last hour; None where nothing was done in it."""
        return (self.waiting + self.at_work) / self.hour * RATE_OVER if self.hour else None


def overview(session: Session, asker: Asker) -> Overview:
    """How things stand. Raises NotAllowed for others than administrators and quality managers."""
    _check(asker, Right.MANAGE_QUALITY)
    now = inbox.the_time(session)
    open_ones = select(InboxRow.state, func.count()).where(InboxRow.state != State.SCORED.value).group_by(InboxRow.state)
    counts: dict[str, int] = dict(session.execute(open_ones).all())
    waiting = InboxRow.state == State.RECEIVED.value
    later = select(func.count()).select_from(InboxRow).where(waiting, InboxRow.not_before > now)
    return Overview(
        waiting=counts.get(State.RECEIVED.value, 0),
        later=session.scalar(later) or 0,
        at_work=counts.get(State.TRANSCRIBING.value, 0),
        failed=counts.get(State.FAILED.value, 0),
        set_aside=counts.get(State.SET_ASIDE.value, 0),
        hour=_scored_since(session, now - RATE_OVER),
        day=_scored_since(session, now - timedelta(days=1)),
        oldest=session.scalar(select(func.min(InboxRow.received_at)).where(waiting)),
        workers=inbox.workers(session),
        now=now,
    )


def listed(session: Session, asker: Asker, state: State, most: int) -> tuple[Received, ...]:
    """Up to so many files in this state: of those that are over the latest first, of the others those that come next.

    Raises NotAllowed for others than administrators and quality managers.
    """
    _check(asker, Right.MANAGE_QUALITY)
    over = state not in (State.RECEIVED, State.TRANSCRIBING)
    order = (InboxRow.finished_at.desc(), InboxRow.id.desc()) if over else (InboxRow.not_before, InboxRow.id)
    rows = session.scalars(select(InboxRow).where(InboxRow.state == state.value).order_by(*order).limit(most))
    return tuple(map(inbox.received, rows))


def try_again(session: Session, asker: Asker, ids: Sequence[int]) -> int:
    """Let files that failed or were set aside be tried again, with all their tries; how many. Raises NotAllowed for others
    than administrators, StorageError where one is none of these."""
    rows = _rows(session, asker, ids, (State.FAILED, State.SET_ASIDE), "retried")
    for row in rows:
        row.state, row.tries, row.interruptions = State.RECEIVED.value, 0, 0
        row.not_before, row.finished_at, row.worker = inbox.the_time(session), None, None
    return len(rows)


def set_aside(session: Session, asker: Asker, ids: Sequence[int]) -> int:
    """Let files that wait or failed be, until somebody has them tried again; how many. Raises as `try_again`."""
    rows = _rows(session, asker, ids, (State.RECEIVED, State.FAILED), "set aside")
    for row in rows:
        row.state, row.worker, row.finished_at = State.SET_ASIDE.value, None, inbox.the_time(session)
    return len(rows)


def remove(session: Session, asker: Asker, ids: Sequence[int]) -> tuple[str, ...]:
    """Take files that failed or were set aside out for good: what they were called, who called and what was wrong is
    forgotten, that they were there is not, so that they do not come in again. The files in the inbox, for the caller to
    delete afterwards.

    Raises as `try_again`.
    """
    rows = _rows(session, asker, ids, (State.FAILED, State.SET_ASIDE), "removed")
    for row in rows:
        _forget(session, row)
    return tuple(row.spooled for row in rows if row.spooled)


def forget_failed(session: Session, until: datetime) -> int:
    """Take out for good, as `remove` does, what failed before that moment, but for what names a customer or an agent under
    a legal hold; how many files. For the program's own tidying, which nobody asks for."""
    of_them = (InboxRow.state == State.FAILED.value, InboxRow.finished_at < until)
    rows = session.scalars(select(InboxRow).where(*of_them).order_by(InboxRow.id).with_for_update(skip_locked=True)).all()
    held = holds.held_people(session) if rows else ()
    forgotten = [row for row in rows if not any(_names(row.facts, scope, target) for scope, target in held)]
    for row in forgotten:
        note_one_of_many(session, PROGRAM, What.ARRIVAL_DECIDED, About.ARRIVAL, "removed", row.id)
        _forget(session, row)
    return len(forgotten)


def _names(facts: Mapping[str, Any], scope: Scope, target: str) -> bool:
    return facts.get("agent") == target if scope is Scope.AGENT else names_customer(facts, target)


def _forget(session: Session, row: InboxRow) -> None:
    row.state, row.worker, row.finished_at = State.REMOVED.value, None, inbox.the_time(session)
    row.sent_as, row.place, row.facts, row.reason = "", "", {}, ""


def _rows(session: Session, asker: Asker, ids: Sequence[int], states: tuple[State, ...], decided: str) -> Sequence[InboxRow]:
    _check(asker, Right.ADMINISTER)
    rows = session.scalars(select(InboxRow).where(InboxRow.id.in_(ids)).order_by(InboxRow.id).with_for_update()).all()
    if len(rows) != len(set(ids)) or any(row.state not in states for row in rows):
        raise StorageError("Somebody or something was quicker: what became of these files has changed. Look again.")
    for row in rows:
        note_one_of_many(session, asker, What.ARRIVAL_DECIDED, About.ARRIVAL, decided, row.id)
    return rows


def _scored_since(session: Session, since: datetime) -> int:
    done = (InboxRow.state == State.SCORED.value) & (InboxRow.finished_at >= since)
    return session.scalar(select(func.count()).select_from(InboxRow).where(done)) or 0


def _check(asker: Asker, right: Right) -> None:
    if not may(asker, right):
        who = "Administrators decide" if right is Right.ADMINISTER else "Administrators and quality managers see"
        raise NotAllowed(f"{who} what becomes of files that come in.")
