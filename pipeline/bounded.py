"""How is a stranger's file read so that it can harm nothing but the process that reads it?

A small server of our own has the readers loaded, no thread but one and none of the secrets that the environment holds. For
each file it makes a copy of itself, which has so much memory, so much time of the processor and may write so much, and no
longer time by the clock than whoever asked waits. A file that blows up when it is unpacked, hangs a decoder or brings it
down takes that copy with it and nothing else. The copy is there in milliseconds, where a fresh Python would take half a
second; `multiprocessing`'s fork server is not used, as it hands the whole environment on and makes each copy import the
program that asked.

    python -m pipeline.bounded NUMBER      the server, on the socket that was handed to it under that number
"""

import atexit
import ctypes
import importlib
import json
import logging
import os
import re
import resource
import selectors
import signal
import socket
import subprocess
import sys
import time
import traceback
from collections.abc import Callable, Collection
from contextlib import suppress
from pathlib import Path
from threading import BoundedSemaphore, Lock
from types import FrameType
from typing import Any

from errors import AttuneError, Busy, InputError, RecordingError, Unavailable

MEMORY_BYTES = 4_000_000_000
"""Address space of a copy; the decoders with what they bring take less than 2 GB of it before they read anything."""

PROCESSOR_SECONDS = 120
"""Hours of a call are decoded in less."""

WALL_SECONDS = 300.0

MOST_COPIES = 4
"""How many copies work at once for one process that asks. Whoever comes then waits, so that their memory and writing have an
end too: so many times what one may."""

PLACE_SECONDS = 20.0
"""How long is waited for a place among them."""

START_SECONDS = 60.0
"""How long is waited for the server, which loads its readers in a second where the machine has nothing else to do."""

ANSWER_SECONDS = 10.0
"""How long for its word that it works on something, once it has begun: a copy is there in milliseconds. What is stopped or
hangs keeps everybody else waiting no longer."""

MOST_FILES = 256
"""Open at once in a copy; a reader has a handful."""

TOO_MUCH = 3
"""The exit status of a copy that ran out of memory; Python's own is 1 for whatever goes wrong in it."""

NO_COPY = 4
"""The status where the machine has no process left for a copy."""

MOST_ANSWERED_BYTES = 1_000_000
"""The longest answer is a waveform, of a few kilobytes."""

PASSED_ON = ("PATH", "HOME", "LANG", "LC_ALL", "LC_CTYPE", "TZ", "TMPDIR", "LD_LIBRARY_PATH", "PYTHONPATH", "VIRTUAL_ENV")
"""What the server learns of the environment."""

_ONE_THREAD = dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"), "1")
_LOADED = ("pipeline.probe", "transcripts.formats.vcon", "transcripts.playing", "transcripts.waveform")
_ROOT = Path(__file__).parent.parent
_STOPPING = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
_TOLD: dict[str, type[AttuneError]] = {kind.__name__: kind for kind in (RecordingError, Unavailable)}
"""What a task may raise and comes back as it is; every other refusal is an InputError."""
_DIE_WITH_THE_SERVER, _TAKE_ORPHANS, _GAIN_NOTHING = 1, 36, 38
"""`PR_SET_PDEATHSIG`, `PR_SET_CHILD_SUBREAPER` and `PR_SET_NO_NEW_PRIVS` of Linux's prctl(2)."""
_FAULT = re.compile(r"[A-Za-z_]\w{0,60} at [\w./-]{1,120}:\d{1,6}")

_log = logging.getLogger(__name__)


# Whoever asks


def run(task: Callable[..., Any], *paths: Path, wall_seconds: float | None = None, written_bytes: int = 0) -> Any:
    """What `task`, a function of a module, gives for these paths, worked out within the bounds; plain JSON values.

    written_bytes: how long a file may become that it writes. Raises InputError, or RecordingError, where the task says why
    the file is of no use or it takes too much time of the processor or memory; Busy where `MOST_COPIES` others
    were read for `PLACE_SECONDS`; Unavailable where the reading was told to stop, could not begin or found no room to write;
    AttuneError where it ended in a way that may not be the file's, as when it took longer by the clock than `WALL_SECONDS`,
    which a machine with too much to do takes as well.
    """
    limits = {"memory": MEMORY_BYTES, "processor": PROCESSOR_SECONDS, "written": written_bytes}
    named = {"module": task.__module__, "name": task.__name__, "paths": [str(path.absolute()) for path in paths]}
    message = json.dumps({**named, **limits}).encode()
    places = _SERVER.places
    if not places.acquire(timeout=PLACE_SECONDS):
        raise Busy("As many files as may be at once are being read in bounds; try again in a while.")
    try:
        answer, status = _asked(message, WALL_SECONDS if wall_seconds is None else wall_seconds)
    finally:
        places.release()
    if status in (TOO_MUCH, -signal.SIGXCPU):
        raise InputError("Reading this file took more time or memory than any call does, so it is refused.")
    if -status in _STOPPING:
        raise Unavailable("Reading this file was stopped from outside.")
    if status == NO_COPY:
        raise Unavailable("The machine has no process left to read files in bounds; see what else runs on it.")
    if status:
        fault = answer.decode("ascii", "replace")
        if _FAULT.fullmatch(fault):  # nothing else that a copy says is written down: it may have been taken over
            _log.error("a reading in bounds (%s) ended with %s", task.__name__, fault)
        raise AttuneError(f"Reading this file ended the program that did it (status {status}).")
    said = json.loads(answer)
    if "refused" in said:
        raise _TOLD.get(said["of"], InputError)(said["refused"])
    return said["given"]


