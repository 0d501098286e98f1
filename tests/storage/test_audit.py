"""Is everything that was done written down in one chain, and does the chain show who tampers with it?"""

import hashlib
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from threading import Barrier

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine, text

from errors import InputError, StorageError
from storage import audit
from storage.access import SYSTEM, Asker, Role
from storage.audit import BEFORE_THE_FIRST, NOBODY, About, Entry, Head, What, note, note_one_of_many, note_opening, sealed
from storage.audit_check import all_entries, check, check_entries, head, head_of
from storage.database import reading, transaction
from tests.storage.unguarded import unguarded

ROSA = Asker(7, Role.REVIEWER, name="Rosa Lind")


def entries(engine: Engine) -> list[Entry]:
    """The whole record."""
    with reading(engine) as session:
        return list(all_entries(session))


def write_some(engine: Engine, number: int = 5) -> list[Entry]:
    """So many entries about calls, each in its own transaction."""
    for at in range(number):
        with transaction(engine) as session:
            note(session, ROSA, What.ANSWERED, About.CALL, f"call {at}", before="met", after="not_met")
    return entries(engine)


# Writing


def test_an_entry_says_who_did_what_to_what_and_when(engine: Engine) -> None:
    begun = datetime.now(UTC)
    with transaction(engine) as session:
        note(session, ROSA, What.ANSWERED, About.CALL, "call 1", criterion="greets", before="met", after="not_met")
    (entry,) = entries(engine)
    assert (entry.number, entry.who_id, entry.who, entry.role) == (1, 7, "Rosa Lind", "reviewer")
    assert (entry.what, entry.about, entry.about_id) == ("answered", "call", "call 1")
    assert entry.details == {"criterion": "greets", "before": "met", "after": "not_met"}
    assert begun <= entry.at <= datetime.now(UTC)
    assert entry.previous == BEFORE_THE_FIRST


def test_the_operator_at_the_command_line_stands_there_as_such(engine: Engine) -> None:
    with transaction(engine) as session:
        note(session, SYSTEM, What.RECOUNTED, About.FIGURES, "all")
        note(session, NOBODY, What.SIGN_IN_REFUSED, About.PERSON, "")
    assert [(one.who_id, one.role) for one in entries(engine)] == [(None, "operator"), (None, "nobody")]


def test_each_entry_carries_the_hash_of_the_one_before(engine: Engine) -> None:
    written = write_some(engine)
    assert [one.number for one in written] == [1, 2, 3, 4, 5]
    assert [one.previous for one in written[1:]] == [one.hash for one in written[:-1]]
    with reading(engine) as session:
        assert head(session) == Head(5, written[-1].hash)
        assert check(session) == check(session, head(session))
        assert not check(session).faults


def test_what_was_rolled_back_is_not_in_the_record(engine: Engine) -> None:
    def fail_half_way() -> None:
        with transaction(engine) as session:
            note(session, ROSA, What.ANSWERED, About.CALL, "call 1")
            raise StorageError("Half way.")

    with pytest.raises(StorageError, match="Half way"):
        fail_half_way()
    assert entries(engine) == []


def test_two_who_write_at_once_stand_one_after_the_other(engine: Engine) -> None:
    ready = Barrier(2)

    def write(who: int) -> None:
        ready.wait()
        for at in range(20):
            with transaction(engine) as session:
                note(session, Asker(who, Role.REVIEWER, name=f"writer {who}"), What.ANSWERED, About.CALL, f"{who}/{at}")

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(write, (1, 2)))
    with reading(engine) as session:
        checked = check(session)
    assert (checked.entries, checked.faults) == (40, ())
    assert [one.about_id for one in entries(engine) if one.who_id == 1] == [f"1/{at}" for at in range(20)]


def test_two_who_changed_each_others_things_first_do_not_wait_for_each_other_for_ever(engine: Engine) -> None:
    """The head of the chain is the last thing that a transaction locks, whenever the note was made in it."""
    ready = Barrier(2)
    with transaction(engine) as session:
        session.execute(text("INSERT INTO teams (id, name) VALUES (1, 'North'), (2, 'South')"))

    def write(team: int) -> None:
        ready.wait()
        for at in range(10):
            with transaction(engine) as session:
                note(session, ROSA, What.TEAM_ADDED, About.TEAM, team)
                session.execute(text("UPDATE teams SET name = :name WHERE id = :id"), {"name": f"{team} {at}", "id": team})
                session.execute(text("SELECT count(*) FROM teams"))

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(write, (1, 2)))
    with reading(engine) as session:
        assert not check(session).faults


