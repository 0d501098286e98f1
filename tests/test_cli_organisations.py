"""What does the command line do about the companies that speak for us, and what does it say where it cannot?"""

import json
import shutil
from pathlib import Path

import pytest
from click.testing import Result

from tests.conftest import Command
from tests.dashboard.centre import LAST_DAY, Centre, build_centre

MONTH = f"{LAST_DAY:%Y-%m}"


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Centre:
    """The centre, once."""
    return build_centre(tmp_path_factory.mktemp("organisations") / "centre")


@pytest.fixture
def home(built: Centre, tmp_path: Path) -> Path:
    """A copy of the centre's folder, to be changed."""
    return Path(shutil.copytree(built.home, tmp_path / "home"))


def lines(done: Result) -> list[dict[str, object]]:
    assert done.exit_code == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_a_partner_is_added_given_a_team_compared_and_put_on_a_page(command: Command, home: Path, tmp_path: Path) -> None:
    empty = command(home, "organisations", "list")
    assert (empty.stdout, "all teams are our own" in empty.stderr) == ("", True)
    (added,) = lines(command(home, "organisations", "add", "Harbour Care", "--kind", "outsourcer"))
    assert added["name"] == "Harbour Care"
    (given,) = lines(command(home, "organisations", "assign", "Harbour", "harbour care"))
    assert given == {"team": "Harbour", "organisation": "Harbour Care", "since": None}
    (listed,) = lines(command(home, "organisations", "list"))
    assert listed == {"name": "Harbour Care", "kind": "outsourcer", "teams": ["Harbour"], "people": 0}

    (changed,) = lines(command(home, "organisations", "change", "harbour care", "--name", "Harbour & Daughters"))
    assert (changed["name"], changed["kind"]) == ("Harbour & Daughters", "outsourcer")
    assert command(home, "organisations", "change", "Harbour & Daughters").exit_code == 2
    lines(command(home, "organisations", "change", "Harbour & Daughters", "--name", "Harbour Care"))

    compared = lines(command(home, "organisations", "compare", "--scorecard", "manners"))
    scores = {one["organisation"]: one for one in compared if one["figure"] == "score"}
    assert set(scores) == {"Our own", "Harbour Care"}
    assert (scores["Harbour Care"]["says"], scores["Harbour Care"]["same_mix"]) == ("too_few", None)

    out = tmp_path / "partner.pdf"
    done = command(home, "organisations", "report", "Harbour Care", "--month", MONTH, "--out", out)
    assert (done.exit_code, done.stdout) == (0, ""), done.stderr
    assert out.read_bytes().startswith(b"%PDF-")
    refused = command(home, "organisations", "report", "Harbour Care", "--month", MONTH, "--for", "coach@attune.example",
                      "--out", out)  # fmt: skip
    assert refused.exit_code == 1
    assert "Quality managers and administrators" in refused.stderr


def test_somebody_of_a_partner_is_let_in_as_a_coach_of_its_teams_and_nothing_else(command: Command, home: Path) -> None:
    lines(command(home, "organisations", "add", "Harbour Care", "--kind", "outsourcer"))
    lines(command(home, "organisations", "assign", "Harbour", "Harbour Care"))
    person = ("person", "add", "--name", "Pat Rowe", "--email", "pat@example.org", "--password", "a long enough sentence")
    for more, says in (
        (("--role", "reviewer"), "a coach of its teams"),
        (("--role", "coach", "--team", "Meadow"), "its teams only: Harbour"),
    ):
        refused = command(home, *person, *more, "--organisation", "Harbour Care")
        assert (refused.exit_code, says in refused.stderr) == (1, True), refused.stderr
    assert command(home, *person, "--role", "coach", "--organisation", "Harbour Care").exit_code == 0
    assert lines(command(home, "organisations", "list"))[0]["people"] == 1


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("assign", "Nowhere", "Harbour Care"), "There is no team 'Nowhere'"),
        (("assign", "Harbour", "Nobody"), "There is no organisation 'Nobody'"),
        (("assign", "Harbour"), "Harbour belongs there: Our own"),
        (("add", "Our own", "--kind", "agency"), "already"),
        (("report", "Nobody", "--month", MONTH, "--out", "x.pdf"), "There is no organisation 'Nobody'"),
    ],
)
def test_what_cannot_be_done_is_a_sentence(command: Command, home: Path, words: tuple[str, ...], says: str) -> None:
    done = command(home, "organisations", *words)
    assert (done.exit_code, done.stdout) == (1, "")
    assert says in done.stderr
    assert "Traceback" not in done.stderr
