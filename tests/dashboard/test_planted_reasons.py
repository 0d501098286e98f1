"""Why customers call, who comes back, whose fault it is and what was mended: do the pages say what was planted, and no more?

The sample is `tests.planted_reasons`. Each claim is looked for twice: where it was planted, and everywhere else.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import streamlit as st
from sqlalchemy import Engine, select
from streamlit.testing.v1 import AppTest

import dashboard.access
import dashboard.data
from coaching.gaps import Belongs
from coaching.interrupted import Effect, Said
from coaching.reasons import Whose
from dashboard import data_causes, data_reasons
from pipeline.causes import Outcome
from pipeline.partners import Figure, partner_report, standings
from pipeline.reports import Days
from storage import courses, organisations, reasons
from storage.access import Asker, Role
from storage.course_tables import CourseRow
from storage.customer_tables import CustomerCallRow
from storage.database import open_database, reading, transaction
from storage.queries import reason_titles
from storage.reason_tables import CallReasonRow
from storage.records import CallFilter
from tests.dashboard.conftest import open_page, widget_data, words_of
from tests.planted_reasons import (
    ACTED_ON,
    FAULTY,
    FIRST,
    GAP,
    IN_VAIN,
    LATER,
    MENDED,
    NO_GAP,
    REASONS,
    TEAMS,
    UNTIL,
    Contact,
    store,
)  # fmt: skip

ALL = CallFilter()
MIRA = Asker(9, Role.QUALITY_MANAGER, name="Mira")


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[Contact]]:
    """The sample in a home of its own, and what was planted in each contact."""
    folder = tmp_path_factory.mktemp("planted-reasons")
    engine = open_database(f"sqlite:///{folder / 'attune.db'}")
    with transaction(engine) as session:
        contacts = store(session)
    engine.dispose()
    return folder, contacts


@pytest.fixture
def contacts(sample: tuple[Path, list[Contact]]) -> list[Contact]:
    return sample[1]


@pytest.fixture
def engine(sample: tuple[Path, list[Contact]]) -> Iterator[Engine]:
    found = open_database(f"sqlite:///{sample[0] / 'attune.db'}")
    yield found
    found.dispose()


@pytest.fixture
def page(
    sample: tuple[Path, list[Contact]], home: Callable[[Path], None], monkeypatch: pytest.MonkeyPatch
) -> Callable[..., AppTest]:
    """Opens a page of that centre as its quality manager, over all of the weeks."""
    home(sample[0])
    monkeypatch.setattr(dashboard.access, "current_asker", lambda: MIRA)
    st.cache_data.clear()

    def look(view: str, **params: Any) -> AppTest:
        app = open_page(MIRA, view, **{"period": "All time", **params})
        assert not app.exception
        return app

    return look


def _titles(engine: Engine) -> dict[str, str]:
    with reading(engine) as session:
        return {id_: title for id_, (_, title) in reason_titles(session).items()}


def _first_words(app: AppTest, key: str) -> list[str]:
    return [row["cells"][0]["text"] for row in widget_data(app, key)["rows"]]


def test_the_sample_is_as_the_program_would_have_it(engine: Engine) -> None:
    """What was worked out when the contacts were copied is what the program works out of the same contacts."""
    since = select(CourseRow.call_id, CourseRow.days_since_contact).order_by(CourseRow.call_id)
    until = select(CallReasonRow.call_id, CallReasonRow.days_until_contact).order_by(CallReasonRow.call_id)
    with engine.connect() as connection:
        before = [connection.execute(one).all() for one in (since, until)]
    customers = [f"{number:016x}" for number in range(0, 4_000, 40)]
    with transaction(engine) as session:
        assert len(session.scalars(select(CustomerCallRow).where(CustomerCallRow.customer_id.in_(customers))).all()) > 100
        courses.retell(session, customers)
        reasons.retell(session, customers)
    with engine.connect() as connection:
        assert [connection.execute(one).all() for one in (since, until)] == before


def test_each_reason_has_its_contacts_and_of_one_alone_it_is_said_that_customers_come_back(
    page: Callable[..., AppTest], contacts: list[Contact], engine: Engine
) -> None:
    titles, volumes = _titles(engine), Counter(one.reason for one in contacts)
    app = page("why_they_call", level="Reasons")
    shown = {row["cells"][0]["text"]: row["cells"] for row in widget_data(app, "why Reasons")["rows"]}
    assert {title: cells[1]["sort"] for title, cells in shown.items()} == {titles[id_]: n for id_, n in volumes.items()}
    rows = {row.reason: row for row in data_reasons.rows(MIRA, ALL, None, groups=False)}
    for reason, planted in REASONS.items():
        share = _share_before(contacts, reason)
        soon = share * planted.soon[0] + (1 - share) * planted.soon[1]
        for name, rate in (("soon", soon), ("later", soon + LATER)):
            found = rows[reason].rates[name]
            assert found.low <= rate <= found.high, (reason, name)
            assert found.named is (reason == MENDED), (reason, name)


def _share_before(contacts: list[Contact], reason: str) -> float:
    own = [one.at.date() < ACTED_ON for one in contacts if one.reason == reason]
    return sum(own) / len(own)


def test_the_process_fault_is_the_only_one_and_no_reason_is_said_to_divide_the_agents(
    page: Callable[..., AppTest], engine: Engine
) -> None:
    titles = _titles(engine)
    rows = widget_data(page("why_they_call", show="Agents or process"), "why-whose")["rows"]
    said = {row["cells"][0]["text"]: row["cells"][5]["chips"][0]["words"] for row in rows}
    assert said.pop(titles[FAULTY]) == "the process"
    assert set(said) == {titles[one] for one in REASONS if one != FAULTY}
    assert set(said.values()) == {"neither stands out"}
    scores, _ = data_reasons.scores(MIRA, ALL, "care")
    (process,) = [one for one in scores if one.whose is Whose.PROCESS]
    assert process.reason == FAULTY


def test_processes_are_asked_about_what_customers_come_back_for_and_nothing_else(
    page: Callable[..., AppTest], engine: Engine
) -> None:
    asked = _first_words(page("processes"), "questions")
    about = {f"about “{_titles(engine)[MENDED]}”", f"in the queue “{REASONS[MENDED].queue}”"}
    assert len(asked) == len(about)
    assert all("the customer had been in touch before" in words for words in asked)
    assert {one for one in about for words in asked if one in words} == about


def test_the_board_says_what_the_action_removed_with_a_range_that_holds_it(page: Callable[..., AppTest]) -> None:
    figures = {one.cause.draft.reason: one.cause.id for one in data_causes.board(MIRA)}
    words = words_of(page("causes", id=figures[MENDED]))
    assert "Fewer repeat contacts within 7 days than would have been" in words
    assert "More " not in words
    found = data_causes.figures(MIRA, figures[MENDED])
    before, since = REASONS[MENDED].soon
    true = {
        Outcome.CONTACTS: (1 - before - LATER) / (1 - since - LATER) - 1,  # each who comes back is one contact more
        Outcome.SOON: since / before - 1,
        Outcome.LATER: (since + LATER) / (before + LATER) - 1,
    }
    assert true[Outcome.SOON] == pytest.approx(-0.3)
    for outcome, change in true.items():
        effect = found.effects[outcome]
        assert isinstance(effect, Effect)
        assert effect.says is not Said.MORE
        assert effect.removed.change_low < change < effect.removed.change_high


def test_of_the_action_that_did_nothing_nothing_is_said(page: Callable[..., AppTest]) -> None:
    (other,) = [one.cause.id for one in data_causes.board(MIRA) if one.cause.draft.reason == IN_VAIN]
    words = words_of(page("causes", id=other))
    assert words.count("Not to be told from chance") == len(Outcome)
    assert "Whether the action removed contacts cannot be told from chance yet." in words
    assert "than would have been." not in words


def test_the_partner_with_a_gap_is_named_and_the_one_that_is_given_the_bills_is_not(
    page: Callable[..., AppTest], engine: Engine
) -> None:
    app = page("organisations")
    rows = {row["cells"][0]["text"]: row["cells"] for row in widget_data(app, "organisations")["rows"]}
    assert list(rows) == ["Our own", GAP, NO_GAP]
    assert rows[GAP][5]["chips"][0]["words"] == "lower on the same calls"
    assert rows[NO_GAP][5]["chips"][0]["words"] == "it takes other calls"
    with reading(engine) as session:
        by_name = {one.name: one.figures for one in standings(session, MIRA, ALL, "care")}
        ids = {one.name: one.id for one in organisations.list_organisations(session, MIRA)}
        papers = {name: partner_report(session, MIRA, ids[name], Days(FIRST, UNTIL)) for name in (GAP, NO_GAP)}
    for name, figures in by_name.items():
        said = {figure for figure, one in figures.items() if one.said.value in ("lower", "higher")}
        assert said == ({Figure.SCORE} if name == GAP else set()), name
    assert [gap.rate.criterion for gap in papers[GAP].gaps] == ["thanks"]
    assert {gap.rate.criterion for gap in papers[NO_GAP].gaps if gap.belongs is not Belongs.EVERYONE} == set()


@pytest.mark.usefixtures("page")
def test_the_gap_is_the_partners_team_and_what_the_process_does_is_everybodys() -> None:
    (team,) = [name for name, (company, _) in TEAMS.items() if company == GAP]
    by_team = dashboard.data.gaps(MIRA, ALL, "team")
    assert {(one.rate.name, one.rate.criterion) for one in by_team if one.belongs is not Belongs.EVERYONE} == {
        (team, "thanks")
    }
    assert {one.rate.criterion for one in by_team if one.belongs is Belongs.EVERYONE} <= {"listens"}
    by_agent = dashboard.data.gaps(MIRA, ALL, "agent")
    theirs = {(one.rate.name.split()[0], one.rate.criterion, one.belongs) for one in by_agent}
    assert {one for one in theirs if one[2] is not Belongs.EVERYONE} == {(team, "thanks", Belongs.TEAM)}
    assert {criterion for _, criterion, belongs in theirs if belongs is Belongs.EVERYONE} <= {"listens"}
