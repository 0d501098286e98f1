"""Programs with tokens before the interface of a small, invented centre."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine
from starlette.applications import Starlette
from starlette.testclient import TestClient

from api.programs.app import program_routes
from settings import settings
from storage.access import SYSTEM, Role
from storage.database import open_database, transaction
from storage.tokens import Scope, add_token
from tests.dashboard.centre import Centre

API = "/api/v1"

Program = Callable[..., TestClient]


def headers(secret: str) -> dict[str, str]:
    """What a program with this token sends along."""
    return {"Authorization": f"Bearer {secret}"}


@pytest.fixture
def secret_of(engine: Engine, at_home: Centre) -> Callable[..., str]:
    """Makes a token with scopes, a role and what that role needs, and gives its secret."""

    def make(*scopes: Scope, as_: str = "administrator") -> str:
        asker = at_home.askers[as_]
        with transaction(engine) as session:
            _, secret = add_token(
                session, SYSTEM, "a test", scopes or tuple(Scope), Role(asker.role), 30, asker.team_ids, asker.agent_id
            )
        return secret

    return make


@pytest.fixture
def program(client: TestClient, secret_of: Callable[..., str]) -> Program:
    """A client whose every request carries a token of this person's role."""

    def with_token(*scopes: Scope, as_: str = "administrator") -> TestClient:
        client.headers.update(headers(secret_of(*scopes, as_=as_)))
        return client

    return with_token


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sqlite_template: Path) -> Iterator[Engine]:
    """An empty database under a home of its own."""
    monkeypatch.setenv("ATTUNE_HOME", str(tmp_path))
    monkeypatch.setenv("ATTUNE_API_LARGEST_MB", "1")
    settings.cache_clear()
    (tmp_path / "attune.db").write_bytes(sqlite_template.read_bytes())
    opened = open_database(settings().url)
    yield opened
    opened.dispose()
    settings.cache_clear()


@pytest.fixture
def token(own: Engine) -> Callable[..., dict[str, str]]:
    """Makes a token and gives the header that carries it."""

    def make(*scopes: Scope, role: Role = Role.ADMINISTRATOR, team_ids: tuple[int, ...] = ()) -> dict[str, str]:
        with transaction(own) as session:
            return headers(add_token(session, SYSTEM, "crm", scopes or tuple(Scope), role, 1, team_ids)[1])

    return make


@pytest.fixture
def crm(own: Engine, token: Callable[..., dict[str, str]]) -> Iterator[TestClient]:
    """A program that may do everything."""
    with TestClient(Starlette(routes=program_routes(own)), base_url="http://attune.test") as client:
        client.headers.update(token())
        yield client
