"""Attacks with e-mails: getting into another's conversation, or keeping it out, by naming its messages."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline.ingest import State
from settings import settings
from storage import erasure
from storage.access import SYSTEM
from storage.database import open_database, reading
from tests.on_postgresql import on_one_database
from tests.pipeline.doors import ANN, BOB, CARE, Doors, a_mail

MALLORY = "Mallory <mallory@m.example>"
ASKED = a_mail(ANN, CARE, "<a1@a.example>", 9, "I am ill and cannot pay.")
RUDE = "You idiot, I am not sorry."

pytestmark = on_one_database


@pytest.fixture
def doors(database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Doors]:
    """A centre into which mails come by every door."""
    monkeypatch.setenv("ATTUNE_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("ATTUNE_DATABASE_URL", database_url)
    settings.cache_clear()
    opened = open_database(database_url)
    monkeypatch.setattr("pipeline.arrivals.open_database", lambda url: opened)
    yield Doors(opened, tmp_path, monkeypatch)
    opened.dispose()
    settings.cache_clear()


def only_asked(doors: Doors) -> bool:
    """Whether Ann's call is as she wrote it, judged once."""
    (call, *_) = [call for call in doors.calls() if call.facts.customer == "Ann Alpha"]
    return len(call.transcript.turns) == 1 and not call.side_corrections


@pytest.mark.parametrize("named", ["<circular@shop.example>", "<a1@a.example>"])
def test_another_customers_words_get_into_a_call_by_answering_the_same_message_or_naming_hers(
    doors: Doors, named: str
) -> None:
    doors.command(a_mail(ANN, CARE, "<a1@a.example>", 9, "I am ill and cannot pay.", "<circular@shop.example>"))
    doors.command(a_mail(BOB, CARE, "<b1@b.example>", 11, "The kettle, please.", named))
    assert only_asked(doors)
    with reading(doors.engine) as session:
        found = [len(erasure.calls_of_customer(session, SYSTEM, name)) for name in ("Ann Alpha", "Bob Beta")]
    assert found == [1, 1]  # and so each is found to be erased or handed out


def test_an_outsider_in_the_centres_name_who_knows_the_id_writes_the_agents_answer(doors: Doors) -> None:
    doors.place("mails", ASKED)
    doors.place("mails", a_mail(CARE, MALLORY, "<m1@m.example>", 10, RUDE, "<a1@a.example>"))
    assert only_asked(doors)


def test_a_program_writes_the_agents_answer_into_a_call_that_came_by_another_door_or_token(doors: Doors) -> None:
    answer = a_mail(CARE, ANN, "<m1@m.example>", 10, RUDE, "<a1@a.example>")
    first, second = doors.token(), doors.token()
    doors.program(first, ASKED)
    assert doors.program(second, answer).reason == ""
    assert doors.place("others", answer.replace("m1@", "m2@")).reason == ""
    assert only_asked(doors)
    assert len(doors.calls()) == 3


def test_one_watched_place_writes_into_the_calls_of_another(doors: Doors) -> None:
    doors.place("mails", ASKED)
    assert doors.place("others", a_mail(CARE, ANN, "<m1@m.example>", 10, RUDE, "<a1@a.example>")).reason == ""
    assert only_asked(doors)


def test_a_program_of_one_team_goes_on_with_a_call_that_is_another_teams_by_now(doors: Doors) -> None:
    harbour, parcels = doors.teams("Harbour", "Parcels")
    token = doors.token(harbour)
    call = doors.program(token, ASKED, team="Harbour").call_id
    doors.move(call, parcels)
    assert doors.program(token, a_mail(CARE, ANN, "<m1@m.example>", 10, RUDE, "<a1@a.example>")).reason == ""
    assert only_asked(doors)


def test_sending_the_same_content_first_takes_a_call_over(doors: Doors) -> None:
    doors.place("mails", ASKED)
    token = doors.token()
    assert doors.program(token, ASKED).state is State.SKIPPED
    assert doors.program(token, a_mail(CARE, ANN, "<m1@m.example>", 10, RUDE, "<a1@a.example>")).reason == ""
    assert only_asked(doors)


def test_a_message_under_anothers_id_keeps_the_right_one_out(doors: Doors) -> None:
    doors.program(doors.token(), a_mail(ANN, CARE, "<a1@a.example>", 8, "All is well."))
    doors.place("mails", a_mail(MALLORY, CARE, "<a1@a.example>", 8, "Nothing."))
    assert doors.place("mails", ASKED).state is State.SCORED
    assert [("customer", "I am ill and cannot pay.")] in doors.said()


def test_a_program_has_anothers_call_judged_by_more_scorecards(doors: Doors) -> None:
    doors.place("mails", ASKED)
    doors.program(doors.token(), ASKED, scorecards=("compliance",))
    (call,) = doors.calls()
    assert [one.scorecard.id for one in call.evaluations] == ["reply_card"]
