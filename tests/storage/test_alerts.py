"""Alerts are raised with what gives reason for them, told once and not too often, and closed when the reason goes."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from errors import InputError, NotAllowed, StorageError
from reviews.sides import SideChange
from scoring.alerts import AlertKind, Channel, Trigger
from scoring.result import Verdict
from storage import alert_desk, alert_mails, alerts, clock, removal
from storage.access import Asker, Role
from storage.alert_desk import AlertFilter, count_alerts, list_alerts, steps_of
from storage.alert_rules import SHIPPED, AlertRule, Telling, list_rules, remove_alert_rule, save_alert_rule
from storage.alert_tables import AlertMailRow, AlertRow, AlertStepRow
from storage.alerts import RECENT, AlertState, AlertStep, raise_due
from storage.audit_tables import AuditEntryRow
from storage.database import reading, transaction
from storage.people import add_agent, add_team, add_user
from storage.queue_tables import AssignmentRow
from storage.records import NewTranscript, ScoredCall
from storage.repository import add_override, load_evaluations, put_in_place, store_scored_call
from tests.storage.build import a_public_complaint, a_scored_call
from tests.storage.contents import Once

NOON = datetime(2026, 8, 5, 12, tzinfo=UTC)
FAILS = {"announces": "not_met"}
EVERY = AlertFilter(states=())


@pytest.fixture
def at_noon() -> Iterator[None]:
    with clock.at(NOON):
        yield


def the_people(engine: Engine) -> dict[str, Asker]:
    with transaction(engine) as session:
        north, south = add_team(session, "North"), add_team(session, "South")
        ana = add_agent(session, "Ana Ruiz", north)

        def somebody(name: str, role: Role, agent: int | None = None, *teams: int) -> Asker:
            id_ = add_user(session, f"{name}@example.org", name.title(), role, "hash", agent, teams)
            return Asker(id_, role, agent, frozenset(teams), name.title())

        return {
            "quality": somebody("mira", Role.QUALITY_MANAGER),
            "reviewer": somebody("rosa", Role.REVIEWER),
            "coach": somebody("cora", Role.COACH, None, north),
            "other coach": somebody("sven", Role.COACH, None, south),
            "agent": somebody("ana", Role.AGENT, ana),
        }


@pytest.fixture
def people(once: Once, at_noon: None) -> dict[str, Asker]:
    """Whoever may have to do with an alert of Ana's, of team North."""
    return once(the_people)


def a_call(name: str = "one", at: datetime = NOON - timedelta(minutes=10), **more: Any) -> ScoredCall:
    return a_scored_call(name, started_at=at, **{"verdicts": FAILS, **more})


def a_thread(
    name: str = "thread", asked: datetime = NOON - timedelta(minutes=10), answered: bool = False, seen_minutes: float = 5
) -> ScoredCall:
    return a_public_complaint(name, asked, answered, seen_minutes)


def store(engine: Engine, *calls: ScoredCall) -> None:
    with transaction(engine) as session:
        for call in calls:
            assert store_scored_call(session, call)


def change(engine: Engine, askers: dict[str, Asker], key: str, **telling: Any) -> None:
    """Change whom a shipped rule tells."""
    with transaction(engine) as session:
        rule = next(one for one in list_rules(session, askers["quality"]) if one.key == key)
        save_alert_rule(session, askers["quality"], replace(rule, telling=replace(rule.telling, **telling)))


def seen(engine: Engine, asker: Asker, filter: AlertFilter = EVERY) -> tuple[alert_desk.Alert, ...]:
    with reading(engine) as session:
        return list_alerts(session, asker, filter)


def test_an_automatic_failure_is_there_with_the_call_once(engine: Engine, people: dict[str, Asker]) -> None:
    store(engine, a_call())
    (alert,) = seen(engine, people["quality"])
    assert (alert.kind, alert.state, alert.agent, alert.team) == (AlertKind.FAILURE, AlertState.OPEN, "Ana Ruiz", "North")
    assert alert.why == "Care failed as a whole by “Is the recording announced?”"
    assert (alert.turn, alert.quote) == (0, "Hello")
    with transaction(engine) as session:
        alerts.decide(session, alert.call_id)
        alerts.decide(session, alert.call_id)
        assert count_alerts(session, people["quality"]) == {AlertState.OPEN: 1}


def test_what_came_in_late_raises_nothing(engine: Engine, people: dict[str, Asker]) -> None:
    store(engine, a_call(at=NOON - RECENT - timedelta(hours=1)), a_call("two"))
    assert len(seen(engine, people["quality"])) == 1


