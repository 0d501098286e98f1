"""How is the record of what was done written down, for who checks or keeps it elsewhere?"""

import csv
import io
import json
from collections.abc import Iterator
from dataclasses import fields
from datetime import UTC
from enum import StrEnum
from typing import Any

from sqlalchemy.orm import Session

from exports.table import harmless
from storage.audit import Entry
from storage.audit_check import all_entries


class RecordForm(StrEnum):
    """What the record can be written as."""

    CSV = "csv"
    JSONL = "jsonl"


def lines(session: Session, form: RecordForm) -> Iterator[str]:
    """The whole record, an entry a line with its line end, the first first, read as it is asked for.

    As JSON Lines an entry has what its hash was made of, letter for letter (`storage.audit.hash_of`), so that anybody can
    check the chain with a program of their own. As CSV there is a line of names first, and texts that a spreadsheet would
    calculate have an apostrophe in front.
    """
    if form is RecordForm.JSONL:
        for entry in all_entries(session):
            yield json.dumps(_told(entry), ensure_ascii=False, separators=(",", ":")) + "\n"
        return
    yield _csv([field.name for field in fields(Entry)])
    for entry in all_entries(session):
        told = _told(entry)
        told["details"] = json.dumps(told["details"], ensure_ascii=False)
        yield _csv([harmless(value) if isinstance(value, str) else value for value in told.values()])


def _told(entry: Entry) -> dict[str, Any]:
    return {**vars(entry), "at": entry.at.astimezone(UTC).isoformat(timespec="microseconds")}


def _csv(cells: list[Any]) -> str:
    out = io.StringIO(newline="")
    csv.writer(out).writerow(cells)
    return out.getvalue()
