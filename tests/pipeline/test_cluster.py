"""What holds when calls are worked on by the workers of a Dask scheduler: a real one, with real workers."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from itertools import count
from pathlib import Path
from threading import Thread

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from sqlalchemy import Engine

import pipeline.cluster
from bench.dask_here import ROOT, Cluster, a_cluster, until
from errors import SettingsError, WorkersAway
from pipeline.arrivals import ingest_files
from pipeline.cluster import Carried
from pipeline.doctor.machine import workers
from pipeline.ingest import Outcome, State
from pipeline.listen import Listening
from pipeline.metadata import NOTHING_KNOWN
from pipeline.workers import spread
from settings import settings
from tests.pipeline import at_work
from tests.pipeline.at_work import Task

CARRIED: Carried[Task, int | str] = Carried(
    lambda task: task.sound, at_work.placed, lambda task, reason: f"{task.number}: {reason}"
)


def died(task: Task) -> int:
    return -task.number


def spread_at_once(work: object, tasks: list[Task]) -> dict[int, int | str]:
    return {task.number: result for task, result in spread(work, tasks, died, carried=CARRIED)}  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    # A call is done alone once one worker was lost on it, so that the tests need few workers.
    with a_cluster(tmp_path_factory.mktemp("dask"), allowed_failures=0) as running:
        running.add_worker()
        running.add_worker()
        yield running


@pytest.fixture
def dask(cluster: Cluster, monkeypatch: pytest.MonkeyPatch) -> Iterator[Cluster]:
    monkeypatch.setenv("ATTUNE_DASK", cluster.address)
    settings.cache_clear()
    yield cluster
    settings.cache_clear()


def test_every_item_is_done_once(dask: Cluster, tmp_path: Path) -> None:
    assert spread_at_once(at_work.double, [Task(n, tmp_path) for n in range(9)]) == {n: 2 * n for n in range(9)}


def test_what_cannot_be_carried_stays_on_this_machine(dask: Cluster, tmp_path: Path) -> None:
    assert [os.getpid()] == [result for _, result in spread(at_work.own_process, [Task(1, tmp_path)], died)]


def test_a_worker_reads_a_recording_where_it_lies(dask: Cluster, tmp_path: Path) -> None:
    sound = tmp_path / "call.wav"
    sound.write_bytes(b"sound")
    assert spread_at_once(at_work.place_of_sound, [Task(1, tmp_path, sound)]) == {1: str(sound)}


@pytest.mark.skipif(sys.platform != "linux", reason="needs a name that means another file in each process")
@pytest.mark.parametrize("theirs", [b"", b"a recording of another call"])
def test_a_recording_that_does_not_lie_where_the_worker_is_goes_with_the_work(
    dask: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, theirs: bytes
) -> None:
    (tmp_path / "call.wav").write_bytes(b"sound")
    other = dask.folder / "call.wav"
    other.unlink(missing_ok=True)
    if theirs:
        other.write_bytes(theirs)
    monkeypatch.chdir(tmp_path)
    task = Task(1, tmp_path, Path("/proc/self/cwd/call.wav"))
    assert spread_at_once(at_work.words_of_sound, [task]) == {1: "sound"}
    (place,) = map(str, spread_at_once(at_work.place_of_sound, [task]).values())
    assert place.endswith("/call.wav")
    assert not Path(place).exists()
    monkeypatch.setattr(pipeline.cluster, "MOST_SENT_BYTES", 4)
    assert "Put it into a folder that every worker sees" in str(spread_at_once(at_work.words_of_sound, [task])[1])


def test_a_worker_that_cannot_take_a_call_up_is_said_and_no_call_has_failed(dask: Cluster, tmp_path: Path) -> None:
    with pytest.raises(WorkersAway, match=r"AttributeError: there is no such thing here"):
        spread_at_once(at_work.cannot_be_taken_up, [Task(1, tmp_path)])


def test_a_recording_that_is_gone_fails_alone(dask: Cluster, tmp_path: Path) -> None:
    tasks = [Task(1, tmp_path, tmp_path / "gone.wav"), Task(2, tmp_path)]
    done = spread_at_once(at_work.double, tasks)
    assert done[2] == 4
    assert "gone.wav cannot be read" in str(done[1])


def test_a_lost_workers_call_is_done_by_another(dask: Cluster, tmp_path: Path) -> None:
    """It is killed for certain while it is at it: it says that it has begun, and goes on until then."""
    dask.add_worker()
    killed: list[int] = []

    def kill_whoever_begins() -> None:
        until(lambda: bool(list(tmp_path.glob("3.*"))))
        (began,) = tmp_path.glob("3.*")
        killed.append(int(began.suffix[1:]))
        os.kill(killed[0], signal.SIGKILL)

    killing = Thread(target=kill_whoever_begins)
    killing.start()
    done = spread_at_once(at_work.double_slowly, [Task(n, tmp_path) for n in range(9)])
    killing.join()
    assert done == {n: 2 * n for n in range(9)}
    second = [int(began.suffix[1:]) for began in tmp_path.glob("3.*") if int(began.suffix[1:]) != killed[0]]
    assert len(second) == 1


def test_a_call_that_ends_its_workers_fails_and_the_others_are_done(dask: Cluster, tmp_path: Path) -> None:
    dask.add_worker()
    dask.add_worker()
    done = spread_at_once(at_work.die_at_seven, [Task(n, tmp_path) for n in range(9)])
    assert done == {n: -7 if n == 7 else 2 * n for n in range(9)}
    assert len(list(tmp_path.glob("7.*"))) == 2


def test_a_worker_that_would_compute_other_last_digits_is_named(
    dask: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pipeline.cluster, "BLAS_THREADS", "2")
    with pytest.raises(WorkersAway, match="OPENBLAS_NUM_THREADS 1 and not 2; calls wait"):
        spread_at_once(at_work.double, [Task(1, tmp_path)])


def test_a_worker_with_another_program_is_named_and_nothing_fails(
    dask: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ATTUNE_SENTIMENT", "vader")
    settings.cache_clear()
    with pytest.raises(WorkersAway, match="ATTUNE_SENTIMENT together and not vader; calls wait"):
        spread_at_once(at_work.double, [Task(1, tmp_path)])


def test_calls_go_only_to_workers_that_offer_what_is_asked_for(
    dask: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    worker = dask.add_worker("--resources", "GPU=1")
    monkeypatch.setenv("ATTUNE_DASK_RESOURCES", "GPU=1")
    settings.cache_clear()
    assert set(spread_at_once(at_work.own_process, [Task(n, tmp_path) for n in range(4)]).values()) == {worker.pid}


def test_a_worker_without_this_program_is_named_and_nothing_fails(
    dask: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = dask.log.count("Remove worker")
    bare = dask.add_worker("--resources", "BARE=1", PYTHONPATH="")
    monkeypatch.setenv("ATTUNE_DASK_RESOURCES", "BARE=1")
    settings.cache_clear()
    with pytest.raises(WorkersAway, match=r"does not find this program .*; start it from Attune's folder"):
        spread_at_once(at_work.double, [Task(1, tmp_path)])
    bare.kill()
    bare.wait()
    until(lambda: dask.log.count("Remove worker") > before)


def test_the_doctor_says_whether_workers_are_there(dask: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    assert list(workers()) == []
    monkeypatch.setenv("ATTUNE_DASK_RESOURCES", "NOBODY=1")
    settings.cache_clear()
    assert [found.says for found in workers()] == [f"No worker of the scheduler at {dask.address} takes calls."]
    monkeypatch.setenv("ATTUNE_DASK", "tcp://127.0.0.1:9")
    monkeypatch.setattr(pipeline.cluster, "CONNECT_SECONDS", 0.2)
    settings.cache_clear()
    assert ["cannot be reached; calls wait" in found.says for found in workers()] == [True]


def test_no_further_item_is_begun_once_it_is_stopped(dask: Cluster, tmp_path: Path) -> None:
    given = spread(at_work.double, [Task(n, tmp_path) for n in range(99)], died, carried=CARRIED, stopped=lambda: True)
    assert list(given) == []


def test_what_is_under_way_is_dropped_where_that_is_asked(dask: Cluster, tmp_path: Path) -> None:
    tasks = [Task(n, tmp_path) for n in range(99)]
    given = spread(at_work.double, tasks, died, carried=CARRIED, dropped=lambda: True)
    assert list(given) == []


def test_items_may_be_found_on_the_way(dask: Cluster, tmp_path: Path) -> None:
    found = iter([Task(1, tmp_path), None, Task(2, tmp_path)])
    assert {task.number: done for task, done in spread(at_work.double, found, died, carried=CARRIED)} == {1: 2, 2: 4}


def test_leaving_early_takes_back_what_is_under_way(dask: Cluster, tmp_path: Path) -> None:
    results = spread(at_work.double, [Task(n, tmp_path) for n in range(99)], died, carried=CARRIED)
    next(results)
    results.close()
    assert spread_at_once(at_work.double, [Task(1, tmp_path)]) == {1: 2}


def test_a_scheduler_that_is_lost_leaves_what_is_not_finished_to_wait(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with a_cluster(tmp_path) as cluster:
        monkeypatch.setenv("ATTUNE_DASK", cluster.address)
        settings.cache_clear()
        asked = count()

        def lose_it_once_the_call_is_sent() -> bool:
            if next(asked) == 1:
                cluster.end()
            return False

        tasks = [Task(1, tmp_path)]  # which no worker takes
        with pytest.raises(WorkersAway, match="was lost; what is not finished waits"):
            list(spread(at_work.double, tasks, died, carried=CARRIED, stopped=lose_it_once_the_call_is_sent))


def test_a_scheduler_that_is_not_there_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pipeline.cluster, "CONNECT_SECONDS", 0.2)
    monkeypatch.setenv("ATTUNE_DASK", "tcp://127.0.0.1:9")
    settings.cache_clear()
    with pytest.raises(WorkersAway, match=r"tcp://127.0.0.1:9 \(ATTUNE_DASK\) cannot be reached; calls wait"):
        spread_at_once(at_work.double, [Task(1, tmp_path)])


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path, Path]:
    """An authority's certificate, and one that it signed with its key, as files."""
    folder = tmp_path_factory.mktemp("certificates")
    authority, one = (x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)]) for name in ("authority", "machine"))
    own, machine = generate_private_key(SECP256R1()), generate_private_key(SECP256R1())
    now = datetime.now(UTC)

    def signed(key: object, subject: x509.Name, is_authority: bool) -> bytes:
        made = x509.CertificateBuilder(authority, subject, key.public_key(), x509.random_serial_number())  # type: ignore[attr-defined]
        made = made.not_valid_before(now - timedelta(hours=1)).not_valid_after(now + timedelta(hours=1))
        made = made.add_extension(x509.BasicConstraints(is_authority, None), critical=True)
        made = made.add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        return made.sign(own, SHA256()).public_bytes(Encoding.PEM)

    files = folder / "ca.pem", folder / "machine.pem", folder / "machine.key"
    files[0].write_bytes(signed(own, authority, True))
    files[1].write_bytes(signed(machine, one, False))
    files[2].write_bytes(machine.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return files


def test_the_connection_is_encrypted_where_that_is_set(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, certificates: tuple[Path, Path, Path]
) -> None:
    words = [
        word for name, file in zip(("ca-file", "cert", "key"), certificates, strict=True) for word in (f"--tls-{name}", file)
    ]
    with a_cluster(tmp_path, "tls", list(map(str, words))) as cluster:
        cluster.add_worker()
        monkeypatch.setenv("ATTUNE_DASK", cluster.address)
        for name, file in zip(("CA", "CERT", "KEY"), certificates, strict=True):
            monkeypatch.setenv(f"ATTUNE_DASK_{name}", str(file))
        settings.cache_clear()
        assert spread_at_once(at_work.double, [Task(1, tmp_path)]) == {1: 2}
        monkeypatch.setenv("ATTUNE_DASK", cluster.address.replace("tls", "tcp"))
        for name in ("CA", "CERT", "KEY"):
            monkeypatch.delenv(f"ATTUNE_DASK_{name}")
        settings.cache_clear()
        monkeypatch.setattr(pipeline.cluster, "CONNECT_SECONDS", 0.5)
        with pytest.raises(WorkersAway, match="cannot be reached"):
            spread_at_once(at_work.double, [Task(1, tmp_path)])


@pytest.mark.parametrize(
    ("address", "given", "says"),
    [
        ("tls://head:8786", {"CA": "ca.pem"}, "ATTUNE_DASK_CERT and ATTUNE_DASK_KEY must name a file"),
        ("tcp://head:8786", {"CA": "ca.pem"}, "has to begin with tls://"),
        ("tls://head:8786", {"CA": "no.pem", "CERT": "no.pem", "KEY": "no.key"}, "there is no such file"),
    ],
)
def test_settings_of_encryption_that_do_not_fit_are_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, address: str, given: dict[str, str], says: str
) -> None:
    monkeypatch.setenv("ATTUNE_DASK", address)
    for name, file in given.items():
        monkeypatch.setenv(f"ATTUNE_DASK_{name}", file)
    settings.cache_clear()
    with pytest.raises(SettingsError, match=says):
        spread_at_once(at_work.double, [Task(1, tmp_path)])


