"""How does the `with:` of a scorecard become the typed parameters of a kind?

The dataclass of a kind says everything: names, types, defaults. `Annotated[str, check]` adds a check of one value, a
function that gives a sentence where it does not fit and an empty text where it does; a method `problems` adds what
concerns several values together. Every problem is reported, not only the first.
"""

import types
from collections.abc import Callable, Mapping
from dataclasses import MISSING, fields, is_dataclass
from typing import Annotated, Any, Literal, NamedTuple, Union, get_args, get_origin, get_type_hints

from scorecards.load import did_you_mean
from scoring.criteria.bands import Band
from scoring.criteria.base import Checked, Kind

Path = tuple[str | int, ...]


class Wrong(NamedTuple):
    """Something that does not fit, at a path below the rule it belongs to."""

    path: Path
    message: str


def one_or_more(values: tuple[Any, ...]) -> str:
    """The check of a list that must not be empty, and that may be given as its one value without brackets."""
    return "" if values else "give at least one"


RuleReader = Callable[[Any, Path, list[Wrong]], Kind | None]

_NAMES = {str: "text", int: "a whole number", float: "a number", bool: "true or false"}


def parameters(owner: type[Any]) -> dict[str, Any]:
    """The parameters of a kind, or of a group of them: name to type."""
    hints = get_type_hints(owner, include_extras=True)
    return {field.name: hints[field.name] for field in fields(owner)}


def read_parameters(owner: type[Any], data: Mapping[str, Any], path: Path, wrong: list[Wrong], read_rule: RuleReader) -> Any:
    """An instance of that dataclass, or None with the reasons appended to `wrong`."""
    known = parameters(owner)
    before = len(wrong)
    for key in data:
        if key not in known:
            unused = [name for name in known if name not in data]
            wrong.append(Wrong((*path, key), f"unknown parameter '{key}'{did_you_mean(key, unused)}"))
    values: dict[str, Any] = {}
    for field in fields(owner):
        if field.name in data:
            values[field.name] = _read(known[field.name], data[field.name], (*path, field.name), wrong, read_rule)
        elif field.default is MISSING and field.default_factory is MISSING:
            wrong.append(Wrong(path, f"the parameter '{field.name}' is missing"))
    if len(wrong) > before:
        return None
    made = owner(**values)
    if isinstance(made, Checked):
        wrong.extend(Wrong((*path, key), message) for key, message in made.problems())
    return made if len(wrong) == before else None


def _read(wanted: Any, value: Any, path: Path, wrong: list[Wrong], read_rule: RuleReader) -> Any:
    """The value as that type; None, with a reason appended, where it is another."""
    name = path[-1] if isinstance(path[-1], str) else f"{path[-2]}[{int(path[-1]) + 1}]"
    if get_origin(wanted) is Annotated:
        plain, check = get_args(wanted)
        value = (value,) if check is one_or_more and not isinstance(value, list | tuple) else value
        before = len(wrong)
        read = _read(plain, value, path, wrong, read_rule)
        if len(wrong) == before and (message := check(read)):
            wrong.append(Wrong(path, message))
        return read
    if wanted is Kind:
        return read_rule(value, path, wrong)
    if wanted is Band:
        return _read_band(value, path, wrong)
    if get_origin(wanted) in (Union, types.UnionType):
        inner = [option for option in get_args(wanted) if option is not type(None)]
        return None if value is None else _read(_meant(inner, value), value, path, wrong, read_rule)
    if get_origin(wanted) is Literal:
        choices = get_args(wanted)
        if value not in choices:
            hint = did_you_mean(value, choices) if isinstance(value, str) else ""
            wrong.append(Wrong(path, f"'{name}' is one of {', '.join(choices)}, not {value!r}{hint}"))
        return value
    if get_origin(wanted) is tuple:
        return _read_list(get_args(wanted)[0], value, path, wrong, read_rule, str(name))
    if is_dataclass(wanted) and isinstance(wanted, type):
        if not isinstance(value, Mapping):
            wrong.append(Wrong(path, f"'{name}' is a mapping of {', '.join(parameters(wanted))}"))
            return None
        return read_parameters(wanted, value, path, wrong, read_rule)
    fits = isinstance(value, (int, float) if wanted is float else wanted) and (wanted is bool or not isinstance(value, bool))
    if not fits:
        hint = f'; write it in quotes: "{value}"' if wanted is str and isinstance(value, int | float) else ""
        wrong.append(Wrong(path, f"'{name}' is {_NAMES[wanted]}, not {value!r}{hint}"))
    return value


def _meant(options: list[Any], value: Any) -> Any:
    """Of several groups of parameters the one whose needed names are given; the first where nothing tells."""

    def given(option: Any) -> int:
        needed = [f.name for f in fields(option) if f.default is MISSING and f.default_factory is MISSING]
        return sum(name in value for name in needed)

    return options[0] if len(options) == 1 or not isinstance(value, Mapping) else max(options, key=given)


def _read_list(inner: Any, value: Any, path: Path, wrong: list[Wrong], read_rule: RuleReader, name: str) -> Any:
    if not isinstance(value, list | tuple):
        wrong.append(Wrong(path, f"'{name}' is a list, such as [a, b], not {value!r}"))
        return None
    return tuple(_read(inner, item, (*path, place), wrong, read_rule) for place, item in enumerate(value))


def _read_band(value: Any, path: Path, wrong: list[Wrong]) -> Band | None:
    number = (int, float, type(None))
    if not isinstance(value, list | tuple) or len(value) != 2 or not all(isinstance(end, number) for end in value):
        wrong.append(Wrong(path, f"'{path[-1]}' is a band of two numbers, such as [0.4, 0.6] or [null, 3], not {value!r}"))
        return None
    try:
        return Band(*value)
    except ValueError as reason:
        wrong.append(Wrong(path, str(reason)))
        return None
