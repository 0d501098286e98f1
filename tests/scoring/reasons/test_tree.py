"""What is a tree of reasons, and what is wrong with one that is none?"""

from pathlib import Path

import pytest

from errors import InputError
from scoring.reasons.tree import Group, Reason, Tree, read_tree, read_tree_file, starting_tree, tree_of, write_tree
from tests.reasons import a_tree


def test_a_tree_that_is_written_and_read_is_the_same() -> None:
    for tree in (a_tree(), starting_tree()):
        assert read_tree(write_tree(tree)) == tree == tree_of(tree.to_dict())
        assert read_tree(write_tree(tree)).content_hash == tree.content_hash


def test_every_problem_is_named_with_its_place() -> None:
    wrong = """
groups:
  - id: orders
    title: Orders
    reasons:
      - {id: late, title: Late, examples: [one, two]}
      - {id: Late Again, title: Late}
      - {id: late, title: '', exmples: []}
"""
    with pytest.raises(InputError) as found:
        read_tree(wrong, "ours.yaml")
    for part in (
        "ours.yaml",
        "at least 3 examples",
        "an id is wanted",
        "a title is wanted",
        "exmples",
        "more than one reason",
    ):
        assert part in str(found.value)


def test_every_problem_is_named_with_its_line() -> None:
    wrong = "groups:\n  - id: orders\n    title: Orders\n    reasons:\n      - id: Late\n        title: Late\n" + (
        "        examples:\n          - one\n          - 2025\n      - {id: a, title: A}\n      - {id: a, title: B}\n"
    )
    with pytest.raises(InputError) as found:
        read_tree(wrong, "ours.yaml")
    assert [line.split(":")[0] for line in str(found.value).splitlines()] == [
        "ours.yaml line 5, orders, reason 1",
        "ours.yaml line 9, orders, reason 1",
        "ours.yaml line 11, a",
    ]


def test_a_tree_has_so_many_reasons_and_examples_at_most() -> None:
    def reason(n: int, examples: int) -> Reason:
        return Reason(f"r{n}", "Title", tuple(f"Example {n} {m}" for m in range(examples)))

    with pytest.raises(InputError, match="201 reasons; at most 200"):
        tree_of(Tree((Group("g", "G", tuple(reason(n, 3) for n in range(201))),)).to_dict())
    with pytest.raises(InputError, match="6,020 examples; at most 6,000"):
        tree_of(Tree((Group("g", "G", tuple(reason(n, 301) for n in range(20))),)).to_dict())


def test_a_file_that_is_no_text_is_a_sentence(tmp_path: Path) -> None:
    file = tmp_path / "tree.yaml"
    file.write_bytes(b"groups:\n  - \xff")
    with pytest.raises(InputError, match="line 2: this is not UTF-8"):
        read_tree_file(file)


@pytest.mark.parametrize("text", ["", "groups: 3", "[", "groups: []", "a: &a [*a]"])
def test_what_is_no_tree_is_refused_with_a_sentence(text: str) -> None:
    with pytest.raises(InputError):
        read_tree(text)


def test_a_given_name_finds_its_reason_whatever_its_case() -> None:
    assert [a_tree().named(name) for name in ("wismo", "Parcel is late", "refund", "Something else", "")] == [
        "late", "late", "refund", "", "",
    ]  # fmt: skip