def test_a_message_of_long_ago_in_todays_export_raises_nothing(engine: Engine, people: dict[str, Asker]) -> None:
    ago = RECENT + timedelta(hours=1)
    store(engine, a_thread(asked=NOON - ago, seen_minutes=ago.total_seconds() / 60))
    with clock.at(NOON + timedelta(hours=5)), transaction(engine) as session:
        assert raise_due(session) == 0
    assert seen(engine, people["quality"]) == ()


def test_a_correction_that_takes_the_reason_away_closes_it_and_says_so(engine: Engine, people: dict[str, Asker]) -> None:
    store(engine, a_call())
    (alert,) = seen(engine, people["quality"])
    with transaction(engine) as session:
        result = load_evaluations(session, alert.call_id)[0].result_ids["announces"]
        add_override(session, people["reviewer"], result, Verdict.MET, "It was announced.")
    (closed,) = seen(engine, people["quality"])
    assert (closed.state, closed.closed_by) == (AlertState.CLOSED, "Attune")
    assert "an answer was corrected" in closed.done
    with transaction(engine) as session:
        add_override(session, people["reviewer"], result, Verdict.NOT_MET, "No, that was another call.")
        steps = [one.step for one in steps_of(session, people["quality"], alert.id)]
    assert steps == [AlertStep.RAISED, AlertStep.CLOSED, AlertStep.REOPENED]
    assert seen(engine, people["quality"])[0].state is AlertState.OPEN


def test_a_correction_that_fails_a_call_raises_one(engine: Engine, people: dict[str, Asker]) -> None:
    store(engine, a_call(verdicts={}))
    assert seen(engine, people["quality"]) == ()
    with transaction(engine) as session:
        call_id = a_call().transcript.call_id
        result = load_evaluations(session, call_id)[0].result_ids["announces"]
        add_override(session, people["reviewer"], result, Verdict.NOT_MET, "It was not.")
    assert len(seen(engine, people["quality"])) == 1


def test_what_a_person_closed_stays_closed(engine: Engine, people: dict[str, Asker]) -> None:
    store(engine, a_call())
    (alert,) = seen(engine, people["quality"])
    with transaction(engine) as session:
        alert_desk.close(session, people["coach"], alert.id, "We talked.")
        alerts.decide(session, alert.call_id)
    (closed,) = seen(engine, people["quality"])
    assert (closed.state, closed.closed_by, closed.done) == (AlertState.CLOSED, "Cora", "We talked.")


def test_an_unanswered_complaint_is_raised_when_its_time_has_come_and_not_before(
    engine: Engine, people: dict[str, Asker]
) -> None:
    store(engine, a_thread())
    assert seen(engine, people["quality"]) == ()
    with clock.at(NOON + timedelta(minutes=49)), transaction(engine) as session:
        assert raise_due(session) == 0
    with clock.at(NOON + timedelta(minutes=51)), transaction(engine) as session:
        assert raise_due(session) == 1
        assert raise_due(session) == 0
    (alert,) = seen(engine, people["quality"])
    assert alert.since == NOON - timedelta(minutes=10)
    assert alert.seen_at == NOON - timedelta(minutes=5)
    assert alert.channel is Channel.SOCIAL
    assert alert.raised_at == NOON + timedelta(minutes=51)


def test_one_that_waited_too_long_before_it_came_in_is_there_at_once(engine: Engine, people: dict[str, Asker]) -> None:
    store(engine, a_thread(asked=NOON - timedelta(hours=3)), a_thread("answered", NOON - timedelta(hours=3), answered=True))
    assert len(seen(engine, people["quality"])) == 1


@pytest.mark.parametrize("raised", [True, False])
def test_an_answer_in_a_later_export_takes_the_reason_away(engine: Engine, people: dict[str, Asker], raised: bool) -> None:
    asked = NOON - timedelta(hours=3 if raised else 0)
    store(engine, a_thread(asked=asked))
    assert len(seen(engine, people["quality"])) == raised
    before, after = a_thread(asked=asked).transcript, a_thread(asked=asked, answered=True)
    new = NewTranscript(SideChange.WENT_ON, before.content_hash, after.transcript, after.signals, ())
    with transaction(engine) as session:
        put_in_place(session, new, {}, str)
    with clock.at(NOON + timedelta(hours=5)), transaction(engine) as session:
        assert raise_due(session) == 0
    assert [alert.state for alert in seen(engine, people["quality"])] == [AlertState.CLOSED] * raised


