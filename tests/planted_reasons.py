"""How do tests come to contacts of which it is known why customers call, who comes back, and whose fault what is?

Some 6,000 contacts of invented customers over 37 weeks, drawn from a seed. A handful of conversations is stored as any other
is, with verdicts as they were planted (as in `tests.planted`), one for each way in which the questions can be answered; then
their rows are copied within the database, as in `bench.centre`, each copy with an agent, a moment, a customer and a reason
of its own. Nothing is judged by the machine: what is asked is whether the pages say what was planted, and this sample leaves
no other reason why they should not.

Planted are, and nothing else:

- reasons with so many contacts (`Reason.firsts` customers a week, and whoever comes back);
- who comes back within 7 and within 30 days (`Reason.soon`, `LATER`), more of them about late orders;
- an action that removed 30 % of the late orders' repeats (`ACTED_ON`), and one about refunds that did nothing;
- a process fault: about bills hardly anybody gets to listen, whoever takes the call;
- a partner, Northern Calls, whose people rarely say thank you, and another one, Southern Voices, without a gap, which is
  given most of the calls about bills.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from heapq import heapify, heappop, heappush
from itertools import pairwise, product
from random import Random
from typing import Any, cast

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    Date,
    Float,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    delete,
    func,
    insert,
    literal,
    select,
)  # fmt: skip
from sqlalchemy.orm import Session

from scoring.reasons.judge import State
from scoring.same_customer import IdentityKind
from storage import causes, course_sums, organisations
from storage.access import SYSTEM
from storage.causes import CauseDraft, CauseState
from storage.course_tables import CourseRow
from storage.customer_tables import CustomerCallRow, CustomerRow
from storage.organisations import OrganisationKind
from storage.people import add_agent, add_team
from storage.queries.reasons import reason_titles
from storage.reason_tables import CallReasonRow, Source
from storage.repository import store_scored_call
from storage.same_customer import days_between
from storage.tables import Base, CallRow, EvaluationRow, EvidenceRow, ResultRow, SignalsRow, TranscriptRow, TurnRow
from storage.tallies import recount
from storage.tally_tables import TallyRow
from tests.storage.build import a_scored_call

FIRST = date(2025, 1, 6)
"""A Monday."""

BEFORE, AFTER, TAIL = 22, 10, 5
"""Weeks before and after the action; and those that have to pass until it is known who came back to the last of these."""

ACTED_ON = FIRST + timedelta(weeks=BEFORE)
UNTIL = FIRST + timedelta(weeks=BEFORE + AFTER + TAIL)


@dataclass(frozen=True)
class Reason:
    """The queue that it comes to, customers who are in touch about it for the first time, a week, and the share of contacts
    after which they are again within 7 days, before the action and since."""

    queue: str
    firsts: int
    soon: tuple[float, float]


REASONS: Mapping[str, Reason] = {
    "order_late": Reason("Orders", 40, (0.40, 0.28)),
    "bill_too_high": Reason("Billing", 24, (0.10, 0.10)),
    "connection": Reason("Technical", 24, (0.10, 0.10)),
    "refund_late": Reason("Accounts", 24, (0.10, 0.10)),
    "cannot_sign_in": Reason("Technical", 20, (0.10, 0.10)),
}
MENDED, FAULTY, IN_VAIN = "order_late", "bill_too_high", "refund_late"

LATER = 0.05
"""The share of contacts of any reason after which the customer is in touch again within 8 to 28 days."""

LISTENS, LISTENS_TO_BILLS = 0.97, 0.25
THANKS, THANKS_OF_PARTNER = 0.95, 0.40
GREETS = (0.88, 0.97)
"""Agents differ: each has a rate of their own between these."""

TEAMS: Mapping[str, tuple[str, int]] = {
    "Harbour": ("", 6),
    "Orchard": ("", 5),
    "North": ("Northern Calls", 5),
    "South": ("Southern Voices", 5),
}
"""By team: the company it belongs to (empty: our own), and how many agents it has."""

GAP, NO_GAP = "Northern Calls", "Southern Voices"
USUAL_MIX = {"Harbour": 0.36, "Orchard": 0.28, "North": 0.20, "South": 0.16}
MIX_OF_BILLS = {"Harbour": 0.22, "Orchard": 0.18, "North": 0.10, "South": 0.50}

CAUSES = (
    CauseDraft("Parcels wait at the depot", MENDED, "", "Lena Brooks", "Logistics", "Collect twice a day.", ACTED_ON),
    CauseDraft("Refunds are paid on Fridays only", IN_VAIN, "", "Omar Field", "Accounts", "Say so on the page.",
               ACTED_ON - timedelta(weeks=6)),
)  # fmt: skip


@dataclass(frozen=True)
class Contact:
    """A contact of the sample: what was planted in it. `met` is of greets, listens and thanks."""

    id: str
    customer: str
    reason: str
    at: datetime
    team: str
    agent: str
    met: tuple[bool, bool, bool]

    @property
    def week(self) -> date:
        """Its Monday."""
        return self.at.date() - timedelta(days=self.at.weekday())


def planted_contacts(seed: int = 5) -> list[Contact]:
    """The contacts of all reasons, each reason's in order of time."""
    return [contact for reason in REASONS for contact in _contacts(Random(f"{seed}|{reason}"), reason)]


