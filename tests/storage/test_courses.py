"""Does how each call ran stay what its facts, words and signals say, whatever comes in when?"""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, delete, select, text, update

from reviews.sides import SideChange
from scoring.signals.model import BEHAVIOURS, Shown
from storage.access import SYSTEM
from storage.course_tables import CourseRow, HarmRow
from storage.courses import fill, recount
from storage.database import reading, transaction
from storage.records import NewTranscript, ScoredCall
from storage.repository import replace_transcript, store_scored_call
from tests.storage.build import a_scorecard, a_scored_call, an_evaluation
from tests.storage.contents import Once
from transcripts.model import Speaker

MONDAY = datetime(2025, 3, 3, 9, tzinfo=UTC)


def a_contact(name: str, days: float, customer: str = "C-1", **facts: Any) -> ScoredCall:
    return a_scored_call(name, started_at=MONDAY + timedelta(days=days), extra={"customer_id": customer}, **facts)


def store(engine: Engine, *calls: ScoredCall) -> None:
    for call in calls:
        with transaction(engine) as session:
            assert store_scored_call(session, call)


def days_between(engine: Engine, *calls: ScoredCall) -> list[float | None]:
    with reading(engine) as session:
        rows = dict(session.execute(select(CourseRow.call_id, CourseRow.days_since_contact)).all())
    return [rows[call.transcript.call_id] for call in calls]


def test_a_customer_who_comes_back_is_known_by_their_number(engine: Engine) -> None:
    first, again, other = a_contact("first", 0), a_contact("again", 2.5), a_contact("other", 3, "C-2")
    store(engine, first, again, other)
    assert days_between(engine, first, again, other) == [None, 2.5, None]


def test_a_call_that_is_taken_in_late_is_told_to_the_one_after_it(engine: Engine) -> None:
    first, middle, last = a_contact("first", 0), a_contact("middle", 4), a_contact("last", 10)
    store(engine, first, last, middle)
    assert days_between(engine, first, middle, last) == [None, 4.0, 6.0]


def test_a_call_that_the_centre_made_is_no_contact_of_the_customers(engine: Engine) -> None:
    first, rung, back = a_contact("first", 0), a_contact("rung", 1, direction="outbound"), a_contact("back", 3)
    store(engine, first, rung, back)
    assert days_between(engine, first, rung, back) == [None, None, 3.0]


def test_without_a_number_nobody_is_taken_for_somebody_else(engine: Engine) -> None:
    first, second = a_contact("first", 0, ""), a_contact("second", 1, "")
    store(engine, first, second)
    assert days_between(engine, first, second) == [None, None]


def with_harm(call: ScoredCall) -> ScoredCall:
    shown = (Shown(0, "rude", 0.9, 0, 3), Shown(1, "repeat_contact", 0.8, 0, 3))
    return replace(call, signals=replace(call.signals, behaviours=shown, models={BEHAVIOURS: "a judge"}))


def everything(engine: Engine) -> list[Any]:
    with reading(engine) as session:
        rows = session.execute(select(CourseRow.__table__).order_by(CourseRow.call_id)).all()
        return [*rows, *session.execute(select(HarmRow.__table__).order_by(HarmRow.call_id)).all()]


def a_centre(engine: Engine) -> Engine:
    calls = [
        with_harm(a_contact("one", 0)),
        a_scored_call("two", extra={"reason": "Billing", "transferred_to": "Claims"}, started_at=MONDAY),
        a_contact("three", 5, direction="inbound"),
        a_scored_call("four", "agent: I'll put you through to billing.", started_at=MONDAY),
    ]
    store(engine, *calls)
    return engine


@pytest.fixture
def centre(once: Once) -> Engine:
    return once(a_centre)


def test_the_migration_finds_of_old_calls_what_is_written_of_new_ones(centre: Engine) -> None:
    before = everything(centre)
    assert len(before) == 5
    with transaction(centre) as session:
        session.execute(delete(HarmRow))
        session.execute(delete(CourseRow))
        fill(session.connection())
    assert everything(centre) == before


def test_a_wrong_and_a_missing_course_are_found_and_made_anew(centre: Engine) -> None:
    before = everything(centre)
    with transaction(centre) as session:
        one, two = session.scalars(select(CourseRow.call_id).order_by(CourseRow.call_id).limit(2))
        session.execute(delete(HarmRow).where(HarmRow.call_id == one))
        session.execute(delete(CourseRow).where(CourseRow.call_id == one))
        session.execute(update(CourseRow).where(CourseRow.call_id == two).values(reason="nonsense"))
    with transaction(centre) as session:
        assert recount(session)[:2] == (4, 2)
    assert everything(centre) == before
    with transaction(centre) as session:
        assert recount(session)[:2] == (4, 0)


def test_a_change_by_hand_of_what_came_with_a_call_is_taken_over(centre: Engine) -> None:
    with transaction(centre) as session:
        session.execute(text("""UPDATE calls SET extra = '{"reason": "Refund"}'"""))
        assert recount(session)[:2] == (4, 4)
    with reading(centre) as session:
        assert set(session.scalars(select(CourseRow.reason))) == {"Refund"}
        assert set(session.scalars(select(CourseRow.days_since_contact))) == {None}


def test_when_somebody_says_who_spoke_the_course_is_that_of_the_new_transcript(engine: Engine) -> None:
    call = a_scored_call("swapped", "customer: Hello", "customer: I'll put you through to billing.")
    store(engine, call)
    turns = tuple(replace(turn, speaker=Speaker.AGENT) for turn in call.transcript.turns)
    swapped = replace(call.transcript, turns=turns)
    card = a_scorecard()
    new = NewTranscript(
        SideChange.SWAP, call.transcript.content_hash, swapped, call.signals, ((card, an_evaluation(swapped, card)),)
    )
    with transaction(engine) as session:
        assert session.scalar(select(CourseRow.transfers)) == 0
        replace_transcript(session, SYSTEM, new, "I know both voices.")
        assert session.scalar(select(CourseRow.transfers)) == 1
