"""Does whoever changes their password, or signs out everywhere, do so for themselves alone, and at once?"""

import stat
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine
from starlette.testclient import TestClient
from starlette.websockets import WebSocketDisconnect

from api.sign_in import MINE
from pipeline.demo_people import PEOPLE
from pipeline.people import first_administrator, one_time_until, reset_password
from settings import settings
from storage import sessions
from storage.access import Role
from storage.database import open_database, reading, transaction
from storage.people import set_password
from storage.queries import user_by_email
from tests.dashboard.centre import PASSWORD, PASSWORD_HASH, Centre

ORIGIN = {"Origin": "http://attune.test"}
NEW = "lantern velvet 40 oar"
SignIn = Callable[[str], TestClient]


@pytest.fixture(autouse=True)
def _password_as_before(engine: Engine, at_home: Centre) -> Iterator[None]:
    yield
    with transaction(engine) as session:
        set_password(session, at_home.askers["reviewer"].user_id, PASSWORD_HASH)


def change(client: TestClient, old: str, new: str, again: str | None = None) -> tuple[int, str]:
    form = {"old": old, "new": new, "again": new if again is None else again}
    answer = client.post(f"{MINE}/password", data=form, headers=ORIGIN)
    return answer.status_code, answer.text


def give_one_time_password(engine: Engine, at_home: Centre, who: str) -> None:
    with transaction(engine) as session:
        set_password(session, at_home.askers[who].user_id, PASSWORD_HASH, one_time_until())


def test_a_changed_password_ends_every_session_but_begins_one_here(sign_in: SignIn, engine: Engine) -> None:
    elsewhere = sign_in("reviewer").cookies["session"]
    client = sign_in("reviewer")
    client.cookies.clear()
    with transaction(engine) as session:
        user = user_by_email(session, "reviewer@attune.example")
        assert user is not None
        other = sessions.start(session, user.id, 1)
    client = sign_in("reviewer")
    here = client.cookies["session"]
    assert change(client, PASSWORD, NEW)[0] == 303
    assert client.cookies["session"] != here
    assert client.get("/calls").status_code == 200
    with reading(engine) as session:
        assert [sessions.asker_of(session, token) for token in (elsewhere, other, here)] == [None] * 3
    client.cookies.clear()
    assert (
        client.post("/sign-in", data={"email": "reviewer@attune.example", "password": PASSWORD}, headers=ORIGIN).status_code
        == 401
    )
    assert (
        client.post("/sign-in", data={"email": "reviewer@attune.example", "password": NEW}, headers=ORIGIN).status_code
        == 303
    )


@pytest.mark.parametrize(
    ("old", "new", "again", "status", "says"),
    [
        ("wrong", NEW, NEW, 401, "not your password"),
        (PASSWORD, NEW, "another", 400, "differ"),
        (PASSWORD, "short", "short", 400, "has 5 characters"),
        (PASSWORD, "password1234", "password1234", 400, "tried first"),
        (PASSWORD, PASSWORD, PASSWORD, 400, "is the old one"),
    ],
)
def test_what_does_not_fit_is_said_and_changes_nothing(
    sign_in: SignIn, old: str, new: str, again: str, status: int, says: str
) -> None:
    client = sign_in("reviewer")
    got, text = change(client, old, new, again)
    assert got == status
    assert says in text
    assert client.get("/calls").status_code == 200


def test_guessing_the_old_password_is_counted_like_signing_in(sign_in: SignIn) -> None:
    client = sign_in("reviewer")
    for _ in range(5):
        change(client, "wrong", NEW)
    assert change(client, PASSWORD, NEW)[0] == 429


def test_signing_out_everywhere_ends_the_other_browsers_too(sign_in: SignIn, engine: Engine, at_home: Centre) -> None:
    with transaction(engine) as session:
        other = sessions.start(session, at_home.askers["reviewer"].user_id, 1)
        coachs = sessions.start(session, at_home.askers["coach"].user_id, 1)
    client = sign_in("reviewer")
    assert client.get(MINE).text.count("<li>since") == 2
    answer = client.post(f"{MINE}/sign-out-everywhere", headers=ORIGIN)
    assert answer.headers["location"] == "/sign-in"
    with reading(engine) as session:
        assert sessions.asker_of(session, other) is None
        assert sessions.asker_of(session, coachs) is not None


