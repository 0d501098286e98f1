"""The real judge, asked about conversations: what each turn shows, of which side, in which words."""

from dataclasses import replace

import pytest

from scorecards.definition import Rule
from scoring.behaviours.corpus import behaviours
from scoring.behaviours.judge import DOUBT
from scoring.criteria import Context, rule_from
from scoring.criteria.text import Conversation
from scoring.result import Verdict
from scoring.signals import StoredSignals, measure, restore, store
from scoring.signals.model import Signals
from scoring.signals.shown import LEAST
from tests.build import a_chat, a_transcript, a_turn
from transcripts.model import Sides, Speaker, Transcript, Turn

CALL = a_transcript(
    a_turn("agent", "What is your date of birth, please?", 0, 4),
    a_turn("customer", "I can't cope any more, I cry every night and I don't know what to do.", 4, 10),
    a_turn("agent", "I'm so sorry, that must be incredibly hard for you.", 10, 14),
    a_turn("other", "I'm so sorry, that must be incredibly hard for you.", 14, 18),
    a_turn("customer", "What is your date of birth, please?", 18, 22),
    a_turn("agent", "", 22, 22),
)


def likely(signals: Signals, turn: int) -> set[str]:
    return {item.behaviour for item in signals.behaviours if item.turn == turn and item.probability >= 1 - DOUBT}


def test_each_turn_shows_what_its_own_side_does() -> None:
    signals = measure(CALL)
    assert likely(signals, 0) >= {"question", "asks_identity"}
    assert "distress" in likely(signals, 1)
    assert "empathy" in likely(signals, 2)
    for item in signals.behaviours:
        assert behaviours()[item.behaviour].speaker is CALL.turns[item.turn].speaker
        assert LEAST <= item.probability <= 1
        assert 0 <= item.start < item.end <= len(CALL.turns[item.turn].text)


def test_whoever_is_on_neither_side_shows_nothing_and_neither_do_no_words() -> None:
    assert not [item for item in measure(CALL).behaviours if item.turn in (3, 5)]


def test_of_a_long_turn_the_words_that_speak_for_it_are_named() -> None:
    about = "The tariff has a standing charge of forty pence a day and a unit rate that follows the market each quarter. "
    text = 2 * about + "That must have been so upsetting for you. " + 2 * about
    (found,) = [item for item in measure(a_chat(f"agent: {text}")).behaviours if item.behaviour == "empathy"]
    assert "so upsetting for you" in text[found.start : found.end]
    assert found.end - found.start < len(text) / 2


def test_a_turn_whose_side_is_in_doubt_is_judged_for_both_sides() -> None:
    text = CALL.turns[1].text
    doubtful = a_transcript(Turn(Speaker.AGENT, 0, 4, text, side_confidence=0.5), sides=Sides.VOICES)
    assert "distress" in likely(measure(doubtful), 0)
    sure = a_transcript(Turn(Speaker.AGENT, 0, 4, text, side_confidence=0.9), sides=Sides.VOICES)
    assert "distress" not in likely(measure(sure), 0)


@pytest.mark.parametrize("transcript", [a_transcript(*CALL.turns, sides=Sides.UNKNOWN), replace(CALL, language="de")])
def test_nothing_is_judged_where_sides_or_language_do_not_allow_it(transcript: Transcript) -> None:
    assert measure(transcript).behaviours == ()


def test_signals_from_before_there_was_a_judge_still_load_and_ask_to_be_scored_again() -> None:
    kept = store(measure(CALL))
    data = {key: value for key, value in kept.data.items() if key != "behaviours"}
    data["models"] = {name: found for name, found in kept.data["models"].items() if name != "behaviours"}
    old = restore(StoredSignals(data, kept.embeddings))
    assert (old.behaviours, old.behaviours_measured) == ((), False)
    answer = rule_from(Rule("shows.v1", {"behaviour": "empathy"})).judge(Context(CALL, old, Conversation(CALL)))
    assert answer.verdict is Verdict.UNSURE
    assert "score the call again" in answer.evidence[0].why


def test_empathy_after_distress_is_seen_from_the_words_to_the_verdict() -> None:
    rule = rule_from(Rule("responds.v1", {"to": "distress", "by": "empathy", "turns": 1}))
    answer = rule.judge(Context(CALL, measure(CALL), Conversation(CALL)))
    assert answer.verdict is Verdict.MET
    assert [piece.turn for piece in answer.evidence if piece.quote] == [1, 2]
