"""By which rules is somebody told at once, who is told, where, and how often at most?

Some rules are shipped. They are in force as they stand below until somebody changes one; then its row takes its place. As
shipped they tell on the page *Alerts* alone: nothing leaves the machine before somebody names who is to get it.
"""

import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from email.errors import MessageError
from email.headerregistry import Address
from enum import StrEnum
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from errors import InputError, NotAllowed, StorageError
from scoring.alerts import AlertKind, Channel, Trigger
from storage import clock
from storage.access import Asker, Role, may_manage_quality
from storage.alert_tables import AlertRow, AlertRuleRow
from storage.audit import About, What, note
from storage.authorship import authored
from storage.tables import TeamRow, UserRow
from transcripts.hours import read_hours

LONGEST_NAME = 120
MOST_ADDRESSES = 50
MOST_MESSAGES = 100
LONGEST_PERIOD = 7 * 24 * 60


@dataclass(frozen=True)
class Telling:
    """Who is told, and where.

    page: on the page *Alerts*, everybody who may see the call; agents: its agent too. email: the people of these roles and
    these people (ids), each of calls alone that they may see, and these addresses. words: whether what the customer said
    stands in the e-mail; else it says what happened and where to look. webhook: programs that asked to be told.

    most: how many messages an address gets within `minutes`; what is more is collected into one message after them. quiet:
    hours in which no e-mail is sent, as `transcripts.hours` has them. Raises InputError where it cannot be.
    """

    page: bool = True
    agents: bool = False
    email: bool = False
    roles: tuple[Role, ...] = ()
    people: tuple[int, ...] = ()
    addresses: tuple[str, ...] = ()
    words: bool = False
    webhook: bool = False
    most: int = 5
    minutes: int = 60
    quiet: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "roles", tuple(map(Role, self.roles)))
        object.__setattr__(self, "people", tuple(self.people))
        addresses = tuple(dict.fromkeys(one.strip() for one in self.addresses if one.strip()))
        object.__setattr__(self, "addresses", addresses)
        for one in self.addresses:
            check_mail_address(one)
        if len(self.addresses) > MOST_ADDRESSES:
            raise InputError(f"A rule tells {MOST_ADDRESSES} addresses at most; a list of your mail server can tell more.")
        if self.email and not (self.roles or self.people or self.addresses):
            raise InputError("Say who is told by e-mail: people, roles or addresses.")
        if not 1 <= self.most <= MOST_MESSAGES or not 1 <= self.minutes <= LONGEST_PERIOD:
            raise InputError(
                f"Somebody gets 1 to {MOST_MESSAGES} messages within 1 to {LONGEST_PERIOD} minutes; the rest comes in one."
            )
        try:
            read_hours(self.quiet)
        except ValueError as wrong:
            raise InputError(f"Quiet hours: {wrong}.") from wrong


@dataclass(frozen=True)
class AlertRule:
    """A rule. `key` is empty of one that is not stored yet, `on` whether it is in force. Raises InputError."""

    name: str
    trigger: Trigger
    telling: Telling = field(default_factory=Telling)
    on: bool = True
    key: str = ""

    def __post_init__(self) -> None:
        name = " ".join(self.name.split())
        object.__setattr__(self, "name", name)
        if not name or len(name) > LONGEST_NAME or not name.isprintable():
            raise InputError(
                f"A rule needs a name of up to {LONGEST_NAME} letters, so that whoever is told knows what it is."
            )
        if not self.on:
            return
        if not (self.telling.page or self.telling.email or self.telling.webhook):
            raise InputError("A rule that tells nobody anything does nothing: choose the page, e-mail or webhooks.")


SHIPPED: tuple[AlertRule, ...] = (
    AlertRule(
        "A complaint in public that nobody has answered",
        Trigger(AlertKind.UNANSWERED, channels=(Channel.SOCIAL,), perhaps=True, limit_minutes=60, public_only=True),
        key="public-complaint",
    ),
    AlertRule(
        "A complaint by chat or e-mail that nobody has answered",
        Trigger(AlertKind.UNANSWERED, channels=(Channel.CHAT, Channel.EMAIL), limit_minutes=240),
        key="written-complaint",
    ),
    AlertRule("A customer threatens to leave", Trigger(AlertKind.LEAVING), key="leaving"),
    AlertRule("Distress that ended unresolved", Trigger(AlertKind.DISTRESS), key="distress"),
    AlertRule("An automatic failure", Trigger(AlertKind.FAILURE), key="failure"),
)


def check_mail_address(written: str) -> None:
    """Raise InputError where this is no e-mail address that a message can be sent to."""
    try:
        address = Address(addr_spec=written)
    except (MessageError, ValueError, IndexError) as wrong:
        raise InputError("This is no e-mail address; one looks like care@example.org.") from wrong
    if not (address.username and address.domain and written.isascii() and written.isprintable()) or " " in written:
        raise InputError("This is no e-mail address; one looks like care@example.org.")


# In force


