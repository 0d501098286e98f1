"""What is kept about one person: a customer, an agent, or somebody who reviews, coaches, manages or administers?

A customer is who calls carry by name or number; an agent has calls and, where they sign in, an account; the others have an
account. Whatever hangs on a person's own calls is worked out from the tables' references, so that a table that is added is
in it too; the rest stands in `storage.person_tables`, with what of each row is somebody else's.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import Enum, StrEnum
from typing import Any

from sqlalchemy import ColumnElement, String, Table, and_, cast, false, func, or_, select
from sqlalchemy.orm import Session

from errors import InputError, NotAllowed
from storage import erasure
from storage.access import Asker, Right, Role, may
from storage.audit import About
from storage.audit_tables import AuditEntryRow
from storage.case_tables import CaseCallRow
from storage.holds import Scope
from storage.hook_tables import DeliveryRow
from storage.inbox import State
from storage.inbox_tables import InboxCallRow, InboxRow
from storage.keeping_tables import LegalHoldRow
from storage.learned_criteria_tables import LearnedCriterionRow
from storage.person_tables import LEFT_OUT, MINE, OTHERS, SECRETS, By, Mine, Whose
from storage.plan_tables import CoachingPlanRow
from storage.scorecard_tables import ScorecardDraftRow
from storage.sealed_words import FORM, SealedFold, as_it_lies, is_name
from storage.tables import AgentRow, Base, CallRow, CoachTeamRow, EvaluationRow, TeamRow, UserRow
from storage.token_tables import ApiTokenRow

MOST_FOUND = 20
"""So many people a search gives at most; whoever finds none of them says more of the name."""

_AT_ONCE = 500
"""Rows that are read, and ids that are asked for, at once."""


class PersonKind(StrEnum):
    """As what somebody is known; whoever signs in, by their role."""

    CUSTOMER = "customer"
    AGENT = "agent"
    REVIEWER = "reviewer"
    COACH = "coach"
    QUALITY_MANAGER = "quality_manager"
    ADMINISTRATOR = "administrator"


@dataclass(frozen=True)
class Found:
    """Somebody whom a search found: `key` is what `find_person` knows them by, `detail` tells them from others."""

    key: str
    name: str
    detail: str


@dataclass(frozen=True)
class Person:
    """Somebody, and by what their rows are known.

    call_ids and names are a customer's: their calls, and each name and number that these have. own_names are the names by
    which things carry nothing else of somebody at work; none that another account has too.
    """

    kind: PersonKind
    name: str
    agent_id: int | None = None
    user_ids: tuple[int, ...] = ()
    own_names: tuple[str, ...] = ()
    call_ids: tuple[str, ...] = ()
    names: tuple[str, ...] = ()

    @property
    def whose(self) -> Whose:
        """By which rule others' data are left out of their file."""
        if self.kind is PersonKind.CUSTOMER:
            return Whose.CUSTOMER
        return Whose.COLLEAGUE if self.agent_id is None else Whose.AGENT


@dataclass(frozen=True)
class FileWaiting:
    """A file about a customer that came in and has become no call: its row, where it lies in the inbox, and where it lies
    if that is a place of somebody else's; one of both is empty."""

    id: int
    spooled: str
    place: str


# Who


def find_people(session: Session, asker: Asker, kind: PersonKind, text: str) -> tuple[Found, ...]:
    """Whose name, e-mail address or number has this in it, in order of names; of those at work everybody where it is empty.

    A customer's number has to be whole, and where words are encrypted their name too. Raises NotAllowed for others than
    administrators.
    """
    _check(asker)
    text = text.strip()
    if kind is PersonKind.CUSTOMER:
        return _customers(session, asker, text) if text else ()
    has = [func.lower(column).contains(text.lower(), autoescape=True) for column in (UserRow.name, UserRow.email)]
    if kind is PersonKind.AGENT:
        named = select(AgentRow.name, UserRow.email, TeamRow.name.label("team"))
        joined = named.outerjoin(UserRow, UserRow.agent_id == AgentRow.id).outerjoin(TeamRow, TeamRow.id == AgentRow.team_id)
        which = or_(func.lower(AgentRow.name).contains(text.lower(), autoescape=True), *has)
        rows = session.execute(joined.where(which).order_by(AgentRow.name, UserRow.email).limit(MOST_FOUND))
        return tuple(Found(row.name, row.name, ", ".join(filter(None, (row.team, row.email)))) for row in rows)
    people = select(UserRow).where(UserRow.role == Role(kind.value), or_(*has)).order_by(UserRow.name, UserRow.email)
    return tuple(
        Found(row.email, row.name, row.email if row.active else f"{row.email}, can no longer sign in")
        for row in session.scalars(people.limit(MOST_FOUND))
    )


