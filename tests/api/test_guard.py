"""Nobody reaches anything without a session: no page, no file, no stream."""

from collections.abc import Callable

import pytest
from starlette.testclient import TestClient
from starlette.websockets import WebSocketDisconnect

SignIn = Callable[[str], TestClient]


def test_a_page_leads_to_the_sign_in_and_back(client: TestClient) -> None:
    answer = client.get("/call?id=a&at=3", headers={"Accept": "text/html"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in?next=%2Fcall%3Fid%3Da%26at%3D3")


@pytest.mark.parametrize(
    "path", ["/media/abc", "/_stcore/host-config", "/_stcore/upload_file/x", "/component/x", "/anything"]
)
def test_everything_else_is_refused(client: TestClient, path: str) -> None:
    assert client.get(path).status_code == 401


@pytest.mark.parametrize("path", ["/sign-in", "/health", "/ready", "/static/app.js"])
def test_what_is_the_same_for_everyone_is_open(client: TestClient, path: str) -> None:
    assert client.get(path).status_code == 200


def test_the_stream_of_pages_is_refused_without_a_session(client: TestClient) -> None:
    with pytest.raises(WebSocketDisconnect), client.websocket_connect("/_stcore/stream"):
        pass


def test_the_stream_of_pages_opens_with_one(sign_in: SignIn) -> None:
    client = sign_in("reviewer")
    cookie = {"Cookie": f"session={client.cookies['session']}", "Origin": "http://testserver"}
    with client.websocket_connect("ws://testserver/_stcore/stream", headers=cookie) as stream:
        assert stream.receive_text() == "the stream"


def test_another_sites_page_cannot_open_the_stream(sign_in: SignIn) -> None:
    client = sign_in("reviewer")
    cookie = {"Cookie": f"session={client.cookies['session']}", "Origin": "http://elsewhere.test"}
    with pytest.raises(WebSocketDisconnect), client.websocket_connect("ws://testserver/_stcore/stream", headers=cookie):
        pass


def test_an_invented_session_is_none(client: TestClient) -> None:
    client.cookies.set("session", "invented")
    assert client.get("/calls").status_code == 401
