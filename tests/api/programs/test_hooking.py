"""A program is told of what happens: signed, once, only what is its to know, and nobody else is reached by it."""

import base64
import hashlib
import hmac
import json
import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest
from sqlalchemy import Engine, select, update
from starlette.testclient import TestClient

from coaching.plans import draft_goal
from errors import InputError, NotAllowed
from pipeline import notify
from pipeline.notify import MOST_TRIES, check_address, deliver_due, new_client, pause_after, resolve, tell_what_is_due
from reviews.disputes import Decider, Rules
from scoring.result import Verdict
from settings import settings
from storage import alert_rules, clock, disputes, plans
from storage.access import SYSTEM, Asker, Role
from storage.alert_desk import close, list_alerts
from storage.database import reading, transaction
from storage.hook_tables import DeliveryRow, WebhookRow
from storage.hooks import list_deliveries, list_hooks
from storage.people import add_agent, add_team, add_user
from storage.repository import add_override, load_evaluations, store_scored_call
from storage.tokens import Scope, list_tokens, revoke_token
from tests.api.programs.conftest import API
from tests.storage.build import a_scored_call

ALL = [
    "evaluation.finished", "evaluation.failed_automatically", "dispute.opened", "dispute.decided", "plan.due",
    "alert.raised", "alert.closed",
]  # fmt: skip
SPOKEN = "My parcel with the pin 4711 is late"


@dataclass
class Receiver:
    """A program that is told: what it got, and how it answers."""

    url: str = ""
    status: int = 204
    got: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)


@pytest.fixture
def receiver(monkeypatch: pytest.MonkeyPatch, own: Engine) -> Iterator[Receiver]:
    """A server on this machine, which is let be told at."""
    told = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            told.got.append((self.path, {name.lower(): value for name, value in self.headers.items()}, body))
            self.send_response(told.status)
            if told.status == 302:
                self.send_header("Location", "/elsewhere")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            """Nothing to the terminal."""

    monkeypatch.setenv("ATTUNE_WEBHOOKS_INSIDE", "true")
    settings.cache_clear()
    server = HTTPServer(("127.0.0.1", 0), Handler)
    told.url = f"http://127.0.0.1:{server.server_port}/attune"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield told
    server.shutdown()
    thread.join()
    server.server_close()


def _hook(client: TestClient, url: str, *events: str) -> Any:
    answer = client.post(f"{API}/webhooks", json={"url": url, "events": list(events or ALL)})
    assert answer.status_code == 201, answer.text
    return answer.json()


def _store(engine: Engine, name: str = "one", **more: Any) -> str:
    call = a_scored_call(name, "agent: Hello", f"customer: {SPOKEN}", **more)
    with transaction(engine) as session:
        assert store_scored_call(session, call)
    return call.transcript.call_id


def _deliver(engine: Engine) -> int:
    with new_client() as client:
        return deliver_due(engine, client)


def _again(engine: Engine) -> None:
    """Let time pass until the next try."""
    with transaction(engine) as session:
        session.execute(update(DeliveryRow).values(next_at=datetime.now(UTC) - timedelta(seconds=1)))


def _deliveries(client: TestClient, hook: Any) -> Any:
    return client.get(f"{API}/webhooks/{hook['id']}/deliveries").json()["items"]


def test_what_a_program_is_told_is_signed_and_names_the_call_without_its_words(
    crm: TestClient, own: Engine, receiver: Receiver
) -> None:
    hook = _hook(crm, receiver.url)
    call_id = _store(own, verdicts={"announces": "not_met"}, customer="Ms Smith", agent="Ana Ruiz")
    assert _deliver(own) == 2
    told = {json.loads(body)["type"]: json.loads(body)["data"] for _, _, body in receiver.got}
    finished, failed = told["evaluation.finished"], told["evaluation.failed_automatically"]
    assert (finished["call_id"], finished["total"], finished["passed"]) == (call_id, 0.0, False)
    assert failed["failed_by"] == ["announces"]
    assert crm.get(f"{API}/evaluations/{finished['evaluation_id']}").json()["call_id"] == call_id
    key = base64.b64decode(hook["secret"].removeprefix("whsec_"))
    assert len(key) == 32
    for path, headers, body in receiver.got:
        signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
        expected = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
        assert (path, headers["webhook-signature"]) == ("/attune", f"v1,{expected}")
        assert abs(int(headers["webhook-timestamp"]) - datetime.now(UTC).timestamp()) < 60
        for words in ("parcel", "4711", "Smith", "Ana", "Hello"):
            assert words not in body.decode()
    assert [one["state"] for one in _deliveries(crm, hook)] == ["delivered", "delivered"]
    assert _deliver(own) == 0