def _asked(message: bytes, seconds: float) -> tuple[bytes, int]:
    """What a copy of the server answers, and the status with which it ended."""
    mine, theirs = socket.socketpair()
    with mine:
        with theirs:
            _SERVER.ask(message, theirs)
        until, parts, length = time.monotonic() + seconds, list[bytes](), 0
        while length <= MOST_ANSWERED_BYTES:
            mine.settimeout(max(0.001, until - time.monotonic()))
            try:
                part = mine.recv(65_536)
            except TimeoutError:
                mine.shutdown(socket.SHUT_RDWR)  # the server sees it, and ends the copy
                raise AttuneError(
                    "Reading this file took too long by the clock, through the file or a machine with too much to do."
                ) from None
            if not part:
                break
            parts.append(part)
            length += len(part)
        else:
            raise InputError("Reading this file gave more than any call does, so it is refused.")
    answer, ended, status = b"".join(parts).rpartition(b"\n")
    if not ended:
        raise AttuneError("Reading this file ended with the process that watches over it.")
    return answer, int(status)


class _Server:
    """The server as this process knows it: started when it is first asked, and again when it has ended."""

    def __init__(self) -> None:
        self._one = Lock()
        self.places = BoundedSemaphore(MOST_COPIES)
        self._process: subprocess.Popen[bytes] | None = None
        self._control: socket.socket | None = None

    def ask(self, message: bytes, answer: socket.socket) -> None:
        """Have a copy work on this, and write what it finds to the socket. Raises Unavailable."""
        with self._one:
            for _ in range(2):
                if self._control is None:
                    self._control = self._start()
                try:
                    socket.send_fds(self._control, [message], [answer.fileno()])
                    if self._control.recv(1):
                        self._control.settimeout(ANSWER_SECONDS)
                        return
                except OSError:
                    pass  # it has ended
                self._end()
        raise Unavailable("The process that reads files in bounds does not start; see whether memory is left.")

    def _start(self) -> socket.socket:
        mine, theirs = socket.socketpair()
        mine.settimeout(START_SECONDS)
        with theirs:
            self._process = subprocess.Popen(
                # A copy that may write only so much would leave cut-off bytecode behind: none is written.
                [sys.executable, "-B", "-m", "pipeline.bounded", str(theirs.fileno())],
                cwd=_ROOT,
                env={**{name: os.environ[name] for name in PASSED_ON if name in os.environ}, **_ONE_THREAD},
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                start_new_session=True,  # Ctrl-C at a terminal is for whoever works, and says nothing of a file
            )
        return mine

    def _end(self) -> None:
        if self._control is not None:
            self._control.close()
        if self._process is not None:
            self._process.kill()
            self._process.wait()
        self._control = self._process = None

    def end(self) -> None:
        """End the server, with whatever it works on."""
        with self._one:
            self._end()

    def forget(self) -> None:
        """In a copy of this process: the server is the other one's."""
        self._one = Lock()
        self.places = BoundedSemaphore(MOST_COPIES)
        if self._control is not None:
            self._control.close()
        if self._process is not None:
            self._process.returncode = 0  # not ours to wait for
        self._control = self._process = None


_SERVER = _Server()
atexit.register(_SERVER.end)
os.register_at_fork(after_in_child=_SERVER.forget)


# The server


