"""How is what a reviewer does at a call kept without the page being drawn again?

`POST /desk/{call_id}` takes what the browser has to send (answers, comments, clips, …), also nothing, says what of it is
kept, who else has the call open, and how the call stands where that changed. The guard before it has refused whoever is
not signed in and whatever another site's page sent; a body that is not declared as JSON, which a form of another site
could send, is refused here once more.
"""

import json
from collections.abc import Callable, Mapping
from typing import Any

from anyio import to_thread
from sqlalchemy import Engine
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from api.bodies import bounded
from api.guard import FORM_SECONDS, asker_at, came_from_here
from errors import AttuneError, InputError, NotAllowed
from pipeline import desk
from storage.access import Asker, may_correct

MOST_BYTES = 500_000

_HEADERS = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}

Drawn = Callable[[desk.Standing], Mapping[str, Any]]
"""Writes down how a call stands, in the form in which the page has it."""


def desk_routes(engine: Engine, cookie: str, drawn: Drawn) -> list[BaseRoute]:
    """`POST /desk/{call_id}`. `drawn` writes down how a call stands."""

    def handle(asker: Asker, call_id: str, sent: Mapping[str, Any]) -> dict[str, Any]:
        others = desk.present(engine, asker, call_id)  # first of all, as it refuses whoever may not
        taken = desk.take(engine, asker, call_id, sent["items"])
        now = drawn(desk.standing(engine, asker, call_id))
        return {
            "saved": list(taken.saved),
            "refused": dict(taken.refused),
            "overtaken": {name: given.id for name, given in taken.overtaken.items()},
            "others": list(others),
            # What the page has already is not sent again.
            "now": None if now["mark"] == sent["mark"] else now,
        }

    async def take(request: Request) -> Response:
        asker = await asker_at(request, engine, cookie)
        if asker is None:
            return _refusal("Sign in first.", 401)
        if not came_from_here(request.headers):
            return _refusal("This was sent by another site's page, so it was not carried out.", 403)
        if not may_correct(asker):
            return _refusal("Reviewers and administrators judge calls; ask one of them.", 403)
        call_id = request.path_params["call_id"]
        if not call_id.isprintable():
            return _refusal("There is no such call.", 400)
        try:
            sent = await _sent(Request(request.scope, bounded(request.receive, MOST_BYTES, FORM_SECONDS)))
            if sent["items"]:  # a page that stands open sends nothing now and then, to say that it does
                await asker_at(request, engine, cookie, in_use=True)
            answer = await to_thread.run_sync(handle, asker, call_id, sent)
        except NotAllowed as wrong:
            return _refusal(str(wrong), 403)
        except AttuneError as wrong:
            return _refusal(str(wrong), 400)
        return JSONResponse(answer, headers=_HEADERS)

    return [Route("/desk/{call_id}", take, methods=["POST"])]


async def _sent(request: Request) -> dict[str, Any]:
    """What was sent: `items`, a list of things, and `mark`, that of how the page knows the call to stand.

    Raises InputError where it is anything else, HTTPException where it is too large or too slow.
    """
    if request.headers.get("content-type", "").partition(";")[0].strip() != "application/json":
        raise InputError("What is sent here is JSON, and says so.")
    body = bytearray()
    try:
        async for piece in request.stream():
            body += piece
        sent = json.loads(body)
    except (ValueError, RecursionError, ClientDisconnect) as wrong:
        raise InputError("What was sent cannot be read.") from wrong
    items = sent.get("items") if isinstance(sent, dict) else None
    if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
        raise InputError("What is sent here has a list of items.")
    return {"items": items, "mark": sent.get("mark")}


def _refusal(why: str, status: int) -> PlainTextResponse:
    return PlainTextResponse(why, status, _HEADERS)
