"""Does the board say what was planted, to whom it is for, and is every change in the record?"""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine, delete, select
from sqlalchemy.orm import Session

from coaching.interrupted import Effect, Said, TooFew
from errors import InputError, NotAllowed, StorageError
from pipeline.causes import Changed, Outcome, cause_figures
from storage import causes, clock, course_sums
from storage.access import SYSTEM, Asker, Role
from storage.audit import About, What
from storage.audit_search import Wanted, search
from storage.causes import CauseDraft, CauseState
from storage.database import reading, transaction
from storage.people import add_user
from storage.reason_tables import CallReasonRow
from storage.removal import remove_words
from storage.tables import CallRow, TeamRow
from tests.causes import ACTED_ON, AFTER, BEFORE, FIRST, SECONDS, THIRTY_PERCENT, Planted, plant
from tests.on_postgresql import on_one_database
from tests.storage.contents import Once
from tests.storage.test_reasons import LATE, ours, stored

NOW = datetime(2026, 1, 5, 12, tzinfo=UTC)
TRACKING = CauseDraft(
    "The tracking page is a day late",
    "late",
    "Customers see “on its way” until the next morning.",
    "Petra Lang",
    "Logistics",
)
DONE = replace(TRACKING, action="The page asks the depot every hour.", acted_on=ACTED_ON, state=CauseState.DONE)
FEW = Planted(late=(2, 2), line=(2, 2))


def mira(session: Session) -> Asker:
    return Asker(
        add_user(session, "mira@example.org", "Mira", Role.QUALITY_MANAGER, "hash"), Role.QUALITY_MANAGER, name="Mira"
    )


def coach_of(session: Session, team: str) -> Asker:
    team_id = session.scalars(select(TeamRow.id).where(TeamRow.name == team)).one()
    return Asker(801, Role.COACH, team_ids=frozenset({team_id}), name="Cora")


def planted(engine: Engine, what: Planted = THIRTY_PERCENT) -> None:
    with clock.at(NOW), transaction(engine) as session:
        plant(session, what)


def effect(found: object) -> Effect:
    assert isinstance(found, Effect)
    return found


def test_the_board_says_what_the_action_removed_and_what_it_was_worth(engine: Engine, once: Once) -> None:
    once(planted)
    with clock.at(NOW), transaction(engine) as session:
        id_ = causes.add_cause(session, mira(session), DONE)
    with reading(engine) as session:
        found = cause_figures(session, SYSTEM, id_)
        calls = session.scalars(select(CallRow.id).where(CallRow.id.like("late-%"))).all()
    weeks = [int(one.split("-")[1]) for one in calls]
    before = [one for one in weeks if BEFORE - 13 <= one < BEFORE]
    assert found.cause.id == id_
    assert found.cost is not None
    assert found.cost.weeks == 13
    assert found.cost.contacts == pytest.approx(len(before) / 13)
    assert found.cost.hours == pytest.approx(len(before) / 13 * SECONDS / 3600)
    assert found.cost.soon == pytest.approx(0.4 * found.cost.contacts, rel=0.03)
    contacts = effect(found.effects[Outcome.CONTACTS])
    assert (contacts.before, contacts.after) == (BEFORE, AFTER)
    assert contacts.observed == sum(one >= BEFORE for one in weeks)
    assert contacts.says is Said.FEWER
    assert contacts.against_others is not None
    assert contacts.removed.change_low <= -0.3 <= contacts.removed.change_high
    assert found.worth is not None
    assert found.worth.low <= 12 * AFTER <= found.worth.high
    assert found.worth.hours(120) == pytest.approx(10)
    # The share of repeats was left as it was; what is said of it is nothing.
    assert effect(found.effects[Outcome.SOON]).says is Said.UNCLEAR


