"""What do the screens ask of the database?

Every function's first two arguments are the session and who is asking, and the rule who sees what (`storage.access`) is
part of its SQL. Lists come as data frames with fixed columns and types, also when they are empty. Only `user_by_email`
has no asker: it serves the sign-in.
"""

from storage.queries.answers import GivenAnswer, given_answers
from storage.queries.calls import (
    call_details,
    calls,
    count_calls,
    evaluation,
    evaluations,
    filter_choices,
    recording_path,
    search_words,
)
from storage.queries.courses import Bounds, feeling_counts, harm_calls, harm_counts, process_calls, process_counts
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
from storage.queries.sign_in import user_by_email
from storage.queries.tallied import Dimension, verdict_counts
from storage.queries.unread import unread
from storage.records import CallDetails, CallFilter, Choices, OverrideRecord, StoredEvaluation, UserRecord

__all__ = [
    "Bounds",
    "CallDetails",
    "CallFilter",
    "Choices",
    "Dimension",
    "GivenAnswer",
    "GivenLabel",
    "MeasuredCall",
    "OverrideRecord",
    "StoredEvaluation",
    "UserRecord",
    "automatic_failures",
    "call_details",
    "calls",
    "calls_behind",
    "compared_counts",
    "count_calls",
    "criterion_counts",
    "evaluation",
    "evaluations",
    "feeling_counts",
    "filter_choices",
    "given_answers",
    "given_labels",
    "harm_calls",
    "harm_counts",
    "kept_call",
    "mean_totals",
    "measured_call",
    "moments",
    "process_calls",
    "process_counts",
    "recording_path",
    "scores_by_week",
    "search_words",
    "unread",
    "user_by_email",
    "verdict_counts",
    "volume_by_week",
    "waiting_for_a_person",
]
