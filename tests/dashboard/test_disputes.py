"""An agent says what they think of a score, somebody else decides, and the agent reads the decision on their page."""

from dataclasses import replace

import pytest
from sqlalchemy import Engine
from streamlit.testing.v1 import AppTest

from dashboard.widgets.dispute import DISPUTE, READ, TAKE_BACK, outcome_words
from errors import StorageError
from pipeline.dispute import raise_dispute
from reviews.disputes import DisputeState
from scorecards.answers import Answer
from scorecards.load import parse_scorecard
from scoring.evaluate import evaluate
from scoring.result import Verdict
from storage import dispute_lists, repository
from storage.database import open_database, reading, transaction
from storage.dispute_lists import Dispute
from tests.dashboard.centre import PICTURE, Centre
from tests.dashboard.conftest import Look, widget_data, words_of
from tests.dashboard.test_who_spoke import labels, press
from tests.scorecards.card import EVERYTHING

SAID = "I said sorry before the recording began."


def engine_of(centre: Centre) -> Engine:
    return open_database(f"sqlite:///{centre.home / 'attune.db'}")


def answer_id(centre: Centre, criterion: str = "apologises", call: int = 0) -> int:
    with reading(engine_of(centre)) as session:
        for stored in repository.load_evaluations(session, centre.calls["Nadia Osei"][call]):
            if criterion in stored.result_ids:
                return stored.result_ids[criterion]
    raise AssertionError(criterion)


def disputed(centre: Centre, reason: str = SAID, call: int = 0) -> Dispute:
    """Nadia has disputed an answer, which went to Mira, the quality manager."""
    engine, nadia = engine_of(centre), centre.askers["nadia"]
    dispute_id = raise_dispute(engine, nadia, answer_id(centre, call=call), reason)
    with reading(engine) as session:
        found = dispute_lists.find_dispute(session, centre.askers["quality"], dispute_id)
    assert found is not None
    assert found.given_to == "Mira Holt"
    return found


def fill(app: AppTest, label: str, words: str) -> None:
    next(area for area in app.text_area if area.label == label).set_value(words)


def test_an_agent_says_that_they_have_read_a_call(look: Look, fresh_centre: Centre) -> None:
    call_id = fresh_centre.calls["Nadia Osei"][0]
    app = look("nadia", "call", fresh_centre, id=call_id)
    press(app, READ)
    fill(app, "Anything to say to it?", "Fair enough.")
    press(app, READ, "Save")
    assert "Saved: you have read this." in words_of(app)
    assert READ not in labels(app)
    words = words_of(look("coach", "call", fresh_centre, id=call_id))
    assert "Nadia Osei has read Manners" in words
    assert "“Fair enough.”" in words


def test_an_agent_disputes_an_answer_of_a_call_of_theirs(look: Look, fresh_centre: Centre) -> None:
    app = look("nadia", "call", fresh_centre, id=fresh_centre.calls["Nadia Osei"][0])
    press(app, DISPUTE)
    assert "You can dispute 5 more answers this month." in words_of(app)
    press(app, DISPUTE, "Send the dispute")
    assert "Choose an answer, and say in a few words" in words_of(app)
    (box,) = app.selectbox
    assert not any("notes agree" in option for option in box.options)  # nobody has decided that one yet
    box.set_value(answer_id(fresh_centre))
    fill(app, "What is wrong about it?", SAID)
    press(app, DISPUTE, "Send the dispute")
    words = words_of(app)
    assert "Sent. It waits for a decision." in words
    assert "Manners: **Did the agent apologise?**" in words
    assert "Mira" not in words


def test_who_may_decide_does_so_and_the_agent_reads_it_on_their_page(look: Look, fresh_centre: Centre) -> None:
    dispute = disputed(fresh_centre)
    app = look("quality", "disputes", fresh_centre)
    (row,) = widget_data(app, "disputes waiting")["rows"]
    assert row["href"] == f"/disputes?dispute={dispute.id}"
    app = look("quality", "disputes", fresh_centre, dispute=dispute.id)
    assert SAID in words_of(app)
    assert "The answer now: Not met" in words_of(app)
    press(app, "Decide")
    assert "Choose what becomes of the answer" in words_of(app)
    next(radio for radio in app.radio if radio.label == "The answer").set_value("met")
    fill(app, "Why?", "The note of the call says so.")
    press(app, "Decide")
    assert "Decided. The answer was Not met and is now Met; the total went from 50 to 100." in words_of(app)
    told = words_of(look("nadia", "", fresh_centre))
    assert "by Mira Holt: The answer was Not met and is now Met; the total went from 50 to 100." in told
    assert "“The note of the call says so.”" in told
    call = look("nadia", "call", fresh_centre, id=dispute.call_id)
    assert "by Mira Holt: The answer was Not met" in words_of(call)


