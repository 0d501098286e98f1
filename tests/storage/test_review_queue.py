"""Is work drawn by chance as the rules say, given evenly to who may have it, and judged blind without a glimpse?"""

import subprocess
import sys
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, func, select, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from errors import NotAllowed, StorageError
from reviews.disputes import DisputeState
from reviews.queue import Assignment, State
from reviews.sampling import EVERY_CARD, ONE_CARD, Period, Rule, RuleKind
from scoring.result import Verdict
from storage import desk, queries, review_figures, review_queue, review_rules
from storage.access import SYSTEM, Asker, Role
from storage.database import open_database, transaction
from storage.people import add_user
from storage.queue_tables import AssignmentCardRow, AssignmentRow, BlindAnswerRow, ReviewChanceRow, ReviewDrawRow
from storage.quotes import Quote
from storage.records import CallFilter, StoredEvaluation
from storage.repository import add_override, load_evaluations, load_transcript, store_scored_call
from storage.review_fill import fill, is_filled
from storage.review_queue import BlindAnswer
from storage.tables import AgentRow, DisputeRow, OverrideRow, TeamRow
from tests.storage.build import a_scorecard, a_scored_call
from tests.storage.contents import Once

ROOT = Path(__file__).parents[2]

MONDAY = date(2025, 3, 10)
"""The calls of these tests are from the week before."""

SAMPLE = Rule(RuleKind.RANDOM, EVERY_CARD, number=2, period=Period.WEEK, since=date(2025, 3, 3), due_days=5)
FAILURES = Rule(RuleKind.FAILURE, EVERY_CARD, since=date(2025, 3, 3))


def _calls(session: Session, agent: str, number: int, verdicts: dict[str, str] | None = None, first: int = 0) -> list[str]:
    ids = []
    for n in range(first, first + number):
        when = datetime(2025, 3, 3, 9, tzinfo=UTC) + timedelta(hours=5 * n)
        call = a_scored_call(
            f"{agent} {n} {sorted((verdicts or {}).items())}", agent=agent, started_at=when, verdicts=verdicts
        )
        assert store_scored_call(session, call)
        ids.append(call.transcript.call_id)
    return ids


def _eight_calls(engine: Engine) -> list[str]:
    with transaction(engine) as session:
        return _calls(session, "Ana Ruiz", 8)


@pytest.fixture
def eight(once: Once) -> list[str]:
    """Calls of Ana Ruiz's with 100 points by the machine."""
    return once(_eight_calls)


def _reviewer(session: Session, name: str, role: Role = Role.REVIEWER, agent_id: int | None = None) -> Asker:
    return Asker(add_user(session, f"{name}@example.org", name, role, "x", agent_id), role, name=name)


def _blind_review(session: Session) -> tuple[Asker, Assignment, str]:
    """A reviewer with one call to judge blind."""
    (call_id,) = _calls(session, "Ana Ruiz", 1, {"listens": "unsure", "thanks": "not_met"})
    rosa = _reviewer(session, "Rosa")
    review_rules.save_rule(session, SYSTEM, Rule(RuleKind.RANDOM, since=date(2025, 3, 3), blind_share=1.0))
    fill(session, MONDAY)
    (given,) = review_queue.assignments(session, rosa)
    return rosa, given, call_id


def _shown(session: Session, asker: Asker, call_id: str) -> tuple[StoredEvaluation, ...]:
    details = queries.call_details(session, asker, call_id)
    assert details is not None
    return details.evaluations


# Drawing


def test_the_random_sample_takes_its_number_of_each_agent_with_the_chance_it_had(engine: Engine, eight: list[str]) -> None:
    with transaction(engine) as session:
        few = _calls(session, "Ben Okoye", 1)
        _reviewer(session, "Rosa")
        review_rules.save_rule(session, SYSTEM, SAMPLE)
        filled = fill(session, MONDAY)
        given = review_queue.assignments(session, SYSTEM)
    assert (filled.candidates, filled.chosen, filled.given, filled.waiting) == (9, 3, 3, 0)
    chances = {one.call_id: one.probability for one in given}
    assert sorted(chances.values()) == [0.25, 0.25, 1.0]
    assert chances[few[0]] == 1.0
    (why,) = {one.why for one in given if one.call_id not in few}
    assert why == (
        "Drawn by chance from the 8 calls that Ana Ruiz took from 3 Mar to 9 Mar 2025: each of them had a chance of 1 in 4."
    )


