"""Do page and paper say of a partner with a gap that it has one, and of one that is given hard calls that it is these?"""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from coaching.partners import OURS, Said
from errors import NotAllowed, StorageError
from exports.partner_sheet import PartnerReport, partner_sheet
from pipeline.partners import Figure, Standing, partner_paper, partner_report, sentence, standings
from pipeline.reports import Days
from storage import organisations, sessions
from storage.access import SYSTEM, Asker, Role
from storage.database import open_database, transaction
from storage.organisations import OrganisationKind
from storage.people import add_team, add_user
from storage.reason_tables import CallReasonRow
from storage.records import CallFilter
from storage.repository import store_scored_call
from storage.tables import UserRow
from tests.storage.build import a_scored_call

MARCH = Days(date(2025, 3, 1), date(2025, 3, 31))
MIRA = Asker(9, Role.QUALITY_MANAGER, name="Mira")
AGENTS, CALLS = 5, 8
TEAMS = {"Home": "", "North": "Northern Calls", "South": "Southern Voices", "West": "Western Field"}
HARD_OF_EIGHT = {"Home": 2, "North": 2, "South": 6, "West": 2}
"""Of eight calls of each team's agents so many are complaints, in which nobody can do as well."""


def plant(session: Session) -> dict[str, int]:
    """Our own team, a partner whose people rarely say thank you, one that is given complaints, and one with few calls; their
    ids by name."""
    ids = {}
    for team, company in TEAMS.items():
        for agent in range(AGENTS if team != "West" else 2):
            for number in range(CALLS):
                hard = number < HARD_OF_EIGHT[team]
                unlucky = (number + agent) % 4 == 0  # some do better than others, and nobody always
                missed = {"listens": hard, "greets": unlucky, "thanks": team == "North" and number % 4 != 1}
                call = a_scored_call(
                    f"{team} {agent} {number}",
                    agent=f"{team} {agent}",
                    team=team,
                    started_at=datetime(2025, 3, 3, 9 + number % 2, tzinfo=UTC) + timedelta(days=number),
                    verdicts={asked: "not_met" for asked, is_missed in missed.items() if is_missed},
                )
                felt = {**call.signals.measures, "customer_valence_first_third": -0.1}  # as it is measured with the end
                assert store_scored_call(session, replace(call, signals=replace(call.signals, measures=felt)))
                session.get_one(CallReasonRow, call.transcript.call_id).reason = "complaint" if hard else "address"
        if company:
            ids[company] = organisations.add_organisation(session, SYSTEM, company, OrganisationKind.OUTSOURCER)
            organisations.assign_team(session, SYSTEM, add_team(session, team), ids[company], None, date(2025, 4, 1))
    session.flush()
    return ids


@pytest.fixture(scope="module")
def centre(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Engine, dict[str, int]]]:
    """The four teams' calls."""
    engine = open_database(f"sqlite:///{tmp_path_factory.mktemp('partners') / 'attune.db'}")
    with transaction(engine) as session:
        ids = plant(session)
    yield engine, ids
    engine.dispose()


def test_a_partner_with_a_gap_is_named_and_one_that_is_given_hard_calls_is_not(
    centre: tuple[Engine, dict[str, int]],
) -> None:
    engine, ids = centre
    with transaction(engine) as session:
        found = standings(session, MIRA, CallFilter(), "care")
    assert [one.name for one in found] == ["Our own", "Northern Calls", "Southern Voices", "Western Field"]
    by_id: dict[int, Standing] = {one.organisation: one for one in found}
    said = {name: by_id[id_].figures[Figure.SCORE].said for name, id_ in ids.items()}
    assert said == {"Northern Calls": Said.LOWER, "Southern Voices": Said.MIX, "Western Field": Said.TOO_FEW}
    gap, mix = (by_id[ids[name]].figures[Figure.SCORE] for name in ("Northern Calls", "Southern Voices"))
    assert gap.same_mix.low < -15 < gap.same_mix.high  # a fifth of the points, in six calls of eight
    assert mix.plain.value == pytest.approx(-20, abs=1)
    assert "below our own on the same mix" in sentence(Figure.SCORE, gap)
    assert "no such difference is left" in sentence(Figure.SCORE, mix)
    assert by_id[OURS].figures[Figure.SCORE].mean > 80


