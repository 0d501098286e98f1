"""Which calls is a page about?

Choices stand in the address, so that a filtered page can be sent to a colleague, and are kept from page to page.
"""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta

import streamlit as st

from storage.records import CallFilter, Choices

PERIODS: Mapping[str, int | None] = {"4 weeks": 4, "13 weeks": 13, "52 weeks": 52, "All time": None}
"""Lengths of time to choose from, in weeks; counted back from the latest call, so that an old folder of calls shows."""


def _kept(key: str) -> str:
    return f"kept {key}"


def _begins(key: str) -> str:
    return f"begins {key}"


def enter(page: str) -> None:
    """Let the widgets of a page begin with what its address says, else with what was kept from the page before.

    A widget of the same name on another page is another widget to Streamlit, and would begin anew.
    """
    if st.session_state.get("page") == page:
        return
    st.session_state["page"] = page
    for key in ("period", "team", "scorecard"):
        if key in st.query_params:
            st.session_state[_kept(key)] = st.query_params.get_all(key)
        st.session_state.pop(key, None)
        st.session_state.pop(_begins(key), None)


def choose_one(label: str, key: str, options: Sequence[str], default: str, help: str | None = None) -> str:
    """One of several, kept from page to page.

    The default is the box's own, so that it shows there even where somebody clicks before the page has been drawn, and any
    other choice stands in the address. While the page is open it stays the one that the page began with.
    """
    begins = st.session_state.setdefault(_begins(key), default)
    if key not in st.session_state:
        kept = [one for one in st.session_state.get(_kept(key), []) if one in options]
        if kept and kept[0] != begins:
            st.session_state[key] = kept[0]
    first = options.index(begins if begins in options else default)
    chosen: str = st.selectbox(label, options, index=first, key=key, bind="query-params", help=help)
    st.session_state[_kept(key)] = [chosen]
    return chosen


def choose_any(label: str, key: str, options: Sequence[str], nothing: str) -> list[str]:
    """Any of several, kept from page to page; none chosen means all, which `nothing` says."""
    if key not in st.session_state:
        st.session_state[key] = [one for one in st.session_state.get(_kept(key), []) if one in options]
    chosen = st.multiselect(label, options, key=key, placeholder=nothing, bind="query-params")
    st.session_state[_kept(key)] = chosen
    return chosen


def first_day(period: str, last: date | None) -> date | None:
    """The day on which a period begins that ends with `last`; None where it has no beginning."""
    weeks = PERIODS[period]
    if weeks is None or last is None:
        return None
    return last - timedelta(weeks=weeks) + timedelta(days=1)


def ids_of(names: Sequence[str], by_id: Mapping[int, str]) -> tuple[int, ...]:
    """The ids behind chosen names."""
    return tuple(id_ for id_, name in by_id.items() if name in names)


def choose_calls(choices: Choices) -> CallFilter:
    """A row with the period, and the teams where there are several."""
    first, second, _ = st.columns([1, 2, 2.2], vertical_alignment="bottom")
    with first:
        period = choose_one("Period", "period", list(PERIODS), "13 weeks", help="Counted back from the latest call.")
    chosen_teams: list[str] = []
    if len(choices.teams) > 1:
        with second:
            chosen_teams = choose_any("Teams", "team", list(choices.teams.values()), "All teams")
    return CallFilter(start=first_day(period, choices.last), team_ids=ids_of(chosen_teams, choices.teams))
