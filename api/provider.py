"""How does somebody come in through their organisation's own sign-in?

`GET /sign-in/provider` sends the browser there, `GET /sign-in/back` is where it comes back to. What came back is looked at
in `pipeline.provider`; then the session is ours, like everybody's.
"""

from collections.abc import Callable

from anyio import to_thread
from sqlalchemy import Engine
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from api.cookies import give, over_https
from errors import AttuneError
from pipeline import provider, signing_in
from settings import settings

BEGIN, BACK = "/sign-in/provider", "/sign-in/back"

STARTED = "attune_start"
"""The name of the cookie that says which sign-in was begun in this browser."""

Refuse = Callable[[str, str, int], Response]
"""Shows the page of the sign-in with where to go afterwards, what went wrong, and a status."""


def own_address(request: Request) -> str:
    """The address of ours that the provider sends the browser back to; it knows that one and takes no other."""
    return f"{settings().public_url or str(request.base_url)}".rstrip("/") + BACK


def provider_routes(engine: Engine, cookie: str, own_path: Callable[[str], str], refuse: Refuse) -> list[BaseRoute]:
    """Both addresses. They exist where no provider is set as well, and lead to the sign-in."""

    async def begin(request: Request) -> Response:
        wanted = own_path(request.query_params.get("next", "/"))
        if not provider.is_set():
            return RedirectResponse("/sign-in", 303)
        begun = provider.start(wanted)
        try:
            there = await to_thread.run_sync(provider.address_to_begin, begun, own_address(request))
        except AttuneError as wrong:
            return refuse(wanted, str(wrong), 503)
        answer = RedirectResponse(there, 303, {"Cache-Control": "no-store"})
        seconds = int(provider.START_SECONDS)
        secure = over_https(request)
        answer.set_cookie(
            STARTED, begun.cookie(), max_age=seconds, path="/sign-in", httponly=True, samesite="lax", secure=secure
        )
        return answer

    async def back(request: Request) -> Response:
        if not provider.is_set():
            return RedirectResponse("/sign-in", 303)
        given, sent = request.cookies.get(STARTED, ""), dict(request.query_params)
        place, before = request.client.host if request.client else "", request.cookies.get(cookie)

        def come_in() -> tuple[str, str]:
            begun = provider.start_of(given)
            return begun.wanted, signing_in.by_provider(engine, begun, sent, own_address(request), place, before)

        try:
            wanted, token = await to_thread.run_sync(come_in)
        except AttuneError as wrong:
            answer = refuse("/", str(wrong), 403)
        else:
            answer = give(RedirectResponse(own_path(wanted), 303, {"Cache-Control": "no-store"}), request, cookie, token)
        answer.delete_cookie(STARTED, path="/sign-in", httponly=True, samesite="lax", secure=over_https(request))
        return answer

    return [Route(BEGIN, begin, methods=["GET"]), Route(BACK, back, methods=["GET"])]
