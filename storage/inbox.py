"""How does what comes in become known before any work on it begins, and taken up again where work on it died?

Whatever arrives, by whichever door, is a row first. Whoever works holds one lease for all that it has in hand, and moves it
on while it lives; when that runs out, the work died, and somebody else takes the files up. What a file makes go wrong three
times is set aside with its reason; what is wrong with the machine (a full disk, a missing model) counts against no file.
"""

import secrets
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from itertools import islice
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, and_, delete, func, not_, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from errors import InputError, NotAllowed
from storage.access import Role
from storage.inbox_tables import InboxCallRow, InboxRow, InboxWorkerRow
from storage.people import insert_unless_known
from storage.tokens import Scope, Token

LEASE = timedelta(seconds=90)
"""How long whoever works is believed to live without a word."""

MOST_TRIES = 3

MOST_INTERRUPTIONS = 10
"""So often the whole program may end while a file is worked on before the file is taken for the cause. Worker processes are
what a bad file brings down, and then the program lives and knows which; machines are switched off for other reasons."""

WAIT = timedelta(minutes=1)
"""Before the second try; twice as long before each further one."""

LONGEST_WAIT = WAIT * 2**MOST_TRIES
"""What seems to wait longer waits by a clock that was set back since."""

COMMAND_LINE = "command line"
"""The source of what was named on the command line."""

_AT_ONCE = 500
"""Rows of one statement; a database takes no more than some ten thousand values."""

T = TypeVar("T")


class State(StrEnum):
    """What became of a file."""

    RECEIVED = "received"
    TRANSCRIBING = "transcribing"
    SCORED = "scored"
    FAILED = "failed"
    SET_ASIDE = "set_aside"
    REMOVED = "removed"


class Door(StrEnum):
    """How a file came in."""

    API = "api"
    WATCHED = "watched"
    COMMAND_LINE = "command_line"


@dataclass(frozen=True)
class Received:
    """A file that came in, as it stands. `calls` are the ids of what it became; `place` is where it lies where that is not
    in the inbox, under `spooled`."""

    id: int
    door: Door
    source: str
    key: str
    sent_as: str
    spooled: str
    place: str
    facts: Mapping[str, Any]
    state: State
    reason: str
    tries: int
    calls: tuple[str, ...]
    received_at: datetime
    finished_at: datetime | None


@dataclass(frozen=True)
class Found:
    """A file that was found somewhere: `key` makes it the same one there, `name` is for people, `place` is where it lies,
    `facts` what is known of it."""

    key: str
    name: str
    place: str
    facts: Mapping[str, Any]


# What comes in


def receive(
    session: Session, token: Token, key: str, fingerprint: str, sent_as: str, spooled: str, facts: Mapping[str, Any]
) -> tuple[Received, bool]:
    """Write down that a program sent a file, or find what came under this key before; and whether it is new.

    Raises NotAllowed where the token does not send calls, InputError where the key was used for something else.
    """
    if Scope.SEND_CALLS not in token.scopes or token.role is Role.AGENT:
        raise NotAllowed("This token is not for sending calls.")
    source = f"token {token.id}"
    sent = Found(key, sent_as, "", facts)
    values = {**_new(session, Door.API, source, sent), "token_id": token.id, "fingerprint": fingerprint, "spooled": spooled}
    new = insert_unless_known(session, InboxRow, values)
    row = session.scalars(select(InboxRow).where(InboxRow.source == source, InboxRow.idempotency_key == key)).one()
    if row.fingerprint != fingerprint:
        raise InputError("This Idempotency-Key was used for another call; a new call needs a new key.")
    return received(row, calls_of(session, row.id)), new is not None


def find_received(session: Session, token: Token, id: int) -> Received | None:
    """One file that this token sent; None where there is none."""
    row = session.scalar(select(InboxRow).where(InboxRow.id == id, InboxRow.token_id == token.id))
    return None if row is None else received(row, calls_of(session, row.id))


def received_after(session: Session, token: Token, id: int, limit: int) -> tuple[Received, ...]:
    """The files that this token sent after that one, in their order; after 0, from the first."""
    later = select(InboxRow).where(InboxRow.token_id == token.id, InboxRow.id > id).order_by(InboxRow.id)
    return tuple(received(row, calls_of(session, row.id)) for row in session.scalars(later.limit(limit)))


