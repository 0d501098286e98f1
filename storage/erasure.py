"""How is one customer erased from everything that Attune keeps, so that it can be shown?

Found are the calls that carry the customer's name, or their number (`scoring.course.CUSTOMER_COLUMNS`), exactly as the list
of calls has it. Of these go sound and words, and who called; scores stay as numbers. Afterwards every place in which words
can stand is looked at again, and the name is searched for in every column of text of the whole database.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ColumnElement, Text, and_, cast, func, or_, select, update
from sqlalchemy.orm import Session

from errors import InputError, NotAllowed, StorageError
from scoring.course import CUSTOMER_COLUMNS, customer_key
from scoring.same_customer import Identity, IdentityKind
from storage import clock, holds, learned_criteria, teaching
from storage.access import Asker, Right, may
from storage.course_tables import CourseRow
from storage.customer_tables import CustomerCallRow, CustomerIdentityRow
from storage.identities import identities_of, typed
from storage.inbox import State
from storage.inbox_tables import InboxRow
from storage.keeping_tables import LegalHoldRow
from storage.learned_criteria_tables import LearnedCriterionRow
from storage.reason_tables import ReasonCorrectionRow, ReasonExampleRow, ReasonProposalRow, ReasonTreeRow
from storage.removal import count_words, facts_without_customer, forget_audio, forget_customers, remove_words
from storage.sealed_words import MARK, SealedBytes, SealedFold, in_the_clear, is_encrypted, is_name, is_sealed, keyed_any
from storage.tables import Base, CallRow, TranscriptRow, TurnMarkRow


@dataclass(frozen=True)
class CustomersCall:
    """A call of the customer. The hashes are of the file that came, and of the transcript in force."""

    id: str
    started_at: datetime
    recording: str | None
    content_sha256: str
    transcript_sha256: str


@dataclass(frozen=True)
class Waiting:
    """A file of the customer that came in and has become no call; `folder` is where it lies in the inbox, empty where it
    lies in a place of somebody else's, which is not ours to empty."""

    id: int
    folder: str


@dataclass(frozen=True)
class Taught:
    """A judge, a question with `q` before its id, or a version of the tree of reasons with `r`, that was taught: of which
    behaviour or question, and whether it is in force."""

    id: str
    what: str
    in_force: bool


def calls_of_customer(session: Session, asker: Asker, customer: str) -> tuple[CustomersCall, ...]:
    """Every call that carries this name, or this number, or is of the customer who is known by it (a number, a telephone
    number or an e-mail address), the oldest first. Raises NotAllowed for others than
    administrators, InputError without a name."""
    _check(asker)
    if not customer.strip():
        raise InputError("Name the customer, or their number, as the list of calls has it.")
    key = customer_key({CUSTOMER_COLUMNS[0]: customer})
    by_number = CallRow.id.in_(select(CourseRow.call_id).where(CourseRow.customer_key.in_(keyed_any(key))))
    rows = session.execute(
        select(CallRow, TranscriptRow.hash)
        .join(TranscriptRow, TranscriptRow.call_id == CallRow.id)
        .where(or_(is_name(CallRow.customer, [customer.strip()]), by_number, _of_the_same(session, customer)))
        .order_by(CallRow.started_at, CallRow.id)
    )
    return tuple(CustomersCall(c.id, c.started_at, c.recording, c.content_hash, digest) for c, digest in rows)


def _of_the_same(session: Session, customer: str) -> ColumnElement[bool]:
    """The condition on `calls` that they are of the one customer who is known by this number, telephone or address."""
    known = known_to_be(session, customer)
    return CallRow.id.in_(select(CustomerCallRow.call_id).where(CustomerCallRow.customer_id.in_(known)))


def known_to_be(session: Session, customer: str) -> frozenset[str]:
    """The ids of the customers who alone are known by this number, telephone number or e-mail address."""
    known = typed(customer)
    rows = session.scalars(select(CustomerIdentityRow).where(CustomerIdentityRow.key.in_([one.key for one in known]))).all()
    owners = [{row.customer_id for row in rows if (row.kind, row.key) == (one.kind, one.key)} for one in known]
    return frozenset(one for found in owners if len(found) == 1 for one in found)  # what several share is nobody's


