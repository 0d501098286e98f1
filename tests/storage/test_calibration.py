"""Does a calibration keep its people blind, take only their answers, and stay out of every figure?"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import Engine, func, insert, select, text

from errors import InputError, NotAllowed, StorageError
from reviews.calibration import Results
from scorecards.answers import Verdict
from scorecards.definition import AskedWhen, Criterion, Rule, Section
from storage import calibration, queries
from storage.access import SYSTEM, Asker, Role
from storage.calibration import Calibration, Given
from storage.calibration_tables import CalibrationAnswerRow, CalibrationRow
from storage.database import reading, transaction
from storage.people import add_team, add_user
from storage.queries import CallFilter
from storage.repository import store_scored_call
from storage.tables import CallRow
from tests.storage.build import a_scorecard, a_scored_call
from tests.storage.contents import Once

DUE = date(2026, 3, 20)
QUESTIONS = ("greets", "announces", "listens", "thanks")
AGAIN_DAYS = 14


@dataclass(frozen=True)
class Centre:
    """Two calls that the machine has judged, and everybody who could want to know of a calibration."""

    engine: Engine
    rosa: Asker
    idris: Asker
    nele: Asker
    mira: Asker
    coach: Asker
    agent: Asker
    calls: tuple[str, ...]

    def begin(self, expert: Asker | None = None, by: Asker | None = None) -> int:
        """Rosa and Idris, and perhaps an expert, on both calls."""
        with transaction(self.engine) as session:
            people = [self.rosa.user_id, self.idris.user_id]
            expert_id = expert.user_id if expert else None
            return calibration.begin(session, by or self.mira, " March ", "care", self.calls, people, DUE, expert_id)

    def answer(self, by: Asker, of: int, call_id: str, criterion: str, given: str = "met", comment: str = "") -> None:
        with transaction(self.engine) as session:
            calibration.answer(session, by, of, call_id, criterion, None, given, comment)

    def answer_all(self, by: Asker, of: int, **given: str) -> None:
        for call_id in self.calls:
            for criterion in QUESTIONS:
                self.answer(by, of, call_id, criterion, given.get(criterion, "met"))

    def finish(self, by: Asker, of: int) -> None:
        with transaction(self.engine) as session:
            calibration.finish(session, by, of)

    def close(self, by: Asker, of: int) -> None:
        with transaction(self.engine) as session:
            calibration.close(session, by, of)

    def found(self, by: Asker, of: int) -> Calibration | None:
        with reading(self.engine) as session:
            return calibration.find_calibration(session, by, of)

    def results(self, by: Asker, of: int) -> Results:
        with reading(self.engine) as session:
            return calibration.calibration_results(session, by, of, AGAIN_DAYS)


def a_centre(engine: Engine) -> Centre:
    scored = [a_scored_call(name, verdicts={"thanks": "not_met"}) for name in ("one", "two")]
    with transaction(engine) as session:
        assert all(store_scored_call(session, call) for call in scored)
        north = add_team(session, "North")

        def person(name: str, role: Role, *teams: int) -> Asker:
            user_id = add_user(session, f"{name}@example.org", name, role, "hash", None, teams)
            return Asker(user_id, role, None, frozenset(teams), name)

        agent_id = session.scalars(select(CallRow.agent_id)).first()
        user_id = add_user(session, "ana@example.org", "ana", Role.AGENT, "hash", agent_id, [])
        return Centre(
            engine,
            person("rosa", Role.REVIEWER),
            person("idris", Role.REVIEWER),
            person("nele", Role.REVIEWER),
            person("mira", Role.QUALITY_MANAGER),
            person("conrad", Role.COACH, north),
            Asker(user_id, Role.AGENT, agent_id, frozenset(), "ana"),
            tuple(call.transcript.call_id for call in scored),
        )


@pytest.fixture
def centre(once: Once) -> Centre:
    """The centre, on SQLite and on PostgreSQL."""
    return once(a_centre)


def test_only_who_manages_quality_begins_and_closes_one(centre: Centre) -> None:
    for other in (centre.rosa, centre.coach, centre.agent):
        with pytest.raises(NotAllowed):
            centre.begin(by=other)
    begun = centre.begin()
    with pytest.raises(NotAllowed):
        centre.close(centre.rosa, begun)
    centre.close(centre.mira, begun)
    with pytest.raises(StorageError, match="no such open"):
        centre.close(centre.mira, begun)


def test_a_calibration_needs_a_title_two_reviewers_calls_and_a_scorecard_in_use(centre: Centre) -> None:
    both = [centre.rosa.user_id, centre.idris.user_id]
    wrong: list[tuple[str, str, list[str], list[int], int | None, str]] = [
        ("", "care", list(centre.calls), both, None, "title"),
        ("March", "none such", list(centre.calls), both, None, "scorecard"),
        ("March", "care", [], both, None, "call"),
        ("March", "care", ["0" * 16], both, None, "call"),
        ("March", "care", list(centre.calls), both[:1], None, "two reviewers"),
        ("March", "care", list(centre.calls), both, both[0], "two reviewers"),
        ("March", "care", list(centre.calls), [*both, centre.coach.user_id], None, "Only reviewers"),
    ]
    for title, card, calls, people, expert, why in wrong:
        with transaction(centre.engine) as session, pytest.raises(StorageError, match=why):
            calibration.begin(session, centre.mira, title, card, calls, people, DUE, expert)


def test_only_members_and_who_manages_quality_know_of_one(centre: Centre) -> None:
    begun = centre.begin()
    found = centre.found(centre.rosa, begun)
    assert found is not None
    assert (found.title, found.due, found.author) == ("March", DUE, "mira")
    assert [(member.name, member.finished) for member in found.members] == [("idris", False), ("rosa", False)]
    assert centre.found(centre.mira, begun) == found
    for other in (centre.nele, centre.coach, centre.agent):
        assert centre.found(other, begun) is None
        with reading(centre.engine) as session:
            assert calibration.calibrations(session, other) == ()
    with pytest.raises(NotAllowed):
        centre.results(centre.nele, begun)


def test_a_coach_who_was_a_member_as_a_reviewer_no_longer_is(centre: Centre) -> None:
    begun = centre.begin()
    assert centre.found(Asker(centre.rosa.user_id, Role.COACH, None, frozenset(), "rosa"), begun) is None


def test_only_members_answer_and_only_what_is_asked(centre: Centre) -> None:
    begun = centre.begin()
    for other in (centre.mira, centre.nele, centre.coach, centre.agent):
        with pytest.raises(NotAllowed):
            centre.answer(other, begun, centre.calls[0], "greets")
    with pytest.raises(StorageError, match="no such question"):
        centre.answer(centre.rosa, begun, centre.calls[0], "sings")
    with pytest.raises(StorageError, match="no such question"):
        centre.answer(centre.rosa, begun, "0" * 16, "greets")
    with pytest.raises(InputError):
        centre.answer(centre.rosa, begun, centre.calls[0], "greets", "magnificent")
    with transaction(centre.engine) as session, pytest.raises(StorageError, match="decides"):
        calibration.answer(session, centre.rosa, begun, centre.calls[0], "greets", Verdict.UNSURE)


def test_of_two_answers_to_one_question_the_last_counts_and_both_are_kept(centre: Centre) -> None:
    begun = centre.begin()
    centre.answer(centre.rosa, begun, centre.calls[0], "greets", "met")
    centre.answer(centre.rosa, begun, centre.calls[0], "greets", "not_met", " Only his name. ")
    with reading(centre.engine) as session:
        given = calibration.own_answers(session, centre.rosa, begun)
        kept = session.scalar(select(func.count()).select_from(CalibrationAnswerRow))
    assert given == {(centre.calls[0], "greets"): Given(Verdict.NOT_MET, "not_met", "Only his name.")}
    assert kept == 2


def test_an_answer_is_never_rewritten_whoever_writes(centre: Centre) -> None:
    begun = centre.begin()
    centre.answer(centre.rosa, begun, centre.calls[0], "greets")
    with pytest.raises(StorageError, match="never rewritten"), transaction(centre.engine) as session:
        session.execute(text("UPDATE calibration_answers SET verdict = 'not_met'"))


def test_nobody_sees_the_answers_of_others_before_all_have_finished(centre: Centre) -> None:
    begun = centre.begin()
    centre.answer_all(centre.rosa, begun, thanks="not_met")
    with reading(centre.engine) as session:
        assert calibration.own_answers(session, centre.idris, begun) == {}
        assert calibration.own_answers(session, centre.mira, begun) == {}
    centre.finish(centre.rosa, begun)
    for asker in (centre.rosa, centre.idris, centre.mira):
        with pytest.raises(StorageError, match="once everybody has finished"):
            centre.results(asker, begun)
    centre.answer_all(centre.idris, begun)
    centre.finish(centre.idris, begun)
    found = centre.results(centre.idris, begun)
    assert [(one.criterion, one.agreement.value) for one in found.questions] == [
        ("greets", 1.0),
        ("announces", 1.0),
        ("listens", 1.0),
        ("thanks", 0.0),
    ]
    assert found.agreement.value == 0.75


def test_nobody_finishes_with_questions_open_or_answers_after_finishing(centre: Centre) -> None:
    begun = centre.begin()
    centre.answer(centre.rosa, begun, centre.calls[0], "greets")
    with pytest.raises(StorageError, match="7 questions"):
        centre.finish(centre.rosa, begun)
    centre.answer_all(centre.rosa, begun)
    centre.finish(centre.rosa, begun)
    with pytest.raises(StorageError, match="finished"):
        centre.answer(centre.rosa, begun, centre.calls[0], "greets", "not_met")


def test_closing_one_early_opens_what_there_is_and_ends_answering(centre: Centre) -> None:
    begun = centre.begin()
    centre.answer(centre.rosa, begun, centre.calls[0], "greets", "met", "Warmly.")
    centre.close(centre.mira, begun)
    with pytest.raises(StorageError, match="finished"):
        centre.answer(centre.rosa, begun, centre.calls[0], "listens")
    assert centre.results(centre.idris, begun).calls == 1
    with reading(centre.engine) as session:
        (comment,) = calibration.comments(session, centre.idris, begun)
    assert (comment.name, comment.criterion, comment.words) == ("rosa", "greets", "Warmly.")


def test_a_member_sees_nothing_that_the_machine_found_until_they_have_finished(centre: Centre) -> None:
    def machine_said(asker: Asker) -> bool:
        with reading(centre.engine) as session:
            details = queries.call_details(session, asker, centre.calls[0])
            assert details is not None
            shown = [*details.evaluations, *queries.evaluations(session, asker, CallFilter()).call_id]
            assert details.blind is not bool(details.evaluations)
        return bool(shown)

    begun = centre.begin()
    assert not machine_said(centre.rosa)
    assert machine_said(centre.nele)
    assert machine_said(centre.mira)
    centre.answer_all(centre.rosa, begun)
    assert not machine_said(centre.rosa)
    centre.finish(centre.rosa, begun)
    assert machine_said(centre.rosa)
    assert not machine_said(centre.idris)
    centre.close(centre.mira, begun)
    assert machine_said(centre.idris)


def test_no_figure_changes_by_what_is_answered_to_calibrate(centre: Centre) -> None:
    everything = CallFilter()

    def figures() -> list[str]:
        with reading(centre.engine) as session:
            found = [
                queries.criterion_counts(session, SYSTEM, everything),
                queries.scores_by_week(session, SYSTEM, everything),
                queries.evaluations(session, SYSTEM, everything),
                queries.calls(session, SYSTEM, everything, limit=10),
                queries.automatic_failures(session, SYSTEM, everything),
            ]
        return [frame.to_csv() for frame in found]

    before = figures()
    begun = centre.begin()
    for person in (centre.rosa, centre.idris):
        centre.answer_all(person, begun, greets="not_met", announces="not_met")
        centre.finish(person, begun)
    assert centre.results(centre.mira, begun).agreement.value == 1.0
    assert figures() == before


def test_a_question_that_is_asked_on_anothers_answer_is_left_out_where_it_is_not(centre: Centre) -> None:
    says = Rule("says.v1", {"phrases": ["hello"]})
    card = a_scorecard(
        "asks",
        sections=(
            Section(
                "one",
                "One",
                (
                    Criterion("complains", "Is there a complaint?", says),
                    Criterion("helps", "Is it helped?", says, asked_when=AskedWhen("complains", ("met",))),
                ),
            ),
        ),
    )
    asked = {name: Given(Verdict(name), name) for name in ("met", "not_met")}
    assert [one.id for one in calibration.asked(card, {})] == ["complains"]
    assert [one.id for one in calibration.asked(card, {"complains": asked["met"]})] == ["complains", "helps"]
    assert [one.id for one in calibration.asked(card, {"complains": asked["not_met"]})] == ["complains"]


def test_an_expert_is_a_member_and_their_answers_are_the_reference(centre: Centre) -> None:
    begun = centre.begin(expert=centre.mira)
    centre.answer_all(centre.mira, begun)
    centre.answer_all(centre.rosa, begun)
    centre.answer_all(centre.idris, begun, thanks="not_met")
    for person in (centre.mira, centre.rosa, centre.idris):
        centre.finish(person, begun)
    found = centre.results(centre.mira, begun)
    with_expert = {one.reviewer: one.with_expert for one in found.reviewers}
    assert {person: one.value if one else None for person, one in with_expert.items()} == {
        centre.rosa.user_id: 1.0,
        centre.idris.user_id: 0.75,
    }


def test_a_call_judged_blind_long_ago_is_offered_again_and_shows_who_is_steady(centre: Centre) -> None:
    first = centre.begin()
    long_ago = datetime.now(UTC) - timedelta(days=30)
    with transaction(centre.engine) as session:
        session.execute(
            insert(CalibrationAnswerRow),
            [
                {
                    "calibration_id": first,
                    "user_id": centre.rosa.user_id,
                    "call_id": centre.calls[0],
                    "criterion": criterion,
                    "verdict": verdict,
                    "points": 1.0,
                    "answer": verdict.value,
                    "comment": "",
                    "at": long_ago,
                }
                for criterion, verdict in (("greets", Verdict.MET), ("thanks", Verdict.NOT_MET))
            ],
        )
        calibration.close(session, centre.mira, first)
    with reading(centre.engine) as session:
        (offered,) = calibration.judged_before(session, centre.mira, "care", AGAIN_DAYS)
        assert calibration.judged_before(session, centre.mira, "care", 60) == ()
        with pytest.raises(NotAllowed):
            calibration.judged_before(session, centre.rosa, "care", AGAIN_DAYS)
    assert (offered.call_id, offered.people) == (centre.calls[0], ("rosa",))
    again = centre.begin()
    centre.answer_all(centre.rosa, again)
    centre.close(centre.mira, again)
    (rosa,) = centre.results(centre.mira, again).reviewers
    assert rosa.again is not None
    assert (rosa.again.value, rosa.again.items) == (0.5, 2)


def test_a_session_stays_as_it_was_begun(centre: Centre) -> None:
    begun = centre.begin()
    with pytest.raises(StorageError, match="stays as it was begun"), transaction(centre.engine) as session:
        session.execute(text("UPDATE calibrations SET title = 'Other'"))
    with reading(centre.engine) as session:
        assert session.scalars(select(CalibrationRow.title).where(CalibrationRow.id == begun)).one() == "March"
