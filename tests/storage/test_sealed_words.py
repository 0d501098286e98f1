"""What a security officer may rely on who sets a key: the database holds no word that was said, and everything goes on."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sqlalchemy import Engine, cast, select, text
from sqlalchemy import Text as SqlText

from errors import StorageError
from pipeline.erase import erase_customer
from pipeline.rotate import rotate
from scoring.signals.model import Sentence
from settings import settings
from storage import desk, holds, queries, resealing
from storage.access import SYSTEM, Asker, Role
from storage.copying import copy_database
from storage.database import open_database, reading, transaction
from storage.holds import Scope, set_hold
from storage.people import add_user
from storage.queries import CallFilter
from storage.removal import WORDS, count_words, table_of
from storage.repository import load_signals, load_transcript, store_scored_call
from storage.sealed_words import FORM, is_sealed, letters
from storage.tables import Base, CallRow, EvidenceRow, TurnRow
from tests.storage.build import a_scored_call

OLD, NEW = "1a" * 32, "2b" * 32
VERA = "Vera Lindqvist"
SAID = "The marzipan harbour was never explained"
NOTE = "She sounded gloomy about pelicans"
PLANTED = ("marzipan", "harbour", "Lindqvist", "lindqvist", "gloomy", "pelicans", "K-7788")


@pytest.fixture
def set_keys(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., None]]:
    """Sets the key in force, and the one before, for a home folder of the test's own."""
    monkeypatch.setenv("ATTUNE_HOME", str(tmp_path))

    def use(key: str = "", before: str = "") -> None:
        monkeypatch.setenv("ATTUNE_ENCRYPTION_KEY", key)
        monkeypatch.setenv("ATTUNE_ENCRYPTION_KEY_BEFORE", before)
        settings.cache_clear()

    yield use
    settings.cache_clear()


@pytest.fixture
def own(database_url: str, set_keys: Callable[..., None]) -> Iterator[Engine]:
    """A database of the test's own, opened before there was a key."""
    set_keys()
    opened = open_database(database_url)
    yield opened
    opened.dispose()


def a_planted_call(name: str = "planted", **facts: Any) -> Any:
    call = a_scored_call(
        name, "agent: Hello there", f"customer: {SAID}", customer=VERA, extra={"customer_id": "K-7788", **facts}
    )
    signals = replace(
        call.signals,
        sentences=(Sentence(1, SAID, 2.0, 4.0),),
        embeddings=np.arange(384, dtype=np.float32).reshape(1, 384),
    )
    return replace(call, facts=replace(call.facts, file_name=f"{VERA}.wav"), signals=signals)


CALL = a_planted_call()
CALL_ID = CALL.transcript.call_id


def plant(engine: Engine) -> None:
    """Store the call, with what people wrote about it."""
    with transaction(engine) as session:
        store_scored_call(session, CALL)
        id_ = add_user(session, "rita@example.org", "Rita Moss", Role.REVIEWER, "a hash")
        rita = Asker(id_, Role.REVIEWER, name="Rita Moss")
        desk.comment(session, rita, "a comment", CALL_ID, NOTE, turn=1)
        set_hold(session, SYSTEM, Scope.CUSTOMER, VERA, "a court case")


def dumped(engine: Engine) -> str:
    """Every table as the database has it, and the bytes of SQLite's files."""
    with engine.connect() as connection:
        rows = [
            str(
                connection.execute(
                    select(*(cast(column, SqlText) for column in table.columns if not _is_bytes(column)))
                ).all()
            )
            for table in Base.metadata.sorted_tables
        ]
        raw = [str(connection.execute(text("SELECT * FROM signals")).all())]
    files = []
    if engine.dialect.name == "sqlite":
        file = Path(str(engine.url.database))
        files = [one.read_bytes().decode("latin-1") for one in file.parent.glob(f"{file.name}*")]
    return "\n".join((*rows, *raw, *files))


def _is_bytes(column: Any) -> bool:
    return "BLOB" in str(column.type).upper() or "BINARY" in str(column.type).upper()


def found_in(engine: Engine) -> list[str]:
    lies = dumped(engine)
    return [word for word in PLANTED if word in lies]


def test_every_sealed_column_is_bound_to_its_own_name() -> None:
    for table in Base.metadata.sorted_tables:
        for column in filter(is_sealed, table.columns):
            assert vars(column.type)["place"] in (f"{table.name}.{column.name}", "customer"), (table.name, column.name)