def test_a_week_that_is_not_over_is_not_drawn_yet(engine: Engine, eight: list[str]) -> None:
    with transaction(engine) as session:
        _reviewer(session, "Rosa")
        review_rules.save_rule(session, SYSTEM, SAMPLE)
        assert fill(session, MONDAY - timedelta(days=1)).candidates == 0
        assert fill(session, MONDAY).candidates == 8


def test_filling_twice_draws_nothing_again(engine: Engine, eight: list[str]) -> None:
    with transaction(engine) as session:
        _reviewer(session, "Rosa")
        review_rules.save_rule(session, SYSTEM, SAMPLE)
        assert not is_filled(session, MONDAY)
        fill(session, MONDAY)
        assert is_filled(session, MONDAY)
        again = fill(session, MONDAY)
        assert (again.candidates, again.given) == (0, 0)
        assert session.scalar(select(func.count()).select_from(AssignmentRow)) == 2


def test_two_processes_that_fill_the_queue_at_once_give_each_call_once(database_url: str) -> None:
    engine = open_database(database_url)
    with transaction(engine) as session:
        _calls(session, "Ana Ruiz", 8)
        _calls(session, "Ben Okoye", 8)
        _reviewer(session, "Rosa")
        review_rules.save_rule(session, SYSTEM, SAMPLE)
    program = (
        "import sys; from datetime import date; from pipeline.assign import assign; "
        "from storage.database import open_database; engine = open_database(sys.argv[1]); "
        f"print('ready', file=sys.stderr, flush=True); sys.stdin.readline(); assign(engine, date.fromisoformat('{MONDAY}'))"
    )
    both = [
        subprocess.Popen(
            [sys.executable, "-c", program, database_url], cwd=ROOT, stdin=subprocess.PIPE, stderr=subprocess.PIPE
        )
        for _ in range(2)
    ]
    for process in both:  # both have loaded what they need before either begins
        assert process.stderr is not None
        assert process.stderr.readline() == b"ready\n"
    for process in both:
        assert process.stdin is not None
        process.stdin.write(b"go\n")
        process.stdin.flush()
    complaints = [process.communicate(timeout=120)[1].decode() for process in both]
    assert [process.returncode for process in both] == [0, 0], complaints
    with transaction(engine) as session:
        given = session.scalars(select(AssignmentRow.call_id)).all()
        draws = session.scalar(select(func.count()).select_from(ReviewDrawRow))
    engine.dispose()
    assert len(given) == len(set(given)) == 4
    assert draws == 2


def test_a_call_that_comes_in_late_has_the_chance_that_the_others_had(engine: Engine, eight: list[str]) -> None:
    with transaction(engine) as session:
        _reviewer(session, "Rosa")
        review_rules.save_rule(session, SYSTEM, SAMPLE)
        fill(session, MONDAY)
        late = set(_calls(session, "Ana Ruiz", 10, first=8))
        fill(session, MONDAY + timedelta(days=1))
        rows = session.scalars(select(ReviewChanceRow).where(ReviewChanceRow.call_id.in_(late))).all()
        assert {row.probability for row in rows} == {0.25}
        draws = review_rules.draws(session, SYSTEM)
        assert [(draw.candidates, draw.share) for draw in draws] == [(10, 0.25), (8, None)]


def test_anybody_who_reviews_draws_the_same_sample_again_from_the_published_seed(engine: Engine, eight: list[str]) -> None:
    with transaction(engine) as session:
        _calls(session, "Ben Okoye", 5, {"announces": "not_met"})
        rosa = _reviewer(session, "Rosa")
        review_rules.save_rule(session, SYSTEM, SAMPLE)
        review_rules.save_rule(session, SYSTEM, Rule(RuleKind.FAILURE, ONE_CARD, share=0.5, since=date(2025, 3, 3)))
        fill(session, MONDAY)
        draws = review_rules.draws(session, rosa)
        assert len(draws) == 3
        for draw in draws:
            again = review_rules.drawn_again(session, rosa, draw.id)
            assert tuple(sorted(again)) == review_rules.chosen_in(session, rosa, draw.id)
            assert len(again) == draw.chosen


def test_a_call_that_two_rules_can_choose_has_the_chance_of_either(engine: Engine) -> None:
    with transaction(engine) as session:
        _calls(session, "Ana Ruiz", 6)
        failed = _calls(session, "Ana Ruiz", 2, {"announces": "not_met"}, first=6)
        _reviewer(session, "Rosa")
        review_rules.save_rule(session, SYSTEM, SAMPLE)
        review_rules.save_rule(session, SYSTEM, FAILURES)
        fill(session, MONDAY)
        given = {one.call_id: one for one in review_queue.assignments(session, SYSTEM)}
    assert set(failed) <= set(given)
    assert {given[call_id].probability for call_id in failed} == {1.0}
    assert {one.probability for call_id, one in given.items() if call_id not in failed} <= {0.25}


