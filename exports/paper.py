"""How is a page printed: its fonts, its foot, and the drawings that are read without colour?

PDF by fpdf2, offline, with the fonts of a package embedded, cut down to the letters that are used. Everything handed in is
text and stays text: nothing is read as markup. A verdict is a shape and a word, a line is solid or dashed, a range is a bar
with a dot and a notch, so that a black-and-white printer loses nothing.
"""

import logging
import math
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from itertools import pairwise
from pathlib import Path

import font_source_sans_pro
from fontTools.ttLib import TTFont
from fpdf import FPDF

from coaching.weekly import WeekMean
from exports.words import VERDICTS, day, moment
from scoring.result import Verdict

logging.getLogger("fontTools").setLevel(logging.WARNING)  # it tells of every table that it cuts down

FAMILY = "Source Sans Pro"
_FONTS = Path(font_source_sans_pro.__file__).parent / "files"
_FILES = {"": "SourceSansPro-Regular.ttf", "B": "SourceSansPro-Bold.ttf", "I": "SourceSansPro-It.ttf"}

MARGIN = 16.0
"""Millimetres on each side of an A4 page."""

INK, QUIET, LINE, BAND = 20, 95, 165, 222
"""Shades of grey, 0 is black; all but the last two are dark enough to be read."""

UNKNOWN = "□"
"""What stands for a letter that the font does not have."""


_PAGES = "{  }"
"""Stands for the number of pages until it is known; two blanks, which no text has once it is made printable."""


@lru_cache(maxsize=2)
def _letters(style: str = "") -> frozenset[int]:
    with TTFont(_FONTS / _FILES[style], lazy=True) as font:
        return frozenset(font.getBestCmap())


def printable(text: str) -> str:
    """The text in one line's letters that can be printed: no control characters, and a box where the font has none."""
    plain = unicodedata.normalize("NFC", " ".join(text.split()))
    stand_in = UNKNOWN if ord(UNKNOWN) in _letters() else "?"
    return "".join(
        letter if ord(letter) in _letters() else "" if unicodedata.category(letter) in ("Cc", "Cf", "Mn") else stand_in
        for letter in plain
    )


@dataclass(frozen=True)
class Made:
    """For whom something was written down, and when."""

    whom: str
    at: datetime

    def __str__(self) -> str:
        return f"For {self.whom}, made {moment(self.at)} UTC" if self.whom else f"Made {moment(self.at)} UTC"


