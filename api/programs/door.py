"""Which program asks, may it do this, and does it ask for too much?

A token stands in the header `Authorization: Bearer …`, and is looked at before anything of a body is read. How often a
token may ask in a minute, how often an address may come with a wrong one, how much a body may hold and how long it may
keep us waiting are bounded here, for every address alike.
"""

import math
from collections.abc import Awaitable, Callable
from typing import Annotated

from anyio import to_thread
from fastapi import Depends, Request
from fastapi.security import HTTPBearer
from sqlalchemy import Engine
from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import HTTPConnection
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.bodies import bounded
from api.programs.problems import problem
from api.throttle import Throttle
from errors import StorageError
from storage import tokens
from storage.database import reading, transaction
from storage.tokens import Token

MINUTE = 60.0

WRONG_TOKENS = 30
"""Requests with a wrong token that one address may make in a minute. Nobody guesses 256 bits; it spares the database."""

MOST_JSON_BYTES = 5_000_000
"""As much as a body may hold that is no file."""

_HEADERS = {
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
}

_UNKNOWN = "A token is needed, as `Authorization: Bearer attune_…`; this one is missing, unknown, ended or revoked."

bearer = HTTPBearer(auto_error=False, description="A token that an administrator made; `cli.py token add` does.")


class Door:
    """The middleware: see the module. `open_paths` are reachable without a token, as they are the same for everyone."""

    def __init__(
        self, app: ASGIApp, engine: Engine, requests_per_minute: int, most_file_bytes: int, open_paths: frozenset[str]
    ) -> None:
        self.app = app
        self._engine = engine
        self._of_token = Throttle(requests_per_minute, MINUTE)
        self._wrong_from = Throttle(WRONG_TOKENS, MINUTE)
        self._most_file_bytes = most_file_bytes
        self._open_paths = open_paths

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the request through, or answer it."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(_HEADERS)
            await send(message)

        connection = HTTPConnection(scope)
        path = scope["path"].removeprefix(scope.get("root_path", ""))
        refusal = None if path in self._open_paths else await self._refusal(connection)
        if refusal is not None:
            await refusal(scope, receive, send_with_headers)
            return
        is_file = connection.headers.get("content-type", "").startswith("multipart/form-data")
        most = self._most_file_bytes if is_file else MOST_JSON_BYTES
        await self.app(scope, bounded(receive, most), send_with_headers)

    async def _refusal(self, connection: HTTPConnection) -> Response | None:
        address = connection.client.host if connection.client else ""
        if self._wrong_from.wait_seconds(address) > 0:
            return _wait("Too many wrong tokens came from this address.", self._wrong_from.wait_seconds(address))
        kind, _, secret = connection.headers.get("authorization", "").partition(" ")
        try:
            token = await to_thread.run_sync(self._look_up, secret.strip()) if kind.lower() == "bearer" else None
        except StorageError:
            return problem(
                503, "The database could not answer just now. Try again in a while.", headers={"Retry-After": "10"}
            )
        if token is None:
            self._wrong_from.attempt(address)
            return problem(401, _UNKNOWN, headers={"WWW-Authenticate": "Bearer"})
        wait = self._of_token.wait_seconds(token.id)
        if wait > 0:
            return _wait(f"This token may ask {self._of_token.limit} times a minute.", wait)
        self._of_token.attempt(token.id)
        connection.scope.setdefault("state", {})["token"] = token
        return None

    def _look_up(self, secret: str) -> Token | None:
        with reading(self._engine) as session:
            token = tokens.token_of(session, secret)
        if token is not None and tokens.is_long_unseen(token):
            with transaction(self._engine) as session:
                tokens.note_use(session, token.id)
        return token


def needs(scope: tokens.Scope) -> Callable[..., Awaitable[Token]]:
    """The dependency that gives the token that asks, or refuses where it has not this scope."""

    async def token_with_scope(request: Request, _: Annotated[object, Depends(bearer)]) -> Token:
        token: Token = request.state.token
        if scope not in token.scopes:
            raise HTTPException(403, f"This token is not for this; it would need the scope {scope}.")
        return token

    return token_with_scope


def _wait(why: str, seconds: float) -> Response:
    return problem(429, f"{why} Try again in {math.ceil(seconds)} s.", headers={"Retry-After": str(math.ceil(seconds))})
