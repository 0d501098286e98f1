"""How does a benchmark come to a contact centre with a hundred thousand evaluations?

Written sample calls are judged for real; then their rows are copied within the database, each copy under agents and teams
of its own group and in other weeks, until there are enough. What is copied is what screens read; the numbers that stand for
sentences' meanings, which no screen reads, are left out. `open_work` adds what is on people's desks: reviews, coaching plans
and disputes; `beside_calls` whose teams are a partner's, causes on the board, what customers answered, and alerts.
"""

import hashlib
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Engine, Table, case, func, insert, literal, select

from bench.databases import settle
from coaching.gaps import find_gaps
from coaching.plans import draft_goal
from coaching.satisfaction import AnswerKind
from errors import InputError, StorageError
from pipeline.demo import written_jobs
from pipeline.dispute import rules as rules_of_disputes
from pipeline.ingest import Chooser, take_in
from pipeline.listen import Listening
from scoring.alerts import AlertKind
from scoring.result import Verdict
from settings import settings
from storage import course_sums
from storage.access import SYSTEM, Asker, Role
from storage.alert_rules import SHIPPED
from storage.alert_tables import AlertRow
from storage.alerts import AlertState
from storage.case_tables import SatisfactionRow
from storage.causes import CauseDraft, CauseState, add_cause, reason_choices
from storage.copying import set_sequences
from storage.course_tables import CourseRow, HarmRow
from storage.customer_tables import CustomerCallRow, CustomerRow
from storage.database import reading, transaction
from storage.disputes import raise_dispute
from storage.kept_sums import Sums, renew
from storage.mapping import monday_of
from storage.organisations import OrganisationKind, add_organisation, assign_team, list_organisations
from storage.plans import draft, offer
from storage.queries import CallFilter, compared_counts
from storage.reason_tables import CallReasonRow
from storage.review_fill import fill
from storage.review_rules import save_rule, usual_rules
from storage.sums import remake
from storage.tables import (
    AgentRow,
    Base,
    CallRow,
    EvaluationRow,
    EvidenceRow,
    ResultRow,
    SignalsRow,
    TeamRow,
    TranscriptRow,
    TurnRow,
)
from storage.tally_tables import TallyRow

AGENTS = 500
"""Each copy of the calls belongs to the next group of agents and teams, until the groups hold so many; then to the first."""

WEEKS = 13
"""The sample calls span as many weeks."""

QUARTERS = 4
"""Over so many quarters of a year each group's calls are spread."""

CALLS_AT_ONCE = 5_000
"""So many calls are copied in one transaction."""

CACHE_KILOBYTES = 200_000
"""What SQLite keeps of its file in memory while calls are copied."""

PARTNERS, CAUSES, ALERTS = 4, 40, 400
"""Partners, who have every other team between them; causes on the board; and alerts of the latest calls."""

ASKED = 10
"""Of one call in so many the customer said how satisfied they were."""

PLANS, DISPUTES = 120, 60
"""Coaching plans of as many agents, and disputes that as many raise."""


