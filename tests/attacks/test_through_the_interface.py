"""Attacks by other programs: with stolen, lesser and made-up tokens, on what is not theirs, and through webhooks."""

import gzip
import json
import socket
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

import pytest
from sqlalchemy import func, select, update
from starlette.routing import Mount
from starlette.testclient import TestClient

from api.programs.app import program_routes
from api.programs.door import WRONG_TOKENS
from api.programs.paging import cursor_of
from errors import InputError
from pipeline.notify import check_address, new_client, resolve
from settings import settings
from storage import queries, tokens
from storage.access import SYSTEM
from storage.database import reading, transaction
from storage.queries import CallFilter
from storage.tables import CallRow, EvaluationRow
from storage.token_tables import ApiTokenRow
from storage.tokens import Scope, revoke_token
from tests.attacks.conftest import API, ELSEWHERE, Site
from tests.dashboard.centre import CALLS_EACH

QUERIES = [
    "' OR 1=1 --",
    "x'; DROP TABLE calls; --",
    '" OR ""="',
    "%' UNION SELECT token_hash FROM sessions --",
    "\\",
    "%",
    "_",
]

Get = Callable[..., Any]


@pytest.fixture
def coach(site: Site) -> Get:
    """What a program with the eyes of the coach of Harbour gets."""
    _, headers = site.token(as_="coach")
    return lambda path, **params: site.client.get(f"{API}{path}", headers=headers, params=params)


def ids_of(site: Site, agent: str) -> list[int]:
    """The evaluations of an agent's calls."""
    with reading(site.engine) as session:
        calls = site.centre.calls[agent]
        return list(session.scalars(select(EvaluationRow.id).where(EvaluationRow.call_id.in_(calls))))


# Tokens


@pytest.mark.parametrize(
    "given", ["Bearer ", "Bearer attune_", "bearer null", "Token x", "Bearer ' OR 1=1 --", "Bearer a b", "Basic YTpi"]
)
def test_a_made_up_token_opens_nothing(site: Site, given: str) -> None:
    assert site.client.get(f"{API}/calls", headers={"Authorization": given}).status_code == 401


def test_the_hash_in_a_stolen_database_is_no_token(site: Site) -> None:
    number, _ = site.token()
    with reading(site.engine) as session:
        stolen = session.get_one(ApiTokenRow, number).secret_hash
    for given in (stolen, f"{tokens.PREFIX}{stolen}"):
        assert site.client.get(f"{API}/calls", headers={"Authorization": f"Bearer {given}"}).status_code == 401


def test_a_token_that_was_taken_back_is_sent_again(site: Site) -> None:
    number, headers = site.token()
    assert site.client.get(f"{API}/scorecards", headers=headers).status_code == 200
    with transaction(site.engine) as session:
        revoke_token(session, SYSTEM, number)
    assert site.client.get(f"{API}/scorecards", headers=headers).status_code == 401


def test_a_token_whose_time_is_over_is_sent_again(site: Site) -> None:
    number, headers = site.token()
    with transaction(site.engine) as session:
        session.execute(update(ApiTokenRow).where(ApiTokenRow.id == number).values(expires_at=datetime.now(UTC)))
    assert site.client.get(f"{API}/scorecards", headers=headers).status_code == 401


@pytest.mark.parametrize("scope", list(Scope))
def test_a_token_of_one_scope_is_used_for_every_other(site: Site, scope: Scope) -> None:
    """Counted over every address of the interface: a new one without a scope fails here."""
    _, headers = site.token(scope)
    mount = next(route for route in site.client.app.routes if isinstance(route, Mount))  # type: ignore[attr-defined]
    document = site.client.get(f"{API}/openapi.json").json()
    needed = {"/calls": {"get": "results:read", "post": "calls:write"}}
    opened = 0
    for path, methods in document["paths"].items():
        for method in methods:
            address = path.replace("{call_id}", "x").replace("_id}", "}")
            address = "/".join("1" if part.startswith("{") else part for part in address.split("/"))
            sent = {**headers, "Idempotency-Key": "x"}
            status = site.client.request(method.upper(), f"{API}{address}", headers=sent).status_code
            wanted = needed.get(path, {}).get(method) or scope_of(path)
            assert (status != 403) is (wanted == scope), (method, path, status)
            opened += status != 403
    assert mount.path == API
    assert opened >= 1


def scope_of(path: str) -> str:
    """The scope of an address by what it is about."""
    scopes = {
        "received": "calls:write",
        "transcripts": "calls:write",
        "webhooks": "webhooks:write",
        "gaps": "coaching:read",
        "plans": "coaching:read",
        "metrics": "metrics:read",
        "cases": "cases:write",
    }
    return scopes.get(path.split("/")[1], "results:read")


