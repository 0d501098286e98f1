"""What stands in the weekly letter, whom it is for, and that it does nothing but be read."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from html.parser import HTMLParser

import pytest
from sqlalchemy import Engine

from errors import StorageError
from exports.digest import Digest, Failure, digest_html
from pipeline.digest import weekly_digest
from pipeline.reports import Days
from storage import queries
from storage.access import SYSTEM
from storage.database import open_database, reading
from tests.dashboard.centre import MARKUP, Centre
from tests.exports.test_paper import MADE

WEEK = Days(date(2026, 7, 27), date(2026, 8, 2))
"""The week of Nadia's automatic failure, on Sunday the second of August."""

OTHERS = ("Lena", "Sam Ito", "Meadow")


@pytest.fixture(scope="module")
def centre(own_centre: Centre) -> Centre:
    return own_centre


@pytest.fixture(scope="module")
def engine(centre: Centre) -> Iterator[Engine]:
    opened = open_database(centre.url)
    yield opened
    opened.dispose()


class Seen(HTMLParser):
    """The tags of a page, their attributes, and its words."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.words = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}

    def handle_data(self, data: str) -> None:
        self.words += f" {data}"


def test_the_letter_says_how_the_week_went_beside_the_one_before(engine: Engine, centre: Centre) -> None:
    with reading(engine) as session:
        words = " ".join(Seen(weekly_digest(session, centre.askers["coach"], WEEK)).words.split())
    assert "Your teams: the week of 27 Jul 2026" in words
    assert "4 calls (4 the week before), 1 call with an automatic failure, 4 calls waiting for a person." in words
    assert "“You will regret this”" in words
    assert "For Conrad Bell" in words


def test_the_letter_names_what_to_practise_once_enough_calls_are_there(engine: Engine, centre: Centre) -> None:
    with reading(engine) as session:
        early, late = (
            " ".join(Seen(weekly_digest(session, centre.askers["coach"], days)).words.split())
            for days in (WEEK, Days(date(2026, 8, 10), date(2026, 8, 16)))
        )
    assert "Did the agent apologise?" not in early  # nine calls by then
    assert "Did the agent apologise? Nadia Osei: " in late
    assert late.count("Say sorry once, early, and mean it.") == 1  # however many fall short in it


@pytest.mark.parametrize(("who", "hidden"), [("coach", OTHERS), ("nadia", (*OTHERS, "Tom Reed"))])
def test_the_letter_holds_nothing_that_its_reader_may_not_see(
    engine: Engine, centre: Centre, who: str, hidden: tuple[str, ...]
) -> None:
    with reading(engine) as session:
        page = weekly_digest(session, centre.askers[who], WEEK)
    assert not [name for name in hidden if name in page]


def test_nobody_gets_the_letter_of_a_team_that_is_not_theirs(engine: Engine, centre: Centre) -> None:
    with reading(engine) as session:
        teams = {name: id_ for id_, name in queries.filter_choices(session, SYSTEM).teams.items()}
        for who in ("coach", "nadia"):
            with pytest.raises(StorageError, match="not yours to see"):
                weekly_digest(session, centre.askers[who], WEEK, teams["Meadow"])
        assert "Team Meadow" in weekly_digest(session, SYSTEM, WEEK, teams["Meadow"])
        assert "Nadia" not in weekly_digest(session, SYSTEM, WEEK, teams["Meadow"])


def test_a_week_without_calls_says_so(engine: Engine) -> None:
    with reading(engine) as session, pytest.raises(StorageError, match="There is no call from"):
        weekly_digest(session, SYSTEM, Days(date(2025, 1, 6), date(2025, 1, 12)))


def test_the_letter_has_no_script_and_fetches_nothing(engine: Engine) -> None:
    with reading(engine) as session:
        seen = Seen(weekly_digest(session, SYSTEM, WEEK))
    assert seen.tags <= {
        "html", "head", "meta", "title", "body", "div", "h1", "h2", "p", "ul", "li", "b", "i", "br", "span", "table", "tr",
        "td", "th",
    }  # fmt: skip
    assert seen.attributes <= {"lang", "charset", "style", "role"}


def test_everything_that_people_said_or_are_called_is_escaped() -> None:
    empty = Digest(MARKUP, WEEK.start, WEEK.end, 1, 0, 1, 0, (), (Failure(MARKUP, MARKUP, "", MARKUP),), (), ())
    page = digest_html(empty, replace(MADE, whom=MARKUP))
    assert "<img" not in page
    assert page.count("&lt;img src=x onerror=&quot;") == 6
    assert MARKUP in Seen(page).words
