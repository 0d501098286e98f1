"""What does a cause on the board cost, and what did the action that was taken bring about?

Puts the counts of `storage.causes` together, so that the page and the command line say the same. Nothing here is typed in by
anybody: contacts, repeats and times are counted, of the conversations that the asker may see.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum

import numpy as np
import pandas as pd
from sqlalchemy.orm import Session

from coaching.interrupted import Effect, TooFew, WeekCount, effect_of
from storage.access import Asker
from storage.causes import Cause, ContactWeeks, contact_weeks, find_cause, list_causes, reasons_of
from storage.course_cells import LATER_DAYS, SOON_DAYS

COST_WEEKS = 13
"""The cost is the mean of so many weeks at most, the latest before the action."""

READ_ENOUGH = 0.05
"""A week is left out where a larger share of its contacts was never put under a reason."""

NEAR_DAYS = 28
"""What else was done within so many days of an action is named beside it."""

_WEEK = timedelta(days=7)


class Outcome(StrEnum):
    """What may have changed: contacts of the reason, and contacts of it after which the customer was in touch again."""

    CONTACTS = "contacts"
    SOON = "soon"
    LATER = "later"


WITHIN_DAYS: Mapping[Outcome, int] = {Outcome.CONTACTS: 0, Outcome.SOON: SOON_DAYS, Outcome.LATER: LATER_DAYS}


@dataclass(frozen=True)
class Cost:
    """What a cause costs a week, over so many whole weeks: contacts of its reason, their mean length, the hours these take,
    and after how many of them the customer was in touch again; None where it is not known of any."""

    weeks: int
    contacts: float
    mean_seconds: float | None
    soon: float | None
    later: float | None

    @property
    def hours(self) -> float | None:
        """Hours a week: contacts times their mean length."""
        return None if self.mean_seconds is None else self.contacts * self.mean_seconds / 3600


@dataclass(frozen=True)
class Worth:
    """How many contacts an action removed since, and the hours these would have taken, with the likely range of both; below
    0 where it were more. Hours are None where no contact has a length."""

    contacts: float
    low: float
    high: float
    mean_seconds: float | None

    def hours(self, contacts: float) -> float | None:
        """The hours of so many contacts."""
        return None if self.mean_seconds is None else contacts * self.mean_seconds / 3600


class Changed(StrEnum):
    """What else changed about the time of an action."""

    ACTION = "action"
    TREE = "tree"


@dataclass(frozen=True)
class OtherChange:
    """Something else of the weeks that are looked at: another cause's action, or another version of the tree of reasons."""

    kind: Changed
    on: date
    title: str = ""


@dataclass(frozen=True)
class CauseFigures:
    """What is known of a cause. `cost` is None without a whole week; `effects` is empty until an action was done, and so is
    `worth`, which is None where nothing is said of contacts yet."""

    cause: Cause
    cost: Cost | None
    effects: Mapping[Outcome, Effect | TooFew] = field(default_factory=dict)
    worth: Worth | None = None
    others: tuple[OtherChange, ...] = ()


def cause_figures(session: Session, asker: Asker, cause_id: int) -> CauseFigures:
    """What a cause costs, and what its action brought about. Raises as `storage.causes.find_cause`."""
    cause = find_cause(session, asker, cause_id)
    return figures_of(
        cause, reasons_of(session, cause.draft.reason), contact_weeks(session, asker), list_causes(session, asker)
    )


def figures_of(
    cause: Cause,
    reasons: Sequence[str],
    weeks: ContactWeeks,
    causes: Sequence[Cause],
    outcomes: Sequence[Outcome] = tuple(Outcome),
) -> CauseFigures:
    """The figures of a cause. reasons: the ids that its conversations stand under; weeks: of all reasons; causes: the whole
    board, for what else was done at the time."""
    acted_on = cause.draft.acted_on
    own = _OwnWeeks(weeks, frozenset(reasons))
    cost = _cost(own, acted_on)
    if acted_on is None:
        return CauseFigures(cause, cost)
    effects = {one: effect_of(own.outcome(one), acted_on, WITHIN_DAYS[one]) for one in outcomes}
    worth = _worth(effects[Outcome.CONTACTS], cost) if Outcome.CONTACTS in effects else None
    others = (*_other_actions(causes, cause, acted_on), *_other_trees(weeks, acted_on))
    return CauseFigures(cause, cost, effects, worth, others)


