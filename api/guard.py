"""Who is at the door, and may they come in?

An ASGI middleware before everything that is served, the dashboard's own files and its websocket included: without a
valid session a page leads to the sign-in, and everything else is refused. A websocket or a form that was opened by
another site's page is refused too, whoever is signed in.
"""

from functools import partial
from urllib.parse import quote, urlsplit

from anyio import to_thread
from sqlalchemy import Engine
from starlette.datastructures import Headers
from starlette.requests import HTTPConnection
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from api.bodies import bounded
from api.provider import BACK, BEGIN
from api.sign_in import MINE, ONE_TIME
from pipeline import signing_in
from storage.access import Asker, Right, may
from storage.sessions import SignedIn

OPEN_PATHS = frozenset(
    {"/sign-in", ONE_TIME, BEGIN, BACK, "/sign-out", "/health", "/ready", "/_stcore/health", "/favicon.png", "/robots.txt"}
)
"""Reachable without a session."""

OPEN_FOLDERS = ("/static/",)
"""The dashboard's own scripts and fonts: the same for everyone, and nothing about anyone."""

TOKEN_FOLDERS = ("/api/v1/",)
"""Where other programs come with a token instead of a session; `api.programs.door` stands before each of them."""

UPLOADS = "/_stcore/upload_file/"
"""Where Streamlit takes files into its memory, for whoever has a page open, whether there is a field for files on it or
not; there is one only on pages of those who make scorecards."""

WRITES = frozenset({"POST", "PUT", "PATCH", "DELETE"})


MOST_FORM_BYTES = 100_000
"""As much as what is sent to the pages of the sign-in may hold; a password and an address are far less."""

FORM_SECONDS = 60.0

WITH_A_ONE_TIME_PASSWORD = frozenset({MINE, f"{MINE}/password", "/sign-out"})
"""What is left to whoever has to choose a password first."""


async def signed_in_at(connection: HTTPConnection, engine: Engine, cookie: str, *, in_use: bool = False) -> SignedIn | None:
    """Whose session is in the cookie of this request; None where there is no valid one.

    `in_use` says that a person asked for this, and not a page that stands open by itself.
    """
    token = connection.cookies.get(cookie)
    return await to_thread.run_sync(partial(signing_in.who, engine, token, in_use=in_use))


async def asker_at(connection: HTTPConnection, engine: Engine, cookie: str, *, in_use: bool = False) -> Asker | None:
    """Who sent this request; None where there is no valid session, or its person has to choose a password first."""
    found = await signed_in_at(connection, engine, cookie, in_use=in_use)
    return None if found is None or found.must_choose else found.asker


def came_from_here(headers: Headers) -> bool:
    """Whether a request was made by one of our own pages, or by a program that is no browser.

    Browsers send `Origin` with every form and every websocket, and newer ones `Sec-Fetch-Site`; programs send neither,
    and carry no one's cookies by accident.
    """
    origin = headers.get("origin")
    if origin is not None:
        return urlsplit(origin).netloc == headers.get("host")
    return headers.get("sec-fetch-site", "same-origin") in {"same-origin", "none"}


class Guard:
    """The middleware: see the module."""

    def __init__(self, app: ASGIApp, engine: Engine, cookie: str) -> None:
        self.app = app
        self.engine = engine
        self.cookie = cookie

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the connection through, or answer it."""
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        connection = HTTPConnection(scope)
        refusal = await self._refusal(connection)
        if refusal is None:
            path = connection.url.path
            if scope["type"] == "http" and (path in OPEN_PATHS or path in WITH_A_ONE_TIME_PASSWORD):
                receive = bounded(receive, MOST_FORM_BYTES, FORM_SECONDS)
            await self.app(scope, receive, send)
        elif scope["type"] == "websocket":
            await receive()
            await send({"type": "websocket.close", "code": 1008, "reason": "Sign in first."})
        else:
            await refusal(scope, receive, send)

    async def _refusal(self, connection: HTTPConnection) -> Response | None:
        scope, path = connection.scope, connection.url.path
        changes_something = scope["type"] == "websocket" or scope["method"] in WRITES
        if changes_something and not came_from_here(connection.headers):
            return PlainTextResponse("This was sent by another site's page, so it was not carried out.", 403)
        # Whatever `..` means to what lies behind, an address with it is in no folder that is open.
        if path in OPEN_PATHS or (path.startswith((*OPEN_FOLDERS, *TOKEN_FOLDERS)) and ".." not in path.split("/")):
            return None
        found = await signed_in_at(connection, self.engine, self.cookie)
        if found is not None and path.startswith(UPLOADS) and not may(found.asker, Right.MANAGE_QUALITY):
            return PlainTextResponse("Files are sent here by those who make scorecards alone.", 403)
        if found is not None and (not found.must_choose or path in WITH_A_ONE_TIME_PASSWORD):
            return None
        is_page = scope["type"] == "http" and "text/html" in connection.headers.get("accept", "")
        if found is not None:
            words = "Choose a password of your own first."
            return RedirectResponse(MINE, 303) if is_page else PlainTextResponse(words, 403)
        if is_page:
            wanted = path + (f"?{connection.url.query}" if connection.url.query else "")
            return RedirectResponse(f"/sign-in?next={quote(wanted, safe='')}", 303)
        return PlainTextResponse("Sign in first.", 401)
