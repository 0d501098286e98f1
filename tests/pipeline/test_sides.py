"""When a reviewer says who spoke, is the call measured and judged again, by the real thing?"""

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from sqlalchemy import Engine

import pipeline.sides
from errors import InputError, NotAllowed, StorageError
from pipeline.score import Judged, judge
from pipeline.sides import reassign_turn, reassign_turns, swap_sides
from scorecards.definition import Criterion, Fails, Rule, Scorecard, Section
from scoring.behaviours.learned import Learned
from scoring.result import Verdict
from storage import queries, repository
from storage.access import SYSTEM, Asker, Role
from storage.database import reading, transaction
from storage.records import CallDetails, CallFacts, CallKind, Rejudged, ScoredCall
from tests.build import a_transcript, a_turn
from tests.storage.build import correct
from transcripts.model import Sides, Speaker, Transcript

REVIEWER = Asker(1, Role.REVIEWER, name="Rita Boyle")

CARD = Scorecard(
    "manners",
    1,
    "Manners",
    70,
    (
        Section(
            "all",
            "All",
            (
                Criterion("greets", "Does the agent greet?", Rule("says.v1", {"phrases": ["good morning"]})),
                Criterion("calm", "No threats?", Rule("never_says.v1", {"phrases": ["regret this"]}), fails=Fails.SCORECARD),
                Criterion("notes", "Do the notes agree?", Rule("by_hand.v1")),
            ),
        ),
    ),
)


def a_call_the_wrong_way_round(sides: Sides = Sides.CHANNELS) -> Transcript:
    """The agent's words are given to the customer, and the other way round."""
    return a_transcript(
        a_turn("customer", "Good morning, this is the service desk.", 0, 3),
        a_turn("agent", "You will regret this, I have waited for a week.", 3.5, 7),
        a_turn("customer", "What is the number of the order?", 7.5, 9),
        sides=sides,
        call_id="0123456789abcdef",
    )


def store(engine: Engine, transcript: Transcript) -> str:
    judged = judge(transcript, [CARD])
    facts = CallFacts(
        hashlib.sha256(b"one").hexdigest(),
        CallKind.RECORDING,
        "one.wav",
        datetime(2026, 3, 5, tzinfo=UTC),
        "Ana Ruiz",
        "North",
    )
    with transaction(engine) as session:
        assert repository.store_scored_call(session, ScoredCall(facts, transcript, judged.signals, judged.evaluations))
    return transcript.call_id


def details_of(engine: Engine, call_id: str) -> CallDetails:
    with reading(engine) as session:
        details = queries.call_details(session, SYSTEM, call_id)
    assert details is not None
    return details


def test_a_swap_measures_and_judges_the_call_again(engine: Engine) -> None:
    call_id = store(engine, a_call_the_wrong_way_round())
    before = details_of(engine, call_id)
    assert swap_sides(engine, REVIEWER, call_id, "The desk was on the right.") == (
        Rejudged("manners", "Manners", 0.0, 100.0),
    )
    after = details_of(engine, call_id)
    assert after.measures["agent_talk_share"] == before.measures["customer_talk_share"]
    assert after.measures["customer_valence"] == before.measures["agent_valence"]
    current = after.evaluations[0].current
    assert current.failed_by == ()
    assert current.result("greets").evidence[0].quote == "Good morning"
    assert current.stamp.transcript_hash == after.transcript.content_hash


def test_what_a_person_decided_before_the_swap_still_holds(engine: Engine) -> None:
    call_id = store(engine, a_call_the_wrong_way_round())
    (stored,) = details_of(engine, call_id).evaluations
    correct(engine, REVIEWER, stored.result_ids["notes"], Verdict.NOT_MET, "The date is missing.")
    assert swap_sides(engine, SYSTEM, call_id, "The desk was on the right.")[0].after == pytest.approx(66.67)
    (stored,) = details_of(engine, call_id).evaluations
    assert stored.machine.result("notes").verdict is Verdict.UNSURE
    assert stored.current.result("notes").verdict is Verdict.NOT_MET
    assert stored.overrides["notes"][0].author == "Rita Boyle"


def test_one_turn_changes_sides(engine: Engine) -> None:
    call_id = store(engine, a_call_the_wrong_way_round())
    (change,) = reassign_turn(engine, REVIEWER, call_id, 1, Speaker.OTHER, "A voice in the background.")
    assert (change.before, change.after) == (0.0, 50.0)
    assert [turn.speaker for turn in details_of(engine, call_id).transcript.turns] == ["customer", "other", "customer"]


def test_sides_that_were_not_told_apart_are_scored_once_somebody_says_who_spoke(engine: Engine) -> None:
    heard = a_call_the_wrong_way_round(Sides.UNKNOWN)
    nobody = replace(heard, turns=tuple(replace(t, speaker=Speaker.OTHER, side_confidence=0.0) for t in heard.turns))
    call_id = store(engine, nobody)
    with pytest.raises(InputError, match="no sides to swap"):
        swap_sides(engine, REVIEWER, call_id, "The other way round.")
    said = {0: Speaker.AGENT, 1: Speaker.CUSTOMER, 2: Speaker.AGENT}
    assert reassign_turns(engine, REVIEWER, call_id, said, "I know them.") == (Rejudged("manners", "Manners", None, 100.0),)
    after = details_of(engine, call_id)
    assert after.transcript.sides is Sides.GIVEN
    assert after.measures["agent_talk_share"] is not None


def test_a_call_that_changes_while_it_is_measured_again_is_left_alone(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    call_id = store(engine, a_call_the_wrong_way_round())

    def judge_slowly(transcript: Transcript, scorecards: Sequence[Scorecard], adopted: Sequence[Learned]) -> Judged:
        monkeypatch.setattr(pipeline.sides, "judge", judge)
        reassign_turn(engine, SYSTEM, call_id, 2, Speaker.OTHER, "Somebody was quicker.")
        return judge(transcript, scorecards, adopted)

    monkeypatch.setattr(pipeline.sides, "judge", judge_slowly)
    with pytest.raises(StorageError, match="in the meantime"):
        swap_sides(engine, REVIEWER, call_id, "The desk was on the right.")
    details = details_of(engine, call_id)
    assert [correction.reason for correction in details.side_corrections] == ["Somebody was quicker."]
    assert [turn.speaker for turn in details.transcript.turns] == ["customer", "agent", "other"]


@pytest.mark.parametrize(
    ("asker", "call_id", "reason", "error", "said"),
    [
        (Asker(1, Role.COACH, team_ids=frozenset({1})), "0123456789abcdef", "I know.", NotAllowed, "Reviewers and"),
        (Asker(1, Role.AGENT, agent_id=1), "0123456789abcdef", "I know.", NotAllowed, "Reviewers and"),
        (REVIEWER, "0123456789abcdef", " ", StorageError, "needs a reason"),
        (REVIEWER, "fedcba9876543210", "I know.", StorageError, "There is no call"),
    ],
)
def test_what_cannot_be_done_is_refused_before_anything_is_measured(
    engine: Engine, monkeypatch: pytest.MonkeyPatch, asker: Asker, call_id: str, reason: str, error: type, said: str
) -> None:
    store(engine, a_call_the_wrong_way_round())
    monkeypatch.setattr(pipeline.sides, "judge", lambda *_: pytest.fail("it was measured"))
    with pytest.raises(error, match=said):
        swap_sides(engine, asker, call_id, reason)
