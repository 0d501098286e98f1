"""A reply in time is met, a late one is not, and one that may still have come is left to a person."""

from datetime import UTC, datetime

import pytest

from errors import ScorecardError
from scorecards.definition import Rule
from scoring.criteria.base import Context, Judgement
from scoring.criteria.registry import rule_from
from scoring.criteria.text import Conversation
from scoring.result import Verdict
from scoring.signals import measure
from tests.build import a_chat, a_thread
from transcripts.model import Transcript
from transcripts.written import on_the_clock


def judged(transcript: Transcript, kind: str = "replies.v1", **params: object) -> Judgement:
    context = Context(transcript, measure(transcript), Conversation(transcript))
    return rule_from(Rule(kind, params)).judge(context)


SLOW = a_thread("customer 0: Where is it?", "agent 10: On its way.", "customer 20: When?", "agent 140: At noon.")


def test_the_longest_wait_decides_and_is_quoted_first() -> None:
    told = judged(SLOW, met_minutes=60, partly_minutes=240)
    assert (told.verdict, told.number) == (Verdict.PARTLY, 120)
    assert (
        told.evidence[0].why
        == "The customer waited 2 hours for an answer (met by at most 1 hour, partly by at most 4 hours)."
    )
    assert [(one.turn, one.quote) for one in told.evidence[:2]] == [(2, "When?"), (3, "At noon.")]


def test_the_first_answer_can_be_asked_for_alone() -> None:
    assert judged(SLOW, which="first", met_minutes=15).verdict is Verdict.MET
    assert judged(SLOW, which="every", met_minutes=15).verdict is Verdict.NOT_MET


def test_an_unanswered_message_is_not_met_once_the_file_reaches_beyond_the_limit() -> None:
    late = judged(a_thread("customer 0: Where is it?", seen=600), met_minutes=60)
    assert late.verdict is Verdict.NOT_MET
    assert "without an answer" in late.evidence[0].why


@pytest.mark.parametrize("seen", [30, None])
def test_an_unanswered_message_may_have_been_answered_since(seen: float | None) -> None:
    told = judged(a_thread("customer 0: Where is it?", seen=seen), met_minutes=60)
    assert told.verdict is Verdict.UNSURE
    assert "may have been answered since" in told.evidence[0].why


def test_an_earlier_late_answer_decides_whatever_may_still_come() -> None:
    thread = a_thread("customer 0: Where is it?", "agent 300: Here.", "customer 310: Where?", seen=320)
    assert judged(thread, met_minutes=60).verdict is Verdict.NOT_MET


def test_working_hours_count_where_the_question_says_so() -> None:
    thread = a_thread("customer 0: Where is it?", "agent 900: On its way.")  # 17:00 one day, 8:00 the next
    began = datetime(2026, 11, 16, 17, 0, tzinfo=UTC)
    timed = on_the_clock(thread, began, "Mon-Fri 08:00-18:00, UTC")
    assert judged(timed, met_minutes=60, clock="working").verdict is Verdict.MET
    assert judged(timed, met_minutes=60, clock="around").verdict is Verdict.NOT_MET
    assert "15 hours around the clock" in judged(timed, met_minutes=60, clock="working").evidence[0].why


def test_it_does_not_apply_where_nothing_is_known_or_nothing_was_asked() -> None:
    assert judged(a_chat("customer: Where is it?", "agent: Here"), met_minutes=60).verdict is Verdict.NOT_APPLICABLE
    assert judged(a_thread("agent 0: It is ready.", "customer 2: Thanks!"), met_minutes=60).verdict is Verdict.NOT_APPLICABLE


@pytest.mark.parametrize(
    ("params", "sentence"),
    [({"met_minutes": 0}, "above 0"), ({"met_minutes": 60, "partly_minutes": 30}, "more minutes than `met_minutes`")],
)
def test_limits_that_cannot_be_are_named(params: dict[str, float], sentence: str) -> None:
    with pytest.raises(ScorecardError, match=sentence):
        rule_from(Rule("replies.v1", params))


PUBLIC = a_thread(
    "customer! 0: You lost my parcel!", "agent! 5: I am so sorry. Please send us a message.", "agent 9: Your surname?"
)


def test_a_question_may_be_about_what_everybody_could_read() -> None:
    asks = {"speaker": "agent", "phrases": ["your surname"]}
    assert judged(PUBLIC, "never_says.v1", **asks, within={"where": "public"}).verdict is Verdict.MET
    assert judged(PUBLIC, "never_says.v1", **asks).verdict is Verdict.NOT_MET


def test_where_nothing_was_written_in_public_it_does_not_apply() -> None:
    told = judged(SLOW, "never_says.v1", speaker="agent", phrases=["your surname"], within={"where": "public"})
    assert told.verdict is Verdict.NOT_APPLICABLE
    assert told.evidence[0].why == "The agent wrote nothing in public."
