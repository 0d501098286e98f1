"""What does the machine make of why a customer was in touch?"""

from dataclasses import replace

from scoring.reasons.grouping import Waiting, group
from scoring.reasons.judge import Judge, State, judge_from
from scoring.reasons.learned import Corrected, held_out
from scoring.reasons.looks import heard
from scoring.reasons.teach import Real, shipped_judge, teach
from scoring.reasons.tree import starting_tree
from scoring.signals.embeddings import embed_and_keep
from tests.reasons import a_call_about, a_taught_tree, a_tree
from transcripts.model import Sides, Speaker

JUDGE = a_taught_tree


def test_a_conversation_is_put_under_the_reason_that_its_customer_tells_with_the_place_that_tells() -> None:
    call = a_call_about("one", "Hello there.", "Yes, that's right. My parcel has still not come, where is it?")
    found = JUDGE().judge.assign(call.transcript, call.signals)
    assert (found.state, found.reason) == (State.FITS, "late")
    assert found.place is not None
    text = call.transcript.turns[found.place.turn].text
    assert text[found.place.start : found.place.end] == "My parcel has still not come, where is it?"
    assert JUDGE().judge.examples[found.place.near or 0].reason == "late"
    assert sum(one.probability for one in found.candidates) <= found.anything + 0.001 <= 1


def test_what_the_agent_says_is_no_reason() -> None:
    call = a_call_about("two", "Yes, thank you.")
    turns = (replace(call.transcript.turns[0], text="Where is my parcel?"), call.transcript.turns[1])
    transcript = replace(call.transcript, turns=turns)
    assert JUDGE().judge.assign(transcript, call.signals).state is State.NONE


def test_a_phrase_of_the_tree_decides_in_any_language_and_the_rest_in_its_own() -> None:
    call = a_call_about("three", "Was ist mit der Money-Back  Guarantee?")
    found = JUDGE().judge.assign(replace(call.transcript, language="de"), call.signals)
    assert (found.state, found.reason) == (State.FITS, "refund")
    assert found.place is not None
    assert call.transcript.turns[1].text[found.place.start : found.place.end] == "Money-Back  Guarantee"
    other = a_call_about("four", "Where is my parcel?")
    assert JUDGE().judge.assign(replace(other.transcript, language="de"), other.signals).state is State.NONE


def test_a_conversation_in_which_nothing_is_told_fits_nowhere() -> None:
    for said in ((), ("Yes.", "Okay, thank you.", "Bye now.")):
        call = a_call_about(f"nothing {said}", *said)
        found = JUDGE().judge.assign(call.transcript, call.signals)
        assert (found.state, found.reason) == (State.NONE, "")


def test_a_judge_that_is_kept_and_read_says_the_same() -> None:
    judge = JUDGE().judge
    again = judge_from(judge.to_bytes())
    assert again.content_hash == judge.content_hash
    call = a_call_about("five", "The line is dead since Monday.")
    assert again.assign(call.transcript, call.signals) == judge.assign(call.transcript, call.signals)


def test_the_judge_that_ships_is_of_the_tree_that_ships() -> None:
    assert shipped_judge().tree == starting_tree()
    call = a_call_about("six", "I still have not had my refund, you have had it back for weeks.")
    assert shipped_judge().assign(call.transcript, call.signals).candidates[0].reason == "refund_late"


def real(reason: str, text: str, call_id: str) -> Real:
    return Real(reason, text, embed_and_keep([text])[0], call_id, 1)


def test_a_conversation_that_a_person_put_under_a_reason_teaches_and_none_of_its_words_is_kept() -> None:
    said = [f"The {thing} at the caravan has come loose." for thing in ("awning", "hook", "door", "step")]
    before = JUDGE().judge
    after = teach(a_tree(), [real("line", text, f"call {n}") for n, text in enumerate(said)])
    call = a_call_about("seven", "The roof at the caravan has come loose.")
    assert after.content_hash != before.content_hash
    assert likely(after, call, "line") > likely(before, call, "line")
    assert "caravan" not in repr(after.examples)
    assert next(one for one in after.examples if not one.text).conversations == 4


def likely(judge: Judge, call: object, reason: str) -> float:
    found = judge.assign(call.transcript, call.signals)  # type: ignore[attr-defined]
    return next((one.probability for one in found.candidates if one.reason == reason), 0.0)


def test_corrections_are_held_against_conversations_that_were_left_out() -> None:
    words = ["awning", "hook", "door", "step", "roof", "stove", "sink", "lamp", "tap", "bed", "shelf", "hatch"]
    corrected = []
    for n, word in enumerate(words):
        call = a_call_about(f"caravan {word}", f"The {word} at the caravan has come loose.")
        teaches = (real("refund", call.transcript.turns[1].text, str(n)),)
        corrected.append(Corrected("refund", call.transcript, heard(call.transcript, call.signals), teaches))
    figures = held_out(a_tree(), corrected)
    assert figures is not None
    assert figures.conversations == 12
    assert figures.after > figures.before
    assert figures.better
    assert held_out(a_tree(), corrected[:9]) is None


def test_what_fits_nowhere_is_grouped_and_named_by_words_that_several_have() -> None:
    caravans = [f"The {word} of my caravan leaks." for word in ["roof", "door", "window", "floor", "wall"]]
    lone = "Do you take part in the village fair with Hieronymus?"
    texts = [*caravans, lone]
    waiting = [
        Waiting(f"call {n}", 0, text, vector, f"customer {n}")
        for n, (text, vector) in enumerate(zip(texts, embed_and_keep(texts), strict=True))
    ]
    (found,) = group(waiting)
    assert set(found.call_ids) == {f"call {n}" for n in range(5)}
    assert "caravan" in found.name
    assert not any("roof" in term.split() for term in found.terms)  # one customer's word alone
    assert 0 < found.stability <= 1
    assert group(waiting[:2]) == []
    (of_one,) = group([replace(one, customer="one customer") for one in waiting])
    assert (of_one.terms, of_one.name) == ((), "no common words")


def test_sides_that_were_not_told_apart_are_both_heard() -> None:
    call = a_call_about("eight", "Where is my parcel?")
    turns = tuple(replace(turn, speaker=Speaker.OTHER) for turn in call.transcript.turns)
    unknown = replace(call.transcript, turns=turns, sides=Sides.UNKNOWN)
    assert heard(unknown, call.signals).sentences
