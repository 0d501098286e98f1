"""Two people who change one draft lose nothing of either."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from scorecards.merge import Clash, merge

BASE: dict[str, Any] = {
    "title": "Care",
    "pass_mark": 70,
    "sections": [
        {"id": "opening", "title": "Opening", "criteria": [{"id": "greets", "question": "Greets?"}, {"id": "name"}]},
        {"id": "closing", "title": "Closing", "criteria": [{"id": "thanks"}]},
    ],
}


def changed(**sections: Any) -> dict[str, Any]:
    return {**BASE, **sections}


def questions(*ids: str, **texts: str) -> list[dict[str, Any]]:
    asked = [{"id": id_} | ({"question": texts[id_]} if id_ in texts else {}) for id_ in ids]
    return [{"id": "opening", "title": "Opening", "criteria": asked}, BASE["sections"][1]]


def test_changes_to_different_things_are_both_kept() -> None:
    mine = changed(pass_mark=80, sections=questions("greets", "name", greets="Does the agent greet?"))
    theirs = changed(title="Care 2", sections=questions("greets", "name", "recording", greets="Greets?"))
    merged = merge(BASE, mine, theirs)
    assert merged.clashes == ()
    assert (merged.data["title"], merged.data["pass_mark"]) == ("Care 2", 80)
    opening = merged.data["sections"][0]["criteria"]
    assert [question["id"] for question in opening] == ["greets", "name", "recording"]
    assert opening[0]["question"] == "Does the agent greet?"


def test_where_both_changed_one_thing_what_was_saved_first_stands_and_the_other_is_handed_back() -> None:
    merged = merge(BASE, changed(title="Mine", pass_mark=80), changed(title="Theirs"))
    assert merged.data == changed(title="Theirs", pass_mark=80)
    assert merged.clashes == (Clash(("title",), "Mine"),)


def test_a_clash_within_a_question_is_named_by_ids() -> None:
    mine = changed(sections=questions("greets", "name", greets="Mine?"))
    theirs = changed(sections=questions("name", "greets", greets="Theirs?"))
    merged = merge(BASE, mine, theirs)
    assert merged.clashes == (Clash(("sections", "opening", "criteria", "greets", "question"), "Mine?"),)
    assert [question["id"] for question in merged.data["sections"][0]["criteria"]] == ["name", "greets"]


def test_a_question_that_one_took_out_and_the_other_changed_stays_with_the_change() -> None:
    without = changed(sections=questions("name"))
    reworded = changed(sections=questions("greets", "name", greets="Does the agent greet?"))
    kept = merge(BASE, reworded, without).data["sections"][0]["criteria"]
    assert {"id": "greets", "question": "Does the agent greet?"} in kept
    merged = merge(BASE, without, reworded)
    assert merged.data["sections"] == reworded["sections"]
    assert merged.clashes == (Clash(("sections", "opening", "criteria", "greets"), None),)


plain = st.recursive(
    st.none() | st.booleans() | st.integers(0, 3) | st.text("ab", max_size=2),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["id", "x", "y"]), inner, max_size=3),
    max_leaves=8,
)


@given(plain, plain)
def test_what_only_one_changed_is_taken_whatever_it_is(base: Any, other: Any) -> None:
    assert merge(base, other, base).data == other
    assert merge(base, base, other).data == other
    assert merge(base, other, other).data == other
    assert merge(base, other, other).clashes == ()
