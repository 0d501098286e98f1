"""May a centre rely on which conversations are one customer's, and on nobody being shown more of them than they may see?"""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, delete, func, select, update

from errors import NotAllowed, StorageError
from scoring.signals.model import BEHAVIOURS, Shown
from storage import customers, queries
from storage.access import SYSTEM, Asker, Role
from storage.course_tables import CourseRow
from storage.courses import recount
from storage.customer_tables import CustomerCallRow, CustomerIdentityRow, CustomerRow
from storage.database import reading, transaction
from storage.erasure import calls_of_customer
from storage.identities import same_email, same_phone
from storage.queries import CallFilter
from storage.records import ScoredCall
from storage.removal import remove_words
from storage.repository import store_scored_call
from storage.same_customer import fill
from storage.tables import AgentRow, Base, CallRow
from tests.storage.build import a_scored_call
from tests.storage.contents import Once
from tests.storage.statements import statements_of

MONDAY = datetime(2025, 3, 3, 9, tzinfo=UTC)
PHONE = "+44 20 7946 0123"


def a_contact(name: str, days: float, *lines: str, **given: Any) -> ScoredCall:
    facts = {key: given.pop(key) for key in ("agent", "team", "direction", "customer") if key in given}
    return a_scored_call(name, *lines, started_at=MONDAY + timedelta(days=days), extra=given, **facts)


def store(engine: Engine, *calls: ScoredCall) -> list[str]:
    with transaction(engine) as session:
        for call in calls:
            assert store_scored_call(session, call)
    return [call.transcript.call_id for call in calls]


def whose(engine: Engine, call_id: str) -> str | None:
    with reading(engine) as session:
        return queries.customer_of_call(session, SYSTEM, call_id)


def days_of(engine: Engine, *call_ids: str) -> list[float | None]:
    with reading(engine) as session:
        rows = dict(session.execute(select(CourseRow.call_id, CourseRow.days_since_contact)).all())
    return [rows[one] for one in call_ids]


def test_a_telephone_number_is_the_same_however_it_is_written() -> None:
    assert {same_phone(one) for one in ("020 7946 0123", "+44 (0)20 7946 0123", PHONE, "+442079460123")} == {"+442079460123"}
    assert (same_phone("withheld"), same_phone("101")) == ("", "")
    assert (same_email(" Anna@Example.org "), same_email("none")) == ("anna@example.org", "")


def test_the_same_telephone_or_address_is_the_same_customer_and_neither_is_ever_kept(engine: Engine) -> None:
    first, second, third = store(
        engine,
        a_contact("one", 0, customer_phone=PHONE, customer_email="anna@example.org"),
        a_contact("two", 2, customer_phone="020 7946 0123"),
        a_contact("three", 5, customer_email="ANNA@example.org"),
    )
    assert whose(engine, first) == whose(engine, second) == whose(engine, third) is not None
    assert days_of(engine, first, second, third) == [None, 2.0, 3.0]
    with reading(engine) as session:
        kept = repr([tuple(row) for table in Base.metadata.sorted_tables for row in session.execute(select(table))])
    assert "79460123" not in kept.replace(" ", "")  # four digits alone stand in any hash
    assert "anna@" not in kept.casefold()


def test_a_telephone_of_two_numbered_customers_decides_nothing(engine: Engine) -> None:
    anna, bert, who = store(
        engine,
        a_contact("anna", 0, customer_id="A", customer_phone=PHONE),
        a_contact("bert", 1, customer_id="B", customer_phone=PHONE),
        a_contact("who", 2, customer_phone=PHONE),
    )
    assert whose(engine, anna) != whose(engine, bert)
    assert whose(engine, who) is None
    assert days_of(engine, who) == [None]


def two_customers(engine: Engine) -> tuple[Engine, list[str]]:
    return engine, store(
        engine,
        a_contact("a1", 0, customer_id="A", customer_phone=PHONE),
        a_contact("b1", 3, customer_id="B", customer_email="b@example.org"),
        a_contact("a2", 10, customer_id="A"),
    )


@pytest.fixture
def two(once: Once) -> tuple[Engine, list[str]]:
    """Two calls of customer A and one of B, in this order of time: A, B, A."""
    return once(two_customers)


def test_putting_together_changes_repeats_and_can_be_taken_back(two: tuple[Engine, list[str]]) -> None:
    engine, (a1, b1, a2) = two
    a, b = whose(engine, a1) or "", whose(engine, b1) or ""
    assert days_of(engine, a1, b1, a2) == [None, None, 10.0]
    with transaction(engine) as session:
        seen = customers.preview_merge(session, SYSTEM, a, b)
        change = customers.merge(session, SYSTEM, a, b)
    assert (seen.calls_before, seen.calls_after, dict(seen.identities)) == ((2, 1), (3, 0), {"number": 1, "email": 1})
    assert (seen.repeats_before, seen.repeats_after) == ({7: 0, 30: 1}, {7: 2, 30: 2})
    assert whose(engine, b1) == a
    assert days_of(engine, a1, b1, a2) == [None, 3.0, 7.0]
    (b2,) = store(engine, a_contact("b2", 12, customer_id="B"))
    assert whose(engine, b2) == a
    with reading(engine) as session:
        assert len(queries.customer_calls(session, SYSTEM, b)) == 4  # the old address leads on
    with transaction(engine) as session:
        customers.undo(session, SYSTEM, change)
    assert [whose(engine, one) for one in (a1, a2, b1, b2)] == [a, a, b, b]
    assert days_of(engine, a1, b1, a2, b2) == [None, None, 10.0, 9.0]
    with transaction(engine) as session, pytest.raises(StorageError):
        customers.undo(session, SYSTEM, change)


