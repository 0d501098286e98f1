"""How is a program told that something did not work?

Always in the same form, that of RFC 9457 (`application/problem+json`): a status, a title, and a sentence in `detail` that
says what would work. What goes wrong through a fault of ours has a number, under which the log has the rest.
"""

import logging
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any
from uuid import uuid4

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response

from errors import AttuneError, InputError, NotAllowed, StorageError

_log = logging.getLogger(__name__)

MEDIA_TYPE = "application/problem+json"


class WrongField(BaseModel):
    """Something in a request that does not fit."""

    where: str = Field(description="Where it stands, such as `query.limit` or `body.metadata.direction`.")
    message: str = Field(description="What is wrong with it.")


class Problem(BaseModel):
    """What went wrong, as RFC 9457 has it."""

    type: str = Field("about:blank", description="`about:blank`: the status says what kind of problem it is.")
    title: str = Field(description="The status in words.")
    status: int = Field(description="The HTTP status.")
    detail: str = Field(description="A sentence: what went wrong, and what would work.")
    errors: list[WrongField] = Field([], description="Every field that does not fit.")


def problem(
    status: int, detail: str, errors: Sequence[WrongField] = (), headers: Mapping[str, str] | None = None
) -> JSONResponse:
    """The answer that says so."""
    told = Problem(title=HTTPStatus(status).phrase, status=status, detail=detail, errors=list(errors))
    return JSONResponse(told.model_dump(), status, headers=headers, media_type=MEDIA_TYPE)


def documented(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """These statuses for the OpenAPI document, and those that every address has."""
    body = {"content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}}
    return {
        status: {"description": HTTPStatus(status).phrase, **body}
        for status in sorted({400, 401, 403, 413, 422, 429, 500, 503, *statuses})
    }


def handle_problems(app: FastAPI) -> None:
    """Let whatever is raised leave the program as a problem."""

    async def refused(request: Request, wrong: Exception) -> Response:
        assert isinstance(wrong, HTTPException)
        return problem(wrong.status_code, str(wrong.detail), headers=wrong.headers)

    async def does_not_fit(request: Request, wrong: Exception) -> Response:
        assert isinstance(wrong, RequestValidationError)
        errors = [WrongField(where=".".join(map(str, one["loc"])), message=one["msg"]) for one in wrong.errors()]
        return problem(422, "What was sent does not fit; `errors` names each field.", errors)

    async def said(request: Request, wrong: Exception) -> Response:
        match wrong:
            case NotAllowed():
                return problem(403, str(wrong))
            case InputError():
                return problem(422, str(wrong))
            case StorageError():
                _log.error("a program could not be answered: %s", wrong)
                return problem(
                    503, "The database could not answer just now. Try again in a while.", headers={"Retry-After": "10"}
                )
        return await failed(request, wrong)

    async def failed(request: Request, wrong: Exception) -> Response:
        number = uuid4().hex[:8]
        _log.error("a program's request failed, number %s", number, exc_info=wrong)
        return problem(500, f"This failed through a fault of Attune and not of yours; its log says why under {number}.")

    app.add_exception_handler(HTTPException, refused)
    app.add_exception_handler(RequestValidationError, does_not_fit)
    app.add_exception_handler(AttuneError, said)
    app.add_exception_handler(Exception, failed)
