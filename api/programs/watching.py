"""What does a program get that watches Attune run? Numbers of the installation, and nothing of anybody."""

from typing import Annotated

from fastapi import APIRouter, Depends
from fastapi.responses import PlainTextResponse, Response
from sqlalchemy import Engine

from api.programs.door import needs
from api.programs.problems import documented
from pipeline import metrics
from storage.tokens import Scope, Token

Watcher = Annotated[Token, Depends(needs(Scope.READ_METRICS))]


def watching_routes(engine: Engine) -> APIRouter:
    """The one address."""
    router = APIRouter()

    @router.get("/metrics", responses=documented(), response_class=PlainTextResponse, tags=["operation"])
    def read_metrics(token: Watcher) -> Response:
        """What is measured of the service, in the form that Prometheus reads."""
        return Response(metrics.written(engine), media_type=metrics.CONTENT_TYPE)

    return router