def test_a_rule_that_chooses_later_mends_the_chance_of_a_call_that_was_given_before(engine: Engine) -> None:
    with transaction(engine) as session:
        _calls(session, "Ana Ruiz", 8, {"announces": "not_met"})
        rosa = _reviewer(session, "Rosa")
        review_rules.save_rule(session, SYSTEM, SAMPLE)
        fill(session, MONDAY)
        review_rules.save_rule(session, SYSTEM, Rule(RuleKind.FAILURE, share=0.5, since=date(2025, 3, 3)))
        fill(session, MONDAY + timedelta(days=1))
        given = review_queue.assignments(session, rosa)
        cards = session.scalars(select(AssignmentCardRow.probability)).all()
    assert {one.probability for one in given} == {1 - 0.75 * 0.5}
    assert set(cards) == {1 - 0.75 * 0.5}


def test_one_scorecard_of_a_call_by_chance_divides_its_chance_among_them(engine: Engine) -> None:
    with transaction(engine) as session:
        both = (a_scorecard("care"), a_scorecard("sales"))
        when = datetime(2025, 3, 4, tzinfo=UTC)
        store_scored_call(session, a_scored_call("only one", scorecards=both, started_at=when))
        _reviewer(session, "Rosa")
        review_rules.save_rule(session, SYSTEM, Rule(RuleKind.RANDOM, ONE_CARD, since=date(2025, 3, 3)))
        fill(session, MONDAY)
        (given,) = review_queue.assignments(session, SYSTEM)
        (card,) = session.scalars(select(AssignmentCardRow)).all()
    assert len(given.scorecards) == 1
    assert (given.probability, card.probability) == (1.0, 0.5)


def test_rules_look_for_unsure_answers_unhappy_customers_and_new_agents(engine: Engine) -> None:
    with transaction(engine) as session:
        unsure = _calls(session, "Ana Ruiz", 1, {"listens": "unsure", "thanks": "unsure"})
        when = datetime(2025, 3, 4, tzinfo=UTC)
        unhappy = a_scored_call("unhappy", agent="Ben Okoye", valence=-0.8, started_at=when)
        store_scored_call(session, unhappy)
        store_scored_call(session, a_scored_call("of old", agent="Ana Ruiz", started_at=datetime(2024, 3, 4, tzinfo=UTC)))
        store_scored_call(
            session, a_scored_call("of old too", agent="Ben Okoye", started_at=datetime(2024, 3, 4, tzinfo=UTC))
        )
        new = _calls(session, "Cleo Marsh", 3)[:2]
        _reviewer(session, "Rosa")
        since = date(2025, 3, 3)
        for kind, bound in ((RuleKind.UNSURE, 2), (RuleKind.SENTIMENT, -0.5), (RuleKind.NEW_AGENT, 2)):
            review_rules.save_rule(session, SYSTEM, Rule(kind, bound=bound, since=since))
        fill(session, MONDAY)
        why = {one.call_id: one.why for one in review_queue.assignments(session, SYSTEM)}
    assert why == {
        unsure[0]: "The machine was unsure of an answer.",
        unhappy.transcript.call_id: "The customer was among the unhappiest.",
        **dict.fromkeys(new, "It is one of the first calls of a new agent."),
    }


@pytest.mark.parametrize(
    ("calls", "days", "chosen"), [(0, 7, [0, 1, 2]), (2, 7, [0, 1]), (4, 7, [0, 1, 2]), (4, 0, [0, 1, 2, 3])]
)
def test_an_agent_is_new_for_so_many_calls_and_days_as_the_rule_says(
    engine: Engine, calls: int, days: int, chosen: list[int]
) -> None:
    began = datetime(2025, 3, 3, 15, tzinfo=UTC)
    with transaction(engine) as session:
        ids = [f"call {number}" for number in range(5)]
        for call_id, after in zip(ids, (0, 3, 6.9, 7, 9), strict=True):
            moment = began + timedelta(days=after)
            store_scored_call(session, a_scored_call(call_id, agent="Cleo Marsh", started_at=moment))
        _reviewer(session, "Rosa")
        rule = Rule(RuleKind.NEW_AGENT, bound=calls, days=days, since=date(2025, 3, 3))
        review_rules.save_rule(session, SYSTEM, rule)
        assert review_rules.rules(session, SYSTEM)[0].rule == rule
        fill(session, date(2025, 3, 14))
        given = {one.call_id for one in review_queue.assignments(session, SYSTEM)}
    assert given == {a_scored_call(ids[number]).transcript.call_id for number in chosen}


