"""Where do other programs knock, and what is promised to them?

An application of its own beneath `/api/v1`: FastAPI makes the OpenAPI document from the same types by which it checks what
comes in and writes what goes out, so that the document cannot say anything else than the program does.
"""

import re
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from sqlalchemy import Engine
from starlette.responses import JSONResponse
from starlette.routing import BaseRoute, Mount

from api.programs.casing import case_routes
from api.programs.door import Door
from api.programs.hooking import hook_routes
from api.programs.problems import Problem, handle_problems
from api.programs.reading import reading_routes
from api.programs.sending import sending_routes
from api.programs.watching import watching_routes
from settings import settings

ADDRESS = "/api/v1"

OPEN_PATHS = frozenset({"/openapi.json"})
"""Reachable without a token: what the document says is in the source, and nothing in it is about anyone."""


def program_routes(engine: Engine) -> list[BaseRoute]:
    """Everything beneath `/api/v1`, a line break in an address included, which a route does not match of itself: whatever
    the guard lets pass for its token ends here."""
    mount = Mount(ADDRESS, app=build_api(engine))
    mount.path_regex = re.compile(mount.path_regex.pattern, re.DOTALL)
    return [mount]


def build_api(engine: Engine) -> FastAPI:
    """The application, on that database. Its counts of requests begin anew with it."""
    app = FastAPI(
        title="Attune",
        version="1",
        description="Send calls, follow them, and read scores, gaps and coaching plans. Errors are problem+json (RFC 9457).",
        openapi_url=None,  # ours below, which knows what a problem is
        docs_url=None,  # its pages would load scripts from elsewhere
        redoc_url=None,
        redirect_slashes=False,
        # No setting of the environment makes it tell anybody what was asked: not even that there is telemetry.
        telemetry={"tracing": False, "metrics": False, "logs": False, "operation_spans": False, "auto_configure": False},
    )
    options = settings()
    app.add_middleware(
        Door,
        engine=engine,
        requests_per_minute=options.api_requests_per_minute,
        most_file_bytes=int(options.api_largest_mb * 1_000_000),
        open_paths=OPEN_PATHS,
    )
    handle_problems(app)
    app.include_router(sending_routes(engine))
    app.include_router(reading_routes(engine))
    app.include_router(case_routes(engine))
    app.include_router(hook_routes(engine))
    app.include_router(watching_routes(engine))

    @app.get("/openapi.json", include_in_schema=False)
    async def openapi_document() -> JSONResponse:
        return JSONResponse(document(app))

    return app


def document(app: FastAPI) -> dict[str, Any]:
    """The OpenAPI 3.1 document of the application."""
    if app.openapi_schema is None:
        made = get_openapi(
            title=app.title,
            version=app.version,
            description=app.description,
            routes=app.routes,
            servers=[{"url": ADDRESS}],
        )
        schemas = made["components"]["schemas"]
        told = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
        schemas |= told.pop("$defs", {})
        schemas["Problem"] = told
        app.openapi_schema = made
    return app.openapi_schema
