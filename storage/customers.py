"""How do people put customers together and take them apart, and say whether a promise was kept, so that it can be undone?

What a person decided stands: a match made later moves no call and takes no identity away (`scoring.same_customer`). When a
customer was in contact before follows at once. Everything is in the record, and every change can be taken back.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import insert, or_, select, update
from sqlalchemy.orm import Session

from errors import NotAllowed, StorageError
from scoring.journey import REPEAT_DAYS, Contact, repeats
from scoring.same_customer import Identity, IdentityKind
from storage import case_links, clock, courses, reasons
from storage.access import Asker, may_correct, may_manage_quality, visible_calls
from storage.audit import About, What, note
from storage.authorship import user_id
from storage.customer_tables import (
    CustomerCallRow,
    CustomerChangeRow,
    CustomerIdentityRow,
    CustomerRow,
    PromiseMarkRow,
)
from storage.identities import customer_id_of, identities_of
from storage.tables import CallRow, TurnRow

MERGED, SPLIT = "merged", "split"


@dataclass(frozen=True)
class Change:
    """What a person changed: `merged` took `calls` conversations of `other` into `customer`, `split` took them out of it
    into `other`. undone_by: who took it back, empty while it stands."""

    id: int
    kind: str
    customer: str
    other: str
    calls: int
    author: str
    at: datetime
    undone_by: str


@dataclass(frozen=True)
class Preview:
    """What a change would do, before it is done: conversations of both, before and afterwards, how many identities move, and
    how many contacts come within so many days of the one before, before and afterwards."""

    calls_before: tuple[int, int]
    calls_after: tuple[int, int]
    identities: Mapping[str, int]
    repeats_before: Mapping[int, int]
    repeats_after: Mapping[int, int]


def merge(session: Session, asker: Asker, customer: str, other: str) -> int:
    """Put two customers together: the other's calls, and what they are known by, become the first one's. The change's id.

    Raises NotAllowed for others than quality managers and administrators, StorageError where one is not there or both are
    the same.
    """
    _check_pair(session, asker, customer, other)
    calls = _calls_of(session, other)
    moved, doubled = _identities_to_move(session, customer, other)
    for ours, theirs in doubled.items():
        session.execute(update(CustomerCallRow).where(CustomerCallRow.identity_id == theirs.id).values(identity_id=ours))
        session.delete(theirs)
    session.flush()
    _move(session, calls, moved, customer)
    pairs = [[theirs.kind.value, theirs.key] for theirs in doubled.values()]
    return _write(session, asker, MERGED, customer, other, calls, [*moved, *pairs])


def split(session: Session, asker: Asker, customer: str, call_ids: Sequence[str]) -> str:
    """Take calls out of a customer: they become a new one's, with what they alone are known by. The new customer's id.

    Raises NotAllowed for others than quality managers and administrators, StorageError where these are not calls of this
    customer, or all of them.
    """
    _check(asker)
    calls = _chosen(session, customer, call_ids)
    moved = _carried_alone(session, customer, calls)
    other = customer_id_of(Identity(IdentityKind.NUMBER, f"{SPLIT} {customer} {clock.now().isoformat()} {calls[0]}"))
    session.execute(insert(CustomerRow).values(id=other, created_at=clock.now()))
    _move(session, calls, moved, other, by_hand=True)
    _write(session, asker, SPLIT, customer, other, calls, moved)
    return other


def undo(session: Session, asker: Asker, change_id: int) -> None:
    """Take a change back: what moved goes to where it was, with what came in since by what moved.

    Raises NotAllowed for others than quality managers and administrators, StorageError where there is no such change, or it
    was taken back already.
    """
    _check(asker)
    row = session.get(CustomerChangeRow, change_id)
    if row is None or row.undone_at is not None:
        raise StorageError("There is no such change that could be taken back.")
    now_at, back_to = (row.customer_id, row.other_id) if row.kind == MERGED else (row.other_id, row.customer_id)
    identities = [one for one in row.identities if isinstance(one, int)]
    still = select(CustomerCallRow.call_id).where(
        CustomerCallRow.customer_id == now_at,
        or_(CustomerCallRow.call_id.in_(row.calls), CustomerCallRow.identity_id.in_(identities)),
    )
    ours = select(CustomerIdentityRow.id).where(
        CustomerIdentityRow.customer_id == now_at, CustomerIdentityRow.id.in_(identities)
    )
    _move(session, list(session.scalars(still)), list(session.scalars(ours)), back_to)
    for one in row.identities:
        if isinstance(one, list):
            values = {"customer_id": back_to, "kind": IdentityKind(one[0]), "key": one[1]}
            session.execute(insert(CustomerIdentityRow).values(**values))
    row.undone_at, row.undone_by = clock.now(), asker.signature
    session.flush()
    for part in (courses, reasons, case_links):
        part.retell(session, [now_at, back_to])
    note(session, asker, What.CUSTOMER_CHANGE_UNDONE, About.CUSTOMER, row.customer_id, other=row.other_id, change=row.id)


def changes(session: Session, asker: Asker, customer: str) -> tuple[Change, ...]:
    """What people changed about this customer, the latest first. Raises NotAllowed for who may not change it."""
    _check(asker)
    rows = session.scalars(
        select(CustomerChangeRow)
        .where(or_(CustomerChangeRow.customer_id == customer, CustomerChangeRow.other_id == customer))
        .order_by(CustomerChangeRow.id.desc())
    )
    return tuple(
        Change(row.id, row.kind, row.customer_id, row.other_id, len(row.calls), row.author, row.at, row.undone_by)
        for row in rows
    )


def preview_merge(session: Session, asker: Asker, customer: str, other: str) -> Preview:
    """What putting these two together would change. Raises as `merge` does."""
    _check_pair(session, asker, customer, other)
    moved, doubled = _identities_to_move(session, customer, other)
    rows = session.scalars(select(CustomerIdentityRow).where(CustomerIdentityRow.id.in_(moved))).all()
    kinds = Counter([*(row.kind.value for row in rows), *(row.kind.value for row in doubled.values())])
    own, theirs = _contacts(session, _calls_of(session, customer)), _contacts(session, _calls_of(session, other))
    return Preview((len(own), len(theirs)), (len(own) + len(theirs), 0), kinds, _both(own, theirs), repeats([*own, *theirs]))


def preview_split(session: Session, asker: Asker, customer: str, call_ids: Sequence[str]) -> Preview:
    """What taking these calls out would change. Raises as `split` does."""
    _check(asker)
    calls = _chosen(session, customer, call_ids)
    every = _contacts(session, _calls_of(session, customer))
    theirs = [one for one in every if one.call_id in calls]
    own = [one for one in every if one.call_id not in calls]
    moved = _carried_alone(session, customer, calls)
    rows = session.scalars(select(CustomerIdentityRow).where(CustomerIdentityRow.id.in_(moved))).all()
    kinds = Counter(row.kind.value for row in rows)
    return Preview((len(every), 0), (len(own), len(theirs)), kinds, repeats(every), _both(own, theirs))


def mark_promise(session: Session, asker: Asker, call_id: str, turn: int, *, kept: bool) -> None:
    """Say that what was promised in this turn was kept, or was not. Raises NotAllowed for who may not correct answers,
    StorageError where there is no such turn that they may see."""
    if not may_correct(asker):
        raise NotAllowed("Reviewers, quality managers and administrators say whether a promise was kept; ask one of them.")
    there = (
        select(TurnRow.position)
        .join(CallRow, CallRow.id == TurnRow.call_id)
        .where(CallRow.id == call_id, TurnRow.position == turn, visible_calls(asker))
    )
    if session.scalar(there) is None:
        raise StorageError(f"There is no such moment in call {call_id}.")
    values = {"author_id": user_id(session, asker), "author": asker.signature, "at": clock.now()}
    session.execute(insert(PromiseMarkRow).values(call_id=call_id, turn=turn, kept=kept, **values))
    note(session, asker, What.PROMISE_MARKED, About.CALL, call_id, turn=turn, kept=kept)


def _check(asker: Asker) -> None:
    if not may_manage_quality(asker):
        raise NotAllowed("Quality managers and administrators say which conversations are of the same customer.")


def _check_pair(session: Session, asker: Asker, customer: str, other: str) -> None:
    _check(asker)
    if customer == other:
        raise StorageError("These are the same customer already.")
    for one in (customer, other):
        if not _calls_of(session, one):
            raise StorageError(f"There is no customer {one} with conversations.")


def _calls_of(session: Session, customer: str) -> list[str]:
    theirs = select(CustomerCallRow.call_id).where(CustomerCallRow.customer_id == customer)
    return list(session.scalars(theirs.order_by(CustomerCallRow.call_id)))


def _chosen(session: Session, customer: str, call_ids: Sequence[str]) -> list[str]:
    every, chosen = _calls_of(session, customer), sorted(set(call_ids))
    if not chosen or not set(chosen) <= set(every):
        raise StorageError("Choose conversations of this customer to take out.")
    if len(chosen) == len(every):
        raise StorageError("One conversation at least has to stay with this customer.")
    return chosen


def _identities_to_move(session: Session, customer: str, other: str) -> tuple[list[int], dict[int, CustomerIdentityRow]]:
    """The ids of the identities that only the other has, and those that both have, by the id of the first one's."""
    both = select(CustomerIdentityRow).where(CustomerIdentityRow.customer_id.in_((customer, other)))
    rows = session.scalars(both.order_by(CustomerIdentityRow.id)).all()
    ours = {(row.kind, row.key): row.id for row in rows if row.customer_id == customer}
    theirs = [row for row in rows if row.customer_id == other]
    moved = [row.id for row in theirs if (row.kind, row.key) not in ours]
    return moved, {ours[row.kind, row.key]: row for row in theirs if (row.kind, row.key) in ours}


