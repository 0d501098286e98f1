"""Do the counts that pages show stay those of the single answers, whatever happens to an evaluation?"""

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

import pandas as pd
import pytest
from sqlalchemy import Engine, delete, select, update
from sqlalchemy.orm import Session

from errors import StorageError
from reviews.sides import SideChange
from scoring.result import Verdict
from storage.access import SYSTEM, Asker
from storage.database import open_database, reading, transaction
from storage.people import move_agent
from storage.queries import CallFilter, Dimension, verdict_counts
from storage.queries.conditions import chosen_calls, counts_once
from storage.queries.tallied import tallied
from storage.records import NewTranscript
from storage.repository import add_evaluation, load_evaluations, replace_transcript, store_scored_call
from storage.rescore import add_rescored
from storage.tables import AgentRow, CallRow, EvaluationRow, ResultRow, ScorecardVersionRow, TeamRow
from storage.tallies import fill, recount
from storage.tally_tables import TallyRow
from tests.storage.build import a_scorecard, a_scored_call, an_evaluation, correct
from tests.storage.contents import Once
from transcripts.model import Speaker

BY: tuple[Dimension, ...] = ("agent_id", "team_id", "week", "queue", "channel")
ALL = CallFilter()


def from_the_rows(session: Session, asker: Asker, filter: CallFilter) -> dict[tuple[object, ...], tuple[float, ...]]:
    """The same counts, one row of `results` after the other."""
    rows = session.execute(
        select(
            CallRow.agent_id,
            CallRow.team_id,
            CallRow.week,
            CallRow.queue,
            CallRow.kind,
            ScorecardVersionRow.scorecard,
            ResultRow.criterion,
            ResultRow.verdict,
            ResultRow.points,
        )
        .select_from(ResultRow)
        .join(EvaluationRow, ResultRow.evaluation_id == EvaluationRow.id)
        .join(ScorecardVersionRow, EvaluationRow.scorecard_version_id == ScorecardVersionRow.id)
        .join(CallRow, EvaluationRow.call_id == CallRow.id)
        .where(*chosen_calls(asker, filter), *counts_once(asker), ~ResultRow.bonus)
    )
    counts: dict[tuple[object, ...], list[float]] = {}
    for *group, verdict, points in rows:
        found = counts.setdefault(tuple(group), [0.0] * 7)
        found[["met", "partly", "not_met", "not_applicable", "unsure"].index(verdict)] += 1
        found[5] += max(0.0, points or 0.0)
        found[6] += points is not None
    return {group: tuple(found) for group, found in counts.items()}


def agree(engine: Engine, asker: Asker = SYSTEM, filter: CallFilter = ALL) -> pd.DataFrame:
    with reading(engine) as session:
        counted = verdict_counts(session, asker, filter, BY)
        rows = from_the_rows(session, asker, filter)
    found = {}
    for row in counted.itertuples(index=False, name=None):
        agent, team, week, *rest = row[:7]
        missing = (None if pd.isna(agent) else agent, None if pd.isna(team) else team)
        found[*missing, week.date(), *rest] = row[7:]
    assert found == {group: pytest.approx(numbers) for group, numbers in rows.items()}
    return counted


def a_result(engine: Engine, call_id: str, criterion: str) -> int:
    with reading(engine) as session:
        return load_evaluations(session, call_id)[0].result_ids[criterion]


Centre = tuple[Engine, list[str]]


def a_centre(engine: Engine) -> Centre:
    cards = (a_scorecard("care"), a_scorecard("rules"))
    calls = [
        a_scored_call("one", scorecards=cards, verdicts={"greets": "not_met", "thanks": "partly"}, queue="Sales"),
        a_scored_call(
            "two", agent="Ben Cole", team="South", started_at=datetime(2025, 3, 12, 9, tzinfo=UTC), scorecards=cards
        ),
        a_scored_call("three", agent=None, team=None, scorecards=cards, verdicts={"listens": "unsure"}),
    ]
    with transaction(engine) as session:
        for call in calls:
            assert store_scored_call(session, call)
    return engine, [call.transcript.call_id for call in calls]


