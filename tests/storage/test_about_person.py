"""Is all that is kept about a person handed out, and nothing of others? A row is planted in every table that there is."""

import json
import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import Engine, insert

from errors import InputError, NotAllowed
from settings import settings
from storage.about_person import Person, PersonKind, calls_of, files_waiting, find_people, find_person, rows_about
from storage.access import SYSTEM, Asker, Role
from storage.audit import About, What, note
from storage.database import reading, transaction
from storage.people import add_agent, add_user
from storage.person_tables import LEFT_OUT, MINE, NOT_FOR, SAYS, SECRETS, By, Whose, left_out
from storage.repository import store_scored_call
from storage.tables import Base
from tests.storage.build import a_scored_call
from tests.storage.test_copying import NOT_FILLED, a_row

KINDS = {Whose.CUSTOMER: PersonKind.CUSTOMER, Whose.AGENT: PersonKind.AGENT, Whose.COLLEAGUE: PersonKind.REVIEWER}
KEY = "1a" * 32

FOUND_BY_VALUE = {
    "calls.customer", "courses.customer_key", "legal_holds.customer", "inbox.facts", "inbox_calls.call_id",
    "learned_criteria.labels", "learned_criteria.author_id", "scorecard_drafts.editors", "scorecard_drafts.author_id",
    "audit_entries.who_id", "calls.agent_id", "users.agent_id", "users.name", "users.email", "agents.name", "teams.name",
}  # fmt: skip
"""Columns that `storage.about_person` looks at by itself."""

NOBODYS = {
    "results.judged_by": "the name of a rule",
    "results.machine_judged_by": "the name of a rule",
    "calls.customer_valence": "a number",
    "calls.customer_valence_end": "a number",
    "clips.for_agent": "yes or no",
    "comments.for_agent": "yes or no",
    "evaluations.failed_by": "ids of questions",
    "evaluations.machine_failed_by": "ids of questions",
    "learned_criteria.labels_hash": "a hash",
    "learned_judges.labels_hash": "a hash",
    "coaching_plans.agent_view": "words; whose they are says agent_id",
    "api_tokens.name": "of a program",
    "settings_kept.name": "of a setting",
    "inbox_workers.name": "of a machine and a process",
    "inbox.source": "a token or a place",
    "call_reasons.source": "the machine, a list or a person, as such",
    "reason_history.source": "the same",
    "reason_proposals.name": "words of many calls",
    "alert_rules.name": "of a rule",
    "alerts.agents": "yes or no",
    "reason_corrections.source_before": "the same",
    "calls.file_name": "what the file was called; whose call it is say customer, number and agent",
    "course_counts.agent_id": "the call's, once more; whose it is says the call",
    "case_calls.linked_by": "how it is known, in a word",
    "customer_calls.matched_by": "the kind of what it was matched by",
    "inbox.sent_as": "what the file was called; whom it is about say its facts",
}
"""Columns that sound like a person's and find nobody."""

LIKE_A_PERSON = re.compile(
    r"author|_by$|name|mail|customer|^to$|user|agent|who|expert|coach|reviewer|editors|labels|facts|sent_as|source"
)


def own(number: int) -> dict[str, dict[str, Any]]:
    """What the planted rows of a number hold where a person is found by it."""
    return {
        "calls": {"customer": f"customer {number}"},
        "courses": {"customer_key": f"key {number}"},
        "users": {"name": f"Person {number}", "email": f"p{number}@example.org", "active": True},
        "plan_clips": {"author": f"Person {number}"},
        "agents": {"name": f"Person {number}"},
        "legal_holds": {"scope": "customer", "target": "", "customer": f"customer {number}"},
        "inbox": {"facts": {"customer": f"customer {number}"}, "state": "scored"},
        "inbox_calls": {"call_id": f"call-{number}"},
        "webhook_deliveries": {"data": {"call_id": f"call-{number}"}},
        "learned_criteria": {"labels": [[f"call-{number}", True, f"Person {number}"]]},
        "scorecard_drafts": {"editors": {str(number): "2025"}},
    }


