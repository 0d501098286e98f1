"""A reviewer's day begins with what is theirs and why; a manager sees and settles everybody's; nobody else gets there."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine, select

from reviews.sampling import EVERY_CARD, Period, Rule, RuleKind
from scoring.result import Verdict
from storage import review_queue, review_rules
from storage.access import SYSTEM, Role
from storage.database import open_database, reading, transaction
from storage.people import add_user
from storage.review_fill import fill
from storage.review_queue import BlindAnswer
from storage.tables import CallRow
from tests.dashboard.centre import Centre
from tests.dashboard.conftest import Look, widget_data, words_of
from tests.dashboard.test_who_spoke import press

SCORES = "Scores, as if all were reviewed"
TODAY = datetime.now(UTC).date()


@pytest.fixture
def engine(fresh_centre: Centre) -> Iterator[Engine]:
    opened = open_database(fresh_centre.url)
    yield opened
    opened.dispose()


def _with_work(engine: Engine, centre: Centre, blind_share: float = 0.0) -> None:
    """Everything that happened in the last month drawn for review by everybody's scorecards."""
    with transaction(engine) as session:
        latest = session.scalars(select(CallRow.started_at).order_by(CallRow.started_at.desc())).first()
        assert latest is not None
        day = latest.date() + timedelta(days=1)
        rule = Rule(RuleKind.RANDOM, EVERY_CARD, number=3, period=Period.DAY, blind_share=blind_share)
        review_rules.save_rule(session, SYSTEM, rule)
        assert fill(session, day).given
        fill(session, TODAY)  # the page has nothing more to do today


def test_a_reviewer_begins_with_what_is_theirs_and_reads_why(look: Look, fresh_centre: Centre, engine: Engine) -> None:
    _with_work(engine, fresh_centre)
    app = look("reviewer", "", fresh_centre)
    assert not app.exception
    assert [title.value for title in app.title] == ["To review"]
    rows = widget_data(app, "my reviews")["rows"]
    with reading(engine) as session:
        own = review_queue.assignments(session, fresh_centre.askers["reviewer"])
    assert len(rows) == len(own) > 0
    assert rows[0]["cells"][-1]["text"] == own[0].why
    assert "Open the next call" in [button.label for button in app.button]


def test_a_desk_without_rules_says_who_makes_them(look: Look, fresh_centre: Centre) -> None:
    app = look("reviewer", "queue", fresh_centre)
    assert "A quality manager says by which rules calls come here." in words_of(app)


def test_a_manager_starts_with_the_usual_rules_and_fills_the_queue(look: Look, fresh_centre: Centre, engine: Engine) -> None:
    app = look("administrator", "queue", fresh_centre, **{"queue-show": "Rules"})
    assert not app.exception
    press(app, "Start with the usual rules")
    with reading(engine) as session:
        kinds = [each.rule.kind for each in review_rules.rules(session, SYSTEM)]
    assert kinds == [RuleKind.RANDOM, RuleKind.FAILURE, RuleKind.UNSURE, RuleKind.SENTIMENT]
    press(app, "Fill the queue now")
    assert not app.exception
    assert "Drew from" in words_of(app)


def test_a_manager_changes_a_rule_and_the_change_is_a_new_version(look: Look, fresh_centre: Centre, engine: Engine) -> None:
    with transaction(engine) as session:
        key = review_rules.save_rule(session, SYSTEM, Rule(RuleKind.FAILURE))
    app = look("administrator", "queue", fresh_centre, **{"queue-show": "Rules"})
    app.number_input(key=f"share {key}").set_value(50)
    press(app, "Save")
    with reading(engine) as session:
        (stored,) = review_rules.rules(session, SYSTEM)
    assert (stored.key, stored.rule.share) == (key, 0.5)
    assert "Each has a chance of 1 in 2" in words_of(app)


