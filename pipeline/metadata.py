"""Who spoke on which recording, and when: what does the contact centre's own list say?

A CSV with a header. `file` is needed; `agent, team, customer, started_at, direction, queue, scorecards` are understood;
every other column is kept with the call as it stands. Several scorecards stand with blanks or semicolons between. By some of
the kept columns calls are counted (`scoring.course`): the reason, whose call it is, and whether it was passed on. A
customer's telephone number and e-mail address are turned into keyed hashes as they are read (`storage.identities`).
"""

import csv
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from errors import MetadataError
from scoring.course import given_transfers
from storage.identities import hidden

KNOWN = ("file", "agent", "team", "customer", "started_at", "direction", "queue", "scorecards")
DIRECTIONS = ("inbound", "outbound")


@dataclass(frozen=True)
class Listed:
    """What is known of a call beside its sound. Empty where nothing is known; `started_at` is aware, in UTC.

    `scorecards` names those to judge it with; empty means the usual ones. `extra` holds the unknown columns.
    """

    agent: str = ""
    team: str = ""
    customer: str = ""
    started_at: datetime | None = None
    direction: str = ""
    queue: str = ""
    scorecards: tuple[str, ...] = ()
    extra: Mapping[str, str] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON values."""
        at = self.started_at.isoformat() if self.started_at else None
        return {**self.__dict__, "started_at": at, "scorecards": list(self.scorecards), "extra": dict(self.extra)}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> "Listed":
        """Read what `to_dict` wrote."""
        at = datetime.fromisoformat(values["started_at"]) if values["started_at"] else None
        return cls(**{**values, "started_at": at, "scorecards": tuple(values["scorecards"])})


@dataclass(frozen=True)
class Metadata:
    """The facts of every listed file, found by its path or, where that is unambiguous, by its bare name."""

    folder: Path
    facts: Mapping[str, Listed]

    def of(self, file: Path) -> Listed:
        """What the list says of `file`; empty facts where it is not listed."""
        names = [str(file), file.name]
        resolved, folder = file.resolve(), self.folder.resolve()
        if resolved.is_relative_to(folder):
            names.insert(0, resolved.relative_to(folder).as_posix())
        return next((self.facts[name] for name in names if name in self.facts), Listed())


NOTHING_KNOWN = Metadata(Path(), {})


def _cells(rows: "csv.DictReader[str]", path: Path) -> Iterator[dict[str, str]]:
    try:
        for row in rows:
            yield {name: (value or "").strip() for name, value in row.items() if name}
    except csv.Error as wrong:
        raise MetadataError(f"{path} line {rows.line_num}: this is not a row of a CSV file ({wrong}).") from wrong


def read_metadata(path: Path) -> Metadata:
    """Read the list.

    A time without a zone is this machine's local time. Raises MetadataError with a line for each thing that is wrong.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as wrong:
        raise MetadataError(f"{path}: the list of calls cannot be read: {wrong.strerror or wrong}.") from wrong
    except UnicodeDecodeError as wrong:
        raise MetadataError(f"{path}: the list of calls is no UTF-8 text; save it as CSV in UTF-8. ({wrong})") from wrong
    rows = csv.DictReader(io.StringIO(text), restkey="")
    columns = [name.strip() for name in rows.fieldnames or ()]
    if "file" not in columns:
        raise MetadataError(f"{path} line 1: the first line names the columns, and one of them has to be `file`.")
    rows.fieldnames = columns
    facts: dict[str, Listed] = {}
    wrong_cells: list[str] = []
    for cells in _cells(rows, path):
        line = f"{path} line {rows.line_num}"
        if not cells["file"]:
            wrong_cells.append(f"{line}: no file is named.")
            continue
        if cells["file"] in facts:
            wrong_cells.append(f"{line}: file is listed twice.")
        started_at = None
        if cells.get("started_at"):
            try:
                started_at = datetime.fromisoformat(cells["started_at"]).astimezone(UTC)
            except (ValueError, OverflowError):
                wrong_cells.append(f"{line}: started_at is no time; write it like 2026-03-31T14:05+02:00.")
        direction = cells.get("direction", "").lower()
        if direction and direction not in DIRECTIONS:
            wrong_cells.append(f"{line}: direction may be inbound, outbound or empty.")
        wrong_cells += [
            f"{line}: {name} cannot be read; write how often the call was passed on as a whole number, or yes or no."
            for name in ("transfers", "transferred")
            if cells.get(name) and given_transfers(cells[name]) is None
        ]
        facts[cells["file"]] = Listed(
            agent=cells.get("agent", ""),
            team=cells.get("team", ""),
            customer=cells.get("customer", ""),
            started_at=started_at,
            direction=direction,
            queue=cells.get("queue", ""),
            scorecards=tuple(cells.get("scorecards", "").replace(";", " ").split()),
            extra=hidden({name: value for name, value in cells.items() if name not in KNOWN}),
        )
    if wrong_cells:
        raise MetadataError("\n".join(wrong_cells))
    return Metadata(path.parent, facts)
