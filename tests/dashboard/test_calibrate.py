"""A quality manager has two people judge the same call blind; they see how far they agreed once both are done."""

import pytest
from streamlit.testing.v1 import AppTest

from tests.dashboard.centre import Centre
from tests.dashboard.conftest import Look, widget_data, words_of
from tests.dashboard.test_who_spoke import press

QUESTIONS = ("greets", "apologises", "notes")
PEOPLE = ("reviewer", "idris")


def box(app: AppTest, label: str) -> object:
    return next(one for one in (*app.text_input, *app.selectbox, *app.multiselect) if one.label == label)


def begun(look: Look, centre: Centre) -> AppTest:
    """The manager begins a calibration of Rosa and Idris on one call of Nadia's, and is led to it."""
    app = look("quality", "calibrate", centre)
    assert "No calibration yet" in words_of(app)
    people = [centre.askers[who].user_id for who in PEOPLE]
    values = {"Title": "Manners, March", "Scorecard": "manners", "Calls": [centre.calls["Nadia Osei"][0]], "People": people}
    for label, value in values.items():
        box(app, label).set_value(value)  # type: ignore[attr-defined]
    press(app, "Begin")
    assert not app.exception
    assert not app.error
    return app


def judged(look: Look, centre: Centre, who: str, **given: str) -> AppTest:
    """Somebody answers every question, met unless said otherwise, with a comment to the first, and is done."""
    app = look(who, "calibrate", centre, session=1)
    for criterion in QUESTIONS:
        next(one for one in app.radio if str(one.key).endswith(f" {criterion}")).set_value(given.get(criterion, "met")).run()
    app.text_input[0].set_value(f"{who} heard it.").run()
    assert "not answered yet" not in words_of(app)
    press(app, "I am done")
    assert not app.exception
    return app


def test_two_people_judge_blind_and_then_see_how_far_they_agree(look: Look, fresh_centre: Centre) -> None:
    assert "Rosa Lind: not finished yet" in words_of(begun(look, fresh_centre))
    app = judged(look, fresh_centre, "reviewer")
    assert "You have finished." in "".join(info.value for info in app.info)
    other = look("idris", "calibrate", fresh_centre, session=1)
    assert "3 questions are still open" in words_of(other)
    assert [radio.value for radio in other.radio] == [None, None, None]
    assert "heard it" not in "".join(field.value or "" for field in other.text_input)
    app = judged(look, fresh_centre, "idris", apologises="not_met")
    assert "Two people gave the same answer in **67\N{NO-BREAK SPACE}%**" in words_of(app)
    questions = widget_data(app, "calibrated questions")["rows"]
    assert [row["cells"][1]["text"] for row in questions] == ["100\xa0%", "0\xa0%", "100\xa0%"]
    people = widget_data(app, "calibrated people")["rows"]
    assert [row["cells"][0]["text"] for row in people] == ["Rosa Lind", "Idris Vane"]
    assert {row["cells"][2]["text"] for row in people} == {"not enough calls to say"}
    comments = widget_data(app, "calibrated comments")["rows"]
    assert {row["cells"][3]["text"] for row in comments} == {"reviewer heard it.", "idris heard it."}


def test_an_answer_is_there_again_when_the_page_is_opened_anew(look: Look, fresh_centre: Centre) -> None:
    begun(look, fresh_centre)
    app = look("reviewer", "calibrate", fresh_centre, session=1)
    app.radio[0].set_value("does not apply").run()
    again = look("reviewer", "calibrate", fresh_centre, session=1)
    assert [radio.value for radio in again.radio] == ["does not apply", None, None]
    assert "2 questions are still open" in words_of(again)


def test_who_judges_sees_what_was_said_as_words_and_nothing_of_the_machine(look: Look, fresh_centre: Centre) -> None:
    begun(look, fresh_centre)
    app = look("reviewer", "calibrate", fresh_centre, session=1)
    shown = words_of(app)
    assert "\\<img src=x" in shown
    assert "<img" not in shown.replace("\\<img", "")
    assert all(radio.value is None for radio in app.radio)
    call = look("reviewer", "call", fresh_centre, id=fresh_centre.calls["Nadia Osei"][0])
    assert "You judge this call before the machine’s answer is in sight" in words_of(call)


def test_a_manager_closes_one_early_and_nobody_answers_afterwards(look: Look, fresh_centre: Centre) -> None:
    begun(look, fresh_centre)
    judged(look, fresh_centre, "reviewer")
    app = look("quality", "calibrate", fresh_centre, session=1)
    press(app, "Close it now")
    assert "Closed. These are the results." in words_of(app)
    assert not look("idris", "calibrate", fresh_centre, session=1).radio


def test_a_calibration_that_cannot_be_begun_says_what_it_needs(look: Look, fresh_centre: Centre) -> None:
    app = look("quality", "calibrate", fresh_centre)
    press(app, "Begin")
    assert "A calibration needs a title." in words_of(app)


def test_who_is_no_member_finds_nothing(look: Look, fresh_centre: Centre) -> None:
    begun(look, fresh_centre)
    judged(look, fresh_centre, "reviewer")
    rosa = look("reviewer", "calibrate", fresh_centre)
    assert len(widget_data(rosa, "calibrations")["rows"]) == 1
    assert "No such calibration" in words_of(look("idris", "calibrate", fresh_centre, session=2))


@pytest.mark.parametrize("who", ["coach", "nadia"])
def test_nobody_who_does_not_review_gets_there(look: Look, centre: Centre, who: str) -> None:
    with pytest.raises(ValueError, match="registered"):
        look(who, "calibrate", centre)
