"""Which judges that were taught here are asked?

Apart from teaching them (`pipeline.teach`), so that taking calls in loads nothing that only teaching needs.
"""

import logging
from collections.abc import Iterable, Mapping

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from errors import InputError
from scoring.behaviours.judge import stamp
from scoring.behaviours.learned import Learned, learned_of
from scoring.signals.shown import LEARNED
from storage import teaching
from storage.database import is_there, open_database, reading

_log = logging.getLogger(__name__)


def adopted_judges(engine: Engine) -> tuple[Learned, ...]:
    """The learned judges in force. One that stands on another version of Attune's own judge is passed over, with a warning:
    the shipped one answers until it is taught again."""
    with reading(engine) as session:
        files = teaching.adopted_files(session)
    return _readable((behaviour, data) for behaviour, data in sorted(files.items()))


def adopted_here(url: str) -> tuple[Learned, ...]:
    """The learned judges in force in the database at this address; none, and no database, where there is none yet."""
    if not is_there(url):
        return ()
    engine = open_database(url)
    try:
        return adopted_judges(engine)
    finally:
        engine.dispose()


def judges_named(session: Session, models: Mapping[str, str]) -> tuple[Learned, ...]:
    """The learned judges that a stamp names, as far as they are kept and can still be asked."""
    named = [(name.removeprefix(LEARNED), digest) for name, digest in sorted(models.items()) if name.startswith(LEARNED)]
    kept = [(behaviour, teaching.learned_file(session, digest)) for behaviour, digest in named]
    return _readable((behaviour, data) for behaviour, data in kept if data is not None)


def _readable(files: Iterable[tuple[str, bytes]]) -> tuple[Learned, ...]:
    judges: list[Learned] = []
    for behaviour, data in files:
        try:
            judges.append(learned_of(data, stamp()["behaviours"], behaviour, f"The adopted judge of {behaviour}"))
        except InputError as wrong:
            _log.warning("%s Until then the shipped one is asked.", wrong)
    return tuple(judges)
