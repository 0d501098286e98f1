"""How is the installation doing: what was worked off, what waits, and what fails, in numbers that say nothing of anybody?

The sums are of the whole installation, whichever process did the work, so that they stand here and not in its memory.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import NamedTuple

from sqlalchemy import func, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from storage.audit_tables import AuditEntryRow
from storage.hook_tables import DeliveryRow
from storage.hooks import DeliveryState
from storage.inbox import State
from storage.inbox_tables import InboxRow
from storage.operation_tables import OperationRow
from storage.tables import CallKind


class Measure(StrEnum):
    """What is added up."""

    SECONDS = "seconds"
    CALLS = "calls"
    AUDIO_SECONDS = "audio_seconds"
    FAILURES = "failures"


class Key(NamedTuple):
    """What a sum is of. `kind` is a `CallKind`, or of a failure its sort; `stage` is the stage of which seconds are."""

    measure: Measure
    kind: str
    stage: str = ""


@dataclass(frozen=True)
class Queue:
    """What came in and is not done: how many by state, and for how many seconds what is due has waited at most."""

    by_state: Mapping[str, int]
    oldest_seconds: float

    @property
    def failed(self) -> int:
        """How many could not be used."""
        return self.by_state.get(State.FAILED.value, 0)


def add(session: Session, counts: Mapping[Key, float]) -> None:
    """Add to the sums. In one order always, so that no two who add wait for each other."""
    insert = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    for key in sorted(counts):
        values = {"measure": key.measure.value, "kind": key.kind, "stage": key.stage, "value": float(counts[key])}
        row = insert(OperationRow).values(values)
        more = {"value": OperationRow.value + row.excluded.value}
        session.execute(row.on_conflict_do_update(index_elements=["measure", "kind", "stage"], set_=more))


def sums(session: Session) -> dict[Key, float]:
    """All sums."""
    rows = session.execute(select(OperationRow.measure, OperationRow.kind, OperationRow.stage, OperationRow.value))
    return {Key(Measure(measure), kind, stage): value for measure, kind, stage, value in rows}


def real_time_factor(sums: Mapping[Key, float]) -> float | None:
    """Seconds of work on recordings for each second of them, of everything so far; None where none was heard."""
    heard = sums.get(Key(Measure.AUDIO_SECONDS, CallKind.RECORDING), 0.0)
    worked = sum(value for key, value in sums.items() if key.measure is Measure.SECONDS and key.kind == CallKind.RECORDING)
    return worked / heard if heard else None


_OVER = (State.SCORED.value, State.REMOVED.value)


def queue(session: Session) -> Queue:
    """What waits, is worked on or could not be used."""
    counted = select(InboxRow.state, func.count()).where(InboxRow.state.not_in(_OVER)).group_by(InboxRow.state)
    now = datetime.now(UTC)
    due = (InboxRow.state == State.RECEIVED.value) & (InboxRow.not_before <= now)
    oldest = session.scalar(select(func.min(InboxRow.not_before)).where(due))
    waited = 0.0 if oldest is None else max(0.0, (now - oldest).total_seconds())
    return Queue({str(state): int(number) for state, number in session.execute(counted)}, waited)


def newest_entry(session: Session) -> datetime | None:
    """When the newest entry of the record was written; None where there is none."""
    return session.scalar(select(AuditEntryRow.at).order_by(AuditEntryRow.number.desc()).limit(1))


def failed_deliveries(session: Session) -> int:
    """How many deliveries of webhooks were given up that were due in the last week."""
    lately = DeliveryRow.next_at >= datetime.now(UTC) - timedelta(days=7)
    given_up = (DeliveryRow.state == DeliveryState.FAILED.value) & lately
    return session.scalar(select(func.count()).select_from(DeliveryRow).where(given_up)) or 0


def deliveries(session: Session) -> dict[str, int]:
    """How many deliveries of webhooks wait or were given up."""
    open_ones = DeliveryRow.state != DeliveryState.DELIVERED.value
    counted = select(DeliveryRow.state, func.count()).where(open_ones).group_by(DeliveryRow.state)
    return {str(state): int(number) for state, number in session.execute(counted)}
