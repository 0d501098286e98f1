"""Each shipped scorecard tells a good call from a bad one in words that it does not list, and knows where it does not apply.

The conversations are invented, and worded differently from the scorecards' own phrases on purpose.
"""

from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest

from scorecards.definition import Scorecard
from scorecards.load import shipped
from scoring.criteria import check_scorecard, load_checked
from scoring.evaluate import evaluate
from scoring.result import Evaluation, Verdict
from scoring.signals import measure
from tests.build import a_chat, a_transcript, a_turn
from transcripts.model import Transcript

NAMES = ["collections", "compliance", "empathy", "listening", "service_recovery", "social_care", "written_service"]
WORDS_A_SECOND = 2.5


@lru_cache
def card(name: str) -> Scorecard:
    """A shipped scorecard."""
    return load_checked(shipped()[name])


def spoken(*lines: str, gaps: dict[int, float] | None = None) -> Transcript:
    """A telephone call from lines such as `agent: Hello`, at an ordinary pace; `gaps` gives the seconds of silence (or,
    below 0, of overlap) before a line by its index."""
    turns, now = [], 0.0
    for index, line in enumerate(lines):
        speaker, _, text = line.partition(": ")
        start = max(now + (gaps or {}).get(index, 0.5), 0.0)
        now = start + max(len(text.split()), 2) / WORDS_A_SECOND
        turns.append(a_turn(speaker, text, start, now))
    return a_transcript(*turns)


def judged(name: str, transcript: Transcript) -> Evaluation:
    """The scorecard's evaluation of a conversation."""
    return evaluate(transcript, measure(transcript), card(name))


def assert_verdicts(evaluation: Evaluation, **expected: str) -> None:
    """Each criterion named has the verdict given."""
    assert {name: evaluation.result(name).verdict.value for name in expected} == expected


def verdict(name: str, criterion: str, *lines: str) -> str:
    """The verdict of one criterion on a written conversation of those lines."""
    return judged(name, a_chat(*lines)).result(criterion).verdict.value


def test_the_library_holds_seven_scorecards_with_at_least_ninety_criteria() -> None:
    assert list(shipped()) == NAMES
    assert sum(1 for name in NAMES for _ in card(name)) >= 90


@pytest.mark.parametrize("name", NAMES)
def test_a_shipped_scorecard_has_no_problem(name: str) -> None:
    assert check_scorecard(shipped()[name]) == []


@pytest.mark.parametrize("name", NAMES)
def test_every_criterion_asks_a_question_and_has_a_coaching_tip(name: str) -> None:
    for _, criterion in card(name):
        assert criterion.question.endswith("?"), criterion.id
        assert len(criterion.tip.split()) >= 8, criterion.id


def test_what_the_field_fails_a_call_for_fails_it_here() -> None:
    failing = {(name, c.id): c.fails.value for name in NAMES for _, c in card(name) if c.fails.value != "nothing"}
    assert failing == {
        ("compliance", "recording_announced"): "section",
        ("compliance", "identity_before_details"): "scorecard",
        ("collections", "identity_before_debt"): "scorecard",
        ("collections", "says_it_is_to_collect"): "section",
        ("collections", "no_threats"): "scorecard",
        ("collections", "tells_nobody_else"): "scorecard",
        ("social_care", "asks_nothing_private_in_public"): "section",
        ("social_care", "tells_nothing_private_in_public"): "section",
        ("written_service", "asks_nothing_secret"): "scorecard",
    }


# Compliance

SOUND = spoken(
    "agent: Afternoon, Pinehurst Water, Ifeoma speaking. Please be aware that calls are taped. What can I do for you?",
    "customer: I moved in last week and I want to set up the account.",
    "agent: Lovely. May I have your date of birth and the house number and street?",
    "customer: Fourth of May eighty eight, nineteen Brook Lane.",
    "agent: Thanks. I need the meter team for this, could you hold on the line for a minute while I ask them?",
    "customer: Sure.",
    "agent: Much appreciated, thanks for being patient. The last tenant left a balance of twelve pounds, I'm taking it off.",
    "customer: Oh, great.",
    "agent: Your first bill will come by post within two weeks. Was there something else you wanted to ask?",
    "customer: No, thanks.",
    "agent: Then welcome to the area, and have a lovely weekend.",
    gaps={6: 25.0},
)


def test_compliance_passes_a_sound_call_worded_in_its_own_way() -> None:
    evaluation = judged("compliance", SOUND)
    assert evaluation.total == 100
    assert_verdicts(
        evaluation,
        recording_announced="met",
        identity_before_details="met",
        hold_explained="met",
        no_unexplained_silence="met",
        thanks_for_waiting="met",
        next_step="met",
        anything_else="met",
    )