def _customers(session: Session, asker: Asker, text: str) -> tuple[Found, ...]:
    lies = as_it_lies(CallRow.customer)
    alike = func.lower(lies).contains(text.lower(), autoescape=True) & ~lies.startswith(FORM)
    rows = session.execute(
        select(CallRow.customer, func.count().label("calls"))
        .where(alike)
        .group_by(CallRow.customer)
        .order_by(lies)
        .limit(MOST_FOUND)
    )
    found = [Found(row.customer, row.customer, _counted(row.calls)) for row in rows]
    try:
        exactly = find_person(session, asker, PersonKind.CUSTOMER, text)
    except InputError:
        return tuple(found)
    first = Found(text, text, _counted(len(exactly.call_ids)))
    return (first, *(one for one in found if one.key != text))[:MOST_FOUND]


def _counted(calls: int) -> str:
    return "1 call" if calls == 1 else f"{calls} calls"


def find_person(session: Session, asker: Asker, kind: PersonKind, name: str) -> Person:
    """Who that is: a customer by name or number, as the list of calls has it; an agent by name or e-mail address; the others
    by e-mail address, or by a name that nobody else of their role has.

    Raises NotAllowed for others than administrators, InputError where there is no such person, or more than one.
    """
    _check(asker)
    name = name.strip()
    if kind is PersonKind.CUSTOMER:
        return _customer(session, asker, name)
    if kind is PersonKind.AGENT:
        by_account = select(UserRow.agent_id).where(UserRow.email == name.lower())
        agent = session.scalar(select(AgentRow).where(or_(AgentRow.name == name, AgentRow.id.in_(by_account))).limit(1))
        if agent is None:
            raise InputError(f"There is no agent {name}.")
        accounts = session.scalars(select(UserRow).where(UserRow.agent_id == agent.id)).all()
        return _at_work(session, kind, agent.name, agent.id, [one.id for one in accounts], [one.name for one in accounts])
    known = or_(UserRow.email == name.lower(), UserRow.name == name)
    users = session.scalars(select(UserRow).where(UserRow.role == Role(kind.value), known)).all()
    if not users:
        raise InputError(f"There is no {kind.value.replace('_', ' ')} {name}.")
    if len(users) > 1:
        addresses = ", ".join(sorted(one.email for one in users))
        raise InputError(f"{len(users)} people are called {name}: say whom you mean by their e-mail address ({addresses}).")
    (user,) = users
    return _at_work(session, kind, user.name, user.agent_id, [user.id], [user.name])


def _at_work(
    session: Session, kind: PersonKind, name: str, agent_id: int | None, user_ids: list[int], names: list[str]
) -> Person:
    shared = set(session.scalars(select(UserRow.name).where(UserRow.name.in_([name, *names]), UserRow.id.not_in(user_ids))))
    own = tuple(one for one in dict.fromkeys([name, *names]) if one not in shared)
    return Person(kind, name, agent_id, tuple(sorted(user_ids)), own)


def _customer(session: Session, asker: Asker, name: str) -> Person:
    calls = erasure.calls_of_customer(session, asker, name)
    names = erasure.names_of_customer(session, name, calls, ())
    person = Person(PersonKind.CUSTOMER, name, call_ids=tuple(call.id for call in calls), names=names)
    held = session.scalar(select(LegalHoldRow.id).where(_holds(person)).limit(1))
    if not calls and held is None and not _waiting_ids(session, name):
        raise InputError(
            "No call carries this name or number, nor a file that waits or a legal hold; it has to be written as the list "
            "of calls has it."
        )
    return person


def calls_of(session: Session, asker: Asker, person: Person) -> tuple[tuple[str, str | None], ...]:
    """The ids of a person's own calls with where their recordings lie, the oldest first. Raises NotAllowed for others than
    administrators."""
    _check(asker)
    which = select(CallRow.id, CallRow.recording).where(_calls(person)).order_by(CallRow.started_at, CallRow.id)
    return tuple((row.id, row.recording) for row in session.execute(which))


