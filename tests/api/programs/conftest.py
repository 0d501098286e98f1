"""Programs with tokens before the interface of a small, invented centre."""

from collections.abc import Callable

import pytest
from sqlalchemy import Engine
from starlette.testclient import TestClient

from storage.access import SYSTEM, Role
from storage.database import transaction
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