def test_a_rule_that_is_turned_off_or_removed_raises_nothing_any_more(engine: Engine, people: dict[str, Asker]) -> None:
    store(engine, a_thread())
    with transaction(engine) as session:
        rule = next(one for one in list_rules(session, people["quality"]) if one.key == "public-complaint")
        save_alert_rule(session, people["quality"], replace(rule, on=False))
        remove_alert_rule(session, people["quality"], "failure")
    store(engine, a_call())
    with clock.at(NOON + timedelta(hours=2)), transaction(engine) as session:
        assert raise_due(session) == 0
        assert [one.key for one in list_rules(session, people["quality"])] == [
            one.key for one in SHIPPED if one.key != "failure"
        ]
    assert seen(engine, people["quality"]) == ()


# Who sees what


def test_each_sees_the_alerts_of_the_calls_that_are_theirs(engine: Engine, people: dict[str, Asker]) -> None:
    store(engine, a_call())
    for who, number in {"quality": 1, "reviewer": 1, "coach": 1, "other coach": 0, "agent": 0}.items():
        assert len(seen(engine, people[who])) == number, who


def test_an_agent_reads_their_own_only_where_the_rule_says_so_and_closes_none(
    engine: Engine, people: dict[str, Asker]
) -> None:
    change(engine, people, "failure", agents=True)
    store(engine, a_call(), a_call("of another", agent="Ben Okoye"))
    (alert,) = seen(engine, people["agent"])
    assert alert.agent == "Ana Ruiz"
    with transaction(engine) as session, pytest.raises(NotAllowed, match="coach or a quality manager"):
        alert_desk.close(session, people["agent"], alert.id, "Done.")


def test_a_rule_that_does_not_tell_on_the_page_is_not_there(engine: Engine, people: dict[str, Asker]) -> None:
    change(engine, people, "failure", page=False, webhook=True)
    store(engine, a_call())
    assert seen(engine, people["quality"]) == ()


def test_whoever_judges_a_call_blind_is_told_nothing_of_it(engine: Engine, people: dict[str, Asker]) -> None:
    store(engine, a_call())
    with transaction(engine) as session:
        session.add(
            AssignmentRow(
                call_id=a_call().transcript.call_id, reviewer_id=people["reviewer"].user_id, why="Drawn.", probability=1.0,
                blind=True, due=NOON.date(), state="open", given_at=NOON,
            )
        )  # fmt: skip
    assert seen(engine, people["reviewer"]) == ()
    assert len(seen(engine, people["quality"])) == 1


def test_one_takes_it_and_whoever_comes_second_is_told(engine: Engine, people: dict[str, Asker]) -> None:
    store(engine, a_call())
    (alert,) = seen(engine, people["quality"])
    with transaction(engine) as session:
        alert_desk.take(session, people["coach"], alert.id)
    with transaction(engine) as session, pytest.raises(StorageError, match="Cora has taken this already"):
        alert_desk.take(session, people["reviewer"], alert.id)
    with transaction(engine) as session:
        alert_desk.say(session, people["reviewer"], alert.id, "I rang them.")
        alert_desk.give_back(session, people["coach"], alert.id)
        alert_desk.take(session, people["reviewer"], alert.id)
        alert_desk.close(session, people["reviewer"], alert.id, "A refund was made.")
        steps = steps_of(session, people["quality"], alert.id)
    assert [(one.step, one.author, one.words) for one in steps] == [
        (AlertStep.RAISED, "Attune", ""),
        (AlertStep.TAKEN, "Cora", ""),
        (AlertStep.SAID, "Rosa", "I rang them."),
        (AlertStep.GIVEN_BACK, "Cora", ""),
        (AlertStep.TAKEN, "Rosa", ""),
        (AlertStep.CLOSED, "Rosa", "A refund was made."),
    ]
    with transaction(engine) as session, pytest.raises(StorageError, match="closed by Rosa"):
        alert_desk.take(session, people["coach"], alert.id)


def test_closing_asks_what_was_done(engine: Engine, people: dict[str, Asker]) -> None:
    store(engine, a_call())
    (alert,) = seen(engine, people["quality"])
    for words in (" ", "x" * 2_001):
        with transaction(engine) as session, pytest.raises(InputError):
            alert_desk.close(session, people["coach"], alert.id, words)


# Rules


