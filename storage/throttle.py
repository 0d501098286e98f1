"""Has this been tried too often lately?

Attempts are rows, so that they are counted across processes and after a restart. What is counted (an account, an
address) is kept as a hash only; rows older than the longest window are deleted, so that a flood cannot fill the table for
longer than that.
"""

import hashlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import delete, func, select, text
from sqlalchemy.orm import Session

from storage.sign_in_tables import SignInAttemptRow

_KEPT = timedelta(days=1)

_LOCK = 0x7468726F74746C65
"""Key of the PostgreSQL advisory lock under which attempts are counted one after the other: `throttle` in ASCII. SQLite
lets one transaction write at a time anyway."""


@dataclass(frozen=True)
class Limit:
    """At most so many attempts that fail within so many seconds."""

    attempts: int
    seconds: float


def attempt(session: Session, limits: Mapping[str, Limit], now: datetime | None = None) -> float:
    """Count an attempt under each of these keys, or say in how many seconds it may be made, and count nothing.

    It counts as failed until it is forgiven, so that many at once are counted too.
    """
    now = now or datetime.now(UTC)
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
    wait = max(_wait_seconds(session, key, limit, now) for key, limit in limits.items())
    if wait > 0:
        return wait
    session.execute(delete(SignInAttemptRow).where(SignInAttemptRow.at < now - _KEPT))
    session.add_all(SignInAttemptRow(key=_hash(key), at=now) for key in limits)
    session.flush()
    return 0.0


def forgive(session: Session, everything_of: Collection[str], last_of: str) -> None:
    """It was no failure: forget all attempts under these keys, and the last one under that one."""
    session.execute(delete(SignInAttemptRow).where(SignInAttemptRow.key.in_([_hash(key) for key in everything_of])))
    last = select(func.max(SignInAttemptRow.id)).where(SignInAttemptRow.key == _hash(last_of)).scalar_subquery()
    session.execute(delete(SignInAttemptRow).where(SignInAttemptRow.id == last))


def _wait_seconds(session: Session, key: str, limit: Limit, now: datetime) -> float:
    window = timedelta(seconds=limit.seconds)
    recent = (
        select(SignInAttemptRow.at)
        .where(SignInAttemptRow.key == _hash(key), SignInAttemptRow.at > now - window)
        .order_by(SignInAttemptRow.at.desc())
        .limit(limit.attempts)
    )
    at = session.scalars(recent).all()
    return (at[-1] + window - now).total_seconds() if len(at) == limit.attempts else 0.0


def _hash(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()
