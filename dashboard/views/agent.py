"""What is there to talk about with one agent: what falls short, goes well, has changed, and is not known yet?"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import pandas as pd
import streamlit as st

from coaching.gaps import SURE, Rate, Standing
from coaching.trends import FALSE_SHARE, LASTS_WEEKS
from dashboard import access, data, data_processes
from dashboard.pages import AGENTS, CALLS, criterion_address, open_criterion, show_way_back, whole_number
from dashboard.standing import range_words, show_gaps, show_strengths
from dashboard.widgets import table
from dashboard.widgets.downloads import filter_words, show_table_with_downloads
from dashboard.widgets.feelings import show_feelings
from dashboard.widgets.filters import PERIODS, choose_one, first_day
from dashboard.widgets.frame import nothing_here
from dashboard.widgets.harm import show_harm
from dashboard.widgets.words import count, day, literal, percent
from storage.access import Asker
from storage.records import CallFilter

LISTED = 8
"""Questions named that are not settled; more nobody reads."""


def show() -> None:
    """Draw the page for the agent in the address."""
    asker = access.required_overseer()
    choices = data.filter_choices(asker)
    agent = whole_number("of_agent")
    show_way_back(asker, AGENTS, "Agents")
    if agent is None or agent not in choices.agents:
        st.title("Agent", anchor=False)
        nothing_here("Nobody to show", "Choose an agent on the page of the agents.")
        return
    name, team = choices.agents[agent], choices.teams.get(choices.agent_teams.get(agent, 0), "")
    st.title(literal(name), anchor=False)
    st.markdown(literal(team))
    first, second, _ = st.columns([1, 1, 3], vertical_alignment="bottom")
    with first:
        period = choose_one("Period", "period", list(PERIODS), "13 weeks", help="Counted back from the latest call.")
    second.page_link(CALLS, label="All their calls", icon=":material/call:", query_params={"agent": name})
    everybody = CallFilter(start=first_day(period, choices.last))
    # Among all agents: what is likely of one is also learned from the others.
    known = data.picture_of(asker, everybody, agent)
    rates = known.rates
    if not rates:
        nothing_here("No calls in this period", "Choose a longer period.")
        return
    own = replace(everybody, agent_ids=(agent,))
    filters = filter_words(own, choices)
    st.subheader("What falls short", anchor=False)
    show_gaps(known.gaps, "agent", choices.teams, filters, one_alone=True)
    st.subheader("What goes well", anchor=False)
    show_strengths(known.strengths, "agent", choices.teams, filters)
    _changes(asker, own, rates, agent, filters)
    _not_settled(rates)
    # Only the tab that is looked at is worked out.
    names = ["Section by section", "How their customers feel", "What may harm"]
    sections, feeling, harm = st.tabs(names, key="more", bind="query-params")
    if sections.open:
        with sections:
            _sections(data.section_rates_of(asker, everybody, agent), filters)
    if feeling.open:
        with feeling:
            _feeling(asker, everybody, agent, filters)
    if harm.open:
        with harm:
            show_harm(asker, everybody, "agent", filters, agent)


def _changes(asker: Asker, own: CallFilter, rates: Sequence[Rate], agent: int, filters: Mapping[str, str]) -> None:
    """Which rates are others than they were, and since when."""
    st.subheader("What has changed", anchor=False)
    by_key = {(rate.scorecard, rate.criterion): rate for rate in rates}
    shifted = [(by_key[key], shift) for key, shift in data.shifts_of(asker, own).items() if key in by_key]
    if not shifted:
        st.write("Nothing, as far as the weeks can tell: they differ by no more than weeks do anyway.")
        return
    st.caption(
        f"A level that has held for {LASTS_WEEKS} weeks or more on either side, told apart from weeks that merely differ. "
        f"Of what is listed at most {percent(FALSE_SHARE)} is expected to be chance."
    )
    rows = [
        table.Row(
            [
                table.text(rate.question, rate.title, link=True),
                table.text("Better" if shift.change > 0 else "Worse", f"since the week of {day(shift.week)}", nowrap=True),
                table.text(f"{percent(shift.before)} → {percent(shift.after)}", sort=shift.change, nowrap=True),
            ],
            id=str(n),
            href=criterion_address(rate.scorecard, rate.criterion, of_agent=agent),
        )
        for n, (rate, shift) in enumerate(shifted)
    ]
    columns = [table.Column("Question"), table.Column("Change"), table.Column("How often it is met")]
    chosen = show_table_with_downloads("shifts", "Changes, the largest first", columns, rows, filters)
    if chosen:
        rate = shifted[int(chosen)][0]
        open_criterion(rate.scorecard, rate.criterion, of_agent=agent)


def _feeling(asker: Asker, everybody: CallFilter, agent: int, filters: Mapping[str, str]) -> None:
    """How this agent's customers feel along their calls, beside those of others."""
    own = [one for one in data_processes.feelings(asker, everybody, "agent") if one.key == str(agent)]
    if not own:
        st.write("In none of these calls was the customer’s sentiment measured.")
        return
    show_feelings("agent", own, "Agent", filters)


def _not_settled(rates: Sequence[Rate]) -> None:
    """What cannot be said yet, and how many calls would do; those nearest to being settled first."""
    open_ = sorted((rate for rate in rates if rate.standing is Standing.NOT_ENOUGH), key=lambda rate: rate.calls_needed)
    if not open_:
        return
    st.subheader("Not enough calls to say", anchor=False)
    lines = [
        f"- {literal(rate.question)} About {count(rate.calls_needed, 'more call')} would do." for rate in open_[:LISTED]
    ]
    more = f"\n- and {count(len(open_) - LISTED, 'other question')}" if len(open_) > LISTED else ""
    st.markdown("\n".join(lines) + more)


def _sections(rates: Sequence[Rate], filters: Mapping[str, str]) -> None:
    """Section by section, on all scorecards."""
    words = {Standing.GAP: "likely a gap", Standing.ON_TARGET: "on target", Standing.NOT_ENOUGH: "not settled"}
    rows = [
        table.Row(
            [
                table.text(rate.question, rate.title),
                table.likely_range(
                    rate.rate,
                    rate.low,
                    rate.high,
                    rate.target,
                    range_words(rate),
                    plain=rate.standing is not Standing.GAP,
                ),
                table.text(words[rate.standing], nowrap=True),
                table.number(rate.calls),
            ]
        )
        for rate in rates
        if pd.notna(rate.observed)
    ]
    columns = [
        table.Column("Section"),
        table.Column("Points earned", help=f"Estimate, and the range it lies in with a likelihood of {percent(SURE)}"),
        table.Column("So far"),
        table.Column("Calls", number=True),
    ]
    show_table_with_downloads("sections", "Sections of all scorecards", columns, rows, filters)


if __name__ == "__main__":
    show()
