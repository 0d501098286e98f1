"""Do the sums by day stay what counting every call anew gives, to the last digit, whatever happens to the calls?"""

import shutil
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, delete, func, select, text, update
from sqlalchemy.orm import Session

from errors import AttuneError, StorageError
from reviews.queue import State
from reviews.sides import SideChange
from scoring.result import Verdict
from scoring.signals.model import Signals
from storage import kept_sums, sums
from storage.access import SYSTEM, Asker, Role
from storage.administration import move_agent
from storage.cells import ALL_CALLS, Counted, Words, added, of_calls
from storage.database import open_database, reading, transaction
from storage.organisations import OrganisationKind, add_organisation, assign_team
from storage.packed import packed_answers, packed_totals
from storage.people import add_user
from storage.queries import (
    CallFilter,
    compared_counts,
    count_calls,
    filter_choices,
    mean_totals,
    scores_by_week,
    verdict_counts,
    volume_by_week,
)
from storage.queries.conditions import chosen_calls
from storage.queries.summed import can_be_summed, summed
from storage.queue_tables import AssignmentRow
from storage.records import CallKind, NewTranscript, ScoredCall
from storage.removal import remove_scores
from storage.repository import (
    add_evaluation,
    add_override,
    load_evaluations,
    load_transcript,
    save_scorecard_version,
    store_scored_call,
)
from storage.sum_tables import SumChangeRow, SumRow
from storage.tables import AgentRow, CallRow, TeamRow
from storage.tallies import counted_elsewhere, recount
from storage.threads import BY_COMMAND, WentOn, go_on
from tests.storage.build import a_scorecard, a_scored_call, an_evaluation
from tests.storage.statements import statements_of
from tests.storage.test_tallies import BY, from_the_rows
from transcripts.model import Speaker, Turn
from transcripts.threads import People

FIRST = date(2025, 3, 3)  # a Monday
DAYS = (0, 1, 6, 7, 20, 27, 28, 90)
AGENTS, TEAMS, QUEUES = ("Ana Ruiz", "Ben Cole", None), ("North", "South", None), ("Sales", "Service", "")
CARDS: Sequence[Sequence[str]] = ((), ("care",), ("care", "rules"))
QUESTIONS, ANSWERS = ("greets", "announces", "thanks"), ("met", "partly", "not_met", "not_applicable", "unsure")
LAST = FIRST + timedelta(days=DAYS[-1])

SINCE = (None, None, 0, 6, 28)
"""Days from which on a team belongs to a partner, or no longer does; ever since, for the first time."""
PARTNERS = "a partner's coach"
belongings = st.tuples(
    st.just("belongs"), st.sampled_from(TEAMS[:2]), st.sampled_from((True, True, False)), st.sampled_from(SINCE)
)

numbers = st.integers(0, 5)
stores = st.tuples(
    st.just("store"),
    numbers,
    st.sampled_from(AGENTS),
    st.sampled_from(TEAMS),
    st.sampled_from(QUEUES),
    st.sampled_from(DAYS),
    st.sampled_from(CARDS),
    st.dictionaries(st.sampled_from(QUESTIONS), st.sampled_from(ANSWERS), max_size=3),
)
changes = st.one_of(
    st.tuples(st.just("correct"), numbers, st.sampled_from(QUESTIONS), st.sampled_from(ANSWERS[:4])),
    st.tuples(st.just("judge again"), numbers, st.sampled_from(ANSWERS)),
    st.tuples(st.just("go on"), numbers, st.sampled_from(ANSWERS)),
    st.tuples(st.just("remove"), numbers),
    belongings,
    st.tuples(st.just("move"), st.sampled_from(AGENTS[:2]), st.sampled_from(TEAMS[:2]), st.sampled_from(DAYS)),
    st.tuples(st.just("give blind"), numbers),
    st.tuples(st.just("fold")),
)
histories = st.tuples(st.lists(stores, min_size=2, max_size=6), st.lists(st.one_of(changes, stores), max_size=8))
roles = st.sampled_from((Role.ADMINISTRATOR, Role.REVIEWER, Role.COACH, Role.AGENT, PARTNERS))
filters = st.builds(
    CallFilter,
    start=st.none() | st.sampled_from(DAYS).map(lambda days: FIRST + timedelta(days=days)),
    end=st.none() | st.sampled_from(DAYS).map(lambda days: FIRST + timedelta(days=days)),
    team_ids=st.sampled_from(((), (1,), (2,), (1, 2))),
    queues=st.sampled_from(((), ("Sales",), ("Sales", "Service"))),
    scorecard=st.sampled_from((None, None, "care")),
    failed_only=st.sampled_from((False, False, True)),
    unsure_only=st.sampled_from((False, False, True)),
)


