"""May this answer be disputed, who decides that, and what do disputes say when they are taken together?

An agent disputes an answer on one of their own evaluations, within so many days of the answer and so often a month.
Somebody else than those who gave the answer decides, and never somebody who coaches the agent: whoever is to be persuaded
must be able to be. Until then the agent may take the dispute back. What was decided is decided: the same answer is not
disputed twice.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from math import floor

FEWEST_DECIDED = 10
"""With fewer decided disputes than this their number is said, and no share: three disputes make no rate."""

LEVEL = 0.90
"""The probability with which an interval holds the share that many more disputes would show."""


class DisputeState(StrEnum):
    """What has become of a dispute. Upheld: the agent was right, and the answer is another one now."""

    OPEN = "open"
    UPHELD = "upheld"
    KEPT = "kept"
    WITHDRAWN = "withdrawn"


class DisputeStep(StrEnum):
    """What can happen to a dispute after it was raised."""

    GIVEN = "given"
    UPHELD = "upheld"
    KEPT = "kept"
    WITHDRAWN = "withdrawn"


class Decider(StrEnum):
    """Who decides: those who manage quality alone, or any reviewer as well."""

    QUALITY_MANAGER = "quality_manager"
    REVIEWER = "reviewer"


@dataclass(frozen=True)
class Rules:
    """days: how long after an answer it may be disputed. per_month: how many disputes an agent may raise in a month."""

    days: int
    per_month: int
    decider: Decider


@dataclass(frozen=True)
class Disputable:
    """What counts for whether an answer may be disputed.

    answered_at: when the answer that holds was given. decided: somebody or something has decided, it is not unsure.
    state, settled_at: of the latest dispute of this answer that was not taken back, where there is one.
    not_asked: why the question is not asked, empty where it is.
    """

    answered_at: datetime
    decided: bool
    state: DisputeState | None = None
    settled_at: datetime | None = None
    not_asked: str = ""


def why_not_dispute(answer: Disputable, raised_this_month: int, rules: Rules, now: datetime) -> str:
    """A sentence that says why this answer cannot be disputed now; empty where it can.

    raised_this_month: disputes of this agent since `month_began(now)` that were not taken back.
    """
    if answer.state is DisputeState.OPEN:
        return "This answer is disputed already; the decision will stand here."
    if answer.settled_at is not None and answer.answered_at <= answer.settled_at:
        return "This answer was disputed and decided; a decision is not disputed again."
    if answer.not_asked:
        return f"This question is not asked here, so that there is no answer to dispute. {answer.not_asked}"
    if not answer.decided:
        return "Nobody has decided this answer yet; it waits for a person and counts for nothing until then."
    if now > answer.answered_at + timedelta(days=rules.days):
        return f"An answer can be disputed for {rules.days} days after it was given, and this one is older."
    if raised_this_month >= rules.per_month:
        return f"{rules.per_month} answers can be disputed in a month, and this month's are used up."
    return ""


def month_began(now: datetime) -> datetime:
    """The first moment of the month, in UTC, from which disputes are counted."""
    return now.astimezone(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)


@dataclass(frozen=True)
class Person:
    """Somebody who may come into question for deciding one dispute.

    corrects, manages, administers: what their role lets them do. coaches: looks after the agent's team. is_agent: is the
    agent. answered: gave the disputed answer, or one before it. waiting: how many open disputes wait for them.
    """

    id: int
    name: str
    corrects: bool
    manages: bool
    administers: bool = False
    coaches: bool = False
    is_agent: bool = False
    answered: bool = False
    waiting: int = 0


def why_not_decide(person: Person, decider: Decider) -> str:
    """A sentence that says why this person does not decide the dispute; empty where they may."""
    if person.is_agent:
        return f"{person.name} is the agent."
    if person.coaches:
        return f"{person.name} coaches the agent's team."
    if not (person.manages if decider is Decider.QUALITY_MANAGER else person.corrects):
        return f"{person.name}'s role does not decide disputes."
    if person.answered:
        return f"{person.name} answered this question."
    return ""


def who_may_decide(people: Iterable[Person], decider: Decider) -> tuple[Person, ...]:
    """Those who may decide, the one whose turn it is first.

    Whose daily work it is comes before an administrator, and where reviewers decide they come before those who manage
    quality; among equals it is the one for whom the fewest disputes wait.
    """
    able = [person for person in people if not why_not_decide(person, decider)]
    reviewers_first = decider is Decider.REVIEWER
    return tuple(sorted(able, key=lambda one: (one.administers, reviewers_first and one.manages, one.waiting, one.id)))


@dataclass(frozen=True)
class Upheld:
    """How many disputes of one thing there are, and how often the agent was right.

    share, low and high: upheld out of decided as a share of 0 to 1, with its 90 % interval; None below `FEWEST_DECIDED`.
    """

    of: tuple[str, ...]
    raised: int
    open: int
    withdrawn: int
    upheld: int
    kept: int
    share: float | None
    low: float | None
    high: float | None

    @property
    def decided(self) -> int:
        """How many were decided."""
        return self.upheld + self.kept


def interval(upheld: int, decided: int) -> tuple[float, float]:
    """The 90 % interval of a share: Jeffreys' (Brown, Cai and DasGupta 2001, "Interval estimation for a binomial
    proportion"), which keeps its promise for few cases and for shares near 0 and 1."""
    from scipy.special import betaincinv  # imported where it is used: whoever takes calls in knows disputes by name alone

    tail = (1 - LEVEL) / 2
    low = 0.0 if upheld == 0 else float(betaincinv(upheld + 0.5, decided - upheld + 0.5, tail))
    high = 1.0 if upheld == decided else float(betaincinv(upheld + 0.5, decided - upheld + 0.5, 1 - tail))
    return low, high


def report(outcomes: Sequence[tuple[tuple[str, ...], DisputeState]]) -> tuple[Upheld, ...]:
    """How often each thing was disputed and upheld, the most disputed first.

    outcomes: for each dispute what it is counted under, and its state.
    """
    states: dict[tuple[str, ...], list[DisputeState]] = {}
    for of, state in outcomes:
        states.setdefault(of, []).append(state)
    rows = [_counted(of, of_these) for of, of_these in states.items()]
    return tuple(sorted(rows, key=lambda row: (-row.raised, row.of)))


def _counted(of: tuple[str, ...], states: Sequence[DisputeState]) -> Upheld:
    upheld, kept = states.count(DisputeState.UPHELD), states.count(DisputeState.KEPT)
    decided = upheld + kept
    share = upheld / decided if decided >= FEWEST_DECIDED else None
    low, high = (None, None) if share is None else interval(upheld, decided)
    waiting, withdrawn = states.count(DisputeState.OPEN), states.count(DisputeState.WITHDRAWN)
    return Upheld(of, len(states), waiting, withdrawn, upheld, kept, share, low, high)


def days_left(answered_at: datetime, rules: Rules, now: datetime) -> int:
    """How many whole days there are left to dispute an answer; 0 on the last one and after it."""
    return max(0, floor((answered_at + timedelta(days=rules.days) - now) / timedelta(days=1)))
