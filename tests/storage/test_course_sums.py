"""Do processes, sentiment, harm and reasons come to the same from sums as call by call, whatever happens to the calls?"""

import shutil
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from pathlib import Path
from typing import Any
from unittest import mock

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, case, func, select, update
from sqlalchemy.orm import Session

from errors import AttuneError, StorageError
from reviews.queue import State
from scoring.signals.model import BEHAVIOURS, Shown
from storage import course_sums
from storage.access import SYSTEM, Asker, Role, belonged_at_the_time, blind_calls, visible_calls
from storage.administration import move_agent
from storage.causes import contact_weeks, may_see_causes
from storage.course_cells import CHANNEL, ENDED, SOON_DAYS
from storage.course_sum_tables import CourseChangeRow, CourseCountRow, CourseSubjectRow, CourseSumRow
from storage.course_tables import CourseRow
from storage.courses import recount
from storage.customer_tables import CustomerCallRow
from storage.customers import merge
from storage.database import open_database, reading, transaction
from storage.people import add_user
from storage.queries import (
    Bounds,
    CallFilter,
    feeling_counts,
    harm_counts,
    organisation_calls,
    process_counts,
    reason_counts,
    reason_scores,
)
from storage.queries.conditions import chosen_calls, frame, in_force
from storage.queries.organisations import ORGANISATION_CALLS
from storage.queries.reasons import contacts_known
from storage.queue_tables import AssignmentRow
from storage.reason_tables import CallReasonRow
from storage.reasons import correct_reason, reassign, tree_in_force
from storage.records import ScoredCall
from storage.removal import remove_words
from storage.repository import store_scored_call
from storage.tables import (
    AgentRow,
    CallRow,
    EvaluationRow,
    OrganisationTeamRow,
    ScorecardVersionRow,
    TeamRow,
    TranscriptRow,
)
from storage.teaching import mark_turn
from storage.threads import go_on
from tests.storage.build import a_scorecard, a_scored_call
from tests.storage.test_sums import (
    AGENTS,
    DAYS,
    FIRST,
    LAST,
    PARTNERS,
    QUEUES,
    QUIETLY,
    TEAMS,
    a_partner,
    ask_all,
    belong,
    belongings,
    gone_on,
    of_partner,
)

GIVEN = ("", "Billing", "A long note about one call")
CUSTOMERS = ("", "C-1", "C-2")
BOUNDS = (Bounds(60.0, 7), Bounds(90, 30.0), Bounds(61.5, 7), Bounds(60, 8))
"""The last two are bounds that nothing was counted for."""

numbers = st.integers(0, 5)
likelihoods = st.sampled_from((0.1, 0.5, 0.9))
stores = st.tuples(
    st.just("store"),
    numbers,
    st.sampled_from(AGENTS),
    st.sampled_from(TEAMS),
    st.sampled_from(QUEUES),
    st.sampled_from(DAYS),
    st.sampled_from(CUSTOMERS),
    st.sampled_from(GIVEN),
    likelihoods,
    likelihoods,
)
changes = st.one_of(
    st.tuples(st.just("say the reason"), numbers, st.integers(0, 3)),
    st.tuples(st.just("mark"), numbers, st.booleans()),
    st.tuples(st.just("go on"), numbers),
    st.tuples(st.just("remove"), numbers),
    st.tuples(st.just("give blind"), numbers),
    st.tuples(st.just("merge"), numbers, numbers),
    st.tuples(st.just("move"), st.sampled_from(AGENTS[:2]), st.sampled_from(TEAMS[:2]), st.sampled_from(DAYS)),
    belongings,
    st.tuples(st.just("reassign")),
    st.tuples(st.just("fold")),
)
histories = st.tuples(st.lists(stores, min_size=3, max_size=6), st.lists(st.one_of(changes, stores), max_size=8))
filters = st.builds(
    CallFilter,
    start=st.none() | st.sampled_from(DAYS).map(lambda days: FIRST + timedelta(days=days)),
    end=st.none() | st.sampled_from(DAYS).map(lambda days: FIRST + timedelta(days=days)),
    team_ids=st.sampled_from(((), (), (1,), (1, 2))),
    queues=st.sampled_from(((), (), ("Sales",))),
    scorecard=st.sampled_from((None, None, "care")),
)
checks = st.lists(
    st.tuples(st.sampled_from((Role.ADMINISTRATOR, Role.REVIEWER, Role.COACH, PARTNERS)), filters), min_size=2, max_size=2
)


