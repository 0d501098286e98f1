"""Are people added once, and does a token stand for exactly one of them, for as long as it should?"""

from datetime import timedelta

import pytest
from sqlalchemy import Engine, select, update

from errors import StorageError
from storage import sessions
from storage.access import Asker, Role
from storage.database import reading, transaction
from storage.people import add_agent, add_team, add_user, deactivate_user, move_agent, set_password
from storage.queries import user_by_email
from storage.tables import AgentRow, SessionRow, UserRow


def test_adding_somebody_again_gives_the_same_id_and_keeps_what_is_known(engine: Engine) -> None:
    with transaction(engine) as session:
        north, south = add_team(session, "North"), add_team(session, "South")
        assert add_team(session, "North") == north
        ana = add_agent(session, "Ana Ruiz", north)
        assert add_agent(session, "Ana Ruiz", south) == ana
        assert session.scalars(select(AgentRow.team_id)).one() == north
        rita = add_user(session, "Rita@Example.org", "Rita Boyle", Role.REVIEWER, "first hash")
        assert add_user(session, " rita@example.org", "Another Name", Role.AGENT, "second hash", agent_id=ana) == rita
        user = session.scalars(select(UserRow)).one()
        assert (user.name, user.role, user.password_hash) == ("Rita Boyle", Role.REVIEWER, "first hash")


def test_an_agent_without_a_team_joins_one_and_moves_only_when_told_to(engine: Engine) -> None:
    with transaction(engine) as session:
        north, south = add_team(session, "North"), add_team(session, "South")
        ana = add_agent(session, "Ana Ruiz")
        add_agent(session, "Ana Ruiz", north)
        assert session.scalars(select(AgentRow.team_id)).one() == north
        move_agent(session, ana, south)
        assert session.scalars(select(AgentRow.team_id)).one() == south


def test_a_sign_in_for_an_agent_says_which_agent(engine: Engine) -> None:
    with pytest.raises(StorageError, match="say which agent"), transaction(engine) as session:
        add_user(session, "ana@example.org", "Ana Ruiz", Role.AGENT, "hash")


def test_signing_in_finds_a_person_by_address_with_teams_and_hash(engine: Engine) -> None:
    with transaction(engine) as session:
        teams = {add_team(session, "North"), add_team(session, "South")}
        user_id = add_user(session, "cora@example.org", "Cora Lind", Role.COACH, "the hash", team_ids=teams)
        user = user_by_email(session, " CORA@example.org ")
        assert user is not None
        assert (user.id, user.password_hash) == (user_id, "the hash")
        assert user.asker == Asker(user_id, Role.COACH, None, frozenset(teams), "Cora Lind")
        assert "the hash" not in repr(user)
        assert user_by_email(session, "nobody@example.org") is None


def test_a_token_stands_for_the_person_until_it_is_ended(engine: Engine) -> None:
    with transaction(engine) as session:
        ana = add_agent(session, "Ana Ruiz")
        user_id = add_user(session, "ana@example.org", "Ana Ruiz", Role.AGENT, "hash", agent_id=ana)
        token, other = sessions.start(session, user_id, 1), sessions.start(session, user_id, 1)
    with reading(engine) as session:
        assert sessions.asker_of(session, token) == Asker(user_id, Role.AGENT, ana, frozenset(), "Ana Ruiz")
        assert sessions.asker_of(session, token + "x") is None
        assert sessions.asker_of(session, "") is None
    with transaction(engine) as session:
        sessions.end(session, token)
        sessions.end(session, "unknown")
    with reading(engine) as session:
        assert sessions.asker_of(session, token) is None
        assert sessions.asker_of(session, other) is not None


def test_the_token_itself_is_nowhere_in_the_database(engine: Engine) -> None:
    with transaction(engine) as session:
        token = sessions.start(session, add_user(session, "r@example.org", "Rita", Role.REVIEWER, "hash"), 1)
        row = session.scalars(select(SessionRow)).one()
        assert token not in (row.token_hash, *map(str, vars(row).values()))
        assert len(token) >= 43


def test_a_token_runs_out(engine: Engine) -> None:
    with transaction(engine) as session:
        token = sessions.start(session, add_user(session, "r@example.org", "Rita", Role.REVIEWER, "hash"), 2)
        assert sessions.asker_of(session, token) is not None
        session.execute(update(SessionRow).values(expires_at=SessionRow.created_at))
        assert sessions.asker_of(session, token) is None


def test_a_session_lasts_as_many_hours_as_were_asked_for(engine: Engine) -> None:
    with transaction(engine) as session:
        sessions.start(session, add_user(session, "r@example.org", "Rita", Role.REVIEWER, "hash"), 2.5)
        row = session.scalars(select(SessionRow)).one()
        assert row.expires_at - row.created_at == timedelta(hours=2.5)


@pytest.mark.parametrize("change", ["deactivated", "new password"])
def test_whoever_is_deactivated_or_gets_a_new_password_is_signed_out(engine: Engine, change: str) -> None:
    with transaction(engine) as session:
        user_id = add_user(session, "r@example.org", "Rita", Role.REVIEWER, "hash")
        token = sessions.start(session, user_id, 1)
        if change == "deactivated":
            deactivate_user(session, user_id)
        else:
            set_password(session, user_id, "another hash")
    with reading(engine) as session:
        assert sessions.asker_of(session, token) is None
        user = user_by_email(session, "r@example.org")
        assert (user.password_hash if user else None) == (None if change == "deactivated" else "another hash")