def test_compliance_fails_the_whole_call_where_details_are_given_unchecked() -> None:
    evaluation = judged(
        "compliance",
        spoken(
            "agent: Hi, Corran Bank, you're speaking to Lewis, and this conversation is being recorded. How can I help?",
            "customer: It's Dee, I want to know if my wages went in.",
            "agent: They did, Dee. There's four hundred and six pounds in there, and the last payment was to a garage.",
            "customer: Perfect.",
            "agent: Anything more from me? No? Thanks for ringing, bye.",
        ),
    )
    assert_verdicts(evaluation, identity_before_details="not_met", recording_announced="met")
    assert evaluation.total == 0
    assert evaluation.failed_by == ("identity_before_details",)
    assert evaluation.total_before is not None
    assert evaluation.total_before > 0


def test_compliance_fails_the_opening_where_the_recording_is_not_announced() -> None:
    evaluation = judged(
        "compliance",
        spoken(
            "agent: Good morning, Dental Studio, this is Anouk. What can I do for you?",
            "customer: I need a check-up.",
            "agent: I'll put that on your record. Tuesday at nine is free, shall I book you in for Tuesday?",
            "customer: Yes please.",
            "agent: Done. Is there anything else? No? Thank you, take care.",
        ),
    )
    assert_verdicts(evaluation, recording_announced="not_met", gives_name="met", hold_explained="not_applicable")
    assert evaluation.sections[0].after == 0
    assert evaluation.failed_by == ()


@pytest.mark.parametrize(("speaker", "expected"), [("other", "met"), ("customer", "not_met")])
def test_a_recorded_voice_announces_the_recording_as_well_as_an_agent_does(speaker: str, expected: str) -> None:
    found = verdict(
        "compliance",
        "recording_announced",
        f"{speaker}: This call may be recorded for training and quality.",
        "agent: Good morning, Harbour Bank, Anna speaking. How can I help?",
        "customer: Hello, I would like to know when you close today.",
    )
    assert found == expected


def test_compliance_sees_an_unexplained_silence_a_rash_promise_and_a_curt_end() -> None:
    evaluation = judged(
        "compliance",
        spoken(
            "agent: Parcels. Calls are recorded. Number?",
            "customer: Six six one nine. When does it come?",
            "agent: Tomorrow. I swear it'll be there, nothing can stop it.",
            "customer: Hello? Are you still there?",
            "agent: Yep. Bye.",
            gaps={3: 18.0},
        ),
    )
    assert_verdicts(
        evaluation,
        no_overpromising="not_met",
        no_unexplained_silence="not_met",
        hold_explained="not_met",
        closes_warmly="not_met",
        anything_else="not_met",
    )


def test_a_careful_word_is_not_a_promise() -> None:
    evaluation = judged(
        "compliance", a_chat("agent: I can't guarantee that it comes today, but it usually does.", "customer: Fine.")
    )
    assert_verdicts(evaluation, no_overpromising="met")


@pytest.mark.parametrize("name", ["compliance", "service_recovery", "collections"])
@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("What are the six digits on the card?", False),
        ("The rates are on the board by the door.", False),
        ("The surgery is on the second floor, next to the lift.", False),
        ("I can't promise you that it'll be today.", False),
        ("The fee will go up by five pounds.", False),
        ("The surveyor is coming on the twenty-first.", True),
        ("The carpet goes out on the 14th, between two and four.", True),
        ("Your seeds will arrive by 10 o'clock on Saturday.", True),
        ("I'm emailing you the timetable straight away.", True),
    ],
)
def test_a_next_step_has_a_time_and_not_only_a_place(name: str, line: str, said: bool) -> None:
    opening = [
        "agent: This is Orla from Quill Recoveries, I'm calling about a debt.",
        "customer: I want to complain about that.",
        "agent: What is your date of birth?",
    ]
    criterion = "sums_up_agreement" if name == "collections" else "next_step"
    assert verdict(name, criterion, *opening, f"agent: {line}") == ("met" if said else "not_met")


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (["agent: Could I have your postcode and date of birth?", "agent: Lovely, I've posted you a new key."], "met"),
        (["agent: I've posted you a new key.", "customer: Great."], "not_applicable"),
        (["agent: There's a balance of six pounds.", "agent: And your date of birth?"], "not_met"),
        (["agent: I can see the claim. What's your name and you said you moved?"], "not_met"),
    ],
)
def test_a_check_of_who_is_calling_counts_also_where_no_details_follow(lines: list[str], expected: str) -> None:
    assert verdict("compliance", "identity_before_details", "customer: I lost my key.", *lines) == expected


def test_a_check_at_the_very_end_does_not_make_up_for_what_was_not_recognised_before() -> None:
    talk = ["agent: Mm-hm.", "customer: And then the other one."] * 8
    lines = ["customer: I lost my key.", *talk, "agent: And your date of birth, for my notes?"]
    assert verdict("compliance", "identity_before_details", *lines) == "not_applicable"


