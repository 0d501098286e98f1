"""How is a person let in, and how is a password kept?

Passwords are kept as Argon2id hashes with the library's parameters (RFC 9106, low-memory profile); they are never
stored, logged or printed after the moment they are made.
"""

import secrets
from collections.abc import Sequence
from functools import lru_cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from errors import SettingsError
from storage import repository
from storage.access import Role
from storage.database import open_database, transaction

SHORTEST_PASSWORD = 12
"""Length over rules: NIST SP 800-63B asks for length and no composition rules."""

_hasher = PasswordHasher()


def hash_password(password: str) -> str:
    """The Argon2id hash to store."""
    return _hasher.hash(password)


def check_password(password_hash: str | None, password: str) -> bool:
    """Whether it is the right one. Without a hash (nobody by that name) the same time is spent, and the answer is no."""
    try:
        return _hasher.verify(password_hash or _nobodys_hash(), password) and password_hash is not None
    except (VerificationError, InvalidHashError):
        return False


def new_password() -> str:
    """A password that nobody has chosen: 16 characters, 96 bits."""
    return secrets.token_urlsafe(12)


@lru_cache(maxsize=1)
def _nobodys_hash() -> str:
    return _hasher.hash(secrets.token_urlsafe(16))


def add_person(
    url: str, *, name: str, email: str, role: Role, password: str, teams: Sequence[str] = (), agent: str | None = None
) -> None:
    """Let a person sign in.

    teams: names of a coach's teams. agent: the name, as calls have it, of the agent that an agent's sign-in belongs to.
    Raises SettingsError where something is missing or does not fit, StorageError where the database cannot be used.
    """
    if "@" not in email:
        raise SettingsError(f"{email!r} is no e-mail address; people sign in with one.")
    if len(password) < SHORTEST_PASSWORD:
        raise SettingsError(f"The password has {len(password)} characters; it needs {SHORTEST_PASSWORD} or more.")
    if role is Role.COACH and not teams:
        raise SettingsError("A coach sees the calls of their teams: name at least one with --team.")
    if role is Role.AGENT and not agent:
        raise SettingsError("An agent sees their own calls: say with --agent which agent of the calls this person is.")
    with transaction(open_database(url)) as session:
        team_ids = [repository.add_team(session, team) for team in teams]
        agent_id = repository.add_agent(session, agent) if agent else None
        user_id = repository.add_user(session, email, name, role, hash_password(password), agent_id, team_ids)
        repository.set_password(session, user_id, hash_password(password))
