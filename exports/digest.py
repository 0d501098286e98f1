"""What does the weekly letter say, as a page of HTML that any mail program shows?

Styles stand in the elements, there is no script and nothing to fetch, drawings are cells of a table. Everything that people
wrote or are called is escaped.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from html import escape

from coaching.gaps import Belongs, Gap, Strength
from exports.paper import Made
from exports.words import count, day, percent

MOST_LISTED = 5

_TEXT = "font-family:Helvetica,Arial,sans-serif;color:#1c2526;font-size:15px;line-height:1.45"
_QUIET = "color:#5a6667;font-size:13px"
_CELL = "padding:6px 10px 6px 0;border-bottom:1px solid #d9dfdf;text-align:left;vertical-align:top"


@dataclass(frozen=True)
class WeekScore:
    """A scorecard's week beside the week before; means 0 to 100, None without calls."""

    title: str
    pass_mark: float
    calls: int
    passed: int
    mean: float | None
    before: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True)
class Failure:
    """What failed a call by itself, and the words."""

    question: str
    agent: str
    at: str
    quote: str


@dataclass(frozen=True)
class Digest:
    """A week from Monday to Sunday, of the calls that its reader may see. `about` says whose calls they are."""

    about: str
    start: date
    end: date
    calls: int
    calls_before: int
    failed: int
    unsure: int
    scores: tuple[WeekScore, ...]
    failures: tuple[Failure, ...]
    gaps: tuple[Gap, ...]
    strengths: tuple[Strength, ...]
    processes: str = ""
    """How often customers came back, waited long or were passed on in these 13 weeks, and what is worth a question."""


def digest_html(digest: Digest, made: Made) -> str:
    """The whole letter."""
    title = f"{digest.about}: the week of {day(digest.start)}"
    parts = [
        f'<h1 style="font-size:22px;margin:0 0 4px">{escape(title)}</h1>',
        f'<p style="{_QUIET};margin:0 0 18px">{escape(_opening(digest))}</p>',
        _section("How it went", _scores(digest.scores)),
        _section("What stands out", _list(_strength(one) for one in digest.strengths[:MOST_LISTED])),
        _section("What to practise", _list(map(_practise, _by_question(digest.gaps)[:MOST_LISTED]))),
        *([_section("Processes", f"<p>{escape(digest.processes)}</p>")] if digest.processes else []),
        _section("Automatic failures", _list(_failure(one) for one in digest.failures[:MOST_LISTED])),
        f'<p style="{_QUIET};margin:24px 0 0">{escape(str(made))}. Gaps, strengths and processes are read from the 13 weeks '
        f"to {escape(day(digest.end))}, and named only where they are likely. It holds what its reader may see; think "
        "before passing it on.</p>",
    ]
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        f'<title>{escape(title)}</title></head>\n<body style="margin:0;padding:24px;background:#ffffff;{_TEXT}">'
        f'<div style="max-width:680px;margin:0 auto">{"".join(parts)}</div></body></html>\n'
    )


def _opening(digest: Digest) -> str:
    return (
        f"{count(digest.calls, 'call')} ({digest.calls_before:,} the week before), {count(digest.failed, 'call')} with an "
        f"automatic failure, {count(digest.unsure, 'call')} waiting for a person."
    )


def _section(heading: str, inside: str) -> str:
    return f'<h2 style="font-size:17px;margin:22px 0 6px">{escape(heading)}</h2>{inside}'


def _scores(scores: Sequence[WeekScore]) -> str:
    if not scores:
        return "<p>No call of this week was scored.</p>"
    columns = ("Scorecard", "Score", "", "Passed", "Week before")
    head = "".join(f'<th style="{_CELL};{_QUIET}">{words}</th>' for words in columns)
    rows = "".join(map(_score, scores))
    return f'<table style="border-collapse:collapse;width:100%;{_TEXT}"><tr>{head}</tr>{rows}</table>'


def _score(score: WeekScore) -> str:
    known = score.mean is not None
    likely = f"likely {score.low:.0f} to {score.high:.0f}" if score.low is not None and score.high is not None else ""
    full = round(score.mean or 0)
    bar = (
        '<table role="presentation" style="border-collapse:collapse;width:120px"><tr>'
        f'<td style="width:{full}%;height:10px;padding:0;background:#55706e"></td>'
        f'<td style="height:10px;padding:0;background:#e3e8e8"></td></tr></table>'
    )
    cells = [
        f"{escape(score.title)}<br><span style='{_QUIET}'>pass mark {score.pass_mark:.0f}</span>",
        f"<b>{score.mean:.0f}</b><br><span style='{_QUIET}'>{likely}</span>" if known else "–",
        bar if known else "",
        f"{score.passed} of {score.calls}",
        "–" if score.before is None else f"{score.before:.0f}",
    ]
    row = "".join(f'<td style="{_CELL}">{cell}</td>' for cell in cells)
    return f"<tr>{row}</tr>"


def _list(items: Iterable[str]) -> str:
    shown = "".join(f'<li style="margin:0 0 8px">{item}</li>' for item in items)
    return f'<ul style="margin:0;padding-left:20px">{shown}</ul>' if shown else "<p>Nothing this week.</p>"


def _by_question(gaps: Iterable[Gap]) -> list[list[Gap]]:
    """The gaps of each question together, so that its tip is read once; the order is that of the first of each."""
    found: dict[tuple[str, str], list[Gap]] = {}
    for gap in gaps:
        found.setdefault((gap.rate.scorecard, gap.rate.criterion), []).append(gap)
    return list(found.values())


def _practise(gaps: Sequence[Gap]) -> str:
    """A question with whoever falls short in it, and how to do better."""
    first = gaps[0].rate
    lines = [f"<span style='{_QUIET}'>{escape(_whose(gap))}</span>" for gap in gaps[:MOST_LISTED]]
    if len(gaps) > MOST_LISTED:
        lines.append(f"<span style='{_QUIET}'>and {len(gaps) - MOST_LISTED} more</span>")
    return "<br>".join([f"<b>{escape(first.question)}</b>", *lines, *([escape(first.tip)] if first.tip else [])])


def _whose(gap: Gap) -> str:
    rate = gap.rate
    whose = "Everybody, so look at process or wording first" if gap.belongs is Belongs.EVERYONE else rate.name
    said = f"{percent(rate.rate)}, likely {percent(rate.low)} to {percent(rate.high)}; the aim is {percent(rate.target)}"
    return f"{whose}: {said}."


def _strength(strength: Strength) -> str:
    rate = strength.rate
    said = f"{percent(rate.rate)}; comparable others {percent(rate.peers)}"
    return f"<b>{escape(rate.name)}</b>: {escape(rate.question)}<br><span style='{_QUIET}'>{escape(said)}.</span>"


def _failure(failure: Failure) -> str:
    quote = f"<br><i>“{escape(failure.quote)}”</i>" if failure.quote else ""
    below = f"{failure.agent or 'Agent not named'}, {failure.at}"
    return f"{escape(failure.question)}{quote}<br><span style='{_QUIET}'>{escape(below)}</span>"