def test_what_was_taken_apart_stays_so_whatever_comes_in(two: tuple[Engine, list[str]]) -> None:
    engine, (a1, _, a2) = two
    a = whose(engine, a1)
    assert a
    with transaction(engine) as session:
        other = customers.split(session, SYSTEM, a, [a1])
    by_phone, by_number, by_both = store(
        engine,
        a_contact("phone", 20, customer_phone=PHONE),
        a_contact("number", 21, customer_id="A"),
        a_contact("both", 22, customer_id="A", customer_phone=PHONE),
    )
    (again,) = store(engine, a_contact("phone again", 23, customer_phone=PHONE))
    assert [whose(engine, one) for one in (a1, by_phone, again)] == [other] * 3
    assert [whose(engine, one) for one in (a2, by_number, by_both)] == [a] * 3
    with transaction(engine) as session:
        recount(session)
    assert whose(engine, a1) == other
    with transaction(engine) as session:
        (change,) = customers.changes(session, SYSTEM, a)
        customers.undo(session, SYSTEM, change.id)
    assert {whose(engine, one) for one in (a1, a2, by_phone, again)} == {a}


def test_all_calls_of_a_customer_cannot_be_taken_out(two: tuple[Engine, list[str]]) -> None:
    engine, (a1, b1, a2) = two
    a = whose(engine, a1) or ""
    for chosen in ([], [a1, a2], [b1]):
        with transaction(engine) as session, pytest.raises(StorageError):
            customers.split(session, SYSTEM, a, chosen)


@pytest.mark.parametrize("role", [Role.AGENT, Role.COACH, Role.REVIEWER])
def test_only_who_manages_quality_puts_together_and_takes_apart(two: tuple[Engine, list[str]], role: Role) -> None:
    engine, (a1, b1, _) = two
    a, b, asker = whose(engine, a1) or "", whose(engine, b1) or "", Asker(1, role)
    tries = (
        lambda session: customers.merge(session, asker, a, b),
        lambda session: customers.split(session, asker, a, [a1]),
        lambda session: customers.undo(session, asker, 1),
        lambda session: customers.changes(session, asker, a),
        lambda session: customers.preview_merge(session, asker, a, b),
        lambda session: customers.preview_split(session, asker, a, [a1]),
    )
    for tried in tries:
        with transaction(engine) as session, pytest.raises(NotAllowed):
            tried(session)


def test_an_agent_sees_of_a_customer_their_own_conversations_and_nothing_of_others(engine: Engine) -> None:
    mine, _ = store(
        engine,
        a_contact("mine", 0, customer_id="A", agent="Ana Ruiz", customer="Vera"),
        a_contact("theirs", 1, customer_id="A", agent="Ben Okoye", customer="Vera"),
    )
    customer = whose(engine, mine) or ""
    with reading(engine) as session:
        ana = Asker(7, Role.AGENT, session.scalar(select(AgentRow.id).where(AgentRow.name == "Ana Ruiz")))
        nobody = Asker(8, Role.AGENT, 99)
        assert list(queries.customer_calls(session, ana, customer).call_id) == [mine]
        assert list(queries.find_customers(session, ana, "A").conversations) == [1]
        assert list(queries.find_customers(session, ana, "Vera").conversations) == [1]
        assert list(queries.busiest_customers(session, ana, CallFilter()).conversations) == [1]
        assert queries.customer_calls(session, nobody, customer).empty
        assert queries.find_customers(session, nobody, "A").empty
        assert queries.customer_of_call(session, nobody, mine) is None


def test_a_customer_is_found_by_number_telephone_address_and_name(engine: Engine) -> None:
    store(
        engine, a_contact("one", 0, customer_id="A-1", customer_phone=PHONE, customer_email="v@example.org", customer="Vera")
    )
    with reading(engine) as session:
        for said in ("a-1", "020 7946 0123", "V@Example.org", "Vera"):
            assert len(queries.find_customers(session, SYSTEM, said)) == 1, said
        assert queries.find_customers(session, SYSTEM, "Ver").empty
        assert queries.find_customers(session, SYSTEM, " ").empty


def promising(call: ScoredCall) -> ScoredCall:
    shown = (Shown(0, "promises_follow_up", 0.9, 7, 20), Shown(1, "promises_follow_up", 0.9, 0, 5))
    return replace(call, signals=replace(call.signals, behaviours=shown, models={BEHAVIOURS: "a judge"}))


