"""How is the same work done on many files at once, on every core, without one bad file stopping the others?

Workers are processes of this machine, or where a setting names a Dask scheduler those of others (`pipeline.cluster`), behind
the interface of `concurrent.futures`; each loads its models once. They return values, and the parent alone writes. A worker
that dies (out of memory, a crash inside a decoder) takes only its own file with it: what was under way is done again, one
file at a time, so that the guilty one is found.
"""

import logging
import multiprocessing
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Generator, Iterable, Sized
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from multiprocessing.context import SpawnContext, SpawnProcess
from types import ModuleType
from typing import TypeVar

from pipeline.closed import close_to_others, forget_what_is_of_no_use
from pipeline.cluster import Carried, spread_out
from pipeline.logs import PLAIN, log_to_the_terminal
from settings import settings

_log = logging.getLogger(__name__)

LOOK_SECONDS = 0.5
"""How soon is looked again for an item where there was none."""

Item = TypeVar("Item")
Result = TypeVar("Result")


class _Dropped(Exception):
    """What is under way is not wanted any more."""


def cores() -> int:
    """The processors that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def spread(
    work: Callable[[Item], Result],
    items: Iterable[Item | None],
    died: Callable[[Item], Result],
    workers: int = 0,
    stopped: Callable[[], bool] = lambda: False,
    copies: bool = False,
    dropped: Callable[[], bool] = lambda: False,
    carried: Carried[Item, Result] | None = None,
) -> Generator[tuple[Item, Result], None, None]:
    """Do `work` on every item and give each result as soon as it is there, in no particular order.

    work: a function of a module, so that it can be sent to a process; it returns what went wrong rather than raising.
    items: each is taken when there is room for it, so that they may be found on the way; None says that there is none just
    now, and they are asked again after `LOOK_SECONDS`.
    died: the result of an item whose worker process died.
    workers: how many at once; 0 takes one for each core, and a list of a single item is done in this process, with every
    core.
    stopped: asked before an item is begun; once it says yes no other is, and what is under way is still given.
    dropped: asked now and then where items are found on the way; once it says yes what is under way is ended, and not given.
    copies: the workers may be copies of this process, which are there at once and know what it knows, where it has a single
    thread; it must have no connection to a database open, for a copy would talk on it too.
    carried: how an item gets to another machine. Where it is given and `ATTUNE_DASK` names a scheduler, its workers do the
    work, all they have; what one has begun it ends, even if nobody waits for it any more. Raises then as `spread_out` does.
    """
    if carried is not None and settings().dask:
        yield from spread_out(work, items, died, carried, stopped, dropped)
        return
    known = len(items) if isinstance(items, Sized) else None
    count = (workers or cores()) if known is None else min(workers or cores(), known)
    coming = iter(items)
    if known is not None and count <= 1 and workers != 1:
        for item in coming:
            if stopped():
                return
            if item is not None:
                yield item, work(item)
        return
    copies = copies and sys.platform == "linux" and threading.active_count() == 1
    under_way: dict[Future[Result], Item] = {}
    more = True
    while more:
        taken: Item | None = None  # what no worker has yet
        suspects: list[Item] = []
        with _pool(count, copies) as pool:
            try:
                while more or under_way:
                    more = more and not stopped()
                    while more and len(under_way) < 2 * count:
                        try:
                            taken = next(coming)
                        except StopIteration:
                            more = False
                            break
                        if taken is None:
                            break
                        under_way[pool.submit(work, taken)] = taken
                        taken = None
                    if not under_way:
                        time.sleep(LOOK_SECONDS if more else 0.0)
                        continue
                    # Whoever asks for items as they are found has to be asked again while long ones are under way.
                    finished, _ = wait(under_way, LOOK_SECONDS if known is None else None, FIRST_COMPLETED)
                    if dropped():
                        raise _Dropped
                    for future in finished:
                        yield under_way[future], future.result()
                        del under_way[future]
            except BrokenProcessPool:
                suspects = [*under_way.values(), *([] if taken is None else [taken])]
                under_way.clear()
            except BaseException as over:
                # Whoever interrupts does not want to wait for an hour's recording; nothing of it has been written.
                pool.shutdown(wait=False, cancel_futures=True)
                for worker in multiprocessing.active_children():
                    worker.terminate()
                    worker.join()
                if isinstance(over, _Dropped):
                    return
                raise
        if suspects:
            _log.warning("A worker process died; the files that were under way are done again, one at a time.")
        for item in suspects:
            if stopped():
                return
            with _pool(1) as single:
                try:
                    result = single.submit(work, item).result()
                except BrokenProcessPool:
                    result = died(item)
            yield item, result


class _Worker(SpawnProcess):
    """A fresh interpreter that knows the program which started it, but not a page that runs in it just now.

    A new interpreter runs whatever is `__main__` in its parent once more, to know its functions. Streamlit puts each page
    that it runs in that place, and leaves the last one there; run without Streamlit a page fails, and the worker with it.
    """

    def start(self) -> None:
        """Start it; raises what `multiprocessing` raises where there is no process to spare."""
        main = sys.modules["__main__"]
        if main.__loader__ is not None:  # Python loaded it itself
            super().start()
            return
        nothing = sys.modules["__main__"] = ModuleType("__main__")
        try:
            super().start()
        finally:
            if sys.modules["__main__"] is nothing:
                sys.modules["__main__"] = main


class _Fresh(SpawnContext):
    Process = _Worker


def _pool(count: int, copies: bool = False) -> ProcessPoolExecutor:
    # As a rule a fresh interpreter for each: a copy of this one could hold another thread's lock for ever.
    return ProcessPoolExecutor(
        count,
        mp_context=multiprocessing.get_context("fork") if copies else _Fresh(),
        initializer=_start,
        initargs=(os.getpid(), max(1, cores() // count), logging.getLogger().level),
    )


def _end_with(parent: int) -> None:
    """End this process when the one that started it is gone, which may have been killed and told nobody."""
    while os.getppid() == parent:
        time.sleep(1.0)
    os._exit(1)


def _start(parent: int, threads: int, log_level: int) -> None:
    close_to_others()
    forget_what_is_of_no_use()
    # Its number is told and not asked for: it may have been killed before this process got so far.
    threading.Thread(target=_end_with, args=(parent,), daemon=True, name="parent").start()
    # Set before any library that reads them is imported; several processes with every core each get in each other's way.
    for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ[name] = str(threads)
    os.environ["OPENBLAS_NUM_THREADS"] = "1"  # the last digits must not depend on how many workers there are
    # An interruption is the parent's to handle.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    log_to_the_terminal(log_level, PLAIN)
