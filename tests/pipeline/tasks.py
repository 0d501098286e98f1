"""What may a file do to whoever reads it? Each of these is done in the place of a reader, and imports little."""

import ctypes
import os
import resource
import signal
import sys
import threading
import time
from pathlib import Path

from errors import InputError, RecordingError, Unavailable


def size(file: Path) -> int:
    return file.stat().st_size


def refuses(file: Path) -> None:
    raise RecordingError(f"{file.name} is of no use.")


def hangs(file: Path) -> None:
    file.write_text(str(os.getpid()))
    signal.pause()


def crashes(file: Path) -> None:
    os.kill(os.getpid(), signal.SIGSEGV)


def raises(file: Path) -> None:
    raise ZeroDivisionError


def is_stopped(file: Path) -> None:
    os.kill(os.getpid(), signal.SIGTERM)


def takes_memory(file: Path) -> int:
    return len(b"x" * 3_900_000_000)


def takes_time(file: Path) -> None:
    while True:
        pass


def writes(file: Path) -> None:
    try:
        file.write_bytes(b"x" * 5_000)
    except OSError as wrong:
        raise InputError(str(wrong.strerror)) from wrong


def talks(file: Path) -> str:
    return "x" * 5_000_000


def who(file: Path) -> list[int]:
    return [os.getpid(), os.getppid(), threading.active_count()]


def surroundings(file: Path) -> str:
    return Path(f"/proc/{os.getppid()}/environ").read_text()


def lingers(file: Path) -> list[str]:
    """Longer than a reading takes; answers as `form_of` does, of telephone mu-law."""
    time.sleep(0.3)
    return ["wav", "pcm_mulaw"]


def finds_no_room(file: Path) -> None:
    raise Unavailable(f"{file.name} finds no room.")


def fills(file: Path) -> str:
    """As much as the file is long."""
    return "x" * file.stat().st_size


def leaves_somebody(file: Path) -> None:
    """A process of its own group and session that outlives the copy; its number, -1 where none may be started."""
    try:
        child = os.fork()
    except BlockingIOError:
        child = -1
    if not child:
        os.setsid()
        time.sleep(60)
        os._exit(0)
    file.write_text(str(child))
    if file.stem == "hangs":
        signal.pause()


def limits(file: Path) -> list[int]:
    """Open files, whether more rights could be gained, and whether it leads a group of its own."""
    gains = ctypes.CDLL(None).prctl(39, 0, 0, 0, 0) if sys.platform == "linux" else 1  # PR_GET_NO_NEW_PRIVS
    return [resource.getrlimit(resource.RLIMIT_NOFILE)[1], gains, int(os.getpgrp() == os.getpid())]


def says_a_word(file: Path) -> None:
    raise LookupError("my card number is 4111 1111")
