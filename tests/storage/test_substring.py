"""What may somebody rely on who searches for words, whatever the database?"""

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, delete, func, select, text, update

import storage.substring
from storage.access import SYSTEM
from storage.database import open_database, reading, scrub, transaction
from storage.queries import CallFilter, calls, count_calls, search_words
from storage.repository import store_scored_call
from storage.sealed_words import said as holds
from storage.substring import FULL_TEXT
from storage.tables import TurnRow
from tests.storage.build import a_scored_call
from tests.storage.contents import Once
from tests.storage.statements import statements_of

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


@pytest.fixture
def on_sqlite(tmp_path: Path) -> Iterator[Engine]:
    engine = open_database(f"sqlite:///{tmp_path / 'attune.db'}")
    yield three_calls(engine)
    engine.dispose()


def looked_up(engine: Engine, letters: str) -> int:
    """How many turns the index says have these three letters."""
    with engine.connect() as connection:
        asked = text(f"SELECT count(*) FROM {FULL_TEXT} WHERE {FULL_TEXT} MATCH :letters")
        return int(connection.execute(asked, {"letters": f'"{letters}"'}).scalar_one())


def test_sqlite_looks_the_letters_of_a_search_up_in_its_full_text(on_sqlite: Engine) -> None:
    with reading(on_sqlite) as session, statements_of(on_sqlite) as asked:
        assert len(calls(session, SYSTEM, CallFilter(words="refund"))) == 2
        assert count_calls(session, SYSTEM, CallFilter(words="refund"), 10) == 2
        assert len(search_words(session, SYSTEM, "refund")) == 2
        plans = [
            str(row[-1])
            for statement, values in list(asked)
            if FULL_TEXT in statement and "calls" in statement
            for row in session.connection().exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values)
        ]
    assert sum("VIRTUAL TABLE" in step for step in plans) == 3
    # From what the index finds to calls and turns, and not along all that there are.
    assert not [step for step in plans if step.startswith(("SCAN calls", "SCAN turns"))]


def test_where_more_turns_have_the_letters_than_are_looked_up_the_same_is_found(
    on_sqlite: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(storage.substring, "FEW", 1)  # "ref" is in two turns
    anew = on_sqlite.execution_options(compiled_cache=None)
    assert found(anew, "refund") == ["THANKS, I would like a refund of 100%", "refunds refunded re fund"]
    with reading(anew) as session:
        assert len(calls(session, SYSTEM, CallFilter(words="refund"))) == 2


def test_what_sqlite_looks_up_follows_every_change_of_what_was_said(on_sqlite: Engine) -> None:
    assert (looked_up(on_sqlite, "ref"), looked_up(on_sqlite, "qqz")) == (2, 0)
    with transaction(on_sqlite) as session:
        session.execute(update(TurnRow).where(holds(TurnRow.folded, "refund of")).values(folded="a qqz of 100%"))
    assert (looked_up(on_sqlite, "ref"), looked_up(on_sqlite, "qqz")) == (1, 1)
    with transaction(on_sqlite) as session:
        session.execute(delete(TurnRow))
    assert (looked_up(on_sqlite, "ref"), looked_up(on_sqlite, "qqz")) == (0, 0)


def test_scrubbing_leaves_no_letters_of_what_was_deleted_in_the_index(on_sqlite: Engine) -> None:
    def lies_there() -> bool:
        with on_sqlite.connect() as connection:
            return any(
                b"qqz" in block for block in connection.execute(text(f"SELECT block FROM {FULL_TEXT}_data")).scalars()
            )

    with transaction(on_sqlite) as session:
        assert store_scored_call(session, a_scored_call("private", "customer: it is Qqz"))
    assert lies_there()
    with transaction(on_sqlite) as session:
        session.execute(update(TurnRow).where(holds(TurnRow.folded, "qqz")).values(folded=""))
    assert lies_there()  # an index learns of what is deleted by adding to it
    scrub(on_sqlite)
    assert not lies_there()
    assert looked_up(on_sqlite, "ref") == 2


def test_a_search_of_many_words_and_of_signs_asks_nothing_that_full_text_would_take_for_a_command(on_sqlite: Engine) -> None:
    assert found(on_sqlite, "it's AND (under_score) OR NOT * ^") == []
    assert found(on_sqlite, "back\\slash") == ["it's under_score and back\\slash"]
    assert found(on_sqlite, " ".join(f"word{number}" for number in range(300))) == []
