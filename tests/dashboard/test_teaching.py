"""A reviewer says what a turn shows, an administrator sees what that teaches and decides, and nobody else gets there."""

import numpy as np
import pytest

from dashboard.widgets.desk import Asked
from dashboard.widgets.marks import IS, IS_NOT
from scorecards.definition import Rule
from scoring.criteria.call_looks import widths
from scoring.criteria.learned import packed
from scoring.result import Verdict
from storage import learned_criteria, queries, teaching
from storage.database import open_database, reading, transaction
from storage.repository import active_scorecards, add_override, load_evaluations
from tests.dashboard.centre import Centre
from tests.dashboard.conftest import Look, words_of
from tests.dashboard.test_who_spoke import press
from tests.pipeline.test_teach import a_learned

CALL = ("Nadia Osei", 0)


def database(centre: Centre) -> str:
    return f"sqlite:///{centre.home / 'attune.db'}"


def test_a_reviewer_marks_a_turn_and_the_mark_is_kept_with_their_name(
    look: Look, fresh_centre: Centre, monkeypatch: pytest.MonkeyPatch
) -> None:
    call_id = fresh_centre.calls[CALL[0]][CALL[1]]
    app = look("reviewer", "call", fresh_centre, id=call_id)
    with monkeypatch.context() as clicked:
        clicked.setattr("dashboard.widgets.desk.show_desk", lambda *_, **__: Asked(mark=0))
        app.run()
        press(app, "Save the mark")
        assert "Choose a behaviour" in words_of(app)
        box = next(box for box in app.selectbox if box.label == "Behaviour")
        assert "Complaint" not in box.options  # the turn is the agent's
        box.set_value("empathy")
        next(radio for radio in app.radio if radio.label == "Does it?").set_value(IS_NOT)
        press(app, "Save the mark")
    engine = open_database(database(fresh_centre))
    with reading(engine) as session:
        (label,) = queries.given_labels(session, fresh_centre.askers["administrator"])
    assert (label.turn, label.behaviour, label.present) == (0, "empathy", False)
    assert label.by == fresh_centre.askers["reviewer"].name
    assert IS != IS_NOT


def test_the_page_says_how_many_labels_there_are_and_how_many_are_missing(look: Look, fresh_centre: Centre) -> None:
    engine, call_id = open_database(database(fresh_centre)), fresh_centre.calls[CALL[0]][CALL[1]]
    assert "Nobody has said anything yet" in words_of(look("administrator", "teaching", fresh_centre))
    with transaction(engine) as session:
        teaching.mark_turn(session, fresh_centre.askers["reviewer"], call_id, 0, "empathy", True)
    words = words_of(look("administrator", "teaching", fresh_centre))
    assert "1 label" in words
    assert "at least 20 labels" in words


def test_a_better_version_is_adopted_and_taken_back_by_a_person(look: Look, fresh_centre: Centre) -> None:
    engine, ada = open_database(database(fresh_centre)), fresh_centre.askers["administrator"]
    with transaction(engine) as session:
        teaching.save_learned(session, ada, a_learned(-0.05))
        teaching.save_learned(session, ada, a_learned(0.05))
    app = look("administrator", "teaching", fresh_centre)
    assert "It cannot be adopted" in words_of(app)
    press(app, "Adopt this version")
    assert "is judged by version 2 from now on" in words_of(app)
    with reading(engine) as session:
        assert set(teaching.adopted_files(session)) == {"empathy"}
    press(app, "Go back to the judge that Attune came with")
    with reading(engine) as session:
        assert teaching.adopted_files(session) == {}


def test_a_question_is_taught_in_a_page_of_its_own_and_adopted_and_taken_back_by_a_person(
    look: Look, fresh_centre: Centre
) -> None:
    app = look("administrator", "teaching", fresh_centre)
    next(control for control in app.button_group if control.key == "teach-what").set_value("Questions about a call").run()
    assert "Nobody has answered a question yet" in words_of(app)
    engine, ada = open_database(database(fresh_centre)), fresh_centre.askers["administrator"]
    with transaction(engine) as session:
        stored = load_evaluations(session, fresh_centre.calls[CALL[0]][CALL[1]])[0]
        add_override(session, ada, next(iter(stored.result_ids.values())), Verdict.NOT_MET, "I listened to it.")
        answers = queries.given_answers(session, ada)
        card = next(one for one in active_scorecards(session) if one.id == answers[0].scorecard)
        asked = card.criterion(answers[0].criterion)
        inner = {"kind": asked.rule.kind, "with": dict(asked.rule.params)}
        taught = {"weights": packed(np.zeros(sum(widths()))), "bias": 0.1, "stands_on": "j" * 64, "labels": "l" * 64}
        rule = Rule("learned.v1", {"rule": inner, **taught})
        figures = {**a_learned(0.05).about["figures"], "open_before": 0.2, "open_after": 0.1}
        learned_criteria.save_learned_criterion(session, ada, card.id, asked.id, rule, answers[:1], figures)
    app.run()
    assert "at least 20 answers are needed that say it is met" in words_of(app)
    press(app, "Adopt this version")
    assert "Version 1 answers this question from now on" in words_of(app)
    with reading(engine) as session:
        assert next(one for one in active_scorecards(session) if one.id == card.id).criterion(asked.id).rule == rule
    press(app, "Go back to the scorecard's own rule")
    with reading(engine) as session:
        assert next(one for one in active_scorecards(session) if one.id == card.id).criterion(asked.id).rule == asked.rule


@pytest.mark.parametrize("who", ["reviewer", "coach", "nadia"])
def test_only_an_administrator_has_the_page(look: Look, centre: Centre, who: str) -> None:
    with pytest.raises(ValueError, match="registered"):
        look(who, "teaching")
