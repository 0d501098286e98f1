"""How does somebody take a table of the screen along, with what it was filtered by written in it?"""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import partial

import pandas as pd
import streamlit as st

from coaching.gaps import Rate
from dashboard import access
from dashboard.widgets.words import day, moment
from exports.table import MEDIA_TYPES, TableForm, written
from storage.access import Asker
from storage.records import CallFilter, Choices

MOST_ROWS = 50_000
"""Rows of one file; a sheet of more helps nobody, and the filter can be narrowed."""

FORMS = {TableForm.CSV: "CSV", TableForm.EXCEL: "Excel", TableForm.PARQUET: "Parquet"}

Table = Callable[[Asker], pd.DataFrame]
"""Makes the table for whoever asks, with columns named as people read them; asked only once somebody takes it."""


def show_downloads(key: str, title: str, make: Table, filters: Mapping[str, str]) -> None:
    """Draw the button that opens the choice of forms. `title` says what the table lists."""
    who = access.asker_later()
    with st.popover("Take this table along", icon=":material/table_view:", key=f"take-{key}"):
        for form, name in FORMS.items():
            st.download_button(
                name,
                partial(_data, who, title, make, dict(filters), form),
                file_name=f"{key.replace(' ', '-')}.{form.value}",
                mime=MEDIA_TYPES[form],
                key=f"take-{key}-{form}",
                on_click="ignore",
                width="stretch",
            )
        st.caption("With the filters written in. To share what you see, send the address of this page.")


def _data(who: Callable[[], Asker], title: str, make: Table, filters: Mapping[str, str], form: TableForm) -> bytes:
    asker = who()
    table = make(asker)
    about = {
        "What": title,
        "Made for": asker.name,
        "Made": f"{moment(datetime.now(UTC))}",
        **filters,
        "Rows": f"the first {MOST_ROWS} of {len(table)}" if len(table) > MOST_ROWS else str(len(table)),
        "Times": "UTC",
    }
    return written(table.head(MOST_ROWS), about, form)


def filter_words(wanted: CallFilter, choices: Choices) -> dict[str, str]:
    """What a table is filtered by, in words; only what is asked for."""
    said = {
        "From": day(wanted.start) if wanted.start else "",
        "To": day(wanted.end) if wanted.end else "",
        "Teams": ", ".join(choices.teams.get(id_, "") for id_ in wanted.team_ids),
        "Agents": ", ".join(choices.agents.get(id_, "") for id_ in wanted.agent_ids),
        "Queues": ", ".join(wanted.queues),
        "Scorecard": choices.scorecards.get(wanted.scorecard, wanted.scorecard) if wanted.scorecard else "",
        "Score at least": f"{wanted.total_min:g}" if wanted.total_min is not None else "",
        "Score at most": f"{wanted.total_max:g}" if wanted.total_max is not None else "",
        "Customer’s sentiment at most": f"{wanted.valence_max:g}" if wanted.valence_max is not None else "",
        "Only": "with an automatic failure" if wanted.failed_only else "",
        "Also only": "waiting for a person" if wanted.unsure_only else "",
        "Words said": wanted.words,
    }
    return {name: words for name, words in said.items() if words}


def rates_table(rates: list[Rate]) -> pd.DataFrame:
    """Rates with their doubt, a row for each agent or team and question."""
    return pd.DataFrame(
        [
            {
                "Who": rate.name,
                "Scorecard": rate.title,
                "Question": rate.question,
                "Calls": rate.calls,
                "Share of points": rate.observed,
                "Estimate": rate.rate,
                "Likely from": rate.low,
                "Likely to": rate.high,
                "Target": rate.target,
                "Worth in points of the total": rate.points_of_total,
                "Standing": rate.standing.value.replace("_", " "),
            }
            for rate in rates
        ]
    )