def test_many_things_done_at_once_share_one_entry_with_their_number_and_the_hash_of_their_ids(engine: Engine) -> None:
    with transaction(engine) as session:
        for id_ in (30, 4, 5):
            note_one_of_many(session, ROSA, What.SCORED, About.SCORECARD, "care", id_, version=2)
        note_one_of_many(session, ROSA, What.SCORED, About.SCORECARD, "care", 6, version=3)
    second, third = entries(engine)
    assert second.details == {"version": 2, "count": 3, "ids_sha256": hashlib.sha256(b"30\n4\n5\n").hexdigest()}
    assert third.details["count"] == 1


def test_long_words_are_kept_as_their_hash_alone(engine: Engine) -> None:
    words = "My number is four one double one " * 20
    with transaction(engine) as session:
        note(session, ROSA, What.SETTING_CHANGED, About.SETTING, "words", after=words, more=["short", {"also": words}])
    (entry,) = entries(engine)
    digest = f"sha256:{hashlib.sha256(words.encode()).hexdigest()}"
    assert entry.details == {"after": digest, "more": ["short", {"also": digest}]}


def test_a_value_that_could_hold_anything_is_refused(engine: Engine) -> None:
    with pytest.raises(TypeError, match="no plain value"), transaction(engine) as session:
        note(session, ROSA, What.SETTING_CHANGED, About.SETTING, "x", after=b"bytes")


# Openings


def test_whoever_opens_a_call_is_written_down_once_in_a_quarter_of_an_hour(engine: Engine) -> None:
    for who in (ROSA, ROSA, Asker(8, Role.COACH, name="Conrad Bell"), SYSTEM, ROSA):
        with reading(engine) as session:
            note_opening(session, who, "call 1")
            note_opening(session, who, "call 1")
    assert [one.who for one in entries(engine)] == ["Rosa Lind", "Conrad Bell", "operator"]


def test_another_call_and_another_way_are_openings_of_their_own(engine: Engine) -> None:
    with reading(engine) as session:
        note_opening(session, ROSA, "call 1")
        note_opening(session, ROSA, "call 2")
        note_opening(session, ROSA, "call 1", What.CALL_TAKEN, form="vtt")
        note_opening(session, ROSA, "call 1", What.CALL_TAKEN, form="text")
    assert [(one.what, one.about_id, one.details.get("form")) for one in entries(engine)] == [
        ("call_opened", "call 1", None),
        ("call_opened", "call 2", None),
        ("call_taken", "call 1", "vtt"),
        ("call_taken", "call 1", "text"),
    ]


def test_after_a_quarter_of_an_hour_it_is_an_opening_again(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    with reading(engine) as session:
        note_opening(session, ROSA, "call 1")
    monkeypatch.setattr(audit, "SEEN_AGAIN", timedelta(0))
    with reading(engine) as session:
        note_opening(session, ROSA, "call 1")
    assert len(entries(engine)) == 2


def test_an_opening_that_cannot_be_written_down_is_none(engine: Engine) -> None:
    """Nobody gets to see a call of which the record does not know."""

    def look() -> str:
        with reading(engine) as session:
            note_opening(session, ROSA, "call 1")
            return "what was said"

    write_some(engine, 1)
    with unguarded(engine), transaction(engine) as session:
        session.execute(text("UPDATE audit_head SET number = 0"))  # so that the next entry's number is taken
    with pytest.raises(StorageError):
        look()


def test_reading_alone_writes_nothing(engine: Engine) -> None:
    with reading(engine) as session:
        session.execute(text("SELECT count(*) FROM teams"))
    assert entries(engine) == []


# What the database itself refuses


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_entries SET who = 'nobody' WHERE number = 2",
        "DELETE FROM audit_entries WHERE number = 5",
        "DELETE FROM audit_head",
        "UPDATE audit_head SET number = 3",
        "UPDATE audit_head SET hash = 'x'",
    ],
)
def test_the_database_refuses_to_change_or_delete_entries(engine: Engine, statement: str) -> None:
    before = write_some(engine)
    with pytest.raises(StorageError, match="record"), transaction(engine) as session:
        session.execute(text(statement))
    assert entries(engine) == before


