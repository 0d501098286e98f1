"""Each kind answers with evidence, says what it looked through, and does not answer where it cannot know."""

from dataclasses import replace
from typing import Any

import pytest

from errors import ScorecardError
from scorecards.definition import Rule
from scoring.criteria import Context, Judgement, rule_from
from scoring.criteria.measured import MEASURES
from scoring.criteria.says import Says
from scoring.criteria.text import Conversation
from scoring.result import Verdict
from scoring.signals import measure
from scoring.signals.model import Signals
from tests.build import a_chat, a_spoken_turn, a_transcript, a_turn
from transcripts.model import Sides, Transcript, Turn, Word


def judge(
    transcript: Transcript, kind: str, signals: Signals | None = None, language: str = "en", **params: Any
) -> Judgement:
    empty = Signals(valence=(0.0,) * len(transcript.turns), measures={})
    return rule_from(Rule(kind, params)).judge(Context(transcript, signals or empty, Conversation(transcript), language))


def says(transcript: Transcript, **params: Any) -> Judgement:
    return judge(transcript, "says.v1", **params)


CALL = a_transcript(
    a_turn("agent", "Good morning, my name is Ravi. This call is recorded.", 0, 6),
    a_turn("customer", "Hi. I'm really upset, my parcel never came.", 6, 10),
    a_turn("agent", "I am so sorry to hear that. I'll refund you within twenty-four hours.", 10, 16),
    a_turn("customer", "Thank you, that's great.", 16, 18),
    a_turn("agent", "Is there anything else? Goodbye.", 18, 22),
)


# says.v1


def test_a_phrase_is_quoted_word_for_word_with_its_turn_and_time() -> None:
    turn = a_spoken_turn(
        "agent", [("Hello,", 0, 0.5), ("this", 0.6, 0.8), ("call", 0.8, 1.0), ("is", 1.0, 1.1), ("Recorded.", 1.1, 2)]
    )
    answer = says(a_transcript(turn), phrases=["this call is recorded"])
    assert answer.verdict is Verdict.MET
    (evidence,) = answer.evidence
    assert (evidence.turn, evidence.start, evidence.end, evidence.quote) == (0, 0.6, 2, "this call is Recorded")


def test_contractions_and_numbers_are_found_either_way() -> None:
    assert (
        says(CALL, phrases=["I will refund you within 24 hours"]).evidence[0].quote
        == "I'll refund you within twenty-four hours"
    )


def test_a_phrase_that_was_not_said_names_what_was_looked_through() -> None:
    answer = says(CALL, phrases=["thank you for calling"])
    assert answer.verdict is Verdict.NOT_MET
    assert answer.searched is not None
    assert (answer.searched.speaker, answer.searched.turns, answer.searched.start, answer.searched.end) == (
        "agent",
        3,
        0,
        22,
    )
    assert "thank you for calling" in answer.searched.sought


def test_only_the_speaker_asked_for_counts() -> None:
    assert says(CALL, phrases=["my parcel"]).verdict is Verdict.NOT_MET
    assert says(CALL, speaker="customer", phrases=["my parcel"]).verdict is Verdict.MET
    assert says(CALL, speaker="anyone", phrases=["my parcel"]).verdict is Verdict.MET


def test_a_small_recognition_error_is_tolerated_and_lowers_the_probability() -> None:
    heard = a_transcript(a_turn("agent", "This call may be recorder for training.", 0, 3))
    answer = says(heard, phrases=["this call may be recorded"])
    assert answer.verdict is Verdict.MET
    assert answer.probability < 1
    assert "96% of the letters agree" in answer.evidence[0].why
    assert says(heard, phrases=["this call may be recorded"], tolerance=0).verdict is Verdict.NOT_MET


def test_a_word_too_many_is_tolerated() -> None:
    heard = a_transcript(a_turn("agent", "We are calling to collect a the debt today.", 0, 3))
    assert says(heard, phrases=["calling to collect the debt today"]).verdict is Verdict.MET