def waiting_of_customer(session: Session, asker: Asker, customer: str) -> tuple[Waiting, ...]:
    """The files of the customer in the inbox that have become no call. Raises NotAllowed for others than administrators,
    StorageError while one is being worked on."""
    _check(asker)
    found, known = [], known_alone(session, customer)
    for row in session.scalars(select(InboxRow).where(InboxRow.state != State.SCORED.value)):
        if names_customer(row.facts, customer, known):
            if row.state == State.TRANSCRIBING.value:
                raise StorageError("A call of this customer is being taken in right now; try again in a few minutes.")
            found.append(Waiting(row.id, row.spooled.partition("/")[0]))
    return tuple(found)


def known_alone(session: Session, customer: str) -> frozenset[Identity]:
    """The telephone number and the e-mail address that this may be, but for what several customers have: that finds nobody
    by itself."""
    known = frozenset(one for one in typed(customer) if one.kind is not IdentityKind.NUMBER)
    shared = (
        select(CustomerIdentityRow.key)
        .where(CustomerIdentityRow.key.in_([one.key for one in known]))
        .group_by(CustomerIdentityRow.key)
        .having(func.count() > 1)
    )
    several = set(session.scalars(shared)) if known else set()
    return frozenset(one for one in known if one.key not in several)


def names_customer(facts: Mapping[str, Any], customer: str, known: frozenset[Identity] = frozenset()) -> bool:
    """Whether what was said of a file that came in names this customer, by name, by number or by what they are known by."""
    said = {**facts.get("extra", {}), **{name: facts[name] for name in CUSTOMER_COLUMNS if facts.get(name)}}
    by_name = customer.strip() in (facts.get("customer"), *(said.get(name) for name in CUSTOMER_COLUMNS))
    return by_name or not known.isdisjoint(identities_of(said))


def names_of_customer(
    session: Session, customer: str, calls: Sequence[CustomersCall], waiting: Sequence[Waiting]
) -> tuple[str, ...]:
    """What the customer is called: what was typed, and each name and number that these calls and files have. To be asked
    before they are emptied. They are for what else is emptied and searched for, and find no further calls."""
    of_calls = session.execute(select(CallRow.customer, CallRow.extra).where(CallRow.id.in_([one.id for one in calls])))
    facts = [{**extra, "customer": name} for name, extra in of_calls]
    for came in session.scalars(select(InboxRow.facts).where(InboxRow.id.in_([one.id for one in waiting]))):
        facts.append({**came.get("extra", {}), **came})
    given = (str(one.get(name) or "").strip() for one in facts for name in ("customer", *CUSTOMER_COLUMNS))
    return tuple(dict.fromkeys(name for name in (customer.strip(), *given) if name and name != MARK))


def check_not_held(session: Session, calls: Sequence[CustomersCall], customer: str) -> None:
    """Raise StorageError where one of these calls, or the customer, is under a legal hold."""
    on_name = select(func.count()).where(
        LegalHoldRow.scope == holds.Scope.CUSTOMER.value,
        is_name(LegalHoldRow.customer, [customer.strip()]),
        LegalHoldRow.released_at.is_(None),
    )
    held = holds.held_among(session, [call.id for call in calls])
    if held or session.scalar(on_name):
        raise StorageError(
            f"The customer cannot be erased: {len(held)} of their {len(calls)} calls are under a legal hold. "
            "`cli.py hold list` names the holds; they have to be released first."
        )


def erase_rows(
    session: Session, asker: Asker, customer: str, calls: Sequence[CustomersCall], waiting: Sequence[Waiting]
) -> Mapping[str, int]:
    """Take the customer out of every row; in how many of each table. The files are the caller's to delete, afterwards.

    Raises NotAllowed for others than administrators, StorageError where a legal hold is on them, and where words of these
    calls are left.
    """
    _check(asker)
    check_not_held(session, calls, customer)
    ids = [call.id for call in calls]
    names = names_of_customer(session, customer, calls, waiting)
    rows = dict(remove_words(session, ids).rows)
    forget_audio(session, ids)
    for row in session.scalars(select(InboxRow).where(InboxRow.id.in_([one.id for one in waiting]))):
        row.state, row.finished_at, row.reason = State.FAILED.value, clock.now(), "The customer was erased."
        if row.place:
            row.reason += " The file itself lies where it was found, for whoever looks after that place."
        row.sent_as, row.place, row.facts = "", "", facts_without_customer(row.facts)
    rows["customers"] = forget_customers(session, sorted(known_to_be(session, customer)))
    session.execute(update(LegalHoldRow).where(is_name(LegalHoldRow.customer, names)).values(customer=MARK))
    rows["inbox"] += len(waiting)
    session.flush()
    if left := {table: count for table, count in count_words(session, ids).items() if count}:
        raise StorageError(f"Not everything could be erased ({left}); nothing was changed.")
    return rows