# Giving


def test_work_is_given_evenly_and_nobody_gets_a_call_they_handled_or_judged_before(engine: Engine) -> None:
    with transaction(engine) as session:
        anas = _calls(session, "Ana Ruiz", 6)
        judged = _calls(session, "Ben Okoye", 6)
        ana_id = session.scalars(select(AgentRow.id).where(AgentRow.name == "Ana Ruiz")).one()
        ana = _reviewer(session, "Ana Ruiz", agent_id=ana_id)  # was an agent until lately
        rosa, tim = _reviewer(session, "Rosa"), _reviewer(session, "Tim")
        for call_id in judged:
            (stored,) = load_evaluations(session, call_id)
            add_override(session, tim, stored.result_ids["thanks"], Verdict.NOT_MET, "no thanks")
        rule = Rule(RuleKind.RANDOM, number=6, since=date(2025, 3, 3), due_days=5)
        review_rules.save_rule(session, SYSTEM, rule)
        fill(session, MONDAY)
        given = review_queue.assignments(session, SYSTEM)
    of = {who: [one.call_id for one in given if one.reviewer_id == who.user_id] for who in (ana, rosa, tim)}
    assert sorted(map(len, of.values())) == [4, 4, 4]
    assert not set(of[ana]) & set(anas)
    assert not set(of[tim]) & set(judged)


def test_a_quota_is_kept_and_what_finds_no_room_waits_for_another_day(engine: Engine) -> None:
    with transaction(engine) as session:
        _calls(session, "Ana Ruiz", 9, {"announces": "not_met"})
        rosa = _reviewer(session, "Rosa")
        review_queue.set_quota(session, SYSTEM, rosa.user_id, 2)
        review_rules.save_rule(session, SYSTEM, FAILURES)  # due within three days
        filled = fill(session, MONDAY)
        assert (filled.given, filled.waiting) == (6, 3)
        by_day = [one.due for one in review_queue.assignments(session, rosa)]
        assert {day: by_day.count(day) for day in by_day} == {MONDAY + timedelta(days=n): 2 for n in range(3)}
        for one in review_queue.assignments(session, rosa)[:2]:
            review_queue.finish(session, rosa, one.id)
        assert fill(session, MONDAY + timedelta(days=1)).given == 2


def test_a_reviewer_sees_what_is_theirs_a_manager_all_and_anybody_else_nothing(engine: Engine, eight: list[str]) -> None:
    with transaction(engine) as session:
        calls = eight
        rosa, tim = _reviewer(session, "Rosa"), _reviewer(session, "Tim")
        review_rules.save_rule(session, SYSTEM, SAMPLE)
        fill(session, MONDAY)
        manager = _reviewer(session, "Mae", Role.QUALITY_MANAGER)
        (rosas,), (tims,) = (review_queue.assignments(session, who) for who in (rosa, tim))
        assert {one.id for one in review_queue.assignments(session, manager)} == {rosas.id, tims.id}
        assert review_queue.assignment_for(session, rosa, tims.call_id) is None
        with pytest.raises(StorageError, match="not yours"):
            review_queue.start(session, rosa, tims.id)
        teams = frozenset(session.scalars(select(TeamRow.id)))
        agent_id = session.scalars(select(AgentRow.id)).one()
        others = (Asker(rosa.user_id, Role.COACH, team_ids=teams), Asker(rosa.user_id, Role.AGENT, agent_id))
        now = datetime(2025, 3, 10, tzinfo=UTC)
        for nobody in others:
            assert review_queue.assignments(session, nobody) == ()
            assert review_queue.past_assignments(session, nobody, calls[0]) == ()
            assert review_queue.desks(session, nobody, now) == ()
            assert review_rules.rules(session, nobody) == ()
            assert review_rules.draws(session, nobody) == ()
            with pytest.raises(NotAllowed):
                review_rules.save_rule(session, nobody, SAMPLE)
            with pytest.raises(StorageError):
                review_queue.finish(session, nobody, rosas.id)
        for no_manager in (rosa, *others):
            with pytest.raises(NotAllowed):
                review_queue.pass_on(session, no_manager, rosas.id, tim.user_id, "ill")
            with pytest.raises(NotAllowed):
                review_queue.set_quota(session, no_manager, tim.user_id, 3)


