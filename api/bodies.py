"""How much may a body hold, and how long may it keep us waiting?

Whoever sends without end, or a letter at a time, takes up memory and a place. Every body that is read here is bounded.
"""

from time import monotonic

from anyio import fail_after
from starlette.exceptions import HTTPException
from starlette.types import Message, Receive

PIECE_SECONDS = 30.0
"""How long the next piece of a body may keep us waiting."""

WHOLE_SECONDS = 900.0
"""How long a body may take in all, so that nobody holds a place by sending a letter at a time."""


def bounded(receive: Receive, most_bytes: int, whole_seconds: float = WHOLE_SECONDS) -> Receive:
    """`receive` that raises HTTPException 413 where a body is too large, and 408 where it is too slow."""
    got, whole, began = 0, False, monotonic()

    async def receive_bounded() -> Message:
        nonlocal got, whole
        if whole:  # what comes now is that the other side has gone, which may take its time
            return await receive()
        try:
            with fail_after(min(PIECE_SECONDS, began + whole_seconds - monotonic())):
                message = await receive()
        except TimeoutError as slow:
            raise HTTPException(408, "The body came too slowly.") from slow
        if message["type"] == "http.request":
            got += len(message.get("body", b""))
            whole = not message.get("more_body", False)
            if got > most_bytes:
                raise HTTPException(413, f"A body here holds {most_bytes:,} bytes at most.")
        return message

    return receive_bounded
