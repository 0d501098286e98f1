"""Who is behind this token?

A person who signs in gets a token of 256 random bits, signed with the server's key. Only the SHA-256 of it is kept, so
that whoever reads the database cannot sign in with what they find; a forged one is refused before the database is asked.
A session ends at a set time after it began, when it was not used for a while, and whenever somebody ends it.
"""

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import ColumnElement, select, update
from sqlalchemy.orm import Session

from storage.access import OF_A_PARTNER, Asker, Role, teams_of_organisation
from storage.audit import NOBODY, About, What, Who, note
from storage.secret import server_key
from storage.tables import AgentRow, CoachTeamRow, OrganisationTeamRow, SessionRow, UserRow

_NOTE_EVERY = timedelta(minutes=1)
"""A use within this time of the last is not written down again: a page asks several times a second."""


@dataclass(frozen=True)
class SignedIn:
    """Whose session it is. `must_choose` while they have a one-time password: they may choose another, and nothing else."""

    asker: Asker
    must_choose: bool
    idle_until: datetime
    expires_at: datetime


def start(session: Session, user_id: int, hours: float, idle_minutes: float | None = None) -> str:
    """A new token for this user, good for so many hours, and for so many minutes without use where any are named."""
    token, now = _sign(secrets.token_urlsafe(32)), datetime.now(UTC)
    expires = now + timedelta(hours=hours)
    session.add(
        SessionRow(
            token_hash=_hash(token),
            user_id=user_id,
            created_at=now,
            expires_at=expires,
            idle_until=expires if idle_minutes is None else min(expires, now + timedelta(minutes=idle_minutes)),
        )
    )
    session.flush()
    note(session, _somebody(session, user_id), What.SIGNED_IN, About.PERSON, user_id)
    return token


def refuse(session: Session, user_id: int | None) -> None:
    """Write down that somebody was not let in: who they said they are, where there is such a person.

    What they typed is not kept, as it may be a password in the wrong field.
    """
    note(session, NOBODY, What.SIGN_IN_REFUSED, About.PERSON, user_id or "unknown")


def signed_in(session: Session, token: str) -> SignedIn | None:
    """Whose token it is; None where it is forged, unknown, expired, unused for too long or ended, or the user no longer
    active."""
    if not _is_ours(token):
        return None
    found = session.execute(
        select(UserRow, SessionRow)
        .join(SessionRow, SessionRow.user_id == UserRow.id)
        .where(SessionRow.token_hash == _hash(token), _open(), UserRow.active)
    ).one_or_none()
    if found is None:
        return None
    user, row = found
    asker = asker_for(session, user)
    return SignedIn(asker, user.password_until is not None, row.idle_until or row.expires_at, row.expires_at)


def asker_of(session: Session, token: str) -> Asker | None:
    """Who asks with this token; None where `signed_in` knows nobody, or they have to choose a password first."""
    found = signed_in(session, token)
    return None if found is None or found.must_choose else found.asker


def is_due(found: SignedIn, idle_minutes: float) -> bool:
    """Whether it is time to write down that this session is in use."""
    later = datetime.now(UTC) + timedelta(minutes=idle_minutes)
    return min(later, found.expires_at) - found.idle_until > _NOTE_EVERY


def note_use(session: Session, token: str, idle_minutes: float) -> None:
    """The session is in use: it ends unused so many minutes from now, and never later than it would have ended."""
    later = datetime.now(UTC) + timedelta(minutes=idle_minutes)
    row = session.scalar(select(SessionRow).where(SessionRow.token_hash == _hash(token), _open()))
    if row is not None:
        row.idle_until = min(later, row.expires_at)


def end(session: Session, token: str) -> None:
    """The token is good for nothing from now on. An unknown one is no error: it was good for nothing before."""
    still_open = (SessionRow.token_hash == _hash(token)) & SessionRow.ended_at.is_(None)
    user_id = session.scalar(select(SessionRow.user_id).where(still_open))
    session.execute(update(SessionRow).where(still_open).values(ended_at=datetime.now(UTC)))
    if user_id is not None:
        note(session, _somebody(session, user_id), What.SIGNED_OUT, About.PERSON, user_id)


def end_all(session: Session, user_id: int, by: Asker | Who) -> None:
    """This person is signed in nowhere from now on."""
    still_open = (SessionRow.user_id == user_id) & SessionRow.ended_at.is_(None)
    session.execute(update(SessionRow).where(still_open).values(ended_at=datetime.now(UTC)))
    note(session, by, What.SIGNED_OUT, About.PERSON, user_id, everywhere=True)


def open_since(session: Session, user_id: int) -> list[datetime]:
    """When each of this person's sessions that are still good began, the latest first."""
    began = select(SessionRow.created_at).where(SessionRow.user_id == user_id, _open())
    return list(session.scalars(began.order_by(SessionRow.created_at.desc())))


def asker_for(session: Session, user: UserRow) -> Asker:
    """This user as somebody who asks: the one place where an account becomes an `Asker`.

    An agent is of the organisation that their team belongs to. Somebody else of a partner asks as a coach of its teams of
    today: of those chosen for them, and of all where none is. Whatever else their role was, they have none of it.
    """
    teams = teams_of(session, user.id)
    if user.role is Role.AGENT:
        own = select(OrganisationTeamRow.organisation_id).join(AgentRow, AgentRow.team_id == OrganisationTeamRow.team_id)
        organisation = session.scalar(own.where(AgentRow.id == user.agent_id, OrganisationTeamRow.until.is_(None)))
        return Asker(user.id, user.role, user.agent_id, teams, user.name, organisation)
    if user.organisation_id is None:
        return Asker(user.id, user.role, user.agent_id, teams, user.name)
    theirs = frozenset(session.scalars(teams_of_organisation(user.organisation_id)))
    role = user.role if user.role in OF_A_PARTNER else Role.COACH
    return Asker(user.id, role, None, theirs & teams if teams else theirs, user.name, user.organisation_id)


def teams_of(session: Session, user_id: int) -> frozenset[int]:
    """The teams that a coach looks after."""
    return frozenset(session.scalars(select(CoachTeamRow.team_id).where(CoachTeamRow.user_id == user_id)))


def _somebody(session: Session, user_id: int) -> Who:
    """This user, as the record names who did something."""
    user = session.execute(select(UserRow.name, UserRow.role).where(UserRow.id == user_id)).one()
    return Who(user_id, user.name, user.role.value)


def _open() -> ColumnElement[bool]:
    now = datetime.now(UTC)
    return SessionRow.ended_at.is_(None) & (SessionRow.expires_at > now) & (SessionRow.idle_until > now)


def _sign(value: str) -> str:
    return f"{value}.{hmac.new(server_key(), value.encode(), hashlib.sha256).hexdigest()}"


def _is_ours(token: str) -> bool:
    value = token.rpartition(".")[0]
    return hmac.compare_digest(token.encode(), _sign(value).encode())


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
