"""What does a team's month look like on one page: how it goes, who is where, what to train and what to be proud of?"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from coaching.gaps import Belongs, Gap, Strength
from coaching.personal import Score
from exports.paper import MARGIN, QUIET, Made, Paper, printable
from exports.words import count, day, direction_words, percent

MOST_SCORES, MOST_PEOPLE, MOST_GAPS, MOST_STRENGTHS = 4, 14, 5, 3
"""What fits on one page; what is left out is said."""


@dataclass(frozen=True)
class Person:
    """An agent's calls in the time, and their mean total by scorecard title."""

    name: str
    calls: int
    means: Mapping[str, float]


@dataclass(frozen=True)
class TeamReport:
    """A team's time: `start` and `end` are its first and last day. People by name; gaps and strengths the largest first."""

    name: str
    start: date
    end: date
    calls: int
    hours: float
    failed: int
    unsure: int
    scores: tuple[Score, ...]
    people: tuple[Person, ...]
    gaps: tuple[Gap, ...]
    strengths: tuple[Strength, ...]
    processes: str = ""
    """How often customers came back, waited long or were passed on, and what is worth a question; empty where not known."""


def team_sheet(report: TeamReport, made: Made) -> bytes:
    """The report as a PDF of one page."""
    paper = Paper(f"Team {report.name}", made)
    paper.title_line(
        f"{day(report.start)} to {day(report.end)}: {count(report.calls, 'call')}, {report.hours:.1f} hours of talk; "
        f"{count(report.failed, 'call')} with an automatic failure, {count(report.unsure, 'call')} waiting for a person"
    )
    if report.processes:
        paper.words(printable(report.processes), "", 8.5)
    draw_scores(paper, report.scores, MOST_SCORES)
    draw_gaps(paper, report.gaps, MOST_GAPS)
    _strengths(paper, report.strengths)
    _people(paper, report)
    return paper.finished()


def draw_scores(paper: Paper, scores: tuple[Score, ...], most: int) -> None:
    """The mean scores of each week, of so many scorecards at most."""
    paper.words("Mean score of each week, of 100; grey: the likely range, dashed: the pass mark", "B", 10)
    shown = scores[:most]
    half, high = (paper.width - 6) / 2, 25.0
    top = paper.get_y() + 1
    for number, score in enumerate(shown):
        x, y = MARGIN + (number % 2) * (half + 6), top + (number // 2) * (high + 9)
        paper.write_as("B", 9)
        paper.text(x, y + 3.2, paper.fitted(half, f"{score.title}: {score.mean:.0f}"))
        paper.trend(x, y + 3.5, half, high, score.weeks, score.pass_mark)
        paper.write_as("", 7.5, QUIET)
        said = f"{score.passed} of {count(score.calls, 'call')} passed. {direction_words(score.direction, short=True)}"
        paper.text(x, y + high + 6.2, paper.fitted(half, said))
    paper.set_y(top + (len(shown) + 1) // 2 * (high + 9))
    say_left_out(paper, len(scores) - len(shown), "scorecard")


def draw_gaps(paper: Paper, gaps: tuple[Gap, ...], most: int) -> None:
    """What to train, so many gaps at most, each with the range it is likely in."""
    paper.heading("What to train", 10)
    if not gaps:
        paper.words("No gap is likely enough to name one.", "", 9)
    for gap in gaps[:most]:
        rate, top = gap.rate, paper.get_y()
        whose = {Belongs.TEAM: "the team", Belongs.EVERYONE: "everybody: process or wording first"}.get(
            gap.belongs, rate.name
        )
        paper.write_as("B", 9)
        paper.text(MARGIN, top + 3.2, paper.fitted(paper.width - 60, f"{whose[0].upper()}{whose[1:]}: {rate.question}"))
        paper.write_as("", 8, QUIET)
        said = f"{percent(rate.low)} to {percent(rate.high)} likely, aim {percent(rate.target)}, {count(rate.calls, 'call')}"
        paper.text(MARGIN, top + 6.6, paper.fitted(paper.width - 60, f"{rate.title}. {said}"))
        paper.likely_range(MARGIN + paper.width - 56, top + 3.4, 56, rate.low, rate.rate, rate.high, rate.target)
        paper.set_y(top + 8.6)
    say_left_out(paper, len(gaps) - most, "gap")


def _strengths(paper: Paper, strengths: tuple[Strength, ...]) -> None:
    paper.heading("What to be proud of", 10)
    if not strengths:
        paper.words("Nothing stands out above comparable teams and people yet.", "", 9)
    for one in strengths[:MOST_STRENGTHS]:
        rate = one.rate
        paper.write_as("", 9)
        said = f"{rate.name}: {rate.question} {percent(rate.rate)}, comparable others {percent(rate.peers)}"
        paper.cell(0, 4.4, paper.fitted(paper.width, said), new_x="LMARGIN", new_y="NEXT")


def _people(paper: Paper, report: TeamReport) -> None:
    titles = [score.title for score in report.scores[:MOST_SCORES]]
    paper.heading("Who is where: mean scores", 10)
    wide = (paper.width - 62) / max(1, len(titles))
    paper.write_as("B", 8)
    paper.cell(46, 4.2, "Agent")
    paper.cell(16, 4.2, "Calls", align="R")
    for title in titles:
        paper.cell(wide, 4.2, paper.fitted(wide - 2, title), align="R")
    paper.ln(4.6)
    paper.rule()
    left = max(1, int((paper.h - 24 - paper.get_y()) / 4.3))
    shown = report.people[: min(MOST_PEOPLE, left)]
    for person in shown:
        paper.write_as("", 9)
        paper.cell(46, 4.3, paper.fitted(45, person.name))
        paper.cell(16, 4.3, f"{person.calls:,}", align="R")
        for title in titles:
            paper.cell(wide, 4.3, f"{person.means[title]:.0f}" if title in person.means else "–", align="R")
        paper.ln(4.3)
    say_left_out(paper, len(report.people) - len(shown), "person", "people")


def say_left_out(paper: Paper, number: int, one: str, many: str = "") -> None:
    """Say how many more there are than fit."""
    if number > 0:
        paper.write_as("", 8, QUIET)
        words = count(number, f"more {one}", f"more {many or one + 's'}")
        paper.cell(0, 4, printable(f"{words} on the dashboard."), new_x="LMARGIN", new_y="NEXT")
