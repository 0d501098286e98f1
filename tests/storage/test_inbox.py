"""What comes in is never lost and never taken twice, whoever dies and whatever the clock says."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from sqlalchemy import Engine, create_engine, select, text, update

from errors import NotAllowed, StorageError
from storage import inbox, inbox_desk
from storage.access import SYSTEM, Asker, Role
from storage.database import _migrations, open_database, reading, transaction
from storage.inbox import LEASE, MOST_INTERRUPTIONS, MOST_TRIES, Found, State
from storage.inbox_tables import InboxCallRow, InboxRow, InboxWorkerRow

PLACE = "/srv/calls"


def found(name: str = "one.wav", facts: Mapping[str, Any] | None = None) -> Found:
    return Found(f"key of {name}", name, f"{PLACE}/{name}", facts or {})


def worker(engine: Engine, name: str = "a worker") -> str:
    with transaction(engine) as session:
        return inbox.begin_work(session, name)


def arrived(engine: Engine, *names: str) -> None:
    with transaction(engine) as session:
        inbox.arrive(session, PLACE, map(found, names))


def taken(engine: Engine, who: str, most: int = 10) -> list[str]:
    with transaction(engine) as session:
        return [one.sent_as for one in inbox.take(session, who, most)]


def state(engine: Engine, name: str = "one.wav") -> tuple[str, int, str]:
    with reading(engine) as session:
        (row,) = [row for row in session.scalars(select(InboxRow)) if row.sent_as == name]
    return row.state, row.tries, row.reason


def died(engine: Engine, who: str) -> None:
    """Its lease has run out."""
    with transaction(engine) as session:
        past = datetime.now(UTC) - timedelta(seconds=1)
        session.execute(update(InboxWorkerRow).where(InboxWorkerRow.id == who).values(lease_until=past))


def test_a_file_in_a_watched_place_is_written_down_once_whoever_finds_it(engine: Engine) -> None:
    with transaction(engine) as session:
        assert inbox.arrive(session, PLACE, [found(), found("two.wav")]) == 2
        assert inbox.arrive(session, PLACE, [found(), found("three.wav")]) == 1
        assert inbox.arrive(session, "/elsewhere", [found()]) == 1
        assert inbox.known(session, PLACE, ["key of one.wav", "another"]) == {"key of one.wav": State.RECEIVED}


def test_while_a_worker_lives_nobody_else_gets_its_files(engine: Engine) -> None:
    arrived(engine, "one.wav", "two.wav", "three.wav")
    one, two = worker(engine), worker(engine)
    assert taken(engine, one, 2) == ["one.wav", "two.wav"]
    assert taken(engine, two) == ["three.wav"]
    assert taken(engine, two) == []


def test_what_a_dead_worker_had_is_taken_up_and_that_was_the_same_try(engine: Engine) -> None:
    arrived(engine, "one.wav")
    one, two = worker(engine), worker(engine)
    assert taken(engine, one) == ["one.wav"]
    died(engine, one)
    assert taken(engine, two) == ["one.wav"]
    assert state(engine)[:2] == ("transcribing", 1)


def test_what_a_worker_that_stops_had_is_there_at_once_and_that_was_no_try(engine: Engine) -> None:
    arrived(engine, "one.wav")
    one, two = worker(engine), worker(engine)
    taken(engine, one)
    with transaction(engine) as session:
        inbox.end_work(session, one)
    assert state(engine)[:2] == ("received", 0)
    assert taken(engine, two) == ["one.wav"]


def test_a_file_with_which_the_whole_program_ended_again_and_again_is_set_aside(engine: Engine) -> None:
    arrived(engine, "one.wav")
    for _ in range(MOST_INTERRUPTIONS):
        who = worker(engine)
        assert taken(engine, who) == ["one.wav"]
        died(engine, who)
    assert taken(engine, worker(engine)) == []
    assert state(engine) == ("failed", 1, f"Working on it ended the program {MOST_INTERRUPTIONS} times.")


def test_a_file_that_fails_is_tried_three_times_with_growing_pauses(engine: Engine) -> None:
    arrived(engine, "one.wav")
    who, pauses = worker(engine), []
    for number in range(1, MOST_TRIES + 1):
        assert taken(engine, who) == ["one.wav"]
        with transaction(engine) as session:
            row = session.scalars(select(InboxRow)).one()
            became = inbox.failed(session, row.id, who, f"try {number}", for_good=False)
            pauses.append(row.not_before - inbox.the_time(session))
        assert taken(engine, who) == []
        with transaction(engine) as session:
            session.execute(update(InboxRow).values(not_before=datetime.now(UTC)))
    assert became is State.FAILED
    assert state(engine) == ("failed", MOST_TRIES, "try 3")
    assert 1.5 * pauses[0] < pauses[1]


def test_what_is_wrong_with_the_machine_costs_a_file_no_try(engine: Engine) -> None:
    arrived(engine, "one.wav")
    who = worker(engine)
    for _ in range(MOST_TRIES + 2):
        assert taken(engine, who) == ["one.wav"]
        with transaction(engine) as session:
            inbox.put_off(session, session.scalars(select(InboxRow.id)).one(), who, "The model is missing.")
            session.execute(update(InboxRow).values(not_before=datetime.now(UTC)))
    assert state(engine) == ("received", 0, "The model is missing.")


def test_who_was_believed_dead_changes_nothing_of_what_another_one_has_now(engine: Engine) -> None:
    arrived(engine, "one.wav")
    one, two = worker(engine), worker(engine)
    taken(engine, one)
    died(engine, one)
    taken(engine, two)
    with transaction(engine) as session:
        id_ = session.scalars(select(InboxRow.id)).one()
        inbox.failed(session, id_, one, "too late", for_good=True)
        inbox.end_work(session, one)
    assert state(engine) == ("transcribing", 1, "")


@pytest.mark.parametrize("back", [timedelta(minutes=5), timedelta(days=400)])
def test_a_clock_that_goes_back_keeps_nothing_waiting(
    engine: Engine, monkeypatch: pytest.MonkeyPatch, back: timedelta
) -> None:
    arrived(engine, "dies.wav", "waits.wav", "new.wav")
    one = worker(engine)
    with transaction(engine) as session:
        _, waits = inbox.take(session, one, 2)
        inbox.failed(session, waits.id, one, "a hiccup", for_good=False)
    set_back = datetime.now(UTC) - back
    monkeypatch.setattr(inbox, "the_time", lambda session: set_back)
    two = worker(engine)
    assert "dies.wav" in taken(engine, two)  # the lease ends later than any can
    if back > inbox.LONGEST_WAIT:
        with reading(engine) as session:
            assert not inbox.waits(session)  # all three are in hand: none waits for a year
    monkeypatch.setattr(inbox, "the_time", lambda session: set_back + inbox.LONGEST_WAIT + LEASE + back)
    with transaction(engine) as session:
        inbox.renew(session, two)
    assert {*taken(engine, two)} <= {"waits.wav", "new.wav"}


def test_a_file_named_on_the_command_line_is_taken_anew_unless_somebody_has_it(engine: Engine) -> None:
    one, two = worker(engine), worker(engine)
    with transaction(engine) as session:
        assert set(inbox.reserve(session, one, [found()])) == {"key of one.wav"}
        assert inbox.reserve(session, two, [found()]) == {}
    assert taken(engine, two) == []  # it was written down for the other one
    with transaction(engine) as session:
        (mine,) = inbox.take(session, one, 5, only_reserved=True)
        inbox.done(session, mine.id, ["call-1"])
        assert set(inbox.reserve(session, two, [found()])) == {"key of one.wav"}
        (again,) = inbox.take(session, two, 5, only_reserved=True)
        assert (again.id, again.tries, inbox.calls_of(session, again.id)) == (mine.id, 1, ("call-1",))


def test_what_was_written_down_for_the_command_line_is_everybodys_once_that_died(engine: Engine) -> None:
    one, two = worker(engine), worker(engine)
    with transaction(engine) as session:
        inbox.reserve(session, one, [found()])
    died(engine, one)
    assert taken(engine, two) == ["one.wav"]


def test_of_a_file_that_became_a_call_nothing_is_kept_but_that(engine: Engine) -> None:
    arrived(engine, "one.wav")
    with transaction(engine) as session:
        (mine,) = inbox.take(session, inbox.begin_work(session, "w"), 1)
        inbox.done(session, mine.id, ["call-1", "call-1"])
    with reading(engine) as session:
        row = session.scalars(select(InboxRow)).one()
        assert (row.state, row.facts, row.worker) == ("scored", {}, None)
        assert session.scalars(select(InboxCallRow.call_id)).all() == ["call-1"]


# What people decide


@pytest.fixture
def failed(engine: Engine) -> int:
    """A file that could not be used; its id."""
    arrived(engine, "one.wav", "two.wav")
    who = worker(engine)
    with transaction(engine) as session:
        one, two = inbox.take(session, who, 2)
        inbox.failed(session, one.id, who, "There is no sound in it.", for_good=True)
        inbox.done(session, two.id, ["call-2"])
    return one.id


def test_people_see_how_things_stand_and_how_long_it_takes(engine: Engine, failed: int) -> None:
    arrived(engine, "three.wav", "four.wav", "five.wav")
    with reading(engine) as session:
        seen = inbox_desk.overview(session, SYSTEM)
        (listed,) = inbox_desk.listed(session, SYSTEM, State.FAILED, 10)
    assert (seen.waiting, seen.failed, seen.hour, seen.day, len(seen.workers)) == (3, 1, 1, 1, 1)
    assert seen.left == timedelta(hours=3)
    assert (listed.sent_as, listed.reason) == ("one.wav", "There is no sound in it.")


def test_a_file_can_be_tried_again_set_aside_and_removed_and_then_does_not_come_again(engine: Engine, failed: int) -> None:
    with transaction(engine) as session:
        inbox_desk.set_aside(session, SYSTEM, [failed])
        inbox_desk.try_again(session, SYSTEM, [failed])
    assert state(engine)[:2] == ("received", 0)
    with transaction(engine) as session:
        inbox_desk.set_aside(session, SYSTEM, [failed])
        inbox_desk.remove(session, SYSTEM, [failed])
        assert inbox.arrive(session, PLACE, [found()]) == 0
        row = session.get_one(InboxRow, failed)
        assert (row.state, row.sent_as, row.place, row.facts, row.reason) == ("removed", "", "", {}, "")
        with pytest.raises(StorageError, match="quicker"):
            inbox_desk.try_again(session, SYSTEM, [failed])


@pytest.mark.parametrize("role", list(Role))
def test_administrators_decide_quality_managers_read_and_nobody_else_sees_anything(
    engine: Engine, failed: int, role: Role
) -> None:
    asker = Asker(5, role, agent_id=1, team_ids=frozenset([1]))
    asked: list[Callable[[Any], object]] = [
        lambda session: inbox_desk.overview(session, asker),
        lambda session: inbox_desk.listed(session, asker, State.FAILED, 10),
    ]
    decide: list[Callable[[Any], object]] = [
        lambda session: inbox_desk.set_aside(session, asker, [failed]),
        lambda session: inbox_desk.try_again(session, asker, [failed]),
        lambda session: inbox_desk.set_aside(session, asker, [failed]),
        lambda session: inbox_desk.remove(session, asker, [failed]),
    ]
    for what, roles in ((asked, (Role.ADMINISTRATOR, Role.QUALITY_MANAGER)), (decide, (Role.ADMINISTRATOR,))):
        for one in what:
            with transaction(engine) as session:
                if role in roles:
                    one(session)
                else:
                    with pytest.raises(NotAllowed):
                        one(session)


# From an earlier version


def test_a_newer_program_takes_up_what_an_older_one_had_received_and_had_in_hand(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'attune.db'}"
    connect = create_engine(url)
    older = {
        "token_id": 1, "fingerprint": "f" * 64, "sent_as": "x.json", "facts": '{"agent": "Mina"}', "reason": "", "tries": 1,
        "at": "2026-03-31 12:00:00+00:00",
    }  # fmt: skip
    with connect.begin() as connection:
        config = _migrations()
        config.attributes["connection"] = connection
        command.upgrade(config, "0034")
        connection.execute(
            text(
                "INSERT INTO api_tokens (id, name, secret_hash, scopes, role, team_ids, author, at, expires_at) "
                "VALUES (1, 'CRM', 'hash', '[]', 'reviewer', '[]', 'Ada', :at, :at)"
            ),
            older,
        )
        for number, (was, calls) in enumerate([("received", "[]"), ("working", "[]"), ("scored", '["a", "b"]')], 1):
            connection.execute(
                text(
                    "INSERT INTO inbox (id, token_id, idempotency_key, fingerprint, sent_as, spooled, facts, state, reason, "
                    "tries, calls, received_at, not_before, lease_until) VALUES (:id, :token_id, :key, :fingerprint, "
                    ":sent_as, :spooled, :facts, :state, :reason, :tries, :calls, :at, :at, :at)"
                ),
                {**older, "id": number, "key": f"k{number}", "state": was, "calls": calls, "spooled": f"{number}/call.json"},
            )
    connect.dispose()
    engine = open_database(url)
    who = worker(engine)
    with transaction(engine) as session:
        took = inbox.take(session, who, 5)
        assert sorted((one.id, one.spooled, one.door.value) for one in took) == [
            (1, "1/call.json", "api"), (2, "2/call.json", "api"),
        ]  # fmt: skip
        assert inbox.calls_of(session, 3) == ("a", "b")
        assert {one.source for one in took} == {"token 1"}
    engine.dispose()


def test_a_worker_that_was_stopped_for_longer_than_its_lease_does_not_take_its_own_files_again(engine: Engine) -> None:
    arrived(engine, "one.wav", "two.wav")
    one = worker(engine)
    assert taken(engine, one, 1) == ["one.wav"]
    died(engine, one)
    assert taken(engine, one) == ["two.wav"]
