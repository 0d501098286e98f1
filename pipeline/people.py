"""How is a person let in, and how do they come by a password?"""

import os
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import Engine

from errors import InputError, SettingsError, StorageError
from pipeline.passwords import check_new, hash_password, new_password
from settings import settings
from storage import people, queries
from storage.access import SYSTEM, Role
from storage.audit import PROGRAM
from storage.database import open_database, reading, transaction
from storage.organisations import organisation_called

ONE_TIME_DAYS = 7
"""Days for which a one-time password lets in, to choose another."""

FIRST_PASSWORD = "first-password.txt"
"""The file in the home folder with the first administrator's one-time password; gone once it was used."""


def add_person(
    url: str,
    *,
    name: str,
    email: str,
    role: Role,
    password: str,
    teams: Sequence[str] = (),
    agent: str | None = None,
    organisation: str | None = None,
) -> None:
    """Let a person sign in.

    teams: names of a coach's teams. agent: the name, as calls have it, of the agent that an agent's sign-in belongs to.
    organisation: the name of the partner whose coach it is; without teams, of all of the partner's. Raises SettingsError
    where something is missing or does not fit, InputError where the password is none, StorageError where there is no such
    organisation or the database cannot be used.
    """
    if "@" not in email:
        raise SettingsError(f"{email!r} is no e-mail address; people sign in with one.")
    check_new(password, name, email)
    if organisation and role is not Role.COACH:
        raise SettingsError("Somebody of a partner is a coach of its teams; an agent is of whom their team is of.")
    if role is Role.COACH and not teams and not organisation:
        raise SettingsError("A coach sees the calls of their teams: name at least one with --team.")
    if role is Role.AGENT and not agent:
        raise SettingsError("An agent sees their own calls: say with --agent which agent of the calls this person is.")
    with transaction(open_database(url)) as session:
        partner = organisation_called(session, SYSTEM, organisation) if organisation else None
        team_ids = [people.add_team(session, team) for team in teams]
        if partner is not None and not set(team_ids) <= set(partner.teams):
            raise SettingsError(
                f"Somebody of {partner.name} looks after its teams only: {', '.join(partner.teams.values())}."
            )
        agent_id = people.add_agent(session, agent) if agent else None
        hashed, of = hash_password(password), partner.id if partner else None
        user_id = people.add_user(session, email, name, role, hashed, agent_id, team_ids, organisation_id=of)
        people.set_password(session, user_id, hash_password(password))


def one_time_until() -> datetime:
    """Until when a one-time password made now lets in."""
    return datetime.now(UTC) + timedelta(days=ONE_TIME_DAYS)


def reset_password(url: str, email: str) -> str:
    """A one-time password for somebody who can no longer sign in; they are signed out everywhere.

    Raises InputError where nobody active has this address.
    """
    engine = open_database(url)
    with reading(engine) as session:
        user = queries.user_by_email(session, email)
    if user is None:
        raise InputError(f"Nobody signs in as {email}.")
    password = new_password()
    with transaction(engine) as session:
        people.set_password(session, user.id, hash_password(password), one_time_until())
    return password


def first_administrator(engine: Engine) -> Path | None:
    """Where nobody can sign in yet: make an administrator, and give the file with their one-time password. Else None.

    The password is written to a file that its owner alone can read, and never to a log.
    """
    options = settings()
    with reading(engine) as session:
        if not people.nobody_there(session):
            return None
    password = new_password()
    hashed = hash_password(password)
    file = options.home / FIRST_PASSWORD
    with transaction(engine) as session:
        if not people.nobody_there(session):
            return None
        user_id = people.add_user(session, options.administrator, "Administrator", Role.ADMINISTRATOR, hashed, by=PROGRAM)
        people.set_password(session, user_id, hashed, one_time_until(), by=PROGRAM)
        try:
            options.home.mkdir(parents=True, exist_ok=True)
            file.unlink(missing_ok=True)
            with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as out:
                out.write(f"{options.administrator}\n{password}\n")
        except OSError as wrong:
            raise StorageError(f"The first password cannot be written to {file}: {wrong.strerror}.") from wrong
    return file
