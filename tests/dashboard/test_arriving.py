"""An administrator sees what could not be taken in, and decides; a quality manager reads; nobody else gets there."""

import pytest
from streamlit.testing.v1 import AppTest

from storage import inbox
from storage.database import open_database, transaction
from storage.inbox import Found
from tests.dashboard.centre import Centre
from tests.dashboard.conftest import Look, widget_data, words_of
from tests.dashboard.test_who_spoke import press


@pytest.fixture
def arrived(fresh_centre: Centre) -> Centre:
    """The centre with a file that failed, one that waits and one that is done."""
    engine = open_database(fresh_centre.url)
    with transaction(engine) as session:
        names = ("<b>bad</b>.wav", "done.wav", "waits.wav")
        inbox.arrive(session, "/srv/calls", [Found(name, name, f"/srv/calls/{name}", {}) for name in names])
        worker = inbox.begin_work(session, "machine seven, process 12")
        bad, done = inbox.take(session, worker, 2)
        inbox.failed(session, bad.id, worker, "There is no sound in it.", for_good=True)
        inbox.done(session, done.id, ["call"])
        inbox.say_trouble(session, worker, "The disk is full.")
    engine.dispose()
    return fresh_centre


def _kinds(app: AppTest) -> list[str]:
    """What there is to choose from."""
    (control,) = [control for control in app.button_group if control.key == "arriving-state"]
    return list(control.options)


def test_an_administrator_sees_what_is_wrong_and_has_it_tried_again(look: Look, arrived: Centre) -> None:
    app = look("administrator", "arriving", arrived)
    words = " ".join([words_of(app), *(warning.value for warning in app.warning)])
    assert "Could not be used (1)" in _kinds(app)
    for said in ("The disk is full.", "machine seven", "about 60 min"):
        assert said in words, said
    (cells,) = [row["cells"] for row in widget_data(app, "arriving-failed")["rows"]]
    assert [cell["text"] for cell in cells[:2]] == ["<b>bad</b>.wav", "Watched place"]
    assert cells[4]["text"] == "There is no sound in it."
    assert cells[5]["text"].startswith("Put a good file in its place")
    press(app, "Try again")
    assert "1 file will be tried again" in words_of(app)
    assert "Waiting (2)" in _kinds(app)


def test_what_is_removed_is_gone_and_the_page_says_that_all_is_well(look: Look, arrived: Centre) -> None:
    app = look("administrator", "arriving", arrived)
    press(app, "Remove")
    assert "Choose the files" in words_of(app)
    app.multiselect[0].set_value([1])
    press(app, "Remove")
    assert "1 file removed" in words_of(app)
    assert "Could not be used" in _kinds(app)


def test_where_nothing_ever_came_the_page_says_how_something_does(look: Look, fresh_centre: Centre) -> None:
    words = words_of(look("administrator", "arriving", fresh_centre))
    assert "Nothing waits." in words
    assert "No worker is running" in words


def test_a_quality_manager_reads_and_decides_nothing(look: Look, arrived: Centre) -> None:
    app = look("quality", "arriving", arrived)
    assert len(widget_data(app, "arriving-failed")["rows"]) == 1
    assert "Try again" not in [button.label for button in app.button]
    assert "Administrators can have files tried again" in words_of(app)


@pytest.mark.parametrize("who", ["reviewer", "coach", "nadia"])
def test_nobody_else_gets_there(look: Look, fresh_centre: Centre, who: str) -> None:
    with pytest.raises(ValueError, match="registered"):
        look(who, "arriving", fresh_centre)