def test_only_calls_of_the_time_count_to_whom_the_team_belonged(centre: tuple[Engine, dict[str, int]]) -> None:
    engine, ids = centre
    with transaction(engine) as session:
        north = add_team(session, "North")
        organisations.assign_team(session, SYSTEM, north, ids["Southern Voices"], date(2025, 3, 7), date(2025, 4, 1))
        found = {one.name: one.calls for one in standings(session, MIRA, CallFilter(), "care")}
        assert found["Northern Calls"] == found["Southern Voices"] - AGENTS * CALLS == AGENTS * CALLS / 2
        # Put right again, for the tests that follow.
        organisations.assign_team(session, SYSTEM, north, ids["Northern Calls"], date(2025, 3, 7), date(2025, 4, 1))


def test_a_partners_page_says_how_it_stands_and_nothing_of_another_partner(centre: tuple[Engine, dict[str, int]]) -> None:
    engine, ids = centre
    with transaction(engine) as session:
        report = partner_report(session, MIRA, ids["Northern Calls"], MARCH)
        paper = partner_paper(session, MIRA, ids["Northern Calls"], MARCH)
    assert (report.calls, report.agents, [one.name for one in report.teams]) == (AGENTS * CALLS, AGENTS, ["North"])
    assert report.lines[0].verdict == "lower on the same calls"
    titles = [line.title for line in report.lines]
    assert titles[:2] == ["Score, Care", "Automatic failures, Care"]
    assert titles.count("In touch again in 7 days") <= 1
    assert titles[-1] == "Customer's sentiment at the end"
    assert [gap.rate.criterion for gap in report.gaps][:1] == ["thanks"]
    for other in ("Southern", "Western", "South ", "West ", "Home"):
        assert other not in repr(report)
    assert paper.name == "partner-Northern_Calls-2025-03-01-to-2025-03-31.pdf"
    assert len(re.findall(rb"/Type /Page\b", paper.data)) == 1


def test_a_full_page_stays_one(centre: tuple[Engine, dict[str, int]], monkeypatch: pytest.MonkeyPatch) -> None:
    engine, ids = centre
    drawn = partner_sheet

    def fuller(report: PartnerReport, made: object) -> bytes:
        many = {name: getattr(report, name) * 12 for name in ("lines", "scores", "gaps", "teams")}
        return drawn(PartnerReport(**{**vars(report), **many}), made)  # type: ignore[arg-type]

    monkeypatch.setattr("pipeline.partners.partner_sheet", fuller)
    with transaction(engine) as session:
        paper = partner_paper(session, MIRA, ids["Southern Voices"], MARCH)
    assert len(re.findall(rb"/Type /Page\b", paper.data)) == 1


def test_whoever_belongs_to_a_partner_or_manages_nothing_compares_nobody(centre: tuple[Engine, dict[str, int]]) -> None:
    engine, ids = centre
    with transaction(engine) as session:
        user_id = add_user(
            session, "pat@example.org", "Pat", Role.QUALITY_MANAGER, "hash", organisation_id=ids["Northern Calls"]
        )
        partner = sessions.asker_for(session, session.scalars(select(UserRow).where(UserRow.id == user_id)).one())
        for asker in (partner, Asker(1, Role.REVIEWER), Asker(1, Role.COACH, team_ids=partner.team_ids)):
            with pytest.raises(NotAllowed):
                standings(session, asker, CallFilter(), "care")
            with pytest.raises(NotAllowed):
                partner_paper(session, asker, ids["Northern Calls"], MARCH)
        with pytest.raises(StorageError, match="No scored call"):
            partner_paper(session, MIRA, ids["Northern Calls"], Days(date(2025, 5, 1), date(2025, 5, 31)))