def gone_on(session: Session, call: ScoredCall, **verdicts: str) -> WentOn:
    """The same conversation with an answer, by which agent, team and queue are known, and that it began a week before."""
    stored = load_evaluations(session, call.transcript.call_id)
    there = load_transcript(session, call.transcript.call_id)
    answer = Turn(Speaker.AGENT, None, None, "Hello, I am here.", sent=60.0)
    turns = (*(replace(turn, start=None, end=None, sent=0.0) for turn in there.turns), answer)
    transcript = replace(there, turns=turns)
    signals = Signals((0.0,) * len(turns), {}, embeddings=np.zeros((0, 384), np.float32))
    evaluations = tuple((one.scorecard, an_evaluation(transcript, one.scorecard, **verdicts)) for one in stored)
    new = NewTranscript(SideChange.WENT_ON, there.content_hash, transcript, signals, evaluations)
    facts = replace(call.facts, agent="Ben Cole", team="South", queue="Sales")
    began = datetime.combine(FIRST, time(), UTC) - timedelta(days=7)
    return WentOn(new, facts, (), (), frozenset(), (len(turns) - 1,), None, began, People(), BY_COMMAND)


def a_partner(session: Session) -> int:
    """The id of a partner that has no team yet."""
    return add_organisation(session, SYSTEM, "Northern Calls", OrganisationKind.OUTSOURCER)


def of_partner(session: Session, user_id: int, partner: int) -> Asker:
    """A coach of the partner, who looks after every team that there is and sees those that are the partner's."""
    return Asker(user_id, Role.COACH, None, frozenset(session.scalars(select(TeamRow.id))), organisation_id=partner)


def belong(session: Session, partner: int, team: str, is_partners: bool, since: int | None) -> None:
    """The team is the partner's, or our own again, from that day on."""
    team_id = session.scalar(select(TeamRow.id).where(TeamRow.name == team))
    if team_id:
        on = None if since is None else FIRST + timedelta(days=since)
        assign_team(session, SYSTEM, team_id, partner if is_partners else None, on, LAST)


@dataclass
class Centre:
    """A database with a reviewer, a coach, an agent and a partner, in which things happen."""

    engine: Engine
    users: dict[Role, int] = field(default_factory=dict)
    calls: dict[int, Any] = field(default_factory=dict)
    last_move: date = FIRST
    partner: int = 0

    def asker(self, role: Role | str) -> Asker:
        with reading(self.engine) as session:
            agent = session.scalar(select(func.min(AgentRow.id)))
            team = session.scalar(select(func.min(TeamRow.id)))
            if not isinstance(role, Role):
                return of_partner(session, self.users[Role.COACH], self.partner)
        teams = frozenset({team} if role is Role.COACH and team else ())
        return Asker(self.users.get(role, 0), role, agent if role is Role.AGENT else None, teams)

    def happen(self, what: str, *details: Any) -> None:
        with transaction(self.engine) as session:
            if what == "fold":
                sums.fold(session)
            elif what == "store":
                self._store(session, *details)
            elif what == "move":
                self._move(session, *details)
            elif what == "belongs":
                belong(session, self.partner, *details)
            elif details[0] in self.calls:
                call = self.calls[details[0]]
                self._to_a_call(session, what, call, *details[1:])

    def _store(
        self, session: Session, number: int, agent: str, team: str, queue: str, day: int, cards: Sequence[str], said: Any
    ) -> None:
        moment = datetime.combine(FIRST, time(), UTC) + timedelta(days=day, hours=number * 4)
        scorecards = tuple(a_scorecard(card) for card in cards)
        facts = {"agent": agent, "team": team, "queue": queue, "started_at": moment, "verdicts": said}
        call = a_scored_call(f"call {number}", scorecards=scorecards or (a_scorecard(),), **facts)
        call = call if cards else type(call)(call.facts, call.transcript, call.signals)
        if store_scored_call(session, call):
            self.calls[number] = call

    def _move(self, session: Session, agent: str, team: str, day: int) -> None:
        agent_id = session.scalar(select(AgentRow.id).where(AgentRow.name == agent))
        team_id = session.scalar(select(TeamRow.id).where(TeamRow.name == team))
        known = session.scalar(select(AgentRow.team_id).where(AgentRow.id == agent_id))
        if agent_id and team_id and known and known != team_id:
            move_agent(session, SYSTEM, agent_id, team_id, self._moved(day), LAST)

    def _moved(self, day: int) -> date:
        self.last_move = max(self.last_move, FIRST + timedelta(days=day))
        return self.last_move

    def _to_a_call(self, session: Session, what: str, call: Any, *details: Any) -> None:
        call_id = call.transcript.call_id
        if what == "remove":
            remove_scores(session, [call_id])
        elif what == "go on":
            go_on(session, gone_on(session, call, greets=details[0]))
        elif what == "judge again":
            newer = a_scorecard("care", version=2)
            add_evaluation(session, newer, an_evaluation(call.transcript, newer, thanks=details[0]))
        elif what == "give blind":
            now = datetime(2025, 6, 1, tzinfo=UTC)
            given = {"why": "by hand", "probability": 1.0, "blind": True, "due": LAST, "state": State.OPEN}
            reviewer = self.users[Role.REVIEWER]
            session.add(AssignmentRow(call_id=call_id, reviewer_id=reviewer, given_at=now, **given))
        elif what == "correct":
            stored = load_evaluations(session, call_id)
            if stored:
                self._correct(session, stored[0].result_ids[details[0]], Verdict(details[1]))

    def _correct(self, session: Session, result_id: int, verdict: Verdict) -> None:
        add_override(session, SYSTEM, result_id, verdict, "It was said in the second turn.")


