"""Who is told of an alert by e-mail, and what is to be sent now, so that nobody is told too often?

An alert is written down for each address in the transaction that raises it. A rule sends an address so many messages within
a time; alerts beyond that are held, and told together in one message once there is room again. What the message says is
written when it is sent, so that no word of a customer waits here.
"""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, or_, select, update
from sqlalchemy.orm import Session

from errors import NotAllowed
from storage import clock
from storage.access import Asker, Right, Role, may, visible_calls
from storage.alert_rules import AlertRule, all_rules
from storage.alert_tables import AlertMailRow, AlertRow
from storage.hooks import DeliveryState
from storage.sessions import asker_for
from storage.tables import CallRow, UserRow
from transcripts.hours import read_hours

LEASE = timedelta(minutes=10)
"""For so long a message that is being sent is nobody else's to send."""

MOST_IN_ONE = 200
"""Alerts that one message tells of; what is more comes in the next."""


@dataclass(frozen=True)
class MailAlert:
    """What a message may say of an alert. `quote` is empty unless the rule lets words leave."""

    id: int
    kind: str
    call_id: str
    turn: int | None
    why: str
    perhaps: bool
    channel: str
    raised_at: datetime | None
    since: datetime | None
    seen_at: datetime | None
    quote: str


@dataclass(frozen=True)
class Message:
    """A message that is to be sent now: to whom, by which rule, and the alerts that it tells of, the oldest first."""

    id: str
    address: str
    rule: str
    alerts: tuple[MailAlert, ...]
    tries: int


# In the transaction that raises


def put(session: Session, rule: AlertRule, alert: AlertRow) -> None:
    """Write down whom an alert is to be told to by e-mail. For storage alone."""
    now = clock.now()
    for address, user_id in recipients(session, rule, alert.call_id).items():
        session.add(
            AlertMailRow(
                alert_id=alert.id,
                rule_key=rule.key,
                user_id=user_id,
                address=address,
                at=now,
                state=DeliveryState.WAITING.value,
                tries=0,
                next_at=now,
                answered="",
                message_id="",
            )
        )
    session.flush()


def recipients(session: Session, rule: AlertRule, call_id: str) -> dict[str, int | None]:
    """The addresses that a rule tells of this call, with who it is among the users. Of people only who may see the call; its
    agent only where the rule lets agents be told."""
    telling = rule.telling
    found: dict[str, int | None] = {}
    named = or_(UserRow.role.in_(telling.roles), UserRow.id.in_(telling.people))
    for user in session.scalars(select(UserRow).where(UserRow.active, named).order_by(UserRow.id)):
        asker = asker_for(session, user)
        if user.role is Role.AGENT and not telling.agents:
            continue
        if session.scalar(select(CallRow.id).where(CallRow.id == call_id, visible_calls(asker))) is not None:
            found[user.email] = user.id
    return {**dict.fromkeys(telling.addresses), **found}


def drop(session: Session, alert_id: int) -> None:
    """Nobody is told of this alert any more who was not yet. For storage alone."""
    waiting = (AlertMailRow.alert_id == alert_id) & (AlertMailRow.state == DeliveryState.WAITING.value)
    session.execute(
        update(AlertMailRow)
        .where(waiting)
        .values(state=DeliveryState.FAILED.value, answered="The alert was closed before anybody was told.")
    )


# By time


def take_due(session: Session) -> tuple[Message, ...]:
    """The messages that are to be sent now; whoever takes them has `LEASE` to send them and to say so (`sent`, `failed`).

    What belongs to a rule that is off or sends no e-mail is dropped. What an address may not be told yet is held.
    """
    now = clock.now()
    rules = {rule.key: rule for rule in all_rules(session)}
    is_due = (AlertMailRow.state == DeliveryState.WAITING.value) & (AlertMailRow.next_at <= now)
    rows = session.scalars(
        select(AlertMailRow)
        .where(is_due)
        .order_by(AlertMailRow.next_at, AlertMailRow.id)
        .limit(5 * MOST_IN_ONE)
        .with_for_update(skip_locked=True)
    ).all()
    groups: dict[tuple[str, str], list[AlertMailRow]] = {}
    for row in rows:
        groups.setdefault((row.rule_key, row.address), []).append(row)
    found: list[Message] = []
    for (key, address), waiting in groups.items():
        rule = rules.get(key)
        if rule is None or not (rule.on and rule.telling.email):
            for row in waiting:
                row.state, row.answered = DeliveryState.FAILED.value, "The rule no longer tells by e-mail."
            continue
        if is_quiet(rule, now):
            continue
        found += _messages(session, rule, address, waiting, now)
    session.flush()
    return tuple(found)