@pytest.mark.parametrize("greeting", ["You're chatting with Ottilie this evening.", "You'll be dealing with Radek today."])
def test_a_name_is_given_also_in_a_chat(greeting: str) -> None:
    assert verdict("compliance", "gives_name", f"agent: {greeting}", "customer: Hello") == "met"


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("I have to ask the vet about the dose, would you hang on for a minute?", "met"),
        ("I want to confirm that with the workshop, are you happy to wait a few moments?", "met"),
        ("Wait a minute.", "not_met"),
    ],
)
def test_asking_somebody_to_wait_with_a_reason_explains_the_hold(line: str, expected: str) -> None:
    transcript = spoken(f"agent: {line}", "customer: Yes.", "agent: Half a tablet.", gaps={2: 12.0})
    assert judged("compliance", transcript).result("hold_explained").verdict.value == expected


def test_being_asked_to_wait_some_minutes_is_a_hold() -> None:
    chat = ["customer: Is it in stock?", "agent: Could you wait two minutes?", "customer: Yes.", "agent: We have one."]
    assert verdict("compliance", "thanks_for_waiting", *chat) == "not_met"


# Listening

HEARD = spoken(
    "agent: Hello, this is Bram at Tideway Ferries, how can I help?",
    "customer: We were meant to sail on Sunday and the crossing was cancelled, and nobody can say "
    "if the dog can go on the next one.",
    "agent: Oh, I see. What did they tell you at the port?",
    "customer: That it depends on the ship. And I have three kids in the car, so I can't just sit here.",
    "agent: So you lost your Sunday crossing, you're stuck at the port with three children, and you "
    "don't know about the dog. Did I get that right?",
    "customer: Yes, that's exactly it.",
    "agent: How would it work for you to go tonight instead?",
    "customer: Tonight would be fine.",
)


def test_listening_sees_open_questions_a_reflection_and_its_check() -> None:
    evaluation = judged("listening", HEARD)
    assert_verdicts(
        evaluation,
        open_question="met",
        two_open_questions="met",
        reflects="met",
        checks_understanding="met",
        feels_understood="met",
        no_interrupting="met",
    )
    assert evaluation.passed


def test_listening_sees_a_chain_of_closed_questions() -> None:
    evaluation = judged(
        "listening",
        spoken(
            "agent: Is the plug in?",
            "customer: Yes, but the screen is broken, it flickers whenever my son plays and it never did before.",
            "agent: Did you restart it?",
            "customer: Three times.",
            "agent: Is it under warranty?",
            "customer: I think so.",
            "agent: Then send it in.",
        ),
    )
    assert_verdicts(evaluation, open_question="not_met", reflects="not_met", checks_understanding="not_met")
    assert evaluation.passed is False


def test_listening_sees_who_cuts_in_and_that_the_customer_says_so() -> None:
    evaluation = judged(
        "listening",
        spoken(
            "agent: What is it about?",
            "customer: The heating stopped on Friday and the man who came said that he would order",
            "agent: Which model is it, do you know?",
            "customer: I was just going to say, he said that he would order a pump and then he never",
            "agent: You need to ring the installer about pumps.",
            "customer: Could you let me finish, please?",
            gaps={2: -1.0, 4: -1.0},
        ),
    )
    assert_verdicts(evaluation, no_interrupting="not_met", not_told_unheard="not_met")


def test_listening_does_not_ask_for_a_reflection_of_a_plain_request() -> None:
    evaluation = judged(
        "listening",
        spoken(
            "agent: Library, Owen speaking, what can I do for you?",
            "customer: I'd like to book the small room for Thursday, please.",
            "agent: It's yours from two.",
            "customer: Lovely, thank you.",
        ),
    )
    assert_verdicts(evaluation, reflects="not_applicable", open_question="not_applicable", no_interrupting="met")


def test_a_written_chat_has_no_talk_share_to_judge() -> None:
    evaluation = judged("listening", a_chat("agent: Hello", "customer: My order never came"))
    assert_verdicts(evaluation, talk_share="not_applicable", no_interrupting="not_applicable", reflects="not_met")


TROUBLE = "customer: The dishwasher leaked again on Sunday and nobody has rung me back."


@pytest.mark.parametrize(
    "line",
    [
        "How could we put things right for you and your guests?",
        "What would make the week easier for you?",
        "What else ought we to know about the leak?",
        "What can you hear when the pump starts?",
        "How's it been since the plumber left?",
        "What would you prefer?",
        "What's the call about, please?",
    ],
)
def test_a_question_that_opens_the_conversation_is_open(line: str) -> None:
    assert verdict("listening", "open_question", TROUBLE, f"agent: {line}") == "met"


@pytest.mark.parametrize(
    "line",
    [
        "What are the first three numbers on the meter?",
        "What I'll do is ask the depot what happened, which takes a minute, is that okay?",
        "Do you prefer the morning or the afternoon?",
    ],
)
def test_a_question_for_a_number_a_choice_or_a_plan_is_not_open(line: str) -> None:
    assert verdict("listening", "open_question", TROUBLE, f"agent: {line}") == "not_met"


