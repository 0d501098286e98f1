"""Who does the organisation's own sign-in say that this is?

OpenID Connect, the authorization code flow with PKCE (OpenID Connect Core 1.0, RFC 7636, RFC 9700). What the provider says
is believed only where its ID token is signed by one of its own keys, with an algorithm that has a public half, for us, by
that issuer, in time, and for the very sign-in that was begun in this browser. Then our ordinary session begins
(`pipeline.signing_in`); no token of the provider is kept.

Who begins to sign in gets a `Start` in a signed cookie. The state, the nonce and the verifier of PKCE are made from it with
the server's key, so that nothing of them is stored, and whoever does not have that cookie cannot end what they did not
begin. A start is good once, for ten minutes.
"""

import base64
import binascii
import hashlib
import hmac
import json
import logging
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass
from threading import Lock
from typing import Any
from urllib.parse import urlencode, urlsplit

import httpx
import jwt

from errors import InputError, NotAllowed, SettingsError
from settings import Settings, settings
from storage.secret import server_key

_log = logging.getLogger(__name__)

ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")
"""Signatures with a public and a private key. With `none` or HS256 anybody could sign who knows what is public."""

START_SECONDS = 600.0
"""How long somebody may take at the provider."""

LEEWAY_SECONDS = 60.0
"""How far the provider's clock may be from ours."""

KNOWN_SECONDS = 600.0
"""How long is remembered where the provider's addresses are and which keys it has."""

ANEW_SECONDS = 30.0
"""A key that is not known is looked for anew at most so often, so that made-up tokens do not make us ask for each."""

_SECONDS = httpx.Timeout(10.0, connect=5.0)

_AWAY = "Your organisation's sign-in does not answer just now. Try again in a minute."
_REFUSED = "Your organisation's sign-in did not let you in. Try again; if it stays, ask whoever looks after it."
_NOT_BEGUN = "This sign-in was not begun in this browser, was used before, or took too long. Begin again."
_NOT_BELIEVED = "What your organisation's sign-in sent could not be believed. Try again; if it stays, tell an administrator."
_UNVERIFIED = "Your organisation's sign-in has not verified your e-mail address, so nobody can be found by it."


@dataclass(frozen=True)
class Start:
    """A sign-in that was begun: `seed` is random, `at` when (seconds since 1970), `wanted` the page that was asked for."""

    seed: str
    at: int
    wanted: str

    @property
    def state(self) -> str:
        """What comes back from the provider."""
        return _made("state", self.seed)

    @property
    def nonce(self) -> str:
        """What the ID token has to hold."""
        return _made("nonce", self.seed)

    @property
    def verifier(self) -> str:
        """What proves to the provider that who brings the code is who asked for it (RFC 7636)."""
        return _made("verifier", self.seed)

    def cookie(self) -> str:
        """As it travels in the browser, signed."""
        body = base64.urlsafe_b64encode(json.dumps([self.seed, self.at, self.wanted]).encode()).decode()
        return f"{body}.{_made('start', body)}"


@dataclass(frozen=True)
class Known:
    """What the provider says of somebody: their verified address, their name, and everything that it claims."""

    email: str
    name: str
    claims: Mapping[str, Any]


@dataclass(frozen=True)
class _Provider:
    """Where the provider's addresses are, and its keys by their ids; `at` is when that was asked (seconds, monotonic)."""

    authorize: str
    token: str
    basic: bool
    keys: tuple[jwt.PyJWK, ...]
    at: float


_known: dict[str, _Provider] = {}
_lock = Lock()


def is_set() -> bool:
    """Whether people can sign in with a provider."""
    return bool(settings().oidc_issuer and settings().oidc_client)


def start(wanted: str) -> Start:
    """Begin to sign in."""
    return Start(secrets.token_urlsafe(32), int(time.time()), wanted)


def start_of(cookie: str) -> Start:
    """What was begun in the browser with this cookie. Raises NotAllowed where nothing was, or too long ago."""
    body, _, signature = cookie.partition(".")
    if not hmac.compare_digest(_made("start", body).encode(), signature.encode()):
        raise NotAllowed(_NOT_BEGUN)
    try:
        begun = Start(*json.loads(base64.urlsafe_b64decode(body)))
    except (ValueError, TypeError, binascii.Error) as wrong:
        raise NotAllowed(_NOT_BEGUN) from wrong
    if not 0 <= time.time() - begun.at <= START_SECONDS:
        raise NotAllowed(_NOT_BEGUN)
    return begun