def test_work_is_handed_on_with_a_reason_to_somebody_who_may_have_it(engine: Engine) -> None:
    with transaction(engine) as session:
        _calls(session, "Ana Ruiz", 4)
        rosa, tim = _reviewer(session, "Rosa"), _reviewer(session, "Tim")
        review_rules.save_rule(session, SYSTEM, SAMPLE)
        fill(session, MONDAY)
        (rosas,) = review_queue.assignments(session, rosa)
        with pytest.raises(StorageError, match="reason"):
            review_queue.pass_on(session, SYSTEM, rosas.id, tim.user_id, " ")
        new = review_queue.pass_on(session, SYSTEM, rosas.id, tim.user_id, "Rosa is ill")
        assert (new.call_id, new.probability, new.why, new.due) == (rosas.call_id, rosas.probability, rosas.why, rosas.due)
        assert review_queue.assignments(session, rosa) == ()
        assert len(review_queue.assignments(session, tim)) == 2
        with pytest.raises(StorageError, match="judged it before"):
            review_queue.pass_on(session, SYSTEM, new.id, rosa.user_id, "back again")
        assert [one.state for one in review_queue.past_assignments(session, SYSTEM, rosas.call_id)] == [
            State.PASSED_ON,
            State.OPEN,
        ]
        desks = {desk.name: desk for desk in review_queue.desks(session, SYSTEM, datetime.now(UTC))}
        assert (desks["Rosa"].waiting, desks["Tim"].waiting) == (0, 2)


# Blind


def test_while_a_call_is_judged_blind_no_query_tells_that_person_what_the_machine_found(engine: Engine) -> None:
    everything = CallFilter()
    with transaction(engine) as session:
        rosa, given, call_id = _blind_review(session)
        assert review_queue.blind_for(session, rosa, call_id) == given
        (row,) = queries.calls(session, rosa, everything).itertuples(index=False)
        assert row.call_id == call_id
        assert str(row.total) == str(row.customer_valence) == "nan"
        assert not row.failed
        assert row.unsure == 0
        for told in (CallFilter(total_max=99), CallFilter(unsure_only=True), CallFilter(valence_max=1)):
            assert queries.count_calls(session, rosa, told) == 0
            assert queries.count_calls(session, SYSTEM, told) == 1
        assert queries.evaluations(session, rosa, everything).empty
        assert queries.waiting_for_a_person(session, rosa, everything).empty
        assert queries.calls_behind(session, rosa, everything, "care", "thanks").empty
        assert queries.criterion_counts(session, rosa, everything).empty
        assert queries.kept_call(session, rosa, call_id) is None
        details = queries.call_details(session, rosa, call_id)
        assert details is not None
        assert details.blind
        assert details.evaluations == ()
        assert set(details.valence) == {0.0}
        assert set(details.measures.values()) == {None}
        (stored,) = load_evaluations(session, call_id)
        with pytest.raises(StorageError, match="blind"):
            add_override(session, rosa, stored.result_ids["thanks"], Verdict.MET, "heard it")
        tim = _reviewer(session, "Tim")
        assert len(queries.evaluations(session, tim, everything)) == 1
        assert len(_shown(session, tim, call_id)) == 1


def test_a_blind_review_shows_what_is_asked_and_keeps_each_answer_as_it_comes(engine: Engine) -> None:
    with transaction(engine) as session:
        rosa, given, _ = _blind_review(session)
        (card,) = review_queue.blind_cards(session, rosa, given.id)
        assert list(card.result_ids) == ["greets", "announces", "listens", "thanks"]
        assert card.answers == {}
        review_queue.answer_blind(session, rosa, given.id, card.result_ids["greets"], BlindAnswer(Verdict.MET))
        review_queue.answer_blind(session, rosa, given.id, card.result_ids["greets"], BlindAnswer(Verdict.PARTLY, "late"))
        (card,) = review_queue.blind_cards(session, rosa, given.id)
        assert card.answers == {"greets": BlindAnswer(Verdict.PARTLY, "late", "partly")}
        found = review_queue.blind_for(session, rosa, given.call_id)
        assert found is not None
        assert found.state is State.IN_PROGRESS
        with pytest.raises(StorageError, match="3 questions are not answered yet"):
            review_queue.finish_blind(session, rosa, given.id)
        with pytest.raises(StorageError, match="decides"):
            review_queue.answer_blind(session, rosa, given.id, card.result_ids["thanks"], BlindAnswer(Verdict.UNSURE))
        with pytest.raises(StorageError, match="blind"):
            review_queue.finish(session, rosa, given.id)


