"""Sign-in through an OpenID Connect provider: who gets in, and every way to pretend that the provider said so."""

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import jwt
import pytest
from sqlalchemy import delete, select, update

from dashboard import COOKIE
from pipeline import provider as ours
from pipeline.passwords import hash_password
from pipeline.people import one_time_until
from settings import settings
from storage.audit_tables import AuditEntryRow
from storage.database import reading, transaction
from storage.people import set_password
from storage.tables import AgentRow, CoachTeamRow, TeamRow, UserRow
from tests.attacks.conftest import Site
from tests.attacks.local_provider import CLIENT, SECRET, LocalProvider, back_address, key_pair, public_pem, served_provider
from tests.dashboard.centre import PASSWORD

NOT_BELIEVED = "could not be believed"
NOT_BEGUN = "was not begun in this browser"


@pytest.fixture(scope="module")
def served() -> Iterator[LocalProvider]:
    """The provider, started once."""
    with served_provider() as provider:
        yield provider


@pytest.fixture
def at(site: Site, served: LocalProvider, monkeypatch: pytest.MonkeyPatch) -> Iterator[LocalProvider]:
    """The provider, set as the one of this site."""
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
    given = {"ISSUER": served.issuer, "CLIENT": CLIENT, "SECRET": SECRET, "NAME": "Example & Sons"}
    for name, value in given.items():
        monkeypatch.setenv(f"ATTUNE_OIDC_{name}", value)
    settings.cache_clear()
    ours._known.clear()
    yield served
    served.away = False
    added = ("new@attune.example",)
    with transaction(site.engine) as session:
        ids = select(UserRow.id).where(UserRow.email.in_(added))
        session.execute(delete(CoachTeamRow).where(CoachTeamRow.user_id.in_(ids)))
    with transaction(site.engine) as session:
        session.execute(update(UserRow).where(UserRow.email.in_(added)).values(active=False, email="gone-" + UserRow.email))


