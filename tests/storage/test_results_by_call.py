"""Does SQLite look for results by their call, also where it knows nothing of how values are spread?"""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from scoring.result import Verdict
from storage.access import SYSTEM
from storage.database import reading, transaction
from storage.queries import CallFilter, automatic_failures, calls_behind, waiting_for_a_person
from storage.queries.moments import moments
from storage.repository import store_scored_call
from tests.storage.build import a_scored_call
from tests.storage.statements import statements_of

ASKED: dict[str, Callable[[Session], Any]] = {
    "what waits": lambda session: waiting_for_a_person(session, SYSTEM, CallFilter(), limit=6),
    "what failed": lambda session: automatic_failures(session, SYSTEM, CallFilter(), limit=6),
    "calls behind a figure": lambda session: calls_behind(session, SYSTEM, CallFilter(), "care", "greets"),
    "calls of a verdict": lambda session: calls_behind(session, SYSTEM, CallFilter(), "care", "greets", Verdict.MET),
    "moments": lambda session: moments(session, SYSTEM, CallFilter(), "care", "greets", Verdict.MET),
}


@pytest.mark.parametrize("name", ASKED)
def test_results_are_looked_for_by_their_evaluation_and_not_among_all_of_a_verdict(engine: Engine, name: str) -> None:
    if engine.dialect.name != "sqlite":
        pytest.skip("PostgreSQL learns by itself how values are spread")
    with transaction(engine) as session:
        store_scored_call(session, a_scored_call("one"))
    with reading(engine) as session:
        with statements_of(engine) as statements:
            ASKED[name](session)
        of_results = [one for one in statements if "FROM results JOIN" in one[0]]
        plan = [
            row[3]
            for statement, values in of_results
            for row in session.connection().exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values)
        ]
        assert not session.connection().exec_driver_sql("SELECT 1 FROM sqlite_master WHERE name = 'sqlite_stat1'").all()
    looked_for = [step for step in plan if " results " in f"{step} "]
    assert len(looked_for) >= 2
    assert all("(evaluation_id=?" in step for step in looked_for), looked_for
