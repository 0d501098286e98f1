"""Who stands under what somebody did?"""

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from storage import clock
from storage.access import Asker
from storage.tables import UserRow


def user_id(session: Session, asker: Asker) -> int | None:
    """Their id among the users; None for the operator at the command line, who is not one of them."""
    return session.scalar(select(UserRow.id).where(UserRow.id == asker.user_id))


def authored(session: Session, asker: Asker) -> dict[str, Any]:
    """The columns `author_id`, `author` and `at` of a row that this person writes now."""
    return {"author_id": user_id(session, asker), "author": asker.signature, "at": clock.now()}