def test_guessing_tokens_is_over_after_so_many_and_slows_nobody_else(site: Site) -> None:
    from starlette.applications import Starlette

    with TestClient(Starlette(routes=program_routes(site.engine)), client=("203.0.113.5", 1)) as attacker:
        codes = [
            attacker.get(f"{API}/calls", headers={"Authorization": f"Bearer attune_{n}"}).status_code
            for n in range(WRONG_TOKENS + 1)
        ]
    assert codes == [401] * WRONG_TOKENS + [429]
    _, headers = site.token()
    assert site.client.get(f"{API}/scorecards", headers=headers).status_code == 200


def test_a_token_in_the_address_or_in_a_cookie_opens_nothing(site: Site) -> None:
    _, headers = site.token()
    secret = headers["Authorization"].removeprefix("Bearer ")
    assert site.client.get(f"{API}/calls?token={secret}&access_token={secret}").status_code == 401
    assert site.with_cookie(secret).get(f"{API}/calls").status_code == 401


def test_another_sites_page_uses_a_token_that_it_knows(site: Site) -> None:
    _, headers = site.token()
    answer = site.client.get(f"{API}/calls", headers={**headers, "Origin": ELSEWHERE})
    assert "access-control-allow-origin" not in answer.headers
    assert site.client.options(f"{API}/calls", headers={"Origin": ELSEWHERE}).status_code in (401, 405)


def test_a_token_stands_in_no_log_and_in_no_answer(site: Site, caplog: pytest.LogCaptureFixture) -> None:
    _, headers = site.token()
    secret = headers["Authorization"].removeprefix("Bearer ")
    with caplog.at_level("DEBUG"):
        texts = [
            site.client.get(f"{API}{path}", headers=headers).text for path in ("/calls", "/calls/x", "/nowhere", "/received")
        ]
    assert secret not in caplog.text + "".join(texts)


# What is not theirs


def test_every_evaluation_of_another_team_is_tried_by_its_number(site: Site, coach: Get) -> None:
    theirs, others = ids_of(site, "Tom Reed"), ids_of(site, "Sam Ito")
    assert {coach(f"/evaluations/{number}").status_code for number in theirs} == {200}
    refused = [coach(f"/evaluations/{number}") for number in others]
    nowhere = coach(f"/evaluations/{max(theirs + others) + 1000}")
    assert {(answer.status_code, answer.text) for answer in refused} == {(404, nowhere.text)}


def test_every_call_of_another_team_is_tried_by_its_id(site: Site, coach: Get) -> None:
    for call in site.centre.calls["Lena Fox"]:
        assert coach(f"/calls/{call}").status_code == 404
        assert coach(f"/calls/{call}/evaluations").status_code == 404


def test_a_filter_names_the_agent_or_the_team_of_somebody_else(site: Site, coach: Get) -> None:
    with reading(site.engine) as session:
        choices = queries.filter_choices(session, SYSTEM)
    lena = next(number for number, name in choices.agents.items() if name == "Lena Fox")
    meadow = next(number for number, name in choices.teams.items() if name == "Meadow")
    assert coach("/calls", agent_id=lena).json()["items"] == []
    assert coach("/calls", team_id=meadow).json()["items"] == []
    assert "Lena" not in coach("/gaps", by="agent").text


def test_a_cursor_of_somebody_elses_list_is_read_on_from(site: Site, coach: Get) -> None:
    _, ada = site.token()
    cursor = site.client.get(f"{API}/calls?limit=3", headers=ada).json()["next"]
    items = coach("/calls", cursor=cursor, limit=200).json()["items"]
    assert {one["agent"] for one in items} <= {"Nadia Osei", "Tom Reed"}


@pytest.mark.parametrize(
    "cursor", ["x", "' OR 1=1", "AAAA", cursor_of("x", "y", "z"), cursor_of("9999-99-99", "x"), "e30", "\x00", "a" * 5000]
)
def test_a_made_up_cursor_is_refused_in_a_sentence(coach: Get, cursor: str) -> None:
    answer = coach("/calls", cursor=cursor)
    assert answer.status_code == 422
    assert "Traceback" not in answer.text


@pytest.mark.parametrize("number", ["0", "-1", "9" * 30, "1.5", "1e3", "%31%00", "1;1", "' OR 1=1", "null"])
def test_a_number_that_is_none_is_refused_in_a_sentence(coach: Get, number: str) -> None:
    for kind in ("evaluations", "plans", "received"):
        assert coach(f"/{kind}/{number}").status_code in (404, 422)


