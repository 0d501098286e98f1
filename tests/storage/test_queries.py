"""Does every figure count what it says, on either database alike?"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Literal

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from scoring.result import Verdict
from storage import queries
from storage.access import SYSTEM
from storage.database import open_database, reading, transaction
from storage.mapping import monday_of
from storage.queries import CallFilter
from storage.records import ScoredCall
from storage.repository import add_evaluation, store_scored_call
from tests.storage.build import a_scorecard, a_scored_call, an_evaluation

ALL = CallFilter()
CARE, RULES = a_scorecard("care"), a_scorecard("rules", pass_mark=90.0)

FRAMES = {
    "calls": (ALL,),
    "evaluations": (ALL,),
    "search_words": ("late",),
    "scores_by_week": (ALL,),
    "volume_by_week": (ALL,),
    "automatic_failures": (ALL,),
    "waiting_for_a_person": (ALL,),
    "criterion_counts": (ALL,),
    "compared_counts": (ALL,),
    "calls_behind": (ALL, "care", "listens"),
}


def _store(engine: Engine, *calls: ScoredCall) -> list[str]:
    with transaction(engine) as session:
        for call in calls:
            assert store_scored_call(session, call)
    return [call.transcript.call_id for call in calls]


def _found(session: Session, **wanted: object) -> set[str]:
    filter = CallFilter(**wanted)  # type: ignore[arg-type]
    found = set(queries.calls(session, SYSTEM, filter).call_id)
    assert len(found) == queries.count_calls(session, SYSTEM, filter)
    return found


def test_a_call_in_which_it_is_mostly_doubtful_who_spoke_says_so(engine: Engine) -> None:
    lines = ("agent: Good morning, what can I do for you today?", "customer: It is late", "agent: Fine.")

    def heard(name: str, *confidences: float) -> ScoredCall:
        call = a_scored_call(name, *lines)
        pairs = zip(call.transcript.turns, confidences, strict=True)
        turns = tuple(replace(turn, side_confidence=confidence) for turn, confidence in pairs)
        transcript = replace(call.transcript, turns=turns)
        return replace(call, transcript=transcript, evaluations=((CARE, an_evaluation(transcript, CARE)),))

    doubtful, surer = _store(engine, heard("one", 0.5, 0.5, 1.0), heard("two", 0.9, 0.5, 0.5))
    with reading(engine) as session:
        calls = queries.calls(session, SYSTEM, ALL)
    assert dict(zip(calls.call_id, calls.doubtful, strict=True)) == {doubtful: True, surer: False}


@pytest.mark.parametrize("query", sorted(FRAMES))
def test_a_frame_has_the_same_columns_and_types_with_rows_and_without(engine: Engine, query: str) -> None:
    def ask() -> pd.DataFrame:
        with reading(engine) as session:
            frame: pd.DataFrame = getattr(queries, query)(session, SYSTEM, *FRAMES[query])
            return frame

    empty = ask()
    verdicts = {"announces": "not_met", "greets": "unsure"}
    _store(engine, a_scored_call("one", verdicts=verdicts), a_scored_call("two", agent=None, team=None, valence=None))
    filled = ask()
    assert empty.empty
    assert not filled.empty
    assert empty.dtypes.map(str).to_dict() == filled.dtypes.map(str).to_dict()
    assert list(empty) == list(filled)


def test_nothing_to_choose_from_is_no_error(engine: Engine) -> None:
    with reading(engine) as session:
        assert queries.filter_choices(session, SYSTEM) == queries.Choices({}, {}, {}, (), {}, None, None)


def test_the_choices_are_those_of_the_calls(engine: Engine) -> None:
    _store(
        engine,
        a_scored_call("one", started_at=datetime(2025, 3, 1, 23, tzinfo=UTC), queue="billing", scorecards=(CARE, RULES)),
        a_scored_call("two", agent="Ben Okoye", team="South", started_at=datetime(2025, 4, 2, tzinfo=UTC), queue="sales"),
        a_scored_call("three", agent=None, team=None),
    )
    with reading(engine) as session:
        choices = queries.filter_choices(session, SYSTEM)
    assert list(choices.teams.values()) == ["North", "South"]
    assert list(choices.agents.values()) == ["Ana Ruiz", "Ben Okoye"]
    names = {choices.agents[agent]: choices.teams[team] for agent, team in choices.agent_teams.items()}
    assert names == {"Ana Ruiz": "North", "Ben Okoye": "South"}
    assert choices.queues == ("billing", "sales")
    assert choices.scorecards == {"care": "Care", "rules": "Rules"}
    assert (choices.first, choices.last) == (date(2025, 3, 1), date(2025, 4, 2))


def test_a_call_shows_its_facts_and_what_its_evaluations_come_to(engine: Engine) -> None:
    verdicts = {"listens": "not_met", "thanks": "unsure"}
    call = a_scored_call("one", verdicts=verdicts, scorecards=(CARE, RULES), customer="Mr Field", queue="billing")
    _store(engine, call)
    with transaction(engine) as session:
        calm = a_scorecard("calm")
        add_evaluation(session, calm, an_evaluation(call.transcript, calm))
        (row,) = queries.calls(session, SYSTEM, ALL).itertuples(index=False)
    assert (row.call_id, row.agent, row.team) == (call.transcript.call_id, "Ana Ruiz", "North")
    assert (row.customer, row.queue, row.kind, row.sides) == ("Mr Field", "billing", "recording", "channels")
    assert (row.duration_seconds, row.channels, row.customer_valence) == (4.0, 2, 0.25)
    assert row.started_at == pd.Timestamp("2025-03-05 12:00", tz="UTC")
    assert row.total == pytest.approx((50 + 50 + 100) / 3)
    assert row.lowest_total == 50.0
    assert (row.unsure, row.failed) == (2, False)


def test_calls_come_latest_first_and_page_by_page(engine: Engine) -> None:
    start = datetime(2025, 3, 3, tzinfo=UTC)
    ids = _store(engine, *(a_scored_call(str(day), started_at=start + timedelta(days=day)) for day in (2, 0, 1, 3)))
    in_order = [ids[3], ids[0], ids[2], ids[1]]
    with reading(engine) as session:
        assert list(queries.calls(session, SYSTEM, ALL).call_id) == in_order
        assert list(queries.calls(session, SYSTEM, ALL, limit=2, offset=1).call_id) == in_order[1:3]
        assert queries.count_calls(session, SYSTEM, ALL) == 4


def test_each_part_of_the_filter_narrows_the_calls(engine: Engine) -> None:
    good, bad, other = _store(
        engine,
        a_scored_call("good", queue="sales", started_at=datetime(2025, 3, 5, 23, 59, tzinfo=UTC), scorecards=(CARE,)),
        a_scored_call("bad", agent="Ben Okoye", queue="billing", valence=-0.5, verdicts={"announces": "not_met"}),
        a_scored_call(
            "other",
            "agent: Something else",
            team="South",
            started_at=datetime(2025, 3, 6, tzinfo=UTC),
            scorecards=(RULES,),
            verdicts={"thanks": "unsure", "listens": "partly"},
            valence=None,
        ),
    )
    with reading(engine) as session:
        choices = queries.filter_choices(session, SYSTEM)
        agents = {name: id_ for id_, name in choices.agents.items()}
        teams = {name: id_ for id_, name in choices.teams.items()}
        assert _found(session) == {good, bad, other}
        assert _found(session, end=date(2025, 3, 5)) == {good, bad}
        assert _found(session, start=date(2025, 3, 6)) == {other}
        assert _found(session, start=date(2025, 3, 5), end=date(2025, 3, 5)) == {good, bad}
        assert _found(session, team_ids=(teams["South"],)) == {other}
        assert _found(session, agent_ids=(agents["Ben Okoye"],)) == {bad}
        assert _found(session, agent_ids=(agents["Ben Okoye"],), team_ids=(teams["South"],)) == set()
        assert _found(session, queues=("sales", "billing")) == {good, bad}
        assert _found(session, scorecard="rules") == {other}
        assert _found(session, total_min=75) == {good, other}
        assert _found(session, total_max=75) == {bad, other}
        assert _found(session, valence_max=-0.5) == {bad}
        assert _found(session, failed_only=True) == {bad}
        assert _found(session, unsure_only=True) == {other}
        assert _found(session, words="SOMETHING else") == {other}


def test_with_a_scorecard_chosen_totals_are_that_scorecards_alone(engine: Engine) -> None:
    call = a_scored_call("one", scorecards=(CARE,), verdicts={"announces": "not_met"})
    (call_id,) = _store(engine, call)
    with transaction(engine) as session:
        add_evaluation(session, RULES, an_evaluation(call.transcript, RULES))
        (both,) = queries.calls(session, SYSTEM, ALL).itertuples()
        (rules,) = queries.calls(session, SYSTEM, CallFilter(scorecard="rules")).itertuples()
        assert (both.total, both.failed) == (50.0, True)
        assert (rules.total, rules.failed) == (100.0, False)
        assert _found(session, scorecard="rules", total_min=90) == {call_id}
        assert _found(session, scorecard="rules", failed_only=True) == set()
        assert _found(session, total_min=90) == set()


# Weeks


def test_a_week_begins_on_monday_at_midnight_utc(engine: Engine) -> None:
    """Both sides of a Monday, of a new year and of a leap day, and one that is Monday only in its own time zone."""
    monday = {
        datetime(2025, 3, 9, 23, 59, 59, tzinfo=UTC): date(2025, 3, 3),
        datetime(2025, 3, 10, 0, 0, 0, tzinfo=UTC): date(2025, 3, 10),
        datetime(2024, 12, 31, 12, tzinfo=UTC): date(2024, 12, 30),
        datetime(2025, 1, 1, 12, tzinfo=UTC): date(2024, 12, 30),
        datetime(2024, 2, 29, 12, tzinfo=UTC): date(2024, 2, 26),
        datetime(2025, 3, 10, 1, tzinfo=timezone(timedelta(hours=2))): date(2025, 3, 3),
    }
    _store(engine, *(a_scored_call(str(moment), started_at=moment) for moment in monday))
    expected = pd.Series(list(monday.values())).value_counts().sort_index()
    with reading(engine) as session:
        volume = queries.volume_by_week(session, SYSTEM, ALL)
        scores = queries.scores_by_week(session, SYSTEM, ALL)
        counts = queries.verdict_counts(session, SYSTEM, ALL, ("week",), "care", "greets")
    for frame, counted in ((volume, volume.calls), (scores, scores.calls), (counts, counts.counted)):
        assert [week.date() for week in frame.week] == list(expected.index)
        assert list(counted) == list(expected)
    assert volume.hours.sum() == pytest.approx(6 * 4 / 3600)


@given(st.datetimes(timezones=st.sampled_from([UTC, timezone(timedelta(hours=11)), timezone(timedelta(hours=-9))])))
def test_every_moment_lies_in_the_seven_days_from_its_monday(moment: datetime) -> None:
    if not date(1, 1, 8) < moment.date() < date(9999, 12, 20):
        return
    monday = monday_of(moment)
    assert monday.weekday() == 0
    assert timedelta(0) <= moment.astimezone(UTC) - datetime(monday.year, monday.month, monday.day, tzinfo=UTC)
    assert moment.astimezone(UTC) - datetime(monday.year, monday.month, monday.day, tzinfo=UTC) < timedelta(days=7)


@pytest.mark.parametrize("by", ["agent", "team"])
def test_mean_totals_are_those_of_the_single_evaluations(engine: Engine, by: Literal["agent", "team"]) -> None:
    cards = (a_scorecard("care"), a_scorecard("rules"))
    nothing = dict.fromkeys(("greets", "announces", "listens", "thanks"), "not_applicable")
    _store(
        engine,
        a_scored_call("good", scorecards=cards),
        a_scored_call("bad", verdicts={"greets": "not_met"}, scorecards=cards[:1]),
        a_scored_call("other", agent="Ben Cole", team="South", verdicts={"thanks": "partly"}, scorecards=cards),
        a_scored_call("nothing to score", verdicts=nothing),
        a_scored_call("nobody's", agent=None, team=None),
    )
    with reading(engine) as session:
        single = queries.evaluations(session, SYSTEM, ALL).dropna(subset=["total"])
        found = queries.mean_totals(session, SYSTEM, ALL, by)
    somebodys = single[single[by] != ""]
    totals = somebodys.groupby([by, "scorecard"])["total"].agg(["size", "mean"]).reset_index()
    assert found[["name", "scorecard", "scored"]].values.tolist() == totals[[by, "scorecard", "size"]].values.tolist()
    assert found["mean_total"].tolist() == pytest.approx(totals["mean"].tolist())
    assert dict(zip(found["name"], found["calls"], strict=True)) == dict(somebodys.groupby(by)["call_id"].nunique())


def test_scores_by_week_count_what_has_a_total(engine: Engine) -> None:
    nothing = dict.fromkeys(("greets", "announces", "listens", "thanks"), "not_applicable")
    _store(
        engine,
        a_scored_call("passes"),
        a_scored_call("fails", verdicts={"announces": "not_met"}),
        a_scored_call("nothing to score", verdicts=nothing),
    )
    with reading(engine) as session:
        (week,) = queries.scores_by_week(session, SYSTEM, ALL).itertuples()
        assert (week.scorecard, week.title, week.pass_mark) == ("care", "Care", 70.0)
        assert (week.calls, week.mean_total, week.passed) == (2, 50.0, 1)
        evaluations = queries.evaluations(session, SYSTEM, ALL)
        assert evaluations.total.isna().sum() == evaluations.passed.isna().sum() == 1
        assert sorted(evaluations.failed_by) == [[], [], ["announces"]]
        assert sorted(evaluations.total_before.dropna()) == [80.0, 100.0]


# Words


@pytest.fixture(scope="module")
def talk(new_database: Callable[[], str]) -> Iterator[Engine]:
    """A call in which odd things are said."""
    engine = open_database(new_database())
    _store(
        engine,
        a_scored_call(
            "odd",
            "agent: You get 100% of it back",
            "customer: I paid 1000 for the parcel_service",
            "agent: The parcelXservice is at the ÉCOLE, c:\\temp",
            "customer: A refund would be late, a Late Refund",
        ),
    )
    yield engine
    engine.dispose()


@pytest.mark.parametrize(
    ("words", "turns"),
    [
        ("100%", [0]),
        ("%", [0]),
        ("parcel_service", [1]),
        ("_", [1]),
        ("\\", [2]),
        ("/", []),
        ("école", [2]),
        ("PARCEL", [1, 2]),
        ("late refund", [3]),
        ("refund paid", []),
        ('"late refund"', [3]),
        ('"refund late"', []),
        ('"a refund" would', [3]),
        ('"unfinished refund', []),
        ('"', []),
        ("   ", []),
        ("'; DROP TABLE calls; --", []),
        ("late\0refund", [3]),
        ("\0refund", [3]),
    ],
)
def test_words_are_found_as_they_stand_whatever_their_case(talk: Engine, words: str, turns: list[int]) -> None:
    with reading(talk) as session:
        hits = queries.search_words(session, SYSTEM, words)
        assert list(hits.turn) == turns
        if words.strip(' "'):  # a filter without words leaves all calls
            assert queries.count_calls(session, SYSTEM, CallFilter(words=words)) == bool(turns)


def test_a_hit_shows_who_said_it_and_when(talk: Engine) -> None:
    with reading(talk) as session:
        (hit,) = queries.search_words(session, SYSTEM, "1000").itertuples()
    assert (hit.agent, hit.team, hit.speaker, hit.start) == ("Ana Ruiz", "North", "customer", 2.0)
    assert hit.text == "I paid 1000 for the parcel_service"


# Criteria


def test_criterion_counts_add_up_by_agent_and_by_team(engine: Engine) -> None:
    verdicts = ["met", "partly", "not_met", "not_applicable", "unsure"]
    _store(
        engine,
        *(a_scored_call(verdict, verdicts={"listens": verdict}) for verdict in verdicts),
        a_scored_call("Ben's", agent="Ben Okoye"),
        a_scored_call("Cleo's", agent="Cleo Marsh", team="South", verdicts={"listens": "not_met"}),
    )
    with reading(engine) as session:
        agents = queries.criterion_counts(session, SYSTEM, ALL)
        teams = queries.criterion_counts(session, SYSTEM, ALL, by="team")
    assert list(agents.name.unique()) == ["Ana Ruiz", "Ben Okoye", "Cleo Marsh"]
    assert list(agents.criterion[:4]) == ["greets", "announces", "listens", "thanks"]
    (ana,) = agents[(agents.name == "Ana Ruiz") & (agents.criterion == "listens")].itertuples()
    assert (ana.met, ana.partly, ana.not_met, ana.not_applicable, ana.unsure) == (1, 1, 1, 1, 1)
    assert (ana.points, ana.counted, ana.weight) == (1.5, 3, 2.0)
    assert (ana.scorecard, ana.title, ana.section) == ("care", "Care", "rest")
    assert ana.question == "Does the agent listen?"
    (north,) = teams[(teams.name == "North") & (teams.criterion == "listens")].itertuples()
    assert (north.met, north.counted, north.points) == (2, 4, 2.5)
    assert (teams.id == teams.team_id).all()
    assert set(agents[agents.criterion == "announces"].target) == {0.95}
    assert agents[agents.criterion == "greets"].target.isna().all()
    assert set(agents[agents.criterion == "greets"].tip) == {"Say hello."}


def test_a_newer_version_words_the_question_and_an_older_ones_own_criteria_stay(engine: Engine) -> None:
    old = a_scorecard()
    first, second = old.sections
    new = a_scorecard(version=2, title="Better care", sections=(first,))
    assert second.criteria[1].id == "thanks"
    _store(engine, a_scored_call("old", scorecards=(old,)), a_scored_call("new", scorecards=(new,)))
    with reading(engine) as session:
        counts = queries.criterion_counts(session, SYSTEM, ALL).set_index("criterion")
    assert set(counts.title) == {"Better care"}
    assert counts.counted.to_dict() == {"greets": 2, "announces": 2, "listens": 1, "thanks": 1}


def test_the_calls_behind_a_number_are_as_many_as_it_says_with_their_evidence(engine: Engine) -> None:
    _store(engine, *(a_scored_call(f"{number}", verdicts={"thanks": "not_met" if number else "met"}) for number in range(3)))
    with reading(engine) as session:
        behind = queries.calls_behind(session, SYSTEM, ALL, "care", "thanks")
        missed = queries.calls_behind(session, SYSTEM, ALL, "care", "thanks", Verdict.NOT_MET)
        assert len(queries.calls_behind(session, SYSTEM, ALL, "care", "thanks", limit=1)) == 1
    assert sorted(behind.verdict) == ["met", "not_met", "not_met"]
    assert list(missed.verdict) == ["not_met", "not_met"]
    row = missed.iloc[0]
    assert (row.quote, row.why, row.turn, row.start, row.probability) == ("Hello", "thanks: not_met", 0, 0.0, 0.9)


def test_an_automatic_failure_shows_the_question_and_the_words(engine: Engine) -> None:
    _store(engine, a_scored_call("one", verdicts={"announces": "not_met", "greets": "not_met", "listens": "unsure"}))
    with reading(engine) as session:
        (failure,) = queries.automatic_failures(session, SYSTEM, ALL).itertuples()
        (waiting,) = queries.waiting_for_a_person(session, SYSTEM, ALL).itertuples()
    assert (failure.criterion, failure.question) == ("announces", "Is the recording announced?")
    assert (failure.quote, failure.why, failure.title) == ("Hello", "announces: not_met", "Care")
    assert (waiting.criterion, waiting.question) == ("listens", "Does the agent listen?")
    assert waiting.why == "listens: unsure"