def files_waiting(session: Session, asker: Asker, person: Person) -> tuple[FileWaiting, ...]:
    """The files about a customer that have become no call. Raises NotAllowed for others than administrators."""
    _check(asker)
    if person.whose is not Whose.CUSTOMER:
        return ()
    ids = _waiting_ids(session, person.name)
    rows = session.scalars(select(InboxRow).where(InboxRow.id.in_(ids)).order_by(InboxRow.id))
    return tuple(FileWaiting(row.id, row.spooled, row.place) for row in rows)


def _waiting_ids(session: Session, customer: str) -> list[int]:
    rows = session.execute(select(InboxRow.id, InboxRow.facts).where(InboxRow.state != State.SCORED.value))
    known = erasure.known_alone(session, customer)
    return [row.id for row in rows if erasure.names_customer(row.facts, customer, known)]


# What


@dataclass(frozen=True)
class _Part:
    """Some rows of a table: which, what of them is others', and how they are cut down to what is the person's."""

    where: ColumnElement[bool]
    others: frozenset[str] = frozenset()
    cut: Callable[[dict[str, Any]], dict[str, Any]] | None = field(default=None)


def rows_about(session: Session, asker: Asker, person: Person) -> Iterator[tuple[str, dict[str, Any]]]:
    """Each row about a person, table by table: the name of the table and its values, as JSON has them.

    What is another's reads `LEFT_OUT`; secrets are not there. Raises NotAllowed for others than administrators.
    """
    _check(asker)
    parts = _parts(session, person)
    for table in Base.metadata.sorted_tables:
        seen = set[tuple[Any, ...]]()
        for part in parts.get(table.name, ()):
            columns = [column for column in table.columns if not isinstance(column.type, SealedFold)]  # the text once more
            rows = select(*columns).where(part.where).order_by(*table.primary_key.columns)
            for row in session.execute(rows.execution_options(yield_per=_AT_ONCE)):
                values = dict(row._mapping)
                key = tuple(values[column.name] for column in table.primary_key.columns)
                if key not in seen:
                    seen.add(key)
                    values |= {name: LEFT_OUT for name in part.others if values[name] not in (None, "")}
                    yield table.name, _plain(part.cut(values) if part.cut else values)


def _parts(session: Session, person: Person) -> Mapping[str, list[_Part]]:
    parts = defaultdict[str, list[_Part]](list)
    if person.whose is not Whose.COLLEAGUE:
        if person.agent_id is not None:
            own_plan = select(CoachingPlanRow.id).where(CoachingPlanRow.agent_id == person.agent_id)
            clips = Base.metadata.tables["plan_clips"].c
            own_call = select(CallRow.id).where(_calls(person))
            parts["plan_clips"].append(_Part(clips.plan_id.in_(own_plan) & clips.call_id.in_(own_call)))
        for name, where in _hanging_on(_calls(person)).items():
            parts[name].append(_Part(where, OTHERS[person.whose].get(name, frozenset())))
    for mine in MINE:
        theirs = _mine(mine, person)
        if theirs is not None:
            parts[mine.table].append(_Part(theirs, mine.others))
    for name, part in _by_value(session, person):
        parts[name].append(part)
    return parts


def _calls(person: Person) -> ColumnElement[bool]:
    """The condition on `calls` that they are this person's own."""
    if person.agent_id is not None:
        return CallRow.agent_id == person.agent_id
    return CallRow.id.in_(person.call_ids) if person.call_ids else false()


def _hanging_on(calls: ColumnElement[bool]) -> dict[str, ColumnElement[bool]]:
    """For `calls` and every table whose rows point at one of these, or at such a row: the condition that they do."""
    which: dict[str, ColumnElement[bool]] = {"calls": calls}
    for table in Base.metadata.sorted_tables:  # what is pointed at comes first
        points = [
            column.in_(select(key.column).where(which[key.column.table.name]))
            for column in table.columns
            for key in column.foreign_keys
            if key.column.table.name in which and key.column.table is not table
        ]
        if points and table.name not in which:
            which[table.name] = or_(*points)
    return which


def _mine(mine: Mine, person: Person) -> ColumnElement[bool] | None:
    """The condition that this column makes a row theirs; None where they have nothing that it could hold."""
    table = Base.metadata.tables[mine.table]
    column = table.c[mine.column]
    if mine.by is By.AGENT:
        return None if person.agent_id is None else column == person.agent_id
    if mine.by is By.ROW:
        parent = next(one for one in MINE if f"{one.table}.{one.column}" == mine.parent)
        of_parent = _mine(parent, person)
        return None if of_parent is None else column.in_(select(_joined(table, column, parent)).where(of_parent))
    known = person.user_ids if mine.by is By.ACCOUNT else person.own_names
    return column.in_(known) if known else None


