"""What the measurement of pages promises about the centre it makes and the pages it opens."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest
from sqlalchemy import Engine, func, select

import bench.centre
import dashboard.pages
from bench.centre import QUARTERS, WEEKS, beside_calls, grow
from bench.pages import VIEWS, evaluations_of
from storage.access import SYSTEM, Role
from storage.alert_tables import AlertRow
from storage.causes import evidence_of, list_causes
from storage.database import open_database, reading, transaction
from storage.organisations import list_organisations
from storage.queries import CallFilter, call_details, calls, satisfaction, verdict_counts
from storage.repository import store_scored_call
from storage.tables import EvaluationRow, EvidenceRow, ResultRow
from tests.storage.build import a_scored_call


@pytest.fixture
def engine(tmp_path: Path) -> Engine:
    engine = open_database(f"sqlite:///{tmp_path / 'attune.db'}")
    with transaction(engine) as session:
        assert store_scored_call(session, a_scored_call("one", agent="Ana Ruiz"))
        assert store_scored_call(session, a_scored_call("two", agent="Ben Ash"))
    return engine


@pytest.mark.parametrize("role", Role)
def test_every_page_is_timed_as_everybody_who_has_it(role: Role, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dashboard.pages.st.Page", lambda view, **named: SimpleNamespace(view=view, **named))
    start, *views = (vars(page)["view"] for page in dashboard.pages.pages_for(role))
    assert not isinstance(start, str)  # it leads on
    assert sorted(VIEWS[role]) == sorted(Path(view).stem for view in views)


def test_a_centre_grows_by_whole_calls_with_all_that_hangs_on_them(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bench.centre, "AGENTS", 8)
    assert grow(engine, 20) == 20
    with reading(engine) as session:
        found = calls(session, SYSTEM, CallFilter(), limit=1000)
        assert len(found) == 20
        assert found.agent.nunique() == 8
        assert found.team.nunique() == 4
        assert found.started_at.max() - found.started_at.min() == timedelta(weeks=WEEKS * (QUARTERS - 1))
        assert len(verdict_counts(session, SYSTEM, CallFilter(), ("agent_id",))) == 8 * 4
        last = call_details(session, SYSTEM, found.call_id.iloc[-1])
        assert last is not None
        assert last.transcript.turns
        assert last.evaluations[0].current.results[0].evidence
        for row, each in ((ResultRow, 4), (EvidenceRow, 8)):
            count = session.scalars(select(func.count()).select_from(row)).one()
            assert count == each * session.scalars(select(func.count()).select_from(EvaluationRow)).one()


def test_beside_the_calls_stands_what_other_pages_show(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bench.centre, "AGENTS", 8)
    monkeypatch.setattr(bench.centre, "CAUSES", 2)
    grow(engine, 20)
    for _ in range(2):  # as where a folder that was filled once is measured again
        beside_calls(engine, datetime.now(UTC).date())
    with reading(engine) as session:
        assert [len(one.teams) for one in list_organisations(session, SYSTEM)] == [1, 1, 0, 0]
        first, second = list_causes(session, SYSTEM)
        assert first.draft.reason != second.draft.reason
        assert len(evidence_of(session, SYSTEM, first.id)) > 1
        assert len(satisfaction(session, SYSTEM, CallFilter())) == 2
        assert session.scalars(select(func.count()).select_from(AlertRow)).one() == 20
    assert evaluations_of(engine, 100) == 100


def test_a_centre_that_is_large_enough_is_left_as_it_is(engine: Engine) -> None:
    assert grow(engine, 2) == 2
