"""What people say of turns teaches a judge, an administrator decides whether it counts, and nothing of that is rewritten."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import Engine, text

from errors import InputError, NotAllowed, StorageError
from pipeline.adopted import adopted_here, adopted_judges, judges_named
from pipeline.listen import Listening
from pipeline.score import Scored, score_files
from pipeline.teach import adopt, given, labels_of, mark, restore, teach
from scorecards.definition import Criterion, Rule, Scorecard, Section
from scoring.agreement import Agreement
from scoring.behaviours.judge import POOLED, load_judge, stamp
from scoring.behaviours.learned import Learned
from scoring.behaviours.looks import PLACES, RELATION
from scoring.learn import Figures
from scoring.result import Evidence, Verdict
from scoring.signals import measure
from scoring.signals.shown import LEARNED
from storage import queries, teaching
from storage.access import SYSTEM, Asker, Role
from storage.database import open_database, reading, transaction
from storage.repository import add_override, load_evaluations, store_scored_call
from tests.storage.build import a_scored_call, an_evaluation

RITA = Asker(7, Role.REVIEWER, name="Rita Boyle")
ADA = Asker(8, Role.ADMINISTRATOR, name="Ada Lind")
COACH = Asker(9, Role.COACH, team_ids=frozenset({1}))


@pytest.fixture
def engine(tmp_path: Path) -> Engine:
    return open_database(f"sqlite:///{tmp_path / 'attune.db'}")


def store(engine: Engine, name: str, *turns: str, **more: object) -> str:
    call = a_scored_call(name, *turns, **more)  # type: ignore[arg-type]
    with transaction(engine) as session:
        assert store_scored_call(session, call)
    return call.transcript.call_id


def a_learned(gain: float, judge: str = "j" * 64) -> Learned:
    """A judge as it would be kept, with that gain at the low end of its interval."""
    kappa = Agreement(0.5, 0.4, 0.6, 100)
    figures = Figures(100, 40, 10, kappa, kappa, Agreement(gain + 0.1, gain, gain + 0.2, 100), 0.02, (), None)
    dense = np.zeros(30 + len(RELATION) + POOLED, np.float32)
    about = {"figures": figures.to_dict()}
    return Learned("empathy", dense, np.zeros(2 * PLACES, np.float16), gain, 1.0, 0.0, 0.5, judge, "l" * 64, about)


def keep(engine: Engine, learned: Learned) -> int:
    with transaction(engine) as session:
        return teaching.save_learned(session, ADA, learned)


def test_a_mark_is_a_label_with_the_turns_before_it_and_the_last_word_on_a_turn_counts(engine: Engine) -> None:
    call = store(engine, "one", "customer: It broke.", "agent: That must be annoying.")
    mark(engine, RITA, call, 1, "empathy", False)
    mark(engine, ADA, call, 1, "empathy", True)
    ((one,),) = [each.labels for each in given(engine, ADA)]
    assert (one.present, one.by, one.marked, one.turn) == (True, "Ada Lind", True, 1)
    assert (one.heard.said.text, one.heard.before[0].text) == ("That must be annoying.", "It broke.")


def test_only_reviewers_and_administrators_mark_and_only_what_there_is(engine: Engine) -> None:
    call = store(engine, "one", "agent: Hello")
    with pytest.raises(NotAllowed):
        mark(engine, COACH, call, 0, "empathy", True)
    with pytest.raises(InputError, match="no behaviour 'sympathy'"):
        mark(engine, RITA, call, 0, "sympathy", True)
    with pytest.raises(StorageError, match="no turn 6"):
        mark(engine, RITA, call, 5, "empathy", True)


def test_marks_judges_and_adoptions_cannot_be_rewritten(engine: Engine) -> None:
    mark(engine, RITA, store(engine, "one", "agent: Hello"), 0, "empathy", True)
    adopt(engine, ADA, keep(engine, a_learned(0.05)))
    for change in (
        "UPDATE turn_marks SET present = false",
        "UPDATE learned_judges SET hash = 'x'",
        "UPDATE adoptions SET author = 'x'",
    ):
        with pytest.raises(StorageError, match="never rewritten"), transaction(engine) as session:
            session.execute(text(change))


def shows_care() -> Scorecard:
    asked = Criterion("cares", "Did the agent show empathy?", Rule("shows.v1", {"behaviour": "empathy"}))
    return Scorecard("care", 1, "Care", 70, (Section("all", "All", (asked,)),))


@pytest.mark.parametrize(("machine", "after", "present"), [("met", "not_met", False), ("not_met", "met", True)])
def test_a_correction_of_a_verdict_on_a_behaviour_says_what_the_turn_behind_it_shows(
    engine: Engine, machine: str, after: str, present: bool
) -> None:
    card = shows_care()
    call = a_scored_call("one", "customer: It broke.", "agent: Right.", scorecards=(card,))
    evaluation = an_evaluation(call.transcript, card, cares=machine)
    (result,) = evaluation.results
    judged = replace(result, judged_by="shows.v1", evidence=(Evidence("It shows it.", 1, None, None, "Right."),))
    call = replace(call, evaluations=((card, replace(evaluation, results=(judged,))),))
    with transaction(engine) as session:
        assert store_scored_call(session, call)
        (stored,) = load_evaluations(session, call.transcript.call_id)
        add_override(session, RITA, stored.result_ids["cares"], Verdict(after), "Listen to it.")
        (label,) = queries.given_labels(session, ADA)
    assert (label.behaviour, label.turn, label.present, label.marked) == ("empathy", 1, present, False)


def test_calls_of_one_agent_are_kept_together_where_enough_agents_are_known(engine: Engine) -> None:
    for number in range(6):
        for call in ("a", "b"):
            mark(engine, RITA, store(engine, f"{call}{number}", "agent: Hello", agent=f"Agent {number}"), 0, "empathy", True)
    (one,) = given(engine, ADA)
    assert {label.group for label in labels_of(one.labels)} == {f"Agent {number}" for number in range(6)}
    assert (one.calls, one.present) == (12, 12)
    assert "at least 20 labels" in one.missing


def test_a_judge_is_adopted_only_where_it_is_better_beyond_doubt_and_the_shipped_one_comes_back(engine: Engine) -> None:
    worse, better = keep(engine, a_learned(-0.01)), keep(engine, a_learned(0.02))
    with pytest.raises(StorageError, match="not better than the shipped one beyond doubt"):
        adopt(engine, ADA, worse)
    with pytest.raises(NotAllowed):
        adopt(engine, RITA, better)
    adopt(engine, ADA, better)
    with reading(engine) as session:
        assert set(teaching.adopted_files(session)) == {"empathy"}
        assert [one.in_force for one in teaching.learned_versions(session, ADA)] == [True, False]
    restore(engine, ADA, "empathy")
    with reading(engine) as session:
        assert teaching.adopted_files(session) == {}
        said = [(one.author, one.learned is None) for one in teaching.adoptions(session, ADA)]
    assert said == [("Ada Lind", True), ("Ada Lind", False)]
    with pytest.raises(StorageError, match="shipped judge of empathy is in force"):
        restore(engine, ADA, "empathy")


def test_what_is_judged_after_an_adoption_is_stamped_with_it_and_the_stamp_finds_the_judge_again(engine: Engine) -> None:
    width = len(load_judge().outputs) + len(RELATION) + POOLED
    learned = replace(a_learned(0.05, stamp()["behaviours"]), dense=np.zeros(width, np.float32), bias=8.0)
    adopt(engine, ADA, keep(engine, learned))
    transcript = a_scored_call("one", "customer: Hello", "agent: The lorry is blue.").transcript
    signals = measure(transcript, adopted_judges(engine))
    assert signals.models[f"{LEARNED}empathy"] == learned.stamp
    assert [one.turn for one in signals.behaviours if one.behaviour == "empathy" and one.probability > 0.9] == [1]
    with reading(engine) as session:
        (found,) = judges_named(session, signals.models)
    assert found.stamp == learned.stamp


def test_a_call_that_is_scored_without_storing_it_is_judged_by_what_was_adopted(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'centre' / 'attune.db'}"
    assert adopted_here(url) == ()
    assert not (tmp_path / "centre").exists()  # asking makes no database
    width = len(load_judge().outputs) + len(RELATION) + POOLED
    learned = replace(a_learned(0.05, stamp()["behaviours"]), dense=np.zeros(width, np.float32), bias=8.0)
    engine = open_database(url)
    adopt(engine, ADA, keep(engine, learned))
    chat = tmp_path / "chat.json"
    turns = [{"speaker": "agent", "text": "The lorry is blue."}]
    chat.write_text(json.dumps({"file": "chat", "duration_seconds": 0, "language": "en", "turns": turns}))
    (scored,) = score_files([chat], ["empathy"], Listening("faster-whisper", "base", "en", 0, 1), adopted_here(url))
    assert isinstance(scored, Scored)
    ((_, evaluation),) = scored.conversations[0].evaluations
    assert evaluation.stamp.models[f"{LEARNED}empathy"] == learned.stamp


def test_a_judge_on_top_of_another_version_is_passed_over(engine: Engine, caplog: pytest.LogCaptureFixture) -> None:
    adopt(engine, ADA, keep(engine, a_learned(0.05, "0" * 64)))
    assert adopted_judges(engine) == ()
    assert "the shipped one is asked" in caplog.text


def test_teaching_from_reviews_keeps_the_judge_and_adopts_nothing(engine: Engine) -> None:
    for number in range(6):
        turns = [f"agent: Right then, on to item {number} of the {thing}." for thing in ("lamp", "sofa", "desk", "chair")]
        others = [f"agent: Where is the {thing} number {number}?" for thing in ("lamp", "sofa", "desk", "chair")]
        call = store(engine, f"call {number}", *turns, *others, agent=f"Agent {number}")
        for turn in range(8):
            mark(engine, RITA, call, turn, "question", turn < 4)
    with pytest.raises(NotAllowed):
        teach(engine, RITA, "question")
    learned = teach(engine, ADA, "question")
    (one,) = given(engine, ADA)
    with reading(engine) as session:
        (version,) = teaching.learned_versions(session, SYSTEM)
        assert teaching.adopted_files(session) == {}
    assert (version.hash, version.labels_hash) == (learned.stamp, one.hash)
    assert not version.in_force
    assert learned.about["calls"] == 6