def named_in(session: Session, asker: Asker, names: Sequence[str]) -> tuple[int, Mapping[str, int]]:
    """In how many columns the names were searched for, all that hold text, and in how many rows of each one stands.

    What is encrypted is decrypted for it, but for what a search goes through, which the columns of texts are copied into.
    After an erasure that is where somebody else's call or text speaks of the name. Raises NotAllowed for others than
    administrators.
    """
    _check(asker)
    spelled = {one for name in names for one in (name, name.casefold(), json.dumps(name)[1:-1])}
    looked, found = 0, {}
    for table in Base.metadata.sorted_tables:
        for column in table.columns:
            if not (
                isinstance(column.type, Text | JSON) or (is_sealed(column) and not isinstance(column.type, SealedBytes))
            ):
                continue
            looked += 1
            text = cast(column, Text)
            stands = or_(*(text.contains(one, autoescape=True) for one in spelled))
            where = and_(~is_encrypted(column), stands) if is_sealed(column) else stands
            count = session.scalar(select(func.count()).select_from(table).where(where)) or 0
            if is_sealed(column) and not isinstance(column.type, SealedFold):
                encrypted = select(in_the_clear(column)).where(is_encrypted(column)).execution_options(yield_per=1_000)
                count += sum(any(one in value for one in spelled) for value in session.scalars(encrypted))
            if count:
                found[f"{table.name}.{column.name}"] = count
    return looked, found


def taught_from(session: Session, asker: Asker, call_ids: Sequence[str]) -> tuple[Taught, ...]:
    """The judges, questions and versions of the tree of reasons that were taught from marks, answers and corrections about
    these calls, among others.

    They keep what they learned. Raises NotAllowed for others than administrators.
    """
    _check(asker)
    ids = set(call_ids)
    of_these = TurnMarkRow.call_id.in_(call_ids)
    first = select(TurnMarkRow.behaviour, func.min(TurnMarkRow.at).label("at")).where(of_these)
    marked = {row.behaviour: row.at for row in session.execute(first.group_by(TurnMarkRow.behaviour))}
    judges = (one for one in teaching.learned_versions(session, asker) if marked.get(one.behaviour, one.at) < one.at)
    labels = {row.id: {label[0] for label in row.labels} for row in session.scalars(select(LearnedCriterionRow))}
    questions = (one for one in learned_criteria.learned_criteria(session, asker) if labels[one.id] & ids)
    return (
        *(Taught(str(one.id), one.behaviour, one.in_force) for one in judges),
        *(Taught(f"q{one.id}", f"{one.scorecard}/{one.criterion}", one.in_force) for one in questions),
        *(Taught(f"r{one.id}", "reasons", one.in_force) for one in _trees_taught_from(session, call_ids)),
    )


def _trees_taught_from(session: Session, call_ids: Sequence[str]) -> tuple[ReasonTreeRow, ...]:
    """The versions of the tree that learned from conversations, and that are not older than the first time a person said
    why one of these customers was in touch, or decided on a proposal that has one of these calls."""
    corrected = select(func.min(ReasonCorrectionRow.at)).where(ReasonCorrectionRow.call_id.in_(call_ids))
    decided = (
        select(func.min(ReasonProposalRow.decided_at))
        .join(ReasonExampleRow, ReasonExampleRow.proposal_id == ReasonProposalRow.id)
        .where(ReasonExampleRow.call_id.in_(call_ids), ReasonExampleRow.reason.is_not(None))
    )
    known = [at for at in (session.scalar(corrected), session.scalar(decided)) if at is not None]
    if not known:
        return ()
    learned = select(ReasonTreeRow).where(ReasonTreeRow.learned_from > 0, ReasonTreeRow.at >= min(known))
    return tuple(session.scalars(learned.order_by(ReasonTreeRow.id)))


def _check(asker: Asker) -> None:
    if not may(asker, Right.ADMINISTER):
        raise NotAllowed("Administrators erase customers; ask one of them.")
