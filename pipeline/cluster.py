"""How is the work done on other machines, where one setting names a Dask scheduler?

Through the interface of `concurrent.futures`, as in processes of this machine (`pipeline.workers`). A worker needs this same
program and the models; it opens no database, and what it works out comes back as a value. A recording is read by the worker
where it lies if the very same file lies there too, told by its SHA-256; else its bytes are sent with the work, at most
`MOST_SENT_BYTES`.

A lost worker's calls are done by others: that is the scheduler's doing, for it keeps what was asked for. A call that was
under way on more lost workers than the scheduler's `allowed-failures` is done once more with nothing beside it, as whoever
is innocent of it then passes; where that costs a worker too, the call has failed and the others are done.
"""

import importlib.metadata
import logging
import os
import pickle
import sys
import time
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, CancelledError, Executor, Future, wait
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from errors import AttuneError, InputError, SettingsError, WorkersAway
from scoring.evaluate import PROGRAM
from settings import settings
from transcripts.identify import file_hash

if TYPE_CHECKING:
    from distributed import Client

_log = logging.getLogger(__name__)

Item = TypeVar("Item")
Result = TypeVar("Result")

MOST_SENT_BYTES = 256_000_000
"""The largest recording that is sent with the work, four hours of two telephone channels of 16 bits; twice as many as there
are worker threads are under way at once, and the scheduler holds them in memory."""

CONNECT_SECONDS = 10.0
LOOK_SECONDS = 0.5
"""How long a scheduler may take to answer, and how soon is looked again for items or workers where there were none."""

MUST_BE_THE_SAME = ("ctranslate2", "faster-whisper", "tokenizers", "av", "numpy", "dask", "distributed")
"""Packages on which the answers rest, or the way they come back."""

BLAS_THREADS = "1"
"""With how many threads NumPy multiplies, whoever works: the last digits follow from it. Dask's workers do so by themselves
unless they are started without their nanny."""


@dataclass(frozen=True)
class Carried(Generic[Item, Result]):
    """How an item that may name a recording comes to a worker elsewhere.

    sound: where its recording lies; None where there is nothing to hear. placed: the same item with its recording at
    another place. failed: the result of one that cannot be brought there, with the reason.
    """

    sound: Callable[[Item], Path | None]
    placed: Callable[[Item, Path], Item]
    failed: Callable[[Item, str], Result]


@dataclass(frozen=True)
class _Parcel:
    """What is sent with an item: what runs here, and of its recording the place, the hash and, once asked for, the bytes."""

    running: tuple[tuple[str, str], ...]
    sound: Path | None = None
    sha256: str = ""
    data: bytes | None = None


@dataclass(frozen=True)
class _Done(Generic[Result]):
    """What an item came to, and which worker did it."""

    result: Result
    worker: str


class _NotThere:
    """The recording does not lie where the worker is; its bytes have to be sent."""


@dataclass(frozen=True)
class _Other:
    """The worker runs something else than whoever asks: the sentence that says what."""

    reason: str


@dataclass(frozen=True)
class _Sent(Generic[Item]):
    """An item that is under way; `alone`: with nothing beside it, to find out whether it ends workers."""

    item: Item
    alone: bool


