"""Do administrators look after people, teams and settings, nobody else, and is nothing of the past lost on the way?"""

import inspect
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from errors import InputError, NotAllowed, SettingsError
from pipeline import options
from settings import keep_options, settings
from storage import administration, sessions
from storage.access import Asker, Role
from storage.audit_tables import AuditEntryRow
from storage.database import reading, transaction
from storage.people import add_agent, add_team, add_user
from storage.queries import CallFilter, count_calls
from storage.repository import store_scored_call
from storage.tables import UserRow
from tests.storage.build import a_scored_call

UNTIL = datetime(2099, 1, 1, tzinfo=UTC)
TODAY = date(2025, 4, 1)


@pytest.fixture
def ada(engine: Engine) -> Asker:
    with transaction(engine) as session:
        return Asker(add_user(session, "ada@example.org", "Ada", Role.ADMINISTRATOR, "hash"), Role.ADMINISTRATOR, name="Ada")


def _new(session: Session, ada: Asker, role: Role = Role.REVIEWER, **more: object) -> int:
    given = {"name": "Rita Boyle", "email": "rita@example.org", "agent_id": None, "team_ids": (), **more}
    return administration.add_person(session, ada, role=role, password_hash="hash", until=UNTIL, **given)  # type: ignore[arg-type]


def _recorded(session: Session) -> list[str]:
    return list(session.scalars(select(AuditEntryRow.what).order_by(AuditEntryRow.number)))


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.ADMINISTRATOR])
def test_nobody_else_does_or_sees_any_of_it(engine: Engine, ada: Asker, role: Role) -> None:
    other = Asker(ada.user_id, role, 1, frozenset({1}))
    given = {
        "name": "x", "email": "x@example.org", "role": Role.ADMINISTRATOR, "agent_id": 1, "team_ids": (1,), "user_id": 1,
        "password_hash": "x", "until": UNTIL, "team_id": 1, "on": TODAY, "today": TODAY, "value": "1",
        "organisation_id": None,
    }  # fmt: skip
    asked = 0
    for name, made in inspect.getmembers(administration, inspect.isfunction):
        if made.__module__ != administration.__name__ or name.startswith("_") or name == "kept_options":
            continue
        needed = list(inspect.signature(made).parameters.values())
        assert [one.name for one in needed[:2]] == ["session", "asker"], name
        values = {one.name: given[one.name] for one in needed[2:] if one.default is inspect.Parameter.empty}
        with transaction(engine) as session, pytest.raises(NotAllowed):
            made(session, other, **values)
        asked += 1
    assert asked == 16


def test_a_new_person_has_to_choose_a_password_and_stands_in_the_record(engine: Engine, ada: Asker) -> None:
    with transaction(engine) as session:
        rita = _new(session, ada)
        token = sessions.start(session, rita, 1)
        found = sessions.signed_in(session, token)
        assert found is not None
        assert found.must_choose
    with reading(engine) as session:
        listed = {one.name: one for one in administration.list_people(session, ada)}
        assert listed["Rita Boyle"].one_time
        assert listed["Rita Boyle"].last_sign_in is not None
        assert {"person_added", "password_set"} <= set(_recorded(session))


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"name": " "}, "needs a name"),
        ({"email": "rita"}, "e-mail address"),
        ({"email": "ADA@example.org"}, "already"),
        ({"role": Role.AGENT}, "which agent"),
        ({"role": Role.AGENT, "agent_id": 99}, "which agent"),
        ({"role": Role.COACH}, "at least one"),
        ({"role": Role.COACH, "team_ids": (99,)}, "no such team"),
    ],
)
def test_what_does_not_fit_is_said(engine: Engine, ada: Asker, given: dict[str, object], says: str) -> None:
    with transaction(engine) as session, pytest.raises(InputError, match=says):
        _new(session, ada, **given)  # type: ignore[arg-type]