@on_one_database
def test_fewer_repeats_of_as_many_contacts_are_told_from_fewer_contacts(engine: Engine) -> None:
    with clock.at(NOW), transaction(engine) as session:
        plant(session, Planted(late=(30, 30), again=(0.5, 0.35)))
        id_ = causes.add_cause(session, mira(session), DONE)
    with reading(engine) as session:
        found = cause_figures(session, SYSTEM, id_)
    assert effect(found.effects[Outcome.CONTACTS]).says is Said.UNCLEAR
    soon = effect(found.effects[Outcome.SOON])
    assert soon.says is Said.FEWER
    assert soon.removed.change_low <= -0.3 <= soon.removed.change_high
    assert soon.before == BEFORE - 1  # of the last week's contacts the seven days reach past the action


def test_of_an_action_of_last_week_it_is_said_since_when_it_will_be_known(engine: Engine, once: Once) -> None:
    once(planted)
    with clock.at(NOW), transaction(engine) as session:
        late = FIRST + timedelta(days=7 * (BEFORE + AFTER) + 30)
        id_ = causes.add_cause(session, mira(session), replace(DONE, acted_on=late))
        early = causes.add_cause(session, mira_again(session), replace(DONE, acted_on=FIRST + timedelta(days=30)))
    with reading(engine) as session:
        contacts = cause_figures(session, SYSTEM, id_).effects[Outcome.CONTACTS]
        assert isinstance(contacts, TooFew)
        assert contacts.will_be is not None
        assert contacts.will_be > late + timedelta(days=28)
        never = cause_figures(session, SYSTEM, early).effects[Outcome.CONTACTS]
        assert isinstance(never, TooFew)
        assert (never.before, never.will_be) == (4, None)


def mira_again(session: Session) -> Asker:
    return Asker(0, Role.QUALITY_MANAGER, name="Mira")


def test_a_group_is_all_of_its_reasons_and_what_else_was_done_is_named(engine: Engine, once: Once) -> None:
    once(planted)
    with clock.at(NOW), transaction(engine) as session:
        asker = mira(session)
        of_group = causes.add_cause(session, asker, replace(DONE, reason="orders", title="Orders"))
        causes.add_cause(session, asker, replace(DONE, title="Letters too", acted_on=ACTED_ON + timedelta(days=9)))
    with reading(engine) as session:
        found = cause_figures(session, SYSTEM, of_group)
        assert (found.cause.group, found.cause.title_of_reason) == ("", "Orders")
        assert effect(found.effects[Outcome.CONTACTS]).says is Said.FEWER
        assert [(one.kind, one.title) for one in found.others] == [(Changed.ACTION, "Letters too")]
        assert {one.title_of_reason for one in causes.list_causes(session, SYSTEM)} == {"Orders", "Parcel is late"}


@on_one_database
def test_a_coach_has_their_teams_evidence_and_figures_alone(engine: Engine) -> None:
    with clock.at(NOW), transaction(engine) as session:
        plant(session, Planted(line=(5, 5)))
        plant(session, Planted(late=(3, 3), line=(40, 40)), "South", "Cleo Marsh")
        asker = mira(session)
        id_ = causes.add_cause(session, asker, DONE, ["late-0-0", "South-late-0-0"])
        line = causes.add_cause(session, asker, replace(TRACKING, reason="refund", title="Refunds"))
    with reading(engine) as session:
        south = coach_of(session, "South")
        assert [one.call_id for one in causes.evidence_of(session, south, id_)] == ["South-late-0-0"]
        assert len(causes.evidence_of(session, SYSTEM, id_)) == 2
        theirs, all_ = (cause_figures(session, who, id_).cost for who in (south, SYSTEM))
        assert theirs is not None
        assert all_ is not None
        assert theirs.contacts < 6 < 25 < all_.contacts
        assert {one.id for one in causes.list_causes(session, south)} == {id_, line}  # the last contact of each team
        nobody = replace(south, team_ids=frozenset())
        assert causes.list_causes(session, nobody) == ()
        with pytest.raises(StorageError):
            causes.find_cause(session, nobody, id_)
        with pytest.raises(NotAllowed):
            causes.change_cause(session, south, id_, TRACKING)
        partners = replace(south, organisation_id=1)
        for who in (partners, Asker(5, Role.AGENT, agent_id=1), Asker(5, Role.REVIEWER)):
            with pytest.raises(NotAllowed):
                causes.list_causes(session, who)