def all_rules(session: Session) -> tuple[AlertRule, ...]:
    """Every rule that was not removed, on or off, the shipped ones first. For the program itself."""
    changed = {row.key: row for row in session.scalars(select(AlertRuleRow).order_by(AlertRuleRow.name))}
    shipped = (changed.pop(rule.key, rule) for rule in SHIPPED)
    found = (*shipped, *changed.values())
    return tuple(
        one if isinstance(one, AlertRule) else rule_of(one)
        for one in found
        if isinstance(one, AlertRule) or one.removed_at is None
    )


def rule_of(row: AlertRuleRow) -> AlertRule:
    """The rule that was stored."""
    stored = row.rule
    return AlertRule(row.name, Trigger(**stored["trigger"]), Telling(**stored["telling"]), stored["on"], row.key)


def as_stored(rule: AlertRule) -> dict[str, Any]:
    """What a row holds of a rule beside its name, as plain values."""
    plain: dict[str, Any] = _plain({"on": rule.on, "trigger": asdict(rule.trigger), "telling": asdict(rule.telling)})
    return plain


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _plain(one) for name, one in value.items()}
    if isinstance(value, tuple | list):
        return [_plain(one) for one in value]
    return value.value if isinstance(value, StrEnum) else value


# For people


@dataclass(frozen=True)
class Recipients:
    """Whom a rule can name: people by id with their name and role, and teams."""

    people: Mapping[int, str]
    teams: Mapping[int, str]


def list_rules(session: Session, asker: Asker) -> tuple[AlertRule, ...]:
    """Every rule, the shipped ones first. Raises NotAllowed for others than who manages quality."""
    _check(asker)
    return all_rules(session)


def recipients_to_choose(session: Session, asker: Asker) -> Recipients:
    """Who can be told. Raises NotAllowed for others than who manages quality."""
    _check(asker)
    people = session.execute(select(UserRow.id, UserRow.name, UserRow.role).where(UserRow.active).order_by(UserRow.name))
    teams = session.execute(select(TeamRow.id, TeamRow.name).order_by(TeamRow.name))
    return Recipients(
        {row.id: f"{row.name}, {row.role.value.replace('_', ' ')}" for row in people}, {row.id: row.name for row in teams}
    )


def save_alert_rule(session: Session, asker: Asker, alert_rule: AlertRule) -> str:
    """Put a rule in force, or in the place of the one with its key; its key.

    What has been raised stays as it is. Raises NotAllowed for others than who manages quality, StorageError where the rule
    was removed meanwhile.
    """
    _check(asker)
    before = next((one for one in all_rules(session) if one.key == alert_rule.key), None)
    if alert_rule.key and before is None:
        raise StorageError("This rule was removed by somebody else; load the page again.")
    key = alert_rule.key or f"own-{secrets.token_hex(8)}"
    new = replace(alert_rule, key=key)
    if before == new:
        return key
    _put(session, asker, new)
    told = (None if before is None else _told(before), _told(new))
    note(session, asker, What.SETTING_CHANGED, About.SETTING, f"alert-rule:{key}", before=told[0], after=told[1])
    return key


def remove_alert_rule(session: Session, asker: Asker, alert_key: str) -> None:
    """The rule raises nothing any more; what it has raised stays, and what still waited for its time is dropped. Raises as
    `save_alert_rule` does."""
    _check(asker)
    rule = next((one for one in all_rules(session) if one.key == alert_key), None)
    if rule is None:
        raise StorageError("This rule was removed by somebody else; load the page again.")
    _put(session, asker, replace(rule, on=False), removed=True)
    note(session, asker, What.SETTING_CHANGED, About.SETTING, f"alert-rule:{alert_key}", before=_told(rule), after=None)


def _put(session: Session, asker: Asker, rule: AlertRule, removed: bool = False) -> None:
    row = session.get(AlertRuleRow, rule.key) or AlertRuleRow(key=rule.key)
    row.name, row.rule, row.removed_at = rule.name, as_stored(rule), clock.now() if removed else None
    for name, value in authored(session, asker).items():
        setattr(row, name, value)
    session.add(row)
    session.flush()
    if removed or not rule.on:
        waiting = select(AlertRow).where(AlertRow.rule_key == rule.key, AlertRow.state == "coming")
        for alert in session.scalars(waiting):
            session.delete(alert)
        session.flush()


def _told(rule: AlertRule) -> dict[str, Any]:
    """What the record says of a rule: its name, what it looks for, and whatever is not as it usually is."""
    usual = {**_plain(asdict(Trigger(rule.trigger.kind))), **_plain(asdict(Telling()))}
    own = {**_plain(asdict(rule.trigger)), **_plain(asdict(rule.telling))}
    unusual = {name: value for name, value in own.items() if value != usual[name]}
    return {"name": rule.name, "on": rule.on, "kind": rule.trigger.kind.value, **unusual}


def _check(asker: Asker) -> None:
    if not may_manage_quality(asker):
        raise NotAllowed("Quality managers decide who is told of what; ask one of them.")
