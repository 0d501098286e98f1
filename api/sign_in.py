"""Who are you, and is that so?

Two pages of our own, without a script: one takes an e-mail address and a password and gives a session in return, the
other, *My sign-in*, changes one's own password and signs out everywhere. Whoever comes with a one-time password gets to
nothing but the second until they have chosen one of their own.
"""

import json
import logging
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC
from html import escape
from pathlib import Path
from urllib.parse import quote

from anyio import to_thread
from sqlalchemy import Engine
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from api.cookies import give, take_back
from api.html import page, template
from api.provider import BEGIN, provider_routes
from errors import InputError, NotAllowed
from pipeline import provider, signing_in
from pipeline.passwords import LONGEST, SHORTEST
from pipeline.signing_in import Came
from settings import settings

_log = logging.getLogger(__name__)

_SIGN_IN, _MINE = template("sign_in.html"), template("my_sign_in.html")

MINE = "/my-sign-in"
ONE_TIME = "/sign-in/one-time"
"""Where administrators sign in with a one-time password while people do not with theirs. No page leads there."""

_WRONG = "That address and password do not belong together. Check both and try again."
_NOT_THIS = "That is not your password. Try again."
_FIRST = "This password was for once. Choose one of your own; you use it from now on."


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


def _provider_link(wanted: str) -> str:
    if not provider.is_set():
        return ""
    name = escape(settings().oidc_name)
    return f'<a class="provider" href="{BEGIN}?next={quote(wanted, safe="")}">Sign in with {name}</a>'


def _alert(message: str) -> str:
    return f'<p class="alert" role="alert" id="problem">{escape(message)}</p>' if message else ""


def _password_fields(email: str, message: str) -> str:
    described = ' aria-describedby="problem"' if message else ""
    return (
        '<label for="email">E-mail address</label>'
        f'<input id="email" name="email" type="email" value="{escape(email)}" autocomplete="username" required'
        f"{'' if email else ' autofocus'}{described}>"
        '<label for="password">Password</label>'
        '<input id="password" name="password" type="password" autocomplete="current-password" required'
        f"{' autofocus' if email else ''}>"
        '<button type="submit">Sign in</button>'
    )


def _sign_in_page(
    email: str,
    wanted: str,
    message: str = "",
    status: int = 200,
    headers: Mapping[str, str] | None = None,
    *,
    one_time: bool = False,
) -> Response:
    """one_time: for an administrator with a one-time password, where passwords are off."""
    passwords = settings().passwords
    people = demo_people(settings().home) if passwords else []
    parts = {
        "wanted": escape(wanted),
        "alert": _alert(message),
        "fields": _password_fields(email, message) if passwords or one_time else "",
        "people": _people_list(people, wanted),
        "layout": "with-people" if people else "alone",
        "provider": _provider_link(wanted),
    }
    return page(_SIGN_IN, parts, status, headers)


def _too_often(wait_seconds: float) -> tuple[str, dict[str, str]]:
    """What is said to whoever has to wait, and the header that says it to programs."""
    minutes = math.ceil(wait_seconds / 60)
    words = f"Too many failed attempts. Try again in {minutes} minute{'s' if minutes > 1 else ''}."
    return words, {"Retry-After": str(math.ceil(wait_seconds))}


def _my_page(
    standing: signing_in.Standing, message: str = "", status: int = 200, headers: Mapping[str, str] | None = None
) -> Response:
    first = standing.must_choose
    problem = _alert(message) or (f'<p class="done">{_FIRST}</p>' if first else "")
    who = f"<h1>My sign-in</h1><p>{escape(standing.name)}, {escape(standing.email)}</p>"
    password = (
        f'<form method="post" action="{MINE}/password"><h1>{"Choose a password" if first else "My sign-in"}</h1>'
        f"<p>{escape(standing.name)}, {escape(standing.email)}</p>{problem}"
        f'<input type="hidden" name="email" value="{escape(standing.email)}" autocomplete="username">'
        f'<label for="old">{"The password you came with" if first else "Password until now"}</label>'
        '<input id="old" name="old" type="password" autocomplete="current-password" required autofocus>'
        '<label for="new">New password</label>'
        f'<input id="new" name="new" type="password" autocomplete="new-password" minlength="{SHORTEST}" '
        f'maxlength="{LONGEST}" required aria-describedby="rule">'
        f'<p class="quiet" id="rule">{SHORTEST} characters or more. Four words that do not belong together do well.</p>'
        '<label for="again">New password once more</label>'
        '<input id="again" name="again" type="password" autocomplete="new-password" required>'
        '<button type="submit">Change the password</button></form>'
    )
    began = "".join(f"<li>since {at.astimezone(UTC):%d %B %Y, %H:%M} UTC</li>" for at in standing.open_since)
    everywhere = (
        f'<form method="post" action="{MINE}/sign-out-everywhere"><h2>Where you are signed in</h2>'
        f'<ul class="since">{began}</ul>'
        "<p>A machine that you left, or one that you do not know? Sign out everywhere, this browser included.</p>"
        '<button class="second" type="submit">Sign out everywhere</button></form>'
    )
    parts = {
        "title": "Choose a password" if first else "My sign-in",
        "password": password if first or settings().passwords else f"<section>{who}</section>",
        "everywhere": "" if first else everywhere,
        "back": "" if first else '<a class="back" href="/">Back to Attune</a>',
    }
    return page(_MINE, parts, status, headers)


