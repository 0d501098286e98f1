"""What is somebody told of at once, and when is there no reason for it any more?

Decided in the transaction that stores a call, judges it again or takes in a correction: each rule has one alert of a call
(of one that goes on, one for each message that waits), so that nothing is told twice. A message that may still be answered
in time has an alert that is `coming`; `raise_due` raises it once its time has come. Where the reason goes, the alert is
closed, and says so.

Calls that ended longer ago than `RECENT` raise nothing: whoever takes in the past is not told of it by night.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Text, cast, delete, func, or_, select
from sqlalchemy.orm import Session

from scorecards.definition import Fails
from scoring.alerts import AlertKind, Cause, Conversation, Failed, channel_of, due, find
from scoring.result import Verdict
from scoring.signals.model import Shown
from storage import alert_mails, clock, hooks
from storage.alert_rules import AlertRule, all_rules
from storage.alert_tables import AlertRow, AlertStepRow
from storage.course_tables import CourseRow
from storage.hooks import Happening
from storage.mapping import scorecard_of, transcript_with
from storage.people import insert_unless_known
from storage.removal import with_words
from storage.tables import (
    CallRow,
    EvaluationRow,
    EvidenceRow,
    ResultRow,
    ScorecardVersionRow,
    SignalsRow,
    TranscriptRow,
    TurnRow,
)
from transcripts.model import Turn

RECENT = timedelta(days=7)

AT_ONCE = 200
"""Alerts that are raised, and calls that are looked at, together."""

MOST_QUOTED = 2_000
"""Letters of a message that an alert quotes; the call has the rest."""

EVERYWHERE = -1
"""The place of an alert that is about no single message."""

BY_ITSELF = "Attune"


class AlertState(StrEnum):
    """What became of it."""

    COMING = "coming"
    OPEN = "open"
    TAKEN = "taken"
    CLOSED = "closed"


class AlertStep(StrEnum):
    """What happened to it."""

    RAISED = "raised"
    TAKEN = "taken"
    GIVEN_BACK = "given back"
    SAID = "said"
    CLOSED = "closed"
    REOPENED = "reopened"


UNDECIDED = (AlertState.OPEN.value, AlertState.TAKEN.value)


# In the transaction that changes a call


def decide(session: Session, call_id: str) -> None:
    """Raise what there is reason for in this call as it is stored now, and close what there is no reason for any more."""
    known = session.scalars(select(AlertRow).where(AlertRow.call_id == call_id)).all()
    if not known and not _is_recent(session, call_id):
        return
    rules = all_rules(session)
    conversation = next((one.conversation for one in conversations(session, [call_id])), None)
    if conversation is None:  # its words were removed: nothing is known of it that was not known before
        return
    by_rule: dict[str, list[AlertRow]] = defaultdict(list)
    for row in known:
        by_rule[row.rule_key].append(row)
    for rule in rules:
        cause = find(rule.trigger, conversation)
        place = _place(rule, cause)
        own = by_rule[rule.key]
        for row in own:
            if cause is None or row.place != place:
                _no_reason(session, row)
        if cause is not None:
            same = next((row for row in own if row.place == place), None)
            _reason(session, rule, conversation, cause, same)


class Candidate(NamedTuple):
    """A call with what is known of its conversation."""

    call_id: str
    agent_id: int | None
    conversation: Conversation


def conversations(session: Session, call_ids: Sequence[str]) -> Iterator[Candidate]:
    """What is known of these calls, without those whose words were removed."""
    turns: dict[str, list[Turn]] = defaultdict(list)
    for turn in session.execute(_TURNS.where(TurnRow.call_id.in_(call_ids)).order_by(TurnRow.call_id, TurnRow.position)):
        turns[turn.call_id].append(
            Turn(
                turn.speaker,
                turn.start_seconds,
                turn.end_seconds,
                turn.text,
                side_confidence=turn.side_confidence,
                sent=turn.sent_seconds,
                worked=turn.worked_seconds,
                public=turn.public,
            )
        )
    failed = _failures(session, call_ids)
    for row in session.execute(_CALLS.where(CallRow.id.in_(call_ids), with_words()).order_by(CallRow.id)):
        transcript = transcript_with(row, row, turns[row.id])
        yield Candidate(
            row.id,
            row.agent_id,
            Conversation(
                channel_of(transcript),
                row.team_id,
                row.queue,
                row.started_at,
                transcript,
                tuple(Shown(*one) for one in row.behaviours),
                bool(row.behaviours_measured),
                row.customer_valence_end,
                tuple(failed[row.id]),
            ),
        )


_TURNS = select(
    TurnRow.call_id,
    TurnRow.speaker,
    TurnRow.start_seconds,
    TurnRow.end_seconds,
    TurnRow.text,
    TurnRow.side_confidence,
    TurnRow.sent_seconds,
    TurnRow.worked_seconds,
    TurnRow.public,
)
_CALLS = (
    select(
        CallRow.id, CallRow.agent_id, CallRow.team_id, CallRow.queue, CallRow.started_at, CallRow.customer_valence_end,
        CallRow.duration_seconds, CallRow.channels, CallRow.sides, SignalsRow.behaviours, CourseRow.behaviours_measured,
        TranscriptRow.language, TranscriptRow.engine, TranscriptRow.sounds, TranscriptRow.medium, TranscriptRow.hours,
        TranscriptRow.seen_seconds, TranscriptRow.seen_worked_seconds,
    )
    .join(TranscriptRow, TranscriptRow.call_id == CallRow.id)
    .join(SignalsRow, SignalsRow.call_id == CallRow.id)
    .outerjoin(CourseRow, CourseRow.call_id == CallRow.id)
)  # fmt: skip


def _failures(session: Session, call_ids: Sequence[str]) -> Mapping[str, list[Failed]]:
    """What fails each of these calls as a whole, or may, by answers as they hold now."""
    found: dict[str, list[Failed]] = defaultdict(list)
    rows = session.execute(
        select(
            EvaluationRow.call_id,
            ResultRow.id,
            ResultRow.criterion,
            ResultRow.probability,
            ResultRow.verdict,
            ResultRow.if_asked,
            ScorecardVersionRow.id.label("version_id"),
        )
        .join(EvaluationRow, ResultRow.evaluation_id == EvaluationRow.id)
        .join(ScorecardVersionRow, EvaluationRow.scorecard_version_id == ScorecardVersionRow.id)
        .where(
            EvaluationRow.call_id.in_(call_ids),
            ~EvaluationRow.superseded,
            ResultRow.fails == Fails.SCORECARD,
            ResultRow.verdict.in_([Verdict.NOT_MET, Verdict.UNSURE]),
        )
        .order_by(EvaluationRow.call_id, ScorecardVersionRow.scorecard, ResultRow.position)
    ).all()
    cards = {
        row.id: scorecard_of(row.definition)
        for row in session.execute(
            select(ScorecardVersionRow.id, ScorecardVersionRow.definition).where(
                ScorecardVersionRow.id.in_({row.version_id for row in rows})
            )
        )
    }
    quotes: dict[int, tuple[int | None, str]] = {}
    shown = select(EvidenceRow.result_id, EvidenceRow.turn, EvidenceRow.quote).where(
        EvidenceRow.result_id.in_([row.id for row in rows]), EvidenceRow.turn.is_not(None)
    )
    for evidence in session.execute(shown.order_by(EvidenceRow.result_id, EvidenceRow.position)):
        quotes.setdefault(evidence.result_id, (evidence.turn, evidence.quote))
    for row in rows:
        card, unsure = cards[row.version_id], row.verdict is Verdict.UNSURE
        turn, quote = quotes.get(row.id, (None, ""))
        question = card.criterion(row.criterion).question
        found[row.call_id].append(Failed(card.id, card.title, row.criterion, question, row.probability, unsure, turn, quote))
    return found


def _is_recent(session: Session, call_id: str) -> bool:
    """Whether a call ended lately: a written conversation with its last message, whenever the export was made."""
    last = select(func.max(TurnRow.sent_seconds)).where(TurnRow.call_id == call_id).scalar_subquery()
    row = session.execute(
        select(CallRow.started_at, CallRow.duration_seconds, last.label("last")).where(CallRow.id == call_id)
    ).one_or_none()
    if row is None:
        return False
    seconds = max(row.duration_seconds, row.last or 0.0)
    return bool(row.started_at + timedelta(seconds=seconds) >= clock.now() - RECENT)


def _place(rule: AlertRule, cause: Cause | None) -> int:
    if cause is None or cause.turn is None or rule.trigger.kind is not AlertKind.UNANSWERED:
        return EVERYWHERE
    return cause.turn


def values_of(rule: AlertRule, call_id: str, conversation: Conversation, cause: Cause, due_at: datetime) -> dict[str, Any]:
    """The row of an alert that is still coming."""
    began, seen = conversation.began, conversation.transcript.seen
    return {
        "rule_key": rule.key,
        "rule": rule.name,
        "kind": rule.trigger.kind.value,
        "call_id": call_id,
        "place": _place(rule, cause),
        "state": AlertState.COMING.value,
        "channel": conversation.channel.value if conversation.channel else "",
        "probability": cause.probability,
        "perhaps": cause.perhaps,
        "turn": cause.turn,
        "quote": cause.quote[:MOST_QUOTED],
        "why": cause.why,
        "since": None if cause.since is None else began + timedelta(seconds=cause.since),
        "seen_at": None if cause.since is None or seen is None else began + timedelta(seconds=seen),
        "due_at": due_at,
        "shown": rule.telling.page,
        "agents": rule.telling.page and rule.telling.agents,
        "programs": rule.telling.webhook,
        "taken_by": "",
        "closed_by": "",
        "done": "",
    }


def _reason(session: Session, rule: AlertRule, conversation: Conversation, cause: Cause, row: AlertRow | None) -> None:
    """There is reason for this alert: raise it, unless that was done, or is not yet to be done."""
    due_at = due(rule.trigger, conversation, cause)
    if due_at is None:
        return
    values = values_of(rule, conversation.transcript.call_id, conversation, cause, due_at)
    if row is None:
        if not rule.on or insert_unless_known(session, AlertRow, values) is None:
            return
        same = (
            (AlertRow.call_id == values["call_id"]) & (AlertRow.rule_key == rule.key) & (AlertRow.place == values["place"])
        )
        row = session.scalars(select(AlertRow).where(same)).one()
    else:
        for name in ("probability", "perhaps", "turn", "quote", "why", "since", "seen_at", "due_at"):
            setattr(row, name, values[name])
        session.flush()
    if row.state == AlertState.COMING and row.due_at <= clock.now():
        _raise(session, rule, row)
    elif row.state == AlertState.CLOSED and row.closed_by_id is None and row.closed_by == BY_ITSELF:
        row.state, row.closed_by, row.closed_at, row.done = AlertState.OPEN.value, "", None, ""
        add_step(session, row, AlertStep.REOPENED, "There is reason for it again.")


def _no_reason(session: Session, row: AlertRow) -> None:
    if row.state == AlertState.COMING:
        session.delete(row)
        session.flush()
    elif row.state in UNDECIDED:
        done = {
            AlertKind.UNANSWERED: "Somebody has answered the message, or it no longer counts as one that waits.",
            AlertKind.FAILURE: "The call no longer fails: an answer was corrected, or it was judged again.",
        }.get(AlertKind(row.kind), "The call was judged again or corrected, and no longer shows it.")
        put_closed(session, row, done, None, BY_ITSELF)


def _raise(session: Session, rule: AlertRule, row: AlertRow) -> None:
    row.state, row.raised_at = AlertState.OPEN.value, clock.now()
    session.flush()
    add_step(session, row, AlertStep.RAISED, "")
    if rule.telling.email:
        alert_mails.put(session, rule, row)
    if row.programs:
        hooks.alerted(session, Happening.ALERT_RAISED, row.id, row.call_id, told_of(row))


def told_of(row: AlertRow) -> dict[str, Any]:
    """What programs are told of an alert: what it is and where to look, and no words of the customer."""
    return {
        "kind": row.kind,
        "rule": row.rule,
        "channel": row.channel,
        "perhaps": row.perhaps,
        "turn": row.turn,
        "waiting_since": row.since.isoformat() if row.since else None,
        "seen_until": row.seen_at.isoformat() if row.seen_at else None,
    }


def put_closed(session: Session, row: AlertRow, done: str, by_id: int | None, by: str) -> None:
    """Close an alert; who was not told of it yet is told no more. For storage alone."""
    row.state, row.done, row.closed_by_id, row.closed_by, row.closed_at = (
        AlertState.CLOSED.value, done, by_id, by, clock.now(),
    )  # fmt: skip
    add_step(session, row, AlertStep.CLOSED, done, by_id, by)
    alert_mails.drop(session, row.id)
    if row.programs:
        told = {**told_of(row), "by_itself": by_id is None and by == BY_ITSELF}
        hooks.alerted(session, Happening.ALERT_CLOSED, row.id, row.call_id, told)


def add_step(
    session: Session, row: AlertRow, step: AlertStep, words: str, by_id: int | None = None, by: str = BY_ITSELF
) -> None:
    """Write down what happened to an alert. For storage alone."""
    new = AlertStepRow(alert_id=row.id, step=step.value, author_id=by_id, author=by, at=clock.now(), words=words)
    session.add(new)
    session.flush()


# By time


def raise_due(session: Session) -> int:
    """Raise what has waited for its time, some at a time; how many. What belongs to a rule that is off goes."""
    now = clock.now()
    rules = {rule.key: rule for rule in all_rules(session) if rule.on}
    waiting = AlertRow.state == AlertState.COMING.value
    session.execute(delete(AlertRow).where(waiting, AlertRow.rule_key.not_in(rules)))
    coming = select(AlertRow).where(waiting, AlertRow.due_at <= now).order_by(AlertRow.due_at, AlertRow.id).limit(AT_ONCE)
    rows = session.scalars(coming.with_for_update(skip_locked=True)).all()
    for row in rows:
        _raise(session, rules[row.rule_key], row)
    return len(rows)


# For a preview


def may_have_reason(rule: AlertRule) -> ColumnElement[bool]:
    """A condition on `calls` that holds wherever this rule may find something, asked of the database alone."""
    trigger = rule.trigger
    match trigger.kind:
        case AlertKind.UNANSWERED:
            ids = select(TranscriptRow.call_id).where(TranscriptRow.medium.is_not(None))
        case AlertKind.FAILURE:
            unsure = EvaluationRow.unsure > 0 if trigger.perhaps else EvaluationRow.failed
            ids = select(EvaluationRow.call_id).where(~EvaluationRow.superseded, or_(EvaluationRow.failed, unsure))
        case kind:
            behaviour = {AlertKind.LEAVING: "threatens_to_leave", AlertKind.DISTRESS: "distress"}[kind]
            ids = select(SignalsRow.call_id).where(_shows(behaviour))
    places = [CallRow.id.in_(ids)]
    if trigger.teams:
        places.append(CallRow.team_id.in_(trigger.teams))
    if trigger.queues:
        places.append(CallRow.queue.in_(trigger.queues))
    condition: ColumnElement[bool] = places[0]
    for one in places[1:]:
        condition &= one
    return condition


def _shows(behaviour: str) -> ColumnElement[bool]:
    return cast(SignalsRow.behaviours, Text).contains(f'"{behaviour}"', autoescape=True)
