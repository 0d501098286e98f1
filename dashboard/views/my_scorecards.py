"""How am I doing, what went well, what is worth practising, and by which words?"""

from typing import Any

import pandas as pd
import streamlit as st

from coaching.gaps import FEWEST_CALLS, Rate, Standing
from dashboard import access, data
from dashboard.pages import call_address, open_call, open_criterion
from dashboard.widgets import table
from dashboard.widgets.dispute import show_my_disputes
from dashboard.widgets.filters import choose_calls
from dashboard.widgets.frame import nothing_here
from dashboard.widgets.words import clock, count, length, literal, moment, percent
from scoring.result import Verdict
from storage.access import Asker, Role
from storage.records import CallFilter

PRAISED, PRACTISED = 3, 3
"""How many strengths and how many things to practise are named: more than three at once help nobody."""

LISTED = 20
"""Calls listed to begin with, and how many more each time."""


def show() -> None:
    """Draw the page."""
    asker = access.required_asker(Role.AGENT)
    choices = data.filter_choices(asker)
    st.title(f"Hello, {literal(asker.name.split()[0]) if asker.name else 'there'}", anchor=False)
    if not choices.scorecards:
        nothing_here(
            "No scored calls yet", "As soon as one of your calls is scored it appears here, with the words behind it."
        )
        return
    show_my_disputes(asker)
    wanted = choose_calls(choices)
    evaluations = data.evaluations(asker, wanted)
    if evaluations.empty:
        nothing_here("No calls in this period", "Choose a longer period to see older ones.")
        return
    _figures(evaluations)
    rates = [
        rate
        for scorecard in choices.scorecards
        for rate in data.criterion_rates(asker, wanted, "agent", scorecard)
        if rate.calls >= FEWEST_CALLS
    ]
    well, practise = st.columns(2, gap="large")
    with well:
        _went_well(asker, wanted, rates)
    with practise:
        _to_practise(rates)
    _my_calls(asker, wanted, evaluations)


def _figures(evaluations: pd.DataFrame) -> None:
    scores = evaluations.dropna(subset=["total"]).groupby("title", sort=True)
    for column, (title, rows) in zip(st.columns(max(1, min(5, scores.ngroups))), scores, strict=False):
        passed = int(rows["passed"].fillna(False).sum())
        column.metric(
            literal(str(title)),
            f"{rows['total'].mean():.0f}",
            f"{passed} of {count(len(rows), 'call')} passed",
            "off",
            delta_arrow="off",
            border=True,
            height="stretch",
            help=f"The mean of your totals, of 100. A call passes from {rows['pass_mark'].iloc[0]:.0f} on.",
        )


def strengths(rates: list[Rate]) -> list[Rate]:
    """What somebody does reliably: the criteria furthest above their target, by the careful end of the likely range."""
    above = [rate for rate in rates if rate.rate >= rate.target]
    return sorted(above, key=lambda rate: rate.target - rate.low)


def _latest_words(asker: Asker, wanted: CallFilter, rate: Rate) -> "pd.Series[Any] | None":
    """The latest call in which this was met by words that can be quoted."""
    behind = data.calls_behind(asker, wanted, rate.scorecard, rate.criterion, Verdict.MET, 10)
    said = behind[behind["quote"] != ""]
    return None if said.empty else said.iloc[0]


def _show_words(rate: Rate, call: "pd.Series[Any]") -> None:
    place = f", at {clock(call['start'])}" if pd.notna(call["start"]) else ""
    chosen = table.show_table(
        f"example {rate.scorecard} {rate.criterion}",
        "The latest words behind this",
        [table.Column(f"For example, {moment(call['started_at'])}{place}")],
        [
            table.Row(
                [table.quote(call["quote"])],
                id="open",
                href=call_address(call["call_id"], card=rate.scorecard, at=call["start"]),
            )
        ],
    )
    if chosen:
        open_call(call["call_id"], card=rate.scorecard, at=call["start"], turn=call["turn"])


def _went_well(asker: Asker, wanted: CallFilter, rates: list[Rate]) -> None:
    st.subheader("What goes well", anchor=False)
    best = strengths(rates)[: 2 * PRAISED]
    if not best:
        st.write(
            "This needs a few more scored calls before anything certain can be said. "
            "Every call below shows what went well in it."
        )
    words = [(rate, _latest_words(asker, wanted, rate)) for rate in best]
    # What can be shown in somebody's own words says more than a measurement, so it goes first.
    words.sort(key=lambda pair: pair[1] is None)
    for rate, call in words[:PRAISED]:
        with st.container(border=True):
            st.markdown(f"**{literal(rate.question)}**")
            st.markdown(f":green-badge[:material/check: {percent(rate.observed)} of points] in {count(rate.calls, 'call')}")
            if call is not None:
                _show_words(rate, call)


def to_practise(rates: list[Rate]) -> list[Rate]:
    """The likely gaps, the one worth most points first."""
    gaps = [rate for rate in rates if rate.standing is Standing.GAP]
    return sorted(gaps, key=lambda rate: -rate.points_of_total)


def _to_practise(rates: list[Rate]) -> None:
    st.subheader("What is worth practising", anchor=False)
    named = to_practise(rates)[:PRACTISED]
    if not named:
        st.write(
            "Nothing stands out: no criterion is clearly below its target."
            if rates
            else "Too few calls so far to say anything fair."
        )
    for rate in named:
        with st.container(border=True):
            st.markdown(f"**{literal(rate.question)}**")
            st.markdown(
                f":orange-badge[:material/trending_up: {percent(rate.observed)} of points] in {count(rate.calls, 'call')}; "
                f"the aim is {percent(rate.target)}"
            )
            if rate.tip:
                st.markdown(literal(rate.tip))
            if st.button("See these calls", key=f"see {rate.scorecard} {rate.criterion}", icon=":material/arrow_forward:"):
                open_criterion(rate.scorecard, rate.criterion)


def _my_calls(asker: Asker, wanted: CallFilter, evaluations: pd.DataFrame) -> None:
    st.subheader("Your calls", anchor=False)
    listed = int(st.session_state.get("listed", LISTED))
    calls = data.calls(asker, wanted, listed)
    titles = sorted(evaluations["title"].unique())
    totals = {(e.call_id, e.title): (e.total, e.pass_mark) for e in data.each(evaluations)}
    rows = [
        table.Row(
            [
                table.text(moment(call.started_at), link=True, sort=call.started_at.isoformat(), nowrap=True),
                table.text(call.customer or "not named", call.queue, nowrap=True),
                table.number(call.duration_seconds, length(call.duration_seconds)),
                *(_total(totals.get((call.call_id, title))) for title in titles),
            ],
            id=call.call_id,
            href=call_address(call.call_id),
        )
        for call in data.each(calls)
    ]
    columns = [
        table.Column("Call of"),
        table.Column("Customer"),
        table.Column("Length", number=True),
        *(table.Column(title) for title in titles),
    ]
    chosen = table.show_table("mine", "Your calls, latest first", columns, rows)
    if chosen:
        open_call(chosen)
    if len(calls) == listed and st.button("Show earlier calls", icon=":material/expand_more:"):
        st.session_state["listed"] = listed + LISTED
        st.rerun()


def _total(total_and_mark: tuple[float, float] | None) -> table.Cell:
    return table.score(*total_and_mark) if total_and_mark else table.text("")


if __name__ == "__main__":
    show()
