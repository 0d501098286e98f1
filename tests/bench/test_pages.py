"""What the measurement of pages promises about the centre it makes and the pages it opens."""

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, func, select

from bench.centre import GROUPS, WEEKS, grow
from bench.pages import VIEWS
from storage.access import SYSTEM
from storage.database import open_database, reading, transaction
from storage.queries import CallFilter, call_details, calls
from storage.repository import store_scored_call
from storage.tables import EvaluationRow, EvidenceRow, ResultRow
from tests.storage.build import a_scored_call

ROOT = Path(__file__).parents[2]


@pytest.fixture
def engine(tmp_path: Path) -> Engine:
    engine = open_database(f"sqlite:///{tmp_path / 'attune.db'}")
    with transaction(engine) as session:
        assert store_scored_call(session, a_scored_call("one", agent="Ana Ruiz"))
        assert store_scored_call(session, a_scored_call("two", agent="Ben Ash"))
    return engine


def test_every_page_is_timed() -> None:
    pages = {file.stem for file in (ROOT / "dashboard" / "views").glob("*.py") if file.stem != "__init__"}
    assert {view for views in VIEWS.values() for view in views} == pages


def test_a_centre_grows_by_whole_calls_with_all_that_hangs_on_them(engine: Engine) -> None:
    assert grow(engine, 2 * (GROUPS + 2)) == 2 * (GROUPS + 2)
    with reading(engine) as session:
        found = calls(session, SYSTEM, CallFilter(), limit=1000)
        assert len(found) == 2 * (GROUPS + 2)
        assert found.agent.nunique() == 2 * GROUPS
        assert found.team.nunique() == GROUPS
        assert found.started_at.max() - found.started_at.min() == timedelta(weeks=WEEKS)
        last = call_details(session, SYSTEM, found.call_id.iloc[-1])
        assert last is not None
        assert last.transcript.turns
        assert last.evaluations[0].current.results[0].evidence
        for row, each in ((ResultRow, 4), (EvidenceRow, 8)):
            count = session.scalars(select(func.count()).select_from(row)).one()
            assert count == each * session.scalars(select(func.count()).select_from(EvaluationRow)).one()


def test_a_centre_that_is_large_enough_is_left_as_it_is(engine: Engine) -> None:
    assert grow(engine, 2) == 2
