"""What does the command line make of a database that is there: papers, the weekly letter, what was taught, the counts?

Every command is asked for something it can do and for something it cannot; the latter is a sentence, exit status 1 (2 where
the command was not understood), and never a traceback.
"""

import json
import shutil
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import Result
from sqlalchemy import select

from scoring.result import Verdict
from storage.database import open_database, transaction
from storage.tally_tables import TallyRow
from tests.conftest import Command
from tests.dashboard.centre import LAST_DAY, Centre, build_centre
from tests.pipeline.test_teach import a_learned, keep
from tests.pipeline.test_teach_criteria import store

MONTH = f"{LAST_DAY:%Y-%m}"
WEEK = f"{LAST_DAY:%G-W%V}"


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Centre:
    """The centre, once."""
    return build_centre(tmp_path_factory.mktemp("cli") / "centre")


@pytest.fixture
def home(built: Centre, tmp_path: Path) -> Path:
    """A copy of the centre's folder, to be changed."""
    return Path(shutil.copytree(built.home, tmp_path / "home"))


def lines(done: Result) -> list[dict[str, object]]:
    return [json.loads(line) for line in done.stdout.splitlines()]


def database(home: Path) -> str:
    return f"sqlite:///{home / 'attune.db'}"


# Papers


def test_a_call_an_agent_and_a_team_become_pdfs(command: Command, home: Path, built: Centre, tmp_path: Path) -> None:
    out = tmp_path / "paper.pdf"
    for words in (
        ("call", built.calls["Nadia Osei"][0]),
        ("agent", "Nadia Osei", "--month", MONTH),
        ("team", "Harbour", "--month", MONTH),
    ):
        done = command(home, "report", *words, "--out", out)
        assert (done.exit_code, done.stdout) == (0, ""), done.stderr
        assert "paper.pdf written." in done.stderr
        assert out.read_bytes().startswith(b"%PDF-")
        out.unlink()


def test_a_paper_for_somebody_holds_what_they_may_see(command: Command, home: Path, built: Centre, tmp_path: Path) -> None:
    own = ("report", "call", built.calls["Nadia Osei"][0], "--out", tmp_path / "paper.pdf", "--for")
    assert command(home, *own, "nadia@attune.example").exit_code == 0
    refused = command(home, *own, "lena@attune.example")
    assert refused.exit_code == 1
    assert "call" in refused.stderr


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("report", "call", "nosuchcall"), "nosuchcall"),
        (("report", "agent", "Nobody Here", "--month", MONTH), "Nobody Here"),
        (("report", "agent", "Nadia Osei", "--month", "August"), "write it as 2026-08"),
        (("report", "agent", "Nadia Osei", "--month", "1999-01"), "no calls"),
        (("report", "team", "Elsewhere", "--month", MONTH), "Elsewhere"),
        (("report", "team", "Harbour", "--month", MONTH, "--for", "nobody@attune.example"), "nobody@attune.example"),
        (("digest", "--team", "Elsewhere", "--week", WEEK), "Elsewhere"),
        (("digest", "--team", "Harbour", "--week", "32"), "write it as 2026-W32"),
        (("digest", "--for", "nobody@attune.example", "--week", WEEK), "nobody@attune.example"),
    ],
)
def test_a_paper_that_cannot_be_is_refused_in_a_sentence(
    words: tuple[str, ...], said: str, command: Command, home: Path, tmp_path: Path
) -> None:
    done = command(home, *words, "--out", tmp_path / "paper")
    assert done.exit_code == 1
    assert said in done.stderr
    assert done.stderr.rstrip().endswith(".")
    assert not (tmp_path / "paper").exists()


def test_a_paper_that_cannot_be_written_says_why(command: Command, home: Path, built: Centre, tmp_path: Path) -> None:
    done = command(home, "report", "call", built.calls["Nadia Osei"][0], "--out", tmp_path / "no" / "paper.pdf")
    assert done.exit_code == 1
    assert "cannot be written: No such file or directory." in done.stderr


def test_the_weekly_letter_is_of_the_team_and_for_the_person(command: Command, home: Path, tmp_path: Path) -> None:
    out = tmp_path / "letter.html"
    assert command(home, "digest", "--team", "Harbour", "--week", WEEK, "--out", out).exit_code == 0
    letter = out.read_text()
    assert "Nadia Osei" in letter
    assert "Lena Fox" not in letter
    assert command(home, "digest", "--for", "coach@attune.example", "--week", WEEK, "--out", out).exit_code == 0
    assert "Lena Fox" not in out.read_text()


def test_a_letter_of_nobody_for_nobody_is_not_understood(command: Command, home: Path, tmp_path: Path) -> None:
    done = command(home, "digest", "--week", WEEK, "--out", tmp_path / "letter.html")
    assert done.exit_code == 2
    assert "Say of whom or for whom" in done.stderr


# What was taught


@pytest.fixture
def answered(tmp_path: Path) -> Path:
    """A home folder in which reviewers have answered a question other than its rule does."""
    folder = tmp_path / "answered"
    folder.mkdir()
    engine = open_database(database(folder))
    for number in range(48):
        store(engine, number, number % 2 == 0, Verdict.NOT_MET if number % 2 else Verdict.MET)
    engine.dispose()
    return folder