_COUNTED = ("calls", "unread", "timed", "seconds", "known", "soon", "later")
_Row = dict[str, float]


class _OwnWeeks:
    """The weeks of a cause's reasons beside those of all others."""

    def __init__(self, weeks: ContactWeeks, reasons: frozenset[str]) -> None:
        self._first, self._last = weeks.first, weeks.last
        own = weeks.counts["reason"].isin(reasons).to_numpy()
        places, mondays = pd.factorize(weeks.counts["week"], sort=True)
        sums = np.zeros((len(mondays), 2, len(_COUNTED)))
        np.add.at(sums, (places, own.astype(int)), weeks.counts[list(_COUNTED)].to_numpy(float))
        self._weeks: list[tuple[date, _Row, _Row]] = [
            (pd.Timestamp(monday).date(), dict(zip(_COUNTED, mine, strict=True)), dict(zip(_COUNTED, others, strict=True)))
            for monday, (others, mine) in zip(mondays, sums.tolist(), strict=True)
        ]

    def whole(self, within_days: int) -> list[tuple[date, _Row, _Row]]:
        """Monday, the reason's and the others' counts of each week that is known from its first day to its last, and so many
        days beyond."""
        if self._first is None or self._last is None:
            return []
        first = self._first + timedelta(days=-self._first.weekday() % 7)
        last = self._last - timedelta(days=within_days) - _WEEK
        known = [one for one in self._weeks if first <= one[0] <= last]
        return [one for one in known if one[2]["unread"] <= READ_ENOUGH * (one[1]["calls"] + one[2]["calls"])]

    def outcome(self, outcome: Outcome) -> list[WeekCount]:
        """The weeks as an effect is worked out from them."""
        whole = self.whole(WITHIN_DAYS[outcome])
        if outcome is Outcome.CONTACTS:
            return [WeekCount(week, own["calls"], None, others["calls"]) for week, own, others in whole]
        name = outcome.value
        return [WeekCount(week, own[name], own["known"], others[name], others["known"]) for week, own, others in whole]


def _cost(weeks: _OwnWeeks, acted_on: date | None) -> Cost | None:
    def latest(within_days: int) -> list[_Row]:
        rows = [own for week, own, _ in weeks.whole(within_days) if acted_on is None or week + _WEEK <= acted_on]
        return rows[-COST_WEEKS:]

    def again(name: str, within_days: int) -> float | None:
        rows = latest(within_days)
        return sum(row[name] for row in rows) / len(rows) if any(row["known"] for row in rows) else None

    rows = latest(0)
    if not rows:
        return None
    timed = sum(row["timed"] for row in rows)
    return Cost(
        weeks=len(rows),
        contacts=sum(row["calls"] for row in rows) / len(rows),
        mean_seconds=sum(row["seconds"] for row in rows) / timed if timed else None,
        soon=again("soon", SOON_DAYS),
        later=again("later", LATER_DAYS),
    )


def _worth(effect: Effect | TooFew, cost: Cost | None) -> Worth | None:
    if isinstance(effect, TooFew):
        return None
    removed = effect.removed
    return Worth(removed.events, removed.low, removed.high, None if cost is None else cost.mean_seconds)


def _other_actions(causes: Sequence[Cause], cause: Cause, acted_on: date) -> tuple[OtherChange, ...]:
    near = [
        OtherChange(Changed.ACTION, one.draft.acted_on, one.draft.title)
        for one in causes
        if one.id != cause.id and one.draft.acted_on and abs((one.draft.acted_on - acted_on).days) <= NEAR_DAYS
    ]
    return tuple(sorted(near, key=lambda one: one.on))


def _other_trees(weeks: ContactWeeks, acted_on: date) -> tuple[OtherChange, ...]:
    return tuple(OtherChange(Changed.TREE, one) for one in weeks.trees if abs((one - acted_on).days) <= 7 * COST_WEEKS)
