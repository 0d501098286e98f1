"""Which options set on the page are in force in this process?

Several processes may serve one database: each looks now and then, so that what was set in another holds here too.
"""

import time

from sqlalchemy import Engine

from settings import keep_options
from storage.access import Asker
from storage.administration import kept_options, set_option
from storage.database import reading, transaction

EVERY_SECONDS = 30.0

_looked: dict[str, float] = {}


def look(engine: Engine) -> None:
    """Take over what is set now."""
    with reading(engine) as session:
        keep_options(kept_options(session))
    _looked[str(engine.url)] = time.monotonic()


def look_now_and_then(engine: Engine) -> None:
    """Take over what is set now, where nobody has looked for `EVERY_SECONDS`."""
    if time.monotonic() - _looked.get(str(engine.url), -EVERY_SECONDS) >= EVERY_SECONDS:
        look(engine)


def change(engine: Engine, asker: Asker, name: str, value: str | None) -> None:
    """Set an option on the page, None for its default, and take it over. Raises as `storage.administration.set_option`."""
    with transaction(engine) as session:
        set_option(session, asker, name, value)
    look(engine)
