"""How do the words or the scores of a call leave the database, wherever they stand, so that none is forgotten?

Of a call without its words there stay who spoke when, and every number that was made of it; where words stood in a text
that a person reads, stands `MARK`. Rows that are otherwise never rewritten lose their words too, by the one door that
`storage.keeping_tables.WordsDoorRow` is. The hash of the transcript stays: nothing can be judged, and kept, by what is no
longer there.

A test goes through all tables: each column of text that hangs on a call is named here, or says why it holds no words.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, cast

from sqlalchemy import ColumnElement, Table, and_, delete, func, insert, or_, select, update
from sqlalchemy.orm import Session

from scoring.course import CASE_COLUMN, EMAIL_HASH, PHONE_HASH
from storage import clock, course_sums
from storage.alert_tables import AlertMailRow, AlertRow, AlertStepRow
from storage.calibration_tables import CalibrationAnswerRow
from storage.case_tables import CaseCallRow, CaseRow, SatisfactionRow
from storage.course_tables import CourseRow
from storage.customer_tables import CustomerCallRow, CustomerChangeRow, CustomerIdentityRow, CustomerRow
from storage.desk_tables import ClipRow, CoachingRequestRow, CommentRow, OverrideQuoteRow
from storage.inbox_tables import InboxCallRow, InboxRow
from storage.keeping_tables import RemovalRow, WordsDoorRow
from storage.plan_tables import PlanClipRow
from storage.queue_tables import AssignmentRow, BlindAnswerRow, BlindQuoteRow
from storage.reason_words import forget_given, retell_proposals
from storage.rescore_tables import WhatIfAnswerRow, WhatIfCallRow
from storage.sealed_words import MARK
from storage.tables import (
    AcknowledgementRow,
    Base,
    CallRow,
    DisputeRow,
    DisputeStepRow,
    EvaluationRow,
    EvidenceRow,
    OverrideRow,
    ResultRow,
    SideCorrectionRow,
    SignalsRow,
    TurnMarkRow,
    TurnRow,
)
from storage.tallies import tally
from storage.thread_tables import MarkOf, ThreadRow


class Kept(StrEnum):
    """What is kept of a call, each for a time of its own."""

    AUDIO = "audio"
    WORDS = "words"
    SCORES = "scores"


_AT = {Kept.AUDIO: RemovalRow.audio_at, Kept.WORDS: RemovalRow.words_at, Kept.SCORES: RemovalRow.scores_at}

WORDS: Mapping[type[Base], Mapping[str, Any]] = {
    CallRow: {"customer": "", "file_name": MARK, "extra": {}},
    TurnRow: {"text": MARK, "folded": "", "words": []},
    SignalsRow: {"sentences": [], "embeddings": b"", "embedding_size": 0},
    CourseRow: {"customer_key": ""},
    EvidenceRow: {"quote": ""},
    OverrideQuoteRow: {"quote": ""},
    OverrideRow: {"reason": MARK},
    BlindAnswerRow: {"note": ""},
    BlindQuoteRow: {"quote": ""},
    CalibrationAnswerRow: {"comment": ""},
    AcknowledgementRow: {"note": ""},
    DisputeRow: {"reason": MARK, "decision": ""},
    DisputeStepRow: {"words": ""},
    SideCorrectionRow: {"reason": MARK, "before": {}},
    TurnMarkRow: {"text": MARK},
    CommentRow: {"text": MARK},
    ClipRow: {"note": ""},
    CoachingRequestRow: {"note": MARK},
    PlanClipRow: {"quote": "", "note": ""},
    AssignmentRow: {"passed_why": ""},
    AlertRow: {"quote": "", "done": ""},
    AlertStepRow: {"words": ""},
}
"""Where words stand, and what takes their place. `results.searched` and the inbox hold theirs within a value (`_nested`),
`storage.reason_words` sees to the reason in `courses` and to the names of proposals."""

SCORES: Sequence[type[Base]] = (
    AlertMailRow,
    AlertStepRow,
    AlertRow,
    OverrideQuoteRow,
    BlindQuoteRow,
    BlindAnswerRow,
    OverrideRow,
    EvidenceRow,
    DisputeStepRow,
    DisputeRow,
    AcknowledgementRow,
    ResultRow,
    EvaluationRow,
    CalibrationAnswerRow,
    WhatIfAnswerRow,
    WhatIfCallRow,
    SatisfactionRow,
)
"""Whose rows are scores, or hang on one, in the order in which they can be deleted."""

_THROUGH: Mapping[type[Base], tuple[str, type[Base]]] = {
    ResultRow: ("evaluation_id", EvaluationRow),
    EvidenceRow: ("result_id", ResultRow),
    OverrideRow: ("result_id", ResultRow),
    OverrideQuoteRow: ("override_id", OverrideRow),
    BlindAnswerRow: ("result_id", ResultRow),
    BlindQuoteRow: ("blind_answer_id", BlindAnswerRow),
    AcknowledgementRow: ("evaluation_id", EvaluationRow),
    DisputeStepRow: ("dispute_id", DisputeRow),
    AlertStepRow: ("alert_id", AlertRow),
    AlertMailRow: ("alert_id", AlertRow),
}
"""By which column a row without a call's id hangs on one that has it."""