def arrive(session: Session, source: str, found: Iterable[Found]) -> int:
    """Write down files that lie in a watched place, each once; how many are new. Two programs may find one at once."""
    new, insert = 0, _insert_of(session)
    for some in _pieces(found):
        rows = [_new(session, Door.WATCHED, source, one) for one in some]
        written = insert(InboxRow).values(rows).on_conflict_do_nothing().returning(InboxRow.id)
        new += len(session.scalars(written).all())
    return new


def known(session: Session, source: str, keys: Iterable[str]) -> dict[str, State]:
    """Which of these files of a place are written down, and what became of them."""
    there: dict[str, State] = {}
    columns = select(InboxRow.idempotency_key, InboxRow.state).where(InboxRow.source == source)
    for some in _pieces(keys):
        there |= {key: State(state) for key, state in session.execute(columns.where(InboxRow.idempotency_key.in_(some)))}
    return there


def reserve(session: Session, worker: str, found: Iterable[Found]) -> dict[str, int]:
    """Write down files that were named on the command line, for this worker to take while it lives; their ids by key.

    A file that was named before is taken anew, whatever became of it; one that another program has in hand just now is left
    to it, and is not among the answers.
    """
    ids: dict[str, int] = {}
    insert = _insert_of(session)
    for some in _pieces(found):
        rows = [{**_new(session, Door.COMMAND_LINE, COMMAND_LINE, one), "worker": worker} for one in some]
        named = insert(InboxRow).values(rows)
        again = ("sent_as", "place", "facts", "state", "reason", "tries", "interruptions", "received_at", "not_before")
        values = {name: named.excluded[name] for name in (*again, "worker", "finished_at")}
        free = or_(InboxRow.worker == worker, _nobodys(session))
        taken = named.on_conflict_do_update(index_elements=["source", "idempotency_key"], set_=values, where=free)
        ids |= {key: id_ for id_, key in session.execute(taken.returning(InboxRow.id, InboxRow.idempotency_key))}
    return ids


def _new(session: Session, door: Door, source: str, found: Found) -> dict[str, Any]:
    now = the_time(session)
    return {
        "door": door.value,
        "source": source,
        "token_id": None,
        "idempotency_key": found.key,
        "fingerprint": "",
        "sent_as": found.name,
        "spooled": "",
        "place": found.place,
        "facts": dict(found.facts),
        "state": State.RECEIVED.value,
        "reason": "",
        "tries": 0,
        "interruptions": 0,
        "received_at": now,
        "not_before": now,
        "worker": None,
        "finished_at": None,
    }


def _pieces(items: Iterable[T]) -> Iterator[list[T]]:
    rest = iter(items)
    while some := list(islice(rest, _AT_ONCE)):
        yield some


def _insert_of(session: Session) -> Any:
    """The database's own way to insert, which knows what to do where a row is there."""
    return postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert


# Who works


def begin_work(session: Session, name: str, id: str = "") -> str:
    """Somebody begins to work: the id under which it takes files, a new one unless it is given. Whoever died long ago is
    forgotten."""
    now = the_time(session)
    session.execute(delete(InboxWorkerRow).where(InboxWorkerRow.lease_until < now - 10 * LEASE))
    row = InboxWorkerRow(id=id or secrets.token_hex(16), name=name, began_at=now, lease_until=now + LEASE, trouble="")
    session.add(row)
    session.flush()
    return row.id


def renew(session: Session, worker: str) -> None:
    """It lives. One that was forgotten while it was stopped is known again."""
    until = the_time(session) + LEASE
    lives = update(InboxWorkerRow).where(InboxWorkerRow.id == worker).values(lease_until=until)
    if not session.execute(lives.returning(InboxWorkerRow.id)).first():
        session.add(
            InboxWorkerRow(id=worker, name="taken up again", began_at=the_time(session), lease_until=until, trouble="")
        )


def bury(session: Session, worker: str) -> None:
    """It is known to be dead before its lease is over: what it had in hand may be taken up."""
    session.execute(delete(InboxWorkerRow).where(InboxWorkerRow.id == worker))


def say_trouble(session: Session, worker: str, trouble: str) -> None:
    """What keeps it from working, for people to read; empty where nothing does any more."""
    session.execute(update(InboxWorkerRow).where(InboxWorkerRow.id == worker).values(trouble=trouble))