def test_a_changed_role_holds_with_the_next_click_and_leaves_no_link_behind(engine: Engine, ada: Asker) -> None:
    with transaction(engine) as session:
        north, ana = add_team(session, "North"), add_agent(session, "Ana Ruiz")
        rita = _new(session, ada, Role.COACH, team_ids=(north,))
        session.get_one(UserRow, rita).password_until = None
        token = sessions.start(session, rita, 1)
        change = {"name": "Rita Boyle", "agent_id": ana, "team_ids": (north,), "organisation_id": None}
        administration.change_person(session, ada, rita, role=Role.AGENT, **change)  # type: ignore[arg-type]
        assert sessions.asker_of(session, token) == Asker(rita, Role.AGENT, ana, frozenset(), "Rita Boyle")
        administration.change_person(session, ada, rita, role=Role.REVIEWER, **change)  # type: ignore[arg-type]
        assert sessions.asker_of(session, token) == Asker(rita, Role.REVIEWER, None, frozenset(), "Rita Boyle")


def test_the_last_administrator_stays_one(engine: Engine, ada: Asker) -> None:
    with transaction(engine) as session:
        with pytest.raises(InputError, match="Nobody else"):
            administration.deactivate(session, ada, ada.user_id)
        with pytest.raises(InputError, match="Nobody else"):
            administration.change_person(
                session, ada, ada.user_id, name="Ada", role=Role.REVIEWER, agent_id=None, team_ids=(), organisation_id=None
            )
        second = _new(session, ada, Role.ADMINISTRATOR)
        administration.deactivate(session, ada, ada.user_id)
        assert [one.id for one in administration.list_people(session, ada) if one.active] == [second]


def test_whoever_leaves_is_signed_out_and_their_name_stays_until_they_come_back(engine: Engine, ada: Asker) -> None:
    with transaction(engine) as session:
        rita = _new(session, ada)
        token = sessions.start(session, rita, 1)
        administration.deactivate(session, ada, rita)
        assert sessions.signed_in(session, token) is None
        assert "Rita Boyle" in {one.name for one in administration.list_people(session, ada)}
        administration.let_in_again(session, ada, rita, "hash", UNTIL)
        assert sessions.signed_in(session, token) is None
        assert sessions.signed_in(session, sessions.start(session, rita, 1)) is not None


def test_a_reset_and_signing_out_everywhere_end_the_sessions_of_that_person_alone(engine: Engine, ada: Asker) -> None:
    with transaction(engine) as session:
        rita, mine = _new(session, ada), sessions.start(session, ada.user_id, 1)
        token = sessions.start(session, rita, 1)
        administration.reset_password(session, ada, rita, "hash", UNTIL)
        assert sessions.signed_in(session, token) is None
        token = sessions.start(session, rita, 1)
        administration.sign_out_everywhere(session, ada, rita)
        assert sessions.signed_in(session, token) is None
        assert sessions.signed_in(session, mine) is not None


@pytest.fixture
def south(engine: Engine) -> int:
    """A team; and Ana of North with a call on each of the first four days of March 2025."""
    with transaction(engine) as session:
        for day in range(4):
            at = datetime(2025, 3, 1 + day, 9, tzinfo=UTC)
            assert store_scored_call(session, a_scored_call(f"call {day}", started_at=at))
        return add_team(session, "South")


def test_a_call_stays_with_the_team_of_its_time(engine: Engine, ada: Asker, south: int) -> None:
    with transaction(engine) as session:
        ana, north = add_agent(session, "Ana Ruiz"), add_team(session, "North")
        assert administration.move_agent(session, ada, ana, south, date(2025, 3, 4), TODAY) == 1
        coaches = [Asker(1, Role.COACH, team_ids=frozenset({team})) for team in (north, south)]
        assert [count_calls(session, coach, CallFilter()) for coach in coaches] == [3, 1]
        (move,) = administration.list_moves(session, ada)
        assert (move.agent, move.before, move.after, move.on, move.author) == (
            "Ana Ruiz",
            "North",
            "South",
            date(2025, 3, 4),
            "Ada",
        )
        assert administration.move_agent(session, ada, ana, north, TODAY, TODAY) == 0
        assert [count_calls(session, coach, CallFilter()) for coach in coaches] == [3, 1]


