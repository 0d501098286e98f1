"""A customer system says what it knows of its cases, once, and is told what became of each."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import Engine, func, select
from starlette.testclient import TestClient

from storage import queries
from storage.access import SYSTEM, Role
from storage.case_tables import CaseRow, SatisfactionRow
from storage.cases import of_call
from storage.database import reading, transaction
from storage.queries import CallFilter
from storage.repository import store_scored_call
from storage.tables import Base
from storage.tokens import Scope
from tests.api.programs.conftest import API
from tests.storage.build import a_scored_call

CASE = {
    "case_id": "00001027",
    "customer_phone": "020 7946 0123",
    "reason": "Late parcel",
    "state": "solved",
    "opened_at": "2026-03-02T09:20:00Z",
    "closed_at": "2026-03-04T15:10:00Z",
    "csat": 4,
}


def send(client: TestClient, *cases: dict[str, Any], **more: Any) -> Any:
    return client.post(f"{API}/cases", json={"system": "desk", "cases": cases, **more})


def test_a_case_is_new_then_the_same_then_changed(crm: TestClient, own: Engine) -> None:
    first = send(crm, CASE)
    assert (first.status_code, [one["result"] for one in first.json()["cases"]]) == (200, ["new"])
    assert [one["result"] for one in send(crm, CASE).json()["cases"]] == ["same"]
    changed = send(crm, {"case_id": "00001027", "state": "open", "nps": 9}).json()["cases"][0]
    assert (changed["result"], changed["what"]) == ("changed", ["state", "closed", "nps"])
    with reading(own) as session:
        kept = repr([tuple(row) for table in Base.metadata.sorted_tables for row in session.execute(select(table))])
        assert session.scalars(select(CaseRow.reason)).one() == "Late parcel"
    assert "79460123" not in kept.replace(" ", "")


def test_a_dry_run_writes_nothing(crm: TestClient, own: Engine) -> None:
    answer = send(crm, CASE, dry_run=True).json()
    assert (answer["dry_run"], answer["cases"][0]["result"]) == (True, "new")
    with reading(own) as session:
        assert session.scalar(select(func.count()).select_from(CaseRow)) == 0


def test_an_answer_about_a_conversation_stands_beside_its_score(crm: TestClient, own: Engine) -> None:
    stored = a_scored_call("one")
    with transaction(own) as session:
        store_scored_call(session, stored)
    call = stored.transcript.call_id
    said = send(crm, {"calls": [call, "nowhere"], "csat": 2}).json()["cases"][0]
    assert (said["result"], said["unknown"]) == ("new", ["there is no conversation nowhere here"])
    with reading(own) as session:
        assert [one.score for one in of_call(session, SYSTEM, call).answers] == [2]
        assert set(queries.satisfaction(session, SYSTEM, CallFilter())["call_id"]) == {call}


@pytest.mark.parametrize(
    "wrong",
    [
        {}, {"case_id": "1", "csat": 6}, {"case_id": "1", "nps": -1}, {"case_id": "1", "state": "lost"},
        {"case_id": "1", "opened_at": "2026-03-02T09:20:00"}, {"case_id": "1", "opened_at": "0001-01-01T00:00:00+14:00"},
        {"case_id": "9" * 90}, {"case_id": "a\nb"}, {"case_id": "1", "csat": "four"},
    ],
)  # fmt: skip
def test_what_does_not_fit_is_refused_with_all_that_came_with_it(
    crm: TestClient, own: Engine, wrong: dict[str, Any]
) -> None:
    assert send(crm, CASE, wrong).status_code == 422
    with reading(own) as session:
        assert session.scalar(select(func.count()).select_from(SatisfactionRow)) == 0


@pytest.mark.parametrize("role", [Role.REVIEWER, Role.COACH])
def test_others_than_quality_managers_send_no_cases(
    crm: TestClient, token: Callable[..., dict[str, str]], role: Role
) -> None:
    crm.headers.update(token(Scope.WRITE_CASES, role=role, team_ids=(1,) if role is Role.COACH else ()))
    answer = send(crm, CASE)
    assert (answer.status_code, "Quality managers" in answer.json()["detail"]) == (403, True)