def test_a_blind_answer_quotes_the_call_and_the_correction_that_it_becomes_does_so_too(engine: Engine) -> None:
    with transaction(engine) as session:
        rosa, given, call_id = _blind_review(session)
        (card,) = review_queue.blind_cards(session, rosa, given.id)
        text = load_transcript(session, call_id).turns[0].text
        quote = Quote(0, text[:5], 0.0)
        unsaid = BlindAnswer(Verdict.MET, quote=Quote(0, "never said"))
        with pytest.raises(StorageError, match="not in that turn"):
            review_queue.answer_blind(session, rosa, given.id, card.result_ids["greets"], unsaid)
        (stored,) = load_evaluations(session, call_id)
        for criterion, result in card.result_ids.items():
            held = stored.current.result(criterion).verdict
            other = Verdict.MET if held is Verdict.NOT_MET else Verdict.NOT_MET
            review_queue.answer_blind(session, rosa, given.id, result, BlindAnswer(other, "why", quote=quote))
        (card,) = review_queue.blind_cards(session, rosa, given.id)
        assert {answer.quote for answer in card.answers.values()} == {quote}
        review_queue.finish_blind(session, rosa, given.id)
        answers = desk.answers_of(session, rosa, call_id)
    assert {one.quote for said in answers.values() for one in said} == {quote}


def test_a_blind_answer_that_needs_a_comment_is_not_kept_without_one(engine: Engine) -> None:
    card = a_scorecard()
    first = replace(card.sections[0].criteria[0], comment_required=("not_met",))
    opening = replace(card.sections[0], criteria=(first, *card.sections[0].criteria[1:]))
    asks = replace(card, sections=(opening, *card.sections[1:]))
    with transaction(engine) as session:
        call = a_scored_call("Ana", started_at=datetime(2025, 3, 3, 9, tzinfo=UTC), scorecards=(asks,))
        assert store_scored_call(session, call)
        rosa = _reviewer(session, "Rosa")
        review_rules.save_rule(session, SYSTEM, Rule(RuleKind.RANDOM, since=date(2025, 3, 3), blind_share=1.0))
        fill(session, MONDAY)
        (given,) = review_queue.assignments(session, rosa)
        (asked,) = review_queue.blind_cards(session, rosa, given.id)
        greets = asked.result_ids["greets"]
        with pytest.raises(StorageError, match="a few words"):
            review_queue.answer_blind(session, rosa, given.id, greets, BlindAnswer(Verdict.NOT_MET, "  "))
        review_queue.answer_blind(session, rosa, given.id, greets, BlindAnswer(Verdict.NOT_MET, "Only after a minute."))
        review_queue.answer_blind(session, rosa, given.id, greets, BlindAnswer(Verdict.MET))


def test_a_finished_blind_review_becomes_that_persons_verdict_and_everything_is_kept(engine: Engine) -> None:
    with transaction(engine) as session:
        rosa, given, call_id = _blind_review(session)
        (card,) = review_queue.blind_cards(session, rosa, given.id)
        said = {"greets": "met", "announces": "met", "listens": "met", "thanks": "met"}
        answers = {card.result_ids[criterion]: BlindAnswer(Verdict(verdict)) for criterion, verdict in said.items()}
        (after,) = review_queue.submit_blind(session, rosa, given.id, answers)
        assert after.total == 100.0
        (stored,) = load_evaluations(session, call_id)
        assert stored.current.total == 100.0
        assert stored.machine.result("thanks").verdict is Verdict.NOT_MET
        assert set(stored.overrides) == {"listens", "thanks"}
        assert {o.author for ones in stored.overrides.values() for o in ones} == {"Rosa"}
        assert review_queue.blind_for(session, rosa, call_id) is None
        assert len(_shown(session, rosa, call_id)) == 1
        kept = session.scalars(select(BlindAnswerRow)).all()
        assert len(kept) == 4
        linked = {row.override_id for row in kept if row.override_id is not None}
        assert linked == set(session.scalars(select(OverrideRow.id)))
        with pytest.raises(StorageError, match="finished"):
            review_queue.answer_blind(session, rosa, given.id, card.result_ids["thanks"], BlindAnswer(Verdict.NOT_MET))