def _carried_alone(session: Session, customer: str, calls: Sequence[str]) -> list[int]:
    """The identities of the customer that come with these of their calls and with no other."""
    facts = session.execute(
        select(CallRow.id, CallRow.extra)
        .join(CustomerCallRow, CustomerCallRow.call_id == CallRow.id)
        .where(CustomerCallRow.customer_id == customer)
    ).all()
    with_these = {one for row in facts if row.id in calls for one in identities_of(row.extra)}
    with_others = {one for row in facts if row.id not in calls for one in identities_of(row.extra)}
    alone = with_these - with_others
    rows = session.scalars(select(CustomerIdentityRow).where(CustomerIdentityRow.customer_id == customer)).all()
    return [row.id for row in rows if Identity(row.kind, row.key) in alone]


def _move(session: Session, calls: Sequence[str], identities: Sequence[int], to: str, *, by_hand: bool = False) -> None:
    session.execute(
        update(CustomerIdentityRow).where(CustomerIdentityRow.id.in_(identities)).values(customer_id=to, by_hand=by_hand)
    )
    session.execute(
        update(CustomerCallRow).where(CustomerCallRow.call_id.in_(calls)).values(customer_id=to, by_hand=by_hand)
    )


def _write(
    session: Session,
    asker: Asker,
    kind: str,
    customer: str,
    other: str,
    calls: Sequence[str],
    identities: Sequence[Any],
) -> int:
    row = CustomerChangeRow(
        kind=kind,
        customer_id=customer,
        other_id=other,
        calls=list(calls),
        identities=list(identities),
        author_id=user_id(session, asker),
        author=asker.signature,
        at=clock.now(),
    )
    session.add(row)
    session.flush()
    for part in (courses, reasons, case_links):
        part.retell(session, [customer, other])
    what = What.CUSTOMERS_MERGED if kind == MERGED else What.CUSTOMER_SPLIT
    note(session, asker, what, About.CUSTOMER, customer, other=other, calls=len(calls), change=row.id)
    return row.id


def _contacts(session: Session, calls: Sequence[str]) -> list[Contact]:
    rows = session.execute(select(CallRow.id, CallRow.started_at, CallRow.direction).where(CallRow.id.in_(calls)))
    return [Contact(row.id, row.started_at, "", row.direction == "outbound") for row in rows]


def _both(own: Sequence[Contact], theirs: Sequence[Contact]) -> Mapping[int, int]:
    first, second = repeats(own), repeats(theirs)
    return {within: first[within] + second[within] for within in REPEAT_DAYS}
