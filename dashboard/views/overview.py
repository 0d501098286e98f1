"""How is it going, and what needs a person?"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial

import pandas as pd
import streamlit as st

from dashboard import access, data, data_alerts, data_desk, data_processes
from dashboard.pages import ALERTS, CALLS, PROCESSES, call_address, open_call
from dashboard.widgets import charts, table
from dashboard.widgets.downloads import filter_words, show_table_with_downloads
from dashboard.widgets.filters import choose_calls
from dashboard.widgets.frame import NO_CALLS_YET, nothing_here
from dashboard.widgets.words import clock, count, literal, moment, percent, plain
from pipeline.processes import USUAL_DAYS, question_words
from storage.access import Asker, Right, Role, may
from storage.records import CallFilter

LISTED = 6
"""Rows of each list here; the whole of it is behind the link."""

SIDE_BY_SIDE = 3
"""Charts in a row."""


def show() -> None:
    """Draw the page."""
    asker = access.required_overseer()
    choices = data.filter_choices(asker)
    st.title("Overview", anchor=False)
    if not choices.scorecards:
        nothing_here("No calls yet", NO_CALLS_YET)
        return
    _alerts(asker)
    _coaching(asker)
    wanted = choose_calls(choices)
    scores = data.scores_by_week(asker, wanted)
    volume = data.volume_by_week(asker, wanted)
    if volume.empty:
        nothing_here("No calls in this period", "Choose a longer period, or other teams.")
        return
    _figures(asker, wanted, scores, volume)
    _processes(asker, wanted)
    _charts(scores, volume)
    filters = filter_words(wanted, choices)
    _waiting(asker, wanted, filters)
    _failures(asker, wanted, filters)


def _alerts(asker: Asker) -> None:
    """What nobody sees to yet."""
    if waiting := data_alerts.number_open(asker):
        st.page_link(ALERTS, label=f"{count(waiting, 'alert')} that nobody sees to yet", icon=":material/notifications:")


def _coaching(asker: Asker) -> None:
    """The calls that reviewers put before the coach; whoever has seen to one says so."""
    asked = data_desk.coaching(asker)
    if asker.role is not Role.COACH or not asked:
        return
    with st.container(border=True, key="coaching-asked"):
        st.markdown(f"**Reviewers ask you to look at {count(len(asked), 'call')}**")
        for request in asked[:LISTED]:
            with st.container(horizontal=True, vertical_alignment="center"):
                words = f"{literal(request.note)} *{literal(request.author)}, {moment(request.at)}*"
                st.markdown(words, width="stretch")
                st.link_button("Open the call", call_address(request.call_id))
                if st.button("Seen to", key=f"coached-{request.id}"):
                    data_desk.coached(asker, request.id)
                    st.rerun()


def _figures(asker: Asker, wanted: CallFilter, scores: pd.DataFrame, volume: pd.DataFrame) -> None:
    calls = int(volume["calls"].sum())
    scored, passed = int(scores["calls"].sum()), int(scores["passed"].sum())
    failed = data.count_calls(asker, replace(wanted, failed_only=True))
    unsure = data.count_calls(asker, replace(wanted, unsure_only=True))
    columns = st.columns(4)
    columns[0].metric(
        "Calls", f"{calls:,}", f"{volume['hours'].sum():.1f} hours of talk", "off", delta_arrow="off", border=True
    )
    columns[1].metric(
        "Scorecards passed",
        percent(passed / scored) if scored else "–",
        f"{passed:,} of {scored:,} filled in",
        "off",
        delta_arrow="off",
        border=True,
        height="stretch",
        help="Every call is judged by one or more scorecards, each with a pass mark of its own.",
    )
    columns[2].metric(
        "Calls with an automatic failure",
        f"{failed:,}",
        f"{percent(failed / calls)} of calls",
        "off",
        delta_arrow="off",
        border=True,
        height="stretch",
        help="One answer alone failed a whole scorecard, such as naming a debt before checking who is on the line.",
    )
    columns[3].metric(
        "Calls waiting for a person",
        f"{unsure:,}",
        "with a question left open",
        "off",
        delta_arrow="off",
        border=True,
        height="stretch",
        help="The machine was not sure of an answer. It counts for nothing until a person decides.",
    )


def _processes(asker: Asker, wanted: CallFilter) -> None:
    """The first question about a process, for who may ask it."""
    if not may(asker, Right.COACH):
        return
    found = data_processes.questions(asker, wanted, USUAL_DAYS)
    if not found:
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        more = f" And {count(len(found) - 1, 'more question')}." if len(found) > 1 else ""
        st.markdown(f"**Worth a question:** {literal(question_words(found[0]))}{more}", width="stretch")
        st.page_link(PROCESSES, label="Processes", icon=":material/account_tree:")


def _charts(scores: pd.DataFrame, volume: pd.DataFrame) -> None:
    st.subheader("Week by week; the dashed line is the pass mark", anchor=False)
    drawn = [
        partial(charts.scores_over_time, own, f"{title}: mean score of 100")
        for title, own in scores.groupby("title", sort=True)
    ]
    drawn.append(partial(charts.volume_over_time, volume))
    for first in range(0, len(drawn), SIDE_BY_SIDE):
        for column, chart in zip(st.columns(SIDE_BY_SIDE), drawn[first : first + SIDE_BY_SIDE], strict=False):
            charts.draw(chart, column)


def _waiting(asker: Asker, wanted: CallFilter, filters: Mapping[str, str]) -> None:
    heading, link = st.columns([3, 1], vertical_alignment="bottom")
    heading.subheader("What needs a person", anchor=False)
    waiting = _if_any(data.waiting_for_a_person, asker, wanted, replace(wanted, unsure_only=True))
    if waiting is None:
        st.write("Nothing: every question was answered, by the machine or by a person.")
        return
    with link.container(horizontal=True, horizontal_alignment="right"):
        st.page_link(CALLS, label="All calls that wait", query_params={"open": "true"})
    rows = [
        table.Row(
            [
                table.text(found.question, f"{found.title} · {plain(found.why)}", link=True),
                table.text(found.agent, found.team, nowrap=True),
                table.text(moment(found.started_at), sort=found.started_at.isoformat(), nowrap=True),
            ],
            id=f"{found.call_id} {found.scorecard}",
            href=call_address(found.call_id, card=found.scorecard),
        )
        for found in data.each(waiting)
    ]
    columns = [table.Column("Question to decide"), table.Column("Agent"), table.Column("Call of")]
    chosen = show_table_with_downloads(
        "waiting", "Questions that wait for a person, latest call first", columns, rows, filters
    )
    if chosen:
        call_id, scorecard = chosen.split()
        open_call(call_id, card=scorecard)


def _if_any(
    listed: Callable[[Asker, CallFilter, int], pd.DataFrame], asker: Asker, wanted: CallFilter, such: CallFilter
) -> pd.DataFrame | None:
    """The latest of a list; None where it is empty, which sums mostly know without a look at every call (`such`)."""
    found = listed(asker, wanted, LISTED) if data.count_calls(asker, such) else None
    return None if found is None or found.empty else found


def _failures(asker: Asker, wanted: CallFilter, filters: Mapping[str, str]) -> None:
    heading, link = st.columns([3, 1], vertical_alignment="bottom")
    heading.subheader("Latest automatic failures", anchor=False)
    failures = _if_any(data.automatic_failures, asker, wanted, replace(wanted, failed_only=True))
    if failures is None:
        st.write(f"None in {count(data.count_calls(asker, wanted), 'call')}.")
        return
    with link.container(horizontal=True, horizontal_alignment="right"):
        st.page_link(CALLS, label="All calls with one", query_params={"failed": "true"})
    rows = [
        table.Row(
            [
                table.text(found.question, found.title, link=True),
                table.quote(found.quote, f"at {clock(found.start)}" if pd.notna(found.start) else "")
                if found.quote
                else table.text(plain(found.why)),
                table.text(found.agent, found.team, nowrap=True),
                table.text(moment(found.started_at), sort=found.started_at.isoformat(), nowrap=True),
            ],
            id=f"{n}",
            href=call_address(found.call_id, card=found.scorecard, at=found.start),
        )
        for n, found in enumerate(data.each(failures))
    ]
    columns = [table.Column("Failed by"), table.Column("Evidence"), table.Column("Agent"), table.Column("Call of")]
    chosen = show_table_with_downloads("failures", "Automatic failures, latest call first", columns, rows, filters)
    if chosen:
        found = failures.iloc[int(chosen)]
        open_call(found["call_id"], card=found["scorecard"], at=found["start"])


if __name__ == "__main__":
    show()
