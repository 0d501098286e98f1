"""Which kinds of criteria are there, and what does a rule of a scorecard mean?

A new kind is a file beside this one and a line in KINDS.
"""

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path as FilePath
from typing import Any, NamedTuple

from errors import Problem, ScorecardError
from scorecards.definition import Rule, Scorecard
from scorecards.load import Reading, did_you_mean, read_data, read_scorecard, read_scorecard_file, read_scorecard_text
from scoring.criteria.all_of import AllOf
from scoring.criteria.answers import Answers
from scoring.criteria.any_of import AnyOf
from scoring.criteria.base import Kind
from scoring.criteria.by_hand import ByHand
from scoring.criteria.in_order import InOrder
from scoring.criteria.learned import LearnedRule
from scoring.criteria.means import Means
from scoring.criteria.measured import Measured
from scoring.criteria.never_says import NeverSays
from scoring.criteria.never_shows import NeverShows
from scoring.criteria.parameters import Path, Wrong, read_parameters
from scoring.criteria.ratio import Ratio
from scoring.criteria.replies import Replies
from scoring.criteria.responds import Responds
from scoring.criteria.says import Says
from scoring.criteria.sentiment import Sentiment
from scoring.criteria.shows import Shows

_ALL: tuple[type[Kind], ...] = (
    Says,
    NeverSays,
    Means,
    Shows,
    NeverShows,
    Responds,
    Ratio,
    Measured,
    Replies,
    Answers,
    Sentiment,
    InOrder,
    AllOf,
    AnyOf,
    ByHand,
    LearnedRule,
)

KINDS: dict[str, type[Kind]] = {kind.name: kind for kind in _ALL}


def rule_from(rule: Rule, where: str = "", file: str = "scorecard") -> Kind:
    """The kind of that rule with its parameters.

    Raises ScorecardError with every problem; `where` and `file` are the names that the problems give.
    """
    wrong: list[Wrong] = []
    kind = _read_rule(rule.kind, rule.params, (), wrong)
    if kind is None:
        raise ScorecardError([Problem(file, None, _where(where, item.path), item.message) for item in wrong])
    return kind


def check_scorecard(path: str | FilePath) -> list[Problem]:
    """Every problem of that file, of its structure and of its rules, in the order of their lines; empty if it is fit."""
    return _check(read_scorecard_file(path))


def check_text(text: str, file: str = "scorecard") -> list[Problem]:
    """The same for a text."""
    return _check(read_scorecard(text, file))


class CheckedCard(NamedTuple):
    """A scorecard, or every problem that it has; each problem says its place."""

    scorecard: Scorecard | None
    problems: tuple[Problem, ...]


def check_data(data: Mapping[str, Any], file: str = "scorecard") -> CheckedCard:
    """The scorecard that these plain values make (the same that a YAML file would hold), or every problem of them."""
    reading = read_data(data, file)
    problems = tuple(_check(reading))
    return CheckedCard(None if problems else reading.scorecard, problems)


def load_checked(path: str | FilePath) -> Scorecard:
    """The scorecard in that file, its rules checked as well.

    Raises ScorecardError with every problem that `check_scorecard` finds.
    """
    text = read_scorecard_text(path)
    if isinstance(text, Reading):
        raise ScorecardError(text.problems)
    return parse_checked(text, str(path))


@lru_cache(maxsize=64)
def parse_checked(text: str, file: str = "scorecard") -> Scorecard:
    """The same for a text. Raises ScorecardError with every problem.

    Whoever takes calls in reads the same files every few seconds, and a file takes a tenth of a second to understand; of the
    same text the same value is given, which nobody changes.
    """
    reading = read_scorecard(text, file)
    problems = _check(reading)
    if problems or reading.scorecard is None:
        raise ScorecardError(problems)
    return reading.scorecard


def _check(reading: Reading) -> list[Problem]:
    problems = list(reading.problems)
    for placed in reading.rules:
        wrong: list[Wrong] = []
        _read_rule(placed.rule.kind, placed.rule.params, (), wrong)
        for item in wrong:
            place = (*placed.path, *item.path)
            problems.append(Problem(reading.file, reading.line(place), _where(placed.where, item.path), item.message, place))
    return sorted(problems, key=lambda problem: problem.line or 0)


def _where(where: str, path: Path) -> str:
    """`opening.greeting` for the kind itself, `opening.greeting.within.first_turns` for a parameter."""
    steps = [f"[{step + 1}]" if isinstance(step, int) else f".{step}" for step in path if step not in ("with", "kind")]
    return (where + "".join(steps)).lstrip(".")


def _read_rule(kind: str, params: Mapping[str, Any], path: Path, wrong: list[Wrong]) -> Kind | None:
    known = KINDS.get(kind)
    if known is None:
        wrong.append(Wrong((*path, "kind"), f"unknown kind '{kind}'{did_you_mean(kind, KINDS)}"))
        return None
    made: Kind | None = read_parameters(known, params, (*path, "with"), wrong, _read_nested)
    return made


def _read_nested(data: Any, path: Path, wrong: list[Wrong]) -> Kind | None:
    """A rule inside a rule: a mapping of `kind` and `with`."""
    if not isinstance(data, Mapping) or not isinstance(data.get("kind"), str):
        wrong.append(Wrong(path, "a rule is a mapping with `kind:` and `with:`"))
        return None
    for key in data:
        if key not in ("kind", "with"):
            wrong.append(Wrong((*path, key), f"unknown key '{key}'{did_you_mean(str(key), ('kind', 'with'))}"))
    params = data.get("with")
    if params is not None and not isinstance(params, Mapping):
        wrong.append(Wrong((*path, "with"), "'with' is a mapping of parameters"))
        return None
    return _read_rule(data["kind"], params or {}, path, wrong)
