"""What stands on the papers for a meeting, and whom they are made for."""

import io
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from pypdf import PdfReader
from sqlalchemy import Engine

from errors import InputError, StorageError
from exports.call_sheet import call_sheet
from exports.team_sheet import team_sheet
from pipeline import reports
from pipeline.reports import Days
from scoring.result import Evidence
from storage import queries
from storage.access import SYSTEM, Asker
from storage.database import open_database, reading
from tests.dashboard.centre import MARKUP, Centre
from tests.exports.test_paper import MADE

SUMMER = Days(date(2026, 6, 1), date(2026, 8, 31))


@pytest.fixture(scope="module")
def centre(own_centre: Centre) -> Centre:
    return own_centre


@pytest.fixture(scope="module")
def engine(centre: Centre) -> Iterator[Engine]:
    opened = open_database(centre.url)
    yield opened
    opened.dispose()


def pages(paper: reports.Paper) -> list[str]:
    return [" ".join(page.extract_text().split()) for page in PdfReader(io.BytesIO(paper.data)).pages]


def ids(engine: Engine) -> tuple[dict[str, int], dict[str, int]]:
    with reading(engine) as session:
        choices = queries.filter_choices(session, SYSTEM)
    return {name: id_ for id_, name in choices.agents.items()}, {name: id_ for id_, name in choices.teams.items()}


def test_a_scorecard_on_paper_has_questions_answers_and_the_words_with_their_times(engine: Engine, centre: Centre) -> None:
    with reading(engine) as session:
        words = " ".join(pages(reports.call_paper(session, centre.askers["nadia"], centre.calls["Nadia Osei"][3])))
    assert "Customer 3 and Nadia Osei" in words
    assert "Sentiment along the call" in words
    assert "Did the agent greet the customer?" in words
    assert "0:00 “Good morning”" in words
    assert "“You will regret this”" in words
    assert "This alone fails the whole scorecard." in words
    assert "“Did the agent refrain from threats?” was not met, which alone makes the total 0." in words
    assert "Looked through 3 turns of the agent" in words
    assert "For Nadia Osei, made" in words


def test_what_a_customer_said_is_printed_as_words(engine: Engine, centre: Centre) -> None:
    with reading(engine) as session:
        details = queries.call_details(session, SYSTEM, centre.calls["Tom Reed"][0])
        assert details is not None
        stored = details.evaluations[0]
        result = stored.current.results[0]
        quoted = replace(result, evidence=(Evidence("The customer said this.", 1, 3.4, 8.0, MARKUP),))
        current = replace(stored.current, results=(quoted, *stored.current.results[1:]))
        data = call_sheet(replace(details, evaluations=(replace(stored, current=current),)), MADE)
    assert MARKUP.replace(" ", "") in pages(reports.Paper("x", data))[0].replace(" ", "")


@pytest.mark.parametrize("who", ["lena", "coach"])
def test_nobody_gets_a_paper_of_a_call_that_is_not_theirs_to_see(engine: Engine, centre: Centre, who: str) -> None:
    theirs = centre.calls["Nadia Osei" if who == "lena" else "Lena Fox"][0]
    with reading(engine) as session, pytest.raises(StorageError, match="not yours to see"):
        reports.call_paper(session, centre.askers[who], theirs)


def test_an_agents_page_says_what_goes_well_and_what_to_practise(engine: Engine, centre: Centre) -> None:
    agents, _ = ids(engine)
    with reading(engine) as session:
        words = " ".join(pages(reports.agent_paper(session, centre.askers["nadia"], agents["Nadia Osei"], SUMMER)))
    assert "Harbour, 1 Jun 2026 to 31 Aug 2026, 12 calls" in words
    assert words.index("What goes well") < words.index("One thing to practise now")
    assert "Did the agent greet the customer? 100 % of points in 12 calls" in words.replace("\N{NO-BREAK SPACE}", " ")
    assert "Say sorry once, early, and mean it." in words
    assert not [name for name in ("Tom", "Reed", "Lena", "Fox", "Sam", "Ito") if name in words.split()]
    assert "colleagues with comparable calls" not in words  # three are too few


