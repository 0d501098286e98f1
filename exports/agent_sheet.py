"""What does a coach, or an agent, bring to the meeting about one person's calls: a page or two to read and write on?"""

from coaching.gaps import SURE, Rate
from coaching.personal import Moment, Practice, Room, Score
from exports.paper import MARGIN, QUIET, Made, Paper, printable, ruled_lines
from exports.words import clock, count, day, direction_words, moment, percent, plain

_CHART = 33.0
"""Millimetres of height of a chart."""


def agent_sheet(room: Room, made: Made) -> bytes:
    """One person's page of a time as a PDF: what goes well, one thing to practise, which way it goes, lines to write on."""
    paper = Paper(room.name, made)
    where = f"{room.team}, " if room.team else ""
    paper.title_line(f"{where}{day(room.start)} to {day(room.end)}, {count(room.calls, 'call')}")
    paper.heading("What goes well")
    if not room.strengths:
        paper.words("Too few calls so far to say anything certain.")
    for praise in room.strengths:
        _rate(paper, praise.rate)
        if praise.moment is not None:
            _moment(paper, praise.moment, "")
    paper.heading("One thing to practise now", 40)
    if room.practice is None:
        paper.words(
            "No question is clearly below its target." if room.enough else "Too few calls so far to say anything fair."
        )
    else:
        _practice(paper, room.practice)
    if room.others:
        paper.heading("Later")
        for rate in room.others:
            _rate(paper, rate)
    paper.heading("Which way it goes", _CHART + 20)
    paper.words(
        "The mean score of each week’s calls, of 100. The grey band is where that week’s score lies with a likelihood of "
        f"{percent(SURE)}, the dashed line the pass mark.",
        "",
        8.5,
        QUIET,
    )
    _trends(paper, room.scores)
    paper.heading("What we agree", 34)
    ruled_lines(paper, 6)
    return paper.finished()


def _rate(paper: Paper, rate: Rate) -> None:
    """A question with how often it is met, drawn with its doubt and said in words."""
    paper.need(14)
    top = paper.get_y()
    paper.write_as("B", 9.5)
    paper.multi_cell(paper.width - 62, 4.4, printable(rate.question), new_x="LMARGIN", new_y="NEXT", align="L")
    below = paper.get_y()
    paper.likely_range(MARGIN + paper.width - 58, top + 2.2, 58, rate.low, rate.rate, rate.high, rate.target)
    paper.set_y(max(below, top + 5))
    paper.words(range_words(rate), "", 8.5, QUIET)
    paper.ln(1)


def range_words(rate: Rate) -> str:
    """How often something is met, with its doubt, in a sentence."""
    return (
        f"{percent(rate.observed)} of points in {count(rate.calls, 'call')}; over many calls likely {percent(rate.low)} to "
        f"{percent(rate.high)}, the aim (notch) is {percent(rate.target)}. {rate.title}."
    )


def _practice(paper: Paper, practice: Practice) -> None:
    _rate(paper, practice.rate)
    if practice.peers:
        shared = " They find it as hard, so it may be the question or the process." if practice.is_shared else ""
        paper.words(
            f"The middle half of {practice.peers.peers} colleagues with comparable calls: {percent(practice.peers.low)} to "
            f"{percent(practice.peers.high)}.{shared}",
            "",
            9,
        )
    if practice.rate.tip:
        paper.ln(0.6)
        paper.words(practice.rate.tip)
    for example in practice.examples:
        _moment(paper, example, "Here it went well: " if example.verdict.value == "met" else "Here it was missed: ")


def _moment(paper: Paper, found: Moment, before: str) -> None:
    place = f", at {clock(found.start)}" if found.start is not None else ""
    paper.need(12)
    if found.quote:
        paper.words(f"{before}“{found.quote}”", "I", 9.5, indent=5)
    paper.words(f"{plain(found.why)} Call of {moment(found.started_at)} UTC{place}.", "", 8.5, QUIET, 5)
    paper.ln(1)


def _trends(paper: Paper, scores: tuple[Score, ...]) -> None:
    half = (paper.width - 6) / 2
    for number, score in enumerate(scores):
        side = number % 2
        if side == 0:
            paper.need(_CHART + 16)
            top = paper.get_y() + 1
        x = MARGIN + side * (half + 6)
        paper.write_as("B", 9)
        paper.text(x, top + 3.2, paper.fitted(half, f"{score.title}: {score.mean:.0f}"))
        paper.trend(x, top + 4, half, _CHART, score.weeks, score.pass_mark)
        paper.set_xy(x, top + _CHART + 4.5)
        paper.write_as("", 8, QUIET)
        peers = (
            f" Colleagues’ middle half: {100 * score.peers.low:.0f} to {100 * score.peers.high:.0f}." if score.peers else ""
        )
        passed = f"{score.passed} of {count(score.calls, 'call')} passed. "
        paper.multi_cell(
            half, 3.6, printable(f"{passed}{direction_words(score.direction)}{peers}"), new_x="LMARGIN", new_y="NEXT"
        )
        paper.set_y(max(paper.get_y(), top + _CHART + 13) if side or number == len(scores) - 1 else top)