def a_call(
    number: int, *, day: int = 0, again: float = 0.1, rude: float = 0.1, hold: float = 75.0, **facts: Any
) -> ScoredCall:
    """A call with a hold, in which the customer may say that they were in touch before, and the agent may be rude."""
    moment = datetime.combine(FIRST, time(), UTC) + timedelta(days=day, hours=number * 4)
    call = a_scored_call(f"call {number}", started_at=moment, scorecards=(a_scorecard("care"),), **facts)
    ends = {"first_third": -0.2, "lowest": -0.6, "highest": number / 7, "end": 0.1 + number / 9}
    measures = {"longest_hold_seconds": hold, **{f"customer_valence_{name}": value for name, value in ends.items()}}
    shown = (Shown(1, "repeat_contact", again, 0, 9), Shown(0, "rude", rude, 0, 5))
    return replace(call, signals=replace(call.signals, measures=measures, behaviours=shown, models={BEHAVIOURS: "a judge"}))


@dataclass
class Centre:
    """A database with a reviewer, a coach and a partner, in which things happen to calls."""

    engine: Engine
    users: dict[Role, int] = field(default_factory=dict)
    calls: dict[int, ScoredCall] = field(default_factory=dict)
    partner: int = 0

    def asker(self, role: Role | str) -> Asker:
        with reading(self.engine) as session:
            if not isinstance(role, Role):
                return of_partner(session, self.users[Role.COACH], self.partner)
            team = session.scalar(select(func.min(TeamRow.id)))
        return Asker(self.users.get(role, 0), role, None, frozenset({team} if role is Role.COACH and team else ()))

    def happen(self, what: str, *details: Any) -> None:
        with transaction(self.engine) as session:
            if what == "fold":
                course_sums.fold(session)
            elif what == "reassign":
                reassign(session, SYSTEM)
            elif what == "store":
                self._store(session, *details)
            elif what == "move":
                self._move(session, *details)
            elif what == "belongs":
                belong(session, self.partner, *details)
            elif all(number in self.calls for number in details[: 2 if what == "merge" else 1]):
                self._to_a_call(session, what, *details)

    def _store(
        self, session: Session, number: int, agent: str | None, team: str | None, queue: str, day: int, *rest: Any
    ) -> None:
        customer, reason, again, rude = rest
        facts = {"agent": agent, "team": team, "queue": queue, "extra": {"customer_id": customer, "reason": reason}}
        call = a_call(number, day=day, again=again, rude=rude, hold=20.0 * number, **facts)
        if store_scored_call(session, call):
            self.calls[number] = call

    def _move(self, session: Session, agent: str, team: str, day: int) -> None:
        agent_id = session.scalar(select(AgentRow.id).where(AgentRow.name == agent))
        team_id = session.scalar(select(TeamRow.id).where(TeamRow.name == team))
        if agent_id and team_id:
            move_agent(session, SYSTEM, agent_id, team_id, FIRST + timedelta(days=day), LAST)

    def _to_a_call(self, session: Session, what: str, number: int, *details: Any) -> None:
        call = self.calls[number]
        call_id = call.transcript.call_id
        if what == "say the reason":
            correct_reason(session, SYSTEM, call_id, ("", *_reasons(session))[details[0]])
        elif what == "mark":
            mark_turn(session, SYSTEM, call_id, 0, "rude", details[0])
        elif what == "go on":
            go_on(session, gone_on(session, call))
        elif what == "remove":
            remove_words(session, [call_id])
        elif what == "merge":
            both = [_customer(session, one.transcript.call_id) for one in (call, self.calls[details[0]])]
            merge(session, SYSTEM, *both)
        elif what == "give blind":
            given = {"why": "by hand", "probability": 1.0, "blind": True, "due": LAST, "state": State.OPEN}
            now = datetime(2025, 6, 1, tzinfo=UTC)
            session.add(AssignmentRow(call_id=call_id, reviewer_id=self.users[Role.REVIEWER], given_at=now, **given))


def _reasons(session: Session) -> list[str]:
    return list(tree_in_force(session).judge.reasons)[:3]


def _customer(session: Session, call_id: str) -> str:
    return session.scalar(select(CustomerCallRow.customer_id).where(CustomerCallRow.call_id == call_id)) or ""


def in_one_order(calls: pd.DataFrame) -> pd.DataFrame:
    """Also those that began at the same moment."""
    return calls.sort_values(list(calls.columns), ignore_index=True)


