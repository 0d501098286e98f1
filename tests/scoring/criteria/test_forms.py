"""Every kind of question can be filled in by somebody who has never seen a scorecard's file."""

from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from scorecards.load import load_scorecard, shipped
from scoring.criteria import KINDS
from scoring.criteria.forms import Field, Form, Input, Said, form_of, meant, rule_in_words
from scoring.criteria.parameters import parameters
from scoring.criteria.words import KINDS_IN_WORDS, PARAMETERS_IN_WORDS, RARE

JARGON = ("kind", "param", "regex", "yaml", "rule", "criterion", "boolean", "null")


def every_field(form: Form) -> Iterator[Field]:
    for field in form.fields:
        yield field
        for inner in field.forms:
            yield from every_field(inner)


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_has_a_form_with_all_its_parameters_in_words(kind: str) -> None:
    form = form_of(kind)
    assert {field.name for field in form.fields} == set(parameters(KINDS[kind]))
    for field in every_field(form):
        assert field.label
        assert not any(word in f"{field.label} {field.help}".lower() for word in JARGON), field
        if field.input in (Input.CHOICE, Input.CHOICES):
            assert field.options
            assert field.default is None or field.default in field.options


def test_no_words_are_kept_for_what_there_is_not() -> None:
    assert set(KINDS_IN_WORDS) == set(KINDS)
    known = {(form.name, field.name) for kind in KINDS for form in _forms(form_of(kind)) for field in form.fields}
    for name in PARAMETERS_IN_WORDS:
        owner, _, parameter = name.rpartition(".")
        assert any(parameter == field and owner in ("", form) for form, field in known), name
    assert {field for _, field in known} >= RARE


def _forms(form: Form) -> Iterator[Form]:
    yield form
    for field in form.fields:
        for inner in field.forms:
            yield from _forms(inner)


@pytest.mark.parametrize("name", shipped())
def test_what_a_shipped_scorecard_asks_can_be_read_in_words(name: str) -> None:
    for _, criterion in load_scorecard(shipped()[name]):
        lines = rule_in_words(criterion.rule)
        assert lines[0] == Said(0, "", KINDS_IN_WORDS[criterion.rule.kind].label)
        for line in lines:
            assert line.label or line.value
            assert "{" not in line.value, line


def test_a_rule_is_said_line_by_line() -> None:
    within = {"first_turns": 2, "after": {"behaviour": "distress"}}
    said = {"kind": "says.v1", "with": {"phrases": ["hello", "good day"], "within": within}}
    assert rule_in_words({"kind": "any_of.v1", "with": {"rules": [said, {"kind": "by_hand.v1"}]}}) == [
        Said(0, "", "one of several things that holds"),
        Said(1, "", "certain words that were said"),
        Said(2, "Who says it", "The agent"),
        Said(2, "Phrases", "“hello”, “good day”"),
        Said(2, "Where in the call", ""),
        Said(3, "In the speaker's first turns", "2"),
        Said(3, "Only after", ""),
        Said(4, "Behaviour", "Distress (customer)"),
        Said(1, "", "a person"),
    ]


@pytest.mark.parametrize(
    ("given", "name"), [({"phrases": ["hello"]}, "Said"), ({"behaviour": ["distress"]}, "Showing"), ({}, "Showing")]
)
def test_what_was_filled_in_says_which_of_two_forms_it_is(given: Mapping[str, Any], name: str) -> None:
    stretch = next(field for field in form_of("says.v1").fields if field.name == "within").forms[0]
    after = next(field for field in stretch.fields if field.name == "after")
    assert {form.name for form in after.forms} == {"Said", "Showing"}
    if given:
        assert meant(after.forms, given).name == name