@pytest.mark.parametrize("line", ["Which would you prefer?", "How are you today?"])
def test_a_courtesy_or_a_choice_that_begins_with_what_or_how_is_never_surely_open(line: str) -> None:
    assert verdict("listening", "open_question", TROUBLE, f"agent: {line}") != "met"


@pytest.mark.parametrize(("name", "criterion"), [("listening", "reflects"), ("service_recovery", "says_it_back")])
@pytest.mark.parametrize(
    "line",
    [
        "To summarise, the machine has leaked twice and the plumber left without a word.",
        "If I understand that correctly, the kitchen was under water on Sunday.",
        "What I gather is that the second leak ruined the floor.",
        "My understanding so far is that the plumber came on Friday and the leak came back.",
        "Just to confirm, the leak began on Sunday and the plumber hasn't rung, is that right?",
        "I see, so your kitchen was flooded for a second time.",
        "Ms Ferro, so you mopped the floor twice and nobody rang you.",
        "So it leaked on Sunday. You were told to wait and nobody rang.",
        "In other words, you need a machine that you can leave alone.",
    ],
)
def test_what_the_customer_said_is_given_back_in_many_ways(name: str, criterion: str, line: str) -> None:
    lines = [TROUBLE, "customer: I want to make a complaint.", f"agent: {line}"]
    assert verdict(name, criterion, *lines) == "met"


@pytest.mark.parametrize(("name", "criterion"), [("listening", "reflects"), ("service_recovery", "says_it_back")])
@pytest.mark.parametrize(
    "line",
    [
        "Calls are recorded so we can learn from them. What can I do for you?",
        "I'll note it so the fitters bring the part. Then they ring you.",
        "Let me check that with the fitters and ring you back.",
        "So you'll get a card and your parts by Friday.",
        "So basically you need to clean the filter once a month.",
        "Do you mean the pipe under the sink or the one behind it?",
        "Just to confirm, the postcode is QX9 1AB, is that correct?",
    ],
)
def test_an_explanation_or_a_plan_is_not_giving_back_what_was_said(name: str, criterion: str, line: str) -> None:
    lines = [TROUBLE, "customer: I want to make a complaint.", f"agent: {line}"]
    assert verdict(name, criterion, *lines) == "not_met"


@pytest.mark.parametrize(("name", "criterion"), [("listening", "reflects"), ("service_recovery", "says_it_back")])
@pytest.mark.parametrize(
    "line", ["The main thing is to keep your receipt in a safe place.", "Can you hear me? The line's crackling a little."]
)
def test_advice_or_a_word_about_the_line_is_never_surely_giving_back_what_was_said(
    name: str, criterion: str, line: str
) -> None:
    lines = [TROUBLE, "customer: I want to make a complaint.", f"agent: {line}"]
    assert verdict(name, criterion, *lines) != "met"


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("Yes, that's it, it comes from underneath.", "met"),
        ("No, thank you, I think that's it. Goodbye.", "not_met"),
        ("That's it for today, cheers.", "not_met"),
    ],
)
def test_having_nothing_more_to_ask_is_not_feeling_understood(line: str, expected: str) -> None:
    assert verdict("listening", "feels_understood", TROUBLE, f"customer: {line}") == expected


# Empathy

KIND = spoken(
    "agent: Good evening, this is Rosalind, how can I help?",
    "customer: My mother fell and the alarm didn't go off. I'm so frightened that it will happen again.",
    "agent: Oh goodness, I'm sorry. That would shake anyone, and of course you're afraid for her. How is she doing now?",
    "customer: She's in bed. I haven't slept.",
    "agent: You must be worn out. Let me sort the alarm out for you now, please stay with me.",
    "customer: Thank you so much, that's such a relief.",
    "agent: You're welcome. Look after yourself tonight.",
)


def test_empathy_sees_warmth_understanding_and_interest_in_words_of_their_own() -> None:
    evaluation = judged("empathy", KIND)
    assert_verdicts(
        evaluation,
        acknowledges_feeling="met",
        reacts_warmly="met",
        explores="met",
        no_dismissing="met",
        offers_to_help="met",
        customer_appreciates="met",
        kind_goodbye="met",
    )
    assert evaluation.passed


def test_empathy_sees_a_feeling_passed_over() -> None:
    evaluation = judged(
        "empathy",
        spoken(
            "agent: Account number.",
            "customer: Four four one. I'm really scared, I can't sleep for thinking about these letters.",
            "agent: The letters go out on the fifteenth. It's printed in the terms.",
            "customer: But I don't know what to do.",
            "agent: Those are the rules. Bye.",
        ),
    )
    assert_verdicts(
        evaluation,
        acknowledges_feeling="not_met",
        reacts_warmly="not_met",
        explores="not_met",
        no_dismissing="not_met",
        kind_goodbye="not_met",
    )
    assert evaluation.passed is False