def address_to_begin(begun: Start, back: str) -> str:
    """Where the browser is sent. `back` is the address of ours that the provider sends it back to.

    Raises InputError where the provider does not answer, SettingsError where its settings make no sense.
    """
    options = settings()
    challenge = base64.urlsafe_b64encode(hashlib.sha256(begun.verifier.encode()).digest()).rstrip(b"=").decode()
    asked = {
        "response_type": "code",
        "client_id": options.oidc_client,
        "redirect_uri": back,
        "scope": options.oidc_scope,
        "state": begun.state,
        "nonce": begun.nonce,
        "code_challenge": challenge,
        "code_challenge_method": "S256",
    }
    address = _provider(options).authorize
    return f"{address}{'&' if '?' in address else '?'}{urlencode(asked)}"


def who_came_back(begun: Start, sent: Mapping[str, str], back: str) -> Known:
    """Who it is, by what came back from the provider.

    Raises NotAllowed with a sentence wherever that cannot be believed, InputError where the provider does not answer.
    """
    options = settings()
    if not hmac.compare_digest(begun.state.encode(), sent.get("state", "").encode()):
        raise NotAllowed(_NOT_BEGUN)
    if sent.get("iss", options.oidc_issuer) != options.oidc_issuer:  # RFC 9207: another provider's answer
        raise NotAllowed(_NOT_BELIEVED)
    if "error" in sent or not sent.get("code"):
        _log.warning("the provider let nobody in: %s", sent.get("error", "no code")[:200])
        raise NotAllowed(_REFUSED)
    provider = _provider(options)
    claims = _claims(options, provider, _id_token(options, provider, sent["code"], begun.verifier, back))
    if not hmac.compare_digest(str(claims["nonce"]).encode(), begun.nonce.encode()):
        _log.warning("the provider's token is for another sign-in")
        raise NotAllowed(_NOT_BELIEVED)
    email = str(claims.get("email") or "").strip().lower()
    if "@" not in email or not email.isprintable():
        raise NotAllowed("Your organisation's sign-in gives no e-mail address, by which people are known here.")
    if claims.get("email_verified") is not True and not options.oidc_unverified:
        raise NotAllowed(_UNVERIFIED)
    return Known(email, str(claims.get("name") or email), claims)


def claimed(claims: Mapping[str, Any], name: str) -> tuple[str, ...]:
    """What a claim holds, as texts. A name with dots is that of a claim within another where there is none so called."""
    if not name:
        return ()
    found: Any = claims.get(name)
    if found is None and "." in name:
        found = claims
        for part in name.split("."):
            found = found.get(part) if isinstance(found, Mapping) else None
    if isinstance(found, str):
        return (found,)
    return tuple(one for one in found if isinstance(one, str)) if isinstance(found, list) else ()


def _id_token(options: Settings, provider: _Provider, code: str, verifier: str, back: str) -> str:
    sent = {"grant_type": "authorization_code", "code": code, "redirect_uri": back, "code_verifier": verifier}
    by_header = (options.oidc_client, options.oidc_secret) if options.oidc_secret and provider.basic else None
    if by_header is None:
        sent |= {"client_id": options.oidc_client}
        sent |= {"client_secret": options.oidc_secret} if options.oidc_secret else {}
    try:
        with httpx.Client(timeout=_SECONDS, follow_redirects=False) as client:
            answer = client.post(provider.token, data=sent, auth=by_header or httpx.USE_CLIENT_DEFAULT)
        given = answer.json() if answer.status_code < 500 else None
    except (httpx.HTTPError, ValueError) as wrong:
        _log.warning("the provider's address for tokens does not answer: %s", type(wrong).__name__)
        raise InputError(_AWAY) from wrong
    token = given.get("id_token") if isinstance(given, dict) and answer.status_code == 200 else None
    if not isinstance(token, str):
        why = given.get("error") if isinstance(given, dict) else "no JSON"
        _log.warning("the provider gave no token: status %s, %s", answer.status_code, str(why)[:200])
        raise NotAllowed(_REFUSED)
    return token