def test_a_promise_is_quoted_and_a_persons_word_on_it_holds(engine: Engine) -> None:
    call = promising(a_contact("one", 0, "agent: Hello. I'll ring you tomorrow.", "customer: Thanks", customer_id="A"))
    (call_id,) = store(engine, call)
    customer = whose(engine, call_id) or ""
    with transaction(engine) as session:
        customers.mark_promise(session, SYSTEM, call_id, 0, kept=False)
        customers.mark_promise(session, SYSTEM, call_id, 0, kept=True)
        with pytest.raises(StorageError):
            customers.mark_promise(session, SYSTEM, call_id, 99, kept=True)
        with pytest.raises(NotAllowed):
            customers.mark_promise(session, Asker(1, Role.COACH), call_id, 0, kept=True)
    with reading(engine) as session:
        (promise,) = queries.customer_promises(session, SYSTEM, customer).itertuples()
    assert (promise.quote, promise.turn, promise.word) == ("I'll ring you tomorrow.", 0, True)
    assert (promise.agent, promise.word_by) == ("Ana Ruiz", "operator")


def test_promises_are_looked_for_in_the_customers_own_conversations_and_not_in_all(engine: Engine) -> None:
    if engine.dialect.name != "sqlite":
        pytest.skip("PostgreSQL puts two indexes together where there is an `or`")
    (call_id,) = store(
        engine, promising(a_contact("one", 0, "agent: I will ring you tomorrow.", "customer: Thanks", customer_id="A"))
    )
    with statements_of(engine) as asked, reading(engine) as session:
        assert len(queries.customer_promises(session, SYSTEM, whose(engine, call_id) or "")) == 1
        of_turns = [one for one in asked if "FROM turns" in one[0]]
        plan = [
            row[3]
            for one in of_turns
            for row in session.connection().exec_driver_sql(f"EXPLAIN QUERY PLAN {one[0]}", one[1])
        ]
    assert any(step.startswith("SEARCH turns") for step in plan)
    assert not [step for step in plan if step.startswith("SCAN turns")]


def test_a_customer_is_found_by_name_without_going_through_all_calls(two: tuple[Engine, list[str]]) -> None:
    engine, _ = two
    with reading(engine) as session:
        connection = session.connection()
        if engine.dialect.name != "sqlite":
            connection.exec_driver_sql("SET LOCAL enable_seqscan = off")  # which two calls alone would be worth
        with statements_of(engine) as asked:
            queries.find_customers(session, SYSTEM, "Somebody Else")
        explain = "EXPLAIN QUERY PLAN" if engine.dialect.name == "sqlite" else "EXPLAIN"
        plan = " ".join(str(row) for row in connection.exec_driver_sql(f"{explain} {asked[0][0]}", asked[0][1]))
    assert "ix_calls_customer" in plan
    assert "SCAN calls" not in plan


def test_a_customer_of_whom_no_words_are_left_is_forgotten(two: tuple[Engine, list[str]]) -> None:
    engine, (a1, b1, a2) = two
    a, b = whose(engine, a1) or "", whose(engine, b1) or ""
    with transaction(engine) as session:
        customers.merge(session, SYSTEM, a, b)
        remove_words(session, [a1])
        assert session.get(CustomerRow, a) is not None
        remove_words(session, [a2, b1])
    with reading(engine) as session:
        for table in (CustomerRow, CustomerIdentityRow, CustomerCallRow):
            assert session.scalar(select(func.count()).select_from(table)) == 0


def test_a_customer_is_erased_by_a_telephone_number(two: tuple[Engine, list[str]]) -> None:
    engine, (a1, _, a2) = two
    with reading(engine) as session:
        assert [one.id for one in calls_of_customer(session, SYSTEM, "020 7946 0123")] == [a1, a2]


def test_the_migration_finds_of_old_calls_what_is_written_of_new_ones(two: tuple[Engine, list[str]]) -> None:
    engine, _ = two

    def everything() -> list[Any]:
        with reading(engine) as session:
            links = session.execute(select(CustomerCallRow.call_id, CustomerCallRow.customer_id)).all()
            known = session.execute(select(CustomerIdentityRow.kind, CustomerIdentityRow.key)).all()
            return [sorted(links), sorted(known), sorted(session.execute(select(CourseRow.call_id, CourseRow.customer_key)))]

    before = everything()
    with transaction(engine) as session:
        for table in (CustomerCallRow, CustomerIdentityRow, CustomerRow):
            session.execute(delete(table))
        fill(session.connection())
    assert everything() == before


def test_the_migration_takes_telephone_numbers_out_of_what_was_kept(engine: Engine) -> None:
    one, two = store(engine, a_contact("one", 0), a_contact("two", 4))
    with transaction(engine) as session:
        session.execute(update(CallRow).values(extra={"customer_phone": PHONE, "reason": "refund"}))
        fill(session.connection())
    assert whose(engine, one) == whose(engine, two) is not None
    assert days_of(engine, one, two) == [None, 4.0]
    with reading(engine) as session:
        assert all(set(extra) == {"customer_phone_hash", "reason"} for extra in session.scalars(select(CallRow.extra)))
        known = session.scalars(select(CourseRow.customer_key)).all()
    assert len(set(known)) == 1
    assert known[0]
