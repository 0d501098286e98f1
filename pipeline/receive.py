"""How does a call that another program sends come in: at once, safely, and once?

What is sent is put into a folder of its own under the inbox, by a name of ours, and becomes a row; only then is the sender
told that it was taken. A process of its own works on one file after another (`work`), started by the served application
whenever a file waits and no such process lives. A file whose work dies is taken up again when its lease runs out.

    python -m pipeline.receive             work on what waits, until nothing has come for a while
"""

import hashlib
import json
import logging
import os
import re
import secrets
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event, Thread
from typing import IO, Any

from sqlalchemy import Engine

from errors import AttuneError, InputError, StorageError
from pipeline import ingest
from pipeline.listen import Listening
from pipeline.logs import DATED, log_to_the_terminal
from pipeline.metadata import Listed, Metadata
from pipeline.probe import check_is_no_archive, probe
from scorecards.load import shipped
from settings import settings
from storage import inbox, scorecard_drafts
from storage.database import open_database, reading, transaction
from storage.inbox import Received, State
from storage.sealed import CLEAR_PREFIX, Sealing, in_the_clear, new_file
from storage.tokens import Token

_log = logging.getLogger(__name__)

ROOT = Path(__file__).parent.parent

PIECE = 1_000_000
"""Bytes that are copied at once."""

LOOK_SECONDS = 2.0
"""How often is looked whether a file waits."""

IDLE_SECONDS = 60.0
"""How long the process at work waits for another file, so that its models need not be loaded for each."""

STOP_SECONDS = 10.0
"""How long a process at work may take to give back what it is at, before it is ended."""

ORPHAN_SECONDS = 3600.0
"""A folder in the inbox that is older and belongs to no row is left from somebody who was cut off."""


FORGOTTEN_SECONDS = 86_400.0
"""Nothing is worked on for a day: a copy in the clear that is older was left by a process that was killed."""

_ADDED = ("reason", "customer_id", "transfers")


@dataclass(frozen=True)
class Sent:
    """What a program says of the call that it sends; empty where it says nothing. `started_at` has a time zone.

    reason: what it is about. customer_id: the same for each contact of a customer. transfers: how often it was passed on.
    """

    agent: str = ""
    team: str = ""
    customer: str = ""
    started_at: datetime | None = None
    direction: str = ""
    queue: str = ""
    reason: str = ""
    customer_id: str = ""
    transfers: int | None = None
    scorecards: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON values. What later versions added stands there only where it is said: the same call sent again after an
        update is the same call."""
        at = self.started_at.astimezone(UTC).isoformat() if self.started_at else None
        known = {name: value for name, value in self.__dict__.items() if name not in _ADDED or value not in ("", None)}
        return {**known, "started_at": at, "scorecards": list(self.scorecards)}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> "Sent":
        """Read what `to_dict` wrote."""
        at = datetime.fromisoformat(values["started_at"]) if values["started_at"] else None
        return cls(**{**values, "started_at": at, "scorecards": tuple(values["scorecards"])})


def accept(engine: Engine, token: Token, key: str, name: str, content: IO[bytes], sent: Sent) -> Received:
    """Take a file: afterwards it is on the disk and in the database, or nothing is.

    key: names the sending; the same key with the same file and facts gives what came of it the first time. name: the
    file's, of which only a harmless ending is used. Raises NotAllowed, InputError where it is empty, an archive or names a
    scorecard that there is not, StorageError where it cannot be kept.
    """
    _check_scorecards(engine, sent.scorecards)
    spool = settings().home / "inbox"
    folder = spool / secrets.token_hex(16)
    ending = re.search(r"\.[a-z0-9]{1,5}$", name.lower())
    file = folder / f"call{ending[0] if ending else ''}"
    try:
        folder.mkdir(parents=True, mode=0o700)
        digest = _copy(content, file)
        said = json.dumps(sent.to_dict(), sort_keys=True)
        fingerprint = hashlib.sha256(f"{digest}\n{said}".encode()).hexdigest()
        with transaction(engine) as session:
            spooled = file.relative_to(spool).as_posix()
            taken, new = inbox.receive(session, token, key, fingerprint, _shown(name), spooled, sent.to_dict())
    except OSError as wrong:
        shutil.rmtree(folder, ignore_errors=True)
        raise StorageError(f"The call cannot be kept in {spool} ({wrong.strerror}).") from wrong
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    if not new:
        shutil.rmtree(folder, ignore_errors=True)
    return taken


def _check_scorecards(engine: Engine, names: tuple[str, ...]) -> None:
    """A program names scorecards that there are, and never a file."""
    if not names:
        return
    with reading(engine) as session:
        known = {*shipped(), *scorecard_drafts.in_force(session).decided}
    unknown = [name for name in names if name not in known]
    if unknown:
        raise InputError(f"There is no scorecard {unknown[0]!r}; there are {', '.join(sorted(known))}.")


def _copy(content: IO[bytes], file: Path) -> str:
    """Write the content down, surely, and give its SHA-256. Raises InputError where it is empty or an archive."""
    digest, size = hashlib.sha256(), 0
    with new_file(file) as out:
        while piece := content.read(PIECE):
            if not size:
                check_is_no_archive(piece)
            size += len(piece)
            digest.update(piece)
            out.write(piece)
        out.flush()
        if not isinstance(out, Sealing):  # which sees to that when it is closed
            os.fsync(out.fileno())
    if not size:
        raise InputError("The file is empty (0 bytes).")
    return digest.hexdigest()


def _shown(name: str) -> str:
    """A sender's name for a file as people may read it."""
    return "".join(letter for letter in name if letter.isprintable())[-120:]


