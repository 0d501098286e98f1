"""Which other program asks, what may it do, and whose eyes does it see with?

A token has 256 random bits and is shown once; its SHA-256 alone is kept, which needs no salt as nobody can guess 256 bits.
It carries scopes, a role with its teams or its agent, and a day on which it ends. Whoever asks with it is an `Asker`, so
that the rule who sees what holds for programs as it does for people.
"""

import hashlib
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from errors import NotAllowed, StorageError
from storage.access import Asker, Role, may
from storage.audit import About, What, note
from storage.authorship import authored
from storage.roles import Right
from storage.token_tables import ApiTokenRow

PREFIX = "attune_"
"""What a token begins with, so that one that was put somewhere by mistake is found by a search."""

LONGEST_DAYS = 366
"""A token ends after a year at the latest: one that nobody renews is one that nobody looks after."""

_SEEN_EVERY = timedelta(minutes=1)
"""When a token was last used is written down no more often than this, so that reading need not write each time."""


class Scope(StrEnum):
    """What a token is for."""

    SEND_CALLS = "calls:write"
    READ_RESULTS = "results:read"
    READ_COACHING = "coaching:read"
    HOOKS = "webhooks:write"
    READ_METRICS = "metrics:read"
    WRITE_CASES = "cases:write"


@dataclass(frozen=True)
class Token:
    """A token as it is listed, without its secret."""

    id: int
    name: str
    scopes: frozenset[Scope]
    role: Role
    agent_id: int | None
    team_ids: frozenset[int]
    author: str
    at: datetime
    expires_at: datetime
    revoked_at: datetime | None
    last_used_at: datetime | None

    @property
    def asker(self) -> Asker:
        """The program as somebody who asks. Its id is negative, as it is none of the users."""
        return Asker(-self.id, self.role, self.agent_id, self.team_ids, f"program {self.name}")

    def state(self, now: datetime) -> str:
        """In force, ended or revoked, in one word."""
        if self.revoked_at is not None:
            return "revoked"
        return "ended" if self.expires_at <= now else "in force"


def add_token(
    session: Session,
    asker: Asker,
    name: str,
    scopes: Iterable[Scope],
    role: Role,
    days: int,
    team_ids: Iterable[int] = (),
    agent_id: int | None = None,
) -> tuple[int, str]:
    """Make a token that is good for so many days; its id, and its secret, which is to be had only now.

    Raises NotAllowed for others than administrators, StorageError where something is missing or does not fit.
    """
    _check_administers(asker)
    name, wanted, teams = name.strip(), sorted(set(scopes)), sorted(set(team_ids))
    if not name or len(name) > 80 or not name.isprintable():
        raise StorageError("A token needs a name of up to 80 letters that says which program has it.")
    if not wanted:
        raise StorageError(f"Say what the token is for: {', '.join(Scope)}.")
    if not 1 <= days <= LONGEST_DAYS:
        raise StorageError(f"A token is good for 1 to {LONGEST_DAYS} days, not {days}.")
    if role is Role.COACH and not teams:
        raise StorageError("A token with the role of a coach sees the calls of teams: name at least one.")
    if role is Role.AGENT and agent_id is None:
        raise StorageError("A token with the role of an agent sees that agent's calls: say which agent.")
    secret = PREFIX + secrets.token_urlsafe(32)
    row = ApiTokenRow(
        name=name,
        secret_hash=_hash(secret),
        scopes=[scope.value for scope in wanted],
        role=role,
        agent_id=agent_id if role is Role.AGENT else None,
        team_ids=teams if role is Role.COACH else [],
        expires_at=datetime.now(UTC) + timedelta(days=days),
        **authored(session, asker),
    )
    session.add(row)
    session.flush()
    details = {"name": name, "scopes": row.scopes, "role": role.value, "teams": row.team_ids, "agent": row.agent_id}
    note(session, asker, What.TOKEN_ADDED, About.TOKEN, row.id, **details, days=days)
    return row.id, secret


def list_tokens(session: Session, asker: Asker) -> tuple[Token, ...]:
    """Every token that was ever made, the latest first. Raises NotAllowed for others than administrators."""
    _check_administers(asker)
    return tuple(map(token_of_row, session.scalars(select(ApiTokenRow).order_by(ApiTokenRow.id.desc()))))


def revoke_token(session: Session, asker: Asker, token_id: int) -> None:
    """From now on the token opens nothing. Raises NotAllowed for others than administrators, StorageError where there is
    none that is not revoked already."""
    _check_administers(asker)
    row = session.scalar(select(ApiTokenRow).where(ApiTokenRow.id == token_id, ApiTokenRow.revoked_at.is_(None)))
    if row is None:
        raise StorageError(f"There is no token {token_id} that could still be revoked.")
    row.revoked_at = datetime.now(UTC)
    note(session, asker, What.TOKEN_REVOKED, About.TOKEN, token_id)


def token_of(session: Session, secret: str) -> Token | None:
    """The token with this secret; None where there is none, or it has ended or was revoked."""
    row = session.scalar(
        select(ApiTokenRow).where(
            ApiTokenRow.secret_hash == _hash(secret),
            ApiTokenRow.revoked_at.is_(None),
            ApiTokenRow.expires_at > datetime.now(UTC),
        )
    )
    return None if row is None else token_of_row(row)


def is_long_unseen(token: Token) -> bool:
    """Whether it is time to write down again that the token was used."""
    return token.last_used_at is None or datetime.now(UTC) - token.last_used_at > _SEEN_EVERY


def note_use(session: Session, token_id: int) -> None:
    """The token was used just now."""
    session.execute(update(ApiTokenRow).where(ApiTokenRow.id == token_id).values(last_used_at=datetime.now(UTC)))


def _check_administers(asker: Asker) -> None:
    if not may(asker, Right.ADMINISTER):
        raise NotAllowed("Administrators let other programs in; ask one of them.")


def token_of_row(row: ApiTokenRow) -> Token:
    """The token of a row, in force or not."""
    return Token(
        id=row.id,
        name=row.name,
        scopes=frozenset(map(Scope, row.scopes)),
        role=row.role,
        agent_id=row.agent_id,
        team_ids=frozenset(row.team_ids),
        author=row.author,
        at=row.at,
        expires_at=row.expires_at,
        revoked_at=row.revoked_at,
        last_used_at=row.last_used_at,
    )


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()
