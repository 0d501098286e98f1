"""Is how a call ran read as it was, and does what cannot be known stay unknown?"""

from collections.abc import Mapping

import pytest

from scoring.behaviours.corpus import behaviours
from scoring.course import HARMFUL, Course, Sight, TransferKnown, course_of
from scoring.signals.model import BEHAVIOURS, Shown, Signals
from tests.build import a_chat, a_transcript, a_turn
from transcripts.model import Sides, Sound, SoundKind, Speaker, Transcript

MEASURES = {
    "holds": 2.0,
    "hold_seconds": 150.0,
    "longest_hold_seconds": 95.5,
    "customer_valence_first_third": -0.3,
    "customer_valence_lowest": -0.7,
    "customer_valence_highest": 0.4,
    "customer_valence_end": 0.2,
}
PLAIN = a_chat("agent: Hello, how can I help?", "customer: My parcel is late.")


def run(
    transcript: Transcript = PLAIN, *shown: Shown, judged: bool = True, given: Mapping[str, str] | None = None
) -> Course:
    models = {BEHAVIOURS: "a judge"} if judged else {}
    return course_of(transcript, Signals((), MEASURES, models=models, behaviours=shown), given or {})


def test_holds_and_the_way_the_customer_felt_are_those_measured() -> None:
    course = run()
    assert (course.holds, course.hold_seconds, course.longest_hold_seconds) == (2, 150.0, 95.5)
    assert (course.valence_start, course.valence_lowest, course.valence_end) == (-0.3, -0.7, 0.2)
    assert course.valence_peak == -0.7  # the strongest, whichever way


def test_what_was_not_measured_is_not_known() -> None:
    course = course_of(PLAIN, Signals((), {}), {})
    assert course.holds is course.longest_hold_seconds is course.valence_peak is course.repeat_said is None
    assert not course.behaviours_measured
    assert course.harms == {}


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ({"reason": " Late  parcel "}, "Late parcel"),
        ({"Topic": "Billing"}, "Billing"),
        ({"category": "Other", "reason": "Billing"}, "Billing"),
        ({"queue": "Billing"}, ""),
        ({"reason": "x" * 500}, "x" * 120),
    ],
)
def test_the_reason_is_the_one_that_was_given(given: dict[str, str], reason: str) -> None:
    assert run(given=given).reason == reason


def test_the_same_customer_has_the_same_key_and_it_is_not_their_number() -> None:
    first, again, other = (run(given={"customer_id": number}).customer_key for number in ("AB-17", " ab-17 ", "AB-18"))
    assert first == again != other
    assert "17" not in first or len(first) == 32
    assert run().customer_key == ""


PASSED_ON = [
    "I'll put you through to billing.",
    "I'm just going to put you straight through to them.",
    "Right, putting you through now.",
    "Bear with me. Transferring you to the claims team.",
    "Let me just transfer you to a colleague.",
    "We'll pass you over to retention.",
    "I am connecting you with an engineer.",
    "I’ll hand you over to Sam.",
]
NOT_PASSED_ON = [
    "Sorry that we've put you through all this.",
    "I won't put you through that again.",
    "I'll put you through this step by step.",
    "How do you want to pay, card or transfer?",
    "I can transfer you to a free advice charity straight from here.",
    "Shall I put you through to billing?",
    "I'll transfer you the money today.",
    "I'm putting you on a brief hold, is that OK?",
    "If they don't help, ask them to put you through to me.",
]


@pytest.mark.parametrize("words", PASSED_ON)
def test_an_agent_who_passes_the_call_on_says_so(words: str) -> None:
    course = run(a_chat("agent: Hello", "customer: It is about my bill.", f"agent: {words}"))
    assert (course.transfers, course.transfer_known, course.transfer_turn) == (1, TransferKnown.SAID, 2)


@pytest.mark.parametrize("words", NOT_PASSED_ON)
def test_an_offer_a_question_or_another_meaning_is_no_transfer(words: str) -> None:
    course = run(a_chat("agent: Hello", "customer: It is about my bill.", f"agent: {words}"))
    assert (course.transfers, course.transfer_known) == (0, TransferKnown.NOTHING)


