"""What does the page of what comes in ask for and do? Never remembered: it changes by itself."""

import shutil
from collections.abc import Sequence

from dashboard.data import engine
from settings import settings
from storage import inbox_desk
from storage.access import Asker
from storage.database import reading, transaction
from storage.inbox import Received, State
from storage.inbox_desk import Overview

SHOWN = 200


def overview(asker: Asker) -> Overview:
    """How things stand."""
    with reading(engine()) as session:
        return inbox_desk.overview(session, asker)


def listed(asker: Asker, state: State) -> tuple[Received, ...]:
    """The files in this state, as many as a page shows."""
    with reading(engine()) as session:
        return inbox_desk.listed(session, asker, state, SHOWN)


def is_kept(received: Received) -> bool:
    """Whether the file is still there for another try, as far as it is ours to know."""
    return not received.spooled or (settings().home / "inbox" / received.spooled).is_file()


def try_again(asker: Asker, ids: Sequence[int]) -> int:
    """Let them be tried again; how many."""
    with transaction(engine()) as session:
        return inbox_desk.try_again(session, asker, ids)


def set_aside(asker: Asker, ids: Sequence[int]) -> int:
    """Let them be; how many."""
    with transaction(engine()) as session:
        return inbox_desk.set_aside(session, asker, ids)


def remove(asker: Asker, ids: Sequence[int]) -> int:
    """Take them out for good, with what lies in the inbox; how many."""
    with transaction(engine()) as session:
        spooled = inbox_desk.remove(session, asker, ids)
    for one in spooled:
        shutil.rmtree((settings().home / "inbox" / one).parent, ignore_errors=True)
    return len(ids)
