"""How does a customer system call what Attune wants to know of a case? A mapping, as data, in a YAML file.

    system: helpdesk
    title: Our help desk, its export of tickets
    columns:
      case_id: Ticket
      customer_email: [Requester email, Email]   # the first of these that is not empty counts
      state: Status
      opened_at: Created
    states:
      open: [New, Waiting]
      solved: [Closed]
    answers:
      csat: {column: Rating, scores: {Good: 5, Bad: 1}, unanswered: [Offered]}

Two that ship lie beside this file, in `customer_systems`.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from coaching.satisfaction import RANGE, AnswerKind
from errors import InputError, Problem
from scorecards.load import Bounds, Place, Plain, bounded_text, did_you_mean, read_plain
from storage.case_tables import CaseState

SHIPPED = Path(__file__).parent / "customer_systems"

BOUNDS = Bounds("mapping of a customer system", 64 * 1024, 2_000)

COLUMNS = (
    "case_id", "customer_id", "customer_phone", "customer_email", "reason", "state", "opened_at", "closed_at", "calls",
)  # fmt: skip
"""What may be known of a case. `calls` are ids of conversations here, with blanks, commas or semicolons between."""

DELIMITERS = (",", ";", "\t", "|")
_SYSTEM = re.compile(r"[a-z][a-z0-9_-]{0,39}")
_KEYS = {"system", "title", "delimiter", "time_zone", "times", "columns", "states", "answers", "optional"}
_ANSWER_KEYS = {"column", "scores", "unanswered", "answered_at"}
_MOST_LETTERS = 300


@dataclass(frozen=True)
class Asked:
    """Where an answer of customers stands: `scores` says what words mean, where there are words; `unanswered` are those of
    who has not answered."""

    column: str
    scores: Mapping[str, int] = field(default_factory=dict)
    unanswered: frozenset[str] = frozenset()
    answered_at: str = ""

    def score(self, said: str, kind: AnswerKind) -> int | None:
        """The answer in a cell; None where there is none. Raises ValueError with what is wrong with it."""
        word = said.strip().casefold()
        if not word or word in self.unanswered:
            return None
        if word in self.scores:
            return self.scores[word]
        low, high = RANGE[kind]
        if re.fullmatch(r"\d{1,2}(\.0+)?", word) and low <= int(float(word)) <= high:
            return int(float(word))
        known = ", ".join([f"{low} to {high}", *sorted(self.scores), *sorted(self.unanswered)])
        raise ValueError(f"{said.strip()[:40]!r} is no answer to {kind.value}; known are {known}")


@dataclass(frozen=True)
class CaseMapping:
    """How one customer system names things. `columns` has the headings of each of `COLUMNS` that it knows; `times` are forms
    of moments besides ISO 8601, `zone` that of moments without one; `optional` is what a file need not have."""

    system: str
    title: str
    columns: Mapping[str, tuple[str, ...]]
    states: Mapping[str, CaseState]
    answers: Mapping[AnswerKind, Asked]
    times: tuple[str, ...] = ()
    zone: tzinfo = UTC
    delimiter: str = ","
    optional: frozenset[str] = frozenset()

    def headings(self) -> Iterator[tuple[str, tuple[str, ...]]]:
        """What each thing may be called in the file: one of its names has to be there."""
        yield from ((name, headings) for name, headings in self.columns.items() if name not in self.optional)
        for kind, asked in self.answers.items():
            if kind.value in self.optional:
                continue
            yield kind.value, (asked.column,)
            if asked.answered_at:
                yield f"{kind.value}, answered_at", (asked.answered_at,)

    def moment(self, said: str) -> datetime | None:
        """A moment as the system writes it, in UTC; None where the cell is empty. Raises ValueError."""
        if not said.strip():
            return None
        for read in (datetime.fromisoformat, *(_form(one) for one in self.times)):
            try:
                at = read(said.strip())
                return (at if at.tzinfo else at.replace(tzinfo=self.zone)).astimezone(UTC)
            except (ValueError, OverflowError):
                continue
        known = " or ".join(["2026-03-31T14:05:00+02:00", *self.times])
        raise ValueError(f"{said.strip()[:40]!r} is no moment; write it like {known}")


def _form(written: str) -> Callable[[str], datetime]:
    return lambda said: datetime.strptime(said, written)


def shipped() -> dict[str, Path]:
    """The mappings that come with the program: name to file."""
    return {path.stem: path for path in sorted(SHIPPED.glob("*.yaml"))}


def read_mapping_file(name_or_path: Path) -> CaseMapping:
    """The mapping in this file, or the shipped one of this name. Raises InputError with every problem and its line."""
    path = shipped().get(str(name_or_path), name_or_path)
    text = bounded_text(path, BOUNDS)
    if isinstance(text, Problem):
        raise InputError(f"{text}. Of itself Attune knows {', '.join(shipped())}.")
    return read_mapping(text, path.name)


def read_mapping(text: str, file: str = "mapping") -> CaseMapping:
    """The mapping in this YAML. Raises InputError with every problem, a line each, with its line in the text."""
    plain = read_plain(text, file, BOUNDS)
    problems = _Problems(file, plain)
    data = plain.data if isinstance(plain.data, Mapping) else {}
    if not data and not plain.problems:
        problems.add((), "", "a mapping begins with `system:`, `title:` and `columns:`")
    problems.unknown_keys(data, _KEYS, (), "")
    found = CaseMapping(
        _system(data, problems),
        problems.text(data, "title", (), required=True),
        _columns(data, problems),
        _states(data, problems),
        _answers(data, problems),
        _times(data, problems),
        _zone(data, problems),
        _delimiter(data, problems),
        _optional(data, problems),
    )
    if "case_id" not in found.columns and "calls" not in found.columns:
        problems.add(("columns",), "columns", "`case_id` is wanted, or `calls` where each row is about conversations alone")
    if "state" in found.columns and not found.states:
        problems.add(("states",), "states", "say which words of the column `state` mean open, and which solved")
    problems.settle()
    return found


class _Problems:
    """Everything that is wrong, said together."""

    def __init__(self, file: str, plain: Plain) -> None:
        self._file, self._plain, self._said = file, plain, list(plain.problems)

    def add(self, path: Place, where: str, what: str) -> None:
        self._said.append(Problem(self._file, self._plain.line(path), where, what, path))

    def unknown_keys(self, data: Mapping[str, Any], known: set[str], path: Place, where: str) -> None:
        for name in data:
            if name not in known:
                hint = did_you_mean(str(name)[:60], known) or f"; {', '.join(sorted(known))} are"
                self.add((*path, name), where, f"{str(name)[:60]!r} is not known here{hint}")

    def text(self, data: Mapping[str, Any], name: str, path: Place, *, required: bool = False) -> str:
        """A text; empty where there is none, which is a problem where it is required."""
        found = data.get(name)
        if found is None and not required:
            return ""
        if not isinstance(found, str) or not found.strip() or len(found) > _MOST_LETTERS:
            self.add((*path, name), ".".join(map(str, path)), f"{name} is a text of at most {_MOST_LETTERS} letters")
            return ""
        return found.strip()

    def texts(self, found: Any, path: Place) -> tuple[str, ...]:
        """A text or a list of them, without what says nothing."""
        every = found if isinstance(found, list) else [found]
        if not every or not all(isinstance(one, str | int) and 0 < len(str(one).strip()) <= _MOST_LETTERS for one in every):
            self.add(path, ".".join(map(str, path)), "a text is wanted, or a list of texts")
            return ()
        return tuple(str(one).strip() for one in every)

    def settle(self) -> None:
        if self._said:
            raise InputError("\n".join(f"{one}." for one in sorted(self._said, key=lambda one: one.line or 0)))


def _system(data: Mapping[str, Any], problems: _Problems) -> str:
    found = problems.text(data, "system", (), required=True)
    if found and not _SYSTEM.fullmatch(found):
        problems.add(("system",), "system", "a short name in small letters is wanted, such as helpdesk")
    return found


def _columns(data: Mapping[str, Any], problems: _Problems) -> dict[str, tuple[str, ...]]:
    given = data.get("columns")
    if not isinstance(given, Mapping):
        problems.add(("columns",), "columns", f"say which column has what: {', '.join(COLUMNS)}")
        return {}
    problems.unknown_keys(given, set(COLUMNS), ("columns",), "columns")
    return {name: problems.texts(given[name], ("columns", name)) for name in COLUMNS if name in given}


def _states(data: Mapping[str, Any], problems: _Problems) -> dict[str, CaseState]:
    given = data.get("states") or {}
    if not isinstance(given, Mapping):
        problems.add(("states",), "states", "two lists are wanted, open and solved")
        return {}
    problems.unknown_keys(given, set(CaseState), ("states",), "states")
    found: dict[str, CaseState] = {}
    for state in CaseState:
        for word in problems.texts(given[state.value], ("states", state.value)) if given.get(state.value) else ():
            if found.setdefault(word.casefold(), state) is not state:
                problems.add(("states", state.value), "states", f"{word!r} means open and solved; it can mean one of them")
    return found


def _answers(data: Mapping[str, Any], problems: _Problems) -> dict[AnswerKind, Asked]:
    given = data.get("answers") or {}
    if not isinstance(given, Mapping):
        problems.add(("answers",), "answers", "say for csat, nps or both in which column the answer stands")
        return {}
    problems.unknown_keys(given, set(AnswerKind), ("answers",), "answers")
    found = {}
    for kind in AnswerKind:
        one, path = given.get(kind.value), ("answers", kind.value)
        if one is None:
            continue
        if not isinstance(one, Mapping):
            problems.add(path, f"answers.{kind.value}", "write {column: …}, and `scores` where the answers are words")
            continue
        problems.unknown_keys(one, _ANSWER_KEYS, path, f"answers.{kind.value}")
        none = problems.texts(one["unanswered"], (*path, "unanswered")) if one.get("unanswered") else ()
        found[kind] = Asked(
            problems.text(one, "column", path, required=True),
            _scores(one.get("scores") or {}, kind, (*path, "scores"), problems),
            frozenset(word.casefold() for word in none),
            problems.text(one, "answered_at", path),
        )
    return found


def _scores(given: Any, kind: AnswerKind, path: Place, problems: _Problems) -> dict[str, int]:
    low, high = RANGE[kind]
    if not isinstance(given, Mapping):
        problems.add(path, ".".join(map(str, path)), "write which word means which score, such as {Good: 5}")
        return {}
    found = {}
    for word, score in given.items():
        if isinstance(score, bool) or not isinstance(score, int) or not low <= score <= high:
            problems.add((*path, word), ".".join(map(str, path)), f"a whole number of {low} to {high} is wanted")
        else:
            found[str(word).strip().casefold()] = score
    return found


def _times(data: Mapping[str, Any], problems: _Problems) -> tuple[str, ...]:
    if data.get("times") is None:
        return ()
    found = problems.texts(data["times"], ("times",))
    for one in found:
        try:
            same = datetime.strptime(datetime(2026, 3, 31, 14, 5).strftime(one), one)
        except (ValueError, re.error):
            same = None
        if same is None or (same.year, same.month, same.day) != (2026, 3, 31):
            problems.add(("times",), "times", f"{one!r} is no form of a day and a time, such as %d/%m/%Y %H:%M")
    return found


def _zone(data: Mapping[str, Any], problems: _Problems) -> tzinfo:
    name = problems.text(data, "time_zone", ())
    if not name:
        return UTC
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        problems.add(("time_zone",), "time_zone", f"{name!r} is no time zone; write it like Europe/London")
        return UTC


def _delimiter(data: Mapping[str, Any], problems: _Problems) -> str:
    found = data.get("delimiter", ",")
    if found not in DELIMITERS:
        problems.add(("delimiter",), "delimiter", 'a comma, a semicolon, a bar or a tab ("\\t") is wanted')
        return ","
    return str(found)


def _optional(data: Mapping[str, Any], problems: _Problems) -> frozenset[str]:
    if data.get("optional") is None:
        return frozenset()
    found = problems.texts(data["optional"], ("optional",))
    known = {*COLUMNS[1:], *AnswerKind}
    for one in found:
        if one not in known:
            problems.add(("optional",), "optional", f"{one!r} is no column that a file may lack{did_you_mean(one, known)}")
    return frozenset(found)


def first_said(cells: Mapping[str, str], headings: Sequence[str]) -> str:
    """What the first of these columns says that says anything."""
    return next((cells[one] for one in headings if cells.get(one)), "")