def _serve(control: socket.socket) -> None:
    """Make a copy for each message that comes, tell whoever asked how it ended, and end with whoever started this."""
    for module in _LOADED:
        importlib.import_module(module)
    woken, waking = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
    signal.signal(signal.SIGCHLD, _wake)
    signal.set_wakeup_fd(waking)
    for stopping in _STOPPING:  # where all that belongs to a service is told to stop, it ends after whoever started it
        signal.signal(stopping, signal.SIG_IGN)
    if sys.platform == "linux":  # whoever a copy leaves behind becomes a child of this process, which ends it
        ctypes.CDLL(None).prctl(_TAKE_ORPHANS, 1, 0, 0, 0)
    asked: dict[socket.socket, int] = {}
    ended: dict[socket.socket, bytes] = {}
    with selectors.DefaultSelector() as watched:
        watched.register(control, selectors.EVENT_READ)
        watched.register(woken, selectors.EVENT_READ)
        while True:
            for key, _ in watched.select():
                if key.fileobj is control:
                    message, fds, _, _ = socket.recv_fds(control, 65_536, 1)
                    if not message:
                        for pid in asked.values():
                            _kill(pid)
                        while _end_orphans(()):
                            pass
                        return
                    answer = socket.socket(fileno=fds[0])
                    try:
                        pid = os.fork()
                    except OSError:
                        ended[answer] = _status_of(answer, NO_COPY)
                        watched.register(answer, selectors.EVENT_WRITE)
                    else:
                        if not pid:
                            for other in (control, *asked, *ended):
                                other.close()
                            _work(answer, message)
                        asked[answer] = pid
                        watched.register(answer, selectors.EVENT_READ)
                    control.send(b".")
                elif key.fileobj == woken:
                    os.read(woken, 4096)
                    for answer, pid in list(asked.items()):
                        if os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT):
                            _kill(pid)  # the others of its group, while no other group can have that number
                            _, status = os.waitpid(pid, 0)
                            if answer in watched.get_map():
                                watched.unregister(answer)
                            del asked[answer]
                            ended[answer] = _status_of(answer, os.waitstatus_to_exitcode(status))
                            watched.register(answer, selectors.EVENT_WRITE)
                    _end_orphans(asked.values())
                elif key.fileobj in ended:  # there is room for the status behind an answer that fills the socket
                    answer = key.fileobj
                    with suppress(BlockingIOError):
                        with suppress(BrokenPipeError, ConnectionResetError):  # nobody waits for it any more
                            answer.send(ended[answer])
                        del ended[answer]
                        watched.unregister(answer)
                        answer.close()
                elif key.fileobj in asked:  # whoever asked has hung up
                    answer = key.fileobj
                    watched.unregister(answer)
                    _kill(asked[answer])


def _wake(_signal: int, _frame: FrameType | None) -> None:
    """Without a handler Python would not write to the pipe that wakes the loop."""


def _status_of(answer: socket.socket, status: int) -> bytes:
    """The end of an answer, which is sent once there is room for it: nobody else has to wait until then."""
    answer.setblocking(False)
    return f"\n{status}".encode()


def _kill(pid: int) -> None:
    """End a copy and whoever else is in its group."""
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)
    with suppress(ProcessLookupError):  # it has no group of its own yet, and started nobody
        os.killpg(pid, signal.SIGKILL)


def _end_orphans(copies: Collection[int]) -> bool:
    """End what copies have left behind in whatever group; whether there was any. They are children of this process then, and
    those that they started in their turn come next. Linux says which there are; elsewhere none is found."""
    found = False
    with suppress(OSError):
        for child in map(int, Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()):
            if child not in copies:
                found = True
                os.kill(child, signal.SIGKILL)
                os.waitpid(child, 0)
    return found


def _work(answer: socket.socket, message: bytes) -> None:
    """Do what was asked, within its bounds, and end this copy; never returns."""
    try:
        signal.set_wakeup_fd(-1)
        for usual in (signal.SIGCHLD, *_STOPPING):
            signal.signal(usual, signal.SIG_DFL)
        os.setsid()  # a group of its own, which is ended with it
        if sys.platform == "linux":
            ctypes.CDLL(None).prctl(_DIE_WITH_THE_SERVER, signal.SIGKILL)
            ctypes.CDLL(None).prctl(_GAIN_NOTHING, 1, 0, 0, 0)
        asked = json.loads(message)
        for what, most in (
            (resource.RLIMIT_AS, asked["memory"]),
            (resource.RLIMIT_FSIZE, asked["written"]),
            (resource.RLIMIT_CORE, 0),
            (resource.RLIMIT_NOFILE, MOST_FILES),
            (resource.RLIMIT_NPROC, 0),  # no process and no thread; the superuser is exempt
        ):
            resource.setrlimit(what, (most, most))
        # At the first of both limits it ends by a signal of its own, at the second by one that may have many reasons.
        resource.setrlimit(resource.RLIMIT_CPU, (asked["processor"], asked["processor"] + 5))
        task = getattr(importlib.import_module(asked["module"]), asked["name"])
        try:
            said = {"given": task(*map(Path, asked["paths"]))}
        except AttuneError as wrong:
            said = {"refused": str(wrong), "of": type(wrong).__name__}
        answer.sendall(json.dumps(said).encode())
        os._exit(0)
    except MemoryError:
        os._exit(TOO_MUCH)
    except BaseException as wrong:
        with suppress(BaseException):
            answer.send(_place_of(wrong).encode())
        os._exit(1)


def _place_of(wrong: BaseException) -> str:
    """What kind of exception it was and where it arose; not what it says, which may be words of a call."""
    place = traceback.extract_tb(wrong.__traceback__)[-1]
    file = Path(place.filename)
    return f"{type(wrong).__name__} at {file.relative_to(_ROOT) if file.is_relative_to(_ROOT) else file.name}:{place.lineno}"


if __name__ == "__main__":
    _serve(socket.socket(fileno=int(sys.argv[1])))
