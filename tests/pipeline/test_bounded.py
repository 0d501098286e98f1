"""A file that hangs, crashes or blows up takes with it the copy of the server that reads it, and nothing else."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from errors import AttuneError, Busy, InputError, RecordingError, Unavailable
from pipeline import bounded
from pipeline.bounded import run
from pipeline.listen import Fault, fault_of
from tests.pipeline.tasks import (
    crashes,
    fills,
    finds_no_room,
    hangs,
    is_stopped,
    leaves_somebody,
    limits,
    lingers,
    raises,
    refuses,
    says_a_word,
    size,
    surroundings,
    takes_memory,
    takes_time,
    talks,
    who,
    writes,
)

HERE = Path(__file__)


def server() -> int:
    number = run(who, HERE)[1]
    assert isinstance(number, int)
    return number


def test_what_was_worked_out_comes_back() -> None:
    assert run(size, HERE) == HERE.stat().st_size


def test_a_refusal_keeps_its_sentence_and_its_kind() -> None:
    with pytest.raises(RecordingError, match=r"test_bounded\.py is of no use"):
        run(refuses, HERE)


def test_no_room_on_the_disk_is_not_the_files_fault() -> None:
    with pytest.raises(Unavailable, match="finds no room"):
        run(finds_no_room, HERE)


def test_one_server_of_one_thread_makes_a_copy_for_each() -> None:
    first, second = run(who, HERE), run(who, HERE)
    assert first[0] != second[0]
    assert first[1] == second[1]
    assert first[2] == 1


@pytest.mark.parametrize(
    ("task", "says", "fault"),
    [
        (crashes, "status -11", Fault.UNKNOWN),
        (raises, "status 1", Fault.UNKNOWN),
        (is_stopped, "stopped from outside", Fault.MACHINE),
        (takes_memory, "more time or memory", Fault.FILE),
        (talks, "more than any call", Fault.FILE),
    ],
)
def test_how_it_ended_says_whether_the_file_is_to_blame(task: Callable[[Path], Any], says: str, fault: Fault) -> None:
    before = server()
    with pytest.raises(AttuneError, match=says) as wrong:
        run(task, HERE)
    assert fault_of(wrong.value) is fault
    assert server() == before


def test_too_much_of_the_processor_is_the_files_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bounded, "PROCESSOR_SECONDS", 1)
    with pytest.raises(InputError, match="more time or memory"):
        run(takes_time, HERE)


def test_too_long_by_the_clock_may_be_the_machines_and_ends_the_copy(tmp_path: Path) -> None:
    before = server()
    file = tmp_path / "number"
    with pytest.raises(AttuneError, match="too long by the clock") as wrong:
        run(hangs, file, wall_seconds=0.5, written_bytes=100)
    assert fault_of(wrong.value) is Fault.UNKNOWN  # so that it is tried again, and not for ever
    gone = time.monotonic() + 10
    while Path(f"/proc/{file.read_text()}").exists() and time.monotonic() < gone:
        time.sleep(0.01)
    assert not Path(f"/proc/{file.read_text()}").exists()
    assert server() == before


def test_nothing_is_written_but_what_may_be(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="File too large"):
        run(writes, tmp_path / "out")
    with pytest.raises(InputError, match="File too large"):
        run(writes, tmp_path / "out", written_bytes=4_000)
    run(writes, tmp_path / "out", written_bytes=6_000)
    assert (tmp_path / "out").stat().st_size == 5_000


def test_a_server_that_ended_is_started_anew() -> None:
    before = server()
    os.kill(before, signal.SIGKILL)
    assert server() != before


def test_many_threads_ask_at_once() -> None:
    before = server()
    with ThreadPoolExecutor(8) as threads:
        assert set(threads.map(lambda _: run(size, HERE), range(40))) == {HERE.stat().st_size}
    assert server() == before


def copies_of(number: int) -> int:
    return len(Path(f"/proc/{number}/task/{number}/children").read_text().split())


def test_no_more_copies_work_at_once_than_may() -> None:
    working, most = server(), 0
    with ThreadPoolExecutor(12) as threads:
        asked = [threads.submit(run, lingers, HERE) for _ in range(12)]
        while not all(one.done() for one in asked):
            most = max(most, copies_of(working))
            time.sleep(0.005)
    assert [one.result()[1] for one in asked] == ["pcm_mulaw"] * 12
    assert 2 <= most <= bounded.MOST_COPIES


def test_whoever_finds_no_place_in_time_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bounded, "PLACE_SECONDS", 0.01)
    with ThreadPoolExecutor(12) as threads:
        asked = [threads.submit(run, lingers, HERE) for _ in range(12)]
        told = [one.exception() for one in asked]
    assert 1 <= sum(one is None for one in told) <= bounded.MOST_COPIES
    assert {type(one) for one in told if one is not None} == {Busy}
    assert run(size, HERE) == HERE.stat().st_size


def gone_in_time(number: str) -> bool:
    until = time.monotonic() + 10
    while Path(f"/proc/{number}/exe").exists() and time.monotonic() < until:
        time.sleep(0.005)
    return not Path(f"/proc/{number}/exe").exists()


def test_an_answer_that_fills_the_socket_keeps_its_end_for_whoever_reads_late(tmp_path: Path) -> None:
    working, file = server(), tmp_path / "long"
    for length in range(160_000, 240_000, 2_000):
        file.touch()
        os.truncate(file, length)
        named = {"module": fills.__module__, "name": fills.__name__, "paths": [str(file)]}
        mine, theirs = socket.socketpair()
        with mine:
            with theirs:
                bounds = {"memory": bounded.MEMORY_BYTES, "processor": 10, "written": 0}
                bounded._SERVER.ask(json.dumps({**named, **bounds}).encode(), theirs)
            late = time.monotonic() + 0.02
            while copies_of(working) and time.monotonic() < late:
                time.sleep(0.001)
            answer = b"".join(iter(partial(mine.recv, 1_000_000), b""))
        assert answer == b'{"given": "' + b"x" * length + b'"}\n0', length


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere only its own group is ended with it")
@pytest.mark.parametrize("how", ["ends", "hangs"])
def test_whoever_a_copy_starts_ends_with_it(tmp_path: Path, how: str) -> None:
    before, file = server(), tmp_path / how
    with nullcontext() if how == "ends" else pytest.raises(AttuneError, match="by the clock"):
        run(leaves_somebody, file, wall_seconds=20 if how == "ends" else 1, written_bytes=100)
    assert gone_in_time(file.read_text())
    assert server() == before


def test_a_copy_opens_few_files_gains_no_rights_and_has_a_group_of_its_own() -> None:
    assert run(limits, HERE) == [bounded.MOST_FILES, 1, 1]


def test_where_no_copy_can_be_made_that_is_said_and_the_server_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    code = (
        "import os, socket, sys\nfrom pipeline import bounded\nfork = os.fork\n"
        "def once():\n    os.fork = fork\n    raise BlockingIOError\n"
        "os.fork = once\nbounded._serve(socket.socket(fileno=int(sys.argv[-1])))"
    )
    (tmp_path / "code.py").write_text(code)
    python = tmp_path / "python"
    python.write_text(f'#!/bin/sh\nPYTHONPATH={HERE.parents[2]} exec {sys.executable} {tmp_path}/code.py "$@"\n')
    python.chmod(0o700)
    bounded._SERVER.end()
    monkeypatch.setattr(sys, "executable", str(python))
    with pytest.raises(Unavailable, match="no process left"):
        run(size, HERE)
    assert run(size, HERE) == HERE.stat().st_size
    bounded._SERVER.end()


def test_a_server_that_was_stopped_keeps_nobody_waiting_for_long(monkeypatch: pytest.MonkeyPatch) -> None:
    bounded._SERVER.end()
    monkeypatch.setattr(bounded, "ANSWER_SECONDS", 0.2)
    before = server()
    os.kill(before, signal.SIGSTOP)
    begun = time.monotonic()
    assert server() != before
    assert time.monotonic() - begun < bounded.START_SECONDS / 2
    bounded._SERVER.end()


def test_the_log_says_what_went_wrong_and_where_but_no_word_of_a_call(caplog: pytest.LogCaptureFixture) -> None:
    with pytest.raises(AttuneError, match="status 1") as wrong:
        run(says_a_word, HERE)
    assert re.search(r"\(says_a_word\) ended with LookupError at tests/pipeline/tasks\.py:\d+$", caplog.text.strip())
    assert "4111" not in caplog.text + str(wrong.value)


def test_the_server_knows_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ATTUNE_ENCRYPTION_KEY", "not to be seen")
    bounded._SERVER.end()
    seen = run(surroundings, HERE)
    assert "not to be seen" not in seen
    assert "ATTUNE" not in seen


def test_a_server_that_cannot_start_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    bounded._SERVER.end()
    monkeypatch.setattr(sys, "executable", "/bin/false")
    with pytest.raises(Unavailable, match="does not start"):
        run(size, HERE)


def test_it_ends_with_whoever_started_it() -> None:
    code = (
        "import os, pathlib; from pipeline.bounded import run; from tests.pipeline.tasks import who;"
        "print(run(who, pathlib.Path('.'))[1], flush=True); os.kill(os.getpid(), 9)"
    )
    asked = subprocess.run([sys.executable, "-c", code], cwd=HERE.parents[2], capture_output=True, text=True, check=False)
    gone = time.monotonic() + 10
    while Path(f"/proc/{int(asked.stdout)}/exe").exists() and time.monotonic() < gone:
        time.sleep(0.01)
    assert not Path(f"/proc/{int(asked.stdout)}/exe").exists()
