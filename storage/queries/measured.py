"""What was said and measured of a call, so that it can be judged by any scorecard without being heard again?"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from scoring.signals.model import Signals
from storage.access import Asker, visible_calls
from storage.queries.calls import NAME_OF_AGENT
from storage.repository import load_signals, load_transcript
from storage.tables import AgentRow, CallRow
from transcripts.model import Transcript


@dataclass(frozen=True)
class MeasuredCall:
    """A call as it can be judged again. `agent` is empty where nobody is known."""

    call_id: str
    agent: str
    customer: str
    started_at: datetime
    transcript: Transcript
    signals: Signals


def measured_call(session: Session, asker: Asker, call_id: str) -> MeasuredCall | None:
    """The call with its transcript and signals in force; None where there is none, or none that the asker may see."""
    row = session.execute(
        select(CallRow.customer, CallRow.started_at, NAME_OF_AGENT.label("agent"))
        .outerjoin(AgentRow, CallRow.agent_id == AgentRow.id)
        .where(CallRow.id == call_id, visible_calls(asker))
    ).one_or_none()
    if row is None:
        return None
    transcript, signals = load_transcript(session, call_id), load_signals(session, call_id)
    return MeasuredCall(call_id, row.agent, row.customer, row.started_at, transcript, signals)
