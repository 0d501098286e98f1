"""What is kept about one person: every row that belongs to a customer's calls, or to an agent and what they did?

Worked out from the tables' own references, so that a table that is added is in it too: beginning with the calls, or the
agent and their sign-in, every row that points at one of these rows, and at those in turn.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from enum import Enum
from typing import Any

from sqlalchemy import ColumnElement, Table, or_, select
from sqlalchemy.orm import Session

from errors import InputError, NotAllowed
from storage.access import Asker, Right, may
from storage.audit_tables import AuditEntryRow
from storage.tables import AgentRow, Base, CallRow, UserRow

SECRETS = frozenset({"password_hash", "token_hash", "secret_hash", "salt"})
"""Columns that open something; they say nothing of a person and are handed out to nobody."""

UPWARDS = frozenset({"passed_to", "given_to_id"})
"""References that lead to somebody else's row and not to a part of this one."""


def agent_id_of(session: Session, asker: Asker, name: str) -> int:
    """The agent of this name. Raises NotAllowed for others than administrators, InputError where there is none."""
    _check(asker)
    found = session.scalar(select(AgentRow.id).where(AgentRow.name == name.strip()))
    if found is None:
        raise InputError(f"There is no agent {name}.")
    return found


def calls_of_agent(session: Session, asker: Asker, agent_id: int) -> tuple[tuple[str, str | None], ...]:
    """The ids of an agent's calls with where their recordings lie, the oldest first. Raises NotAllowed for others than
    administrators."""
    _check(asker)
    rows = session.execute(
        select(CallRow.id, CallRow.recording).where(CallRow.agent_id == agent_id).order_by(CallRow.started_at, CallRow.id)
    )
    return tuple((row.id, row.recording) for row in rows)


def rows_of_calls(session: Session, asker: Asker, call_ids: Sequence[str]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Each row that belongs to these calls: its table and its values. Raises NotAllowed for others than administrators."""
    _check(asker)
    yield from _closure(session, {"calls": CallRow.id.in_(call_ids)})


def rows_of_agent(session: Session, asker: Asker, agent_id: int) -> Iterator[tuple[str, dict[str, Any]]]:
    """Each row about an agent, their sign-in, what they did, what is in the record of it, and their calls. Raises
    NotAllowed for others than administrators."""
    _check(asker)
    users = session.scalars(select(UserRow.id).where(UserRow.agent_id == agent_id)).all()
    yield from _closure(session, {"agents": AgentRow.id == agent_id, "users": UserRow.id.in_(users)})
    theirs = or_(
        AuditEntryRow.who_id.in_(users), (AuditEntryRow.about == "agent") & (AuditEntryRow.about_id == str(agent_id))
    )
    for row in session.execute(select(Base.metadata.tables["audit_entries"]).where(theirs).order_by(AuditEntryRow.number)):
        yield "audit_entries", _plain(row._mapping)


def _closure(session: Session, roots: Mapping[str, ColumnElement[bool]]) -> Iterator[tuple[str, dict[str, Any]]]:
    """The rows of the roots, and every row that points at one of them, table by table."""
    which: dict[str, ColumnElement[bool]] = dict(roots)
    for table in Base.metadata.sorted_tables:  # what is pointed at comes first
        points = [
            column.in_(select(key.column).where(which[key.column.table.name]))
            for column in table.columns
            for key in column.foreign_keys
            if key.column.table.name in which and key.column.table is not table and column.name not in UPWARDS
        ]
        if points and table.name not in roots:
            which[table.name] = or_(*points)
        if table.name in which:
            yield from _rows(session, table, which[table.name])


def _rows(session: Session, table: Table, condition: ColumnElement[bool]) -> Iterator[tuple[str, dict[str, Any]]]:
    for row in session.execute(select(table).where(condition).order_by(*table.primary_key.columns)):
        yield table.name, _plain(row._mapping)


def _plain(row: Mapping[Any, Any]) -> dict[str, Any]:
    """A row as JSON has it; of numbers that a machine alone reads (embeddings, a taught judge) their size."""
    return {str(name): _value(value) for name, value in row.items() if str(name) not in SECRETS}


def _value(value: Any) -> Any:
    if isinstance(value, bytes):
        return f"{len(value)} bytes"
    if isinstance(value, datetime | date):
        return value.isoformat()
    return value.value if isinstance(value, Enum) else value


def _check(asker: Asker) -> None:
    if not may(asker, Right.ADMINISTER):
        raise NotAllowed("Administrators hand out what is kept about a person; ask one of them.")
