"""The shipped judge is the one that was taught from this corpus, and answers plainly where people would."""

import shutil
from pathlib import Path

import numpy as np
import pytest

from errors import ModelError
from scoring.behaviours.corpus import Said, corpus_hash, dialogues_hash
from scoring.behaviours.judge import FOLDER, LAYERS, load_judge, read_about, read_judge, stamp, stamp_of
from scoring.behaviours.turns import Heard
from transcripts.model import Speaker


def agent(text: str, *before: str) -> Heard:
    return Heard(Said(Speaker.AGENT, text), tuple(Said(Speaker.CUSTOMER, said) for said in before))


def customer(text: str) -> Heard:
    return Heard(Said(Speaker.CUSTOMER, text))


def probability(turn: Heard, name: str) -> float:
    answers = load_judge().answers([turn])
    return float(answers.probability[0, answers.outputs.index(name)])


def test_it_was_taught_from_the_corpus_as_it_stands() -> None:
    assert read_about(FOLDER)["corpus"] == corpus_hash(), "teach it again: python -m scoring.behaviours"
    assert read_about(FOLDER)["dialogues"] == dialogues_hash(), "teach it again: python -m scoring.behaviours --feelings"


@pytest.mark.parametrize(
    ("turn", "name"),
    [
        (agent("I'm so sorry, that was our mistake and it should never have happened."), "apology"),
        (
            agent(
                "So you've been carrying all of this by yourself.", "I do the nights, I do the days, there's nobody else."
            ),
            "reflection",
        ),
        (agent("What would you like to see happen?", "I'm fed up with it."), "open_question"),
        (agent("Is there anything else I can help you with today?"), "asks_anything_else"),
        (agent("Please note that this call is being recorded for training purposes."), "announces_recording"),
        (agent("Well that's hardly our fault, you should have read the letter."), "blames_customer"),
        (customer("This is the fourth time I've rung about the same bill."), "repeat_contact"),
        (customer("Put me through to your manager, please."), "asks_supervisor"),
    ],
)
def test_what_is_plain_is_found(turn: Heard, name: str) -> None:
    assert probability(turn, name) > 0.75


@pytest.mark.parametrize(
    ("turn", "name"),
    [
        (agent("I'm sorry, what was the order number?"), "apology"),
        (agent("You said you don't care."), "reflection"),
        (agent("What's your postcode?"), "open_question"),
        (agent("The parcel left the depot at nine."), "promises_follow_up"),
        (customer("My order number is four four seven one."), "distress"),
    ],
)
def test_what_only_looks_like_it_is_not(turn: Heard, name: str) -> None:
    assert probability(turn, name) < 0.5


def test_a_turn_gets_the_same_answer_alone_and_among_others() -> None:
    turns = [
        agent("Thanks for holding."),
        agent("What happened then?", "It fell."),
        customer("I'm at my wits' end."),
        agent(""),
    ]
    together = load_judge().answers(turns)
    backwards = load_judge().answers(turns[::-1])
    alone = np.concatenate([load_judge().answers([turn]).log_odds for turn in turns])
    assert together.log_odds.tobytes() == backwards.log_odds[::-1].tobytes() == alone.tobytes()


def test_the_words_that_decide_are_named() -> None:
    text = "Your meter is read every March and the reading goes to the network company. " * 3
    text += "I'm truly sorry that we got your bill so wrong."
    answers = load_judge().answers([agent(text)])
    where = answers.where[0]
    assert where is not None
    piece = where[answers.outputs.index("apology")]
    assert "truly sorry" in text[piece.start : piece.end]
    assert len(text[piece.start : piece.end]) < len(text) / 1.5


def test_a_turn_without_words_shows_nothing() -> None:
    answers = load_judge().answers([agent("")])
    assert answers.where == (None,)
    assert answers.probability.max() < 0.01


@pytest.mark.parametrize("masked", ["#NAME#", "[PERSON_NAME]", "<PERSON>", "{{NAME}}"])
def test_a_name_that_another_system_masked_is_judged_as_a_name(masked: str) -> None:
    turns = [agent(f"Good morning, my name is {name}, how can I help?") for name in (masked, "Sam")]
    answers = load_judge().answers(turns)
    assert answers.log_odds[0].tobytes() == answers.log_odds[1].tobytes()


@pytest.mark.parametrize("marks", ["****", "!!!", "[PII]", "😀"])
def test_marks_alone_are_no_rudeness_and_no_feeling(marks: str) -> None:
    assert load_judge().answers([customer(marks)]).probability.max() < 0.05


def test_a_damaged_judge_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "judge"
    shutil.copytree(FOLDER, folder)
    (folder / LAYERS).write_bytes((folder / LAYERS).read_bytes()[:-1] + b"x")
    with pytest.raises(ModelError, match="damaged"):
        read_judge(folder)
    shutil.rmtree(folder)
    with pytest.raises(ModelError, match="cannot be read"):
        read_judge(folder)


def test_its_stamp_changes_with_anything_that_an_answer_depends_on() -> None:
    about = dict(read_about(FOLDER))
    assert stamp()["behaviours"] == load_judge().stamp == stamp_of(about)
    about["calibration"] = {**about["calibration"], "apology": [9, 9, 9, 9]}
    assert stamp_of(about) != load_judge().stamp


@pytest.mark.parametrize(
    ("local", "anywhere"),
    [
        ("Ta, love, I'll ring you back on Friday.", "Thanks, I'll ring you back on Friday."),
        ("Right, mate? So nowt has come.", "Right? So nothing has come."),
    ],
)
def test_whoever_asks_a_word_of_a_region_counts_as_the_word_of_anywhere(local: str, anywhere: str) -> None:
    here, there = (load_judge().answers([agent(text, f"Hello, {text}")]) for text in (local, anywhere))
    assert here.log_odds.tobytes() == there.log_odds.tobytes()
    assert here.probability.tobytes() == there.probability.tobytes()


def test_evidence_quotes_what_was_said_in_the_words_of_a_region() -> None:
    text = (
        "Ta, love. That meter is read in March, and the reading goes off to the network. " * 3 + "Cheers for waiting, pal."
    )
    where = load_judge().answers([agent(text)]).where[0]
    assert where is not None
    piece = where[load_judge().place("thanks")]
    assert text[piece.start : piece.end].startswith("Ta") or text[piece.start : piece.end].endswith("waiting, pal.")


def test_each_behaviour_has_a_bound_of_its_own() -> None:
    judge = load_judge()
    assert ((judge.present_from > 0.05) & (judge.present_from <= 0.5)).all()
    # What is told surely is said to be there from nearer one half on than what is hardly told.
    assert judge.present_from[judge.place("question")] > judge.present_from[judge.place("dismisses")]