@pytest.mark.parametrize(
    ("said", "phrase"),
    [
        ("I can't help you with that today", "I can help you with that today"),
        ("you have sixty days to answer the letter", "you have sixteen days to answer the letter"),
        ("you have 30 days to answer the letter", "you have 80 days to answer the letter"),
        ("this is now a promise of ours", "this is not a promise of ours"),
    ],
)
def test_no_tolerance_turns_a_negation_or_a_number(said: str, phrase: str) -> None:
    answer = says(a_transcript(a_turn("agent", said, 0, 3)), phrases=[phrase], tolerance=0.3)
    assert answer.verdict is Verdict.NOT_MET


def test_the_nearest_words_are_shown_where_a_phrase_is_missing() -> None:
    answer = says(CALL, phrases=["this chat is recorded"])
    assert answer.verdict is Verdict.NOT_MET
    assert answer.searched is not None
    assert answer.searched.nearest is not None
    assert answer.searched.nearest.quote == "This call is recorded"


def test_a_phrase_over_two_turns_is_evidence_in_both() -> None:
    call = a_transcript(
        a_turn("agent", "I am very", 0, 1), a_turn("customer", "yeah", 1, 1.2), a_turn("agent", "sorry about that", 1.2, 2)
    )
    answer = says(call, phrases=["I'm very sorry"])
    assert [(piece.turn, piece.quote) for piece in answer.evidence] == [(0, "I am very"), (2, "sorry")]


def test_a_pattern_is_found_without_regard_to_capitals() -> None:
    assert says(CALL, patterns=[r"\bname is \w+"]).evidence[0].quote == "name is Ravi"


def test_how_often_is_counted_and_overlapping_phrases_count_once() -> None:
    call = a_chat("agent: I'm sorry. So sorry.", "customer: fine", "agent: I am sorry about it")
    assert says(call, phrases=["sorry", "I'm sorry"], at_least=3).verdict is Verdict.MET
    assert says(call, phrases=["sorry", "I'm sorry"], at_least=4).verdict is Verdict.NOT_MET
    assert says(call, phrases=["sorry"], at_least=1, at_most=2).verdict is Verdict.NOT_MET
    assert says(call, phrases=["goodbye"], at_least=0, at_most=2).verdict is Verdict.MET


@pytest.mark.parametrize(
    ("within", "phrase", "verdict"),
    [
        ({"first_turns": 1}, "my name is", Verdict.MET),
        ({"first_turns": 1}, "anything else", Verdict.NOT_MET),
        ({"first_turns": 2}, "so sorry", Verdict.MET),
        ({"last_turns": 1}, "anything else", Verdict.MET),
        ({"last_turns": 1}, "so sorry", Verdict.NOT_MET),
        ({"first_seconds": 5}, "my name is", Verdict.MET),
        ({"first_seconds": 5}, "so sorry", Verdict.NOT_MET),
        ({"last_seconds": 5}, "anything else", Verdict.MET),
        ({"last_seconds": 5}, "so sorry", Verdict.NOT_MET),
        ({"after": {"speaker": "customer", "phrases": ["upset"]}}, "so sorry", Verdict.MET),
        ({"after": {"speaker": "customer", "phrases": ["upset"]}}, "my name is", Verdict.NOT_MET),
        ({"after": {"phrases": ["never said"]}}, "my name is", Verdict.NOT_APPLICABLE),
        ({"before": {"phrases": ["upset"]}}, "my name is", Verdict.MET),
        ({"before": {"phrases": ["upset"]}}, "so sorry", Verdict.NOT_MET),
        ({"before": {"phrases": ["never said"]}}, "so sorry", Verdict.MET),
    ],
)
def test_only_the_stretch_asked_for_is_looked_through(within: dict[str, Any], phrase: str, verdict: Verdict) -> None:
    assert says(CALL, phrases=[phrase], within=within).verdict is verdict


def test_a_stretch_in_seconds_is_unsure_without_times_unless_turns_stand_beside_it() -> None:
    chat = a_chat("agent: Good morning", "customer: Hi")
    assert says(chat, phrases=["good morning"], within={"first_seconds": 10}).verdict is Verdict.UNSURE
    assert says(chat, phrases=["good morning"], within={"first_seconds": 10, "first_turns": 1}).verdict is Verdict.MET