@dataclass(frozen=True)
class Removed:
    """How many rows of each table lost their words, or went."""

    rows: Mapping[str, int]


def of_calls(row: type[Base], call_ids: Sequence[str]) -> ColumnElement[bool]:
    """The condition on a table that its rows belong to these calls."""
    table = table_of(row)
    if row is CallRow:
        return table.c.id.in_(call_ids)
    if row in _THROUGH:
        column, parent = _THROUGH[row]
        return table.c[column].in_(select(table_of(parent).c.id).where(of_calls(parent, call_ids)))
    return table.c.call_id.in_(call_ids)


def table_of(row: type[Base]) -> Table:
    """The table of these rows."""
    return cast("Table", row.__table__)


@contextmanager
def words_may_go(session: Session) -> Iterator[None]:
    """Within the block, words may be taken out of rows that are otherwise never rewritten, by this transaction alone."""
    session.execute(insert(WordsDoorRow).values(id=1))
    yield  # where this raises, the transaction ends and the row with it
    session.execute(delete(WordsDoorRow).where(WordsDoorRow.id == 1))


def remove_words(session: Session, call_ids: Sequence[str]) -> Removed:
    """Take the words of these calls out of every row that has any."""
    rows: dict[str, int] = {}
    forgotten = forget_given(session, call_ids)
    with words_may_go(session):
        for row, empty in WORDS.items():
            touched = session.execute(update(table_of(row)).where(_has_words(row, call_ids)).values(**empty))
            rows[table_of(row).name] = touched.rowcount  # type: ignore[attr-defined]
        rows["results"] = change_searched(session, call_ids, lambda quote, turn: "")
        rows["inbox"] = _inbox(session, call_ids)
    rows["courses"] += forgotten
    rows["reason_proposals"] = retell_proposals(session, call_ids)
    rows["threads"] = _threads(session, call_ids)
    rows["case_calls"] = forget_links(session, call_ids)
    rows["customer_calls"] = _unlink(session, call_ids)
    course_sums.forget_given(session, call_ids)
    course_sums.changed(session, CallRow.id.in_(call_ids))
    _mark(session, Kept.WORDS, call_ids)
    return Removed(rows)


def _unlink(session: Session, call_ids: Sequence[str]) -> int:
    """Forget whose calls these are; and a customer of whom no call is left, with all that they were known by. Of how many
    calls."""
    of_these = CustomerCallRow.call_id.in_(call_ids)
    customers = set(session.scalars(select(CustomerCallRow.customer_id).where(of_these)))
    gone = session.execute(delete(CustomerCallRow).where(of_these))
    pairs = session.execute(
        select(CustomerChangeRow.customer_id, CustomerChangeRow.other_id).where(
            or_(CustomerChangeRow.customer_id.in_(customers), CustomerChangeRow.other_id.in_(customers))
        )
    )
    customers |= {one for pair in pairs for one in pair}  # who was put together with somebody has no calls of their own
    left = set(session.scalars(select(CustomerCallRow.customer_id).where(CustomerCallRow.customer_id.in_(customers))))
    nobody = customers - left
    changed = or_(CustomerChangeRow.customer_id.in_(nobody), CustomerChangeRow.other_id.in_(nobody))
    session.execute(delete(CustomerChangeRow).where(changed))
    forget_cases(session, session.scalars(select(CaseRow.id).where(CaseRow.customer_id.in_(nobody))).all())
    session.execute(delete(CustomerIdentityRow).where(CustomerIdentityRow.customer_id.in_(nobody)))
    session.execute(delete(CustomerRow).where(CustomerRow.id.in_(nobody)))
    return gone.rowcount  # type: ignore[attr-defined, no-any-return]


