"""Which organisation's call is each, what was it about, when was it, and what did it come to?"""

from collections.abc import Mapping

import pandas as pd
from sqlalchemy import case, func, select
from sqlalchemy.orm import Session

from storage.access import Asker, belonged_at_the_time, blind_calls, visible_calls
from storage.course_cells import SOON_DAYS
from storage.course_tables import CourseRow
from storage.queries.conditions import FLAG, ID, MOMENT, NUMBER, TEXT, chosen_calls, frame, in_force
from storage.queries.customers import CHANNEL
from storage.queries.reasons import contacts_known
from storage.reason_tables import CallReasonRow
from storage.records import CallFilter
from storage.tables import CallRow, EvaluationRow, OrganisationTeamRow, ScorecardVersionRow, TranscriptRow

ORGANISATION_CALLS: Mapping[str, str] = {
    "organisation_id": ID,
    "agent_id": ID,
    "reason": TEXT,
    "channel": TEXT,
    "started_at": MOMENT,
    "total": NUMBER,
    "failed": FLAG,
    "again": NUMBER,
    "valence_end": NUMBER,
}


def organisation_calls(session: Session, asker: Asker, filter: CallFilter) -> pd.DataFrame:
    """A row for each evaluation of the calls, with the columns `ORGANISATION_CALLS`; best asked of one scorecard.

    `organisation_id` is whose the team was at the time, missing for our own. `again` is 1 where the same customer was in
    touch again within 7 days, 0 where not, and missing where that cannot be said yet.
    """
    last = session.scalar(select(func.max(CallRow.started_at)).where(visible_calls(asker)))
    soon = case((CallReasonRow.days_until_contact <= SOON_DAYS, 1.0), else_=0.0)
    rows = session.execute(
        select(
            OrganisationTeamRow.organisation_id,
            CallRow.agent_id,
            func.coalesce(CallReasonRow.reason, ""),
            CHANNEL,
            CallRow.started_at,
            EvaluationRow.total,
            EvaluationRow.failed,
            case((contacts_known(last, SOON_DAYS), soon)),
            CourseRow.valence_end,
        )
        .select_from(CallRow)
        .join(EvaluationRow, EvaluationRow.call_id == CallRow.id)
        .join(ScorecardVersionRow, EvaluationRow.scorecard_version_id == ScorecardVersionRow.id)
        .join(TranscriptRow, TranscriptRow.call_id == CallRow.id)
        .outerjoin(CourseRow, CourseRow.call_id == CallRow.id)
        .outerjoin(CallReasonRow, CallReasonRow.call_id == CallRow.id)
        .outerjoin(OrganisationTeamRow, belonged_at_the_time())
        .where(*chosen_calls(asker, filter), CallRow.id.not_in(blind_calls(asker)), *in_force(asker, filter))
        .order_by(CallRow.started_at, CallRow.id, ScorecardVersionRow.scorecard)
    )
    return frame(rows, ORGANISATION_CALLS)