def spread_out(
    work: Callable[[Item], Result],
    items: Iterable[Item | None],
    died: Callable[[Item], Result],
    carried: Carried[Item, Result],
    stopped: Callable[[], bool] = lambda: False,
    dropped: Callable[[], bool] = lambda: False,
) -> Generator[tuple[Item, Result], None, None]:
    """As `pipeline.workers.spread`, by the workers of the scheduler that `ATTUNE_DASK` names.

    Raises WorkersAway where the scheduler cannot be reached or is lost, or a worker runs another program: what was given
    until then is done, the rest is not. Raises SettingsError where the settings for encrypted connections do not fit.
    """
    coming, suspects = iter(items), deque[Item]()
    under_way: dict[Future[Any], _Sent[Item]] = {}
    sends_bytes, more, told = False, True, False
    with _connected() as client:
        from distributed.scheduler import KilledWorker

        pool = client.get_executor(pure=False, **_asked_for())

        def sent_off(item: Item, alone: bool = False) -> Iterator[tuple[Item, Result]]:
            """Send it; what it comes to where it cannot be sent."""
            try:
                parcel = _packed(carried.sound(item), sends_bytes)
            except InputError as wrong:
                yield item, carried.failed(item, str(wrong))
            else:
                whole = pickle.dumps((_do, work, item, carried.placed, parcel))
                under_way[pool.submit(_sent_whole(), whole)] = _Sent(item, alone)

        try:
            while (more or under_way or suspects) and not dropped():
                room = max(1, 2 * _threads(client))
                more = more and not stopped()
                # Whoever is under suspicion is done with nothing beside it, so nothing new is begun until then.
                while more and not suspects and len(under_way) < room:
                    try:
                        item = next(coming)
                    except StopIteration:
                        more = False
                        break
                    if item is None:
                        break
                    yield from sent_off(item)
                if suspects and not under_way:
                    if stopped():
                        return
                    yield from sent_off(suspects.popleft(), alone=True)
                if not under_way:
                    time.sleep(LOOK_SECONDS if more and not suspects else 0.0)
                    continue
                finished, _ = wait(under_way, LOOK_SECONDS, FIRST_COMPLETED)
                if not finished and not told and not _threads(client):
                    _log.warning("No worker of the scheduler at %s takes calls now; they wait for one.", settings().dask)
                    told = True
                for future in finished:
                    sent, told = under_way.pop(future), False
                    try:
                        answer = pickle.loads(future.result())
                    except CancelledError as wrong:
                        raise WorkersAway(_LOST.format(settings().dask)) from wrong
                    except ImportError as wrong:
                        raise WorkersAway(_NO_PROGRAM.format(wrong)) from wrong
                    except KilledWorker:
                        if sent.alone:
                            yield sent.item, died(sent.item)
                        else:
                            _log.warning("A call was under way on workers that died; it is done once more, alone.")
                            suspects.append(sent.item)
                        continue
                    except Exception as wrong:  # the work itself gives its own back as results
                        raise WorkersAway(_BROKE.format(settings().dask, type(wrong).__name__, wrong)) from wrong
                    if isinstance(answer, _Other):
                        raise WorkersAway(answer.reason)
                    if isinstance(answer, _NotThere):
                        sends_bytes = True
                        yield from sent_off(sent.item, sent.alone)
                        continue
                    _log.debug("done by worker %s", answer.worker)
                    yield sent.item, answer.result
        finally:
            if client.status == "running":
                _let_go(pool, under_way)


def threads_there() -> int:
    """How many calls the scheduler's workers would do at once; 0 where none takes calls. Raises as `spread_out`."""
    with _connected() as client:
        return _threads(client)


_LOST = (
    "The connection to the Dask scheduler at {} (ATTUNE_DASK) was lost; what is not finished waits until it is there again."
)
_BROKE = (
    "A worker of the Dask scheduler at {} (ATTUNE_DASK) could not take a call up ({}: {}); calls wait until it can, or is "
    "stopped."
)
_NO_PROGRAM = (
    "A Dask worker does not find this program ({}); start it from Attune's folder, with the same packages installed, as "
    "docs/cluster.md says."
)


def _let_go(pool: Executor, under_way: dict[Future[Any], _Sent[Item]]) -> None:
    """Take back what is under way; what a worker has begun it ends, and nobody waits for it."""
    for future in under_way:
        future.cancel()
    pool.shutdown(wait=False)


@contextmanager
def _connected() -> "Iterator[Client]":
    """A connection to the scheduler until the block ends."""
    # A second to import, and needed only where this is set.
    import dask
    from distributed import Client

    given = settings()
    security = _security()
    for name in ("distributed", "distributed.client"):  # what matters of theirs is said in sentences of ours
        logging.getLogger(name).setLevel(logging.ERROR)
    # A recording travels with its work, so that it is there still when the worker that had it is lost.
    dask.config.set({"distributed.admin.large-graph-warning-threshold": "1 TB"})
    try:
        client = Client(given.dask, timeout=CONNECT_SECONDS, set_as_default=False, security=security)
    except (OSError, TimeoutError, ValueError, RuntimeError) as wrong:
        raise WorkersAway(
            f"The Dask scheduler at {given.dask} (ATTUNE_DASK) cannot be reached; calls wait until it is: {wrong}"
        ) from wrong
    try:
        yield client
    finally:
        with suppress(OSError, TimeoutError):
            client.close(timeout=CONNECT_SECONDS)


def _security() -> Any:
    """How the connection is encrypted; None where it is not. Raises SettingsError where the settings do not fit together."""
    given = settings()
    files = {"ATTUNE_DASK_CA": given.dask_ca, "ATTUNE_DASK_CERT": given.dask_cert, "ATTUNE_DASK_KEY": given.dask_key}
    missing = [name for name, file in files.items() if not file]
    encrypted = given.dask.startswith("tls://")
    if encrypted and missing:
        raise SettingsError(f"ATTUNE_DASK is an encrypted address, and {' and '.join(missing)} must name a file for it.")
    if not encrypted and len(missing) < len(files):
        raise SettingsError("There are certificates for ATTUNE_DASK; its address has to begin with tls:// for them.")
    if not encrypted:
        return None
    for name, file in files.items():
        if not Path(file).is_file():
            raise SettingsError(f"{name} is {file}, and there is no such file.")
    from distributed.security import Security

    return Security(
        require_encryption=True,
        tls_ca_file=given.dask_ca,
        tls_client_cert=given.dask_cert,
        tls_client_key=given.dask_key,
    )


