"""Which scorecard does this file hold, and if it holds none, what is wrong with it, and on which lines?

A scorecard is written by hand, so every problem is reported at once, with its line and the word that was probably
meant. The text is composed into YAML nodes, never into objects: tags build nothing, aliases cannot grow beyond a bound,
and every node knows the line it stands on.

What the kinds of criteria accept is not known here (a scorecard can be read without loading a model);
`scoring.criteria.check_scorecard` adds their problems to these.
"""

import math
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rapidfuzz import fuzz, process
from ruamel.yaml import YAML
from ruamel.yaml.composer import Composer
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from errors import Problem, ScorecardError
from scorecards.definition import AskedWhen, Band, Criterion, Fails, Rule, Scorecard, Section, circle_of
from scorecards.read_answers import known_answers, read_answers

LIBRARY = Path(__file__).parent / "library"

MOST_BYTES = 256 * 1024
MOST_NODES = 20_000  # a hundred criteria written out in full have about 3,000
MOST_LEVELS = 24
MOST_WEIGHT = 1000.0
MOST_VERSION = 1_000_000_000

_SNAKE_CASE = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]")
_YAML_TAG = "tag:yaml.org,2002:"
_UNDERSTOOD_TAGS = ("str", "int", "float", "bool", "null", "timestamp", "map", "seq")


@dataclass(frozen=True)
class Bounds:
    """What a file of one sort may be at most: how people name one, its bytes, and its keys and values once aliases are
    followed."""

    what: str
    bytes: int
    nodes: int


SCORECARD = Bounds("scorecard", MOST_BYTES, MOST_NODES)

# A place in the file: the keys and positions that lead to it, such as ("sections", 0, "criteria", 2, "with").
Place = tuple[str | int, ...]


@dataclass(frozen=True)
class PlacedRule:
    """A rule with where it stands: `where` is for people (`opening.greeting`), `path` leads to the mapping it is in."""

    where: str
    path: Place
    rule: Rule


@dataclass(frozen=True)
class Reading:
    """What came of reading a file: a scorecard or its problems, and the rules found even where other things are wrong.

    `data` is what was read as plain values, fit or not; None where it is no mapping at all.
    """

    file: str
    scorecard: Scorecard | None
    problems: tuple[Problem, ...]
    rules: tuple[PlacedRule, ...]
    lines: Mapping[Place, int]
    data: dict[str, Any] | None = None

    def line(self, path: Place) -> int | None:
        """The line of that place, or of the nearest one around it."""
        return _line(self.lines, path)


@dataclass(frozen=True)
class Plain:
    """What a text holds as plain values, with the line of every place; or what keeps it from being read."""

    data: Any
    lines: Mapping[Place, int]
    problems: tuple[Problem, ...]

    def line(self, path: Place) -> int | None:
        """The line of that place, or of the nearest one around it."""
        return _line(self.lines, path)


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """`; did you mean 'weight'?` where one of the known words is close to it, else nothing."""
    found = process.extractOne(word.lower(), list(known), scorer=fuzz.ratio, score_cutoff=60)
    return f"; did you mean '{found[0]}'?" if found else ""


def load_scorecard(path: str | Path) -> Scorecard:
    """The scorecard in that file.

    Raises ScorecardError with every structural problem, each with its line.
    """
    return _scorecard(read_scorecard_file(path))


def parse_scorecard(text: str, file: str = "scorecard") -> Scorecard:
    """The scorecard in that text; `file` is the name that problems give.

    Raises ScorecardError with every structural problem, each with its line.
    """
    return _scorecard(read_scorecard(text, file))


def shipped() -> dict[str, Path]:
    """The library that comes with the program: name to file, in the order of the names."""
    return {path.stem: path for path in sorted(LIBRARY.glob("*.yaml"))}


def find_scorecard(name_or_path: str | Path) -> Path:
    """The file of a shipped scorecard's name, or that very file.

    Raises ScorecardError where there is neither.
    """
    library = shipped()
    if str(name_or_path) in library:
        return library[str(name_or_path)]
    path = Path(name_or_path)
    if path.is_file():
        return path
    names = ", ".join(library)
    hint = did_you_mean(path.stem, library)
    message = f"there is no such file and no scorecard of that name in the library ({names}){hint}"
    raise ScorecardError([Problem(str(name_or_path), None, "", message)])


