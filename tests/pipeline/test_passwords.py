"""What may be a password, and who may be told that it is wrong?"""

import pytest

from errors import InputError
from pipeline.passwords import LONGEST, check_new, check_password, hash_password, new_password


@pytest.mark.parametrize(
    ("password", "why"),
    [
        ("short", "has 5 characters"),
        ("x" * (LONGEST + 1), "are the most"),
        ("password1234", "tried first"),
        ("Password12345!", "tried first"),
        ("Welcome2026!!", "tried first"),
        ("qwertyuiop123", "tried first"),
        ("123456789012", "tried first"),
        ("aaaaaaaaaaaa", "tried first"),
        ("abababababab", "tried first"),
        ("abcdefghijklmn", "tried first"),
        ("attuneattune1", "tried first"),
        ("nadiaosei2026", "your name"),
        ("Nadia.Osei.123", "your name"),
    ],
)
def test_what_is_tried_first_is_refused(password: str, why: str) -> None:
    with pytest.raises(InputError, match=why) as refused:
        check_new(password, "Nadia Osei", "nadia@attune.example")
    assert password not in str(refused.value)


@pytest.mark.parametrize(
    "password", ["correct horse battery staple", "lantern velvet 40 oar", "öl für das rote rad", "nadia likes grey herons"]
)
def test_length_is_enough_without_rules_of_composition(password: str) -> None:
    check_new(password, "Nadia Osei", "nadia@attune.example")


def test_a_new_password_of_ours_is_always_one() -> None:
    for _ in range(200):
        check_new(new_password(), "Nadia Osei", "nadia@attune.example")


def test_nobody_and_nothing_match_nothing() -> None:
    hashed = hash_password("lantern velvet 40 oar")
    assert check_password(hashed, "lantern velvet 40 oar")
    assert not check_password(hashed, "lantern velvet 40 oars")
    assert not check_password(None, "")
    assert not check_password("", "")
    assert not check_password(hashed, "x" * 10_000_000)
