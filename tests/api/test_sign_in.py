"""Who gets in, how, and what is not given away on the way."""

import json
from collections.abc import Callable, Iterator

import pytest
from sqlalchemy import Engine, select
from starlette.applications import Starlette
from starlette.testclient import TestClient

from api.routes import middleware, routes
from api.sign_in import own_path
from dashboard.widgets.desk import state
from errors import SettingsError
from pipeline import signing_in
from pipeline.passwords import hash_password
from pipeline.people import one_time_until
from pipeline.signing_in import AT_AN_ACCOUNT
from settings import settings
from storage import people, queries
from storage.database import open_database, reading, transaction
from storage.tables import SessionRow
from storage.throttle import Limit
from tests.dashboard.centre import PASSWORD, PASSWORD_HASH, Centre

HERE = {"Origin": "http://attune.test"}
SignIn = Callable[[str], TestClient]


def attempt(client: TestClient, email: str, password: str, **more: str) -> tuple[int, str]:
    """The status and the text of a sign-in."""
    answer = client.post("/sign-in", data={"email": email, "password": password, **more}, headers=HERE)
    return answer.status_code, answer.text


def test_a_person_with_the_right_password_comes_to_the_page_they_asked_for(client: TestClient) -> None:
    form = {"email": "REVIEWER@attune.example ", "password": PASSWORD, "next": "/call?id=1"}
    answer = client.post("/sign-in", data=form, headers=HERE)
    assert (answer.status_code, answer.headers["location"]) == (303, "/call?id=1")
    assert client.get("/calls").text == "the page"


def test_the_cookie_is_out_of_reach_of_scripts_and_of_other_sites(client: TestClient) -> None:
    answer = client.post("/sign-in", data={"email": "reviewer@attune.example", "password": PASSWORD}, headers=HERE)
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=lax" in cookie
    assert "secure" not in cookie


def test_over_https_the_cookie_travels_over_https_alone(client: TestClient) -> None:
    form = {"email": "reviewer@attune.example", "password": PASSWORD}
    answer = client.post("https://attune.test/sign-in", data=form, headers={"Origin": "https://attune.test"})
    assert "secure" in answer.headers["set-cookie"].lower()


def test_the_database_does_not_hold_the_token(client: TestClient, sign_in: SignIn, engine: Engine) -> None:
    token = sign_in("reviewer").cookies["session"]
    with reading(engine) as session:
        assert token not in set(session.scalars(select(SessionRow.token_hash)))


def test_a_wrong_password_and_an_unknown_address_look_alike(client: TestClient) -> None:
    wrong = attempt(client, "reviewer@attune.example", "wrong")
    unknown = attempt(client, "nobody@attune.example", "wrong")
    assert wrong[0] == unknown[0] == 401
    assert wrong[1].replace("reviewer@", "nobody@") == unknown[1]


def test_after_a_few_failures_even_the_right_password_has_to_wait(client: TestClient) -> None:
    for _ in range(AT_AN_ACCOUNT.attempts):
        assert attempt(client, "coach@attune.example", "wrong")[0] == 401
    status, text = attempt(client, "coach@attune.example", PASSWORD)
    assert status == 429
    assert "Too many failed attempts" in text