def end_work(session: Session, worker: str) -> None:
    """It works no more: what it has in hand somebody else takes up at once, and that was no try."""
    begun = (InboxRow.worker == worker) & (InboxRow.state == State.TRANSCRIBING.value)
    given_back = {"state": State.RECEIVED.value, "tries": InboxRow.tries - 1, "not_before": the_time(session)}
    session.execute(update(InboxRow).where(begun).values(given_back))
    session.execute(update(InboxRow).where(InboxRow.worker == worker).values(worker=None))
    session.execute(delete(InboxWorkerRow).where(InboxWorkerRow.id == worker))


@dataclass(frozen=True)
class Worker:
    """Somebody who works and lives: `name` says where, `trouble` is what keeps it from working, where something does."""

    id: str
    name: str
    began_at: datetime
    trouble: str


def workers(session: Session) -> tuple[Worker, ...]:
    """Who works, whoever began first."""
    rows = session.scalars(select(InboxWorkerRow).where(_lives(session)).order_by(InboxWorkerRow.began_at))
    return tuple(Worker(row.id, row.name, row.began_at, row.trouble) for row in rows)


# What is worked on


def waits(session: Session) -> bool:
    """Whether there is a file to work on now."""
    return any(session.scalar(select(InboxRow.id).where(which).limit(1)) is not None for which in _free(session))


def take(session: Session, worker: str, most: int, only_reserved: bool = False) -> list[Received]:
    """Up to so many files, those that wait longest first, which are this worker's for as long as it lives.

    only_reserved: none but those that were written down for it. A file whose work ended the program as often as
    `MOST_INTERRUPTIONS` is set aside instead.
    """
    reserved = and_(InboxRow.worker == worker, InboxRow.state == State.RECEIVED.value)
    # Whoever asks lives, even where it was stopped for longer than its lease: what it has in hand it does not take again.
    taken: list[InboxRow] = []
    for which in [reserved] if only_reserved else _free(session, worker):
        order = (InboxRow.id,) if only_reserved else (InboxRow.not_before, InboxRow.id)
        rows = select(InboxRow).where(which).order_by(*order).limit(most - len(taken)).with_for_update(skip_locked=True)
        for row in session.scalars(rows).all():
            if row.state == State.RECEIVED.value:
                row.tries += 1
            else:
                row.interruptions += 1
            if row.interruptions < MOST_INTERRUPTIONS:
                row.state, row.worker = State.TRANSCRIBING.value, worker
                taken.append(row)
            else:
                row.reason = f"Working on it ended the program {row.interruptions} times."
                _end(session, row, State.FAILED)
        session.flush()
        if len(taken) >= most:
            break
    return [received(row) for row in taken]


def done(session: Session, id: int, calls: Sequence[str]) -> None:
    """It has become these calls."""
    row = session.get_one(InboxRow, id)
    if row.state in (State.RECEIVED.value, State.TRANSCRIBING.value):
        row.reason = ""
        _became(session, row, calls)
        if row.door != Door.API.value:
            row.facts = {}  # they stand with the call now; what a program said of it is told to that program again
        _end(session, row, State.SCORED)


def failed(session: Session, id: int, worker: str, reason: str, for_good: bool, calls: Sequence[str] = ()) -> State:
    """It could not be used; tried again later, unless it is for good or was tried often enough. What it is now.

    calls: what nevertheless became of parts of it. Where somebody else has it in hand by now nothing changes.
    """
    row = session.get_one(InboxRow, id)
    if row.worker == worker and row.state == State.TRANSCRIBING.value:
        row.reason = reason
        _became(session, row, calls)
        if for_good or row.tries >= MOST_TRIES:
            _end(session, row, State.FAILED)
        else:
            _wait(row, the_time(session) + WAIT * 2 ** (row.tries - 1))
    return State(row.state)


def put_off(session: Session, id: int, worker: str, reason: str) -> None:
    """It could not be worked on through no fault of its own, and is tried again in a while: that was no try."""
    row = session.get_one(InboxRow, id)
    if row.worker == worker and row.state == State.TRANSCRIBING.value:
        row.reason, row.tries = reason, row.tries - 1
        _wait(row, the_time(session) + WAIT)


