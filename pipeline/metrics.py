"""What does whoever watches Attune run get to measure?

In the form that Prometheus reads. What belongs to the installation as a whole (the queue, the seconds of each stage,
failures) comes out of the database, whichever process did the work; what belongs to this process (pages, requests, its
memory) is counted here. A label is one of a few words that the program itself knows: a page, a stage, a state; never an
agent, a customer, a file or anything that was said.
"""

import shutil
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager

from prometheus_client import CollectorRegistry, Histogram, ProcessCollector, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from sqlalchemy import Engine

from scoring.evaluate import PROGRAM
from settings import settings
from storage import operations
from storage.database import reading
from storage.operations import Measure

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"

_HERE = CollectorRegistry()
ProcessCollector(registry=_HERE)

_BOUNDS = (0.05, 0.1, 0.2, 0.35, 0.5, 0.75, 1.0, 1.2, 2.0, 5.0, 10.0)
"""Seconds. Pages are to come within 0.5 in half of all cases and within 1.2 in nineteen of twenty, so both are bounds."""

_PAGES = Histogram("attune_page_seconds", "How long drawing a page took.", ["page"], registry=_HERE, buckets=_BOUNDS)
_REQUESTS = Histogram(
    "attune_request_seconds",
    "How long answering a request took, until its last byte.",
    ["where", "status"],
    registry=_HERE,
    buckets=_BOUNDS,
)


@contextmanager
def page(name: str) -> Iterator[None]:
    """Within this, that page is drawn."""
    with _PAGES.labels(name or "start").time():
        yield


def answered(where: str, status: int, began: float) -> None:
    """A request was answered that began at this moment of `time.perf_counter`."""
    _REQUESTS.labels(where, f"{status // 100}xx").observe(time.perf_counter() - began)


def written(engine: Engine) -> bytes:
    """Everything that is measured, as it stands. Raises StorageError."""
    installation = CollectorRegistry()
    installation.register(_Installation(engine))
    return generate_latest(installation) + generate_latest(_HERE)


class _Installation(Collector):
    """What is measured of all processes together."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def describe(self) -> Iterable[Metric]:
        """Nothing: the database is asked when the numbers are wanted, and not before."""
        return ()

    def collect(self) -> Iterator[Metric]:
        """The numbers."""
        with reading(self._engine) as session:
            queue, sums, deliveries = operations.queue(session), operations.sums(session), operations.deliveries(session)
        yield _gauge("attune_queue_files", "Files that came in and are not done, by state.", queue.by_state, "state")
        yield GaugeMetricFamily(
            "attune_queue_oldest_seconds", "For how long what is due has waited at most.", queue.oldest_seconds
        )
        yield _gauge("attune_webhook_deliveries", "Deliveries that wait or were given up.", deliveries, "state")
        seconds = CounterMetricFamily("attune_stage_seconds", "Seconds of work, by stage.", labels=["stage", "kind"])
        calls = CounterMetricFamily("attune_calls", "Calls that were taken in.", labels=["kind"])
        audio = CounterMetricFamily("attune_audio_seconds", "Seconds of the recordings that were taken in.")
        failures = CounterMetricFamily("attune_failures", "Calls that could not be taken in.", labels=["kind"])
        for key, value in sums.items():
            if key.measure is Measure.SECONDS:
                seconds.add_metric([key.stage, key.kind], value)
            elif key.measure is Measure.CALLS:
                calls.add_metric([key.kind], value)
            elif key.measure is Measure.FAILURES:
                failures.add_metric([key.kind], value)
            elif value:
                audio.add_metric([], value)
        yield from (seconds, calls, audio, failures)
        factor = operations.real_time_factor(sums)
        if factor is not None:
            yield GaugeMetricFamily(
                "attune_real_time_factor", "Seconds of work for each second of a recording, of all so far.", factor
            )
        if settings().home.is_dir():
            usage = shutil.disk_usage(settings().home)
            yield GaugeMetricFamily("attune_disk_free_bytes", "Room on the disk of the home folder.", usage.free)
            yield GaugeMetricFamily("attune_disk_bytes", "Size of that disk.", usage.total)
        yield _gauge("attune_version", "Which program answers; always 1.", {PROGRAM.partition(" ")[2]: 1}, "version")


def _gauge(name: str, says: str, values: Mapping[str, int], label: str) -> Metric:
    found = GaugeMetricFamily(name, says, labels=[label])
    for value, number in sorted(values.items()):
        found.add_metric([value], number)
    return found
