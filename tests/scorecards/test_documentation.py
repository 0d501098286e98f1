"""What docs/scorecards.md shows can be used, and everything that can be used is shown there."""

import re
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from scorecards.load import parse_scorecard
from scoring.criteria import KINDS, check_text
from scoring.criteria.learned import LEARNED
from scoring.criteria.measured import MEASURES
from scoring.criteria.parameters import parameters
from scoring.criteria.stretch import Stretch
from scoring.evaluate import evaluate, weigh
from scoring.result import Verdict
from scoring.signals import measure
from tests.build import a_transcript, a_turn

DOCUMENT = Path("docs/scorecards.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"```yaml\n(.*?)```", DOCUMENT, re.DOTALL)

CALL = a_transcript(
    a_turn("agent", "Good morning, my name is Ravi.", 0, 4),
    a_turn("customer", "I am upset, my parcel never came and that is not good enough.", 4, 9),
    a_turn("agent", "I'm sorry. I will send you an email with the details today.", 9, 14),
    a_turn("customer", "Thank you, goodbye.", 14, 16),
)


def as_scorecard(example: str) -> str:
    """An example as a whole file: a criterion or a rule alone is put into the smallest scorecard around it."""
    data: dict[str, Any] = YAML(typ="safe").load(example)
    if "sections" in data:
        return example
    criterion = "" if "id" in data else "id: example\nquestion: Is this an example?\n"
    lines = "".join(f"        {line}\n" for line in (criterion + example).splitlines())
    head = "id: card\nversion: 1\ntitle: Card\npass_mark: 80\nsections:\n  - id: s\n    title: S\n    criteria:\n"
    return head + lines.replace("        ", "      - ", 1)


@pytest.mark.parametrize("example", EXAMPLES, ids=range(len(EXAMPLES)))
def test_every_example_checks_clean_and_scores_a_call(example: str) -> None:
    text = as_scorecard(example)
    assert [str(problem) for problem in check_text(text)] == []
    evaluation = evaluate(CALL, measure(CALL), parse_scorecard(text))
    assert len(evaluation.results) >= 1


def test_the_worked_example_comes_to_what_the_document_says() -> None:
    card = parse_scorecard(EXAMPLES[0])
    evaluation = evaluate(CALL, measure(CALL), card)
    verdicts = [result.verdict for result in evaluation.results]
    assert verdicts == [Verdict.MET, Verdict.NOT_MET, Verdict.MET, Verdict.UNSURE]
    assert (evaluation.total_before, evaluation.total) == (66.67, 50.0)
    assert "**4: 66.67** | **3: 50.00**" in DOCUMENT
    last = evaluation.results[-1]
    answered = type(last)(**{**vars(last), "verdict": Verdict.MET, "points": 1.0, "judged_by": "person"})
    assert f"{weigh([*evaluation.results[:-1], answered], card).total:.2f}" == "57.14"
    assert "(3 + 1) / 7 = 57.14" in DOCUMENT


@pytest.mark.parametrize("name", KINDS)
def test_every_kind_is_described_with_each_of_its_parameters(name: str) -> None:
    assert f"### `{name}`" in DOCUMENT
    section = re.split(r"\n##+ ", DOCUMENT.split(f"### `{name}`", 1)[1].replace("\n#### ", "\n"))[0]
    shown = {key for example in EXAMPLES if f"kind: {name}" in example for key in re.findall(r"(\w+):", example)}
    for parameter in parameters(KINDS[name]):
        assert f"`{parameter}`" in section or parameter in shown, f"{name}: {parameter} is not described"
        # Of what teaching writes there is no example to copy: it is two thousand letters long.
        assert parameter in shown or name == LEARNED, f"{name}: no example uses {parameter}"


def test_every_stretch_and_every_measure_is_described() -> None:
    for name in (*parameters(Stretch), *MEASURES):
        assert f"`{name}`" in DOCUMENT, name
