"""Is a pattern looked for in the whole call at once only where that finds what looking turn by turn finds?"""

import pytest
import regex
from hypothesis import given
from hypothesis import strategies as st

from scoring.criteria.said import _matches_alike_among_others, _nowhere

TEXT = st.text(alphabet="ab 1.'?\n", max_size=12)


@pytest.mark.parametrize(
    "pattern",
    ["^hello", "bye$", r"\Ahello", r"a\Z", "a(?! b)", "(?<=a)b", "(?>a+)b", "a++b", "[^a]*+b", r"\Bb", "(?i)a", "a{e<=1}"],
)
def test_a_pattern_that_looks_at_what_is_around_it_is_tried_turn_by_turn(pattern: str) -> None:
    assert not _matches_alike_among_others(pattern)


@pytest.mark.parametrize("pattern", [r"\bhold\b", "(?:one|two) of", r"[^a]b", r"\d{2,3}", r"reference (number )?\w\d+"])
def test_a_plain_pattern_is_looked_for_in_all_turns_at_once(pattern: str) -> None:
    assert _matches_alike_among_others(pattern)


@given(
    st.sampled_from([r"\ba", r"a\b", r"[^a]b", r"a.b", r"\s1", "(?:a|b)+1", r"b\W*a", "a ?b", r"1\.", r"\w+'a"]),
    st.lists(TEXT),
)
def test_where_nothing_is_found_in_all_turns_at_once_no_turn_alone_has_it(pattern: str, turns: list[str]) -> None:
    made = regex.compile(pattern, regex.IGNORECASE)
    if _nowhere(made, "\n".join(turns)):
        assert not any(made.search(turn) for turn in turns)
