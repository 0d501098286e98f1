"""The routes on a small, invented contact centre, without the dashboard behind them."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, delete
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route, WebSocketRoute
from starlette.testclient import TestClient
from starlette.websockets import WebSocket

from api.routes import middleware, routes
from dashboard.widgets.desk import state
from settings import settings
from storage.database import open_database
from storage.keeping_tables import WordsKeyRow
from storage.sign_in_tables import SignInAttemptRow
from tests.dashboard.centre import PASSWORD, Centre, build_centre

HERE = "http://attune.test"


@pytest.fixture(scope="session")
def centre(tmp_path_factory: pytest.TempPathFactory) -> Centre:
    """The centre, made once."""
    return build_centre(tmp_path_factory.mktemp("centre"))


@pytest.fixture
def at_home(centre: Centre, monkeypatch: pytest.MonkeyPatch) -> Iterator[Centre]:
    """The settings point at the centre."""
    monkeypatch.setenv("ATTUNE_HOME", str(centre.home))
    settings.cache_clear()
    yield centre
    settings.cache_clear()


@pytest.fixture
def engine(at_home: Centre) -> Iterator[Engine]:
    """Its database."""
    opened = open_database(at_home.url)
    yield opened
    with opened.begin() as connection:
        connection.execute(delete(SignInAttemptRow))
        connection.execute(delete(WordsKeyRow))  # of a test that set a key
    opened.dispose()


@pytest.fixture
def client(engine: Engine) -> Iterator[TestClient]:
    """A browser before the guard, with one page and one websocket behind it. It follows no redirect by itself."""

    async def page(request: Request) -> PlainTextResponse:
        return PlainTextResponse("the page")

    async def stream(websocket: WebSocket) -> None:
        await websocket.accept()
        await websocket.send_text("the stream")
        await websocket.close()

    behind = [WebSocketRoute("/_stcore/stream", stream), Route("/static/app.js", page), Route("/{path:path}", page)]
    app = Starlette(routes=[*routes(engine, "session", state), *behind], middleware=middleware(engine, "session"))
    with TestClient(app, base_url=HERE, follow_redirects=False) as opened:
        yield opened


@pytest.fixture
def sign_in(client: TestClient) -> Callable[[str], TestClient]:
    """Signs somebody of the centre in, by the part before the @ of their address."""

    def as_somebody(who: str) -> TestClient:
        form = {"email": f"{who}@attune.example", "password": PASSWORD}
        answer = client.post("/sign-in", data=form, headers={"Origin": HERE})
        assert answer.status_code == 303
        return client

    return as_somebody


@pytest.fixture
def recordings(centre: Centre) -> Path:
    """The store of recordings."""
    return centre.home / "recordings"