def test_understanding_a_wish_is_not_surely_acknowledging_a_feeling() -> None:
    lines = ["customer: I am furious about this bill!", "agent: I understand you would like a copy of it. One moment."]
    assert verdict("empathy", "acknowledges_feeling", *lines) != "met"


def test_without_distress_empathy_for_it_does_not_apply() -> None:
    evaluation = judged(
        "empathy",
        spoken(
            "agent: Good morning, please tell me how I can help.",
            "customer: I'd like to order two more keys.",
            "agent: Certainly, I'll arrange that. Thank you for calling, and take care.",
            "customer: Bye.",
        ),
    )
    assert_verdicts(
        evaluation,
        acknowledges_feeling="not_applicable",
        reacts_warmly="not_applicable",
        explores="not_applicable",
        lifts_the_mood="not_applicable",
        no_dismissing="met",
    )


@pytest.mark.parametrize(
    ("name", "trouble"),
    [
        ("empathy", "I'm so upset about the wedding cake."),
        ("service_recovery", "I want to complain about the wedding cake."),
        ("collections", "I can't pay, I lost my job."),
    ],
)
@pytest.mark.parametrize(
    "line",
    [
        "That can't have been a pleasant morning for either of you.",
        "It doesn't sound like a nice surprise at all.",
        "It wasn't much fun for the bride, I'm sure.",
        "You're not foolish for asking.",
    ],
)
def test_a_feeling_is_acknowledged_also_by_what_it_was_not(name: str, trouble: str, line: str) -> None:
    criterion = "acknowledges_hardship" if name == "collections" else "acknowledges_feeling"
    lines = ["agent: It's about a debt.", f"customer: {trouble}", f"agent: {line}"]
    assert verdict(name, criterion, *lines) == "met"


@pytest.mark.parametrize("line", ["If this isn't a good time I can write.", "You're not on the list for Tuesday."])
def test_a_bad_moment_is_not_a_feeling(line: str) -> None:
    assert verdict("empathy", "acknowledges_feeling", "customer: I'm so worried.", f"agent: {line}") == "not_met"


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("Thank you ever so much, Ines.", "met"),
        ("I do appreciate that.", "met"),
        ("It means so much to my son.", "not_met"),
        ("I'd appreciate it if somebody came.", "not_met"),
    ],
)
def test_thanks_are_told_from_how_much_it_matters(line: str, expected: str) -> None:
    assert verdict("empathy", "customer_appreciates", "customer: I'm really worried.", f"customer: {line}") == expected


@pytest.mark.parametrize("line", ["This charge stands.", "Our decision is final, madam."])
def test_a_door_that_is_shut_is_dismissive_in_any_words(line: str) -> None:
    assert verdict("empathy", "no_dismissing", "customer: Can you not waive it?", f"agent: {line}") == "not_met"


# Service recovery

RECOVERED = spoken(
    "agent: Hello, Marden Cycles, this is Yusuf, how may I help?",
    "customer: I want to complain. My bike came back from the repair with the brakes loose, and I nearly went under a bus.",
    "agent: That is frightening. Walk me through it, please, from when you picked it up.",
    "customer: I collected it on Monday, and at the first junction nothing happened when I braked. "
    "I was shaking, I'm furious.",
    "agent: So you trusted us with it on Monday and at the first junction the brakes weren't there. "
    "Anyone would be furious.",
    "customer: Yes.",
    "agent: I am deeply sorry, Ms Adler. That could have cost your life, I take it extremely seriously.",
    "agent: It is nowhere near the standard we set ourselves, a bike should never leave us like that.",
    "customer: No, it shouldn't.",
    "agent: I'd like to put this right. We could collect it today and go over it in front of you, "
    "or give you your money back, whichever you prefer. Which would suit you?",
    "customer: Collect it, please.",
    "agent: The van will be with you by six o'clock today. I'll phone you on Friday to see that you "
    "feel safe on it. And thank you for telling us.",
    "customer: Thank you, that's good, I appreciate it.",
)


def test_service_recovery_sees_each_step_of_a_good_one() -> None:
    evaluation = judged("service_recovery", RECOVERED)
    assert_verdicts(
        evaluation,
        listens_before_apologising="met",
        invites_the_story="met",
        says_it_back="met",
        apologises="met",
        acknowledges_feeling="met",
        says_it_is_serious="met",
        not_our_standard="met",
        no_blame="met",
        takes_it_on="met",
        offers_remedy="met",
        offers_choice="met",
        next_step="met",
        follows_up="met",
        thanks_for_telling="met",
    )
    assert evaluation.passed


