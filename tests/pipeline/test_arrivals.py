"""What came in is worked off whatever is in the way, and said clearly; nothing is lost and nothing taken twice."""

import errno
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import fsspec
import pytest
from fsspec.implementations.memory import MemoryFileSystem
from sqlalchemy import Engine, select, update

from errors import InputError, ModelError, Unavailable, WorkersAway
from pipeline import arrivals, patience
from pipeline.arrivals import bury_the_dead, ingest_files, work_off
from pipeline.ingest import Job, Outcome, jobs_of, table
from pipeline.listen import Listening
from pipeline.metadata import NOTHING_KNOWN
from pipeline.sources import Source, without_passwords
from settings import settings
from storage import inbox, repository
from storage.database import reading, transaction
from storage.inbox import State
from storage.inbox_tables import InboxRow
from storage.tables import CallRow
from tests.on_postgresql import address_of
from tests.pipeline.test_ingest import SPEECH, stored, write_conversation

CARDS = ("empathy", "listening")


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits for long here."""
    monkeypatch.setattr(patience, "FIRST_SECONDS", 0.01)


@pytest.fixture
def chat(tmp_path: Path) -> Path:
    """A folder with one written conversation in it."""
    folder = tmp_path / "chats"
    folder.mkdir()
    write_conversation(folder / "one.json", "agent: Good morning, this is Mina.", "customer: My parcel is late.")
    return folder


def ingest(*paths: Path) -> list[Outcome]:
    return ingest_files(paths, NOTHING_KNOWN, Listening.from_settings(settings()), CARDS)


def rows(engine: Engine) -> list[tuple[str, str, int, str]]:
    with reading(engine) as session:
        found = session.scalars(select(InboxRow).order_by(InboxRow.id))
        return [(row.sent_as, row.state, row.tries, row.reason) for row in found]


def test_what_is_named_on_the_command_line_is_a_row_with_what_became_of_it(chat: Path, engine: Engine) -> None:
    (chat / "empty.wav").write_bytes(b"")
    ingest(chat)
    good, bad = rows(engine)
    assert good == ("one.json", "scored", 1, "")
    assert bad[:3] == ("empty.wav", "failed", 1)
    assert "empty" in bad[3]


def test_a_call_and_what_became_of_its_file_are_committed_together_or_not_at_all(
    chat: Path, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*anything: object) -> None:
        raise RuntimeError("cut off just before the commit")

    with monkeypatch.context() as cut_off:
        cut_off.setattr(inbox, "done", fails)
        with pytest.raises(RuntimeError):
            ingest(chat)
    assert stored(engine) == (0, 0)
    assert [row[1:3] for row in rows(engine)] == [("received", 0)]  # given back, and that was no try
    assert [outcome.state.value for outcome in work_off(engine, Listening.from_settings(settings()))] == ["scored"]
    assert stored(engine) == (1, len(CARDS))


def test_what_a_killed_worker_of_this_home_had_is_taken_up_without_waiting_for_its_lease(engine: Engine, chat: Path) -> None:
    dies = (
        "import os; from pathlib import Path; from pipeline import arrivals, ingest; "
        "arrivals.jobs_of = lambda *_: os._exit(9); "
        "from pipeline.listen import Listening; from settings import settings; from pipeline.metadata import NOTHING_KNOWN; "
        f"arrivals.ingest_files([Path({str(chat)!r})], NOTHING_KNOWN, Listening.from_settings(settings()), ['empathy'])"
    )
    where = {"ATTUNE_HOME": str(settings().home), "ATTUNE_DATABASE_URL": address_of(engine)}
    env = {**os.environ, **where, "PYTHONPATH": str(Path(__file__).parents[2])}
    assert subprocess.run([sys.executable, "-c", dies], env=env, check=False).returncode == 9
    assert [row[1] for row in rows(engine)] == ["transcribing"]
    bury_the_dead(engine)
    with reading(engine) as session:
        assert inbox.waits(session)
        assert inbox.workers(session) == ()


def test_a_worker_that_lives_is_not_buried(engine: Engine) -> None:
    with arrivals._at_work(engine):
        bury_the_dead(engine)
        with reading(engine) as session:
            assert len(inbox.workers(session)) == 1
    assert list((settings().home / "workers").iterdir()) == []


def test_what_is_named_on_the_command_line_is_read_in_bounds_before_anything_else_opens_it(
    chat: Path, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(file: Path) -> None:
        raise InputError(f"{file.name} harms whoever reads it.")

    monkeypatch.setattr("pipeline.arrivals.probe", refuse)
    monkeypatch.setattr("pipeline.arrivals.jobs_of", lambda *anything: pytest.fail("it was opened"))
    (outcome,) = ingest(chat)
    assert outcome.reason == "one.json harms whoever reads it."


def test_a_file_whose_name_is_no_text_fails_with_a_reason_that_any_database_takes(chat: Path, engine: Engine) -> None:
    (chat / os.fsdecode(b"one\xff\xfe\nwith lines.wav")).write_bytes(b"words, and no sound")
    outcomes = ingest(chat)
    assert sorted(outcome.state.value for outcome in outcomes) == ["failed", "scored"]
    ((_, state, _, reason),) = [row for row in rows(engine) if row[1] != "scored"]
    assert state == "failed"
    assert "holds text, not sound" in reason
    assert len(reason.splitlines()) == 1
    assert "one\ufffd\ufffdwith lines.wav  failed" in table(outcomes)


def test_a_call_whose_files_name_is_no_text_is_taken_in_under_one_that_can_be_read(chat: Path, engine: Engine) -> None:
    (chat / "one.json").rename(chat / os.fsdecode(b"one\xff.json"))
    (outcome,) = ingest(chat)
    assert outcome.state.value == "scored"
    with reading(engine) as session:
        assert session.scalars(select(CallRow.file_name)).all() == ["one\ufffd.json"]


def test_a_missing_model_costs_no_file_a_try(chat: Path, engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(*anything: object) -> None:
        raise ModelError("There is no model base.")

    with monkeypatch.context() as without:
        without.setattr("pipeline.score.judge", missing)
        (outcome,) = ingest(chat)
    assert "There is no model base." in outcome.reason
    assert rows(engine) == [("one.json", "received", 0, "There is no model base.")]


def test_a_full_disk_is_waited_for_and_what_was_heard_is_not_lost(
    chat: Path, engine: Engine, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    real, times = repository.store_scored_call, list[int]()

    def full_at_first(*given: Any) -> bool:
        times.append(1)
        if len(times) < 3:
            resource.setrlimit(resource.RLIMIT_FSIZE, (0, hard))
            try:
                (settings().home / "more").write_bytes(b"x" * 10)
            except OSError as wrong:
                raise Unavailable(f"The disk is full ({wrong.strerror}).") from wrong
            finally:
                resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        return real(*given)

    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    monkeypatch.setattr(repository, "store_scored_call", full_at_first)
    assert [outcome.state.value for outcome in ingest(chat)] == ["scored"]
    assert len(times) == 3
    assert "nothing is lost" in caplog.text
    assert rows(engine)[0][1:3] == ("scored", 1)


def test_a_store_that_is_away_is_waited_for(inbox: Path, engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copy(SPEECH / "names.ogg", inbox / "good.ogg")
    recordings = settings().home / "recordings"
    recordings.parent.mkdir(parents=True, exist_ok=True)
    recordings.write_text("not mounted")
    back = threading.Timer(4.0, recordings.unlink)
    back.start()
    try:
        assert [outcome.state.value for outcome in ingest(inbox)] == ["scored"]
    finally:
        back.join()
    assert stored(engine) == (1, len(CARDS))


def test_a_locked_database_is_waited_for(chat: Path, engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    ingest_first = ingest(chat)
    assert ingest_first
    with transaction(engine) as session:
        session.execute(update(InboxRow).values(state=State.RECEIVED.value, worker=None, not_before=datetime.now(UTC)))
    locker = engine.execution_options(attune_writes=True).connect()  # its transaction locks SQLite's file
    locker.exec_driver_sql("SELECT 1" if engine.dialect.name == "sqlite" else "LOCK TABLE inbox")
    free = threading.Timer(0.5, locker.rollback)
    free.start()
    assert [outcome.state.value for outcome in work_off(engine, Listening.from_settings(settings()))] == ["scored"]
    free.join()
    locker.close()
    assert rows(engine)[0][1] == "scored"


# Watched places


@pytest.fixture
def watched(tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Path]:
    """A watched folder with one conversation and its list, with the settings that are given."""

    def watch(**options: str) -> Path:
        place = tmp_path / "place"
        place.mkdir()
        write_conversation(place / "one.json", "agent: Good morning, this is Mina.", "customer: My parcel is late.")
        (place / "metadata.csv").write_text("file,agent,scorecards\none.json,Mina Okafor,empathy\n")
        for name, value in {"watch": str(place), "watch_rest_seconds": "0", **options}.items():
            monkeypatch.setenv(f"ATTUNE_{name.upper()}", value)
        settings.cache_clear()
        return place

    return watch


def look(engine: Engine, address: str) -> int:
    return Source(address).look(engine) or 0


@pytest.mark.parametrize(("done", "left"), [("leave", "one.json"), ("move", "done/one.json"), ("remove", "")])
def test_a_file_in_a_watched_place_comes_in_once_with_what_its_list_says(
    watched: Callable[..., Path], engine: Engine, done: str, left: str
) -> None:
    place = watched(watch_done=done)
    assert look(engine, str(place)) == 1
    (outcome,) = work_off(engine, Listening.from_settings(settings()))
    assert outcome.state.value == "scored", outcome.reason
    assert [name for name, _ in outcome.totals] == ["empathy"]
    assert [path.relative_to(place).as_posix() for path in place.rglob("*.json")] == ([left] if left else [])
    assert look(engine, str(place)) == 0
    assert stored(engine) == (1, 1)


def test_a_file_that_is_still_written_is_left_until_it_rests(watched: Callable[..., Path], engine: Engine) -> None:
    place = watched(watch_rest_seconds="0.3")
    source = Source(str(place))
    assert source.look(engine) == 0
    source._next = 0
    with (place / "one.json").open("a") as file:
        file.write("\n")
    assert source.look(engine) == 0  # it has changed
    threading.Event().wait(0.35)
    source._next = 0
    assert source.look(engine) == 1


@pytest.mark.parametrize("address", ["memory://calls", "file://{place}"])
def test_an_address_is_read_through_fsspec(
    watched: Callable[..., Path], engine: Engine, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = watched()
    address = address.format(place=place)
    if address.startswith("memory"):
        memory = fsspec.filesystem("memory")
        memory.put(str(place), "/calls", recursive=True)
    monkeypatch.setenv("ATTUNE_WATCH", address)
    settings.cache_clear()
    assert look(engine, address) == 1
    (outcome,) = work_off(engine, Listening.from_settings(settings()))
    assert outcome.state.value == "scored", outcome.reason


def test_what_cannot_be_watched_is_said_in_a_sentence(engine: Engine, home: Path) -> None:
    for address, said in {
        "/nowhere/at/all": "is away",
        "gopher://calls": "cannot be watched",
        "sftp://ada:secret@host/calls": "sftp://ada:…@host/calls",
    }.items():
        with pytest.raises(Exception, match=said) as wrong:
            look(engine, address)
        assert "secret" not in str(wrong.value)
        assert "Traceback" not in str(wrong.value)


def test_a_list_that_cannot_be_read_keeps_what_is_new_out_until_it_is_mended(
    watched: Callable[..., Path], engine: Engine
) -> None:
    place = watched()
    (place / "metadata.csv").write_text("wer,wann\n")
    with pytest.raises(Exception, match=r"place/metadata\.csv.*Until that is mended"):
        look(engine, str(place))
    (place / "metadata.csv").write_text("file,agent\none.json,Mina\n")
    assert look(engine, str(place)) == 1


def test_what_is_no_call_fails_with_a_sentence_and_stays_where_it_is(watched: Callable[..., Path], engine: Engine) -> None:
    place = watched(watch_done="remove")
    (place / "bad.wav").write_bytes(b"words and no sound")
    assert look(engine, str(place)) == 2
    work_off(engine, Listening.from_settings(settings()))
    (bad,) = [row for row in rows(engine) if row[1] == "failed"]
    assert bad[0] == "bad.wav"
    assert "bad.wav" in bad[3]
    assert str(place) not in bad[3]
    assert [path.name for path in place.iterdir() if path.suffix == ".wav"] == ["bad.wav"]


@pytest.mark.parametrize("setting", ["ATTUNE_SCORECARDS", "ATTUNE_CHANNEL_SCORECARDS"])
def test_a_slip_in_the_setting_of_the_usual_scorecards_costs_no_file_a_try(
    watched: Callable[..., Path], engine: Engine, monkeypatch: pytest.MonkeyPatch, setting: str
) -> None:
    place = watched()
    (place / "metadata.csv").unlink()
    assert look(engine, str(place)) == 1
    monkeypatch.setenv(setting, "chat: emptahy" if "CHANNEL" in setting else "emptahy")
    settings.cache_clear()
    work_off(engine, Listening.from_settings(settings()))
    (row,) = rows(engine)
    assert row[:3] == ("one.json", "received", 0)
    assert "emptahy" in row[3]


def test_a_call_that_names_a_scorecard_there_is_not_is_tried_again(watched: Callable[..., Path], engine: Engine) -> None:
    place = watched()
    (place / "metadata.csv").write_text("file,scorecards\none.json,emptahy\n")
    assert look(engine, str(place)) == 1
    work_off(engine, Listening.from_settings(settings()))
    assert rows(engine)[0][:3] == ("one.json", "received", 1)


def test_workers_that_go_away_between_two_files_leave_none_in_hand(
    watched: Callable[..., Path], engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = watched()
    for name in ("two.json", "three.json"):
        write_conversation(place / name, f"agent: This is {name}.", "customer: My parcel is late.")
    assert look(engine, str(place)) == 3
    stop = threading.Event()

    def away(engine: Engine, jobs: Iterator[Job | None], *anything: object, **more: object) -> Iterator[Outcome]:
        assert next(jobs) is not None
        stop.set()
        raise WorkersAway("No worker is there.")
        yield

    monkeypatch.setattr(arrivals, "take_in", away)
    states = list[tuple[str, ...]]()
    real = arrivals.Arrivals.put_off

    def put_off(self: arrivals.Arrivals, reason: str) -> None:
        real(self, reason)
        states.append(tuple(row[1] for row in rows(engine)))

    monkeypatch.setattr(arrivals.Arrivals, "put_off", put_off)
    arrivals.work(engine, Listening.from_settings(settings()), stop)
    assert states == [("received",) * 3]


def test_a_file_that_is_in_hand_is_not_opened_once_more(
    watched: Callable[..., Path], engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    place, worker = watched(), "a worker"
    assert look(engine, str(place)) == 1
    troubles = arrivals.Troubles(engine, worker)
    at_work = arrivals.Arrivals(engine, worker, patience.Patience(threading.Event(), 0), troubles, stop=threading.Event())
    jobs = at_work.jobs()
    assert next(jobs) is not None
    (hand,) = at_work._hands.values()
    again = [hand.received]
    monkeypatch.setattr(inbox, "take", lambda *asked: [again.pop()] if again else [])
    assert next(jobs) is None
    assert list(at_work._hands.values()) == [hand]
    at_work.close()


def refuse(monkeypatch: pytest.MonkeyPatch, wrong: Exception) -> None:
    """Of what lies in memory one file cannot be had, for that reason."""
    real = MemoryFileSystem.get_file

    def get_file(self: Any, path: str, copy: str, **more: Any) -> None:
        if path.endswith("bad.json"):
            raise wrong
        real(self, path, copy, **more)

    monkeypatch.setattr(MemoryFileSystem, "get_file", get_file)


@pytest.mark.parametrize(
    ("wrong", "becomes"),
    [(OSError("connection reset by peer"), ("received", 0)), (PermissionError("403"), ("failed", 1))],
)
def test_one_file_that_cannot_be_fetched_does_not_hold_up_the_others(
    watched: Callable[..., Path],
    engine: Engine,
    monkeypatch: pytest.MonkeyPatch,
    wrong: Exception,
    becomes: tuple[str, int],
) -> None:
    place = watched()
    (place / "bad.json").write_text("{}")
    monkeypatch.setattr(patience.Patience, "_waits", lambda *anything: pytest.fail("whoever works waits for it"))
    address = f"memory://refused{becomes[1]}"
    for path in place.iterdir():
        fsspec.filesystem("memory").put_file(str(path), f"{address}/{path.name}")
    refuse(monkeypatch, wrong)
    monkeypatch.setenv("ATTUNE_WATCH", address)
    settings.cache_clear()
    assert look(engine, address) == 2
    work_off(engine, Listening.from_settings(settings()))
    became = {row[0]: row[1:3] for row in rows(engine)}
    assert became == {"bad.json": becomes, "one.json": ("scored", 1)}


def test_a_connection_that_broke_is_made_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fsspec.filesystem("memory").pipe_file("/broken/bad.json", b"{}")
    refuse(monkeypatch, OSError("the connection was lost"))
    source = Source("memory://broken")
    (before, _), (others, _) = source._place, Source("memory://broken")._place
    with pytest.raises(Unavailable), source.at_hand("/broken/bad.json", tmp_path):
        pass
    assert len({id(files) for files in (before, others, source._place[0])}) == 3


def test_a_copy_of_a_file_with_the_longest_name_is_made(watched: Callable[..., Path], tmp_path: Path) -> None:
    memory = fsspec.filesystem("memory")
    path = f"/long/{'字' * 300}.wav"
    memory.pipe_file(path, b"sound")
    with Source("memory://long").at_hand(path, tmp_path) as copy:
        assert (copy.read_bytes(), copy.suffix) == (b"sound", ".wav")


def test_what_is_moved_overwrites_nothing(watched: Callable[..., Path], engine: Engine) -> None:
    place = watched(watch_done="move")
    (place / "done").mkdir()
    (place / "done" / "one.json").write_text("of yesterday")
    assert look(engine, str(place)) == 1
    work_off(engine, Listening.from_settings(settings()))
    assert sorted(path.name for path in (place / "done").iterdir()) == ["one (2).json", "one.json"]
    assert (place / "done" / "one.json").read_text() == "of yesterday"


def test_the_list_of_a_place_lies_nowhere_but_under_the_home_folder(
    watched: Callable[..., Path], engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = watched()
    monkeypatch.setattr(tempfile, "tempdir", str(place / "there is no such folder"))
    assert look(engine, str(place)) == 1


def test_no_password_of_an_address_is_said() -> None:
    said = without_passwords("GET https://ada:hidden@host/one.wav?X-Signature=hidden (403), sftp://ada:hid@den@host/calls")
    assert "hid" not in said
    assert "sftp://ada:…@host/calls" in said


# What is away, and what goes wrong beside the work


def put(address: str, *names: str) -> None:
    for name in names:
        fsspec.filesystem("memory").pipe_file(f"{address}/{name}", b"{}")


@pytest.fixture
def away(watched: Callable[..., Path], engine: Engine, monkeypatch: pytest.MonkeyPatch) -> Callable[[], int]:
    """A watched place with twelve files written down, whose server then answers nobody; how often a file was asked for."""
    watched()
    address, asked = "memory://gone", list[str]()
    put(address, *(f"{number}.json" for number in range(12)))
    monkeypatch.setenv("ATTUNE_WATCH", address)
    settings.cache_clear()
    assert look(engine, address) == 12

    def refused(self: MemoryFileSystem, path: str, *anything: Any, **more: Any) -> None:
        asked.append(path)
        raise OSError("no route to host")

    monkeypatch.setattr(MemoryFileSystem, "info", refused)
    monkeypatch.setattr(MemoryFileSystem, "isdir", refused)
    return lambda: len([path for path in asked if path.endswith(".json")])


def test_a_watched_place_that_is_away_is_noticed_once_for_all_its_files(
    away: Callable[[], int], engine: Engine, caplog: pytest.LogCaptureFixture
) -> None:
    work_off(engine, Listening.from_settings(settings()))
    assert away() == 1
    assert {row[1:3] for row in rows(engine)} == {("received", 0)}
    assert len([entry for entry in caplog.records if entry.levelname == "WARNING"]) == 1
    with reading(engine) as session:
        assert not inbox.waits(session)


def test_what_waits_in_a_place_that_is_back_is_taken_at_once(away: Callable[[], int], engine: Engine) -> None:
    work_off(engine, Listening.from_settings(settings()))
    with transaction(engine) as session:
        inbox.place_is_back(session, "memory://gone")
    with reading(engine) as session:
        assert inbox.waits(session)


def watch(engine: Engine, looks: list[Exception | int | None]) -> tuple[list[str], list[str]]:
    """What the watching says, and which places it says are back, where looking through one goes so time after time."""
    said, back, stop = list[str](), list[str](), threading.Event()

    class Place:
        shown = "a place"

        def look(self, engine: Engine) -> int | None:
            if len(looks) == 1:
                stop.set()
            found = looks.pop(0)
            if isinstance(found, Exception):
                raise found
            return found

    class Telling:
        def say(self, of: str, words: str) -> None:
            said.append(words)
            if words == "broken":
                raise OSError("telling it failed too")

    class Work:
        def came_back(self, source: str) -> None:
            back.append(source)

    arrivals._watch(engine, [Place()], stop, Telling(), Work())  # type: ignore[list-item, arg-type]
    return said, back


def test_a_place_that_was_not_looked_at_is_not_said_to_be_there_again(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(arrivals, "LOOK_SECONDS", 0.001)
    assert watch(engine, [1, Unavailable("away"), None, None, 0]) == (["", "away", ""], ["a place", "a place"])


def test_nothing_ends_the_watching(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(arrivals, "LOOK_SECONDS", 0.001)
    assert watch(engine, [OSError("?"), Unavailable("broken"), 0])[0][1:] == ["broken", ""]


def test_a_place_that_is_away_is_looked_for_again_within_a_minute(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    now, source = [0.0], Source("memory://slow")
    monkeypatch.setattr("pipeline.sources.time.monotonic", lambda: now[0])

    def slow(*anything: object) -> bool:
        now[0] += 30
        return False

    monkeypatch.setattr(MemoryFileSystem, "isdir", slow)
    with pytest.raises(Unavailable):
        source.look(engine)
    now[0] += 30
    assert source.look(engine) is None
    now[0] += 40
    with pytest.raises(Unavailable):
        source.look(engine)


def test_a_worker_says_that_it_lives_whatever_went_wrong_with_saying_so(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    tries, enough = list[int](), threading.Event()

    def renew(*anything: object) -> None:
        tries.append(1)
        if len(tries) < 3:
            raise OSError("too many open files")
        enough.set()

    monkeypatch.setattr(inbox, "LEASE", timedelta(seconds=0.06))
    monkeypatch.setattr(inbox, "renew", renew)
    with arrivals._at_work(engine):
        assert enough.wait(5)


def test_a_disk_that_is_full_while_a_file_is_read_is_waited_for(
    chat: Path, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    times = list[int]()

    def full_at_first(*given: Any) -> Iterator[Job] | list[Job]:
        times.append(1)
        if len(times) < 3:
            raise OSError(errno.ENOSPC, "No space left on device")
        return jobs_of(*given)

    monkeypatch.setattr(arrivals, "jobs_of", full_at_first)
    assert [outcome.state.value for outcome in ingest(chat)] == ["scored"]
    assert rows(engine)[0][1:3] == ("scored", 1)


def test_what_keeps_a_worker_from_working_is_written_down_once_the_database_is_back(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    with arrivals._at_work(engine) as worker:
        troubles = arrivals.Troubles(engine, worker)
        with monkeypatch.context() as gone:
            gone.setattr(inbox, "say_trouble", lambda *anything: (_ for _ in ()).throw(Unavailable("away")))
            troubles.say("a place", "It is away (0x7f01).")
        troubles.say("a place", "It is away (0x7f02).")
        with reading(engine) as session:
            assert inbox.workers(session)[0].trouble == "It is away (0x7f01)."


def test_a_worker_that_works_for_good_remembers_no_file_that_it_refused(
    watched: Callable[..., Path], engine: Engine
) -> None:
    place = watched()
    (place / "empty.wav").write_bytes(b"")
    look(engine, str(place))
    with arrivals._at_work(engine) as worker:
        troubles = arrivals.Troubles(engine, worker)
        at_work = arrivals.Arrivals(
            engine, worker, patience.Patience(threading.Event()), troubles, stop=threading.Event(), idle_seconds=0
        )
        jobs = at_work.jobs()
        while len(rows(engine)) < 2 or {row[1] for row in rows(engine) if row[0] == "empty.wav"} != {"failed"}:
            next(jobs)
        at_work.close()
    assert at_work.refused == []


def test_two_workers_on_one_folder_take_each_file_once(watched: Callable[..., Path], engine: Engine) -> None:
    place = watched(watch_done="remove")
    for number in range(6):
        write_conversation(place / f"{number}.json", f"agent: Good morning, this is number {number}.", "customer: Hello.")
    both = [threading.Thread(target=look, args=(engine, str(place))) for _ in range(2)]
    for one in both:
        one.start()
    for one in both:
        one.join()
    work_off(engine, Listening.from_settings(settings()))
    assert len(rows(engine)) == 7
    assert {row[1] for row in rows(engine)} == {"scored"}
    assert stored(engine)[0] == 7
    assert sorted(path.name for path in place.iterdir()) == ["metadata.csv"]


def test_a_file_that_another_worker_has_just_let_go_is_no_trouble(
    watched: Callable[..., Path], caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = watched(watch_done="remove")
    source = Source(str(place))
    ((path, key),) = [(p, k) for p, k in source._resting(source._listed(), 0.0) if p.endswith("one.json")]

    def gone(*anything: object) -> None:
        raise FileNotFoundError(path)

    monkeypatch.setattr(source, "_go", gone)
    source.let_go(path, key)
    assert not caplog.records