def test_a_manager_says_how_many_calls_somebody_reviews_a_day(look: Look, fresh_centre: Centre, engine: Engine) -> None:
    reviewer = fresh_centre.askers["reviewer"]
    app = look("administrator", "queue", fresh_centre, **{"queue-show": "Reviewers"})
    app.number_input(key=f"quota {reviewer.user_id}").set_value(7)
    press(app, "Save")
    with reading(engine) as session:
        assert review_queue.quotas(session)[reviewer.user_id] == 7


def test_a_manager_hands_work_over(
    look: Look, fresh_centre: Centre, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    _with_work(engine, fresh_centre)
    with transaction(engine) as session:
        other = add_user(session, "tim@example.org", "Tim Hale", Role.REVIEWER, "x")
        first = review_queue.assignments(session, SYSTEM)[0]
    app = look("administrator", "queue", fresh_centre)
    with monkeypatch.context() as clicked:
        clicked.setattr("dashboard.widgets.table.show_table", lambda *_: str(first.id))
        app.run()
        next(box for box in app.selectbox if box.label == "Hand it over to").set_value("Tim Hale")
        next(box for box in app.text_input if box.label == "Why?").set_value("Away until Thursday")
        press(app, "Hand over")
    with reading(engine) as session:
        (now,) = review_queue.assignments(session, SYSTEM, reviewer_id=other)
    assert now.call_id == first.call_id


def test_samples_are_listed_with_their_seed_and_drawn_again(
    look: Look, fresh_centre: Centre, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    _with_work(engine, fresh_centre)
    app = look("administrator", "queue", fresh_centre, **{"queue-show": "Samples drawn"})
    with reading(engine) as session:
        draws = review_rules.draws(session, SYSTEM)
    assert widget_data(app, "draws")["rows"][0]["cells"][-1]["text"] == draws[0].seed
    with monkeypatch.context() as clicked:
        clicked.setattr("dashboard.widgets.table.show_table", lambda *_: str(draws[0].id))
        app.run()
    assert "the same calls come out" in words_of(app)


@pytest.mark.parametrize("who", ["coach", "nadia"])
@pytest.mark.parametrize("view", ["queue", "machine"])
def test_nobody_else_gets_there(look: Look, who: str, view: str) -> None:
    with pytest.raises(ValueError, match="registered"):
        look(who, view)


def test_how_right_the_machine_is_says_first_that_it_is_not_known_and_then_how_sure(
    look: Look, fresh_centre: Centre, engine: Engine
) -> None:
    _with_work(engine, fresh_centre, blind_share=1.0)
    assert "Not known yet" in words_of(look("reviewer", "machine", fresh_centre))
    reviewer = fresh_centre.askers["reviewer"]
    with transaction(engine) as session:
        first = review_queue.assignments(session, reviewer)[0]
        for card in review_queue.blind_cards(session, reviewer, first.id):
            for criterion, result_id in card.result_ids.items():
                assert criterion
                review_queue.answer_blind(session, reviewer, first.id, result_id, BlindAnswer(Verdict.NOT_APPLICABLE))
        review_queue.finish_blind(session, reviewer, first.id)
    app = look("reviewer", "machine", fresh_centre)
    assert not app.exception
    rows = widget_data(app, "machine right")["rows"]
    assert rows[0]["cells"][2]["text"] == "1"
    assert "not enough yet" in rows[0]["cells"][1]["below"]


def test_scores_as_if_all_were_reviewed_name_their_doubt(look: Look, fresh_centre: Centre, engine: Engine) -> None:
    _with_work(engine, fresh_centre)
    reviewer = fresh_centre.askers["reviewer"]
    with transaction(engine) as session:
        for one in review_queue.assignments(session, reviewer):
            review_queue.finish(session, reviewer, one.id)
    app = look("reviewer", "machine", fresh_centre, span="The last year", **{"right-show": SCORES})
    assert not app.exception
    assert widget_data(app, "reviewed scores")["rows"]
