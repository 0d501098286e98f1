"""Attacks on the sign-in, on sessions, and on whoever is signed in: each named as what is tried, with what it gets."""

import base64
import json
import time
from concurrent.futures import ThreadPoolExecutor, as_completed
from datetime import UTC, datetime, timedelta
from itertools import islice
from threading import Event
from typing import Any

import pytest
from argon2 import PasswordHasher
from sqlalchemy import select, update
from starlette.routing import Route
from starlette.websockets import WebSocketDisconnect

import api.audio
from api.guard import OPEN_PATHS, WRITES
from api.places import EACH, MOST_EACH
from dashboard import COOKIE
from pipeline import signing_in
from pipeline.passwords import check_password, hash_password, new_password
from pipeline.people import one_time_until
from pipeline.signing_in import AT_AN_ACCOUNT, FROM_AN_ADDRESS
from storage.audit_tables import AuditEntryRow
from storage.database import reading, transaction
from storage.people import set_password
from storage.store import KeptFile, recording_file
from storage.tables import SessionRow, UserRow
from tests.attacks.conftest import ELSEWHERE, HERE, Site
from tests.dashboard.centre import PASSWORD

WRONG = "That address and password do not belong together."


def refused(site: Site, cookie: str) -> bool:
    """Whether this cookie opens neither a page nor a file nor the stream."""
    client = site.with_cookie(cookie)
    page = client.get("/calls").status_code == 401
    sound = client.get(f"/audio/{site.call_of('Nadia Osei')}").status_code == 401
    with pytest.raises(WebSocketDisconnect), client.websocket_connect("/_stcore/stream"):
        pass
    return page and sound


# Sessions


def test_planting_a_session_before_somebody_signs_in_gains_nothing(site: Site) -> None:
    planted = site.session_of("nadia")
    answer = site.with_cookie(planted).post(
        "/sign-in", data={"email": "reviewer@attune.example", "password": PASSWORD}, headers={"Origin": HERE}
    )
    assert answer.status_code == 303
    assert planted not in answer.headers["set-cookie"]
    assert refused(site, planted)


@pytest.mark.parametrize("forged", ["", "x", "null", "0" * 64, "a.b", "..", "' OR 1=1 --", "%00", "%C3%A9"])
def test_a_made_up_cookie_opens_nothing(site: Site, forged: str) -> None:
    assert refused(site, forged)


def test_a_cookie_with_one_letter_of_its_signature_changed_opens_nothing(site: Site) -> None:
    token = site.session_of("administrator")
    assert refused(site, token[:-1] + ("0" if token[-1] != "0" else "1"))


