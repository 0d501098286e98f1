"""What does somebody fill in who asks a question of this kind, and what did they fill in, in words?

The form of a kind follows from the types of its parameters, so that a new kind has one as soon as it exists; the words for
people stand in `scoring.criteria.words`.
"""

import types
from collections.abc import Callable, Mapping, Sequence
from dataclasses import MISSING, dataclass, fields
from enum import StrEnum
from functools import lru_cache
from typing import Annotated, Any, Literal, NamedTuple, Union, get_args, get_origin

from scorecards.definition import Rule
from scoring.behaviours.corpus import behaviours
from scoring.criteria.bands import Band
from scoring.criteria.base import Kind
from scoring.criteria.measured import MEASURES, measure_problem
from scoring.criteria.parameters import parameters
from scoring.criteria.registry import KINDS
from scoring.criteria.shown import behaviour_problem
from scoring.criteria.words import (
    CHOICES_IN_WORDS,
    GROUPS_IN_WORDS,
    KINDS_IN_WORDS,
    MACHINE_WRITTEN,
    RARE,
    Words,
    parameter_in_words,
)


class Input(StrEnum):
    """What is filled in."""

    TEXT = "text"
    LINES = "lines"  # texts, one a line
    WHOLE = "whole"  # a whole number
    NUMBER = "number"
    CHOICE = "choice"  # one of `options`
    CHOICES = "choices"  # any of `options`
    BAND = "band"  # from and to, either may be left out
    GROUP = "group"  # a form within the form, or nothing
    EITHER = "either"  # one of several forms, or nothing
    RULE = "rule"  # a question of any kind within the question
    RULES = "rules"


@dataclass(frozen=True)
class Field:
    """One thing to fill in. `default` is the plain value that holds where nothing is filled in, None where none does.

    needed: it cannot be left out. options: value to label. forms: those of a group, or to choose from. rare: few need it.
    """

    name: str
    label: str
    help: str
    input: Input
    needed: bool = False
    default: Any = None
    options: Mapping[str, str] | None = None
    forms: tuple["Form", ...] = ()
    rare: bool = False


@dataclass(frozen=True)
class Form:
    """What is filled in for a kind, or for a group of parameters. `name` is the kind's versioned name, or the group's."""

    name: str
    label: str
    help: str
    fields: tuple[Field, ...]

    @property
    def needed(self) -> frozenset[str]:
        """The names that have to be filled in."""
        return frozenset(field.name for field in self.fields if field.needed)


@lru_cache(maxsize=128)
def form_of(kind: str) -> Form:
    """The form of a kind, by its versioned name. Raises KeyError where there is no such kind."""
    return _form(KINDS[kind], kind, KINDS_IN_WORDS[kind])


def meant(forms: Sequence[Form], given: Mapping[str, Any]) -> Form:
    """Of several forms the one that was filled in: that with most of its needed names, else most of its names."""
    return max(forms, key=lambda form: (sum(n in given for n in form.needed), sum(f.name in given for f in form.fields)))


def _form(owner: type[Any], name: str, words: Words) -> Form:
    known = parameters(owner)
    made = tuple(_field(name, field.name, known[field.name], field) for field in fields(owner))
    return Form(name, words.label, words.help, tuple(sorted(made, key=lambda one: not one.needed)))


def _field(owner: str, name: str, wanted: Any, field: Any) -> Field:
    words = parameter_in_words(owner, name)
    needed = field.default is MISSING and field.default_factory is MISSING
    shape = _shape(wanted)
    return Field(
        name=name,
        label=words.label,
        help=words.help,
        input=shape.input,
        needed=needed,
        default=None if needed else _plain(field.default),
        options=shape.options,
        forms=shape.forms,
        rare=name in RARE,
    )


class _Shape(NamedTuple):
    input: Input
    options: Mapping[str, str] | None = None
    forms: tuple[Form, ...] = ()