def test_every_change_is_in_the_record_without_a_word_that_was_written(engine: Engine, once: Once) -> None:
    once(planted, FEW)
    with clock.at(NOW), transaction(engine) as session:
        asker = mira(session)
        id_ = causes.add_cause(session, asker, TRACKING, ["late-0-0"])
        agreed = replace(TRACKING, action="Ask the depot every hour.", state=CauseState.AGREED)
        causes.change_cause(session, asker, id_, agreed)
        causes.change_cause(session, asker, id_, agreed)
        assert causes.add_evidence(session, asker, id_, ["late-0-0", "late-1-4"]) == 1
        causes.remove_evidence(session, asker, id_, "late-0-0")
    with reading(engine) as session:
        entries = search(session, SYSTEM, Wanted(about=About.CAUSE, about_id=str(id_)))
    assert [one.what for one in entries] == [
        What.CAUSE_EVIDENCE, What.CAUSE_EVIDENCE, What.CAUSE_CHANGED, What.CAUSE_EVIDENCE, What.CAUSE_CHANGED,
    ]  # fmt: skip
    changed = entries[2].details
    assert (changed["before"]["state"], changed["after"]["state"]) == ("found", "agreed")
    assert set(changed["changed"]) == {"action", "state"}
    assert "depot" not in str(entries)
    assert "tracking" not in str(entries)


def test_what_cannot_be_is_refused_with_what_would_work(engine: Engine, once: Once) -> None:
    once(planted, FEW)
    with pytest.raises(InputError, match="title"):
        CauseDraft("  ", "late")
    with pytest.raises(InputError, match="which action"):
        replace(TRACKING, state=CauseState.AGREED)
    with pytest.raises(InputError, match="which day"):
        replace(DONE, acted_on=None)
    with clock.at(NOW), transaction(engine) as session:
        asker = mira(session)
        with pytest.raises(InputError, match="no reason"):
            causes.add_cause(session, asker, replace(TRACKING, reason="no_such"))
        with pytest.raises(InputError, match="still to come"):
            causes.add_cause(session, asker, replace(DONE, acted_on=NOW.date() + timedelta(days=9)))
        with pytest.raises(StorageError, match="no call"):
            causes.add_cause(session, asker, TRACKING, ["no such call"])
        with pytest.raises(StorageError, match="no cause"):
            causes.change_cause(session, asker, 99, TRACKING)
        with pytest.raises(StorageError, match="none of the evidence"):
            causes.remove_evidence(session, asker, causes.add_cause(session, asker, TRACKING), "late-0-0")


@on_one_database
def test_weeks_in_which_little_was_put_under_a_reason_are_left_out(engine: Engine) -> None:
    with clock.at(NOW), transaction(engine) as session:
        plant(session, Planted(late=(10, 10), line=(10, 10)))
        id_ = causes.add_cause(session, mira(session), DONE)
        session.execute(delete(CallReasonRow).where(CallReasonRow.call_id.like("line-3-%")))
        course_sums.changed(session, CallRow.id.like("line-3-%"))
    with reading(engine) as session:
        assert effect(cause_figures(session, SYSTEM, id_).effects[Outcome.CONTACTS]).before == BEFORE - 1


def test_the_sentence_that_tells_goes_with_the_words_of_its_call(engine: Engine) -> None:
    with clock.at(NOW), transaction(engine) as session:
        ours(session)
        call = stored(session, "one", LATE)
        asker = mira(session)
        id_ = causes.add_cause(session, asker, TRACKING, [call])
        assert causes.evidence_of(session, asker, id_)[0].quote == LATE
        remove_words(session, [call])
        session.flush()
        session.expire_all()
        assert LATE not in causes.evidence_of(session, asker, id_)[0].quote