# Work

_told_to_stop = Event()
"""Set by the signal that ends the process at work. An exception would be lost where it strikes within a destructor."""


def work_off(engine: Engine, listening: Listening) -> int:
    """Work on what waits until nothing does; on how many files."""
    worked = 0
    while True:
        with transaction(engine) as session:
            taken = inbox.take(session)
        if taken is None:
            return worked
        with _living(engine, taken.id):
            _work_on(engine, taken, listening)
        worked += 1


def _work_on(engine: Engine, taken: Received, listening: Listening) -> None:
    """Take one file in. Whatever goes wrong stands in its row."""
    spool = settings().home / "inbox"
    file = spool / taken.spooled
    for_good, reasons, calls, paths = False, list[str](), list[str](), [str(file)]
    try:
        if not file.is_file():
            for_good = True
            raise StorageError("The file is no longer in the inbox.")
        with in_the_clear(file) as clear:
            paths.append(str(clear))
            try:
                probe(clear)
            except InputError:
                for_good = True
                raise
            for outcome in ingest.ingest_files([clear], _metadata(clear, taken), listening):
                if outcome.state is ingest.State.FAILED:
                    reasons.append(outcome.reason)
                elif outcome.call_id:
                    calls.append(outcome.call_id)
    except AttuneError as wrong:
        reasons.append(str(wrong))
    except Exception:
        _log.exception("file %s that a program sent could not be worked on", taken.id)
        reasons.append("Working on it failed through a fault of Attune; its log says more.")
    with transaction(engine) as session:
        if reasons:
            reason = " ".join(reasons)
            for ours in (*paths, file.name):
                reason = reason.replace(ours, taken.sent_as)
            state = inbox.failed(session, taken.id, reason, for_good, calls)
        else:
            inbox.done(session, taken.id, calls)
            state = State.SCORED
    if state is State.SCORED or (state is State.FAILED and for_good):
        shutil.rmtree(file.parent, ignore_errors=True)


def _metadata(file: Path, taken: Received) -> Metadata:
    sent = Sent.from_dict(taken.facts)
    transfers = "" if sent.transfers is None else str(sent.transfers)
    extra = {"sent_as": taken.sent_as, "reason": sent.reason, "customer_id": sent.customer_id, "transfers": transfers}
    listed = Listed(
        agent=sent.agent,
        team=sent.team,
        customer=sent.customer,
        started_at=sent.started_at,
        direction=sent.direction,
        queue=sent.queue,
        scorecards=sent.scorecards,
        extra={name: value for name, value in extra.items() if value},
    )
    return Metadata(file.parent, {file.name: listed})


