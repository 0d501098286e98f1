"""What does the board of causes ask for? Figures are remembered for a moment; what people say is shown as it is."""

import pandas as pd
import streamlit as st

from dashboard import data
from pipeline.causes import CauseFigures, Outcome, figures_of
from storage import audit_search, causes
from storage.access import Asker
from storage.audit import About, Entry
from storage.causes import Cause, CauseDraft, CauseEvidence, ContactWeeks
from storage.database import reading, transaction

MOST_ENTRIES = 100


@st.cache_data(ttl=data.REMEMBER_SECONDS, max_entries=100, show_spinner=False)
def _weeks(asker: Asker) -> ContactWeeks:
    with reading(data.engine()) as session:
        return causes.contact_weeks(session, asker)


@st.cache_data(ttl=data.REMEMBER_SECONDS, max_entries=200, show_spinner=False)
def _figures(asker: Asker, cause_ids: tuple[int, ...], board: tuple[Cause, ...], *, whole: bool) -> list[CauseFigures]:
    weeks = _weeks(asker)
    outcomes = tuple(Outcome) if whole else (Outcome.CONTACTS,)
    with reading(data.engine()) as session:
        reasons = {one.id: causes.reasons_of(session, one.draft.reason) for one in board if one.id in cause_ids}
    return [figures_of(one, reasons[one.id], weeks, board, outcomes) for one in board if one.id in reasons]


def figures(asker: Asker, cause_id: int) -> CauseFigures:
    """What a cause costs and what its action brought about: its words as they are, its figures as of some seconds ago."""
    return _figures(asker, (cause_id,), listed(asker), whole=True)[0]


def board(asker: Asker) -> list[CauseFigures]:
    """Every cause with its cost, and what became of contacts alone; what was changed last first."""
    every = listed(asker)
    return _figures(asker, tuple(one.id for one in every), every, whole=False)


def listed(asker: Asker) -> tuple[Cause, ...]:
    """The causes, what was changed last first."""
    with reading(data.engine()) as session:
        return causes.list_causes(session, asker)


def find(asker: Asker, cause_id: int) -> Cause:
    """One of them. Raises StorageError."""
    with reading(data.engine()) as session:
        return causes.find_cause(session, asker, cause_id)


def evidence(asker: Asker, cause_id: int) -> tuple[CauseEvidence, ...]:
    """The conversations in which it shows."""
    with reading(data.engine()) as session:
        return causes.evidence_of(session, asker, cause_id)


def history(asker: Asker, cause_id: int) -> tuple[Entry, ...]:
    """What the record says of it, the latest first."""
    with reading(data.engine()) as session:
        wanted = audit_search.Wanted(about=About.CAUSE, about_id=str(cause_id))
        return audit_search.search(session, asker, wanted, MOST_ENTRIES)


def reasons() -> dict[str, str]:
    """What a cause can belong to, by id; not personal."""
    with reading(data.engine()) as session:
        return causes.reason_choices(session)


def add(asker: Asker, cause_draft: CauseDraft, call_ids: tuple[str, ...] = ()) -> int:
    """Put a cause on the board; its id. Raises InputError, NotAllowed and StorageError."""
    with transaction(data.engine()) as session:
        return causes.add_cause(session, asker, cause_draft, call_ids)


def change(asker: Asker, cause_id: int, cause_draft: CauseDraft) -> None:
    """Say something else of a cause. Raises InputError, NotAllowed and StorageError."""
    with transaction(data.engine()) as session:
        causes.change_cause(session, asker, cause_id, cause_draft)


def add_evidence(asker: Asker, cause_id: int, call_ids: tuple[str, ...]) -> int:
    """Put conversations under a cause; how many were not there yet. Raises InputError, NotAllowed and StorageError."""
    with transaction(data.engine()) as session:
        return causes.add_evidence(session, asker, cause_id, call_ids)


def remove_evidence(asker: Asker, cause_id: int, call_id: str) -> None:
    """Take a conversation off a cause. Raises NotAllowed and StorageError."""
    with transaction(data.engine()) as session:
        causes.remove_evidence(session, asker, cause_id, call_id)


def as_table(asker: Asker) -> pd.DataFrame:
    """The board as a table to take along."""
    columns = ("Cause", "Reason", "State", "Owner", "Department", "Action", "Done on", "Contacts a week", "Mean seconds",
               "Hours a week", "Again in 7 days a week", "Again in 30 days a week", "Contacts removed", "Likely from",
               "Likely to")  # fmt: skip
    rows = []
    for found in board(asker):
        draft, cost, worth = found.cause.draft, found.cost, found.worth
        rows.append(
            (
                draft.title, found.cause.title_of_reason, draft.state.value, draft.owner, draft.department, draft.action,
                draft.acted_on, cost and cost.contacts, cost and cost.mean_seconds, cost and cost.hours, cost and cost.soon,
                cost and cost.later, worth and worth.contacts, worth and worth.low, worth and worth.high,
            )
        )  # fmt: skip
    return pd.DataFrame(rows, columns=columns)
