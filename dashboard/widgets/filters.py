"""Which calls is a page about?

Choices stand in the address, so that a filtered page can be sent to a colleague, and are kept from page to page.
"""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any, TypeVar

import streamlit as st

from storage.records import CallFilter, Choices

PERIODS: Mapping[str, int | None] = {"4 weeks": 4, "13 weeks": 13, "52 weeks": 52, "All time": None}
"""Lengths of time to choose from, in weeks; counted back from the latest call, so that an old folder of calls shows."""

_T = TypeVar("_T")


def _keep(key: str, options: Sequence[_T], default: Any) -> None:
    """Give a widget the value it had on the page before, where it is still one of the options."""
    if key in st.session_state or key in st.query_params:
        return
    kept = st.session_state.get(f"kept {key}", default)
    if isinstance(kept, list):
        kept = [one for one in kept if one in options]
    elif kept not in options:
        kept = default
    st.session_state[key] = kept


def _remember(key: str, value: _T) -> _T:
    st.session_state[f"kept {key}"] = value
    return value


def choose_one(label: str, key: str, options: Sequence[str], default: str, help: str | None = None) -> str:
    """One of several, kept from page to page."""
    _keep(key, options, default)
    return _remember(key, st.selectbox(label, options, key=key, bind="query-params", help=help))


def choose_any(label: str, key: str, options: Sequence[str], nothing: str) -> list[str]:
    """Any of several, kept from page to page; none chosen means all, which `nothing` says."""
    _keep(key, options, [])
    return _remember(key, st.multiselect(label, options, key=key, placeholder=nothing, bind="query-params"))


def first_day(period: str, last: date | None) -> date | None:
    """The day on which a period begins that ends with `last`; None where it has no beginning."""
    weeks = PERIODS[period]
    if weeks is None or last is None:
        return None
    return last - timedelta(weeks=weeks) + timedelta(days=1)


def ids_of(names: Sequence[str], by_id: Mapping[int, str]) -> tuple[int, ...]:
    """The ids behind chosen names."""
    return tuple(id_ for id_, name in by_id.items() if name in names)


def choose_calls(choices: Choices, *, scorecards: bool = False) -> tuple[CallFilter, str | None]:
    """A row with the period, the teams where there are several, and the scorecard where a page is about one.

    The filter leaves the scorecard out; it comes beside, as its id.
    """
    first, second, third, _ = st.columns([1, 2, 1.4, 0.8], vertical_alignment="bottom")
    with first:
        period = choose_one("Period", "period", list(PERIODS), "13 weeks", help="Counted back from the latest call.")
    chosen_teams: list[str] = []
    if len(choices.teams) > 1:
        with second:
            chosen_teams = choose_any("Teams", "team", list(choices.teams.values()), "All teams")
    scorecard = None
    if scorecards and choices.scorecards:
        titles = {title: id_ for id_, title in choices.scorecards.items()}
        with third:
            scorecard = titles[choose_one("Scorecard", "scorecard", list(titles), next(iter(titles)))]
    return CallFilter(start=first_day(period, choices.last), team_ids=ids_of(chosen_teams, choices.teams)), scorecard
