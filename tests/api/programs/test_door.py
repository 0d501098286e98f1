"""No program gets in without a token that is in force and for what it wants, nor asks without end."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine, select, update
from starlette.testclient import TestClient

from api.programs.door import WRONG_TOKENS
from errors import NotAllowed, StorageError
from settings import settings
from storage import tokens
from storage.access import SYSTEM, Asker, Role
from storage.audit_tables import AuditEntryRow
from storage.database import reading, transaction
from storage.token_tables import ApiTokenRow
from storage.tokens import Scope, add_token, list_tokens, revoke_token
from tests.api.programs.conftest import API, headers
from tests.dashboard.centre import Centre

Secret = Callable[..., str]


def _problem(answer: object, status: int) -> None:
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")  # type: ignore[attr-defined]


@pytest.mark.parametrize("given", [None, "Bearer", "Bearer attune_invented", "Basic YTpi", "Bearer \u00e9", "attune_x"])
def test_without_a_token_nothing_opens(client: TestClient, given: str | None) -> None:
    sent = {"Authorization": given.encode("latin-1")} if given else {}
    for path in ("/calls", "/evaluations/1", "/gaps", "/plans", "/scorecards", "/nowhere"):
        answer = client.get(f"{API}{path}", headers=sent)  # type: ignore[arg-type]
        _problem(answer, 401)
        assert answer.headers["www-authenticate"] == "Bearer"


@pytest.mark.parametrize("path", ["/%0A", "/calls%0A", "/calls/%0A", "/../calls", "/..%2f..%2fcall", "//calls", "/"])
def test_no_way_of_writing_an_address_leads_past_the_door(client: TestClient, path: str) -> None:
    answer = client.get(f"{API}{path}")
    assert (answer.status_code, answer.text == "the page") == (401, False)


def test_a_persons_session_is_no_token(sign_in: Callable[[str], TestClient]) -> None:
    _problem(sign_in("administrator").get(f"{API}/calls"), 401)


def test_a_token_is_no_session(client: TestClient, secret_of: Secret) -> None:
    assert client.get("/calls", headers=headers(secret_of())).status_code == 401
    client.cookies.set("session", secret_of())
    assert client.get("/calls").status_code == 401


def test_a_token_opens_only_what_it_is_for(client: TestClient, secret_of: Secret) -> None:
    needed = {"/calls": Scope.READ_RESULTS, "/scorecards": Scope.READ_RESULTS, "/gaps": Scope.READ_COACHING}
    for scope in Scope:
        sent = headers(secret_of(scope))
        for path, wanted in needed.items():
            answer = client.get(f"{API}{path}", headers=sent)
            assert answer.status_code == (200 if scope is wanted else 403), (path, scope)


def test_a_revoked_and_an_ended_token_open_nothing(client: TestClient, secret_of: Secret, engine: Engine) -> None:
    secret = secret_of()
    assert client.get(f"{API}/scorecards", headers=headers(secret)).status_code == 200
    with transaction(engine) as session:
        newest = list_tokens(session, SYSTEM)[0]
        assert newest.last_used_at is not None
        revoke_token(session, SYSTEM, newest.id)
    _problem(client.get(f"{API}/scorecards", headers=headers(secret)), 401)
    ended = secret_of()
    with transaction(engine) as session:
        newest = list_tokens(session, SYSTEM)[0]
        past = datetime.now(UTC) - timedelta(seconds=1)
        session.execute(update(ApiTokenRow).where(ApiTokenRow.id == newest.id).values(expires_at=past))
    _problem(client.get(f"{API}/scorecards", headers=headers(ended)), 401)


def test_the_database_does_not_hold_what_opens_anything(secret_of: Secret, engine: Engine) -> None:
    secret = secret_of()
    with reading(engine) as session:
        row = session.execute(select(ApiTokenRow.__table__).order_by(ApiTokenRow.id.desc())).first()
    assert secret.removeprefix(tokens.PREFIX) not in repr(row)
    assert len(secret) > 40


def test_what_lets_programs_in_and_what_they_open_stands_in_the_record(
    client: TestClient, secret_of: Secret, engine: Engine, at_home: Centre
) -> None:
    sent, call_id = headers(secret_of(Scope.READ_RESULTS)), at_home.calls["Lena Fox"][0]
    for _ in range(2):
        assert client.get(f"{API}/calls/{call_id}", headers=sent).status_code == 200
    with transaction(engine) as session:
        newest = list_tokens(session, SYSTEM)[0]
        revoke_token(session, SYSTEM, newest.id)
    with reading(engine) as session:
        rows = session.scalars(select(AuditEntryRow).order_by(AuditEntryRow.number.desc()).limit(3)).all()
    assert [(row.what, row.about_id, row.who_id, row.who) for row in rows] == [
        ("token_revoked", str(newest.id), None, "operator"),
        ("call_opened", call_id, None, "program a test"),
        ("token_added", str(newest.id), None, "operator"),
    ]


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.ADMINISTRATOR])
def test_only_administrators_let_programs_in(at_home: Centre, engine: Engine, role: Role) -> None:
    asker = Asker(1, role, 1, frozenset({1}))
    with transaction(engine) as session:
        for refused in (
            lambda: add_token(session, asker, "x", [Scope.READ_RESULTS], Role.REVIEWER, 1),
            lambda: list_tokens(session, asker),
            lambda: revoke_token(session, asker, 1),
        ):
            with pytest.raises(NotAllowed):
                refused()


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": ""}, {"name": "two\nlines"}, {"scopes": []}, {"days": 0}, {"days": 400},
        {"role": Role.COACH}, {"role": Role.AGENT},
    ],
)  # fmt: skip
def test_a_token_that_would_make_no_sense_is_not_made(engine: Engine, wrong: dict[str, object]) -> None:
    values = {"name": "crm", "scopes": [Scope.READ_RESULTS], "role": Role.REVIEWER, "days": 30, **wrong}
    with pytest.raises(StorageError), transaction(engine) as session:
        add_token(session, SYSTEM, **values)  # type: ignore[arg-type]


def test_a_token_that_asks_too_often_waits(
    monkeypatch: pytest.MonkeyPatch, at_home: Centre, request: pytest.FixtureRequest
) -> None:
    monkeypatch.setenv("ATTUNE_API_REQUESTS_PER_MINUTE", "3")
    settings.cache_clear()
    client: TestClient = request.getfixturevalue("client")
    secret_of: Secret = request.getfixturevalue("secret_of")
    sent, other = headers(secret_of()), headers(secret_of())
    assert [client.get(f"{API}/scorecards", headers=sent).status_code for _ in range(3)] == [200] * 3
    answer = client.get(f"{API}/scorecards", headers=sent)
    _problem(answer, 429)
    assert 0 < int(answer.headers["retry-after"]) <= 60
    assert client.get(f"{API}/scorecards", headers=other).status_code == 200


def test_whoever_comes_with_wrong_tokens_again_and_again_waits(client: TestClient) -> None:
    found = [client.get(f"{API}/calls", headers=headers(f"attune_{n}")).status_code for n in range(WRONG_TOKENS + 1)]
    assert found == [401] * WRONG_TOKENS + [429]


def test_another_sites_page_cannot_use_the_interface(client: TestClient, secret_of: Secret) -> None:
    sent = {**headers(secret_of()), "Origin": "http://elsewhere.test"}
    assert client.post(f"{API}/calls", headers=sent).status_code == 403


def test_every_answer_forbids_to_be_kept_or_run(client: TestClient, secret_of: Secret) -> None:
    for path, sent in (("/calls", headers(secret_of())), ("/calls", {}), ("/openapi.json", {})):
        answer = client.get(f"{API}{path}", headers=sent)
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert "default-src 'none'" in answer.headers["content-security-policy"]