def from_rows(session: Session, asker: Asker, filter: CallFilter) -> pd.DataFrame:
    """The calls of organisations as the tables have them, without anything that was added up or put together."""
    last = session.scalar(select(func.max(CallRow.started_at)).where(visible_calls(asker)))
    soon = case((CallReasonRow.days_until_contact <= SOON_DAYS, 1.0), else_=0.0)
    rows = session.execute(
        select(
            OrganisationTeamRow.organisation_id,
            CallRow.agent_id,
            func.coalesce(CallReasonRow.reason, ""),
            CHANNEL,
            CallRow.started_at,
            EvaluationRow.total,
            EvaluationRow.failed,
            case((contacts_known(last, SOON_DAYS), soon)),
            case((ENDED, CourseRow.valence_end)),
        )
        .select_from(CallRow)
        .join(EvaluationRow, EvaluationRow.call_id == CallRow.id)
        .join(ScorecardVersionRow, EvaluationRow.scorecard_version_id == ScorecardVersionRow.id)
        .join(TranscriptRow, TranscriptRow.call_id == CallRow.id)
        .outerjoin(CourseRow, CourseRow.call_id == CallRow.id)
        .outerjoin(CallReasonRow, CallReasonRow.call_id == CallRow.id)
        .outerjoin(OrganisationTeamRow, belonged_at_the_time())
        .where(*chosen_calls(asker, filter), CallRow.id.not_in(blind_calls(asker)), *in_force(asker, filter))
    )
    return frame(rows, ORGANISATION_CALLS)


FIGURES: dict[str, Callable[[Session, Asker, CallFilter], pd.DataFrame]] = {
    "harm of agents": partial(harm_counts, by="agent"),
    "harm of teams": partial(harm_counts, by="team"),
    "feelings": feeling_counts,
    "scores of reasons": reason_scores,
    "calls of organisations": lambda *asked: in_one_order(organisation_calls(*asked)),
    "reasons": partial(reason_counts, hold_seconds=60.0),
    "reasons with another bound": partial(reason_counts, hold_seconds=61.5),
    **{f"processes by {bounds}": partial(process_counts, bounds=bounds) for bounds in BOUNDS},
}


@contextmanager
def one_by_one() -> Iterator[None]:
    """Within the block no sum answers anything."""
    with (
        mock.patch("storage.queries.courses.courses_can_be_summed", return_value=False),
        mock.patch("storage.queries.reasons.courses_can_be_summed", return_value=False),
        mock.patch("storage.queries.alike.can_be_summed", return_value=False),
        mock.patch("storage.causes.courses_can_be_summed", return_value=False),
    ):
        yield


def agree(session: Session, asker: Asker, filter: CallFilter) -> None:
    """Every figure is the same from the sums and call by call."""
    for name, figure in FIGURES.items():
        from_sums = figure(session, asker, filter)
        with one_by_one():
            call_by_call = figure(session, asker, filter)
        pd.testing.assert_frame_equal(from_sums, call_by_call, check_exact=True, obj=name)
    rows, calls = in_one_order(from_rows(session, asker, filter)), in_one_order(organisation_calls(session, asker, filter))
    pd.testing.assert_frame_equal(calls, rows, check_exact=False, rtol=0, atol=0.006, obj="calls as the tables have them")
    known = rows[rows["agent_id"].notna() & rows["total"].notna() & (rows["reason"] != "")]
    scores = reason_scores(session, asker, filter)
    assert scores["calls"].sum() == len(known)
    assert scores["total"].sum() == pytest.approx(known["total"].sum(), abs=0.1)
    if may_see_causes(asker):
        weeks = contact_weeks(session, asker)
        with one_by_one():
            counted = contact_weeks(session, asker)
        pd.testing.assert_frame_equal(weeks.counts, counted.counts, check_exact=True, obj="weeks")
        assert (weeks.first, weeks.last, weeks.trees) == (counted.first, counted.last, counted.trees)


def live(
    engine: Engine, history: tuple[Sequence[Any], Sequence[Any]], asked: Sequence[tuple[Role | str, CallFilter]]
) -> Centre:
    """Everything happens; in the middle of it somebody asks for every figure."""
    centre = Centre(engine)
    with transaction(engine) as session:
        for role in (Role.REVIEWER, Role.COACH):
            centre.users[role] = add_user(session, f"{role}@example.org", role, role, "no password")
        centre.partner = a_partner(session)
    for half in history:
        for step in half:
            with suppress(AttuneError):  # what cannot be done is not done, as a whole
                centre.happen(*step)
        for who, filter in asked:
            ask_all(engine, FIGURES, centre.asker(who), filter)
    return centre