@pytest.mark.parametrize("words", QUERIES)
def test_a_filter_that_is_a_query_finds_nothing_and_harms_nothing(site: Site, coach: Get, words: str) -> None:
    for name in ("queue", "scorecard"):
        answer = coach("/calls", **{name: words})
        assert (answer.status_code, answer.json()["items"]) == (200, [])
    for name in ("first_day", "agent_id", "limit", "failed"):
        assert coach("/calls", **{name: words}).status_code == 422
    with reading(site.engine) as session:
        assert session.scalar(select(func.count()).select_from(CallRow)) == 4 * CALLS_EACH


@pytest.mark.parametrize("words", QUERIES)
def test_a_search_that_is_a_query_finds_its_words_alone(site: Site, words: str) -> None:
    nadia = site.centre.askers["nadia"]
    with reading(site.engine) as session:
        found = queries.search_words(session, nadia, words)
        assert set(found.call_id) <= set(site.centre.calls["Nadia Osei"])
        assert found.empty
        assert queries.count_calls(session, nadia, CallFilter(words=words)) == 0
        assert queries.count_calls(session, nadia, CallFilter(queues=(words,), scorecard=words)) == 0


def test_a_program_adds_fields_that_make_it_more_than_it_is(site: Site) -> None:
    _, headers = site.token(as_="coach")
    turns = [{"speaker": "agent", "text": "Hello."}]
    sent = {
        "transcript": {"file": "x", "duration_seconds": 0, "language": "en", "turns": turns},
        "role": "administrator",
        "token": 1,
        "spooled": "../../x",
        "state": "scored",
        "id": 1,
    }
    answer = site.client.post(f"{API}/transcripts", json=sent, headers={**headers, "Idempotency-Key": "more"})
    assert answer.status_code in (202, 422)
    if answer.status_code == 202:
        assert answer.json()["state"] == "received"


# Bodies


def test_a_body_of_six_megabytes_of_json_is_not_read(site: Site) -> None:
    _, headers = site.token()
    headers = {**headers, "Content-Type": "application/json", "Idempotency-Key": "x"}
    answer = site.client.post(f"{API}/transcripts", content=b'{"transcript": "' + b"a" * 6_000_000, headers=headers)
    assert answer.status_code == 413


def test_a_body_says_that_it_is_short_and_is_not(site: Site) -> None:
    _, headers = site.token()
    pieces = [b"a" * 1_000_000] * 6
    status, _ = site.raw(
        "POST",
        f"{API}/transcripts",
        pieces,
        authorization=headers["Authorization"],
        **{"content-length": "10", "content-type": "application/json", "idempotency-key": "x"},
    )
    assert status == 413