FIGURES: dict[str, Callable[[Session, Asker, CallFilter], Any]] = {
    "verdicts": partial(verdict_counts, by=BY),
    "verdicts in all": verdict_counts,
    "verdicts of agents": partial(compared_counts, by="agent"),
    "verdicts of teams by one scorecard": partial(compared_counts, by="team", scorecard="care"),
    "weeks of one question": partial(verdict_counts, by=("week",), scorecard="care", criterion="thanks"),
    "scores": scores_by_week,
    "means of agents": partial(mean_totals, by="agent"),
    "means of teams": partial(mean_totals, by="team"),
    "volume": volume_by_week,
    "calls": count_calls,
}


@contextmanager
def one_by_one() -> Iterator[None]:
    """Within the block no sum answers anything."""
    with (
        mock.patch("storage.queries.summed.can_be_summed", return_value=False),
        mock.patch("storage.queries.calls.can_be_summed", return_value=False),
    ):
        yield


def agree(session: Session, asker: Asker, filter: CallFilter) -> None:
    """Every figure is the same from the sums and call by call, and the verdicts are those of the rows of `results`."""
    for name, figure in FIGURES.items():
        from_sums = figure(session, asker, filter)
        with one_by_one():
            call_by_call = figure(session, asker, filter)
        if isinstance(from_sums, pd.DataFrame):
            pd.testing.assert_frame_equal(from_sums, call_by_call, check_exact=True, obj=name)
        else:
            assert from_sums == call_by_call, name
    rows = {
        group: numbers
        for group, numbers in from_the_rows(session, asker, filter).items()
        if filter.scorecard in (None, group[5])
    }
    found = {}
    for row in verdict_counts(session, asker, filter, BY).itertuples(index=False, name=None):
        agent, team, week, *rest = row[:7]
        found[None if pd.isna(agent) else agent, None if pd.isna(team) else team, week.date(), *rest] = row[7:]
    assert found == rows
    every = session.scalars(select(func.count()).select_from(CallRow).where(*chosen_calls(asker, filter))).one()
    assert count_calls(session, asker, filter) == every


def ask_all(
    engine: Engine, figures: Mapping[str, Callable[[Session, Asker, CallFilter], Any]], asker: Asker, filter: CallFilter
) -> None:
    """Ask for every figure, of which the process keeps what it may."""
    with reading(engine) as session:
        for figure in figures.values():
            figure(session, asker, filter)


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
        with mock.patch.object(sums, "FOLD_AT", 3):
            centre = live(engine, history, asked)
        for role, filter in asked:
            asker = centre.asker(role)
            with reading(engine) as session:
                agree(session, asker, filter)
                whole = filter_choices(session, asker)
                with one_by_one():
                    assert filter_choices(session, asker) == whole
        with transaction(engine) as session:
            sums.fold(session)
            assert session.scalar(select(func.count()).select_from(SumChangeRow)) == 0
            assert recount(session)[1:] == (0, 0)  # folded is the same, byte for byte, as made anew
    finally:
        engine.dispose()


