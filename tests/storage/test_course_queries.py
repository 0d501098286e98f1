"""Are processes, sentiment and harm counted as the calls say, and does a person's word count instead of the machine's?"""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, select

from coaching.processes import Kind
from reviews.queue import State
from scorecards.definition import Criterion, Rule, Section
from scoring.result import Verdict
from scoring.signals.model import BEHAVIOURS, Shown
from storage import queries
from storage.access import SYSTEM, Asker, Role
from storage.database import reading, transaction
from storage.people import add_user
from storage.queries import Bounds, CallFilter
from storage.queue_tables import AssignmentRow
from storage.records import ScoredCall
from storage.repository import load_evaluations, store_scored_call
from storage.teaching import mark_turn
from tests.storage.build import a_scorecard, a_scored_call, correct

ALL, BOUNDS = CallFilter(), Bounds(hold_seconds=60, repeat_days=7)
MONDAY = datetime(2025, 3, 3, 9, tzinfo=UTC)


def a_call(name: str, *shown: Shown, days: float = 0, hold: float | None = 0.0, **facts: Any) -> ScoredCall:
    call = a_scored_call(name, started_at=MONDAY + timedelta(days=days), **facts)
    ends = {"first_third": -0.2, "lowest": -0.6, "highest": 0.2, "end": 0.4}
    measures = {"longest_hold_seconds": hold, **{f"customer_valence_{name}": value for name, value in ends.items()}}
    return replace(call, signals=replace(call.signals, measures=measures, behaviours=shown, models={BEHAVIOURS: "a judge"}))


def came_back(probability: float) -> Shown:
    return Shown(1, "repeat_contact", probability, 0, 9)


def rude(probability: float) -> Shown:
    return Shown(0, "rude", probability, 0, 5)


def store(engine: Engine, *calls: ScoredCall) -> None:
    with transaction(engine) as session:
        for call in calls:
            assert store_scored_call(session, call)


def totals(engine: Engine, filter: CallFilter = ALL, asker: Asker = SYSTEM, bounds: Bounds = BOUNDS) -> dict[str, int]:
    with reading(engine) as session:
        counts = queries.process_counts(session, asker, filter, bounds)
    return {str(name): int(value) for name, value in counts.sum(numeric_only=True).items() if value and name != "team_id"}


def test_a_hold_is_long_from_the_bound_on_and_unknown_where_no_times_are(engine: Engine) -> None:
    store(engine, a_call("a", hold=60.0), a_call("b", hold=59.9), a_call("c", hold=None))
    found = totals(engine)
    assert (found["calls"], found["hold_known"], found["hold"]) == (3, 2, 1)


def test_each_reason_and_queue_has_a_row_of_its_own(engine: Engine) -> None:
    store(engine, a_call("a", extra={"reason": "Billing"}, queue="north"), a_call("b", extra={}, queue="north"))
    with reading(engine) as session:
        counts = queries.process_counts(session, SYSTEM, ALL, BOUNDS)
    assert list(zip(counts["reason"], counts["queue"], counts["calls"], strict=True)) == [
        ("", "north", 1),
        ("Billing", "north", 1),
    ]


def test_transfers_are_told_apart_by_how_they_are_known(engine: Engine) -> None:
    passed = a_scored_call("said", "agent: I'll put you through to billing.", "customer: Thanks")
    store(
        engine, a_call("given", extra={"transfers": "2"}), passed, a_call("none"), a_call("zero", extra={"transfers": "0"})
    )
    found = totals(engine)
    assert (found["transfer_known"], found["transfer"]) == (4, 2)
    assert (found["transfer_given"], found["transfer_said"], found.get("transfer_voice", 0)) == (1, 1, 0)


def test_by_their_words_a_customer_came_back_did_not_or_nobody_can_say(engine: Engine) -> None:
    store(engine, a_call("yes", came_back(0.8)), a_call("perhaps", came_back(0.5)), a_call("no", came_back(0.1)))
    found = totals(engine)
    assert (found["repeat_known"], found["repeat"], found["repeat_unsure"]) == (2, 1, 1)
    assert "repeat_numbered" not in found


def test_a_number_of_the_customer_decides_whatever_they_say(engine: Engine) -> None:
    own = {"customer_id": "C-1"}
    store(
        engine,
        a_call("first", came_back(0.9), extra=own),
        a_call("again", days=6, extra=own),
        a_call("later", days=20, extra=own),
    )
    found = totals(engine)
    assert (found["repeat_known"], found["repeat"], found["repeat_numbered"]) == (3, 1, 3)
    assert totals(engine, bounds=Bounds(60, 30))["repeat"] == 2


def test_a_call_that_the_centre_made_is_not_one_of_somebody_who_came_back(engine: Engine) -> None:
    store(engine, a_call("rung", came_back(0.9), direction="outbound"))
    assert "repeat_known" not in totals(engine)


def test_the_calls_behind_a_figure_lead_to_the_words(engine: Engine) -> None:
    store(engine, a_call("yes", came_back(0.8), extra={"reason": "Billing"}), a_call("long", hold=90.0))
    with reading(engine) as session:
        (again,) = queries.process_calls(session, SYSTEM, ALL, BOUNDS, Kind.REPEAT).itertuples()
        (held,) = queries.process_calls(session, SYSTEM, ALL, BOUNDS, Kind.HOLD).itertuples()
        assert queries.process_calls(session, SYSTEM, ALL, BOUNDS, Kind.HOLD, "Billing").empty
        assert len(queries.process_calls(session, SYSTEM, ALL, BOUNDS, Kind.HOLD, "")) == 1
    assert (again.reason, again.quote, again.turn, again.start) == ("Billing", "My parcel is late", 1, 2.0)
    assert (held.longest_hold_seconds, held.quote) == (90.0, "")


