"""Is the key at hand the one that the words of this database are encrypted with?

The database has the mark of that key (`WordsKeyRow`), which says nothing of the key itself. Whoever has another one, or
none, may write nothing: words would lie in it in the clear, or be encrypted with a key that nobody meant.
"""

from contextlib import suppress

from sqlalchemy import Engine, delete, insert, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from errors import StorageError
from storage import clock
from storage.audit import OPERATOR, About, What, note
from storage.keeping_tables import WordsKeyRow
from storage.sealed_words import another_key, keys, mark


def check(session: Session) -> None:
    """Raise StorageError where the words are encrypted with a key that is not at hand.

    The first time that there is a key, its mark is written down.
    """
    noted = session.scalar(select(WordsKeyRow.mark).where(WordsKeyRow.id == 1))
    at_hand = keys()
    if noted is None and at_hand[0] is not None:
        with suppress(IntegrityError), session.begin_nested():  # another process may start at the same time
            session.execute(insert(WordsKeyRow).values(id=1, mark=mark(at_hand[0]), at=clock.now()))
    elif noted is not None and noted not in {mark(one) for one in at_hand if one is not None}:
        raise StorageError(another_key(noted))


def missing(session: Session) -> str:
    """The sentence for words that are encrypted with a key that is not at hand; empty where it is. Nothing is changed."""
    noted = session.scalar(select(WordsKeyRow.mark).where(WordsKeyRow.id == 1))
    return "" if noted is None or noted in {mark(one) for one in keys() if one is not None} else another_key(noted)


def settle(engine: Engine) -> None:
    """The same for somebody who opens the database, before anything is done with it. Raises StorageError."""
    with engine.connect() as connection:
        noted = connection.scalar(select(WordsKeyRow.mark).where(WordsKeyRow.id == 1))
    ours = keys()[0]
    if (noted is None and ours is None) or (ours is not None and noted == mark(ours)):
        return
    with Session(engine) as session, session.begin():
        check(session)


def moved(session: Session, rows: int) -> None:
    """All words are encrypted with the key in force, or lie in the clear where there is none; in so many rows they were
    otherwise before. It is in the record, with the mark of the key."""
    ours = keys()[0]
    now = "none" if ours is None else mark(ours)
    note(session, OPERATOR, What.WORDS_ENCRYPTED, About.SETTING, "encryption_key", rows=rows, mark=now)
    session.execute(delete(WordsKeyRow))
    if ours is not None:
        session.execute(insert(WordsKeyRow).values(id=1, mark=now, at=clock.now()))
