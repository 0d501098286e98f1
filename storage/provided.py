"""Which account is that of somebody of whom the organisation's own sign-in says who they are, and what may it now do?"""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from errors import InputError, NotAllowed
from storage import administration, people
from storage.access import SYSTEM, Role
from storage.audit import Who, done_by
from storage.sessions import teams_of
from storage.tables import AgentRow, TeamRow, UserRow

PROVIDER = Who(None, "the organisation's sign-in", "program")
"""Who the record says gave a role or a team, where claims did."""


@dataclass(frozen=True)
class Provided:
    """What is said of somebody. `role` is None where the provider does not decide roles, `teams` where not those of coaches;
    `agent` is empty where it does not say which agent somebody is."""

    email: str
    name: str
    role: Role | None
    teams: Sequence[str] | None
    agent: str


def admit(session: Session, said: Provided, may_add: bool, unusable_hash: str) -> int:
    """The id of the user whom this is, with the role and the teams that were said; added where nobody is known by the
    address and `may_add`.

    unusable_hash: of a password that nobody knows. It takes the place of a one-time password, which whoever was let in by
    their organisation does not need. Everything that the transaction does is the provider's doing, says the record; so begin
    the session in another. Raises NotAllowed with a sentence for whoever is not let in.
    """
    done_by(session, PROVIDER)
    user = session.scalar(select(UserRow).where(UserRow.email == said.email))
    if user is not None and not user.active:
        raise NotAllowed("You can no longer sign in here. Ask an administrator if that is not right.")
    if user is None and not (may_add and said.role is not None):
        raise NotAllowed("Nobody signs in here with your e-mail address. Ask an administrator to add you.")
    try:
        user_id = _with_role(session, user, said, unusable_hash) if said.role is not None else None
    except InputError as wrong:
        raise NotAllowed(f"Your organisation gives you a role that does not fit here. {wrong}") from wrong
    if user is not None and user.password_until is not None:
        people.set_password(session, user.id, unusable_hash, by=PROVIDER)
    return user.id if user is not None else user_id or 0


def _with_role(session: Session, user: UserRow | None, said: Provided, unusable_hash: str) -> int:
    """The id of the user, who has the role now. Raises InputError where it does not fit."""
    assert said.role is not None
    # Who an agent is does not change by a claim: a name is often the person's own to change.
    agent_id = user.agent_id if user is not None and user.agent_id is not None else _agent(session, said.agent)
    if said.teams is not None:
        team_ids = list(session.scalars(select(TeamRow.id).where(TeamRow.name.in_(said.teams))))
    else:
        team_ids = sorted(teams_of(session, user.id)) if user is not None else []
    if user is not None:
        # Of which partner somebody is does not change by a claim either, and a role that a partner cannot have is refused.
        of = user.organisation_id
        administration.change_person(
            session,
            SYSTEM,
            user.id,
            name=user.name,
            role=said.role,
            agent_id=agent_id,
            team_ids=team_ids,
            organisation_id=of,
        )
        return user.id
    if said.role is Role.COACH and not team_ids:
        raise InputError("A coach looks after teams, and it names none that is known here.")
    if said.role is Role.AGENT and agent_id is None:
        raise InputError("It does not say which agent of the calls you are.")
    agent = agent_id if said.role is Role.AGENT else None
    teams = team_ids if said.role is Role.COACH else []
    return people.add_user(session, said.email, said.name, said.role, unusable_hash, agent, teams, by=PROVIDER)


def _agent(session: Session, name: str) -> int | None:
    return session.scalar(select(AgentRow.id).where(AgentRow.name == name)) if name else None
