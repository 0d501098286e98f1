"""What a page on paper may be relied on for: accents print, nothing is markup, and no letter breaks it."""

import io
from datetime import UTC, datetime
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from pypdf import PdfReader

from exports.paper import Made, Paper, printable

MADE = Made("Mira Holt", datetime(2026, 8, 20, 9, 30, tzinfo=UTC))


def words_on(pdf: bytes) -> str:
    """The words of every page, with single blanks."""
    return " ".join(" ".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages).split())


def test_accents_other_alphabets_and_typographic_signs_are_printed_and_read_back() -> None:
    paper = Paper("Zoë Ångström", MADE)
    paper.words("Łukasz żałuje: “naïve” – £5 or €7 … Ωμέγα, Дмитрий")
    paper.words("Дмитрий, ещё раз", "I")
    assert "Łukasz żałuje: “naïve” – £5 or €7 … Ωμέγα, Дмитрий Дмитрий, ещё раз" in words_on(paper.finished())


def test_what_looks_like_markup_is_printed_as_it_is() -> None:
    paper = Paper("<b>Ana</b>", MADE)
    paper.title_line("below")
    paper.words("**not bold** <img src=x onerror=alert(1)> {nb} {  } \\u0041")
    words = words_on(paper.finished())
    assert "<b>Ana</b>" in words
    assert "**not bold** <img src=x onerror=alert(1)> {nb} { } \\u0041" in words


def test_a_letter_that_the_font_does_not_have_leaves_a_stand_in_and_harms_nothing() -> None:
    assert len(printable("ok 好 🙂")) == len("ok 好 🙂")
    assert printable("a\x00b\x1bc\u200fd") == "abcd"


def test_the_foot_says_for_whom_and_which_page() -> None:
    paper = Paper("Two pages", MADE)
    paper.add_page()
    words = words_on(paper.finished())
    assert "For Mira Holt, made Thu 20 Aug 2026, 09:30 UTC" in words
    assert "page 2 of 2" in words


def test_fonts_are_embedded_so_that_it_prints_the_same_anywhere() -> None:
    paper = Paper("Fonts", MADE)
    paper.words("bold too", "B")
    page = PdfReader(io.BytesIO(paper.finished())).pages[0]
    fonts: Any = page["/Resources"]
    for font in fonts["/Font"].values():
        descriptor = font.get_object()["/DescendantFonts"][0].get_object()["/FontDescriptor"].get_object()
        assert "/FontFile2" in descriptor


def test_it_is_drawn_without_colour() -> None:
    from scoring.result import Verdict

    paper = Paper("Grey", MADE)
    for number, verdict in enumerate(Verdict):
        paper.verdict(20, 40 + 8 * number, verdict)
    paper.likely_range(20, 100, 50, 0.2, 0.4, 0.6, 0.8)
    paper.two_lines(120, 30, [(0, 0.1), (1, 0.4)], [(0, -0.5), (1, 0.3)], ("0:00", "1:00"))
    content = PdfReader(io.BytesIO(paper.finished())).pages[0].get_contents()
    assert content is not None
    operators = {operator for _, operator in content.operations}
    assert operators & {b"g", b"G"}
    assert not operators & {b"rg", b"RG", b"k", b"K"}


@settings(max_examples=25, deadline=None)
@given(st.text(max_size=200))
def test_any_text_can_be_printed(text: str) -> None:
    paper = Paper(text or "nothing", MADE)
    paper.words(text)
    assert paper.finished().startswith(b"%PDF")
