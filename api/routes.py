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
from api.measured import Measured
from api.programs.app import program_routes
from api.sign_in import sign_in_routes
from errors import StorageError
from pipeline.doctor import Readiness
from storage.database import reading


def routes(engine: Engine, cookie: str, drawn: Drawn) -> list[BaseRoute]:
    """All of them. `cookie` is the name of the cookie that carries a session; `drawn` writes down how a call stands."""

    ready = Readiness(engine)

    async def health(request: Request) -> JSONResponse:
        """`GET /health`: 200 while the process answers and the database does, so that a supervisor knows when to restart."""

        def ask() -> None:
            with reading(engine) as session:
                session.execute(text("SELECT 1"))

        try:
            await to_thread.run_sync(ask)
        except StorageError:
            return JSONResponse({"status": "the database does not answer"}, 503)
        return JSONResponse({"status": "ok"})

    async def readiness(request: Request) -> JSONResponse:
        """`GET /ready`: 200 where calls can be shown and taken in, else 503 with the words for what is lacking, and no more:
        strangers may ask. `cli.py doctor` says the rest."""
        lacks = await to_thread.run_sync(ready.lacking)
        return JSONResponse(
            {"status": "not ready", "lacking": lacks} if lacks else {"status": "ready"}, 503 if lacks else 200
        )

    return [
        Route("/health", health),
        Route("/ready", readiness),
        *sign_in_routes(engine, cookie),
        *audio_routes(engine, cookie),
        *desk_routes(engine, cookie, drawn),
        *program_routes(engine),
    ]


def middleware(engine: Engine, cookie: str) -> list[Middleware]:
    """What stands before every address, the dashboard's included."""
    return [Middleware(Measured), Middleware(Headers), Middleware(Guard, engine=engine, cookie=cookie)]
