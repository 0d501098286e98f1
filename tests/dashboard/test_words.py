"""Figures, times and reasons in plain words."""

import pytest

from dashboard.widgets.words import clock, count, excerpt, length, literal, percent, plain, sentiment, signed


@pytest.mark.parametrize(
    ("seconds", "said"), [(0, "0 s"), (45.4, "45 s"), (60, "1 min"), (125, "2 min 5 s"), (4320, "1 h 12 min")]
)
def test_a_length_has_its_units(seconds: float, said: str) -> None:
    assert length(seconds) == said


def test_a_place_in_a_call_reads_like_a_clock() -> None:
    assert [clock(0), clock(65.9), clock(600)] == ["0:00", "1:05", "10:00"]


def test_one_is_not_many() -> None:
    assert [count(1, "call"), count(2, "call"), count(1250, "call")] == ["1 call", "2 calls", "1,250 calls"]


def test_a_percentage_stays_on_one_line() -> None:
    assert percent(0.724) == "72\N{NO-BREAK SPACE}%"


def test_sentiment_has_a_word_and_a_number() -> None:
    assert [sentiment(0.4), sentiment(0.0), sentiment(-0.4)] == ["positive (+0.40)", "neutral (0.00)", "negative (−0.40)"]


def test_a_difference_that_rounds_to_nothing_has_no_sign() -> None:
    assert [signed(one, 1) for one in (-0.04, 0.04, -0.06, 12.0)] == ["0.0", "0.0", "−0.1", "+12.0"]
    assert [signed(one, 0) for one in (-0.4, -0.6)] == ["0", "−1"]
    assert signed(float("nan")) == "–"


def test_a_regular_expression_is_said_in_words() -> None:
    assert plain("matches the pattern “\\bmy name('s| is)\\b”.") == "matches a listed wording."
    assert plain("for “\\ba\\b”, “\\bb\\b” and 2 more") == "for one of the listed wordings and 2 more"
    assert plain("the phrase “how are you?”") == "the phrase “how are you?”"


def test_markdown_is_taken_at_its_word() -> None:
    assert literal("![](http://x) *a* $b$ <i>") == r"!\[\](http\://x) \*a\* \$b\$ \<i\>"
    assert literal("Nadia Osei") == "Nadia Osei"


def test_a_long_turn_is_cut_to_what_is_around_the_words_sought() -> None:
    text = "before " * 100 + "REFUND " + "after " * 100
    cut = excerpt(text, "refund")
    assert "REFUND" in cut
    assert len(cut) < 250
    assert cut.startswith("…")
    assert cut.endswith("…")
    assert excerpt("short", "refund") == "short"
