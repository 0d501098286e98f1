"""What do the administrators' pages ask for and do? Nothing of it is remembered: a right that was taken is gone at once."""

import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import TypeVar

from sqlalchemy.orm import Session

from dashboard import data
from errors import NotAllowed
from pipeline import options
from pipeline.passwords import hash_password, new_password
from pipeline.people import one_time_until
from settings import CHANGED_ON_THE_PAGE, Settings, settings
from storage import administration, organisations
from storage.access import Asker, Right, Role, may
from storage.administration import Change, Member, Move, Person, Team
from storage.database import reading, transaction
from storage.organisations import Belonging, Organisation, OrganisationKind

_T = TypeVar("_T")

HIDDEN = ("database_url",)
"""Options that may hold a secret, beside those that `settings` never prints: that they are set is shown, and not to what."""


@dataclass(frozen=True)
class Option:
    """An option as it is in force: its value in words, where from, and whether it may be changed on the page."""

    name: str
    value: str
    default: str
    source: str
    about: str
    may_change: bool


def people(asker: Asker) -> tuple[Person, ...]:
    """Everybody who can sign in or could."""
    return _read(lambda session: administration.list_people(session, asker))


def teams(asker: Asker) -> tuple[Team, ...]:
    """The teams."""
    return _read(lambda session: administration.list_teams(session, asker))


def members(asker: Asker) -> tuple[Member, ...]:
    """The agents with their team of today."""
    return _read(lambda session: administration.list_members(session, asker))


def moves(asker: Asker) -> tuple[Move, ...]:
    """The moves that were entered, the latest first."""
    return _read(lambda session: administration.list_moves(session, asker))


def add_person(
    asker: Asker,
    name: str,
    email: str,
    role: Role,
    agent_id: int | None,
    team_ids: Iterable[int],
    organisation_id: int | None = None,
) -> str:
    """Let somebody sign in; their one-time password, which is kept nowhere."""
    password = new_password()
    with transaction(data.engine()) as session:
        administration.add_person(
            session,
            asker,
            name=name,
            email=email,
            role=role,
            agent_id=agent_id,
            team_ids=team_ids,
            password_hash=hash_password(password),
            until=one_time_until(),
            organisation_id=organisation_id,
        )
    return password


def change_person(
    asker: Asker,
    user_id: int,
    name: str,
    role: Role,
    agent_id: int | None,
    team_ids: Iterable[int],
    organisation_id: int | None,
) -> None:
    """Give a person this name, role, agent, teams and organisation."""
    given = {"name": name, "role": role, "agent_id": agent_id, "team_ids": team_ids, "organisation_id": organisation_id}
    with transaction(data.engine()) as session:
        administration.change_person(session, asker, user_id, **given)  # type: ignore[arg-type]


def reset_password(asker: Asker, user_id: int) -> str:
    """A one-time password for somebody, which is kept nowhere."""
    password = new_password()
    with transaction(data.engine()) as session:
        administration.reset_password(session, asker, user_id, hash_password(password), one_time_until())
    return password


def let_in_again(asker: Asker, user_id: int) -> str:
    """A one-time password for somebody who was deactivated, and can sign in again."""
    password = new_password()
    with transaction(data.engine()) as session:
        administration.let_in_again(session, asker, user_id, hash_password(password), one_time_until())
    return password


def deactivate(asker: Asker, user_id: int) -> None:
    """This person signs in no more."""
    with transaction(data.engine()) as session:
        administration.deactivate(session, asker, user_id)


def sign_out_everywhere(asker: Asker, user_id: int) -> None:
    """End all sessions of a person."""
    with transaction(data.engine()) as session:
        administration.sign_out_everywhere(session, asker, user_id)


def add_team(asker: Asker, name: str) -> None:
    """A new team."""
    with transaction(data.engine()) as session:
        administration.add_team(session, asker, name)
    data.forget()


def rename_team(asker: Asker, team_id: int, name: str) -> None:
    """Call a team something else."""
    with transaction(data.engine()) as session:
        administration.rename_team(session, asker, team_id, name)
    data.forget()


def move_agent(asker: Asker, agent_id: int, team_id: int, on: date) -> int:
    """From this day on the agent is in this team; how many calls went along."""
    with transaction(data.engine()) as session:
        moved = administration.move_agent(session, asker, agent_id, team_id, on, datetime.now(UTC).date())
    data.forget()
    return moved


def all_organisations(asker: Asker) -> tuple[Organisation, ...]:
    """The organisations that were entered."""
    return _read(lambda session: organisations.list_organisations(session, asker))


def belongings(asker: Asker) -> tuple[Belonging, ...]:
    """Which team belonged to which organisation when, the latest entered first."""
    return _read(lambda session: organisations.list_belongings(session, asker))


def add_organisation(asker: Asker, name: str, kind: OrganisationKind) -> None:
    """A new organisation."""
    with transaction(data.engine()) as session:
        organisations.add_organisation(session, asker, name, kind)
    data.forget()


def change_organisation(asker: Asker, organisation_id: int, name: str, kind: OrganisationKind) -> None:
    """Call an organisation something else, or say that it is of another kind."""
    with transaction(data.engine()) as session:
        organisations.change_organisation(session, asker, organisation_id, name, kind)
    data.forget()


def assign_team(asker: Asker, team_id: int, organisation_id: int | None, on: date | None) -> None:
    """From this day on the team belongs to the organisation; None is our own."""
    with transaction(data.engine()) as session:
        organisations.assign_team(session, asker, team_id, organisation_id, on, datetime.now(UTC).date())
    data.forget()


def in_force(asker: Asker) -> list[Option]:
    """Every option as it is in force, and where from. Raises NotAllowed for others than administrators."""
    if not may(asker, Right.ADMINISTER):
        raise NotAllowed("Administrators see the settings; ask one of them.")
    now, given = settings(), Settings().model_fields_set
    kept = _read(administration.kept_options)
    found = []
    for name, field in Settings.model_fields.items():
        value = getattr(now, name)
        if f"ATTUNE_{name.upper()}" in {key.upper() for key in os.environ}:
            source = "environment"
        elif name in given:
            source = "attune.env"
        else:
            source = "this page" if name in kept else "default"
        shown = ("set" if value else "not set") if name in HIDDEN or not field.repr else str(value)
        on_the_page = name in CHANGED_ON_THE_PAGE and source in ("this page", "default")
        found.append(Option(name, shown, str(field.default), source, field.description or "", on_the_page))
    return found


def set_option(asker: Asker, name: str, value: str | None) -> None:
    """Set an option, None for its default; in force at once."""
    options.change(data.engine(), asker, name, value)
    data.forget()


def changes(asker: Asker) -> tuple[Change, ...]:
    """What was set on the page, by whom and when."""
    return _read(lambda session: administration.list_changes(session, asker))


def _read(what: Callable[[Session], _T]) -> _T:
    with reading(data.engine()) as session:
        return what(session)