def put_off_place(session: Session, source: str, wait: timedelta) -> int:
    """A watched place is away: what waits there is left for so long, `LONGEST_WAIT` at most; how many files that are."""
    until = the_time(session) + min(wait, LONGEST_WAIT)
    waiting = and_(InboxRow.source == source, InboxRow.state == State.RECEIVED.value, InboxRow.worker.is_(None))
    put_off = update(InboxRow).where(waiting, InboxRow.not_before < until).values(not_before=until)
    return len(session.scalars(put_off.returning(InboxRow.id)).all())


def place_is_back(session: Session, source: str) -> None:
    """A watched place is there again: what waits there through no fault of its own may be taken at once."""
    waiting = and_(InboxRow.source == source, InboxRow.state == State.RECEIVED.value, InboxRow.worker.is_(None))
    now = the_time(session)
    late = waiting & (InboxRow.tries == 0) & (InboxRow.not_before > now)
    session.execute(update(InboxRow).where(late).values(not_before=now))


def needed_folders(session: Session) -> frozenset[str]:
    """The folders of the inbox whose file waits, is worked on or set aside, or failed and is not forgotten yet."""
    wanted = InboxRow.state.not_in([State.SCORED.value, State.REMOVED.value])
    needed = session.scalars(select(InboxRow.spooled).where(InboxRow.spooled != "", wanted))
    return frozenset(spooled.partition("/")[0] for spooled in needed)


def calls_of(session: Session, id: int) -> tuple[str, ...]:
    """The ids of the calls that a file has become."""
    of_it = select(InboxCallRow.call_id).where(InboxCallRow.inbox_id == id).order_by(InboxCallRow.call_id)
    return tuple(session.scalars(of_it))


def _became(session: Session, row: InboxRow, calls: Sequence[str]) -> None:
    there = set(calls_of(session, row.id))
    session.add_all(InboxCallRow(inbox_id=row.id, call_id=call) for call in dict.fromkeys(calls) if call not in there)


def the_time(session: Session) -> datetime:
    """The clock that all who share a database share."""
    if session.get_bind().dialect.name == "postgresql":
        moment: datetime = session.scalars(select(func.clock_timestamp())).one()
        return moment.astimezone(UTC)
    return datetime.now(UTC)


def _lives(session: Session) -> ColumnElement[bool]:
    """Which workers are believed to live. A lease that ends later than any can is from before the clock was set back."""
    now = the_time(session)
    return and_(InboxWorkerRow.lease_until > now, InboxWorkerRow.lease_until <= now + LEASE)


def _nobodys(session: Session, asking: str = "") -> ColumnElement[bool]:
    """Which files no living worker has or is to have; `asking` lives whatever its lease says."""
    living = [asking, *session.scalars(select(InboxWorkerRow.id).where(_lives(session)))]  # a handful
    return or_(InboxRow.worker.is_(None), not_(InboxRow.worker.in_(living)))


def _free(session: Session, asking: str = "") -> tuple[ColumnElement[bool], ...]:
    """Which files may be taken, each condition with an index of its own: those whose work died, those that wait, and those
    that seem to wait for long because the clock was set back."""
    now, nobodys = the_time(session), _nobodys(session, asking)
    waiting = and_(InboxRow.state == State.RECEIVED.value, nobodys)
    return (
        and_(InboxRow.state == State.TRANSCRIBING.value, nobodys),
        and_(waiting, InboxRow.not_before <= now),
        and_(waiting, InboxRow.not_before > now + LONGEST_WAIT),
    )


def _wait(row: InboxRow, until: datetime) -> None:
    row.state, row.worker, row.not_before = State.RECEIVED.value, None, until


def _end(session: Session, row: InboxRow, state: State) -> None:
    row.state, row.worker, row.finished_at = state.value, None, the_time(session)


def received(row: InboxRow, calls: tuple[str, ...] = ()) -> Received:
    """A row as a value, with the calls that were looked up for it."""
    return Received(
        id=row.id,
        door=Door(row.door),
        source=row.source,
        key=row.idempotency_key,
        sent_as=row.sent_as,
        spooled=row.spooled,
        place=row.place,
        facts=row.facts,
        state=State(row.state),
        reason=row.reason,
        tries=row.tries,
        calls=calls,
        received_at=row.received_at,
        finished_at=row.finished_at,
    )