def test_an_agent_takes_a_dispute_back_until_it_is_decided(look: Look, fresh_centre: Centre) -> None:
    dispute = disputed(fresh_centre)
    app = look("nadia", "call", fresh_centre, id=dispute.call_id)
    press(app, TAKE_BACK)
    assert "It was taken back before anybody decided." in words_of(app)
    assert TAKE_BACK not in labels(app)
    assert "What you disputed" not in words_of(look("nadia", "", fresh_centre))


def test_a_dispute_that_nobody_can_decide_is_said_to_managers(look: Look, fresh_centre: Centre) -> None:
    engine, result_id = engine_of(fresh_centre), answer_id(fresh_centre)
    with transaction(engine) as session:
        for who, verdict in (("quality", Verdict.PARTLY), ("administrator", Verdict.NOT_MET)):
            repository.add_override(session, fresh_centre.askers[who], result_id, verdict, "I listened.")
    dispute_id = raise_dispute(engine, fresh_centre.askers["nadia"], result_id, SAID)
    app = look("quality", "disputes", fresh_centre, show="Open")
    assert "Nobody can decide 1 dispute" in words_of(app)
    assert "Nobody can decide it" in str(widget_data(app, "disputes open"))
    app = look("administrator", "disputes", fresh_centre, dispute=dispute_id)
    assert "Mira Holt answered this question. " in words_of(app)
    assert "Decide" not in labels(app)
    assert "Nobody can decide" not in words_of(look("coach", "disputes", fresh_centre))


def test_a_manager_gives_a_dispute_to_somebody_else(look: Look, fresh_centre: Centre) -> None:
    dispute = disputed(fresh_centre)
    app = look("quality", "disputes", fresh_centre, dispute=dispute.id)
    press(app, "Give")
    assert "Given to Ada Winter." in words_of(app)
    app = look("administrator", "disputes", fresh_centre)
    assert [row["id"] for row in widget_data(app, "disputes waiting")["rows"]] == [str(dispute.id)]


def test_a_coach_reads_along_and_a_reviewer_sees_what_was_given_to_them(look: Look, fresh_centre: Centre) -> None:
    dispute = disputed(fresh_centre)
    app = look("coach", "disputes", fresh_centre, dispute=dispute.id)
    assert "You read along" in words_of(app)
    assert not {"Decide", "Give"} & labels(app)
    for view in ({}, {"dispute": dispute.id}):
        app = look("reviewer", "disputes", fresh_centre, **view)
        assert not app.exception
        assert "Nadia" not in str(app.get("bidi_component")) + words_of(app).replace("Rosa", "")
    assert "No such dispute" in words_of(app)


def test_an_agent_has_no_page_of_disputes_and_says_nothing_about_others(look: Look, centre: Centre) -> None:
    with pytest.raises(ValueError, match="registered"):
        look("nadia", "disputes")
    assert not {READ, DISPUTE} & labels(look("coach", "call", id=centre.calls["Nadia Osei"][0]))


def test_what_an_agent_writes_stays_words(look: Look, fresh_centre: Centre) -> None:
    dispute = disputed(fresh_centre, reason=f"{PICTURE} <b>bold</b>")
    for who, view, address in (
        ("quality", "disputes", {"dispute": dispute.id}),
        ("quality", "call", {"id": dispute.call_id}),
        ("nadia", "call", {"id": dispute.call_id}),
    ):
        words = words_of(look(who, view, fresh_centre, **address))
        assert PICTURE not in words
        assert "<b>bold" not in words
        assert r"!\[\]" in words


def test_the_report_gives_no_rate_from_a_single_dispute(look: Look, fresh_centre: Centre) -> None:
    disputed(fresh_centre)
    app = look("quality", "disputes", fresh_centre)
    (row,) = widget_data(app, "report question")["rows"]
    assert row["cells"][0] == {"text": "Did the agent apologise?", "below": "Manners"}
    assert row["cells"][6]["text"] == "too few to say"
    assert widget_data(app, "report reviewer")["rows"][0]["cells"][0]["text"] == "The machine"
    with pytest.raises(AssertionError):
        widget_data(look("coach", "disputes", fresh_centre), "report question")


@pytest.mark.parametrize("nonsense", ["²", "-1", "9" * 40, "x", "77"])
def test_a_dispute_that_is_none_harms_nothing(look: Look, centre: Centre, nonsense: str) -> None:
    assert not look("quality", "disputes", dispute=nonsense).exception