@pytest.fixture
def centre(once: Once) -> Centre:
    """Three calls of two agents, by two scorecards."""
    return once(a_centre)


def test_calls_that_were_taken_in_are_counted(centre: Centre) -> None:
    counted = agree(centre[0])
    assert counted[["met", "partly", "not_met", "not_applicable", "unsure"]].to_numpy().sum() == 3 * 2 * 4
    assert counted["not_met"].sum() == 2


def test_some_questions_alone_are_counted_as_among_all(centre: Centre) -> None:
    wanted = {("care", "thanks"), ("rules", "greets"), ("rules", "nobody asks this")}
    with reading(centre[0]) as session:
        every = verdict_counts(session, SYSTEM, ALL, BY)
        some = tallied(session, SYSTEM, ALL, BY, questions=wanted)
    asked = pd.MultiIndex.from_frame(every[["scorecard", "criterion"]])
    assert some.questions == [("care", "thanks"), ("rules", "greets")]
    assert some.counts[:, -1].sum() == every[asked.isin(wanted)]["counted"].sum() > 0


def test_groups_stand_in_order_with_what_is_missing_last(centre: Centre) -> None:
    with reading(centre[0]) as session:
        agents = [agent for agent, _ in tallied(session, SYSTEM, ALL, ("agent_id", "queue")).groups]
    assert agents[-1] is None
    assert agents[:-1] == sorted(agent for agent in agents if agent is not None)


def test_a_correction_moves_an_answer_from_one_count_to_another(centre: Centre) -> None:
    engine, calls = centre
    correct(engine, SYSTEM, a_result(engine, calls[0], "greets"), Verdict.MET, "It was said in the second turn.")
    assert agree(engine)["not_met"].sum() == 1


def test_a_newer_version_counts_in_the_place_of_the_older_one(centre: Centre) -> None:
    engine, _ = centre
    newer = a_scorecard("care", version=2)
    with transaction(engine) as session:
        transcript = a_scored_call("one", queue="Sales").transcript
        add_evaluation(session, newer, an_evaluation(transcript, newer, greets="partly"))
    counted = agree(engine)
    care = counted[(counted.scorecard == "care") & (counted.criterion == "greets")]
    assert (care["met"].sum(), care["partly"].sum(), care["not_met"].sum()) == (2, 1, 0)


def test_a_rescored_history_counts_with_what_people_had_answered(centre: Centre) -> None:
    engine, calls = centre
    correct(engine, SYSTEM, a_result(engine, calls[0], "greets"), Verdict.MET, "It was said in the second turn.")
    newer = a_scorecard("care", version=2)
    with transaction(engine) as session:
        transcript = a_scored_call("one", queue="Sales").transcript
        assert add_rescored(session, newer, an_evaluation(transcript, newer, greets="not_met", thanks="not_met"))
    counted = agree(engine)
    assert counted[counted.scorecard == "care"]["not_met"].sum() == 1


def test_who_spoke_being_corrected_counts_the_new_evaluation_alone(centre: Centre) -> None:
    engine, _ = centre
    cards = (a_scorecard("care"), a_scorecard("rules"))
    old = a_scored_call("one", queue="Sales")
    turns = tuple(
        replace(turn, speaker=Speaker.AGENT if turn.speaker is Speaker.CUSTOMER else Speaker.CUSTOMER)
        for turn in old.transcript.turns
    )
    swapped = replace(old.transcript, turns=turns)
    evaluations = tuple((card, an_evaluation(swapped, card, thanks="not_met")) for card in cards)
    made_from = old.transcript.content_hash
    with transaction(engine) as session:
        new = NewTranscript(SideChange.SWAP, made_from, swapped, old.signals, evaluations)
        replace_transcript(session, SYSTEM, new, "The agent speaks second.")
    counted = agree(engine)
    assert counted[counted.criterion == "thanks"]["not_met"].sum() == 2
    assert counted["partly"].sum() == 0


