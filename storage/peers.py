"""How do colleagues with comparable calls do, said so that none of them can be made out?

The one place where somebody is told anything of calls that are not theirs to see. What leaves it is the middle half of at
least `FEWEST_PEERS` people, each with at least `FEWEST_CALLS` calls that counted, rounded outwards to five points, and how
many they are; with fewer people nothing comes. Colleagues are other agents who took calls in the same queues in the same
time, judged by the same scorecard; for somebody of a partner those of the partner alone. Whoever asks chooses the time
alone: with a choice among colleagues one of them could be singled out.
"""

import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import TypeVar

import numpy as np
from sqlalchemy import ColumnElement, func, select, tuple_
from sqlalchemy.orm import Session

from coaching.personal import PeerRange
from storage.access import Asker, blind_calls, of_their_organisation, visible_calls
from storage.course_tables import CourseRow
from storage.queries.conditions import EARNED, counts_once
from storage.tables import CallRow, EvaluationRow, ResultRow, ScorecardVersionRow

FEWEST_PEERS = 5
FEWEST_CALLS = 5
"""Counted calls that a colleague needs to stand behind a range."""

MOST_PEERS = 40
"""Colleagues that a range is read from at most: those with most calls in the same queues. More would not move it."""

ROUNDED_TO = 0.05

Key = TypeVar("Key")


def peer_totals(session: Session, asker: Asker, agent_id: int, start: date, end: date) -> Mapping[str, PeerRange]:
    """The middle half of colleagues' mean totals, as shares of 100, by scorecard id; first and last day are both in.

    Nothing for whoever sees no call of that agent, and nothing for a scorecard with too few colleagues.
    """
    comparable = _comparable(session, asker, agent_id, start, end)
    if not comparable:
        return {}
    rows = session.execute(
        select(ScorecardVersionRow.scorecard, func.avg(EvaluationRow.total) / 100)
        .select_from(CallRow)
        .join(EvaluationRow, EvaluationRow.call_id == CallRow.id)
        .join(ScorecardVersionRow, EvaluationRow.scorecard_version_id == ScorecardVersionRow.id)
        .where(*comparable, *counts_once(asker), EvaluationRow.total.is_not(None))
        .group_by(CallRow.agent_id, ScorecardVersionRow.scorecard)
        .having(func.count(EvaluationRow.total) >= FEWEST_CALLS)
    )
    return _ranges((scorecard, float(mean)) for scorecard, mean in rows)


def peer_rates(
    session: Session, asker: Asker, agent_id: int, start: date, end: date, asked: Collection[tuple[str, str]]
) -> Mapping[tuple[str, str], PeerRange]:
    """The middle half of colleagues' shares of points on these criteria, by scorecard and criterion; as `peer_totals`."""
    comparable = _comparable(session, asker, agent_id, start, end) if asked else []
    if not comparable:
        return {}
    rows = session.execute(
        select(ScorecardVersionRow.scorecard, ResultRow.criterion, func.sum(EARNED) / func.count(ResultRow.points))
        .select_from(CallRow)
        .join(EvaluationRow, EvaluationRow.call_id == CallRow.id)
        .join(ScorecardVersionRow, EvaluationRow.scorecard_version_id == ScorecardVersionRow.id)
        .join(ResultRow, ResultRow.evaluation_id == EvaluationRow.id)
        .where(
            *comparable,
            *counts_once(asker),
            tuple_(ScorecardVersionRow.scorecard, ResultRow.criterion).in_(sorted(asked)),
            ResultRow.points.is_not(None),
        )
        .group_by(CallRow.agent_id, ScorecardVersionRow.scorecard, ResultRow.criterion)
        .having(func.count(ResultRow.points) >= FEWEST_CALLS)
    )
    return _ranges(((scorecard, criterion), float(share)) for scorecard, criterion, share in rows)


def peer_feelings(session: Session, asker: Asker, agent_id: int, start: date, end: date) -> PeerRange | None:
    """The middle half of colleagues' means of the customer's strongest moment and end, -1 to 1; None with too few."""
    comparable = _comparable(session, asker, agent_id, start, end)
    if not comparable:
        return None
    both = (CourseRow.valence_peak + CourseRow.valence_end) / 2
    rows = session.execute(
        select(func.avg(both))
        .join(CallRow, CourseRow.call_id == CallRow.id)
        .where(*comparable, both.is_not(None), CallRow.id.not_in(blind_calls(asker)))
        .group_by(CallRow.agent_id)
        .having(func.count() >= FEWEST_CALLS)
    )
    return _ranges(("", float(mean)) for (mean,) in rows).get("")


def _comparable(session: Session, asker: Asker, agent_id: int, start: date, end: date) -> list[ColumnElement[bool]]:
    """The conditions on colleagues' calls; none where the asker sees no call of the agent, or there are too few of them."""
    time_of_it = [
        CallRow.started_at >= datetime.combine(start, time(), UTC),
        CallRow.started_at < datetime.combine(end + timedelta(days=1), time(), UTC),
        of_their_organisation(asker),
    ]
    own = (CallRow.agent_id == agent_id, visible_calls(asker), *time_of_it)
    queues = session.scalars(select(CallRow.queue).where(*own).distinct()).all()
    if not queues:
        return []
    with_calls = (
        select(CallRow.agent_id)
        .where(*time_of_it, CallRow.queue.in_(queues), CallRow.agent_id.is_not(None), CallRow.agent_id != agent_id)
        .group_by(CallRow.agent_id)
        .having(func.count() >= FEWEST_CALLS)
        .order_by(func.count().desc(), CallRow.agent_id)
        .limit(MOST_PEERS)
    )
    colleagues = session.scalars(with_calls).all()
    if len(colleagues) < FEWEST_PEERS:
        return []
    return [CallRow.agent_id.in_(colleagues), CallRow.queue.in_(queues), *time_of_it]


def _ranges(found: Iterable[tuple[Key, float]]) -> dict[Key, PeerRange]:
    """The middle half of each key's values, where there are enough of them."""
    by_key: dict[Key, list[float]] = {}
    for key, value in found:
        by_key.setdefault(key, []).append(value)
    return {key: _middle_half(values) for key, values in by_key.items() if len(values) >= FEWEST_PEERS}


def _middle_half(values: Sequence[float]) -> PeerRange:
    low, high = np.quantile(values, [0.25, 0.75])
    # A hair is given so that 0.8 stays 0.8, whatever binary fractions make of it.
    down = math.floor(float(low) / ROUNDED_TO + 1e-9) * ROUNDED_TO
    up = math.ceil(float(high) / ROUNDED_TO - 1e-9) * ROUNDED_TO
    return PeerRange(round(down, 2), round(up, 2), len(values))
