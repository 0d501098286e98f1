"""A scorecard file is read, or every problem in it is named with its line."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from errors import ScorecardError
from scorecards.definition import Answers, Criterion, Fails, Rule, Scorecard, Section
from scorecards.dump import dump_scorecard
from scorecards.load import (
    MOST_BYTES,
    did_you_mean,
    find_scorecard,
    load_scorecard,
    parse_scorecard,
    read_scorecard,
    shipped,
)

CARD = """\
id: front_desk
version: 2
title: Front desk
pass_mark: 80
sections:
  - id: opening
    title: Opening
    criteria:
      - id: greets
        question: Did the agent greet the customer?
        weight: 2
        kind: says.v1
        with:
          phrases: ["good morning"]
          within: {first_turns: 2}
        applies_when:
          kind: says.v1
          with: {speaker: customer, phrases: ["hello"]}
        fails: section
        answers: {met: 1, partly: 0.25, not_met: 0}
        target: 0.9
        tip: Greet first.
"""


def problems_of(text: str) -> list[str]:
    return [str(problem) for problem in read_scorecard(text, "card.yaml").problems]


def test_every_key_of_a_file_arrives_in_the_scorecard() -> None:
    card = parse_scorecard(CARD)
    criterion = card.criterion("greets")
    assert (card.id, card.version, card.title, card.pass_mark) == ("front_desk", 2, "Front desk", 80.0)
    assert criterion.rule == Rule("says.v1", {"phrases": ["good morning"], "within": {"first_turns": 2}})
    assert criterion.applies_when == Rule("says.v1", {"speaker": "customer", "phrases": ["hello"]})
    assert (criterion.weight, criterion.target, criterion.fails) == (2.0, 0.9, Fails.SECTION)
    assert criterion.answers == Answers(1.0, 0.25, 0.0)
    assert criterion.tip == "Greet first."


@pytest.mark.parametrize(
    ("before", "after", "message"),
    [
        ("weight: 2", "wieght: 2", "card.yaml line 11, opening.greets: unknown key 'wieght'; did you mean 'weight'?"),
        ("weight: 2", "weight: 0", "line 11, opening.greets: 'weight' is a number above 0 and at most 1000, not 0"),
        ("weight: 2", "weight: -3", "not -3"),
        ("weight: 2", "weight: heavy", "'weight' is a number, not 'heavy'"),
        ("weight: 2", "weight: true", "'weight' is a number, not true"),
        ("weight: 2", "weight: .inf", "line 11: .inf is not a number that can be used here"),
        ("pass_mark: 80", "pass_mark: 101", "line 4: 'pass_mark' is a number from 0 to 100, not 101"),
        ("pass_mark: 80\n", "", "the key 'pass_mark' is missing"),
        ("version: 2", "version: 0", "line 2: 'version' is a whole number from 1 on, not 0"),
        ("version: 2", "version: 1.5", "'version' is a whole number"),
        ("id: front_desk", "id: Front Desk", "the id 'Front Desk' is not in snake_case"),
        ("id: greets", "id: Greets-them", "such as 'greets_them'"),
        ("title: Front desk", "title: 24", "'title' is text, not 24; write it in quotes"),
        ("title: Opening", "title: ''", "line 7, opening: 'title' is empty"),
        ("fails: section", "fails: sektion", "did you mean 'section'?"),
        ("partly: 0.25", "partly: 1.5", "'partly' is a number from -1 to 1, not 1.5"),
        ("not_met: 0}", "not_met: 0.5}", "run upwards from not_met over partly to met"),
        ("partly: 0.25", "partially: 0.25", "unknown key 'partially'; did you mean 'partly'?"),
        ("target: 0.9", "target: 90", "'target' is a number above 0 and at most 1, not 90"),
        ("kind: says.v1\n        with", "with", "the key 'kind' is missing"),
        ("title: Front desk", "title: Front desk\ntitle: Again", "line 4: the key 'title' stands here a second time"),
        ("title: Front desk", 'title: "a\\ud800"', "control character"),
        ("title: Front desk", "title: !!python/name:os.system x", "the tag !!python/name:os.system means nothing"),
        ("title: Front desk", "title: !secret x", "the tag !secret means nothing in a scorecard"),
        ("version: 2", "version: 2\nlanguage: English", "a code of two or three small letters"),
    ],
)
def test_a_wrong_line_is_named_with_what_would_be_right(before: str, after: str, message: str) -> None:
    assert before in CARD
    found = problems_of(CARD.replace(before, after, 1))
    assert any(message in problem for problem in found), found


def test_every_problem_is_reported_at_once_in_the_order_of_lines() -> None:
    text = CARD.replace("pass_mark: 80", "pass_mark: 300").replace("weight: 2", "weight: 0").replace("tip:", "tipp:")
    found = read_scorecard(text, "card.yaml").problems
    assert [problem.line for problem in found] == [4, 11, 22]


def test_a_folded_text_arrives_as_one_line_without_the_break_at_its_end() -> None:
    text = CARD.replace("tip: Greet first.", "tip: >\n          Greet first,\n          then ask.")
    assert parse_scorecard(text).criterion("greets").tip == "Greet first, then ask."


def test_two_criteria_or_sections_of_one_id_are_refused() -> None:
    again = CARD[CARD.index("  - id: opening") :]
    found = problems_of(CARD + again)
    assert any("two sections are called 'opening'" in problem for problem in found)
    assert any("two criteria are called 'greets'" in problem for problem in found)


@pytest.mark.parametrize("criteria", ["[]", "null", "{}", "none at all"])
def test_a_section_without_criteria_is_refused(criteria: str) -> None:
    text = CARD[: CARD.index("    criteria:")] + f"    criteria: {criteria}\n"
    assert any("'criteria' is a list with at least one entry" in problem for problem in problems_of(text))


@pytest.mark.parametrize("text", ["", "- a\n- b\n", "just words", "42", "null"])
def test_a_file_that_is_no_mapping_is_refused(text: str) -> None:
    assert "a scorecard is a mapping" in problems_of(text)[0]


def test_broken_yaml_is_named_with_its_line() -> None:
    found = read_scorecard(CARD.replace('["good morning"]', '["good morning"'), "card.yaml").problems
    assert len(found) == 1
    assert "this is not YAML" in found[0].message
    assert found[0].line is not None


def test_aliases_may_be_used() -> None:
    text = CARD.replace("with: {speaker: customer", "with: &hello {speaker: customer").replace(
        "tip: Greet first.", "tip: Greet first.\n      - {id: other, question: Another?, kind: says.v1, with: *hello}"
    )
    assert parse_scorecard(text).criterion("other").rule.params["phrases"] == ["hello"]


def test_an_alias_bomb_is_refused_before_it_grows() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 12)]
    assert "more than 20000 keys and values" in problems_of("\n".join(lines))[0]


@pytest.mark.parametrize("text", ["a: &a [*a]", "&a a: &b {c: *b}", "x: " + "[" * 60 + "]" * 60, "[" * 1500])
def test_what_is_nested_without_end_is_refused(text: str) -> None:
    assert any("levels deep" in problem for problem in problems_of(text))


def test_a_huge_file_and_a_missing_one_and_one_that_is_not_text_get_a_sentence(tmp_path: Path) -> None:
    huge, binary = tmp_path / "huge.yaml", tmp_path / "binary.yaml"
    huge.write_text("a" * (MOST_BYTES + 1))
    binary.write_bytes(b"id: x\ntitle: \xff\xfe")
    for path, message in [
        (huge, "larger than"),
        (binary, "line 2: this is not UTF-8"),
        (tmp_path / "no.yaml", "cannot be read"),
    ]:
        with pytest.raises(ScorecardError, match=message):
            load_scorecard(path)
    with pytest.raises(ScorecardError, match="cannot be read"):
        load_scorecard(tmp_path)


def test_a_shipped_scorecard_is_found_by_name_and_any_by_its_path(tmp_path: Path) -> None:
    mine = tmp_path / "mine.yaml"
    mine.write_text(CARD)
    assert find_scorecard(mine) == mine
    for name, path in shipped().items():
        assert find_scorecard(name) == path
    with pytest.raises(ScorecardError, match="no scorecard of that name in the library"):
        find_scorecard("nothing_like_it")


def test_a_word_far_from_every_known_one_suggests_nothing() -> None:
    assert did_you_mean("wieght", ["weight", "kind"]) == "; did you mean 'weight'?"
    assert did_you_mean("qqqq", ["weight", "kind"]) == ""


IDS = st.from_regex(r"[a-z][a-z0-9]{0,8}(_[a-z0-9]{1,4}){0,2}", fullmatch=True)
PROSE = st.text(st.characters(exclude_categories=["C"]), max_size=60).map(str.strip)
TITLES = PROSE.filter(bool)
SHARES = st.floats(0, 1)
SCALARS = st.none() | st.booleans() | st.integers(-1000, 1000) | st.floats(-100, 100) | PROSE
PARAMS = st.dictionaries(
    IDS,
    st.recursive(SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(IDS, inner, max_size=3), max_leaves=6),
    max_size=4,
)
RULES = st.builds(Rule, TITLES, PARAMS)
ANSWERS = st.lists(SHARES, min_size=3, max_size=3).map(lambda points: Answers(*sorted(points, reverse=True)))
CRITERIA = st.builds(
    Criterion,
    IDS,
    TITLES,
    RULES,
    st.floats(0.001, 1000),
    ANSWERS,
    st.none() | RULES,
    st.sampled_from(Fails),
    PROSE,
    st.none() | st.floats(0.001, 1),
)


@st.composite
def scorecards(draw: st.DrawFn) -> Scorecard:
    criteria = draw(st.lists(CRITERIA, min_size=1, max_size=4, unique_by=lambda criterion: criterion.id))
    cut = draw(st.integers(1, len(criteria)))
    parts = [part for part in (criteria[:cut], criteria[cut:]) if part]
    ids = draw(st.lists(IDS, min_size=len(parts), max_size=len(parts), unique=True))
    sections = tuple(Section(name, draw(TITLES), tuple(part)) for name, part in zip(ids, parts, strict=True))
    language = draw(st.sampled_from(["en", "de", "cym"]))
    return Scorecard(
        draw(IDS), draw(st.integers(1, 99)), draw(TITLES), draw(st.floats(0, 100)), sections, draw(PROSE), language
    )


@settings(max_examples=40, deadline=None)
@given(scorecards())
def test_what_is_dumped_and_loaded_is_equal(card: Scorecard) -> None:
    again = parse_scorecard(dump_scorecard(card))
    assert again == card
    assert again.content_hash == card.content_hash


def test_of_a_name_that_is_given_twice_the_latter_holds() -> None:
    text = CARD.replace("id: front_desk", "id: &0 front_desk").replace("id: greets", "id: &0 greets")
    assert text.count("&0") == 2
    assert parse_scorecard(text) == parse_scorecard(CARD)


@settings(max_examples=120, deadline=None)
@given(st.data())
def test_any_change_to_a_file_ends_in_a_scorecard_or_in_problems(data: st.DataObject) -> None:
    text = CARD
    for _ in range(data.draw(st.integers(1, 3))):
        start = data.draw(st.integers(0, len(text)))
        end = data.draw(st.integers(start, min(len(text), start + 12)))
        piece = data.draw(
            st.text(max_size=6)
            | st.sampled_from(
                [": ", "- ", "&a ", "*a", "!!int ", "<<: ", "[", "{", '"', "\n", "---\n", "0x", "1e999", "2024-13-99"]
            )
        )
        text = text[:start] + piece + text[end:]
    reading = read_scorecard(text)  # never raises; `parse_scorecard` raises these problems as a ScorecardError
    assert (reading.scorecard is None) == bool(reading.problems)
    if reading.scorecard is None:
        with pytest.raises(ScorecardError):
            parse_scorecard(text)