def test_a_customer_who_asks_to_be_put_through_is_not_passed_on() -> None:
    assert run(a_chat("agent: Hello", "customer: I'll put you through to my wife.")).transfers == 0


LONG = "good afternoon you are speaking to the claims team now and I have your notes here so tell me what happened please"


def test_a_third_voice_after_the_agent_is_a_transfer_that_was_heard() -> None:
    course = run(a_chat("agent: Hello", "customer: Hi", f"other: {LONG}"))
    assert (course.transfers, course.transfer_known, course.transfer_turn) == (1, TransferKnown.VOICE, 2)


def test_a_word_from_the_background_a_recorded_voice_and_who_spoke_before_the_agent_are_none() -> None:
    assert run(a_chat("agent: Hello", "other: Tea?", "customer: Hi")).transfers == 0
    assert run(a_chat(f"other: {LONG}", "agent: Hello", "customer: Hi")).transfers == 0
    turns = [a_turn("agent", "Hello", 0.0, 1.0), a_turn("other", LONG, 2.0, 9.0), a_turn("customer", "Hi", 9.5, 10.0)]
    heard = a_transcript(*turns)
    recorded = Transcript(
        heard.call_id, heard.turns, 10.0, 2, sides=heard.sides, sounds=(Sound(SoundKind.ANNOUNCEMENT, 1.5, 9.0),)
    )
    assert run(heard).transfers == 1
    assert run(recorded).transfers == 0


@pytest.mark.parametrize(
    ("given", "transfers"),
    [
        ({"transfers": "2"}, 2),
        ({"transfers": "0"}, 0),
        ({"transferred": "Yes"}, 1),
        ({"transferred": "no"}, 0),
        ({"transferred_to": "Claims"}, 1),
        ({"transfers": "0", "transferred_to": "Claims"}, 0),
    ],
)
def test_what_was_given_counts_whatever_was_said(given: dict[str, str], transfers: int) -> None:
    for spoken in (PLAIN, a_chat("agent: Hello", "agent: I'll put you through to billing.")):
        course = run(spoken, given=given)
        assert (course.transfers, course.transfer_known) == (transfers, TransferKnown.GIVEN)


def test_where_the_sides_are_not_known_nobody_can_say_whether_it_was_passed_on() -> None:
    blurred = a_transcript(a_turn("other", "I'll put you through to billing."), sides=Sides.UNKNOWN)
    assert run(blurred).transfers is None
    assert run(blurred).transfer_known is TransferKnown.UNKNOWN
    assert not run(blurred).behaviours_measured
    assert run(blurred, given={"transfers": "1"}).transfers == 1


def test_of_what_the_judge_saw_the_likeliest_turn_is_kept() -> None:
    shown = [Shown(1, "repeat_contact", 0.4, 0, 5), Shown(1, "repeat_contact", 0.9, 0, 5), Shown(0, "rude", 0.8, 0, 5)]
    course = run(PLAIN, *shown, Shown(0, "threatens", 0.1, 0, 5))
    assert (course.repeat_said, course.repeat_turn) == (0.9, 1)
    assert course.harms == {"rude": Sight(0, 0.8, 0, 5)}  # what is unlikely is not kept
    assert run(PLAIN, *shown, judged=False).harms == {}


def test_nobody_is_told_of_a_turn_whose_side_is_in_doubt_as_if_it_were_sure() -> None:
    doubtful = a_turn("agent", "You are a fool.")
    doubtful = type(doubtful)(Speaker.AGENT, None, None, doubtful.text, side_confidence=0.4)
    course = run(a_transcript(doubtful, sides=Sides.VOICES), Shown(0, "rude", 0.95, 0, 5))
    assert course.harms == {"rude": Sight(0, 0.5, 0, 5)}


def test_every_harmful_behaviour_is_one_of_the_agents_that_the_judge_knows() -> None:
    assert all(behaviours()[name].speaker is Speaker.AGENT for name in HARMFUL)
