"""How does somebody take a table of the screen along, with what it was filtered by written in it?"""

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Literal

import pandas as pd
import streamlit as st

from coaching.gaps import Rate
from dashboard import access
from dashboard.widgets import table
from dashboard.widgets.words import day, moment
from exports.table import MEDIA_TYPES, TableForm, written
from storage.access import Asker
from storage.records import CallFilter, Choices

MOST_ROWS = 50_000
"""Rows of one file; a sheet of more helps nobody, and the filter can be narrowed."""

FORMS = {TableForm.CSV: "CSV", TableForm.EXCEL: "Excel", TableForm.PARQUET: "Parquet"}

Table = Callable[[Asker], pd.DataFrame]
"""Makes the table for whoever asks, with columns named as people read them; asked only once somebody takes it."""


def show_downloads(key: str, title: str, make: Table, filters: Mapping[str, str], *, quiet: bool = False) -> None:
    """Draw the button that opens the choice of forms. `title` says what the table lists; quiet: as words without a frame."""
    who = access.asker_later()
    look: Literal["secondary", "tertiary"] = "tertiary" if quiet else "secondary"
    with st.popover("Take this table along", icon=":material/table_view:", key=f"take-{key}", type=look):
        for form, name in FORMS.items():
            st.download_button(
                name,
                partial(_data, who, title, make, dict(filters), form),
                file_name=f"{_file_name(key)}.{form.value}",
                mime=MEDIA_TYPES[form],
                key=f"take-{key}-{form}",
                on_click="ignore",
                width="stretch",
            )
        st.caption("With the filters written in. To share what you see, send the address of this page.")


def show_table_with_downloads(
    key: str,
    caption: str,
    columns: Sequence[table.Column],
    rows: Sequence[table.Row],
    filters: Mapping[str, str] | None = None,
) -> str | None:
    """Draw a table as `table.show_table` does, and below it the button by which it is taken along as it is shown."""
    chosen = table.show_table(key, caption, columns, rows)
    if rows:
        show_downloads(key, caption, lambda _: as_shown(columns, rows), filters or {}, quiet=True)
    return chosen


def _file_name(key: str) -> str:
    """A name that every file system takes: `What-if: “Sorry” → Met` becomes `what-if-sorry-met`."""
    return re.sub(r"[^a-z0-9]+", "-", key.lower()).strip("-")[:80]


def as_shown(columns: Sequence[table.Column], rows: Sequence[table.Row]) -> pd.DataFrame:
    """What a table of the screen says, a column for each of its own, and one more where quieter words stand below."""
    found: dict[str, list[str]] = {}
    for place, column in enumerate(columns):
        cells = [row.cells[place] for row in rows]
        found[column.label] = [_words(cell) for cell in cells]
        below = [str(cell.get("below") or "") for cell in cells]
        if any(one and one != words for one, words in zip(below, found[column.label], strict=True)):
            found[f"{column.label} (below)"] = below
    return pd.DataFrame(found)


def _words(cell: table.Cell) -> str:
    """What a cell says: its words, its labels, a range in words, or a score."""
    if chips := cell.get("chips"):
        return ", ".join(chip["words"] for chip in chips)
    if "score" in cell:
        return "" if cell["score"] is None else f"{cell['score']:g}"
    return str(cell.get("text") or cell.get("title") or "")


def _data(who: Callable[[], Asker], title: str, make: Table, filters: Mapping[str, str], form: TableForm) -> bytes:
    asker = who()
    made = make(asker)
    about = {
        "What": title,
        "Made for": asker.name,
        "Made": f"{moment(datetime.now(UTC))}",
        **filters,
        "Rows": f"the first {MOST_ROWS} of {len(made)}" if len(made) > MOST_ROWS else str(len(made)),
        "Times": "UTC",
    }
    return written(made.head(MOST_ROWS), about, form)


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