def test_calls_wait_for_the_scheduler_and_are_taken_in_once_it_is_there(
    dask: Cluster, engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    turns = [{"speaker": "agent", "text": "Good morning, how can I help?", "start": 0.0, "end": 4.0}]
    call = {"file": "call", "duration_seconds": 5.0, "language": "en", "turns": turns}
    (tmp_path / "call.json").write_text(json.dumps(call))

    def ingest() -> list[Outcome]:
        listening = Listening.from_settings(settings())
        return ingest_files([tmp_path / "call.json"], NOTHING_KNOWN, listening, ["empathy"])

    monkeypatch.setenv("ATTUNE_DASK", "tcp://127.0.0.1:9")
    monkeypatch.setattr(pipeline.cluster, "CONNECT_SECONDS", 0.2)
    settings.cache_clear()
    with pytest.raises(WorkersAway):
        ingest()
    monkeypatch.setenv("ATTUNE_DASK", dask.address)
    monkeypatch.setattr(pipeline.cluster, "CONNECT_SECONDS", 10)
    settings.cache_clear()
    assert [outcome.state for outcome in ingest()] == [State.SCORED]


def test_what_a_worker_does_opens_no_database() -> None:
    loaded = subprocess.run(
        [sys.executable, "-c", "import sys, pipeline.score; print(*sys.modules)"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    ).stdout.split()
    assert "scoring.evaluate" in loaded
    assert {"sqlalchemy", "storage", "distributed"}.isdisjoint(loaded)
