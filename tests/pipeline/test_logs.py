"""Does the log say what happened, of which call, and nothing that anybody said?"""

import json
import logging
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from pipeline.logs import OURS, PLAIN, about_call, log_to_the_terminal
from settings import settings
from storage.database import open_database, reading
from storage.inbox_tables import InboxRow
from tests.on_postgresql import address_of

ROOT = Path(__file__).parents[2]

PLANTED = "Zanzibarquux"
SAID = {
    "call_id": "planted",
    "turns": [
        {"speaker": "agent", "text": f"Good morning, thank you for calling, {PLANTED} speaking.", "start": 0.0, "end": 2.0},
        {
            "speaker": "customer",
            "text": f"My {PLANTED} broke, my card is 4111 1111 1111 1111.",
            "start": 2.0,
            "end": 4.0,
        },
        {"speaker": "agent", "text": f"I am sorry about the {PLANTED}.", "start": 4.0, "end": 6.0},
    ],
}


@contextmanager
def _a_log(monkeypatch: pytest.MonkeyPatch, level: int = logging.WARNING, **env: str) -> Iterator[None]:
    """The log as a process sets it up that starts with these settings; taken back afterwards."""
    for name, value in env.items():
        monkeypatch.setenv(name, value)
    settings.cache_clear()
    root, hook = logging.getLogger(), sys.excepthook
    handlers, root_level = root.handlers[:], root.level
    root.handlers[:] = []
    try:
        log_to_the_terminal(level, PLAIN)
        yield
    finally:
        root.handlers[:] = handlers
        root.setLevel(root_level)
        sys.excepthook = hook
        logging.captureWarnings(False)
        for name in OURS:
            logging.getLogger(name).setLevel(logging.NOTSET)
        settings.cache_clear()


def _ingest(home: Path, **env: str) -> subprocess.CompletedProcess[str]:
    file = home / "calls.jsonl"
    file.write_text(json.dumps(SAID))
    return subprocess.run(
        [sys.executable, "cli.py", "ingest", str(file), "--scorecard", "empathy"],
        cwd=ROOT,
        env={**os.environ, "ATTUNE_HOME": str(home / "home"), **env},
        capture_output=True,
        text=True,
        timeout=120,
    )


def test_a_call_that_is_taken_in_at_the_most_talkative_level_leaves_its_id_and_none_of_its_words(tmp_path: Path) -> None:
    done = _ingest(tmp_path, ATTUNE_LOG="json", ATTUNE_LOG_LEVEL="debug")
    assert done.returncode == 0, done.stderr
    assert PLANTED.lower() not in done.stderr.lower()
    assert "4111" not in done.stderr
    entries = [json.loads(line) for line in done.stderr.splitlines() if line.startswith("{")]
    (taken_in,) = (one for one in entries if one["message"].startswith("taken in"))
    assert taken_in["call"] == "planted"
    assert all(stage in taken_in["message"] for stage in ("hear", "measure", "judge", "store"))
    assert {"time", "level", "logger", "process"} <= set(taken_in)


def test_a_file_that_cannot_be_used_leaves_its_reason_in_its_row_and_none_of_it_in_the_log(tmp_path: Path) -> None:
    (tmp_path / "arrives").mkdir()
    spoilt = {**SAID, "turns": [{"speaker": PLANTED, "text": PLANTED, "start": 0, "end": 1}]}
    (tmp_path / "arrives" / "spoilt.json").write_text(json.dumps(spoilt))
    engine = open_database(f"sqlite:///{tmp_path / 'home' / 'attune.db'}")
    watching = {
        "ATTUNE_DATABASE_URL": address_of(engine),
        "ATTUNE_WATCH": str(tmp_path / "arrives"),
        "ATTUNE_WATCH_REST_SECONDS": "0",
    }
    worker = subprocess.Popen(
        [sys.executable, "cli.py", "work"],
        cwd=ROOT,
        env={**os.environ, "ATTUNE_HOME": str(tmp_path / "home"), "ATTUNE_LOG_LEVEL": "debug", **watching},
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        give_up = time.monotonic() + 60
        reasons: list[str] = []
        while not reasons and time.monotonic() < give_up:
            time.sleep(0.1)
            with reading(engine) as session:
                reasons = [row.reason for row in session.query(InboxRow) if row.finished_at]
        worker.send_signal(signal.SIGTERM)
        _, log = worker.communicate(timeout=60)
    finally:
        worker.kill()
    engine.dispose()
    assert PLANTED in reasons[0]
    assert "spoilt.json" in log
    assert PLANTED not in log


@pytest.mark.parametrize("form", ["text", "json"])
def test_an_entry_is_one_line_and_names_its_call(
    form: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with _a_log(monkeypatch, ATTUNE_LOG=form):
        with about_call("c-7"):
            logging.getLogger("pipeline.receive").warning("a name with\na line break")
        logging.getLogger("pipeline.receive").warning("of no call")
    first, second = capsys.readouterr().err.splitlines()
    if form == "json":
        assert json.loads(first)["message"] == "a name with\na line break"
        assert json.loads(first)["call"] == "c-7"
        assert "call" not in json.loads(second)
    else:
        assert first == "WARNING pipeline.receive: a name with\\na line break (call c-7)"
        assert second == "WARNING pipeline.receive: of no call"


def test_other_peoples_loggers_are_never_asked_for_what_they_work_on(monkeypatch: pytest.MonkeyPatch) -> None:
    with _a_log(monkeypatch, ATTUNE_LOG_LEVEL="debug"):
        assert logging.getLogger("pipeline.ingest").isEnabledFor(logging.DEBUG)
        assert not logging.getLogger("multipart").isEnabledFor(logging.DEBUG)


def test_a_level_that_is_set_holds_and_verbose_asks_for_more(monkeypatch: pytest.MonkeyPatch) -> None:
    with _a_log(monkeypatch, ATTUNE_LOG_LEVEL="error"):
        assert not logging.getLogger("pipeline.ingest").isEnabledFor(logging.WARNING)
    with _a_log(monkeypatch, logging.INFO, ATTUNE_LOG_LEVEL="error"):
        assert logging.getLogger("pipeline.ingest").isEnabledFor(logging.INFO)


def test_a_log_is_written_where_the_settings_cannot_be_read(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with _a_log(monkeypatch, ATTUNE_PORT="nowhere"):
        logging.getLogger("attune").warning("all the same")
    assert "all the same" in capsys.readouterr().err


def test_every_room_of_the_program_is_one_of_ours() -> None:
    rooms = {folder.parent.name for folder in ROOT.glob("*/__init__.py")} - {"tests", "bench"}
    assert rooms <= set(OURS)