def test_a_blind_answer_cannot_be_rewritten_by_any_program(engine: Engine) -> None:
    with transaction(engine) as session:
        rosa, given, _ = _blind_review(session)
        (card,) = review_queue.blind_cards(session, rosa, given.id)
        review_queue.answer_blind(session, rosa, given.id, card.result_ids["greets"], BlindAnswer(Verdict.MET))
    with pytest.raises((DBAPIError, StorageError), match="never rewritten"), transaction(engine) as session:
        session.execute(update(BlindAnswerRow).values(verdict=Verdict.NOT_MET))


def test_a_call_that_was_reviewed_for_another_reason_is_reviewed_blind_by_somebody_else_where_the_sample_says_so(
    engine: Engine,
) -> None:
    with transaction(engine) as session:
        (call_id,) = _calls(session, "Ana Ruiz", 1, {"announces": "not_met"})
        rosa = _reviewer(session, "Rosa")
        review_rules.save_rule(session, SYSTEM, FAILURES)
        fill(session, MONDAY)
        (first,) = review_queue.assignments(session, rosa)
        review_queue.finish(session, rosa, first.id)
        tim = _reviewer(session, "Tim")
        review_rules.save_rule(session, SYSTEM, Rule(RuleKind.RANDOM, since=date(2025, 3, 3), blind_share=1.0))
        fill(session, MONDAY)
        second = review_queue.blind_for(session, tim, call_id)
        assert second is not None
        assert review_queue.assignment_for(session, rosa, call_id) is None


def test_a_review_that_nobody_has_begun_becomes_blind_where_the_sample_says_so(engine: Engine) -> None:
    with transaction(engine) as session:
        _calls(session, "Ana Ruiz", 1, {"announces": "not_met"})
        rosa = _reviewer(session, "Rosa")
        review_rules.save_rule(session, SYSTEM, FAILURES)
        fill(session, MONDAY)
        review_rules.save_rule(session, SYSTEM, Rule(RuleKind.RANDOM, since=date(2025, 3, 3), blind_share=1.0))
        fill(session, MONDAY)
        (given,) = review_queue.assignments(session, rosa)
        assert given.blind
        # That a rule which looks for failures chose it too would tell what the machine found.
        alone = "In the sample of the one call that Ana Ruiz took from 3 Mar to 9 Mar 2025: all of them are in it."
        assert (given.why, given.probability) == (alone, 1.0)
        (card,) = review_queue.blind_cards(session, rosa, given.id)
        answers = {id_: BlindAnswer(Verdict.MET) for id_ in card.result_ids.values()}
        review_queue.submit_blind(session, rosa, given.id, answers)
        (done,) = review_queue.past_assignments(session, rosa, given.call_id)
    assert done.why.startswith("The machine found an automatic failure; also: in the sample of the one call")


# Rules


def test_a_changed_rule_is_a_new_version_with_the_seed_of_the_old_one(engine: Engine) -> None:
    with transaction(engine) as session:
        key = review_rules.save_rule(session, SYSTEM, SAMPLE)
        (first,) = review_rules.rules(session, SYSTEM)
        assert review_rules.save_rule(session, SYSTEM, SAMPLE, key) == key
        (same,) = review_rules.rules(session, SYSTEM)
        assert same == first
        review_rules.save_rule(session, SYSTEM, Rule(RuleKind.RANDOM, number=5), key)
        (second,) = review_rules.rules(session, SYSTEM)
        assert (second.rule.number, second.seed, second.key) == (5, first.seed, key)
        assert second.id != first.id
        with pytest.raises(StorageError, match="another one"):
            review_rules.save_rule(session, SYSTEM, FAILURES, key)
        review_rules.end_rule(session, SYSTEM, key)
        assert review_rules.rules(session, SYSTEM) == ()
        with pytest.raises(StorageError, match="no longer in force"):
            review_rules.end_rule(session, SYSTEM, key)


def test_nothing_of_a_draw_is_left_where_the_filling_is_undone(engine: Engine) -> None:
    with transaction(engine) as session:
        _calls(session, "Ana Ruiz", 3)
        _reviewer(session, "Rosa")
        review_rules.save_rule(session, SYSTEM, SAMPLE)
    with Session(engine) as session:  # ends without being asked to keep anything
        assert fill(session, MONDAY).given == 2
    with transaction(engine) as session:
        assert session.scalar(select(func.count()).select_from(ReviewDrawRow)) == 0
        assert not is_filled(session, MONDAY)


# What it comes to


