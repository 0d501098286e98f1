"""How does somebody print a month: their own, an agent's, a team's, a partner's?"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date
from functools import partial
from typing import Literal

import streamlit as st

from dashboard import access, data
from pipeline.reports import PDF, Days, month
from storage.access import Asker
from storage.records import CallFilter, Choices

MOST_MONTHS = 24
"""Months to choose from, the latest first."""


def months(first: date | None, last: date | None) -> list[str]:
    """The months from the first to the last day, the latest first, as `2026-08`."""
    if first is None or last is None:
        return []
    numbers = range(last.year * 12 + last.month - 1, first.year * 12 + first.month - 2, -1)
    return [f"{number // 12:04d}-{number % 12 + 1:02d}" for number in numbers][:MOST_MONTHS]


def show_my_month(agent_id: int, choices: Choices) -> None:
    """An agent's own month, to print."""
    with st.popover("Print a month", icon=":material/print:", key="print-month"):
        chosen = _choose_month(choices)
        if chosen and _calls_in(chosen, "agent", agent_id):
            _button(chosen, partial(_agent, access.asker_later(), agent_id, month(chosen)), f"my-month-{chosen}.pdf")


def show_papers(choices: Choices, by: Literal["agent", "team"]) -> None:
    """The page of one agent, or of one team, of a month, to print for the meeting."""
    names: Mapping[int, str] = choices.agents if by == "agent" else choices.teams
    if not names:
        return
    with st.popover("For the meeting", icon=":material/print:", key=f"papers-{by}"):
        whose = st.selectbox(by.capitalize(), list(names), format_func=lambda id_: names.get(id_, ""), key=f"paper-{by}")
        chosen = _choose_month(choices)
        if chosen and whose is not None and _calls_in(chosen, by, whose):
            make = partial(_agent if by == "agent" else _team, access.asker_later(), whose, month(chosen))
            _button(chosen, make, f"{'coaching' if by == 'agent' else 'team'}-{chosen}.pdf")


def show_paper_of(key: str, label: str, names: Mapping[int, str], choices: Choices, make: Callable[..., bytes]) -> None:
    """The page of one of these, of a month. `make` is asked with who asks, the id and the days, once somebody takes it."""
    with st.popover("On one page", icon=":material/print:", key=f"papers-{key}"):
        whose = st.selectbox(label, list(names), format_func=lambda id_: names.get(id_, ""), key=f"paper-{key}")
        chosen = _choose_month(choices)
        if chosen and whose is not None:
            who, days = access.asker_later(), month(chosen)
            _button(chosen, lambda: make(who(), whose, days), f"{key}-{chosen}.pdf")


def _choose_month(choices: Choices) -> str | None:
    there = months(choices.first, choices.last)
    return st.selectbox("Month", there, format_func=_month_words, key="paper-month") if there else None


def _calls_in(chosen: str, by: Literal["agent", "team"], whose: int) -> bool:
    """Whether there is anything to print, and if not, the sentence that says so."""
    asker, days = access.current_asker(), month(chosen)
    in_month = CallFilter(start=days.start, end=days.end)
    wanted = replace(in_month, agent_ids=(whose,)) if by == "agent" else replace(in_month, team_ids=(whose,))
    if asker is not None and data.count_calls(asker, wanted):
        return True
    st.caption(f"No calls in {_month_words(chosen)}; choose another month.")
    return False


def _month_words(words: str) -> str:
    return f"{month(words).start:%B %Y}"


def _button(chosen: str, make: Callable[[], bytes], name: str) -> None:
    st.download_button(
        f"{_month_words(chosen)} as PDF",
        make,
        file_name=name,
        mime=PDF,
        icon=":material/download:",
        key=f"paper-{chosen}",
        on_click="ignore",
        width="stretch",
    )


def _agent(who: Callable[[], Asker], agent_id: int, days: Days) -> bytes:
    return data.agent_paper(who(), agent_id, days).data


def _team(who: Callable[[], Asker], team_id: int, days: Days) -> bytes:
    return data.team_paper(who(), team_id, days).data
