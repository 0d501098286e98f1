"""What does the customer system say of its cases, what is new in that, and which case is a conversation's?

What was said before changes nothing. What a customer system leaves out stays as it is, but for when a case was closed that
is open again. A customer who is known by nothing here yet is one from now on, by keyed hashes alone (`storage.identities`).
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from coaching.satisfaction import AnswerKind
from errors import NotAllowed
from scoring.same_customer import Identity
from storage import clock
from storage.access import Asker, may_manage_quality, visible_calls
from storage.audit import About, What, note
from storage.case_links import key_of, let_go, link_given, link_waiting, number_in, settle
from storage.case_tables import CaseCallRow, CaseRow, CaseState, LinkedBy, SatisfactionRow
from storage.same_customer import known_by
from storage.tables import CallRow

AT_ONCE = 500
"""Cases and conversations that are looked up together."""


@dataclass(frozen=True)
class Answer:
    """What a customer answered: 1 to 5 (CSAT) or 0 to 10 (NPS)."""

    kind: AnswerKind
    score: int
    at: datetime | None = None


@dataclass(frozen=True)
class Stated:
    """What a customer system says of one case, or, without `number`, of single conversations: what their customer answered.

    line: where it stands. None is what it does not say. calls: the ids of the conversations that it names.
    """

    line: int
    number: str
    identities: tuple[Identity, ...] = ()
    reason: str | None = None
    state: CaseState | None = None
    opened_at: datetime | None = None
    closed_at: datetime | None = None
    calls: tuple[str, ...] | None = None
    answers: tuple[Answer, ...] = ()


class Change(StrEnum):
    """What became of what was said."""

    NEW = "new"
    CHANGED = "changed"
    SAME = "same"
    REFUSED = "refused"


@dataclass(frozen=True)
class Outcome:
    """What became of one case: what is new of it, and sentences about what it names and is not known here."""

    line: int
    number: str
    change: Change
    fields: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()


def import_cases(session: Session, asker: Asker, system: str, stated: Iterable[Stated]) -> list[Outcome]:
    """Write down what the customer system says of these cases; what became of each, in their order.

    Raises NotAllowed for others than quality managers and administrators.
    """
    if not may_manage_quality(asker):
        raise NotAllowed("Quality managers and administrators import cases; ask one of them.")
    every = list(stated)
    outcomes, customers = list[Outcome](), set[str]()
    for start in range(0, len(every), AT_ONCE):
        some = every[start : start + AT_ONCE]
        importing = _Importing(session, asker, system, some, customers)
        outcomes += [importing.case(one) if one.number else importing.answers_alone(one) for one in some]
        session.flush()
    settle(session, customers)
    counts = Counter(one.change.value for one in outcomes)
    if counts[Change.NEW] or counts[Change.CHANGED]:
        figures = {change.value: counts[change] for change in (Change.NEW, Change.CHANGED)}
        note(session, asker, What.CASES_IMPORTED, About.CASES, system, **figures)
    return outcomes


class _Importing:
    """Some cases, with what is known of them and of the conversations that they name."""

    def __init__(self, session: Session, asker: Asker, system: str, stated: Sequence[Stated], customers: set[str]) -> None:
        self._session, self._system, self._customers = session, system, customers
        keys = [key_of(one.number) for one in stated if one.number]
        of_these = (CaseRow.system == system) & CaseRow.key.in_(keys)
        self._cases = {row.key: row for row in session.scalars(select(CaseRow).where(of_these))}
        named = {call for one in stated for call in one.calls or ()}
        seen = select(CallRow.id).where(CallRow.id.in_(named), visible_calls(asker))
        self._calls = set(session.scalars(seen)) if named else set()

    def case(self, one: Stated) -> Outcome:
        """Write one case down."""
        key = key_of(one.number)
        row, is_new = self._cases.get(key), False
        fields, unknown = list[str](), list[str]()
        if row is None:
            is_new = True
            values = {"system": self._system, "key": key, "number": one.number, "identities": [], "reason": ""}
            row = CaseRow(**values, state=CaseState.OPEN, created_at=clock.now())
            self._session.add(row)
            self._session.flush()
            self._cases[key] = row
        fields += self._facts(row, one)
        fields += self._customer(row, one, unknown)
        if one.calls is not None and self._link(row, one.calls, unknown):
            fields.append("conversations")
        if is_new and link_waiting(self._session, key):
            fields.append("conversations")
        fields += [answer.kind.value for answer in one.answers if self._answer(answer, row.id, None)]
        if row.customer_id is not None and (is_new or {"customer", "opened", "closed", "conversations"} & set(fields)):
            self._customers.add(row.customer_id)
        change = Change.NEW if is_new else Change.CHANGED if fields else Change.SAME
        return Outcome(one.line, one.number, change, tuple(dict.fromkeys(fields)), tuple(unknown))

    def answers_alone(self, one: Stated) -> Outcome:
        """Write down what customers answered about single conversations."""
        known = [call for call in one.calls or () if call in self._calls]
        unknown = tuple(_not_known(call) for call in one.calls or () if call not in self._calls)
        there = select(SatisfactionRow.kind, SatisfactionRow.call_id).where(SatisfactionRow.call_id.in_(known))
        before = {(row.kind, row.call_id) for row in self._session.execute(there)}
        changed = [(answer.kind, call) for call in known for answer in one.answers if self._answer(answer, None, call)]
        change = Change.CHANGED if before & set(changed) else Change.NEW if changed else Change.SAME
        fields = tuple(dict.fromkeys(kind.value for kind, _ in changed))
        return Outcome(one.line, ", ".join(one.calls or ()), change, fields, unknown)

    def _facts(self, row: CaseRow, one: Stated) -> list[str]:
        closed_at = one.closed_at
        if closed_at is None and one.state is not CaseState.OPEN:
            closed_at = row.closed_at
        wanted: Mapping[str, Any] = {
            "reason": row.reason if one.reason is None else one.reason,
            "state": one.state or row.state,
            "opened_at": one.opened_at or row.opened_at,
            "closed_at": closed_at,
        }
        changed = [name for name, value in wanted.items() if getattr(row, name) != value]
        for name in changed:
            setattr(row, name, wanted[name])
        return [name.removesuffix("_at") for name in changed]

    def _customer(self, row: CaseRow, one: Stated, unknown: list[str]) -> list[str]:
        given = [[identity.kind.value, identity.key] for identity in one.identities]
        if not given or given == row.identities:
            return []
        row.identities = given
        found = known_by(self._session, one.identities)
        if found is None:
            unknown.append("several customers have this telephone number or address, so whose case it is nobody knows")
            return []
        if row.customer_id == found[0]:
            return []
        if row.customer_id is not None:
            self._customers.add(row.customer_id)
        row.customer_id = found[0]
        return ["customer"]

    def _link(self, row: CaseRow, calls: Sequence[str], unknown: list[str]) -> bool:
        session, changed = self._session, False
        session.flush()
        theirs = (CaseCallRow.case_id == row.id) & (CaseCallRow.linked_by == LinkedBy.GIVEN)
        before = set(session.scalars(select(CaseCallRow.call_id).where(theirs)))
        for call in calls:
            if call not in self._calls:
                unknown.append(_not_known(call))
                continue
            try:
                changed |= link_given(session, row.id, call)
            except ValueError:
                unknown.append(f"conversation {call} was named for another case before, and stays with that one")
        gone = before - set(calls)
        return bool(let_go(session, row.id, gone)) or changed if gone else changed

    def _answer(self, answer: Answer, case_id: int | None, call_id: str | None) -> bool:
        """Write an answer down; whether it is new or another."""
        self._session.flush()
        about = SatisfactionRow.call_id == call_id if case_id is None else SatisfactionRow.case_id == case_id
        row = self._session.scalar(select(SatisfactionRow).where(SatisfactionRow.kind == answer.kind, about))
        if row is None:
            values = {"kind": answer.kind, "score": answer.score, "answered_at": answer.at}
            self._session.add(SatisfactionRow(**values, case_id=case_id, call_id=call_id))
            return True
        changed = row.score != answer.score or (answer.at is not None and row.answered_at != answer.at)
        row.score, row.answered_at = answer.score, answer.at or row.answered_at
        return changed


def _not_known(call: str) -> str:
    return f"there is no conversation {call} here"


# What is known of a conversation


@dataclass(frozen=True)
class SeenCase:
    """A case as it is shown beside a conversation."""

    number: str
    system: str
    reason: str
    state: CaseState
    opened_at: datetime | None
    closed_at: datetime | None
    linked_by: LinkedBy


@dataclass(frozen=True)
class SeenAnswer:
    """What the customer answered; of_case: about the whole case and not this conversation alone."""

    kind: AnswerKind
    score: int
    at: datetime | None
    of_case: bool


@dataclass(frozen=True)
class OfCall:
    """What the customer systems say of a conversation."""

    case: SeenCase | None
    answers: tuple[SeenAnswer, ...]


def of_call(session: Session, asker: Asker, call_id: str) -> OfCall:
    """The case of a conversation and what its customer answered; nothing where the asker may not see the conversation."""
    found = session.execute(
        select(CaseRow, CaseCallRow.linked_by)
        .join(CaseCallRow, CaseCallRow.case_id == CaseRow.id)
        .join(CallRow, CallRow.id == CaseCallRow.call_id)
        .where(CallRow.id == call_id, visible_calls(asker))
    ).one_or_none()
    about = [SatisfactionRow.call_id == call_id, *([SatisfactionRow.case_id == found[0].id] if found else [])]
    rows = session.scalars(
        select(SatisfactionRow)
        .where(or_(*about))
        .where(select(CallRow.id).where(CallRow.id == call_id, visible_calls(asker)).exists())
        .order_by(SatisfactionRow.id)
    )
    answers = tuple(SeenAnswer(row.kind, row.score, row.answered_at, row.call_id is None) for row in rows)
    if found is None:
        return OfCall(None, answers)
    row = found[0]
    case = SeenCase(row.number, row.system, row.reason, row.state, row.opened_at, row.closed_at, found[1])
    return OfCall(case, answers)


def case_id_of(session: Session, call_id: str) -> str | None:
    """The id in its customer system of the case that a conversation belongs to, for programs that may see it; also of one
    that was not imported, where it came with the conversation. None where nobody knows."""
    linked = select(CaseRow.number).join(CaseCallRow, CaseCallRow.case_id == CaseRow.id)
    number = session.scalar(linked.where(CaseCallRow.call_id == call_id))
    if number:
        return number
    facts = session.scalar(select(CallRow.extra).where(CallRow.id == call_id))
    return number_in(facts or {}) or None
