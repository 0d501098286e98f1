"""What a program may rely on when it reads: its own, all of it, page by page, and never anybody else's."""

import pytest
from sqlalchemy import Engine, select
from starlette.testclient import TestClient

from coaching.plans import draft_goal
from storage import plans
from storage.access import SYSTEM
from storage.database import reading, transaction
from storage.plan_lists import open_plans
from storage.tables import EvaluationRow
from storage.tokens import Scope
from tests.api.programs.conftest import API, Program
from tests.dashboard.centre import LAST_DAY, Centre


def _all(client: TestClient, path: str) -> list[dict[str, object]]:
    """Every item, page by page."""
    found: list[dict[str, object]] = []
    cursor = ""
    while True:
        answer = client.get(f"{API}{path}", params={"limit": 7, "cursor": cursor})
        assert answer.status_code == 200, answer.text
        found += answer.json()["items"]
        cursor = answer.json()["next"]
        if not cursor:
            return found


def test_pages_hold_every_call_once_the_latest_first(program: Program, at_home: Centre) -> None:
    calls = _all(program(Scope.READ_RESULTS), "/calls")
    assert sorted(str(call["id"]) for call in calls) == sorted(id_ for ids in at_home.calls.values() for id_ in ids)
    moments = [str(call["started_at"]) for call in calls]
    assert moments == sorted(moments, reverse=True)


def test_a_list_is_narrowed_by_day_team_and_failure(program: Program) -> None:
    client = program(Scope.READ_RESULTS)
    newest = client.get(f"{API}/calls", params={"first_day": LAST_DAY.date().isoformat(), "last_day": "9999-12-31"})
    assert len(newest.json()["items"]) == 4
    failed = client.get(f"{API}/calls", params={"failed": "true"}).json()["items"]
    assert [call["agent"] for call in failed] == ["Nadia Osei"]


def test_a_call_says_the_same_alone_as_in_the_list(program: Program) -> None:
    client = program(Scope.READ_RESULTS)
    for listed in client.get(f"{API}/calls", params={"limit": 12}).json()["items"]:
        alone = client.get(f"{API}/calls/{listed['id']}").json()
        assert len(alone.pop("evaluations")) == 2
        assert alone == pytest.approx(listed)


def test_an_evaluation_has_every_question_with_its_answer_and_the_words_behind_it(program: Program) -> None:
    client = program(Scope.READ_RESULTS)
    call = client.get(f"{API}/calls").json()["items"][0]
    evaluations = client.get(f"{API}/calls/{call['id']}/evaluations").json()["items"]
    assert [one["scorecard"] for one in evaluations] == ["manners", "safety"]
    for one in evaluations:
        assert client.get(f"{API}/evaluations/{one['id']}").json() == one
        assert all(result["question"].endswith("?") for result in one["results"])
    assert any(evidence["quote"] for one in evaluations for result in one["results"] for evidence in result["evidence"])


def test_scorecards_gaps_and_plans_can_be_read(program: Program, engine: Engine, at_home: Centre) -> None:
    client = program(Scope.READ_RESULTS, Scope.READ_COACHING)
    assert [card["id"] for card in client.get(f"{API}/scorecards").json()["items"]] == ["manners", "safety"]
    gaps = _all(client, "/gaps")
    assert {"Nadia Osei"} <= {gap["name"] for gap in gaps}
    with transaction(engine) as session:
        nadia = at_home.askers["nadia"].agent_id
        assert nadia is not None
        made = open_plans(session, SYSTEM)
        if not made:  # the centre is one for the whole run
            goal = draft_goal("manners", "apologises", 0.1, 0.0, 0.2, 12, 0.8, LAST_DAY.date())
            plans.draft(session, SYSTEM, nadia, [goal], LAST_DAY.date())
    (plan,) = _all(client, "/plans")
    assert plan == client.get(f"{API}/plans/{plan['id']}").json()
    assert plan["state"] == "draft"
    assert plan["due"]
    nadias = program(Scope.READ_COACHING, as_="nadia")
    assert nadias.get(f"{API}/plans/{plan['id']}").status_code == 404  # a draft is the coach's alone
    assert _all(nadias, "/plans") == []


@pytest.mark.parametrize("who", ["nadia", "coach"])
def test_a_token_never_opens_what_its_person_may_not_see(
    program: Program, engine: Engine, at_home: Centre, who: str
) -> None:
    own = {"nadia": {"Nadia Osei"}, "coach": {"Nadia Osei", "Tom Reed"}}[who]
    client = program(Scope.READ_RESULTS, as_=who)
    assert {call["agent"] for call in _all(client, "/calls")} == own
    for agent, ids in at_home.calls.items():
        for id_ in ids:
            expected = 200 if agent in own else 404
            assert client.get(f"{API}/calls/{id_}").status_code == expected
            assert client.get(f"{API}/calls/{id_}/evaluations").status_code == expected
    with reading(engine) as session:
        rows = session.execute(select(EvaluationRow.id, EvaluationRow.call_id)).all()
    seen = {id_ for agent in own for id_ in at_home.calls[agent]}
    assert len(rows) == 96
    for number, call_id in rows:
        assert client.get(f"{API}/evaluations/{number}").status_code == (200 if call_id in seen else 404), number


@pytest.mark.parametrize(
    "wrong",
    [
        "limit=0",
        "limit=201",
        "limit=many",
        "cursor=!!",
        "cursor=WzFd",
        "first_day=soon",
        "agent_id=99999999999",
        "queue=%00",
    ],
)
def test_what_does_not_fit_is_named_as_a_problem(program: Program, wrong: str) -> None:
    answer = program(Scope.READ_RESULTS).get(f"{API}/calls?{wrong}")
    assert (answer.status_code, answer.headers["content-type"]) == (422, "application/problem+json")
    assert answer.json()["status"] == 422
    assert answer.json()["detail"]


@pytest.mark.parametrize("path", ["/calls/nothing", "/evaluations/2147483647", "/plans/77", "/nowhere", "/calls/a/b/c"])
def test_what_is_not_there_is_a_problem_too(program: Program, path: str) -> None:
    answer = program().get(f"{API}{path}")
    assert (answer.status_code, answer.headers["content-type"]) == (404, "application/problem+json")
