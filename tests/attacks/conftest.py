"""An invented contact centre with its doors open to whoever attacks it, in this process and without a browser."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

import anyio
import pytest
from sqlalchemy import Engine, delete
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route, WebSocketRoute
from starlette.testclient import TestClient
from starlette.websockets import WebSocket

from api.routes import middleware, routes
from dashboard import COOKIE
from dashboard.widgets.desk import state
from pipeline import signing_in
from settings import settings
from storage import tokens
from storage.access import SYSTEM, Role
from storage.database import open_database, transaction
from storage.sign_in_tables import SignInAttemptRow
from storage.tables import SessionRow
from storage.tokens import Scope
from tests.dashboard.centre import PASSWORD, Centre, build_centre
from tests.dashboard.conftest import packages_are_read_once

__all__ = ["packages_are_read_once"]

HERE = "http://attune.test"
ELSEWHERE = "http://elsewhere.test"
API = "/api/v1"

_addresses = (f"198.51.{n // 250}.{n % 250}" for n in count())
"""Each test comes from an address of its own, so that none has to wait for what another got wrong."""


@dataclass(frozen=True)
class Site:
    """What is attacked: the centre, its database, and a client that comes from nowhere and is nobody."""

    centre: Centre
    engine: Engine
    client: TestClient

    def session_of(self, who: str) -> str:
        """A session of somebody of the centre, as their browser has it."""
        with transaction(self.engine) as session:
            return signing_in.begin(session, self.centre.askers[who].user_id)

    def as_(self, who: str) -> TestClient:
        """The client with the session of somebody of the centre."""
        return self.with_cookie(self.session_of(who))

    def with_cookie(self, value: str) -> TestClient:
        """The client with this in the session's cookie."""
        self.client.cookies.clear()
        self.client.headers["Cookie"] = f"{COOKIE}={value}"
        return self.client

    def forget_failures(self) -> None:
        """Nobody has failed to sign in so far."""
        with transaction(self.engine) as session:
            session.execute(delete(SignInAttemptRow))

    def token(self, *scopes: Scope, as_: str = "administrator") -> tuple[int, dict[str, str]]:
        """A token of a role of the centre: its id, and the header that carries it."""
        asker = self.centre.askers[as_]
        with transaction(self.engine) as session:
            number, secret = tokens.add_token(
                session, SYSTEM, "a test", scopes or tuple(Scope), Role(asker.role), 30, asker.team_ids, asker.agent_id
            )
        return number, {"Authorization": f"Bearer {secret}"}

    def sign_in(self, email: str, password: str, **headers: str) -> Any:
        """Try to sign in."""
        form = {"email": email, "password": password}
        return self.client.post("/sign-in", data=form, headers={"Origin": HERE, **headers})

    def raw(
        self, method: str, path: str, pieces: Sequence[bytes | float] = (), client: str = "testclient", **headers: str
    ) -> tuple[int, bytes]:
        """What is answered to an address exactly as it is written, and to a body in pieces with pauses (seconds) between."""
        sent = iter(pieces)
        got: list[Any] = []

        async def receive() -> dict[str, Any]:
            for piece in sent:
                if isinstance(piece, float):
                    await anyio.sleep(piece)
                else:
                    return {"type": "http.request", "body": piece, "more_body": True}
            return {"type": "http.request", "body": b"", "more_body": False}

        async def send(message: Any) -> None:
            got.append(message)

        given = {"host": "attune.test", "origin": HERE, **headers}
        scope = {
            "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": method, "scheme": "http",
            "path": path, "raw_path": path.encode(), "query_string": b"", "root_path": "", "client": (client, 1),
            "server": ("attune.test", 80), "headers": [(name.encode(), value.encode()) for name, value in given.items()],
        }  # fmt: skip
        assert self.client.portal is not None
        self.client.portal.call(self.client.app, scope, receive, send)
        return got[0]["status"], b"".join(one.get("body", b"") for one in got[1:])

    def call_of(self, agent: str, number: int = 0) -> str:
        """The id of an agent's call, the latest first."""
        return self.centre.calls[agent][number]


@pytest.fixture(scope="session")
def attacked(tmp_path_factory: pytest.TempPathFactory) -> Centre:
    """The centre, made once."""
    return build_centre(tmp_path_factory.mktemp("attacked"))


@pytest.fixture(scope="session")
def opened(attacked: Centre) -> Iterator[Site]:
    """The site, opened once, with a page and a stream behind the guard in the place of the dashboard."""
    context = pytest.MonkeyPatch()
    context.setenv("ATTUNE_HOME", str(attacked.home))
    settings.cache_clear()

    async def page(request: Request) -> PlainTextResponse:
        return PlainTextResponse("the page")

    async def stream(websocket: WebSocket) -> None:
        await websocket.accept()
        await websocket.send_text("the stream")
        await websocket.close()

    engine = open_database(attacked.url)
    behind = [WebSocketRoute("/_stcore/stream", stream), Route("/{path:path}", page, methods=["GET", "POST"])]
    app = Starlette(routes=[*routes(engine, COOKIE, state), *behind], middleware=middleware(engine, COOKIE))
    with TestClient(app, base_url=HERE, follow_redirects=False, raise_server_exceptions=False) as client:
        yield Site(attacked, engine, client)
    engine.dispose()
    context.undo()
    settings.cache_clear()


@pytest.fixture
def site(opened: Site, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    """The site with nobody signed in and no failure counted."""
    monkeypatch.setenv("ATTUNE_HOME", str(opened.centre.home))
    settings.cache_clear()
    # What a hash costs is tried where that is asked; elsewhere it would make these tests take minutes.
    monkeypatch.setattr(signing_in, "check_password", lambda hash, password: bool(hash) and password == PASSWORD)
    opened.client._transport.client = (next(_addresses), 1)  # type: ignore[attr-defined]
    opened.client.cookies.clear()
    opened.client.headers.pop("Cookie", None)
    yield opened
    opened.client.cookies.clear()
    opened.client.headers.pop("Cookie", None)
    with transaction(opened.engine) as session:
        session.execute(delete(SignInAttemptRow))
        session.execute(delete(SessionRow))
    settings.cache_clear()


@pytest.fixture
def file(tmp_path: Path) -> Callable[[str, bytes], Path]:
    """Writes a file that somebody sent."""

    def write(name: str, content: bytes) -> Path:
        path = tmp_path / name
        path.write_bytes(content)
        return path

    return write
