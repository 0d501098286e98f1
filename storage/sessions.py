"""Who is behind this token?

A person who signs in gets a random token. Only its SHA-256 is kept, so that whoever reads the database cannot sign in
with what they find; the token has 256 random bits, so that no salt is needed.
"""

import hashlib
import secrets
from datetime import UTC, datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from storage.access import Asker
from storage.audit import NOBODY, About, What, Who, note
from storage.tables import CoachTeamRow, SessionRow, UserRow


def start(session: Session, user_id: int, hours: float) -> str:
    """A new token for this user, good for so many hours."""
    token, now = secrets.token_urlsafe(32), datetime.now(UTC)
    session.add(
        SessionRow(token_hash=_hash(token), user_id=user_id, created_at=now, expires_at=now + timedelta(hours=hours))
    )
    session.flush()
    note(session, _somebody(session, user_id), What.SIGNED_IN, About.PERSON, user_id)
    return token


def refuse(session: Session, user_id: int | None) -> None:
    """Write down that somebody was not let in: who they said they are, where there is such a person.

    What they typed is not kept, as it may be a password in the wrong field.
    """
    note(session, NOBODY, What.SIGN_IN_REFUSED, About.PERSON, user_id or "unknown")


def asker_of(session: Session, token: str) -> Asker | None:
    """Who asks with this token; None where it is unknown, expired or ended, or the user no longer active."""
    user = session.scalar(
        select(UserRow)
        .join(SessionRow, SessionRow.user_id == UserRow.id)
        .where(
            SessionRow.token_hash == _hash(token),
            SessionRow.ended_at.is_(None),
            SessionRow.expires_at > datetime.now(UTC),
            UserRow.active,
        )
    )
    if user is None:
        return None
    return Asker(user.id, user.role, user.agent_id, teams_of(session, user.id), user.name)


def end(session: Session, token: str) -> None:
    """The token is good for nothing from now on. An unknown one is no error: it was good for nothing before."""
    still_open = (SessionRow.token_hash == _hash(token)) & SessionRow.ended_at.is_(None)
    user_id = session.scalar(select(SessionRow.user_id).where(still_open))
    session.execute(update(SessionRow).where(still_open).values(ended_at=datetime.now(UTC)))
    if user_id is not None:
        note(session, _somebody(session, user_id), What.SIGNED_OUT, About.PERSON, user_id)


def teams_of(session: Session, user_id: int) -> frozenset[int]:
    """The teams that a coach looks after."""
    return frozenset(session.scalars(select(CoachTeamRow.team_id).where(CoachTeamRow.user_id == user_id)))


def _somebody(session: Session, user_id: int) -> Who:
    """This user, as the record names who did something."""
    user = session.execute(select(UserRow.name, UserRow.role).where(UserRow.id == user_id)).one()
    return Who(user_id, user.name, user.role.value)


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