def test_words_for_what_became_of_a_dispute(fresh_centre: Centre) -> None:
    dispute = disputed(fresh_centre)
    upheld = replace(dispute, state=DisputeState.UPHELD, answer_after=Verdict.MET, total_before=40.2, total_after=39.9)
    assert outcome_words(upheld) == "The answer was Not met and is now Met; the total stays at 40."
    unasked = replace(upheld, total_before=None, total_after=None)
    assert "no total changes" in outcome_words(unasked)
    assert outcome_words(replace(dispute, state=DisputeState.KEPT, answer_after=Verdict.NOT_MET)) == (
        "The answer stays: Not met."
    )


REPAIRS = parse_scorecard(EVERYTHING)


def disputed_answer_of_another_kind(centre: Centre, criterion: str, held: Answer) -> Dispute:
    """Rosa gave this answer to a question that is not answered with yes or no, and Nadia disputed it."""
    engine, call_id = engine_of(centre), centre.calls["Nadia Osei"][0]
    with transaction(engine) as session:
        transcript = repository.load_transcript(session, call_id)
        judged = evaluate(transcript, repository.load_signals(session, call_id), REPAIRS)
        repository.add_evaluation(session, REPAIRS, judged)
    result_id = answer_id(centre, criterion)
    with transaction(engine) as session:
        repository.add_override(session, centre.askers["reviewer"], result_id, None, "So I heard it.", held)
    dispute_id = raise_dispute(engine, centre.askers["nadia"], result_id, SAID)
    with reading(engine) as session:
        found = dispute_lists.find_dispute(session, centre.askers["quality"], dispute_id)
    assert found is not None
    return found


def test_a_dispute_of_an_answer_on_a_scale_is_decided_by_any_of_its_steps(look: Look, fresh_centre: Centre) -> None:
    dispute = disputed_answer_of_another_kind(fresh_centre, "tone", "1")
    app = look("quality", "disputes", fresh_centre, dispute=dispute.id)
    assert "The answer now: Cold" in words_of(app)
    radio = next(radio for radio in app.radio if radio.label == "The answer")
    assert radio.options == ["It stays: Cold", "It becomes: 2", "It becomes: Warm", "It becomes: Does not apply"]
    radio.set_value("option 3")
    fill(app, "Why?", "It was kind.")
    press(app, "Decide")
    assert "Decided. The answer was Cold and is now Warm;" in words_of(app)
    call = look("nadia", "call", fresh_centre, id=dispute.call_id)
    assert "The answer was Cold and is now Warm" in words_of(call)


def test_a_dispute_of_a_number_is_decided_by_another_number(look: Look, fresh_centre: Centre) -> None:
    dispute = disputed_answer_of_another_kind(fresh_centre, "length", 30)
    app = look("quality", "disputes", fresh_centre, dispute=dispute.id)
    next(radio for radio in app.radio if radio.label == "The answer").set_value("other")
    fill(app, "Why?", "I counted again.")
    press(app, "Decide")
    assert "Choose what becomes of the answer" in words_of(app)
    next(box for box in app.number_input if box.label == "The number").set_value(4.0)
    press(app, "Decide")
    assert "Decided. The answer was 30" in words_of(app)
    with reading(engine_of(fresh_centre)) as session:
        (stored,) = [one for one in repository.load_evaluations(session, dispute.call_id) if one.scorecard.id == REPAIRS.id]
    assert stored.current.result("length").answer == 4


def test_a_dispute_of_several_answers_is_decided_by_those_that_were_ticked(look: Look, fresh_centre: Centre) -> None:
    dispute = disputed_answer_of_another_kind(fresh_centre, "said", ("slang",))
    app = look("quality", "disputes", fresh_centre, dispute=dispute.id)
    next(radio for radio in app.radio if radio.label == "The answer").set_value("other")
    next(box for box in app.multiselect if box.label == "These").set_value(["name", "price"])
    fill(app, "Why?", "Both were said.")
    press(app, "Decide")
    assert "Decided. The answer was Slang and is now Name, Price;" in words_of(app)


def test_a_question_that_is_not_asked_has_no_answer_to_dispute(look: Look, fresh_centre: Centre) -> None:
    disputed_answer_of_another_kind(fresh_centre, "complained", "not_met")
    app = look("nadia", "call", fresh_centre, id=fresh_centre.calls["Nadia Osei"][0])
    press(app, DISPUTE)
    (box,) = app.selectbox
    assert not any(REPAIRS.criterion("remedy").question in option for option in box.options)
    with pytest.raises(StorageError, match="not asked here, so that there is no answer to dispute"):
        raise_dispute(engine_of(fresh_centre), fresh_centre.askers["nadia"], answer_id(fresh_centre, "remedy"), SAID)
