"""What does a partner's month look like on one page: how it stands beside our own, which way it goes, and what to train?"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from coaching.gaps import Gap
from coaching.personal import Score
from exports.paper import MARGIN, QUIET, Made, Paper, printable
from exports.team_sheet import draw_gaps, draw_scores, say_left_out
from exports.words import count, day

MOST_LINES, MOST_SCORES, MOST_GAPS, MOST_TEAMS, MOST_SAID = 10, 2, 3, 6, 3
"""What fits on one page; what is left out is said."""


@dataclass(frozen=True)
class CardLine:
    """A figure of a scorecard's calls in words: the partner's, ours, the difference on the same mix, and what it says."""

    title: str
    own: str
    ours: str
    same_mix: str
    verdict: str
    sentence: str


@dataclass(frozen=True)
class TeamLine:
    """One of the partner's teams, and its mean totals by scorecard title."""

    name: str
    calls: int
    agents: int
    means: Mapping[str, float]


@dataclass(frozen=True)
class PartnerReport:
    """A partner's time: `start` and `end` are its first and last day. Gaps the largest first, teams by name."""

    name: str
    kind: str
    start: date
    end: date
    calls: int
    agents: int
    lines: tuple[CardLine, ...]
    method: str
    scores: tuple[Score, ...]
    gaps: tuple[Gap, ...]
    teams: tuple[TeamLine, ...]


def partner_sheet(report: PartnerReport, made: Made) -> bytes:
    """The report as a PDF of one page."""
    paper = Paper(report.name, made)
    paper.title_line(
        f"{report.kind}, {day(report.start)} to {day(report.end)}: {count(report.calls, 'scored call')} of "
        f"{count(report.agents, 'agent')}"
    )
    _lines(paper, report)
    draw_scores(paper, report.scores, MOST_SCORES)
    draw_gaps(paper, report.gaps, MOST_GAPS)
    _teams(paper, report)
    return paper.finished()


def _lines(paper: Paper, report: PartnerReport) -> None:
    paper.heading("Beside our own", 10)
    widths = (paper.width - 112, 16.0, 16.0, 37.0, 43.0)
    paper.write_as("B", 8)
    for wide, title in zip(widths, ("", "Theirs", "Ours", "On the same mix", ""), strict=True):
        paper.cell(wide, 4.2, title, align="L" if not title else "R")
    paper.ln(4.6)
    paper.rule()
    for line in report.lines[:MOST_LINES]:
        for place, (wide, words) in enumerate(
            zip(widths, (line.title, line.own, line.ours, line.same_mix, line.verdict), strict=True)
        ):
            paper.write_as("", 8.5)
            paper.cell(wide, 4.2, paper.fitted(wide - 1, words), align="R" if place else "L")
        paper.ln(4.3)
    say_left_out(paper, len(report.lines) - MOST_LINES, "figure")
    for line in report.lines[:MOST_SAID]:
        paper.words(printable(f"{line.title}. {line.sentence}"), "", 8.5)
    paper.words(printable(report.method), "", 7.5, QUIET)


def _teams(paper: Paper, report: PartnerReport) -> None:
    titles = [score.title for score in report.scores[:4]]
    paper.heading("Its teams: mean scores", 10)
    wide = (paper.width - 78) / max(1, len(titles))
    paper.write_as("B", 8)
    for width, words in ((46, "Team"), (16, "Calls"), (16, "Agents"), *((wide, title) for title in titles)):
        paper.cell(width, 4.2, paper.fitted(width - 2, words), align="L" if words == "Team" else "R")
    paper.ln(4.6)
    paper.rule()
    room = max(1, int((paper.h - 24 - paper.get_y()) / 4.3))
    shown = report.teams[: min(MOST_TEAMS, room)]
    for team in shown:
        paper.write_as("", 9)
        paper.cell(46, 4.3, paper.fitted(45, team.name))
        for width, words in (
            (16, f"{team.calls:,}"),
            (16, f"{team.agents}"),
            *((wide, f"{team.means[title]:.0f}" if title in team.means else "–") for title in titles),
        ):
            paper.cell(width, 4.3, words, align="R")
        paper.ln(4.3)
    paper.set_x(MARGIN)
    say_left_out(paper, len(report.teams) - len(shown), "team")