def read_scorecard_file(path: str | Path) -> Reading:
    """Read a file; whatever is wrong with it is in the reading's problems."""
    text = read_scorecard_text(path)
    return text if isinstance(text, Reading) else read_scorecard(text, str(path))


def read_scorecard_text(path: str | Path) -> str | Reading:
    """The text of a file, or a reading that says why there is none."""
    text = bounded_text(path, SCORECARD)
    return _unreadable(text) if isinstance(text, Problem) else text


def bounded_text(path: str | Path, bounds: Bounds) -> str | Problem:
    """The text of a file within these bounds, or why there is none. No more of it is read than they allow."""
    file = str(path)
    try:
        with Path(path).open("rb") as stream:
            content = stream.read(bounds.bytes + 1)
        text = content.decode("utf-8-sig") if len(content) <= bounds.bytes else ""
    except OSError as wrong:
        return Problem(file, None, "", f"this file cannot be read: {wrong.strerror or wrong}")
    except UnicodeDecodeError as wrong:
        line = content.count(b"\n", 0, wrong.start) + 1
        return Problem(file, line, "", "this is not UTF-8 text; save it as UTF-8")
    if len(content) > bounds.bytes:
        return Problem(file, None, "", f"this file is larger than {bounds.bytes // 1024} KB, which no {bounds.what} needs")
    return text


def read_scorecard(text: str, file: str = "scorecard") -> Reading:
    """Read a text; whatever is wrong with it is in the reading's problems. Never raises."""
    node = _composed(text, file, SCORECARD)
    return _unreadable(node) if isinstance(node, Problem) else _Reader(file).read(node)


def read_plain(text: str, file: str, bounds: Bounds) -> Plain:
    """Read a text that holds something else than a scorecard, within these bounds, with the same care. Never raises."""
    node = _composed(text, file, bounds)
    if isinstance(node, Problem):
        return Plain(None, {}, (node,))
    reader = _Reader(file, bounds)
    try:
        data = reader.plain(node, ()) if node is not None else None
    except _TooMuch as wrong:
        return Plain(None, {}, (Problem(file, None, "", str(wrong)),))
    return Plain(data, reader.lines, tuple(reader.problems))


def _composed(text: str, file: str, bounds: Bounds) -> Node | Problem | None:
    """The text as nodes, None where it is empty, or why it cannot be."""
    if len(text) > bounds.bytes:
        return Problem(file, None, "", f"this text is larger than {bounds.bytes // 1024} KB, which no {bounds.what} needs")
    try:
        yaml = YAML(typ="safe", pure=True)
        yaml.Composer = _Shallow
        node: Node | None = yaml.compose(text)
    except MarkedYAMLError as wrong:
        mark = wrong.problem_mark or wrong.context_mark
        message = f"this is not YAML: {wrong.problem or wrong.context or 'it cannot be read'}"
        return Problem(file, mark.line + 1 if mark else None, "", message)
    except RecursionError:
        return Problem(file, None, "", f"this is nested more than {MOST_LEVELS} levels deep")
    except (YAMLError, ValueError) as wrong:
        return Problem(file, None, "", f"this is not YAML: {' '.join(str(wrong).split())[:200]}")
    return node


def read_data(data: Mapping[str, Any], file: str = "scorecard") -> Reading:
    """Read plain values, the same that a YAML file would hold; they have no lines. Never raises."""
    return _Reader(file).read_plain(dict(data))


def _scorecard(reading: Reading) -> Scorecard:
    if reading.scorecard is None:
        raise ScorecardError(reading.problems)
    return reading.scorecard


def _unreadable(problem: Problem) -> Reading:
    return Reading(problem.file, None, (problem,), (), {})


def _line(lines: Mapping[Place, int], path: Place) -> int | None:
    while path and path not in lines:
        path = path[:-1]
    return lines.get(path)


class _Shallow(Composer):
    """Ends as soon as nodes are nested too deep: what the reading of brackets takes grows with the square of their depth."""

    _levels = 0

    def __init__(self, loader: Any = None) -> None:
        super().__init__(loader)
        self.warn_double_anchors = False  # of a name that is given twice the latter holds, as YAML has it

    def compose_node(self, parent: Any, index: Any) -> Any:
        """The next node. Raises RecursionError."""
        self._levels += 1
        if self._levels > 2 * MOST_LEVELS:
            raise RecursionError
        try:
            return super().compose_node(parent, index)
        finally:
            self._levels -= 1