def _contacts(random: Random, reason: str) -> list[Contact]:
    """In order of time: who is in touch for the first time, and who comes back. Of all of these every so-manieth does again,
    so that the shares hold in each week."""
    planted, found = REASONS[reason], list[Contact]()
    waiting = [
        (_moment(random, week), f"{reason}-{week}-{place}")
        for week in range(BEFORE + AFTER + TAIL)
        for place in range(planted.firsts + random.randint(-2, 2))
    ]
    heapify(waiting)
    owed = {"soon": random.random(), "later": random.random()}
    while waiting:
        at, customer = heappop(waiting)
        if at.date() >= UNTIL:
            break
        found.append(_contact(random, f"{reason}-{len(found)}", customer, reason, at))
        owed["soon"] += planted.soon[at.date() >= ACTED_ON]
        owed["later"] += LATER
        for name, days in (("soon", random.uniform(0.5, 6.5)), ("later", random.uniform(8, 28))):
            if owed[name] >= 1:
                owed[name] -= 1
                heappush(waiting, (at + timedelta(days=days), customer))
                break
    return found


def _moment(random: Random, week: int) -> datetime:
    monday = datetime.combine(FIRST + timedelta(weeks=week), datetime.min.time(), UTC)
    return monday + timedelta(days=random.randrange(5), hours=random.randrange(8, 19), seconds=random.randrange(3600))


def _contact(random: Random, id_: str, customer: str, reason: str, at: datetime) -> Contact:
    mix = MIX_OF_BILLS if reason == FAULTY else USUAL_MIX
    (team,) = random.choices(list(mix), list(mix.values()))
    number = random.randrange(TEAMS[team][1])
    low, high = GREETS
    rates = (
        low + (high - low) * number / (TEAMS[team][1] - 1),
        LISTENS_TO_BILLS if reason == FAULTY else LISTENS,
        THANKS_OF_PARTNER if TEAMS[team][0] == GAP else THANKS,
    )
    greets, listens, thanks = (random.random() < rate for rate in rates)
    return Contact(id_, customer, reason, at, team, f"{team} {number + 1}", (greets, listens, thanks))


# Into the database


def store(session: Session) -> list[Contact]:
    """The whole of it: contacts with what follows from them, the companies, and the board with a cause for each action."""
    contacts = planted_contacts()
    templates = _templates(session)
    connection = session.connection()
    _copy(connection, session, contacts, templates)
    for team, (company, _) in TEAMS.items():
        if company:
            id_ = organisations.add_organisation(session, SYSTEM, company, OrganisationKind.OUTSOURCER)
            organisations.assign_team(session, SYSTEM, add_team(session, team), id_, None, UNTIL)
    for draft in CAUSES:
        causes.add_cause(session, SYSTEM, CauseDraft(**{**vars(draft), "state": CauseState.DONE}))
    return contacts


def _templates(session: Session) -> dict[tuple[bool, bool, bool], str]:
    """A conversation of nobody for each way in which the three questions can be answered; their ids."""
    found = {}
    for met in [(greets, listens, thanks) for greets, listens, thanks in product((True, False), repeat=3)]:
        missed = [name for name, is_met in zip(("greets", "listens", "thanks"), met, strict=True) if not is_met]
        call = a_scored_call(
            f"as {met}", agent=None, team=None, started_at=datetime(2020, 1, 6, 12, tzinfo=UTC),
            verdicts=dict.fromkeys(missed, "not_met"), direction="inbound",
        )  # fmt: skip
        assert store_scored_call(session, call)
        found[met] = call.transcript.call_id
    return found


