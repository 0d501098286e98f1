"""Is a dispute raised, given to the right person, decided and kept as it should be, and does nobody else see it?"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine, func, select, text, update
from sqlalchemy.orm import Session

from errors import NotAllowed, StorageError
from reviews.disputes import Decider, DisputeState, DisputeStep, Rules
from reviews.queue import State
from scoring.result import Verdict
from storage import dispute_lists, disputes, queries
from storage.access import SYSTEM, Asker, Role
from storage.database import reading, transaction
from storage.people import add_agent, add_team, add_user, deactivate_user
from storage.queue_tables import AssignmentCardRow, AssignmentRow
from storage.repository import add_evaluation, add_override, load_evaluation, load_evaluations, store_scored_call
from storage.tables import DisputeRow, DisputeStepRow, EvaluationRow, OverrideRow
from tests.storage.build import a_scorecard, a_scored_call, an_evaluation
from tests.storage.contents import Once
from tests.storage.statements import statements_of

RULES = Rules(days=14, per_month=3, decider=Decider.QUALITY_MANAGER)
REVIEWERS_TOO = replace(RULES, decider=Decider.REVIEWER)
FOUND = {"thanks": "not_met", "listens": "partly", "greets": "unsure"}
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Centre:
    """Two agents in two teams with a call each, and everybody who has to do with their disputes."""

    engine: Engine
    ana: Asker
    ben: Asker
    coach: Asker
    rita: Asker
    rolf: Asker
    mira: Asker
    ada: Asker
    call_id: str
    bens_call: str

    def result_id(self, criterion: str, call_id: str = "") -> int:
        with reading(self.engine) as session:
            (stored,) = load_evaluations(session, call_id or self.call_id)
            return stored.result_ids[criterion]

    def evaluation_id(self) -> int:
        with reading(self.engine) as session:
            return load_evaluations(session, self.call_id)[0].id

    def raised(self, criterion: str = "thanks", by: Asker | None = None, rules: Rules = RULES) -> dispute_lists.Dispute:
        asker = by or self.ana
        call_id = self.bens_call if asker == self.ben else self.call_id
        result_id = self.result_id(criterion, call_id)
        with transaction(self.engine) as session:
            dispute_id = disputes.raise_dispute(session, asker, rules, result_id, " I said thank you at the end. ")
        return self.seen(dispute_id)

    def seen(self, dispute_id: int, by: Asker = SYSTEM) -> dispute_lists.Dispute:
        with reading(self.engine) as session:
            found = dispute_lists.find_dispute(session, by, dispute_id)
        assert found is not None
        return found

    def decide(
        self, by: Asker, dispute_id: int, answer: Verdict | None, reason: str = "I heard it.", rules: Rules = RULES
    ) -> dispute_lists.Dispute:
        with transaction(self.engine) as session:
            return disputes.decide(session, by, rules, dispute_id, answer, reason)

    def correct(self, by: Asker, criterion: str, verdict: Verdict) -> None:
        result_id = self.result_id(criterion)
        with transaction(self.engine) as session:
            add_override(session, by, result_id, verdict, "I listened.")


def a_centre(engine: Engine) -> Centre:
    one, other = a_scored_call("one", verdicts=FOUND), a_scored_call("two", agent="Ben Okoye", team="South", verdicts=FOUND)
    with transaction(engine) as session:
        assert store_scored_call(session, one)
        assert store_scored_call(session, other)

        def person(name: str, role: Role, agent: str | None = None, team: str | None = None) -> Asker:
            agent_id = add_agent(session, agent) if agent else None
            teams = [add_team(session, team)] if team else []
            user_id = add_user(session, f"{name}@example.org", name, role, "hash", agent_id, teams)
            return Asker(user_id, role, agent_id, frozenset(teams), name)

        made = Centre(
            engine,
            ana=person("Ana Ruiz", Role.AGENT, "Ana Ruiz"),
            ben=person("Ben Okoye", Role.AGENT, "Ben Okoye"),
            coach=person("Cora Lind", Role.COACH, team="North"),
            rita=person("Rita Boyle", Role.REVIEWER),
            rolf=person("Rolf Stein", Role.REVIEWER),
            mira=person("Mira Holt", Role.QUALITY_MANAGER),
            ada=person("Ada Winter", Role.ADMINISTRATOR),
            call_id=one.transcript.call_id,
            bens_call=other.transcript.call_id,
        )
    return made


@pytest.fixture
def centre(once: Once) -> Centre:
    """The centre, on SQLite and on PostgreSQL."""
    return once(a_centre)


# Reading


def test_an_agent_says_that_they_have_read_an_evaluation_once_until_it_changes(centre: Centre) -> None:
    def read(note: str = "") -> None:
        with transaction(centre.engine) as session:
            disputes.acknowledge(session, centre.ana, centre.evaluation_id(), note)

    read(" Fair enough. ")
    with pytest.raises(StorageError, match="already"):
        read()
    centre.correct(centre.rita, "thanks", Verdict.MET)
    with reading(centre.engine) as session:
        assert disputes.read_as_they_are(session, centre.ana, centre.call_id) == frozenset()
    read()
    with reading(centre.engine) as session:
        first, second = disputes.acknowledgements(session, centre.mira, centre.call_id)
        assert disputes.acknowledgements(session, centre.ben, centre.call_id) == ()
        assert disputes.acknowledgements(session, replace(centre.coach, team_ids=frozenset()), centre.call_id) == ()
    assert (first.author, first.note, second.note) == ("Ana Ruiz", "Fair enough.", "")
    assert first.total is not None
    assert second.total is not None
    assert first.total < second.total


def test_nobody_else_says_that_an_evaluation_was_read(centre: Centre) -> None:
    for asker, error in ((centre.ben, StorageError), (centre.rita, NotAllowed), (centre.coach, NotAllowed)):
        with pytest.raises(error), transaction(centre.engine) as session:
            disputes.acknowledge(session, asker, centre.evaluation_id(), "")


# Raising


def test_a_dispute_is_kept_with_the_answer_the_words_and_who_it_was_given_to(centre: Centre) -> None:
    dispute = centre.raised()
    assert (dispute.agent, dispute.raised_by, dispute.reason) == ("Ana Ruiz", "Ana Ruiz", "I said thank you at the end.")
    assert (dispute.title, dispute.question) == ("Care", "Any thanks?")
    assert (dispute.answer, dispute.answered_by, dispute.state) == (Verdict.NOT_MET, "", DisputeState.OPEN)
    assert dispute.given_to == "Mira Holt"
    assert [(step.step, step.to) for step in dispute.steps] == [(DisputeStep.GIVEN, "Mira Holt")]


def test_raising_a_dispute_changes_no_score(centre: Centre) -> None:
    with reading(centre.engine) as session:
        before = queries.evaluations(session, SYSTEM, queries.CallFilter())
    centre.raised()
    with reading(centre.engine) as session:
        assert queries.evaluations(session, SYSTEM, queries.CallFilter()).equals(before)


@pytest.mark.parametrize("who", ["ben", "coach", "rita", "mira", "ada"])
def test_nobody_disputes_for_an_agent(centre: Centre, who: str) -> None:
    result_id = centre.result_id("thanks")
    with pytest.raises((NotAllowed, StorageError)), transaction(centre.engine) as session:
        disputes.raise_dispute(session, getattr(centre, who), RULES, result_id, "It was said.")


def test_a_dispute_needs_a_reason_a_decided_answer_and_no_other_open_one(centre: Centre) -> None:
    with pytest.raises(StorageError, match="needs a reason"), transaction(centre.engine) as session:
        disputes.raise_dispute(session, centre.ana, RULES, centre.result_id("thanks"), "  ")
    with pytest.raises(StorageError, match="waits for a person"):
        centre.raised("greets")
    centre.raised()
    with pytest.raises(StorageError, match="disputed already"):
        centre.raised()


def test_after_the_window_an_answer_stands_until_it_is_answered_anew(centre: Centre) -> None:
    with transaction(centre.engine) as session:
        session.execute(update(EvaluationRow).values(created_at=datetime.now(UTC) - timedelta(days=15)))
    with pytest.raises(StorageError, match="14 days"):
        centre.raised()
    centre.correct(centre.rita, "thanks", Verdict.PARTLY)
    assert centre.raised().answered_by == "Rita Boyle"


def test_what_was_taken_back_counts_for_nothing_and_the_rest_fills_the_month(centre: Centre) -> None:
    rules = replace(RULES, per_month=2)
    first = centre.raised("thanks", rules=rules)
    with transaction(centre.engine) as session:
        disputes.withdraw(session, centre.ana, first.id)
    centre.raised("thanks", rules=rules)
    centre.raised("listens", rules=rules)
    with reading(centre.engine) as session:
        assert disputes.raised_this_month(session, centre.ana) == 2
    with pytest.raises(StorageError, match="used up"):
        centre.raised("announces", rules=rules)
    centre.raised("thanks", by=centre.ben, rules=rules)


def test_only_an_agent_has_a_number_of_disputes(centre: Centre) -> None:
    centre.raised()
    with reading(centre.engine) as session:
        assert disputes.raised_this_month(session, centre.ana) == 1
        assert disputes.raised_this_month(session, replace(centre.coach, agent_id=centre.ana.agent_id)) == 0


def test_the_database_itself_holds_one_open_dispute_of_an_answer(centre: Centre) -> None:
    dispute = centre.raised()
    with reading(centre.engine) as session:
        row = session.get_one(DisputeRow, dispute.id)
        twice = {column.key: getattr(row, column.key) for column in DisputeRow.__table__.columns if column.key != "id"}
    with pytest.raises(StorageError), transaction(centre.engine) as session:
        session.add(DisputeRow(**twice))


# Who decides


def test_an_answer_of_a_person_goes_to_somebody_else(centre: Centre) -> None:
    centre.correct(centre.mira, "thanks", Verdict.PARTLY)
    dispute = centre.raised()
    assert (dispute.answered_by, dispute.given_to) == ("Mira Holt", "Ada Winter")
    with pytest.raises(NotAllowed, match="Mira Holt answered this question"):
        centre.decide(centre.mira, dispute.id, None)


def test_who_reviewed_the_call_and_left_the_answer_as_it_was_does_not_decide_either(centre: Centre) -> None:
    now = datetime.now(UTC)
    with transaction(centre.engine) as session:
        done = AssignmentRow(
            call_id=centre.call_id,
            reviewer_id=centre.rita.user_id,
            why="Drawn by chance.",
            probability=0.5,
            blind=True,
            due=now.date(),
            state=State.DONE,
            given_at=now,
            finished_at=now,
        )
        session.add(done)
        session.flush()
        session.add(AssignmentCardRow(assignment_id=done.id, scorecard="care", probability=0.5, blind_probability=0.5))
    given = {centre.raised(criterion, rules=REVIEWERS_TOO).given_to for criterion in ("thanks", "listens")}
    assert given == {"Rolf Stein"}


def test_reviewers_share_the_disputes_where_they_decide(centre: Centre) -> None:
    centre.correct(centre.rita, "thanks", Verdict.PARTLY)
    assert centre.raised("thanks", rules=REVIEWERS_TOO).given_to == "Rolf Stein"
    assert centre.raised("listens", rules=REVIEWERS_TOO).given_to == "Rita Boyle"


def test_never_to_somebody_who_coaches_the_agents_team(centre: Centre) -> None:
    with transaction(centre.engine) as session:
        north = add_team(session, "North")
        add_user(session, "Mira Holt@example.org", "Mira Holt", Role.QUALITY_MANAGER, "hash", team_ids=[north])
    dispute = centre.raised()
    assert dispute.given_to == "Ada Winter"
    with pytest.raises(NotAllowed, match="Mira Holt coaches the agent's team"):
        centre.decide(centre.mira, dispute.id, None)
    assert centre.raised(by=centre.ben).given_to == "Mira Holt"


def test_a_dispute_that_nobody_can_decide_says_who_cannot_and_why(centre: Centre) -> None:
    centre.correct(centre.mira, "thanks", Verdict.PARTLY)
    centre.correct(centre.ada, "thanks", Verdict.NOT_MET)
    dispute = centre.raised()
    assert (dispute.given_to_id, dispute.given_to, dispute.steps) == (None, "", ())
    with reading(centre.engine) as session:
        people = disputes.choices(session, centre.mira, RULES, [dispute.id])[dispute.id]
    assert all(person.why_not for person in people)
    assert "Ada Winter answered this question." in {person.why_not for person in people}
    with reading(centre.engine) as session:  # another rule would help, and so would another person
        able = disputes.choices(session, centre.mira, REVIEWERS_TOO, [dispute.id])[dispute.id]
    assert [person.name for person in able if not person.why_not] == ["Rita Boyle", "Rolf Stein"]


def test_who_manages_quality_gives_a_dispute_to_somebody_else(centre: Centre) -> None:
    dispute = centre.raised(rules=REVIEWERS_TOO)
    with transaction(centre.engine) as session:
        assert disputes.hand_over(session, centre.mira, REVIEWERS_TOO, dispute.id, centre.rolf.user_id) == "Rolf Stein"
    with pytest.raises(NotAllowed), transaction(centre.engine) as session:
        disputes.hand_over(session, centre.rolf, REVIEWERS_TOO, dispute.id, centre.rita.user_id)
    with pytest.raises(StorageError, match="role"), transaction(centre.engine) as session:
        disputes.hand_over(session, centre.mira, RULES, dispute.id, centre.rita.user_id)
    assert [step.to for step in centre.seen(dispute.id).steps] == ["Rita Boyle", "Rolf Stein"]
    with pytest.raises(StorageError, match="no such dispute"):
        centre.decide(centre.rita, dispute.id, None, rules=REVIEWERS_TOO)
    assert centre.decide(centre.rolf, dispute.id, None, rules=REVIEWERS_TOO).settled_by == "Rolf Stein"


def test_whoever_can_no_longer_sign_in_is_given_nothing(centre: Centre) -> None:
    with transaction(centre.engine) as session:
        deactivate_user(session, centre.mira.user_id)
    assert centre.raised().given_to == "Ada Winter"


@pytest.mark.parametrize("who", ["ana", "ben", "coach", "rita"])
def test_others_decide_nothing(centre: Centre, who: str) -> None:
    dispute = centre.raised()
    with pytest.raises((NotAllowed, StorageError)):
        centre.decide(getattr(centre, who), dispute.id, None)


# Deciding


def test_an_upheld_dispute_changes_the_answer_and_the_total_as_a_correction_does(centre: Centre) -> None:
    dispute = centre.decide(centre.mira, centre.raised().id, Verdict.MET, " Thanked at 0:02. ")
    assert (dispute.state, dispute.settled_by, dispute.decision) == (DisputeState.UPHELD, "Mira Holt", "Thanked at 0:02.")
    with reading(centre.engine) as session:
        (stored,) = load_evaluations(session, centre.call_id)
    assert stored.current.result("thanks").verdict is Verdict.MET
    assert stored.machine.result("thanks").verdict is Verdict.NOT_MET
    assert (dispute.answer_after, dispute.total_after) == (Verdict.MET, stored.current.total)
    assert dispute.total_before == stored.machine.total != dispute.total_after
    (override,) = stored.overrides["thanks"]
    assert (override.author, override.reason) == ("Mira Holt", "Dispute upheld: Thanked at 0:02.")


def test_a_kept_answer_stays_with_its_total(centre: Centre) -> None:
    dispute = centre.decide(centre.mira, centre.raised().id, None)
    assert (dispute.state, dispute.answer_after) == (DisputeState.KEPT, Verdict.NOT_MET)
    assert dispute.total_before == dispute.total_after is not None
    with reading(centre.engine) as session:
        assert session.scalar(select(func.count()).select_from(OverrideRow)) == 0
    with pytest.raises(StorageError, match="not disputed again"):
        centre.raised()


def test_a_decision_needs_a_reason_and_an_answer_that_differs(centre: Centre) -> None:
    dispute = centre.raised()
    with pytest.raises(StorageError, match="needs a reason"):
        centre.decide(centre.mira, dispute.id, None, " ")
    with pytest.raises(StorageError, match="the answer that was disputed"):
        centre.decide(centre.mira, dispute.id, Verdict.NOT_MET)
    assert centre.seen(dispute.id).state is DisputeState.OPEN


def test_what_is_settled_is_not_settled_again(centre: Centre) -> None:
    decided = centre.decide(centre.mira, centre.raised("thanks").id, None)
    taken_back = centre.raised("listens")
    with transaction(centre.engine) as session:
        disputes.withdraw(session, centre.ana, taken_back.id)
    for dispute in (decided, taken_back):
        with pytest.raises(StorageError, match="settled already"):
            centre.decide(centre.mira, dispute.id, Verdict.MET)
        with pytest.raises(StorageError, match="settled already"), transaction(centre.engine) as session:
            disputes.withdraw(session, centre.ana, dispute.id)
    assert centre.seen(taken_back.id).state is DisputeState.WITHDRAWN
    with reading(centre.engine) as session:
        (stored,) = load_evaluations(session, centre.call_id)
    assert stored.current == stored.machine


def test_only_the_agent_takes_a_dispute_back(centre: Centre) -> None:
    dispute = centre.raised()
    for asker in (centre.ben, centre.mira, centre.coach, centre.rita):
        with pytest.raises((NotAllowed, StorageError)), transaction(centre.engine) as session:
            disputes.withdraw(session, asker, dispute.id)


def test_an_answer_that_somebody_corrected_meanwhile_is_not_corrected_twice(centre: Centre) -> None:
    dispute = centre.raised()
    centre.correct(centre.rita, "thanks", Verdict.MET)
    decided = centre.decide(centre.mira, dispute.id, Verdict.MET)
    assert (decided.state, decided.total_before) == (DisputeState.UPHELD, decided.total_after)
    with reading(centre.engine) as session:
        assert len(load_evaluations(session, centre.call_id)[0].overrides["thanks"]) == 1


def test_a_call_that_was_judged_again_is_decided_on_as_it_is_now(centre: Centre) -> None:
    dispute = centre.raised()
    newer = a_scorecard(version=2)
    with transaction(centre.engine) as session:
        transcript = a_scored_call("one").transcript
        assert add_evaluation(session, newer, an_evaluation(transcript, newer, thanks="not_met"))
    decided = centre.decide(centre.mira, dispute.id, Verdict.MET)
    with reading(centre.engine) as session:
        (stored,) = load_evaluations(session, centre.call_id)
        old = session.scalars(select(EvaluationRow.id).where(EvaluationRow.superseded)).one()
        assert load_evaluation(session, old).overrides == {}
    assert stored.scorecard.version == 2
    assert stored.current.total == decided.total_after == 100.0


def test_a_question_that_is_no_longer_asked_is_decided_without_a_score(centre: Centre) -> None:
    dispute = centre.raised()
    (opening, _) = a_scorecard().sections
    newer = a_scorecard(version=2, sections=(opening,))
    with transaction(centre.engine) as session:
        assert add_evaluation(session, newer, an_evaluation(a_scored_call("one").transcript, newer))
    decided = centre.decide(centre.mira, dispute.id, Verdict.MET)
    assert (decided.state, decided.answer_after) == (DisputeState.UPHELD, Verdict.MET)
    assert (decided.total_before, decided.total_after) == (None, None)
    assert decided.question == "Any thanks?"


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE disputes SET reason = 'another'",
        "UPDATE disputes SET answer = 'met'",
        "UPDATE dispute_steps SET words = 'another'",
        "UPDATE acknowledgements SET note = 'another'",
    ],
)
def test_the_database_keeps_what_was_said(centre: Centre, statement: str) -> None:
    centre.raised()
    with transaction(centre.engine) as session:
        disputes.acknowledge(session, centre.ana, centre.evaluation_id(), "Read.")
    with pytest.raises(StorageError, match="never rewritten"), transaction(centre.engine) as session:
        session.execute(text(statement))


def test_the_database_keeps_a_decision(centre: Centre) -> None:
    centre.decide(centre.mira, centre.raised().id, None)
    for change in ("state = 'open'", "decision = 'another'", "settled_by = 'somebody'"):
        with pytest.raises(StorageError, match="a settled one never changes"), transaction(centre.engine) as session:
            session.execute(text(f"UPDATE disputes SET {change}"))


# Who sees what

ANAS_CALL = a_scored_call("one").transcript.call_id
LISTS: dict[str, Callable[[Session, Asker], tuple[dispute_lists.Dispute, ...]]] = {
    "open": dispute_lists.open_disputes,
    "settled": dispute_lists.settled_disputes,
    "of her call": lambda session, asker: dispute_lists.disputes_of_call(
        session, asker, a_scored_call("one").transcript.call_id
    ),
}


def _seen(centre: Centre, asker: Asker) -> dict[str, set[str]]:
    """Whose disputes this person gets from each list, and how many wait for them."""
    with reading(centre.engine) as session:
        lists = {name: {dispute.agent for dispute in found(session, asker)} for name, found in LISTS.items()}
        return {**lists, "waiting": {dispute.agent for dispute in dispute_lists.waiting_for(session, asker)}}


def test_everybody_sees_the_disputes_that_are_theirs_and_no_other(centre: Centre) -> None:
    rules = REVIEWERS_TOO
    anas, bens = centre.raised("thanks", rules=rules), centre.raised("thanks", by=centre.ben, rules=rules)
    assert {anas.given_to, bens.given_to} == {"Rita Boyle", "Rolf Stein"}
    centre.decide(centre.mira, centre.raised("listens", rules=rules).id, None, rules=rules)
    anas_holder, bens_holder = (centre.rita if one.given_to == "Rita Boyle" else centre.rolf for one in (anas, bens))
    nothing: dict[str, set[str]] = {"open": set(), "settled": set(), "of her call": set(), "waiting": set()}
    ana, ben = {"Ana Ruiz"}, {"Ben Okoye"}
    assert _seen(centre, centre.ana) == {**nothing, "open": ana, "settled": ana, "of her call": ana}
    assert _seen(centre, centre.ben) == {**nothing, "open": ben}
    assert _seen(centre, centre.coach) == {**nothing, "open": ana, "settled": ana, "of her call": ana}
    assert _seen(centre, replace(centre.coach, team_ids=frozenset())) == nothing
    assert _seen(centre, replace(centre.ana, agent_id=None)) == nothing
    assert _seen(centre, replace(centre.rita, user_id=999)) == nothing
    assert _seen(centre, bens_holder)["waiting"] == ben
    assert _seen(centre, anas_holder)["waiting"] == ana
    assert "Ben Okoye" not in _seen(centre, anas_holder)["open"]
    for manager in (centre.mira, centre.ada):
        assert _seen(centre, manager) == {"open": ana | ben, "settled": ana, "of her call": ana, "waiting": set()}


def test_a_dispute_asked_for_by_its_number_is_given_to_nobody_else(centre: Centre) -> None:
    dispute = centre.raised()
    with reading(centre.engine) as session:
        for stranger in (centre.ben, centre.rita, replace(centre.coach, team_ids=frozenset())):
            assert dispute_lists.find_dispute(session, stranger, dispute.id) is None
        for known in (centre.ana, centre.coach, centre.mira, centre.ada):
            assert dispute_lists.find_dispute(session, known, dispute.id) is not None


def test_an_agent_is_not_told_through_whose_hands_it_goes(centre: Centre) -> None:
    dispute = centre.raised()
    as_seen = centre.seen(dispute.id, centre.ana)
    assert (as_seen.given_to, as_seen.given_to_id, as_seen.steps) == ("", None, ())
    centre.decide(centre.mira, dispute.id, None)
    assert [step.step for step in centre.seen(dispute.id, centre.ana).steps] == [DisputeStep.KEPT]


def test_what_can_be_disputed_of_a_call_is_told_to_who_may_see_it(centre: Centre) -> None:
    with reading(centre.engine) as session:
        reasons = disputes.why_not_disputed(session, centre.ana, RULES, centre.call_id)
        assert disputes.why_not_disputed(session, centre.ben, RULES, centre.call_id) == {}
    assert reasons[centre.result_id("thanks")] == ""
    assert "waits for a person" in reasons[centre.result_id("greets")]


# The report


def test_the_report_counts_by_question_and_by_who_answered(centre: Centre) -> None:
    centre.correct(centre.rita, "thanks", Verdict.PARTLY)
    centre.decide(centre.mira, centre.raised("thanks").id, Verdict.MET)
    centre.raised("listens")
    centre.raised("thanks", by=centre.ben)
    with reading(centre.engine) as session:
        by_question = dispute_lists.dispute_report(session, centre.mira, ("title", "question"), LONG_AGO)
        by_person = dispute_lists.dispute_report(session, centre.mira, ("answered_by",), LONG_AGO)
        assert dispute_lists.dispute_report(session, centre.mira, ("title",), datetime.now(UTC) + timedelta(days=1)) == ()
        for asker in (centre.ana, centre.coach, centre.rita):
            with pytest.raises(NotAllowed):
                dispute_lists.dispute_report(session, asker, ("title",), LONG_AGO)
    assert [(row.of, row.raised, row.upheld) for row in by_question] == [
        (("Care", "Any thanks?"), 2, 1),
        (("Care", "Does the agent listen?"), 1, 0),
    ]
    assert {(row.of, row.raised, row.upheld) for row in by_person} == {(("",), 2, 0), (("Rita Boyle",), 1, 1)}


def test_a_page_of_disputes_takes_the_same_few_statements_however_many_there_are(centre: Centre) -> None:
    centre.raised("thanks")
    one = _statements(centre, lambda session: dispute_lists.open_disputes(session, centre.mira))
    centre.raised("listens")
    centre.raised("thanks", by=centre.ben)
    assert _statements(centre, lambda session: dispute_lists.open_disputes(session, centre.mira)) == one
    with reading(centre.engine) as session:
        assert session.scalar(select(func.count()).select_from(DisputeStepRow)) == 3


def _statements(centre: Centre, ask: Callable[[Session], object]) -> int:
    with statements_of(centre.engine) as seen, reading(centre.engine) as session:
        ask(session)
    return len(seen)
