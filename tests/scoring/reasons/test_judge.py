"""What does the machine make of why a customer was in touch?"""

from dataclasses import replace

import numpy as np
import pytest

from scoring.reasons import everyday
from scoring.reasons.grouping import Waiting, group
from scoring.reasons.judge import Judge, State, judge_from
from scoring.reasons.learned import Corrected, held_out
from scoring.reasons.looks import EVERYDAY_COUNTS, OF_ITS_OWN, heard, seen
from scoring.reasons.teach import AS_SHIPPED, Real, background, shipped_judge, teach
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
    assert found.place.matter == "order_late"
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


def test_what_sounds_like_everyday_matters_was_taught_from_the_sentences_that_ship() -> None:
    assert everyday.is_of_its_sentences()
    told = everyday.everyday_matters()
    every = [text.lower() for one in told for text in one.said]
    assert len(set(every)) == len(every)
    assert min(len(one.said) for one in told) >= 20
    assert {one.id: one.title for one in told} == everyday.shipped().titles
    sounds = everyday.shipped().sounds_like(
        embed_and_keep(["The fridge I bought from you in May has stopped cooling.", "Ta."])
    )
    assert np.allclose((sounds**2).sum(axis=1), 1, atol=1e-5)
    assert "appliance_broken" in [told[n].id for n in np.argsort(-sounds[0])[:3]]


def test_most_of_what_stands_in_any_conversation_is_said_to_sound_like_nothing() -> None:
    vectors = embed_and_keep(list(background()))
    likeliest = shipped_judge().telling_of(seen(list(background()), vectors)).argmax(axis=1)
    named = [shipped_judge().nearest(one, int(best)).matter for one, best in zip(vectors, likeliest, strict=True)]
    assert np.mean([matter == "" for matter in named]) >= 0.75


def test_what_is_told_in_words_that_no_example_has_is_found_by_what_it_sounds_like() -> None:
    call = a_call_about("eight", "Good morning.", "The van drove straight past with my shopping again.")
    assert JUDGE().judge.assign(call.transcript, call.signals).candidates[0].reason == "late"


def test_a_judge_that_was_taught_without_everyday_matters_says_what_it_said() -> None:
    judge = JUDGE().judge
    call = a_call_about("nine", "The line is dead since Monday.")
    own = replace(judge, weights=judge.weights[:, :OF_ITS_OWN], fit=judge.fit[:4], everyday=None)
    kept = judge_from(own.to_bytes())
    said = heard(call.transcript, call.signals)
    assert kept.content_hash == own.content_hash != judge.content_hash
    scores = said.numbers[:, :OF_ITS_OWN] @ own.weights.T + own.bias
    assert np.allclose(kept.telling(said), scores[:, :-1] - scores[:, -1:], atol=1e-5)
    assert kept.assign(call.transcript, call.signals).candidates[0].reason == "line"


def test_a_judge_knows_of_everyday_matters_what_it_was_taught_with(monkeypatch: pytest.MonkeyPatch) -> None:
    kept = JUDGE().judge.to_bytes()
    call = a_call_about("ten", "My order has not turned up.")
    before = judge_from(kept).assign(call.transcript, call.signals)
    ships = everyday.shipped()
    others = replace(ships, weights=ships.weights[::-1].copy(), bias=ships.bias[::-1].copy())
    for module in ("everyday", "judge"):
        monkeypatch.setattr(f"scoring.reasons.{module}.shipped", lambda: others)
    seen_today = heard(call.transcript, call.signals).numbers[:, OF_ITS_OWN:]
    assert not np.allclose(seen_today, EVERYDAY_COUNTS * ships.sounds_like(call.signals.embeddings))
    assert judge_from(kept).assign(call.transcript, call.signals) == before


def test_how_sure_a_small_tree_may_be_is_what_was_found_for_the_tree_that_ships() -> None:
    fit, sharpness = AS_SHIPPED
    assert JUDGE().judge.fit == fit
    assert np.allclose(fit, shipped_judge().fit, atol=0.01)
    assert sharpness == shipped_judge().sharpness


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