def test_what_did_not_happen_is_not_told(crm: TestClient, own: Engine, receiver: Receiver) -> None:
    hook = _hook(crm, receiver.url)

    def fails() -> None:
        with transaction(own) as session:
            assert store_scored_call(session, a_scored_call("one"))
            raise RuntimeError("the power goes")

    with pytest.raises(RuntimeError):
        fails()
    assert (_deliveries(crm, hook), _deliver(own)) == ([], 0)


def test_a_program_is_told_only_of_what_it_asked_for(crm: TestClient, own: Engine, receiver: Receiver) -> None:
    hook = _hook(crm, receiver.url, "evaluation.failed_automatically")
    call_id = _store(own)
    assert _deliveries(crm, hook) == []
    with transaction(own) as session:
        (stored,) = load_evaluations(session, call_id)
        add_override(session, SYSTEM, stored.result_ids["announces"], Verdict.NOT_MET, "It was never announced.")
    assert [one["event"] for one in _deliveries(crm, hook)] == ["evaluation.failed_automatically"]


def test_what_was_not_taken_is_tried_again_with_growing_pauses_and_then_given_up(
    crm: TestClient, own: Engine, receiver: Receiver
) -> None:
    hook = _hook(crm, receiver.url, "evaluation.finished")
    receiver.status = 500
    _store(own)
    assert _deliver(own) == 0
    assert _deliver(own) == 0  # not at once
    (waiting,) = _deliveries(crm, hook)
    assert (waiting["state"], waiting["tries"], waiting["answered"]) == ("waiting", 1, "Answered 500.")
    for _ in range(MOST_TRIES - 1):
        _again(own)
        _deliver(own)
    (given_up,) = _deliveries(crm, hook)
    assert (given_up["state"], given_up["tries"]) == ("failed", MOST_TRIES)
    assert len({headers["webhook-id"] for _, headers, _ in receiver.got}) == 1
    pauses = [pause_after(tries) for tries in range(1, MOST_TRIES)]
    assert pauses[:6] == sorted(pauses[:6])
    assert 8 * 3600 < sum(pauses) < 14 * 3600


def test_what_failed_once_is_delivered_later(crm: TestClient, own: Engine, receiver: Receiver) -> None:
    hook = _hook(crm, receiver.url, "evaluation.finished")
    receiver.status = 503
    _store(own)
    _deliver(own)
    receiver.status = 200
    _again(own)
    assert _deliver(own) == 1
    assert [(one["state"], one["tries"]) for one in _deliveries(crm, hook)] == [("delivered", 2)]


def test_a_redirect_is_not_followed(crm: TestClient, own: Engine, receiver: Receiver) -> None:
    hook = _hook(crm, receiver.url, "evaluation.finished")
    receiver.status = 302
    _store(own)
    _deliver(own)
    assert [path for path, _, _ in receiver.got] == ["/attune"]
    assert _deliveries(crm, hook)[0]["state"] == "waiting"


def test_an_address_that_is_gone_is_told_nothing_any_more(crm: TestClient, own: Engine, receiver: Receiver) -> None:
    _hook(crm, receiver.url, "evaluation.finished")
    receiver.status = 410
    _store(own)
    _deliver(own)
    assert crm.get(f"{API}/webhooks").json()["items"] == []
    _store(own, "two")
    assert (_deliver(own), len(receiver.got)) == (0, 1)


def test_nobody_is_told_of_what_is_not_theirs_to_see(
    crm: TestClient, own: Engine, token: Callable[..., dict[str, str]], receiver: Receiver
) -> None:
    with transaction(own) as session:
        south = add_team(session, "South")
    crm.headers.update(token(role=Role.COACH, team_ids=(south,)))
    hook = _hook(crm, receiver.url)
    _store(own, "north", team="North", verdicts={"announces": "not_met"})
    assert _deliveries(crm, hook) == []
    call_id = _store(own, "south", team="South", agent="Cleo Marsh")
    assert _deliver(own) == 1
    assert json.loads(receiver.got[0][2])["data"]["call_id"] == call_id


def test_a_revoked_token_is_told_nothing_and_what_waited_is_dropped(
    crm: TestClient, own: Engine, receiver: Receiver
) -> None:
    _hook(crm, receiver.url)
    _store(own)
    with transaction(own) as session:
        revoke_token(session, SYSTEM, list_tokens(session, SYSTEM)[0].id)
    assert (_deliver(own), receiver.got) == (0, [])
    _store(own, "two")
    tell_what_is_due(own, date(2030, 1, 1))
    with reading(own) as session:
        assert session.scalars(select(DeliveryRow.state)).all() == ["failed"]


