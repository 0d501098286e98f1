"""Which addresses does Attune answer beside the dashboard's pages?"""

from anyio import to_thread
from sqlalchemy import Engine, text
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import BaseRoute, Route

from api.audio import audio_routes
from api.desk import Drawn, desk_routes
from api.guard import Guard
from api.headers import Headers
from api.programs.app import program_routes
from api.sign_in import sign_in_routes
from storage.database import reading


def routes(engine: Engine, cookie: str, drawn: Drawn) -> list[BaseRoute]:
    """All of them. `cookie` is the name of the cookie that carries a session; `drawn` writes down how a call stands."""

    async def health(request: Request) -> JSONResponse:
        """`GET /health`: 200 while the database answers, so that a supervisor knows when to restart."""

        def ask() -> None:
            with reading(engine) as session:
                session.execute(text("SELECT 1"))

        await to_thread.run_sync(ask)
        return JSONResponse({"status": "ok"})

    return [
        Route("/health", health),
        *sign_in_routes(engine, cookie),
        *audio_routes(engine, cookie),
        *desk_routes(engine, cookie, drawn),
        *program_routes(engine),
    ]


def middleware(engine: Engine, cookie: str) -> list[Middleware]:
    """What stands before every address, the dashboard's included."""
    return [Middleware(Headers), Middleware(Guard, engine=engine, cookie=cookie)]
