"""Which answers does a criterion of a scorecard file have, and what is wrong with them?

A part of `scorecards.load`, which hands in its reader: that knows the lines and keeps the problems.
"""

import re
from collections.abc import Iterable, Sequence
from typing import Any, Protocol

from scorecards.answers import (
    DECISIVE,
    LEAST_POINTS,
    MOST_POINTS,
    YES_NO,
    Answers,
    AnswerType,
    AnyAnswers,
    Choice,
    Options,
    Step,
    Steps,
    Verdict,
)

_VERDICTS = tuple(verdict.value for verdict in DECISIVE)
_TYPES = tuple(kind.value for kind in AnswerType)
_WORD = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")
_RESERVED = (Verdict.NOT_APPLICABLE.value, Verdict.UNSURE.value)
MOST_SCALE = 100

Place = tuple[str | int, ...]


class Reader(Protocol):
    """What is needed of the reader of the file; see `scorecards.load`."""

    def wrong(self, path: Place, where: str, message: str) -> None: ...

    def keys(
        self, data: dict[str, Any], path: Place, where: str, required: Sequence[str], optional: Sequence[str]
    ) -> None: ...

    def text(self, data: dict[str, Any], key: str, path: Place, where: str, default: str | None = None) -> str: ...

    def amount(
        self, data: dict[str, Any], key: str, path: Place, where: str, default: float, low: float, high: float
    ) -> float: ...

    def one_of(self, data: dict[str, Any], key: str, path: Place, where: str, default: str, known: Sequence[str]) -> str: ...

    def list_of_mappings(
        self, data: dict[str, Any], key: str, path: Place, where: str
    ) -> Iterable[tuple[Place, dict[str, Any]]]: ...


def default_label(value: str) -> str:
    """What an option is called where the scorecard does not say: `by_e_mail` is `By e mail`."""
    words = value.replace("_", " ")
    return words[:1].upper() + words[1:]


def known_answers(answers: AnyAnswers) -> tuple[str, ...]:
    """The words that can name an answer of a criterion, for `asked_when` and `comment_required`."""
    named = _VERDICTS if answers.type is AnswerType.NUMBER else tuple(option.value for option in answers.options)
    return (*named, Verdict.NOT_APPLICABLE.value)


def read_answers(reader: Reader, data: dict[str, Any], path: Place, where: str) -> AnyAnswers:
    """The answers of a criterion, yes/no where it names none; where they are wrong, the reader has the problems."""
    value, place = data.get("answers"), (*path, "answers")
    if value is None:
        return YES_NO
    if not isinstance(value, dict):
        reader.wrong(place, where, f"'answers' is a mapping of {', '.join(_VERDICTS)} to points, or one with a `type:`")
        return YES_NO
    kind = AnswerType(reader.one_of(value, "type", place, where, AnswerType.YES_NO.value, _TYPES))
    match kind:
        case AnswerType.YES_NO:
            return _yes_no(reader, value, place, where)
        case AnswerType.NUMBER:
            return _number(reader, value, place, where)
        case _:
            return _options(reader, kind, value, place, where)


def _yes_no(reader: Reader, value: dict[str, Any], place: Place, where: str) -> Answers:
    reader.keys(value, place, where, (), (*_VERDICTS, "type"))
    points = {key: _points(reader, value, key, place, where, getattr(YES_NO, key)) for key in _VERDICTS}
    if not points["not_met"] <= points["partly"] <= points["met"]:
        reader.wrong(place, where, "answers earn points that run upwards from not_met over partly to met")
        return YES_NO
    return Answers(**points)


def _options(reader: Reader, kind: AnswerType, value: dict[str, Any], place: Place, where: str) -> AnyAnswers:
    bound = ("at_most",) if kind is AnswerType.SEVERAL else ()
    reader.keys(value, place, where, ("type", "options"), bound)
    choices: list[Choice] = []
    for path, item in reader.list_of_mappings(value, "options", place, where):
        choice = _choice(reader, kind, item, path, where, choices)
        if choice is not None:
            choices.append(choice)
    at_most = _points(reader, value, "at_most", place, where, MOST_POINTS, 0.0) if bound else MOST_POINTS
    if not choices:
        return YES_NO
    if len(choices) == 1 and kind is not AnswerType.SEVERAL and len(value["options"]) == 1:
        reader.wrong((*place, "options"), where, f"a {kind.value} has at least two options")
    return Options(kind, tuple(choices), at_most)


