"""Who signs in as what, who is in which team, and which settings were changed on the page?

Everything here is for administrators alone and stands in the record. Nothing is deleted: whoever leaves is deactivated,
and what they did stays under their name.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from errors import InputError, NotAllowed
from settings import CHANGED_ON_THE_PAGE, check_option
from storage import people, sessions, tallies
from storage.access import OF_A_PARTNER, Asker, Right, Role, may, teams_of_organisation
from storage.administration_tables import SettingRow, TeamMoveRow
from storage.audit import About, What, note
from storage.authorship import authored
from storage.tables import (
    AgentRow,
    CallRow,
    CoachTeamRow,
    OrganisationRow,
    OrganisationTeamRow,
    SessionRow,
    TeamRow,
    UserRow,
)


@dataclass(frozen=True)
class Person:
    """Somebody who can sign in, or could. `last_sign_in` is None for whoever never did. `organisation` is the partner that
    they are of, empty for our own people, and for agents, who are of whom their team is of."""

    id: int
    name: str
    email: str
    role: Role
    agent_id: int | None
    agent: str
    team_ids: frozenset[int]
    teams: tuple[str, ...]
    active: bool
    one_time: bool
    last_sign_in: datetime | None
    organisation_id: int | None = None
    organisation: str = ""


@dataclass(frozen=True)
class Team:
    """A team, how many agents are in it and which organisation it belongs to today; empty is our own."""

    id: int
    name: str
    agents: int
    organisation: str = ""


@dataclass(frozen=True)
class Member:
    """An agent and the team they are in today."""

    id: int
    name: str
    team_id: int | None


@dataclass(frozen=True)
class Move:
    """A move from one team to another, from a day on, and who entered it when."""

    agent: str
    before: str
    after: str
    on: date
    author: str
    at: datetime


@dataclass(frozen=True)
class Change:
    """What an option was set to on the page; None is its default."""

    name: str
    value: str | None
    author: str
    at: datetime


# People


def list_people(session: Session, asker: Asker) -> tuple[Person, ...]:
    """Everybody who can sign in or could, the active first, by name. Raises NotAllowed for others than administrators."""
    _check(asker)
    last = select(SessionRow.user_id, func.max(SessionRow.created_at).label("at")).group_by(SessionRow.user_id).subquery()
    rows = session.execute(
        select(UserRow, AgentRow.name, last.c.at, OrganisationRow.name)
        .outerjoin(AgentRow, AgentRow.id == UserRow.agent_id)
        .outerjoin(OrganisationRow, OrganisationRow.id == UserRow.organisation_id)
        .outerjoin(last, last.c.user_id == UserRow.id)
        .order_by(UserRow.active.desc(), UserRow.name, UserRow.id)
    ).all()
    looked_after: dict[int, dict[int, str]] = {}
    for link in session.execute(
        select(CoachTeamRow.user_id, TeamRow.id, TeamRow.name)
        .join(TeamRow, TeamRow.id == CoachTeamRow.team_id)
        .order_by(TeamRow.name)
    ):
        looked_after.setdefault(link.user_id, {})[link.id] = link.name
    return tuple(
        Person(
            id=user.id,
            name=user.name,
            email=user.email,
            role=user.role,
            agent_id=user.agent_id,
            agent=agent or "",
            team_ids=frozenset(looked_after.get(user.id, {})),
            teams=tuple(looked_after.get(user.id, {}).values()),
            active=user.active,
            one_time=user.password_until is not None,
            last_sign_in=at,
            organisation_id=user.organisation_id,
            organisation=organisation or "",
        )
        for user, agent, at, organisation in rows
    )


def add_person(
    session: Session,
    asker: Asker,
    *,
    name: str,
    email: str,
    role: Role,
    agent_id: int | None,
    team_ids: Iterable[int],
    password_hash: str,
    until: datetime,
    organisation_id: int | None = None,
) -> int:
    """Let somebody sign in with a one-time password; their id.

    Raises NotAllowed for others than administrators, InputError where something is missing or the address is taken.
    """
    _check(asker)
    name, email, teams = name.strip(), email.strip().lower(), sorted(set(team_ids))
    if not name:
        raise InputError("A person needs a name.")
    if "@" not in email or " " in email:
        raise InputError("People sign in with an e-mail address.")
    if session.scalar(select(UserRow.id).where(UserRow.email == email)) is not None:
        raise InputError("Somebody signs in with this address already, or did.")
    _check_fits(session, role, agent_id, teams, organisation_id)
    agent_id, teams = _of_role(role, agent_id, teams)
    of = None if role is Role.AGENT else organisation_id
    user_id = people.add_user(session, email, name, role, password_hash, agent_id, teams, by=asker, organisation_id=of)
    people.set_password(session, user_id, password_hash, until, by=asker)
    return user_id


def change_person(
    session: Session,
    asker: Asker,
    user_id: int,
    *,
    name: str,
    role: Role,
    agent_id: int | None,
    team_ids: Iterable[int],
    organisation_id: int | None,
) -> None:
    """Give a person this name and role, as an agent the agent they are, as a coach the teams they look after, and the
    partner that they are of; None makes them one of our own. From now on.

    Raises NotAllowed for others than administrators, InputError where something is missing, or nobody would be an
    administrator any more.
    """
    _check(asker)
    user = _user(session, user_id)
    teams = sorted(set(team_ids))
    if not name.strip():
        raise InputError("A person needs a name.")
    _check_fits(session, role, agent_id, teams, organisation_id)
    if role is not Role.ADMINISTRATOR:
        _check_others_administer(session, user)
    agent_id, teams = _of_role(role, agent_id, teams)
    of = None if role is Role.AGENT else organisation_id
    before: dict[str, object] = {
        "role": user.role.value,
        "agent": user.agent_id,
        "teams": sorted(sessions.teams_of(session, user.id)),
    }
    after: dict[str, object] = {"role": role.value, "agent": agent_id, "teams": teams}
    if user.organisation_id != of:
        before["organisation"], after["organisation"] = user.organisation_id, of
    if before == after and user.name == name.strip():
        return
    user.name, user.role, user.agent_id, user.organisation_id = name.strip(), role, agent_id, of
    session.execute(delete(CoachTeamRow).where(CoachTeamRow.user_id == user.id))
    session.add_all(CoachTeamRow(user_id=user.id, team_id=team_id) for team_id in teams)
    session.flush()
    note(session, asker, What.PERSON_CHANGED, About.PERSON, user.id, before=before, after=after)


def deactivate(session: Session, asker: Asker, user_id: int) -> None:
    """This person can no longer sign in, and is signed out everywhere. What they did stays.

    Raises NotAllowed for others than administrators, InputError where nobody would be an administrator any more.
    """
    _check(asker)
    user = _user(session, user_id)
    _check_others_administer(session, user)
    if user.active:
        people.deactivate_user(session, user.id, by=asker)


def let_in_again(session: Session, asker: Asker, user_id: int, password_hash: str, until: datetime) -> None:
    """Somebody who was deactivated can sign in again, with a one-time password. Raises NotAllowed for others than
    administrators."""
    _check(asker)
    user = _user(session, user_id)
    user.active = True
    note(session, asker, What.PERSON_CHANGED, About.PERSON, user.id, active=True)
    people.set_password(session, user.id, password_hash, until, by=asker)


def reset_password(session: Session, asker: Asker, user_id: int, password_hash: str, until: datetime) -> None:
    """Give a person a one-time password; they are signed out everywhere. Raises NotAllowed for others than
    administrators."""
    _check(asker)
    people.set_password(session, _user(session, user_id).id, password_hash, until, by=asker)


def sign_out_everywhere(session: Session, asker: Asker, user_id: int) -> None:
    """End all sessions of a person. Raises NotAllowed for others than administrators."""
    _check(asker)
    sessions.end_all(session, _user(session, user_id).id, asker)


# Teams


def list_teams(session: Session, asker: Asker) -> tuple[Team, ...]:
    """The teams by name. Raises NotAllowed for others than administrators."""
    _check(asker)
    rows = session.execute(
        select(TeamRow.id, TeamRow.name, func.count(AgentRow.id).label("agents"))
        .outerjoin(AgentRow, AgentRow.team_id == TeamRow.id)
        .group_by(TeamRow.id, TeamRow.name)
        .order_by(TeamRow.name)
    )
    belongs = (
        select(OrganisationTeamRow.team_id, OrganisationRow.name)
        .join(OrganisationRow, OrganisationRow.id == OrganisationTeamRow.organisation_id)
        .where(OrganisationTeamRow.until.is_(None))
    )
    of = {row.team_id: row.name for row in session.execute(belongs)}
    return tuple(Team(row.id, row.name, row.agents, of.get(row.id, "")) for row in rows)


def list_members(session: Session, asker: Asker) -> tuple[Member, ...]:
    """The agents by name, with their team of today. Raises NotAllowed for others than administrators."""
    _check(asker)
    rows = session.execute(select(AgentRow.id, AgentRow.name, AgentRow.team_id).order_by(AgentRow.name))
    return tuple(Member(row.id, row.name, row.team_id) for row in rows)


def add_team(session: Session, asker: Asker, name: str) -> int:
    """A new team; its id. Raises NotAllowed for others than administrators, InputError for a name that is none or taken."""
    _check(asker)
    return people.add_team(session, _free_name(session, name), by=asker)


def team_named(session: Session, asker: Asker, name: str) -> int:
    """The id of the team of this name, whether or not it has taken a call. Raises NotAllowed for others than administrators,
    InputError where there is none."""
    _check(asker)
    team_id = session.scalar(select(TeamRow.id).where(TeamRow.name == name.strip()))
    if team_id is None:
        raise InputError(f"There is no team {name.strip()!r}. Add it on the page “Who is in which team”.")
    return team_id


def rename_team(session: Session, asker: Asker, team_id: int, name: str) -> None:
    """Call a team something else, in its past too. Raises as `add_team`."""
    _check(asker)
    row = session.get(TeamRow, team_id)
    if row is None:
        raise InputError("There is no such team.")
    if name.strip() == row.name:
        return
    before, row.name = row.name, _free_name(session, name)
    session.flush()
    note(session, asker, What.TEAM_RENAMED, About.TEAM, team_id, before=before, after=row.name)


def move_agent(session: Session, asker: Asker, agent_id: int, team_id: int, on: date, today: date) -> int:
    """From this day (UTC) on the agent is in this team; how many calls went along.

    A call stays with the team of its time: calls that began on that day or later under the team left behind go with the
    agent, earlier ones never. Raises NotAllowed for others than administrators, InputError for a day to come, for one
    before their last move, and where the agent is in that team.
    """
    _check(asker)
    agent = session.get(AgentRow, agent_id)
    if agent is None or session.get(TeamRow, team_id) is None:
        raise InputError("There is no such agent or team.")
    if agent.team_id == team_id:
        raise InputError(f"{agent.name} is in this team.")
    if on > today:
        raise InputError("That day is yet to come. Enter the move when it has happened.")
    last = session.scalar(select(func.max(TeamMoveRow.on)).where(TeamMoveRow.agent_id == agent_id))
    if last is not None and on < last:
        raise InputError(f"{agent.name} moved on {last:%d %B %Y}; a move before that cannot be entered any more.")
    before = agent.team_id
    move = TeamMoveRow(agent_id=agent_id, from_team_id=before, to_team_id=team_id, on=on, **authored(session, asker))
    session.add(move)
    since = CallRow.started_at >= datetime.combine(on, time(), UTC)
    theirs = (CallRow.agent_id == agent_id) & since & (CallRow.team_id == before)
    moved = tallies.move(session, theirs, team_id)
    agent.team_id = team_id
    session.flush()
    details = {"before": before, "after": team_id, "on": on.isoformat(), "calls": moved}
    note(session, asker, What.AGENT_MOVED, About.AGENT, agent_id, **details)
    return moved


def list_moves(session: Session, asker: Asker, limit: int = 200) -> tuple[Move, ...]:
    """The moves that were entered, the latest first. Raises NotAllowed for others than administrators."""
    _check(asker)
    names = {row.id: row.name for row in session.execute(select(TeamRow.id, TeamRow.name))}
    rows = session.execute(
        select(TeamMoveRow, AgentRow.name)
        .join(AgentRow, AgentRow.id == TeamMoveRow.agent_id)
        .order_by(TeamMoveRow.id.desc())
        .limit(limit)
    )
    return tuple(
        Move(agent, names.get(row.from_team_id or 0, ""), names[row.to_team_id], row.on, row.author, row.at)
        for row, agent in rows
    )


# Settings


def set_option(session: Session, asker: Asker, name: str, value: str | None) -> None:
    """Set an option on the page; None goes back to its default. It is in force once `kept_options` was read again.

    Raises NotAllowed for others than administrators, SettingsError where the value does not fit, InputError for an option
    that is not changed on the page.
    """
    _check(asker)
    if name not in CHANGED_ON_THE_PAGE:
        raise InputError("This option is set in the environment or in attune.env, and not on the page.")
    if value is not None:
        check_option(name, value)
    before = kept_options(session).get(name)
    if before == value:
        return
    session.add(SettingRow(name=name, value=value, **authored(session, asker)))
    session.flush()
    note(session, asker, What.SETTING_CHANGED, About.SETTING, name, before=before, after=value)


def kept_options(session: Session) -> dict[str, str]:
    """What options were last set to on the page, without those that went back to their default."""
    rows = session.execute(select(SettingRow.name, SettingRow.value).order_by(SettingRow.id))
    last = {row.name: row.value for row in rows if row.name in CHANGED_ON_THE_PAGE}
    return {name: value for name, value in last.items() if value is not None}


def list_changes(session: Session, asker: Asker, limit: int = 200) -> tuple[Change, ...]:
    """What was set on the page, by whom and when, the latest first. Raises NotAllowed for others than administrators."""
    _check(asker)
    rows = session.scalars(select(SettingRow).order_by(SettingRow.id.desc()).limit(limit))
    return tuple(Change(row.name, row.value, row.author, row.at) for row in rows)


# What all of them need


def _check(asker: Asker) -> None:
    if not may(asker, Right.ADMINISTER):
        raise NotAllowed("Administrators look after people, teams and settings; ask one of them.")


def _user(session: Session, user_id: int) -> UserRow:
    user = session.get(UserRow, user_id)
    if user is None:
        raise InputError("There is no such person.")
    return user


def _check_fits(
    session: Session, role: Role, agent_id: int | None, team_ids: Iterable[int], organisation_id: int | None
) -> None:
    """Raise InputError where somebody in this role would see nothing, or where somebody of a partner cannot have it."""
    teams = list(team_ids)
    if organisation_id is not None:
        if session.get(OrganisationRow, organisation_id) is None:
            raise InputError("There is no such organisation.")
        if role not in OF_A_PARTNER:
            raise InputError(
                "Somebody of a partner is a coach of its teams or an agent: whoever is measured by the scores does not also "
                "decide them. As a coach without chosen teams they see all of the partner's."
            )
        others = set(teams) - set(session.scalars(teams_of_organisation(organisation_id)))
        if role is Role.COACH and others:
            raise InputError("Somebody of a partner looks after teams of that partner only.")
    if role is Role.AGENT and (agent_id is None or session.get(AgentRow, agent_id) is None):
        raise InputError("An agent sees their own calls: say which agent of the calls this person is.")
    if role is Role.COACH and not teams and organisation_id is None:
        raise InputError("A coach sees the calls of their teams: choose at least one.")
    if len(session.scalars(select(TeamRow.id).where(TeamRow.id.in_(teams))).all()) != len(teams):
        raise InputError("There is no such team.")


def _of_role(role: Role, agent_id: int | None, teams: list[int]) -> tuple[int | None, list[int]]:
    """Only what the role needs: nobody keeps a link that another role would see something by."""
    return (agent_id if role is Role.AGENT else None), (teams if role is Role.COACH else [])


def _check_others_administer(session: Session, user: UserRow) -> None:
    """Raise InputError where this is the last person who can administer."""
    if user.role is not Role.ADMINISTRATOR or not user.active:
        return
    others = select(func.count()).where(UserRow.role == Role.ADMINISTRATOR, UserRow.active, UserRow.id != user.id)
    if not session.scalar(others):
        raise InputError("Nobody else is an administrator. Make somebody else one first.")


def _free_name(session: Session, name: str) -> str:
    name = name.strip()
    if not name:
        raise InputError("A team needs a name.")
    if session.scalar(select(TeamRow.id).where(TeamRow.name == name)) is not None:
        raise InputError(f"There is a team {name} already.")
    return name