def test_sentiment_is_added_up_over_the_calls_in_which_it_was_measured(engine: Engine) -> None:
    store(engine, a_call("a"), a_call("b"), a_scored_call("not measured"))
    with reading(engine) as session:
        (row,) = queries.feeling_counts(session, SYSTEM, ALL).itertuples()
    assert (row.agent, row.calls) == ("Ana Ruiz", 2)
    assert (row.start, row.lowest, row.end) == pytest.approx((-0.4, -1.2, 0.8))
    assert row.peak_end == pytest.approx(2 * (-0.6 + 0.4) / 2)
    assert row.peak_end_squared == pytest.approx(2 * 0.01)


def harm_of(engine: Engine, behaviour: str = "rude") -> tuple[float, float]:
    """Of how many calls it can be said, and how many are free of it."""
    with reading(engine) as session:
        counts = queries.harm_counts(session, SYSTEM, ALL)
    own = counts[counts["criterion"] == behaviour]
    return own["counted"].sum(), own["points"].sum()


def test_harm_counts_where_the_machine_is_sure_and_not_where_it_is_in_two_minds(engine: Engine) -> None:
    store(engine, a_call("sure", rude(0.8)), a_call("perhaps", rude(0.5)), a_call("no"), a_scored_call("not measured"))
    assert harm_of(engine) == (2, 1)
    assert harm_of(engine, "threatens") == (3, 3)


def test_what_a_person_says_of_the_turn_counts_instead(engine: Engine) -> None:
    sure, perhaps, no = a_call("sure", rude(0.8)), a_call("perhaps", rude(0.5)), a_call("no")
    store(engine, sure, perhaps, no)
    with transaction(engine) as session:
        mark_turn(session, SYSTEM, sure.transcript.call_id, 0, "rude", False)
        mark_turn(session, SYSTEM, perhaps.transcript.call_id, 0, "rude", False)
        mark_turn(session, SYSTEM, no.transcript.call_id, 1, "rude", True)
    assert harm_of(engine) == (3, 2)
    with reading(engine) as session:
        assert queries.harm_calls(session, SYSTEM, ALL).empty


def test_a_mark_of_another_turn_leaves_the_one_that_was_taken(engine: Engine) -> None:
    sure = a_call("sure", rude(0.8))
    store(engine, sure)
    with transaction(engine) as session:
        mark_turn(session, SYSTEM, sure.transcript.call_id, 1, "rude", False)
    assert harm_of(engine) == (1, 0)


def test_a_reviewer_who_says_that_nothing_of_it_was_shown_is_believed(engine: Engine) -> None:
    never = Criterion("polite", "Is the agent polite?", Rule("never_shows.v1", {"behaviour": ["rude", "dismisses"]}))
    card = a_scorecard(sections=(Section("all", "All", (never,)),))
    call = a_call("sure", rude(0.8), scorecards=(card,), verdicts={"polite": "not_met"})
    store(engine, call)
    assert harm_of(engine) == (1, 0)
    with reading(engine) as session:
        (stored,) = load_evaluations(session, call.transcript.call_id)
    correct(engine, SYSTEM, stored.result_ids["polite"], Verdict.MET, "They were joking with each other.")
    assert harm_of(engine) == (1, 1)


def test_moments_that_may_harm_are_quoted_likelier_than_not_alone(engine: Engine) -> None:
    store(engine, a_call("sure", rude(0.8)), a_call("perhaps", rude(0.6), days=1), a_call("hardly", rude(0.4)))
    with reading(engine) as session:
        found = queries.harm_calls(session, SYSTEM, ALL)
        assert queries.harm_calls(session, SYSTEM, ALL, "threatens").empty
    assert list(found["probability"]) == [0.6, 0.8]
    assert list(found["quote"]) == ["Hello", "Hello"]


def test_whoever_judges_a_call_blind_is_told_nothing_of_how_it_ran(engine: Engine) -> None:
    call = a_call("blind", rude(0.9), came_back(0.9), hold=90.0)
    store(engine, call)
    with transaction(engine) as session:
        rosa = add_user(session, "rosa@example.org", "Rosa", Role.REVIEWER, "x")
        session.add(
            AssignmentRow(
                call_id=call.transcript.call_id, reviewer_id=rosa, why="Drawn.", probability=1.0, blind=True,
                due=MONDAY.date(), state=State.OPEN, given_at=MONDAY,
            )
        )  # fmt: skip
    asker = Asker(rosa, Role.REVIEWER)
    assert totals(engine, asker=asker) == {}
    with reading(engine) as session:
        assert queries.feeling_counts(session, asker, ALL).empty
        assert queries.harm_counts(session, asker, ALL).empty
        assert queries.harm_calls(session, asker, ALL).empty
        assert queries.process_calls(session, asker, ALL, BOUNDS, Kind.HOLD).empty
        assert len(session.scalars(select(AssignmentRow.id)).all()) == 1
