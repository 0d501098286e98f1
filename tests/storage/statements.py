"""What is a database asked within a block?"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Engine, event


@contextmanager
def statements_of(engine: Engine) -> Iterator[list[tuple[str, Any]]]:
    """Each statement with its values, in the order they were put."""
    put: list[tuple[str, Any]] = []

    def note(_connection: object, _cursor: object, statement: str, values: object, *_rest: object) -> None:
        put.append((statement, values))

    event.listen(engine, "before_cursor_execute", note)
    try:
        yield put
    finally:
        event.remove(engine, "before_cursor_execute", note)
