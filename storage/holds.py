"""Of which calls may nothing be removed, whatever the rules say or a customer asks for?

A hold is on one call, on all calls of an agent or on all of a customer; it is set and released with a reason by those whom
`storage.roles.TABLE` names, and holds for calls that come later too. Retention passes held calls over, erasure refuses.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import ColumnElement, String, and_, cast, exists, func, or_, select
from sqlalchemy.orm import Session

from errors import InputError, NotAllowed
from storage import clock
from storage.access import Asker, Right, may
from storage.audit import About, What, note
from storage.authorship import authored
from storage.keeping_tables import LegalHoldRow
from storage.sealed_words import is_name
from storage.tables import AgentRow, CallRow


class Scope(StrEnum):
    """What a hold is on."""

    CALL = "call"
    AGENT = "agent"
    CUSTOMER = "customer"


@dataclass(frozen=True)
class Hold:
    """A hold: on what, why, by whom. `target` is a call's id, or the name of an agent or a customer; `calls` is how many
    stored calls it holds. The last three say who released it, when and why; None and empty while it holds."""

    id: int
    scope: Scope
    target: str
    reason: str
    author: str
    at: datetime
    calls: int
    released_at: datetime | None
    released_by: str
    release_reason: str


def set_hold(session: Session, asker: Asker, scope: Scope, target: str, reason: str) -> int:
    """Hold one call (by its id), the calls of an agent or those of a customer (by name); the hold's id.

    Raises NotAllowed for others than the roles that hold, InputError without a reason and where there is no such call or
    agent. A customer need not have called yet.
    """
    _check(asker)
    target, reason = target.strip(), reason.strip()
    if not target or not reason:
        raise InputError("A hold needs what it is on, and a reason.")
    key = target
    if scope is Scope.CALL and session.get(CallRow, target) is None:
        raise InputError(f"There is no call {target}.")
    if scope is Scope.AGENT:
        agent = session.scalar(select(AgentRow.id).where(AgentRow.name == target))
        if agent is None:
            raise InputError(f"There is no agent {target}.")
        key = str(agent)
    on = {"customer": target} if scope is Scope.CUSTOMER else {"target": key}
    row = LegalHoldRow(**{"scope": scope.value, "target": "", **on}, reason=reason, **authored(session, asker))
    session.add(row)
    session.flush()
    note(session, asker, What.HOLD_SET, About.HOLD, row.id, scope=scope.value)
    return row.id


def release_hold(session: Session, asker: Asker, hold_id: int, reason: str) -> None:
    """Hold them no longer. Raises NotAllowed for others than the roles that hold, InputError without a reason, and where
    there is no such hold or it was released."""
    _check(asker)
    row = session.get(LegalHoldRow, hold_id)
    if row is None or row.released_at is not None:
        raise InputError(f"There is no hold {hold_id} in force.")
    if not reason.strip():
        raise InputError("Releasing a hold needs a reason.")
    row.released_at, row.released_by, row.release_reason = clock.now(), asker.signature, reason.strip()
    session.flush()
    note(session, asker, What.HOLD_RELEASED, About.HOLD, row.id, scope=row.scope)


def list_holds(session: Session, asker: Asker, released: bool = False) -> tuple[Hold, ...]:
    """The holds in force, the latest first; `released`: also those that were. Raises NotAllowed for others than the roles
    that hold."""
    _check(asker)
    which = select(LegalHoldRow).order_by(LegalHoldRow.id.desc())
    rows = session.scalars(which if released else which.where(LegalHoldRow.released_at.is_(None))).all()
    return tuple(_hold(session, row) for row in rows)


def held(session: Session) -> ColumnElement[bool]:
    """The condition on `calls` that a hold in force is on them.

    Customers are read from their holds and looked for in every form in which a name may be stored: two rows with the same
    name need not have the same value while words are moved to another key.
    """
    in_force = LegalHoldRow.released_at.is_(None)
    names = session.scalars(
        select(LegalHoldRow.customer).where(in_force, LegalHoldRow.scope == Scope.CUSTOMER.value).order_by(LegalHoldRow.id)
    ).all()
    of_this = or_(
        and_(LegalHoldRow.scope == Scope.CALL.value, LegalHoldRow.target == CallRow.id),
        and_(LegalHoldRow.scope == Scope.AGENT.value, LegalHoldRow.target == cast(CallRow.agent_id, String)),
    )
    return or_(exists(select(LegalHoldRow.id).where(in_force, of_this).correlate(CallRow)), is_name(CallRow.customer, names))


def held_among(session: Session, call_ids: Sequence[str]) -> tuple[str, ...]:
    """Which of these calls are held."""
    return tuple(session.scalars(select(CallRow.id).where(CallRow.id.in_(call_ids), held(session)).order_by(CallRow.id)))


def held_people(session: Session) -> tuple[tuple[Scope, str], ...]:
    """The customers and agents under a hold in force, by name."""
    rows = session.scalars(select(LegalHoldRow).where(LegalHoldRow.released_at.is_(None))).all()
    agents = [int(row.target) for row in rows if row.scope == Scope.AGENT]
    names = session.scalars(select(AgentRow.name).where(AgentRow.id.in_(agents)))
    customers = [(Scope.CUSTOMER, row.customer) for row in rows if row.scope == Scope.CUSTOMER]
    return (*customers, *((Scope.AGENT, name) for name in names))


def _hold(session: Session, row: LegalHoldRow) -> Hold:
    scope, target = Scope(row.scope), row.target
    of_it = {Scope.CALL: CallRow.id == target}
    if scope is Scope.CUSTOMER:
        target = row.customer
        of_it[scope] = is_name(CallRow.customer, [target])
    if scope is Scope.AGENT:
        of_it[scope] = CallRow.agent_id == int(target)
        target = session.scalar(select(AgentRow.name).where(AgentRow.id == int(target))) or target
    calls = session.scalar(select(func.count()).select_from(CallRow).where(of_it[scope])) or 0
    return Hold(
        row.id,
        scope,
        target,
        row.reason,
        row.author,
        row.at,
        calls,
        row.released_at,
        row.released_by,
        row.release_reason,
    )


def _check(asker: Asker) -> None:
    if not may(asker, Right.HOLD):
        raise NotAllowed("Administrators and quality managers put calls under legal hold; ask one of them.")
