"""Which teams, agents and users are there?

Adding is harmless to repeat: a name that is known already gives the same id, also when two programs add it at once.
What is added or changed stands in the record under `by`: who did it.
"""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ColumnElement, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from errors import StorageError
from storage.access import Asker
from storage.audit import OPERATOR, PROGRAM, About, What, Who, note
from storage.roles import Role
from storage.sessions import end_all
from storage.tables import AgentRow, Base, CoachTeamRow, TeamRow, UserRow


def add_team(session: Session, name: str, by: Asker | Who = PROGRAM) -> int:
    """The id of the team of this name, added where there is none."""
    team_id, is_new = _id_of(session, TeamRow, TeamRow.name == name, {"name": name})
    if is_new:
        note(session, by, What.TEAM_ADDED, About.TEAM, team_id)
    return team_id


def add_agent(session: Session, name: str, team_id: int | None = None) -> int:
    """The id of the agent of this name, added to the team where there is none.

    Someone known stays in the team they are in, as a call from last year says nothing of today; someone known without a
    team joins this one. `move_agent` changes a team.
    """
    agent_id, _ = _id_of(session, AgentRow, AgentRow.name == name, {"name": name, "team_id": team_id})
    if team_id is not None:
        session.execute(update(AgentRow).where(AgentRow.id == agent_id, AgentRow.team_id.is_(None)).values(team_id=team_id))
    return agent_id


def move_agent(session: Session, agent_id: int, team_id: int, by: Asker | Who = OPERATOR) -> None:
    """From now on the agent is in this team. Calls stay with the team they were taken in."""
    before = session.scalar(select(AgentRow.team_id).where(AgentRow.id == agent_id))
    note(session, by, What.AGENT_MOVED, About.AGENT, agent_id, before=before, after=team_id)
    session.execute(update(AgentRow).where(AgentRow.id == agent_id).values(team_id=team_id))


def add_user(
    session: Session,
    email: str,
    name: str,
    role: Role,
    password_hash: str,
    agent_id: int | None = None,
    team_ids: Iterable[int] = (),
    by: Asker | Who = OPERATOR,
    organisation_id: int | None = None,
) -> int:
    """The id of the user with this e-mail address (case makes no difference), added where there is none.

    `agent_id` is who they are among the agents, `team_ids` are the teams that a coach looks after, `organisation_id` is the
    partner that they are of. Someone known keeps
    their name, role and password; teams are added. Raises StorageError for an agent without `agent_id`, who would see
    nothing.
    """
    if role is Role.AGENT and agent_id is None:
        raise StorageError(f"{email} signs in as an agent: say which agent that is.")
    address = email.strip().lower()
    values = {
        "email": address,
        "name": name,
        "role": role,
        "password_hash": password_hash,
        "agent_id": agent_id,
        "organisation_id": organisation_id,
        "active": True,
        "created_at": datetime.now(UTC),
    }
    user_id, is_new = _id_of(session, UserRow, UserRow.email == address, values)
    joined = [
        team_id
        for team_id in sorted(set(team_ids))
        if insert_unless_known(session, CoachTeamRow, {"user_id": user_id, "team_id": team_id}) is not None
    ]
    if is_new:
        of = {} if organisation_id is None else {"organisation": organisation_id}
        note(session, by, What.PERSON_ADDED, About.PERSON, user_id, role=role.value, agent=agent_id, teams=joined, **of)
    elif joined:
        note(session, by, What.PERSON_CHANGED, About.PERSON, user_id, teams_added=joined)
    return user_id


def set_password(
    session: Session, user_id: int, password_hash: str, until: datetime | None = None, by: Asker | Who = OPERATOR
) -> None:
    """From now on this password holds; whoever is signed in with the old one has to sign in again.

    With `until` it is a one-time password: until then it lets in, to choose another.
    """
    note(session, by, What.PASSWORD_SET, About.PERSON, user_id, one_time=until is not None)
    values = {"password_hash": password_hash, "password_until": until}
    session.execute(update(UserRow).where(UserRow.id == user_id).values(**values))
    end_all(session, user_id, by)


def account(session: Session, user_id: int) -> UserRow:
    """The row of somebody who is signed in. Raises StorageError where there is no such person."""
    user = session.get(UserRow, user_id)
    if user is None:
        raise StorageError("There is no such person.")
    return user


def nobody_there(session: Session) -> bool:
    """Whether nobody has ever been given a sign-in."""
    return session.scalar(select(UserRow.id).limit(1)) is None


def deactivate_user(session: Session, user_id: int, by: Asker | Who = OPERATOR) -> None:
    """This person can no longer sign in, and is signed out. What they did stays, with their name."""
    note(session, by, What.PERSON_DEACTIVATED, About.PERSON, user_id)
    session.execute(update(UserRow).where(UserRow.id == user_id).values(active=False))
    end_all(session, user_id, by)


def insert_unless_known(session: Session, table: type[Base], values: Mapping[str, Any]) -> Any:
    """Insert a row unless one with the same key is there. The first column of its primary key; None where it was there.

    Safe with two writers: the second waits for the first, and then finds the row.
    """
    insert = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    key = table.__mapper__.primary_key[0]
    return session.scalar(insert(table).values(**values).on_conflict_do_nothing().returning(key))


def _id_of(
    session: Session, table: type[TeamRow | AgentRow | UserRow], named: ColumnElement[bool], values: Mapping[str, Any]
) -> tuple[int, bool]:
    """The id of the row of that name, and whether it is new."""
    known = session.scalar(select(table.id).where(named))
    if known is not None:
        return known, False
    is_new = insert_unless_known(session, table, values) is not None
    return session.scalars(select(table.id).where(named)).one(), is_new