def test_another_tokens_webhooks_do_not_exist(
    crm: TestClient, token: Callable[..., dict[str, str]], receiver: Receiver
) -> None:
    hook = _hook(crm, receiver.url)
    other = token()
    assert crm.get(f"{API}/webhooks", headers=other).json()["items"] == []
    assert crm.get(f"{API}/webhooks/{hook['id']}/deliveries", headers=other).status_code == 404
    assert crm.delete(f"{API}/webhooks/{hook['id']}", headers=other).status_code == 404
    weak = token(Scope.READ_RESULTS, Scope.SEND_CALLS)
    assert crm.post(f"{API}/webhooks", json={"url": receiver.url, "events": ALL}, headers=weak).status_code == 403
    assert crm.delete(f"{API}/webhooks/{hook['id']}").status_code == 204
    assert crm.delete(f"{API}/webhooks/{hook['id']}").status_code == 404


def test_a_dispute_is_told_when_it_is_opened_and_decided(crm: TestClient, own: Engine, receiver: Receiver) -> None:
    hook = _hook(crm, receiver.url, "dispute.opened", "dispute.decided")
    call_id = _store(own, verdicts={"thanks": "not_met"})
    rules = Rules(days=14, per_month=3, decider=Decider.QUALITY_MANAGER)
    with transaction(own) as session:
        ana = add_agent(session, "Ana Ruiz")
        user = add_user(session, "ana@example.org", "Ana Ruiz", Role.AGENT, "x", ana)
        mira = add_user(session, "mira@example.org", "Mira Holt", Role.QUALITY_MANAGER, "x")
        (stored,) = load_evaluations(session, call_id)
        asker = Asker(user, Role.AGENT, ana, name="Ana Ruiz")
        reason = "I said thank you to the customer."
        dispute_id = disputes.raise_dispute(session, asker, rules, stored.result_ids["thanks"], reason)
    with transaction(own) as session:
        disputes.decide(session, Asker(mira, Role.QUALITY_MANAGER), rules, dispute_id, Verdict.MET, "So I heard it.")
    assert [one["event"] for one in _deliveries(crm, hook)] == ["dispute.opened", "dispute.decided"]
    assert _deliver(own) == 2
    assert json.loads(receiver.got[1][2])["data"] == {
        "dispute_id": dispute_id,
        "call_id": call_id,
        "scorecard": "care",
        "criterion": "thanks",
        "state": "upheld",
    }
    assert not any(b"thank you" in body or b"heard" in body for _, _, body in receiver.got)


def test_an_alert_is_told_raised_and_closed_where_its_rule_tells_programs(
    crm: TestClient, own: Engine, receiver: Receiver
) -> None:
    hook = _hook(crm, receiver.url, "alert.raised", "alert.closed")
    moment = datetime(2026, 8, 5, 12, tzinfo=UTC)
    failed = {"announces": "not_met"}
    with clock.at(moment), transaction(own) as session:
        store_scored_call(session, a_scored_call("of a quiet rule", started_at=moment, verdicts=failed))
        rule = next(one for one in alert_rules.SHIPPED if one.key == "failure")
        alert_rules.save_alert_rule(session, SYSTEM, replace(rule, telling=replace(rule.telling, webhook=True)))
        call = a_scored_call("of a loud one", f"customer: {SPOKEN}", started_at=moment, verdicts=failed)
        store_scored_call(session, call)
        alert = list_alerts(session, SYSTEM)[0]
        close(session, SYSTEM, alert.id, f"They said: {SPOKEN}")
    assert [one["event"] for one in _deliveries(crm, hook)] == ["alert.raised", "alert.closed"]
    assert _deliver(own) == 2
    told = {
        "alert_id": alert.id, "call_id": call.transcript.call_id, "kind": "failure", "rule": "An automatic failure",
        "channel": "phone", "perhaps": False, "turn": 0, "waiting_since": None, "seen_until": None,
    }  # fmt: skip
    assert [json.loads(body)["data"] for _, _, body in receiver.got] == [told, {**told, "by_itself": False}]
    assert not any(b"4711" in body for _, _, body in receiver.got)