def test_sqlite_refuses_to_put_an_entry_in_the_place_of_another(engine: Engine) -> None:
    before = write_some(engine)
    if engine.dialect.name == "postgresql":
        statement = "TRUNCATE audit_entries"
    else:
        statement = "INSERT OR REPLACE INTO audit_entries SELECT * FROM audit_entries WHERE number = 2"
    with pytest.raises(StorageError, match="record"), transaction(engine) as session:
        session.execute(text(statement))
    assert entries(engine) == before


# Tampering by whoever owns the database


def faults(engine: Engine, *statements: str, noted: Head | None = None) -> tuple[str, ...]:
    """What a check says after somebody did that to the database."""
    with unguarded(engine), transaction(engine) as session:
        for statement in statements:
            session.execute(text(statement))
    with reading(engine) as session:
        return check(session, noted).faults


@pytest.mark.parametrize(
    "change",
    [
        "who = 'Somebody Else'",
        "who_id = 8",
        "role = 'administrator'",
        "what = 'reviewed'",
        "about = 'team'",
        "about_id = 'call 4'",
        'details = \'{"before": "met", "after": "met"}\'',
        "at = '2025-01-01 00:00:00'",
    ],
)
def test_a_changed_entry_is_named(engine: Engine, change: str) -> None:
    write_some(engine)
    found = faults(engine, f"UPDATE audit_entries SET {change} WHERE number = 3")
    assert found == ("Entry 3 was changed after it was written: it is not what its hash was made of.",)


def test_a_removed_entry_is_named(engine: Engine) -> None:
    write_some(engine)
    assert faults(engine, "DELETE FROM audit_entries WHERE number IN (2, 3)") == ("Entries 2 to 3 are missing.",)


def test_a_cut_off_end_is_seen_from_the_head(engine: Engine) -> None:
    write_some(engine)
    cut = "DELETE FROM audit_entries WHERE number > 3"
    assert faults(engine, cut) == ("Entries 4 to 5 are missing at the end.",)


def test_a_cut_off_end_with_the_head_moved_back_is_seen_only_beside_a_noted_head(engine: Engine) -> None:
    written = write_some(engine)
    back = f"UPDATE audit_head SET number = 3, hash = '{written[2].hash}'"
    assert faults(engine, "DELETE FROM audit_entries WHERE number > 3", back) == ()
    with reading(engine) as session:
        (fault,) = check(session, Head(5, written[4].hash)).faults
    assert fault == (
        "Entry 5, which was noted as the last one, is not there: "
        "the record ends with 3, so that what came after was cut off."
    )


def test_a_record_written_anew_from_some_entry_on_is_seen_only_beside_a_noted_head(engine: Engine) -> None:
    written = write_some(engine)
    forged = chained([*written[:2], *(replace(one, who="Somebody Else") for one in written[2:])])
    put = "UPDATE audit_entries SET who = '{who}', previous = '{previous}', hash = '{hash}' WHERE number = {number}"
    statements = [put.format(**vars(one)) for one in forged]
    assert faults(engine, *statements, f"UPDATE audit_head SET hash = '{forged[-1].hash}'") == ()
    with reading(engine) as session:
        (fault,) = check(session, Head(4, written[3].hash)).faults
        assert fault == "Entry 4 is not the one that was noted: the record was written anew there or before it."
        assert check(session, Head(2, written[1].hash)).faults == ()


def test_the_record_may_have_grown_since_a_head_was_noted(engine: Engine) -> None:
    noted = Head(5, write_some(engine)[-1].hash)
    write_some(engine)
    with reading(engine) as session:
        checked = check(session, noted)
    assert (checked.entries, checked.faults) == (10, ())


def test_a_head_is_read_as_it_is_written() -> None:
    one = Head(12, "ab" * 32)
    assert head_of(f" {one}\n") == one


@pytest.mark.parametrize("words", ["", "12", "12:", "x:" + "a" * 64, "12:" + "g" * 64, "-1:" + "a" * 64, "1:" + "a" * 63])
def test_what_is_no_head_is_refused_with_a_sentence(words: str) -> None:
    with pytest.raises(InputError, match="audit head"):
        head_of(words)


# Laws of the chain, whatever is in it


