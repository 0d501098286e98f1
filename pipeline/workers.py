"""How is the same work done on many files at once, on every core, without one bad file stopping the others?

Workers are processes behind the interface of `concurrent.futures`; each loads its models once. They return values, and
the parent alone writes. A worker that dies (out of memory, a crash inside a decoder) takes only its own file with it:
what was under way is done again, one file at a time, so that the guilty one is found.
"""

import logging
import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from typing import Literal, TypeVar

from pipeline.logs import log_to_the_terminal

_log = logging.getLogger(__name__)

Item = TypeVar("Item")
Result = TypeVar("Result")


def cores() -> int:
    """The processors that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def spread(
    work: Callable[[Item], Result],
    items: Sequence[Item],
    died: Callable[[Item], Result],
    workers: int = 0,
    stopped: Callable[[], bool] = lambda: False,
    copies: bool = False,
) -> Generator[tuple[Item, Result], None, None]:
    """Do `work` on every item and give each result as soon as it is there, in no particular order.

    work: a function of a module, so that it can be sent to a process; it returns what went wrong rather than raising.
    died: the result of an item whose worker process died.
    workers: how many at once; 0 takes one for each core, and a single item is done in this process, with every core.
    stopped: asked before an item is begun; once it says yes no other is, and what is under way is still given.
    copies: the workers may be copies of this process, which are there at once and know what it knows, where it has a single
    thread; it must have no connection to a database open, for a copy would talk on it too.
    """
    count = min(workers or cores(), len(items))
    if count <= 1 and workers != 1:
        for item in items:
            if stopped():
                return
            yield item, work(item)
        return
    suspects: list[Item] = []
    copies = copies and sys.platform == "linux" and threading.active_count() == 1
    with _pool(count, "fork" if copies else "spawn") as pool:
        waiting = list(reversed(items))
        under_way: dict[Future[Result], Item] = {}
        try:
            while waiting or under_way:
                if waiting and stopped():
                    waiting.clear()
                while waiting and len(under_way) < 2 * count:
                    item = waiting.pop()
                    under_way[pool.submit(work, item)] = item
                finished, _ = wait(under_way, return_when=FIRST_COMPLETED)
                for future in finished:
                    yield under_way[future], future.result()
                    del under_way[future]
        except BrokenProcessPool:
            suspects = [*under_way.values(), *reversed(waiting)]
        except BaseException:
            # Whoever interrupts does not want to wait for an hour's recording; nothing of it has been written.
            pool.shutdown(wait=False, cancel_futures=True)
            for worker in multiprocessing.active_children():
                worker.terminate()
                worker.join()
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


def _pool(count: int, how: Literal["fork", "spawn"] = "spawn") -> ProcessPoolExecutor:
    # As a rule a fresh interpreter for each: a copy of this one could hold another thread's lock for ever.
    return ProcessPoolExecutor(
        count,
        mp_context=multiprocessing.get_context(how),
        initializer=_start,
        initargs=(max(1, cores() // count), logging.getLogger().level),
    )


def _start(threads: int, log_level: int) -> None:
    # Set before any library that reads them is imported; several processes with every core each get in each other's way.
    for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ[name] = str(threads)
    os.environ["OPENBLAS_NUM_THREADS"] = "1"  # the last digits must not depend on how many workers there are
    # An interruption is the parent's to handle.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    log_to_the_terminal(log_level, "%(levelname)s %(name)s: %(message)s")