def judge_samples(engine: Engine, calls: int) -> None:
    """Take in so many of the written sample calls, spread over their weeks. Raises RuntimeError where one fails."""
    every = written_jobs(Chooser(engine, ()), datetime.now(UTC).date())
    jobs = every[:: max(1, len(every) // calls)][:calls]
    failed = [outcome for outcome in take_in(engine, jobs, Listening.from_settings(settings())) if outcome.reason]
    if failed:
        raise RuntimeError("; ".join(f"{outcome.file}: {outcome.reason}" for outcome in failed))


def grow(engine: Engine, evaluations: int, quarters: int = QUARTERS) -> int:
    """Copy what is stored until there are at least so many evaluations; how many there are then.

    quarters: over how many quarters of a year; 1 leaves all calls in the weeks that pages begin with.
    """
    with engine.begin() as connection:
        there = _count(connection, EvaluationRow)
        if not there:
            raise ValueError("There are no evaluations to copy.")
        copies = -(-evaluations // there) - 1
        if copies < 1:
            return there
        people = _copy_people(connection)
        calls = [dict(row) for row in connection.execute(select(_table(CallRow))).mappings()]
        steps = _highest(connection, EvaluationRow), _highest(connection, ResultRow)
        made_after = _without_index_of_words(connection)
    at_once = max(1, CALLS_AT_ONCE // len(calls))
    for first in range(1, copies + 1, at_once):
        with engine.begin() as connection:  # a transaction each, as what is not committed takes its room twice
            if connection.dialect.name == "sqlite":
                connection.exec_driver_sql(f"PRAGMA cache_size = -{CACHE_KILOBYTES}")
            for number in range(first, min(first + at_once, copies + 1)):
                _copy(connection, number, calls, people[number % len(people)], steps, quarters)
    with engine.begin() as connection:
        for statement in made_after:
            connection.exec_driver_sql(statement)
        set_sequences(connection)  # what is stored afterwards gets ids of its own
        remake(connection)
        course_sums.remake(connection)
        for sums in Sums:
            renew(connection, sums)
    settle(engine)
    with engine.connect() as connection:
        return _count(connection, EvaluationRow)


def _without_index_of_words(connection: Connection) -> list[str]:
    """Drop PostgreSQL's inverted index of words, which takes longer to keep up row by row than everything else together;
    the statement that makes it again."""
    if connection.dialect.name != "postgresql":
        return []
    every = connection.exec_driver_sql("SELECT indexname, indexdef FROM pg_indexes WHERE tablename = 'turns'")
    found = [(name, definition) for name, definition in every if "USING gin" in definition]
    for name, _ in found:
        connection.exec_driver_sql(f'DROP INDEX "{name}"')
    return [str(definition) for _, definition in found]


def open_work(engine: Engine, today: date) -> None:
    """Put on people's desks what a centre has on them: reviews by the usual rules, plans from gaps, and disputes."""
    with transaction(engine) as session:
        for rule in usual_rules(today):
            save_rule(session, SYSTEM, rule)
        fill(session, today)
    with reading(engine) as session:
        gaps = find_gaps(compared_counts(session, SYSTEM, CallFilter()), settings().agent_target)
        largest = list({gap.rate.id: gap.rate for gap in reversed(gaps)}.values())[:PLANS]
        met = select(ResultRow.id, CallRow.agent_id).where(ResultRow.verdict == Verdict.NOT_MET)
        of_agents = met.join(EvaluationRow, ResultRow.evaluation_id == EvaluationRow.id).join(CallRow)
        latest = session.execute(of_agents.order_by(CallRow.started_at.desc()).limit(100 * DISPUTES)).all()
    with transaction(engine) as session:
        for number, rate in enumerate(largest):
            begins = today - timedelta(weeks=number % WEEKS)
            numbers = (rate.rate, rate.low, rate.high, rate.calls, rate.target)
            goal = draft_goal(rate.scorecard, rate.criterion, *numbers, begins)
            with suppress(StorageError):  # the folder's own people may have such a plan already
                plan = draft(session, SYSTEM, rate.id, [goal], begins, "A word before it begins.")
                if number % 4:
                    offer(session, SYSTEM, plan)
        for agent_id, result_id in list({row.agent_id: row.id for row in latest if row.agent_id}.items())[:DISPUTES]:
            asker = Asker(0, Role.AGENT, agent_id, name="An agent")
            with suppress(StorageError):  # or have disputed as much as they may
                raise_dispute(session, asker, rules_of_disputes(), result_id, "It was said before the recording begins.")


def beside_calls(engine: Engine, today: date) -> None:
    """Put beside the calls what other people know: whose teams are a partner's, causes on the board with an action each,
    what customers answered when they were asked, and alerts. A folder where all this stands already is left as it is."""
    names = [f"A measured partner {number + 1}" for number in range(PARTNERS)]
    with transaction(engine) as session:
        if {one.name for one in list_organisations(session, SYSTEM)} & set(names):
            return
        teams = session.scalars(select(TeamRow.id).order_by(TeamRow.id)).all()
        kind = OrganisationKind.OUTSOURCER
        partners = [add_organisation(session, SYSTEM, name, kind) for name in names]
        for number, team in enumerate(teams[1::2]):
            with suppress(InputError):  # the folder's own teams may have a company already
                assign_team(session, SYSTEM, team, partners[number % PARTNERS], None, today)
        latest = session.execute(select(CallRow.id, CallRow.started_at).order_by(CallRow.started_at.desc())).all()
        reasons = list(reason_choices(session)) or [""]
        acted = today - timedelta(weeks=WEEKS)
        for number in range(CAUSES):
            cause = CauseDraft(
                f"Cause {number + 1}",
                reason=reasons[number % len(reasons)],
                action="The page was put right.",
                acted_on=acted - timedelta(days=number),
                state=CauseState.DONE,
            )
            add_cause(session, SYSTEM, cause, [row.id for row in latest[number :: len(latest) // 5 + 1]])
        answered = [
            {"kind": AnswerKind.CSAT, "score": 1 + number % 5, "answered_at": row.started_at, "call_id": row.id}
            for number, row in enumerate(latest[::ASKED])
        ]
        known = set(session.scalars(select(SatisfactionRow.call_id)))
        session.execute(
            insert(SatisfactionRow), [{**one, "case_id": None} for one in answered if one["call_id"] not in known]
        )
        rule = next(one for one in SHIPPED if one.trigger.kind is AlertKind.LEAVING)
        raised = {
            "rule_key": "measured", "rule": rule.name, "kind": rule.trigger.kind.value, "place": -1, "quote": "",
            "why": "The customer says that they will leave.", "state": AlertState.OPEN.value, "channel": "phone",
            "probability": 0.9, "shown": True, "taken_by": "", "closed_by": "", "done": "",
        }  # fmt: skip
        session.execute(
            insert(AlertRow),
            [
                {**raised, "call_id": row.id, "due_at": row.started_at, "raised_at": row.started_at}
                for row in latest[:ALERTS]
            ],
        )
    settle(engine)


def _copy_people(connection: Connection) -> list[dict[str, dict[int, int]]]:
    """For each group the numbers of its agents and teams, by those of the first group, which has its own."""
    teams = [dict(row) for row in connection.execute(select(_table(TeamRow))).mappings()]
    agents = [dict(row) for row in connection.execute(select(_table(AgentRow))).mappings()]
    groups = [{"team": {team["id"]: team["id"] for team in teams}, "agent": {agent["id"]: agent["id"] for agent in agents}}]
    for number in range(1, -(-AGENTS // max(1, len(agents)))):
        own = {"team": _numbers(teams, number), "agent": _numbers(agents, number)}
        for row, rows, name in ((TeamRow, teams, "team"), (AgentRow, agents, "agent")):
            made = [{**one, "id": own[name][one["id"]], "name": f"{one['name']} {number + 1}"} for one in rows]
            if row is AgentRow:
                made = [{**one, "team_id": own["team"].get(one["team_id"])} for one in made]
            connection.execute(insert(row), made)
        groups.append(own)
    return groups


def _numbers(rows: Sequence[dict[str, Any]], group: int) -> dict[int, int]:
    step = max((row["id"] for row in rows), default=0)
    return {row["id"]: row["id"] + group * step for row in rows}


def _give_to_customers(connection: Connection, number: int, calls: Sequence[dict[str, Any]]) -> None:
    """Three customers to ten calls, each with calls of several copies: ten copies share theirs."""
    many = max(1, 3 * len(calls))
    whose = [f"{number // 10:06x}{(number * len(calls) + place) * 7919 % many:010x}" for place in range(len(calls))]
    there = set(connection.scalars(select(CustomerRow.id).where(CustomerRow.id.in_(whose))))
    new = sorted(set(whose) - there)
    if new:
        connection.execute(insert(CustomerRow), [{"id": one, "created_at": calls[0]["started_at"]} for one in new])
    links = [
        {"call_id": call["id"], "customer_id": one, "contacted_at": call["started_at"], "matched_by": "number"}
        for call, one in zip(calls, whose, strict=True)
    ]
    connection.execute(insert(CustomerCallRow), [{**link, "identity_id": None, "by_hand": False} for link in links])


def _copy(
    connection: Connection,
    number: int,
    calls: Sequence[dict[str, Any]],
    people: dict[str, dict[int, int]],
    steps: tuple[int, int],
    quarters: int,
) -> None:
    """One more copy of every call, with all that hangs on it; one call after the other is put a quarter earlier."""
    copied = []
    for n, call in enumerate(calls, start=number):
        started = call["started_at"] - timedelta(weeks=WEEKS * (n % quarters))
        copied.append(
            {
                **call,
                "id": f"{call['id']}-{number}",
                "content_hash": hashlib.sha256(f"{call['content_hash']} {number}".encode()).hexdigest(),
                "agent_id": people["agent"].get(call["agent_id"]),
                "team_id": people["team"].get(call["team_id"]),
                "started_at": started,
                "week": monday_of(started),
            }
        )
    connection.execute(insert(CallRow), copied)
    ids = [call["id"] for call in calls]
    renamed = f"-{number}"
    highest_evaluation, highest_result = steps
    evaluation, result = number * highest_evaluation, number * highest_result
    for row in (TranscriptRow, TurnRow, TallyRow):
        _again(connection, row, _table(row).c.call_id.in_(ids), call_id=_table(row).c.call_id + renamed)
    signals = _table(SignalsRow)
    _again(connection, SignalsRow, signals.c.call_id.in_(ids), call_id=signals.c.call_id + renamed, embeddings=literal(b""))
    courses, copies = _table(CourseRow), _table(CallRow)
    began = select(copies.c.started_at).where(copies.c.id == courses.c.call_id + renamed).scalar_subquery()
    contacted = case((courses.c.contacted_at.is_not(None), began))
    _again(connection, CourseRow, courses.c.call_id.in_(ids), call_id=courses.c.call_id + renamed, contacted_at=contacted)
    for counted in (HarmRow, CallReasonRow):
        own = _table(counted).c.call_id
        _again(connection, counted, own.in_(ids), call_id=own + renamed)
    _give_to_customers(connection, number, copied)
    evaluations, results, evidence = _table(EvaluationRow), _table(ResultRow), _table(EvidenceRow)
    first = evaluations.c.id <= highest_evaluation
    _again(connection, EvaluationRow, first, id=evaluations.c.id + evaluation, call_id=evaluations.c.call_id + renamed)
    _again(
        connection,
        ResultRow,
        results.c.id <= highest_result,
        id=results.c.id + result,
        evaluation_id=results.c.evaluation_id + evaluation,
    )
    _again(
        connection,
        EvidenceRow,
        evidence.c.result_id <= highest_result,
        result_id=evidence.c.result_id + result,
    )


def _again(connection: Connection, row: type[Base], which: ColumnElement[bool], **changed: ColumnElement[Any]) -> None:
    """Insert these rows once more with some columns changed, within the database."""
    table = _table(row)
    columns = [changed.get(column.name, column) for column in table.columns]
    connection.execute(insert(table).from_select([column.name for column in table.columns], select(*columns).where(which)))


def _table(row: type[Base]) -> Table:
    table = row.__table__
    assert isinstance(table, Table)
    return table


def _count(connection: Connection, row: type[Base]) -> int:
    return int(connection.execute(select(func.count()).select_from(_table(row))).scalar_one())


def _highest(connection: Connection, row: type[Base]) -> int:
    return int(connection.execute(select(func.max(_table(row).c.id))).scalar_one())
