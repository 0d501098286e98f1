"""When a person says who spoke, does that change and nothing else?"""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from errors import InputError
from reviews.sides import carried_reason, changed_turns, decided, in_doubt, mostly_in_doubt, reassigned, swapped
from tests.build import a_transcript, a_turn
from transcripts.model import Sides, Speaker, Transcript


def a_guess(*sure: float, sides: Sides = Sides.VOICES) -> Transcript:
    """A call of one channel: agent and customer take turns of four words, each as sure as that."""
    turns = [
        replace(a_turn("customer" if n % 2 else "agent", "four words each turn", 2.0 * n, 2.0 * n + 2), side_confidence=one)
        for n, one in enumerate(sure)
    ]
    return a_transcript(*turns, sides=sides, channels=1)


def speakers(transcript: Transcript) -> list[str]:
    return [turn.speaker.value for turn in transcript.turns]


def test_a_swap_exchanges_agent_and_customer_and_leaves_an_announcement_alone() -> None:
    before = a_transcript(
        a_turn("other", "Welcome.", 0, 1), a_turn("agent", "Hello.", 1, 2), a_turn("customer", "Hi.", 2, 3)
    )
    after = swapped(before)
    assert speakers(after) == ["other", "customer", "agent"]
    assert speakers(before) == ["other", "agent", "customer"]
    assert after.content_hash != before.content_hash


def test_sides_from_channels_that_are_swapped_twice_are_as_they_were() -> None:
    before = a_transcript(a_turn("agent", "Hello.", 0, 1), a_turn("customer", "Hi.", 1, 2))
    assert swapped(before).sides is Sides.CHANNELS
    assert swapped(swapped(before)) == before


def test_a_swap_of_a_guess_leaves_no_guess() -> None:
    after = swapped(a_guess(0.55, 0.9, 0.6))
    assert speakers(after) == ["customer", "agent", "customer"]
    assert {turn.side_confidence for turn in after.turns} == {1.0}
    assert after.sides is Sides.GIVEN


def test_a_swap_says_nothing_of_a_voice_that_is_neither_side() -> None:
    guess = a_guess(0.6, 0.6)
    third = replace(a_turn("other", "Please hold.", 4, 5), side_confidence=0.4)
    after = swapped(replace(guess, turns=(*guess.turns, third)))
    assert after.turns[2] == third
    assert after.sides is Sides.VOICES


def test_without_sides_there_is_nothing_to_swap() -> None:
    with pytest.raises(InputError, match="no sides to swap"):
        swapped(a_transcript(a_turn("other", "Hello.", 0, 1), sides=Sides.UNKNOWN))


def test_one_turn_is_reassigned_and_the_others_keep_their_doubt() -> None:
    after = reassigned(a_guess(0.6, 0.65, 0.9), 1, Speaker.AGENT)
    assert speakers(after) == ["agent", "agent", "agent"]
    assert [turn.side_confidence for turn in after.turns] == [0.6, 1.0, 0.9]
    assert [turn.text for turn in after.turns] == ["four words each turn"] * 3
    assert after.sides is Sides.VOICES


def test_naming_the_speaker_it_has_makes_a_doubtful_turn_certain() -> None:
    after = reassigned(a_guess(0.6, 0.9), 0, Speaker.AGENT)
    assert after.turns[0].side_confidence == 1.0
    assert changed_turns(a_guess(0.6, 0.9), after) == ((0, Speaker.AGENT, Speaker.AGENT),)


def test_sides_that_were_never_told_apart_are_given_once_every_turn_is_decided() -> None:
    nobody = a_transcript(
        *(replace(a_turn("other", "Words.", n, n + 1), side_confidence=0.0) for n in range(2)), sides=Sides.UNKNOWN
    )
    one = reassigned(nobody, 0, Speaker.AGENT)
    assert one.sides is Sides.UNKNOWN
    assert reassigned(one, 1, Speaker.CUSTOMER).sides is Sides.GIVEN
    assert decided(nobody, {0: Speaker.AGENT, 1: Speaker.OTHER}).sides is Sides.GIVEN


@pytest.mark.parametrize(("turn", "said"), [(3, "no turn 4; it has 3"), (-1, "no turn 0"), (2, "Nothing would change")])
def test_a_turn_that_is_not_there_or_would_not_change_is_refused(turn: int, said: str) -> None:
    with pytest.raises(InputError, match=said):
        reassigned(a_guess(0.6, 0.6, 1.0), turn, Speaker.AGENT)


@given(st.lists(st.sampled_from(Speaker), min_size=1, max_size=6), st.data())
def test_whatever_is_decided_words_times_and_order_stay(who: list[Speaker], data: st.DataObject) -> None:
    before = a_transcript(*(a_turn(one, f"turn {n}", n, n + 1) for n, one in enumerate(who)))
    chosen = data.draw(st.dictionaries(st.integers(0, len(who) - 1), st.sampled_from(Speaker)))
    wanted = {n: one for n, one in chosen.items() if one is not who[n]}
    if not wanted:
        return
    after = decided(before, wanted)
    assert [(t.text, t.start, t.end) for t in after.turns] == [(t.text, t.start, t.end) for t in before.turns]
    assert {n: new for n, _, new in changed_turns(before, after)} == wanted


def test_a_call_is_mostly_in_doubt_by_its_words() -> None:
    assert in_doubt(a_guess(0.69).turns[0])
    assert not in_doubt(a_guess(0.7).turns[0])
    assert not mostly_in_doubt(a_guess(0.6, 0.9))
    assert mostly_in_doubt(a_guess(0.6, 0.9, 0.6))
    assert mostly_in_doubt(a_guess(1.0, sides=Sides.UNKNOWN))
    assert not mostly_in_doubt(a_transcript())


def test_a_correction_that_is_carried_over_twice_says_so_once() -> None:
    once = carried_reason("She said it.")
    assert once == "Carried over from before the sides were corrected: She said it."
    assert carried_reason(once) == once
