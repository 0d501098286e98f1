"""Does whoever watches the service learn how it runs, and nothing of anybody?"""

import re
from collections.abc import Callable, Iterator

import pytest
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import Engine
from starlette.testclient import TestClient

import pipeline.doctor
from pipeline import metrics
from settings import settings
from storage import operations
from storage.access import SYSTEM, Role
from storage.database import reading, transaction
from storage.operations import Key, Measure
from storage.tables import AgentRow, CallKind, CallRow
from storage.tokens import Scope, add_token
from tests.dashboard.centre import Centre
from tests.on_postgresql import away

Headers = dict[str, str]


@pytest.fixture
def watcher(engine: Engine) -> Headers:
    """A token that may watch, and nothing else."""
    with transaction(engine) as session:
        _, secret = add_token(session, SYSTEM, "prometheus", [Scope.READ_METRICS], Role.AGENT, 3, agent_id=1)
    return {"Authorization": f"Bearer {secret}"}


@pytest.fixture
def looked_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is ready is looked at each time."""
    monkeypatch.setattr(pipeline.doctor, "LOOK_SECONDS", 0.0)


def values(client: TestClient, headers: Headers) -> dict[str, float]:
    answer = client.get("/api/v1/metrics", headers=headers)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == metrics.CONTENT_TYPE
    return {
        sample.name + "".join(f"{{{name}={value}}}" for name, value in sorted(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }


def test_a_watcher_gets_what_all_processes_did(client: TestClient, engine: Engine, watcher: Headers) -> None:
    did = {
        Key(Measure.SECONDS, CallKind.RECORDING.value, "hear"): 30.0,
        Key(Measure.SECONDS, CallKind.RECORDING.value, "judge"): 10.0,
        Key(Measure.SECONDS, CallKind.TRANSCRIPT.value, "judge"): 5.0,
        Key(Measure.AUDIO_SECONDS, CallKind.RECORDING.value): 200.0,
        Key(Measure.CALLS, CallKind.RECORDING.value): 2.0,
        Key(Measure.FAILURES, "model"): 1.0,
    }
    before = values(client, watcher)
    for _ in range(2):
        with transaction(engine) as session:
            operations.add(session, did)
    after = values(client, watcher)
    assert after["attune_stage_seconds_total{kind=recording}{stage=hear}"] == 60.0
    assert after["attune_audio_seconds_total"] == 400.0
    assert after["attune_failures_total{kind=model}"] == 2.0
    assert after["attune_real_time_factor"] == pytest.approx(80 / 400)
    assert after["attune_disk_free_bytes"] > 0
    assert "attune_real_time_factor" not in before


def test_requests_are_counted_by_where_they_went_and_how_they_ended(client: TestClient, watcher: Headers) -> None:
    client.get("/audio/nothing")
    client.get("/nowhere/agent-smith")
    found = values(client, watcher)
    assert found["attune_request_seconds_count{status=4xx}{where=audio}"] >= 1
    assert found["attune_request_seconds_count{status=4xx}{where=page}"] >= 1


def test_nothing_that_is_measured_names_anybody(
    client: TestClient, engine: Engine, watcher: Headers, at_home: Centre
) -> None:
    client.get(f"/calls?agent={next(iter(at_home.calls))}")
    text = client.get("/api/v1/metrics", headers=watcher).text.lower()
    with reading(engine) as session:
        names = [name for (name,) in session.query(AgentRow.name)] + [one for (one,) in session.query(CallRow.id)]
    assert names
    assert not [name for name in names if name.lower() in text]
    labels = set(re.findall(r'(\w+)="', text))
    assert labels <= {"state", "stage", "kind", "page", "where", "status", "le", "version"}


@pytest.mark.parametrize("scopes", [(), (Scope.READ_RESULTS,)])
def test_whoever_may_not_watch_gets_nothing(client: TestClient, engine: Engine, scopes: tuple[Scope, ...]) -> None:
    headers: Headers = {}
    if scopes:
        with transaction(engine) as session:
            headers = {"Authorization": f"Bearer {add_token(session, SYSTEM, 'crm', scopes, Role.ADMINISTRATOR, 3)[1]}"}
    answer = client.get("/api/v1/metrics", headers=headers)
    assert answer.status_code == (403 if scopes else 401)
    assert "attune_queue" not in answer.text


def test_a_page_that_is_drawn_is_timed() -> None:
    with metrics.page("agents"):
        pass
    samples = [one for family in metrics._PAGES.collect() for one in family.samples]
    assert any(one.name.endswith("_count") and one.labels == {"page": "agents"} and one.value >= 1 for one in samples)


def test_strangers_learn_that_it_is_ready_or_which_part_is_not(
    client: TestClient, looked_anew: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    ready = client.get("/ready")
    assert (ready.status_code, ready.json()) == (200, {"status": "ready"})
    monkeypatch.setenv("ATTUNE_MODEL", "/nowhere/secret-place")
    settings.cache_clear()
    lacking = client.get("/ready")
    assert (lacking.status_code, lacking.json()) == (503, {"status": "not ready", "lacking": ["models"]})
    assert "secret-place" not in lacking.text


@pytest.fixture
def without_database(engine: Engine, client: TestClient, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The database is away."""
    with away(engine):
        yield


def test_a_database_that_is_away_is_neither_well_nor_ready(
    client: TestClient, looked_anew: None, without_database: Callable[[], None]
) -> None:
    assert client.get("/health").status_code == 503
    answer = client.get("/ready")
    assert answer.status_code == 503
    assert answer.json()["lacking"] == ["database", "worker"]


def test_however_many_ask_it_is_looked_at_every_few_seconds(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    looked: list[Engine] = []

    def look(engine: Engine) -> tuple[str, ...]:
        looked.append(engine)
        return ()

    monkeypatch.setattr(pipeline.doctor, "lacking", look)
    ready = pipeline.doctor.Readiness(engine)
    for _ in range(20):
        assert ready.lacking() == ()
    assert len(looked) == 1
