"""What reviewers answer teaches a question, an administrator puts it in force and takes it out, and all of it stays told."""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import Engine, select, text

from errors import InputError, NotAllowed, StorageError
from pipeline.teach_criteria import adopt_criterion, given_to_questions, restore_criterion, teach_criterion
from pipeline.verify import verify_call
from scorecards.definition import Criterion, Rule, Scorecard, Section
from scoring.behaviours.judge import stamp
from scoring.evaluate import evaluate
from scoring.result import Verdict
from scoring.signals.model import Shown
from storage import learned_criteria, queries, review_queue, review_rules, scorecard_drafts
from storage.access import SYSTEM, Asker, Role
from storage.database import open_database, reading, transaction
from storage.learned_criteria_tables import LearnedCriterionRow
from storage.repository import active_scorecards, add_override, load_evaluations, store_scored_call
from tests.storage.build import a_scored_call

RITA = Asker(7, Role.REVIEWER, name="Rita Boyle")
MANAGER = Asker(6, Role.QUALITY_MANAGER, name="Quentin Hale")
ADA = Asker(8, Role.ADMINISTRATOR, name="Ada Lind")
SORRY = Rule("says.v1", {"phrases": ["sorry"]})


def care() -> Scorecard:
    asked = Criterion("cares", "Did the agent care?", SORRY)
    return Scorecard("care", 1, "Care", 70, (Section("all", "All", (asked,)),))


def store(engine: Engine, number: int, caring: bool, answer: Verdict | None, card: Scorecard | None = None) -> str:
    """A call in which the agent is caring or not, whatever the words are, with what Rita answered of it."""
    said = "I am sorry." if number % 3 == 0 else "Let me look."
    call = a_scored_call(f"call {number}", "customer: It never came.", f"agent: {said}", agent=f"Agent {number % 7}")
    shown = (Shown(1, "empathy", 0.9, 0, len(said)),) if caring else ()
    models = {"behaviours": stamp()["behaviours"]}
    signals = replace(call.signals, behaviours=shown, models=models)
    card = card or care()
    judged = evaluate(call.transcript, signals, card)
    with transaction(engine) as session:
        assert store_scored_call(session, replace(call, signals=signals, evaluations=((card, judged),)))
        (stored,) = load_evaluations(session, call.transcript.call_id)
        if answer is not None:
            add_override(session, RITA, stored.result_ids["cares"], answer, "I listened to it.")
    return call.transcript.call_id


@pytest.fixture
def engine(tmp_path: Path) -> Engine:
    return open_database(f"sqlite:///{tmp_path / 'attune.db'}")