@pytest.mark.parametrize("who", ["reviewer", "coach", "agent"])
def test_quality_managers_alone_decide_who_is_told(engine: Engine, people: dict[str, Asker], who: str) -> None:
    asks: list[Callable[[Session], Any]] = [
        lambda session: list_rules(session, people[who]),
        lambda session: save_alert_rule(session, people[who], replace(SHIPPED[0], on=False)),
        lambda session: remove_alert_rule(session, people[who], "failure"),
        lambda session: alert_desk.preview(session, people[who], SHIPPED[0]),
        lambda session: alert_mails.list_mails(session, people[who]),
    ]
    for ask in asks:
        with transaction(engine) as session, pytest.raises(NotAllowed):
            ask(session)


def test_every_change_of_a_rule_is_in_the_record(engine: Engine, people: dict[str, Asker]) -> None:
    own = AlertRule("Payments", Trigger(AlertKind.LEAVING, queues=("payments",)), Telling(most=2))
    with transaction(engine) as session:
        key = save_alert_rule(session, people["quality"], own)
        save_alert_rule(session, people["quality"], replace(own, key=key))  # as it is
        remove_alert_rule(session, people["quality"], key)
    with transaction(engine) as session:
        entries = session.scalars(select(AuditEntryRow).where(AuditEntryRow.about_id == f"alert-rule:{key}")).all()
        told = {"name": "Payments", "on": True, "kind": "leaving", "queues": ["payments"], "most": 2}
        assert [entry.details for entry in entries] == [
            {"before": None, "after": told},
            {"before": told, "after": None},
        ]
        with pytest.raises(StorageError, match="removed by somebody else"):
            save_alert_rule(session, people["quality"], replace(own, key=key))


def test_a_stored_rule_is_the_rule_that_was_saved(engine: Engine, people: dict[str, Asker]) -> None:
    telling = Telling(
        agents=True, email=True, roles=(Role.COACH,), people=(1,), addresses=("care@example.org",), words=True, webhook=True,
        most=2, minutes=90, quiet="daily 20:00-08:00, Europe/London",
    )  # fmt: skip
    trigger = Trigger(AlertKind.UNANSWERED, (Channel.CHAT,), (1,), ("care",), True, 5, "always", True, False, 0.1)  # type: ignore[arg-type]
    rule = AlertRule("Everything", trigger, telling)
    with transaction(engine) as session:
        key = save_alert_rule(session, people["quality"], rule)
    with reading(engine) as session:
        assert list_rules(session, people["quality"])[-1] == replace(rule, key=key)


@pytest.mark.parametrize(
    "wrong",
    [
        {"addresses": ("nobody",)},
        {"addresses": ("a@example.org\r\nBcc: b@example.org",)},
        {"addresses": ("ä@example.org",)},
        {"email": True},
        {"most": 0},
        {"minutes": 0},
        {"quiet": "at night"},
        {"addresses": tuple(f"a{n}@example.org" for n in range(51))},
    ],
)
def test_whom_it_tells_has_to_be_possible(wrong: dict[str, Any]) -> None:
    with pytest.raises(InputError):
        Telling(**wrong)


def test_a_preview_says_what_a_rule_would_have_told(engine: Engine, people: dict[str, Asker]) -> None:
    long_ago, lately = NOON - timedelta(days=40), NOON - timedelta(days=20)
    store(engine, a_call("old", long_ago), a_call("late", lately), a_call("fine", lately, verdicts={}))
    store(engine, a_thread("waits", lately), a_thread("answered", lately, answered=True), a_thread("not yet"))
    with reading(engine) as session:
        failures = alert_desk.preview(session, people["quality"], SHIPPED[-1])
        complaints = alert_desk.preview(session, people["quality"], SHIPPED[0])
    assert [one.call_id for one in failures.told] == [a_call("late").transcript.call_id]
    assert [(one.call_id, one.at) for one in complaints.told] == [
        (a_thread("waits").transcript.call_id, lately + timedelta(minutes=60))
    ]
    assert (complaints.looked_at, complaints.all_looked_at) == (3, True)


# By e-mail


def mails(engine: Engine, at: datetime) -> list[tuple[str, int]]:
    """What is sent at a moment, all of it taken: to whom, and how many alerts a message tells of."""
    with clock.at(at), transaction(engine) as session:
        found = alert_mails.take_due(session)
        for message in found:
            alert_mails.sent(session, message.id, "250 OK")
    return [(message.address, len(message.alerts)) for message in found]