def _shape(wanted: Any) -> _Shape:
    """How a parameter of this type is filled in. Raises TypeError where nobody has thought of it yet."""
    if get_origin(wanted) is Annotated:
        plain, check = get_args(wanted)
        if check in _OPTIONS:
            return _Shape(Input.CHOICE, _OPTIONS[check]())
        return _shape(plain)
    if get_origin(wanted) in (Union, types.UnionType):
        inner = [option for option in get_args(wanted) if option is not type(None)]
        if len(inner) == 1:
            return _shape(inner[0])
        return _Shape(Input.EITHER, forms=tuple(_group(option) for option in inner))
    if get_origin(wanted) is Literal:
        return _Shape(Input.CHOICE, {value: CHOICES_IN_WORDS[value] for value in get_args(wanted)})
    if get_origin(wanted) is tuple:
        inner_shape = _shape(get_args(wanted)[0])
        many = {Input.TEXT: Input.LINES, Input.CHOICE: Input.CHOICES, Input.RULE: Input.RULES}
        return _Shape(many[inner_shape.input], inner_shape.options)
    plain_inputs = {Kind: Input.RULE, Band: Input.BAND, str: Input.TEXT, int: Input.WHOLE, float: Input.NUMBER}
    if wanted in plain_inputs:
        return _Shape(plain_inputs[wanted])
    if isinstance(wanted, type) and wanted.__name__ in GROUPS_IN_WORDS:
        return _Shape(Input.GROUP, forms=(_group(wanted),))
    raise TypeError(f"no form is known for a parameter of type {wanted}")


def _group(owner: type[Any]) -> Form:
    return _form(owner, owner.__name__, GROUPS_IN_WORDS[owner.__name__])


def _plain(default: Any) -> Any:
    """A default as a scorecard's file would hold it; a group of parameters that are all left out is None."""
    if isinstance(default, tuple):
        return [_plain(item) for item in default]
    return default if isinstance(default, str | int | float) else None


def _behaviours() -> dict[str, str]:
    titled = {name: f"{one.title} ({one.speaker.value})" for name, one in behaviours().items()}
    return dict(sorted(titled.items(), key=lambda item: (behaviours()[item[0]].speaker.value, item[1])))


def _measures() -> dict[str, str]:
    return {name: f"{measure.what[0].upper()}{measure.what[1:]} ({measure.unit})" for name, measure in MEASURES.items()}


_OPTIONS: Mapping[Callable[..., Any], Callable[[], Mapping[str, str]]] = {
    behaviour_problem: _behaviours,
    measure_problem: _measures,
}


# In words


@dataclass(frozen=True)
class Said:
    """A line of a rule in words. `level`: how deep it stands; `label` may be empty; `value` is what was filled in."""

    level: int
    label: str
    value: str


def rule_in_words(rule: Rule | Mapping[str, Any], level: int = 0) -> list[Said]:
    """What a rule asks, line by line, for a reader. What stands at its default is left out."""
    kind, params = (rule.kind, rule.params) if isinstance(rule, Rule) else (rule.get("kind", ""), rule.get("with") or {})
    if kind not in KINDS:
        return [Said(level, "", f"something this version does not know ({kind})")]
    form = form_of(kind)
    return [Said(level, "", form.label), *_fields_in_words(form, params, level + 1)]


def _fields_in_words(form: Form, params: Mapping[str, Any], level: int) -> list[Said]:
    lines: list[Said] = []
    for field in form.fields:
        if field.name in MACHINE_WRITTEN:
            continue
        given = params.get(field.name, field.default)
        if given in (None, [], "", {}) or (not field.needed and given == field.default and field.name != "speaker"):
            continue
        lines += _field_in_words(field, given, level)
    return lines


def _field_in_words(field: Field, given: Any, level: int) -> list[Said]:
    match field.input:
        case Input.GROUP | Input.EITHER if isinstance(given, Mapping):
            inner = _fields_in_words(meant(field.forms, given), given, level + 1)
            return [Said(level, field.label, ""), *inner]
        case Input.RULE if isinstance(given, Mapping):
            return [Said(level, field.label, ""), *rule_in_words(given, level + 1)]
        case Input.RULES if isinstance(given, Sequence):
            return [line for rule in given for line in rule_in_words(rule, level)]
        case Input.BAND if isinstance(given, Sequence) and len(given) == 2:
            return [Said(level, field.label.removesuffix(" from … to …"), _band_in_words(given))]
        case Input.LINES if isinstance(given, Sequence) and field.name == "patterns":
            return [Said(level, field.label, f"{len(given)} of them")]
        case _:
            values = [given] if isinstance(given, str) or not isinstance(given, Sequence) else list(given)
            return [Said(level, field.label, _values_in_words(field, values))]


def _values_in_words(field: Field, values: Sequence[Any]) -> str:
    if field.options:
        return ", ".join(field.options.get(str(value), str(value)) for value in values)
    quoted = field.input in (Input.LINES, Input.TEXT)
    return ", ".join(f"“{value}”" if quoted else str(value) for value in values)


def _band_in_words(given: Sequence[Any]) -> str:
    try:
        return str(Band(*given))
    except (TypeError, ValueError):
        return "no range yet"