def _joined(table: Table, column: ColumnElement[Any], parent: Mine) -> ColumnElement[Any]:
    """What a column of the parent's table has that this one has too: what this one refers to, or what refers to it."""
    other = Base.metadata.tables[parent.table]
    pairs = [(ours, key.column) for ours in table.columns for key in ours.foreign_keys if key.column.table is other]
    pairs += [(key.column, theirs) for theirs in other.columns for key in theirs.foreign_keys if key.column.table is table]
    return next(theirs for ours, theirs in pairs if ours is column)


def _by_value(session: Session, person: Person) -> Iterator[tuple[str, _Part]]:
    """The rows that are found by what they hold."""
    own_calls = {call_id for (call_id,) in session.execute(select(CallRow.id).where(_calls(person)))}
    yield "learned_criteria", _taught_from(session, person, own_calls)
    yield "audit_entries", _record(person)
    if person.whose is not Whose.CUSTOMER:
        yield "teams", _Part(_teams(person))
        yield "scorecard_drafts", _drafts(session, person)
    if person.whose is not Whose.COLLEAGUE:
        judged = select(EvaluationRow.scorecard_version_id).where(_hanging_on(_calls(person))["evaluations"])
        versions = Base.metadata.tables["scorecard_versions"].c
        yield "scorecard_versions", _Part(versions.id.in_(judged), frozenset({"definition"}))
        yield "legal_holds", _Part(_holds(person))
        for some in _pieces(_told_of(session, person, own_calls)):
            yield "webhook_deliveries", _Part(DeliveryRow.id.in_(some))
    if person.whose is Whose.CUSTOMER:
        links = Base.metadata.tables["customer_calls"].c
        whose = select(links.customer_id).where(links.call_id.in_(person.call_ids))
        identities, changes = (Base.metadata.tables[name].c for name in ("customer_identities", "customer_changes"))
        yield "customers", _Part(Base.metadata.tables["customers"].c.id.in_(whose))
        yield "customer_identities", _Part(identities.customer_id.in_(whose))
        yield "customer_changes", _Part(or_(changes.customer_id.in_(whose), changes.other_id.in_(whose)))
        cases, answers = (Base.metadata.tables[name].c for name in ("cases", "satisfaction"))
        linked = select(CaseCallRow.case_id).where(CaseCallRow.call_id.in_(person.call_ids))
        known = erasure.known_to_be(session, person.name)
        own_cases = or_(cases.customer_id.in_(whose), cases.customer_id.in_(known), cases.id.in_(linked))
        yield "cases", _Part(own_cases)
        yield "satisfaction", _Part(answers.case_id.in_(select(cases.id).where(own_cases)))
        yield "inbox_calls", _Part(InboxCallRow.call_id.in_(person.call_ids))
        became = select(InboxCallRow.inbox_id).where(InboxCallRow.call_id.in_(person.call_ids))
        shared = select(InboxCallRow.inbox_id).where(InboxCallRow.call_id.not_in(person.call_ids))
        yield "inbox", _Part(InboxRow.id.in_(became) & InboxRow.id.not_in(shared))
        yield "inbox", _Part(InboxRow.id.in_(became), frozenset({"sent_as", "place", "facts", "reason"}))
        for some in _pieces(_waiting_ids(session, person.name)):
            yield "inbox", _Part(InboxRow.id.in_(some))


def _holds(person: Person) -> ColumnElement[bool]:
    """The holds on a customer by name, on their calls, or on an agent."""
    if person.whose is not Whose.CUSTOMER:
        return and_(LegalHoldRow.scope == Scope.AGENT.value, LegalHoldRow.target == str(person.agent_id))
    on_name = and_(LegalHoldRow.scope == Scope.CUSTOMER.value, is_name(LegalHoldRow.customer, person.names))
    return or_(on_name, and_(LegalHoldRow.scope == Scope.CALL.value, LegalHoldRow.target.in_(person.call_ids)))


def _teams(person: Person) -> ColumnElement[bool]:
    """The teams that somebody coaches, is in, or took their calls in."""
    coached = select(CoachTeamRow.team_id).where(CoachTeamRow.user_id.in_(person.user_ids))
    of_agent = select(AgentRow.team_id).where(AgentRow.id == person.agent_id)
    of_calls = select(CallRow.team_id).where(_calls(person))
    return or_(TeamRow.id.in_(coached), TeamRow.id.in_(of_agent), TeamRow.id.in_(of_calls))


