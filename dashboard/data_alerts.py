"""What does the page of alerts ask for? Only counts are remembered for a moment; the rest is shown as it is."""

import pandas as pd
import streamlit as st

from dashboard.data import REMEMBER_SECONDS, engine
from scorecards.definition import Fails
from storage import alert_desk, alert_mails, alert_rules, repository
from storage.access import Asker
from storage.alert_desk import Alert, AlertFilter, Preview, Step
from storage.alert_mails import MailState
from storage.alert_rules import AlertRule, Recipients
from storage.alerts import AlertState
from storage.database import reading, transaction


@st.cache_data(ttl=REMEMBER_SECONDS, max_entries=500, show_spinner=False)
def _open(asker: Asker) -> int:
    with reading(engine()) as session:
        return alert_desk.count_alerts(session, asker, AlertFilter((AlertState.OPEN,))).get(AlertState.OPEN, 0)


def number_open(asker: Asker) -> int:
    """How many alerts nobody has taken yet, as of `REMEMBER_SECONDS` ago at most."""
    return _open(asker)


def failing() -> dict[tuple[str, str], str]:
    """By what a call fails as a whole, in words: the scorecards in force that have such questions, each with its questions,
    by the ids of scorecard and question, which is empty for any."""
    found: dict[tuple[str, str], str] = {}
    with reading(engine()) as session:
        cards = repository.active_scorecards(session)
    for card in cards:
        questions = {(card.id, one.id): f"{card.title}: {one.question}" for _, one in card if one.fails is Fails.SCORECARD}
        if questions:
            found |= {(card.id, ""): f"{card.title}: any question", **questions}
    return found


def counts(asker: Asker) -> dict[AlertState, int]:
    """How many alerts are in which state."""
    with reading(engine()) as session:
        return alert_desk.count_alerts(session, asker, AlertFilter(states=()))


def listed(asker: Asker, filter: AlertFilter, limit: int) -> tuple[Alert, ...]:
    """The alerts, the latest first."""
    with reading(engine()) as session:
        return alert_desk.list_alerts(session, asker, filter, limit)


def steps(asker: Asker, alert_id: int) -> tuple[Step, ...]:
    """What happened to one."""
    with reading(engine()) as session:
        return alert_desk.steps_of(session, asker, alert_id)


def as_table(asker: Asker, filter: AlertFilter, limit: int) -> pd.DataFrame:
    """The alerts as a table to take along."""
    columns = ("Alert", "Kind", "State", "Rule", "Raised", "Call", "Agent", "Team", "Why", "Words", "Waiting since", "Known "
               "up to", "Perhaps", "Taken by", "Closed by", "Done")  # fmt: skip
    return pd.DataFrame(
        [
            (
                one.id, one.kind.value, one.state.value, one.rule, one.raised_at, one.call_id, one.agent, one.team, one.why,
                one.quote, one.since, one.seen_at, one.perhaps, one.taken_by, one.closed_by, one.done,
            )
            for one in listed(asker, filter, limit)
        ],
        columns=columns,
    )  # fmt: skip


def take(asker: Asker, alert_id: int) -> None:
    """See to it. Raises NotAllowed and StorageError."""
    with transaction(engine()) as session:
        alert_desk.take(session, asker, alert_id)
    _open.clear()


def give_back(asker: Asker, alert_id: int) -> None:
    """Leave it to somebody else. Raises NotAllowed and StorageError."""
    with transaction(engine()) as session:
        alert_desk.give_back(session, asker, alert_id)
    _open.clear()


def say(asker: Asker, alert_id: int, words: str) -> None:
    """Say something to it. Raises InputError, NotAllowed and StorageError."""
    with transaction(engine()) as session:
        alert_desk.say(session, asker, alert_id, words)


def close(asker: Asker, alert_id: int, done: str) -> None:
    """Close it. Raises InputError, NotAllowed and StorageError."""
    with transaction(engine()) as session:
        alert_desk.close(session, asker, alert_id, done)
    _open.clear()


def rules(asker: Asker) -> tuple[AlertRule, ...]:
    """Every rule."""
    with reading(engine()) as session:
        return alert_rules.list_rules(session, asker)


def recipients(asker: Asker) -> Recipients:
    """Whom a rule can name."""
    with reading(engine()) as session:
        return alert_rules.recipients_to_choose(session, asker)


def save(asker: Asker, rule: AlertRule) -> None:
    """Put a rule in force. Raises NotAllowed and StorageError."""
    with transaction(engine()) as session:
        alert_rules.save_alert_rule(session, asker, rule)


def remove(asker: Asker, key: str) -> None:
    """The rule raises nothing any more. Raises NotAllowed and StorageError."""
    with transaction(engine()) as session:
        alert_rules.remove_alert_rule(session, asker, key)


def preview(asker: Asker, rule: AlertRule) -> Preview:
    """What a rule would have told lately."""
    with reading(engine()) as session:
        return alert_desk.preview(session, asker, rule)


def mails(asker: Asker) -> tuple[MailState, ...]:
    """The latest that was told by e-mail."""
    with reading(engine()) as session:
        return alert_mails.list_mails(session, asker)
