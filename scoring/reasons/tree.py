"""Which reasons does a centre tell apart, in which groups, and by what are they filled?

A tree of two levels is data that the centre edits: YAML on the page or in a file. A reason is filled by `examples`, which
are what a customer says when this is why, and by `phrases`, which decide by themselves. Its id stays when its title changes.
"""

import hashlib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import lru_cache
from io import StringIO
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from errors import InputError, Problem
from scorecards.load import Bounds, Place, Plain, bounded_text, read_plain

STARTING_TREE = Path(__file__).parent / "starting_tree.yaml"

BOUNDS = Bounds("tree of reasons", 512 * 1024, 20_000)
MOST_REASONS = 200
MOST_EXAMPLES = 6_000
"""Thirty of each of two hundred reasons: each is embedded, while somebody waits, whenever the tree is taught."""

MOST_SAID = 12
MOST_LETTERS = 300
FEWEST_EXAMPLES = 3
"""With fewer nothing can be told apart from chance. None at all is right where conversations that people put under a reason
are its examples."""

_ID = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")
_GROUP_KEYS, _REASON_KEYS = {"id", "title", "reasons"}, {"id", "title", "examples", "phrases", "given"}
_BREAKS = re.compile(r"[^\w']+")


@dataclass(frozen=True)
class Reason:
    """Why a customer is in touch. `given` are names by which a list of calls may give this reason, besides its title."""

    id: str
    title: str
    examples: tuple[str, ...] = ()
    phrases: tuple[str, ...] = ()
    given: tuple[str, ...] = ()


@dataclass(frozen=True)
class Group:
    """Reasons that belong together."""

    id: str
    title: str
    reasons: tuple[Reason, ...]


@dataclass(frozen=True)
class Tree:
    """The reasons of a centre, in groups. Ids are unique across the tree."""

    groups: tuple[Group, ...]

    def __iter__(self) -> Iterator[tuple[Group, Reason]]:
        for group in self.groups:
            for reason in group.reasons:
                yield group, reason

    @property
    def reasons(self) -> tuple[Reason, ...]:
        """Every reason, in the order of the tree."""
        return tuple(reason for _, reason in self)

    @property
    def content_hash(self) -> str:
        """SHA-256 of all that the tree says, whatever way it was written."""
        return hashlib.sha256(json.dumps(self.to_dict(), sort_keys=True).encode()).hexdigest()

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON values; `tree_of` reads them back."""
        plain: dict[str, Any] = json.loads(json.dumps(asdict(self)))
        return plain

    def titles(self) -> dict[str, tuple[str, str]]:
        """The titles of group and reason, by the reason's id."""
        return {reason.id: (group.title, reason.title) for group, reason in self}

    def named(self, given: str) -> str:
        """The id of the reason that goes by this name in a list of calls; empty where none does."""
        return _names(self).get(plain_words(given), "") if given else ""


@lru_cache(maxsize=8)
def _names(tree: Tree) -> dict[str, str]:
    """Ids by every name; a title comes before another reason's `given`."""
    names = {plain_words(name): one.id for one in tree.reasons for name in one.given}
    return names | {plain_words(name): one.id for one in tree.reasons for name in (one.id, one.title)}


def plain_words(text: str) -> str:
    """The words of a text in small letters with one blank between them, to compare by."""
    return _BREAKS.sub(" ", text.replace("’", "'").casefold()).strip()


@lru_cache(maxsize=1)
def starting_tree() -> Tree:
    """The tree that ships."""
    return read_tree(STARTING_TREE.read_text(encoding="utf-8"), STARTING_TREE.name)


def read_tree(text: str, file: str = "tree of reasons") -> Tree:
    """The tree in this YAML. Raises InputError with every problem, a line each, with its line in the text."""
    return _checked(read_plain(text, file, BOUNDS), file)


def read_tree_file(path: Path) -> Tree:
    """The tree in this file. Raises InputError as `read_tree`, and where the file cannot be read."""
    text = bounded_text(path, BOUNDS)
    if isinstance(text, Problem):
        raise InputError(str(text))
    return read_tree(text, path.name)


def tree_of(data: Mapping[str, Any]) -> Tree:
    """The tree that `to_dict` wrote. Raises InputError where it is none."""
    return _checked(Plain(data, {}, ()), "tree of reasons")


def write_tree(tree: Tree) -> str:
    """The tree as YAML that `read_tree` reads."""
    groups = [
        {
            "id": group.id,
            "title": group.title,
            "reasons": [{name: value for name, value in asdict(one).items() if value} for one in group.reasons],
        }
        for group in tree.groups
    ]
    out = StringIO()
    yaml = YAML()
    yaml.width = 4096
    yaml.dump({"groups": json.loads(json.dumps(groups))}, out)
    return out.getvalue()