def plant(engine: Engine, whose: Whose) -> None:
    """A row of each of three people in every table, which refers to rows of their own number in others."""
    with transaction(engine) as session:
        for table in Base.metadata.sorted_tables:
            if table.name in NOT_FILLED:
                continue
            rows = [{**a_row(table, number), **own(number).get(table.name, {})} for number in (1, 2, 3)]
            for row in rows:
                if whose is Whose.AGENT and table.name == "legal_holds":
                    row |= {"scope": "agent", "target": str(row["id"])}
                if table.name == "users":
                    row |= {"role": Role.AGENT if whose is Whose.AGENT else Role.REVIEWER}
                    row["agent_id"] = None if whose is Whose.COLLEAGUE else row["agent_id"]
            session.execute(insert(table), rows)
        for number in (1, 2, 3):
            note(session, Asker(number, Role.REVIEWER, name=f"Person {number}"), What.ANSWERED, About.CALL, f"call-{number}")


@pytest.fixture(params=["in the clear", "encrypted"])
def planted(request: pytest.FixtureRequest, engine: Engine, monkeypatch: pytest.MonkeyPatch) -> Iterator[Engine]:
    """An empty database, with a key of the words or none."""
    monkeypatch.setenv("ATTUNE_ENCRYPTION_KEY", KEY if request.param == "encrypted" else "")
    settings.cache_clear()
    yield engine
    settings.cache_clear()


NAMES = {Whose.CUSTOMER: "customer 1", Whose.AGENT: "Person 1", Whose.COLLEAGUE: "p1@example.org"}


def about(engine: Engine, kind: PersonKind, name: str) -> list[tuple[str, dict[str, Any]]]:
    with reading(engine) as session:
        return list(rows_about(session, SYSTEM, find_person(session, SYSTEM, kind, name)))


@pytest.mark.parametrize("whose", list(Whose))
def test_a_row_of_every_table_is_handed_out_or_the_table_says_why_not(planted: Engine, whose: Whose) -> None:
    plant(planted, whose)
    found = about(planted, KINDS[whose], NAMES[whose])
    tables = Counter(table for table, _ in found)
    every = {table.name for table in Base.metadata.sorted_tables}
    assert every - set(tables) == set(left_out(whose)), "a table has to be in the file, or to say in NOT_FOR why not"
    assert set(tables.values()) == {1}, {table: count for table, count in tables.items() if count > 1}
    text = json.dumps(found, ensure_ascii=False)
    assert "attune:1:" not in text
    for other in (2, 3):
        for words in (f"{other}É", f"call-{other}", f"customer {other}", f"Person {other}", f"p{other}@example.org"):
            assert words not in text, words
    assert not SECRETS & {name for _, row in found for name in row}


def test_what_is_anothers_is_left_out_of_a_row(planted: Engine) -> None:
    plant(planted, Whose.COLLEAGUE)
    rows = dict(about(planted, PersonKind.REVIEWER, "Person 1"))
    words = [("override_quotes", "quote"), ("blind_quotes", "quote"), ("turn_marks", "text"), ("side_corrections", "before")]
    for table, column in words:
        assert rows[table][column] == LEFT_OUT, table
    assert rows["overrides"]["reason"] != LEFT_OUT
    assert rows["comments"]["text"] != LEFT_OUT


def test_every_column_that_can_name_a_person_is_followed_or_says_why_not() -> None:
    followed = {f"{mine.table}.{mine.column}" for mine in MINE}
    for table in Base.metadata.sorted_tables:
        if table.name in {one for whose in Whose for one in left_out(whose)} and all(
            table.name in left_out(whose) for whose in Whose
        ):
            continue
        for column in table.columns:
            refers = {key.column.table.name for key in column.foreign_keys} & {"users", "agents"}
            beside = f"{column.name}_id" in table.columns  # the name of the time, of the account that stands next to it
            if refers or (LIKE_A_PERSON.search(column.name) and not beside and not column.foreign_keys):
                name = f"{table.name}.{column.name}"
                assert name in followed | FOUND_BY_VALUE | set(NOBODYS), f"{name}: a person may be named there"


def test_each_way_to_a_row_leads_there_by_a_column_that_there_is() -> None:
    columns = {f"{table.name}.{column.name}" for table in Base.metadata.sorted_tables for column in table.columns}
    named = {f"{mine.table}.{mine.column}" for mine in MINE}
    assert named <= columns
    assert FOUND_BY_VALUE | set(NOBODYS) <= columns
    assert {mine.parent for mine in MINE if mine.by is By.ROW} <= named
    for mine in MINE:
        assert all(f"{mine.table}.{column}" in columns for column in mine.others)