def _asked_for() -> dict[str, Any]:
    """What a worker has to offer, as the executor takes it."""
    wanted = settings().dask_resources_wanted
    return {"resources": wanted} if wanted else {}


def _threads(client: "Client") -> int:
    """How many calls the workers that may take them do at once. Raises WorkersAway where the connection is lost."""
    if client.status != "running":
        raise WorkersAway(_LOST.format(settings().dask))
    try:
        workers = client.scheduler_info()["workers"].values()
    except (OSError, TimeoutError) as wrong:
        raise WorkersAway(_LOST.format(settings().dask)) from wrong
    wanted = settings().dask_resources_wanted
    able = (one for one in workers if all(one["resources"].get(name, 0) >= least for name, least in wanted.items()))
    return sum(one["nthreads"] for one in able)


def _packed(sound: Path | None, with_bytes: bool) -> _Parcel:
    """What is sent with an item. Raises InputError where its recording cannot be read, or is too large to be sent."""
    running = tuple({**dict(what_runs()), "OPENBLAS_NUM_THREADS": BLAS_THREADS}.items())
    if sound is None:
        return _Parcel(running)
    digest = file_hash(sound)
    place = sound.absolute()
    if not with_bytes:
        return _Parcel(running, place, digest)
    size = sound.stat().st_size
    if size > MOST_SENT_BYTES:
        raise InputError(
            f"{sound} has {size / 1e6:.0f} MB; at most {MOST_SENT_BYTES / 1e6:.0f} MB are sent to a worker that does not "
            "have the file itself. Put it into a folder that every worker sees under the same name."
        )
    return _Parcel(running, place, digest, sound.read_bytes())


@lru_cache(maxsize=1)
def _packages() -> tuple[tuple[str, str], ...]:
    return tuple((name, importlib.metadata.version(name)) for name in MUST_BE_THE_SAME)


def what_runs() -> tuple[tuple[str, str], ...]:
    """What has to be the same wherever calls are worked on: program, packages, and the settings that answers rest on."""
    given = settings()
    return (
        ("Attune", PROGRAM),
        ("Python", f"{sys.version_info.major}.{sys.version_info.minor}"),
        *_packages(),
        ("ATTUNE_SENTIMENT", given.sentiment),
        ("ATTUNE_ORIGINALS", given.originals),
        ("OPENBLAS_NUM_THREADS", os.environ.get("OPENBLAS_NUM_THREADS", "not set")),
    )


def _sent_whole() -> Callable[[bytes], bytes]:
    """What calls a pickled function with pickled values. As a function within one it goes whole, not by its name: the
    scheduler reads what it hands on, and with this it needs none of our modules to do so."""

    def call(pickled: bytes) -> bytes:
        import pickle

        function, *values = pickle.loads(pickled)
        return pickle.dumps(function(*values))

    return call


# On the worker


def _do(
    work: Callable[[Item], Result], item: Item, placed: Callable[[Item, Path], Item], parcel: _Parcel
) -> "_Done[Result] | _NotThere | _Other":
    """Do the work on an item, in a worker."""
    from distributed import get_worker

    worker = get_worker()
    here, there = dict(what_runs()), dict(parcel.running)
    differing = [f"{name} {here.get(name)} and not {said}" for name, said in there.items() if here.get(name) != said]
    if differing:
        return _Other(
            f"The Dask worker {worker.address} has {', '.join(differing)}; calls wait until it is the same on every machine."
        )
    if parcel.sound is None or _is_here(parcel.sound, parcel.sha256):
        return _Done(work(item), worker.address)
    if parcel.data is None:
        return _NotThere()
    # Under the worker's own folder, which Dask clears of what a lost worker left there.
    with ExitStack() as things:
        try:
            folder = things.enter_context(TemporaryDirectory(prefix="sound-", dir=worker.local_directory))
            file = Path(folder) / parcel.sound.name
            file.write_bytes(parcel.data)
        except OSError as wrong:
            said = f"{type(wrong).__name__}: {wrong.strerror}"
            return _Other(f"The Dask worker {worker.address} cannot put a recording down ({said}); calls wait until it can.")
        return _Done(work(placed(item, file)), worker.address)


def _is_here(sound: Path, sha256: str) -> bool:
    try:
        return sound.is_file() and file_hash(sound) == sha256
    except (AttuneError, OSError):
        return False