@pytest.fixture
def set_(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Sets options of the provider: `set_(people="add")`."""

    def give(**options: str) -> None:
        for name, value in options.items():
            monkeypatch.setenv(f"ATTUNE_OIDC_{name.upper()}", value)
        settings.cache_clear()

    return give


def begin(site: Site, wanted: str = "/calls") -> str:
    """Begin to sign in; where the browser is sent."""
    answer = site.client.get("/sign-in/provider", params={"next": wanted})
    assert answer.status_code == 303
    return str(answer.headers["location"])


def refusal(site: Site, sent: dict[str, str]) -> str:
    """Come back with this, and be refused: with what sentence. Nobody is signed in by it, and the record knows."""
    answer = site.client.get(back_address(sent))
    assert answer.status_code == 403
    assert COOKIE not in str(answer.headers.get_list("set-cookie"))
    assert site.client.get("/calls").status_code == 401
    text: str = answer.text
    return text.partition('id="problem">')[2].partition("</p>")[0]


def person(site: Site, email: str) -> Any:
    with reading(site.engine) as session:
        return session.scalars(select(UserRow).where(UserRow.email == email)).one()


# Who gets in


def test_whoever_the_provider_lets_in_comes_to_the_page_that_they_asked_for_with_our_own_session(
    site: Site, at: LocalProvider
) -> None:
    asked = begin(site, "/call?id=1")
    assert asked.startswith(f"{at.issuer}/authorize?")
    assert "code_challenge_method=S256" in asked
    answer = site.client.get(back_address(at.lets_in(asked)))
    assert (answer.status_code, answer.headers["location"]) == (303, "/call?id=1")
    assert site.client.get("/calls").status_code == 200
    with reading(site.engine) as session:
        last = session.scalars(select(AuditEntryRow).order_by(AuditEntryRow.number.desc()).limit(1)).one()
    assert (last.what, last.who) == ("signed_in", "Rosa Lind")


def test_the_page_to_sign_in_offers_the_provider_where_one_is_set(site: Site, at: LocalProvider, set_: Any) -> None:
    assert "Sign in with Example &amp; Sons" in site.client.get("/sign-in").text
    set_(issuer="")
    assert "/sign-in/provider" not in site.client.get("/sign-in").text
    assert site.client.get("/sign-in/provider").headers["location"] == "/sign-in"


def test_the_session_from_before_ends_and_a_one_time_password_is_not_asked_for(site: Site, at: LocalProvider) -> None:
    before, reviewer = site.session_of("nadia"), site.centre.askers["reviewer"].user_id
    with transaction(site.engine) as session:
        set_password(session, reviewer, hash_password("x"), one_time_until())
    try:
        asked = begin(site)
        site.client.cookies.set(COOKIE, before, domain="attune.test")
        assert site.client.get(back_address(at.lets_in(asked))).status_code == 303
        assert site.client.get("/calls").status_code == 200
        assert site.with_cookie(before).get("/calls").status_code == 401
    finally:
        with transaction(site.engine) as session:
            set_password(session, reviewer, hash_password(PASSWORD))


def test_somebody_unknown_is_added_with_the_role_and_the_teams_of_their_claims(
    site: Site, at: LocalProvider, set_: Any
) -> None:
    set_(people="add", roles_claim="realm.roles", roles="QA: reviewer; Lead coaches: coach", teams_claim="https://x/teams")
    claims: dict[str, Any] = {"email": "new@attune.example", "name": "Nell Ash", "https://x/teams": ["Harbour", "Nowhere"]}
    sent = at.lets_in(begin(site), **claims, realm={"roles": ["staff", "Lead coaches"]})
    assert site.client.get(back_address(sent)).status_code == 303
    found = person(site, "new@attune.example")
    with reading(site.engine) as session:
        harbour = session.scalars(select(TeamRow.id).where(TeamRow.name == "Harbour")).one()
        teams = session.scalars(select(CoachTeamRow.team_id).where(CoachTeamRow.user_id == found.id)).all()
        entry = session.scalars(
            select(AuditEntryRow).where(AuditEntryRow.what == "person_added").order_by(AuditEntryRow.number.desc())
        ).first()
    assert (found.name, found.role, teams) == ("Nell Ash", "coach", [harbour])
    assert entry is not None
    assert entry.who == "the organisation's sign-in"
    assert site.client.get(f"/audio/{site.call_of('Tom Reed')}").status_code == 200
    assert site.client.get(f"/audio/{site.call_of('Sam Ito')}").status_code == 404


def test_a_role_that_was_taken_away_there_is_taken_away_here(site: Site, at: LocalProvider, set_: Any) -> None:
    set_(people="add", roles_claim="groups", roles="boss: administrator; qa: reviewer")
    try:
        assert site.client.get(back_address(at.lets_in(begin(site), groups=["boss", "qa"]))).status_code == 303
        assert person(site, "reviewer@attune.example").role == "administrator"
        assert site.client.get(back_address(at.lets_in(begin(site), groups="qa"))).status_code == 303
        assert person(site, "reviewer@attune.example").role == "reviewer"
    finally:
        with transaction(site.engine) as session:
            session.execute(update(UserRow).where(UserRow.email == "reviewer@attune.example").values(role="reviewer"))


# Who does not


def test_somebody_unknown_is_refused_unless_it_is_set_that_they_are_added(site: Site, at: LocalProvider, set_: Any) -> None:
    claims: dict[str, Any] = {"email": "new@attune.example", "groups": ["qa"]}
    assert "Nobody signs in here with your e-mail address" in refusal(site, at.lets_in(begin(site), **claims))
    set_(people="add")
    assert "Nobody signs in here" in refusal(site, at.lets_in(begin(site), **claims))  # without a role nobody is made
    set_(roles_claim="groups", roles="else: reviewer")
    assert "gives you no role" in refusal(site, at.lets_in(begin(site), **claims))


def test_somebody_who_was_dismissed_comes_in_through_the_provider(site: Site, at: LocalProvider) -> None:
    with transaction(site.engine) as session:
        session.execute(update(UserRow).where(UserRow.email == "idris@attune.example").values(active=False))
    try:
        assert "no longer sign in here" in refusal(site, at.lets_in(begin(site), email="Idris@attune.example"))
    finally:
        with transaction(site.engine) as session:
            session.execute(update(UserRow).where(UserRow.email == "idris@attune.example").values(active=True))


@pytest.mark.parametrize("verified", [False, None, "true", 1])
def test_an_address_that_nobody_verified_is_somebody_elses(site: Site, at: LocalProvider, verified: Any) -> None:
    assert "has not verified your e-mail address" in refusal(site, at.lets_in(begin(site), email_verified=verified))


@pytest.mark.parametrize("email", ["", None, "nobody", "reviewer@attune.example\n", "a\x00@b.example"])
def test_an_address_that_is_none_finds_nobody(site: Site, at: LocalProvider, email: Any) -> None:
    sent = at.lets_in(begin(site), email=email)
    if isinstance(email, str) and email.strip() == "reviewer@attune.example":
        assert site.client.get(back_address(sent)).status_code == 303
    else:
        assert "gives no e-mail address" in refusal(site, sent)


def test_a_colleagues_name_in_a_claim_makes_nobody_that_colleague(site: Site, at: LocalProvider, set_: Any) -> None:
    set_(people="add", roles_claim="groups", roles="floor: agent", agent_claim="name")
    assert (
        site.client.get(
            back_address(at.lets_in(begin(site), email="nadia@attune.example", name="Lena Fox", groups=["floor"]))
        ).status_code
        == 303
    )
    with reading(site.engine) as session:
        known = session.scalars(
            select(AgentRow.name)
            .join(UserRow, UserRow.agent_id == AgentRow.id)
            .where(UserRow.email == "nadia@attune.example")
        ).one()
    assert known == "Nadia Osei"
    assert site.client.get(f"/audio/{site.call_of('Lena Fox')}").status_code == 404


def test_the_last_administrator_is_not_made_something_else_by_a_claim(site: Site, at: LocalProvider, set_: Any) -> None:
    set_(roles_claim="groups", roles="qa: reviewer")
    assert "Nobody else is an administrator" in refusal(
        site, at.lets_in(begin(site), email="administrator@attune.example", groups=["qa"])
    )


# Tokens that were made up


@pytest.mark.parametrize(
    "claims",
    [
        {"aud": "another-program"}, {"aud": ["attune", "another-program"]}, {"aud": [CLIENT, "other"], "azp": "other"},
        {"azp": "other"}, {"aud": None}, {"aud": ""}, {"iss": "https://elsewhere.test"}, {"iss": None}, {"iss": ""},
        {"exp": timedelta(hours=-1)}, {"exp": None}, {"exp": "never"}, {"nbf": timedelta(hours=1)},
        {"iat": timedelta(hours=1)}, {"iat": None}, {"sub": None}, {"nonce": "another"}, {"nonce": None}, {"nonce": ""},
    ],
    ids=str,
)  # fmt: skip
def test_a_token_that_is_not_for_this_sign_in(site: Site, at: LocalProvider, claims: dict[str, Any]) -> None:
    def said(value: Any) -> Any:
        return int(time.time() + value.total_seconds()) if isinstance(value, timedelta) else value

    assert NOT_BELIEVED in refusal(site, at.lets_in(begin(site), **{name: said(value) for name, value in claims.items()}))


def part(value: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


def unsigned(claims: Any) -> str:
    return f"{part({'alg': 'none', 'typ': 'JWT'})}.{part(claims)}."


def signed_with_what_is_public(claims: Any) -> str:
    """HMAC with the public key as its secret, which a reader that does not mind the algorithm takes for right."""
    body = f"{part({'alg': 'HS256', 'typ': 'JWT', 'kid': 'own'})}.{part(claims)}"
    signature = hmac.new(public_pem(), body.encode(), hashlib.sha256).digest()
    return f"{body}.{base64.urlsafe_b64encode(signature).rstrip(b'=').decode()}"


def changed(claims: Any) -> str:
    """Signed by the provider, for somebody else than it says."""
    head, _, signature = jwt.encode(
        {**claims, "email": "nadia@attune.example"}, key_pair("own"), "RS256", headers={"kid": "own"}
    ).split(".")
    return f"{head}.{part(claims)}.{signature}"


WAYS: dict[str, Callable[[Any], str]] = {
    "none": unsigned,
    "none in capitals": lambda claims: unsigned(claims).replace(part({"alg": "none", "typ": "JWT"}), part({"alg": "NONE"})),
    "hmac with the public key": signed_with_what_is_public,
    "hmac with the client's secret": lambda claims: jwt.encode(claims, SECRET * 3, "HS256", headers={"kid": "own"}),
    "hmac with a listed secret": lambda claims: jwt.encode(claims, "x" * 32, "HS256", headers={"kid": "shared"}),
    "another key by the same name": lambda claims: jwt.encode(claims, key_pair("other"), "RS256", headers={"kid": "own"}),
    "a key nobody knows": lambda claims: jwt.encode(claims, key_pair("other"), "RS256", headers={"kid": "other"}),
    "a key that it brings along": lambda claims: jwt.encode(
        claims, key_pair("other"), "RS256", headers={"kid": "own", "jwk": {"kty": "RSA"}, "jku": "http://127.0.0.1:1/"}
    ),
    "changed after it was signed": changed,
    "no token": lambda claims: "",
    "half a token": lambda claims: part(claims),
    "no json": lambda claims: "a.b.c",
}  # fmt: skip


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
def test_a_token_that_the_provider_did_not_sign(site: Site, at: LocalProvider, way: Callable[[Any], str]) -> None:
    told = refusal(site, at.lets_in(begin(site), sign=way))
    assert NOT_BELIEVED in told or "did not let you in" in told


# Sign-ins that were not begun here, or are used again


def test_coming_back_a_second_time_with_the_same_code_and_state(site: Site, at: LocalProvider) -> None:
    asked = begin(site)
    start = site.client.cookies["attune_start"]
    sent = at.lets_in(asked)
    again = dict(at.codes[sent["code"]])
    assert site.client.get(back_address(sent)).status_code == 303
    site.client.cookies.clear()
    site.client.cookies.set("attune_start", start, domain="attune.test", path="/sign-in")
    at.codes[sent["code"]] = again  # even where the provider would take its code twice
    assert "was used before" in refusal(site, sent)


def test_somebody_is_led_back_with_the_attackers_code(site: Site, at: LocalProvider) -> None:
    sent = at.lets_in(begin(site))
    site.client.cookies.clear()  # the victim's browser, which began nothing
    assert NOT_BEGUN in refusal(site, sent)
    begin(site)  # or which began another one
    assert NOT_BEGUN in refusal(site, sent)


@pytest.mark.parametrize("cookie", ["", "x", "x.y", part(["s", 9e9, "/"]) + ".x", "." * 9])
def test_a_start_that_was_made_up(site: Site, at: LocalProvider, cookie: str) -> None:
    sent = at.lets_in(begin(site))
    site.client.cookies.clear()
    site.client.cookies.set("attune_start", cookie, domain="attune.test", path="/sign-in")
    assert NOT_BEGUN in refusal(site, sent)


def test_a_start_of_an_hour_ago(site: Site, at: LocalProvider, monkeypatch: pytest.MonkeyPatch) -> None:
    sent = at.lets_in(begin(site))
    later = time.time() + 3600
    monkeypatch.setattr("pipeline.provider.time.time", lambda: later)
    assert NOT_BEGUN in refusal(site, sent)


def test_a_code_that_was_stolen_from_another_browser(site: Site, at: LocalProvider) -> None:
    """PKCE: the code of one sign-in is of no use with the verifier of another."""
    stolen = at.lets_in(begin(site))
    mine = at.lets_in(begin(site))
    assert "did not let you in" in refusal(site, {**mine, "code": stolen["code"]})


def test_the_answer_of_another_provider_is_mixed_in(site: Site, at: LocalProvider) -> None:
    sent = at.lets_in(begin(site))
    assert NOT_BELIEVED in refusal(site, {**sent, "iss": "https://elsewhere.test"})


def test_markup_in_what_the_provider_says_went_wrong(site: Site, at: LocalProvider) -> None:
    sent = at.lets_in(begin(site))
    words = "<img src=x onerror=alert(1)>\nWARNING forged"
    told = refusal(site, {"state": sent["state"], "error": words, "error_description": words})
    assert "did not let you in" in told
    assert "<img" not in told


@pytest.mark.parametrize("wanted", ["https://elsewhere.test", "//elsewhere.test", "/\\elsewhere.test"])
def test_the_way_back_from_the_provider_leads_to_another_site(site: Site, at: LocalProvider, wanted: str) -> None:
    answer = site.client.get(back_address(at.lets_in(begin(site, wanted))))
    assert answer.headers["location"] == "/"


def test_a_provider_that_does_not_answer_or_is_another_one_is_said_in_a_sentence(
    site: Site, at: LocalProvider, set_: Any
) -> None:
    at.away = True
    assert "does not answer just now" in site.client.get("/sign-in/provider").text
    at.away = False
    set_(issuer=at.issuer.replace("127.0.0.1", "localhost"))
    assert "calls itself something else" in site.client.get("/sign-in/provider").text
    set_(issuer="http://sso.example.org")
    assert "begin with https" in site.client.get("/sign-in/provider").text


def test_the_clients_secret_and_the_tokens_stand_in_no_log(
    site: Site, at: LocalProvider, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level("INFO"):
        sent = at.lets_in(begin(site))
        token = at.codes[sent["code"]]["token"]
        site.client.get(back_address(sent))
        refusal_of = at.lets_in(begin(site), nonce="x")
        site.client.cookies.delete(COOKIE)
        refusal(site, refusal_of)
    for secret in (SECRET, token, token.rpartition(".")[2]):
        assert secret not in caplog.text
    assert SECRET not in repr(settings())