def _address(request: Request) -> str:
    return request.client.host if request.client else ""


def sign_in_routes(engine: Engine, cookie: str) -> list[BaseRoute]:
    """`/sign-in`, `/sign-out`, `/my-sign-in` and what its two forms send."""

    async def show(request: Request) -> Response:
        asked = request.query_params
        one_time = request.url.path == ONE_TIME
        return _sign_in_page(asked.get("email", ""), own_path(asked.get("next", "/")), one_time=one_time)

    async def sign_in(request: Request) -> Response:
        form = await request.form(max_files=0, max_fields=10)
        # No address holds a control character, and PostgreSQL takes no text with a NUL in it.
        email = "".join(filter(str.isprintable, str(form.get("email", "")))).strip().lower()
        password = str(form.get("password", ""))
        wanted = own_path(str(form.get("next", "/")))
        before = request.cookies.get(cookie)
        came = await to_thread.run_sync(signing_in.sign_in, engine, email, password, _address(request), before)
        if came.wait_seconds > 0:
            message, headers = _too_often(came.wait_seconds)
            return _sign_in_page(email, wanted, message, 429, headers, one_time=True)
        if came.token is None:
            return _sign_in_page(email, wanted, _WRONG, 401, one_time=True)
        return give(RedirectResponse(wanted, 303, {"Cache-Control": "no-store"}), request, cookie, came.token)

    def signed_out(request: Request) -> Response:
        return take_back(RedirectResponse("/sign-in", 303, {"Cache-Control": "no-store"}), request, cookie)

    async def sign_out(request: Request) -> Response:
        token = request.cookies.get(cookie)
        if token:
            await to_thread.run_sync(signing_in.sign_out, engine, token)
        return signed_out(request)

    async def mine(request: Request, message: str = "", status: int = 200, wait_seconds: float = 0.0) -> Response:
        try:
            standing = await to_thread.run_sync(signing_in.standing, engine, request.cookies.get(cookie, ""))
        except NotAllowed:
            return signed_out(request)
        if wait_seconds > 0:
            message, headers = _too_often(wait_seconds)
            return _my_page(standing, message, 429, headers)
        return _my_page(standing, message, status)

    async def change(request: Request) -> Response:
        form = await request.form(max_files=0, max_fields=10)
        old, new, again = (str(form.get(name, "")) for name in ("old", "new", "again"))
        if new != again:
            return await mine(request, "The two new passwords differ. Type the same one twice.", 400)
        token = request.cookies.get(cookie, "")
        try:
            came: Came = await to_thread.run_sync(signing_in.change_password, engine, token, old, new, _address(request))
        except NotAllowed:
            return signed_out(request)
        except InputError as wrong:
            return await mine(request, str(wrong), 400)
        if came.token is None:
            return await mine(request, _NOT_THIS, 401, came.wait_seconds)
        return give(RedirectResponse("/", 303, {"Cache-Control": "no-store"}), request, cookie, came.token)

    async def everywhere(request: Request) -> Response:
        try:
            await to_thread.run_sync(signing_in.sign_out_everywhere, engine, request.cookies.get(cookie, ""))
        except NotAllowed:
            return signed_out(request)
        return signed_out(request)

    def refuse(wanted: str, message: str, status: int) -> Response:
        return _sign_in_page("", wanted, message, status)

    return [
        *provider_routes(engine, cookie, own_path, refuse),
        Route("/sign-in", show, methods=["GET"]),
        Route(ONE_TIME, show, methods=["GET"]),
        Route("/sign-in", sign_in, methods=["POST"]),
        Route("/sign-out", sign_out, methods=["POST"]),
        Route(MINE, mine, methods=["GET"]),
        Route(f"{MINE}/password", change, methods=["POST"]),
        Route(f"{MINE}/sign-out-everywhere", everywhere, methods=["POST"]),
    ]