def forget_links(session: Session, call_ids: Sequence[str]) -> int:
    """Forget to which cases these calls belong; and a case of whose customer nothing is known otherwise, once no call of it
    is left. Of how many calls."""
    of_these = CaseCallRow.call_id.in_(call_ids)
    theirs = set(session.scalars(select(CaseCallRow.case_id).where(of_these, CaseCallRow.case_id.is_not(None))))
    gone = session.execute(delete(CaseCallRow).where(of_these))
    left = set(session.scalars(select(CaseCallRow.case_id).where(CaseCallRow.case_id.in_(theirs))))
    alone = (CaseRow.id.in_(theirs - left)) & CaseRow.customer_id.is_(None)
    forget_cases(session, session.scalars(select(CaseRow.id).where(alone)).all())
    return gone.rowcount  # type: ignore[attr-defined, no-any-return]


def forget_cases(session: Session, case_ids: Sequence[int]) -> None:
    """Forget these cases, and what their customers answered about them."""
    session.execute(delete(SatisfactionRow).where(SatisfactionRow.case_id.in_(case_ids)))
    session.execute(delete(CaseCallRow).where(CaseCallRow.case_id.in_(case_ids)))
    session.execute(delete(CaseRow).where(CaseRow.id.in_(case_ids)))


def forget_customers(session: Session, customers: Sequence[str]) -> int:
    """Forget customers of whom there are cases and no calls, with all that they were known by. Of how many."""
    of_calls = select(CustomerCallRow.customer_id).where(CustomerCallRow.customer_id == CustomerRow.id)
    changed = or_(CustomerChangeRow.customer_id == CustomerRow.id, CustomerChangeRow.other_id == CustomerRow.id)
    none = CustomerRow.id.in_(customers) & ~of_calls.exists() & ~select(CustomerChangeRow.id).where(changed).exists()
    nobody = session.scalars(select(CustomerRow.id).where(none)).all()
    forget_cases(session, session.scalars(select(CaseRow.id).where(CaseRow.customer_id.in_(nobody))).all())
    session.execute(delete(CustomerIdentityRow).where(CustomerIdentityRow.customer_id.in_(nobody)))
    session.execute(delete(CustomerRow).where(CustomerRow.id.in_(nobody)))
    return len(nobody)


def forget_old_cases(session: Session, before: datetime) -> int:
    """Forget cases to which no call belongs, that were imported and last opened or closed before that day, and whoever was
    known by them alone. Of how many."""
    linked = select(CaseCallRow.case_id).where(CaseCallRow.case_id == CaseRow.id)
    last = func.coalesce(CaseRow.closed_at, CaseRow.opened_at, CaseRow.created_at)
    old = session.execute(select(CaseRow.id, CaseRow.customer_id).where(last < before, ~linked.exists()))
    rows = old.all()
    forget_cases(session, [row.id for row in rows])
    still = set(
        session.scalars(select(CaseRow.customer_id).where(CaseRow.customer_id.in_({row.customer_id for row in rows})))
    )
    forget_customers(session, sorted({row.customer_id for row in rows if row.customer_id} - still))
    return len(rows)


def count_words(session: Session, call_ids: Sequence[str]) -> dict[str, int]:
    """How many rows of each table have words of these calls."""
    return {
        table_of(row).name: session.scalar(select(func.count()).select_from(table_of(row)).where(_has_words(row, call_ids)))
        or 0
        for row in WORDS
    }


def _has_words(row: type[Base], call_ids: Sequence[str]) -> ColumnElement[bool]:
    """The condition on a table that its rows belong to these calls and are not emptied."""
    table = table_of(row)
    other = (table.c[name] != value for name, value in WORDS[row].items() if isinstance(value, str | int | bytes))
    return and_(of_calls(row, call_ids), or_(*other))


