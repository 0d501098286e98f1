"""What do the screens ask of the database?

Every function's first two arguments are the session and who is asking, and the rule who sees what (`storage.access`) is
part of its SQL. Lists come as data frames with fixed columns and types, also when they are empty. Without an asker are
`user_by_email`, which serves the sign-in, and `reason_titles`, which are nobody's.
"""

from storage.queries.answers import GivenAnswer, given_answers
from storage.queries.calls import (
    MOST_FOUND,
    call_details,
    calls,
    count_calls,
    evaluation,
    evaluations,
    filter_choices,
    recording_path,
    search_words,
)
from storage.queries.case_calls import case_calls
from storage.queries.courses import Bounds, feeling_counts, harm_calls, harm_counts, process_calls, process_counts
from storage.queries.customers import (
    busiest_customers,
    customer_calls,
    customer_of_call,
    customer_promises,
    find_customers,
)
from storage.queries.figures import (
    compared_counts,
    criterion_counts,
    mean_totals,
    scores_by_week,
    volume_by_week,
)
from storage.queries.findings import automatic_failures, calls_behind, waiting_for_a_person
from storage.queries.kept import kept_call
from storage.queries.labels import GivenLabel, given_labels
from storage.queries.measured import MeasuredCall, measured_call
from storage.queries.moments import moments
from storage.queries.organisations import organisation_calls
from storage.queries.reasons import (
    ReasonOfCall,
    reason_calls,
    reason_counts,
    reason_of_call,
    reason_scores,
    reason_titles,
)
from storage.queries.satisfaction import satisfaction
from storage.queries.sign_in import user_by_email
from storage.queries.summed import Dimension
from storage.queries.tallied import verdict_counts
from storage.queries.unread import unread
from storage.records import CallDetails, CallFilter, Choices, OverrideRecord, StoredEvaluation, UserRecord

__all__ = [
    "MOST_FOUND",
    "Bounds",
    "CallDetails",
    "CallFilter",
    "Choices",
    "Dimension",
    "GivenAnswer",
    "GivenLabel",
    "MeasuredCall",
    "OverrideRecord",
    "ReasonOfCall",
    "StoredEvaluation",
    "UserRecord",
    "automatic_failures",
    "busiest_customers",
    "call_details",
    "calls",
    "calls_behind",
    "case_calls",
    "compared_counts",
    "count_calls",
    "criterion_counts",
    "customer_calls",
    "customer_of_call",
    "customer_promises",
    "evaluation",
    "evaluations",
    "feeling_counts",
    "filter_choices",
    "find_customers",
    "given_answers",
    "given_labels",
    "harm_calls",
    "harm_counts",
    "kept_call",
    "mean_totals",
    "measured_call",
    "moments",
    "organisation_calls",
    "process_calls",
    "process_counts",
    "reason_calls",
    "reason_counts",
    "reason_of_call",
    "reason_scores",
    "reason_titles",
    "recording_path",
    "satisfaction",
    "scores_by_week",
    "search_words",
    "unread",
    "user_by_email",
    "verdict_counts",
    "volume_by_week",
    "waiting_for_a_person",
]