def test_many_addresses_together_do_not_get_more_tries_at_one_account(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(signing_in, "AT_AN_ACCOUNT_FROM_ANYWHERE", Limit(6, 3600))
    for number in range(6):
        came = signing_in.sign_in(engine, "coach@attune.example", "wrong", f"192.0.2.{number}")
        assert (came.token, came.wait_seconds) == (None, 0)
    assert signing_in.sign_in(engine, "coach@attune.example", PASSWORD, "198.51.100.7").wait_seconds > 3000


def test_all_addresses_of_one_ipv6_subscriber_count_as_one(engine: Engine) -> None:
    for number in range(AT_AN_ACCOUNT.attempts):
        signing_in.sign_in(engine, "coach@attune.example", "wrong", f"2001:db8:1:2::{number}")
    assert signing_in.sign_in(engine, "coach@attune.example", PASSWORD, "2001:db8:1:2:ffff::1").wait_seconds > 0
    assert signing_in.sign_in(engine, "coach@attune.example", PASSWORD, "2001:db8:1:3::1").token


def test_the_count_of_failures_survives_a_restart(client: TestClient, engine: Engine, at_home: Centre) -> None:
    for _ in range(AT_AN_ACCOUNT.attempts):
        attempt(client, "coach@attune.example", "wrong")
    again = open_database(at_home.url)
    app = Starlette(routes=routes(again, "session", state), middleware=middleware(again, "session"))
    with TestClient(app, base_url=HERE["Origin"], follow_redirects=False) as restarted:
        assert attempt(restarted, "coach@attune.example", PASSWORD)[0] == 429
    again.dispose()


def test_signing_in_begins_another_session_and_ends_the_one_before(client: TestClient, sign_in: SignIn) -> None:
    before = sign_in("reviewer").cookies["session"]
    after = sign_in("coach").cookies["session"]
    assert before != after
    client.cookies.clear()
    client.cookies.set("session", before)
    assert client.get("/calls").status_code == 401


def test_a_session_that_somebody_planted_does_not_become_the_one_of_who_signs_in(client: TestClient) -> None:
    client.cookies.set("session", "planted", domain="attune.test")
    form = {"email": "reviewer@attune.example", "password": PASSWORD}
    assert client.post("/sign-in", data=form, headers=HERE).status_code == 303
    client.cookies.clear()
    client.cookies.set("session", "planted", domain="attune.test")
    assert client.get("/calls").status_code == 401


def test_behind_a_server_that_speaks_https_the_cookie_travels_over_https_alone(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ATTUNE_PUBLIC_URL", "https://attune.test")
    settings.cache_clear()
    answer = client.post("/sign-in", data={"email": "reviewer@attune.example", "password": PASSWORD}, headers=HERE)
    assert "secure" in answer.headers["set-cookie"].lower()
    assert answer.headers["strict-transport-security"] == "max-age=31536000"


def test_one_account_that_waits_does_not_stop_another(client: TestClient) -> None:
    for _ in range(AT_AN_ACCOUNT.attempts):
        attempt(client, "coach@attune.example", "wrong")
    assert attempt(client, "reviewer@attune.example", PASSWORD)[0] == 303


def test_success_forgets_the_failures_before_it(client: TestClient) -> None:
    for _ in range(2):
        for _ in range(AT_AN_ACCOUNT.attempts - 1):
            attempt(client, "reviewer@attune.example", "wrong")
        assert attempt(client, "reviewer@attune.example", PASSWORD)[0] == 303


def test_a_form_on_another_site_signs_nobody_in(client: TestClient) -> None:
    form = {"email": "reviewer@attune.example", "password": PASSWORD}
    answer = client.post("/sign-in", data=form, headers={"Origin": "http://elsewhere.test"})
    assert answer.status_code == 403
    assert "set-cookie" not in answer.headers


def test_signing_out_ends_the_session_and_not_only_the_cookie(client: TestClient, sign_in: SignIn) -> None:
    token = sign_in("reviewer").cookies["session"]
    answer = client.post("/sign-out", headers=HERE)
    assert answer.headers["location"] == "/sign-in"
    client.cookies.set("session", token)
    assert client.get("/calls").status_code == 401


def test_another_sites_page_cannot_sign_somebody_out(client: TestClient, sign_in: SignIn) -> None:
    sign_in("reviewer")
    assert client.post("/sign-out", headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403
    assert client.get("/calls").status_code == 200


def test_what_was_typed_comes_back_as_text(client: TestClient) -> None:
    _, text = attempt(client, '"><script>alert(1)</script>', "wrong")
    assert "<script>" not in text
    assert "&lt;script&gt;" in text


@pytest.mark.parametrize(
    "wanted", ["//elsewhere.test", "https://elsewhere.test", "/\\elsewhere.test", "/a\r\nx: y", "", "calls"]
)
def test_nobody_is_sent_to_another_site(wanted: str) -> None:
    assert own_path(wanted) == "/"


def test_the_demonstration_lists_its_people_and_no_passwords(client: TestClient, at_home: Centre) -> None:
    marker = at_home.home / "demonstration.json"
    marker.write_text(json.dumps({"people": [{"name": "Rosa <Lind>", "email": "rosa@attune.example", "role": "reviewer"}]}))
    try:
        text = client.get("/sign-in").text
    finally:
        marker.unlink()
    assert "Rosa &lt;Lind&gt;" in text
    assert "/sign-in?email=rosa%40attune.example" in text
    assert "Rosa" not in client.get("/sign-in").text


def test_a_marker_that_cannot_be_read_does_not_stop_anybody(client: TestClient, at_home: Centre) -> None:
    marker = at_home.home / "demonstration.json"
    marker.write_text('{"people": [{"name": "Rosa"}]}')
    try:
        assert client.get("/sign-in").status_code == 200
    finally:
        marker.unlink()


@pytest.fixture
def without_passwords(engine: Engine) -> Iterator[None]:
    """People sign in with a provider alone; afterwards they have the passwords again that they had."""
    with pytest.MonkeyPatch.context() as given:
        for name, value in (("OIDC_ISSUER", "https://sso.example.org"), ("OIDC_CLIENT", "attune"), ("PASSWORDS", "false")):
            given.setenv(f"ATTUNE_{name}", value)
        settings.cache_clear()
        yield
    settings.cache_clear()
    with transaction(engine) as session:
        for name in ("reviewer", "administrator"):
            user = queries.user_by_email(session, f"{name}@attune.example")
            assert user is not None
            people.set_password(session, user.id, PASSWORD_HASH)


@pytest.mark.usefixtures("without_passwords")
def test_without_passwords_there_is_no_form_for_one_and_a_right_one_lets_nobody_in(client: TestClient) -> None:
    shown = client.get("/sign-in").text
    assert 'type="password"' not in shown
    assert "Sign in with your organisation" in shown
    for person in ("reviewer", "administrator"):
        status, said = attempt(client, f"{person}@attune.example", PASSWORD)
        assert (status, "do not belong together" in said) == (401, True)


@pytest.mark.usefixtures("without_passwords")
def test_without_passwords_an_administrator_gets_in_with_a_one_time_password_alone(
    client: TestClient, engine: Engine
) -> None:
    assert 'type="password"' in client.get("/sign-in/one-time").text
    hashed = hash_password("for-one-time-alone")
    with transaction(engine) as session:
        for role in ("reviewer", "administrator"):
            user = queries.user_by_email(session, f"{role}@attune.example")
            assert user is not None
            people.set_password(session, user.id, hashed, one_time_until())
    assert attempt(client, "reviewer@attune.example", "for-one-time-alone")[0] == 401
    answer = client.post(
        "/sign-in", data={"email": "administrator@attune.example", "password": "for-one-time-alone"}, headers=HERE
    )
    assert answer.status_code == 303
    chosen = {"old": "for-one-time-alone", "new": "four words by lamplight", "again": "four words by lamplight"}
    assert client.post("/my-sign-in/password", data=chosen, headers=HERE).status_code == 303
    assert 'type="password"' not in client.get("/my-sign-in").text
    again = {"old": "four words by lamplight", "new": "five words by lamplight too", "again": "five words by lamplight too"}
    assert client.post("/my-sign-in/password", data=again, headers=HERE).status_code == 400
    client.cookies.clear()
    assert attempt(client, "administrator@attune.example", "four words by lamplight")[0] == 401


@pytest.mark.usefixtures("without_passwords")
def test_without_passwords_a_right_one_is_counted_like_a_wrong_one_and_so_is_not_told_apart(client: TestClient) -> None:
    tried = ["wrong", "wrong", "wrong", "wrong", PASSWORD, "wrong"]
    assert [attempt(client, "coach@attune.example", password)[0] for password in tried] == [401] * 5 + [429]


def test_passwords_cannot_be_off_where_nobody_else_lets_in(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ATTUNE_PASSWORDS", "false")
    settings.cache_clear()
    with pytest.raises(SettingsError, match="nobody could sign in"):
        settings()
    monkeypatch.delenv("ATTUNE_PASSWORDS")
    settings.cache_clear()
