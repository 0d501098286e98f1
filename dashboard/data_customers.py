"""What do the pages about customers ask for? A part of `dashboard.data`; who opens a customer is written down each time."""

from collections.abc import Sequence
from datetime import UTC, datetime

import pandas as pd
import streamlit as st

from dashboard import data
from scoring.journey import Contact, Followed, Promise, follow
from storage import customers, queries
from storage.access import Asker
from storage.customers import Change, Preview
from storage.database import reading, transaction
from storage.records import CallFilter


@st.cache_data(ttl=data.REMEMBER_SECONDS, max_entries=200, show_spinner=False)
def busiest(asker: Asker, filter: CallFilter) -> pd.DataFrame:
    """Who was in contact most."""
    with reading(data.engine()) as session:
        return queries.busiest_customers(session, asker, filter)


def found(asker: Asker, text: str) -> pd.DataFrame:
    """Whom this may be. Not remembered: what was typed is nobody's to keep."""
    with reading(data.engine()) as session:
        return queries.find_customers(session, asker, text)


def of_call(asker: Asker, call_id: str) -> str | None:
    """The customer whose call this is."""
    with reading(data.engine()) as session:
        return queries.customer_of_call(session, asker, call_id)


def calls(asker: Asker, customer: str) -> pd.DataFrame:
    """The customer's conversations, the oldest first."""
    with reading(data.engine()) as session:
        return queries.customer_calls(session, asker, customer)


def promises(asker: Asker, customer: str, contacts: Sequence[Contact]) -> list[Followed]:
    """What was promised, and what became of it by these contacts."""
    with reading(data.engine()) as session:
        rows = queries.customer_promises(session, asker, customer)
    now = datetime.now(UTC)
    return [follow(_promise(row), contacts, now) for row in rows.itertuples()]


def _promise(row: object) -> Promise:
    given = row._asdict()  # type: ignore[attr-defined]
    answered, word = given["answered_at"], given["word"]
    return Promise(
        given["call_id"],
        given["turn"],
        given["behaviour"],
        given["probability"],
        given["quote"],
        given["agent"],
        given["at"].to_pydatetime(),
        None if pd.isna(answered) else answered.to_pydatetime(),
        None if pd.isna(word) else bool(word),
        given["word_by"],
    )


def contacts_of(rows: pd.DataFrame) -> list[Contact]:
    """The conversations of the frame as values; what the machine may not tell yet is unknown."""
    return [
        Contact(
            row["call_id"],
            row["started_at"].to_pydatetime(),
            row["channel"],
            row["direction"] == "outbound",
            row["reason"],
            row["duration_seconds"],
            _whole(row["holds"]),
            _known(row["hold_seconds"]),
            _whole(row["transfers"]),
            _known(row["repeat_said"]),
            *(_known(row[f"valence_{name}"]) for name in ("start", "peak", "end")),
        )
        for row in rows.to_dict("records")
    ]


def _whole(value: float) -> int | None:
    return None if pd.isna(value) else int(value)


def _known(value: float) -> float | None:
    return None if pd.isna(value) else value


def changes(asker: Asker, customer: str) -> tuple[Change, ...]:
    """What people changed about the customer."""
    with reading(data.engine()) as session:
        return customers.changes(session, asker, customer)


def preview_merge(asker: Asker, customer: str, other: str) -> Preview:
    """What putting them together would change."""
    with reading(data.engine()) as session:
        return customers.preview_merge(session, asker, customer, other)


def preview_split(asker: Asker, customer: str, call_ids: Sequence[str]) -> Preview:
    """What taking these conversations out would change."""
    with reading(data.engine()) as session:
        return customers.preview_split(session, asker, customer, call_ids)


def merge(asker: Asker, customer: str, other: str) -> None:
    """Put them together."""
    with transaction(data.engine()) as session:
        customers.merge(session, asker, customer, other)
    st.cache_data.clear()


def split(asker: Asker, customer: str, call_ids: Sequence[str]) -> str:
    """Take these conversations out; the new customer."""
    with transaction(data.engine()) as session:
        new = customers.split(session, asker, customer, call_ids)
    st.cache_data.clear()
    return new


def undo(asker: Asker, change_id: int) -> None:
    """Take a change back."""
    with transaction(data.engine()) as session:
        customers.undo(session, asker, change_id)
    st.cache_data.clear()


def mark_promise(asker: Asker, call_id: str, turn: int, *, kept: bool) -> None:
    """Say whether a promise was kept."""
    with transaction(data.engine()) as session:
        customers.mark_promise(session, asker, call_id, turn, kept=kept)
