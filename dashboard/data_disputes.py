"""What do pages ask of disputes and of what agents have read?

Nothing of it is remembered: a dispute is a conversation between two people, and both see it as it is. A decision may change
a score, so that everything `dashboard.data` remembers is forgotten with it.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import NamedTuple

from dashboard.data import engine, forget
from pipeline import dispute
from pipeline.dispute import rules
from reviews.disputes import Rules, Upheld
from scorecards.answers import Answer
from scoring.result import Verdict
from storage import dispute_lists, disputes
from storage.access import Asker
from storage.database import reading
from storage.dispute_lists import Dispute
from storage.disputes import Acknowledgement, Choice, InForce


class Said(NamedTuple):
    """What an agent can say of a call and has said: what they read, what of that still holds, and, for each answer in force
    by its id, why it cannot be disputed (empty where it can); and how many disputes the month has seen."""

    read: tuple[Acknowledgement, ...]
    read_as_they_are: frozenset[int]
    why_not: Mapping[int, str]
    raised: int
    rules: Rules


def said_of(asker: Asker, call_id: str) -> Said:
    """What the agent of a call has said of it and can say."""
    with reading(engine()) as session:
        return Said(
            disputes.acknowledgements(session, asker, call_id),
            disputes.read_as_they_are(session, asker, call_id),
            disputes.why_not_disputed(session, asker, rules(), call_id),
            disputes.raised_this_month(session, asker),
            rules(),
        )


def disputes_of_call(asker: Asker, call_id: str) -> tuple[Dispute, ...]:
    """The disputes of a call that this person may see."""
    with reading(engine()) as session:
        return dispute_lists.disputes_of_call(session, asker, call_id)


def waiting_for(asker: Asker, limit: int) -> tuple[Dispute, ...]:
    """The open disputes that this person was given to decide, the oldest first."""
    with reading(engine()) as session:
        return dispute_lists.waiting_for(session, asker, limit)


def open_disputes(asker: Asker, limit: int) -> tuple[Dispute, ...]:
    """The open disputes that this person may see, the oldest first."""
    with reading(engine()) as session:
        return dispute_lists.open_disputes(session, asker, limit)


def settled_disputes(asker: Asker, limit: int) -> tuple[Dispute, ...]:
    """The disputes that were decided or taken back, the latest first."""
    with reading(engine()) as session:
        return dispute_lists.settled_disputes(session, asker, limit)


def find_dispute(asker: Asker, dispute_id: int) -> Dispute | None:
    """One dispute; None where there is none that this person may see."""
    with reading(engine()) as session:
        return dispute_lists.find_dispute(session, asker, dispute_id)


def dispute_report(asker: Asker, by: tuple[str, ...], since: datetime) -> tuple[Upheld, ...]:
    """How often what was disputed and upheld, as `storage.dispute_lists.dispute_report` counts it."""
    with reading(engine()) as session:
        return dispute_lists.dispute_report(session, asker, by, since)


def choices(asker: Asker, of: Iterable[int]) -> Mapping[int, tuple[Choice, ...]]:
    """Who may decide each of these open disputes, and why the others don't."""
    with reading(engine()) as session:
        return disputes.choices(session, asker, rules(), of)


def why_not_mine(asker: Asker, dispute_id: int) -> str:
    """Why this person does not decide an open dispute; empty where they may."""
    with reading(engine()) as session:
        return disputes.why_not_mine(session, asker, rules(), dispute_id)


def in_force(asker: Asker, of: Dispute) -> InForce | None:
    """The answer that holds now for the disputed question; None where the call is no longer asked it."""
    with reading(engine()) as session:
        return disputes.in_force(session, asker, of.call_id, of.scorecard, of.criterion)


def acknowledge(asker: Asker, evaluation_id: int, note: str) -> None:
    """The agent has read this evaluation."""
    dispute.acknowledge(engine(), asker, evaluation_id, note)


def raise_dispute(asker: Asker, result_id: int, reason: str) -> int:
    """The agent disputes an answer; the dispute's id."""
    return dispute.raise_dispute(engine(), asker, result_id, reason)


def withdraw(asker: Asker, dispute_id: int) -> None:
    """The agent takes a dispute back."""
    dispute.withdraw(engine(), asker, dispute_id)


def decide(asker: Asker, dispute_id: int, answer: Verdict | None, reason: str, given: Answer | None = None) -> Dispute:
    """Decide a dispute; how it stands then."""
    decided = dispute.decide(engine(), asker, dispute_id, answer, reason, given)
    forget()
    return decided


def hand_over(asker: Asker, dispute_id: int, user_id: int) -> str:
    """Give a dispute to somebody else to decide; their name."""
    return dispute.hand_over(engine(), asker, dispute_id, user_id)
