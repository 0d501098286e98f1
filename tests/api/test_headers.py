"""What does every answer tell the browser, whatever was asked?"""

from collections.abc import Callable

import pytest
from starlette.testclient import TestClient

SignIn = Callable[[str], TestClient]


@pytest.mark.parametrize("path", ["/sign-in", "/health", "/static/app.js", "/calls", "/audio/nothing", "/my-sign-in"])
def test_no_answer_is_without_its_headers(client: TestClient, path: str) -> None:
    headers = client.get(path).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"
    assert headers["referrer-policy"] == "same-origin"
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert "object-src" in headers["content-security-policy"] or "default-src 'none'" in headers["content-security-policy"]
    assert "strict-transport-security" not in headers


def test_pages_without_a_script_forbid_every_script(client: TestClient) -> None:
    assert client.get("/sign-in").headers["content-security-policy"].startswith("default-src 'none'")


def test_nothing_is_loaded_from_another_site(sign_in: SignIn) -> None:
    policy = sign_in("reviewer").get("/calls").headers["content-security-policy"]
    assert "http" not in policy
    assert "*" not in policy
