"""What a reviewer's browser sends is kept once, from nobody else and from no other site, and a lost answer is sent again."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from settings import settings
from tests.api.conftest import HERE
from tests.dashboard.centre import Centre, build_centre

SignIn = Callable[[str], TestClient]


@pytest.fixture
def at_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Centre]:
    """A centre of each test's own, as things are changed in it."""
    monkeypatch.setenv("ATTUNE_HOME", str(tmp_path))
    settings.cache_clear()
    yield build_centre(tmp_path)
    settings.cache_clear()


def post(client: TestClient, call: str, *items: dict[str, Any], mark: str | None = None, **headers: str) -> Any:
    return client.post(f"/desk/{call}", json={"items": items, "mark": mark}, headers={"Origin": HERE, **headers})


def question(client: TestClient, call: str, criterion: str) -> dict[str, Any]:
    """How one question of the call stands."""
    cards = post(client, call).json()["now"]["cards"]
    results = (result for card in cards for section in card["sections"] for result in section["results"])
    found: dict[str, Any] = next(result for result in results if result["criterion"] == criterion)
    return found


def an_answer(result: int, verdict: str, n: int = 1, **more: Any) -> dict[str, Any]:
    return {"id": f"browser-{n:04d}", "kind": "answer", "result": result, "verdict": verdict, "seen": 0, **more}


def test_an_answer_is_kept_and_the_total_comes_back(sign_in: SignIn, at_home: Centre) -> None:
    client, call = sign_in("reviewer"), at_home.calls["Sam Ito"][0]
    result = question(client, call, "apologises")["id"]
    answer = post(client, call, an_answer(result, "met", reason="Before the recording began.")).json()
    assert answer["saved"] == ["browser-0001"]
    (card,) = [card for card in answer["now"]["cards"] if card["id"] == "manners"]
    assert (card["total"], card["changed"]) == (50, "0 by the machine, before 1 change")
    (given,) = question(client, call, "apologises")["history"]
    assert (given["author"], given["before"], given["after"]) == ("Rosa Lind", "Not met", "Met")


def test_a_lost_connection_sends_again_and_nothing_is_kept_twice(sign_in: SignIn, at_home: Centre) -> None:
    client, call = sign_in("reviewer"), at_home.calls["Sam Ito"][0]
    item = an_answer(question(client, call, "apologises")["id"], "met", reason="He did.")
    for _ in range(3):
        assert post(client, call, item).json()["saved"] == ["browser-0001"]
    assert len(question(client, call, "apologises")["history"]) == 1


def test_one_thing_that_cannot_be_kept_harms_no_other(sign_in: SignIn, at_home: Centre) -> None:
    client, call = sign_in("reviewer"), at_home.calls["Sam Ito"][0]
    result = question(client, call, "apologises")["id"]
    answer = post(
        client,
        call,
        an_answer(result, "met", 1),
        {"id": "browser-0002", "kind": "comment", "text": "Listen.", "turn": 0, "start": 0.5},
        {"id": "browser-0003", "kind": "invented"},
        an_answer(result, "brilliant", 4),
        an_answer(2**40, "met", 5),
    ).json()
    assert answer["saved"] == ["browser-0002"]
    assert set(answer["refused"]) == {"browser-0001", "browser-0003", "browser-0004", "browser-0005"}
    assert "needs a reason" in answer["refused"]["browser-0001"]


def test_the_second_of_two_reviewers_is_told_and_both_answers_stand(sign_in: SignIn, at_home: Centre) -> None:
    call = at_home.calls["Sam Ito"][0]
    rosa = sign_in("reviewer")
    result = question(rosa, call, "apologises")["id"]
    post(rosa, call, an_answer(result, "met", reason="He did."))
    idris = sign_in("idris")
    answer = post(idris, call, an_answer(result, "partly", reason="Half-heartedly.")).json()
    assert (answer["saved"], answer["others"]) == ([], ["Rosa Lind"])
    seen = answer["overtaken"]["browser-0001"]
    assert post(idris, call, an_answer(result, "partly", reason="Half-heartedly.", seen=seen)).json()["saved"]
    assert [one["after"] for one in question(idris, call, "apologises")["history"]] == ["Met", "Partly"]


def test_what_the_page_has_already_is_not_sent_again(sign_in: SignIn, at_home: Centre) -> None:
    client, call = sign_in("reviewer"), at_home.calls["Sam Ito"][0]
    mark = post(client, call).json()["now"]["mark"]
    assert post(client, call, mark=mark).json()["now"] is None


@pytest.mark.parametrize("who", ["nadia", "lena", "coach"])
def test_whoever_only_reads_sends_nothing(sign_in: SignIn, at_home: Centre, who: str) -> None:
    call = at_home.calls["Nadia Osei"][0]
    item = {"id": "browser-0001", "kind": "comment", "text": "Well done, me."}
    assert post(sign_in(who), call, item).status_code == 403
    assert post(sign_in("reviewer"), call).json()["now"]["notes"]["comments"] == []


def test_nobody_sends_anything_unsigned(client: TestClient, at_home: Centre) -> None:
    assert post(client, at_home.calls["Sam Ito"][0]).status_code == 401


def test_another_sites_page_sends_nothing(sign_in: SignIn, at_home: Centre) -> None:
    client, call = sign_in("reviewer"), at_home.calls["Sam Ito"][0]
    assert post(client, call, Origin="http://elsewhere.test").status_code == 403
    form = client.post(f"/desk/{call}", content='{"items": []}', headers={"Origin": HERE, "Content-Type": "text/plain"})
    assert form.status_code == 400


@pytest.mark.parametrize("body", ["", "[]", "{", '{"items": {}}', '{"items": [1]}', "[" * 100_000])
def test_what_cannot_be_read_is_refused_with_a_sentence(sign_in: SignIn, at_home: Centre, body: str) -> None:
    headers = {"Origin": HERE, "Content-Type": "application/json"}
    answer = sign_in("reviewer").post(f"/desk/{at_home.calls['Sam Ito'][0]}", content=body, headers=headers)
    assert answer.status_code == 400
    assert answer.text.endswith(".")


def test_a_call_that_is_not_there_takes_nothing(sign_in: SignIn, at_home: Centre) -> None:
    assert post(sign_in("reviewer"), "0000000000000000").status_code == 400