def _copy(
    connection: Connection, session: Session, contacts: list[Contact], templates: Mapping[tuple[bool, bool, bool], str]
) -> None:
    people = {team: add_team(session, team) for team in TEAMS}
    whose = {one.agent: one.team for one in contacts}
    agents = {agent: add_agent(session, agent, people[team]) for agent, team in sorted(whose.items())}
    titles = {id_: title for id_, (_, title) in reason_titles(session).items()}
    since, until = _around(contacts)
    customers = {name: f"{place:016x}" for place, name in enumerate(sorted({one.customer for one in contacts}))}
    now = datetime.combine(UNTIL, datetime.min.time(), UTC)
    session.execute(insert(CustomerRow), [{"id": id_, "created_at": now} for id_ in customers.values()])
    _COPIES.create(connection)
    rows: list[dict[str, Any]] = [
        {
            "place": place, "template": templates[one.met], "id": one.id, "hash": f"{place:064x}",
            "agent_id": agents[one.agent], "team_id": people[one.team], "at": one.at, "week": one.week,
            "queue": REASONS[one.reason].queue, "reason": one.reason, "title": titles[one.reason],
            "since": since.get(one.id), "until": until.get(one.id), "customer": customers[one.customer],
        }
        for place, one in enumerate(contacts, 1)
    ]  # fmt: skip
    connection.execute(insert(_COPIES), rows)
    copy = _COPIES.c
    call = {"id": copy.id, "content_hash": copy.hash, "agent_id": copy.agent_id, "team_id": copy.team_id,
            "started_at": copy.at, "week": copy.week, "queue": copy.queue}  # fmt: skip
    _again(connection, CallRow, _table(CallRow).c.id, call)
    for row in (TranscriptRow, TurnRow, SignalsRow, TallyRow):
        _again(connection, row, _table(row).c.call_id, {"call_id": copy.id})
    course = {"call_id": copy.id, "contacted_at": copy.at, "days_since_contact": copy.since, "reason": copy.title}
    _again(connection, CourseRow, _table(CourseRow).c.call_id, {**course, "customer_key": copy.customer})
    reasons = _table(CallReasonRow).c
    why = {"call_id": copy.id, "reason": copy.reason, "source": literal(Source.GIVEN, reasons.source.type),
           "state": literal(State.FITS, reasons.state.type), "days_until_contact": copy.until}  # fmt: skip
    _again(connection, CallReasonRow, _table(CallReasonRow).c.call_id, why)
    links = [
        {"call_id": row["id"], "customer_id": row["customer"], "contacted_at": row["at"],
         "matched_by": IdentityKind.NUMBER, "identity_id": None, "by_hand": False}
        for row in rows
    ]  # fmt: skip
    connection.execute(insert(CustomerCallRow), links)
    _copy_evaluations(connection)
    _COPIES.drop(connection)
    _forget(connection, list(templates.values()))
    assert recount(session).mended == 0
    course_sums.remake(connection)


def _copy_evaluations(connection: Connection) -> None:
    """Each copy has the one evaluation of its template, with its results and their evidence."""
    copy, evaluation, result, evidence = _COPIES.c, *(_table(row).c for row in (EvaluationRow, ResultRow, EvidenceRow))
    evaluations, results = (connection.execute(select(func.max(one))).scalar_one() for one in (evaluation.id, result.id))
    _again(connection, EvaluationRow, evaluation.call_id, {"id": evaluations + copy.place, "call_id": copy.id})
    template = select(copy.place, evaluation.id.label("evaluation")).where(evaluation.call_id == copy.template).subquery()
    own = {"id": results * template.c.place + result.id, "evaluation_id": evaluations + template.c.place}
    _insert(connection, ResultRow, own, template.c.evaluation == result.evaluation_id)
    moved = {"result_id": results * template.c.place + evidence.result_id}
    of_result = (template.c.evaluation == result.evaluation_id) & (evidence.result_id == result.id)
    _insert(connection, EvidenceRow, moved, of_result)


def _forget(connection: Connection, templates: Sequence[str]) -> None:
    """The templates were of nobody: only their copies stay."""
    evaluations = select(EvaluationRow.id).where(EvaluationRow.call_id.in_(templates))
    results = select(ResultRow.id).where(ResultRow.evaluation_id.in_(evaluations))
    connection.execute(delete(EvidenceRow).where(EvidenceRow.result_id.in_(results)))
    connection.execute(delete(ResultRow).where(ResultRow.evaluation_id.in_(evaluations)))
    for table in reversed(Base.metadata.sorted_tables):
        if "call_id" in table.columns:
            connection.execute(delete(table).where(table.c.call_id.in_(templates)))
    connection.execute(delete(CallRow).where(CallRow.id.in_(templates)))


def _again(connection: Connection, row: type[Base], of: Column[Any], changed: Mapping[str, Any]) -> None:
    """A row for each copy as its template has it but for some columns; `of` says whose a row is."""
    _insert(connection, row, changed, of == _COPIES.c.template)


def _insert(connection: Connection, row: type[Base], changed: Mapping[str, Any], which: ColumnElement[bool]) -> None:
    table = _table(row)
    columns = [changed.get(column.name, column) for column in table.columns]
    connection.execute(insert(table).from_select([column.name for column in table.columns], select(*columns).where(which)))


def _table(row: type[Base]) -> Table:
    return cast("Table", row.__table__)


def _around(contacts: list[Contact]) -> tuple[dict[str, float], dict[str, float]]:
    """Of each contact how many days the same customer's one before was ago, and after how many the next one came."""
    theirs: dict[str, list[tuple[datetime, str]]] = defaultdict(list)
    for one in contacts:
        theirs[one.customer].append((one.at, one.id))
    since: dict[str, float] = {}
    until: dict[str, float] = {}
    for own in theirs.values():
        since |= days_between(own)
        until |= {before: since[after] for (_, before), (_, after) in pairwise(sorted(own))}
    return since, until


_COPIES = Table(
    "copies",
    MetaData(),
    Column("place", Integer, primary_key=True),
    Column("template", Text),
    Column("id", Text),
    Column("hash", String(64)),
    Column("agent_id", Integer),
    Column("team_id", Integer),
    Column("at", _table(CallRow).c.started_at.type),
    Column("week", Date),
    Column("queue", Text),
    Column("reason", Text),
    Column("title", Text),
    Column("since", Float),
    Column("until", Float),
    Column("customer", String(16)),
    prefixes=["TEMPORARY"],
)
"""Which template each contact is a copy of, and what is its own."""