def whatever_happens(
    new_database: Callable[[], str],
    history: tuple[Sequence[Any], Sequence[Any]],
    asked: Sequence[tuple[Role | str, CallFilter]],
) -> None:
    engine = open_database(new_database())
    try:
        with mock.patch.object(course_sums, "FOLD_AT", 5):
            centre = live(engine, history, asked)
        for role, filter in asked:
            asker = centre.asker(role)
            with reading(engine) as session:
                agree(session, asker, filter)
        with transaction(engine) as session:
            course_sums.fold(session)
            assert session.scalar(select(func.count()).select_from(CourseChangeRow)) == 0
            assert course_sums.remake(session.connection()).mended == 0  # folded is the same, byte for byte, as made anew
            assert recount(session).sums_mended == 0
    finally:
        engine.dispose()


@settings(QUIETLY, max_examples=6)
@given(histories, checks)
def test_sums_are_what_counting_anew_gives_whatever_happens(
    sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory, history: Any, asked: Any
) -> None:
    def a_new_one() -> str:
        file = tmp_path_factory.mktemp("sums") / "attune.db"
        shutil.copy(sqlite_template, file)
        return f"sqlite:///{file}"

    whatever_happens(a_new_one, history, asked)


def test_sums_stay_right_on_either_database(new_database: Callable[[], str]) -> None:
    likely = (0.1, 0.5, 0.9)
    stores = [
        (
            "store",
            n,
            AGENTS[n % 3],
            TEAMS[n % 3],
            QUEUES[n % 2],
            DAYS[n],
            CUSTOMERS[n % 3],
            GIVEN[n // 2],
            likely[n % 3],
            0.9,
        )
        for n in range(6)
    ]
    then: list[tuple[Any, ...]] = [
        ("say the reason", 1, 2),
        ("mark", 2, False),
        ("mark", 3, True),
        ("merge", 1, 2),
        ("go on", 5),
        ("move", "Ana Ruiz", "South", 0),
        ("fold",),
        ("say the reason", 1, 1),
        ("give blind", 0),
        ("remove", 4),
        ("reassign",),
        ("store", 7, None, "North", "", 28, "C-1", "", 0.5, 0.5),
        ("belongs", "North", True, 6),
    ]
    asked = [(role, CallFilter(start=FIRST + timedelta(days=1))) for role in (Role.ADMINISTRATOR, Role.COACH, PARTNERS)]
    whatever_happens(new_database, (stores, then), [*asked, (Role.REVIEWER, CallFilter())])


def test_a_page_reads_the_sums_and_not_the_calls(engine: Engine) -> None:
    with transaction(engine) as session:
        store_scored_call(session, a_call(1))
        course_sums.fold(session)
        parts = select(CourseSumRow.processes).where(CourseSumRow.days == 1)
        one = session.scalars(parts).one()
        session.execute(update(CourseSumRow).values(processes=one + one, harms=b""))
    with reading(engine) as session:
        assert process_counts(session, SYSTEM, CallFilter(), BOUNDS[0])["calls"].sum() == 2
        assert process_counts(session, SYSTEM, CallFilter(), BOUNDS[2])["calls"].sum() == 1
        assert process_counts(session, SYSTEM, CallFilter(scorecard="care"), BOUNDS[0])["calls"].sum() == 1
        assert harm_counts(session, SYSTEM, CallFilter()).empty


def test_a_wrong_sum_and_a_wrong_value_are_found_and_made_anew(engine: Engine) -> None:
    with transaction(engine) as session:
        store_scored_call(session, a_call(1))
        store_scored_call(session, a_call(2, day=90))
        course_sums.fold(session)
        session.execute(update(CourseSumRow).where(CourseSumRow.days == 28).values(feelings=b""))
        session.execute(update(CourseCountRow).where(CourseCountRow.day == FIRST).values(figures=b"nonsense"))
        assert recount(session) == (2, 0, 3)
        assert recount(session) == (2, 0, 0)
    with reading(engine) as session:
        agree(session, SYSTEM, CallFilter())


def test_a_damaged_sum_keeps_nobody_from_storing_a_call_and_readers_are_told(engine: Engine) -> None:
    with transaction(engine) as session:
        store_scored_call(session, a_call(1))
        course_sums.fold(session)
        session.execute(update(CourseSumRow).values(processes=b"nonsense"))
    with mock.patch.object(course_sums, "FOLD_AT", 1), transaction(engine) as session:
        assert store_scored_call(session, a_call(2))
    with reading(engine) as session, pytest.raises(StorageError, match=r"cli\.py recount"):
        process_counts(session, SYSTEM, CallFilter(), BOUNDS[0])
    with transaction(engine) as session:
        recount(session)
        assert process_counts(session, SYSTEM, CallFilter(), BOUNDS[0])["calls"].sum() == 2


def test_who_store_at_once_while_others_fold_lose_nothing(new_database: Callable[[], str]) -> None:
    engine, failures = open_database(new_database()), []

    def store(first: int) -> None:
        try:
            for number in range(first, first + 5):
                with transaction(engine) as session:  # the calls of both are of one customer
                    store_scored_call(session, a_call(number, day=number % 7, extra={"customer_id": f"C-{first}"}))
        except Exception as failure:
            failures.append(failure)

    with mock.patch.object(course_sums, "FOLD_AT", 2):
        writers = [threading.Thread(target=store, args=[first]) for first in (0, 100)]
        for writer in writers:
            writer.start()
        for writer in writers:
            writer.join()
    assert not failures
    with reading(engine) as session:
        agree(session, SYSTEM, CallFilter())
    with transaction(engine) as session:
        course_sums.fold(session)
        assert course_sums.remake(session.connection()).mended == 0
        assert recount(session) == (10, 0, 0)
    engine.dispose()


def test_what_two_change_of_one_call_at_once_is_counted_once(new_database: Callable[[], str]) -> None:
    engine = open_database(new_database())
    if engine.dialect.name == "sqlite":  # it has one writer at a time in any case
        engine.dispose()
        return
    first, second = a_call(1, extra={"customer_id": "C-1"}), a_call(2, day=6, extra={"customer_id": "C-1"})
    with transaction(engine) as session:
        store_scored_call(session, second)
        course_sums.fold(session)
    with transaction(engine) as storing:
        store_scored_call(storing, first)  # the second call now comes six days after this one
        with transaction(engine) as correcting:
            correct_reason(correcting, SYSTEM, second.transcript.call_id, _reasons(correcting)[0])
            course_sums.fold(correcting)
    with transaction(engine) as session:
        course_sums.fold(session)
        agree(session, SYSTEM, CallFilter())
        assert recount(session) == (2, 0, 0)
    engine.dispose()


def test_words_that_were_given_as_a_reason_go_with_the_words_of_the_call(engine: Engine) -> None:
    call = a_call(1, extra={"customer_id": "C-1", "reason": "Mrs Example wants her money"})
    with transaction(engine) as session:
        store_scored_call(session, call)
        course_sums.fold(session)
        assert session.scalars(select(CourseSubjectRow.given)).all() == ["Mrs Example wants her money"]
    with transaction(engine) as session:
        remove_words(session, [call.transcript.call_id])
        assert "Mrs Example wants her money" not in session.scalars(select(CourseSubjectRow.given)).all()
    with reading(engine) as session:
        agree(session, SYSTEM, CallFilter())
        assert process_counts(session, SYSTEM, CallFilter(), BOUNDS[0])["calls"].sum() == 1


def test_what_no_call_is_about_any_more_has_no_number(engine: Engine) -> None:
    call = a_call(1, extra={"reason": "Billing"})
    with transaction(engine) as session:
        store_scored_call(session, call)
        course_sums.fold(session)
        assert "Billing" in session.scalars(select(CourseSubjectRow.given)).all()
    with transaction(engine) as session:
        correct_reason(session, SYSTEM, call.transcript.call_id, "")
        course_sums.fold(session)
        assert "Billing" not in session.scalars(select(CourseSubjectRow.given)).all()


def test_a_call_of_the_distant_past_and_one_of_the_future_are_summed_like_any_other(engine: Engine) -> None:
    with transaction(engine) as session:
        for number, year in enumerate((1, 1970, 9998)):
            store_scored_call(session, replace_start(a_call(number), datetime(year, 3, 5, tzinfo=UTC)))
        course_sums.fold(session)
        assert course_sums.remake(session.connection()).mended == 0
    with reading(engine) as session:
        agree(session, SYSTEM, CallFilter())
        agree(session, SYSTEM, CallFilter(start=date(1969, 12, 31)))


def replace_start(call: ScoredCall, moment: datetime) -> ScoredCall:
    return replace(call, facts=replace(call.facts, started_at=moment))