def test_every_table_that_is_handed_out_says_in_plain_words_what_it_has() -> None:
    every = {table.name for table in Base.metadata.sorted_tables}
    out = {table for whose in Whose for table in every - set(left_out(whose))}
    assert set(SAYS) == out
    for whose in Whose:
        assert set(left_out(whose)) <= every
        assert sum(len(tables.split()) for tables in NOT_FOR[whose].values()) == len(left_out(whose)), "a table stands twice"


CALL = a_scored_call(
    "hers", "agent: Hello", "customer: It is late", customer="Vera Lindqvist", extra={"customer_id": "K-77"}
)
SECOND = a_scored_call("second", "agent: Hello", customer="Vera Lindqvist", agent="Ana Ruiz")


@pytest.fixture
def centre(planted: Engine) -> Engine:
    """Two calls of Vera's with Ana, who signs in, and two reviewers of one name."""
    with transaction(planted) as session:
        for call in (CALL, SECOND):
            store_scored_call(session, call)
        add_user(session, "ana@example.org", "Ana Ruiz", Role.AGENT, "a hash", add_agent(session, "Ana Ruiz"))
        for address in ("rita@example.org", "other.rita@example.org"):
            add_user(session, address, "Rita Moss", Role.REVIEWER, "a hash")
    return planted


def keys(engine: Engine, kind: PersonKind, text: str) -> list[tuple[str, str]]:
    with reading(engine) as session:
        return [(one.key, one.detail) for one in find_people(session, SYSTEM, kind, text)]


def test_customers_are_found_by_name_and_by_number_and_nobody_where_nothing_is_typed(centre: Engine) -> None:
    assert keys(centre, PersonKind.CUSTOMER, "Vera Lindqvist") == [("Vera Lindqvist", "2 calls")]
    assert keys(centre, PersonKind.CUSTOMER, " K-77 ") == [("K-77", "1 call")]
    assert keys(centre, PersonKind.CUSTOMER, "") == keys(centre, PersonKind.CUSTOMER, "Nobody") == []
    in_part = keys(centre, PersonKind.CUSTOMER, "lindq")
    assert in_part == ([] if settings().encryption_key else [("Vera Lindqvist", "2 calls")])


def test_people_at_work_are_found_by_a_part_of_their_name_or_address(centre: Engine) -> None:
    assert keys(centre, PersonKind.AGENT, "ruiz") == [("Ana Ruiz", "North, ana@example.org")]
    assert keys(centre, PersonKind.AGENT, "ana@") == keys(centre, PersonKind.AGENT, "")
    assert [key for key, _ in keys(centre, PersonKind.REVIEWER, "rita moss")] == [
        "other.rita@example.org",
        "rita@example.org",
    ]
    assert keys(centre, PersonKind.REVIEWER, "100%") == keys(centre, PersonKind.COACH, "") == []


def test_two_of_one_name_are_told_apart_by_their_address_and_found_by_no_name(centre: Engine) -> None:
    with reading(centre) as session:
        with pytest.raises(InputError, match=r"2 people are called Rita Moss.*rita@example.org"):
            find_person(session, SYSTEM, PersonKind.REVIEWER, "Rita Moss")
        found = find_person(session, SYSTEM, PersonKind.REVIEWER, "RITA@example.org")
        assert (found.name, found.own_names) == ("Rita Moss", ())
        assert find_person(session, SYSTEM, PersonKind.AGENT, "ana@example.org").own_names == ("Ana Ruiz",)
        for kind, words in ((PersonKind.QUALITY_MANAGER, "no quality manager Rita"), (PersonKind.AGENT, "no agent Rita")):
            with pytest.raises(InputError, match=words):
                find_person(session, SYSTEM, kind, "Rita")
        with pytest.raises(InputError, match="No call carries this name"):
            find_person(session, SYSTEM, PersonKind.CUSTOMER, "Nobody")


@pytest.mark.parametrize("role", [Role.QUALITY_MANAGER, Role.REVIEWER, Role.COACH, Role.AGENT])
def test_only_administrators_look_for_people_and_read_what_is_about_them(engine: Engine, role: Role) -> None:
    asker, somebody = Asker(1, role), Person(PersonKind.REVIEWER, "Rita Moss", user_ids=(1,))
    with reading(engine) as session:
        for ask in (
            lambda: find_people(session, asker, PersonKind.REVIEWER, ""),
            lambda: find_person(session, asker, PersonKind.REVIEWER, "Rita Moss"),
            lambda: calls_of(session, asker, somebody),
            lambda: files_waiting(session, asker, somebody),
            lambda: list(rows_about(session, asker, somebody)),
        ):
            with pytest.raises(NotAllowed):
                ask()
