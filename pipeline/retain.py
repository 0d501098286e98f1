"""What is removed because it was kept long enough, and when does that happen?

By the rules of `storage.keeping`, some calls at a time: first the files of each, then its rows, so that whoever is killed in
between leaves a row that is taken up again, and never a file that nobody knows of. The application that serves does it once
a day by itself; `cli.py retain` does it now.
"""

import logging
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from pipeline import options
from pipeline.background import Background
from pipeline.kept_files import audio_files, delete_files, word_files
from pipeline.receive import tidy
from storage import keeping
from storage.access import Asker, Role
from storage.audit import PROGRAM, What, done_by
from storage.database import reading, scrub, transaction
from storage.keeping import Due, ReportKind
from storage.removal import Kept
from storage.store import KeptFile

_log = logging.getLogger(__name__)

BY_ITSELF = Asker(0, Role.ADMINISTRATOR, name="Attune")
"""Attune at work by itself, who may do what the settings ask for."""

FIRST_SECONDS = 300.0
EVERY_SECONDS = 86_400.0
"""When the application that serves removes first after its start, and how often from then on."""

AGAIN_SECONDS = 600.0
"""How soon it is tried again where it could not be done, as while the database is away."""


@dataclass(frozen=True)
class Went:
    """What was removed of a team's calls: of how many calls, how many files and bytes."""

    kind: Kept
    team: str
    calls: int
    files: int
    bytes: int


@dataclass(frozen=True)
class Retained:
    """What one run removed, and what it passed over as it is held; `report` is the id of what is kept of it, None where
    nothing was removed."""

    went: tuple[Went, ...]
    held: tuple[Due, ...]
    report: int | None


def due_now(engine: Engine, asker: Asker, now: datetime | None = None) -> tuple[Due, ...]:
    """What would be removed now, without removing it. Raises NotAllowed for others than administrators."""
    with reading(engine) as session:
        return keeping.what_is_due(session, asker, keeping.rules(), now or datetime.now(UTC))


def retain(engine: Engine, asker: Asker, now: datetime | None = None) -> Retained:
    """Remove everything that is kept no longer, and keep a report of it.

    Raises NotAllowed for others than administrators, StorageError where a file cannot be deleted; what was removed before
    that stays removed and is in the record.
    """
    now, in_force = now or datetime.now(UTC), keeping.rules()
    passed = tuple(one for one in due_now(engine, asker, now) if one.held)
    counts: dict[tuple[Kept, str], list[int]] = defaultdict(lambda: [0, 0, 0])
    for kind in Kept:
        while True:
            with transaction(engine) as session:
                _as_program(session, asker)
                some = keeping.next_due(session, asker, in_force, kind, now)
                for call_id, team, recording in some:
                    gone = delete_files(_files(kind, call_id, recording))
                    count = counts[kind, team]
                    count[0], count[1], count[2] = count[0] + 1, count[1] + len(gone), count[2] + sum(f.bytes for f in gone)
                if some:
                    keeping.remove(session, asker, kind, [call_id for call_id, _, _ in some])
            if len(some) < keeping.AT_ONCE:
                break
    went = tuple(Went(kind, team, *numbers) for (kind, team), numbers in sorted(counts.items()))
    with transaction(engine) as session:
        _as_program(session, asker)
        cases = keeping.remove_old_cases(session, asker, in_force, now)
    if not went and not cases:
        return Retained((), passed, None)
    figures: dict[str, Any] = {"removed": [asdict(one) for one in went], "held": [asdict(one) for one in passed]}
    if cases:
        figures["cases"] = cases
    with transaction(engine) as session:
        _as_program(session, asker)
        report = keeping.save_report(session, asker, ReportKind.RETENTION, What.REMOVED, figures)
    scrub(engine)
    return Retained(went, passed, report)


def _files(kind: Kept, call_id: str, recording: str | None) -> Iterator[tuple[str, KeptFile]]:
    if kind is Kept.AUDIO:
        yield from audio_files(call_id, recording)
    if kind is Kept.WORDS:
        yield from word_files(call_id)


def _as_program(session: Session, asker: Asker) -> None:
    if asker is BY_ITSELF:
        done_by(session, PROGRAM)


class Keeper(Background):
    """Removes once a day what is kept no longer, and tidies the inbox, for the application that serves."""

    def __init__(self, engine: Engine, first_seconds: float = FIRST_SECONDS) -> None:
        failing = "what is kept no longer could not be removed, and is tried again"
        super().__init__("retention", partial(_keep, engine), failing, EVERY_SECONDS, first_seconds, AGAIN_SECONDS)


def _keep(engine: Engine) -> None:
    options.look_now_and_then(engine)
    tidy(engine)
    if keeping.rules():
        retain(engine, BY_ITSELF)