@pytest.fixture(scope="module")
def answers(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Reviewers go by whether the agent cared, while the scorecard looks for a word."""
    file = tmp_path_factory.mktemp("answers") / "attune.db"
    engine = open_database(f"sqlite:///{file}")
    for number in range(48):
        store(engine, number, number % 2 == 0, Verdict.NOT_MET if number % 2 else Verdict.MET)
    engine.dispose()
    return file


@pytest.fixture
def answered(answers: Path, tmp_path: Path) -> Engine:
    """A database of its own with those answers."""
    return open_database(f"sqlite:///{shutil.copy(answers, tmp_path / 'answered.db')}")


def test_corrections_and_confirmations_are_answers_and_a_call_nobody_answered_is_none(engine: Engine) -> None:
    changed, confirmed = store(engine, 0, True, Verdict.NOT_MET), store(engine, 3, True, Verdict.MET)
    store(engine, 6, True, None)
    store(engine, 9, True, Verdict.NOT_APPLICABLE)
    (one,) = given_to_questions(engine, ADA)
    assert {answer.call_id: answer.met for answer in one.answers} == {changed: False, confirmed: True}
    assert one.question == "Did the agent care?"
    assert {answer.by for answer in one.answers} == {"Rita Boyle"}
    assert "at least 20 answers" in one.missing


def test_a_blind_answer_that_agrees_with_the_machine_is_an_answer_too(engine: Engine) -> None:
    from datetime import date

    from reviews.sampling import Rule as Drawn
    from reviews.sampling import RuleKind
    from storage.people import add_user
    from storage.review_fill import fill
    from storage.review_queue import BlindAnswer

    call_id = store(engine, 0, True, None)
    with transaction(engine) as session:
        rosa = Asker(add_user(session, "rosa@example.org", "Rosa", Role.REVIEWER, "x"), Role.REVIEWER, name="Rosa")
        review_rules.save_rule(session, SYSTEM, Drawn(RuleKind.RANDOM, since=date(2025, 3, 3), blind_share=1.0))
        fill(session, date(2025, 3, 10))
        (given,) = review_queue.assignments(session, rosa)
        (stored,) = load_evaluations(session, call_id)
        assert queries.given_answers(session, ADA) == ()
        review_queue.submit_blind(session, rosa, given.id, {stored.result_ids["cares"]: BlindAnswer(Verdict.MET)})
        (answer,) = queries.given_answers(session, ADA)
    assert (answer.call_id, answer.met, answer.by) == (call_id, True, "Rosa")


def test_a_question_that_asks_something_else_by_now_has_lost_its_answers(engine: Engine) -> None:
    store(engine, 0, True, Verdict.MET)
    card = care()
    with transaction(engine) as session:
        asked = replace(card.sections[0].criteria[0], rule=Rule("says.v1", {"phrases": ["apologies"]}))
        scorecard_drafts.put_in_force(session, ADA, replace(card, sections=(Section("all", "All", (asked,)),)), "")
        assert queries.given_answers(session, ADA) == ()


def test_a_taught_question_is_the_next_version_of_its_scorecard_and_the_way_back_is_another(answered: Engine) -> None:
    taught = teach_criterion(answered, ADA, "care", "cares")
    assert taught.learned.figures.better
    assert taught.passed_over == 0
    with reading(answered) as session:
        assert [one.in_force for one in learned_criteria.learned_criteria(session, ADA)] == [False]
        assert [card.version for card in active_scorecards(session)] == [1]
    card = adopt_criterion(answered, ADA, taught.id)
    assert (card.version, card.criterion("cares").rule.kind) == (2, "learned.v1")
    with pytest.raises(StorageError, match="already"):
        adopt_criterion(answered, ADA, taught.id)
    with reading(answered) as session:
        assert active_scorecards(session) == [card]
        (kept,) = learned_criteria.learned_criteria(session, ADA)
        event = scorecard_drafts.history(session, ADA, "care")[0]
    assert kept.in_force
    assert (event.version, event.author) == (2, "Ada Lind")
    assert f"what 48 answers taught ({kept.labels_hash[:12]})" in event.detail
    again = restore_criterion(answered, ADA, "care", "cares")
    assert (again.version, again.criterion("cares").rule) == (3, SORRY)
    with pytest.raises(StorageError, match="own rule"):
        restore_criterion(answered, ADA, "care", "cares")
    assert adopt_criterion(answered, ADA, taught.id).version == 4


def test_what_is_judged_by_a_taught_question_can_be_verified_and_answers_to_it_go_on_teaching(answered: Engine) -> None:
    taught = teach_criterion(answered, ADA, "care", "cares")
    card = adopt_criterion(answered, ADA, taught.id)
    call_id = store(answered, 102, True, Verdict.MET, card)
    with reading(answered) as session:
        (stored,) = load_evaluations(session, call_id)
        found = [one for one in verify_call(session, ADA, call_id) if one.scorecard]
    assert stored.machine.result("cares").verdict is Verdict.MET
    assert stored.machine.result("cares").judged_by == "learned.v1"
    kinds = {difference.part for one in found for difference in one.differences}
    assert kinds <= {"models"}  # the signals of this test name no other models
    (one,) = given_to_questions(answered, ADA)
    assert len(one.answers) == 49


def test_only_administrators_teach_adopt_and_restore(answered: Engine) -> None:
    taught = teach_criterion(answered, ADA, "care", "cares")
    for who in (RITA, MANAGER):
        with pytest.raises(NotAllowed):
            teach_criterion(answered, who, "care", "cares")
        with pytest.raises(NotAllowed):
            adopt_criterion(answered, who, taught.id)
        with pytest.raises(NotAllowed):
            restore_criterion(answered, who, "care", "cares")
        with pytest.raises(NotAllowed), reading(answered) as session:
            learned_criteria.learned_criteria(session, who)


def test_what_is_no_better_beyond_doubt_is_not_adopted(engine: Engine) -> None:
    for number in range(48):
        store(engine, number, number % 2 == 0, Verdict.MET if number % 3 == 0 else Verdict.NOT_MET)
    with pytest.raises(InputError, match="there are 16 and 32"):
        teach_criterion(engine, ADA, "care", "cares")
    for number in range(51, 72, 3):
        store(engine, number, number % 2 == 0, Verdict.MET)
    taught = teach_criterion(engine, ADA, "care", "cares")  # the rule says all that reviewers say already
    with pytest.raises(StorageError, match="beyond doubt"):
        adopt_criterion(engine, ADA, taught.id)


def test_what_was_taught_is_never_rewritten_and_names_its_answers(answered: Engine) -> None:
    taught = teach_criterion(answered, ADA, "care", "cares")
    assert teach_criterion(answered, ADA, "care", "cares").id == taught.id  # the same again is the same
    with reading(answered) as session:
        assert len(session.scalars(select(LearnedCriterionRow.labels)).one()) == 48
    with pytest.raises(StorageError, match="never rewritten"), transaction(answered) as session:
        session.execute(text("UPDATE learned_criteria SET author = 'x'"))


def test_a_question_that_there_is_not_is_said_so(answered: Engine) -> None:
    with pytest.raises(InputError, match="No scorecard in use asks care/kindness"):
        teach_criterion(answered, ADA, "care", "kindness")
    with pytest.raises(StorageError, match="no learned question 99"):
        adopt_criterion(answered, ADA, 99)