def test_a_question_is_taught_adopted_and_given_its_own_rule_back(command: Command, answered: Path) -> None:
    (asked,) = lines(command(answered, "judges", "questions"))
    assert (asked["question"], asked["answers"], asked["met"], asked["missing"]) == ("care/cares", 48, 24, "")
    done = command(answered, "learn", "care/cares", "--from-reviews")
    assert done.exit_code == 0, done.stderr
    (taught,) = lines(done)
    assert (taught["question"], taught["passed_over"]) == ("care/cares", 0)
    assert taught["figures"]
    (listed,) = lines(command(answered, "judges", "list"))
    assert (listed["id"], listed["in_force"]) == (taught["id"], False)

    adopted = command(answered, "judges", "adopt", taught["id"])
    assert (adopted.exit_code, adopted.stdout) == (0, "")
    assert "Version 2 of Care answers the question by what was taught" in adopted.stderr
    assert [one["in_force"] for one in lines(command(answered, "judges", "list"))] == [True]

    restored = command(answered, "judges", "restore", "care/cares")
    assert restored.exit_code == 0
    assert "Version 3 of Care answers the question by its own rule" in restored.stderr
    again = command(answered, "judges", "restore", "care/cares")
    assert again.exit_code == 1
    assert "own rule" in again.stderr


def test_a_judge_of_a_behaviour_is_adopted_and_the_shipped_one_comes_back(command: Command, home: Path) -> None:
    engine = open_database(database(home))
    better, worse = keep(engine, a_learned(0.05)), keep(engine, a_learned(-0.02))
    engine.dispose()
    assert {one["id"] for one in lines(command(home, "judges", "list"))} == {better, worse}
    refused = command(home, "judges", "adopt", worse)
    assert refused.exit_code == 1
    assert "not better than the shipped one beyond doubt" in refused.stderr
    adopted = command(home, "judges", "adopt", better)
    assert adopted.exit_code == 0
    assert f"empathy is judged by the learned judge {better}" in adopted.stderr
    assert "by the shipped judge from now on" in command(home, "judges", "restore", "empathy").stderr
    assert command(home, "judges", "restore", "empathy").exit_code == 1


@pytest.mark.parametrize(
    ("words", "status", "said"),
    [
        (("learn", "empathy"), 2, "Give --labels and --out, or --from-reviews"),
        (("learn", "empathy", "--labels", "labels.jsonl", "--from-reviews"), 2, "Give --labels and --out"),
        (("learn", "manners/greets", "--labels", "labels.jsonl", "--out", "judge"), 2, "--from-reviews alone"),
        (("learn", "manners/kindness", "--from-reviews"), 1, "No scorecard in use asks manners/kindness"),
        (("learn", "manners/greets", "--from-reviews"), 1, "at least"),
        (("learn", "sympathy", "--from-reviews"), 1, "sympathy"),
        (("learn", "empathy", "--from-reviews"), 1, "at least"),
        (("learn", "empathy", "--labels", "nowhere.jsonl", "--out", "judge"), 1, "nowhere.jsonl"),
        (("judges", "adopt", "first"), 1, "first is no id"),
        (("judges", "adopt", "q"), 1, "q is no id"),
        (("judges", "adopt", "99"), 1, "99"),
        (("judges", "adopt", "q99"), 1, "99"),
        (("judges", "restore", "sympathy"), 1, "sympathy"),
        (("judges", "restore", "manners/kindness"), 1, "kindness"),
    ],
)
def test_what_cannot_be_taught_or_adopted_is_said_in_a_sentence(
    words: tuple[str, ...], status: int, said: str, command: Command, home: Path
) -> None:
    done = command(home, *words)
    assert (done.exit_code, done.stdout) == (status, ""), done.stderr
    assert said in done.stderr


def test_where_nothing_was_taught_the_list_is_empty(command: Command, home: Path) -> None:
    done = command(home, "judges", "list")
    assert (done.exit_code, done.stdout) == (0, "")


# Counts


def test_recount_says_of_how_many_calls_the_counts_were_wrong_and_mends_them(command: Command, home: Path) -> None:
    (sound,) = lines(command(home, "recount"))
    assert sound["mended"] == 0
    engine = open_database(database(home))
    with transaction(engine) as session:
        for tally in session.scalars(select(TallyRow).order_by(TallyRow.call_id).limit(2)):
            tally.packed = bytes(len(tally.packed))
    engine.dispose()
    (damaged,) = lines(command(home, "recount"))
    assert (damaged["calls"], damaged["mended"]) == (sound["calls"], 2)
    (mended,) = lines(command(home, "recount"))
    assert mended["mended"] == 0


def test_recount_says_where_there_is_no_database_that_could_be_used(command: Command, tmp_path: Path) -> None:
    (tmp_path / "attune.db").write_text("no database at all, but long enough to be read as a page of one" * 20)
    done = command(tmp_path, "recount")
    assert (done.exit_code, done.stdout) == (1, "")
    assert "attune.db" in done.stderr


# The queue


def test_assign_gives_calls_once(command: Command, home: Path) -> None:
    (filled,) = lines(command(home, "assign", "--usual-rules", "--day", f"{LAST_DAY + timedelta(days=7):%Y-%m-%d}"))
    assert filled["given"]
    (again,) = lines(command(home, "assign", "--day", f"{LAST_DAY + timedelta(days=7):%Y-%m-%d}"))
    assert (again["candidates"], again["given"]) == (0, 0)
    assert command(home, "assign", "--day", "Monday").exit_code == 2
