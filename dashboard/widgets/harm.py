"""Who may harm customers more often than others do, how sure is that, and which moments should be listened to first?"""

from collections.abc import Mapping, Sequence
from functools import partial

import pandas as pd
import streamlit as st

from coaching.gaps import FEWEST_CALLS, RARE, SURE, Belongs, Gap
from dashboard import data, data_processes
from dashboard.pages import call_address, open_agent, open_call
from dashboard.widgets import table
from dashboard.widgets.downloads import show_downloads, show_table_with_downloads
from dashboard.widgets.words import clock, count, moment, percent
from scoring.behaviours.corpus import behaviours
from scoring.behaviours.judge import DOUBT
from storage.access import Asker
from storage.records import CallFilter

MOST_SHOWN = 100
MOST_MOMENTS = 30

ABOUT = (
    "Dismissing, blaming, arguing, threatening, promising too much, rudeness, jargon and reading from a script, as the "
    "machine hears them. **It finds rare harm badly, and takes some plain words for it: listen before you talk to "
    "anybody.** Named is "
    f"whose rate lies above that of others on the same kinds of calls with a likelihood of at least {percent(SURE)} and by "
    f"{100 * RARE.large:.0f} points or more, from {FEWEST_CALLS} calls on; at most one in ten of the list is expected to be "
    "chance. That says that the machine hears it more often here, and not that it hears it right."
)

_WHOSE: Mapping[Belongs, str] = {
    Belongs.TEAM: "most of the team, or the team as a whole",
    Belongs.EVERYONE: "others on such calls as well: look at the process",
}


def show_harm(asker: Asker, wanted: CallFilter, by: data.By, filters: Mapping[str, str], only: int | None = None) -> None:
    """Draw who stands out, and the moments behind it. filters: `wanted` in words. only: the one agent whose page it is."""
    gaps = [gap for gap in data_processes.harm(asker, wanted, by) if only in (None, gap.rate.id)]
    st.caption(ABOUT)
    if gaps:
        _who(gaps, by, filters, only)
    else:
        st.write("Nobody stands out." if only is None else "Nothing stands out.")
    _moments(asker, wanted, gaps, by, filters, only)


def _who(gaps: Sequence[Gap], by: data.By, filters: Mapping[str, str], only: int | None) -> None:
    rows = [
        table.Row(
            [
                table.text(gap.rate.name, _WHOSE.get(gap.belongs, ""), link=only is None and by == "agent", nowrap=True),
                table.text(gap.rate.question),
                table.likely_range(
                    1 - gap.rate.rate,
                    1 - gap.rate.high,
                    1 - gap.rate.low,
                    1 - gap.rate.target,
                    _range_words(gap),
                    plain=True,
                ),
                table.number(gap.rate.calls),
            ],
            id=str(n) if only is None and by == "agent" else "",
            href=f"/agent?of_agent={gap.rate.id}" if by == "agent" else "",
        )
        for n, gap in enumerate(gaps[:MOST_SHOWN])
    ]
    columns = [
        table.Column("Who"),
        table.Column("What the machine hears"),
        table.Column("In how many calls", help="Estimate and likely range; the notch is others on the same kinds of calls"),
        table.Column(
            "Calls", number=True, help="Calls of which it can be said; those that the words leave open are not counted"
        ),
    ]
    chosen = table.show_table(f"harm {by}", "Harmful behaviours, the largest difference first", columns, rows)
    title = f"Harmful behaviours by {by}, as far as named"
    show_downloads(f"harm-by-{by}", title, partial(_taken, gaps), filters, quiet=True)
    if chosen:
        open_agent(gaps[int(chosen)].rate.id)


def _range_words(gap: Gap) -> str:
    rate = gap.rate
    likely = f"likely {percent(1 - rate.high)} to {percent(1 - rate.low)}"
    return f"{percent(1 - rate.rate)}, {likely}, others {percent(1 - rate.target)}"


def _moments(
    asker: Asker, wanted: CallFilter, gaps: Sequence[Gap], by: data.By, filters: Mapping[str, str], only: int | None
) -> None:
    """The moments of those who stand out, where somebody does; else the latest of all."""
    named = {(gap.rate.name, gap.rate.criterion) for gap in gaps}
    ids = tuple(sorted({gap.rate.id for gap in gaps})) or (() if only is None else (only,))
    found = data_processes.harm_calls(asker, wanted, by, ids)
    if named and only is None:
        found = found[[pair in named for pair in zip(found[by], found["behaviour"], strict=True)]]
    found = found.head(MOST_MOMENTS)
    if found.empty:
        return
    st.markdown("**Moments to listen to**" + (" of those named" if named and only is None else ""))
    titles = behaviours()
    rows = [
        table.Row(
            [
                table.text(moment(call.started_at), link=True, sort=call.started_at.isoformat(), nowrap=True),
                table.text(call.agent or "not named", call.team, nowrap=True),
                table.quote(call.quote, f"at {clock(call.start)}" if pd.notna(call.start) else ""),
                table.text(titles[call.behaviour].title, _sure(call.probability), sort=call.probability),
            ],
            id=str(n),
            href=call_address(call.call_id, turn=call.turn, at=call.start),
        )
        for n, call in enumerate(data.each(found))
    ]
    columns = [table.Column("Call of"), table.Column("Agent"), table.Column("Words"), table.Column("May be")]
    chosen = show_table_with_downloads(
        f"harm moments {by}", "Moments that may harm, the latest first", columns, rows, filters
    )
    st.caption(
        f"The latest {count(len(found), 'moment')} that are likelier than not; only what is at least {percent(1 - DOUBT)} "
        "sure is counted above. Where you mark a turn on the call’s page, what you say counts instead."
    )
    if chosen:
        call = found.iloc[int(chosen)]
        open_call(call["call_id"], turn=call["turn"], at=call["start"])


def _sure(probability: float) -> str:
    return f"{percent(probability)} sure" + ("" if probability >= 1 - DOUBT else ", not counted")


def _taken(gaps: Sequence[Gap], _asker: Asker) -> pd.DataFrame:
    return pd.DataFrame(
        [
            {
                "Who": gap.rate.name,
                "What the machine hears": gap.rate.question,
                "Calls of which it can be said": gap.rate.calls,
                "Share": 1 - gap.rate.observed,
                "Estimate": 1 - gap.rate.rate,
                "Likely from": 1 - gap.rate.high,
                "Likely to": 1 - gap.rate.low,
                "Others": 1 - gap.rate.target,
                "Likelihood of being above them": gap.rate.probability_below,
            }
            for gap in gaps
        ]
    )
