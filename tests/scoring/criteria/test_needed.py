"""A turn that is not tried for want of a word could not have matched."""

from collections.abc import Iterator
from typing import Any

import pytest
import regex
from hypothesis import example, given, settings
from hypothesis import strategies as st

from scorecards.load import load_scorecard, shipped
from scoring.criteria.needed import AllOf, AnyOf, Lines, Needed, needed_words, numbers

LETTERS = "abiIsSkK ſKıİß1'?\n"
TURNS = st.lists(st.text(alphabet=LETTERS, max_size=12), max_size=4)
LEAVES = st.one_of(
    st.text(alphabet="abisIK 1'", min_size=1, max_size=4),
    st.sampled_from(["ß", ".", r"\w", r"\s", r"\b", "^", "$", r"\?", "[ab]", "[^a]", "[]a]", r"[\]b]", "ı", "İ", "ſ", "K"]),
)


def _grown(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    pairs = st.tuples(inner, inner)
    groups = st.sampled_from(["({})", "(?:{})", "(?-i:{})", "(?i:{})", "(?={})", "(?!{})", "(?<={})", "(?<!{})"])
    signs = st.sampled_from(["?", "*", "+", "{2}", "{0,1}", "{1,}", "{,2}", "??", "*?", "+?", "++"])
    return st.one_of(
        pairs.map("".join),
        pairs.map("|".join),
        st.tuples(groups, inner).map(lambda pair: pair[0].format(pair[1])),
        st.tuples(inner, signs).map(lambda pair: f"(?:{pair[0]}){pair[1]}"),
        st.tuples(st.sampled_from("abi1"), signs).map("".join),
    )


PATTERNS = st.recursive(LEAVES, _grown, max_leaves=8)


@settings(max_examples=600)
@given(PATTERNS, TURNS)
@example("i1", ["\u01301"])  # the large i with a dot, which a small i is taken for
def test_every_turn_in_which_a_pattern_matches_holds_what_the_pattern_needs(pattern: str, turns: list[str]) -> None:
    made = regex.compile(pattern, regex.IGNORECASE)
    matching = {number for number, turn in enumerate(turns) if made.search(turn)}
    before = Lines(turns)  # made when nobody knew the pattern
    for lines in (before, Lines(turns)):
        assert matching <= set(numbers(lines.holding(needed_words(pattern))))


@pytest.mark.parametrize(
    ("pattern", "needed"),
    [
        (r"\bhold\b", AnyOf(("hold",))),
        (r"calls?", AnyOf(("call",))),
        (r"\bhold|holding|wait\b", AnyOf(("hold", "wait"))),
        (r"(?<!account )(?-i:Thank) you(?! all)", AllOf((AnyOf(("thank",)), AnyOf((" you",))))),
        (r"\b(can|may)\b[^.]{0,60}\b(hold|wait)", AllOf((AnyOf(("hold", "wait")), AnyOf(("can", "may"))))),
        (
            r"(never|nobody can) (fail|go wrong)|promise",
            AnyOf(("promise",), (AllOf((AnyOf(("never", "nobody can")), AnyOf(("fail", "go wrong")))),)),
        ),
        ("£ ?[0-9]", AnyOf(("£",))),
    ],
)
def test_what_a_pattern_needs_is_read_off_it(pattern: str, needed: Needed) -> None:
    assert needed_words(pattern) == needed


@pytest.mark.parametrize(
    "pattern",
    [r"\d+", "a|.", "(?i)hold", "hold{e<=1}", "(?>hold)", r"(hold)\1", r"\p{L}old", "[[:alpha:]]old", "hold(", "é"],
)
def test_what_is_not_understood_of_a_pattern_needs_nothing(pattern: str) -> None:
    assert needed_words(pattern) is None
    assert list(numbers(Lines(["Hold", ""]).holding(None))) == [0, 1]


def patterns_of(params: Any) -> Iterator[str]:
    if isinstance(params, dict):
        yield from params.get("patterns", ())
        params = list(params.values())
    if isinstance(params, list | tuple):
        for one in params:
            yield from patterns_of(one)


def test_what_nearly_all_of_the_shipped_patterns_need_is_known() -> None:
    cards = [load_scorecard(file) for file in shipped().values()]
    rules = [rule for card in cards for _, criterion in card for rule in (criterion.rule, criterion.applies_when) if rule]
    patterns = {pattern for rule in rules for pattern in patterns_of(rule.params)}
    unknown = {pattern for pattern in patterns if needed_words(pattern) is None}
    assert len(unknown) < len(patterns) / 50, unknown