def test_service_recovery_sees_an_apology_by_rote_and_the_blame_passed_on() -> None:
    evaluation = judged(
        "service_recovery",
        spoken(
            "agent: Furniture helpline, apologies for any inconvenience, order number?",
            "customer: Nine two two. I want to make a complaint, the table is broken and this is the third time I've rung.",
            "agent: Sorry for the inconvenience. That's the delivery firm, it's nothing to do with us.",
            "customer: So what will you do? I'm livid.",
            "agent: You'd have to take it up with them.",
        ),
    )
    assert_verdicts(
        evaluation,
        listens_before_apologising="not_met",
        apologises="not_met",
        no_blame="not_met",
        not_our_standard="not_met",
        offers_remedy="not_met",
        offers_choice="not_met",
        follows_up="not_met",
    )
    assert evaluation.passed is False


def test_one_remedy_is_no_choice() -> None:
    evaluation = judged(
        "service_recovery",
        a_chat(
            "agent: Hello, how can I help?",
            "customer: I'm making a complaint, the lamp arrived smashed.",
            "agent: I'm sorry it was smashed. I'll send you a replacement.",
            "customer: Right.",
        ),
    )
    assert_verdicts(evaluation, offers_remedy="met", offers_choice="not_met", apologises="met")


def test_without_a_complaint_there_is_nothing_to_recover_and_no_score() -> None:
    evaluation = judged(
        "service_recovery",
        a_chat("agent: Hello", "customer: When do you open tomorrow?", "agent: At nine.", "customer: Thanks, bye."),
    )
    assert {result.verdict for result in evaluation.results} == {Verdict.NOT_APPLICABLE}
    assert evaluation.total is None


@pytest.mark.parametrize(
    ("criterion", "line"),
    [
        ("takes_it_on", "I'm the person to ask for anything to do with your piano."),
        ("takes_it_on", "I'll get everything straightened out for you this week."),
        ("takes_it_on", "I will see it all put right before the concert."),
        ("not_our_standard", "You ought to have been met with more respect."),
        ("not_our_standard", "We have come a long way short this time."),
        ("not_our_standard", "You should have been given better care."),
        ("says_it_is_serious", "I understand how urgent it is with the concert so near."),
        ("says_it_is_serious", "That is certainly a grave fault."),
        ("says_it_is_serious", "We do see how much this matters."),
    ],
)
def test_ownership_standard_and_seriousness_are_heard_in_many_words(criterion: str, line: str) -> None:
    assert verdict("service_recovery", criterion, "customer: I want to complain.", f"agent: {line}") == "met"


@pytest.mark.parametrize(
    ("criterion", "line"),
    [
        ("takes_it_on", "Somebody at the depot will get that straightened out."),
        ("not_our_standard", "You should have been given a leaflet."),
        ("not_our_standard", "Hello, thanks for waiting, I'm Odile in the customer care team."),
        ("says_it_is_serious", "That's a significant discount on the list price."),
        ("says_it_is_serious", "That was our slip, and I apologise."),
    ],
)
def test_what_sounds_like_ownership_standard_or_seriousness_is_not(criterion: str, line: str) -> None:
    assert verdict("service_recovery", criterion, "customer: I want to complain.", f"agent: {line}") == "not_met"


@pytest.mark.parametrize(
    "lines",
    [
        ["I'm livid, my neighbour backed into my car and I need to claim."],
        ["I'm at my wits' end, I've lost my work and I can't face the post.", "I cried all morning, it's horrible."],
        ["My nerves are bad enough, I never thought I'd need a home help.", "I wept when the doctor told me."],
        ["I've ordered the blue one by mistake, it's still in its box.", "I was told to ring you."],
        ["It's me again, I'd like the second one in green.", "I can't complain about the first."],
        ["I'm so frustrated with myself, I forgot to pay it."],
    ],
)
def test_anger_or_grief_without_anything_that_the_company_did_is_no_complaint(lines: list[str]) -> None:
    chat = ["agent: Hello.", *(f"customer: {line}" for line in lines), "agent: Let's see."]
    assert verdict("service_recovery", "apologises", *chat) == "not_applicable"


@pytest.mark.parametrize(
    "line",
    [
        "I'd like to complain about the tuner.",
        "You have let us down badly, the choir had no piano.",
        "I shouldn't have to ring you every Monday about the same key.",
        "I'm fed up, your tuner was supposed to come at ten and he never showed.",
        "This is ridiculous, you've billed me for a lesson that I cancelled.",
        "I'm really annoyed, the stool arrived scratched.",
        "I was promised a call by Friday and nobody rang.",
        "I've been waiting since Easter, and now there's another bill.",
        "I've written three times and not had a word.",
        "I stayed at home for your tuner and nobody came.",
        "I've been told three different prices.",
    ],
)
def test_what_the_company_did_or_failed_to_do_makes_a_complaint(line: str) -> None:
    assert verdict("service_recovery", "apologises", "agent: Hello.", f"customer: {line}", "agent: Right.") == "not_met"


