"""What a centre's own labels teach is checked on calls that teaching has not seen, and said with its doubt."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from errors import InputError
from scoring.agreement import gain_in_kappa
from scoring.behaviours.corpus import Said
from scoring.behaviours.judge import load_judge
from scoring.behaviours.learned import Learned, learned_of, read_learned
from scoring.behaviours.lines import Label
from scoring.behaviours.looks import RELATION, relation
from scoring.behaviours.turns import Heard
from scoring.learn import FOLDS, Figures, check_enough, fold_of, in_blocks, labels_hash, learn, teach
from transcripts.model import Speaker

THINGS = ("boiler", "parcel", "invoice", "router", "ticket", "kettle", "mattress", "policy", "refund", "printer")


def a_label(text: str, present: bool, group: str) -> Label:
    return Label(Heard(Said(Speaker.AGENT, text), (Said(Speaker.CUSTOMER, "It is late."),)), present, group)


def house_style(calls: int = 10) -> list[Label]:
    """In this house, only what begins with "right then" is a question, whatever the rest of the world calls one."""
    labels = []
    for call in range(calls):
        for thing in THINGS[:4] if call % 2 else THINGS[4:8]:
            labels += [
                a_label(f"Right then, on to the {thing}.", True, f"call {call}"),
                a_label(f"Where is the {thing} kept?", False, f"call {call}"),
                a_label(f"The {thing} is on its way.", False, f"call {call}"),
            ]
    return labels


@pytest.fixture(scope="module")
def taught() -> Learned:
    return learn("question", house_style(), load_judge())


def test_a_house_that_means_something_else_by_a_word_is_understood(taught: Learned) -> None:
    turns = [a_label(text, True, "").heard for text in ("Right then, on to the lamp.", "Where is the lamp kept?", "")]
    present = taught.probabilities(turns, load_judge().answers(turns)) >= taught.threshold
    assert present.tolist() == [True, False, False]
    figures = Figures.from_dict(taught.about["figures"])
    assert figures.better
    assert figures.learned.value is not None
    assert figures.learned.value > 0.9
    assert any("better beyond doubt" in sentence for sentence in figures.sentences())


def test_what_was_known_before_has_a_share_as_far_as_it_is_right() -> None:
    chance = np.random.default_rng(3)
    present = chance.random(200) < 0.4
    groups = [f"call {number % 20}" for number in range(200)]
    seen = in_blocks(present[:, None] * 0.5 + chance.normal(size=(200, 8)), (8,))
    right = np.where(present, 1.5, -1.5) + chance.normal(size=200)
    taught = [teach(seen, present, groups, right > 0, 20, known=known) for known in (right, -right, None)]
    assert taught[0].share > 0
    assert taught[1].share == taught[2].share == 0
    with_it, gainsaid, without = (one.figures.learned.value or 0 for one in taught)
    assert with_it > without + 0.1
    assert gainsaid == without


def test_a_judge_that_was_taught_before_there_was_a_share_is_the_same_as_it_was(taught: Learned) -> None:
    before = replace(taught, share=0.0)
    assert b'"share"' not in before.data()
    assert learned_of(before.data(), taught.judge, "question", "old").stamp == before.stamp


def test_the_same_labels_in_another_order_give_the_same_file_byte_for_byte(taught: Learned) -> None:
    again = learn("question", house_style()[::-1], load_judge())
    assert again.data() == taught.data()
    assert len(taught.data()) < 200_000
    assert taught.labels == labels_hash(house_style())


def test_what_was_taught_is_read_back_as_it_was(taught: Learned, tmp_path: Path) -> None:
    file = tmp_path / "learned"
    file.write_bytes(taught.data())
    read = read_learned(file, load_judge(), "question")
    assert read.stamp == taught.stamp
    assert read.about == taught.about
    assert np.array_equal(read.dense, taught.dense)


def test_no_word_of_a_label_is_in_the_file(taught: Learned) -> None:
    assert not any(thing.encode() in taught.data() for thing in THINGS)


def test_what_was_taught_on_top_of_another_judge_is_refused(taught: Learned) -> None:
    from dataclasses import replace

    older = replace(taught, judge="0" * 64).data()
    with pytest.raises(InputError, match="another version of Attune's own judge"):
        learned_of(older, load_judge().stamp, "question", "it")
    with pytest.raises(InputError, match="it was taught to find question, not reflection"):
        learned_of(taught.data(), load_judge().stamp, "reflection", "it")
    with pytest.raises(InputError, match="it is no learned judge"):
        learned_of(b"something else", load_judge().stamp, "question", "it")


def test_too_few_or_one_sided_labels_say_how_many_are_needed() -> None:
    calls = [str(number % 7) for number in range(60)]
    with pytest.raises(InputError, match=r"at least 20 labels .* there are 5 and 55"):
        check_enough("apology", [number < 5 for number in range(60)], calls)
    with pytest.raises(InputError, match=r"at least 5 groups .* there are 2"):
        check_enough("apology", [number < 30 for number in range(60)], [str(number % 2) for number in range(60)])
    check_enough("apology", [number < 30 for number in range(60)], calls)


def test_a_call_is_never_taught_from_and_checked_on_at_once() -> None:
    groups = [f"call {number % 13}" for number in range(200)]
    folds = fold_of(groups)
    assert set(folds.tolist()) == set(range(FOLDS))
    assert all(len({fold for fold, group in zip(folds, groups, strict=True) if group == one}) == 1 for one in groups)


def test_an_echo_of_the_customer_is_seen() -> None:
    before = (Said(Speaker.CUSTOMER, "I have been waiting for my new boiler since March."),)
    echo = relation(Heard(Said(Speaker.AGENT, "So you have been waiting for your new boiler since March."), before))
    other = relation(Heard(Said(Speaker.AGENT, "The weather is fine today."), before))
    shared, run = RELATION.index("share of its words said before"), RELATION.index("longest run said before")
    assert echo[shared] > other[shared] == 0
    assert echo[run] == 1 > other[run]


def test_a_gain_is_the_difference_of_two_kappas_and_no_gain_has_no_width() -> None:
    truth = [True, False, True, False] * 20
    before = [True, True, True, False] * 20
    assert gain_in_kappa(truth, before, truth).value == 0.5
    gain = gain_in_kappa(truth, before, before)
    assert (gain.value, gain.low, gain.high) == (0, 0, 0)