def test_a_pattern_that_takes_too_long_on_a_call_is_left_to_a_person() -> None:
    endless = a_chat("agent: " + "x" * 3000)
    rule = Says(patterns=("(x+x+)+y",))  # built by hand, for a scorecard file with this pattern is refused
    signals = Signals(valence=(0.0,), measures={})
    answer = rule.judge(Context(endless, signals, Conversation(endless)))
    assert answer.verdict is Verdict.UNSURE
    assert "took too long" in answer.evidence[0].why


# Doubt


def test_sides_that_were_not_told_apart_leave_a_side_unsure_and_anyone_judged() -> None:
    unknown = replace(CALL, sides=Sides.UNKNOWN)
    answer = says(unknown, phrases=["my name is"])
    assert answer.verdict is Verdict.UNSURE
    assert "not told apart" in answer.evidence[0].why
    assert says(unknown, speaker="anyone", phrases=["my name is"]).verdict is Verdict.MET


def test_a_side_told_apart_by_voice_with_little_confidence_is_unsure() -> None:
    def heard(confidence: float) -> Transcript:
        turn = Turn(speaker="customer", start=0, end=2, text="This call is recorded.", side_confidence=confidence)  # type: ignore[arg-type]
        return a_transcript(turn, sides=Sides.VOICES)

    assert says(heard(0.5), phrases=["call is recorded"]).verdict is Verdict.UNSURE
    assert says(heard(0.95), phrases=["call is recorded"]).verdict is Verdict.NOT_MET
    assert judge(heard(0.5), "never_says.v1", phrases=["call is recorded"]).verdict is Verdict.UNSURE


def test_words_hardly_heard_are_unsure_and_quoted() -> None:
    def heard(confidence: float) -> Transcript:
        words = tuple(Word(text, at, at + 1, confidence) for at, text in enumerate(["calm", "down"]))
        return a_transcript(Turn(speaker="agent", start=0, end=2, text="calm down", words=words))  # type: ignore[arg-type]

    answer = judge(heard(0.2), "never_says.v1", phrases=["calm down"])
    assert answer.verdict is Verdict.UNSURE
    assert any(piece.quote == "calm down" and "20%" in piece.why for piece in answer.evidence)
    assert judge(heard(0.9), "never_says.v1", phrases=["calm down"]).verdict is Verdict.NOT_MET
    assert judge(heard(0.9), "never_says.v1", phrases=["calm down"]).probability == pytest.approx(0.9)


@pytest.mark.parametrize(
    ("kind", "params"),
    [
        ("says.v1", {"phrases": ["guten Tag"]}),
        ("never_says.v1", {"phrases": ["guten Tag"]}),
        ("means.v1", {"examples": ["Good day to you"]}),
        ("sentiment.v1", {"met": [0, None]}),
        ("measured.v1", {"measure": "agent_questions", "met": [0, None]}),
    ],
)
def test_words_in_another_language_are_left_to_a_person(kind: str, params: dict[str, Any]) -> None:
    answer = judge(replace(CALL, language="de"), kind, **params)
    assert answer.verdict is Verdict.UNSURE
    assert "in German; this scorecard judges English" in answer.evidence[0].why


def test_a_variant_of_the_language_is_the_language() -> None:
    assert says(replace(CALL, language="en-GB"), phrases=["my name is"]).verdict is Verdict.MET


# never_says.v1


def test_what_was_never_said_says_where_it_looked() -> None:
    answer = judge(CALL, "never_says.v1", phrases=["calm down"])
    assert answer.verdict is Verdict.MET
    assert answer.searched is not None
    assert answer.searched.turns == 3


def test_what_must_not_be_said_is_quoted() -> None:
    answer = judge(a_chat("agent: You need to calm down."), "never_says.v1", phrases=["calm down"])
    assert answer.verdict is Verdict.NOT_MET
    assert answer.evidence[0].quote == "calm down"


# means.v1


def test_a_meaning_is_found_in_other_words_and_names_the_example() -> None:
    chat = a_chat("customer: My parcel never came.", "agent: I completely understand how frustrating this is for you.")
    answer = judge(chat, "means.v1", measure(chat), examples=["I can see why that is so frustrating for you"], threshold=0.5)
    assert answer.verdict is Verdict.MET
    assert answer.evidence[0].turn == 1
    assert "I can see why that is so frustrating for you" in answer.evidence[0].why
    assert 0.73 <= answer.probability <= 1


