"""What may somebody rely on who searches for words, whatever the database?"""

from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, func, select, text

from storage.access import SYSTEM
from storage.database import open_database, reading, transaction
from storage.queries import CallFilter, calls, search_words
from storage.repository import store_scored_call
from storage.sealed_words import said as holds
from storage.tables import TurnRow
from tests.storage.build import a_scored_call
from tests.storage.contents import Once

SAID = (
    "Thank you for calling",
    "THANKS, I would like a refund of 100%",
    "it's under_score and back\\slash",
    "Straße, ΣΊΣΥΦΟΣ, İstanbul",
    "日本語の返金",
    "a",
    "",
    "naïve 🎧 headset",
    "refunds refunded re fund",
)

ENDS = st.integers(0, 30)


def three_calls(engine: Engine) -> Engine:
    with transaction(engine) as session:
        for number in range(3):
            lines = [f"agent: {line}" for line in SAID[number::3]]
            assert store_scored_call(session, a_scored_call(f"call {number}", *lines))
    return engine


@pytest.fixture
def said(once: Once) -> Engine:
    return once(three_calls)


def found(engine: Engine, words: str) -> list[str]:
    with reading(engine) as session:
        return sorted(search_words(session, SYSTEM, words).text)


@given(
    line=st.sampled_from(SAID),
    start=ENDS,
    length=st.integers(1, 12),
    capitals=st.booleans(),
    more=st.sampled_from(("", " re", " zz")),
)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
def test_every_part_of_what_was_said_is_found_on_both_databases_and_nothing_else(
    said: Engine, line: str, start: int, length: int, capitals: bool, more: str
) -> None:
    part = line[start : start + length].replace('"', "")
    wanted = f'"{part.upper() if capitals else part}"' + more
    terms = [term for term in (part.upper().casefold() if capitals else part.casefold(), more.strip()) if term]
    right = sorted(one for one in SAID if terms and all(term in one.casefold() for term in terms))
    assert found(said, wanted) == (right if part else found(said, more))


def test_an_unusual_sign_stands_for_itself(said: Engine) -> None:
    assert found(said, "100%") == ["THANKS, I would like a refund of 100%"]
    assert found(said, "r_s") == ["it's under_score and back\\slash"]
    assert found(said, "k\\s") == ["it's under_score and back\\slash"]
    assert found(said, "%%%") == found(said, "___") == []


def test_calls_are_found_by_words_as_turns_are(said: Engine) -> None:
    with reading(said) as session:
        assert len(calls(session, SYSTEM, CallFilter(words="refund"))) == 2


def test_the_same_search_asks_for_its_own_words_each_time(said: Engine) -> None:
    """The database's driver keeps how a question is put, and not what is asked."""
    with reading(said) as session:
        counts = [
            session.scalars(select(func.count()).select_from(TurnRow).where(holds(TurnRow.folded, term))).one()
            for term in ("thank", "refun", "zzzzz", "thank")
        ]
    assert counts == [2, 2, 0, 2]


@pytest.fixture
def on_postgresql(postgresql: Engine) -> Iterator[Engine]:
    with postgresql.connect() as connection:
        connection.execute(text("CREATE DATABASE searched TEMPLATE template"))
    engine = open_database(postgresql.url.set(database="searched").render_as_string(hide_password=False))
    yield engine
    engine.dispose()


def test_postgresql_looks_a_rare_word_up_in_place_of_reading_every_turn(on_postgresql: Engine) -> None:
    with transaction(on_postgresql) as session:
        lines = [f"agent: Hello, this is turn {number} of a long call" for number in range(3000)]
        assert store_scored_call(session, a_scored_call("long", *lines, "customer: about my Velquora"))
    with on_postgresql.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM ANALYZE turns"))
        wanted = select(TurnRow.position).where(holds(TurnRow.folded, "velquora"))
        statement = wanted.compile(on_postgresql, compile_kwargs={"literal_binds": True})
        plan = "\n".join(connection.exec_driver_sql(f"EXPLAIN {statement}".replace("%", "%%")).scalars())
        assert connection.execute(wanted).scalars().all() == [3000]
    assert "ix_turns_trigrams" in plan
