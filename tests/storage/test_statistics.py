"""Does SQLite learn how its values are spread, and is it quick where it knows nothing of it, or something old?"""

from collections.abc import Callable
from datetime import date
from unittest import mock

import pytest
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

import app
from reviews.disputes import Decider, Rules
from storage import sums
from storage.access import SYSTEM, Asker, Role
from storage.database import open_database, transaction
from storage.disputes import choices, raise_dispute
from storage.repository import store_scored_call
from storage.review_figures import machine_right
from storage.tables import CallRow, ResultRow
from tests.storage.build import a_scored_call
from tests.storage.statements import statements_of

RULES = Rules(days=100_000, per_month=100, decider=Decider.QUALITY_MANAGER)


def who_may_decide_them(session: Session) -> object:
    agent = Asker(0, Role.AGENT, session.scalar(select(CallRow.agent_id)))
    results = session.scalars(select(ResultRow.id).order_by(ResultRow.id)).all()
    return choices(session, SYSTEM, RULES, [raise_dispute(session, agent, RULES, one, "It was said.") for one in results])


OF_MANY_CALLS = {
    "ix_evaluations_scorecard_version_id_superseded": "406350 1001 1001",
    "sqlite_autoindex_evaluations_1": "354240 4 1 1",
    "ix_evaluations_totals": "355266 4 4 1 1 1 1 1",
    "ix_results_evaluation_id_criterion_verdict_points_bonus": "5232584 14 1 1 1 1",
    "ix_results_criterion_verdict": "5214720 1001 1001",
    "sqlite_autoindex_results_1": "7661934 14 1",
}
FROM_WHAT_IS_RARE: dict[str, tuple[str, Callable[[Session], object]]] = {
    "who may decide disputes": ("disputes", who_may_decide_them),
    "what people changed": ("overrides", lambda session: machine_right(session, SYSTEM, date(2025, 1, 1), date(2026, 1, 1))),
}


@pytest.fixture
def engine(tmp_path_factory: pytest.TempPathFactory) -> Engine:
    return open_database(f"sqlite:///{tmp_path_factory.mktemp('statistics') / 'attune.db'}")


def known(engine: Engine) -> set[str]:
    """The tables of which SQLite knows how their values are spread, as whoever opens the file now does."""
    engine.dispose()
    with engine.connect() as connection:
        if not connection.exec_driver_sql("SELECT 1 FROM sqlite_master WHERE name = 'sqlite_stat1'").all():
            return set()
        return set(connection.exec_driver_sql("SELECT DISTINCT tbl FROM sqlite_stat1").scalars())


def test_sqlite_learns_while_calls_come_in(engine: Engine) -> None:
    with transaction(engine) as session:
        store_scored_call(session, a_scored_call("one"))
    assert known(engine) == set()
    with mock.patch.object(sums, "FOLD_AT", 1), transaction(engine) as session:
        store_scored_call(session, a_scored_call("two"))
    assert {"calls", "evaluations", "results", "evidence"} <= known(engine)


def test_what_serves_has_sqlite_learn(engine: Engine) -> None:
    with transaction(engine) as session:
        store_scored_call(session, a_scored_call("one"))
    app.learn_spread(engine)
    assert {"calls", "evaluations", "results", "evidence"} <= known(engine)


@pytest.mark.parametrize("learned", [False, True])
@pytest.mark.parametrize("name", FROM_WHAT_IS_RARE)
def test_what_is_rare_is_looked_at_first_and_answers_by_it(engine: Engine, name: str, learned: bool) -> None:
    rare, asked = FROM_WHAT_IS_RARE[name]
    with transaction(engine) as session:
        store_scored_call(session, a_scored_call("one"))
    if learned:
        app.learn_spread(engine)
        with engine.begin() as connection:  # what it learned where there were a hundred thousand calls
            for index, spread in OF_MANY_CALLS.items():
                connection.exec_driver_sql("UPDATE sqlite_stat1 SET stat = ? WHERE idx = ?", (spread, index))
        assert rare not in known(engine), "of a table that is empty nothing is known"
    with transaction(engine) as session:
        with statements_of(engine) as statements:
            asked(session)
        statement = [one for one in statements if "JOIN overrides" in one[0] or "FROM overrides JOIN" in one[0]][-1]
        rows = session.connection().exec_driver_sql(f"EXPLAIN QUERY PLAN {statement[0]}", statement[1])
        plan = [str(row[3]) for row in rows]
    steps = [step for step in plan if step.startswith(("SCAN", "SEARCH")) and "scorecard_versions" not in step]
    assert f" {rare}" in steps[0], plan
    (of_results,) = [step for step in steps if " results " in step]
    assert "(evaluation_id=?" in of_results or "INTEGER PRIMARY KEY (rowid=?)" in of_results, plan