def test_a_meaning_that_is_missing_shows_the_nearest_sentence() -> None:
    chat = a_chat("agent: Your order number is twelve. The weather is fine.")
    answer = judge(chat, "means.v1", measure(chat), examples=["I am sorry for what happened to you"])
    assert answer.verdict is Verdict.NOT_MET
    assert answer.searched is not None
    assert answer.searched.nearest is not None
    assert answer.searched.nearest.quote in chat.turns[0].text


def test_a_meaning_near_the_threshold_is_left_to_a_person() -> None:
    chat = a_chat("agent: I am sorry for your trouble.")
    signals = measure(chat)
    similarity = float(
        (signals.embeddings @ measure(a_chat("agent: I apologise for the inconvenience.")).embeddings.T)[0, 0]
    )
    example = "I apologise for the inconvenience."
    answer = judge(chat, "means.v1", signals, examples=[example], threshold=round(similarity + 0.02, 3), band=0.05)
    assert answer.verdict is Verdict.UNSURE
    assert (
        judge(chat, "means.v1", signals, examples=[example], threshold=round(similarity + 0.02, 3), band=0).verdict
        is Verdict.NOT_MET
    )


def test_a_sentence_nearer_to_a_counter_example_does_not_count() -> None:
    chat = a_chat("agent: I am so frustrated with you.")
    examples = ["I understand that you are frustrated"]
    signals = measure(chat)
    assert judge(chat, "means.v1", signals, examples=examples, threshold=0.3).verdict is Verdict.MET
    answer = judge(chat, "means.v1", signals, examples=examples, unlike=["I am frustrated with you"], threshold=0.3)
    assert answer.verdict is Verdict.NOT_MET


def test_a_conversation_without_measured_sentences_is_unsure() -> None:
    assert judge(CALL, "means.v1", examples=["I am sorry"]).verdict is Verdict.UNSURE


# measured.v1 and sentiment.v1


def signals_with(transcript: Transcript, **measures: float | None) -> Signals:
    return Signals(valence=tuple((-1.0) ** (index + 1) * 0.5 for index in range(len(transcript.turns))), measures=measures)


@pytest.mark.parametrize(("share", "verdict"), [(0.5, Verdict.MET), (0.7, Verdict.PARTLY), (0.71, Verdict.NOT_MET)])
def test_a_number_falls_into_its_band(share: float, verdict: Verdict) -> None:
    signals = signals_with(CALL, agent_talk_share=share)
    answer = judge(CALL, "measured.v1", signals, measure="agent_talk_share", met=[0.4, 0.6], partly=[0.3, 0.7])
    assert answer.verdict is verdict
    assert f"{share:g}" in answer.evidence[0].why


def test_a_band_without_end_takes_everything_beyond() -> None:
    signals = signals_with(CALL, agent_interruptions=0.0)
    assert judge(CALL, "measured.v1", signals, measure="agent_interruptions", met=[None, 2]).verdict is Verdict.MET


def test_silences_are_shown_where_they_are() -> None:
    call = a_transcript(a_turn("agent", "One moment.", 0, 2), a_turn("agent", "Here we are.", 32, 34))
    answer = judge(call, "measured.v1", measure(call), measure="longest_silence_seconds", met=[None, 10])
    assert answer.verdict is Verdict.NOT_MET
    assert (answer.evidence[1].start, answer.evidence[1].end) == (2, 32)


def test_a_written_conversation_has_no_silence_to_judge() -> None:
    chat = a_chat("agent: Hello", "customer: Hi")
    answer = judge(chat, "measured.v1", measure(chat), measure="longest_silence_seconds", met=[None, 10])
    assert answer.verdict is Verdict.NOT_APPLICABLE
    assert "no times" in answer.evidence[0].why


