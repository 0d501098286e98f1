"""What is there of one customer, across all channels, who is in contact most, and who is this?

Of a customer everybody is shown the conversations that they may see, and figures of these alone: nothing here says whether
there are others.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, cast

import pandas as pd
from sqlalchemy import ColumnElement, Select, and_, case, func, or_, select, tuple_
from sqlalchemy.orm import Session

from scoring.behaviours.judge import DOUBT
from scoring.journey import PROMISES
from storage.access import Asker, blind_calls, visible_calls
from storage.audit import About, What, note_opening
from storage.course_cells import CHANNEL
from storage.course_tables import CourseRow
from storage.customer_tables import CustomerCallRow, CustomerChangeRow, CustomerIdentityRow, PromiseMarkRow
from storage.identities import typed
from storage.queries.calls import NAME_OF_AGENT, NAME_OF_TEAM
from storage.queries.conditions import COUNT, FLAG, MAYBE, MOMENT, NUMBER, TEXT, chosen_calls, frame
from storage.records import CallFilter
from storage.sealed_words import is_name
from storage.tables import AgentRow, CallRow, SignalsRow, TeamRow, TranscriptRow, TurnRow
from transcripts.model import Speaker

MOST_CONTACTS = 500
"""So many conversations of one customer are given at most, the latest; a switchboard may have thousands."""

MOST_WITH_PROMISES = 100
"""Of so many of the latest conversations promises are read: what was measured of each is long."""


def customer_of_call(session: Session, asker: Asker, call_id: str) -> str | None:
    """The customer whose call this is; None where nobody knows, or the asker may not see the call."""
    return session.scalar(
        select(CustomerCallRow.customer_id)
        .join(CallRow, CallRow.id == CustomerCallRow.call_id)
        .where(CallRow.id == call_id, visible_calls(asker))
    )


CUSTOMER_CALLS: Mapping[str, str] = {
    "call_id": TEXT,
    "customer_id": TEXT,
    "started_at": MOMENT,
    "channel": TEXT,
    "direction": TEXT,
    "customer": TEXT,
    "agent": TEXT,
    "team": TEXT,
    "queue": TEXT,
    "reason": TEXT,
    "duration_seconds": NUMBER,
    "holds": NUMBER,
    "hold_seconds": NUMBER,
    "transfers": NUMBER,
    "repeat_said": NUMBER,
    "valence_start": NUMBER,
    "valence_peak": NUMBER,
    "valence_end": NUMBER,
    "matched_by": TEXT,
    "by_hand": FLAG,
    "blind": FLAG,
}


def customer_calls(session: Session, asker: Asker, customer: str) -> pd.DataFrame:
    """The customer's conversations that the asker may see, the oldest first, with the columns `CUSTOMER_CALLS`.

    At most `MOST_CONTACTS`, the latest. A customer who was put together with another is found by either id. What the machine
    found in a call that the asker is judging blind is left out. That the customer was opened is written down.
    """
    customer = _standing(session, customer)
    blind = CallRow.id.in_(blind_calls(asker))
    found = ("holds", "hold_seconds", "transfers", "repeat_said", "valence_start", "valence_peak", "valence_end")
    rows = session.execute(
        select(
            CallRow.id,
            CustomerCallRow.customer_id,
            CallRow.started_at,
            CHANNEL,
            CallRow.direction,
            CallRow.customer,
            NAME_OF_AGENT,
            NAME_OF_TEAM,
            CallRow.queue,
            func.coalesce(CourseRow.reason, ""),
            CallRow.duration_seconds,
            *(case((blind, None), else_=getattr(CourseRow, name)) for name in found),
            CustomerCallRow.matched_by,
            CustomerCallRow.by_hand,
            blind,
        )
        .select_from(CustomerCallRow)
        .join(CallRow, CallRow.id == CustomerCallRow.call_id)
        .join(TranscriptRow, TranscriptRow.call_id == CallRow.id)
        .outerjoin(CourseRow, CourseRow.call_id == CallRow.id)
        .outerjoin(AgentRow, CallRow.agent_id == AgentRow.id)
        .outerjoin(TeamRow, CallRow.team_id == TeamRow.id)
        .where(CustomerCallRow.customer_id == customer, visible_calls(asker))
        .order_by(CallRow.started_at.desc(), CallRow.id.desc())
        .limit(MOST_CONTACTS)
    ).all()
    if rows:
        note_opening(session, asker, customer, What.CUSTOMER_OPENED, About.CUSTOMER)
    return frame(rows[::-1], CUSTOMER_CALLS)


def _standing(session: Session, customer: str) -> str:
    """Whom this customer was put together with, at the end of the row; else themselves."""
    seen = {customer}
    while True:
        into = session.scalar(
            select(CustomerChangeRow.customer_id)
            .where(
                CustomerChangeRow.other_id == customer,
                CustomerChangeRow.kind == "merged",
                CustomerChangeRow.undone_at.is_(None),
            )
            .order_by(CustomerChangeRow.id.desc())
            .limit(1)
        )
        if into is None or into in seen:
            return customer
        own = select(CustomerCallRow.call_id).where(CustomerCallRow.customer_id == customer).limit(1)
        if session.scalar(own) is not None:  # calls were given to them again since
            return customer
        seen.add(into)
        customer = into


CUSTOMER_PROMISES: Mapping[str, str] = {
    "call_id": TEXT,
    "turn": COUNT,
    "start": NUMBER,
    "behaviour": TEXT,
    "probability": NUMBER,
    "quote": TEXT,
    "agent": TEXT,
    "at": MOMENT,
    "answered_at": MOMENT,
    "word": MAYBE,
    "word_by": TEXT,
}


def customer_promises(session: Session, asker: Asker, customer: str) -> pd.DataFrame:
    """What agents promised the customer in the latest `MOST_WITH_PROMISES` conversations that the asker may see, the oldest
    first, with the columns `CUSTOMER_PROMISES`.

    One row a turn: the likeliest of `scoring.journey.PROMISES` that the judge is sure of, with the words that say it most.
    `answered_at` is when we next wrote in the same conversation, where the customer had not written between. `word` is what
    a person last said: kept, or not. Conversations that the asker is judging blind are left out.
    """
    customer = _standing(session, customer)
    calls = session.execute(
        select(CallRow.id, CallRow.started_at, NAME_OF_AGENT, SignalsRow.behaviours)
        .select_from(CustomerCallRow)
        .join(CallRow, CallRow.id == CustomerCallRow.call_id)
        .join(SignalsRow, SignalsRow.call_id == CallRow.id)
        .outerjoin(AgentRow, CallRow.agent_id == AgentRow.id)
        .where(CustomerCallRow.customer_id == customer, visible_calls(asker), CallRow.id.not_in(blind_calls(asker)))
        .order_by(CallRow.started_at.desc(), CallRow.id.desc())
        .limit(MOST_WITH_PROMISES)
    ).all()
    shown: dict[tuple[str, int], Sequence[Any]] = {}
    for call in calls:
        for item in call.behaviours:
            turn, name, probability = item[:3]
            if name in PROMISES and probability >= PROMISED_FROM:
                best = shown.get((call.id, turn))
                if best is None or probability > best[2]:
                    shown[call.id, turn] = item
    if not shown:
        return frame([], CUSTOMER_PROMISES)
    ids = sorted({call_id for call_id, _ in shown})
    turns = {
        (row.call_id, row.position): row
        for row in session.execute(
            select(TurnRow.call_id, TurnRow.position, TurnRow.speaker, TurnRow.start_seconds, TurnRow.text)
            .add_columns(TurnRow.sent_seconds)
            .where(TurnRow.call_id.in_(ids), or_(_is_one_of(shown), TurnRow.sent_seconds.is_not(None)))
        )
    }
    marks = select(PromiseMarkRow).where(PromiseMarkRow.call_id.in_(ids)).order_by(PromiseMarkRow.id)
    words = {(row.call_id, row.turn): row for row in session.scalars(marks)}
    found = []
    for call in reversed(calls):
        for (call_id, position), item in sorted(shown.items(), key=lambda one: one[0][1]):
            turn = turns.get((call_id, position))
            if call_id != call.id or turn is None or turn.speaker is not Speaker.AGENT:
                continue
            sent = turn.sent_seconds if turn.sent_seconds is not None else turn.start_seconds
            said = words.get((call_id, position))
            found.append(
                (
                    call.id,
                    position,
                    turn.start_seconds,
                    item[1],
                    item[2],
                    _sentence(turn.text, item[3], item[4]),
                    call[2],
                    call.started_at + timedelta(seconds=sent or 0.0),
                    _answered(turns, call.id, position, call.started_at),
                    None if said is None else said.kept,
                    "" if said is None else said.author,
                )
            )
    return frame(cast("Iterable[Sequence[Any]]", found), CUSTOMER_PROMISES)


PROMISED_FROM = 1 - DOUBT
"""From here on the judge is sure; what is less likely is mostly something else that was said."""


def _is_one_of(places: Collection[tuple[str, int]]) -> ColumnElement[bool]:
    """The condition on turns that they are these. By itself SQLite finds none of them by an index where there is an `or`."""
    return tuple_(TurnRow.call_id, TurnRow.position).in_(list(places))


def _answered(turns: Mapping[tuple[str, int], Any], call_id: str, position: int, started: datetime) -> datetime | None:
    """When we wrote next, before the customer did."""
    while (following := turns.get((call_id, position := position + 1))) is not None:
        if following.speaker is Speaker.CUSTOMER:
            return None
        if following.speaker is Speaker.AGENT and following.sent_seconds is not None:
            return started + timedelta(seconds=following.sent_seconds)
    return None


def _sentence(text: str, start: int, end: int) -> str:
    """The words that speak most for it, to the ends of their sentences."""
    first = max((text.rfind(mark, 0, start) for mark in ".!?\n"), default=-1) + 1
    last = min((place for mark in ".!?\n" if (place := text.find(mark, max(end - 1, start))) >= 0), default=len(text) - 1)
    return text[first : last + 1].strip()


CUSTOMERS: Mapping[str, str] = {
    "customer_id": TEXT,
    "customer": TEXT,
    "conversations": COUNT,
    "contacts": COUNT,
    "channels": COUNT,
    "seconds": NUMBER,
    "transfers": COUNT,
    "ended": NUMBER,
    "last_at": MOMENT,
}


def busiest_customers(session: Session, asker: Asker, filter: CallFilter, limit: int = 50) -> pd.DataFrame:
    """The customers who were in contact most, with the columns `CUSTOMERS`: of the conversations of the filter that the
    asker may see.

    `contacts` are those of the customer's own accord, `ended` the mean of how they ended, which leaves out what the asker is
    judging blind; `customer` is the name of the latest.
    """
    return _listed(session, asker, chosen_calls(asker, filter), limit)


def find_customers(session: Session, asker: Asker, text: str, limit: int = 50) -> pd.DataFrame:
    """Whom this may be: by a number of the centre's own, a telephone number, an e-mail address, or a name exactly as it came
    with a call; with the columns `CUSTOMERS`, of all the conversations that the asker may see."""
    text = text.strip()
    if not text:
        return frame([], CUSTOMERS)
    known = [(one.kind, one.key) for one in typed(text)]
    by_identity = select(CustomerIdentityRow.customer_id).where(
        or_(*(and_(CustomerIdentityRow.kind == kind, CustomerIdentityRow.key == key) for kind, key in known))
    )
    # A name is asked of conversations that the asker may see: of others it would say that they are there.
    by_name = (
        select(CustomerCallRow.customer_id)
        .join(CallRow, CallRow.id == CustomerCallRow.call_id)
        .where(is_name(CallRow.customer, [text]), visible_calls(asker))
    )
    which = CustomerCallRow.customer_id.in_(by_name.union(by_identity) if known else by_name)
    return _listed(session, asker, [which, visible_calls(asker)], limit)


_CONTACTS = func.count(CustomerCallRow.contacted_at)
_MOST_FIRST = (_CONTACTS.desc(), func.max(CallRow.started_at).desc(), CustomerCallRow.customer_id)


def _most(conditions: Sequence[ColumnElement[bool]], limit: int) -> Select[str]:
    """Who was in contact most in these conversations."""
    return (
        select(CustomerCallRow.customer_id)
        .join(CallRow, CallRow.id == CustomerCallRow.call_id)
        .where(*conditions)
        .group_by(CustomerCallRow.customer_id)
        .order_by(*_MOST_FIRST)
        .limit(limit)
    )


def _counted(asker: Asker, conditions: Sequence[ColumnElement[bool]]) -> Select[Any]:
    blind = CallRow.id.in_(blind_calls(asker))
    ended = case((blind, None), else_=CallRow.customer_valence_end)
    return (
        select(
            CustomerCallRow.customer_id,
            func.count().label("conversations"),
            _CONTACTS.label("contacts"),
            func.count(CHANNEL.distinct()).label("channels"),
            func.sum(CallRow.duration_seconds).label("seconds"),
            func.coalesce(func.sum(case((blind, None), else_=CourseRow.transfers)), 0).label("transfers"),
            func.avg(ended).label("ended"),
            func.max(CallRow.started_at).label("last_at"),
        )
        .select_from(CallRow)
        .join(CustomerCallRow, CallRow.id == CustomerCallRow.call_id)
        .join(TranscriptRow, TranscriptRow.call_id == CallRow.id)
        .outerjoin(CourseRow, CourseRow.call_id == CallRow.id)
        .where(*conditions)
        .group_by(CustomerCallRow.customer_id)
        .order_by(*_MOST_FIRST)
    )


def _listed(session: Session, asker: Asker, conditions: Sequence[ColumnElement[bool]], limit: int) -> pd.DataFrame:
    """The customers with the most contacts in these conversations; everything else is looked up of them alone."""
    these = CustomerCallRow.customer_id.in_(session.scalars(_most(conditions, limit)).all())
    rows = session.execute(_counted(asker, [*conditions, these])).all()
    names = session.execute(
        select(CustomerCallRow.customer_id, CallRow.customer)
        .join(CallRow, CallRow.id == CustomerCallRow.call_id)
        .where(CustomerCallRow.customer_id.in_([row.customer_id for row in rows]), visible_calls(asker))
        .where(CallRow.customer != "")
        .order_by(CallRow.started_at, CallRow.id)
    )
    named = {row.customer_id: row.customer for row in names}
    return frame(
        [(row.customer_id, named.get(row.customer_id, ""), *row[1:]) for row in rows],
        CUSTOMERS,
    )