@contextmanager
def _living(engine: Engine, id: int) -> Iterator[None]:
    """Renew the lease until the block ends; where the process is told to stop meanwhile, give the file back and end.

    Done from beside the work, which may be deep within a recogniser and would hear of it late.
    """
    over = Event()

    def renew() -> None:
        renewed = time.monotonic()
        while not over.wait(0.5):
            try:
                if _told_to_stop.is_set():
                    with transaction(engine) as session:
                        inbox.give_back(session, id)
                    os._exit(0)
                if time.monotonic() - renewed > inbox.LEASE.total_seconds() / 4:
                    renewed = time.monotonic()
                    with transaction(engine) as session:
                        inbox.renew(session, id)
            except StorageError as wrong:
                _log.warning("the lease of file %s could not be changed: %s", id, wrong)

    thread = Thread(target=renew, daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def tidy(engine: Engine) -> None:
    """Take away what is no longer needed: files in the inbox of senders who were cut off, of calls that were taken in, and
    of those that could not be once `ATTUNE_INBOX_FAILED_DAYS` are over; and what one who was killed left in the clear."""
    home, now = settings().home, time.time()
    for clear in home.glob(f"{CLEAR_PREFIX}*"):
        if now - clear.stat().st_mtime > FORGOTTEN_SECONDS:
            shutil.rmtree(clear, ignore_errors=True)
    old = [one for one in (home / "inbox").glob("*") if now - one.stat().st_mtime > ORPHAN_SECONDS]
    if old:
        with reading(engine) as session:
            needed = inbox.needed_folders(session, datetime.now(UTC) - timedelta(days=settings().inbox_failed_days))
        for folder in old:
            if folder.name not in needed:
                shutil.rmtree(folder, ignore_errors=True)


class Worker:
    """Starts a process that works whenever a file waits and none lives; for the application that serves."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._over = Event()
        self._process: subprocess.Popen[bytes] | None = None
        self._thread = Thread(target=self._look, daemon=True, name="received calls")

    def start(self) -> None:
        """Begin to look."""
        self._thread.start()

    def stop(self) -> None:
        """Look no more, and let the process at work go, which gives back what it is at."""
        self._over.set()
        self._thread.join()
        if self._process is not None and self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:  # it is deep within a recogniser
                self._process.kill()
                self._process.wait()

    def _look(self) -> None:
        while not self._over.wait(LOOK_SECONDS):
            try:
                self.look()
            except AttuneError as wrong:
                _log.warning("whether a call waits to be taken in could not be told: %s", wrong)

    def look(self) -> bool:
        """Start a process where a file waits and none lives; whether one lives."""
        if self._process is not None and self._process.poll() is None:
            return True
        with reading(self._engine) as session:
            if not inbox.waits(session):
                return False
        address = self._engine.url.render_as_string(hide_password=False)
        self._process = subprocess.Popen(
            [sys.executable, "-m", "pipeline.receive"],
            # In the folder that the application was started from, where its file of settings lies.
            env={**os.environ, "PYTHONPATH": str(ROOT), "ATTUNE_DATABASE_URL": address, "OPENBLAS_NUM_THREADS": "1"},
            stdin=subprocess.DEVNULL,
        )
        return True


def main() -> int:
    """Work until nothing has come for a while."""
    log_to_the_terminal(logging.WARNING, DATED)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda number, frame: _told_to_stop.set())
    engine = open_database(settings().url)
    tidy(engine)
    idle_since = time.monotonic()
    while time.monotonic() - idle_since < IDLE_SECONDS and not _told_to_stop.is_set():
        if work_off(engine, Listening.from_settings(settings())):
            idle_since = time.monotonic()
        _told_to_stop.wait(LOOK_SECONDS)
    return 0


if __name__ == "__main__":
    sys.exit(main())
