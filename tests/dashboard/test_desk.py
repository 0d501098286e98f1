"""The desk gives a reviewer what they judge with, and nobody more than they may know."""

import json
from datetime import date
from typing import Any

import pytest
from sqlalchemy import Engine

from dashboard.widgets.desk import REASONS, Asked
from reviews.queue import Assignment
from reviews.sampling import Rule, RuleKind
from scoring.result import Verdict
from storage import desk, review_queue, review_rules
from storage.access import SYSTEM
from storage.database import open_database, transaction
from storage.review_fill import fill
from storage.review_queue import BlindAnswer
from tests.dashboard.centre import Centre
from tests.dashboard.conftest import Look, widget_data, words_of


def results(data: dict[str, Any]) -> list[dict[str, Any]]:
    return [result for card in data["cards"] for section in card["sections"] for result in section["results"]]


def given_to_rosa(engine: Engine, centre: Centre, *, blind: bool) -> Assignment:
    """A call that Rosa was given to review."""
    with transaction(engine) as session:
        share = 1.0 if blind else 0.0
        review_rules.save_rule(session, SYSTEM, Rule(RuleKind.RANDOM, since=date(2026, 8, 1), number=5, blind_share=share))
        fill(session, date(2026, 8, 24))
        return review_queue.assignments(session, centre.askers["reviewer"])[0]


def test_a_reviewer_answers_and_everybody_else_reads(look: Look, centre: Centre) -> None:
    call = centre.calls["Nadia Osei"][0]
    review = widget_data(look("reviewer", "call", id=call), "desk")["review"]
    assert review["save"] == f"/desk/{call}"
    for who in ("coach", "nadia"):
        assert widget_data(look(who, "call", id=call), "desk")["review"] is None


def test_every_change_has_reasons_to_choose_from() -> None:
    assert set(REASONS) == set(Verdict) - {Verdict.UNSURE}
    assert all(1 <= len(reasons) <= 9 for reasons in REASONS.values())


def test_a_comment_for_reviewers_does_not_reach_the_agents_page(look: Look, fresh_centre: Centre) -> None:
    call = fresh_centre.calls["Nadia Osei"][0]
    engine = open_database(fresh_centre.url)
    with transaction(engine) as session:
        rosa = fresh_centre.askers["reviewer"]
        desk.comment(session, rosa, "browser-0001", call, "Well said.", turn=0, start=0.5)
        desk.comment(session, rosa, "browser-0002", call, "A hopeless case.", for_agent=False)
        desk.ask_coaching(session, rosa, "browser-0003", call, "Talk about the opening.")
    engine.dispose()
    notes = widget_data(look("nadia", "call", fresh_centre, id=call), "desk")["notes"]
    assert [one["text"] for one in notes["comments"]] == ["Well said."]
    assert notes["coaching"] == []
    coached = widget_data(look("coach", "call", fresh_centre, id=call), "desk")["notes"]
    assert [one["note"] for one in coached["coaching"]] == ["Talk about the opening."]


def test_coaching_that_was_asked_for_stands_before_the_coach_until_they_have_seen_to_it(
    look: Look, fresh_centre: Centre
) -> None:
    engine = open_database(fresh_centre.url)
    with transaction(engine) as session:
        rosa, call = fresh_centre.askers["reviewer"], fresh_centre.calls["Nadia Osei"][0]
        desk.ask_coaching(session, rosa, "browser-0001", call, "Talk about the opening.")
    engine.dispose()
    overview = look("coach", "overview", fresh_centre)
    assert "Talk about the opening." in words_of(overview)
    next(button for button in overview.button if button.label == "Seen to").click().run()
    assert "Talk about the opening." not in words_of(overview)


def test_a_blind_page_holds_nothing_of_the_machines(look: Look, fresh_centre: Centre) -> None:
    engine = open_database(fresh_centre.url)
    given = given_to_rosa(engine, fresh_centre, blind=True)
    engine.dispose()
    app = look("reviewer", "call", fresh_centre, id=given.call_id)
    data = widget_data(app, "desk")
    assert data["review"]["blind"]
    assert data["review"]["assignment"]["why"] == given.why
    assert {key: value for result in results(data) for key, value in result.items() if key in ("verdict", "answer")} == {
        "verdict": None,
        "answer": None,
    }
    cards = json.dumps(data["cards"])
    for machines in ("evidence", "probability", "history", "machine", "total", "searched", "fails"):
        assert f'"{machines}"' not in cards
    assert "valence" not in json.dumps(data)
    assert "Sentiment" not in [tab.label for tab in app.tabs]
    someone_elses = widget_data(look("idris", "call", fresh_centre, id=given.call_id), "desk")
    assert results(someone_elses)[0]["verdict"] is not None


def test_a_finished_blind_review_shows_what_the_machine_had_said(
    look: Look, fresh_centre: Centre, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = open_database(fresh_centre.url)
    given, rosa = given_to_rosa(engine, fresh_centre, blind=True), fresh_centre.askers["reviewer"]
    with transaction(engine) as session:
        for card in review_queue.blind_cards(session, rosa, given.id):
            for result in card.result_ids.values():
                review_queue.answer_blind(session, rosa, given.id, result, BlindAnswer(Verdict.MET))
    engine.dispose()
    app = look("reviewer", "call", fresh_centre, id=given.call_id)
    with monkeypatch.context() as clicked:
        # AppTest cannot click inside a widget of ours; this stands for the click on "Finish".
        clicked.setattr("dashboard.widgets.desk.show_desk", lambda *_, **__: Asked(finish=given.id))
        app.run()
    app = look("reviewer", "call", fresh_centre, id=given.call_id)
    data = widget_data(app, "desk")
    assert not data["review"]["blind"]
    assert all(result["judged_blind"]["verdict"] == "met" and "machine" in result for result in results(data))


def test_finishing_too_early_says_what_is_missing(look: Look, fresh_centre: Centre, monkeypatch: pytest.MonkeyPatch) -> None:
    engine = open_database(fresh_centre.url)
    given = given_to_rosa(engine, fresh_centre, blind=True)
    engine.dispose()
    app = look("reviewer", "call", fresh_centre, id=given.call_id)
    monkeypatch.setattr("dashboard.widgets.desk.show_desk", lambda *_, **__: Asked(finish=given.id))
    app.run()
    assert "not answered yet" in words_of(app)


def test_finish_and_next_opens_the_next_call(look: Look, fresh_centre: Centre, monkeypatch: pytest.MonkeyPatch) -> None:
    engine = open_database(fresh_centre.url)
    given, rosa = given_to_rosa(engine, fresh_centre, blind=False), fresh_centre.askers["reviewer"]
    app = look("reviewer", "call", fresh_centre, id=given.call_id)
    monkeypatch.setattr(
        "dashboard.widgets.desk.show_desk",
        lambda _, details, *__, **___: Asked(finish=given.id, onwards=True) if details.call_id == given.call_id else Asked(),
    )
    app.run()
    with transaction(engine) as session:
        following = review_queue.assignments(session, rosa)
    engine.dispose()
    assert given.call_id not in {one.call_id for one in following}
    assert app.query_params["id"] == following[0].call_id