# Collections

LAWFUL = spoken(
    "customer: Hello?",
    "agent: Good morning. My name is Tobias Wren, I'm calling from Hollin Finance, and the line is "
    "recorded. Is that Ms Varga?",
    "customer: It is.",
    "agent: Before I go on, could you give me your date of birth and your postcode?",
    "customer: Second of March ninety one, HX three.",
    "agent: Thank you. I have to tell you that this call is an attempt to recover a debt. It's "
    "ninety pounds for your phone contract.",
    "customer: I know. I was made redundant in spring and I'm struggling.",
    "agent: That must be very hard. What would be a sum that you can keep up without going short?",
    "customer: Ten a month, maybe.",
    "agent: Ten a month it is. There are charities that give free advice on debts, shall I send you a number?",
    "customer: Yes, please.",
    "agent: So to go over it, ten pounds on the first of each month, and you'll have a letter "
    "within a week. Anything else you'd like to ask?",
    "customer: No. Thank you.",
    "agent: Thank you, Ms Varga, take care.",
)


def test_collections_passes_a_lawful_and_decent_call() -> None:
    evaluation = judged("collections", LAWFUL)
    assert_verdicts(
        evaluation,
        says_who_is_calling="met",
        recording_announced="met",
        identity_before_debt="met",
        says_it_is_to_collect="met",
        no_threats="met",
        tells_nobody_else="not_applicable",
        asks_what_is_affordable="met",
        acknowledges_hardship="met",
        points_to_free_advice="met",
        offers_a_plan="met",
        sums_up_agreement="met",
    )
    assert evaluation.passed


def test_collections_fails_a_call_that_names_the_debt_to_a_relative() -> None:
    evaluation = judged(
        "collections",
        spoken(
            "customer: Hello?",
            "agent: Hi, Kerr from Hollin Finance, I'm calling to collect the overdue three hundred pounds on the car loan.",
            "customer: I'm his wife, he's not here.",
            "agent: Well, it's three hundred pounds that he owes, tell him.",
            "customer: Oh.",
        ),
    )
    assert_verdicts(evaluation, identity_before_debt="not_met", tells_nobody_else="not_met", says_it_is_to_collect="met")
    assert evaluation.total == 0


@pytest.mark.parametrize(
    "threat",
    [
        "Pay by Friday or there will be someone at your door.",
        "I might have to phone your boss about this.",
        "You could end up in jail, you know.",
        "They'll come and take your furniture.",
        "Pay now or you'll regret it.",
        "Unless you settle this by noon it gets a great deal worse.",
        "We can always make life harder.",
        "It will become very difficult for you.",
    ],
)
def test_a_threat_fails_the_whole_call(threat: str) -> None:
    lines = [
        "agent: This is Kerr from Hollin Finance. Your date of birth?",
        "customer: First of May.",
        "agent: It's about a debt.",
    ]
    evaluation = judged("collections", a_chat(*lines, f"agent: {threat}"))
    assert_verdicts(evaluation, no_threats="not_met")
    assert "no_threats" in evaluation.failed_by


@pytest.mark.parametrize(
    "fair",
    [
        "If we hear nothing, the account goes back to the lender in thirty days.",
        "No interest is added while we talk.",
        "You can take your time to think about it.",
        "Shall I put the account on hold for a month?",
        "It must get hard for you towards the end of the month.",
        "I don't want to make things difficult for you.",
        "If you pay a little each week it won't get any worse.",
        "I hope it doesn't get harder for you.",
    ],
)
def test_a_fair_word_about_what_happens_is_no_threat(fair: str) -> None:
    evaluation = judged("collections", a_chat("agent: I'm calling about a debt.", f"agent: {fair}", "customer: Okay."))
    assert_verdicts(evaluation, no_threats="met")


def test_an_account_is_not_plain_enough_for_a_debt() -> None:
    evaluation = judged(
        "collections",
        a_chat(
            "agent: Hello, this is Kerr from Hollin. I'm ringing about your account.",
            "customer: What about it?",
            "agent: Just a quick word about your agreement. Can you make a payment?",
            "customer: I suppose.",
        ),
    )
    assert_verdicts(evaluation, says_it_is_to_collect="not_met")


