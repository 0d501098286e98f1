"""How long does each request take, and how does it end? Counted for `pipeline.metrics`, and kept nowhere else."""

import time

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pipeline import metrics

PLACES = ("api", "audio", "desk", "sign-in", "sign-out", "my-sign-in", "health", "ready", "static", "_stcore")
"""The first folder of an address where it is one of ours; any other is the address of a page."""


class Measured:
    """An ASGI middleware around everything that is answered over HTTP."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let it through, and look at the clock."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        began, status = time.perf_counter(), 500  # of whoever fails before the first byte

        async def noting(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        first = scope["path"].split("/", 2)[1] if scope["path"].startswith("/") else ""
        try:
            await self.app(scope, receive, noting)
        finally:
            metrics.answered(first if first in PLACES else "page", status, began)
