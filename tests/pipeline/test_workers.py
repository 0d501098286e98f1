"""What holds when many files are worked on at once."""

import ctypes
import os
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from pipeline import workers as processes
from pipeline.workers import spread


def double(number: int) -> int:
    return 2 * number


def die_at_seven(number: int) -> int:
    if number == 7:
        os._exit(9)
    return 2 * number


def own_process(_: int) -> int:
    return os.getpid()


def died(number: int) -> int:
    return -number


def known(_: int) -> tuple[bool, int, str | None, str | None]:
    dumpable = ctypes.CDLL(None).prctl(3, 0, 0, 0, 0) if sys.platform == "linux" else 0  # PR_GET_DUMPABLE
    core, _most = resource.getrlimit(resource.RLIMIT_CORE)
    return bool(dumpable), core, os.environ.get("ATTUNE_SMTP_PASSWORD"), os.environ.get("ATTUNE_MODEL")


def test_a_worker_lets_nobody_look_in_and_knows_no_password_that_it_has_no_use_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ATTUNE_SMTP_PASSWORD", "not to be known")
    monkeypatch.setenv("ATTUNE_MODEL", "base")
    assert list(spread(known, [1], lambda _: (True, 1, "", ""), workers=1)) == [(1, (False, 0, None, "base"))]


@pytest.mark.parametrize("workers", [0, 1, 2])
def test_every_item_is_done_once(workers: int) -> None:
    assert sorted(spread(double, range(6), died, workers)) == [(n, 2 * n) for n in range(6)]


def test_a_worker_that_dies_takes_only_its_own_item_with_it() -> None:
    results = sorted(spread(die_at_seven, range(9), died, workers=2))
    assert results == [(n, -7 if n == 7 else 2 * n) for n in range(9)]


def test_after_a_worker_died_the_others_go_on_beside_each_other() -> None:
    numbers = iter(range(20))
    assert sorted(spread(die_at_seven, numbers, died, workers=2)) == [(n, -7 if n == 7 else 2 * n) for n in range(20)]


def test_items_may_be_found_on_the_way_and_are_taken_only_as_there_is_room(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processes, "LOOK_SECONDS", 0.01)
    given: list[int] = []

    def found() -> Iterator[int | None]:
        for number in range(12):
            yield None
            given.append(number)
            yield number

    results = spread(double, found(), died, workers=1)
    first = next(results)
    assert len(given) <= 3
    assert sorted([first, *results]) == [(n, 2 * n) for n in range(12)]


def test_a_single_item_is_done_here_without_starting_a_process() -> None:
    assert list(spread(own_process, [1], died)) == [(1, os.getpid())]


def test_leaving_early_ends_the_workers() -> None:
    results = spread(own_process, range(20), died, workers=2)
    _, worker = next(results)
    results.close()
    assert worker != os.getpid()
    with pytest.raises(ProcessLookupError):
        os.kill(worker, 0)


ASKED_IN_A_PROCESS_OF_ITS_OWN = """
import sys, threading
from pipeline.workers import spread

def known(_):
    return __name__

if __name__ == "__main__":
    if sys.argv[1] == "threads":
        threading.Thread(target=threading.Event().wait, daemon=True).start()
    print({answer for _, answer in spread(known, [1, 2], None, 2, copies=True)})
"""


def test_workers_do_not_run_the_page_that_streamlit_runs_just_now(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page = ModuleType("__main__")
    page.__file__ = str(tmp_path / "page.py")
    Path(page.__file__).write_text("raise RuntimeError('a page is run by Streamlit alone')")
    monkeypatch.setitem(sys.modules, "__main__", page)
    assert sorted(spread(double, [1, 2, 3], died, workers=1)) == [(1, 2), (2, 4), (3, 6)]
    assert sys.modules["__main__"] is page


KILLED_AS_SOON_AS_IT_HAS_A_WORKER = """
import os, pathlib, signal, sys
from pipeline.workers import _pool

if __name__ == "__main__":
    pool = _pool(1)
    pool.submit(print)
    pathlib.Path(sys.argv[1]).write_text(str(*pool._processes))
    os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_worker_whose_program_is_killed_before_it_has_begun_ends(tmp_path: Path) -> None:
    (tmp_path / "killed.py").write_text(KILLED_AS_SOON_AS_IT_HAS_A_WORKER)
    killed = subprocess.run(
        [sys.executable, tmp_path / "killed.py", tmp_path / "worker"],
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        check=False,
    )
    worker = Path("/proc", (tmp_path / "worker").read_text(), "cmdline")
    give_up = time.monotonic() + 30
    while worker.exists() and worker.read_bytes() and time.monotonic() < give_up:
        time.sleep(0.1)
    assert killed.returncode == -signal.SIGKILL
    assert not worker.exists() or not worker.read_bytes()


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere every worker is a fresh process")
@pytest.mark.parametrize(("threads", "name"), [("one", "__main__"), ("threads", "__mp_main__")])
def test_workers_are_copies_of_a_process_only_where_it_has_a_single_thread(tmp_path: Path, threads: str, name: str) -> None:
    (tmp_path / "asked.py").write_text(ASKED_IN_A_PROCESS_OF_ITS_OWN)
    asked = subprocess.run(
        [sys.executable, tmp_path / "asked.py", threads],
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
        capture_output=True,
        text=True,
        check=True,
    )
    assert asked.stdout.strip() == str({name})
