"""Which programs are to be told of what happens, and what is still to be told?

What happens is written down for each address in the transaction in which it happens, so that nothing is told that did not
happen and nothing that happened is forgotten. An address is told of what its token may see, as long as that is in force.
"""

import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Select, func, select, update
from sqlalchemy.orm import Session

from errors import InputError, NotAllowed
from scoring.result import Evaluation
from storage.access import Asker, Right, may, visible_calls
from storage.audit import PROGRAM, About, What, note
from storage.cases import case_id_of
from storage.dispute_lists import visible_disputes
from storage.hook_tables import DeliveryRow, WebhookRow
from storage.people import insert_unless_known
from storage.tables import CallRow, DisputeRow
from storage.token_tables import ApiTokenRow
from storage.tokens import Scope, Token, token_of_row

MOST_OF_ONE_TOKEN = 20
"""Addresses that one token may name."""


class Happening(StrEnum):
    """What a program can be told of."""

    EVALUATION_FINISHED = "evaluation.finished"
    FAILED_AUTOMATICALLY = "evaluation.failed_automatically"
    DISPUTE_OPENED = "dispute.opened"
    DISPUTE_DECIDED = "dispute.decided"
    PLAN_DUE = "plan.due"
    ALERT_RAISED = "alert.raised"
    ALERT_CLOSED = "alert.closed"


class DeliveryState(StrEnum):
    """What became of telling it."""

    WAITING = "waiting"
    DELIVERED = "delivered"
    FAILED = "failed"


@dataclass(frozen=True)
class Hook:
    """An address that is told. `salt` goes into what signs what it is told."""

    id: int
    token: Token
    url: str
    events: frozenset[Happening]
    salt: str
    at: datetime
    ended_at: datetime | None
    ended_why: str


@dataclass(frozen=True)
class Delivery:
    """Something to tell to one address. `answered` says how the last try went."""

    id: int
    webhook_id: int
    message_id: str
    event: Happening
    data: Mapping[str, Any]
    at: datetime
    state: DeliveryState
    tries: int
    next_at: datetime
    answered: str
    delivered_at: datetime | None


# What a program does with its addresses


def add_hook(session: Session, token: Token, url: str, events: Iterable[Happening]) -> Hook:
    """Tell this address of these things from now on. Raises NotAllowed, InputError where the token names too many."""
    if Scope.HOOKS not in token.scopes:
        raise NotAllowed("This token is not for webhooks.")
    if len(hooks_of(session, token)) >= MOST_OF_ONE_TOKEN:
        raise InputError(f"A token names {MOST_OF_ONE_TOKEN} addresses at most; delete one first.")
    row = WebhookRow(
        token_id=token.id,
        url=url,
        events=sorted({event.value for event in events}),
        salt=secrets.token_hex(16),
        at=datetime.now(UTC),
        ended_why="",
    )
    session.add(row)
    session.flush()
    note(session, token.asker, What.SETTING_CHANGED, About.SETTING, f"webhook:{row.id}", before=[], after=row.events)
    return _hook(row, token)


def hooks_of(session: Session, token: Token) -> tuple[Hook, ...]:
    """The addresses of this token that are told."""
    own = select(WebhookRow).where(WebhookRow.token_id == token.id, WebhookRow.ended_at.is_(None)).order_by(WebhookRow.id)
    return tuple(_hook(row, token) for row in session.scalars(own))


def find_hook(session: Session, token: Token, id: int) -> Hook | None:
    """One of them; None where there is none."""
    return next((hook for hook in hooks_of(session, token) if hook.id == id), None)


def end_hook(session: Session, id: int, why: str) -> None:
    """Tell this address nothing any more."""
    still = (WebhookRow.id == id) & WebhookRow.ended_at.is_(None)
    events = session.scalar(select(WebhookRow.events).where(still))
    session.execute(update(WebhookRow).where(still).values(ended_at=datetime.now(UTC), ended_why=why))
    if events is not None:
        note(session, PROGRAM, What.SETTING_CHANGED, About.SETTING, f"webhook:{id}", before=events, after=[])