def test_a_call_without_a_debt_has_no_collections_score() -> None:
    assert judged("collections", SOUND).total is None


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("I'm ringing about the money you owe the dental practice.", "met"),
        ("My call is about the rent that's still unpaid.", "met"),
        ("I'm calling about a refund that's due to you.", "not_met"),
    ],
)
def test_money_that_is_owed_is_plain_enough_for_a_debt(line: str, expected: str) -> None:
    lines = ["agent: Hello, this is Kerr, from collections at Hollin.", f"agent: {line}"]
    assert (
        verdict("collections", "says_it_is_to_collect", "customer: Hello?", *lines[1:], "agent: It's overdue.") == expected
    )


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("It's 845 at the moment.", "not_met"),
        ("The balance is 1,260, tell her.", "not_met"),
        ("It comes to nine hundred.", "not_met"),
        ("She can pay by installment, if that is easier.", "not_met"),
        ("She may ask for a payment plan.", "not_met"),
        ("It's 0345, 550, 120, from nine to five.", "met"),
        ("That's 300 metres from the station.", "met"),
        ("It's a personal matter, could she ring me back by ten?", "met"),
    ],
)
def test_a_sum_is_kept_from_others_with_or_without_its_currency(line: str, expected: str) -> None:
    lines = ["agent: Is that Ms Ito?", "customer: No, I'm her sister.", f"agent: {line}"]
    assert verdict("collections", "tells_nobody_else", *lines) == expected


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("Is there a sum you would be able to set aside each payday?", "met"),
        ("Which amount would you feel able to keep up?", "met"),
        ("Is there anything you'd be able to tell me about the invoice?", "not_met"),
    ],
)
def test_what_somebody_is_able_to_pay_is_asked_in_many_words(line: str, expected: str) -> None:
    lines = ["agent: Your date of birth?", "agent: It's about a debt.", f"agent: {line}"]
    assert verdict("collections", "asks_what_is_affordable", *lines) == expected


@pytest.mark.parametrize(
    ("line", "expected"),
    [("You have had more than enough time.", "not_met"), ("You've had time to read it, what do you think?", "met")],
)
def test_telling_somebody_that_their_time_is_up_is_not_respectful(line: str, expected: str) -> None:
    assert verdict("collections", "respectful", "agent: I'm calling about a debt.", f"agent: {line}") == expected


# What a reader of a verdict sees

SHAMEFUL = a_chat(
    "agent: Parcels and payments. Number?",
    "customer: This is his wife, he isn't here. I want to complain, I'm so upset, this is the third time it never came.",
    "agent: Sorry. He owes four hundred pounds. Hold on.",
    "customer: Hello? Are you still there? You're not listening.",
    "agent: I already told you, that's the policy, nothing to do with us. What is the PIN number?",
    "agent: I swear it'll be there. Pay up or there will be someone at your door, you idiot.",
)


def searches(params: Any) -> Iterator[Mapping[str, Any]]:
    """Every group of parameters that looks for words by patterns, however deep."""
    if isinstance(params, Mapping):
        if "patterns" in params:
            yield params
        params = list(params.values())
    if isinstance(params, list | tuple):
        for item in params:
            yield from searches(item)


@pytest.mark.parametrize("name", NAMES)
def test_whatever_patterns_look_for_has_a_name_in_plain_words(name: str) -> None:
    rules = [rule for _, criterion in card(name) for rule in (criterion.rule, criterion.applies_when) if rule]
    found = [search for rule in rules for search in searches(rule.params)]
    assert len(found) >= 5
    for search in found:
        assert 2 <= len(search.get("named", "").split()) <= 12, search["patterns"][0]
        assert not set(search["named"]) & set("\\()[]|?.;“”"), search["named"]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("transcript", [SOUND, HEARD, KIND, RECOVERED, LAWFUL, SHAMEFUL])
def test_no_verdict_shows_a_regular_expression(name: str, transcript: Transcript) -> None:
    read: list[str] = []
    for result in judged(name, transcript).results:
        read += [evidence.why for evidence in result.evidence]
        if result.searched:
            read.append(result.searched.sought)
            read += [result.searched.nearest.why] if result.searched.nearest else []
    assert len(read) >= len(list(card(name)))
    for sentence in read:
        assert not any(sign in sentence for sign in ("\\", "(?", "[^", "|", "pattern")), sentence


def test_a_verdict_says_in_plain_words_what_was_found_and_what_was_looked_for() -> None:
    assert judged("empathy", KIND).result("acknowledges_feeling").evidence[1].why == (
        "The agent said this, which was taken for an acknowledgement of the feeling."
    )
    searched = judged("collections", LAWFUL).result("no_threats").searched
    assert searched is not None
    assert searched.sought == "a threat"


@pytest.mark.parametrize("name", NAMES)
def test_the_documentation_holds_every_question_with_its_weight_and_what_it_fails(name: str) -> None:
    guide = (Path(__file__).parents[2] / "docs" / "library.md").read_text(encoding="utf-8")
    after = guide.partition(f"## `{name}`")[2].partition("\n## ")[0]
    fails = {"nothing": "", "section": "fails its section", "scorecard": "fails the whole call"}
    for section, criterion in card(name):
        row = f"| {section.title} | `{criterion.id}` | {criterion.question} | {criterion.weight:g} |"
        line = next((line for line in after.splitlines() if line.startswith(row)), None)
        assert line is not None, criterion.id
        assert fails[criterion.fails] in line, criterion.id
