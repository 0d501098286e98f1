"""Every kind of answer from the file to the database, through people's corrections and out again, on both databases."""

import hashlib
import json
from datetime import UTC, datetime

import pytest
from sqlalchemy import Engine, select, text
from sqlalchemy.exc import DatabaseError

from errors import InputError, StorageError
from pipeline.export import Form, export_call
from pipeline.score import judge
from pipeline.sides import swap_sides
from pipeline.verify import verify_call
from scorecards.answers import Answer
from scorecards.load import parse_scorecard
from scoring.result import Verdict
from storage import queries
from storage.access import SYSTEM, Asker, Role
from storage.database import reading, transaction
from storage.records import CallFacts, CallFilter, CallKind, ScoredCall, StoredEvaluation
from storage.repository import load_evaluations, store_scored_call
from storage.tables import ResultRow
from tests.build import a_transcript, a_turn
from tests.scorecards.card import EVERYTHING
from tests.storage.build import correct
from tests.storage.contents import Once

CALL = "0123456789abcdef"
RITA = Asker(1, Role.REVIEWER, name="Rita Boyle")
CARD = parse_scorecard(EVERYTHING)


def one_call(engine: Engine) -> Engine:
    turns = (
        a_turn("agent", "Good morning.", 0, 4),
        a_turn("customer", "My tap leaks again, that is not good enough.", 4, 9),
        a_turn("agent", "I'm sorry. Let me see.", 9, 12),
    )
    judged = judge(a_transcript(*turns, call_id=CALL), [CARD])
    facts = CallFacts(
        hashlib.sha256(b"one").hexdigest(), CallKind.TRANSCRIPT, "one.jsonl", datetime(2025, 3, 5, tzinfo=UTC), "Ana"
    )
    with transaction(engine) as session:
        store_scored_call(session, ScoredCall(facts, judged.transcript, judged.signals, judged.evaluations))
    return engine


@pytest.fixture
def stored(once: Once) -> Engine:
    """A database with one call, judged by the scorecard that uses everything."""
    return once(one_call)


def held(engine: Engine) -> StoredEvaluation:
    with reading(engine) as session:
        (evaluation,) = load_evaluations(session, CALL)
    return evaluation


def say(engine: Engine, criterion: str, answer: Answer) -> StoredEvaluation:
    correct(engine, RITA, held(engine).result_ids[criterion], None, "I listened.", answer)
    return held(engine)


def differences(engine: Engine) -> list[str]:
    with reading(engine) as session:
        return [d.says for verified in verify_call(session, SYSTEM, CALL) for d in verified.differences]


def test_what_is_stored_is_what_was_judged_and_a_persons_answer_stands_beside_it(stored: Engine) -> None:
    before = held(stored)
    assert before.current == before.machine
    after = say(stored, "remedy", "voucher")
    assert after.machine == before.machine
    assert after.current.result("remedy").answer == "voucher"
    assert after.current.result("remedy").points == 0.6
    assert after.current.result("remedy_suits").if_asked is None  # it was asked by that, and now waits for its own answer
    assert say(stored, "said", ("price", "name")).current.result("said").answer == ("name", "price")
    assert say(stored, "length", 30).current.result("length").points == -1
    (record,) = held(stored).overrides["said"]
    assert (record.before, record.after, record.answer_before) == (Verdict.UNSURE, Verdict.PARTLY, None)
    assert record.answer == ("name", "price")
    assert differences(stored) == []


def test_a_correction_opens_and_closes_the_questions_that_hang_on_it_in_the_totals_and_in_what_waits(stored: Engine) -> None:
    say(stored, "remedy", "money_back")
    both = say(stored, "remedy_suits", "met")
    closed = say(stored, "complained", "not_met")
    assert [closed.current.result(name).verdict for name in ("remedy", "remedy_suits")] == [Verdict.NOT_APPLICABLE] * 2
    assert closed.current.result("remedy").evidence[0].why.endswith("the answer there is “Not met”.")
    assert closed.current.total != both.current.total
    assert differences(stored) == []
    with pytest.raises(
        StorageError, match=r"nothing to correct here yet\. This is asked only where “Did the customer complain"
    ):
        say(stored, "remedy", "voucher")
    again = say(stored, "complained", "met")
    assert again.current.total == both.current.total
    assert again.current.results[1:] == both.current.results[1:]
    assert differences(stored) == []


def test_what_waits_says_on_which_answer_it_waits(stored: Engine) -> None:
    with reading(stored) as session:
        waiting = queries.waiting_for_a_person(session, SYSTEM, CallFilter())
        counts = queries.criterion_counts(session, SYSTEM, CallFilter())
    why = dict(zip(waiting["criterion"], waiting["why"], strict=True))
    assert why["remedy_suits"].endswith("and that waits for a person.")
    assert why["remedy"].startswith("A person answers this.")
    assert "thanks" not in set(counts["criterion"])  # a bonus that is missed is no gap


def test_what_takes_away_earns_nothing_where_rates_are_counted(stored: Engine) -> None:
    say(stored, "tone", "1")
    with reading(stored) as session:
        counts = queries.criterion_counts(session, SYSTEM, CallFilter()).set_index("criterion")
    assert (counts.loc["tone", "points"], counts.loc["tone", "counted"], counts.loc["tone", "not_met"]) == (0.0, 1, 1)


def test_an_answer_that_is_none_is_refused_and_nothing_is_kept(stored: Engine) -> None:
    with pytest.raises(InputError, match="one of 1, 2, 3"):
        say(stored, "tone", "7")
    assert held(stored).overrides == {}


def test_answers_go_out_with_the_call(stored: Engine) -> None:
    say(stored, "remedy", "voucher")
    with reading(stored) as session:
        text_ = export_call(session, SYSTEM, CALL, Form.VCON).text
    written = [one for one in json.loads(text_)["analysis"] if "Repairs" in json.dumps(one)]
    body = json.dumps(written)
    assert written
    for expected in ("A voucher", "voucher", "Warm", "band"):
        assert expected in body


def test_the_machines_answer_cannot_be_rewritten_by_anybody(stored: Engine) -> None:
    for statement in ("UPDATE results SET machine_answer = '\"2\"'", "UPDATE results SET machine_if_asked = NULL"):
        with pytest.raises(DatabaseError, match="never overwritten"), stored.begin() as connection:
            connection.execute(text(statement))


def test_a_result_from_before_there_was_more_than_yes_and_no_reads_as_its_verdict(stored: Engine) -> None:
    with transaction(stored) as session:
        row = session.scalars(select(ResultRow).where(ResultRow.criterion == "complained")).one()
        row.answer = None
    assert held(stored).current.result("complained").answer == "met"
    assert differences(stored) == []


def test_what_people_answered_is_taken_along_when_somebody_says_who_spoke(stored: Engine) -> None:
    say(stored, "said", ("slang",))
    say(stored, "remedy", "nothing")
    swap_sides(stored, RITA, CALL, "I know their voices.")
    after = held(stored)
    assert after.current.result("said").answer == ("slang",)
    assert after.current.result("remedy").own.answer == "nothing"
    assert after.current.result("remedy").verdict is Verdict.NOT_APPLICABLE  # the agent is no longer who complained
    assert differences(stored) == []