def test_every_column_that_is_emptied_of_words_is_encrypted_too() -> None:
    open_ = {
        f"{table_of(row).name}.{name}"
        for row, columns in WORDS.items()
        for name in columns
        if not is_sealed(table_of(row).c[name])
    }
    assert open_ == {"signals.embedding_size", "courses.customer_key"}  # a number; and what `keyed` makes of it


def test_a_call_that_is_stored_with_a_key_leaves_no_word_in_the_database(own: Engine, set_keys: Callable[..., None]) -> None:
    set_keys(OLD)
    plant(own)
    assert found_in(own) == []
    with reading(own) as session:
        assert load_transcript(session, CALL_ID) == CALL.transcript
        assert (load_signals(session, CALL_ID).embeddings == CALL.signals.embeddings).all()
        assert queries.calls(session, SYSTEM, CallFilter()).customer.tolist() == [VERA]


def test_what_was_stored_before_there_was_a_key_is_encrypted_moved_and_decrypted_again(
    own: Engine, set_keys: Callable[..., None]
) -> None:
    set_keys()
    plant(own)
    assert set(found_in(own)) >= {"marzipan", "Lindqvist", "pelicans"}
    before = dumped_in_the_clear(own)
    for key, key_before in ((OLD, ""), (NEW, OLD)):
        set_keys(key, key_before)
        assert rotate(own).rows > 0
        assert rotate(own).rows == 0  # nothing is left to be done
        set_keys(key)
        assert found_in(own) == []
        assert dumped_in_the_clear(own) == before
    set_keys("", NEW)
    assert rotate(own, off=True).rows > 0
    set_keys()
    assert dumped_in_the_clear(own) == before
    assert "marzipan" in found_in(own)


def dumped_in_the_clear(engine: Engine) -> dict[str, Any]:
    """Every table as the program reads it, but for the forms by which the database looks for words."""
    left_out = {("turns", "folded"), ("courses", "customer_key")}
    with engine.connect() as connection:
        return {
            table.name: connection.execute(
                select(*(column for column in table.columns if (table.name, column.name) not in left_out)).order_by(
                    *table.primary_key.columns
                )
            ).all()
            for table in Base.metadata.sorted_tables
            if table.name not in ("words_key", "audit_entries", "audit_head")
        }


def test_whoever_is_interrupted_goes_on(own: Engine, set_keys: Callable[..., None], monkeypatch: pytest.MonkeyPatch) -> None:
    set_keys()
    plant(own)
    set_keys(OLD)
    monkeypatch.setattr(resealing, "AT_ONCE", 1)
    passed = iter(range(5))

    def killed(*given: Any) -> int:
        if next(passed, None) is None:
            raise KeyboardInterrupt
        return done(*given)

    done = resealing._reseal
    monkeypatch.setattr(resealing, "_reseal", killed)
    with pytest.raises(KeyboardInterrupt):
        rotate(own)
    with reading(own) as session:  # half done, everything is read
        assert load_transcript(session, CALL_ID) == CALL.transcript
    monkeypatch.setattr(resealing, "_reseal", done)
    assert rotate(own).problems == ()
    assert found_in(own) == []


def test_a_search_finds_whole_words_and_stretches_as_they_were_said(own: Engine, set_keys: Callable[..., None]) -> None:
    set_keys(OLD)
    plant(own)
    with reading(own) as session:

        def finds(words: str) -> bool:
            return not queries.search_words(session, SYSTEM, words).empty

        assert finds("MARZIPAN")
        assert finds("harbour marzipan")
        assert finds('"marzipan harbour"')
        assert not finds('"harbour marzipan"')
        assert not finds("marzi")
        assert not finds("%")
        assert queries.count_calls(session, SYSTEM, CallFilter(words="marzipan")) == 1
        assert queries.count_calls(session, SYSTEM, CallFilter(words="parcel")) == 0


def test_while_words_are_moved_both_forms_are_found(own: Engine, set_keys: Callable[..., None]) -> None:
    set_keys()
    plant(own)
    set_keys(OLD)
    with transaction(own) as session:
        store_scored_call(session, a_planted_call("another"))
    set_keys(NEW, OLD)
    with transaction(own) as session:
        store_scored_call(session, a_planted_call("a third"))
    with reading(own) as session:
        assert len(queries.search_words(session, SYSTEM, "marzipan")) == 3
        assert holds.list_holds(session, SYSTEM)[0].calls == 3
        assert (
            len(holds.held_among(session, [a_planted_call(n).transcript.call_id for n in ("planted", "another", "a third")]))
            == 3
        )


