"""The OpenAPI document is what the program does: whatever it allows or forbids is tried."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import hypothesis
import pytest
import schemathesis
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.specs.openapi import checks
from starlette.testclient import TestClient

from settings import settings
from tests.api.programs.conftest import API, Program, headers
from tests.dashboard.centre import Centre

DOCUMENT = Path(__file__).parents[3] / "docs" / "api.md"

CHECKS = [
    not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_schema_conformance,
    checks.negative_data_rejection,
    checks.ignored_auth,
]
"""What each answer is held to. That all data is accepted which the document allows is not asked: a cursor is a word of
ours, and which ids there are no document says."""


def test_it_is_there_for_everyone_and_says_which_version_it_is(client: TestClient) -> None:
    found = client.get(f"{API}/openapi.json").json()
    assert found["openapi"].startswith("3.1")
    assert found["servers"] == [{"url": API}]


def test_the_table_in_the_documentation_has_every_address_with_its_words(client: TestClient) -> None:
    document = client.get(f"{API}/openapi.json").json()
    rows = re.findall(r"^\| `([A-Z]+ /[^`]*)` \| `[^`]*` \| (.*) \|$", DOCUMENT.read_text(), re.MULTILINE)
    said = {
        f"{method.upper()} {path}": operation["description"].partition("\n\n")[0].replace("\n", " ")
        for path, operations in document["paths"].items()
        for method, operation in operations.items()
    }
    assert dict(rows) == said


def test_every_address_says_that_it_needs_a_token_and_how_it_refuses(client: TestClient) -> None:
    document = client.get(f"{API}/openapi.json").json()
    for operations in document["paths"].values():
        for operation in operations.values():
            assert operation["security"]
            assert {"401", "403", "422", "429"} <= set(operation["responses"])


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch, at_home: Centre) -> None:
    """Programs may ask as often as they like, with wrong tokens too."""
    monkeypatch.setattr("api.programs.door.WRONG_TOKENS", 100_000)
    monkeypatch.setenv("ATTUNE_API_REQUESTS_PER_MINUTE", "100000")
    settings.cache_clear()


@pytest.mark.usefixtures("patient")
def test_whatever_the_document_allows_or_forbids_is_answered_as_it_says(
    request: pytest.FixtureRequest, secret_of: Callable[..., str]
) -> None:
    client: TestClient = request.getfixturevalue("client")
    secret = headers(secret_of())
    schema = schemathesis.openapi.from_asgi(f"{API}/openapi.json", client.app)
    asked = 0
    for found in schema.get_all_operations():
        assert isinstance(found, Ok)
        operation = found.ok()

        @hypothesis.settings(
            max_examples=12,
            phases=[hypothesis.Phase.generate],
            derandomize=True,
            database=None,
            suppress_health_check=list(hypothesis.HealthCheck),
        )
        @hypothesis.given(case=operation.as_strategy() | operation.as_strategy(generation_mode=GenerationMode.NEGATIVE))
        def ask(case: Any) -> None:
            nonlocal asked
            asked += 1
            case.headers = {**(case.headers or {}), **secret}  # else a header that is sent is taken for one left out
            answer = case.call(headers=secret)
            case.validate_response(answer, checks=CHECKS, headers=secret)

        ask()
    assert asked > 60


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "TRACE"])
def test_a_method_that_is_not_there_is_a_problem(program: Program, method: str) -> None:
    answer = program().request(method, f"{API}/calls")
    assert (answer.status_code, answer.headers["content-type"]) == (405, "application/problem+json")