class _TooMuch(Exception):
    """The file goes beyond what such a file can be; reading stops here."""


class _Reader:
    """Reads one file: nodes to plain values with their lines, then plain values to a scorecard."""

    def __init__(self, file: str, bounds: Bounds = SCORECARD) -> None:
        self.file, self.bounds = file, bounds
        self.problems: list[Problem] = []
        self.rules: list[PlacedRule] = []
        self.lines: dict[Place, int] = {}
        self.nodes = 0
        self.placed: list[tuple[Criterion, Place, str]] = []

    def read(self, node: Node | None) -> Reading:
        """The whole file."""
        try:
            data = self.plain(node, ()) if node is not None else None
        except _TooMuch as wrong:
            return _unreadable(Problem(self.file, None, "", str(wrong)))
        return self.read_plain(data)

    def read_plain(self, data: Any) -> Reading:
        """The whole file, as plain values."""
        scorecard = None
        if not isinstance(data, dict):
            self.wrong((), "", "a scorecard is a mapping that starts with `id:`, `version:` and `title:`")
        else:
            scorecard = self.scorecard(data)
        if self.problems:
            scorecard = None
        problems = tuple(sorted(self.problems, key=lambda problem: problem.line or 0))
        found = data if isinstance(data, dict) else None
        return Reading(self.file, scorecard, problems, tuple(self.rules), self.lines, found)

    def wrong(self, path: Place, where: str, message: str) -> None:
        """Note a problem at that place."""
        self.problems.append(Problem(self.file, _line(self.lines, path), where, message, path))

    # From nodes to plain values

    def plain(self, node: Node, path: Place) -> Any:
        """The node as text, numbers, lists and dicts; the line of everything below `path` is noted."""
        self.count()
        self.lines.setdefault(path, node.start_mark.line + 1)
        if len(path) > MOST_LEVELS:
            raise _TooMuch(f"this is nested more than {MOST_LEVELS} levels deep, or an alias holds itself")
        if str(node.tag).removeprefix(_YAML_TAG) not in _UNDERSTOOD_TAGS:
            tag = str(node.tag).replace(_YAML_TAG, "!!")
            self.wrong(path, "", f"the tag {tag} means nothing in a {self.bounds.what}; leave it out")
        if isinstance(node, ScalarNode):
            return self.scalar(node, path)
        if isinstance(node, SequenceNode):
            return [self.plain(item, (*path, place)) for place, item in enumerate(node.value)]
        if isinstance(node, MappingNode):
            return self.mapping_node(node, path)
        raise _TooMuch("this holds something that is neither text, a number, a list nor a mapping")

    def count(self) -> None:
        """One key or value more."""
        self.nodes += 1
        if self.nodes > self.bounds.nodes:
            raise _TooMuch(f"this holds more than {self.bounds.nodes} keys and values once its aliases are followed")

    def mapping_node(self, node: MappingNode, path: Place) -> dict[str, Any]:
        data: dict[str, Any] = {}
        for key_node, value_node in node.value:
            line = key_node.start_mark.line + 1
            if not isinstance(key_node, ScalarNode):
                self.problems.append(Problem(self.file, line, "", "a key is a single word"))
                continue
            self.count()
            key = str(key_node.value)
            if _CONTROL.search(key):
                self.problems.append(Problem(self.file, line, "", "a key holds a control character"))
                continue
            if key in data:
                self.problems.append(Problem(self.file, line, "", f"the key '{key}' stands here a second time"))
                continue
            self.lines[(*path, key)] = line
            data[key] = self.plain(value_node, (*path, key))
        return data

    def scalar(self, node: ScalarNode, path: Place) -> Any:
        text, kind = str(node.value), str(node.tag).removeprefix(_YAML_TAG)
        if kind == "null":
            return None
        if kind == "bool" and text.lower() in ("true", "false"):
            return text.lower() == "true"
        if kind in ("int", "float"):
            return self.number(text, kind, path)
        if _CONTROL.search(text):
            self.wrong(path, "", "this text holds a control character that cannot be stored")
        return text

    def number(self, text: str, kind: str, path: Place) -> int | float | None:
        try:
            number = int(text.replace("_", ""), 0 if not re.fullmatch(r"[-+]?0\d*", text) else 10) if kind == "int" else None
            number_or_float = number if number is not None else float(text.replace("_", ""))
            if math.isfinite(number_or_float) and abs(number_or_float) <= 1e15:
                return number_or_float
        except (ValueError, OverflowError):
            pass
        shown = text if len(text) <= 40 else text[:40] + "…"
        self.wrong(path, "", f"{shown} is not a number that can be used here")
        return None

    # From plain values to a scorecard

    def keys(self, data: dict[str, Any], path: Place, where: str, required: Sequence[str], optional: Sequence[str]) -> None:
        """Report keys that are unknown and keys that are missing."""
        known = (*required, *optional)
        for key in data:
            if key not in known:
                unused = [other for other in known if other not in data]
                self.wrong((*path, key), where, f"unknown key '{key}'{did_you_mean(key, unused)}")
        for key in required:
            if key not in data:
                self.wrong(path, where, f"the key '{key}' is missing")

    def text(self, data: dict[str, Any], key: str, path: Place, where: str, default: str | None = None) -> str:
        """Prose without the line break that a YAML block leaves at its end; needed where there is no default."""
        if key not in data:
            return default or ""
        value = data[key]
        if not isinstance(value, str):
            hint = f'; write it in quotes: "{value}"' if isinstance(value, int | float) else ""
            self.wrong((*path, key), where, f"'{key}' is text, not {_named(value)}{hint}")
            return ""
        if default is None and not value.strip():
            self.wrong((*path, key), where, f"'{key}' is empty")
        return value.strip()

    def name(self, data: dict[str, Any], path: Place, where: str) -> str:
        value = self.text(data, "id", path, where)
        if value and not _SNAKE_CASE.fullmatch(value):
            hint = "_".join(re.findall(r"[a-z0-9]+", value.lower())).lstrip("0123456789_")
            suggestion = f", such as '{hint}'" if hint else ""
            self.wrong(
                (*path, "id"), where, f"the id '{value}' is not in snake_case: small letters, digits and _{suggestion}"
            )
        return value

    def amount(
        self,
        data: dict[str, Any],
        key: str,
        path: Place,
        where: str,
        default: float,
        low: float,
        high: float,
        above: bool = False,
    ) -> float:
        """A number from `low` (not itself where `above`) to `high`."""
        value = data.get(key, default)
        if isinstance(value, bool) or not isinstance(value, int | float):
            self.wrong((*path, key), where, f"'{key}' is a number, not {_named(value)}")
            return default
        if not low <= value <= high or (above and value == low):
            bounds = f"above {low:g} and at most {high:g}" if above else f"from {low:g} to {high:g}"
            self.wrong((*path, key), where, f"'{key}' is a number {bounds}, not {value:g}")
            return default
        return float(value)

    def scorecard(self, data: dict[str, Any]) -> Scorecard | None:
        self.keys(data, (), "", ("id", "version", "title", "pass_mark", "sections"), ("description", "language", "bands"))
        card_id = self.name(data, (), "")
        version = data.get("version", 1)
        if isinstance(version, bool) or not isinstance(version, int) or not 1 <= version <= MOST_VERSION:
            self.wrong(("version",), "", f"'version' is a whole number from 1 on, not {_named(version)}")
        language = self.text(data, "language", (), "", default="en")
        if "language" in data and not re.fullmatch(r"[a-z]{2,3}", language):
            self.wrong(("language",), "", "'language' is a code of two or three small letters, such as en")
        title, description = self.text(data, "title", (), ""), self.text(data, "description", (), "", default="")
        pass_mark = self.amount(data, "pass_mark", (), "", 0.0, 0.0, 100.0)
        sections, bands = self.sections(data), self.bands(data)
        self.check_asked_when()
        if self.problems:
            return None
        return Scorecard(card_id, version, title, pass_mark, sections, description, language, bands)

    def bands(self, data: dict[str, Any]) -> tuple[Band, ...]:
        if data.get("bands") is None:
            return ()
        bands: list[Band] = []
        for path, item in self.list_of_mappings(data, "bands", (), "bands"):
            self.keys(item, path, "bands", ("from", "name"), ())
            band = Band(self.amount(item, "from", path, "bands", 0.0, 0.0, 100.0), self.text(item, "name", path, "bands"))
            for what, key in ((band.lowest, "from"), (band.name, "name")):
                if what in [other.lowest if key == "from" else other.name for other in bands]:
                    shown = f"{what:g}" if isinstance(what, float) else f"'{what}'"
                    self.wrong((*path, key), "bands", f"two bands have '{key}' {shown}")
            bands.append(band)
        return tuple(bands)

    def list_of_mappings(
        self, data: dict[str, Any], key: str, path: Place, where: str
    ) -> Iterable[tuple[Place, dict[str, Any]]]:
        """Each mapping in a list that may not be empty, with its place."""
        if key not in data:
            return
        value = data[key]
        if not isinstance(value, list) or not value:
            self.wrong((*path, key), where, f"'{key}' is a list with at least one entry, not {_named(value)}")
            return
        for place, item in enumerate(value):
            if isinstance(item, dict):
                yield (*path, key, place), item
            else:
                self.wrong((*path, key, place), where, f"each entry of '{key}' is a mapping, not {_named(item)}")

    def once(self, found: str, seen: set[str], path: Place, where: str, what: str) -> None:
        if found and found in seen:
            self.wrong((*path, "id"), where, f"two {what} are called '{found}'")
        seen.add(found)

    def sections(self, data: dict[str, Any]) -> tuple[Section, ...]:
        sections: list[Section] = []
        section_ids: set[str] = set()
        criterion_ids: set[str] = set()
        for path, item in self.list_of_mappings(data, "sections", (), ""):
            where = _label(item, path)
            self.keys(item, path, where, ("id", "title", "criteria"), ())
            section_id, title = self.name(item, path, where), self.text(item, "title", path, where)
            self.once(section_id, section_ids, path, where, "sections")
            criteria: list[Criterion] = []
            for criterion_path, criterion_item in self.list_of_mappings(item, "criteria", path, where):
                criterion_where = f"{where}.{_label(criterion_item, criterion_path)}"
                criterion = self.criterion(criterion_item, criterion_path, criterion_where)
                self.placed.append((criterion, criterion_path, criterion_where))
                self.once(criterion.id, criterion_ids, criterion_path, criterion_where, "criteria")
                criteria.append(criterion)
            sections.append(Section(section_id, title, tuple(criteria)))
        return tuple(sections)

    def criterion(self, data: dict[str, Any], path: Place, where: str) -> Criterion:
        optional = ("weight", "with", "applies_when", "asked_when", "bonus", "fails", "answers", "comment_required")
        self.keys(data, path, where, ("id", "question", "kind"), (*optional, "target", "tip"))
        applies_when = None
        if data.get("applies_when") is not None:
            applies_when = self.nested_rule(data["applies_when"], (*path, "applies_when"), f"{where}.applies_when")
        target = data.get("target")
        if target is not None:
            target = self.amount(data, "target", path, where, 1.0, 0.0, 1.0, above=True)
        answers = read_answers(self, data, path, where)
        return Criterion(
            id=self.name(data, path, where),
            question=self.text(data, "question", path, where),
            rule=self.rule(data, path, where),
            weight=self.amount(data, "weight", path, where, 1.0, 0.0, MOST_WEIGHT, above=True),
            answers=answers,
            applies_when=applies_when,
            fails=self.fails(data, path, where),
            tip=self.text(data, "tip", path, where, default=""),
            target=target,
            bonus=self.yes_or_no(data, "bonus", path, where),
            asked_when=self.asked_when(data, path, where),
            comment_required=self.words(data, "comment_required", path, where, known_answers(answers)),
        )

    def yes_or_no(self, data: dict[str, Any], key: str, path: Place, where: str) -> bool:
        value = data.get(key, False)
        if not isinstance(value, bool):
            self.wrong((*path, key), where, f"'{key}' is true or false, not {_named(value)}")
        return value is True

    def words(
        self, data: dict[str, Any], key: str, path: Place, where: str, known: Sequence[str] | None = None
    ) -> tuple[str, ...]:
        """A list of words, each once; whole numbers are the words for themselves. `known` are those it may hold."""
        if data.get(key) is None:
            return ()
        value = data[key]
        if not isinstance(value, list) or not value:
            self.wrong((*path, key), where, f"'{key}' is a list with at least one entry, not {_named(value)}")
            return ()
        found: list[str] = []
        for place, item in enumerate(value):
            at = (*path, key, place)
            if isinstance(item, bool) or not isinstance(item, str | int):
                self.wrong(at, where, f"each entry of '{key}' is a word, not {_named(item)}")
            elif str(item) in found:
                self.wrong(at, where, f"'{item}' stands in '{key}' a second time")
            elif known is not None and str(item) not in known:
                hint = did_you_mean(str(item), known)
                self.wrong(at, where, f"'{item}' is no answer of this criterion ({', '.join(known)}){hint}")
            else:
                found.append(str(item))
        return tuple(found)

    def asked_when(self, data: dict[str, Any], path: Place, where: str) -> AskedWhen | None:
        """Only its shape; what it names is looked up when every criterion is known."""
        value, place = data.get("asked_when"), (*path, "asked_when")
        if value is None:
            return None
        if not isinstance(value, dict):
            self.wrong(place, where, f"'asked_when' is a mapping with `criterion:` and `is:`, not {_named(value)}")
            return None
        self.keys(value, place, where, ("criterion", "is"), ())
        criterion, answers = self.text(value, "criterion", place, where), self.words(value, "is", place, where)
        return AskedWhen(criterion, answers) if criterion and answers else None

    def check_asked_when(self) -> None:
        """Whether what questions are asked by is there, can be answered so, and goes round in no circle."""
        by_id = {criterion.id: criterion for criterion, _, _ in self.placed}
        asked_by = {criterion.id: criterion.asked_when.criterion for criterion, _, _ in self.placed if criterion.asked_when}
        for criterion, path, where in self.placed:
            asked_when, place = criterion.asked_when, (*path, "asked_when")
            if asked_when is None:
                continue
            other = by_id.get(asked_when.criterion)
            if other is None:
                hint = did_you_mean(asked_when.criterion, [name for name in by_id if name != criterion.id])
                self.wrong((*place, "criterion"), where, f"there is no criterion '{asked_when.criterion}'{hint}")
                continue
            if circle := circle_of(criterion.id, asked_by):
                way = " is asked by ".join(f"'{name}'" for name in circle)
                self.wrong((*place, "criterion"), where, f"this goes round in a circle: {way}")
            known = known_answers(other.answers)
            for position, word in enumerate(asked_when.answers):
                if word not in known:
                    message = f"'{word}' is no answer of '{other.id}' ({', '.join(known)}){did_you_mean(word, known)}"
                    self.wrong((*place, "is", position), where, message)

    def rule(self, data: dict[str, Any], path: Place, where: str) -> Rule:
        kind = self.text(data, "kind", path, where)
        params = data.get("with")
        if params is not None and not isinstance(params, dict):
            self.wrong((*path, "with"), where, f"'with' is a mapping of parameters, not {_named(params)}")
            return Rule(kind)
        rule = Rule(kind, params or {})
        if kind:
            self.rules.append(PlacedRule(where, path, rule))
        return rule

    def nested_rule(self, data: Any, path: Place, where: str) -> Rule | None:
        if not isinstance(data, dict):
            self.wrong(path, where, f"a rule is a mapping with `kind:` and `with:`, not {_named(data)}")
            return None
        self.keys(data, path, where, ("kind",), ("with",))
        return self.rule(data, path, where)

    def fails(self, data: dict[str, Any], path: Place, where: str) -> Fails:
        return Fails(self.one_of(data, "fails", path, where, Fails.NOTHING.value, [fails.value for fails in Fails]))

    def one_of(self, data: dict[str, Any], key: str, path: Place, where: str, default: str, known: Sequence[str]) -> str:
        """One of these words; the default where the key is not there or holds another."""
        value = data.get(key, default)
        if value in known or key not in data:
            return str(value)
        hint = did_you_mean(value, known) if isinstance(value, str) else ""
        self.wrong((*path, key), where, f"'{key}' is one of {', '.join(known)}, not {_named(value)}{hint}")
        return default


def _label(item: dict[str, Any], path: Place) -> str:
    """The id where there is one that can be shown, else the place in the list, counted from 1."""
    found = item.get("id")
    return found if isinstance(found, str) and found else f"{path[-2]}[{int(path[-1]) + 1}]"


def _named(value: Any) -> str:
    """A value as a person would name it."""
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, dict):
        return "a mapping"
    if isinstance(value, Collection) and not isinstance(value, str):
        return "a list" if value else "an empty list"
    shown = repr(value)
    return shown if len(shown) <= 60 else shown[:60] + "…"
