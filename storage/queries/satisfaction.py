"""What did customers answer who were asked, and what were their conversations scored?"""

from collections.abc import Mapping

import pandas as pd
from sqlalchemy import and_, func, select, union_all
from sqlalchemy.orm import Session

from storage.access import Asker, blind_calls
from storage.case_tables import CaseCallRow, SatisfactionRow
from storage.customer_tables import CustomerCallRow
from storage.queries.conditions import COUNT, MOMENT, NUMBER, TEXT, Definitions, chosen_calls, counts_once, frame
from storage.records import CallFilter
from storage.tables import CallRow, EvaluationRow, ScorecardVersionRow

SATISFACTION: Mapping[str, str] = {
    "answer": COUNT,
    "kind": TEXT,
    "score": COUNT,
    "answered_at": MOMENT,
    "call_id": TEXT,
    "started_at": MOMENT,
    "customer": TEXT,
    "ended": NUMBER,
    "scorecard": TEXT,
    "title": TEXT,
    "total": NUMBER,
}


def satisfaction(session: Session, asker: Asker, filter: CallFilter) -> pd.DataFrame:
    """Each answer with each of the conversations of the filter that it is about, once a scorecard, with the columns
    `SATISFACTION`; an answer about a case is about all of its conversations.

    `answered_at` is when the conversation was where nobody knows better, `ended` the customer's sentiment at its end,
    `customer` their id, empty where nobody knows whose it is. Conversations that nothing judged have an empty `scorecard`;
    those that the asker is judging blind are left out.
    """
    which = SatisfactionRow.id, SatisfactionRow.kind, SatisfactionRow.score, SatisfactionRow.answered_at
    of_calls = select(*which, SatisfactionRow.call_id).where(SatisfactionRow.call_id.is_not(None))
    of_cases = select(*which, CaseCallRow.call_id).join(CaseCallRow, CaseCallRow.case_id == SatisfactionRow.case_id)
    given = union_all(of_calls, of_cases).subquery().c
    counts = [EvaluationRow.call_id == CallRow.id, EvaluationRow.total.is_not(None), *counts_once(asker)]
    if filter.scorecard is not None:
        wanted = select(ScorecardVersionRow.id).where(ScorecardVersionRow.scorecard == filter.scorecard)
        counts.append(EvaluationRow.scorecard_version_id.in_(wanted))
    rows = session.execute(
        select(
            given.id,
            given.kind,
            given.score,
            func.coalesce(given.answered_at, CallRow.started_at),
            CallRow.id,
            CallRow.started_at,
            func.coalesce(CustomerCallRow.customer_id, ""),
            CallRow.customer_valence_end,
            func.coalesce(ScorecardVersionRow.scorecard, ""),
            EvaluationRow.total,
        )
        .select_from(CallRow)
        .join(given.id.table, given.call_id == CallRow.id)
        .outerjoin(CustomerCallRow, CustomerCallRow.call_id == CallRow.id)
        .outerjoin(EvaluationRow, and_(*counts))
        .outerjoin(ScorecardVersionRow, EvaluationRow.scorecard_version_id == ScorecardVersionRow.id)
        .where(and_(*chosen_calls(asker, filter)), CallRow.id.not_in(blind_calls(asker)))
        .order_by(given.id, CallRow.started_at, CallRow.id, ScorecardVersionRow.scorecard)
    ).all()
    definitions = Definitions(session, (row[8] for row in rows if row[8]))
    titles = {name: definitions.scorecard(name).title if name else "" for name in {row[8] for row in rows}}
    return frame([(*row[:9], titles[row[8]], row[9]) for row in rows], SATISFACTION)