checks = st.lists(st.tuples(roles, filters), min_size=2, max_size=2)

# A failure is printed as it was found: each try takes a database, and to look for a smaller one minutes.
settings.register_profile(
    "sums", deadline=None, suppress_health_check=list(HealthCheck), database=None, derandomize=True, phases=[Phase.generate]
)
QUIETLY = settings.get_profile("sums")


@settings(QUIETLY, max_examples=5)
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
    stores = [
        ("store", n, AGENTS[n % 3], TEAMS[n % 3], QUEUES[n % 2], DAYS[n], CARDS[2], {"greets": ANSWERS[n % 5]})
        for n in range(6)
    ]
    then: list[tuple[Any, ...]] = [
        ("correct", 1, "greets", "met"),
        ("judge again", 2, "partly"),
        ("go on", 5, "not_met"),
        ("move", "Ana Ruiz", "South", 0),
        ("give blind", 0),
        ("remove", 4),
        ("store", 7, None, "North", "", 28, (), {}),
        ("belongs", "North", True, 6),
        ("belongs", "South", True, None),
    ]
    asked = [(role, CallFilter(start=FIRST + timedelta(days=1))) for role in (Role.REVIEWER, Role.COACH, PARTNERS)]
    asked.append((PARTNERS, CallFilter(start=FIRST + timedelta(days=6))))
    whatever_happens(new_database, (stores, then), asked)


def test_of_a_partner_sums_answer_where_its_teams_took_nothing_for_others(new_database: Callable[[], str]) -> None:
    """North is the partner's from the sixth day on, ours from the twentieth to the twenty-seventh, and then again theirs."""
    steps: list[tuple[Any, ...]] = [
        ("store", n, "Ana Ruiz", "North", "", day, CARDS[1], {}) for n, day in enumerate((0, 7, 21))
    ]
    belongs = [("belongs", "North", theirs, day) for theirs, day in ((True, 6), (False, 20), (True, 27))]
    engine = open_database(new_database())
    centre = live(engine, (steps, belongs), [(PARTNERS, CallFilter())])
    partner = centre.asker(PARTNERS)
    with reading(engine) as session:
        answers = {
            (start, end): can_be_summed(session, partner, CallFilter(start=_day(start), end=_day(end)))
            for start, end in ((None, None), (0, 90), (0, 5), (1, 20), (6, 19), (1, 21), (22, None), (27, None), (None, 0))
        }
        assert sum(answers.values()) == 4
        assert all(answers[days] for days in ((1, 20), (6, 19), (22, None), (27, None)))
        elsewhere = replace(partner, team_ids=frozenset({99}))
        assert count_calls(session, elsewhere, CallFilter()) == 0
    engine.dispose()


def _day(number: int | None) -> date | None:
    return None if number is None else FIRST + timedelta(days=number)


def test_two_who_store_at_once_while_a_third_folds_lose_nothing(new_database: Callable[[], str]) -> None:
    engine, failures = open_database(new_database()), []

    def store(first: int) -> None:
        try:
            for number in range(first, first + 6):
                with transaction(engine) as session:
                    store_scored_call(session, a_scored_call(f"call {number}", agent=AGENTS[number % 2]))
        except Exception as failure:
            failures.append(failure)

    with mock.patch.object(sums, "FOLD_AT", 2):
        writers = [threading.Thread(target=store, args=[first]) for first in (0, 100)]
        for writer in writers:
            writer.start()
        for writer in writers:
            writer.join()
    assert not failures
    with transaction(engine) as session:
        assert count_calls(session, SYSTEM, CallFilter()) == 12
        sums.fold(session)
        assert recount(session) == (12, 0, 0)
    engine.dispose()