def test_a_token_signed_with_another_servers_key_opens_nothing(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as elsewhere:
        elsewhere.setattr("storage.sessions.server_key", lambda: b"the key of quite another server here")
        token = site.session_of("administrator")
    assert refused(site, token)


def test_the_hash_in_a_stolen_database_is_no_cookie(site: Site) -> None:
    site.session_of("administrator")
    with reading(site.engine) as session:
        stolen = session.scalars(select(SessionRow.token_hash)).one()
    assert refused(site, stolen)


@pytest.mark.parametrize("over", ["expires_at", "idle_until"])
def test_a_cookie_whose_time_is_over_opens_nothing(site: Site, over: str) -> None:
    token = site.session_of("administrator")
    with transaction(site.engine) as session:
        session.execute(update(SessionRow).values({over: datetime.now(UTC) - timedelta(seconds=1)}))
    assert refused(site, token)


def test_a_cookie_that_was_copied_ends_with_the_sign_out(site: Site) -> None:
    copied = site.session_of("reviewer")
    site.with_cookie(copied).post("/sign-out", headers={"Origin": HERE})
    assert refused(site, copied)


def test_a_cookie_on_another_machine_ends_with_signing_out_everywhere(site: Site) -> None:
    there, here = site.session_of("reviewer"), site.session_of("reviewer")
    site.with_cookie(here).post("/my-sign-in/sign-out-everywhere", headers={"Origin": HERE})
    assert refused(site, there)


def test_somebody_who_was_dismissed_is_out_at_once(site: Site) -> None:
    token = site.session_of("idris")
    with transaction(site.engine) as session:
        session.execute(update(UserRow).where(UserRow.email == "idris@attune.example").values(active=False))
    try:
        assert refused(site, token)
        assert site.sign_in("idris@attune.example", PASSWORD).status_code == 401
    finally:
        with transaction(site.engine) as session:
            session.execute(update(UserRow).values(active=True))


def test_a_one_time_password_reaches_no_page_file_or_stream(site: Site) -> None:
    idris = site.centre.askers["idris"].user_id
    with transaction(site.engine) as session:
        set_password(session, idris, hash_password("x"), one_time_until())
    client = site.as_("idris")
    try:
        assert client.get("/calls").status_code == 403
        assert client.get(f"/audio/{site.call_of('Nadia Osei')}").status_code == 403
    finally:
        with transaction(site.engine) as session:
            set_password(session, idris, hash_password(PASSWORD))


def test_a_script_in_the_page_cannot_read_the_cookie_nor_another_site_send_it(site: Site) -> None:
    cookie = site.sign_in("reviewer@attune.example", PASSWORD).headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=lax" in cookie
    assert "domain=" not in cookie


def test_the_session_in_the_address_instead_of_the_cookie_opens_nothing(site: Site) -> None:
    token = site.session_of("administrator")
    assert site.client.get(f"/calls?{COOKIE}={token}").status_code == 401
    assert site.client.get("/calls", headers={"Authorization": f"Bearer {token}"}).status_code == 401


def test_a_second_cookie_of_the_same_name_does_not_join_two_people(site: Site) -> None:
    nadia, ada = site.session_of("nadia"), site.session_of("administrator")
    client = site.with_cookie(f"{nadia}; {COOKIE}={ada[:-2]}")
    assert client.get(f"/audio/{site.call_of('Lena Fox')}").status_code in (401, 404)


# Passwords


def test_guessing_a_password_is_over_after_a_few_tries_even_with_the_right_one(site: Site) -> None:
    codes = [site.sign_in("coach@attune.example", f"guess {n}").status_code for n in range(AT_AN_ACCOUNT.attempts)]
    assert codes == [401] * AT_AN_ACCOUNT.attempts
    assert site.sign_in("coach@attune.example", PASSWORD).status_code == 429


def test_one_password_on_many_accounts_is_over_after_so_many(site: Site) -> None:
    codes = [site.sign_in(f"{n}@attune.example", "Summer2026!").status_code for n in range(FROM_AN_ADDRESS.attempts + 1)]
    assert codes == [401] * FROM_AN_ADDRESS.attempts + [429]


def test_writing_the_address_another_way_gives_no_more_tries(site: Site) -> None:
    spelled = [
        "coach@attune.example",
        " Coach@attune.example",
        "COACH@ATTUNE.EXAMPLE",
        "coach@attune.example\t",
        "coach@\x00attune.example",
    ]
    assert [site.sign_in(one, "guess").status_code for one in spelled] == [401] * AT_AN_ACCOUNT.attempts
    assert site.sign_in("coach@attune.example", PASSWORD).status_code == 429


def test_saying_to_come_from_another_address_gives_no_more_tries(site: Site) -> None:
    for n in range(AT_AN_ACCOUNT.attempts):
        site.sign_in("coach@attune.example", "guess", **{"X-Forwarded-For": f"203.0.113.{n}", "X-Real-IP": f"203.0.113.{n}"})
    answer = site.sign_in("coach@attune.example", PASSWORD, **{"X-Forwarded-For": "198.51.100.1"})
    assert answer.status_code == 429


def test_many_tries_at_once_are_counted_each(site: Site) -> None:
    from concurrent.futures import ThreadPoolExecutor

    def guess(n: int) -> float:
        return signing_in.sign_in(site.engine, "coach@attune.example", f"guess {n}", "192.0.2.9").wait_seconds

    with ThreadPoolExecutor(8) as pool:
        waits = list(pool.map(guess, range(12)))
    assert sum(wait == 0 for wait in waits) == AT_AN_ACCOUNT.attempts


def test_finding_out_who_has_an_account_by_what_is_answered(site: Site) -> None:
    known = site.sign_in("reviewer@attune.example", "guess")
    unknown = site.sign_in("nobody.here@attune.example", "guess")
    assert (known.status_code, unknown.status_code) == (401, 401)
    assert WRONG in known.text
    assert known.text.replace("reviewer@", "") == unknown.text.replace("nobody.here@", "")
    assert dict(known.headers).keys() == dict(unknown.headers).keys()


def test_finding_out_who_has_an_account_by_how_long_it_takes(monkeypatch: pytest.MonkeyPatch) -> None:
    """What takes time is to work out an Argon2 hash; that is done once, and at the same cost, whoever is asked for."""
    stored, worked_out = hash_password(PASSWORD), list[str]()
    verify = PasswordHasher.verify

    def noted(self: PasswordHasher, hash: str, password: str) -> bool:
        worked_out.append(hash)
        return bool(verify(self, hash, password))

    monkeypatch.setattr(PasswordHasher, "verify", noted)
    for given in (stored, None, ""):  # known, unknown, and with a one-time password that is over
        assert not check_password(given, "guess")
    assert len(worked_out) == 3
    assert len({hash.rpartition("$")[0].rpartition("$")[0] for hash in worked_out}) == 1  # all but salt and hash


def test_finding_out_who_has_an_account_by_being_made_to_wait(site: Site) -> None:
    for email in ("coach@attune.example", "nobody@attune.example"):
        for _ in range(AT_AN_ACCOUNT.attempts):
            site.sign_in(email, "guess")
    known, unknown = (site.sign_in(f"{who}@attune.example", "guess") for who in ("coach", "nobody"))
    assert (known.status_code, unknown.status_code) == (429, 429)


def test_a_password_of_a_megabyte_does_not_keep_the_processor_busy(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    hashed: list[str] = []

    def verify(self: object, hash: str, password: str) -> bool:
        hashed.append(password)
        return False

    monkeypatch.setattr(PasswordHasher, "verify", verify)
    monkeypatch.setattr("pipeline.signing_in.check_password", check_password)
    assert site.sign_in("reviewer@attune.example", "a" * 90_000).status_code == 401
    assert [len(one) for one in hashed] == [0]


def test_a_form_of_ten_megabytes_is_not_read(site: Site) -> None:
    answer = site.client.post(
        "/sign-in",
        content=b"password=" + b"a" * 10_000_000,
        headers={"Origin": HERE, "Content-Type": "application/x-www-form-urlencoded"},
    )
    assert answer.status_code == 413


def test_a_form_that_comes_a_letter_at_a_time_is_given_up(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("api.guard.FORM_SECONDS", 0.1)
    letters = [piece for letter in b"email=reviewer" for piece in (bytes([letter]), 0.03)]
    kind = {"content-type": "application/x-www-form-urlencoded"}
    assert site.raw("POST", "/sign-in", letters, **kind)[0] == 408


def test_a_form_with_a_file_or_a_hundred_fields_is_refused(site: Site) -> None:
    sent = {"Origin": HERE}
    assert site.client.post("/sign-in", files={"email": ("x", b"x")}, headers=sent).status_code == 400
    many = {f"f{n}": "x" for n in range(100)}
    assert site.client.post("/sign-in", data=many, headers=sent).status_code in (400, 401)


@pytest.mark.parametrize(
    "email",
    [
        "reviewer@attune\u2024example",
        "ｒeviewer@attune.example",
        "reviewer@attune.examp\u017fe",
        "reviewer@\u200battune.example",
    ],
)
def test_an_address_that_only_looks_the_same_is_another(site: Site, email: str) -> None:
    answer = site.sign_in(email, PASSWORD)
    if "".join(filter(str.isprintable, email)) == "reviewer@attune.example":  # what nobody sees is left out
        assert answer.status_code == 303
    else:
        assert answer.status_code == 401


@pytest.mark.parametrize(
    "email", ["' OR '1'='1", "reviewer@attune.example'--", 'x" OR ""="', "%", "*", "\\", "reviewer@attune.example\x00"]
)
def test_an_address_that_is_a_query_signs_nobody_in(site: Site, email: str) -> None:
    assert site.sign_in(email, "' OR '1'='1").status_code == 401


def test_a_password_that_was_typed_into_the_wrong_field_is_in_no_record(site: Site) -> None:
    secret = "lantern velvet forty oars"
    site.sign_in(secret, PASSWORD)
    with reading(site.engine) as session:
        kept = session.execute(select(AuditEntryRow.__table__).order_by(AuditEntryRow.number.desc()).limit(3)).all()
    assert kept[0].what == "sign_in_refused"
    assert secret not in repr(kept)


def test_a_password_stands_in_no_log(site: Site, caplog: pytest.LogCaptureFixture) -> None:
    secret = new_password()
    with caplog.at_level("DEBUG"):
        site.sign_in("reviewer@attune.example", secret)
        token = site.session_of("reviewer")
        site.with_cookie(token).get("/audio/none")
    assert secret not in caplog.text
    assert token not in caplog.text


# Another site's page


def _writes(site: Site) -> list[tuple[str, str]]:
    """Every route of ours that changes something, by method and an address of it."""
    found = []
    for route in site.client.app.routes:  # type: ignore[attr-defined]
        if isinstance(route, Route) and route.path != "/{path:path}":
            found += [(method, route.path.replace("{call_id}", "x")) for method in (route.methods or ()) if method in WRITES]
    return sorted(found)


@pytest.mark.parametrize(
    "sent", [{"Origin": ELSEWHERE}, {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"},
             {"Origin": f"{HERE}.elsewhere.test"}, {"Origin": f"{ELSEWHERE}/{HERE}"}, {"Origin": "http://attune.test:81"}]
)  # fmt: skip
def test_another_sites_page_sends_a_form_in_the_name_of_who_is_signed_in(site: Site, sent: dict[str, str]) -> None:
    token = site.session_of("administrator")
    client = site.with_cookie(token)
    addresses = [
        *_writes(site),
        ("POST", "/_stcore/upload_file/a/b"),
        ("POST", "/api/v1/calls"),
        ("DELETE", "/api/v1/webhooks/1"),
    ]
    assert len(addresses) >= 8
    for method, address in addresses:
        assert client.request(method, address, headers=sent).status_code == 403, (method, address)
    assert client.get("/calls").status_code == 200


def test_another_sites_page_opens_the_stream_of_who_is_signed_in(site: Site) -> None:
    client = site.as_("administrator")
    with pytest.raises(WebSocketDisconnect), client.websocket_connect("/_stcore/stream", headers={"Origin": ELSEWHERE}):
        pass


def test_another_sites_page_signs_somebody_in_as_the_attacker(site: Site) -> None:
    answer = site.sign_in("nadia@attune.example", PASSWORD, Origin=ELSEWHERE)
    assert answer.status_code == 403
    assert "set-cookie" not in answer.headers


def test_a_form_of_plain_text_pretends_to_be_what_the_desk_sends(site: Site) -> None:
    client = site.as_("reviewer")
    sent = json.dumps({"items": [{"id": "browser-0001", "kind": "comment", "text": "Owned."}]})
    for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"):
        answer = client.post(
            f"/desk/{site.call_of('Sam Ito')}", content=sent, headers={"Origin": HERE, "Content-Type": kind}
        )
        assert answer.status_code == 400


def test_signing_out_or_changing_anything_by_a_picture_in_a_page(site: Site) -> None:
    token = site.session_of("reviewer")
    client = site.with_cookie(token)
    for method, address in _writes(site):
        if method == "POST" and address not in ("/sign-in",):
            client.get(address)
    assert client.get("/calls").status_code == 200


def test_showing_attune_in_a_frame_to_steal_clicks(site: Site) -> None:
    client = site.as_("reviewer")
    for path in (
        "/",
        "/sign-in",
        "/my-sign-in",
        "/health",
        f"/audio/{site.call_of('Nadia Osei')}",
        "/api/v1/calls",
        "/nowhere",
    ):
        headers = client.get(path).headers
        assert "frame-ancestors 'none'" in headers["content-security-policy"], path
        assert headers["x-frame-options"] == "DENY"


def test_going_back_in_the_browser_of_somebody_who_left_shows_nothing_kept(site: Site) -> None:
    client, call = site.as_("reviewer"), site.call_of("Nadia Osei")
    for path in ("/sign-in", "/my-sign-in", f"/audio/{call}", f"/waveform/{call}", "/api/v1/calls"):
        assert "no-store" in client.get(path).headers["cache-control"], path


# Ways around the guard


@pytest.mark.parametrize(
    "path",
    ["/sign-in/../calls", "/static/../calls", "/static/../../audio/x", "//calls", "/health/../audio/x", "/sign-in/x",
     "/SIGN-IN", "/static", "/sign-in\0", "/favicon.png/x", "/api/v1", "/api/v1/../../calls", "/;/sign-in", "/sign-in;/x",
     "/static\\..\\calls", "/_stcore/health/../upload_file", "/calls/static/", "/calls\r\n/static/"],
)  # fmt: skip
def test_an_address_that_is_written_to_look_open_leads_past_the_guard(site: Site, path: str) -> None:
    status, body = site.raw("GET", path)
    assert (status, body) == (401, b"Sign in first.")


@pytest.mark.parametrize(
    "header", ["X-Original-URL", "X-Rewrite-URL", "X-HTTP-Method-Override", "X-Forwarded-Prefix", "Host"]
)
def test_a_header_that_renames_the_address_leads_past_the_guard(site: Site, header: str) -> None:
    assert site.client.get("/calls", headers={header: "/sign-in"}).status_code == 401


@pytest.mark.parametrize("method", ["HEAD", "OPTIONS", "TRACE", "PROPFIND", "BREW"])
def test_another_method_leads_past_the_guard(site: Site, method: str) -> None:
    answer = site.client.request(method, f"/audio/{site.call_of('Nadia Osei')}")
    assert answer.status_code in (401, 405)
    assert len(answer.content) < 100


@pytest.mark.parametrize(
    "wanted",
    ["//elsewhere.test", "https://elsewhere.test", "/\\elsewhere.test", "\\\\elsewhere.test", "javascript:alert(1)",
     "/\r\nSet-Cookie: attune_session=x", "/%0d%0aX: y", "data:text/html,x", "/\t/elsewhere.test", " //elsewhere.test"],
)  # fmt: skip
def test_the_way_back_after_signing_in_leads_to_another_site_or_writes_a_header(site: Site, wanted: str) -> None:
    form = {"email": "reviewer@attune.example", "password": PASSWORD, "next": wanted}
    answer = site.client.post("/sign-in", data=form, headers={"Origin": HERE})
    where = answer.headers["location"]
    assert where.startswith("/")
    assert not where.startswith(("//", "/\\"))
    assert answer.headers.get_list("set-cookie")[0].startswith(f"{COOKIE}=")
    assert len(answer.headers.get_list("set-cookie")) == 1
    assert "x" not in answer.headers


@pytest.mark.parametrize("name", ["email", "next"])
def test_markup_in_the_address_of_the_sign_in_becomes_part_of_the_page(site: Site, name: str) -> None:
    text = site.client.get("/sign-in", params={name: '/"><script>alert(1)</script>'}).text
    assert "<script" not in text
    answer = site.sign_in('"><img src=x onerror=alert(1)>', "guess")
    assert "<img src=x" not in answer.text
    assert "script-src" not in answer.headers["content-security-policy"]  # default-src 'none' holds for scripts
    assert "default-src 'none'" in answer.headers["content-security-policy"]


def test_an_address_that_is_open_tells_nothing_about_anyone(site: Site) -> None:
    for path in OPEN_PATHS - {"/sign-out"}:
        text = site.client.get(path).text
        for private in ("Nadia", "Harbour", "attune.example", str(site.centre.home)):
            assert private not in text, path


def test_a_basic_header_with_the_right_password_opens_nothing(site: Site) -> None:
    given = base64.b64encode(f"reviewer@attune.example:{PASSWORD}".encode()).decode()
    assert site.client.get("/calls", headers={"Authorization": f"Basic {given}"}).status_code == 401


@pytest.mark.parametrize("who", ["nadia", "coach", "reviewer"])
def test_filling_the_servers_memory_with_files_that_no_page_asks_for(site: Site, who: str) -> None:
    address, headers = "/_stcore/upload_file/a-page/a-file", {"Origin": HERE}
    assert site.as_(who).put(address, content=b"x" * 1000, headers=headers).status_code == 403
    assert site.as_("quality").put(address, content=b"x", headers=headers).status_code == 405  # no dashboard stands behind


# Sound


def test_guessing_the_address_of_a_recording(site: Site) -> None:
    client = site.as_("nadia")
    theirs = client.get(f"/audio/{site.call_of('Lena Fox')}")
    nowhere = client.get("/audio/0000000000000000")
    assert (theirs.status_code, theirs.text) == (nowhere.status_code, nowhere.text) == (404, nowhere.text)


def test_passing_the_address_of_a_recording_on_to_a_colleague(site: Site) -> None:
    address = f"/audio/{site.call_of('Nadia Osei')}"
    assert site.as_("nadia").get(address).status_code == 200
    assert site.as_("lena").get(address).status_code == 404


def test_playing_on_after_signing_out(site: Site) -> None:
    address, token = f"/audio/{site.call_of('Nadia Osei')}", site.session_of("nadia")
    client = site.with_cookie(token)
    assert client.get(address, headers={"Range": "bytes=0-99"}).status_code == 206
    client.post("/sign-out", headers={"Origin": HERE})
    assert client.get(address, headers={"Range": "bytes=100-199"}).status_code == 401


@pytest.mark.parametrize("kind", ["audio", "waveform"])
def test_asking_for_forty_recordings_at_once_takes_no_place_from_anybody_else(
    site: Site, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    """One person asks for what takes long, over and over; meanwhile others sign in, read pages and hear their calls."""
    over, at_once = Event(), list[str]()
    theirs = site.call_of("Lena Fox")
    mine, other = site.session_of("quality"), site.session_of("lena")
    heard = recording_file

    def slow(relative: str) -> KeptFile:
        at_once.append(relative)
        assert over.wait(30)
        return heard(relative)

    def ask(cookie: str, address: str) -> Any:
        return site.client.get(address, headers={"Cookie": f"{COOKIE}={cookie}"})

    monkeypatch.setattr(api.audio, "recording_file", slow)
    with ThreadPoolExecutor(40) as threads:
        asked = [threads.submit(ask, mine, f"/{kind}/{theirs}") for _ in range(40)]
        try:
            sent_away = [one.result() for one in islice(as_completed(asked, 20), 40 - MOST_EACH)]
            assert len(at_once) == EACH  # the rest waits, and holds no thread
            assert {one.status_code for one in sent_away} == {429}
            assert all(one.headers["retry-after"] and "try again" in one.text for one in sent_away)
            monkeypatch.setattr(api.audio, "recording_file", heard)
            begun = time.monotonic()
            assert ask(other, "/calls").text == "the page"
            assert ask(other, f"/{kind}/{theirs}").status_code == 200
            assert site.sign_in("nadia@attune.example", PASSWORD).status_code == 303
            assert time.monotonic() - begun < 10
        finally:
            over.set()
        assert sorted(one.result().status_code for one in asked) == [200] * MOST_EACH + [429] * (40 - MOST_EACH)


@pytest.mark.parametrize(
    "name", ["..%2f..%2fattune.db", "..%5c..%5cattune.db", "%2fetc%2fpasswd", "....%2f%2fattune.db", "%00", "x%00.wav",
     "file:%2f%2f%2fetc%2fpasswd",
             "'%20OR%201=1%20--",
     "%25", "a" * 5000]
)  # fmt: skip
def test_a_recording_by_a_name_that_leads_elsewhere(site: Site, name: str) -> None:
    client = site.as_("administrator")
    for kind in ("audio", "waveform"):
        answer = client.get(f"/{kind}/{name}")
        assert answer.status_code == 404 or answer.text == "the page"  # two slashes are another address
        assert b"SQLite format" not in answer.content
        assert b"root:" not in answer.content


def test_a_row_in_the_database_that_names_a_file_outside_plays_nothing(site: Site) -> None:
    from storage.tables import CallRow

    call = site.call_of("Nadia Osei")
    with transaction(site.engine) as session:
        kept = session.scalar(select(CallRow.recording).where(CallRow.id == call))
        session.execute(update(CallRow).where(CallRow.id == call).values(recording="../attune.db"))
    try:
        assert site.as_("administrator").get(f"/audio/{call}").status_code == 404
    finally:
        with transaction(site.engine) as session:
            session.execute(update(CallRow).where(CallRow.id == call).values(recording=kept))


@pytest.mark.parametrize(
    "asked",
    [
        "bytes=0-99999999999999999999",
        "bytes=-1",
        "bytes=5-1",
        "bytes=" + ",".join(f"{n}-{n}" for n in range(0, 9000, 2)),
        "lines=1-2",
        "bytes=a-b",
    ],
)
def test_a_range_of_bytes_that_makes_no_sense_or_too_many_of_them(site: Site, asked: str) -> None:
    address = f"/audio/{site.call_of('Nadia Osei')}"
    client = site.as_("nadia")
    whole = len(client.get(address).content)
    answer = client.get(address, headers={"Range": asked})
    assert answer.status_code in (200, 206, 400, 416)
    assert len(answer.content) < 3 * whole


# The desk


@pytest.mark.parametrize("who", ["nadia", "lena", "coach"])
def test_somebody_who_may_only_read_changes_an_answer(site: Site, who: str) -> None:
    sent = {"items": [{"id": "browser-0001", "kind": "answer", "result": 1, "verdict": "met", "seen": 0, "reason": "Me."}]}
    answer = site.as_(who).post(f"/desk/{site.call_of('Nadia Osei')}", json=sent, headers={"Origin": HERE})
    assert answer.status_code == 403


def test_an_answer_is_sent_for_a_question_of_another_call(site: Site) -> None:
    client, call, other = site.as_("reviewer"), site.call_of("Sam Ito"), site.call_of("Tom Reed")
    now = client.post(f"/desk/{other}", json={"items": []}, headers={"Origin": HERE}).json()["now"]
    result = now["cards"][0]["sections"][0]["results"][0]["id"]
    item = {"id": "browser-0001", "kind": "answer", "result": result, "verdict": "not_met", "seen": 0, "reason": "Owned."}
    answer = client.post(f"/desk/{call}", json={"items": [item]}, headers={"Origin": HERE}).json()
    assert answer["saved"] == []
    assert set(answer["refused"]) == {"browser-0001"}


def test_a_body_for_the_desk_that_is_too_large_or_too_deep(site: Site) -> None:
    client, address = site.as_("reviewer"), f"/desk/{site.call_of('Sam Ito')}"
    headers = {"Origin": HERE, "Content-Type": "application/json"}
    large = b'{"items": [' + b" " * 600_000 + b"]}"
    for body, status in ((large, 413), (b"[" * 100_000, 400), (b'{"items": [{"a": ' + b"[" * 50_000, 400)):
        assert client.post(address, content=body, headers=headers).status_code == status


def test_a_body_for_the_desk_that_comes_a_letter_at_a_time_is_given_up(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("api.desk.FORM_SECONDS", 0.1)
    letters = [piece for letter in b'{"items": []}' for piece in (bytes([letter]), 0.03)]
    sent = {"content-type": "application/json", "cookie": site.as_("reviewer").headers["Cookie"]}
    assert site.raw("POST", f"/desk/{site.call_of('Sam Ito')}", letters, **sent)[0] == 408