def deliveries_after(session: Session, hook: Hook, id: int, limit: int) -> tuple[Delivery, ...]:
    """What an address was told, and what not yet, after that one; after 0, from the first."""
    later = select(DeliveryRow).where(DeliveryRow.webhook_id == hook.id, DeliveryRow.id > id).order_by(DeliveryRow.id)
    return tuple(map(_delivery, session.scalars(later.limit(limit))))


# For whoever runs Attune


def list_hooks(session: Session, asker: Asker) -> tuple[tuple[Hook, Mapping[str, int]], ...]:
    """Every address there ever was, with how many deliveries are in which state. Raises NotAllowed for others than
    administrators."""
    _check_administers(asker)
    counted = session.execute(
        select(DeliveryRow.webhook_id, DeliveryRow.state, func.count()).group_by(DeliveryRow.webhook_id, DeliveryRow.state)
    ).all()
    return tuple(
        (hook, {state: count for id_, state, count in counted if id_ == hook.id})
        for hook in _hooks(session, _with_token().order_by(WebhookRow.id))
    )


def list_deliveries(
    session: Session, asker: Asker, state: DeliveryState | None = None, limit: int = 100
) -> tuple[Delivery, ...]:
    """The latest deliveries, of one state or of all. Raises NotAllowed for others than administrators."""
    _check_administers(asker)
    which = [DeliveryRow.state == state.value] if state else []
    return tuple(
        map(_delivery, session.scalars(select(DeliveryRow).where(*which).order_by(DeliveryRow.id.desc()).limit(limit)))
    )


def _check_administers(asker: Asker) -> None:
    if not may(asker, Right.ADMINISTER):
        raise NotAllowed("Administrators see what other programs are told; ask one of them.")


# What happens


def judged(session: Session, added: Sequence[tuple[int, Evaluation]]) -> None:
    """These evaluations (id and value) are new."""
    hooks = hooks_in_force(session) if added else ()
    for id_, evaluation in added if hooks else ():
        about = {
            "evaluation_id": id_,
            "call_id": evaluation.call_id,
            "scorecard": evaluation.scorecard,
            "version": evaluation.version,
            "total": evaluation.total,
            "passed": evaluation.passed,
        }
        _of_call(session, hooks, Happening.EVALUATION_FINISHED, f"evaluation {id_}", evaluation.call_id, about)
        if evaluation.failed_by:
            failed(session, id_, evaluation, hooks)


def failed(session: Session, id: int, evaluation: Evaluation, hooks: Sequence["Hook"] | None = None) -> None:
    """A question has failed this evaluation as a whole, by the machine's answer or by a person's."""
    about = {
        "evaluation_id": id,
        "call_id": evaluation.call_id,
        "scorecard": evaluation.scorecard,
        "version": evaluation.version,
        "failed_by": list(evaluation.failed_by),
    }
    hooks = hooks_in_force(session) if hooks is None else hooks
    _of_call(session, hooks, Happening.FAILED_AUTOMATICALLY, f"failed {id}", evaluation.call_id, about)


def disputed(session: Session, event: Happening, dispute_id: int, call_id: str, **about: str) -> None:
    """A dispute was opened or decided."""
    told: dict[str, Any] = {"dispute_id": dispute_id, "call_id": call_id, **about}
    told |= _of_case(session, call_id)
    for hook in hooks_in_force(session):
        seen = (
            select(DisputeRow.id)
            .join(CallRow, DisputeRow.call_id == CallRow.id)
            .where(DisputeRow.id == dispute_id, visible_disputes(hook.token.asker))
        )
        if event in hook.events and session.scalar(seen) is not None:
            tell(session, hook, event, f"{event} {dispute_id}", told)


def alerted(session: Session, event: Happening, alert_id: int, call_id: str, about: Mapping[str, Any]) -> None:
    """An alert was raised or closed. `about` holds no words of the customer."""
    told = {"alert_id": alert_id, "call_id": call_id, **about}
    _of_call(session, hooks_in_force(session), event, f"{event} {alert_id}", call_id, told)


def tell(session: Session, hook: Hook, event: Happening, key: str, about: Mapping[str, Any]) -> bool:
    """Write down that this address is to be told; False where it was written down before."""
    now = datetime.now(UTC)
    row = {
        "webhook_id": hook.id,
        "key": key,
        "message_id": f"msg_{secrets.token_hex(16)}",
        "event": event.value,
        "data": dict(about),
        "at": now,
        "state": DeliveryState.WAITING.value,
        "tries": 0,
        "next_at": now,
        "answered": "",
    }
    return insert_unless_known(session, DeliveryRow, row) is not None


