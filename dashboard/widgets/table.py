"""How is a list of calls, failures or gaps shown, so that a row leads on to what is behind it?"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dashboard.widgets.component import widget
from dashboard.widgets.words import VERDICTS
from scoring.result import Verdict

_table = widget("table")

Cell = Mapping[str, Any]
"""What a cell shows, as plain JSON values; made by the functions below."""


@dataclass(frozen=True)
class Column:
    """A column's head. `number` aligns right and sorts the largest first; `help` is shown on hovering."""

    label: str
    number: bool = False
    help: str = ""


@dataclass(frozen=True)
class Row:
    """A row's cells. `id` comes back when it is chosen; `href` is where its link leads in a new tab. Both may be empty."""

    cells: Sequence[Cell]
    id: str = ""
    href: str = ""


def _known(number: float | None) -> bool:
    return number is not None and not math.isnan(number)


def text(words: str, below: str = "", *, link: bool = False, sort: Any = None, nowrap: bool = False) -> Cell:
    """Words, with quieter ones below."""
    return {"text": words, "below": below, "link": link, "sort": sort, "nowrap": nowrap}


def quote(words: str, below: str = "") -> Cell:
    """Words that somebody said."""
    return {"text": words, "below": below, "quote": True}


def number(value: float | None, words: str | None = None) -> Cell:
    """A number, said as `words` where they are given; a dash where it is not known."""
    if value is None or not _known(value):
        return {"text": "–", "sort": -math.inf}
    return {"text": words if words is not None else f"{value:g}", "sort": value, "nowrap": True}


def score(total: float | None, pass_mark: float | None = None) -> Cell:
    """A total of 0 to 100 as a number and a bar with the pass mark on it."""
    known = float(total) if total is not None and _known(total) else None
    return {"score": known, "mark": pass_mark, "sort": -1 if known is None else known}


def chips(*tones_and_words: tuple[str, str]) -> Cell:
    """Short labels, each with a tone (a verdict's name, or `plain`)."""
    return {"chips": [{"tone": tone, "words": words} for tone, words in tones_and_words]}


def verdict(given: Verdict, below: str = "") -> Cell:
    """A verdict with its shape and word."""
    return {"chips": [{"tone": given.value, "words": VERDICTS[given]}], "below": below, "sort": VERDICTS[given]}


def likely_range(
    rate: float, low: float, high: float, target: float, words: str, below: str = "", *, plain: bool = False
) -> Cell:
    """A rate with the range it is likely in, against its target; all are shares of 0 to 1. `plain`: it is no shortfall."""
    return {
        "plain": plain,
        "range": {"rate": rate, "low": low, "high": high, "target": target},
        "title": words,
        "below": below or words,
        "sort": rate,
    }


def show_table(key: str, caption: str, columns: Sequence[Column], rows: Sequence[Row]) -> str | None:
    """Draw the table; the id of the row that was just chosen, if one was. `caption` says what it lists."""
    chosen = _table(
        key=key,
        data={
            "caption": caption,
            "columns": [{"label": c.label, "number": c.number, "help": c.help} for c in columns],
            "rows": [{"id": r.id, "href": r.href, "cells": [_plain(cell) for cell in r.cells]} for r in rows],
        },
        on_chosen_change=_nothing_else,
    ).chosen
    return str(chosen) if chosen else None


def _plain(cell: Cell) -> dict[str, Any]:
    """Without what is empty, so that less travels to the browser; minus infinity is no JSON."""
    kept = {name: value for name, value in cell.items() if value not in (None, "", False) or name == "score"}
    return {**kept, "sort": -1e300} if kept.get("sort") == -math.inf else kept


def _nothing_else() -> None:
    """A choice reruns the page, which sees it; there is nothing to do before."""
