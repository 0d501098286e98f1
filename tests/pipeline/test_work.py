"""What whoever serves may rely on of the process that takes calls in."""

import threading
from itertools import pairwise
from pathlib import Path

import pytest
from sqlalchemy import Engine

from pipeline import work
from pipeline.work import Worker


class Ended:
    """A process that has ended with a fault."""

    def poll(self) -> int:
        return 1


@pytest.fixture
def watching(tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A place is watched, so that there is always work."""
    from settings import settings

    monkeypatch.setenv("ATTUNE_WATCH", str(tmp_path))
    settings.cache_clear()


@pytest.mark.usefixtures("watching")
def test_a_process_that_ends_with_a_fault_is_followed_by_another_after_longer_each_time(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    now, started = [0.0], list[float]()

    def start(*anything: object, **more: object) -> Ended:
        started.append(now[0])
        return Ended()

    monkeypatch.setattr("pipeline.work.subprocess.Popen", start)
    monkeypatch.setattr("pipeline.work.time.monotonic", lambda: now[0])
    worker = Worker(engine)
    while now[0] < 300:
        worker.look()
        now[0] += work.LOOK_SECONDS
    pauses = [later - earlier for earlier, later in pairwise(started)]
    assert pauses[0] <= 3 * work.LOOK_SECONDS
    assert pauses == sorted(pauses)
    assert work.LONGEST_SECONDS <= pauses[-1] <= work.LONGEST_SECONDS + 2 * work.LOOK_SECONDS


@pytest.mark.usefixtures("watching")
def test_a_machine_without_memory_for_a_process_does_not_end_the_looking(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    tries, third = list[int](), threading.Event()

    def cannot(*anything: object, **more: object) -> None:
        tries.append(1)
        if len(tries) == 3:
            third.set()
        raise OSError("Cannot allocate memory")

    monkeypatch.setattr("pipeline.work.subprocess.Popen", cannot)
    monkeypatch.setattr(work, "LOOK_SECONDS", 0.01)
    worker = Worker(engine)
    worker.start()
    assert third.wait(5)
    worker.stop()


def test_what_cannot_be_tidied_away_keeps_nobody_from_working(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    def cannot(*anything: object) -> None:
        raise OSError("Input/output error")

    monkeypatch.setattr(work, "tidy", cannot)
    work._tidy(engine)
