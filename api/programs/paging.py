"""How is a long list read page by page?

A page ends with a cursor, which says where the next one begins: after which call, plan or place. What comes in meanwhile
moves nothing.
"""

import base64
import binascii
import json
from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import Query
from starlette.exceptions import HTTPException

MOST_ROWS = 200
"""Items of one page at most."""

LARGEST_ID = 2**31 - 1
"""As large as an id of either database is."""

Limit = Annotated[int, Query(ge=1, le=MOST_ROWS, description="Items of one page.")]
Cursor = Annotated[str, Query(max_length=400, description="`next` of the page before.")]


def cursor_of(*values: str | int) -> str:
    """Where a page ended, in a form that nobody is tempted to make themselves."""
    return base64.urlsafe_b64encode(json.dumps(values).encode()).decode().rstrip("=")


def _values(cursor: str) -> list[Any]:
    try:
        values = json.loads(base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True))
    except (ValueError, binascii.Error, RecursionError) as wrong:
        raise _wrong() from wrong
    if not isinstance(values, list):
        raise _wrong()
    return values


def call_after(cursor: str) -> tuple[datetime, str] | None:
    """The call that the page before ended with."""
    match _values(cursor) if cursor else []:
        case []:
            return None
        case [str(moment), str(call_id)] if "\0" not in call_id:
            try:
                return datetime.fromisoformat(moment).astimezone(UTC), call_id
            except (ValueError, OverflowError) as wrong:
                raise _wrong() from wrong
    raise _wrong()


def number_after(cursor: str) -> int:
    """The id or the place that the page before ended with; 0 at the beginning."""
    match _values(cursor) if cursor else [0]:
        case [int(number)] if 0 <= number <= LARGEST_ID:
            return number
    raise _wrong()


def _wrong() -> HTTPException:
    return HTTPException(422, "This cursor is none that a page ended with; leave it out to begin anew.")
