"""Do the words that somebody quotes with an answer stand in the call?"""

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from errors import StorageError
from storage.tables import TurnRow


@dataclass(frozen=True)
class Quote:
    """Words of one turn, by its index; `start` in seconds where times are known. They stand in the turn as they are here."""

    turn: int
    text: str
    start: float | None = None


def check_quote(session: Session, call_id: str, quote: Quote) -> None:
    text = session.scalar(select(TurnRow.text).where(TurnRow.call_id == call_id, TurnRow.position == quote.turn))
    words = " ".join(quote.text.split())
    if text is None or not words or words not in " ".join(text.split()):
        raise StorageError("The quoted words are not in that turn of the call; choose them in the transcript again.")
