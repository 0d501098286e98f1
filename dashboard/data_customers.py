"""What do the pages about customers ask for? A part of `dashboard.data`; who opens a customer is written down each time."""

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from dashboard import data
from pipeline import journeys
from scoring.journey import Contact, Followed
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
        return journeys.promises(session, asker, customer, contacts)


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
