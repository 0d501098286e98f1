"""Which scorecards has the agent of a call not read yet, as they are now?"""

from collections.abc import Mapping

import pandas as pd
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from storage.access import Asker
from storage.queries.conditions import MOMENT, TEXT, chosen_calls, frame, in_force
from storage.records import CallFilter
from storage.tables import AcknowledgementRow, CallRow, EvaluationRow, OverrideRow, ResultRow, ScorecardVersionRow

UNREAD: Mapping[str, str] = {"call_id": TEXT, "started_at": MOMENT, "scorecard": TEXT, "title": TEXT}


def unread(session: Session, asker: Asker, filter: CallFilter) -> pd.DataFrame:
    """The evaluations of these calls that nobody said to have read since an answer was last changed, the latest call first.

    With the columns `UNREAD`.
    """
    changed = (
        select(func.max(OverrideRow.at))
        .join(ResultRow, OverrideRow.result_id == ResultRow.id)
        .where(ResultRow.evaluation_id == EvaluationRow.id)
        .correlate(EvaluationRow)
        .scalar_subquery()
    )
    read = (
        select(AcknowledgementRow.id)
        .where(
            AcknowledgementRow.evaluation_id == EvaluationRow.id,
            changed.is_(None) | (AcknowledgementRow.at > changed),
        )
        .exists()
    )
    rows = session.execute(
        select(CallRow.id, CallRow.started_at, ScorecardVersionRow.scorecard, ScorecardVersionRow.title)
        .select_from(EvaluationRow)
        .join(CallRow, EvaluationRow.call_id == CallRow.id)
        .join(ScorecardVersionRow, EvaluationRow.scorecard_version_id == ScorecardVersionRow.id)
        .where(*chosen_calls(asker, filter), *in_force(asker, filter), ~read)
        .order_by(CallRow.started_at.desc(), CallRow.id, ScorecardVersionRow.title)
    )
    return frame(rows, UNREAD)