def test_how_often_the_machine_is_right_is_read_from_blind_reviews_alone_and_corrections_are_counted_apart(
    engine: Engine,
) -> None:
    today = datetime.now(UTC).date()
    with transaction(engine) as session:
        rosa, given, _ = _blind_review(session)  # the machine: listens unsure, thanks not met
        other = a_scored_call("seen", agent="Ana Ruiz", started_at=datetime(2025, 3, 4, 9, tzinfo=UTC))
        store_scored_call(session, other)
        (seen,) = load_evaluations(session, other.transcript.call_id)
        add_override(session, rosa, seen.result_ids["greets"], Verdict.NOT_MET, "no greeting")
        assert [one.right.answers for one in review_figures.machine_right(session, rosa, today, today)] == [0] * 5
        (card,) = review_queue.blind_cards(session, rosa, given.id)
        review_queue.submit_blind(
            session, rosa, given.id, {id_: BlindAnswer(Verdict.MET) for id_ in card.result_ids.values()}
        )
        found = {one.criterion: one for one in review_figures.machine_right(session, rosa, today, today)}
        for nobody in (Asker(1, Role.COACH, team_ids=frozenset({1})), Asker(1, Role.AGENT, agent_id=1)):
            assert review_figures.machine_right(session, nobody, today, today) == ()
    assert {name: one.right.value for name, one in found.items()} == {
        "": pytest.approx(2 / 3),
        "greets": 1.0,
        "announces": 1.0,
        "listens": None,
        "thanks": 0.0,
    }
    assert {name: one.corrections for name, one in found.items()} == {
        "": 1,
        "greets": 1,
        "announces": 0,
        "listens": 0,
        "thanks": 0,
    }
    assert (found["listens"].undecided, found["greets"].right.calls) == (1, 1)
    assert not found["greets"].right.enough


def test_an_agents_score_counts_each_reviewed_call_for_those_like_it_that_were_not(engine: Engine, eight: list[str]) -> None:
    days = (date(2025, 3, 3), date(2025, 3, 9))
    with transaction(engine) as session:
        rosa = _reviewer(session, "Rosa")
        review_rules.save_rule(session, SYSTEM, SAMPLE)
        fill(session, MONDAY)
        first, second = review_queue.assignments(session, rosa)
        (stored,) = load_evaluations(session, first.call_id)
        after = add_override(session, rosa, stored.result_ids["listens"], Verdict.NOT_MET, "did not")
        assert after.total == 60.0
        for one in (first, second):
            review_queue.finish(session, rosa, one.id)
        (ana,) = review_figures.reviewed_scores(session, rosa, "agent", "care", *days)
        (team,) = review_figures.reviewed_scores(session, rosa, "team", "care", *days)
        for nobody in (Asker(1, Role.COACH, team_ids=frozenset({team.id})), Asker(1, Role.AGENT, agent_id=ana.id)):
            assert review_figures.reviewed_scores(session, nobody, "agent", "care", *days) == ()
    # Two of eight calls are reviewed, one lost 40 points: 40 times four of eight calls.
    assert (ana.name, ana.calls, ana.waiting, ana.estimate.reviewed) == ("Ana Ruiz", 8, 0, 2)
    assert ana.estimate.value == pytest.approx(80.0)
    assert (ana.estimate.machine, ana.estimate.plain) == (100.0, 80.0)
    assert team.estimate == ana.estimate


def test_a_disputed_call_is_chosen_for_the_scorecard_that_is_disputed(engine: Engine) -> None:
    with transaction(engine) as session:
        both = (a_scorecard("care"), a_scorecard("sales"))
        when = datetime(2025, 3, 4, tzinfo=UTC)
        call = a_scored_call("disputed", scorecards=both, started_at=when)
        store_scored_call(session, call)
        stored = load_evaluations(session, call.transcript.call_id)[1]
        agent_id = session.scalars(select(AgentRow.id)).one()
        session.add(
            DisputeRow(
                call_id=call.transcript.call_id,
                result_id=stored.result_ids["thanks"],
                scorecard="sales",
                criterion="thanks",
                agent_id=agent_id,
                raised_by="Ana Ruiz",
                raised_at=when,
                reason="I did",
                answer="not_met",
                answered_by="",
                state=DisputeState.OPEN,
                settled_by="",
                decision="",
            )
        )
        rosa = _reviewer(session, "Rosa")
        review_rules.save_rule(session, SYSTEM, Rule(RuleKind.DISPUTE, since=date(2025, 3, 3)))
        fill(session, MONDAY)
        (given,) = review_queue.assignments(session, rosa)
    assert (given.scorecards, given.why) == (("sales",), "An answer of it is disputed.")