def chained(unsealed: Sequence[Entry]) -> list[Entry]:
    """These entries one after another, each with the hash of the one before."""
    made: list[Entry] = []
    for one in unsealed:
        previous = made[-1].hash if made else BEFORE_THE_FIRST
        made.append(sealed(replace(one, number=len(made) + 1, previous=previous)))
    return made


def head_of_chain(chain: Sequence[Entry]) -> Head:
    """The head of a whole chain."""
    return Head(chain[-1].number, chain[-1].hash) if chain else Head(0, BEFORE_THE_FIRST)


plain = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=20)
entry = st.builds(
    Entry,
    number=st.just(0),
    at=st.datetimes(timezones=st.just(UTC)),
    who_id=st.none() | st.integers(1, 9),
    who=st.text(max_size=10),
    role=st.sampled_from([role.value for role in Role]),
    what=st.sampled_from([what.value for what in What]),
    about=st.sampled_from([about.value for about in About]),
    about_id=st.text(max_size=10),
    details=st.dictionaries(st.text(max_size=5), plain | st.lists(plain, max_size=3), max_size=3),
    previous=st.just(""),
    hash=st.just(""),
)
chains = st.lists(entry, min_size=2, max_size=8).map(chained)


@given(chains)
def test_a_chain_that_nobody_touched_is_whole(chain: list[Entry]) -> None:
    checked = check_entries(chain, head_of_chain(chain), head_of_chain(chain))
    assert (checked.entries, checked.last, checked.faults) == (len(chain), head_of_chain(chain), ())


@given(chains, st.data())
def test_any_field_that_is_changed_is_found_at_its_entry(chain: list[Entry], data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(chain) - 1))
    old, other = chain[at], data.draw(entry)
    field = data.draw(st.sampled_from(["at", "who_id", "who", "role", "what", "about", "about_id", "details", "previous"]))
    changed = replace(old, **{field: getattr(other, field)})
    if audit.hash_of(changed) == old.hash:
        return  # what was put there says the same
    touched = [*chain[:at], changed, *chain[at + 1 :]]
    assert f"Entry {at + 1} was changed" in check_entries(touched, head_of_chain(chain)).faults[0]
    # Its hash made anew, it no longer fits what comes after, be that an entry or the head.
    resealed = [*chain[:at], sealed(changed), *chain[at + 1 :]]
    assert check_entries(resealed, head_of_chain(chain)).faults


@given(chains, st.data())
def test_an_entry_that_is_taken_out_is_found_where_it_was(chain: list[Entry], data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(chain) - 1))
    touched = [*chain[:at], *chain[at + 1 :]]
    assert check_entries(touched, head_of_chain(chain)).faults[0].startswith(f"Entry {at + 1} is missing")


@given(chains, entry, st.data())
def test_an_entry_that_is_put_in_is_found_even_where_all_numbers_were_moved_up(
    chain: list[Entry], new: Entry, data: st.DataObject
) -> None:
    at = data.draw(st.integers(0, len(chain) - 1))
    previous = chain[at - 1].hash if at else BEFORE_THE_FIRST
    after = [replace(one, number=one.number + 1) for one in chain[at:]]
    touched = [*chain[:at], sealed(replace(new, number=at + 1, previous=previous)), *after]
    checked = check_entries(touched, Head(len(touched), chain[-1].hash))
    assert any(f"Entry {at + 2} " in fault for fault in checked.faults)


@given(chains, st.data())
def test_entries_that_change_places_are_found(chain: list[Entry], data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(chain) - 2))
    one, two = chain[at], chain[at + 1]
    moved = [*chain[:at], replace(two, number=one.number), replace(one, number=two.number), *chain[at + 2 :]]
    assert f"Entry {at + 1} was changed" in check_entries(moved, head_of_chain(chain)).faults[0]
    resealed = [*chain[:at], *map(sealed, moved[at : at + 2]), *chain[at + 2 :]]
    assert f"Entry {at + 1} does not follow" in check_entries(resealed, head_of_chain(chain)).faults[0]


@given(chains, st.data())
def test_an_end_that_is_cut_off_is_found_beside_the_head_that_was_noted(chain: list[Entry], data: st.DataObject) -> None:
    kept = chain[: data.draw(st.integers(0, len(chain) - 1))]
    assert check_entries(kept, head_of_chain(kept)).faults == ()
    (fault,) = check_entries(kept, head_of_chain(kept), head_of_chain(chain)).faults
    assert f"the record ends with {len(kept)}" in fault
