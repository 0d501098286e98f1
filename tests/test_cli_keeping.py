"""Do the commands that hold, remove, erase, hand out and encrypt do so, and refuse with a sentence?"""

import json
import shutil
from pathlib import Path
from zipfile import ZipFile

import pytest
from click.testing import Result

from tests.conftest import Command
from tests.dashboard.centre import build_centre


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A centre, once."""
    return build_centre(tmp_path_factory.mktemp("cli") / "centre").home


@pytest.fixture
def home(built: Path, tmp_path: Path) -> Path:
    """A copy of its folder, to be changed."""
    return Path(shutil.copytree(built, tmp_path / "home"))


def lines(done: Result) -> list[dict[str, object]]:
    return [json.loads(line) for line in done.stdout.splitlines()]


def refused(done: Result, words: str) -> bool:
    return done.exit_code == 1 and words in done.stderr and "Traceback" not in done.stderr


def test_calls_are_held_listed_and_released(command: Command, home: Path) -> None:
    (held,) = lines(command(home, "hold", "set", "agent", "Nadia Osei", "--reason", "a case"))
    (listed,) = lines(command(home, "hold", "list"))
    assert (listed["id"], listed["scope"], listed["target"]) == (held["id"], "agent", "Nadia Osei")
    assert command(home, "hold", "release", held["id"], "--reason", "closed").exit_code == 0
    assert lines(command(home, "hold", "list")) == []
    assert lines(command(home, "hold", "list", "--released"))[0]["release_reason"] == "closed"
    assert refused(command(home, "hold", "set", "call", "nowhere", "--reason", "a case"), "There is no call nowhere.")
    assert refused(command(home, "hold", "release", 99, "--reason", "closed"), "There is no hold 99")


def test_what_is_kept_no_longer_is_counted_and_removed(
    command: Command, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "everything is kept until told" in command(home, "retain", "--dry-run").stderr
    monkeypatch.setenv("ATTUNE_KEEP_WORDS_DAYS", "1")
    due = lines(command(home, "retain", "--dry-run"))
    assert {line["kind"] for line in due} == {"words"}
    gone = lines(command(home, "retain"))
    assert [line["calls"] for line in gone] == [line["calls"] for line in due]
    assert lines(command(home, "retain")) == []
    assert lines(command(home, "verify", "--all")) == []


def test_a_person_is_handed_out_and_who_is_nobody_is_refused(command: Command, home: Path, tmp_path: Path) -> None:
    (about,) = lines(command(home, "export-person", "agent", "Nadia Osei", "-o", tmp_path / "nadia.zip"))
    with ZipFile(tmp_path / "nadia.zip") as packed:
        assert json.loads(packed.read("about.json")) == about
    assert refused(command(home, "export-person", "agent", "Nobody", "-o", tmp_path / "a.zip"), "There is no agent Nobody.")
    (found,) = lines(command(home, "find-person", "agent", "nadia"))
    assert found["key"] == "Nadia Osei"
    assert refused(command(home, "find-person", "coach", "nobody"), "No coach was found.")
    assert refused(command(home, "erase", "Nobody"), "No call carries this name or number")
    assert refused(command(home, "erase", " "), "Name the customer")


def test_kept_files_are_encrypted_and_without_a_key_there_is_a_sentence(
    command: Command, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert refused(command(home, "rotate-key"), "set ATTUNE_ENCRYPTION_KEY")
    monkeypatch.setenv("ATTUNE_ENCRYPTION_KEY", "1a" * 32)
    (done,) = lines(command(home, "rotate-key"))
    assert done["encrypted"] == sum(path.is_file() for path in (home / "recordings").rglob("*"))
    (again,) = lines(command(home, "rotate-key"))
    assert (again["encrypted"], again["already"]) == (0, done["encrypted"])


def test_stored_calls_are_read_for_private_words(command: Command, home: Path) -> None:
    assert command(home, "redact", "--stored", "--dry-run").exit_code == 0
    assert command(home, "redact", "--dry-run").exit_code == 2
    assert command(home, "redact", "--stored", "a.wav").exit_code == 2