@pytest.mark.parametrize(("days", "says"), [(1, "yet to come"), (-30, "cannot be entered"), (0, "is in this team")])
def test_a_move_that_makes_no_sense_is_refused(engine: Engine, ada: Asker, south: int, days: int, says: str) -> None:
    with transaction(engine) as session:
        ana, north = add_agent(session, "Ana Ruiz"), add_team(session, "North")
        administration.move_agent(session, ada, ana, south, TODAY - timedelta(days=9), TODAY)
        with pytest.raises(InputError, match=says):
            administration.move_agent(session, ada, ana, south if days == 0 else north, TODAY + timedelta(days=days), TODAY)


def test_a_team_is_added_once_and_renamed_in_its_past_too(engine: Engine, ada: Asker, south: int) -> None:
    with transaction(engine) as session:
        with pytest.raises(InputError, match="already"):
            administration.add_team(session, ada, " South ")
        with pytest.raises(InputError, match="already"):
            administration.rename_team(session, ada, south, "North")
        with pytest.raises(InputError, match="needs a name"):
            administration.add_team(session, ada, " ")
        administration.rename_team(session, ada, south, "Harbour")
        assert [(one.name, one.agents) for one in administration.list_teams(session, ada)] == [("Harbour", 0), ("North", 1)]


@pytest.fixture
def _as_before() -> Iterator[None]:
    yield
    keep_options({})


@pytest.mark.usefixtures("_as_before")
def test_a_setting_of_the_page_is_in_force_at_once_and_says_who_set_it(engine: Engine, ada: Asker) -> None:
    options.change(engine, ada, "dispute_days", "21")
    assert settings().dispute_days == 21
    options.change(engine, ada, "dispute_days", None)
    assert settings().dispute_days == 14
    with reading(engine) as session:
        made = administration.list_changes(session, ada)
        assert [(one.name, one.value, one.author) for one in made] == [
            ("dispute_days", None, "Ada"),
            ("dispute_days", "21", "Ada"),
        ]
        assert _recorded(session).count("setting_changed") == 2


@pytest.mark.usefixtures("_as_before")
def test_what_the_environment_sets_the_page_does_not_overrule(
    engine: Engine, ada: Asker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ATTUNE_DISPUTE_DAYS", "7")
    settings.cache_clear()
    options.change(engine, ada, "dispute_days", "21")
    assert settings().dispute_days == 7


@pytest.mark.usefixtures("_as_before")
def test_another_process_takes_over_what_was_set(engine: Engine, ada: Asker) -> None:
    with transaction(engine) as session:
        administration.set_option(session, ada, "idle_minutes", "5")
    assert settings().idle_minutes == 60
    options.look(engine)
    assert settings().idle_minutes == 5


@pytest.mark.parametrize(("name", "value"), [("dispute_days", "-1"), ("agent_target", "2"), ("dispute_decider", "nobody")])
def test_a_value_that_does_not_fit_changes_nothing(engine: Engine, ada: Asker, name: str, value: str) -> None:
    with transaction(engine) as session:
        with pytest.raises(SettingsError):
            administration.set_option(session, ada, name, value)
        assert administration.kept_options(session) == {}


@pytest.mark.parametrize("name", ["secret", "home", "database_url", "public_url", "nothing"])
def test_options_of_the_machine_are_not_set_on_the_page(engine: Engine, ada: Asker, name: str) -> None:
    with transaction(engine) as session, pytest.raises(InputError):
        administration.set_option(session, ada, name, "x")