def is_quiet(rule: AlertRule, now: datetime) -> bool:
    """Whether now is an hour in which this rule sends nothing."""
    quiet = read_hours(rule.telling.quiet)
    return quiet is not None and quiet.covers(now)


def _messages(
    session: Session, rule: AlertRule, address: str, waiting: Sequence[AlertMailRow], now: datetime
) -> list[Message]:
    """What this address is told now: what was tried before, again as it was; else one alert a message as long as there is
    room, and what had to be held all in one."""
    found: list[Message] = []
    again: dict[str, list[AlertMailRow]] = {}
    for row in waiting:
        if row.message_id:
            again.setdefault(row.message_id, []).append(row)
    found += [_message(session, rule, address, id_, own, now) for id_, own in again.items()]
    new = [row for row in waiting if not row.message_id]
    room = rule.telling.most - _sent_lately(session, rule, address, now)
    if new and room > 0 and any(row.held for row in new):
        found.append(_message(session, rule, address, _new_id(), new[:MOST_IN_ONE], now))
        new = new[MOST_IN_ONE:]
        room = 0
    for row in new[: max(0, room)]:
        found.append(_message(session, rule, address, _new_id(), [row], now))
    for row in new[max(0, room) :]:
        row.held = True
    return found


def _sent_lately(session: Session, rule: AlertRule, address: str, now: datetime) -> int:
    """How many messages this address was sent, or is being sent, by this rule within its time."""
    since = now - timedelta(minutes=rule.telling.minutes)
    of_address = (AlertMailRow.rule_key == rule.key) & (AlertMailRow.address == address) & (AlertMailRow.message_id != "")
    lately = or_(AlertMailRow.sent_at > since, AlertMailRow.state == DeliveryState.WAITING.value)
    counted = select(func.count(func.distinct(AlertMailRow.message_id))).where(of_address, lately)
    return session.scalar(counted) or 0


def _new_id() -> str:
    return f"alert-{secrets.token_hex(12)}"


def _message(
    session: Session, rule: AlertRule, address: str, id_: str, rows: Sequence[AlertMailRow], now: datetime
) -> Message:
    alerts = session.scalars(
        select(AlertRow).where(AlertRow.id.in_([row.alert_id for row in rows])).order_by(AlertRow.raised_at, AlertRow.id)
    )
    for row in rows:
        row.message_id, row.next_at, row.tries = id_, now + LEASE, row.tries + 1
    session.flush()
    told = tuple(
        MailAlert(
            one.id,
            one.kind,
            one.call_id,
            one.turn,
            one.why,
            one.perhaps,
            one.channel,
            one.raised_at,
            one.since,
            one.seen_at,
            one.quote if rule.telling.words else "",
        )
        for one in alerts
    )
    return Message(id_, address, rule.name, told, rows[0].tries)


def sent(session: Session, message_id: str, answered: str) -> None:
    """The mail server has taken this message."""
    now = clock.now()
    values = {"state": DeliveryState.DELIVERED.value, "answered": answered, "sent_at": now}
    session.execute(update(AlertMailRow).where(AlertMailRow.message_id == message_id).values(**values))


def failed(session: Session, message_id: str, answered: str, next_at: datetime | None) -> None:
    """It was not taken, and is tried again then; never again where that is None."""
    values = {"answered": answered, "state": DeliveryState.FAILED.value} if next_at is None else {
        "answered": answered, "next_at": next_at,
    }  # fmt: skip
    session.execute(update(AlertMailRow).where(AlertMailRow.message_id == message_id).values(**values))


# For whoever runs Attune


@dataclass(frozen=True)
class MailState:
    """What was told to one address of one alert, and how that went."""

    alert_id: int
    address: str
    state: DeliveryState
    held: bool
    tries: int
    at: datetime
    answered: str
    sent_at: datetime | None


def list_mails(session: Session, asker: Asker, limit: int = 50) -> tuple[MailState, ...]:
    """The latest that was or is to be sent. Raises NotAllowed for others than who manages quality."""
    if not may(asker, Right.MANAGE_QUALITY):
        raise NotAllowed("Quality managers see who was told by e-mail; ask one of them.")
    rows = session.scalars(select(AlertMailRow).order_by(AlertMailRow.id.desc()).limit(limit))
    return tuple(
        MailState(
            row.alert_id, row.address, DeliveryState(row.state), row.held, row.tries, row.at, row.answered, row.sent_at
        )
        for row in rows
    )