def test_what_is_due_of_a_plan_is_told_once(crm: TestClient, own: Engine, receiver: Receiver) -> None:
    hook = _hook(crm, receiver.url, "plan.due")
    _store(own)
    begins = date(2025, 3, 10)
    with transaction(own) as session:
        goal = draft_goal("care", "thanks", 0.5, 0.4, 0.6, 40, 0.8, begins)
        plan_id = plans.draft(session, SYSTEM, add_agent(session, "Ana Ruiz"), [goal], begins)
    assert tell_what_is_due(own, begins - timedelta(days=1)) == 0
    assert tell_what_is_due(own, begins) >= 1
    assert tell_what_is_due(own, begins) == 0
    _deliver(own)
    first = json.loads(receiver.got[0][2])
    assert (first["type"], first["data"]["plan_id"]) == ("plan.due", plan_id)
    assert all(one["state"] == "delivered" for one in _deliveries(crm, hook))


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.ADMINISTRATOR])
def test_only_administrators_see_what_all_programs_are_told(own: Engine, role: Role) -> None:
    asker = Asker(1, role, 1, frozenset({1}))
    with reading(own) as session:
        assert (list_hooks(session, SYSTEM), list_deliveries(session, SYSTEM)) == ((), ())
        for refused in (list_hooks, list_deliveries):
            with pytest.raises(NotAllowed):
                refused(session, asker)


# Where it is never sent


@pytest.mark.parametrize(
    "url",
    [
        "http://crm.example.org/", "ftp://crm.example.org/", "https://", "https:///x", "https://user:pass@crm.example.org/",
        "https://127.0.0.1/", "https://127.1.2.3:8443/x", "https://[::1]/", "https://10.0.0.1/", "https://192.168.1.1/",
        "https://172.16.0.1/", "https://169.254.169.254/latest/meta-data", "https://[fe80::1]/", "https://[fc00::1]/",
        "https://0.0.0.0/", "https://[::ffff:10.0.0.1]/", "https://[64:ff9b::a00:1]/", "https://[2002:a00:1::]/",
        "https://224.0.0.1/", "https://100.64.0.1/", "https://crm.example.org/#x", "https://crm.example.org:99999/",
        "https://crm.example.org/\r\nX: y", "https://crm.example.org\\@127.0.0.1/", "https://[::1", "file:///etc/passwd",
    ],
)  # fmt: skip
def test_an_address_that_is_not_of_the_open_network_is_refused(crm: TestClient, url: str) -> None:
    with pytest.raises(InputError):
        check_address(url)
    answer = crm.post(f"{API}/webhooks", json={"url": url, "events": ALL})
    assert (answer.status_code, answer.headers["content-type"]) == (422, "application/problem+json")


@pytest.mark.parametrize(
    "url", ["https://crm.example.org/attune?x=1", "https://8.8.8.8/", "https://[2001:4860:4860::8888]:8443/"]
)
def test_an_address_of_the_open_network_may_be_named(own: Engine, url: str) -> None:
    check_address(url)


@pytest.mark.parametrize("host", ["localhost", "127.1", "2130706433", "0x7f.1", "017700000001", "localhost.", "LOCALHOST"])
def test_a_name_that_leads_inside_is_refused_when_it_is_resolved(own: Engine, host: str) -> None:
    with pytest.raises(InputError):
        resolve(host, 443)


def test_a_name_of_which_one_address_lies_inside_is_refused(own: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    def both(*asked: object, **more: object) -> list[Any]:
        return [(socket.AF_INET, 1, 6, "", ("8.8.8.8", 443)), (socket.AF_INET, 1, 6, "", ("10.0.0.7", 443))]

    monkeypatch.setattr(socket, "getaddrinfo", both)
    with pytest.raises(InputError, match="within a network"):
        resolve("crm.example.org", 443)


def test_the_connection_goes_to_the_address_that_was_looked_at(
    crm: TestClient, own: Engine, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    port = receiver.url.rpartition(":")[2].partition("/")[0]
    _hook(crm, f"http://crm.example.org:{port}/attune", "evaluation.finished")
    _store(own)
    asked: list[str] = []

    def once(host: str, *more: object) -> str:
        asked.append(host)
        return "127.0.0.1"

    monkeypatch.setattr(notify, "resolve", once)
    assert _deliver(own) == 1
    assert asked == ["crm.example.org"]
    assert receiver.got[0][1]["host"] == f"crm.example.org:{port}"


def test_the_database_alone_is_not_enough_to_sign(crm: TestClient, own: Engine, receiver: Receiver) -> None:
    hook = _hook(crm, receiver.url)
    with reading(own) as session:
        row = session.execute(select(WebhookRow.__table__)).one()
    assert hook["secret"].removeprefix("whsec_") not in repr(row)
    key = settings().home / "webhooks.key"
    assert key.stat().st_mode & 0o077 == 0
    assert _hook(crm, receiver.url)["secret"] != hook["secret"]
    assert "secret" not in crm.get(f"{API}/webhooks").text
