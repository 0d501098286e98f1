"""Is what is private taken out as surely as the documentation says, in a smaller measurement?"""

from random import Random

from stdnum import luhn

from bench.private import LEAST_RECALL, MOST_FALSE_ALARMS, gone, measure
from bench.private_examples import card_number, examples, nothing_private
from transcripts.private import redact


def test_most_of_what_is_private_is_caught_and_hardly_anything_else() -> None:
    found = measure(examples(11, True, 25), nothing_private(11, True, 250))
    assert found.recall.rate >= LEAST_RECALL
    assert found.false_alarms.rate <= MOST_FALSE_ALARMS
    assert found.holds


def test_an_example_counts_as_caught_only_where_every_private_word_is_gone() -> None:
    example = next(one for one in examples(3, False, 1) if one.kind == "card_number")
    removed = redact(example.transcript).removed
    assert example.private <= gone(example, removed)
    assert not example.private <= gone(example, removed[1:])


def test_the_same_seed_gives_the_same_examples_and_the_two_sets_share_no_wording() -> None:
    assert examples(5, True, 3) == examples(5, True, 3)
    held_out, rehearsed = ({one.transcript.content_hash for one in examples(5, which, 20)} for which in (True, False))
    assert not held_out & rehearsed


def test_drawn_cards_have_a_right_check_digit() -> None:
    assert all(luhn.is_valid(card_number(Random(seed))) for seed in range(50))
