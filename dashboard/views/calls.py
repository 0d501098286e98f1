"""Which calls are there, and where were these words said?"""

import math
from datetime import date
from functools import partial
from typing import Any

import pandas as pd
import streamlit as st

from dashboard import access, data
from dashboard.pages import call_address, open_call
from dashboard.widgets import table
from dashboard.widgets.downloads import MOST_ROWS, filter_words, show_downloads, show_table_with_downloads
from dashboard.widgets.filters import choose_any, ids_of
from dashboard.widgets.frame import NO_CALLS_YET, nothing_here
from dashboard.widgets.words import clock, count, excerpt, length, moment, sentiment, signed
from storage.access import Asker
from storage.queries import MOST_FOUND
from storage.records import CallFilter, CallKind, Choices
from transcripts.model import Sides

PAGE_ROWS = 50
HITS = 100

SENTIMENTS = {"Any sentiment": None, "Negative": -0.05, "Very negative": -0.4}
"""What a customer's sentiment over a call may be at most; the first bound is VADER's own."""

ANY_SCORECARD = "All, averaged"


def show() -> None:
    """Draw the page."""
    asker = access.required_overseer()
    choices = data.filter_choices(asker)
    st.title("Calls", anchor=False)
    if choices.first is None or choices.last is None:
        nothing_here("No calls yet", NO_CALLS_YET)
        return
    wanted = _choose(choices, choices.first, choices.last)
    if wanted.words.strip():
        said, listed = st.tabs(["Where it was said", "Calls"], key="show", bind="query-params")
        if said.open:
            with said:
                _hits(asker, wanted.words)
        if listed.open:
            with listed:
                _list(asker, wanted)
    else:
        _list(asker, wanted)


def _choose(choices: Choices, first: date, last: date) -> CallFilter:
    words, period = st.columns([3, 1.3])
    said = words.text_input(
        "Words that were said",
        key="words",
        bind="query-params",
        placeholder='Search what was said: refund, "speak to a manager"',
        help="All of the words in one turn, by either side; words within double quotes as they stand."
        + (f" {data.WHOLE_WORDS}" if data.finds_whole_words() else ""),
    )
    days = period.date_input("From and to", (first, last), first, last, format="DD/MM/YYYY", key="days", bind="query-params")
    row = st.columns([1.4, 1.4, 1.3, 1.3, 1.2, 1.4])
    with row[0]:
        teams = choose_any("Teams", "team", list(choices.teams.values()), "All teams")
    team_ids = ids_of(teams, choices.teams)
    agents_there = {
        id_: name for id_, name in choices.agents.items() if not team_ids or choices.agent_teams.get(id_) in team_ids
    }
    agents = row[1].multiselect(
        "Agents", list(agents_there.values()), key="agent", bind="query-params", placeholder="All agents"
    )
    titles = {title: id_ for id_, title in choices.scorecards.items()}
    queues = row[2].multiselect("Queues", choices.queues, key="queue", bind="query-params", placeholder="All queues")
    scorecard = row[3].selectbox(
        "Scorecard", [ANY_SCORECARD, *titles], key="judged", bind="query-params", help="Whose score is meant."
    )
    feeling = row[4].selectbox(
        "Sentiment", list(SENTIMENTS), key="sentiment", bind="query-params", help="The customer's, over the whole call."
    )
    low, high = row[5].slider("Score", 0, 100, (0, 100), key="score", bind="query-params")
    with st.container(horizontal=True, vertical_alignment="center", gap="large"):
        failed = st.toggle("With an automatic failure", key="failed", bind="query-params")
        unsure = st.toggle("Waiting for a person", key="open", bind="query-params")
    return CallFilter(
        start=days[0] if len(days) > 0 else None,
        end=days[1] if len(days) > 1 else None,
        team_ids=team_ids,
        agent_ids=ids_of(agents, choices.agents),
        queues=tuple(queues),
        scorecard=titles.get(scorecard),
        total_min=low if low > 0 else None,
        total_max=high if high < 100 else None,
        valence_max=SENTIMENTS[feeling],
        failed_only=failed,
        unsure_only=unsure,
        words=said or "",
    )


