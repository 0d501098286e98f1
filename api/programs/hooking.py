"""How does a program say what it wants to be told of, and see what it was told?"""

from typing import Annotated

from fastapi import APIRouter, Depends, Path
from pydantic import BaseModel, Field
from sqlalchemy import Engine
from starlette.exceptions import HTTPException

from api.programs import models
from api.programs.door import needs
from api.programs.paging import LARGEST_ID, Cursor, Limit, cursor_of, number_after
from api.programs.problems import documented
from pipeline.notify import check_address, secret_of
from storage import hooks
from storage.database import reading, transaction
from storage.hooks import Happening
from storage.tokens import Scope, Token

Hooking = Annotated[Token, Depends(needs(Scope.HOOKS))]
Id = Annotated[int, Path(ge=1, le=LARGEST_ID)]


class NewHook(BaseModel):
    """An address to be told at."""

    url: str = Field(min_length=9, max_length=500, description="It begins with https:// and lies on the open network.")
    events: list[Happening] = Field(min_length=1, max_length=len(Happening))


def hook_routes(engine: Engine) -> APIRouter:
    """Every address about being told."""
    router = APIRouter(tags=["webhooks"])

    @router.post("/webhooks", status_code=201, responses=documented())
    def add_hook(token: Hooking, wanted: NewHook) -> models.HookWithSecret:
        """Be told of these things at this address from now on; `secret` is to be had only now."""
        check_address(wanted.url)
        with transaction(engine) as session:
            hook = hooks.add_hook(session, token, wanted.url, wanted.events)
        return models.HookWithSecret(**_hook(hook).model_dump(), secret=secret_of(hook))

    @router.get("/webhooks", responses=documented())
    def list_hooks(token: Hooking) -> models.Page[models.Hook]:
        """The addresses that this token named."""
        with reading(engine) as session:
            return models.Page(items=list(map(_hook, hooks.hooks_of(session, token))), next=None)

    @router.delete("/webhooks/{webhook_id}", status_code=204, responses=documented(404))
    def end_hook(token: Hooking, webhook_id: Id) -> None:
        """Tell this address nothing any more."""
        with transaction(engine) as session:
            if hooks.find_hook(session, token, webhook_id) is None:
                raise _nothing()
            hooks.end_hook(session, webhook_id, "Its program ended it.")

    @router.get("/webhooks/{webhook_id}/deliveries", responses=documented(404))
    def list_deliveries(
        token: Hooking, webhook_id: Id, limit: Limit = 50, cursor: Cursor = ""
    ) -> models.Page[models.Delivery]:
        """What this address was told, and what not yet, in the order it happened."""
        with reading(engine) as session:
            hook = hooks.find_hook(session, token, webhook_id)
            if hook is None:
                raise _nothing()
            found = hooks.deliveries_after(session, hook, number_after(cursor), limit + 1)
        more = len(found) > limit
        return models.Page(items=list(map(_delivery, found[:limit])), next=cursor_of(found[limit - 1].id) if more else None)

    return router


def _nothing() -> HTTPException:
    return HTTPException(404, "There is no webhook of this id that this token named.")


def _hook(hook: hooks.Hook) -> models.Hook:
    return models.Hook(id=hook.id, url=hook.url, events=sorted(event.value for event in hook.events), at=hook.at)


def _delivery(one: hooks.Delivery) -> models.Delivery:
    return models.Delivery(
        id=one.id,
        message_id=one.message_id,
        event=one.event.value,
        at=one.at,
        state=one.state.value,
        tries=one.tries,
        answered=one.answered,
        delivered_at=one.delivered_at,
    )
