"""What do people see of alerts, and what do they do about them?

An alert is seen by whoever may see its call (`storage.access`), where its rule tells on the page; by the call's agent only
where the rule lets agents be told; and by nobody who is judging the call blind. Agents read; the others take an alert, say
something to it, and close it with what was done.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, func, select, true
from sqlalchemy.orm import Session

from errors import InputError, NotAllowed, StorageError
from scoring.alerts import AlertKind, Cause, Channel, due, find
from storage import clock
from storage.access import Asker, Right, blind_calls, may_manage_quality, visible_calls
from storage.alert_rules import AlertRule
from storage.alert_tables import AlertRow, AlertStepRow
from storage.alerts import (
    AT_ONCE,
    UNDECIDED,
    AlertState,
    AlertStep,
    add_step,
    conversations,
    may_have_reason,
    put_closed,
)
from storage.authorship import user_id
from storage.roles import Reach, reach
from storage.tables import AgentRow, CallRow, TeamRow

PREVIEW_DAYS = 30
MOST_LOOKED_AT = 2_000
"""Calls that a preview looks at, the latest first; it says so where there were more."""

LONGEST_WORDS = 2_000


@dataclass(frozen=True)
class Step:
    """Something that happened to an alert, or that somebody said to it."""

    step: AlertStep
    author: str
    at: datetime
    words: str


@dataclass(frozen=True)
class Alert:
    """An alert as people see it. since: when the customer began to wait; seen_at: up to when the conversation is known."""

    id: int
    rule: str
    kind: AlertKind
    state: AlertState
    call_id: str
    channel: Channel | None
    agent: str
    team: str
    started_at: datetime
    probability: float
    perhaps: bool
    turn: int | None
    quote: str
    why: str
    since: datetime | None
    seen_at: datetime | None
    raised_at: datetime
    taken_by: str
    taken_at: datetime | None
    closed_by: str
    closed_at: datetime | None
    done: str


@dataclass(frozen=True)
class AlertFilter:
    """Which alerts: of these states, kinds and teams; empty is all."""

    states: tuple[AlertState, ...] = (AlertState.OPEN, AlertState.TAKEN)
    kinds: tuple[AlertKind, ...] = ()
    team_ids: tuple[int, ...] = ()
    call_id: str = ""


def visible_alerts(asker: Asker) -> ColumnElement[bool]:
    """The condition on `alerts` joined to `calls` that holds for exactly those that this person may see."""
    raised = (AlertRow.state != AlertState.COMING.value) & AlertRow.shown
    theirs = AlertRow.agents if reach(asker.role, Right.SEE_CALLS) is Reach.OWN else true()
    return visible_calls(asker) & raised & theirs & AlertRow.call_id.not_in(blind_calls(asker))


def list_alerts(
    session: Session, asker: Asker, filter: AlertFilter | None = None, limit: int = 100, offset: int = 0
) -> tuple[Alert, ...]:
    """The alerts that this person may see: what nobody has taken first, then the latest."""
    chosen = _SEEN.where(visible_alerts(asker), *_which(filter or AlertFilter()))
    rows = session.execute(chosen.order_by(AlertRow.raised_at.desc(), AlertRow.id.desc()).limit(limit).offset(offset))
    return tuple(_alert(row) for row in rows)


def count_alerts(session: Session, asker: Asker, filter: AlertFilter | None = None) -> dict[AlertState, int]:
    """How many of them are in which state; states without any are left out."""
    counted = select(AlertRow.state, func.count().label("number")).join(CallRow, AlertRow.call_id == CallRow.id)
    chosen = counted.where(visible_alerts(asker), *_which(filter or AlertFilter()))
    rows = session.execute(chosen.group_by(AlertRow.state))
    return {AlertState(row.state): row.number for row in rows}


def find_alert(session: Session, asker: Asker, alert_id: int) -> Alert:
    """One of them. Raises StorageError where there is none that is theirs to see."""
    row = session.execute(_SEEN.where(AlertRow.id == alert_id, visible_alerts(asker))).one_or_none()
    if row is None:
        raise StorageError(f"There is no alert {alert_id}.")
    return _alert(row)


def steps_of(session: Session, asker: Asker, alert_id: int) -> tuple[Step, ...]:
    """What happened to one of them, the oldest first. Raises as `find_alert` does."""
    find_alert(session, asker, alert_id)
    rows = session.scalars(select(AlertStepRow).where(AlertStepRow.alert_id == alert_id).order_by(AlertStepRow.id))
    return tuple(Step(AlertStep(row.step), row.author, row.at, row.words) for row in rows)


_SEEN = (
    select(AlertRow, AgentRow.name.label("agent"), TeamRow.name.label("team"), CallRow.started_at)
    .join(CallRow, AlertRow.call_id == CallRow.id)
    .outerjoin(AgentRow, CallRow.agent_id == AgentRow.id)
    .outerjoin(TeamRow, CallRow.team_id == TeamRow.id)
)


def _which(filter: AlertFilter) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if filter.states:
        conditions.append(AlertRow.state.in_([state.value for state in filter.states]))
    if filter.kinds:
        conditions.append(AlertRow.kind.in_([kind.value for kind in filter.kinds]))
    if filter.team_ids:
        conditions.append(CallRow.team_id.in_(filter.team_ids))
    if filter.call_id:
        conditions.append(AlertRow.call_id == filter.call_id)
    return conditions


def _alert(found: Any) -> Alert:
    row: AlertRow = found.AlertRow
    return Alert(
        id=row.id,
        rule=row.rule,
        kind=AlertKind(row.kind),
        state=AlertState(row.state),
        call_id=row.call_id,
        channel=Channel(row.channel) if row.channel else None,
        agent=found.agent or "",
        team=found.team or "",
        started_at=found.started_at,
        probability=row.probability,
        perhaps=row.perhaps,
        turn=row.turn,
        quote=row.quote,
        why=row.why,
        since=row.since,
        seen_at=row.seen_at,
        raised_at=row.raised_at or row.due_at,
        taken_by=row.taken_by,
        taken_at=row.taken_at,
        closed_by=row.closed_by,
        closed_at=row.closed_at,
        done=row.done,
    )


# What people do


def take(session: Session, asker: Asker, alert_id: int) -> None:
    """This person sees to it. Raises NotAllowed for agents, StorageError where it is not theirs to see, where somebody else
    has taken it, and where it is closed."""
    row = _to_act_on(session, asker, alert_id)
    if row.state == AlertState.TAKEN:
        raise StorageError(f"{row.taken_by} has taken this already.")
    by_id = user_id(session, asker)
    row.state, row.taken_by_id, row.taken_by, row.taken_at = AlertState.TAKEN.value, by_id, asker.signature, clock.now()
    add_step(session, row, AlertStep.TAKEN, "", by_id, asker.signature)


def give_back(session: Session, asker: Asker, alert_id: int) -> None:
    """It is open again, for somebody else. Raises as `take` does, StorageError where nobody has taken it."""
    row = _to_act_on(session, asker, alert_id)
    if row.state != AlertState.TAKEN:
        raise StorageError("Nobody has taken this.")
    row.state, row.taken_by_id, row.taken_by, row.taken_at = AlertState.OPEN.value, None, "", None
    add_step(session, row, AlertStep.GIVEN_BACK, "", user_id(session, asker), asker.signature)


def say(session: Session, asker: Asker, alert_id: int, words: str) -> None:
    """Say something to it. Raises as `take` does, InputError without words."""
    row = _to_act_on(session, asker, alert_id)
    add_step(session, row, AlertStep.SAID, _checked(words), user_id(session, asker), asker.signature)


def close(session: Session, asker: Asker, alert_id: int, done: str) -> None:
    """Close it with what was done. Raises as `take` does, InputError where that is not said."""
    row = _to_act_on(session, asker, alert_id)
    put_closed(session, row, _checked(done), user_id(session, asker), asker.signature)


def _checked(words: str) -> str:
    words = words.strip()
    if not words:
        raise InputError("Say in a few words what was done, so that nobody has to do it again.")
    if len(words) > LONGEST_WORDS:
        raise InputError(f"Say it in {LONGEST_WORDS} letters at most.")
    return words


def _to_act_on(session: Session, asker: Asker, alert_id: int) -> AlertRow:
    found = (
        select(AlertRow).join(CallRow, AlertRow.call_id == CallRow.id).where(AlertRow.id == alert_id, visible_alerts(asker))
    )
    row = session.scalar(found.with_for_update(of=AlertRow))
    if row is None:
        raise StorageError(f"There is no alert {alert_id}.")
    if reach(asker.role, Right.SEE_CALLS) is Reach.OWN:
        raise NotAllowed("Your coach or a quality manager sees to alerts; tell them what you know.")
    if row.state not in UNDECIDED:
        raise StorageError(f"This was closed by {row.closed_by}.")
    return row


# What a rule would have told


@dataclass(frozen=True)
class WouldTell:
    """A call of which a rule would have told somebody: when, and why."""

    call_id: str
    at: datetime
    cause: Cause


@dataclass(frozen=True)
class Preview:
    """What a rule would have told in the last `PREVIEW_DAYS` days, the latest first. `looked_at` calls were looked at; where
    there were more that might have had reason, `all_looked_at` is False and these are the latest."""

    told: tuple[WouldTell, ...]
    looked_at: int
    all_looked_at: bool


def preview(session: Session, asker: Asker, alert_rule: AlertRule) -> Preview:
    """What this rule would have told in the last days, by what is known of their conversations today.

    Of messages that wait it counts those that were still unanswered when the conversation was last seen. Raises NotAllowed
    for others than who manages quality.
    """
    if not may_manage_quality(asker):
        raise NotAllowed("Quality managers decide who is told of what; ask one of them.")
    now = clock.now()
    lately = (CallRow.started_at >= now - timedelta(days=PREVIEW_DAYS)) & (CallRow.started_at <= now)
    candidates = select(CallRow.id).where(visible_calls(asker), lately, may_have_reason(alert_rule))
    not_blind = CallRow.id.not_in(blind_calls(asker))
    ids = session.scalars(
        candidates.where(not_blind).order_by(CallRow.started_at.desc(), CallRow.id).limit(MOST_LOOKED_AT + 1)
    ).all()
    told: list[WouldTell] = []
    looked_at = ids[:MOST_LOOKED_AT]
    for first in range(0, len(looked_at), AT_ONCE):
        for one in conversations(session, looked_at[first : first + AT_ONCE]):
            cause = find(alert_rule.trigger, one.conversation)
            at = None if cause is None else due(alert_rule.trigger, one.conversation, cause)
            if cause is not None and at is not None and at <= now:
                told.append(WouldTell(one.call_id, at, cause))
    told.sort(key=lambda one: one.at, reverse=True)
    return Preview(tuple(told), len(looked_at), len(ids) <= MOST_LOOKED_AT)
