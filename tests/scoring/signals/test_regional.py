"""Is a turn the same wherever its speaker comes from, and does evidence still quote what was said?"""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scoring.signals.regional import plain, unmasked


@pytest.mark.parametrize(
    ("said", "anywhere"),
    [
        ("Ta, love, that's grand.", "Thanks, that's grand."),
        ("It's on its way, mate. Is that all right, sir?", "It's on its way. Is that all right?"),
        ("He's not in, innit.", "He's not in."),
        ("Aye, there's nowt else.", "Yes, there's nothing else."),
        ("thank you love", "thank you"),
        ("G’day, cheers for ringing.", "Hello, thanks for ringing."),
    ],
)
def test_the_marks_of_a_region_go(said: str, anywhere: str) -> None:
    assert plain(said).text == anywhere


@pytest.mark.parametrize(
    "said", ["I love it, and my mate does too.", "Dear me.", "I'd like that.", "Sir Alan rang.", "Tabby", ""]
)
def test_words_that_say_something_stay(said: str) -> None:
    assert plain(said).text == said


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("My name is #NAME#.", "My name is Sam."),
        ("It's [PERSON_NAME_1], or <EMAIL_ADDRESS>.", "It's Sam, or email address."),
        ("Ta, love, the order is {{ORDER_NUMBER}}.", "Thanks, the order is order number."),
        ("The card XXXX XXXX-1234, and [PII].", "The card 1234, and ."),
        ("[PII]", ""),
        ("****", ""),
        ("!!! 😀", ""),
        ("<b>Thanks XXX</b> [laughs] #1, your [card number]", "<b>Thanks XXX</b> [laughs] #1, your [card number]"),
    ],
)
def test_what_another_system_wrote_for_private_words_is_read_as_words(written: str, read: str) -> None:
    assert unmasked(written).text == read


def test_a_quote_with_a_masked_name_has_the_mask() -> None:
    text = "Right, my name is #NAME#. Go on."
    found = unmasked(text)
    assert text[slice(*found.within_original(0, found.text.index(" Go")))] == "Right, my name is #NAME#."


def test_a_quote_is_what_was_said() -> None:
    text = "Ta, love. Aye, I posted it, pal, on Friday."
    found = plain(text)
    start = found.text.index("Yes")
    assert text[slice(*found.within_original(start, len(found.text)))] == "Aye, I posted it, pal, on Friday."
    assert text[slice(*found.within_original(0, len("Thanks")))] == "Ta"


SAID = "ta aye love, , mate. cheerio ain't you thanks I it's. wee y'all?"


@given(st.lists(st.sampled_from(SAID.split()), max_size=12))
def test_every_letter_comes_from_somewhere_in_order(words: list[str]) -> None:
    text = " ".join(words)
    found = plain(text)
    assert len(found.places) == len(found.text) + 1
    assert list(found.places) == sorted(found.places)
    assert found.places[-1] == len(text)
