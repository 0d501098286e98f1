"""Work that workers elsewhere find by its name."""

import os
import time
from dataclasses import dataclass, replace
from pathlib import Path


@dataclass(frozen=True)
class Task:
    """A number to double; `folder` is where the worker says that it has begun."""

    number: int
    folder: Path
    sound: Path | None = None


def double(task: Task) -> int:
    """Twice the number."""
    return 2 * task.number


def placed(task: Task, sound: Path) -> Task:
    """The same with its sound elsewhere."""
    return replace(task, sound=sound)


def own_process(_: Task) -> int:
    """Who does it."""
    return os.getpid()


def place_of_sound(task: Task) -> str:
    """Where its sound lies for whoever does it."""
    return str(task.sound)


def words_of_sound(task: Task) -> str:
    """What its sound holds."""
    assert task.sound is not None
    return task.sound.read_text()


def double_slowly(task: Task) -> int:
    """Write down who begins it; the first who begins number 3 never comes to its end."""
    began = task.folder / f"{task.number}.{os.getpid()}"
    first = not list(task.folder.glob(f"{task.number}.*"))
    began.touch()
    while first and task.number == 3:
        time.sleep(0.05)
    return 2 * task.number


def die_at_seven(task: Task) -> int:
    """Number 7 ends whoever works on it."""
    (task.folder / f"{task.number}.{os.getpid()}").touch()
    if task.number == 7:
        os._exit(9)
    return 2 * task.number


def cannot_be_taken_up(_: Task) -> int:
    """As where a worker's disk is full, or it has an earlier version of what is sent."""
    raise AttributeError("there is no such thing here")