def test_a_number_about_a_side_is_unsure_where_sides_are_in_doubt() -> None:
    params: dict[str, Any] = {"measure": "agent_talk_share", "met": [0, 1]}
    signals = signals_with(CALL, agent_talk_share=0.5)
    assert judge(replace(CALL, sides=Sides.UNKNOWN), "measured.v1", signals, **params).verdict is Verdict.UNSURE
    doubtful = replace(CALL, sides=Sides.VOICES, turns=tuple(replace(turn, side_confidence=0.5) for turn in CALL.turns))
    assert judge(doubtful, "measured.v1", signals, **params).verdict is Verdict.UNSURE
    assert judge(replace(CALL, sides=Sides.VOICES), "measured.v1", signals, **params).verdict is Verdict.MET


def test_every_measure_that_is_taken_can_be_asked_for_and_no_other() -> None:
    assert set(measure(CALL).measures) == set(MEASURES)


def test_sentiment_is_judged_by_level_change_and_end() -> None:
    signals = signals_with(
        CALL, customer_valence=0.2, customer_valence_first_third=-0.5, customer_valence_last_third=0.4, agent_valence=0.0
    )
    assert judge(CALL, "sentiment.v1", signals, met=[0.1, None]).verdict is Verdict.MET
    assert judge(CALL, "sentiment.v1", signals, of="change", met=[0.9, None]).verdict is Verdict.MET
    assert judge(CALL, "sentiment.v1", signals, over="first_third", met=[0, None]).verdict is Verdict.NOT_MET
    end = judge(CALL, "sentiment.v1", signals, of="end", met=[0.6, None], partly=[0.4, None])
    assert end.verdict is Verdict.PARTLY
    assert end.evidence[1].quote in (CALL.turns[1].text, CALL.turns[3].text)


def test_a_side_that_said_nothing_has_no_sentiment() -> None:
    call = a_transcript(a_turn("agent", "Hello?", 0, 1))
    assert judge(call, "sentiment.v1", measure(call), met=[0, None]).verdict is Verdict.NOT_APPLICABLE


# Combinations


def said(phrase: str, **params: Any) -> dict[str, Any]:
    return {"kind": "says.v1", "with": {"phrases": [phrase], **params}}


HAND = {"kind": "by_hand.v1"}
ABSENT = {"kind": "says.v1", "with": {"phrases": ["x"], "within": {"after": {"phrases": ["never said"]}}}}


def test_order_is_judged_by_where_each_first_held() -> None:
    assert judge(CALL, "in_order.v1", first=said("my name is"), then=said("so sorry")).verdict is Verdict.MET
    wrong = judge(CALL, "in_order.v1", first=said("so sorry"), then=said("my name is"))
    assert wrong.verdict is Verdict.NOT_MET
    assert {piece.quote for piece in wrong.evidence} >= {"so sorry", "my name is"}


def test_order_within_one_turn_is_seen() -> None:
    assert judge(CALL, "in_order.v1", first=said("my name is"), then=said("call is recorded")).verdict is Verdict.MET
    assert judge(CALL, "in_order.v1", first=said("call is recorded"), then=said("my name is")).verdict is Verdict.NOT_MET


def test_a_missing_part_of_an_order_is_judged_as_the_scorecard_says() -> None:
    present, missing = said("my name is"), said("never said at all")
    assert judge(CALL, "in_order.v1", first=missing, then=present).verdict is Verdict.NOT_MET
    assert (
        judge(CALL, "in_order.v1", first=missing, then=present, first_missing="not_applicable").verdict
        is Verdict.NOT_APPLICABLE
    )
    assert judge(CALL, "in_order.v1", first=present, then=missing).verdict is Verdict.NOT_APPLICABLE
    assert judge(CALL, "in_order.v1", first=present, then=missing, then_missing="not_met").verdict is Verdict.NOT_MET


def test_only_what_has_a_place_can_be_ordered() -> None:
    with pytest.raises(ScorecardError, match="has no place in the conversation"):
        judge(CALL, "in_order.v1", first=HAND, then=said("x"))


YES, NO = said("my name is"), said("never said at all")