class Paper(FPDF):
    """An A4 page in the making, in millimetres from its top left corner."""

    def __init__(self, title: str, made: Made) -> None:
        super().__init__(format="A4")
        for style, file in _FILES.items():
            self.add_font(FAMILY, style, _FONTS / file)
        self.alias_nb_pages(_PAGES)
        self._foot = printable(str(made))
        self._title = printable(title)
        self.set_margins(MARGIN, 14, MARGIN)
        self.c_margin = 0  # what stands in a cell begins where what is drawn begins
        self.set_auto_page_break(True, margin=17)
        self.set_title(self._title)
        self.set_author("Attune")
        self.set_lang("en")
        self.set_creation_date(made.at)
        self.write_as("", 10)
        self.add_page()

    @property
    def width(self) -> float:
        """Millimetres between the margins."""
        return float(self.epw)

    def header(self) -> None:
        """The title once more, small, from the second page on."""
        if self.page_no() > 1:
            self.write_as("", 8, QUIET)
            self.cell(0, 4, self._title, new_x="LMARGIN", new_y="NEXT")
            self.ln(2)

    def footer(self) -> None:
        """For whom it was made, when, and which page it is."""
        self.set_y(-12)
        self.write_as("", 8, QUIET)
        self.cell(self.width / 2, 4, self._foot)
        self.cell(0, 4, f"Attune · page {self.page_no()} of {_PAGES}", align="R")

    def write_as(self, style: str, size: float, shade: int = INK) -> None:
        """What comes is written so: style `B` or `I` or neither, size in points, shade of grey."""
        self.set_font(FAMILY, style, size)
        self.set_text_color(shade)
        self.set_draw_color(shade)
        self.set_line_width(0.2)

    def title_line(self, below: str) -> None:
        """The title with a quieter line below it."""
        self.write_as("B", 17)
        self.multi_cell(0, 7.5, self._title, new_x="LMARGIN", new_y="NEXT")
        self.write_as("", 9.5, QUIET)
        self.multi_cell(0, 4.6, printable(below), new_x="LMARGIN", new_y="NEXT")
        self.ln(2)

    def heading(self, words: str, room: float = 22) -> None:
        """A heading, on the next page where less than `room` millimetres are left on this one."""
        self.need(room)
        self.ln(2)
        self.write_as("B", 12)
        self.multi_cell(0, 6, printable(words), new_x="LMARGIN", new_y="NEXT")
        self.ln(0.5)

    def words(self, text: str, style: str = "", size: float = 10, shade: int = INK, indent: float = 0) -> None:
        """A paragraph across the page."""
        text = printable(text)
        upright = style == "I" and not _letters("I").issuperset(map(ord, text))  # the italic has fewer alphabets
        self.write_as("" if upright else style, size, shade)
        self.set_x(MARGIN + indent)
        self.multi_cell(self.width - indent, size * 0.46, text, new_x="LMARGIN", new_y="NEXT", align="L")

    def need(self, millimetres: float) -> None:
        """Go to the next page where less than that is left on this one."""
        if self.get_y() + millimetres > self.h - 17:
            self.add_page()

    def rule(self) -> None:
        """A thin line across the page."""
        self.set_draw_color(LINE)
        self.set_line_width(0.15)
        self.line(MARGIN, self.get_y(), MARGIN + self.width, self.get_y())
        self.ln(1.2)

    def fitted(self, width: float, text: str) -> str:
        """The text, cut down with an ellipsis to what fits into so many millimetres as it is written now."""
        text = printable(text)
        if self.get_string_width(text) <= width:
            return text
        while text and self.get_string_width(text + "…") > width:
            text = text[:-1]
        return text.rstrip() + "…"

    # Drawings

    def verdict(self, x: float, y: float, verdict: Verdict, words: str = "") -> None:
        """A verdict's shape with its word; (x, y) is the top left corner of a line of 9 points."""
        self.set_draw_color(INK)
        self.set_fill_color(INK)
        self.set_line_width(0.45)
        middle = y + 2.1
        match verdict:
            case Verdict.MET:
                self.polyline([(x + 0.2, middle), (x + 1.1, middle + 1), (x + 2.8, middle - 1.1)])
            case Verdict.NOT_MET:
                self.line(x + 0.3, middle - 1.1, x + 2.6, middle + 1.1)
                self.line(x + 0.3, middle + 1.1, x + 2.6, middle - 1.1)
            case Verdict.PARTLY:
                self.circle(x + 1.45, middle, 1.15)
                self.solid_arc(x + 1.45, middle, 1.15, 90, 270, style="F")
            case Verdict.NOT_APPLICABLE:
                self.line(x + 0.3, middle, x + 2.6, middle)
            case Verdict.UNSURE:
                self.circle(x + 1.45, middle, 1.15)
        self.write_as("B", 9)
        self.text(x + 4, y + 3.1, printable(words or VERDICTS[verdict]))

    def score(self, x: float, y: float, width: float, total: float | None, mark: float) -> None:
        """A bar from 0 to 100 with a notch at the pass mark."""
        self.set_draw_color(LINE)
        self.set_line_width(0.2)
        self.rect(x, y, width, 2.6)
        self.set_fill_color(110)
        if total:
            self.rect(x, y, width * total / 100, 2.6, style="F")
        self.set_draw_color(INK)
        self.set_line_width(0.5)
        self.line(x + width * mark / 100, y - 0.9, x + width * mark / 100, y + 3.5)

    def likely_range(self, x: float, y: float, width: float, low: float, rate: float, high: float, target: float) -> None:
        """Where a rate likely lies: a bar, with a dot at the estimate and a notch at the target; shares of 0 to 1."""
        self.set_draw_color(LINE)
        self.set_line_width(0.2)
        self.line(x, y, x + width, y)
        self.set_fill_color(LINE)
        self.rect(x + width * low, y - 0.8, max(0.3, width * (high - low)), 1.6, style="F")
        self.set_fill_color(INK)
        self.circle(x + width * rate, y, 1.05, style="F")
        self.set_draw_color(INK)
        self.set_line_width(0.5)
        self.line(x + width * target, y - 2, x + width * target, y + 2)

    def trend(self, x: float, y: float, width: float, height: float, weeks: Sequence[WeekMean], mark: float) -> None:
        """Mean scores by week with the range of each, against the pass mark as a dashed line."""
        left, bottom = x + 7, y + height - 5
        across, up = width - 9, height - 7
        first = weeks[0].week
        span = max(1, (weeks[-1].week - first).days)

        def at(week: WeekMean, value: float) -> tuple[float, float]:
            share = (week.week - first).days / span if len(weeks) > 1 else 0.5
            return left + 2 + (across - 4) * share, bottom - up * value / 100

        known = [(week, week.low, week.high) for week in weeks if week.low is not None and week.high is not None]
        if len(known) > 1:
            self.set_fill_color(BAND)
            above = [at(week, high) for week, _, high in known]
            self.polygon([*above, *(at(week, low) for week, low, _ in reversed(known))], style="F")
        self._grid(left, bottom, across, up, [(0, "0"), (50, "50"), (100, "100")], 0, 100)
        self._dashed(left, bottom - up * mark / 100, left + across, bottom - up * mark / 100)
        self.set_draw_color(INK)
        self.set_fill_color(INK)
        self.set_line_width(0.4)
        dots = [at(week, week.mean) for week in weeks]
        if len(dots) > 1:
            self.polyline(dots)
        for dot in dots:
            self.circle(*dot, 0.6, style="F")
        self.write_as("", 7, QUIET)
        self.text(left, bottom + 3.2, day(first))
        last = day(weeks[-1].week)
        if len(weeks) > 1:
            self.text(left + across - self.get_string_width(last), bottom + 3.2, last)

    def two_lines(
        self,
        y: float,
        height: float,
        solid: Sequence[tuple[float, float]],
        dashed: Sequence[tuple[float, float]],
        ends: tuple[str, str],
    ) -> None:
        """Two lines of (place from 0 to 1, valence from -1 to 1) across the page, one solid, one dashed with open dots."""
        left, bottom = MARGIN + 15, y + height - 5
        across, up = self.width - 17, height - 7
        most = max(0.4, *(1.1 * abs(value) for _, value in (*solid, *dashed)))
        marks = [(-most, "negative"), (0.0, "neutral"), (most, "positive")]
        self._grid(left, bottom, across, up, marks, -most, most)

        def at(point: tuple[float, float]) -> tuple[float, float]:
            return left + across * point[0], bottom - up * (point[1] + most) / (2 * most)

        self.set_draw_color(INK)
        self.set_line_width(0.5)
        if len(solid) > 1:
            self.polyline([at(point) for point in solid])
        self.set_fill_color(255)
        for before, after in pairwise(dashed):
            self._dashed(*at(before), *at(after), shade=INK, width=0.35)
        self.set_line_width(0.25)
        for point in dashed:
            self.circle(*at(point), 0.6, style="DF")
        self.write_as("", 7, QUIET)
        self.text(left, bottom + 3.4, printable(ends[0]))
        self.text(left + across - self.get_string_width(printable(ends[1])), bottom + 3.4, printable(ends[1]))

    def _grid(
        self,
        left: float,
        bottom: float,
        across: float,
        up: float,
        marks: Sequence[tuple[float, str]],
        low: float,
        high: float,
    ) -> None:
        for value, words in marks:
            height = bottom - up * (value - low) / (high - low)
            self.set_draw_color(LINE)
            self.set_line_width(0.12)
            self.line(left, height, left + across, height)
            self.write_as("", 7, QUIET)
            self.text(left - 1.2 - self.get_string_width(words), height + 0.9, words)

    def _dashed(self, x: float, y: float, to_x: float, to_y: float, shade: int = QUIET, width: float = 0.3) -> None:
        self.set_draw_color(shade)
        self.set_line_width(width)
        self.set_dash_pattern(dash=1.4, gap=1.0)
        self.line(x, y, to_x, to_y)
        self.set_dash_pattern()

    def finished(self) -> bytes:
        """The whole as a file."""
        return bytes(self.output())


def ruled_lines(paper: Paper, number: int, apart: float = 7.5) -> None:
    """Empty lines to write on, as many as are asked for and fit on the page."""
    room = math.floor((paper.h - 19 - paper.get_y()) / apart)
    for _ in range(min(number, room)):
        paper.ln(apart)
        paper.rule()
        paper.ln(-1.2)