@pytest.mark.parametrize("path", [f"{MINE}/password", f"{MINE}/sign-out-everywhere", "/sign-out", "/sign-in"])
@pytest.mark.parametrize(
    "sent",
    [
        {"Origin": "http://elsewhere.test"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
)
def test_another_sites_page_changes_nothing(sign_in: SignIn, path: str, sent: dict[str, str]) -> None:
    client = sign_in("reviewer")
    assert client.post(path, data={"old": PASSWORD, "new": NEW, "again": NEW}, headers=sent).status_code == 403
    assert client.get("/calls").status_code == 200


def test_with_a_one_time_password_nothing_opens_but_the_choice_of_another(
    sign_in: SignIn, engine: Engine, at_home: Centre
) -> None:
    give_one_time_password(engine, at_home, "reviewer")
    client = sign_in("reviewer")
    answer = client.get("/calls", headers={"Accept": "text/html"})
    assert (answer.status_code, answer.headers["location"]) == (303, MINE)
    assert client.get(f"/audio/{at_home.calls['Tom Reed'][0]}").status_code == 403
    with pytest.raises(WebSocketDisconnect), client.websocket_connect("/_stcore/stream", headers=ORIGIN):
        pass
    assert client.post(f"{MINE}/sign-out-everywhere", headers=ORIGIN).status_code == 403
    assert "Choose a password" in client.get(MINE).text
    assert change(client, PASSWORD, NEW)[0] == 303
    assert client.get("/calls").status_code == 200


def test_a_one_time_password_lets_in_for_its_days_alone(client: TestClient, engine: Engine, at_home: Centre) -> None:
    with transaction(engine) as session:
        over = one_time_until().replace(year=2020)
        set_password(session, at_home.askers["reviewer"].user_id, PASSWORD_HASH, over)
    form = {"email": "reviewer@attune.example", "password": PASSWORD}
    assert client.post("/sign-in", data=form, headers=ORIGIN).status_code == 401


def test_a_reset_gives_a_one_time_password_and_signs_out(sign_in: SignIn, at_home: Centre) -> None:
    client = sign_in("reviewer")
    password = reset_password(at_home.url, "Reviewer@attune.example")
    assert client.get("/calls").status_code == 401
    client.post("/sign-in", data={"email": "reviewer@attune.example", "password": password}, headers=ORIGIN)
    assert client.get("/calls").status_code == 403
    assert change(client, password, NEW)[0] == 303


def test_a_name_is_text_on_the_page(sign_in: SignIn) -> None:
    client = sign_in("reviewer")
    text = client.get(MINE).text
    assert "Rosa Lind, reviewer@attune.example" in text
    assert "<script" not in text


@pytest.fixture
def empty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Engine]:
    monkeypatch.setenv("ATTUNE_HOME", str(tmp_path))
    settings.cache_clear()
    opened = open_database(settings().url)
    yield opened
    opened.dispose()
    settings.cache_clear()


def test_the_first_start_makes_an_administrator_with_a_one_time_password(empty: Engine, tmp_path: Path) -> None:
    file = first_administrator(empty)
    assert file == tmp_path / "first-password.txt"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    email, password = file.read_text().split()
    with reading(empty) as session:
        user = user_by_email(session, email)
    assert user is not None
    assert user.role is Role.ADMINISTRATOR
    assert first_administrator(empty) is None
    from pipeline import signing_in

    token = signing_in.sign_in(empty, email, password, "127.0.0.1").token
    assert token
    assert signing_in.standing(empty, token).must_choose
    assert signing_in.change_password(empty, token, password, NEW, "127.0.0.1").token
    assert not file.exists()


def test_where_there_are_people_no_administrator_is_made(engine: Engine) -> None:
    assert first_administrator(engine) is None


def test_the_accounts_of_the_demonstration_exist_only_there(empty: Engine) -> None:
    first_administrator(empty)
    with reading(empty) as session:
        assert [person.email for person in PEOPLE if user_by_email(session, person.email)] == []
