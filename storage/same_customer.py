"""Which calls are of the same customer? Written in the transaction that stores a call, by `scoring.same_customer`.

A call that is matched stays where it is: what comes in later moves nothing, and puts no customers together. The id of a new
customer follows from what they are known by, so that two programs that store their first two calls at once make one.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, cast

from sqlalchemy import Connection, Table, func, insert, select, tuple_, update
from sqlalchemy.orm import Session

from scoring.course import customer_key
from scoring.same_customer import Identity, Owner, match
from storage import clock
from storage.course_tables import CourseRow
from storage.customer_tables import CustomerCallRow, CustomerIdentityRow, CustomerRow
from storage.identities import customer_id_of, hidden, identities_of
from storage.people import insert_unless_known
from storage.sealed_words import keyed
from storage.tables import CallRow

AT_ONCE = 500
"""Calls that are written together when all are matched."""

OUTBOUND = "outbound"


def link(session: Session, call_id: str, facts: Mapping[str, Any], started_at: datetime, direction: str) -> str | None:
    """The customer whose call this is, found or made by what came with it; None where that says nothing.

    facts: what is kept of the list's other columns. A call that is linked stays so.
    """
    contacted_at = started_at if direction != OUTBOUND else None
    already = session.get(CustomerCallRow, call_id)
    if already is not None:
        already.contacted_at = contacted_at
        return already.customer_id
    known = known_by(session, identities_of(facts))
    if known is None:
        return None
    customer, by = known
    identity_id = session.scalar(
        select(CustomerIdentityRow.id).where(
            CustomerIdentityRow.kind == by.kind,
            CustomerIdentityRow.key == by.key,
            CustomerIdentityRow.customer_id == customer,
        )
    )
    values = {"call_id": call_id, "customer_id": customer, "contacted_at": contacted_at, "matched_by": by.kind}
    session.execute(insert(CustomerCallRow).values(**values, identity_id=identity_id))
    return customer


def known_by(session: Session, given: Sequence[Identity]) -> tuple[str, Identity] | None:
    """The customer who is known by these, found or made, and by which of them; None where that says nothing. What is new of
    them is remembered."""
    found = match(given, _owners(session, given))
    if found is None:
        return None
    customer = found.customer or customer_id_of(found.by)
    insert_unless_known(session, CustomerRow, {"id": customer, "created_at": clock.now()})
    for one in found.learned:
        insert_unless_known(session, CustomerIdentityRow, {"customer_id": customer, "kind": one.kind, "key": one.key})
    return customer, found.by


def link_anew(session: Session) -> None:
    """Match every call again whose facts no longer say what it was matched by, or say something for the first time; what
    people said stays."""
    identity = {row.id: Identity(row.kind, row.key) for row in session.scalars(select(CustomerIdentityRow))}
    links = {row.call_id: row for row in session.scalars(select(CustomerCallRow))}
    for lot in lots(session.connection()):
        for call in lot:
            row, given = links.get(call.id), identities_of(call.extra)
            if row is not None and not row.by_hand and (row.identity_id is None or identity[row.identity_id] not in given):
                session.delete(row)
                session.flush()
                row = None
            if row is None and given:
                link(session, call.id, call.extra, call.started_at, call.direction)
    session.flush()


def _owners(session: Session, given: Sequence[Identity]) -> dict[Identity, list[Owner]]:
    """Who has each of these."""
    named = tuple_(CustomerIdentityRow.kind, CustomerIdentityRow.key).in_([(one.kind.value, one.key) for one in given])
    rows = session.scalars(select(CustomerIdentityRow).where(named)).all() if given else ()
    numbered = set(
        session.scalars(
            select(CustomerIdentityRow.customer_id).where(
                CustomerIdentityRow.customer_id.in_({row.customer_id for row in rows}), CustomerIdentityRow.kind == "number"
            )
        )
        if rows
        else ()
    )
    found: dict[Identity, list[Owner]] = defaultdict(list)
    for row in rows:
        found[Identity(row.kind, row.key)].append(Owner(row.customer_id, row.customer_id in numbered, row.by_hand))
    return found


# All calls, for the migration


def fill(connection: Connection) -> None:
    """Match all calls that were stored before customers were, the oldest first; telephone numbers and e-mail addresses that
    lie among their facts become keyed hashes. When the same customer was in contact before follows."""
    owners: dict[Identity, list[Owner]] = defaultdict(list)
    numbered: set[str] = set()
    ids: dict[tuple[Identity, str], int] = {}
    contacts: dict[str, list[tuple[datetime, str]]] = defaultdict(list)
    now = clock.now()
    for lot in lots(connection):
        customers: dict[str, None] = {}
        identities: list[dict[str, Any]] = []
        calls: list[dict[str, Any]] = []
        for call in lot:
            given = identities_of(call.extra)
            known = {one: [Owner(o.customer, o.customer in numbered) for o in owners[one]] for one in given}
            found = match(given, known)
            if (kept := hidden(call.extra)) != call.extra:
                connection.execute(update(_CALL).where(_CALL.c.id == call.id).values(extra=kept))
            if found is None:
                continue
            customer = found.customer or customer_id_of(found.by)
            if found.customer is None:
                customers[customer] = None
            for one in found.learned:
                owners[one].append(Owner(customer, numbered=False))
                ids[one, customer] = len(ids) + 1
                values = {"id": ids[one, customer], "customer_id": customer, "kind": one.kind, "key": one.key}
                identities.append({**values, "by_hand": False})
                if one.kind == "number":
                    numbered.add(customer)
            contacted_at = call.started_at if call.direction != OUTBOUND else None
            if contacted_at is not None:
                contacts[customer].append((contacted_at, call.id))
            calls.append(
                {
                    "call_id": call.id,
                    "customer_id": customer,
                    "contacted_at": contacted_at,
                    "matched_by": found.by.kind,
                    "identity_id": ids.get((found.by, customer)),
                    "by_hand": False,
                }
            )
            if found.by.kind != "number":  # until now nothing was known of whose it is
                values = {"customer_key": keyed(customer_key(kept)), "contacted_at": contacted_at}
                connection.execute(update(_COURSE).where(_COURSE.c.call_id == call.id).values(**values))
        for table, rows in (
            (_CUSTOMER, [{"id": one, "created_at": now} for one in customers]),
            (_IDENTITY, identities),
            (_LINK, calls),
        ):
            if rows:
                connection.execute(insert(table), rows)
    for own in contacts.values():
        for call_id, since in days_between(own).items():
            connection.execute(update(_COURSE).where(_COURSE.c.call_id == call_id).values(days_since_contact=since))
    if ids and connection.dialect.name == "postgresql":  # which does not see ids that are given to it
        sequence = func.pg_get_serial_sequence(_IDENTITY.name, _IDENTITY.c.id.name)
        connection.execute(select(func.setval(sequence, len(ids))))


def days_between(contacts: Sequence[tuple[datetime, str]]) -> dict[str, float]:
    """How many days after the contact before each of these was, of those of one customer; only where there was one.
    contacts: the moments with the ids of the calls."""
    times = sorted({at for at, _ in contacts})
    before = dict(zip(times[1:], times, strict=False))
    return {id_: days(before[at], at) for at, id_ in contacts if at in before}


def days(before: datetime, after: datetime) -> float:
    """From one moment to another."""
    return round((after - before).total_seconds() / _SECONDS_A_DAY, 4)


_SECONDS_A_DAY = 86_400
_CALL, _COURSE, _LINK, _IDENTITY, _CUSTOMER = (
    cast("Table", row.__table__) for row in (CallRow, CourseRow, CustomerCallRow, CustomerIdentityRow, CustomerRow)
)


def lots(connection: Connection) -> Iterator[Sequence[Any]]:
    """What came with the calls, the oldest first, some at a time."""
    every = connection.scalars(select(_CALL.c.id).order_by(_CALL.c.started_at, _CALL.c.id)).all()
    for first in range(0, len(every), AT_ONCE):
        which = every[first : first + AT_ONCE]
        facts = select(_CALL.c.id, _CALL.c.started_at, _CALL.c.direction, _CALL.c.extra).where(_CALL.c.id.in_(which))
        yield connection.execute(facts.order_by(_CALL.c.started_at, _CALL.c.id)).all()