def test_people_are_told_of_calls_that_they_may_see(engine: Engine, people: dict[str, Asker]) -> None:
    everybody = {"roles": (Role.COACH, Role.AGENT, Role.QUALITY_MANAGER), "people": (people["reviewer"].user_id,)}
    change(engine, people, "failure", email=True, addresses=("care@example.org",), **everybody)
    store(engine, a_call())
    told = {"care@example.org", "mira@example.org", "rosa@example.org", "cora@example.org"}
    assert {address for address, _ in mails(engine, NOON)} == told
    change(engine, people, "failure", agents=True)
    store(engine, a_call("two"))
    assert {address for address, _ in mails(engine, NOON)} == {*told, "ana@example.org"}


def test_an_address_is_told_so_often_and_of_the_rest_in_one_message(engine: Engine, people: dict[str, Asker]) -> None:
    change(engine, people, "failure", email=True, addresses=("care@example.org",), most=2, minutes=60)
    store(engine, *(a_call(f"call {n}") for n in range(5)))
    assert mails(engine, NOON) == [("care@example.org", 1)] * 2
    assert mails(engine, NOON + timedelta(minutes=30)) == []
    with clock.at(NOON + timedelta(minutes=40)):
        store(engine, a_call("one more"))
    assert mails(engine, NOON + timedelta(minutes=59)) == []
    assert mails(engine, NOON + timedelta(minutes=61)) == [("care@example.org", 4)]
    assert mails(engine, NOON + timedelta(minutes=62)) == []


def test_nothing_is_sent_in_quiet_hours_and_all_of_it_after_them(engine: Engine, people: dict[str, Asker]) -> None:
    change(engine, people, "failure", email=True, addresses=("care@example.org",), quiet="daily 11:00-14:00, UTC")
    store(engine, a_call())
    assert mails(engine, NOON) == []
    assert mails(engine, NOON + timedelta(hours=2)) == [("care@example.org", 1)]


def test_what_is_being_sent_is_nobody_elses_to_send_and_what_failed_is_tried_again(
    engine: Engine, people: dict[str, Asker]
) -> None:
    change(engine, people, "failure", email=True, addresses=("care@example.org",))
    store(engine, a_call())
    with transaction(engine) as session:
        (message,) = alert_mails.take_due(session)
    with transaction(engine) as session:
        assert alert_mails.take_due(session) == ()
        alert_mails.failed(session, message.id, "No answer.", NOON + timedelta(minutes=1))
    with clock.at(NOON + timedelta(minutes=2)), transaction(engine) as session:
        (again,) = alert_mails.take_due(session)
        assert (again.id, again.tries) == (message.id, 2)
        alert_mails.failed(session, message.id, "No answer.", None)
        (state,) = alert_mails.list_mails(session, people["quality"])
    assert (state.state, state.tries) == ("failed", 2)


def test_words_of_the_customer_leave_only_where_the_rule_says_so(engine: Engine, people: dict[str, Asker]) -> None:
    change(engine, people, "failure", email=True, addresses=("care@example.org",))
    store(engine, a_call())
    with transaction(engine) as session:
        assert alert_mails.take_due(session)[0].alerts[0].quote == ""
    change(engine, people, "failure", words=True)
    store(engine, a_call("two"))
    with transaction(engine) as session:
        assert alert_mails.take_due(session)[0].alerts[0].quote == "Hello"


def test_what_is_closed_before_it_was_sent_is_not_sent(engine: Engine, people: dict[str, Asker]) -> None:
    change(engine, people, "failure", email=True, addresses=("care@example.org",))
    store(engine, a_call())
    (alert,) = seen(engine, people["quality"])
    with transaction(engine) as session:
        alert_desk.close(session, people["coach"], alert.id, "Seen to.")
    assert mails(engine, NOON) == []


# What goes


def test_words_go_with_those_of_the_call_and_all_of_it_with_its_scores(engine: Engine, people: dict[str, Asker]) -> None:
    change(engine, people, "failure", email=True, addresses=("care@example.org",))
    store(engine, a_call())
    (alert,) = seen(engine, people["quality"])
    with transaction(engine) as session:
        alert_desk.say(session, people["coach"], alert.id, "They live in Elm Street.")
        alert_desk.close(session, people["coach"], alert.id, "Rang them in Elm Street.")
        removal.remove_words(session, [alert.call_id])
        row = session.scalars(select(AlertRow)).one()
        assert (row.quote, row.done) == ("", "")
        assert {step.words for step in session.scalars(select(AlertStepRow))} == {""}
        alerts.decide(session, alert.call_id)  # of what is not known any more nothing is said
        removal.remove_scores(session, [alert.call_id])
        for table in (AlertRow, AlertStepRow, AlertMailRow):
            assert session.scalars(select(table)).all() == []