def remove_scores(session: Session, call_ids: Sequence[str]) -> Removed:
    """Delete what these calls were judged to be, and everything that hangs on it."""
    rows = {}
    for row in SCORES:
        gone = session.execute(delete(table_of(row)).where(of_calls(row, call_ids)))
        rows[table_of(row).name] = gone.rowcount  # type: ignore[attr-defined]
    for call_id in sorted(call_ids):  # in one order, so that two who remove never wait for each other
        tally(session, call_id)
    _mark(session, Kept.SCORES, call_ids)
    return Removed(rows)


def forget_audio(session: Session, call_ids: Sequence[str]) -> None:
    """Say that the recordings of these calls are gone. The files are the caller's to delete, first."""
    session.execute(update(CallRow).where(CallRow.id.in_(call_ids)).values(recording=None))
    _mark(session, Kept.AUDIO, call_ids)


def without(kind: Kept) -> ColumnElement[bool]:
    """The condition on `calls` that this was removed of them."""
    return CallRow.id.in_(select(RemovalRow.call_id).where(_AT[kind].is_not(None)))


def with_words() -> ColumnElement[bool]:
    """The condition on `calls` that their words are still there."""
    return ~without(Kept.WORDS)


def words_were_taken_out(session: Session, call_id: str) -> bool:
    """Whether private words were taken out of this call after it was judged."""
    return session.scalar(select(RemovalRow.redacted_at).where(RemovalRow.call_id == call_id)) is not None


def words_are_gone(session: Session, call_id: str) -> bool:
    """Whether the words of this call were removed."""
    return session.scalar(select(RemovalRow.words_at).where(RemovalRow.call_id == call_id)) is not None


def _mark(session: Session, kind: Kept, call_ids: Sequence[str]) -> None:
    known = set(session.scalars(select(RemovalRow.call_id).where(RemovalRow.call_id.in_(call_ids))))
    at = {_AT[kind].key: clock.now()}
    session.execute(update(RemovalRow).where(RemovalRow.call_id.in_(known), _AT[kind].is_(None)).values(at))
    new = [{"call_id": one, **at} for one in call_ids if one not in known]
    if new:
        session.execute(insert(RemovalRow), new)


def change_searched(session: Session, call_ids: Sequence[str], changed: Callable[[str, int | None], str]) -> int:
    """Change, by its words and its turn, the quote nearest to what was searched for in vain, in the results of these calls;
    in how many."""
    found = session.scalars(select(ResultRow).where(of_calls(ResultRow, call_ids), ResultRow.searched.is_not(None))).all()
    count = 0
    for row in found:
        nearest = (row.searched or {}).get("nearest")
        if nearest and nearest["quote"] != (quote := changed(nearest["quote"], nearest["turn"])):
            row.searched = {**(row.searched or {}), "nearest": {**nearest, "quote": quote}}
            count += 1
    session.flush()
    return count


_OF_CUSTOMER = ("customer_id", PHONE_HASH, EMAIL_HASH, CASE_COLUMN, "extra")
"""What may be said of a call that came in and says whose it is."""


def facts_without_customer(facts: Mapping[str, Any]) -> dict[str, Any]:
    """What was said of a call that came in, but for who the customer is, and for columns that may say it."""
    others = {name: value for name, value in facts.items() if name not in _OF_CUSTOMER}
    return {**others, "customer": ""} if "customer" in facts else others


def _threads(session: Session, call_ids: Sequence[str]) -> int:
    """Of a conversation without its words nothing is kept but by what its messages and who took part are known, so that a
    later export does not bring them back, and keeps nobody else's out; how many other marks went."""
    other = delete(ThreadRow).where(ThreadRow.call_id.in_(call_ids), ThreadRow.mark_of == MarkOf.NAMED)
    return session.execute(other).rowcount  # type: ignore[attr-defined, no-any-return]


def _inbox(session: Session, call_ids: Sequence[str]) -> int:
    """Take who called, the file's name and what was wrong with it out of what came in as these calls; of how many files."""
    count = 0
    became = select(InboxCallRow.inbox_id).where(InboxCallRow.call_id.in_(call_ids))
    for row in session.scalars(select(InboxRow).where(InboxRow.id.in_(became), InboxRow.finished_at.is_not(None))):
        unnamed = facts_without_customer(row.facts)
        if (row.sent_as, row.place, row.facts, row.reason) != ("", "", unnamed, ""):
            row.sent_as, row.place, row.facts, row.reason = "", "", unnamed, ""
            count += 1
    session.flush()
    return count