def test_a_body_that_comes_a_letter_at_a_time_is_given_up(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("api.bodies.PIECE_SECONDS", 0.05)
    _, headers = site.token()
    status, _ = site.raw(
        "POST",
        f"{API}/transcripts",
        [b"{", 0.2, b"}"],
        authorization=headers["Authorization"],
        **{"content-type": "application/json", "idempotency-key": "x"},
    )
    assert status == 408


def test_a_packed_body_is_never_unpacked(site: Site) -> None:
    _, headers = site.token()
    bomb = gzip.compress(b'{"transcript": {}, "x": "' + b" " * 50_000_000 + b'"}')
    sent = {**headers, "Content-Type": "application/json", "Content-Encoding": "gzip", "Idempotency-Key": "x"}
    assert len(bomb) < 100_000
    assert site.client.post(f"{API}/transcripts", content=bomb, headers=sent).status_code in (400, 415, 422)


@pytest.mark.parametrize(
    "body",
    [
        b"[" * 50_000,
        b'{"a":' * 50_000,
        b'{"transcript": 1' + b"0" * 100_000 + b"}",
        b"\xff\xfe",
        b"\x00",
    ],
)
def test_a_body_that_breaks_readers_of_json_is_refused_in_a_sentence(site: Site, body: bytes) -> None:
    _, headers = site.token()
    answer = site.client.post(
        f"{API}/transcripts", content=body, headers={**headers, "Content-Type": "application/json", "Idempotency-Key": "x"}
    )
    assert (answer.status_code, answer.headers["content-type"]) in (
        (400, "application/problem+json"),
        (422, "application/problem+json"),
    )


def test_a_line_break_in_a_header_or_a_name_writes_into_the_answer(site: Site) -> None:
    _, headers = site.token()
    files = {"file": ("a\r\nX-Evil: 1\r\n\r\n<script>.wav", b"words, and no sound")}
    answer = site.client.post(f"{API}/calls", files=files, headers={**headers, "Idempotency-Key": "a-name"})
    assert "x-evil" not in answer.headers
    assert "<script>" not in answer.headers.get("location", "")
    assert site.client.get(f"{API}/calls/%0d%0aX-Evil:%201", headers=headers).headers.get("x-evil") is None


# Webhooks


@pytest.mark.parametrize(
    "url",
    [
        "https://127.0.0.1/", "https://[::1]/", "https://[::ffff:127.0.0.1]/", "https://[::ffff:a9fe:a9fe]/",
        "https://169.254.169.254/latest/meta-data/iam", "https://[fd00:ec2::254]/", "https://100.100.100.200/",
        "https://192.168.0.1/admin", "https://0/", "https://0.0.0.0:8501/", "https://[::]/", "https://user@10.0.0.1/",
        "http://crm.example.org/", "gopher://crm.example.org/", "file:///etc/passwd", "https://crm.example.org@10.0.0.1/",
    ],
)  # fmt: skip
def test_a_webhook_to_an_address_inside_is_refused_when_it_is_named_or_called(site: Site, url: str) -> None:
    _, headers = site.token()
    answer = site.client.post(f"{API}/webhooks", json={"url": url, "events": ["evaluation.finished"]}, headers=headers)
    if answer.status_code == 201:  # a name; then it is refused when it is resolved
        with pytest.raises(InputError):
            resolve(urlsplit(url).hostname or "", 443)
    else:
        assert answer.status_code == 422


@pytest.mark.parametrize(
    "inside", ["127.0.0.1", "10.1.2.3", "169.254.169.254", "::1", "::ffff:10.0.0.1", "fe80::1", "64:ff9b::7f00:1"]
)
def test_a_name_of_the_open_network_that_leads_inside_is_never_called(
    site: Site, monkeypatch: pytest.MonkeyPatch, inside: str
) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", lambda *asked, **more: [(0, 1, 6, "", (inside, 443))])
    check_address("https://crm.example.org/")
    with pytest.raises(InputError, match="within a network"):
        resolve("crm.example.org", 443)


def test_a_receiver_that_answers_with_a_way_inside_is_not_followed() -> None:
    with new_client() as client:
        assert client.follow_redirects is False
        assert client.trust_env is False


def test_a_webhook_of_another_program_is_read_and_ended_by_its_number(site: Site) -> None:
    _, mine = site.token()
    _, theirs = site.token()
    hook = site.client.post(
        f"{API}/webhooks", json={"url": "https://crm.example.org/", "events": ["plan.due"]}, headers=mine
    ).json()
    assert site.client.get(f"{API}/webhooks/{hook['id']}/deliveries", headers=theirs).status_code == 404
    assert site.client.delete(f"{API}/webhooks/{hook['id']}", headers=theirs).status_code == 404
    assert [one["id"] for one in site.client.get(f"{API}/webhooks", headers=mine).json()["items"]] == [hook["id"]]


def test_a_call_that_another_program_sent_is_followed_by_its_number(site: Site) -> None:
    _, mine = site.token()
    _, theirs = site.token()
    turns = [{"speaker": "agent", "text": "Good morning."}]
    sent = {"transcript": {"file": "x", "duration_seconds": 0, "language": "en", "turns": turns}}
    answer = site.client.post(f"{API}/transcripts", json=sent, headers={**mine, "Idempotency-Key": "mine"})
    assert answer.status_code == 202
    address = answer.headers["location"]
    assert (site.client.get(address, headers=mine).status_code, site.client.get(address, headers=theirs).status_code) == (
        200,
        404,
    )
    again = site.client.post(f"{API}/transcripts", json=sent, headers={**theirs, "Idempotency-Key": "mine"})
    assert again.headers["location"] != address


def test_what_went_wrong_tells_no_path_no_query_and_no_version(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    def breaks(*asked: object, **more: object) -> None:
        raise RuntimeError(f"SELECT * FROM calls at {settings().home}")

    monkeypatch.setattr(queries, "call_details", breaks)
    _, headers = site.token()
    answer = site.client.get(f"{API}/calls/{site.call_of('Sam Ito')}", headers=headers)
    assert answer.status_code == 500
    for told in ("SELECT", str(site.centre.home), "RuntimeError", "Traceback", ".py"):
        assert told not in answer.text
    assert "server" not in answer.headers
    assert json.loads(answer.text)["status"] == 500