def _choice(
    reader: Reader, kind: AnswerType, item: dict[str, Any], path: Place, where: str, before: Sequence[Choice]
) -> Choice | None:
    reader.keys(item, path, where, ("value", "points"), ("label", "stands_for"))
    value = _value(reader, kind, item, path, where) if "value" in item else ""
    label = reader.text(item, "label", path, where, default=default_label(value)) or default_label(value)
    points = _points(reader, item, "points", path, where, 0.0)
    stands_for = reader.one_of(item, "stands_for", path, where, "", _VERDICTS)
    if value and value in [choice.value for choice in before]:
        reader.wrong((*path, "value"), where, f"two options have the value '{value}'")
        return None
    if kind is AnswerType.SCALE and value and before and int(value) < int(before[-1].value):
        reader.wrong(
            (*path, "value"), where, f"the values of a scale run upwards, and {value} comes after {before[-1].value}"
        )
    if stands_for and kind is not AnswerType.SEVERAL and stands_for in [choice.stands_for for choice in before]:
        reader.wrong((*path, "stands_for"), where, f"two options stand for '{stands_for}'; a machine gives one answer")
    return Choice(value, label, points, Verdict(stands_for) if stands_for else None) if value else None


def _value(reader: Reader, kind: AnswerType, item: dict[str, Any], path: Place, where: str) -> str:
    """A whole number on a scale, else a word in snake_case; empty where it is neither."""
    value = item["value"]
    if kind is AnswerType.SCALE:
        if not isinstance(value, bool) and isinstance(value, int) and 0 <= value <= MOST_SCALE:
            return str(value)
        reader.wrong((*path, "value"), where, f"a value of a scale is a whole number from 0 to {MOST_SCALE}, not {value!r}")
    elif not isinstance(value, str) or not _WORD.fullmatch(value):
        reader.wrong(
            (*path, "value"), where, f"an option's value is in snake_case: small letters, digits and _; not {value!r}"
        )
    elif value in _RESERVED:
        reader.wrong((*path, "value"), where, f"every question can be answered '{value}'; it is no option of its own")
    else:
        return value
    return ""


def _number(reader: Reader, value: dict[str, Any], place: Place, where: str) -> AnyAnswers:
    reader.keys(value, place, where, ("type", "steps"), ("unit",))
    steps: list[Step] = []
    bounds_known = True
    for path, item in reader.list_of_mappings(value, "steps", place, where):
        reader.keys(item, path, where, ("points",), ("up_to",))
        up_to = None
        if item.get("up_to") is not None:
            up_to = reader.amount(item, "up_to", path, where, 0.0, -1e15, 1e15)
            last = steps[-1].up_to if steps else None
            if last is not None and up_to <= last:
                reader.wrong((*path, "up_to"), where, f"steps run upwards, and {up_to:g} comes after {last:g}")
                bounds_known = False
        if steps and steps[-1].up_to is None:
            reader.wrong(path, where, "the step before this one has no 'up_to', so that nothing is left for this one")
            bounds_known = False
        steps.append(Step(up_to, _points(reader, item, "points", path, where, 0.0)))
    if steps and steps[-1].up_to is not None:
        reader.wrong((*place, "steps"), where, "the last step has no 'up_to', so that every number has its points")
        bounds_known = False
    unit = reader.text(value, "unit", place, where, default="")
    return Steps(tuple(steps), unit) if steps and bounds_known else YES_NO


def _points(
    reader: Reader, item: dict[str, Any], key: str, path: Place, where: str, default: float, least: float = LEAST_POINTS
) -> float:
    return reader.amount(item, key, path, where, default, least, MOST_POINTS)