def _drafts(session: Session, person: Person) -> _Part:
    """The drafts of scorecards that somebody began or worked on, with none of the others who did."""
    accounts = {str(one) for one in person.user_ids}
    rows = session.execute(select(ScorecardDraftRow.id, ScorecardDraftRow.editors))
    edited = [row.id for row in rows if accounts & set(row.editors)]

    def cut(row: dict[str, Any]) -> dict[str, Any]:
        return {**row, "editors": {who: at for who, at in row["editors"].items() if who in accounts}}

    where = or_(ScorecardDraftRow.id.in_(edited), ScorecardDraftRow.author_id.in_(person.user_ids))
    return _Part(where, frozenset({"aside"}), cut)


def _taught_from(session: Session, person: Person, own_calls: Collection[str]) -> _Part:
    """The questions that somebody taught, or that were taught by an answer of theirs or about a call of theirs: with these
    answers alone, each a call, met or not, and who answered."""

    def own(labels: Iterable[Any]) -> list[Any]:
        return [label for label in labels if label[0] in own_calls or label[2] in person.own_names]

    def cut(row: dict[str, Any]) -> dict[str, Any]:
        return {**row, "labels": own(row["labels"])}

    rows = session.execute(select(LearnedCriterionRow.id, LearnedCriterionRow.labels))
    where = LearnedCriterionRow.id.in_([row.id for row in rows if own(row.labels)])
    taught = LearnedCriterionRow.author_id.in_(person.user_ids)
    return _Part(or_(where, taught), frozenset({"rule"}), cut)


def _told_of(session: Session, person: Person, own_calls: Collection[str]) -> list[int]:
    """What programs were told of these calls, or of the agent."""
    rows = session.execute(select(DeliveryRow.id, DeliveryRow.data).execution_options(yield_per=_AT_ONCE))
    agent = person.agent_id
    return [
        row.id
        for row in rows
        if row.data.get("call_id") in own_calls or (agent is not None and row.data.get("agent_id") == agent)
    ]


def _record(person: Person) -> _Part:
    """What the record has of a person: of what they did, of their account, their calls, and holds on them."""

    def about(kind: About, ids: Any) -> ColumnElement[bool]:
        return and_(AuditEntryRow.about == kind.value, AuditEntryRow.about_id.in_(ids))

    which = [about(About.CALL, select(CallRow.id).where(_calls(person)))]
    accounts = [str(one) for one in person.user_ids]
    agents = [] if person.agent_id is None else [str(person.agent_id)]
    own = {(About.PERSON.value, one) for one in accounts} | {(About.AGENT.value, one) for one in agents}
    if person.whose is not Whose.COLLEAGUE:
        which.append(about(About.HOLD, select(cast(LegalHoldRow.id, String)).where(_holds(person))))
    if person.whose is not Whose.CUSTOMER:
        which += [AuditEntryRow.who_id.in_(person.user_ids), about(About.PERSON, accounts), about(About.AGENT, agents)]
        which.append(about(About.SETTING, [f"reviews_a_day:{one}" for one in accounts]))
        if agents:
            tokens = select(cast(ApiTokenRow.id, String)).where(ApiTokenRow.agent_id == person.agent_id)
            which.append(about(About.TOKEN, tokens))

    def cut(row: dict[str, Any]) -> dict[str, Any]:
        """Of what was done to somebody else's account there stays that it was done."""
        of_another = row["about"] in (About.PERSON, About.AGENT) and (row["about"], row["about_id"]) not in own
        return {**row, "details": LEFT_OUT} if of_another else row

    return _Part(or_(*which), cut=cut)


def _pieces(ids: list[int]) -> Iterator[list[int]]:
    yield from (ids[start : start + _AT_ONCE] for start in range(0, len(ids), _AT_ONCE))


def _plain(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row as JSON has it; of numbers that a machine alone reads (embeddings, a taught judge) their size."""
    return {name: _value(value) for name, value in row.items() if name not in SECRETS}


def _value(value: Any) -> Any:
    if isinstance(value, bytes):
        return f"{len(value)} bytes"
    if isinstance(value, datetime | date):
        return value.isoformat()
    return value.value if isinstance(value, Enum) else value


def _check(asker: Asker) -> None:
    if not may(asker, Right.ADMINISTER):
        raise NotAllowed("Administrators hand out what is kept about a person; ask one of them.")