@pytest.mark.parametrize(("who", "of"), [("nadia", "Tom Reed"), ("lena", "Nadia Osei"), ("coach", "Lena Fox")])
def test_nobody_gets_the_page_of_an_agent_that_is_not_theirs(engine: Engine, centre: Centre, who: str, of: str) -> None:
    agents, _ = ids(engine)
    with reading(engine) as session:
        with pytest.raises(StorageError, match="not yours to see"):
            reports.agent_paper(session, centre.askers[who], agents[of], SUMMER)
        with pytest.raises(StorageError, match="are yours to see"):
            reports.agent_called(session, centre.askers[who], of)


def test_a_teams_page_is_one_page_with_its_people_and_no_others(engine: Engine, centre: Centre) -> None:
    _, teams = ids(engine)
    with reading(engine) as session:
        (words,) = pages(reports.team_paper(session, centre.askers["coach"], teams["Harbour"], SUMMER))
    assert "Team Harbour" in words
    assert "24 calls" in words
    assert "1 call with an automatic failure, 24 calls waiting for a person" in words
    assert "Nadia Osei 12" in words
    assert "Tom Reed 12" in words
    assert "Lena" not in words
    assert "What to train" in words


@pytest.mark.parametrize(("who", "team"), [("coach", "Meadow"), ("lena", "Harbour")])
def test_nobody_gets_the_page_of_a_team_that_is_not_theirs(engine: Engine, centre: Centre, who: str, team: str) -> None:
    _, teams = ids(engine)
    with reading(engine) as session, pytest.raises(StorageError, match="not yours to see"):
        reports.team_paper(session, centre.askers[who], teams[team], SUMMER)


def test_an_agents_own_teams_page_holds_their_own_calls_alone(engine: Engine, centre: Centre) -> None:
    _, teams = ids(engine)
    with reading(engine) as session:
        report = reports.team_report(session, centre.askers["nadia"], teams["Harbour"], SUMMER)
    assert [person.name for person in report.people] == ["Nadia Osei"]
    assert report.calls == 12


def test_a_large_team_still_fits_on_one_page(engine: Engine, centre: Centre) -> None:
    _, teams = ids(engine)
    with reading(engine) as session:
        report = reports.team_report(session, SYSTEM, teams["Harbour"], SUMMER)
    crowd = tuple(replace(report.people[0], name=f"Agent with a long name, number {n}") for n in range(80))
    large = replace(
        report, scores=report.scores * 4, people=crowd, gaps=report.gaps[:1] * 30, strengths=report.strengths[:1] * 9
    )
    (words,) = pages(reports.Paper("x", team_sheet(large, MADE)))
    assert "more people on the dashboard." in words
    assert "25 more gaps on the dashboard." in words


def test_months_and_weeks_are_read_as_written() -> None:
    assert reports.month("2026-02") == Days(date(2026, 2, 1), date(2026, 2, 28))
    assert reports.week("2026-W33") == Days(date(2026, 8, 10), date(2026, 8, 16))
    for wrong in ("2026-13", "August", "2026-W33"):
        with pytest.raises(InputError, match="is no month"):
            reports.month(wrong)
    for wrong in ("2026-W54", "2026-08", "W33"):
        with pytest.raises(InputError, match="is no week"):
            reports.week(wrong)


def test_a_paper_for_a_person_is_asked_for_as_that_person(engine: Engine, centre: Centre) -> None:
    with reading(engine) as session:
        found = reports.asker_by_email(session, "nadia@attune.example")
        assert isinstance(found, Asker)
        assert found == centre.askers["nadia"]
        with pytest.raises(StorageError, match="Nobody signs in"):
            reports.asker_by_email(session, "nobody@attune.example")


def test_a_papers_name_is_one_that_every_system_takes(engine: Engine, centre: Centre) -> None:
    agents, _ = ids(engine)
    with reading(engine) as session:
        name = reports.agent_paper(session, SYSTEM, agents["Nadia Osei"], SUMMER).name
    assert name == "coaching-Nadia_Osei-2026-06-01-to-2026-08-31.pdf"
    assert Path(name).name == name
