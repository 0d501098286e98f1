"""Who are you, and is that so?

A page of our own, without a script, that takes an e-mail address and a password and gives a session in return. The
session's token lives in a cookie that no script can read; the database keeps only its hash. A wrong password and an
unknown address look alike and take equally long, and after a few failures one has to wait.
"""

import json
import logging
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from string import Template
from urllib.parse import quote

from anyio import to_thread
from sqlalchemy import Engine
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from api.throttle import Throttle
from pipeline.people import check_password
from settings import settings
from storage import queries, sessions
from storage.database import reading, transaction

_log = logging.getLogger(__name__)

_PAGE = Template((Path(__file__).parent / "sign_in.html").read_text(encoding="utf-8"))

TRIES_AT_AN_ACCOUNT = 5
"""Failures that one address may make at one account within `WINDOW_SECONDS`."""

TRIES_FROM_AN_ADDRESS = 30
"""Failures that one address may make in all within `WINDOW_SECONDS`; several people may share an address."""

WINDOW_SECONDS = 300.0

_WRONG = "That address and password do not belong together. Check both and try again."

_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'unsafe-inline'; img-src 'self'; form-action 'self'; "
        "base-uri 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
}


@dataclass(frozen=True)
class DemoPerson:
    """An invented person of the demonstration, offered on the sign-in page; never with a password."""

    name: str
    email: str
    role: str


def demo_people(home: Path) -> list[DemoPerson]:
    """The demonstration's people, from the marker that the demonstration leaves; none where there is no demonstration."""
    marker = home / "demonstration.json"
    try:
        listed: Sequence[Mapping[str, str]] = json.loads(marker.read_text(encoding="utf-8"))["people"]
        return [DemoPerson(person["name"], person["email"], person["role"]) for person in listed]
    except FileNotFoundError:
        return []
    except (OSError, ValueError, KeyError, TypeError):
        _log.warning("%s cannot be read, so the sign-in page lists nobody from the demonstration", marker)
        return []


def own_path(wanted: str) -> str:
    """Where to go after signing in: the page that was asked for where it is one of ours, else the first page.

    `//elsewhere` and `/\\elsewhere` are other sites to a browser, and a line break would begin a new header.
    """
    plain = wanted.isprintable() and "\\" not in wanted
    return wanted if plain and wanted.startswith("/") and not wanted.startswith("//") else "/"


def _people_list(people: Sequence[DemoPerson], wanted: str) -> str:
    if not people:
        return ""
    rows = "".join(
        f'<li><a href="/sign-in?email={quote(person.email)}&amp;next={quote(wanted, safe="")}">'
        f"<strong>{escape(person.name)}</strong><span>{escape(person.role)}</span>"
        f"<code>{escape(person.email)}</code></a></li>"
        for person in people
    )
    return (
        '<section class="people" aria-labelledby="people"><h2 id="people">Demonstration</h2>'
        "<p>These people are invented. Choose one; their passwords were printed where the demonstration was started.</p>"
        f"<ul>{rows}</ul></section>"
    )


def _page(
    email: str, wanted: str, message: str = "", status: int = 200, headers: Mapping[str, str] | None = None
) -> Response:
    people = demo_people(settings().home)
    alert = f'<p class="alert" role="alert" id="problem">{escape(message)}</p>' if message else ""
    html = _PAGE.substitute(
        email=escape(email),
        wanted=escape(wanted),
        alert=alert,
        described='aria-describedby="problem"' if message else "",
        email_focus="" if email else "autofocus",
        password_focus="autofocus" if email else "",
        people=_people_list(people, wanted),
        layout="with-people" if people else "alone",
    )
    return HTMLResponse(html, status, {**_HEADERS, **(headers or {})})


def sign_in_routes(engine: Engine, cookie: str) -> list[BaseRoute]:
    """`GET` and `POST /sign-in`, `POST /sign-out`. Every deployment of them has its own count of failures."""
    at_account = Throttle(TRIES_AT_AN_ACCOUNT, WINDOW_SECONDS)
    from_address = Throttle(TRIES_FROM_AN_ADDRESS, WINDOW_SECONDS)

    async def show(request: Request) -> Response:
        return _page(request.query_params.get("email", ""), own_path(request.query_params.get("next", "/")))

    def open_session(email: str, password: str) -> str | None:
        with reading(engine) as session:
            user = queries.user_by_email(session, email)
        # Checked for an unknown person too, so that the answer takes equally long; the database does not wait for it.
        if not check_password(user.password_hash if user else None, password) or user is None:
            with transaction(engine) as session:
                sessions.refuse(session, user.id if user else None)
            return None
        with transaction(engine) as session:
            return sessions.start(session, user.id, settings().session_hours)

    async def sign_in(request: Request) -> Response:
        form = await request.form(max_files=0, max_fields=10)
        email, password = str(form.get("email", "")).strip().lower(), str(form.get("password", ""))
        wanted = own_path(str(form.get("next", "/")))
        address = request.client.host if request.client else ""
        wait = max(at_account.wait_seconds((address, email)), from_address.wait_seconds(address))
        if wait > 0:
            minutes = math.ceil(wait / 60)
            message = f"Too many failed attempts. Try again in {minutes} minute{'s' if minutes > 1 else ''}."
            return _page(email, wanted, message, 429, {"Retry-After": str(math.ceil(wait))})
        at_account.attempt((address, email))
        from_address.attempt(address)
        token = await to_thread.run_sync(open_session, email, password)
        if token is None:
            return _page(email, wanted, _WRONG, 401)
        at_account.forgive((address, email), everything=True)
        from_address.forgive(address)
        response = RedirectResponse(wanted, 303, {"Cache-Control": "no-store"})
        response.set_cookie(
            cookie,
            token,
            max_age=int(settings().session_hours * 3600),
            httponly=True,
            samesite="lax",
            secure=request.url.scheme == "https",
        )
        return response

    async def sign_out(request: Request) -> Response:
        token = request.cookies.get(cookie)
        if token:

            def close_session() -> None:
                with transaction(engine) as session:
                    sessions.end(session, token)

            await to_thread.run_sync(close_session)
        response = RedirectResponse("/sign-in", 303, {"Cache-Control": "no-store"})
        response.delete_cookie(cookie, httponly=True, samesite="lax")
        return response

    return [
        Route("/sign-in", show, methods=["GET"]),
        Route("/sign-in", sign_in, methods=["POST"]),
        Route("/sign-out", sign_out, methods=["POST"]),
    ]
