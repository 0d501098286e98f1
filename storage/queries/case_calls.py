"""Which conversations belong to cases of the customer systems, and how did they run?"""

from collections.abc import Mapping

import pandas as pd
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from storage.access import Asker, blind_calls
from storage.case_tables import CaseCallRow, CaseRow
from storage.course_cells import CHANNEL
from storage.course_tables import CourseRow
from storage.customer_tables import CustomerCallRow
from storage.queries.calls import NAME_OF_AGENT, NAME_OF_TEAM
from storage.queries.conditions import COUNT, MOMENT, NUMBER, TEXT, chosen_calls, frame
from storage.queries.reasons import reason_titles
from storage.reason_tables import CallReasonRow
from storage.records import CallFilter
from storage.tables import AgentRow, CallRow, TeamRow, TranscriptRow

CASE_CALLS: Mapping[str, str] = {
    "case": COUNT,
    "case_id": TEXT,
    "system": TEXT,
    "case_reason": TEXT,
    "case_state": TEXT,
    "opened_at": MOMENT,
    "closed_at": MOMENT,
    "call_id": TEXT,
    "started_at": MOMENT,
    "channel": TEXT,
    "agent": TEXT,
    "team": TEXT,
    "customer_id": TEXT,
    "reason": TEXT,
    "valence_start": NUMBER,
    "valence_peak": NUMBER,
    "valence_end": NUMBER,
}


def case_calls(session: Session, asker: Asker, filter: CallFilter) -> pd.DataFrame:
    """The conversations of the filter that belong to a case, case by case, with the columns `CASE_CALLS`.

    `case_id` is the id in the customer system, `reason` why the customer was in touch, as it holds here, or as it was given.
    Those that the asker is judging blind are left out.
    """
    rows = session.execute(
        select(
            CaseRow.id,
            CaseRow.number,
            CaseRow.system,
            CaseRow.reason,
            CaseRow.state,
            CaseRow.opened_at,
            CaseRow.closed_at,
            CallRow.id,
            CallRow.started_at,
            CHANNEL,
            NAME_OF_AGENT,
            NAME_OF_TEAM,
            func.coalesce(CustomerCallRow.customer_id, ""),
            func.coalesce(func.nullif(CallReasonRow.reason, ""), CourseRow.reason, ""),
            CourseRow.valence_start,
            CourseRow.valence_peak,
            CourseRow.valence_end,
        )
        .select_from(CaseCallRow)
        .join(CaseRow, CaseRow.id == CaseCallRow.case_id)
        .join(CallRow, CallRow.id == CaseCallRow.call_id)
        .join(TranscriptRow, TranscriptRow.call_id == CallRow.id)
        .outerjoin(CustomerCallRow, CustomerCallRow.call_id == CallRow.id)
        .outerjoin(CourseRow, CourseRow.call_id == CallRow.id)
        .outerjoin(CallReasonRow, CallReasonRow.call_id == CallRow.id)
        .outerjoin(AgentRow, CallRow.agent_id == AgentRow.id)
        .outerjoin(TeamRow, CallRow.team_id == TeamRow.id)
        .where(*chosen_calls(asker, filter), CallRow.id.not_in(blind_calls(asker)))
        .order_by(CaseRow.id, CallRow.started_at, CallRow.id)
    ).all()
    titles = reason_titles(session) if rows else {}
    return frame(
        [(*row[:4], row[4].value, *row[5:13], titles.get(row[13], ("", row[13]))[1], *row[14:]) for row in rows], CASE_CALLS
    )