def _list(asker: Asker, wanted: CallFilter) -> None:
    found = data.count_calls(asker, wanted, MOST_FOUND)
    if not found:
        nothing_here("No call fits", "Take one of the conditions above away, or widen the dates.")
        return
    more = bool(wanted.words.strip()) and found > MOST_FOUND
    found = min(found, MOST_FOUND) if more else found
    pages = math.ceil(found / PAGE_ROWS)
    key = f"page {wanted}"
    page = min(pages, int(st.session_state.get(key, 1)))
    first = (page - 1) * PAGE_ROWS
    shown = "all of them" if pages == 1 else f"{first + 1} to {min(found, first + PAGE_ROWS)}, latest first"
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        st.markdown(f"**{'More than ' if more else ''}{count(found, 'call')}** · {shown}", width="content")
        filters = filter_words(wanted, data.filter_choices(asker))
        show_downloads("calls", "Calls, latest first", partial(_whole, wanted), filters)
    if more:
        st.caption(
            f"The latest {MOST_FOUND:,} are listed. Shorten the dates, or search for rarer words, to see all of them."
        )
    calls = data.calls(asker, wanted, PAGE_ROWS, first)
    columns = [
        table.Column("Call of"),
        table.Column("Customer"),
        table.Column("Agent"),
        table.Column("Length", number=True),
        table.Column("Score", help="The mean of its scorecards' totals, or the chosen scorecard's total; 0 to 100"),
        table.Column("Customer's sentiment", help="Over the whole call, and in the customer's last two turns"),
        table.Column("To note"),
    ]
    rows = [_row(call, wanted.scorecard) for call in data.each(calls)]
    chosen = table.show_table("calls", "Calls, latest first", columns, rows)
    if chosen:
        open_call(chosen, card=wanted.scorecard)
    if pages > 1:
        with st.container(horizontal=True, horizontal_alignment="center"):
            st.number_input(f"Page, of {pages}", 1, pages, key=key, width=160)


def _whole(wanted: CallFilter, asker: Asker) -> pd.DataFrame:
    """All calls of the filter, as far as one file goes, with columns named as people read them."""
    found = data.calls(asker, wanted, MOST_ROWS)
    return found[list(_TAKEN)].rename(columns=_TAKEN)


_TAKEN = {
    "call_id": "Call",
    "started_at": "Call of",
    "agent": "Agent",
    "team": "Team",
    "customer": "Customer",
    "queue": "Queue",
    "direction": "Direction",
    "kind": "Kind",
    "duration_seconds": "Length in seconds",
    "total": "Score",
    "lowest_total": "Lowest score",
    "failed": "Automatic failure",
    "unsure": "Questions to decide",
    "customer_valence": "Customer's sentiment",
    "customer_valence_end": "Customer's sentiment at the end",
}
"""Columns of a list of calls that is taken along, with their names there."""


def _row(call: Any, scorecard: str | None) -> table.Row:
    notes = []
    if call.failed:
        notes.append(("not_met", "Automatic failure"))
    if call.unsure:
        notes.append(("unsure", f"{call.unsure} to decide"))
    if call.channels == 1:
        notes.append(("plain", "One channel"))
    if call.sides == Sides.UNKNOWN:
        notes.append(("unsure", "Sides not told apart"))
    elif call.doubtful:
        notes.append(("unsure", "Who spoke is in doubt"))
    if call.sides == Sides.SWAPPED:
        notes.append(("plain", "Channels found swapped"))
    if call.kind == CallKind.TRANSCRIPT:
        notes.append(("plain", "No recording"))
    known = pd.notna(call.customer_valence)
    ended = f"{signed(call.customer_valence_end)} at the end" if pd.notna(call.customer_valence_end) else ""
    return table.Row(
        [
            table.text(moment(call.started_at), call.direction, link=True, sort=call.started_at.isoformat(), nowrap=True),
            table.text(call.customer or "not named", call.queue, nowrap=True),
            table.text(call.agent or "not named", call.team, nowrap=True),
            table.number(call.duration_seconds, length(call.duration_seconds)),
            table.score(call.total),
            table.text(sentiment(call.customer_valence), ended, sort=call.customer_valence)
            if known
            else table.text("not measured", sort=2),
            table.chips(*notes),
        ],
        id=call.call_id,
        href=call_address(call.call_id, card=scorecard),
    )


def _hits(asker: Asker, words: str) -> None:
    hits = data.search_words(asker, words, HITS)
    if hits.empty:
        st.write(
            "Nobody said that, in any call that you can see." + (f" {data.WHOLE_WORDS}" if data.finds_whole_words() else "")
        )
        return
    more = f"the latest {HITS}" if len(hits) == HITS else "all of them"
    st.markdown(f"**{count(len(hits), 'turn')}** · {more}, in calls of any date")
    rows = [
        table.Row(
            [
                table.quote(
                    excerpt(hit.text, words), f"{hit.speaker}{f', at {clock(hit.start)}' if pd.notna(hit.start) else ''}"
                ),
                table.text(hit.agent, hit.team, nowrap=True),
                table.text(moment(hit.started_at), link=True, sort=hit.started_at.isoformat(), nowrap=True),
            ],
            id=f"{hit.call_id} {hit.turn}",
            href=call_address(hit.call_id, turn=hit.turn),
        )
        for hit in data.each(hits)
    ]
    columns = [table.Column("Said"), table.Column("Agent"), table.Column("Call of")]
    chosen = show_table_with_downloads(
        "hits", "Turns in which the words were said, latest call first", columns, rows, {"Words said": words}
    )
    if chosen:
        call_id, turn = chosen.split()
        open_call(call_id, turn=turn)


if __name__ == "__main__":
    show()