def test_a_wrong_sum_is_found_and_made_anew(engine: Engine) -> None:
    with transaction(engine) as session:
        store_scored_call(session, a_scored_call("one"))
        sums.fold(session)
        assert _counted_together(session) == 1
        session.execute(update(SumRow).where(SumRow.version_id == ALL_CALLS, SumRow.days == 28).values(calls=7))
        session.execute(delete(SumRow).where(SumRow.version_id != ALL_CALLS, SumRow.days == 1))
        assert _counted_together(session) == 1  # as nobody said that they had changed
        kept_sums.renew(session.connection(), kept_sums.Sums.CALLS)
        assert _counted_together(session) == 7
        assert recount(session) == (1, 0, 2)
        assert _counted_together(session) == 1


def _counted_together(session: Session) -> int:
    (counted,) = summed(session, SYSTEM, CallFilter(), answers=False).heads(ALL_CALLS, ("calls",))
    return sum(counted)


def test_a_damaged_sum_keeps_nobody_from_storing_a_call(engine: Engine) -> None:
    with transaction(engine) as session:
        store_scored_call(session, a_scored_call("one"))
        sums.fold(session)
        session.execute(update(SumRow).values(agents=b"nonsense"))
    with mock.patch.object(sums, "FOLD_AT", 1), transaction(engine) as session:
        assert store_scored_call(session, a_scored_call("two"))
    with reading(engine) as session, pytest.raises(StorageError, match=r"cli\.py recount"):
        compared_counts(session, SYSTEM, CallFilter())
    with transaction(engine) as session:
        recount(session)
        assert compared_counts(session, SYSTEM, CallFilter())["counted"].sum() == 8


def test_thirds_of_a_point_come_to_the_same_in_whatever_order_they_are_added() -> None:
    def a_call(points: float, sign: int = 1) -> Counted:
        packed, totals = packed_answers([("partly", points)]), packed_totals([(33.33, False, False, 0)])
        moment = datetime(2025, 3, 5, tzinfo=UTC)
        return Counted(sign, moment, 1, 1, "Sales", CallKind.RECORDING, 60_000, "1", packed, totals)

    calls = [a_call(points) for points in (1 / 3, 2 / 3, 0.1, 1 / 7, 0.7)]
    away = [a_call(0.1, -1), a_call(0.7, -1)]
    one, other = (
        added(of_calls(rows, {ALL_CALLS: 0, 1: 1}, Words())[1]) for rows in ([*calls, *away], [*away[::-1], *calls[::-1]])
    )
    left = added(of_calls([calls[0], calls[1], calls[3]], {ALL_CALLS: 0, 1: 1}, Words())[1])
    assert one.answers.tolist() == other.answers.tolist() == left.answers.tolist()
    assert one.heads.tolist() == left.heads.tolist() == [[3, 3, 0, 0, 0, 3 * 3333, 180_000]]


@given(st.dates(date(2020, 1, 1), date(2030, 1, 1)), st.integers(0, 400), st.sampled_from((7, 28)))
def test_days_are_made_up_of_whole_stretches_without_a_gap(first: date, more: int, longest: int) -> None:
    found = sums.whole_stretches(first, first + timedelta(days=more), longest)
    begin = [(day, days) for days, start, last in found for day in range(start.toordinal(), last.toordinal() + 1, days)]
    days = [day + n for day, length in begin for n in range(length)]
    assert days == list(range(first.toordinal(), first.toordinal() + more + 1))
    assert len(begin) <= more // longest + 6 + 6 + 2 * (longest // 7)
    assert len(found) <= 5
    assert all((day - 1) % length == 0 for day, length in begin)
    assert date.fromordinal(1).weekday() == 0


def given_blind(session: Session, call_id: str) -> int:
    """A reviewer who is to judge this call blind."""
    reviewer = add_user(session, "reviewer@example.org", "Reviewer", Role.REVIEWER, "no password")
    given = {"why": "by hand", "probability": 1.0, "blind": True, "due": LAST, "state": State.OPEN}
    now = datetime(2025, 6, 1, tzinfo=UTC)
    session.add(AssignmentRow(call_id=call_id, reviewer_id=reviewer, given_at=now, **given))
    return reviewer


def test_what_is_judged_blind_is_in_no_figure_of_a_scorecard_either(engine: Engine) -> None:
    calls = [a_scored_call(name, scorecards=(a_scorecard("care"), a_scorecard("rules"))) for name in ("one", "two")]
    with transaction(engine) as session:
        for call in calls:
            store_scored_call(session, call)
        reviewer = given_blind(session, calls[0].transcript.call_id)
        sums.fold(session)
    with reading(engine) as session:
        agree(session, Asker(reviewer, Role.REVIEWER), CallFilter(scorecard="care"))
        assert verdict_counts(session, Asker(reviewer, Role.REVIEWER), CallFilter(scorecard="care"))["met"].max() == 1


