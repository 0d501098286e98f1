"""To which case does a conversation belong?

The first that says something counts: the customer system named the conversation; the conversation came with the case's id
(`case_id`); or it is of the customer of a case, in the time of that case and of no other of theirs. What is known of nobody
belongs to no case. Worked out in the transaction that stores a conversation, imports a case, or moves what is a customer's.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, cast

from sqlalchemy import Connection, Table, insert, or_, select, update
from sqlalchemy.orm import Session

from scoring.course import CASE_COLUMN
from scoring.same_customer import Identity, IdentityKind
from storage.case_tables import CaseCallRow, CaseRow, LinkedBy
from storage.customer_tables import CustomerCallRow, CustomerIdentityRow
from storage.identities import keyed_hash
from storage.same_customer import lots
from storage.tables import CallRow

BEFORE = timedelta(days=1)
"""A case is opened during the conversation that it is about or after it, within a day."""

_AT_ONCE = 500


def key_of(number: str) -> str:
    """By what a case is found that has this id in its customer system."""
    return keyed_hash("case", number.strip().casefold())


def number_in(facts: Mapping[str, Any]) -> str:
    """The id of the case that came with a conversation; empty where none did."""
    given = (value for name, value in facts.items() if str(name).strip().lower() == CASE_COLUMN)
    return next((str(value).strip() for value in given if value), "")


def link_case(session: Session, call_id: str, facts: Mapping[str, Any], customer: str | None) -> None:
    """Write down to which case a conversation belongs of which this is known, and whose it is."""
    number, row = number_in(facts), session.get(CaseCallRow, call_id)
    key = key_of(number) if number else ""
    if row is not None:
        row.key = key
    if row is None and key:
        session.add(CaseCallRow(call_id=call_id, case_id=_alone(session, key), linked_by=LinkedBy.CALL, key=key))
    elif row is not None and row.linked_by is not LinkedBy.GIVEN and key:
        row.linked_by, row.case_id = LinkedBy.CALL, _alone(session, key)
    elif row is not None and row.linked_by is LinkedBy.CALL:
        session.delete(row)
    session.flush()
    if customer is not None:
        settle(session, [customer])


def link_given(session: Session, case_id: int, call_id: str) -> bool:
    """Write down that the customer system named this conversation; False where that stood there. Raises ValueError where it
    named it for another case."""
    row = session.get(CaseCallRow, call_id)
    if row is None:
        session.add(CaseCallRow(call_id=call_id, case_id=case_id, linked_by=LinkedBy.GIVEN, key=""))
        return True
    if row.linked_by is LinkedBy.GIVEN:
        if row.case_id == case_id:
            return False
        raise ValueError(call_id)
    row.case_id, row.linked_by = case_id, LinkedBy.GIVEN
    return True


def let_go(session: Session, case_id: int, call_ids: Collection[str]) -> int:
    """The customer system names these conversations of the case no longer: what came with them counts again. Of how many."""
    theirs = (CaseCallRow.case_id == case_id) & (CaseCallRow.linked_by == LinkedBy.GIVEN)
    rows = session.scalars(select(CaseCallRow).where(theirs, CaseCallRow.call_id.in_(call_ids))).all()
    for row in rows:
        if row.key:
            row.linked_by, row.case_id = LinkedBy.CALL, _alone(session, row.key)
        else:
            session.delete(row)
    session.flush()
    return len(rows)


def link_waiting(session: Session, key: str) -> int:
    """Conversations that came with the id of a case belong to it once it is there. How many were linked otherwise."""
    alone = _alone(session, key)
    named = (CaseCallRow.key == key) & (CaseCallRow.linked_by == LinkedBy.CALL)
    changed = update(CaseCallRow).where(named, CaseCallRow.case_id.is_distinct_from(alone)).values(case_id=alone)
    return session.execute(changed).rowcount  # type: ignore[attr-defined, no-any-return]


def retell(session: Session, customers: Sequence[str]) -> None:
    """Work out anew whose cases these customers' are, after a person moved what they are known by, and which conversations
    belong to them."""
    for row in session.scalars(select(CaseRow).where(CaseRow.customer_id.in_(customers))).all():
        given = [Identity(IdentityKind(kind), key) for kind, key in row.identities]
        row.customer_id = _owner(session, given, customers) or row.customer_id
    session.flush()
    settle(session, customers)


def settle(session: Session, customers: Iterable[str]) -> None:
    """Say of these customers' conversations that belong to no case otherwise in the time of which case they lie."""
    every = sorted(set(customers))
    for start in range(0, len(every), _AT_ONCE):
        _settle(session, every[start : start + _AT_ONCE])


def _settle(session: Session, customers: Sequence[str]) -> None:
    cases: dict[str, list[tuple[int, datetime, datetime | None]]] = defaultdict(list)
    of_these = select(CaseRow.id, CaseRow.customer_id, CaseRow.opened_at, CaseRow.closed_at).where(
        CaseRow.customer_id.in_(customers), CaseRow.opened_at.is_not(None)
    )
    for row in session.execute(of_these):
        cases[row.customer_id].append((row.id, row.opened_at, row.closed_at))
    by_customer = CaseCallRow.linked_by == LinkedBy.CUSTOMER
    free = or_(CaseCallRow.call_id.is_(None), by_customer) if cases else by_customer
    calls = session.execute(
        select(CustomerCallRow.call_id, CustomerCallRow.customer_id, CallRow.started_at, CaseCallRow.case_id)
        .join(CallRow, CallRow.id == CustomerCallRow.call_id)
        .outerjoin(CaseCallRow, CaseCallRow.call_id == CustomerCallRow.call_id)
        .where(CustomerCallRow.customer_id.in_(customers), free)
    ).all()
    for call in calls:
        fits = [
            id_
            for id_, opened, closed in cases[call.customer_id]
            if opened - BEFORE <= call.started_at and (closed is None or call.started_at <= closed)
        ]
        wanted = fits[0] if len(fits) == 1 else None
        if wanted == call.case_id:
            continue
        there = session.get(CaseCallRow, call.call_id)
        if there is None:
            session.add(CaseCallRow(call_id=call.call_id, case_id=wanted, linked_by=LinkedBy.CUSTOMER, key=""))
        elif wanted is None:
            session.delete(there)
        else:
            there.case_id = wanted
    session.flush()


def fill(connection: Connection) -> None:
    """Say of the calls that were stored before cases were with which case's id they came; for the migration."""
    table = cast("Table", CaseCallRow.__table__)
    for lot in lots(connection):
        named = [{"call_id": call.id, "key": key_of(number)} for call in lot if (number := number_in(call.extra))]
        if named:
            connection.execute(insert(table).values(linked_by=LinkedBy.CALL, case_id=None), named)


def _alone(session: Session, key: str) -> int | None:
    """The one case that is found by this; None where none is, or those of two systems."""
    found = session.scalars(select(CaseRow.id).where(CaseRow.key == key).limit(2)).all()
    return found[0] if len(found) == 1 else None


def _owner(session: Session, given: Sequence[Identity], customers: Sequence[str]) -> str | None:
    """Which of these customers is known by the strongest of these."""
    for kind in IdentityKind:
        keys = [one.key for one in given if one.kind is kind]
        rows = select(CustomerIdentityRow.customer_id).where(
            CustomerIdentityRow.kind == kind,
            CustomerIdentityRow.key.in_(keys),
            CustomerIdentityRow.customer_id.in_(customers),
        )
        found = set(session.scalars(rows)) if keys else set()
        if len(found) == 1:
            return found.pop()
    return None
