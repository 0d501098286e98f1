"""How does a call that another program sends come in: at once, safely, and once?

What is sent is put into a folder of its own under the inbox, by a name of ours, and becomes a row; only then is the sender
told that it was taken. `pipeline.arrivals` works on it.
"""

import hashlib
import json
import logging
import math
import os
import re
import secrets
import shutil
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import IO, Any

from sqlalchemy import Engine

from errors import InputError, StorageError
from pipeline.probe import check_is_no_archive
from scorecards.load import shipped
from scoring.course import CASE_COLUMN, EMAIL_HASH, PHONE_HASH
from settings import settings
from storage import inbox, inbox_desk, scorecard_drafts
from storage.database import reading, transaction
from storage.inbox import Received
from storage.sealed import CLEAR_PREFIX, Sealing, new_file
from storage.store import RESTORING_PREFIX, STORING_PREFIX
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

_ADDED = ("reason", "customer_id", "transfers", PHONE_HASH, EMAIL_HASH, CASE_COLUMN)


@dataclass(frozen=True)
class Sent:
    """What a program says of the call that it sends; empty where it says nothing. `started_at` has a time zone.

    reason: what it is about. customer_id: the same for each contact of a customer; their telephone number and e-mail address
    are here as keyed hashes alone (`storage.identities`). transfers: how often it was passed on. case_id: the id in the
    customer system of the case that it belongs to.
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
    customer_phone_hash: str = ""
    customer_email_hash: str = ""
    case_id: str = ""
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


def tidy(engine: Engine) -> None:
    """Take away what is no longer needed: files in the inbox of senders who were cut off, of calls that were taken in, and
    of those that could not be once `ATTUNE_INBOX_FAILED_DAYS` are over, with what is known of these, by whatever door they
    came; and what one who was killed left in the clear."""
    home, now = settings().home, time.time()
    for prefix in (CLEAR_PREFIX, STORING_PREFIX, RESTORING_PREFIX):
        for clear in home.glob(f"{prefix}*"):
            if now - _changed(clear) > FORGOTTEN_SECONDS:
                shutil.rmtree(clear, ignore_errors=True)
    with transaction(engine) as session:
        inbox_desk.forget_failed(session, datetime.now(UTC) - timedelta(days=settings().inbox_failed_days))
    old = [one for one in (home / "inbox").glob("*") if now - _changed(one) > ORPHAN_SECONDS]
    if old:
        with reading(engine) as session:
            needed = inbox.needed_folders(session)
        for folder in old:
            if folder.name not in needed:
                shutil.rmtree(folder, ignore_errors=True)


def _changed(path: Path) -> float:
    """When it last changed, in seconds since 1970; never too long ago where whoever worked with it has just let go of it."""
    try:
        return path.stat().st_mtime
    except FileNotFoundError:
        return math.inf