def test_a_value_cannot_be_put_into_another_column(own: Engine, set_keys: Callable[..., None]) -> None:
    set_keys(OLD)
    plant(own)
    with own.begin() as connection:
        connection.execute(text("UPDATE turns SET text = (SELECT file_name FROM calls)"))
    with reading(own) as session, pytest.raises(StorageError, match=r"turns\.text was changed"):
        load_transcript(session, CALL_ID)


@pytest.mark.parametrize(
    ("key", "sentence"), [("", "a key, and none is set"), (NEW, "another key than the one that is set")]
)
def test_another_key_or_none_gives_a_sentence_and_nothing_is_written(
    own: Engine, set_keys: Callable[..., None], key: str, sentence: str
) -> None:
    set_keys(OLD)
    plant(own)
    set_keys(key)
    with reading(own) as session, pytest.raises(StorageError, match=sentence):
        load_transcript(session, CALL_ID)
    with pytest.raises(StorageError, match=sentence), transaction(own) as session:
        store_scored_call(session, a_planted_call("another"))
    with pytest.raises(StorageError, match=sentence):
        open_database(own.url.render_as_string(hide_password=False))


def test_words_are_removed_and_a_customer_is_erased_as_without_a_key(own: Engine, set_keys: Callable[..., None]) -> None:
    set_keys()
    with transaction(own) as session:
        store_scored_call(session, a_scored_call("a friend", f"customer: I know {VERA}"))
        store_scored_call(session, a_planted_call("in the clear"))
    set_keys(OLD)
    with transaction(own) as session:
        store_scored_call(session, CALL)
        store_scored_call(session, a_scored_call("a later friend", f"customer: I know {VERA} too"))
    done = erase_customer(own, SYSTEM, VERA)
    assert len(done.calls) == 2
    assert done.named["turns.text"] == 2
    with reading(own) as session:
        assert not any(count_words(session, [CALL_ID]).values())
        assert queries.search_words(session, SYSTEM, "marzipan").empty


def test_contacts_of_one_customer_are_known_as_such_before_and_after(own: Engine, set_keys: Callable[..., None]) -> None:
    set_keys()
    days = select(text("days_since_contact")).select_from(text("courses")).order_by(text("contacted_at"))
    with transaction(own) as session:
        store_scored_call(session, a_planted_call())
    set_keys(OLD)
    later = replace(
        a_planted_call("later"),
        facts=replace(a_planted_call("later").facts, started_at=datetime(2025, 3, 8, 12, tzinfo=UTC)),
    )
    with transaction(own) as session:
        store_scored_call(session, later)
        assert session.scalars(days).all() == [None, 3.0]
    rotate(own)
    with transaction(own) as session:
        assert len(set(session.scalars(text("SELECT customer_key FROM courses")))) == 1


def test_a_query_that_looks_into_what_may_be_encrypted_is_refused() -> None:
    with pytest.raises(TypeError, match="may be encrypted"):
        EvidenceRow.quote.contains("parcel")
    with pytest.raises(TypeError, match="may be encrypted"):
        _ = CallRow.customer == VERA


def test_how_long_texts_are_is_known_without_reading_them(own: Engine, set_keys: Callable[..., None]) -> None:
    set_keys(OLD)
    plant(own)
    with reading(own) as session:
        lengths = session.scalars(select(letters(TurnRow.text)).order_by(TurnRow.position)).all()
    assert lengths == [len("Hello there"), len(SAID)]


def test_a_text_that_looks_encrypted_is_read_as_it_was_written(engine: Engine, set_keys: Callable[..., None]) -> None:
    set_keys()
    odd = a_scored_call("odd", f"customer: {FORM}00000000:AAAA", "agent: attune:0:x")
    with transaction(engine) as session:
        store_scored_call(session, odd)
    with reading(engine) as session:
        assert load_transcript(session, odd.transcript.call_id) == odd.transcript


def test_a_whole_database_is_moved_with_its_encrypted_words(
    own: Engine, set_keys: Callable[..., None], tmp_path: Path
) -> None:
    set_keys(OLD)
    plant(own)
    other = open_database(f"sqlite:///{tmp_path / 'other.db'}")
    copy_database(own, other)
    assert found_in(other) == []
    assert dumped_in_the_clear(other) == dumped_in_the_clear(own)
    other.dispose()