@pytest.mark.parametrize(
    ("rules", "partly_from", "verdict"),
    [
        ([YES, YES], None, Verdict.MET),
        ([YES, NO], None, Verdict.NOT_MET),
        ([YES, NO], 1, Verdict.PARTLY),
        ([NO, NO], 1, Verdict.NOT_MET),
        ([YES, HAND], None, Verdict.UNSURE),
        ([NO, HAND], None, Verdict.NOT_MET),
        ([NO, HAND], 1, Verdict.UNSURE),
        ([YES, NO, HAND], 1, Verdict.PARTLY),
        ([YES, ABSENT], None, Verdict.MET),
        ([ABSENT, ABSENT], None, Verdict.NOT_APPLICABLE),
    ],
)
def test_all_of_several(rules: list[Any], partly_from: int | None, verdict: Verdict) -> None:
    assert judge(CALL, "all_of.v1", rules=rules, partly_from=partly_from).verdict is verdict


@pytest.mark.parametrize(
    ("rules", "verdict"),
    [
        ([NO, YES], Verdict.MET),
        ([HAND, YES], Verdict.MET),
        ([NO, HAND], Verdict.UNSURE),
        ([NO, NO], Verdict.NOT_MET),
        ([NO, ABSENT], Verdict.NOT_MET),
        ([ABSENT], Verdict.NOT_APPLICABLE),
    ],
)
def test_any_of_several(rules: list[Any], verdict: Verdict) -> None:
    assert judge(CALL, "any_of.v1", rules=rules).verdict is verdict


def test_an_absence_of_all_names_everything_that_was_sought() -> None:
    answer = judge(CALL, "any_of.v1", rules=[said("first thing"), said("second thing")])
    assert answer.searched is not None
    assert answer.searched.sought == "“first thing”, and for “second thing”"


PART = {"kind": "measured.v1", "with": {"measure": "agent_turns", "met": [9, None], "partly": [1, None]}}


@pytest.mark.parametrize(
    ("kind", "rules", "params", "sentence"),
    [
        ("any_of.v1", [YES, NO], {}, "One of the two signs of this was found; one is enough."),
        ("any_of.v1", [YES, YES, NO], {}, "Two of the three signs of this were found; one is enough."),
        ("any_of.v1", [YES, YES], {}, "Both signs of this were found."),
        ("any_of.v1", [YES, ABSENT], {}, "The one sign of this was found."),
        ("any_of.v1", [NO, NO], {}, "Neither of the two signs of this was found."),
        ("any_of.v1", [NO, NO, NO], {}, "None of the three signs of this was found."),
        ("any_of.v1", [NO, ABSENT], {}, "No sign of this was found."),
        ("any_of.v1", [NO, HAND], {}, "Neither of the two signs of this was found for certain; one is in doubt."),
        ("any_of.v1", [NO, PART], {}, "Neither of the two signs of this was found in full; one was found in part."),
        ("any_of.v1", [NO] * 13, {}, "None of the 13 signs of this was found."),
        ("all_of.v1", [YES, YES], {}, "Both parts of this are met."),
        ("all_of.v1", [YES, YES, YES], {}, "All three parts of this are met."),
        ("all_of.v1", [YES, NO], {}, "One of the two parts of this is met; it takes both."),
        ("all_of.v1", [NO, NO], {}, "Neither of the two parts of this is met."),
        (
            "all_of.v1",
            [YES, NO],
            {"partly_from": 1},
            "One of the two parts of this is met; it takes both to meet it in full.",
        ),
        ("all_of.v1", [YES, HAND, HAND], {}, "One of the three parts of this is met for certain; two are in doubt."),
        ("all_of.v1", [YES, PART], {}, "Both parts of this are met, one of them only in part."),
        ("all_of.v1", [PART, ABSENT], {}, "The one part of this is met in part."),
    ],
)
def test_what_several_rules_come_to_is_told_in_a_sentence(
    kind: str, rules: list[Any], params: dict[str, Any], sentence: str
) -> None:
    signals = Signals(valence=(0.0,) * len(CALL.turns), measures={"agent_turns": 3.0})
    assert judge(CALL, kind, signals, rules=rules, **params).evidence[0].why == sentence


def test_by_hand_waits_for_a_person() -> None:
    answer = judge(CALL, "by_hand.v1", look_for="Whether the notes agree.")
    assert answer.verdict is Verdict.UNSURE
    assert answer.evidence[0].why == "A person answers this. Whether the notes agree."
