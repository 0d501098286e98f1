"""How is a scorecard written down as YAML again, so that nothing of it is lost?

What stands at its default is left out, keys come in the order of docs/scorecards.md, and an option stands on one line.
Loading what was written gives an equal scorecard with the same content hash.
"""

from collections.abc import Mapping, Sequence
from io import StringIO
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.nodes import MappingNode
from ruamel.yaml.representer import SafeRepresenter

from scorecards.answers import YES_NO, Answers, AnswerType, AnyAnswers, Options
from scorecards.definition import Criterion, Fails, Rule, Scorecard
from scorecards.read_answers import default_label

HEADING = (
    "# A scorecard of Attune. Check it with: cli.py scorecard check FILE. Every key is explained in docs/scorecards.md.\n"
)


class _OnOneLine(dict[str, Any]):
    """A mapping that is written as `{value: 1, points: 0}`."""


def dump_scorecard(scorecard: Scorecard) -> str:
    """The scorecard as YAML; loading it gives an equal scorecard back."""
    data: dict[str, Any] = {
        "id": scorecard.id,
        "version": scorecard.version,
        "title": scorecard.title,
        **({"description": scorecard.description} if scorecard.description else {}),
        "language": scorecard.language,
        "pass_mark": _short(scorecard.pass_mark),
    }
    if scorecard.bands:
        data["bands"] = [_OnOneLine({"from": _short(band.lowest), "name": band.name}) for band in scorecard.bands]
    data["sections"] = [
        {"id": section.id, "title": section.title, "criteria": [_criterion_data(c) for c in section.criteria]}
        for section in scorecard.sections
    ]
    stream = StringIO()
    stream.write(HEADING)
    _yaml().dump(data, stream)
    return stream.getvalue()


def _yaml() -> YAML:
    yaml = YAML(typ="safe", pure=True)
    yaml.default_flow_style = False
    yaml.sort_base_mapping_type_on_output = False  # type: ignore[assignment]  # the library leaves it untyped: None
    yaml.allow_unicode = True
    yaml.width = 120
    yaml.representer.ignore_aliases = lambda _: True
    yaml.representer.add_representer(_OnOneLine, _on_one_line)
    return yaml


def _on_one_line(representer: SafeRepresenter, data: _OnOneLine) -> MappingNode:
    node: MappingNode = representer.represent_mapping("tag:yaml.org,2002:map", data, flow_style=True)
    return node


def _criterion_data(criterion: Criterion) -> dict[str, Any]:
    data: dict[str, Any] = {"id": criterion.id, "question": criterion.question}
    if criterion.weight != 1:
        data["weight"] = _short(criterion.weight)
    if criterion.bonus:
        data["bonus"] = True
    data |= _rule_data(criterion.rule)
    if criterion.applies_when:
        data["applies_when"] = _rule_data(criterion.applies_when)
    if criterion.asked_when:
        answers = [_word(answer) for answer in criterion.asked_when.answers]
        data["asked_when"] = {"criterion": criterion.asked_when.criterion, "is": answers}
    if criterion.fails is not Fails.NOTHING:
        data["fails"] = criterion.fails.value
    if criterion.answers != YES_NO:
        data["answers"] = _answers_data(criterion.answers)
    if criterion.comment_required:
        data["comment_required"] = [_word(answer) for answer in criterion.comment_required]
    if criterion.target is not None:
        data["target"] = _short(criterion.target)
    if criterion.tip:
        data["tip"] = criterion.tip
    return data


def _answers_data(answers: AnyAnswers) -> dict[str, Any]:
    if isinstance(answers, Answers):
        return _OnOneLine({name: _short(points) for name, points in answers.to_dict().items()})
    data: dict[str, Any] = {"type": answers.type.value}
    if isinstance(answers, Options):
        data["options"] = [
            _OnOneLine(
                {
                    "value": _word(choice.value) if answers.type is AnswerType.SCALE else choice.value,
                    **({"label": choice.label} if choice.label != default_label(choice.value) else {}),
                    "points": _short(choice.points),
                    **({"stands_for": choice.stands_for.value} if choice.stands_for else {}),
                }
            )
            for choice in answers.choices
        ]
        if answers.type is AnswerType.SEVERAL and answers.at_most != 1:
            data["at_most"] = _short(answers.at_most)
        return data
    if answers.unit:
        data["unit"] = answers.unit
    data["steps"] = [
        _OnOneLine({**({"up_to": _short(s.up_to)} if s.up_to is not None else {}), "points": _short(s.points)})
        for s in answers.steps
    ]
    return data


def _rule_data(rule: Rule) -> dict[str, Any]:
    return {"kind": rule.kind, **({"with": _plain_value(rule.params)} if rule.params else {})}


def _plain_value(value: Any) -> Any:
    """Lists for tuples and dicts for mappings, which is all that YAML's safe writer knows."""
    if isinstance(value, Mapping):
        return {key: _plain_value(item) for key, item in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_plain_value(item) for item in value]
    return value


def _word(value: str) -> int | str:
    """The values of a scale are written as the numbers they are."""
    return int(value) if value.isdecimal() and str(int(value)) == value else value


def _short(number: float) -> int | float:
    """80 rather than 80.0, as a person would write it."""
    return int(number) if float(number).is_integer() else number
