"""Whose password is this? The one query without an asker: it is what makes somebody one."""

from datetime import UTC, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from storage.records import UserRecord
from storage.sessions import asker_for
from storage.tables import UserRow


def user_by_email(session: Session, email: str) -> UserRecord | None:
    """The active user with this e-mail address, whatever its case; None where there is none. For signing in only.

    A one-time password whose time is over is none any more: the record has no hash then.
    """
    user = session.scalar(select(UserRow).where(UserRow.email == email.strip().lower(), UserRow.active))
    if user is None:
        return None
    over = user.password_until is not None and user.password_until <= datetime.now(UTC)
    hash = "" if over else user.password_hash
    who = asker_for(session, user)
    one_time = user.password_until is not None
    return UserRecord(
        who.user_id, user.email, who.name, who.role, who.agent_id, who.team_ids, hash, one_time, who.organisation_id
    )
