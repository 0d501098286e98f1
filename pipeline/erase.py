"""How is one customer erased, files and rows, and what is shown of it?

The rows change in one transaction, and the files go before it ends: where a row cannot be emptied no file is touched, and
whoever is interrupted begins again with what is left. What is kept of it, the report, has ids, hashes and counts: enough to
show which calls they were to somebody who has them, and no name; of that an HMAC with the server's key.
"""

import hashlib
import hmac
import shutil
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from sqlalchemy import Engine

from pipeline.kept_files import Gone, audio_files, delete_files
from settings import settings
from storage import erasure, keeping
from storage.access import Asker
from storage.audit import What
from storage.database import reading, scrub, transaction
from storage.erasure import CustomersCall, Taught, Waiting
from storage.keeping import ReportKind
from storage.removal import count_words
from storage.secret import server_key


@dataclass(frozen=True)
class Erased:
    """What was found of a customer and, where it was no dry run, erased.

    calls: with the hashes that they had. waiting: files in the inbox. files: what lay on the disk. rows: how many rows of
    each table had words. columns: in how many columns the name was searched for; named: in which rows it stands now.
    taught: the judges and questions that learned from their calls, among others, and keep what they learned.
    report: None in a dry run.
    """

    calls: tuple[CustomersCall, ...]
    waiting: tuple[Waiting, ...]
    files: tuple[Gone, ...]
    rows: Mapping[str, int]
    columns: int
    named: Mapping[str, int]
    taught: tuple[Taught, ...]
    report: int | None = field(default=None)

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON values, without a name."""
        calls = [{**asdict(call), "started_at": call.started_at.isoformat()} for call in self.calls]
        return {
            "calls": calls,
            "waiting": len(self.waiting),
            "files": [asdict(one) for one in self.files],
            "rows": {table: count for table, count in self.rows.items() if count},
            "columns_searched": self.columns,
            "name_stands_in": dict(self.named),
            "taught_from": [asdict(one) for one in self.taught],
            "report": self.report,
        }


def look_for(engine: Engine, asker: Asker, customer: str) -> Erased:
    """What there is of a customer. Raises NotAllowed for others than administrators, InputError without a name."""
    with reading(engine) as session:
        calls = erasure.calls_of_customer(session, asker, customer)
        waiting = erasure.waiting_of_customer(session, asker, customer)
        ids = [call.id for call in calls]
        files = [
            Gone(sort, about.size)
            for call in calls
            for sort, file in audio_files(call.id, call.recording)
            if (about := file.about()) is not None
        ]
        rows = count_words(session, ids)
        names = erasure.names_of_customer(session, customer, calls, waiting)
        columns, named = erasure.named_in(session, asker, names)
        taught = erasure.taught_from(session, asker, ids)
    return Erased(calls, waiting, tuple(files), rows, columns, named, taught)


def erase_customer(engine: Engine, asker: Asker, customer: str) -> Erased:
    """Erase a customer everywhere, and keep a report. Where there is nobody of that name nothing is done.

    Raises NotAllowed for others than administrators, InputError without a name, StorageError where a legal hold is on them,
    a file cannot be deleted, or words of them are left.
    """
    with transaction(engine) as session:
        calls = erasure.calls_of_customer(session, asker, customer)
        waiting = erasure.waiting_of_customer(session, asker, customer)
        erasure.check_not_held(session, calls, customer)
        if not calls and not waiting and not erasure.known_to_be(session, customer):
            return Erased((), (), (), {}, 0, {}, ())
        names = erasure.names_of_customer(session, customer, calls, waiting)
        rows = erasure.erase_rows(session, asker, customer, calls, waiting)
        columns, named = erasure.named_in(session, asker, names)
        taught = erasure.taught_from(session, asker, [call.id for call in calls])
        files = [gone for call in calls for gone in delete_files(audio_files(call.id, call.recording), hashed=True)]
        for one in filter(lambda one: one.folder, waiting):
            shutil.rmtree(settings().home / "inbox" / one.folder, ignore_errors=True)
        done = Erased(calls, waiting, tuple(files), rows, columns, named, taught)
        # With the server's key, so that nobody finds the name in the report by trying all names.
        whose = hmac.new(server_key(), b"erased customer " + customer.strip().encode(), hashlib.sha256).hexdigest()
        proof = {**done.to_dict(), "customer_hmac_sha256": whose}
        del proof["report"]
        report = keeping.save_report(session, asker, ReportKind.ERASURE, What.ERASED, proof)
    scrub(engine, whole=True)
    return Erased(calls, waiting, tuple(files), rows, columns, named, taught, report)
