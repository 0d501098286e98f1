"""Every wrong parameter of a rule is named, with its line and the word that was probably meant."""

from pathlib import Path
from typing import Any

import pytest

from errors import ScorecardError
from scorecards.definition import Rule
from scorecards.load import load_scorecard, shipped
from scoring.criteria import KINDS, check_data, check_scorecard, check_text, load_checked, rule_from

HEAD = """\
id: front_desk
version: 1
title: Front desk
pass_mark: 80
sections:
  - id: opening
    title: Opening
    criteria:
      - id: greets
        question: Did the agent greet the customer?
"""


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ("kind: sayz.v1", "line 11, opening.greets: unknown kind 'sayz.v1'; did you mean 'says.v1'?"),
        ("kind: says.v1", "give at least one phrase or pattern"),
        ("kind: says.v1\nwith: {phrases: [24]}", "line 12, opening.greets.phrases[1]: 'phrases[1]' is text, not 24"),
        ("kind: says.v1\nwith: {phrases: hello}", "'phrases' is a list"),
        ("kind: says.v1\nwith: {phrases: ['...']}", "there is no word in '...'"),
        (
            "kind: says.v1\nwith:\n  phrases: [hi]\n  speeker: agent",
            "line 14, opening.greets.speeker: unknown parameter 'speeker'; did you mean 'speaker'?",
        ),
        (
            "kind: says.v1\nwith: {phrases: [hi], speaker: agnet}",
            "one of agent, customer, other, anyone, not 'agnet'; did you mean 'agent'?",
        ),
        ("kind: says.v1\nwith: {phrases: [hi], tolerance: 2}", "a share of letters from 0 to 0.4"),
        ("kind: says.v1\nwith: {phrases: [hi], at_least: 2, at_most: 1}", "opening.greets.at_most"),
        ("kind: says.v1\nwith: {phrases: [hi], at_least: true}", "'at_least' is a whole number, not True"),
        (
            "kind: says.v1\nwith:\n  phrases: [hi]\n  within:\n    first_turn: 2",
            "line 15, opening.greets.within.first_turn: unknown parameter 'first_turn'; did you mean 'first_turns'?",
        ),
        ("kind: says.v1\nwith: {phrases: [hi], within: {first_turns: 0}}", "a number above 0"),
        ("kind: says.v1\nwith: {patterns: ['(']}", "is no regular expression"),
        ("kind: says.v1\nwith: {patterns: ['(\\w+\\s*)+$']}", "can take too long"),
        ("kind: says.v1\nwith: {patterns: ['a*']}", "matches even where nothing is said"),
        ("kind: means.v1", "the parameter 'examples' is missing"),
        ("kind: means.v1\nwith: {examples: [hi], threshold: 1.5}", "a similarity between 0 and 1"),
        (
            "kind: measured.v1\nwith: {measure: agent_talk_shar, met: [0, 1]}",
            "unknown measure 'agent_talk_shar'; did you mean 'agent_talk_share'?",
        ),
        ("kind: measured.v1\nwith: {measure: agent_words, met: [5, 1]}", "a band runs upwards"),
        ("kind: measured.v1\nwith: {measure: agent_words, met: 5}", "a band of two numbers"),
        ("kind: measured.v1\nwith: {measure: agent_words, met: [null, null]}", "a band has at least one end"),
        ("kind: sentiment.v1\nwith: {met: [0, null], of: change, over: last_third}", "goes with `of: level`"),
        ("kind: any_of.v1\nwith: {rules: []}", "give at least one rule"),
        ("kind: all_of.v1\nwith: {rules: [{kind: by_hand.v1}], partly_from: 4}", "less than the 1 rules, not 4"),
        (
            "kind: any_of.v1\nwith:\n  rules:\n    - {kind: by_hand.v1}\n    - {kind: by_hnd.v1}",
            "line 15, opening.greets.rules[2]: unknown kind 'by_hnd.v1'; did you mean 'by_hand.v1'?",
        ),
        ("kind: any_of.v1\nwith: {rules: [hello]}", "a rule is a mapping"),
        (
            "kind: by_hand.v1\napplies_when: {kind: says.v1, with: {frases: [hi]}}",
            "opening.greets.applies_when.frases: unknown parameter 'frases'; did you mean 'phrases'?",
        ),
    ],
)
def test_a_wrong_parameter_is_named_with_its_line(lines: str, message: str) -> None:
    indented = "".join(f"        {line}\n" for line in lines.split("\n"))
    found = [str(problem) for problem in check_text(HEAD + indented, "card.yaml")]
    assert any(message in problem for problem in found), found


def test_problems_of_structure_and_of_rules_come_together_in_the_order_of_lines(tmp_path: Path) -> None:
    path = tmp_path / "card.yaml"
    path.write_text(
        HEAD.replace("80", "800") + "        wieght: 2\n        kind: says.v1\n        with: {phrases: [1], x: 2}\n"
    )
    problems = check_scorecard(path)
    assert [problem.line for problem in problems] == [4, 11, 13, 13]
    with pytest.raises(ScorecardError) as raised:
        load_checked(path)
    assert raised.value.problems == tuple(problems)


def test_a_rule_without_a_file_gives_its_problems_too() -> None:
    with pytest.raises(ScorecardError, match="did you mean 'phrases'"):
        rule_from(Rule("says.v1", {"phrase": ["hi"]}))


def test_every_kind_has_a_versioned_name_and_shows_the_lines_that_use_it() -> None:
    for name, kind in KINDS.items():
        assert kind.name == name
        assert f"kind: {name}" in (kind.__doc__ or "")


@pytest.mark.parametrize("name", sorted(shipped()))
def test_a_shipped_scorecard_checks_clean_and_asks_a_question_with_a_tip_in_each_criterion(name: str) -> None:
    path = shipped()[name]
    assert [str(problem) for problem in check_scorecard(path)] == []
    card = load_scorecard(path)
    assert card.id == name
    for _, criterion in card:
        assert criterion.question.endswith("?"), criterion.id
        assert criterion.tip, criterion.id


def test_plain_values_are_read_like_a_file_and_every_problem_says_its_place() -> None:
    data: dict[str, Any] = {
        "id": "care",
        "version": 1,
        "title": "Care",
        "pass_mark": 70,
        "sections": [
            {
                "id": "opening",
                "title": "Opening",
                "criteria": [
                    {"id": "greets", "question": "Greets?", "kind": "says.v1", "with": {"phrases": ["hello"]}, "weight": 2}
                ],
            }
        ],
    }
    card, problems = check_data(data)
    assert problems == ()
    assert card is not None
    assert card.criterion("greets").weight == 2
    question = data["sections"][0]["criteria"][0]
    question |= {"weight": 0, "with": {"phrases": ["hello", "?!"], "within": {"first_turns": 0}}}
    card, problems = check_data(data)
    assert card is None
    asked = ("sections", 0, "criteria", 0)
    assert {problem.place for problem in problems} == {
        (*asked, "weight"),
        (*asked, "with", "phrases", 1),
        (*asked, "with", "within", "first_turns"),
    }