class _Problems:
    """Everything that is wrong, said together."""

    def __init__(self, file: str, plain: Plain) -> None:
        self._file, self._plain = file, plain
        self._said = list(plain.problems)

    def add(self, path: Place, where: str, what: str) -> None:
        self._said.append(Problem(self._file, self._plain.line(path), where, what, path))

    def settle(self) -> None:
        if not self._said:
            return
        ordered = sorted(self._said, key=lambda one: one.line or 0)
        lines = [f"{one}." for one in ordered[:MOST_SAID]]
        if len(ordered) > MOST_SAID:
            lines.append(f"{self._file} has {len(ordered) - MOST_SAID} problems more.")
        raise InputError("\n".join(lines))


def _checked(plain: Plain, file: str) -> Tree:
    problems = _Problems(file, plain)
    if plain.data is None:
        problems.settle()
    groups = plain.data.get("groups") if isinstance(plain.data, Mapping) else None
    if not isinstance(groups, list) or not groups:
        problems.add(("groups",), "groups", "a list of groups is wanted, each with id, title and reasons")
        groups = []
    tree = Tree(tuple(_group(one, ("groups", nth), f"groups {nth + 1}", problems) for nth, one in enumerate(groups)))
    _check_unique([(group.id, ("groups", n)) for n, group in enumerate(tree.groups)], "group", problems)
    places = [
        (one.id, ("groups", n, "reasons", m)) for n, group in enumerate(tree.groups) for m, one in enumerate(group.reasons)
    ]
    _check_unique(places, "reason", problems)
    if len(places) > MOST_REASONS:
        problems.add(places[MOST_REASONS][1], "groups", f"{len(places)} reasons; at most {MOST_REASONS} can be told apart")
    examples = sum(len(one.examples) for one in tree.reasons)
    if examples > MOST_EXAMPLES:
        problems.add(("groups",), "groups", f"{examples:,} examples; at most {MOST_EXAMPLES:,} can be learned from")
    problems.settle()
    return tree


def _group(data: Any, path: Place, where: str, problems: _Problems) -> Group:
    if not isinstance(data, Mapping):
        problems.add(path, where, "id, title and reasons are wanted")
        return Group("", "", ())
    id_ = _id(data, path, where, problems)
    _check_keys(data, _GROUP_KEYS, path, id_ or where, problems)
    reasons = data.get("reasons") or []
    if not isinstance(reasons, list):
        problems.add((*path, "reasons"), id_ or where, "reasons is a list")
        reasons = []
    found = tuple(
        _reason(one, (*path, "reasons", nth), f"{id_ or where}, reason {nth + 1}", problems)
        for nth, one in enumerate(reasons)
    )
    return Group(id_, _title(data, path, id_ or where, problems), found)


def _reason(data: Any, path: Place, where: str, problems: _Problems) -> Reason:
    if not isinstance(data, Mapping):
        problems.add(path, where, "id, title and examples are wanted")
        return Reason("", "")
    id_ = _id(data, path, where, problems)
    place = id_ or where
    _check_keys(data, _REASON_KEYS, path, place, problems)
    examples, phrases, given = (_texts(data, name, path, place, problems) for name in ("examples", "phrases", "given"))
    if 0 < len(examples) < FEWEST_EXAMPLES and not phrases:
        problems.add((*path, "examples"), place, f"at least {FEWEST_EXAMPLES} examples are wanted, or a phrase")
    return Reason(id_, _title(data, path, place, problems), examples, phrases, given)


def _id(data: Mapping[str, Any], path: Place, where: str, problems: _Problems) -> str:
    found = data.get("id")
    if not isinstance(found, str) or len(found) > MOST_LETTERS or not _ID.fullmatch(found):
        problems.add((*path, "id"), where, "an id is wanted in small letters, such as late_refund")
        return ""
    return found


def _title(data: Mapping[str, Any], path: Place, where: str, problems: _Problems) -> str:
    found = data.get("title")
    if not isinstance(found, str) or not found.strip() or len(found) > MOST_LETTERS:
        problems.add((*path, "title"), where, f"a title is wanted, of at most {MOST_LETTERS} letters")
        return ""
    return " ".join(found.split())


def _texts(data: Mapping[str, Any], name: str, path: Place, where: str, problems: _Problems) -> tuple[str, ...]:
    found = data.get(name) or []
    if not isinstance(found, list):
        problems.add((*path, name), where, f"{name} is a list of texts")
        return ()
    wrong = [n for n, one in enumerate(found) if not isinstance(one, str) or not 0 < len(one.strip()) <= MOST_LETTERS]
    if wrong:
        problems.add(
            (*path, name, wrong[0]),
            where,
            f"{name} is a list of texts of at most {MOST_LETTERS} letters (put a number, or a text with a colon, in quotes)",
        )
        return ()
    return tuple(dict.fromkeys(" ".join(one.split()) for one in found))


def _check_keys(data: Mapping[str, Any], known: set[str], path: Place, where: str, problems: _Problems) -> None:
    for name in sorted(set(map(str, data)) - known):
        problems.add((*path, name), where, f"{name[:60]} is not known here; {', '.join(sorted(known))} are")


def _check_unique(ids: Sequence[tuple[str, Place]], what: str, problems: _Problems) -> None:
    seen = set[str]()
    for id_, path in ids:
        if id_ and id_ in seen:
            problems.add((*path, "id"), id_, f"more than one {what} has this id")
        seen.add(id_)
