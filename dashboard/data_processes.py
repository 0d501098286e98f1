"""What is remembered for a moment of processes, of customers' sentiment and of harm? As in `dashboard.data`."""

from dataclasses import replace
from datetime import date
from typing import Literal

import pandas as pd

from coaching.feelings import Feeling
from coaching.gaps import Gap
from coaching.personal import PeerRange
from coaching.processes import Kind, ProcessRate
from dashboard import data
from pipeline import processes
from pipeline.processes import By, Question
from storage import queries
from storage.access import Asker
from storage.database import reading
from storage.peers import peer_feelings
from storage.records import CallFilter

LISTENED = 200
"""Moments that may harm of which the latest are shown."""


@data.remembered
def process_counts(asker: Asker, filter: CallFilter, days: float) -> pd.DataFrame:
    """How often customers were in touch again, on hold for long and passed on, by reason, queue, team and channel."""
    with reading(data.engine()) as session:
        return queries.process_counts(session, asker, filter, processes.bounds(days))


@data.remembered
def questions(asker: Asker, filter: CallFilter, days: float) -> list[Question]:
    """Everything about the processes that is worth a question."""
    return processes.questions(process_counts(asker, filter, days), data.filter_choices(asker).teams)


@data.remembered
def process_rates(asker: Asker, filter: CallFilter, days: float, by: By) -> dict[Kind, list[ProcessRate]]:
    """The rates of every reason, queue or team."""
    return processes.rates_by(process_counts(asker, filter, days), by, data.filter_choices(asker).teams)


@data.remembered
def process_calls(asker: Asker, filter: CallFilter, days: float, kind: Kind, reason: str | None, limit: int) -> pd.DataFrame:
    """The calls in which it happened, the latest first."""
    with reading(data.engine()) as session:
        return queries.process_calls(session, asker, filter, processes.bounds(days), kind, reason, limit)


@data.remembered
def feelings(asker: Asker, filter: CallFilter, by: Literal["agent", "reason"]) -> list[Feeling]:
    """The customers' sentiment by agent, or by reason for the call, beside the others."""
    with reading(data.engine()) as session:
        counts = queries.feeling_counts(session, asker, filter)
    return processes.feelings_by_agent(counts) if by == "agent" else processes.feelings_by_reason(counts)


@data.remembered
def harm(asker: Asker, filter: CallFilter, by: data.By) -> list[Gap]:
    """Who likely harms more often than others do on the same kinds of calls."""
    with reading(data.engine()) as session:
        return processes.harm(queries.harm_counts(session, asker, filter, by))


@data.remembered
def harm_calls(asker: Asker, filter: CallFilter, by: data.By, ids: tuple[int, ...]) -> pd.DataFrame:
    """Moments that may harm, of these agents or teams where any are named."""
    narrowed = replace(filter, agent_ids=ids) if by == "agent" else replace(filter, team_ids=ids)
    with reading(data.engine()) as session:
        return queries.harm_calls(session, asker, narrowed if ids else filter, limit=LISTENED)


@data.remembered
def peer_feeling(asker: Asker, agent_id: int, start: date, end: date) -> PeerRange | None:
    """Where the middle half of colleagues' peaks and ends lie; None where too few stand behind it."""
    with reading(data.engine()) as session:
        return peer_feelings(session, asker, agent_id, start, end)
