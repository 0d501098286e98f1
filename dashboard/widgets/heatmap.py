"""Who meets which criterion how often, all at a glance?"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from coaching.gaps import FEWEST_CALLS, Rate, Standing
from dashboard.widgets.component import widget
from dashboard.widgets.words import count, percent

_heatmap = widget("heatmap")


@dataclass(frozen=True)
class Chosen:
    """A cell that was chosen: an agent's or a team's id, and a criterion's, which is empty where the name was chosen."""

    id: int
    criterion: str


def _standing(rate: Rate) -> str:
    """What can be said of a rate, in a few words; there are thousands of cells, so nothing is put together in vain."""
    match rate.standing:
        case Standing.GAP:
            return f"likely a gap: the range likely to be right is {percent(rate.low)} to {percent(rate.high)}"
        case Standing.ON_TARGET:
            return "on target"
        case Standing.NOT_ENOUGH:
            if rate.calls < FEWEST_CALLS:
                return "too few calls to judge"
            return f"not settled yet; about {count(rate.calls_needed, 'more call')} would tell"


def _cell(rate: Rate) -> dict[str, Any]:
    observed = f"{percent(rate.observed)} of points" if rate.calls else "nothing counted"
    return {
        "id": f"{rate.id}/{rate.criterion}",
        "rate": round(rate.observed, 3) if rate.calls else None,
        "count": rate.calls,
        "target": rate.target,
        "enough": rate.calls >= FEWEST_CALLS,
        "gap": rate.standing is Standing.GAP,
        "title": f"{rate.name}: {observed} in {count(rate.calls, 'call')}, target {percent(rate.target)}; {_standing(rate)}",
    }


def heatmap_data(rates: Sequence[Rate], corner: str, names_lead_on: bool = False) -> dict[str, Any]:
    """One row a criterion in the order of its scorecard, one column an agent or a team by name.

    names_lead_on: whether the name of an agent or a team can be chosen as a cell can.
    """
    columns = {rate.id: rate.name for rate in sorted(rates, key=lambda rate: rate.name)}
    rows: dict[str, dict[int, Rate]] = {}
    for rate in rates:
        rows.setdefault(rate.criterion, {})[rate.id] = rate
    empty = {"id": "", "rate": None, "count": 0, "target": 0.0, "enough": False, "gap": False, "title": "nothing counted"}

    def row(criterion: str, by_id: dict[int, Rate]) -> dict[str, Any]:
        first = next(iter(by_id.values()))
        return {
            "label": first.question,
            "below": f"target {percent(first.target)}",
            "cells": [
                _cell(by_id[id_])
                if id_ in by_id
                else {**empty, "id": f"{id_}/{criterion}", "title": f"{name}: nothing counted"}
                for id_, name in columns.items()
            ],
        }

    return {
        "corner": corner,
        "caption": f"{corner}, by {len(columns)} columns",
        "columns": [
            {"label": name, "title": name, "id": f"{id_}/" if names_lead_on else ""} for id_, name in columns.items()
        ],
        "rows": [row(criterion, by_id) for criterion, by_id in rows.items()],
    }


def show_heatmap(key: str, rates: Sequence[Rate], corner: str, names_lead_on: bool = False) -> Chosen | None:
    """Draw the rates of one scorecard; the cell, or the name, that was just chosen, if one was."""
    chosen = _heatmap(key=key, data=heatmap_data(rates, corner, names_lead_on), on_chosen_change=_nothing_else).chosen
    if not chosen:
        return None
    id_, criterion = str(chosen).split("/", 1)
    return Chosen(int(id_), criterion)


def _nothing_else() -> None:
    """A choice reruns the page, which sees it; there is nothing to do before."""
