"""How did customers feel at the start, at the lowest point and at the end of their calls, beside others?"""

import math
from collections.abc import Mapping, Sequence
from functools import partial

import pandas as pd
import streamlit as st

from coaching.feelings import LARGE_ENOUGH, Compared, Feeling
from coaching.gaps import FEWEST_CALLS, SURE
from dashboard.widgets import charts, table
from dashboard.widgets.downloads import show_downloads
from dashboard.widgets.words import percent
from exports.words import count, signed

MOST_DRAWN, MOST_LISTED = 20, 100
"""Lines of the chart, and rows of the table; what is taken along has all of them."""

WORDS: Mapping[Compared, str] = {
    Compared.BETTER: "likely better",
    Compared.WORSE: "likely worse",
    Compared.ALIKE: "no difference is likely",
    Compared.FEW: "not enough calls to say",
}

ABOUT = (
    "The customer’s sentiment runs from −1 (negative) to +1 (positive), read from their words alone: the first third of the "
    "call, the most negative turn, and the last two turns. What is remembered of a call is mostly its strongest moment and "
    "its end; the mean of these two is compared. Sentiment of a single call is often wrong; of many calls it tells more."
)


def beside_others(one: Feeling) -> str:
    """`+0.47, likely +0.40 to +0.55; others +0.54`."""
    others = "" if math.isnan(one.others) else f"; others {signed(one.others)}"
    return f"{signed(one.peak_end)}, likely {signed(one.low)} to {signed(one.high)}{others}"


def show_feelings(key: str, found: Sequence[Feeling], who: str, filters: Mapping[str, str]) -> None:
    """Draw the chart and the table beside it, in the order of `found`. who: what a line stands for, such as `Agent`."""
    st.caption(ABOUT)
    drawn, beside = st.columns([5, 6], gap="large")
    most = f"; the first {MOST_DRAWN} of the table" if len(found) > MOST_DRAWN else ""
    charts.draw(lambda: charts.feelings_chart(found[:MOST_DRAWN], f"By {who.lower()}{most}"), drawn)
    rows = [
        table.Row(
            [
                table.text(one.name, count(one.calls, "call"), nowrap=True),
                *(table.number(round(value, 4), signed(value)) for value in (one.start, one.lowest, one.end)),
                table.text(beside_others(one), "" if math.isnan(one.others) else WORDS[one.compared], sort=one.peak_end),
            ]
        )
        for one in found[:MOST_LISTED]
    ]
    columns = [
        table.Column(who),
        table.Column("Start", number=True),
        table.Column("Lowest", number=True),
        table.Column("End", number=True),
        table.Column(
            "Peak and end", help="The mean of strongest moment and end, with its doubt, beside other calls like these"
        ),
    ]
    with beside:
        table.show_table(f"feelings {key}", f"The customers’ sentiment by {who.lower()}", columns, rows)
        if len(found) > MOST_LISTED:
            st.caption(f"The first {MOST_LISTED} of {len(found)}; taken along it has all of them.")
        others = "calls about the same reasons in the same queues" if who == "Agent" else "all other calls"
        if not all(math.isnan(one.others) for one in found):
            st.caption(
                f"“Likely” is a likelihood of at least {percent(SURE)}, of a difference of {LARGE_ENOUGH:g} or more, from "
                f"{FEWEST_CALLS} calls on. “Others” are {others}."
            )
        show_downloads(
            f"sentiment-{key}", f"The customers’ sentiment by {who.lower()}", partial(_taken, found, who), filters
        )


def _taken(found: Sequence[Feeling], who: str, _asker: object) -> pd.DataFrame:
    return pd.DataFrame(
        [
            {
                who: one.name,
                "Calls": one.calls,
                "Start": one.start,
                "Lowest": one.lowest,
                "End": one.end,
                "Peak and end": one.observed,
                "Estimate": one.peak_end,
                "Likely from": one.low,
                "Likely to": one.high,
                "Others": one.others,
                "Beside others": WORDS[one.compared],
            }
            for one in found
        ]
    )