def _claims(options: Settings, provider: _Provider, token: str) -> dict[str, Any]:
    """What the token says, where it can be believed. Raises NotAllowed."""
    try:
        header = jwt.get_unverified_header(token)
        key = _key(provider, header)
        if key is None and time.monotonic() - provider.at > ANEW_SECONDS:  # providers change their keys
            key = _key(_provider(options, anew=True), header)
        if key is None:
            raise jwt.InvalidTokenError("it is signed by no key of the provider's")
        claims: dict[str, Any] = jwt.decode(
            token,
            key,
            algorithms=list(ALGORITHMS),
            audience=options.oidc_client,
            issuer=options.oidc_issuer,
            leeway=LEEWAY_SECONDS,
            options={"require": ["iss", "aud", "exp", "iat", "sub", "nonce"]},
        )
        several = isinstance(claims["aud"], list) and len(claims["aud"]) > 1
        if claims.get("azp", None if several else options.oidc_client) != options.oidc_client:
            raise jwt.InvalidAudienceError("it was given to another program")
    except jwt.PyJWTError as wrong:
        _log.warning("the provider's token is not believed: %s", wrong)
        raise NotAllowed(_NOT_BELIEVED) from wrong
    return claims


def _key(provider: _Provider, header: Mapping[str, Any]) -> jwt.PyJWK | None:
    """The key that signed; where the token names none and there is only one, that."""
    named = header.get("kid")
    if named is None:
        return provider.keys[0] if len(provider.keys) == 1 else None
    return next((key for key in provider.keys if key.key_id == named), None)


def discover() -> None:
    """Ask the provider anew where its addresses and keys are. Raises InputError or SettingsError with the reason."""
    _provider(settings(), anew=True)


def _provider(options: Settings, anew: bool = False) -> _Provider:
    with _lock:
        known = _known.get(options.oidc_issuer)
        if known is None or anew or time.monotonic() - known.at > KNOWN_SECONDS:
            known = _known[options.oidc_issuer] = _ask(options.oidc_issuer)
        return known


def _ask(issuer: str) -> _Provider:
    """What the provider says of itself (OpenID Connect Discovery 1.0)."""
    try:
        with httpx.Client(timeout=_SECONDS, follow_redirects=False) as client:
            said = client.get(f"{_checked(issuer).rstrip('/')}/.well-known/openid-configuration").raise_for_status().json()
            if said["issuer"] != issuer:
                raise SettingsError(
                    "ATTUNE_OIDC_ISSUER: the provider there calls itself something else; write it as it does."
                )
            listed = client.get(_checked(said["jwks_uri"])).raise_for_status().json()["keys"]
        ways = said.get("token_endpoint_auth_methods_supported", ["client_secret_basic"])
        return _Provider(
            _checked(said["authorization_endpoint"]),
            _checked(said["token_endpoint"]),
            "client_secret_basic" in ways,
            tuple(_usable(listed)),
            time.monotonic(),
        )
    except (httpx.HTTPError, ValueError, KeyError, TypeError) as wrong:
        _log.warning("the provider does not say where its addresses and keys are: %s", type(wrong).__name__)
        raise InputError(_AWAY) from wrong


def _usable(listed: list[dict[str, Any]]) -> list[jwt.PyJWK]:
    """The keys that can have signed a token; those of other kinds and for other uses are left out."""
    found = []
    for one in listed:
        if one.get("use", "sig") == "sig" and one.get("kty") != "oct":
            try:
                found.append(jwt.PyJWK.from_dict(one))
            except jwt.PyJWTError:
                continue
    return found


def _checked(address: str) -> str:
    """An address of the provider's, over https; without it on this machine alone. Raises SettingsError."""
    parts = urlsplit(address)
    if parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in ("127.0.0.1", "::1", "localhost")):
        return address
    raise SettingsError("ATTUNE_OIDC_ISSUER: the provider and its addresses begin with https://.")


def _made(what: str, seed: str) -> str:
    """43 letters that only this server makes of a seed."""
    made = hmac.new(server_key(), f"provider {what} {seed}".encode(), hashlib.sha256).digest()
    return base64.urlsafe_b64encode(made).rstrip(b"=").decode()