def test_an_agent_who_moves_leaves_their_calls_with_the_team_of_the_time(centre: Centre) -> None:
    engine, _ = centre
    with transaction(engine) as session:
        agents = {row.name: row.id for row in session.scalars(select(AgentRow))}
        teams = {row.name: row.id for row in session.scalars(select(TeamRow))}
        move_agent(session, agents["Ana Ruiz"], teams["South"])
    counted = agree(engine)
    assert set(counted[counted.agent_id == agents["Ana Ruiz"]].team_id) == {teams["North"]}


@pytest.mark.parametrize(
    "filter",
    [
        CallFilter(queues=("Sales",)),
        CallFilter(scorecard="care"),
        CallFilter(start=datetime(2025, 3, 10, tzinfo=UTC).date()),
        CallFilter(failed_only=True),
        CallFilter(total_max=90.0),
        CallFilter(words="parcel"),
    ],
)
def test_whatever_is_filtered_by_counts_alike(centre: Centre, filter: CallFilter) -> None:
    engine, _ = centre
    with reading(engine) as session:
        rows = from_the_rows(session, SYSTEM, filter)
        if filter.scorecard:
            rows = {group: numbers for group, numbers in rows.items() if group[5] == filter.scorecard}
        counted = verdict_counts(session, SYSTEM, filter, BY)
    assert len(counted) == len(rows)
    assert counted["counted"].sum() == sum(numbers[6] for numbers in rows.values())
    assert counted["points"].sum() == pytest.approx(sum(numbers[5] for numbers in rows.values()))


def test_a_wrong_or_a_missing_value_is_found_and_made_anew(centre: Centre) -> None:
    engine, _ = centre
    with transaction(engine) as session:
        first, second = session.scalars(select(TallyRow.call_id).order_by(TallyRow.call_id).limit(2))
        session.execute(delete(TallyRow).where(TallyRow.call_id == first))
        session.execute(update(TallyRow).where(TallyRow.call_id == second).values(packed=b"nonsense"))
    with reading(engine) as session, pytest.raises(StorageError, match=r"cli\.py recount"):
        verdict_counts(session, SYSTEM, CallFilter(words="parcel"))  # of which no sum says anything
    with transaction(engine) as session:
        assert recount(session)[:2] == (3, 2)
    agree(engine)
    with transaction(engine) as session:
        assert recount(session) == (3, 0, 0)


def test_a_database_from_before_is_counted_from_its_answers(centre: Centre) -> None:
    engine, _ = centre
    with engine.begin() as connection:
        connection.execute(delete(TallyRow))
        fill(connection)
    agree(engine)
    with transaction(engine) as session:
        assert recount(session) == (3, 0, 0)


def test_two_people_who_correct_two_scorecards_of_one_call_are_both_counted(new_database: Callable[[], str]) -> None:
    engine = open_database(new_database())
    cards = (a_scorecard("care"), a_scorecard("rules"))
    call = a_scored_call("one", scorecards=cards)
    with transaction(engine) as session:
        assert store_scored_call(session, call)
    with reading(engine) as session:
        results = [one.result_ids["greets"] for one in load_evaluations(session, call.transcript.call_id)]
    both, failures = threading.Barrier(2), []

    def correct_it(result_id: int) -> None:
        try:
            both.wait()
            correct(engine, SYSTEM, result_id, Verdict.NOT_MET, "It is not in the call.")
        except Exception as failure:
            failures.append(failure)

    reviewers = [threading.Thread(target=correct_it, args=[result_id]) for result_id in results]
    for reviewer in reviewers:
        reviewer.start()
    for reviewer in reviewers:
        reviewer.join()
    assert not failures
    assert agree(engine)["not_met"].sum() == 2
    engine.dispose()
