"""What do the scorecards say of one call, on paper: every question, its answer, the words with their times, the feeling?"""

from collections.abc import Sequence

from exports.paper import MARGIN, QUIET, Made, Paper, printable
from exports.words import answer_label, came_about, clock, fails_words, length, moment, plain, searched_words
from scoring.result import CriterionResult
from storage.records import CallDetails, StoredEvaluation
from transcripts.model import Speaker

_ANSWERS = 31.0
"""Millimetres for the column of answers."""

MOST_PIECES = 3
"""Pieces of evidence printed for an answer; the call's page has all of them."""

SMOOTHED = 3
"""Turns of a side whose mean the line of sentiment shows."""


def call_sheet(details: CallDetails, made: Made) -> bytes:
    """The scorecards of a call as a PDF. `details` is what somebody may see of it; blind ones have no scorecards."""
    facts = details.facts
    paper = Paper(f"{facts.customer or 'A customer'} and {facts.agent or 'an agent'}", made)
    parts = [
        f"{moment(facts.started_at)} UTC",
        facts.direction,
        facts.queue,
        facts.team or "",
        length(details.transcript.duration_seconds),
        f"call {details.call_id}",
    ]
    paper.title_line(" · ".join(part for part in parts if part))
    if details.blind:
        paper.words("You judge this call before the machine’s answer is in sight, so nothing of it stands here.")
    elif not details.evaluations:
        paper.words("No scorecard was applied to this call.")
    else:
        _sentiment(paper, details)
    for stored in details.evaluations:
        _scorecard(paper, stored)
    return paper.finished()


def _sentiment(paper: Paper, details: CallDetails) -> None:
    agent, customer = _line(details, Speaker.AGENT), _line(details, Speaker.CUSTOMER)
    if not agent and not customer:
        return
    paper.heading("Sentiment along the call", 40)
    paper.words(
        "Solid: the agent. Dashed with open dots: the customer. The mean of a side’s last three turns.", "", 8.5, QUIET
    )
    top = paper.get_y() + 1
    end = clock(details.transcript.duration_seconds) if details.transcript.timed else "last turn"
    paper.two_lines(top, 30, agent, customer, ("0:00" if details.transcript.timed else "first turn", end))
    paper.set_y(top + 31)


def _line(details: CallDetails, side: Speaker) -> Sequence[tuple[float, float]]:
    """Where each turn of a side begins, from 0 to 1 of the call, and how its last turns sound together."""
    turns = details.transcript.turns
    recent: list[float] = []
    line: list[tuple[float, float]] = []
    whole = details.transcript.duration_seconds if details.transcript.timed else float(max(1, len(turns) - 1))
    for number, (turn, valence) in enumerate(zip(turns, details.valence, strict=True)):
        if turn.speaker is not side:
            continue
        recent = [*recent[-(SMOOTHED - 1) :], valence]
        place = (turn.start or 0.0) if details.transcript.timed else float(number)
        line.append((min(1.0, place / whole) if whole else 0.0, sum(recent) / len(recent)))
    return line


def _scorecard(paper: Paper, stored: StoredEvaluation) -> None:
    card, evaluation = stored.scorecard, stored.current
    paper.heading(f"{card.title}, version {card.version}", 40)
    top = paper.get_y()
    paper.write_as("B", 14)
    paper.text(MARGIN, top + 4.6, "–" if evaluation.total is None else f"{evaluation.total:.0f}")
    paper.score(MARGIN + 12, top + 1.6, 50, evaluation.total, card.pass_mark)
    said = "not scored" if evaluation.passed is None else "passed" if evaluation.passed else "did not pass"
    band = f", {card.band(evaluation.total)}" if card.band(evaluation.total) else ""
    paper.write_as("", 9.5)
    paper.text(MARGIN + 66, top + 4.2, printable(f"of 100, {said}{band}; pass mark {card.pass_mark:.0f}"))
    paper.set_y(top + 7.5)
    for sentence in came_about(stored):
        paper.words(sentence, "", 9, QUIET)
    for section in card.sections:
        paper.need(24)
        paper.ln(1.5)
        paper.words(section.title, "B", 10)
        paper.rule()
        for result in evaluation.results:
            if result.section == section.id:
                _answer(paper, stored, result)


def _answer(paper: Paper, stored: StoredEvaluation, result: CriterionResult) -> None:
    criterion = stored.scorecard.criterion(result.criterion)
    paper.need(15)
    top = paper.get_y()
    earned = "" if result.points is None else f"{result.points * result.weight:.3g} of {result.weight:g}"
    paper.write_as("", 8, QUIET)
    paper.text(MARGIN + paper.width - paper.get_string_width(earned), top + 3.1, earned)
    paper.write_as("B", 9)
    paper.verdict(
        MARGIN, top, result.verdict, paper.fitted(_ANSWERS - 6, answer_label(criterion, result.verdict, result.answer))
    )
    paper.set_xy(MARGIN + _ANSWERS, top)
    paper.write_as("B", 9.5)
    paper.multi_cell(
        paper.width - _ANSWERS - 16, 4.3, printable(criterion.question), new_x="LMARGIN", new_y="NEXT", align="L"
    )
    for piece in result.evidence[:MOST_PIECES]:
        place = f"{clock(piece.start)}  " if piece.start is not None else ""
        if piece.quote:
            paper.words(f"{place}“{piece.quote}”", "I", 9.5, indent=_ANSWERS)
        paper.words(plain(piece.why) if piece.quote else f"{place}{plain(piece.why)}", "", 8.5, QUIET, _ANSWERS)
    if result.searched is not None:
        paper.words(searched_words(result.searched), "", 8.5, QUIET, _ANSWERS)
    for record in stored.overrides.get(result.criterion, ()):
        before = answer_label(criterion, record.before, record.answer_before)
        after = answer_label(criterion, record.after, record.answer)
        paper.words(f"{record.author}: {before} became {after}. {record.reason}", "", 8.5, indent=_ANSWERS)
    if fails_words(result):
        paper.words(fails_words(result), "B", 8.5, indent=_ANSWERS)
    paper.ln(1.6)
