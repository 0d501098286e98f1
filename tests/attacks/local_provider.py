"""A small OpenID Connect provider on this machine, with real keys and real HTTP, that can also be made to lie."""

import base64
import hashlib
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from jwt.algorithms import RSAAlgorithm

CLIENT, SECRET = "attune", "a secret of the client's"


@cache
def key_pair(name: str) -> rsa.RSAPrivateKey:
    """A key of that name; the provider signs with the one called `own`."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def public_pem(name: str = "own") -> bytes:
    """The public half, which everybody can read."""
    return key_pair(name).public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


@dataclass
class LocalProvider:
    """The provider: who is at it, and what is asked of it."""

    issuer: str = ""
    codes: dict[str, dict[str, Any]] = field(default_factory=dict)
    """By code: what was asked, and what the token will hold."""
    away: bool = False

    def lets_in(self, asked: str, sign: Any = None, **claims: Any) -> dict[str, str]:
        """What the browser brings back after somebody signed in there, whom `claims` describe.

        asked: where the browser was sent. sign: makes a token of claims in another way than it should be made. A claim that
        is None is left out.
        """
        query = {name: values[0] for name, values in parse_qs(urlsplit(asked).query).items()}
        now = int(time.time())
        usual = {
            "iss": self.issuer, "aud": query["client_id"], "nonce": query["nonce"], "sub": "1234", "iat": now,
            "exp": now + 300, "email": "reviewer@attune.example", "email_verified": True, "name": "Rosa Lind",
        }  # fmt: skip
        told = {name: value for name, value in {**usual, **claims}.items() if value is not None}
        made = sign(told) if sign else jwt.encode(told, key_pair("own"), "RS256", headers={"kid": "own"})
        code = f"code-{len(self.codes)}"
        self.codes[code] = {**query, "token": made}
        return {"code": code, "state": query["state"]}

    def exchange(self, form: dict[str, str], given: str) -> tuple[int, dict[str, str]]:
        """The answer to a program that brings a code. Each is good once."""
        asked = self.codes.pop(form.get("code", ""), None)
        right = base64.b64encode(f"{CLIENT}:{SECRET.replace(' ', '+').replace(chr(39), '%27')}".encode()).decode()
        plain = base64.b64encode(f"{CLIENT}:{SECRET}".encode()).decode()
        if given not in (f"Basic {right}", f"Basic {plain}"):
            return 401, {"error": "invalid_client"}
        hashed = base64.urlsafe_b64encode(hashlib.sha256(form.get("code_verifier", "").encode()).digest())
        proven = asked is not None and hashed.rstrip(b"=").decode() == asked["code_challenge"]
        if asked is None or not proven or form.get("redirect_uri") != asked["redirect_uri"]:
            return 400, {"error": "invalid_grant"}
        return 200, {"access_token": "x", "token_type": "Bearer", "id_token": asked["token"]}

    def answer(self, path: str) -> dict[str, Any]:
        """What it says of itself."""
        if path == "/keys":
            public = json.loads(RSAAlgorithm.to_jwk(key_pair("own").public_key()))
            return {
                "keys": [{**public, "kid": "own", "use": "sig", "alg": "RS256"}, {"kty": "oct", "k": "eA", "kid": "shared"}]
            }
        return {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/keys",
            "token_endpoint_auth_methods_supported": ["client_secret_basic"],
        }


@contextmanager
def served_provider() -> Iterator[LocalProvider]:
    """The provider at work on this machine for as long as the context lasts."""
    provider = LocalProvider()

    class Handler(BaseHTTPRequestHandler):
        def _send(self, status: int, body: dict[str, Any]) -> None:
            data = json.dumps(body).encode()
            self.send_response(503 if provider.away else status)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def do_GET(self) -> None:
            self._send(200, provider.answer(self.path))

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"])).decode()
            form = {name: values[0] for name, values in parse_qs(body).items()}
            self._send(*provider.exchange(form, self.headers.get("authorization", "")))

        def log_message(self, format: str, *args: object) -> None:
            """Nothing to the terminal."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    provider.issuer = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield provider
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def back_address(sent: dict[str, str]) -> str:
    """The address that the browser comes back to with this."""
    return f"/sign-in/back?{urlencode(sent)}"
