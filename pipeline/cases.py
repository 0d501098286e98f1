"""What does a customer system's export change here, and what do its cases look like with their scores?

The export is a CSV, read by a mapping (`pipeline.case_mapping`) line by line: what is wrong with a line is said with its
line, and keeps no other out. A dry run does all of it in a transaction that is then undone, so that it can say nothing else
than what would happen.
"""

import csv
import io
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Engine

from errors import InputError, Problem
from pipeline.case_mapping import CaseMapping, first_said
from scorecards.load import Bounds, bounded_text, did_you_mean
from scoring.course import LONGEST_REASON
from storage import cases
from storage.access import Asker
from storage.cases import Answer, Change, Outcome, Stated
from storage.database import transaction
from storage.identities import EMAIL, PHONE, identities_of

BOUNDS = Bounds("export of cases", 64 * 1024**2, 0)
MOST_LINES = 200_000
LONGEST_ID = 80
MOST_CALLS = 100
"""Conversations that one case may name."""

_IDENTITIES = ("customer_id", PHONE, EMAIL)
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


@dataclass(frozen=True)
class Imported:
    """What an import changed, or in a dry run would change: one outcome a case, in the order of the lines."""

    system: str
    outcomes: tuple[Outcome, ...]
    dry_run: bool

    @property
    def counts(self) -> dict[str, int]:
        """How many cases are new, changed, the same and refused, and how many name something that is not known here."""
        found = Counter(one.change for one in self.outcomes)
        refused = Change.REFUSED
        unknown = sum(bool(one.unknown) for one in self.outcomes if one.change is not refused)
        return {**{change.value: found[change] for change in Change}, "unknown": unknown}


class _Undone(Exception):
    """What a dry run did is undone."""


def import_file(engine: Engine, asker: Asker, path: Path, mapping: CaseMapping, *, dry_run: bool = False) -> Imported:
    """Take in an export of cases. Raises InputError where it cannot be read, NotAllowed."""
    stated, refused = read_cases(path, mapping)
    return import_stated(engine, asker, mapping.system, stated, refused, dry_run=dry_run)


def import_stated(
    engine: Engine,
    asker: Asker,
    system: str,
    stated: Sequence[Stated],
    refused: Sequence[Outcome] = (),
    *,
    dry_run: bool = False,
) -> Imported:
    """Write down what a customer system says of its cases, or only say what that would change. Raises NotAllowed."""
    outcomes: list[Outcome] = []
    with suppress(_Undone), transaction(engine) as session:
        outcomes = cases.import_cases(session, asker, system, stated)
        if dry_run:
            raise _Undone
    every = sorted([*outcomes, *refused], key=lambda one: one.line)
    return Imported(system, tuple(every), dry_run)


def read_cases(path: Path, mapping: CaseMapping) -> tuple[list[Stated], list[Outcome]]:
    """What an export says of each case, and the lines that cannot be used. Raises InputError where none can."""
    text = bounded_text(path, BOUNDS)
    if isinstance(text, Problem):
        raise InputError(f"{text}.")
    rows = csv.DictReader(io.StringIO(text, newline=""), restkey="", delimiter=mapping.delimiter)
    _check_headings(path, rows, mapping)
    stated, refused = list[Stated](), list[Outcome]()
    first: dict[str, int] = {}
    for line, cells in _lines(path, rows):
        try:
            one = _stated(line, cells, mapping)
            name = one.number.casefold() or " ".join(one.calls or ())
            if name in first:
                raise ValueError(f"this stands on line {first[name]} already")
            first[name] = line
            stated.append(one)
        except ValueError as wrong:
            number = first_said(cells, mapping.columns.get("case_id", ()))
            refused.append(Outcome(line, _CONTROL.sub(" ", number)[:LONGEST_ID], Change.REFUSED, unknown=(str(wrong),)))
    return stated, refused


def _lines(path: Path, rows: "csv.DictReader[str]") -> Iterator[tuple[int, dict[str, str]]]:
    number = 0
    try:
        for row in rows:
            number += 1
            if number > MOST_LINES:
                raise InputError(f"{path.name}: more than {MOST_LINES:,} lines; export the cases in parts.")
            yield rows.line_num, {name: (value or "").strip() for name, value in row.items() if name}
    except csv.Error as wrong:
        raise InputError(f"{path.name} line {rows.line_num}: this is not a row of a CSV file ({wrong}).") from wrong


def _check_headings(path: Path, rows: "csv.DictReader[str]", mapping: CaseMapping) -> None:
    try:
        there = [name.strip() for name in rows.fieldnames or ()]
    except csv.Error as wrong:
        raise InputError(f"{path.name} line 1: this is not a row of a CSV file ({wrong}).") from wrong
    rows.fieldnames = there
    missing = [
        f"{path.name} line 1: there is no column {' or '.join(map(repr, names))}, which {mapping.system} has for "
        f"{what}{did_you_mean(names[0], there)}."
        for what, names in mapping.headings()
        if not any(name in there for name in names)
    ]
    if missing:
        raise InputError("\n".join(missing))


def _stated(line: int, cells: Mapping[str, str], mapping: CaseMapping) -> Stated:
    """What a line says. Raises ValueError with what is wrong with it."""
    columns = mapping.columns.items()
    said = {name: first_said(cells, headings) for name, headings in columns if any(one in cells for one in headings)}
    wrong = []
    number = said.get("case_id", "")
    calls = tuple(dict.fromkeys(re.split(r"[\s,;]+", said["calls"]))) if said.get("calls") else ()
    if not number and not calls:
        wrong.append("no case and no conversation is named")
    if len(number) > LONGEST_ID or _CONTROL.search(number):
        wrong.append(f"the id of a case has at most {LONGEST_ID} letters and no line breaks")
    if len(calls) > MOST_CALLS:
        wrong.append(f"{len(calls)} conversations are named; a case has at most {MOST_CALLS}")
    state = mapping.states.get(said["state"].casefold()) if said.get("state") else None
    if said.get("state") and state is None:
        wrong.append(f"the state {said['state'][:40]!r} is in neither list of the mapping; add it to open or solved")
    moments = {}
    for name in ("opened_at", "closed_at"):
        try:
            moments[name] = mapping.moment(said.get(name, ""))
        except ValueError as problem:
            wrong.append(f"{name}: {problem}")
    answers = []
    for kind, asked in mapping.answers.items():
        try:
            score = asked.score(cells.get(asked.column, ""), kind)
            at = mapping.moment(cells.get(asked.answered_at, "")) if asked.answered_at else None
        except ValueError as problem:
            wrong.append(str(problem))
            continue
        if score is not None:
            answers.append(Answer(kind, score, at))
    if wrong:
        raise ValueError("; ".join(wrong))
    return Stated(
        line,
        number,
        identities_of({name: said[name] for name in _IDENTITIES if said.get(name)}),
        reason_of(said["reason"]) if "reason" in said else None,
        state,
        moments["opened_at"],
        moments["closed_at"],
        calls if "calls" in said else None,
        tuple(answers),
    )


def reason_of(said: str) -> str:
    """The reason of a case, in a line; of a longer text nothing, for that is a note about one customer."""
    words = " ".join(said.split())
    return words if len(words) <= LONGEST_REASON else ""


def as_line(one: Outcome) -> dict[str, Any]:
    """What became of a case, for a line of JSON."""
    found: dict[str, Any] = {"line": one.line, "case_id": one.number, "result": one.change.value}
    if one.fields:
        found["what"] = list(one.fields)
    if one.unknown:
        found["because" if one.change is Change.REFUSED else "unknown"] = "; ".join(one.unknown)
    return found
