"""What do the page about satisfaction and that of a call ask for? A part of `dashboard.data`."""

import pandas as pd
import streamlit as st

from dashboard import data
from pipeline.satisfaction import Compared, compare
from storage import cases, queries
from storage.access import Asker
from storage.cases import OfCall
from storage.database import reading
from storage.records import CallFilter


@st.cache_data(ttl=data.REMEMBER_SECONDS, max_entries=100, show_spinner=False)
def answers(asker: Asker, filter: CallFilter) -> pd.DataFrame:
    """What customers answered about these conversations, with what they were scored."""
    with reading(data.engine()) as session:
        return queries.satisfaction(session, asker, filter)


@st.cache_data(ttl=data.REMEMBER_SECONDS, max_entries=100, show_spinner=False)
def compared(asker: Asker, filter: CallFilter) -> list[Compared]:
    """How far each scorecard, and the sentiment at the end, goes with these answers."""
    return compare(answers(asker, filter))


def count_calls(asker: Asker, filter: CallFilter) -> int:
    """How many conversations there are, answered or not."""
    with reading(data.engine()) as session:
        return queries.count_calls(session, asker, filter)


def of_call(asker: Asker, call_id: str) -> OfCall:
    """The case of a conversation, and what its customer answered."""
    with reading(data.engine()) as session:
        return cases.of_call(session, asker, call_id)