def _of_call(
    session: Session, hooks: Sequence[Hook], event: Happening, key: str, call_id: str, about: Mapping[str, Any]
) -> None:
    told = {**about, **_of_case(session, call_id)} if any(event in hook.events for hook in hooks) else about
    for hook in hooks:
        if event in hook.events and _sees(session, hook.token.asker, call_id):
            tell(session, hook, event, key, told)


def _of_case(session: Session, call_id: str) -> dict[str, Any]:
    """The id of the call's case in its customer system; nothing where it belongs to none."""
    case = case_id_of(session, call_id)
    return {"case_id": case} if case else {}


def _sees(session: Session, asker: Asker, call_id: str) -> bool:
    return session.scalar(select(CallRow.id).where(CallRow.id == call_id, visible_calls(asker))) is not None


# For the program at work


def hooks_in_force(session: Session) -> tuple[Hook, ...]:
    """The addresses that are told, of tokens that are in force."""
    in_force = (
        WebhookRow.ended_at.is_(None) & ApiTokenRow.revoked_at.is_(None) & (ApiTokenRow.expires_at > datetime.now(UTC))
    )
    return _hooks(session, _with_token().where(in_force).order_by(WebhookRow.id))


def due(session: Session, limit: int = 20) -> tuple[tuple[Hook, Delivery], ...]:
    """What is to be told now, the oldest first, with where."""
    hooks = {hook.id: hook for hook in hooks_in_force(session)}
    rows = session.scalars(
        select(DeliveryRow)
        .where(
            DeliveryRow.state == DeliveryState.WAITING.value,
            DeliveryRow.next_at <= datetime.now(UTC),
            DeliveryRow.webhook_id.in_(hooks),
        )
        .order_by(DeliveryRow.next_at, DeliveryRow.id)
        .limit(limit)
    )
    return tuple((hooks[row.webhook_id], _delivery(row)) for row in rows)


def drop_unwanted(session: Session) -> None:
    """What waits for an address that is told nothing any more will never be told."""
    live = [hook.id for hook in hooks_in_force(session)]
    waiting = (DeliveryRow.state == DeliveryState.WAITING.value) & DeliveryRow.webhook_id.not_in(live)
    ended = {"state": DeliveryState.FAILED.value, "answered": "The address or its token has ended."}
    session.execute(update(DeliveryRow).where(waiting).values(**ended))


def tried(session: Session, id: int, answered: str, state: DeliveryState, next_at: datetime) -> None:
    """Telling it was tried, and this came of it; where it still waits, it is tried again then."""
    at = datetime.now(UTC) if state is DeliveryState.DELIVERED else None
    session.execute(
        update(DeliveryRow)
        .where(DeliveryRow.id == id)
        .values(tries=DeliveryRow.tries + 1, answered=answered, state=state.value, next_at=next_at, delivered_at=at)
    )


def _with_token() -> Select[WebhookRow, ApiTokenRow]:
    return select(WebhookRow, ApiTokenRow).join(ApiTokenRow, WebhookRow.token_id == ApiTokenRow.id)


def _hooks(session: Session, which: Select[WebhookRow, ApiTokenRow]) -> tuple[Hook, ...]:
    return tuple(_hook(row.WebhookRow, token_of_row(row.ApiTokenRow)) for row in session.execute(which))


def _hook(row: WebhookRow, token: Token) -> Hook:
    events = frozenset(map(Happening, row.events))
    return Hook(row.id, token, row.url, events, row.salt, row.at, row.ended_at, row.ended_why)


def _delivery(row: DeliveryRow) -> Delivery:
    return Delivery(
        id=row.id,
        webhook_id=row.webhook_id,
        message_id=row.message_id,
        event=Happening(row.event),
        data=row.data,
        at=row.at,
        state=DeliveryState(row.state),
        tries=row.tries,
        next_at=row.next_at,
        answered=row.answered,
        delivered_at=row.delivered_at,
    )