def test_what_is_corrected_over_and_over_is_folded_whichever_change_the_bound_falls_on(engine: Engine) -> None:
    call = a_scored_call("one")
    with transaction(engine) as session:
        store_scored_call(session, call)
    with mock.patch.object(sums, "FOLD_AT", 4):  # the call is the first change: each fourth takes away
        for n in range(6):
            with transaction(engine) as session:
                (stored,) = load_evaluations(session, call.transcript.call_id)
                verdict = Verdict.MET if n % 2 else Verdict.NOT_MET
                add_override(session, SYSTEM, stored.result_ids["greets"], verdict, "It was said in the second turn.")
                assert (session.scalar(select(func.count()).select_from(SumChangeRow)) or 0) <= 4
    with transaction(engine) as session:
        sums.fold(session)
        assert recount(session)[1:] == (0, 0)


def test_the_sums_are_made_anew_only_when_nobody_moves_calls(new_database: Callable[[], str]) -> None:
    engine = open_database(new_database())
    if engine.dialect.name == "sqlite":  # it has one writer at a time in any case
        engine.dispose()
        return
    call = a_scored_call("one")
    with transaction(engine) as session:
        store_scored_call(session, call)
    with (
        transaction(engine) as moving,
        counted_elsewhere(moving, call.transcript.call_id),
        pytest.raises(StorageError, match="lock"),
    ):
        recount_at_once(engine)
    engine.dispose()


def recount_at_once(engine: Engine) -> None:
    with transaction(engine) as session:
        session.execute(text("SET LOCAL lock_timeout = '50ms'"))
        recount(session)


def test_a_call_of_the_distant_past_and_one_of_the_future_do_not_make_everything_between_be_gone_through(
    engine: Engine,
) -> None:
    years = (1, 1970, 2025, 9998)
    with transaction(engine) as session:
        for year in years:
            moment = datetime(year, 3, 5, tzinfo=UTC)
            store_scored_call(session, a_scored_call(f"call of {year}", started_at=moment))
        sums.fold(session)
        session.execute(update(SumRow).values(calls=7))
        with statements_of(engine) as asked:
            assert recount(session).sums_mended == 3 * 2 * len(years)
            assert count_calls(session, SYSTEM, CallFilter()) == len(years)
        assert len(asked) < 500
    with reading(engine) as session:
        agree(session, SYSTEM, CallFilter(start=date(1969, 12, 31)))


def test_a_scorecard_that_judges_nothing_any_more_can_change_and_pages_count_on(engine: Engine) -> None:
    call = a_scored_call("one", scorecards=(a_scorecard("care"),))
    with transaction(engine) as session:
        store_scored_call(session, call)
        sums.fold(session)
    with transaction(engine) as session:
        remove_scores(session, [call.transcript.call_id])
    shorter = a_scorecard("care", sections=a_scorecard().sections[:1])
    with transaction(engine) as session:
        save_scorecard_version(session, shorter)
    with reading(engine) as session:
        assert verdict_counts(session, SYSTEM, CallFilter()).empty


def test_a_written_conversation_that_went_on_counts_where_it_is_now(new_database: Callable[[], str]) -> None:
    engine = open_database(new_database())
    try:
        call = a_scored_call(
            "one", "customer: Is anybody there?", agent=None, team=None, queue="", scorecards=(a_scorecard("care"),)
        )
        with transaction(engine) as session:
            store_scored_call(session, call)
            sums.fold(session)
        with transaction(engine) as session:
            assert go_on(session, gone_on(session, call, greets="not_met")) is not None
        with transaction(engine) as session:
            found = verdict_counts(
                session, SYSTEM, CallFilter(), ("agent_id", "team_id", "week", "queue"), criterion="greets"
            )
            assert found[["queue", "met", "not_met"]].values.tolist() == [["Sales", 0, 1]]
            assert found[["agent_id", "team_id"]].notna().all(axis=None)
            assert found["week"].item().date() == FIRST - timedelta(days=7)
        with reading(engine) as session:
            agree(session, SYSTEM, CallFilter())
        with transaction(engine) as session:
            sums.fold(session)
            assert recount(session) == (1, 0, 0)
    finally:
        engine.dispose()
